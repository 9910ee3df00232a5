"""Signs a log's tree as it grows, and never a tree that is not the grown one of before.

What is signed is hashed here again from the stored bytes, on from the last checkpoint, whose own
signature is checked first. A log that was changed behind a checkpoint is not signed: the worker
stops and says so.
"""

import logging

from services.kernel.checkpoint import Signer, Verifier, body, opened, origin, sign
from services.kernel.errors import CorruptHistory
from services.kernel.merkle import EMPTY, Frontier, extend, leaf_hash
from services.runtime.store.postgres import PostgresStore

_ROWS_AT_ONCE = 2_000

_log = logging.getLogger(__name__)


class Sealer:
    """Signs for one service, by a key of its own."""

    def __init__(self, service: str, store: PostgresStore, signer: Signer) -> None:
        self._origin, self._store, self._signer = origin(service), store, signer
        self._sealed: Frontier | None = None

    async def seal(self) -> None:
        """Sign the tree as it is now, unless it is the one that was signed last."""
        sealed = self._sealed or await self._latest()
        edge = await self._store.frontier()
        grown = await self._grown(sealed, edge.size)
        if grown != edge:
            raise CorruptHistory(
                f"the stored rows of {self._origin} do not lead from its checkpoint at"
                f" {sealed.size} to its tree at {edge.size}: something was changed; nothing is"
                " signed, audit it"
            )
        if edge.size > sealed.size:
            note = sign(body(self._origin, edge), self._signer)
            await self._store.keep_checkpoint(edge, note)
            _log.info("sealed %s at %d: %s", self._origin, edge.size, note.splitlines()[2])
        self._sealed = edge

    async def _latest(self) -> Frontier:
        """The tree that was signed last; empty where none was."""
        kept = await self._store.checkpoint()
        if kept is None:
            return EMPTY
        frontier, note = kept
        verifier = Verifier(self._signer.name, self._signer.key.public_key())
        if opened(note, verifier) != body(self._origin, frontier):
            raise CorruptHistory(f"the last checkpoint of {self._origin} is of another tree")
        return frontier

    async def _grown(self, tree: Frontier, size: int) -> Frontier:
        """The tree with the rows behind it, as they are stored, up to `size`."""
        while tree.size < size:
            rows = await self._store.read(tree.size, min(_ROWS_AT_ONCE, size - tree.size))
            if not rows:
                break
            tree = extend(tree, [leaf_hash(row.data) for row in rows])
        return tree

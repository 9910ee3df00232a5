"""A folder as it is told to an agency, with each decision called and dated by its place.

Ids and moments are made by chance and by a clock; called by its place instead, a decision has in
two logs the same name exactly where it stands at the same place. Nothing else is changed.
"""

from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from pathlib import Path
from uuid import NAMESPACE_URL, uuid5

from services.kernel.decision import moment
from services.kernel.merkle import EMPTY, Frontier
from services.runtime import rpc
from services.runtime.folder import log_file
from services.runtime.handler import Handler
from services.runtime.ledger import Ledger
from services.runtime.replica import Elsewhere
from services.runtime.service import SERVICES, load
from services.runtime.store import Row
from services.runtime.store.sqlite import SqliteStore
from tests.surface.redacted import As
from tests.surface.served import LOOPBACK
from zoneledger.ledger.v1.decision_pb2 import Decision

SINCE = 1_700_000_000  # Seconds since 1970 UTC; the decision at place n is n seconds later.


class Renamed(SqliteStore):
    """A log whose decisions are called by `names`, from their ids."""

    def __init__(self, folder: Path, service: str, names: Mapping[str, str]) -> None:
        super().__init__(log_file(folder, service), read_only=True)
        self._names = names
        self._ids = {name: id_ for id_, name in names.items()}

    async def read(self, after: int, limit: int) -> list[Row]:
        return list(map(self._named, await super().read(after, limit)))

    async def at(self, positions: Sequence[int]) -> list[Row]:
        return list(map(self._named, await super().at(positions)))

    async def find(self, decision_id: str) -> Row | None:
        row = await super().find(self._ids.get(decision_id, decision_id))
        return self._named(row) if row else None

    async def stream(self, name: str, after: int = 0) -> list[Row]:
        return list(map(self._named, await super().stream(name, after)))

    async def frontier(self) -> Frontier:
        return Frontier((await super().frontier()).size, EMPTY.peaks)

    def _named(self, row: Row) -> Row:
        decision = Decision.FromString(row.data)
        for field in ("decision_id", "causation_id", "correlation_id"):
            id_, dot, index = str(getattr(decision, field)).partition(".")
            setattr(decision, field, self._names.get(id_, id_) + dot + index)
        decision.traceparent = ""
        decision.recorded_at.CopyFrom(moment((SINCE + row.position) * 10**9))
        return row._replace(decision_id=decision.decision_id, data=decision.SerializeToString())


async def names_in(folder: Path) -> dict[str, str]:
    """What the decisions of a folder are called, by their ids."""
    names = {}
    for service in SERVICES:
        store = SqliteStore(log_file(folder, service), read_only=True)
        for row in await store.read(0, 100_000):
            names[row.decision_id] = str(uuid5(NAMESPACE_URL, f"{service} {row.position}"))
        await store.close()
    return names


@asynccontextmanager
async def renamed(folder: Path, agency: str, text: str) -> AsyncIterator[str]:
    """The address at which the agency is answered from the folder, by an access table."""
    async with AsyncExitStack() as stack:
        names, stores = await names_in(folder), {}
        for name in SERVICES:
            stores[name] = Renamed(folder, name, names)
            stack.push_async_callback(stores[name].close)
        ledgers = [
            Ledger(load(name), store, Handler(load(name), store), Elsewhere(), sources=stores)
            for name, store in stores.items()
        ]
        server, port = await rpc.start(LOOPBACK, ledgers, rpc.Parts(gate=As(agency, text)))
        stack.push_async_callback(server.stop, None)
        yield f"127.0.0.1:{port}"

"""The port to a service's log and to what it remembers of its neighbours' logs.

The log is append-only and totally ordered: positions run from 1 without holes, and a reader that
has seen a position has seen every one before it. Adapters hold no rules; all of them pass
`tests/runtime/test_store.py`.
"""

from collections.abc import Sequence
from typing import NamedTuple, Protocol

from services.kernel.merkle import Frontier
from zoneledger.ledger.v1.decision_pb2 import Decision


class Row(NamedTuple):
    """A stored decision: `data` are its bytes as stored and hashed, `leaf` is their hash.

    The other columns say again what is in the bytes, so that it can be found: `version` is the one
    that the decision was made on, `next_version` the one it led to.
    """

    position: int
    decision_id: str
    stream: str
    version: int
    next_version: int
    data: bytes
    leaf: bytes


class Heard(NamedTuple):
    """How far a stream of another service has been heard: from one version to a later one."""

    source: str
    stream: str
    from_version: int
    to_version: int


class Parked(NamedTuple):
    """A stream of another service that waits because the event behind `version` has no answer.

    `until` is the highest version that is known to wait: to hear the stream that far releases it.
    """

    source: str
    stream: str
    version: int
    reason: str
    until: int = 0


class Carried(NamedTuple):
    """Where the carrier of a source goes on: the offset behind the last one handled."""

    topic: str
    partition: int
    next_offset: int


class Inbox(NamedTuple):
    """What one append changes in the memory of one source.

    `cursor` is the position in the source's log up to which everything was heard or parked. To
    hear a parked stream up to its last known event releases it; to hear less of it moves it on.
    `released` streams wait no more, unless more of them is known to wait by now; they may be parked
    again. `carried` says where the carrier stands now, also further back than before.
    """

    source: str
    cursor: int
    heard: tuple[Heard, ...] = ()
    parked: tuple[Parked, ...] = ()
    carried: tuple[Carried, ...] = ()
    released: tuple[Parked, ...] = ()


class Answered(NamedTuple):
    """The first answer to a request, kept under the name that its caller gave it.

    `fingerprint` is of what was asked; the store sets `position`, where the log ended after it.
    """

    request_id: str
    fingerprint: bytes
    answer: bytes
    position: int = 0


class Log(Protocol):
    """A service's log as others read it: a store, or one behind another service's gRPC."""

    async def stream(self, name: str, after: int = 0) -> list[Row]:
        """The decisions of one stream, in order, that led to versions above `after`."""

    async def read(self, after: int, limit: int) -> list[Row]:
        """At most `limit` decisions behind position `after`, in order."""

    async def find(self, decision_id: str) -> Row | None:
        """The decision of this id."""

    async def frontier(self) -> Frontier:
        """The right edge of the Merkle tree over the log; its size is the last position."""

    async def cursor(self, source: str) -> int:
        """The position up to which `source` was heard; 0 where it never was."""

    async def parked(self) -> list[Parked]:
        """The streams that wait, oldest first."""


class Store(Log, Protocol):
    """A service's own log."""

    async def append(
        self,
        decisions: Sequence[Decision],
        inbox: Inbox | None = None,
        answered: Answered | None = None,
    ) -> list[Row]:
        """Make `decisions`, `inbox` and `answered` durable, or nothing; return the rows as stored.

        Each decision says which version of its stream it was made on; `WrongExpectedVersion` if
        that is not the latest, or if `inbox` hears or parks from versions that are not the latest.
        A decision id that the log has already, and a request that was answered, are refused the
        same way: load it again and see. The store sets `recorded_at`: of what is appended later it
        is later, whatever the clock does, so that what was known at a moment stays what it was.
        """

    async def streams(self, names: Sequence[str]) -> list[Row]:
        """The decisions of all these streams, in the order of the log."""

    async def at(self, positions: Sequence[int]) -> list[Row]:
        """The decisions at those of these positions that the log has, in order."""

    async def found(self, decision_ids: Sequence[str]) -> list[Row]:
        """The decisions of those of these ids that the log has, in the order of the log."""

    async def heard(self, source: str, streams: Sequence[str]) -> dict[str, int]:
        """The version up to which each of these streams was heard; without those never heard."""

    async def carried(self, topic: str) -> dict[int, int]:
        """Where the carrier of a topic goes on, by partition."""

    async def answered(self, request_id: str) -> Answered | None:
        """The first answer to the request of this name."""

    async def checkpoint(self) -> tuple[Frontier, str] | None:
        """The last signed tree, and the note that says so; None where the log is not signed."""

    def pulse(self) -> int | None:
        """A number that is another one after every append by anybody; None where it is not known
        without asking.
        """

    async def close(self) -> None:
        """Finish what was accepted, then let go of the data."""

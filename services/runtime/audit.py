"""Decides every recorded command again and compares with what the log says happened.

Nothing the log says of itself is believed: bytes are hashed again, the Merkle root is built again,
versions and times are followed, and each command meets the state that the events before it left. A
log is read once, in order; its most recent streams are kept in memory, the others read again.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from itertools import islice
from typing import NamedTuple

from google.protobuf.message import DecodeError, Message

from services.kernel import merkle
from services.kernel.decider import fold
from services.kernel.decision import events_of, unpack
from services.kernel.errors import ZoneledgerError
from services.kernel.merkle import EMPTY, Frontier
from services.runtime.handler import Known
from services.runtime.replay import ROWS_AT_ONCE, without_cycles
from services.runtime.service import Service
from services.runtime.store import Log, Row
from zoneledger.ledger.v1.decision_pb2 import Decision

STREAMS_KEPT = 20_000
MOST_FINDINGS = 1_000


class Finding(NamedTuple):
    """A difference, where it stands, and what it is; position 0 where it is of the whole log."""

    service: str
    position: int
    decision_id: str
    what: str


@dataclass
class Report:
    """What the audit of one log came to."""

    service: str
    decisions: int = 0
    events: int = 0
    caused: int = 0
    reactions: int = 0
    root: str = ""
    findings: list[Finding] = field(default_factory=list)
    waiting: list[Finding] = field(default_factory=list)  # No difference yet, and no answer.

    def find(self, row: Row | None, what: str) -> None:
        """Add a finding; beyond the limit they are counted in the last one only."""
        if len(self.findings) < MOST_FINDINGS:
            position, decision_id = (row.position, row.decision_id) if row else (0, "")
            self.findings.append(Finding(self.service, position, decision_id, what))


async def audit(
    service: Service, store: Log, progress: Callable[[int], None] = lambda _: None
) -> Report:
    """Decide the whole log again; `progress` hears how many decisions are done."""
    auditor = _Auditor(service, store)
    with without_cycles():
        while rows := await store.read(auditor.position, ROWS_AT_ONCE):
            await auditor.recall(rows)
            for row in rows:
                auditor.examine(row)
            auditor.hash(rows)
            auditor.forget()
            progress(auditor.position)
    auditor.compare_edges(await store.frontier())
    return auditor.report


class _Auditor:
    """Walks along one log."""

    def __init__(self, service: Service, store: Log) -> None:
        self.report = Report(service.name)
        self.position = 0
        self._service, self._store = service, store
        self._commands, self._events = service.commands, service.events
        self._decider_of = service.decider_of
        self._known: dict[str, Known] = {}
        self._forgotten: set[int] = set()
        self._frontier = EMPTY
        self._latest = (0, 0)

    async def recall(self, rows: Sequence[Row]) -> None:
        """Fold again the streams of `rows` that were seen and are no longer in memory."""
        if not self._forgotten:
            return
        for stream in {row.stream for row in rows} - self._known.keys():
            if hash(stream) in self._forgotten:
                self._known[stream] = await self._fold(stream, rows[0].position)

    def examine(self, row: Row) -> None:
        """Decide one row again, on the state that the events before it left."""
        try:
            self._examine(row, Decision.FromString(row.data))
        except DecodeError as error:
            self.report.find(row, f"the stored bytes are no decision: {error}")
        except ZoneledgerError as refusal:
            self.report.find(row, f"deciding again is refused: {refusal}")
        except Exception as fault:  # noqa: BLE001  # A forged row may break any rule; go on.
            self.report.find(row, f"deciding again fails: {type(fault).__name__}: {fault}")
        self.position = row.position
        self.report.decisions += 1

    def hash(self, rows: Sequence[Row]) -> None:
        """Hash the stored bytes again."""
        leaves = [merkle.leaf_hash(row.data) for row in rows]
        for row, leaf in zip(rows, leaves, strict=True):
            if leaf != row.leaf:
                self.report.find(row, "the stored bytes do not have the stored hash")
        self._frontier = merkle.extend(self._frontier, leaves)

    def forget(self) -> None:
        """Let go of the streams that were not met for the longest time."""
        for stream in list(islice(self._known, max(0, len(self._known) - STREAMS_KEPT))):
            del self._known[stream]
            self._forgotten.add(hash(stream))

    def compare_edges(self, stored: Frontier) -> None:
        """The tree over the rows must be the one that the store says it has."""
        self.report.root = merkle.root(self._frontier).hex()
        if stored != self._frontier:
            self.report.find(
                None,
                f"the rows have the Merkle root {self.report.root} of {self._frontier.size}, the"
                f" store says {merkle.root(stored).hex()} of {stored.size}",
            )

    def _examine(self, row: Row, decision: Decision) -> None:
        """Everything is compared at once; what differs is looked for only where something does."""
        command = unpack(decision.command, self._commands)
        decider = self._decider_of[type(command)]
        known = self._known.pop(row.stream, None)
        version, state = known if known is not None else (0, decider.initial)
        recorded = events_of(decision, self._events)
        decided = decider.decide(command, state)
        says = _Header(
            self.position + 1,
            decision.decision_id,
            decider.stream(command),
            version,
            version + len(recorded),
        )
        moment = (decision.recorded_at.seconds, decision.recorded_at.nanos)
        if (
            decided != recorded
            or row[:_HEADER] != says
            or moment < self._latest
            or (decider.policy(command) or _NO_POLICY) != decision.policy
            or (decision.stream, decision.version) != (row.stream, row.version)
        ):
            self._explain(row, decision, says, decided, recorded)
        self._latest = moment
        self.report.events += len(recorded)
        self.report.caused += bool(decision.causation_id)
        for event in recorded:
            state = decider.evolve(state, event)
        self._known[row.stream] = Known(says.next_version, state)

    def _explain(
        self,
        row: Row,
        decision: Decision,
        says: "_Header",
        decided: Sequence[Message],
        recorded: Sequence[Message],
    ) -> None:
        if decided != recorded:
            self.report.find(row, _difference(decided, recorded))
        if row.position != says.position:
            self.report.find(row, f"position {says.position} is missing")
        for name in ("decision_id", "stream", "version", "next_version"):
            filed, is_ = getattr(row, name), getattr(says, name)
            if filed != is_:
                self.report.find(row, f"filed with {name} {filed}, it is {is_}")
        if (decision.stream, decision.version) != (says.stream, says.version):
            self.report.find(
                row,
                f"it says it was made on {decision.stream} version {decision.version};"
                f" that is {says.stream} version {says.version}",
            )
        if (decision.recorded_at.seconds, decision.recorded_at.nanos) < self._latest:
            self.report.find(row, "recorded before the decision above it")
        command = unpack(decision.command, self._commands)
        if (self._decider_of[type(command)].policy(command) or _NO_POLICY) != decision.policy:
            self.report.find(row, "it names another document than its command")

    async def _fold(self, stream: str, before: int) -> Known:
        """A stream as the rows before a position leave it."""
        decider = self._service.decider_named[stream.partition("-")[0]]
        known = Known(0, decider.initial)
        for row in await self._store.stream(stream):
            if row.position < before:
                events = events_of(Decision.FromString(row.data), self._events)
                known = Known(known.version + len(events), fold(decider, events, known.state))
        return known


class _Header(NamedTuple):
    """What a row should be filed under: the first columns of a row."""

    position: int
    decision_id: str
    stream: str
    version: int
    next_version: int


_HEADER = len(_Header._fields)
_NO_POLICY = Decision().policy


def _difference(decided: Sequence[Message], recorded: Sequence[Message]) -> str:
    """The first event that differs, in a sentence."""
    for index in range(max(len(decided), len(recorded))):
        again = decided[index] if index < len(decided) else None
        before = recorded[index] if index < len(recorded) else None
        if again != before:
            return (
                f"event {index + 1} is {_told(before)} in the log and {_told(again)} decided again"
            )
    return ""


def _told(event: Message | None) -> str:
    if event is None:
        return "nothing"
    fields = " ".join(str(event).split())
    return f"{event.DESCRIPTOR.name}({fields[:300]})"

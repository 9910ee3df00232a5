"""Decides every recorded command again and compares with what the log says happened.

Nothing the log says of itself is believed: bytes are hashed again, the Merkle root is built again,
versions and times are followed, and each command meets the state that the events before it left. A
log is read once, in order; of its streams the most recent are kept in memory, the others read again.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from google.protobuf.message import DecodeError, Message

from services.kernel import merkle
from services.kernel.decider import fold
from services.kernel.decision import events_of, unpack
from services.kernel.errors import ZoneledgerError
from services.kernel.merkle import EMPTY, Frontier
from services.runtime.handler import Known
from services.runtime.service import Service
from services.runtime.store import Row, Store
from zoneledger.ledger.v1.decision_pb2 import Decision

ROWS_AT_ONCE = 2_000
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

    def find(self, row: Row | None, what: str) -> None:
        """Add a finding; beyond the limit they are counted in the last one only."""
        if len(self.findings) < MOST_FINDINGS:
            position, decision_id = (row.position, row.decision_id) if row else (0, "")
            self.findings.append(Finding(self.service, position, decision_id, what))


async def audit(
    service: Service, store: Store, progress: Callable[[int], None] = lambda _: None
) -> Report:
    """Decide the whole log again; `progress` hears how many decisions are done."""
    auditor = _Auditor(service, store)
    while rows := await store.read(auditor.position, ROWS_AT_ONCE):
        for row in rows:
            if auditor.is_forgotten(row.stream):
                await auditor.recall(row)
            auditor.examine(row)
        auditor.hash(rows)
        progress(auditor.position)
    auditor.compare_edges(await store.frontier())
    return auditor.report


class _Auditor:
    """Walks along one log."""

    def __init__(self, service: Service, store: Store) -> None:
        self.report = Report(service.name)
        self.position = 0
        self._service, self._store = service, store
        self._commands, self._events = service.commands, service.events
        self._known: dict[str, Known] = {}
        self._forgotten: set[int] = set()
        self._frontier = EMPTY
        self._latest = (0, 0)

    def is_forgotten(self, stream: str) -> bool:
        """Whether the stream was seen and is no longer in memory."""
        return bool(self._forgotten) and stream not in self._known and hash(stream) in self._forgotten

    async def recall(self, row: Row) -> None:
        """Fold again what came before `row` on its stream."""
        state: Any = self._service.decider_named[_category(row.stream)].initial
        version = 0
        for earlier in await self._store.stream(row.stream):
            if earlier.position < row.position:
                decision = Decision.FromString(earlier.data)
                decider = self._service.decider_named[_category(row.stream)]
                state = fold(decider, events_of(decision, self._events), state)
                version = decision.version + len(decision.events)
        self._known[row.stream] = Known(version, state)

    def examine(self, row: Row) -> None:
        """Decide one row again."""
        self.position += 1
        if row.position != self.position:
            self.report.find(row, f"position {self.position} is missing")
            self.position = row.position
        self.report.decisions += 1
        try:
            self._decide_again(row, Decision.FromString(row.data))
        except DecodeError as error:
            self.report.find(row, f"the stored bytes are no decision: {error}")
        except ZoneledgerError as refusal:
            self.report.find(row, f"deciding again is refused: {refusal}")

    def hash(self, rows: Sequence[Row]) -> None:
        """Hash the stored bytes again."""
        leaves = [merkle.leaf_hash(row.data) for row in rows]
        for row, leaf in zip(rows, leaves, strict=True):
            if leaf != row.leaf:
                self.report.find(row, "the stored bytes do not have the stored hash")
        self._frontier = merkle.extend(self._frontier, leaves)

    def compare_edges(self, stored: Frontier) -> None:
        """The tree over the rows must be the one that the store says it has."""
        self.report.root = merkle.root(self._frontier).hex()
        if stored != self._frontier:
            self.report.find(
                None,
                f"the rows have the Merkle root {self.report.root} of {self._frontier.size}, the"
                f" store says {merkle.root(stored).hex()} of {stored.size}",
            )

    def _decide_again(self, row: Row, decision: Decision) -> None:
        command = unpack(decision.command, self._commands)
        decider = self._service.decider_of[type(command)]
        known = self._known.pop(row.stream, None) or Known(0, decider.initial)
        recorded = events_of(decision, self._events)
        decided = list(decider.decide(command, known.state))
        if decided != recorded:
            self.report.find(row, _difference(decided, recorded))
        version = known.version + len(recorded)
        if wrong := self._misfiled(row, decision, decider.stream(command), known.version, version):
            self.report.find(row, wrong)
        if (decider.policy(command) or _NO_POLICY) != decision.policy:
            self.report.find(row, "the decision names another document than its command")
        self.report.events += len(recorded)
        self.report.caused += bool(decision.causation_id)
        self._keep(row.stream, Known(version, fold(decider, recorded, known.state)))

    def _misfiled(
        self, row: Row, decision: Decision, stream: str, before: int, after: int
    ) -> str:
        """What the row, the decision's own header and the command disagree about; "" for nothing."""
        recorded = (decision.recorded_at.seconds, decision.recorded_at.nanos)
        earlier, self._latest = self._latest, recorded
        if not row.stream == decision.stream == stream:
            return f"filed under {row.stream}, the decision says {decision.stream}, it is {stream}"
        if decision.version != before:
            return f"made on version {decision.version}, the stream was at {before}"
        if row.version != after:
            return f"filed as leading to version {row.version}, it leads to {after}"
        if row.decision_id != decision.decision_id:
            return f"filed as {row.decision_id}, the decision says {decision.decision_id}"
        if recorded < earlier:
            return "recorded before the decision above it"
        return ""

    def _keep(self, stream: str, known: Known) -> None:
        self._known[stream] = known
        if len(self._known) > STREAMS_KEPT:
            oldest = next(iter(self._known))
            del self._known[oldest]
            self._forgotten.add(hash(oldest))


_NO_POLICY = Decision().policy


def _category(stream: str) -> str:
    return stream.partition("-")[0]


def _difference(decided: Sequence[Message], recorded: Sequence[Message]) -> str:
    """The first event that differs, in a sentence."""
    for index in range(max(len(decided), len(recorded))):
        again = decided[index] if index < len(decided) else None
        before = recorded[index] if index < len(recorded) else None
        if again != before:
            return f"event {index + 1} is {_told(before)} in the log and {_told(again)} decided again"
    return ""


def _told(event: Message | None) -> str:
    if event is None:
        return "nothing"
    fields = " ".join(str(event).split())
    return f"{event.DESCRIPTOR.name}({fields[:300]})"

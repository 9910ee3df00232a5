"""One service at work: its log, its handler, and its answers, caught up before each of them.

Of the log only the places are kept where each subject is spoken of: a question reads those rows
again, some at a time, so that a long log takes little memory and an answer is what the log says.
"""

import logging
from array import array
from bisect import bisect_right
from collections.abc import AsyncIterator, Iterator, Sequence
from typing import NamedTuple

from google.protobuf.message import Message

from services.kernel.adoption import ADOPTION
from services.kernel.adoption import STREAM as POLICIES
from services.kernel.decision import Recorded, events_of
from services.kernel.errors import Fault, Malformed, Rejected
from services.kernel.policy import Policies
from services.kernel.timeline import Question, Timeline
from services.runtime import journal, tracing
from services.runtime.bus import Bus
from services.runtime.handler import Handler, request
from services.runtime.metrics import Metrics, Outcome, fresh
from services.runtime.service import Service
from services.runtime.store import Row, Store
from zoneledger.ledger.v1.decision_pb2 import Decision

_ROWS_AT_ONCE = 1_000
_NOWHERE: "array[int]" = array("Q")

_log = logging.getLogger(__name__)


class Submitted(NamedTuple):
    """How many commands were new, how many had been answered already, and where the log stands."""

    recorded: int
    unchanged: int
    position: int
    decisions: Sequence[Decision]


class Ledger:
    """What a service's gRPC methods are written against."""

    def __init__(
        self,
        service: Service,
        store: Store,
        handler: Handler,
        bus: Bus,
        counted: Metrics | None = None,
    ) -> None:
        self.service, self.store = service, store
        self._counted = counted or fresh()
        self._handler, self._bus = handler, bus
        self._places: dict[str, array[int]] = {}
        self._position = 0

    async def submit(
        self,
        commands: Sequence[Message],
        actor: str,
        *,
        name: str,
        faults: Sequence[Fault] = (),
        validate_only: bool = False,
    ) -> Submitted:
        """Decide all of `commands` or none, durably; see `Handler.handle`."""
        traceparent = tracing.current_traceparent()
        requests = [request(command, actor, traceparent) for command in commands]
        try:
            decisions = await self._handler.handle(
                requests, name=name, faults=faults, validate_only=validate_only
            )
        except Exception as fault:
            is_answer = isinstance(fault, Malformed | Rejected)
            self._count(Outcome.REFUSED if is_answer else Outcome.FAILED, len(commands))
            raise
        if not validate_only:
            self._count(Outcome.RECORDED, len(decisions))
            self._count(Outcome.UNCHANGED, len(commands) - len(decisions))
        if decisions and not validate_only:
            first = decisions[0].correlation_id
            with journal.bound(correlation_id=first, decision_id=decisions[0].decision_id):
                _log.info("%s: %d decisions of %s", name, len(decisions), actor)
            self._bus.wake()
        position = (await self.store.frontier()).size
        return Submitted(len(decisions), len(commands) - len(decisions), position, decisions)

    async def policies(self) -> Policies:
        """The documents adopted so far."""
        sitting = self._handler.sitting(careful=True)
        policies: Policies = await sitting.state(ADOPTION, POLICIES)
        return policies

    async def ask(self, question: Question) -> tuple[AsyncIterator[Sequence[Recorded]], int]:
        """The events that answer, subject by subject, and the position that was read."""
        await self._bus.settle()
        while rows := await self.store.read(self._position, _ROWS_AT_ONCE):
            for row in rows:
                self._take(row)
        return self._answer(question, self._position), self._position

    async def _answer(self, question: Question, until: int) -> AsyncIterator[Sequence[Recorded]]:
        for subjects, places in self._read_together(question, until):
            timeline = Timeline(self.service.subject, self.service.effective_on)
            for row in await self.store.at(places):
                for entry in self._entries(row):
                    if self.service.subject(entry.event) in subjects:
                        timeline.add(entry)
            for entries in timeline.ask(question):
                yield entries

    def _read_together(
        self, question: Question, until: int
    ) -> Iterator[tuple[set[str], list[int]]]:
        """Subjects whose rows are read in one go, in the order of their names, and those rows."""
        subjects: set[str] = set()
        places: list[int] = []
        for subject in [question.subject] if question.subject else sorted(self._places):
            own = self._places.get(subject, _NOWHERE)
            subjects.add(subject)
            places += own[: bisect_right(own, until)]
            if len(places) >= _ROWS_AT_ONCE:
                yield subjects, places
                subjects, places = set(), []
        if places:
            yield subjects, places

    def _count(self, outcome: Outcome, commands: int) -> None:
        self._counted.commands.labels(outcome).inc(commands)

    def _take(self, row: Row) -> None:
        if row.position != self._position + 1:
            return  # Another question has caught up with it in the meantime.
        for entry in self._entries(row):
            subject = self.service.subject(entry.event)
            if subject:
                own = self._places.setdefault(subject, array("Q"))
                if not own or own[-1] != row.position:
                    own.append(row.position)
        self._position = row.position

    def _entries(self, row: Row) -> list[Recorded]:
        decision = Decision.FromString(row.data)
        recorded_ns = decision.recorded_at.ToNanoseconds()
        return [
            Recorded(event, recorded_ns, decision.decision_id, row.position)
            for event in events_of(decision, self.service.events)
        ]

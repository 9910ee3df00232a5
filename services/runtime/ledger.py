"""One service at work: its log, its handler, and its answers, caught up before each of them."""

import logging
from collections.abc import Iterator, Sequence
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
        self._timeline = Timeline(service.subject, service.effective_on)
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

    async def ask(self, question: Question) -> tuple[Iterator[Sequence[Recorded]], int]:
        """The events that answer, subject by subject, and the position that was read."""
        await self._bus.settle()
        while rows := await self.store.read(self._position, _ROWS_AT_ONCE):
            for row in rows:
                self._take(row)
        return self._timeline.ask(question), self._position

    def _count(self, outcome: Outcome, commands: int) -> None:
        self._counted.commands.labels(outcome).inc(commands)

    def _take(self, row: Row) -> None:
        if row.position != self._position + 1:
            return  # Another question has caught up with it in the meantime.
        decision = Decision.FromString(row.data)
        recorded_ns = decision.recorded_at.ToNanoseconds()
        for event in events_of(decision, self.service.events):
            self._timeline.add(Recorded(event, recorded_ns, decision.decision_id, row.position))
        self._position = row.position

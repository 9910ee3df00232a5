"""Runs a decider: load, decide, append; again when somebody else was faster.

Commands that are handled together are decided one after the other, each on what the one before it
left, and appended in one step: all of them or none. A command that changes nothing leaves no row.
A decision id that the log has already gives the first answer again.
"""

from collections import ChainMap
from collections.abc import Collection, MutableMapping, Sequence
from typing import Any, NamedTuple
from uuid import uuid4

from google.protobuf.message import Message

from services.kernel.decider import Decider, fold
from services.kernel.decision import events_of, pack
from services.kernel.errors import Fault, Malformed, Rejected, WrongExpectedVersion
from services.runtime.service import Service
from services.runtime.store import Inbox, Row, Store
from zoneledger.ledger.v1.decision_pb2 import Decision

_TRIES = 100
_STATES_KEPT = 20_000


class Request(NamedTuple):
    """A command and where it comes from."""

    command: Message
    decision_id: str
    actor: str
    causation_id: str = ""
    correlation_id: str = ""


class Known(NamedTuple):
    """A stream as far as it was folded."""

    version: int
    state: Any


def request(command: Message, actor: str) -> Request:
    """A command from outside: the first of its story."""
    decision_id = str(uuid4())
    return Request(command, decision_id, actor, correlation_id=decision_id)


class Handler:
    """Decides for one service on one store. States are kept and checked against the store."""

    def __init__(self, service: Service, store: Store) -> None:
        self._service, self._store = service, store
        self._known: dict[str, Known] = {}

    async def handle(
        self,
        requests: Sequence[Request],
        *,
        name: str = "commands",
        faults: Sequence[Fault] = (),
        validate_only: bool = False,
    ) -> list[Decision]:
        """Decide all of `requests` and make the decisions durable; return those that were made.

        Refused as a whole with `Malformed`: `faults`, found by whoever read the request, and one
        for each other item that the rules refuse, all of them under the name of the batch.
        """
        for _ in range(_TRIES):
            sitting = self.sitting()
            refused = [*faults, *await _decide_all(sitting, requests, {f.index for f in faults})]
            if refused:
                raise Malformed.batch(name, refused)
            if validate_only:
                return sitting.decisions
            try:
                await self.conclude(sitting)
            except WrongExpectedVersion:
                continue
            return sitting.decisions
        raise WrongExpectedVersion(
            f"other commands were faster {_TRIES} times; try again when there are fewer"
        )

    def sitting(self) -> "Sitting":
        """Begin to decide on what is known now."""
        return Sitting(self._service, self._store, self._known)

    async def conclude(self, sitting: "Sitting", inbox: Inbox | None = None) -> list[Row]:
        """Make what was decided durable; forget what was believed if it was wrong."""
        rows: list[Row] = []
        try:
            if sitting.decisions or inbox:
                rows = await self._store.append(sitting.decisions, inbox)
        except WrongExpectedVersion:
            for stream in sitting.seen:
                self._known.pop(stream, None)
            raise
        if len(self._known) > _STATES_KEPT:
            self._known.clear()  # Rare and harmless: what is needed is folded again.
        self._known.update(sitting.seen)
        return rows


class Sitting:
    """Decisions made one after the other, not yet written.

    `seen` holds each stream that was looked at, as the decisions leave it.
    """

    def __init__(self, service: Service, store: Store, known: MutableMapping[str, Known]) -> None:
        self.decisions: list[Decision] = []
        self.seen: dict[str, Known] = {}
        self._service, self._store, self._known = service, store, known

    def branch(self) -> "Sitting":
        """Decide on from here without changing this; `join` takes it in."""
        return Sitting(self._service, self._store, ChainMap(self.seen, self._known))

    def join(self, branch: "Sitting") -> None:
        """Take in what was decided on a branch."""
        self.decisions += branch.decisions
        self.seen.update(branch.seen)

    async def decide(self, request: Request) -> None:
        """Decide one request; `Rejected` leaves everything as it was."""
        if await self._store.find(request.decision_id) is not None:
            return
        decider = self._service.decider_of[type(request.command)]
        stream = decider.stream(request.command)
        known, events = await self._answer(decider, stream, request.command)
        if not events:
            return
        self.decisions.append(_decision(request, stream, known.version, events, decider))
        state = fold(decider, events, known.state)
        self.seen[stream] = Known(known.version + len(events), state)

    async def state(self, decider: Decider, stream: str) -> Any:
        """The state of a stream after what was decided here."""
        return (await self._look(decider, stream)).state

    async def _answer(
        self, decider: Decider, stream: str, command: Message
    ) -> tuple[Known, list[Message]]:
        """Events are checked again when they are written; to say no, look whether it still holds."""
        known = await self._look(decider, stream)
        try:
            events = list(decider.decide(command, known.state))
        except Rejected:
            events = []
        if not events:
            known = self.seen[stream] = await self._catch_up(decider, stream, known)
            events = list(decider.decide(command, known.state))
        return known, events

    async def _look(self, decider: Decider, stream: str) -> Known:
        known = self.seen.get(stream) or self._known.get(stream)
        if known is None:
            known = await self._catch_up(decider, stream, Known(0, decider.initial))
        self.seen[stream] = known
        return known

    async def _catch_up(self, decider: Decider, stream: str, known: Known) -> Known:
        version, state = known
        for row in await self._store.stream(stream, version):
            decision = Decision.FromString(row.data)
            if decision.version != version:
                return known  # Our own decisions are ahead of the store; they are checked later.
            state = fold(decider, events_of(decision, self._service.events), state)
            version += len(decision.events)
        return Known(version, state)


async def _decide_all(
    sitting: Sitting, requests: Sequence[Request], unreadable: Collection[int]
) -> list[Fault]:
    refused = []
    for index, each in enumerate(requests):
        if index in unreadable:
            continue
        try:
            await sitting.decide(each)
        except Rejected as refusal:
            refused.append(Fault(index, refusal.field, str(refusal)))
    return refused


def _decision(
    request: Request, stream: str, version: int, events: list[Message], decider: Decider
) -> Decision:
    return Decision(
        decision_id=request.decision_id,
        stream=stream,
        version=version,
        actor=request.actor,
        causation_id=request.causation_id,
        correlation_id=request.correlation_id,
        policy=decider.policy(request.command),
        command=pack(request.command),
        events=[pack(event) for event in events],
    )

"""Runs a decider: load, decide, append; again when somebody else was faster.

Commands that are handled together are decided one after the other, each on what the one before it
left, and appended in one step: all of them or none. A command that changes nothing leaves no row.
A decision id that the log has already gives the first answer again.
"""

import os
import time
from collections.abc import Callable, Mapping, MutableMapping, Sequence
from itertools import islice
from typing import Any, NamedTuple, TypeVar
from uuid import UUID

from google.protobuf.message import Message

from services.kernel.decider import Decider, fold
from services.kernel.decision import events_of, pack_into
from services.kernel.errors import (
    EtagMismatch,
    Fault,
    Malformed,
    Rejected,
    WrongExpectedVersion,
)
from services.kernel.reasons import Why
from services.runtime.service import Service
from services.runtime.store import Answered, Inbox, Log, Row, Store
from zoneledger.ledger.v1.decision_pb2 import Decision

Key = TypeVar("Key")
Value = TypeVar("Value")

_TRIES = 100
_STATES_KEPT = 2_000  # A state may weigh 10 KB.


class Request(NamedTuple):
    """A command and where it comes from.

    `expected_version` is the one of its stream that the caller looked at, where that matters.
    """

    command: Message
    decision_id: str
    actor: str
    causation_id: str = ""
    correlation_id: str = ""
    traceparent: str = ""
    expected_version: int | None = None


class Known(NamedTuple):
    """A stream as far as it was folded."""

    version: int
    state: Any


def request(
    command: Message,
    actor: str,
    traceparent: str = "",
    *,
    decision_id: str = "",
    expected_version: int | None = None,
) -> Request:
    """A command from outside: the first of its story."""
    own = decision_id or new_id()
    return Request(command, own, actor, "", own, traceparent, expected_version)


def new_id() -> str:
    """A UUID of version 7 (RFC 9562): ids made one after the other lie side by side in an index."""
    chance = int.from_bytes(os.urandom(10))
    time_and_version = (time.time_ns() // 10**6) << 16 | 7 << 12 | chance >> 68
    return str(UUID(int=time_and_version << 64 | 2 << 62 | chance & (1 << 62) - 1))


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
        answering: Callable[[Sequence[Decision]], Answered] | None = None,
    ) -> list[Decision]:
        """Decide all of `requests` and make the decisions durable; return those that were made.

        Refused as a whole with `Malformed`: `faults`, found by whoever read the request, and one
        for each other item that the rules refuse, all of them under the name of the batch. What
        `answering` makes of the decisions is kept with them; `AnsweredMeanwhile` where the request
        of that name has an answer by now.
        """
        unreadable = {fault.index for fault in faults}
        readable = [each for each in enumerate(requests) if each[0] not in unreadable]
        for attempt in range(_TRIES):
            sitting = self.sitting(careful=validate_only or attempt > 0)
            try:
                if len(readable) > 1:
                    await sitting.look_ahead(self._store, [each for _, each in readable])
                refused = await _decide_all(sitting, readable)
                if faults or refused:
                    raise Malformed.batch(name, [*faults, *refused])
                if not validate_only:
                    answered = answering(sitting.decisions) if answering else None
                    await self.conclude(sitting, answered=answered)
            except Doubt:
                continue
            except EtagMismatch:
                raise
            except WrongExpectedVersion as raced:
                if answering and await self._store.answered(answering([]).request_id):
                    raise AnsweredMeanwhile from raced
                continue
            return sitting.decisions
        raise WrongExpectedVersion(Why.CONTENDED(tries=_TRIES))

    def sitting(self, *, careful: bool, behind: "Sitting | None" = None) -> "Sitting":
        """Begin to decide; `careful` looks at every stream, else what is unknown counts as new.

        `behind` is a sitting that is being written, and whose decisions count already.
        """
        return Sitting(self._service, self._store, self._known, careful=careful, behind=behind)

    async def conclude(
        self, sitting: "Sitting", inbox: Inbox | None = None, answered: Answered | None = None
    ) -> list[Row]:
        """Make what was decided durable; forget what was believed if it was wrong."""
        rows: list[Row] = []
        try:
            if sitting.decisions or inbox or answered:
                rows = await self._store.append(sitting.decisions, inbox, answered)
        except WrongExpectedVersion:
            for stream in sitting.seen:
                self._known.pop(stream, None)
            raise
        keep_latest(self._known, sitting.seen, _STATES_KEPT)
        sitting.stand()
        return rows


def keep_latest(kept: dict[Key, Value], seen: Mapping[Key, Value], most: int) -> None:
    """Keep `most` of what was seen, the latest; what is let go and needed again is read again."""
    for key in seen:
        kept.pop(key, None)
    kept.update(seen)
    for key in list(islice(kept, max(0, len(kept) - most))):
        del kept[key]


class AnsweredMeanwhile(Exception):
    """The same request came a second time and was answered while this one was decided."""


class Doubt(Exception):
    """Nothing happened, or it was refused, on a state that may be old: decide again, carefully."""


class Sitting:
    """Decisions made one after the other, not yet written.

    A decision with events is checked once more when it is written, so it may be made on what is
    remembered of a stream, or on the belief that an unknown one is new. To say that nothing
    happens, or no, takes a careful sitting. `seen` holds each stream that was looked at, as the
    decisions leave it.
    """

    def __init__(
        self,
        service: Service,
        store: Log,
        known: MutableMapping[str, Known],
        *,
        careful: bool,
        behind: "Sitting | None" = None,
    ) -> None:
        self.decisions: list[Decision] = []
        self.seen: dict[str, Known] = {}
        self.is_careful = careful
        self._service, self._store, self._known = service, store, known
        self._before = behind
        self._ahead: dict[str, list[Row]] = {}
        self._decided: dict[str, bool] = {}

    def branch(self) -> "Sitting":
        """Decide on from here without changing this; `join` takes it in."""
        branch = Sitting(self._service, self._store, self._known, careful=self.is_careful)
        branch._before, branch._ahead, branch._decided = self, self._ahead, self._decided
        return branch

    def stand(self) -> None:
        """It is written, and so is what it was behind."""
        self._before = None

    def join(self, branch: "Sitting") -> None:
        """Take in what was decided on a branch."""
        self.decisions += branch.decisions
        self.seen.update(branch.seen)

    async def look_ahead(self, store: Store, requests: Sequence[Request]) -> None:
        """Read at once, from `store`, what deciding `requests` is going to look at."""
        names = {self._stream(each.command) for each in requests} - self.seen.keys()
        if not self.is_careful:
            names -= self._known.keys()
        self._ahead.update((name, []) for name in names)
        for row in await store.streams(list(names)) if names else ():
            self._ahead[row.stream].append(row)
        if self.is_careful:
            ids = [each.decision_id for each in requests]
            found = {row.decision_id for row in await store.found(ids)}
            self._decided.update((id_, id_ in found) for id_ in ids)

    async def decide(self, request: Request) -> None:
        """Decide one request; whatever is raised, everything stays as it was."""
        if self.is_careful and await self._was_decided(request.decision_id):
            return
        decider = self._service.decider_of[type(request.command)]
        stream = self._stream(request.command)
        known = await self._look(decider, stream, catch_up=self.is_careful)
        if request.expected_version not in (None, known.version):
            if not self.is_careful:
                raise Doubt
            raise EtagMismatch(Why.ETAG_MISMATCH())
        try:
            events = list(decider.decide(request.command, known.state))
        except Rejected:
            if self.is_careful:
                raise
            events = []
        if events:
            decision = _decision(request, stream, known.version, events, decider)
            state = fold(decider, events, known.state)
            self.decisions.append(decision)
            self.seen[stream] = Known(known.version + len(events), state)
        elif not self.is_careful:
            raise Doubt

    async def state(self, decider: Decider, stream: str) -> Any:
        """The state of a stream after what was decided here; careful, after all others did too."""
        return (await self._look(decider, stream, catch_up=self.is_careful)).state

    def _stream(self, command: Message) -> str:
        return self._service.decider_of[type(command)].stream(command)

    async def _was_decided(self, decision_id: str) -> bool:
        if any(decision.decision_id == decision_id for decision in self.decisions):
            return True
        known = self._decided.get(decision_id)
        return await self._store.find(decision_id) is not None if known is None else known

    async def _look(self, decider: Decider, stream: str, *, catch_up: bool) -> Known:
        """A stream as it stands; looked at once in a sitting, so that it does not move under it."""
        if seen := self._seen(stream):
            return seen
        known = self._known.get(stream, Known(0, decider.initial))
        if catch_up or stream in self._ahead:
            known = await self._catch_up(decider, stream, known)
        self.seen[stream] = known
        return known

    def _seen(self, stream: str) -> Known | None:
        return self.seen.get(stream) or (self._before._seen(stream) if self._before else None)

    async def _catch_up(self, decider: Decider, stream: str, known: Known) -> Known:
        version, state = known
        rows = self._ahead.get(stream)
        for row in await self._store.stream(stream, version) if rows is None else rows:
            if row.next_version <= version:
                continue
            events = events_of(Decision.FromString(row.data), self._service.events)
            state = fold(decider, events, state)
            version += len(events)
        return Known(version, state)


async def _decide_all(sitting: Sitting, requests: Sequence[tuple[int, Request]]) -> list[Fault]:
    """What the rules refuse, by the place that each request has in its batch."""
    refused = []
    for index, each in requests:
        try:
            await sitting.decide(each)
        except Rejected as refusal:
            refused.append(Fault(index, refusal.field, refusal.told))
    return refused


def _decision(
    request: Request, stream: str, version: int, events: list[Message], decider: Decider
) -> Decision:
    decision = Decision(
        decision_id=request.decision_id,
        stream=stream,
        version=version,
        actor=request.actor,
        causation_id=request.causation_id,
        correlation_id=request.correlation_id,
        traceparent=request.traceparent,
        policy=decider.policy(request.command),
    )
    pack_into(decision.command, request.command)  # In place: a field that is set is copied.
    for event in events:
        pack_into(decision.events.add(), event)
    return decision

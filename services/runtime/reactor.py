"""Hears what another service decided and does what follows from it, exactly once.

What follows and how far was heard are one append, so a kill between any two lines repeats nothing
and forgets nothing. An event that cannot be answered parks its stream: everything behind it on
that stream waits, in order, and other streams go on. A parked stream is read again from the
source's log when it is retried; no copy of it is kept. Documents are heard first then, because
what they decide waits for them.
"""

import asyncio
from collections import ChainMap
from collections.abc import Iterable, Mapping, Sequence, Set
from contextlib import AbstractContextManager, nullcontext, suppress
from dataclasses import dataclass
from itertools import chain
from typing import NamedTuple

from google.protobuf.any_pb2 import Any as Packed
from google.protobuf.message import Message

from services.kernel.adoption import ADOPTION
from services.kernel.adoption import STREAM as POLICIES
from services.kernel.decision import event_id, reaction_id, unpack, vocabulary
from services.kernel.errors import Hole, Unavailable, WrongExpectedVersion, ZoneledgerError
from services.kernel.policy import Policies
from services.runtime import tracing
from services.runtime.handler import Doubt, Handler, Request, Sitting, keep_latest
from services.runtime.service import Service
from services.runtime.store import Carried, Heard, Inbox, Log, Parked, Row, Store
from services.runtime.turns import Turn, Turns
from zoneledger.ledger.v1.decision_pb2 import Decision
from zoneledger.ledger.v1.policy_pb2 import PolicyAdopted

_TRIES = 100
_STREAMS_KEPT = 10_000
_AT_ONCE = 50  # Streams that are read to be tried again.


class Notice(NamedTuple):
    """An event of another service, where it stands in its stream and in its log."""

    stream: str
    version: int
    event: Packed
    event_id: str
    correlation_id: str
    traceparent: str
    position: int
    recorded_ns: int


@dataclass
class _Draft:
    """What is about to be written, and how far will have been heard: (source, stream) -> version.

    `behind` is what is to be written before it, until it is.
    """

    sitting: Sitting
    heard: Mapping[tuple[str, str], int]
    behind: "_Draft | None"

    def far(self) -> dict[tuple[str, str], int]:
        """How far will have been heard, with everything before it."""
        return {**(self.behind.far() if self.behind else {}), **self.heard}


class Reactor:
    """Listens for one service. One at a time for each service: the inbox refuses a second."""

    def __init__(self, service: Service, store: Store, handler: Handler) -> None:
        self._service, self._store, self._handler = service, store, handler
        self._heard = vocabulary(service.heard)
        self._turns: Turns[_Draft] = Turns()
        self._known: dict[tuple[str, str], int] = {}

    async def hear(self, source: str, rows: Sequence[Row]) -> None:
        """Answer the next `rows` of a source's log."""
        await self._answer_all(Inbox(source, rows[-1].position), list(notices(rows)))

    async def hear_carried(
        self, source: str, log: Log, carried: Sequence[Carried], told: Sequence[Notice]
    ) -> Sequence[Parked]:
        """Answer what a carrier brought of a source; what had to be parked.

        A document may come later than what it decides, so it is looked for in the source's log
        before anything is parked. Called again while it still writes, it decides already on what is
        being written, and writes behind it; where that fails, it fails too.
        """
        with self._turns.take() as turn:
            inbox = await self._answer_all(
                Inbox(source, 0, carried=tuple(carried)), told, turn, log
            )
        return inbox.parked

    async def retry_parked(self, sources: Mapping[str, Log]) -> int:
        """Try every parked stream again; how many of them go on now."""
        before = await self._store.parked()
        for source in {parked.source for parked in before}:
            with suppress(Unavailable):  # What it holds goes on waiting.
                await self.retry(source, sources[source], [p for p in before if p.source == source])
        return len(before) - len(await self._store.parked())

    async def retry(self, source: str, log: Log, parked: Sequence[Parked]) -> None:
        """Hear these streams from the source's log; what it does not hold, nobody waits for."""
        await self._answer_all(Inbox(source, 0), await self._documents(source, log))
        for first in range(0, len(parked), _AT_ONCE):
            some = parked[first : first + _AT_ONCE]
            rows = await asyncio.gather(*(log.stream(each.stream, each.version) for each in some))
            told = list(notices(chain(*rows)))
            await self._answer_all(Inbox(source, 0, released=tuple(some)), told)

    async def _documents(self, source: str, log: Log) -> list[Notice]:
        """Those in the source's log that were not heard yet."""
        if PolicyAdopted not in self._service.heard:
            return []
        heard = await self._store.heard(source, [POLICIES])
        return list(notices(await log.stream(POLICIES, heard.get(POLICIES, 0))))

    async def _far(
        self, source: str, streams: Set[str], ahead: _Draft | None, *, is_sure: bool
    ) -> dict[str, int]:
        """How far each of `streams` was heard: what is being written, what is remembered, the rest.

        Where it has to be sure, nothing is remembered.
        """
        known = ChainMap(ahead.far() if ahead else {}, {} if is_sure else self._known)
        heard = {stream: known[source, stream] for stream in streams if (source, stream) in known}
        if unknown := streams - heard.keys():
            found = await self._store.heard(source, list(unknown))
            self._keep({(source, stream): version for stream, version in found.items()})
            heard |= found
        return heard

    def _keep(self, heard: Mapping[tuple[str, str], int]) -> None:
        keep_latest(self._known, heard, _STREAMS_KEPT)

    async def _parked(self, source: str) -> dict[str, Parked]:
        return {p.stream: p for p in await self._store.parked() if p.source == source}

    async def _answer_all(
        self,
        before: Inbox,
        told: Sequence[Notice],
        turn: Turn[_Draft] | None = None,
        log: Log | None = None,
    ) -> Inbox:
        """In its turn by what is remembered; a second time, or without a turn, by what stands."""
        turn, is_sure, source = turn or Turn(), turn is None, before.source
        for attempt in range(_TRIES):
            if attempt:
                await turn.settle()
            if attempt == 1 and log is not None:
                with suppress(Unavailable):
                    told = [*await self._documents(source, log), *told]
            ahead = await turn.ahead()
            sitting = self._handler.sitting(
                careful=attempt > 0, behind=ahead.sitting if ahead else None
            )
            with suppress(WrongExpectedVersion, Doubt):
                streams = {notice.stream for notice in told}
                far = await self._far(source, streams, ahead, is_sure=is_sure or attempt > 0)
                inbox = await self._answers(sitting, before, told, far)
                heard = {(source, each.stream): each.to_version for each in inbox.heard}
                draft = _Draft(sitting, heard, ahead)
                await turn.come(draft)
                await self._handler.conclude(sitting, inbox)
                draft.behind = None
                self._keep(heard)
                return inbox
        raise WrongExpectedVersion(
            f"{self._service.name} lost {_TRIES} races for what it hears of {source};"
            " another process hears for it"
        )

    async def _answers(
        self, sitting: Sitting, inbox: Inbox, told: Sequence[Notice], before: Mapping[str, int]
    ) -> Inbox:
        """Decide on all that was told; `inbox` with what was heard and what must wait."""
        # What waits shows by itself: its next event is a hole, or cannot be answered still.
        parked = await self._parked(inbox.source) if sitting.is_careful else {}
        for released in inbox.released:
            parked.pop(released.stream, None)
        after, waiting = dict(before), {}
        reactions = await self._look_ahead(sitting, told, before)
        for index, notice in enumerate(told):
            stream, version = notice.stream, after.get(notice.stream, 0)
            if notice.version <= version:
                continue  # It was heard already.
            if (known := parked.get(stream)) is None:
                try:
                    await self._answer(sitting, inbox.source, notice, version, reactions[index])
                except Doubt:
                    raise
                except Exception as fault:  # Whatever it is, only this stream waits.
                    if not sitting.is_careful:
                        raise Doubt from fault  # It may be for what is remembered.
                    reason = f"{type(fault).__name__}: {fault}"
                    known = Parked(inbox.source, stream, version, reason)
                else:
                    after[stream] = notice.version
                    continue
            if notice.version > known.until:
                parked[stream] = waiting[stream] = known._replace(until=notice.version)
        heard = tuple(
            Heard(inbox.source, stream, before.get(stream, 0), version)
            for stream, version in after.items()
            if before.get(stream, 0) != version
        )
        return inbox._replace(heard=heard, parked=tuple(waiting.values()))

    async def _look_ahead(
        self, sitting: Sitting, told: Sequence[Notice], heard: Mapping[str, int]
    ) -> list["_Reaction | None"]:
        """What follows by the documents known now; a careful look reads at once what it needs."""
        reactions: list[_Reaction | None] = [None] * len(told)
        with suppress(ZoneledgerError):  # It is met again in its place, and parks a stream there.
            policies = await sitting.state(ADOPTION, POLICIES)
            for index, notice in enumerate(told):
                if notice.version > heard.get(notice.stream, 0):
                    with suppress(Exception):  # The same.
                        reactions[index] = _Reaction(policies, self._react(notice, policies))
            if sitting.is_careful:
                requests = [each for own in reactions if own for each in own.requests]
                await sitting.look_ahead(self._store, requests)
        return reactions

    async def _answer(
        self,
        sitting: Sitting,
        source: str,
        notice: Notice,
        version: int,
        foreseen: "_Reaction | None",
    ) -> None:
        if notice.version != version + 1:
            raise Hole(
                f"{notice.stream} of {source} goes from version {version} to {notice.version}"
            )
        policies = await sitting.state(ADOPTION, POLICIES)
        with _followed(notice):
            if foreseen is None or foreseen.policies is not policies:
                foreseen = _Reaction(policies, self._react(notice, policies))
            # One request leaves nothing behind if it fails; several leave nothing in the branch.
            branch = sitting if len(foreseen.requests) == 1 else sitting.branch()
            for each in foreseen.requests:
                await branch.decide(_traced(each))
        if branch is not sitting:
            sitting.join(branch)

    def _react(self, notice: Notice, policies: Policies) -> list[Request]:
        commands = self._service.react(unpack(notice.event, self._heard), policies)
        return [request_of(command, notice, self._service) for command in commands]


class _Reaction(NamedTuple):
    """What follows from an event under these documents."""

    policies: Policies
    requests: list[Request]


def reaction_name(service: Service, command: Message) -> str:
    """The name of a reaction: who reacts, and by which command on which stream."""
    decider = service.decider_of[type(command)]
    return f"{service.name} {type(command).__name__} {decider.stream(command)}"


def request_of(command: Message, notice: Notice, service: Service) -> Request:
    """A command that follows from a notice, with everything that a row says of its cause."""
    return Request(
        command,
        reaction_id(notice.event_id, reaction_name(service, command)),
        f"reaction of {service.name}",
        notice.event_id,
        notice.correlation_id,
        notice.traceparent,
    )


def _traced(request: Request) -> Request:
    if not tracing.is_exporting():
        return request
    return request._replace(traceparent=tracing.current_traceparent())


def _followed(notice: Notice) -> AbstractContextManager[object]:
    """The part of a story's trace in which an event is answered, where somebody collects traces."""
    if not tracing.is_exporting():
        return nullcontext()
    name = notice.event.type_url.rpartition(".")[2]
    return tracing.span(
        f"answer {name}", notice.traceparent, kind=tracing.CONSUMER, stream=notice.stream
    )


def notices(rows: Iterable[Row]) -> Iterable[Notice]:
    """The events of a log's rows, one by one, in order."""
    for row in rows:
        decision = Decision.FromString(row.data)
        for index, event in enumerate(decision.events):
            yield Notice(
                decision.stream,
                decision.version + index + 1,
                event,
                event_id(decision.decision_id, index),
                decision.correlation_id,
                decision.traceparent,
                row.position,
                decision.recorded_at.ToNanoseconds(),
            )

"""Hears what another service decided and does what follows from it, exactly once.

What follows and how far was heard are one append, so a kill between any two lines repeats nothing
and forgets nothing. An event that cannot be answered parks its stream: everything behind it on
that stream waits, in order, and other streams go on. A parked stream is read again from the
source's log when it is retried; no copy of it is kept. Documents are heard first then, because
what they decide waits for them.
"""

from collections.abc import Iterable, Mapping, Sequence
from contextlib import AbstractContextManager, nullcontext, suppress
from typing import NamedTuple

from google.protobuf.any_pb2 import Any as Packed
from google.protobuf.message import Message

from services.kernel.adoption import ADOPTION
from services.kernel.adoption import STREAM as POLICIES
from services.kernel.decision import event_id, reaction_id, unpack, vocabulary
from services.kernel.errors import Hole, Unavailable, WrongExpectedVersion, ZoneledgerError
from services.kernel.policy import Policies
from services.runtime import tracing
from services.runtime.handler import Doubt, Handler, Request, Sitting
from services.runtime.service import Service
from services.runtime.store import Carried, Heard, Inbox, Log, Parked, Row, Store
from zoneledger.ledger.v1.decision_pb2 import Decision
from zoneledger.ledger.v1.policy_pb2 import PolicyAdopted

_TRIES = 100


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


class Reactor:
    """Listens for one service. One at a time for each service: the inbox refuses a second."""

    def __init__(self, service: Service, store: Store, handler: Handler) -> None:
        self._service, self._store, self._handler = service, store, handler
        self._heard = vocabulary(service.heard)

    async def hear(self, source: str, rows: Sequence[Row]) -> None:
        """Answer the next `rows` of a source's log."""
        await self._answer_all(Inbox(source, rows[-1].position), list(notices(rows)))

    async def hear_carried(
        self, source: str, carried: Sequence[Carried], told: Sequence[Notice]
    ) -> Sequence[Parked]:
        """Answer what a carrier brought of a source; what had to be parked."""
        inbox = await self._answer_all(Inbox(source, 0, carried=tuple(carried)), told)
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
        if PolicyAdopted in self._service.heard:
            heard = await self._store.heard(source, [POLICIES])
            documents = await log.stream(POLICIES, heard.get(POLICIES, 0))
            await self._answer_all(Inbox(source, 0), list(notices(documents)))
        for each in parked:
            rows = await log.stream(each.stream, each.version)
            await self._answer_all(Inbox(source, 0, released=(each,)), list(notices(rows)))

    async def _parked(self, source: str) -> dict[str, Parked]:
        return {p.stream: p for p in await self._store.parked() if p.source == source}

    async def _answer_all(self, before: Inbox, told: Sequence[Notice]) -> Inbox:
        for attempt in range(_TRIES):
            sitting = self._handler.sitting(careful=attempt > 0)
            with suppress(WrongExpectedVersion, Doubt):
                inbox = await self._answers(sitting, before, told)
                await self._handler.conclude(sitting, inbox)
                return inbox
        raise WrongExpectedVersion(
            f"{self._service.name} lost {_TRIES} races for what it hears of {before.source};"
            " another process hears for it"
        )

    async def _answers(self, sitting: Sitting, inbox: Inbox, told: Sequence[Notice]) -> Inbox:
        """Decide on all that was told; `inbox` with what was heard and what must wait."""
        streams = {notice.stream for notice in told}
        before = await self._store.heard(inbox.source, list(streams))
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
            Heard(inbox.source, stream, before.get(stream, 0), after.get(stream, 0))
            for stream in streams
            if before.get(stream, 0) != after.get(stream, 0)
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
        branch = sitting.branch()
        with _followed(notice):
            if foreseen is None or foreseen.policies is not policies:
                foreseen = _Reaction(policies, self._react(notice, policies))
            for each in foreseen.requests:
                await branch.decide(each._replace(traceparent=_traceparent(notice)))
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
    )


def _traceparent(notice: Notice) -> str:
    return tracing.current_traceparent() if tracing.is_exporting() else notice.traceparent


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

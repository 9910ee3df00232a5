"""Hears what another service decided and does what follows from it, exactly once.

What follows and how far was heard are one append, so a kill between any two lines repeats nothing
and forgets nothing. An event that cannot be answered parks its stream: everything behind it on
that stream waits, in order, and other streams go on. A parked stream is read again from the
source's log when it is retried; no copy of it is kept.
"""

from collections.abc import Iterable, Mapping, Sequence
from typing import NamedTuple

from google.protobuf.any_pb2 import Any as Packed
from google.protobuf.message import Message

from services.kernel.adoption import ADOPTION
from services.kernel.adoption import STREAM as POLICIES
from services.kernel.decision import event_id, reaction_id, unpack, vocabulary
from services.kernel.errors import CorruptHistory, WrongExpectedVersion
from services.runtime.handler import Doubt, Handler, Request, Sitting
from services.runtime.service import Service
from services.runtime.store import Heard, Inbox, Parked, Row, Store
from zoneledger.ledger.v1.decision_pb2 import Decision

_TRIES = 100


class Notice(NamedTuple):
    """An event of another service, where it stands in its stream."""

    stream: str
    version: int
    event: Packed
    event_id: str
    correlation_id: str


class Reactor:
    """Listens for one service. One at a time for each service: the inbox refuses a second."""

    def __init__(self, service: Service, store: Store, handler: Handler) -> None:
        self._service, self._store, self._handler = service, store, handler
        self._heard = vocabulary(service.heard)

    async def hear(self, source: str, rows: Sequence[Row]) -> None:
        """Answer the next `rows` of a source's log."""
        parked = {p.stream for p in await self._store.parked() if p.source == source}
        await self._answer_all(source, list(notices(rows)), rows[-1].position, parked)

    async def retry_parked(self, sources: Mapping[str, Store]) -> int:
        """Try every parked stream again; how many of them go on now."""
        before = await self._store.parked()
        for parked in before:
            rows = await sources[parked.source].stream(parked.stream, parked.version)
            await self._answer_all(parked.source, list(notices(rows)), 0, set())
        return len(before) - len(await self._store.parked())

    async def _answer_all(
        self, source: str, notices: Sequence[Notice], cursor: int, parked: set[str]
    ) -> None:
        for attempt in range(_TRIES):
            sitting = self._handler.sitting(careful=attempt > 0)
            try:
                inbox = await self._answers(sitting, source, notices, set(parked))
                await self._handler.conclude(sitting, inbox._replace(cursor=cursor))
                return
            except (WrongExpectedVersion, Doubt):
                continue
        raise WrongExpectedVersion(
            f"{self._service.name} lost {_TRIES} races for what it hears of {source};"
            " another process hears for it"
        )

    async def _answers(
        self, sitting: Sitting, source: str, notices: Sequence[Notice], parked: set[str]
    ) -> Inbox:
        """Decide on all of `notices`; what was heard and what must wait."""
        before = await self._store.heard(source, list({notice.stream for notice in notices}))
        after, waiting = dict(before), []
        for notice in notices:
            version = after.get(notice.stream, 0)
            if notice.stream in parked or notice.version <= version:
                continue  # It waits for the one before it, or it was heard already.
            try:
                await self._answer(sitting, source, notice, version)
            except Doubt:
                raise
            except Exception as fault:  # noqa: BLE001  # Whatever it is, only this stream waits for its mending.
                parked.add(notice.stream)
                reason = f"{type(fault).__name__}: {fault}"
                waiting.append(Parked(source, notice.stream, version, reason))
            else:
                after[notice.stream] = notice.version
        heard = tuple(
            Heard(source, stream, before.get(stream, 0), version)
            for stream, version in after.items()
            if version != before.get(stream, 0)
        )
        return Inbox(source, 0, heard, tuple(waiting))

    async def _answer(self, sitting: Sitting, source: str, notice: Notice, version: int) -> None:
        if notice.version != version + 1:
            raise CorruptHistory(
                f"{notice.stream} of {source} goes from version {version} to {notice.version}"
            )
        policies = await sitting.state(ADOPTION, POLICIES)
        branch = sitting.branch()
        for command in self._service.react(unpack(notice.event, self._heard), policies):
            await branch.decide(_request(command, notice, self._service))
        sitting.join(branch)


def reaction_name(service: Service, command: Message) -> str:
    """The name of a reaction: who reacts, and by which command on which stream."""
    decider = service.decider_of[type(command)]
    return f"{service.name} {type(command).__name__} {decider.stream(command)}"


def _request(command: Message, notice: Notice, service: Service) -> Request:
    return Request(
        command,
        reaction_id(notice.event_id, reaction_name(service, command)),
        f"reaction of {service.name}",
        notice.event_id,
        notice.correlation_id,
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
            )

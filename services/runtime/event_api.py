"""The EventService: events as they are recorded, from any position on, to whoever may see them.

A reader is told one decision after the other, each whole, and how far the log was read. It is sent
no more than it takes, and nothing is queued for it: who is slow reads the log later. When the
access table, the day or the process ends what it was admitted by, its call ends too, and it goes on
with a new one.
"""

import asyncio
import time
from collections.abc import AsyncIterator, Mapping
from functools import partial
from typing import Any, NamedTuple, TypeAlias

import grpc.aio
from google.protobuf.message import Message
from google.protobuf.timestamp_pb2 import Timestamp

from services.kernel.decision import event_type, pack
from services.kernel.errors import Malformed, Unavailable, Violation
from services.kernel.reasons import Why
from services.kernel.viewer import Viewer
from services.runtime import calling, clock, masks
from services.runtime.bus.envelope import attributes_of
from services.runtime.ledger import Item, Ledger
from services.runtime.names import Pattern
from services.runtime.service import Service
from zoneledger.ledger.v1 import event_service_pb2 as messages
from zoneledger.ledger.v1.decision_pb2 import Decision
from zoneledger.ledger.v1.event_service_pb2 import CloudEvent
from zoneledger.ledger.v1.event_service_pb2_grpc import EventServiceServicer

Context: TypeAlias = grpc.aio.ServicerContext[Any, Any]

_ROWS_AT_ONCE = 20  # All that is held for a reader who takes nothing: some 100 KB.
_USUAL_HEARTBEAT, _LONGEST_HEARTBEAT = 30, 3_600
_MOST_FILTERS = 1_000
_FROM_NOW = -1
_UNIT = Pattern("units/{unit}")
_OF_THEIR_OWN = ("id", "source", "specversion", "type")
_OF_OTHERS = ("sequence", "causationid", "correlationid", "traceparent")
_MOMENTS = ("time", "recordedtime")


class Filter(NamedTuple):
    """What a reader wants, of what it may see; empty is everything."""

    viewer: Viewer
    types: frozenset[str]
    units: frozenset[str]


class EventApi(EventServiceServicer):
    """Answers for the services of this process, until `draining` is set."""

    def __init__(self, ledgers: Mapping[str, Ledger], draining: asyncio.Event) -> None:
        self._ledgers, self._draining = ledgers, draining

    def WatchEvents(
        self, request: messages.WatchEventsRequest, context: Context
    ) -> AsyncIterator[messages.WatchEventsResponse]:
        ledger = self._ledgers[request.service]
        wanted, heartbeat = _wanted(request, ledger.service), _heartbeat(request)
        return self._told(ledger, wanted, heartbeat, _beginning(request, ledger))

    async def _told(
        self, ledger: Ledger, wanted: Filter, heartbeat: int, position: int
    ) -> AsyncIterator[messages.WatchEventsResponse]:
        """What a reader is told from a position on, for as long as it is admitted."""
        admitted, told_at = _admitted(ledger), time.monotonic()
        async with ledger.followed() as reading:
            while True:
                grown = ledger.grown
                items = await ledger.items(position, _ROWS_AT_ONCE)
                for item in items:
                    self._check(admitted, ledger)
                    position = item.row.position
                    if response := _told(ledger.service, item, wanted):
                        yield response
                        told_at = time.monotonic()
                self._check(admitted, ledger)
                left = heartbeat - (time.monotonic() - told_at)
                if left <= 0:
                    yield messages.WatchEventsResponse(position=position)
                    told_at = time.monotonic()
                elif not items:
                    await self._pause(grown, reading, left)
                if reading.done():
                    reading.result()  # It has only ended where it cannot go on, and says why.

    def _check(self, admitted: tuple[str, str], ledger: Ledger) -> None:
        """Send a reader away where the process stops, or its right may be another one by now.

        Asked before each answer: while a slow reader took the one before, much may have happened.
        """
        if self._draining.is_set():
            raise Unavailable(Why.DRAINING())
        if admitted != _admitted(ledger):
            raise Unavailable(Why.ADMISSION_CHANGED())

    async def _pause(
        self, grown: asyncio.Event, reading: asyncio.Task[None], seconds: float
    ) -> None:
        """Until there is more to read or never will be, the process is to stop, or it is time."""
        waiting = [asyncio.ensure_future(each.wait()) for each in (grown, self._draining)]
        try:
            until = asyncio.FIRST_COMPLETED
            await asyncio.wait([*waiting, reading], timeout=seconds, return_when=until)
        finally:
            for each in waiting:
                each.cancel()


def _beginning(request: messages.WatchEventsRequest, ledger: Ledger) -> int:
    """The position behind which a reader begins."""
    position = request.after_position
    if position < _FROM_NOW:
        raise Malformed(Violation("after_position", Why.LESS_THAN_NOTHING(value=position)))
    if position > ledger.position:
        service, end = request.service, ledger.position
        raise Unavailable(Why.POSITION_NOT_REACHED(service=service, position=end, asked=position))
    return ledger.position if position == _FROM_NOW else position


def _admitted(ledger: Ledger) -> tuple[str, str]:
    return ledger.access.content_hash, clock.today()


def _wanted(request: messages.WatchEventsRequest, service: Service) -> Filter:
    for field in ("types", "units"):
        count = len(getattr(request, field))
        if count > _MOST_FILTERS:
            raise Malformed(Violation(field, Why.TOO_MANY(count=count, limit=_MOST_FILTERS)))
    known = {event_type(each) for each in service.events.values()}
    for index, type_ in enumerate(request.types):
        if type_ not in known:
            why = Why.NOT_AN_EVENT_TYPE(service=service.name, value=type_[:100])
            raise Malformed(Violation(f"types[{index}]", why))
    units = [_UNIT.read(name, f"units[{i}]")["unit"] for i, name in enumerate(request.units)]
    return Filter(calling.viewer(), frozenset(request.types), frozenset(units))


def _heartbeat(request: messages.WatchEventsRequest) -> int:
    seconds = request.heartbeat_seconds or _USUAL_HEARTBEAT
    if not 1 <= seconds <= _LONGEST_HEARTBEAT:
        why = Why.OUT_OF_RANGE(value=seconds, least=1, most=_LONGEST_HEARTBEAT)
        raise Malformed(Violation("heartbeat_seconds", why))
    return seconds


def _told(service: Service, item: Item, wanted: Filter) -> messages.WatchEventsResponse | None:
    """What a reader is told of a decision; the same for all who want and see the same of it."""
    shown = tuple(
        index for index, entry in enumerate(item.entries) if _is_for(wanted, service, entry.event)
    )
    if not shown:
        return None
    viewer = wanted.viewer
    events = [_veiled(wanted, service, item.entries[index].event) for index in shown]
    veils = tuple(
        b"" if told is item.entries[index].event else told.SerializeToString()
        for told, index in zip(events, shown, strict=True)
    )
    key = (shown, viewer.hidden, viewer.sees_everything, veils)
    told = item.letters.get(key)
    if not isinstance(told, messages.WatchEventsResponse):
        told = item.letters[key] = messages.WatchEventsResponse(
            events=[
                _cloud_event(service, item, index, event, viewer)
                for index, event in zip(shown, events, strict=True)
            ],
            position=item.row.position,
        )
    return told


def _veiled(wanted: Filter, service: Service, event: Message) -> Message:
    """The event as this reader may see it; itself, where that is whole."""
    veiled: Message = service.veiled(event, partial(wanted.viewer.sees, service.subject(event)))
    return veiled


def _is_for(wanted: Filter, service: Service, event: Message) -> bool:
    subject = service.subject(event)
    return (
        wanted.viewer.sees(subject, service.visibility(event))
        and (not wanted.units or subject in wanted.units)
        and (not wanted.types or event_type(event) in wanted.types)
    )


def _cloud_event(
    service: Service, item: Item, index: int, event: Message, viewer: Viewer
) -> CloudEvent:
    """An event as it is told. What counts or names others goes to who sees all of them only.

    A rating was excellent if six events were kept from its reader, so none may be counted.
    """
    whole = item.entries[index].event
    shown = masks.without(event, viewer.hidden)
    said = attributes_of(service, item.row.position, item.decision, index, shown)
    if not viewer.sees_everything:
        said = {name: value for name, value in said.items() if name not in _OF_OTHERS}
        said["id"] = _id_alone(item.decision, said["type"], service.subject(whole))
    attributes = {
        name: _moment(value) if name in _MOMENTS else _text(value)
        for name, value in said.items()
        if name not in _OF_THEIR_OWN
    }
    return CloudEvent(
        id=said["id"],
        source=said["source"],
        spec_version=said["specversion"],
        type=said["type"],
        attributes=attributes,
        proto_data=item.decision.events[index] if shown is whole else pack(shown),
    )


def _id_alone(decision: Decision, type_: str, subject: str) -> str:
    """An id that does not count; it names whom the event is about where the stream does not.

    A decision has several events of one type only where each is about another unit.
    """
    is_named = " " in subject or f"-{subject}-" in f"{decision.stream}-"
    return f"{decision.decision_id}.{type_}" + ("" if is_named else f".{subject}")


def _text(value: str) -> CloudEvent.CloudEventAttributeValue:
    return CloudEvent.CloudEventAttributeValue(ce_string=value)


def _moment(value: str) -> CloudEvent.CloudEventAttributeValue:
    moment = Timestamp()
    moment.FromJsonString(value)
    return CloudEvent.CloudEventAttributeValue(ce_timestamp=moment)

"""An event as Kafka carries it: CloudEvents 1.0 in binary mode, the protobuf message as the value.

The key is whom the event is about, so that all of a unit's events stay in order in one partition;
of a stream that is about several, the stream, so that it does.
Everything that the log says of an event travels in headers, so nothing has to be asked for.
"""

from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, datetime
from typing import NamedTuple

from google.protobuf.any_pb2 import Any as Packed
from google.protobuf.message import Message

from services.kernel.decision import event_id, event_type, unpack
from services.kernel.errors import CorruptHistory
from services.runtime.reactor import Notice
from services.runtime.service import Service
from services.runtime.store import Row
from zoneledger.ledger.v1.decision_pb2 import Decision

_SECOND = 10**9


class Letter(NamedTuple):
    """One event on its way: what Kafka calls a record."""

    key: bytes
    value: bytes
    headers: Sequence[tuple[str, bytes]]


def topic_of(service: str, prefix: str = "zoneledger") -> str:
    """The topic of a service's events."""
    return f"{prefix}.{service}.events"


def letters(service: Service, rows: Sequence[Row]) -> Iterator[Letter]:
    """The events of a log's rows, in order."""
    for row in rows:
        decision = Decision.FromString(row.data)
        for index, packed in enumerate(decision.events):
            yield _letter(service, row, decision, index, packed)


def notice_of(headers: Mapping[str, bytes], value: bytes) -> Notice:
    """The event in a letter; `CorruptHistory` where the headers are not ours."""
    try:
        said = {name: _sound(name, headers[name].decode()) for name in _READ}
        recorded = datetime.fromisoformat(said["ce_recordedtime"])
        return Notice(
            said["ce_stream"],
            int(said["ce_sequence"]),
            Packed(type_url=said["ce_dataschema"], value=value),
            said["ce_id"],
            said["ce_correlationid"],
            headers.get("ce_traceparent", b"").decode(),
            int(said["ce_position"]),
            int(recorded.timestamp() * _SECOND),
        )
    except (KeyError, ValueError, AttributeError) as fault:
        raise CorruptHistory(f"a letter's headers cannot be read: {fault!r}") from fault


_READ = (
    "ce_id",
    "ce_dataschema",
    "ce_stream",
    "ce_sequence",
    "ce_position",
    "ce_recordedtime",
    "ce_correlationid",
)


# What a topic takes, with room for a record's headers. A document is much smaller.
LARGEST_LETTER = 4 << 20
_PLACES = ("ce_sequence", "ce_position")
_LARGEST_PLACE = 2**63 - 1
_LONGEST, _SHOWN = 1_000, 50


def _sound(name: str, text: str) -> str:
    """The text, if a log can hold it: a place in a log, or words without control characters."""
    if name in _PLACES:
        is_sound = text.isdecimal() and 0 < int(text) <= _LARGEST_PLACE
    else:
        is_sound = len(text) <= _LONGEST and text.isprintable()
    if not is_sound:
        raise ValueError(f"{name} is {text[:_SHOWN]!r}")
    return text


def _letter(service: Service, row: Row, decision: Decision, index: int, packed: Packed) -> Letter:
    event = unpack(packed, service.events)
    said = attributes_of(service, row.position, decision, index, event)
    headers = [("content-type", b"application/protobuf")]
    headers += [(f"ce_{name}", value.encode()) for name, value in said.items()]
    return Letter(said["partitionkey"].encode(), packed.value, headers)


def _key(service: Service, stream: str, subject: str) -> str:
    decider = service.decider_named.get(stream.partition("-")[0])
    return stream if decider is not None and not decider.is_about_one else subject


def attributes_of(
    service: Service, position: int, decision: Decision, index: int, event: Message
) -> dict[str, str]:
    """What CloudEvents says of event number `index` of a decision; without what is empty."""
    subject = service.subject(event) or decision.stream
    recorded = decision.recorded_at.ToDatetime(UTC).isoformat()
    happened = service.occurred_on(event)
    attributes = {
        "specversion": "1.0",
        "id": event_id(decision.decision_id, index),
        "source": f"/zoneledger/{service.name}",
        "type": event_type(event),
        "subject": subject,
        "time": f"{happened}T00:00:00+08:00" if happened else recorded,  # A day in China.
        "dataschema": decision.events[index].type_url,
        "recordedtime": recorded,
        "partitionkey": _key(service, decision.stream, subject),
        "stream": decision.stream,
        "sequence": str(decision.version + index + 1),
        "position": str(position),
        "correlationid": decision.correlation_id,
        "causationid": decision.causation_id,
        "traceparent": decision.traceparent,
    }
    return {name: said for name, said in attributes.items() if said}

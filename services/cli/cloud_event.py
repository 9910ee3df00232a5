"""The headers of an event on Kafka, as a schema: CloudEvents 1.0 in binary mode, and our own.

`services/runtime/bus/envelope.py` writes them; a test holds the two together.
"""

from collections.abc import Mapping
from typing import Any, NamedTuple

Schema = Mapping[str, Any]

_ANY_TEXT: Schema = {}
_PLACE = {"pattern": "^[1-9][0-9]*$"}
_MOMENT = {"format": "date-time"}


class Header(NamedTuple):
    """What a header says. `form` are further words of its JSON schema."""

    meaning: str
    example: str
    is_always_there: bool = True
    form: Schema = _ANY_TEXT


HEADERS: Mapping[str, Header] = {
    "content-type": Header(
        "The value is one protobuf message in binary form. 值为二进制protobuf消息",
        "application/protobuf",
    ),
    "ce_specversion": Header("The version of CloudEvents.", "1.0"),
    "ce_id": Header(
        "The event: the decision's id and the event's number in it, from 0. Unique for ever; one"
        " that comes again is the same event. 事件标识",
        "5c8de1a4-6b0e-5a55-9d6c-0c6f0d6f2c11.0",
    ),
    "ce_source": Header("The service whose log it is in. 来源服务", "/zoneledger/evaluation"),
    "ce_type": Header("What happened. 事件类型", "zone-rated-excellent"),
    "ce_subject": Header(
        "Whom it is about: the unit's id, or the stream where it is about no unit. 所涉单位",
        "huangshi",
    ),
    "ce_time": Header(
        "When it happened: the day in China where the event says one, else when it was recorded."
        " 发生时间",
        "2021-06-21T00:00:00+08:00",
        form=_MOMENT,
    ),
    "ce_dataschema": Header(
        "The protobuf message that the value is. 消息类型",
        "type.googleapis.com/zoneledger.evaluation.v1.ZoneRatedExcellent",
    ),
    "ce_recordedtime": Header(
        "When the log learnt it (UTC). 入账时间", "2021-06-22T01:30:00.250000+00:00", form=_MOMENT
    ),
    "ce_partitionkey": Header(
        "The record's key, as text: the subject, or the stream where that is about several.",
        "huangshi",
    ),
    "ce_stream": Header("The stream that was decided on. 流", "unit-huangshi"),
    "ce_sequence": Header(
        "Its version in the stream, from 1, without holes: what is not the next one is missing or"
        " has come before. 流内版本",
        "2",
        form=_PLACE,
    ),
    "ce_position": Header(
        "The place of its decision in the service's log, from 1. 账本位置", "63", form=_PLACE
    ),
    "ce_correlationid": Header(
        "The first decision of the whole story. 起始决定", "0a4f1d4e-4f0a-4d0c-9f0e-7b1f5d0b7a10"
    ),
    "ce_causationid": Header(
        "The event that it follows from; missing where somebody asked for the decision. 起因事件",
        "0a4f1d4e-4f0a-4d0c-9f0e-7b1f5d0b7a10.0",
        is_always_there=False,
    ),
    "ce_traceparent": Header(
        "The call that the story began with (W3C Trace Context); missing where nobody traces.",
        "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01",
        is_always_there=False,
    ),
}
_FIXED = ("content-type", "ce_specversion")


def headers() -> dict[str, Any]:
    """The JSON schema of every event's headers."""
    return {
        "type": "object",
        "required": [name for name, header in HEADERS.items() if header.is_always_there],
        "properties": {
            name: {
                "type": "string",
                "description": header.meaning,
                **header.form,
                **({"const": header.example} if name in _FIXED else {}),
                "examples": [header.example],
            }
            for name, header in HEADERS.items()
        },
    }


def narrowed(said: Mapping[str, str]) -> dict[str, Any]:
    """The schema of one type's headers, which say this."""
    return {
        "allOf": [
            {"$ref": "#/components/schemas/headers"},
            {"type": "object", "properties": {name: {"const": said[name]} for name in said}},
        ]
    }


def example(said: Mapping[str, str]) -> dict[str, str]:
    """Headers as they may be, of an event whose headers say this."""
    return {**{name: header.example for name, header in HEADERS.items()}, **said}

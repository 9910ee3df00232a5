"""Which units a request names: found by the names of its fields, at any depth."""

from collections.abc import Iterator, Sequence
from functools import lru_cache
from typing import Any, NamedTuple

from google.protobuf.descriptor import Descriptor
from google.protobuf.message import Message

from services.runtime.names import unit_in

_BY_NAME = {"name", "names", "parent", "units"}
_BY_ID = {"unit_id"}


class _Way(NamedTuple):
    """A field that names units, or that leads to such a field."""

    field: str
    is_repeated: bool
    is_message: bool
    is_id: bool


def named_in(request: Message) -> Sequence[str]:
    """The ids of the units, each once, in the order in which they are named."""
    return list(dict.fromkeys(_named(request)))


def names_any(of: Descriptor) -> bool:
    """Whether requests of this kind can name units."""
    return bool(_ways(of))


def _named(message: Any) -> Iterator[str]:
    for way in _ways(message.DESCRIPTOR):
        value = getattr(message, way.field)
        for each in value if way.is_repeated else [value]:
            if way.is_message:
                yield from _named(each)
            elif unit := each if way.is_id else unit_in(each):
                yield unit


@lru_cache(maxsize=1_000)
def _ways(of: Descriptor) -> Sequence[_Way]:
    return tuple(
        _Way(field.name, field.is_repeated, field.message_type is not None, field.name in _BY_ID)
        for field in of.fields
        if (field.type == field.TYPE_STRING and field.name in _BY_NAME | _BY_ID)
        or (
            (field.message_type and field.message_type.file.package.startswith("zoneledger"))
            and _ways(field.message_type)
        )
    )

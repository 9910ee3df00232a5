"""Which fields of an answer a caller gets: those that it asked for, less those hidden from it."""

from collections.abc import Sequence
from functools import lru_cache
from typing import Any, TypeVar

from google.protobuf.descriptor import Descriptor, FieldDescriptor
from google.protobuf.field_mask_pb2 import FieldMask
from google.protobuf.message import Message

from services.kernel.errors import Malformed, Violation
from services.kernel.reasons import Why

Masked = TypeVar("Masked", bound=Message)

_MOST_PATHS = 100


def check(mask: FieldMask, response: type[Message], field: str) -> None:
    """`Malformed` where a path of the mask leads to no field of what a response has in `field`."""
    of: Any = response.DESCRIPTOR.fields_by_name[field].message_type
    if len(mask.paths) > _MOST_PATHS:
        raise Malformed(
            Violation("read_mask", Why.TOO_MANY(count=len(mask.paths), limit=_MOST_PATHS))
        )
    for path in mask.paths:
        if not FieldMask(paths=[path]).IsValidForDescriptor(of):
            why = Why.NOT_A_FIELD(value=path[:100], message=of.name)
            raise Malformed(Violation("read_mask", why))


def masked(messages: Sequence[Masked], mask: FieldMask) -> Sequence[Masked]:
    """The messages with the fields of the mask only; an empty mask is all of them."""
    if not mask.paths:
        return messages
    kept = []
    for message in messages:
        part = type(message)()
        mask.MergeMessage(message, part)
        kept.append(part)
    return kept


def hide(message: Message, hidden: frozenset[str]) -> None:
    """Clear every field whose full name is in `hidden`, at any depth."""
    for field in _ways(message.DESCRIPTOR, hidden):
        if field.full_name in hidden:
            message.ClearField(field.name)
        elif field.is_repeated:
            own = getattr(message, field.name)
            for each in own.values() if _is_map(field) else own:
                if isinstance(each, Message):
                    hide(each, hidden)
        elif message.HasField(field.name):
            hide(getattr(message, field.name), hidden)


def without(message: Masked, hidden: frozenset[str]) -> Masked:
    """The message without its hidden fields; a copy where there are any."""
    if not _ways(message.DESCRIPTOR, hidden):
        return message
    copy = type(message)()
    copy.CopyFrom(message)
    hide(copy, hidden)
    return copy


@lru_cache(maxsize=1_000)
def _ways(of: Descriptor, hidden: frozenset[str]) -> tuple[FieldDescriptor, ...]:
    """The fields of a message that are hidden, or that lead to hidden ones."""
    return tuple(field for field in of.fields if _leads(field, hidden, frozenset()))


def _leads(field: FieldDescriptor, hidden: frozenset[str], seen: frozenset[str]) -> bool:
    if field.full_name in hidden:
        return True
    inner = field.message_type
    if inner is None or inner.full_name in seen:
        return False
    return any(_leads(each, hidden, seen | {inner.full_name}) for each in inner.fields)


def _is_map(field: FieldDescriptor) -> bool:
    inner = field.message_type
    return inner is not None and bool(inner.GetOptions().map_entry)

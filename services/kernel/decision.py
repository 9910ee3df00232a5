"""A decision as the log holds it: the command, the events it led to, and why it exists.

Names of derived things are derived, so doing a thing twice gives the same name. Stored bytes are
read here and never encoded again.
"""

import re
from collections.abc import Iterable, Mapping
from hashlib import sha1
from typing import NamedTuple, TypeAlias
from uuid import UUID

from google.protobuf.any_pb2 import Any as Packed
from google.protobuf.message import DecodeError, Message
from google.protobuf.timestamp_pb2 import Timestamp

from services.kernel.errors import CorruptHistory
from zoneledger.ledger.v1.decision_pb2 import Decision

# The messages a log may hold, by the name under which it holds them.
Vocabulary: TypeAlias = Mapping[str, type[Message]]

_REACTIONS = UUID("6c1f2f5e-8f0b-5f5c-9d43-0f6c3f7a8b11").bytes
_TYPE_PREFIX = "type.googleapis.com/"
_WORD_START = re.compile(r"(?<!^)(?=[A-Z])")


class Recorded(NamedTuple):
    """An event with what its log knows of it; `recorded_ns` is nanoseconds since 1970 (UTC)."""

    event: Message
    recorded_ns: int
    decision_id: str
    position: int


def moment(recorded_ns: int) -> Timestamp:
    """Nanoseconds since 1970 UTC as the contract writes them."""
    return Timestamp(seconds=recorded_ns // 10**9, nanos=recorded_ns % 10**9)


def vocabulary(types: Iterable[type[Message]]) -> Vocabulary:
    """The names of `types` in a log."""
    return {_TYPE_PREFIX + type_.DESCRIPTOR.full_name: type_ for type_ in types}


def pack(message: Message) -> Packed:
    """`message` as a decision holds it."""
    packed = Packed()
    pack_into(packed, message)
    return packed


def pack_into(packed: Packed, message: Message) -> None:
    """Let `packed` hold `message`."""
    packed.type_url = _TYPE_PREFIX + message.DESCRIPTOR.full_name
    packed.value = message.SerializeToString()


def unpack(packed: Packed, known: Vocabulary) -> Message:
    """The message in `packed`; `CorruptHistory` where it is unknown or unreadable."""
    try:
        return known[packed.type_url].FromString(packed.value)
    except KeyError:
        raise CorruptHistory(
            f"the log holds a {packed.type_url!r}, which this service does not know;"
            " it was written by a newer version, or it is not this service's log"
        ) from None
    except DecodeError as error:
        raise CorruptHistory(f"a stored {packed.type_url} cannot be read: {error}") from error


def events_of(decision: Decision, known: Vocabulary) -> list[Message]:
    """What happened in `decision`, in order."""
    try:
        return [known[packed.type_url].FromString(packed.value) for packed in decision.events]
    except (KeyError, DecodeError):
        return [unpack(packed, known) for packed in decision.events]  # It says which, and why.


def event_type(message: Message | type[Message]) -> str:
    """The CloudEvents type of an event: its name in kebab-case, such as zone-rated-excellent."""
    return _WORD_START.sub("-", message.DESCRIPTOR.name).lower()


def event_id(decision_id: str, index: int) -> str:
    """The name of a decision's event number `index`, from 0."""
    return f"{decision_id}.{index}"


def reaction_id(cause: str, reaction: str) -> str:
    """The decision id of what follows from the event `cause` by the reaction of that name."""
    name = sha1(_REACTIONS + f"{cause} {reaction}".encode(), usedforsecurity=False).hexdigest()
    variant = "89ab"[int(name[16], 16) & 3]  # Version 5 of RFC 9562, in a third of uuid5's time.
    return f"{name[:8]}-{name[8:12]}-5{name[13:16]}-{variant}{name[17:20]}-{name[20:32]}"

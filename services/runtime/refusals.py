"""How a refusal travels: its google.rpc.Status, with details that machines read.

Always one ErrorInfo, whose reason is stable and whose metadata are the facts, and the sentence in
Chinese. For what is wrong with fields one BadRequest violation each; for what has to be true first
one PreconditionFailure violation each; for what is not found its name; and where the same call may
succeed later, when. It all goes in headers, so it has to stay small: what does not fit is cut, and
says so.
"""

from base64 import b64encode
from collections.abc import Mapping, Sequence
from urllib.parse import quote

from google.protobuf.duration_pb2 import Duration
from google.protobuf.message import Message
from google.rpc.code_pb2 import Code
from google.rpc.error_details_pb2 import (
    BadRequest,
    ErrorInfo,
    LocalizedMessage,
    PreconditionFailure,
    ResourceInfo,
    RetryInfo,
)
from google.rpc.status_pb2 import Status

from services.kernel.errors import Malformed, Violation, ZoneledgerError
from services.kernel.reasons import Told, Why

DOMAIN = "zoneledger"
CHINESE = "zh-CN"

# gRPC takes 8 KiB of headers; it writes the message with three characters for each byte that is
# not plain, and the details four for each three.
LARGEST = 7_400
_MESSAGE, _FACT, _FACTS, _SENTENCE = 480, 120, 600, 360  # Bytes of UTF-8 at most.
_OVERHEAD = 16  # Of one more message within another.
_PLAIN = "".join(map(chr, range(0x20, 0x7F))).replace("%", "")

# What is said under these is of our machines; an agency gets the general sentence.
_OURS = (
    Why.CORRUPT_HISTORY,
    Why.FOLDER_IN_USE,
    Why.HOLE,
    Why.UNAVAILABLE,
    Why.WRONG_EXPECTED_VERSION,
    Why.ZONELEDGER_ERROR,
)


def code_of(refusal: ZoneledgerError) -> str:
    """The name of the status code that a refusal travels with."""
    return refusal.why.value.code


def status_of(refusal: ZoneledgerError, method: str = "", *, insides: bool = True) -> Status:
    """The refusal as it travels, of the `method` with its full gRPC name.

    Without `insides` it says nothing of our machines: for callers that do not run the program.
    """
    told = refusal.told
    if not insides and told.why in _OURS:
        told = Told(told.why.value.sentence, told.why)
    status = Status(code=Code.Value(told.why.value.code), message=_cut(told, _MESSAGE))
    details: list[Message] = [
        ErrorInfo(reason=told.why.name, domain=DOMAIN, metadata=_metadata(told, method)),
        _localized(told),
        *_where_and_when(told),
    ]
    for detail in details:
        status.details.add().Pack(detail)
    violations = refusal.violations if isinstance(refusal, Malformed) else ()
    conditions = [told] if told.why.is_unmet and not violations else []
    for detail in _violations(violations, conditions, _room(status)):
        status.details.add().Pack(detail)
    return status


def size(status: Status) -> int:
    """The bytes that a status takes in headers."""
    message = len(quote(status.message, safe=_PLAIN))
    return message + len(b64encode(status.SerializeToString()))


def _room(status: Status) -> int:
    """How many bytes of details there is still room for."""
    return (LARGEST - size(status)) // 4 * 3 - 3 * _OVERHEAD


def _metadata(told: Told, method: str) -> Mapping[str, str]:
    """The service and method that refused, and the facts, as far as there is room."""
    service, _, name = method.strip("/").rpartition("/")
    named = {"service": service, "method": name} if service else {}
    kept: dict[str, str] = {}
    for key, fact in {**named, **told.facts}.items():
        value = _cut(fact, _FACT)
        if sum(map(_bytes, (*kept, *kept.values(), key, value))) <= _FACTS:
            kept[key] = value
    return kept


def _localized(told: Told, most: int = _MESSAGE) -> LocalizedMessage:
    sentence = told.chinese or told.why.value.chinese
    return LocalizedMessage(locale=CHINESE, message=_cut(sentence, most))


def _where_and_when(told: Told) -> list[Message]:
    """The name of what was not found, and when to try again."""
    details: list[Message] = []
    if told.why.value.code == "NOT_FOUND" and told.resource:
        name = _cut(told.resource, _FACT)
        collection = name.split("/")[-2] if "/" in name else ""
        details.append(ResourceInfo(resource_type=f"{DOMAIN}/{collection}", resource_name=name))
    if milliseconds := told.why.value.retry_ms:
        delay = Duration()
        delay.FromMilliseconds(milliseconds)
        details.append(RetryInfo(retry_delay=delay))
    return details


def _violations(
    violations: Sequence[Violation], conditions: Sequence[Told], room: int
) -> list[Message]:
    """As many violations as there is room for, and how many more there are."""
    bad, unmet = BadRequest(), PreconditionFailure()
    unmet.violations.extend(map(_condition, conditions))
    for index, violation in enumerate(violations):
        field, condition = _field(violation), _condition(violation.told)
        takes = field.ByteSize() + _OVERHEAD
        takes += condition.ByteSize() + _OVERHEAD if violation.told.why.is_unmet else 0
        more = _more(len(violations) - index)
        if takes + more.ByteSize() + _OVERHEAD > room:
            bad.field_violations.append(more)
            break
        room -= takes
        bad.field_violations.append(field)
        if violation.told.why.is_unmet:
            unmet.violations.append(condition)
    return [each for each in (bad, unmet) if each.ByteSize()]


def _field(violation: Violation) -> BadRequest.FieldViolation:
    told = violation.told
    return BadRequest.FieldViolation(
        field=_cut(violation.field, _FACT),
        description=_cut(told, _SENTENCE),
        reason=told.why.name,
        localized_message=_localized(told, _SENTENCE),
    )


def _more(count: int) -> BadRequest.FieldViolation:
    return BadRequest.FieldViolation(
        field="...", description=f"and {count} more; ask with validate_only for all of them"
    )


def _condition(told: Told) -> PreconditionFailure.Violation:
    return PreconditionFailure.Violation(
        type=told.why.name,
        subject=_cut(told.resource, _FACT),
        description=_cut(told, _SENTENCE),
    )


def _cut(text: str, most: int) -> str:
    """The text, or as much of it as `most` bytes of UTF-8 take with the dots behind it."""
    whole = text.encode(errors="replace")
    if len(whole) <= most:
        return whole.decode()
    return f"{whole[: most - 4].decode(errors='ignore')} ..."


def _bytes(text: str) -> int:
    return len(text.encode())

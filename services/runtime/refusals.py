"""How a refusal travels: its google.rpc.Status, with details that machines read.

One ErrorInfo, whose reason is stable, and for a request that cannot be read one BadRequest
violation for each field. It goes in a header, so it has to stay small.
"""

from collections.abc import Sequence

from google.protobuf.any_pb2 import Any as Packed
from google.protobuf.message import Message
from google.rpc.code_pb2 import Code
from google.rpc.error_details_pb2 import BadRequest, ErrorInfo
from google.rpc.status_pb2 import Status

from services.kernel.errors import (
    CorruptHistory,
    Forbidden,
    Malformed,
    Overloaded,
    Rejected,
    Unavailable,
    Unidentified,
    UnknownStream,
    Violation,
    WrongExpectedVersion,
    ZoneledgerError,
)

DOMAIN = "zoneledger"

# gRPC cuts headers off at 8 KiB; Chinese takes nine bytes a character there.
_LONGEST_MESSAGE, _LARGEST_DETAIL = 250, 2_500

_CODES: Sequence[tuple[type[ZoneledgerError], int]] = (
    (Malformed, Code.INVALID_ARGUMENT),
    (Rejected, Code.FAILED_PRECONDITION),
    (UnknownStream, Code.NOT_FOUND),
    (WrongExpectedVersion, Code.ABORTED),
    (Unidentified, Code.UNAUTHENTICATED),
    (Forbidden, Code.PERMISSION_DENIED),
    (Overloaded, Code.RESOURCE_EXHAUSTED),
    (Unavailable, Code.UNAVAILABLE),
    (CorruptHistory, Code.DATA_LOSS),
    (ZoneledgerError, Code.UNKNOWN),
)


def code_of(refusal: ZoneledgerError) -> str:
    """The name of the status code that a refusal travels with."""
    return str(Code.Name(next(code for error, code in _CODES if isinstance(refusal, error))))


def status_of(refusal: ZoneledgerError) -> Status:
    """The refusal as it travels: in a header, which has to stay small."""
    code = next(code for error, code in _CODES if isinstance(refusal, error))
    details: list[Message] = [ErrorInfo(reason=refusal.reason, domain=DOMAIN)]
    if isinstance(refusal, Malformed):
        details.append(_bad_request(refusal.violations))
    message = str(refusal)
    if len(message) > _LONGEST_MESSAGE:
        message = f"{message[:_LONGEST_MESSAGE]} ..."
    return Status(code=code, message=message, details=[_packed(detail) for detail in details])


def _bad_request(violations: Sequence[Violation]) -> BadRequest:
    """As many violations as fit, and how many more there are."""
    bad = BadRequest()
    for index, violation in enumerate(violations):
        each = BadRequest.FieldViolation(field=violation.field, description=violation.what)
        if bad.ByteSize() + each.ByteSize() > _LARGEST_DETAIL:
            rest = f"and {len(violations) - index} more; ask with validate_only for all of them"
            bad.field_violations.add(field="...", description=rest)
            break
        bad.field_violations.append(each)
    return bad


def _packed(message: Message) -> Packed:
    packed = Packed()
    packed.Pack(message)
    return packed

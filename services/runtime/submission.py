"""Commands as they were asked for over gRPC: what a request says beside them, read in one place."""

import re
from collections.abc import Callable, Sequence
from hashlib import sha256
from typing import Any, NamedTuple

from google.protobuf.message import Message

from services.kernel.errors import Fault, Malformed, Violation
from services.kernel.reasons import Why
from services.runtime import calling
from services.runtime.store import Answered
from zoneledger.ledger.v1.decision_pb2 import Decision

_UUID = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")


class Submission(NamedTuple):
    """Commands that stand or fall together, and how they were asked for.

    `faults` are what is wrong with the request itself. `request_id` is the name that its caller
    gave it, `fingerprint` is of what it says; `expected_version` is of the stream of the first.
    `following` are decided behind the commands, in the same step; nobody asked for them by name, so
    they are not counted and nothing in them can be refused.
    """

    commands: Sequence[Message]
    actor: str
    name: str
    faults: Sequence[Fault] = ()
    validate_only: bool = False
    request_id: str = ""
    fingerprint: bytes = b""
    expected_version: int | None = None
    following: Sequence[Message] = ()


class Counting(NamedTuple):
    """How the decisions of a submission are counted in its answer.

    `changed` names what some of them changed; a command that changed what it was itself about is
    not counted as recorded. One whose decision is no change counts as unchanged.
    """

    changed: Callable[[Sequence[Decision]], Sequence[str]] = lambda decisions: ()
    is_change: Callable[[Decision], bool] = lambda decision: True


EACH = Counting()


def submission(  # noqa: PLR0917  # What a batch is made of, in its order.
    name: str,
    commands: Sequence[Message],
    faults: Sequence[Fault],
    request: Any,
    expected_version: int | None = None,
    following: Sequence[Message] = (),
) -> Submission:
    """What `request`, a request of a command, asks for; the batch is called `name` in it."""
    return Submission(
        commands,
        calling.viewer().agency,
        name,
        faults,
        request.validate_only,
        named(request.request_id),
        fingerprint(request),
        expected_version,
        following,
    )


def named(request_id: str) -> str:
    """The name of a request; `Malformed` where that is no UUID in its usual form, nor empty."""
    if request_id and not _UUID.fullmatch(request_id):
        raise Malformed(Violation("request_id", Why.NOT_A_UUID(value=request_id[:50])))
    return request_id


def check_same(first: Answered, asked: bytes) -> None:
    """`Malformed` where the name of a request stands for another one, by their fingerprints."""
    if first.fingerprint != asked:
        why = Why.REQUEST_ID_REUSED(request_id=first.request_id)
        raise Malformed(Violation("request_id", why))


def fingerprint(request: Any) -> bytes:
    """What stands for who asks and all that a request asks for, but its name; 32 bytes."""
    asked = type(request)()
    asked.CopyFrom(request)
    asked.ClearField("request_id")
    said = asked.SerializeToString(deterministic=True)
    who = f"{calling.viewer().agency} {request.DESCRIPTOR.full_name} "
    return sha256(who.encode() + said).digest()

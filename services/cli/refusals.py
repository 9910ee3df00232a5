"""What a refused call says to a person, read from its status; see `runtime/rpc.py`."""

import grpc
from google.rpc.error_details_pb2 import BadRequest
from grpc_status import rpc_status

from services.kernel.errors import Violation


def of(error: grpc.RpcError) -> list[str]:
    """Every violation that the status names; none where the call failed for another reason."""
    return [str(each) for each in violations(error)]


def violations(error: grpc.RpcError) -> list[Violation]:
    """The same, field by field."""
    status = rpc_status.from_call(error)  # type: ignore[arg-type]  # A failed call is one.
    found = []
    for detail in status.details if status else []:
        bad = BadRequest()
        if detail.Unpack(bad):
            found += [Violation(each.field, each.description) for each in bad.field_violations]
    return found


def told(error: grpc.RpcError) -> str:
    """The failure in a sentence."""
    details = str(error.details() or "")
    if error.code() is grpc.StatusCode.DEADLINE_EXCEEDED:
        return (
            "the services did not answer in time: the process that serves the folder hangs or has"
            " too much to do; see what it does, or stop it, and then look whether it was done"
        )
    if error.code() is grpc.StatusCode.RESOURCE_EXHAUSTED:
        return f"this is too large for one call; divide it ({details})"
    if error.code() is grpc.StatusCode.UNAVAILABLE:
        if "failed to connect" in details:
            return (
                "the process that serves the folder does not answer; see whether it hangs, and"
                " stop it or try again"
            )
        return f"the services cannot be reached: {details}; try again"
    return details

"""What a refused call says to a person, read from its status; see `runtime/rpc.py`."""

import grpc
from google.rpc.error_details_pb2 import BadRequest
from grpc_status import rpc_status


def of(error: grpc.RpcError) -> list[str]:
    """Every violation that the status names; none where the call failed for another reason."""
    status = rpc_status.from_call(error)  # type: ignore[arg-type]  # A failed call is one.
    found = []
    for detail in status.details if status else []:
        bad = BadRequest()
        if detail.Unpack(bad):
            found += [f"{each.field}: {each.description}" for each in bad.field_violations]
    return found


def told(error: grpc.RpcError) -> str:
    """The failure in a sentence."""
    details = str(error.details() or "")
    if error.code() is grpc.StatusCode.UNAVAILABLE:
        return f"the services cannot be reached: {details}; try again"
    return details

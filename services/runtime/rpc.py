"""The gRPC server: which service answers on it, and how a refusal travels.

A refusal is a google.rpc.Status (`refusals.py`). What is not a refusal is a fault of ours: it is
logged and told as INTERNAL without its insides.
"""

import logging
from collections.abc import Awaitable, Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

import grpc
import grpc.aio
from google.protobuf.message import Message
from google.rpc.status_pb2 import Status
from grpc_status import rpc_status

from services.kernel.errors import OurFault, Unavailable, ZoneledgerError
from services.kernel.reasons import Why
from services.runtime import metrics, tls
from services.runtime.desk import Desk
from services.runtime.ledger import Ledger
from services.runtime.log_api import LogApi
from services.runtime.refusals import status_of
from services.runtime.rpc_observing import Observing
from services.runtime.service import Service
from zoneledger.ledger.v1.service_pb2_grpc import add_LogServiceServicer_to_server

_log = logging.getLogger(__name__)


async def start(
    address: str, ledgers: Sequence[Ledger], desks: Mapping[str, Desk] = {}
) -> tuple[grpc.aio.Server, int]:
    """A running server for the services of `ledgers` and their logs, and the port it got."""
    server = made(ledgers, desks, metrics.fresh())
    return server, await listen(server, address, None)


def made(
    ledgers: Sequence[Ledger], desks: Mapping[str, Desk], counted: metrics.Metrics
) -> grpc.aio.Server:
    """A server for the services of `ledgers` and their logs, not started yet."""
    server = grpc.aio.server(
        interceptors=[Observing(counted), _Refusals()],
        options=[
            ("grpc.max_receive_message_length", tls.LARGEST_MESSAGE),
            ("grpc.max_send_message_length", tls.LARGEST_MESSAGE),
            ("grpc.so_reuseport", 0),
        ],
    )
    for ledger in ledgers:
        ledger.service.serve(server, ledger)
    add_LogServiceServicer_to_server(LogApi(ledgers, desks), server)
    return server


async def listen(server: grpc.aio.Server, address: str, keys: Path | None) -> int:
    """Start a server; the port it got.

    With `keys`, a folder, it answers those only who show a certificate of the same authority.
    """
    if keys is None:
        tls.refuse_beyond_loopback(address)
    try:
        if keys is None:
            port = server.add_insecure_port(address)
        else:
            port = server.add_secure_port(address, tls.serving(keys))
    except RuntimeError as error:
        raise Unavailable(
            f"cannot listen on {address}: another process does, or it is not ours to use"
        ) from error
    await server.start()
    return port


def names(service: Service) -> list[str]:
    """The full names of the gRPC services that answer for a service."""
    package = f"zoneledger.{service.name}.v1"
    return [f"{package}.{service.name.capitalize()}Service", "zoneledger.ledger.v1.LogService"]


class _Refusals(grpc.aio.ServerInterceptor):
    """Turns what a method raises into the status that the caller gets."""

    async def intercept_service(
        self,
        continuation: Callable[[grpc.HandlerCallDetails], Awaitable[Any]],
        handler_call_details: grpc.HandlerCallDetails,
    ) -> Any:
        handler = await continuation(handler_call_details)
        if handler is None or handler.unary_unary is None:
            return handler
        return grpc.unary_unary_rpc_method_handler(
            _refusing(handler.unary_unary, handler_call_details.method),
            request_deserializer=handler.request_deserializer,
            response_serializer=handler.response_serializer,
        )


def _refusing(method: Any, name: str) -> Any:
    async def answer(request: Message, context: grpc.aio.ServicerContext[Any, Any]) -> Any:
        try:
            return await method(request, context)
        except ZoneledgerError as refusal:
            await _refuse(context, status_of(refusal, name))
        except Exception:  # noqa: BLE001  # Ours to mend; nobody outside sees its insides.
            _log.exception("%s failed", name)
            await _refuse(context, status_of(OurFault(Why.INTERNAL()), name))

    return answer


async def _refuse(context: grpc.aio.ServicerContext[Any, Any], status: Status) -> None:
    told = rpc_status.to_status(status)
    await context.abort(told.code, told.details, told.trailing_metadata)

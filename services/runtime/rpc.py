"""The gRPC server: which services answer on it, and how it lives with its connections.

What their methods have in common is `surface.py`; how a refusal travels is `refusals.py`.
"""

import asyncio
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple

import grpc.aio
from grpc_reflection.v1alpha import reflection

from services.kernel.errors import Unavailable
from services.runtime import contract, metrics, tls
from services.runtime.desk import Desk
from services.runtime.event_api import EventApi
from services.runtime.gate import Gate
from services.runtime.ledger import Ledger
from services.runtime.log_api import LogApi
from services.runtime.metrics import Metrics
from services.runtime.requests import LARGEST_REQUEST
from services.runtime.service import Service
from services.runtime.surface import LIMITS, Limits, Surface
from zoneledger.ledger.v1.event_service_pb2_grpc import add_EventServiceServicer_to_server
from zoneledger.ledger.v1.service_pb2_grpc import add_LogServiceServicer_to_server

_MINUTE_MS = 60_000
_OPTIONS = (
    ("grpc.max_receive_message_length", LARGEST_REQUEST),
    ("grpc.max_send_message_length", tls.LARGEST_MESSAGE),
    ("grpc.max_metadata_size", 16 << 10),
    # A peer that is silently gone is found, also under a call that says nothing for long.
    ("grpc.keepalive_time_ms", _MINUTE_MS),
    ("grpc.keepalive_timeout_ms", 20_000),
    ("grpc.keepalive_permit_without_calls", 1),
    ("grpc.http2.min_recv_ping_interval_without_data_ms", 10_000),
    ("grpc.http2.max_ping_strikes", 5),
    # Connections are made anew, so that new processes get their share, and new certificates count.
    ("grpc.max_connection_age_ms", 30 * _MINUTE_MS),
    ("grpc.max_connection_age_grace_ms", 5 * _MINUTE_MS),
    ("grpc.max_concurrent_streams", 10_000),
    # Else gRPC cancels by chance, with no reason, when 1,000 calls have not been looked at yet.
    ("grpc.server.max_pending_requests", 20_000),
    ("grpc.server.max_pending_requests_hard_limit", 20_000),
)


class Parts(NamedTuple):
    """What a server is made of, beside the ledgers that answer.

    `shares_port` lets other processes listen at the same address, `reflects` tells callers which
    methods there are.
    """

    desks: Mapping[str, Desk] = {}
    counted: Metrics | None = None
    gate: Gate | None = None
    limits: Limits = LIMITS
    shares_port: bool = False
    reflects: bool = False


PARTS = Parts()


class Server(NamedTuple):
    """A gRPC server, and what is set when it is to end the calls that would never end."""

    grpc: grpc.aio.Server
    surface: Surface
    draining: asyncio.Event

    async def stop(self, grace_seconds: float | None) -> None:
        """Take no more calls and finish those under way; readers that watch are sent away."""
        self.draining.set()
        await self.grpc.stop(grace_seconds)


async def start(
    address: str, ledgers: Sequence[Ledger], parts: Parts, keys: Path | None = None
) -> tuple[Server, int]:
    """A running server for the services of `ledgers` and their logs, and the port it got."""
    server = made(ledgers, parts)
    return server, await listen(server, address, keys)


def made(ledgers: Sequence[Ledger], parts: Parts) -> Server:
    """A server for the services of `ledgers` and their logs, not started yet."""
    server = grpc.aio.server(options=[*_OPTIONS, ("grpc.so_reuseport", int(parts.shares_port))])
    named = {ledger.service.name: ledger for ledger in ledgers}
    counted, draining = parts.counted or metrics.fresh(), asyncio.Event()
    surface = Surface(server, named, parts.gate or Gate(), counted, parts.limits)
    adding: Any = surface  # It is all of a server that methods are added to.
    for ledger in ledgers:
        ledger.service.serve(adding, ledger)
    add_LogServiceServicer_to_server(LogApi(named, parts.desks), adding)
    add_EventServiceServicer_to_server(EventApi(named, draining), adding)
    if parts.reflects:
        shown = [name for ledger in ledgers for name in names(ledger.service)]
        reflection.enable_server_reflection([*dict.fromkeys(shown), *_STANDARD], server)
    return Server(server, surface, draining)


async def listen(server: Server, address: str, keys: Path | None) -> int:
    """Start a server; the port it got.

    With `keys`, a folder, it answers those only who show a certificate of the same authority.
    """
    if keys is None:
        tls.refuse_beyond_loopback(address)
    try:
        if keys is None:
            port = server.grpc.add_insecure_port(address)
        else:
            port = server.grpc.add_secure_port(address, tls.serving(keys))
    except RuntimeError as error:
        raise Unavailable(
            f"cannot listen on {address}: another process does, or it is not ours to use"
        ) from error
    server.surface.close()
    await server.grpc.start()
    return port


_STANDARD = ("grpc.health.v1.Health", reflection.SERVICE_NAME)


def names(service: Service) -> list[str]:
    """The full names of the gRPC services that answer for a service."""
    own = [name for name in contract.services() if name.split(".")[1] == service.name]
    common = ("zoneledger.ledger.v1.EventService", "zoneledger.ledger.v1.LogService")
    return [*sorted(own), *common]

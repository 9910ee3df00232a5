"""The standard gRPC health service: each service of this process serves while it is ready.

What it says is looked up every second, so that a question costs nothing. Told to drain, it says
NOT_SERVING at once and never again anything else. A watcher is not sent away by that: the server's
grace period ends its call.
"""

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager, suppress

import grpc.aio

# The package comes without types.
from grpc_health.v1 import health_pb2_grpc
from grpc_health.v1.health import aio
from grpc_health.v1.health_pb2 import (
    HealthCheckResponse,
)

from services.runtime.health import Health, Kind, is_ready

_EVERY_SECONDS = 1.0


@asynccontextmanager
async def answering(
    server: grpc.aio.Server,
    health: Health,
    services: Sequence[str],
    every_seconds: float = _EVERY_SECONDS,
) -> AsyncIterator[None]:
    """Answer on `server`, which has not started, for the full gRPC names `services` and for "".

    To be left after the server has stopped.
    """
    servicer = aio.HealthServicer()
    health_pb2_grpc.add_HealthServicer_to_server(servicer, server)
    names = ["", *services]
    await _tell(servicer, names, is_serving=False)
    feeding = asyncio.create_task(_feed(servicer, names, health, every_seconds))
    try:
        yield
    finally:
        feeding.cancel()
        with suppress(asyncio.CancelledError):
            await feeding


async def _feed(
    servicer: aio.HealthServicer, names: Sequence[str], health: Health, every_seconds: float
) -> None:
    while not health.draining.is_set():
        findings = await health.examine((Kind.LIVE, Kind.READY))
        await _tell(servicer, names, is_serving=is_ready(findings))
        with suppress(TimeoutError):
            await asyncio.wait_for(health.draining.wait(), every_seconds)
    await servicer.enter_graceful_shutdown()


async def _tell(servicer: aio.HealthServicer, names: Sequence[str], *, is_serving: bool) -> None:
    status = HealthCheckResponse.SERVING if is_serving else HealthCheckResponse.NOT_SERVING
    for name in names:
        await servicer.set(name, status)

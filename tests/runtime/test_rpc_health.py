"""Whoever asks over gRPC is told whether a service can serve."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import grpc
import grpc.aio
import pytest

# The package comes without types.
from grpc_health.v1.health_pb2 import (
    HealthCheckRequest,
    HealthCheckResponse,
)
from grpc_health.v1.health_pb2_grpc import HealthStub

from services.runtime.health import Check, Health, Kind
from services.runtime.rpc_health import answering
from tests.asynchronous import asynchronous, until

EVALUATION = "zoneledger.evaluation.v1.EvaluationService"
SERVING, NOT_SERVING = HealthCheckResponse.SERVING, HealthCheckResponse.NOT_SERVING


@asynccontextmanager
async def client(health: Health, every_seconds: float = 0.01) -> AsyncIterator[Any]:
    """A client of a server that answers for evaluation."""
    server = grpc.aio.server()
    async with answering(server, health, [EVALUATION], every_seconds):
        port = server.add_insecure_port("127.0.0.1:0")
        await server.start()
        async with grpc.aio.insecure_channel(f"127.0.0.1:{port}") as channel:
            yield HealthStub(channel)
        await server.stop(None)


async def status(stub: Any, service: str) -> int:
    answer = await stub.Check(HealthCheckRequest(service=service))
    return int(answer.status)


async def _is(stub: Any, service: str, wanted: int) -> bool:
    return await status(stub, service) == wanted


@pytest.mark.parametrize("service", ["", EVALUATION])
@asynchronous
async def test_a_service_serves_while_it_is_ready(service: str) -> None:
    why = ""

    async def ask() -> str:
        return why

    async with client(Health(Check("database", Kind.READY, ask))) as stub:
        await until(lambda: _is(stub, service, SERVING))
        why = "it is away"
        await until(lambda: _is(stub, service, NOT_SERVING))
        why = ""
        await until(lambda: _is(stub, service, SERVING))


@asynchronous
async def test_a_service_does_not_serve_before_its_checks_were_asked() -> None:
    async def hanging() -> str:
        await asyncio.sleep(60)
        return ""

    async with client(Health(Check("database", Kind.READY, hanging, 60))) as stub:
        assert await status(stub, EVALUATION) == NOT_SERVING


@asynchronous
async def test_a_degraded_service_serves() -> None:
    async def ask() -> str:
        return "2 streams wait"

    async with client(Health(Check("parked", Kind.DEGRADED, ask))) as stub:
        await until(lambda: _is(stub, EVALUATION, SERVING))


@asynchronous
async def test_a_service_that_is_told_to_stop_says_so_at_once_and_for_good() -> None:
    health = Health()
    async with client(health, every_seconds=60) as stub:
        await until(lambda: _is(stub, EVALUATION, SERVING))
        health.drain()
        await until(lambda: _is(stub, EVALUATION, NOT_SERVING))
        await asyncio.sleep(0.05)
        assert await status(stub, "") == NOT_SERVING


@asynchronous
async def test_whoever_watches_is_told_of_the_change() -> None:
    health = Health()
    async with client(health, every_seconds=60) as stub:
        await until(lambda: _is(stub, "", SERVING))
        watching = stub.Watch(HealthCheckRequest(service=EVALUATION))
        assert (await watching.read()).status == SERVING
        health.drain()
        assert (await watching.read()).status == NOT_SERVING
        watching.cancel()


@asynchronous
async def test_a_service_that_is_elsewhere_is_not_found() -> None:
    async with client(Health()) as stub:
        with pytest.raises(grpc.aio.AioRpcError) as refused:
            await status(stub, "zoneledger.financing.v1.FinancingService")
    assert refused.value.code() is grpc.StatusCode.NOT_FOUND

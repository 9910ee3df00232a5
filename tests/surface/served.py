"""All services on a folder of their own, and clients of all their gRPC services."""

import asyncio
from collections.abc import AsyncIterator, Callable, Iterable, Iterator
from concurrent.futures import Future
from contextlib import AbstractAsyncContextManager, asynccontextmanager, contextmanager
from pathlib import Path
from threading import Thread
from typing import Any, NamedTuple, TypeVar

import grpc
import grpc.aio
import pytest

from services.runtime.embedded import serving
from tests.runtime.story import ADOPT_NOTICE, ADOPT_OTHER, EXCELLENT, rating, unit
from zoneledger.evaluation.v1 import service_pb2 as evaluation
from zoneledger.evaluation.v1.circular_service_pb2_grpc import CircularServiceStub
from zoneledger.evaluation.v1.events_pb2 import Grade, Rating
from zoneledger.evaluation.v1.plan_service_pb2_grpc import PlanServiceStub
from zoneledger.evaluation.v1.round_service_pb2_grpc import RoundServiceStub
from zoneledger.evaluation.v1.service_pb2_grpc import EvaluationServiceStub
from zoneledger.financing.v1.service_pb2_grpc import FinancingServiceStub
from zoneledger.incentive.v1.budget_service_pb2_grpc import BudgetServiceStub
from zoneledger.incentive.v1.case_service_pb2_grpc import CaseServiceStub
from zoneledger.incentive.v1.service_pb2_grpc import IncentiveServiceStub
from zoneledger.ledger.v1.event_service_pb2_grpc import EventServiceStub
from zoneledger.ledger.v1.service_pb2_grpc import LogServiceStub

Place = TypeVar("Place")

LOOPBACK = "127.0.0.1:0"
# Else a channel shares the pauses of another one that found no server there.
OF_ITS_OWN = (("grpc.use_local_subchannel_pool", 1),)


class Client(NamedTuple):
    """A stub for each gRPC service; they are untyped because grpc.aio's are."""

    channel: grpc.aio.Channel
    evaluation: Any
    rounds: Any
    plans: Any
    circulars: Any
    incentive: Any
    budget: Any
    cases: Any
    financing: Any
    log: Any
    events: Any


def client(channel: grpc.aio.Channel) -> Client:
    return Client(
        channel,
        EvaluationServiceStub(channel),
        RoundServiceStub(channel),
        PlanServiceStub(channel),
        CircularServiceStub(channel),
        IncentiveServiceStub(channel),
        BudgetServiceStub(channel),
        CaseServiceStub(channel),
        FinancingServiceStub(channel),
        LogServiceStub(channel),
        EventServiceStub(channel),
    )


@asynccontextmanager
async def served(folder: Path, address: str = LOOPBACK) -> AsyncIterator[Client]:
    """A client of all services on `folder`."""
    async with (
        serving(folder, "test", address) as (at, _),
        grpc.aio.insecure_channel(at, options=OF_ITS_OWN) as channel,
    ):
        yield client(channel)


@contextmanager
def in_a_thread(serving: AbstractAsyncContextManager[Place]) -> Iterator[Place]:
    """What is served, on a thread and a loop of its own."""
    ready: Future[tuple[Place, asyncio.AbstractEventLoop, asyncio.Event]] = Future()

    async def serve() -> None:
        stop = asyncio.Event()
        try:
            async with serving as place:
                ready.set_result((place, asyncio.get_running_loop(), stop))
                await stop.wait()
        except Exception as fault:
            if ready.done():
                raise
            ready.set_exception(fault)

    server = Thread(target=lambda: asyncio.run(serve()))
    server.start()
    place, loop, stop = ready.result(60)
    try:
        yield place
    finally:
        loop.call_soon_threadsafe(stop.set)
        server.join()


async def begin(on: Client, *units: str, grade: Grade.ValueType = EXCELLENT) -> None:
    """Adopt the notices, register the units, rate them for 2020."""
    policies = [ADOPT_NOTICE, ADOPT_OTHER]
    await on.evaluation.AdoptPolicies(evaluation.AdoptPoliciesRequest(policies=policies))
    await register(on, units)
    await publish(on, *(rating(each, grade) for each in units))


async def register(on: Client, units: Iterable[str]) -> evaluation.RegisterUnitsResponse:
    request = evaluation.RegisterUnitsRequest(units=[unit(each) for each in units])
    answer: evaluation.RegisterUnitsResponse = await on.evaluation.RegisterUnits(request)
    return answer


async def publish(on: Client, *ratings: Rating) -> evaluation.PublishRatingsResponse:
    request = evaluation.PublishRatingsRequest(ratings=ratings)
    answer: evaluation.PublishRatingsResponse = await on.evaluation.PublishRatings(request)
    return answer


async def refused(call: Callable[..., Any], request: Any) -> grpc.aio.AioRpcError:
    """How a call is refused."""
    with pytest.raises(grpc.aio.AioRpcError) as refusal:
        await call(request)
    return refusal.value

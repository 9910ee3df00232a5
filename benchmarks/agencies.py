"""What an agency's questions cost beyond gRPC itself: Get and List, against an echo of the answers.

Both servers are processes of their own; one client, with the same calls under way, asks one of them
and then the other, round by round. The answers of the echo are those that our server gave. Units
are asked for in a fixed shuffled order, each as often as the others.
"""

import asyncio
import os
import sys
import time
from collections.abc import Iterator, Sequence
from pathlib import Path
from random import Random
from statistics import quantiles
from typing import Any, NamedTuple

import grpc.aio

from benchmarks import figure, logs
from benchmarks.carrying import process
from benchmarks.figure import Figure, Pair
from tests.servers import accepts, free_port
from tests.system.commands import COMMAND
from zoneledger.incentive.v1.service_pb2 import (
    GetEntitlementRequest,
    GetEntitlementResponse,
    ListEntitlementsRequest,
    ListEntitlementsResponse,
)

_UNITS = 500
_AT_ONCE = 32
_CALLS, _PAGES = 6_000, 3_000
_ROUNDS = 5
_WARM_CALLS = 1_500
METHOD = "/zoneledger.incentive.v1.IncentiveService/"


class Call(NamedTuple):
    """A method and the requests to ask it, in bytes: the client is not what is measured."""

    name: str
    requests: Sequence[bytes]


def measure(folder: Path) -> Iterator[Figure]:
    """Get, a page of 50, and how long a Get takes at half the load."""
    data = folder / "agencies"
    data.mkdir()
    asyncio.run(logs.write(data, _UNITS, years=1))
    ours, echo = free_port(), free_port()
    serving = (*COMMAND, "--data", str(data), "serve", "--address", f"127.0.0.1:{ours}")
    with process({**os.environ}, *serving):
        await_port(ours)
        get, page = asyncio.run(prepare(f"127.0.0.1:{ours}", folder))
        words = (sys.executable, "-m", "benchmarks.echo", str(echo), str(folder))
        with process({**os.environ}, *words):
            await_port(echo)
            both = f"127.0.0.1:{ours}", f"127.0.0.1:{echo}"
            yield figure.of("Get", "calls/s", _rates(get, both, _CALLS), 0.8)
            yield figure.of("List of 50", "calls/s", _rates(page, both, _PAGES), 0.8)
            yield _late(get, both)


def await_port(port: int) -> None:
    """Wait until somebody listens there."""
    while not accepts(port):
        time.sleep(0.05)


async def prepare(address: str, folder: Path) -> tuple[Call, Call]:
    """The calls, and what the echo is to answer them with."""
    async with grpc.aio.insecure_channel(address) as channel:
        every: list[str] = []
        token = ""
        lists: Any = channel.unary_unary(
            f"{METHOD}ListEntitlements",
            request_serializer=ListEntitlementsRequest.SerializeToString,
            response_deserializer=ListEntitlementsResponse.FromString,
        )
        while True:
            answer = await lists(ListEntitlementsRequest(page_size=1_000, page_token=token))
            every += [each.name for each in answer.entitlements]
            token = answer.next_page_token
            if not token:
                break
        Random(1).shuffle(every)
        get = [GetEntitlementRequest(name=name).SerializeToString() for name in every]
        pages = [ListEntitlementsRequest(page_size=50).SerializeToString()]
        tokens = await lists(ListEntitlementsRequest(page_size=50))
        for _ in range(19):
            request = ListEntitlementsRequest(page_size=50, page_token=tokens.next_page_token)
            pages.append(request.SerializeToString())
            tokens = await lists(request)
        raw: Any = channel
        one = await raw.unary_unary(f"{METHOD}GetEntitlement")(get[0])
        page = await raw.unary_unary(f"{METHOD}ListEntitlements")(pages[1])
    (folder / "one").write_bytes(one)
    (folder / "page").write_bytes(page)
    assert len(ListEntitlementsResponse.FromString(page).entitlements) == 50
    assert GetEntitlementResponse.FromString(one).entitlement.name == every[0]
    return Call("GetEntitlement", get), Call("ListEntitlements", pages)


def _rates(call: Call, addresses: tuple[str, str], calls: int) -> list[Pair]:
    for address in addresses:
        asyncio.run(_closed(address, call, _WARM_CALLS))
    pairs = []
    for _ in range(_ROUNDS):
        ours, echo = (asyncio.run(_closed(address, call, calls)) for address in addresses)
        pairs.append(Pair(ours, echo))
    return pairs


async def _closed(address: str, call: Call, calls: int) -> float:
    """Calls a second with `_AT_ONCE` of them under way all the time."""
    async with grpc.aio.insecure_channel(address) as channel:
        method: Any = channel.unary_unary(f"{METHOD}{call.name}")
        rest = iter(range(calls))

        async def ask() -> None:
            for number in rest:
                await method(call.requests[number % len(call.requests)])

        began = time.perf_counter()
        await asyncio.gather(*(ask() for _ in range(_AT_ONCE)))
        return calls / (time.perf_counter() - began)


def _late(call: Call, addresses: tuple[str, str]) -> Figure:
    """p99 of a call at half of what our server takes, both servers offered the same."""
    rate = asyncio.run(_closed(addresses[0], call, _CALLS)) / 2
    pairs = []
    for _ in range(_ROUNDS):
        ours, echo = (asyncio.run(_open(address, call, rate)) for address in addresses)
        pairs.append(Pair(ours, echo))
    middle = sorted(pairs, key=lambda pair: pair.value / pair.baseline)[_ROUNDS // 2]
    ratio = round(middle.value / middle.baseline, 3)
    return Figure("Get at half load, p99", "ms", *middle, ratio, 2.0, at_most=True)


async def _open(address: str, call: Call, rate: float) -> float:
    """p99 in ms of calls that are due at even times, whatever became of those before."""
    took: list[float] = []
    async with grpc.aio.insecure_channel(address) as channel:
        method: Any = channel.unary_unary(f"{METHOD}{call.name}")

        async def ask(number: int, due: float) -> None:
            await method(call.requests[number % len(call.requests)])
            took.append((time.perf_counter() - due) * 1_000)

        began = time.perf_counter() + 0.1
        async with asyncio.TaskGroup() as group:
            for number in range(_CALLS):
                due = began + number / rate
                await asyncio.sleep(max(0.0, due - time.perf_counter()))
                group.create_task(ask(number, due))
    return quantiles(took, n=100)[98]

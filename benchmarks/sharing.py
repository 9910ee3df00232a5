"""What a second process on the same port adds to the first: Get, through many connections.

A client that keeps both busy and the database need processors of their own. So each process is held
to a quarter of one by a cgroup, on any machine; where none can be made (it takes root), it says so.
"""

import asyncio
import os
import sys
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from statistics import median
from typing import Any

import grpc.aio

from benchmarks.agencies import METHOD, Call, await_port, prepare
from benchmarks.carrying import beside, process, told
from benchmarks.figure import Figure
from benchmarks.resident import fill_incentive
from benchmarks.servers import Servers, as_service, prepared
from tests.system.commands import COMMAND

_PERIOD_US, _SHARE = 20_000, 0.25
_EVENTS = 3_500
_CONNECTIONS, _CALLS_EACH = 16, 2
_CALLS, _WARM_ROUNDS, _ROUNDS = 3_000, 4, 5


def measure(servers: Servers, folder: Path) -> Iterator[Figure]:
    """Calls a second of two processes against those of the first alone."""
    database = prepared(servers.admin)
    asyncio.run(fill_incentive(as_service(database, "incentive"), _EVENTS))
    environment = told(servers, database, f"bench{os.getpid()}-sharing")["incentive"]
    environment |= {"ZONELEDGER_SHARED_PORT": "on"}
    address = environment["ZONELEDGER_LISTEN"]
    serving = (*COMMAND, "run", "incentive", "api")
    try:
        with ExitStack() as held:
            first = held.enter_context(process(environment, *serving))
            await_port(_port(address))
            get, _ = asyncio.run(prepare(address, folder))
            held.enter_context(_held_back(first.pid))
            alone = _rate(address, get)
            second = beside(environment)
            added = held.enter_context(process(second, *serving))
            await_port(_port(second["ZONELEDGER_HTTP"]))
            held.enter_context(_held_back(added.pid))
            both = _rate(address, get)
    except OSError as fault:
        print(f"two processes on one port: not measured, {fault}", file=sys.stderr)
        return
    ratio = round(both / alone, 3)
    yield Figure("two processes on one port", "calls/s", both, alone, ratio, 1.7)


@contextmanager
def _held_back(pid: int) -> Iterator[None]:
    """Let a process use a quarter of a processor, by the first or the second kind of cgroup."""
    quota = int(_PERIOD_US * _SHARE)
    older = Path("/sys/fs/cgroup/cpu")
    group = (older if older.is_dir() else older.parent) / f"zoneledger-bench-{pid}"
    group.mkdir()
    try:
        if older.is_dir():
            (group / "cpu.cfs_period_us").write_text(str(_PERIOD_US))
            (group / "cpu.cfs_quota_us").write_text(str(quota))
        else:
            (group / "cpu.max").write_text(f"{quota} {_PERIOD_US}")
        (group / "cgroup.procs").write_text(str(pid))
        yield
    finally:
        for each in (group / "cgroup.procs").read_text().split():
            (group.parent / "cgroup.procs").write_text(each)
        group.rmdir()


def _port(address: str) -> int:
    return int(address.rpartition(":")[2])


def _rate(address: str, call: Call) -> float:
    rates = [asyncio.run(_ask(address, call)) for _ in range(_WARM_ROUNDS + _ROUNDS)]
    return median(rates[_WARM_ROUNDS:])


async def _ask(address: str, call: Call) -> float:
    """Calls a second; new connections each time, which the kernel shares out."""
    options = [("grpc.use_local_subchannel_pool", 1)]
    rest = iter(range(_CALLS))

    async def ask(method: Any) -> None:
        for number in rest:
            await method(call.requests[number % len(call.requests)])

    channels: list[Any] = [
        grpc.aio.insecure_channel(address, options=options) for _ in range(_CONNECTIONS)
    ]
    methods = [channel.unary_unary(f"{METHOD}{call.name}") for channel in channels]
    began = time.perf_counter()
    await asyncio.gather(*(ask(method) for method in methods for _ in range(_CALLS_EACH)))
    took = time.perf_counter() - began
    for channel in channels:
        await channel.close()
    return _CALLS / took

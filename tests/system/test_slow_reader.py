"""A reader that does not read costs the process that serves it nothing, and loses nothing."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import grpc

from services.runtime import tls
from tests.runtime.story import unit
from tests.system.commands import served
from zoneledger.evaluation.v1.service_pb2 import RegisterUnitsRequest
from zoneledger.evaluation.v1.service_pb2_grpc import EvaluationServiceStub
from zoneledger.ledger.v1.event_service_pb2 import WatchEventsRequest
from zoneledger.ledger.v1.event_service_pb2_grpc import EventServiceStub
from zoneledger.ledger.v1.service_pb2 import GetFrontierRequest
from zoneledger.ledger.v1.service_pb2_grpc import LogServiceStub

EVENTS, AT_ONCE = 20_000, 500
LARGE = "城" * 600  # Queued for a reader, all of them would be 50 MB and more.
MOST_BYTES = 30 << 20


@contextmanager
def at_work(folder: Path) -> Iterator[tuple[int, grpc.Channel]]:
    """A serving process, by its id, and a channel to it."""
    with served(folder) as (process, who), tls.channel(who.address, None) as channel:
        yield process.pid, channel


def resident(pid: int) -> int:
    """How many bytes of memory a process holds."""
    fields = Path(f"/proc/{pid}/status").read_text("utf-8").splitlines()
    [line] = [each for each in fields if each.startswith("VmRSS:")]
    return int(line.split()[1]) << 10


def append(channel: grpc.Channel) -> None:
    """Let the log grow by 20,000 events."""
    stub = EvaluationServiceStub(channel)
    for first in range(0, EVENTS, AT_ONCE):
        numbers = range(first, first + AT_ONCE)
        units = [unit(f"city-{each}", f"{LARGE}{each}") for each in numbers]
        stub.RegisterUnits(RegisterUnitsRequest(units=units), timeout=60)


def end(channel: grpc.Channel) -> int:
    stub = LogServiceStub(channel)
    return stub.GetFrontier(GetFrontierRequest(service="evaluation"), timeout=60).size


def test_a_reader_that_does_not_read_costs_no_memory_and_is_told_all_of_it_in_order(
    tmp_path: Path,
) -> None:
    with at_work(tmp_path / "alone") as (pid, channel):
        before = resident(pid)
        append(channel)
        alone = resident(pid) - before
    with at_work(tmp_path / "watched") as (pid, channel):
        begin, before = end(channel), resident(pid)
        request = WatchEventsRequest(service="evaluation", after_position=begin)
        call: Any = EventServiceStub(channel).WatchEvents(request)
        append(channel)
        watched = resident(pid) - before
        positions = [next(call).position for _ in range(EVENTS)]
        call.cancel()
        assert positions == list(range(begin + 1, begin + EVENTS + 1))
    assert watched - alone < MOST_BYTES, (watched >> 20, alone >> 20)

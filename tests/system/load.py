"""Publishes ratings through gRPC while a test does harm, and remembers what was acknowledged.

Each unit is registered and rated, each second one corrected, each fourth one twice. A call that was
not answered is made again until it is: the same command twice is one.
"""

from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from functools import partial
from itertools import count
from threading import Event

import grpc

from services.cli.client import Clients
from tests.runtime.story import ADOPT_NOTICE, EXCELLENT, GOOD, correct, rating, unit
from tests.system.stack import Stack
from zoneledger.evaluation.v1 import service_pb2 as messages

CALLERS = 2
_PAUSE_SECONDS = 0.05
_CALL_SECONDS = 30.0
_RUNS = count()
# What a caller is told when a process is gone, or has no database for now.
_LATER = (
    grpc.StatusCode.UNAVAILABLE,
    grpc.StatusCode.CANCELLED,
    grpc.StatusCode.DEADLINE_EXCEEDED,
)


@contextmanager
def publishing(stack: Stack) -> Iterator[list[str]]:
    """Publish until the end of the block; the lines `UNIT register|excellent|good` acknowledged."""
    acknowledged: list[str] = []
    stop, run = Event(), next(_RUNS)
    with ThreadPoolExecutor(CALLERS) as pool:
        callers = [
            pool.submit(_publish, stack, f"{run}-{n}", acknowledged, stop) for n in range(CALLERS)
        ]
        try:
            yield acknowledged
        finally:
            stop.set()
        for caller in callers:
            caller.result()


def publish_some(stack: Stack, units: int) -> list[str]:
    """Publish a number of units; what was acknowledged."""
    acknowledged: list[str] = []
    _publish(stack, f"{next(_RUNS)}", acknowledged, Event(), units)
    return acknowledged


def _publish(
    stack: Stack, name: str, acknowledged: list[str], stop: Event, units: int | None = None
) -> None:
    _insist(stack, stop, _adopt)
    for number in count() if units is None else range(units):
        for line, call in _life(f"unit-{name}-{number}", number):
            if not _insist(stack, stop, call):
                return
            acknowledged.append(line)
            if units is None:
                stop.wait(_PAUSE_SECONDS)


def _life(unit_id: str, number: int) -> Iterator[tuple[str, Callable[[Clients], object]]]:
    """What happens to one unit, in the words of a line and as a call."""
    register = messages.RegisterUnitsRequest(units=[unit(unit_id)])
    publish = messages.PublishRatingsRequest(ratings=[rating(unit_id)])
    yield f"{unit_id} register", lambda to: to.evaluation.RegisterUnits(register, _CALL_SECONDS)
    yield f"{unit_id} excellent", lambda to: to.evaluation.PublishRatings(publish, _CALL_SECONDS)
    for name, grade in [("good", GOOD), ("excellent", EXCELLENT)][
        : {1: 1, 3: 2}.get(number % 4, 0)
    ]:
        correction = messages.CorrectRatingRequest(correction=correct(unit_id, grade))
        yield f"{unit_id} {name}", partial(_correct, correction)


def _correct(correction: messages.CorrectRatingRequest, to: Clients) -> object:
    return to.evaluation.CorrectRating(correction, _CALL_SECONDS)


def _adopt(clients: Clients) -> None:
    clients.evaluation.AdoptPolicies(messages.AdoptPoliciesRequest(policies=[ADOPT_NOTICE]))


def _insist(stack: Stack, stop: Event, call: Callable[[Clients], object]) -> bool:
    """Call until it is answered or it is time to stop; whether it was answered."""
    while not stop.is_set():
        with stack.clients() as clients:
            try:
                call(clients)
                return True
            except grpc.RpcError as error:
                if error.code() not in _LATER:
                    raise
        stop.wait(_PAUSE_SECONDS)
    return False

"""What every bus keeps to: what one service decided reaches every other, once and in order."""

import asyncio
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from contextlib import AbstractAsyncContextManager, AsyncExitStack, asynccontextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any, NamedTuple, Protocol

import pytest
from google.protobuf.message import Message

from services.kernel.policy import Policies
from services.runtime.bus import Bus
from services.runtime.bus.local import Listener, LocalBus
from services.runtime.folder import log_file
from services.runtime.service import SERVICES, Service, load
from tests.asynchronous import asynchronous, until
from tests.runtime.logs import check_whole
from tests.runtime.story import (
    ADOPT_NOTICE,
    EARNED_BY_EXCELLENT,
    GOOD,
    answers,
    correct,
    credit,
    entitlements,
    happened,
    listening,
    publish,
    register,
    rows,
    tell,
)

ALL = tuple(map(load, SERVICES))
MANY = 1_200  # More than a bus carries at once.


class Carrier(Bus, Protocol):
    """A bus with what its operator needs."""

    async def run(self) -> None: ...

    async def retry_parked(self) -> int: ...


class Stack(NamedTuple):
    """Services on a bus."""

    bus: Carrier
    evaluation: Listener
    incentive: Listener
    financing: Listener


class Start(Protocol):
    """Starts the services of a test on its one folder; start again after a stop and go on."""

    def __call__(self, *services: Service) -> AbstractAsyncContextManager[Stack]: ...


def local(folder: Path) -> Start:
    @asynccontextmanager
    async def started(*services: Service) -> AsyncIterator[Stack]:
        async with AsyncExitStack() as stack:
            listeners: Mapping[str, Listener] = {
                each.name: await stack.enter_async_context(listening(each, folder))
                for each in services or ALL
            }
            yield Stack(LocalBus(listeners), *listeners.values())

    return started


@pytest.fixture(params=[local], ids=lambda bus: bus.__name__)
def start(request: pytest.FixtureRequest, tmp_path: Path) -> Start:
    starting: Start = request.param(tmp_path)
    return starting


def stumbling(service: Service, over: Callable[[Any], bool]) -> Service:
    def react(event: Message, policies: Policies) -> Sequence[Message]:
        if over(event):
            raise ArithmeticError("a fault that nobody foresaw")
        return service.react(event, policies)

    return replace(service, react=react)


def rated(unit_id: str) -> Callable[[Any], bool]:
    return lambda event: (
        event.DESCRIPTOR.name == "ZoneRatedExcellent" and (event.rating.unit_id == unit_id)
    )


@asynchronous
async def test_what_was_decided_before_is_heard_by_every_listener_when_the_bus_has_settled(
    start: Start,
) -> None:
    async with start() as stack:
        await tell(stack.evaluation, ADOPT_NOTICE, register("xiangtan"), publish("xiangtan"))
        await stack.bus.settle()
        granted = await happened(stack.incentive, entitlements("xiangtan"))
        assert len(granted) == EARNED_BY_EXCELLENT
        assert await happened(stack.financing, credit("xiangtan")) == ["CreditTiltGranted"]


@asynchronous
async def test_nothing_decided_is_nothing_heard(start: Start) -> None:
    async with start() as stack:
        await stack.bus.settle()
        assert await rows(stack.incentive) == await rows(stack.financing) == []


@asynchronous
async def test_many_events_are_answered_once_and_in_order(start: Start) -> None:
    async with start() as stack:
        await tell(stack.evaluation, ADOPT_NOTICE)
        units = [f"unit-{n}" for n in range(MANY)]
        await tell(stack.evaluation, *map(register, units))
        await tell(stack.evaluation, *map(publish, units))
        await stack.bus.settle()
        for listener in (stack.incentive, stack.financing):
            causes = [cause for cause, _ in await answers(listener)]
            assert len(set(causes)) == len(causes) == 1 + MANY
            published = [row for row in await rows(stack.evaluation) if row.version == 1]
            assert causes[1:] == [f"{row.decision_id}.0" for row in published]


@asynchronous
async def test_settling_again_and_at_the_same_time_answers_once(start: Start) -> None:
    async with start() as stack:
        await tell(stack.evaluation, ADOPT_NOTICE, register("xiangtan"), publish("xiangtan"))
        await asyncio.gather(*(stack.bus.settle() for _ in range(8)))
        await stack.bus.settle()
        assert len(await check_whole(stack.incentive.store)) == 2
        assert len(await check_whole(stack.financing.store)) == 2


@asynchronous
async def test_what_is_decided_while_the_bus_carries_arrives_too(start: Start) -> None:
    async with start() as stack:
        await tell(stack.evaluation, ADOPT_NOTICE)
        units = [f"unit-{n}" for n in range(30)]

        async def decide(unit_id: str) -> None:
            await tell(stack.evaluation, register(unit_id), publish(unit_id))
            stack.bus.wake()

        await asyncio.gather(*map(decide, units), *(stack.bus.settle() for _ in range(5)))
        await stack.bus.settle()
        for unit_id in units:
            granted = await happened(stack.incentive, entitlements(unit_id))
            assert len(granted) == EARNED_BY_EXCELLENT
        await check_whole(stack.incentive.store)


@asynchronous
async def test_a_running_bus_carries_by_itself_when_it_is_woken(start: Start) -> None:
    async with start() as stack:
        running = asyncio.ensure_future(stack.bus.run())
        for command in (ADOPT_NOTICE, register("xiangtan"), publish("xiangtan")):
            await tell(stack.evaluation, command)
            stack.bus.wake()
        await until(lambda: stack.financing.store.stream(credit("xiangtan")))
        running.cancel()
        with pytest.raises(asyncio.CancelledError):
            await running


@asynchronous
async def test_a_bus_that_was_stopped_in_the_middle_goes_on_where_it_left_off(
    start: Start,
) -> None:
    units = [f"unit-{n}" for n in range(MANY)]
    async with start() as stack:
        await tell(stack.evaluation, ADOPT_NOTICE, *map(register, units), *map(publish, units))
        settling = asyncio.ensure_future(stack.bus.settle())
        await until(lambda: stack.incentive.store.cursor("evaluation"))
        settling.cancel()
        await asyncio.wait([settling])
    async with start() as stack:
        await stack.bus.settle()
        for listener in (stack.incentive, stack.financing):
            causes = [cause for cause, _ in await answers(listener)]
            assert len(set(causes)) == len(causes) == 1 + MANY
            await check_whole(listener.store)


@asynchronous
async def test_a_stream_that_one_service_cannot_answer_waits_there_and_nowhere_else(
    start: Start,
) -> None:
    evaluation, incentive, financing = ALL
    async with start(evaluation, stumbling(incentive, rated("xiangtan")), financing) as stack:
        units = ("xiangtan", "tongling")
        await tell(stack.evaluation, ADOPT_NOTICE, *map(register, units), *map(publish, units))
        await stack.bus.settle()
        await tell(stack.evaluation, correct("xiangtan", GOOD))
        await stack.bus.settle()
        assert await happened(stack.incentive, entitlements("xiangtan")) == []
        assert await happened(stack.incentive, entitlements("tongling")) != []
        assert len(await happened(stack.financing, credit("xiangtan"))) == 3
        assert await stack.bus.retry_parked() == 0
    async with start() as stack:
        assert await stack.bus.retry_parked() == 1
        corrected = await happened(stack.incentive, entitlements("xiangtan"))
        assert len(corrected) == 2 * EARNED_BY_EXCELLENT + 1
        assert await stack.incentive.store.parked() == []
        assert await stack.bus.retry_parked() == 0


@asynchronous
async def test_a_service_that_joins_late_hears_everything_from_the_start(
    start: Start, tmp_path: Path
) -> None:
    async with start() as stack:
        await tell(stack.evaluation, ADOPT_NOTICE, register("xiangtan"), publish("xiangtan"))
        await stack.bus.settle()
        before = await answers(stack.financing)
    log_file(tmp_path, "financing").unlink()
    async with start() as stack:
        await stack.bus.settle()
        assert await answers(stack.financing) == before

"""What has nothing to wait for is done at once; what has is waited for as Faust would."""

import asyncio
from typing import Any

import pytest

from services.runtime.bus.consumer import Quick
from tests.asynchronous import asynchronous


class Log:
    """What a coroutine came to."""

    def __init__(self) -> None:
        self.lines: list[str] = []

    async def hand_over(self, *waits_for: "asyncio.Future[str]", fails: bool = False) -> str:
        try:
            for each in waits_for:
                self.lines.append(await each)
        except BaseException as fault:
            self.lines.append(type(fault).__name__)
            raise
        if fails:
            raise ArithmeticError
        return "handed over"

    async def begin(self) -> None:
        self.lines.append("begun")


def futures(number: int) -> list["asyncio.Future[str]"]:
    return [asyncio.get_running_loop().create_future() for _ in range(number)]


@pytest.mark.filterwarnings("error")
@asynchronous
async def test_what_has_nothing_to_wait_for_is_done_and_the_other_never_begun() -> None:
    log = Log()
    before = len(asyncio.all_tasks())
    first = log.hand_over()
    results = await Quick().wait_first(first, log.begin())
    assert (results.done, results.results, results.stopped) == ([first], ["handed over"], False)
    assert log.lines == []
    assert len(asyncio.all_tasks()) == before


@pytest.mark.filterwarnings("error")
@asynchronous
async def test_a_fault_is_raised_at_once_or_later() -> None:
    [ready] = futures(1)
    with pytest.raises(ArithmeticError):
        await Quick().wait_first(Log().hand_over(fails=True), Log().begin())
    waiting = asyncio.create_task(_wait_first(Log().hand_over(ready, fails=True)))
    await asyncio.sleep(0)
    ready.set_result("now")
    with pytest.raises(ArithmeticError):
        await waiting


@asynchronous
async def test_what_waits_goes_on_where_it_was() -> None:
    log, (first, second) = Log(), futures(2)
    waiting = asyncio.create_task(_wait_first(log.hand_over(first, second)))
    for each, said in ((first, "one"), (second, "two")):
        await asyncio.sleep(0)
        each.set_result(said)
    assert (await waiting).results == ["handed over"]
    assert log.lines == ["one", "two"]


@asynchronous
async def test_what_waits_is_told_of_a_fault_of_what_it_waits_for() -> None:
    log, [broken] = Log(), futures(1)
    waiting = asyncio.create_task(_wait_first(log.hand_over(broken)))
    await asyncio.sleep(0)
    broken.set_exception(ArithmeticError())
    with pytest.raises(ArithmeticError):
        await waiting
    assert log.lines == ["ArithmeticError"]


@asynchronous
async def test_what_waits_is_let_go_when_the_other_is_first() -> None:
    log, [never] = Log(), futures(1)
    await Quick().wait_first(log.hand_over(never), log.begin())
    await asyncio.sleep(0)
    assert log.lines == ["begun", "CancelledError"]


@asynchronous
async def test_what_waits_is_cancelled_with_who_waits() -> None:
    log, [never] = Log(), futures(1)
    waiting = asyncio.create_task(_wait_first(log.hand_over(never)))
    await asyncio.sleep(0)
    waiting.cancel()
    await asyncio.wait([waiting])
    await asyncio.sleep(0)
    assert log.lines == ["CancelledError"]


@asynchronous
async def test_what_is_no_pair_is_waited_for_as_ever() -> None:
    ready = asyncio.Event()
    ready.set()
    done: list[Any] = (await Quick().wait_first(ready)).done
    assert done == [ready]


async def _wait_first(first: Any) -> Any:
    return await Quick().wait_first(first, asyncio.Event().wait())

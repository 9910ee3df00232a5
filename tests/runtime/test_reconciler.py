"""What the carrier did not bring is found in the source's own log."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import NamedTuple

import pytest

from services.kernel.errors import CorruptHistory
from services.runtime.bus.local import Listener
from services.runtime.metrics import Lag
from services.runtime.reactor import notices
from services.runtime.reconciler import Reconciler
from services.runtime.service import load
from services.runtime.store import Parked, Row
from tests.asynchronous import asynchronous
from tests.runtime.story import (
    ADOPT_NOTICE,
    answers,
    listening,
    publish,
    register,
    rows,
    tell,
)

NONE, EVER = 0.0, 3_600.0
NOTHING = Lag(0, 0.0, 0.0, 0)


class Watched(NamedTuple):
    """Evaluation, and incentive that is looked after with this patience."""

    evaluation: Listener
    incentive: Listener
    reconciler: Reconciler

    async def carry(self, *chosen: Row) -> None:
        reactor, source = self.incentive.reactor, self.evaluation.store
        await reactor.hear_carried("evaluation", source, (), list(notices(chosen)))

    async def cursor(self) -> int:
        return await self.incentive.store.cursor("evaluation")


@asynccontextmanager
async def watched(folder: Path, patience: float = EVER) -> AsyncIterator[Watched]:
    async with (
        listening(load("evaluation"), folder) as evaluation,
        listening(load("incentive"), folder) as incentive,
    ):
        await tell(evaluation, ADOPT_NOTICE, register("xiangtan"), register("tongling"))
        await tell(evaluation, publish("xiangtan"))
        await tell(evaluation, publish("tongling"))
        store = incentive.store
        sources = {"evaluation": evaluation.store}
        looks = Reconciler("evaluation", sources, store, incentive.reactor, patience)
        yield Watched(evaluation, incentive, looks)


@asynchronous
async def test_when_all_was_carried_the_cursor_is_at_the_end_and_nothing_lags(
    tmp_path: Path,
) -> None:
    async with watched(tmp_path) as told:
        log = await rows(told.evaluation)
        await told.carry(*log)
        assert await told.cursor() == 0
        assert await told.reconciler.look() == NOTHING
        assert await told.cursor() == len(log)


@asynchronous
async def test_the_cursor_stands_before_the_first_event_that_was_not_heard(
    tmp_path: Path,
) -> None:
    async with watched(tmp_path) as told:
        log = await rows(told.evaluation)
        await told.carry(*log[:3], log[4])
        lag = await told.reconciler.look()
        assert await told.cursor() == 3
        assert lag[0] == len(log) - 3
        assert lag[1] == lag.oldest_undecided_seconds > 0
        assert lag.parked_streams == 0
        assert len(await answers(told.incentive)) == 2  # It may still come.


@asynchronous
async def test_what_is_not_carried_for_a_while_is_heard_from_the_log(tmp_path: Path) -> None:
    async with watched(tmp_path, NONE) as told:
        log = await rows(told.evaluation)
        await told.carry(*log[:3], log[4])
        await told.reconciler.look()  # It is missed,
        await told.reconciler.look()  # and it is still missed.
        assert await told.reconciler.look() == NOTHING
        assert len(await answers(told.incentive)) == 3
        assert len(set(await answers(told.incentive))) == 3


@asynchronous
async def test_what_comes_while_it_is_missed_is_not_heard_twice(tmp_path: Path) -> None:
    async with watched(tmp_path, NONE) as told:
        await told.reconciler.look()
        await told.carry(*await rows(told.evaluation))
        assert await told.reconciler.look() == NOTHING
        assert len(await answers(told.incentive)) == 3


@asynchronous
async def test_a_stream_that_is_known_to_wait_is_not_missed(tmp_path: Path) -> None:
    async with watched(tmp_path) as told:
        log = await rows(told.evaluation)
        await told.carry(*log[:1], *log[2:3], log[4])
        await told.carry(log[3])  # Its unit was never registered here, so it waits.
        [parked] = await told.incentive.store.parked()
        assert parked == Parked("evaluation", "unit-xiangtan", 0, parked.reason, 2)
        lag = await told.reconciler.look()
        assert lag[:2] == (0, 0.0)
        assert lag.parked_streams == 1
        assert lag.oldest_undecided_seconds > 0
        assert await told.cursor() == len(log)


@asynchronous
async def test_a_source_that_forgot_what_was_answered_is_not_heard_any_more(
    tmp_path: Path,
) -> None:
    async with watched(tmp_path) as told:
        await told.carry(*await rows(told.evaluation))
        await told.reconciler.look()
        # It was restored from an older copy, and has grown beyond what was heard since.
        async with listening(load("evaluation"), tmp_path / "restored") as restored:
            units = [f"unit{number}" for number in range(10)]
            await tell(restored, ADOPT_NOTICE, *(register(unit) for unit in units))
            sources = {"evaluation": restored.store}
            store, reactor = told.incentive.store, told.incentive.reactor
            again = Reconciler("evaluation", sources, store, reactor, EVER)
            with pytest.raises(CorruptHistory, match="older copy"):
                await again.look()

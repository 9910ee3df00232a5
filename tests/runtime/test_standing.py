"""What a process tells of itself is what it knows now, source by source."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from pathlib import Path

import pytest

from services.runtime import standing
from services.runtime.metrics import Lag
from services.runtime.service import load
from services.runtime.settings import Settings
from services.runtime.standing import Standing
from services.runtime.store.sqlite import SqliteStore
from tests.asynchronous import asynchronous
from tests.runtime.test_metrics import told

HEARS_TWO = replace(load("incentive"), listens_to=("evaluation", "financing"))
WEDGED, WELL = Lag(3, 90.0, 90.0, 0), Lag(0, 0.0, 0.0, 0)
OLD, NEW = 100.0, 130.5


class Clock:
    """What the standing reads as its clock."""

    now = OLD

    def monotonic(self) -> float:
        return self.now


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    clock = Clock()
    monkeypatch.setattr(standing, "time", clock)
    return clock


@asynccontextmanager
async def of_a_worker(folder: Path) -> AsyncIterator[Standing]:
    store = SqliteStore(folder / "incentive.sqlite")
    try:
        yield Standing(HEARS_TWO, store, Settings())
    finally:
        await store.close()


async def not_well(worker: Standing) -> dict[str, str]:
    findings = await worker.health(is_worker=True).examine()
    return {each.name: each.why for each in findings if each.why}


@asynchronous
async def test_the_lag_of_a_source_that_is_not_reached_any_more_is_not_told(
    tmp_path: Path, clock: Clock
) -> None:
    async with of_a_worker(tmp_path) as worker:
        worker.looked("evaluation", WEDGED)
        assert told(await worker.scrape())["chain_wedged"] == 1
        clock.now = NEW
        worker.looked("financing", WELL)
        said = told(await worker.scrape())
    assert "lag_seconds{source=evaluation}" not in said
    assert said["lag_seconds{source=financing}"] == 0
    assert said["chain_wedged"] == 0


@asynchronous
async def test_whether_the_chain_moves_is_not_told_while_no_source_is_reached(
    tmp_path: Path, clock: Clock
) -> None:
    async with of_a_worker(tmp_path) as worker:
        worker.looked("evaluation", WELL)
        clock.now = NEW
        assert "chain_wedged" not in told(await worker.scrape())


@asynchronous
async def test_a_source_that_was_not_compared_for_long_is_named(
    tmp_path: Path, clock: Clock
) -> None:
    async with of_a_worker(tmp_path) as worker:
        assert await not_well(worker) == {}
        clock.now = NEW
        worker.looked("financing", WELL)
        assert await not_well(worker) == {
            "compared": "what was heard was not compared with evaluation for 30 s"
        }

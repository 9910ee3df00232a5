"""Another service's log reads behind gRPC as it reads on the spot."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import NamedTuple

import grpc.aio
import pytest

from services.kernel.errors import Unavailable
from services.runtime import remote_log, tls
from services.runtime.embedded import serving
from services.runtime.folder import log_file
from services.runtime.remote_log import RemoteLog
from services.runtime.service import load
from services.runtime.store import Log
from services.runtime.store.sqlite import SqliteStore
from tests.asynchronous import asynchronous
from tests.runtime.logs import decision
from tests.runtime.story import ADOPT_NOTICE, GOOD, correct, listening, publish, register, tell
from tests.servers import free_port

UNIT = "unit-xiangtan"


class Both(NamedTuple):
    """A log, on the spot and behind gRPC."""

    here: Log
    there: Log


@asynccontextmanager
async def both(folder: Path, service: str = "incentive") -> AsyncIterator[Both]:
    """The logs of a served folder in which one stream waits."""
    evaluation = load("evaluation")
    async with listening(evaluation, folder) as listener:
        await tell(listener, ADOPT_NOTICE, register("xiangtan"), publish("xiangtan"))
        await tell(listener, correct("xiangtan", GOOD))
        await listener.store.append([decision("unit-nowhere")])  # Nobody knows its event.
    async with (
        serving(folder, "test", "127.0.0.1:0") as (address, _),
        grpc.aio.insecure_channel(address) as channel,
    ):
        here = SqliteStore(log_file(folder, service), read_only=True)
        try:
            yield Both(here, RemoteLog(service, channel))
        finally:
            await here.close()


@asynchronous
async def test_rows_streams_and_frontier_are_the_same_behind_grpc(tmp_path: Path) -> None:
    async with both(tmp_path, "evaluation") as logs:
        rows = await logs.here.read(0, 100)
        assert len(rows) == 5
        assert await logs.there.read(0, 100) == rows
        assert await logs.there.read(1, 2) == rows[1:3]
        for after in range(4):
            assert await logs.there.stream(UNIT, after) == await logs.here.stream(UNIT, after)
        assert await logs.there.frontier() == await logs.here.frontier()


@asynchronous
async def test_what_waits_and_how_far_was_heard_are_the_same_behind_grpc(tmp_path: Path) -> None:
    async with both(tmp_path) as logs:
        parked = await logs.here.parked()
        assert [each.stream for each in parked] == ["unit-nowhere"]
        assert await logs.there.parked() == parked
        cursor = await logs.here.cursor("evaluation")
        assert cursor > 0
        assert await logs.there.cursor("evaluation") == cursor


@asynchronous
async def test_a_decision_is_found_by_its_id_and_one_that_is_not_there_is_none(
    tmp_path: Path,
) -> None:
    async with both(tmp_path, "evaluation") as logs:
        [row, *_] = await logs.here.read(0, 1)
        assert await logs.there.find(row.decision_id) == row
        assert await logs.there.find("nothing") is None


@asynchronous
async def test_a_long_stream_comes_page_by_page_and_whole(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(remote_log, "_PAGE", 1)
    async with both(tmp_path, "evaluation") as logs:
        rows = await logs.here.stream(UNIT)
        assert len(rows) == 3
        assert await logs.there.stream(UNIT) == rows


@asynchronous
async def test_a_log_that_cannot_be_reached_is_unavailable_and_named() -> None:
    async with tls.aio_channel(f"127.0.0.1:{free_port()}", None) as channel:
        away = RemoteLog("evaluation", channel)
        for asked in (away.read(0, 1), away.frontier(), away.find("any"), away.parked()):
            with pytest.raises(Unavailable, match="the log of evaluation cannot be read"):
                await asked

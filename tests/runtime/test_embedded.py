"""A folder is served as a whole: where events cannot be carried any more, serving ends, loudly."""

import asyncio
from pathlib import Path

import pytest

from services.kernel.errors import CorruptHistory
from services.runtime.bus.local import LocalBus
from services.runtime.embedded import serving
from tests.asynchronous import asynchronous


@asynchronous
async def test_a_bus_that_cannot_go_on_ends_the_serving_with_its_reason(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def run(_: LocalBus) -> None:
        raise CorruptHistory("a log says what no log can say")

    monkeypatch.setattr(LocalBus, "run", run)
    with pytest.raises(CorruptHistory, match="no log can say"):
        async with serving(tmp_path, "test", "127.0.0.1:0"):
            await asyncio.sleep(30)


@asynchronous
async def test_what_goes_wrong_in_the_block_comes_out_as_it_is(tmp_path: Path) -> None:
    with pytest.raises(LookupError):
        async with serving(tmp_path, "test", "127.0.0.1:0"):
            raise LookupError

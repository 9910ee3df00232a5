"""A ledger reads its log on for all who ask it, whatever becomes of the call that reads."""

import asyncio
from pathlib import Path

import pytest

from services.kernel.errors import Unavailable
from services.kernel.merkle import Frontier
from services.runtime.bus.local import LocalBus
from services.runtime.handler import Handler, request
from services.runtime.ledger import Ledger
from services.runtime.service import load
from services.runtime.store.sqlite import SqliteStore
from tests.asynchronous import asynchronous
from tests.runtime.story import register


class Unsealed(SqliteStore):
    """A log whose checkpoints cannot be read."""

    async def checkpoint(self) -> tuple[Frontier, str] | None:
        raise Unavailable("the checkpoints cannot be read")


@asynchronous
async def test_who_waits_for_more_is_told_of_it_also_where_the_call_that_read_it_fails(
    tmp_path: Path,
) -> None:
    service, store = load("evaluation"), Unsealed(tmp_path / "evaluation.sqlite")
    handler = Handler(service, store)
    ledger = Ledger(service, store, handler, LocalBus({}))
    waiting = asyncio.create_task(ledger.grown.wait())
    await handler.handle([request(register("xiangtan"), "test")])
    with pytest.raises(Unavailable):
        await ledger.catch_up()
    await waiting
    assert ledger.position == 1
    await store.close()

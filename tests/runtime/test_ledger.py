"""A ledger reads its log on for all who ask it, whatever becomes of the call that reads."""

import asyncio
from pathlib import Path
from typing import Any

import pytest

from services.kernel.errors import CorruptHistory, Unavailable
from services.kernel.merkle import Frontier
from services.runtime.bus.local import LocalBus
from services.runtime.event_api import EventApi
from services.runtime.handler import Handler, request
from services.runtime.ledger import Ledger
from services.runtime.service import load
from services.runtime.store import Row
from services.runtime.store.sqlite import SqliteStore
from tests.asynchronous import asynchronous
from tests.runtime.story import register
from zoneledger.ledger.v1.event_service_pb2 import WatchEventsRequest


class Unsealed(SqliteStore):
    """A log whose checkpoints cannot be read."""

    async def checkpoint(self) -> tuple[Frontier, str] | None:
        raise Unavailable("the checkpoints cannot be read")


class Damaged(SqliteStore):
    """A log that can be read for as long as it is whole."""

    is_whole = True

    async def read(self, after: int, limit: int) -> list[Row]:
        if not self.is_whole:
            raise CorruptHistory("the log makes no sense")
        return await super().read(after, limit)


@asynchronous
async def test_who_watches_a_log_that_cannot_be_read_any_more_is_told_so_and_may_come_again(
    tmp_path: Path,
) -> None:
    service, store = load("evaluation"), Damaged(tmp_path / "evaluation.sqlite")
    handler = Handler(service, store)
    ledger = Ledger(service, store, handler, LocalBus({}))
    api = EventApi({"evaluation": ledger}, asyncio.Event())
    context: Any = None
    watching = api.WatchEvents(WatchEventsRequest(service="evaluation"), context)
    told = asyncio.ensure_future(anext(watching))
    await asyncio.sleep(0)
    await handler.handle([request(register("xiangtan"), "test")])
    store.is_whole = False
    with pytest.raises(CorruptHistory):
        await told
    store.is_whole = True
    again: Any = api.WatchEvents(WatchEventsRequest(service="evaluation"), context)
    assert (await anext(again)).position == 1
    await again.aclose()
    await store.close()


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

"""The bus inside one process: every service reads its neighbours' logs where it left off.

Nothing is copied and nothing is queued: what is still to be heard is what lies behind the cursor in
the neighbour's log. After a crash the cursors are where the last append left them.
"""

import asyncio
import logging
from collections.abc import Mapping
from typing import NamedTuple

from services.kernel.errors import Unavailable
from services.runtime.handler import Handler
from services.runtime.reactor import Reactor
from services.runtime.service import Service
from services.runtime.store import Store

_ROWS_AT_ONCE = 500
_PAUSE_SECONDS = 1.0

_log = logging.getLogger(__name__)


class Listener(NamedTuple):
    """A service that hears on this bus."""

    service: Service
    store: Store
    handler: Handler
    reactor: Reactor


class LocalBus:
    """Carries between the services of one process."""

    def __init__(self, listeners: Mapping[str, Listener]) -> None:
        self._listeners = listeners
        self._stores = {name: listener.store for name, listener in listeners.items()}
        self._turn = asyncio.Lock()
        self._news = asyncio.Event()
        self._settled: list[int | None] = []

    def wake(self) -> None:
        self._news.set()

    async def settle(self) -> None:
        if self._pulses() == self._settled:
            return
        async with self._turn:
            pulses = self._pulses()  # Before the round that finds nothing: none is overlooked.
            while await self._round():
                pulses = self._pulses()
            self._settled = pulses if None not in pulses else []

    async def run(self) -> None:
        """Carry whenever there is news, until cancelled."""
        while True:
            await self._news.wait()
            self._news.clear()
            try:
                await self.settle()
            except Unavailable as fault:
                _log.error("events wait: %s", fault)
                await asyncio.sleep(_PAUSE_SECONDS)
                self._news.set()

    async def retry_parked(self) -> int:
        """Try every parked stream again; how many of them go on now."""
        async with self._turn:
            return sum(
                [await each.reactor.retry_parked(self._stores) for each in self._listeners.values()]
            )

    def _pulses(self) -> list[int | None]:
        return [store.pulse() for store in self._stores.values()]

    async def _round(self) -> bool:
        """Let every service hear its next rows; whether there were any."""
        moved = False
        for listener in self._listeners.values():
            for source in listener.service.listens_to:
                cursor = await listener.store.cursor(source)
                rows = await self._stores[source].read(cursor, _ROWS_AT_ONCE)
                if rows:
                    await listener.reactor.hear(source, rows)
                    moved = True
        return moved

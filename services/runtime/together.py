"""Does for many at once what all of them want done now.

Whoever comes while it is being done waits for the next time, which all who wait share: what it
finds is what was there when they came, or newer.
"""

import asyncio
from collections.abc import Awaitable, Callable


class Together:
    """Shares runs of `do`, which takes nothing and answers nothing."""

    def __init__(self, do: Callable[[], Awaitable[None]]) -> None:
        self._do = do
        self._is_running = False
        self._waiting: list[asyncio.Future[None]] = []
        self._next: asyncio.Task[None] | None = None

    async def run(self) -> None:
        """Return when a run that began after this call has ended; raises what it raised."""
        if self._is_running:
            mine = asyncio.get_running_loop().create_future()
            self._waiting.append(mine)
            await mine
            return
        self._is_running = True
        try:
            await self._do()
        finally:
            self._is_running = False
            self._go_on()

    def _go_on(self) -> None:
        if self._waiting:
            self._is_running = True
            self._next = asyncio.create_task(self._run_for_waiting())

    async def _run_for_waiting(self) -> None:
        waiting, self._waiting = self._waiting, []
        fault: Exception | None = None
        try:
            await self._do()
        except Exception as error:  # noqa: BLE001  # Each of them is told.
            fault = error
        for each in waiting:
            if each.done():
                continue  # Its caller went away.
            if fault is None:
                each.set_result(None)
            else:
                each.set_exception(fault)
        self._is_running = False
        self._go_on()

"""Moves a data folder into PostgreSQL: the same decisions, the same bytes, the same roots.

Nobody decides anything in the folder meanwhile: what came behind the copy would be left behind.
"""

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import AsyncExitStack
from pathlib import Path

from services.cli import output
from services.kernel.errors import Unavailable
from services.runtime.folder import has_data, held, log_file
from services.runtime.service import SERVICES
from services.runtime.store import Row
from services.runtime.store.postgres_copy import copy_log
from services.runtime.store.sqlite import SqliteStore

_ROWS_AT_ONCE = 2_000


def move_in(folder: Path, admin: str) -> dict[str, bool]:
    """Copy each log of the folder; which of them were not there before.

    `FolderInUse` where another process holds the folder.
    """
    if not has_data(folder):
        raise Unavailable(f"there is no data in {folder}; name a folder that holds some")
    return asyncio.run(_move_in(folder, admin))


async def _move_in(folder: Path, admin: str) -> dict[str, bool]:
    moved = {}
    async with AsyncExitStack() as stack:
        stack.enter_context(held(folder, "zoneledger move-in"))
        # Whoever listens first, so that no log has heard more than the one it heard holds.
        for service in reversed(SERVICES):
            store = SqliteStore(log_file(folder, service), read_only=True)
            stack.push_async_callback(store.close)
            frontier = await store.frontier()
            pages = _pages(store, service, frontier.size)
            moved[service] = await copy_log(admin, service, pages, frontier, await store.inboxes())
    return moved


async def _pages(store: SqliteStore, service: str, total: int) -> AsyncIterator[Sequence[Row]]:
    with output.progress() as bars:
        bar = bars.add_task(service, total=total)
        position = 0
        while rows := await store.read(position, _ROWS_AT_ONCE):
            yield rows
            position = rows[-1].position
            bars.update(bar, completed=position)

"""Holds what was heard of a source against the source's own log, without the carrier.

It says how far behind the service is, moves the cursor to where everything was heard or is known to
wait, and reads from the source what the carrier does not bring: an event that stays unheard for a
while although the service is at work is heard straight from the log.
"""

import time
from typing import NamedTuple

from services.runtime.reactor import Notice, Reactor, notices
from services.runtime.store import Inbox, Log, Row, Store

_ROWS_AT_ONCE = 1_000
_SECOND = 10**9


class Lag(NamedTuple):
    """How far behind a service is with one source."""

    decisions: int
    oldest_seconds: float
    was_mended: bool = False


class Reconciler:
    """Looks after one source of a service."""

    def __init__(
        self, source: str, log: Log, store: Store, reactor: Reactor, patience_seconds: float
    ) -> None:
        self._source, self._log, self._store, self._reactor = source, log, store, reactor
        self._patience = patience_seconds
        self._stuck_at, self._since = "", 0.0

    async def look(self) -> Lag:
        """Compare once; `Unavailable` while the source or the store cannot be reached."""
        end = (await self._log.frontier()).size
        cursor = await self._store.cursor(self._source)
        while rows := await self._log.read(cursor, _ROWS_AT_ONCE):
            open_at, first = await self._first_open(rows)
            if open_at:
                cursor = rows[open_at - 1].position
                await self._store.append([], Inbox(self._source, cursor))
            if first is not None:
                return await self._behind(end - cursor, first, rows[open_at:])
        self._stuck_at = ""
        return Lag(0, 0.0)

    async def _first_open(self, rows: list[Row]) -> tuple[int, Notice | None]:
        """How many of `rows` are done with, and the first event that is not."""
        told = list(notices(rows))
        names = list({notice.stream for notice in told})
        done = await self._store.heard(self._source, names)
        for parked in await self._store.parked():
            if parked.source == self._source:
                done[parked.stream] = max(done.get(parked.stream, 0), parked.until)
        for notice in told:
            if notice.version > done.get(notice.stream, 0):
                return notice.position - rows[0].position, notice
        return len(rows), None

    async def _behind(self, decisions: int, first: Notice, rows: list[Row]) -> Lag:
        if first.event_id != self._stuck_at:
            self._stuck_at, self._since = first.event_id, time.monotonic()
        is_stuck = time.monotonic() - self._since > self._patience
        if is_stuck:
            await self._reactor.hear(self._source, rows)
            self._stuck_at = ""
        age = (time.time_ns() - first.recorded_ns) / _SECOND
        return Lag(decisions, max(0.0, age), is_stuck)

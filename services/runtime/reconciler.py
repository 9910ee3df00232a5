"""Holds what was heard of a source against the source's own log, without the carrier.

It says how far behind the service is, moves the cursor to where everything was heard or is known to
wait, and reads from the source what the carrier does not bring: an event that stays unheard for a
while although the service is at work is heard straight from the log.
"""

import logging
import time
from collections.abc import Mapping, Sequence

from services.kernel.errors import CorruptHistory
from services.runtime.metrics import Lag
from services.runtime.reactor import Notice, Reactor, notices
from services.runtime.store import Inbox, Log, Parked, Row, Store
from zoneledger.ledger.v1.decision_pb2 import Decision

_ROWS_AT_ONCE = 1_000
_LOOKED_AT = 20
_CAUSES = 20
_SECOND = 10**9

_log = logging.getLogger(__name__)


class Reconciler:
    """Looks after one source of a service."""

    def __init__(
        self,
        source: str,
        sources: Mapping[str, Log],
        store: Store,
        reactor: Reactor,
        patience_seconds: float,
    ) -> None:
        self._source, self._log, self._sources = source, sources[source], sources
        self._store, self._reactor = store, reactor
        self._patience = patience_seconds
        self._stuck_at, self._since = "", 0.0
        self._checked = -1

    async def look(self) -> Lag:
        """Compare once; `Unavailable` while the source or the store cannot be reached.

        `CorruptHistory` where the source has forgotten what was heard of it: nothing that it says
        from then on can be trusted to be the same story.
        """
        end = (await self._log.frontier()).size
        cursor = await self._store.cursor(self._source)
        await self._check_story(cursor, end)
        parked = [each for each in await self._store.parked() if each.source == self._source]
        first: Notice | None = None
        while first is None and (rows := await self._log.read(cursor, _ROWS_AT_ONCE)):
            done, first = await self._first_open(rows, parked)
            if done:
                cursor = rows[done - 1].position
                await self._store.append([], Inbox(self._source, cursor))
            if first is not None:
                await self._hear_what_never_comes(first, rows[done:])
        unheard = max(_age_seconds(first), time.monotonic() - self._since) if first else 0.0
        waiting = [unheard, *[await self._age_of(each) for each in parked[:_LOOKED_AT]]]
        return Lag(max(0, end - cursor), unheard, max(waiting), len(parked))

    async def _check_story(self, cursor: int, end: int) -> None:
        """The source must still hold what was answered: the causes of our latest decisions."""
        size = (await self._store.frontier()).size
        if size != self._checked:
            latest = await self._store.read(max(0, size - _CAUSES), _CAUSES)
            for row in reversed(latest):
                cause = Decision.FromString(row.data).causation_id.rpartition(".")[0]
                if cause and not any([await log.find(cause) for log in self._sources.values()]):
                    end = -1
            self._checked = size
        if cursor > end:
            raise CorruptHistory(
                f"the log of {self._source} is not the one that was heard up to {cursor}; was it"
                " restored from an older copy? Nothing it says is answered before somebody decides"
            )

    async def _age_of(self, parked: Parked) -> float:
        """How long the event behind which a stream waits has been without an answer."""
        for notice in notices(await self._log.stream(parked.stream, parked.version)):
            if notice.version > parked.version:
                return _age_seconds(notice)
        return 0.0

    async def _first_open(
        self, rows: Sequence[Row], parked: Sequence[Parked]
    ) -> tuple[int, Notice | None]:
        """How many of `rows` are done with, and the first event that is not."""
        told = list(notices(rows))
        done = await self._store.heard(self._source, list({notice.stream for notice in told}))
        for each in parked:
            done[each.stream] = max(done.get(each.stream, 0), each.until)
        for notice in told:
            if notice.version > done.get(notice.stream, 0):
                return notice.position - rows[0].position, notice
        return len(rows), None

    async def _hear_what_never_comes(self, first: Notice, rows: Sequence[Row]) -> None:
        if first.event_id != self._stuck_at:
            self._stuck_at, self._since = first.event_id, time.monotonic()
        elif time.monotonic() - self._since > self._patience:
            _log.warning(
                "event %s of %s did not come; it is read from the log",
                first.event_id,
                self._source,
            )
            await self._reactor.hear(self._source, rows)


def _age_seconds(notice: Notice) -> float:
    return max(0.0, (time.time_ns() - notice.recorded_ns) / _SECOND)

"""Where a process of one service stands: what its probes, Prometheus and people are told.

A chain is wedged when something was published and nothing followed from it in the promised time: it
was not heard, or it waits with its stream.
"""

import time

from services.kernel.errors import Unavailable
from services.runtime import metrics
from services.runtime.health import Check, Health, Kind, chain_moves
from services.runtime.metrics import Lag, Metrics, Reading
from services.runtime.relay import Progress
from services.runtime.service import Service
from services.runtime.settings import Settings
from services.runtime.store import Store

_LOOK_IS_OLD_SECONDS = 30.0


class Standing:
    """What the parts of a process tell of themselves, put together."""

    def __init__(self, service: Service, store: Store, settings: Settings) -> None:
        self.metrics: Metrics = metrics.fresh(service.listens_to)
        self._service, self._store = service, store
        self._promised = settings.promised_seconds
        self._relay: Progress | None = None
        self._lags: dict[str, Lag] = {}
        self._looked_at = dict.fromkeys(service.listens_to, time.monotonic())
        self._sealed_at: float | None = None

    def health(self, *, is_worker: bool) -> Health:
        """The checks of an api or of a worker."""
        checks = [
            Check("database", Kind.READY, self._reaches_database),
            Check("parked", Kind.DEGRADED, self._parks_nothing),
        ]
        if is_worker:
            checks.append(chain_moves(self._promised, self._oldest))
            checks.append(Check("broker", Kind.DEGRADED, self._sends))
            checks.append(Check("compared", Kind.DEGRADED, self._looks))
        return Health(*checks)

    def relayed(self, progress: Progress) -> None:
        """What the relay says."""
        self._relay = progress

    def looked(self, source: str, lag: Lag) -> None:
        """What a comparison with a source's own log came to."""
        self._lags[source], self._looked_at[source] = lag, time.monotonic()

    def sealed(self) -> None:
        """The log is signed as it is now."""
        self._sealed_at = time.monotonic()

    async def scrape(self) -> bytes:
        """What Prometheus gets."""
        return await metrics.scrape(self.metrics, self._read)

    async def _read(self) -> Reading:
        return Reading(
            log_position=(await self._store.frontier()).size,
            relayed_position=self._relay.position if self._relay else None,
            relay_active=self._relay.is_active if self._relay else None,
            checkpoint_age_seconds=time.monotonic() - self._sealed_at if self._sealed_at else None,
            chain_wedged=await self._oldest() > self._promised if self._known() else None,
            sources=self._known(),
        )

    async def _reaches_database(self) -> str:
        try:
            await self._store.frontier()
        except Unavailable as fault:
            return str(fault)
        return ""

    async def _parks_nothing(self) -> str:
        parked = await self._store.parked()
        if not parked:
            return ""
        return (
            f"{len(parked)} streams wait, such as {parked[0].stream}; see: zoneledger parked list"
        )

    async def _sends(self) -> str:
        return self._relay.waits_for if self._relay else ""

    async def _looks(self) -> str:
        old = [
            f"{source} for {seconds:.0f} s"
            for source in self._service.listens_to
            if (seconds := self._seconds_since(source)) > _LOOK_IS_OLD_SECONDS
        ]
        return f"what was heard was not compared with {', '.join(old)}" if old else ""

    async def _oldest(self) -> float:
        return max((lag.oldest_undecided_seconds for lag in self._known().values()), default=0.0)

    def _known(self) -> dict[str, Lag]:
        """The lags that were seen just now; what was true of a source long ago is not told."""
        return {
            source: lag
            for source, lag in self._lags.items()
            if self._seconds_since(source) <= _LOOK_IS_OLD_SECONDS
        }

    def _seconds_since(self, source: str) -> float:
        return time.monotonic() - self._looked_at[source]

"""What Prometheus is told of a process: every name is here, and nowhere else.

What happens is counted while it happens. What stands is read when Prometheus asks, and what a
process does not know it does not tell: a figure that is missing can be alerted on, a zero that
nobody measured cannot. Times are seconds, positions are places in a log.
"""

import asyncio
import logging
from collections.abc import Awaitable, Callable, Iterable, Iterator, Mapping
from enum import StrEnum
from types import MappingProxyType
from typing import NamedTuple

from prometheus_client import CollectorRegistry, Counter, Histogram, ProcessCollector
from prometheus_client.exposition import CONTENT_TYPE_LATEST, generate_latest
from prometheus_client.metrics_core import GaugeMetricFamily, Metric
from prometheus_client.registry import Collector

CONTENT_TYPE = CONTENT_TYPE_LATEST

# From a read of one state to the import of a round.
_BUCKETS = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0)
_LONGEST_READING_SECONDS = 5.0  # Prometheus itself waits ten.

_OF_A_SOURCE = {
    "lag_events": "Events of the source that were not heard yet",
    "lag_seconds": "Age of the oldest event of the source that was not heard yet",
    "oldest_undecided_seconds": "Age of the oldest event of the source that nothing followed from",
    "parked_streams": "Streams of the source that wait because an event has no answer",
}
_OF_THE_PROCESS = {
    "log_position": "Last position of the service's own log",
    "relayed_position": "Position up to which the log is known to be in Kafka",
    "relay_active": "1 where this process is the one that relays",
    "checkpoint_age_seconds": "Time since the log was last signed, or found to be as signed",
    "chain_wedged": "1 while something waits longer than was promised",
}

_log = logging.getLogger(__name__)


class Outcome(StrEnum):
    """What became of a command."""

    RECORDED = "recorded"
    UNCHANGED = "unchanged"
    REFUSED = "refused"
    FAILED = "failed"


class Lag(NamedTuple):
    """How far a service is behind one of its sources."""

    lag_events: int
    lag_seconds: float
    oldest_undecided_seconds: float
    parked_streams: int


class Reading(NamedTuple):
    """Where a process stands at one moment; None is what it does not know."""

    log_position: int | None = None
    relayed_position: int | None = None
    relay_active: bool | None = None
    checkpoint_age_seconds: float | None = None
    chain_wedged: bool | None = None
    sources: Mapping[str, Lag] = MappingProxyType({})


class Metrics(NamedTuple):
    """What is counted; made once for a process, and afresh for each test."""

    registry: CollectorRegistry
    heard: Counter
    commands: Counter
    rpc_seconds: Histogram


def fresh(sources: Iterable[str] = ()) -> Metrics:
    """Everything at zero, for a service that hears `sources`."""
    registry = CollectorRegistry()
    ProcessCollector(registry=registry)  # Memory, processor time and open files.
    metrics = Metrics(
        registry,
        Counter("zoneledger_heard", "Events heard", ["source"], registry=registry),
        Counter("zoneledger_commands", "Commands answered", ["outcome"], registry=registry),
        Histogram(
            "zoneledger_rpc_seconds",
            "Time from a call to its end",
            ["method", "code"],
            buckets=_BUCKETS,
            registry=registry,
        ),
    )
    # A series that begins at one has no rise that a rate could see.
    for source in sources:
        metrics.heard.labels(source)
    for outcome in Outcome:
        metrics.commands.labels(outcome)
    return metrics


async def scrape(metrics: Metrics, read: Callable[[], Awaitable[Reading]]) -> bytes:
    """What Prometheus gets now; without the reading where it cannot be had."""
    try:
        async with asyncio.timeout(_LONGEST_READING_SECONDS):
            reading = await read()
    except Exception:  # noqa: BLE001  # Whatever it is, the counts are still true, and are told.
        _log.warning("cannot read where this process stands", exc_info=True)
        reading = Reading()
    return exposition(metrics, reading)


def exposition(metrics: Metrics, reading: Reading) -> bytes:
    """The counts and a reading, in the text format of Prometheus."""
    return generate_latest(_Both(metrics.registry, reading))


class _Both(Collector):
    """Seen by one scrape only, so that two at once do not mix their readings."""

    def __init__(self, registry: CollectorRegistry, reading: Reading) -> None:
        self._registry, self._reading = registry, reading

    def collect(self) -> Iterator[Metric]:
        yield from self._registry.collect()
        yield from _gauges(self._reading)


def _gauges(reading: Reading) -> Iterator[Metric]:
    for name, what in _OF_THE_PROCESS.items():
        value = getattr(reading, name)
        if value is not None:
            yield GaugeMetricFamily(f"zoneledger_{name}", what, value=value)
    for name, what in _OF_A_SOURCE.items():
        gauge = GaugeMetricFamily(f"zoneledger_{name}", what, labels=["source"])
        for source, lag in reading.sources.items():
            gauge.add_metric([source], getattr(lag, name))
        yield gauge

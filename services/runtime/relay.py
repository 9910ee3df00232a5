"""Moves a service's log to its topic, in order, each event at least once.

The place is moved on only after the broker has confirmed every event before it, so a kill between
any two lines repeats events and loses none; whoever hears them drops repeats. After any failure the
producer is thrown away: one that failed may have lost what it held, and never says so again.
"""

import logging
from collections.abc import Callable, Mapping, Sequence
from threading import Event
from typing import Any, NamedTuple

from kafka import KafkaProducer
from kafka.errors import KafkaError

from services.runtime.bus.envelope import Letter, letters
from services.runtime.service import Service
from services.runtime.store.postgres_outbox import Outbox, outbox

_ROWS_AT_ONCE = 500
_IDLE_SECONDS = 1.0
_PAUSE_SECONDS = 1.0
_DELIVERY_MS = 30_000

# In order and without repeats as far as one producer can say; small batches go out at once.
PRODUCER: Mapping[str, Any] = {
    "acks": "all",
    "enable_idempotence": True,
    "max_in_flight_requests_per_connection": 5,
    "delivery_timeout_ms": _DELIVERY_MS,
    "request_timeout_ms": 10_000,
    "max_block_ms": 10_000,
    "linger_ms": 5,
    "batch_size": 65_536,
    "allow_auto_create_topics": False,
}

_log = logging.getLogger(__name__)


class Progress(NamedTuple):
    """Whether this relay has the turn, up to where everything was sent, and why no further."""

    is_active: bool
    position: int
    waits_for: str = ""


class Route(NamedTuple):
    """From which log to which topic."""

    service: Service
    conninfo: str
    brokers: str
    topic: str


def relay(route: Route, stop: Event, tell: Callable[[Progress], None] = lambda _: None) -> None:
    """Relay until told to stop; `Unavailable` when the database goes away."""
    with outbox(route.conninfo, route.service.name) as own:
        while not own.take_turn():
            tell(Progress(is_active=False, position=own.place()))
            if stop.wait(_IDLE_SECONDS):
                return
        sender = _Sender(route.topic, route.brokers)
        try:
            while not stop.is_set():
                tell(Progress(is_active=True, position=own.place(), waits_for=sender.fault))
                if not _step(route.service, own, sender, stop):
                    own.wait(_IDLE_SECONDS)
        finally:
            sender.close()


def _step(service: Service, own: Outbox, sender: "_Sender", stop: Event) -> bool:
    """Send the next rows and move the place; whether there were any."""
    place = own.place()
    rows = own.rows(place, _ROWS_AT_ONCE)
    if rows and sender.send(list(letters(service, rows))):
        own.move(place, rows[-1].position)
    elif rows:
        stop.wait(_PAUSE_SECONDS)
    return bool(rows)


class _Sender:
    """A producer, and a new one after any failure."""

    def __init__(self, topic: str, brokers: str) -> None:
        self._topic, self._brokers = topic, brokers
        self._producer: Any = None
        self.fault = ""

    def send(self, batch: Sequence[Letter]) -> bool:
        """Whether the broker confirmed all of `batch`."""
        try:
            if self._producer is None:
                self._producer = _producer(self._brokers)
            futures = [
                self._producer.send(
                    self._topic, key=letter.key, value=letter.value, headers=letter.headers
                )
                for letter in batch
            ]
            self._producer.flush(2 * _DELIVERY_MS / 1000)
            for future in futures:
                future.get(0)  # Only this tells; flush returns in any case.
        except KafkaError as fault:
            _log.warning("events wait for the broker at %s: %r", self._brokers, fault)
            self.fault = f"the broker at {self._brokers} does not take events: {fault!r}"
            self.close()
            return False
        self.fault = ""
        return True

    def close(self) -> None:
        """Let go of the producer."""
        producer, self._producer = self._producer, None
        if producer is not None:
            producer.close(timeout=5)


def _producer(brokers: str) -> Any:
    return KafkaProducer(bootstrap_servers=brokers.split(","), **PRODUCER)

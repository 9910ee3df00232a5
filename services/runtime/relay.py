"""Moves a service's log to its topic, in order, each event at least once.

The place is moved on only after the broker has confirmed every event before it, so a kill between
any two lines repeats events and loses none; whoever hears them drops repeats. After any failure the
producer is thrown away: one that failed may have lost what it held, and never says so again.
"""

import logging
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from threading import Event
from typing import Any, NamedTuple

from kafka import KafkaProducer
from kafka.errors import KafkaError

from services.kernel.errors import CorruptHistory
from services.runtime.bus.envelope import LARGEST_LETTER, Letter, letters
from services.runtime.bus.security import IN_THE_CLEAR, Security, arguments
from services.runtime.service import Service
from services.runtime.store import Row
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
    "bootstrap_timeout_ms": 10_000,
    "linger_ms": 5,
    "batch_size": 65_536,
    "allow_auto_create_topics": False,
    "max_request_size": LARGEST_LETTER + (64 << 10),
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
    security: Security = IN_THE_CLEAR


def relay(route: Route, stop: Event, tell: Callable[[Progress], None] = lambda _: None) -> None:
    """Relay until told to stop; `Unavailable` when the database goes away."""
    with outbox(route.conninfo, route.service.name) as own:
        while not own.take_turn():
            tell(Progress(is_active=False, position=own.place()))
            if stop.wait(_IDLE_SECONDS):
                return
        sender = _Sender(route)
        try:
            place = own.place()
            while not stop.is_set():
                tell(Progress(is_active=True, position=place, waits_for=sender.fault))
                before = place
                for reached in _going_on(route.service, own, sender, before, stop):
                    place = reached
                    tell(Progress(is_active=True, position=place, waits_for=sender.fault))
                if place == before and not own.wait(_IDLE_SECONDS):
                    place = own.place()  # It may have been set back.
        finally:
            sender.close()


def _going_on(
    service: Service, own: Outbox, sender: "_Sender", place: int, stop: Event
) -> Iterator[int]:
    """Send what lies behind `place`; each place that it was moved to, or the old one on a failure.

    While the broker writes one batch the next is made and handed over, so that neither waits for
    the other; the place still moves batch by batch, as each is confirmed.
    """
    sent = _send(service, own, sender, place)
    while sent is not None:
        is_more = sent.is_full and not stop.is_set()
        following = _send(service, own, sender, sent.position) if is_more else None
        if not sender.confirm(sent.futures, is_last=following is None):
            stop.wait(_PAUSE_SECONDS)
            yield place
            return
        if not own.move(place, sent.position):
            sender.confirm(following.futures if following else [], is_last=True)
            yield own.place()  # Somebody set it back in the meantime.
            return
        place, sent = sent.position, following
        yield place


class _Sent(NamedTuple):
    """What was handed to the producer, up to which position, and whether more may be waiting."""

    futures: Sequence[Any]
    position: int
    is_full: bool


def _send(service: Service, own: Outbox, sender: "_Sender", after: int) -> _Sent | None:
    rows: Sequence[Row] = own.rows(after, _ROWS_AT_ONCE)
    if not rows:
        return None
    if max(len(row.data) for row in rows) > LARGEST_LETTER:
        rows = _before_what_is_too_large(rows)
    return _Sent(sender.send(letters(service, rows)), rows[-1].position, len(rows) == _ROWS_AT_ONCE)


def _before_what_is_too_large(rows: Sequence[Row]) -> Sequence[Row]:
    """The rows before the first that no topic takes; `CorruptHistory` where it is the first."""
    sizes = [len(row.data) for row in rows]
    first = next(index for index, size in enumerate(sizes) if size > LARGEST_LETTER)
    if first == 0:
        raise CorruptHistory(
            f"position {rows[0].position} has {sizes[0]:,} bytes, and a topic takes"
            f" {LARGEST_LETTER:,}: nothing behind it is relayed; listeners read it from the log"
        )
    return rows[:first]


class _Sender:
    """A producer, and a new one after any failure."""

    def __init__(self, route: Route) -> None:
        self._topic, self._brokers, self._security = route.topic, route.brokers, route.security
        self._producer: Any = None
        self._broke: KafkaError | None = None
        self.fault = ""

    def send(self, batch: Iterable[Letter]) -> list[Any]:
        """Hand over `batch`; what became of it is asked of `confirm`."""
        try:
            if self._producer is None:
                self._producer = _producer(self._brokers, self._security)
            return [
                self._producer.send(
                    self._topic, key=letter.key, value=letter.value, headers=letter.headers
                )
                for letter in batch
            ]
        except KafkaError as fault:
            self._broke = fault
            return []

    def confirm(self, futures: Sequence[Any], *, is_last: bool) -> bool:
        """Whether the broker confirmed all of them; nothing is left waiting behind the last."""
        try:
            if self._broke:
                raise self._broke
            if is_last:
                self._producer.flush(2 * _DELIVERY_MS / 1000)
            for future in futures:
                future.get(2 * _DELIVERY_MS / 1000)  # Only this tells; flush returns in any case.
        except KafkaError as fault:
            _log.warning("events wait for the broker at %s: %r", self._brokers, fault)
            self.fault = f"the broker at {self._brokers} does not take events: {fault!r}"
            self.close()
            return False
        self.fault = ""
        return True

    def close(self) -> None:
        """Let go of the producer, and of what it failed with."""
        producer, self._producer, self._broke = self._producer, None, None
        if producer is not None:
            producer.close(timeout=5)


def _producer(brokers: str, security: Security) -> Any:
    return KafkaProducer(bootstrap_servers=brokers.split(","), **PRODUCER, **arguments(security))

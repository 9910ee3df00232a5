"""Hears other services' events from Kafka, by Faust, so that none is lost and none counts twice.

Kafka is a carrier and never the truth. A batch is answered in one append to our own log, together
with where the carrier stands, and acknowledged after that; any fault ends the process before, and
the batch comes again. On every assignment the reader goes back to where our log says it was, if
that is further back than the group's offset. One agent a topic, batch after batch: Faust's own
arithmetic passes over what is acknowledged out of order.

What does not arrive is found by `reconciler.py`. What arrives as no letter of ours is set aside: it
cannot say which stream it belongs to, so the event that it should be is missing, and is found too.
"""

import asyncio
import logging
from collections.abc import Awaitable, Callable, Sequence
from pathlib import Path
from typing import Any, TypeAlias

import faust
import mode
from faust.types.auth import CredentialsT

from services.kernel.errors import CorruptHistory
from services.runtime.bus.consumer import Places, reading_from
from services.runtime.bus.envelope import notice_of, topic_of
from services.runtime.bus.gathering import WAITING, Batch, answer_all
from services.runtime.bus.security import IN_THE_CLEAR, Security, context, has_login
from services.runtime.reactor import Notice
from services.runtime.service import Service
from services.runtime.store import Carried

# Answers what came of a source: the new places of its carrier, and the events.
Answer: TypeAlias = Callable[[str, Sequence[Carried], Sequence[Notice]], Awaitable[None]]

_HUNG_SECONDS = 120.0

_log = logging.getLogger(__name__)


def hearing(
    service: Service,
    brokers: str,
    prefix: str,
    answer: Answer,
    places: Places,
    *,
    state: Path,
    session_seconds: float,
    security: Security = IN_THE_CLEAR,
) -> faust.App:
    """An app that hears all that `service` listens to, in the group of that service."""
    app = faust.App(
        f"{prefix}-{service.name}",
        broker=[f"kafka://{broker}" for broker in brokers.split(",")],
        broker_credentials=_credentials(security),
        store="memory://",
        web_enabled=False,
        key_serializer="raw",
        value_serializer="raw",
        agent_supervisor="mode.CrashingSupervisor",
        processing_guarantee="at_least_once",
        consumer_auto_offset_reset="earliest",
        stream_wait_empty=False,
        stream_buffer_maxsize=WAITING,
        topic_disable_leader=True,
        topic_allow_declare=False,
        broker_commit_interval=1.0,
        broker_commit_every=1_000,
        broker_session_timeout=session_seconds,
        broker_heartbeat_interval=session_seconds / 10,
        broker_max_poll_records=2_000,
        consumer_max_fetch_size=2 << 20,  # Of a partition, at once; a larger letter comes alone.
        consumer_metadata_max_age_ms=10_000,
        datadir=str(state),
    )
    app.transport.Consumer = reading_from(places)  # type: ignore[misc]  # Made from it later.
    for source in service.listens_to:
        topic = app.topic(
            topic_of(source, prefix),
            key_type=bytes,
            value_type=bytes,
            key_serializer="raw",
            value_serializer="raw",
        )
        app.agent(topic, name=f"hear-{source}")(_agent(source, answer))
    return app


def run(
    app: faust.App, loop: asyncio.AbstractEventLoop, ending: Callable[[bool], None] = lambda _: None
) -> None:
    """Hear until SIGTERM or SIGINT, or until a fault; then the process ends with exit code 1.

    `ending` is called when it begins to stop, with whether it was told to: from there on Faust may
    wait for ever.
    """

    class Worker(faust.Worker):
        async def stop(self) -> None:
            ending(self._signal_stop_time is not None)
            await super().stop()

    worker = Worker(app, loop=loop, override_logging=False, redirect_stdouts=False, quiet=True)
    worker.spinner = None
    worker.execute_from_commandline()


def attend(app: faust.App, ended: Callable[[], Awaitable[None]], close: Any) -> None:
    """Let the process live with what else it does: `ended` raises when that fails."""

    @app.service
    class Attending(mode.Service):
        @mode.Service.task
        async def watch(self) -> None:
            await ended()

        async def on_stop(self) -> None:
            await close()


def _credentials(security: Security) -> CredentialsT | None:
    tls = context(security)
    if has_login(security):
        return faust.SASLCredentials(
            username=security.user,
            password=security.password,
            ssl_context=tls,
            mechanism=security.mechanism,
        )
    return faust.SSLCredentials(tls) if tls else None


def _agent(source: str, answer: Answer) -> Callable[[Any], Awaitable[None]]:
    async def hear_batch(batch: Batch) -> None:
        carried, told = _opened(batch)
        async with asyncio.timeout(_HUNG_SECONDS):
            await answer(source, carried, told)

    async def hear(stream: Any) -> None:
        await answer_all(stream, hear_batch)

    return hear


def _opened(events: Batch) -> tuple[list[Carried], list[Notice]]:
    """Where the carrier stands behind `events`, and what they say."""
    places: dict[tuple[str, int], int] = {}
    told: list[Notice] = []
    for event in events:
        message = event.message
        places[message.topic, message.partition] = message.offset + 1
        try:
            told.append(notice_of(event.headers or {}, event.value))
        except CorruptHistory as fault:
            place = (message.topic, message.partition, message.offset)
            _log.error("set aside what is no event of ours, at %s/%s/%s: %s", *place, fault)
    return [Carried(topic, part, offset) for (topic, part), offset in places.items()], told

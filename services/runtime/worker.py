"""A service's worker: relays its log to Kafka, and hears what the service listens to.

It ends at the first fault, loudly and with exit code 1, and is started again by whoever runs it.
It ends even where a part of it hangs: Faust's consumer waits for ever when its broker is gone. One
that is told to stop ends with 0 also then.
Whatever it had done is in the database; whatever it had not is found behind the places there.
"""

import asyncio
import ctypes
import gc
import logging
import os
import signal
import tempfile
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import AsyncExitStack, asynccontextmanager, suppress
from functools import partial
from pathlib import Path
from threading import Event, Timer
from typing import NamedTuple

from services.kernel.checkpoint import Signer, signer_of
from services.kernel.errors import Unavailable
from services.runtime import http, tls
from services.runtime.bus import kafka
from services.runtime.bus.envelope import topic_of
from services.runtime.handler import Handler
from services.runtime.reactor import Notice, Reactor
from services.runtime.reconciler import Reconciler
from services.runtime.relay import Route, relay
from services.runtime.remote_log import RemoteLog
from services.runtime.sealing import Sealer
from services.runtime.service import Service
from services.runtime.settings import VARIABLES, Settings
from services.runtime.standing import Standing
from services.runtime.store import Carried
from services.runtime.store.postgres import PostgresStore

_LOOK_SECONDS = 1.0
_RETRY_SECONDS = 30.0
_SEAL_SECONDS = 10.0
_NAMED = 10
_PATIENCE_SECONDS = 10.0
_LAST_SECONDS = 15.0
_COLLECTED_AFTER = (2_000, 20, 20)
_M_ARENA_MAX = -8  # From glibc's malloc.h.

_log = logging.getLogger(__name__)


class Ear(NamedTuple):
    """What a worker hears with."""

    store: PostgresStore
    reactor: Reactor
    sources: dict[str, RemoteLog]
    standing: Standing

    async def answer(self, source: str, carried: Sequence[Carried], told: Sequence[Notice]) -> None:
        """Answer what the carrier brought; what had to be parked is looked for in the source."""
        log = self.sources[source]
        parked = await self.reactor.hear_carried(source, log, carried, told)
        self.standing.metrics.heard.labels(source).inc(len(told))
        stories = {notice.correlation_id: None for notice in told}
        _log.info(
            "%d events of %s", len(told), source, extra={"correlation_ids": [*stories][:_NAMED]}
        )
        if parked:
            with suppress(Unavailable):  # What waits is tried again later.
                await self.reactor.retry(source, log, parked)

    async def retry(self) -> None:
        """Try what waits again, now and then."""
        while True:
            await self.reactor.retry_parked(self.sources)
            await asyncio.sleep(_RETRY_SECONDS)


def run_worker(service: Service, settings: Settings) -> None:
    """Work until SIGTERM or SIGINT; raises at the first fault."""
    loop = asyncio.new_event_loop()
    asyncio.set_event_loop(loop)
    stack, stop, was_told = AsyncExitStack(), Event(), False
    _share_one_heap()
    try:
        ear, ended = loop.run_until_complete(_start(service, settings, stack, stop))
        _settle()
        if service.listens_to:
            with tempfile.TemporaryDirectory(prefix="zoneledger-") as scratch:
                app = kafka.hearing(
                    service,
                    settings.need("kafka"),
                    settings.topics,
                    ear.answer,
                    ear.store.carried,
                    state=settings.state or Path(scratch),
                    session_seconds=settings.session_timeout_seconds,
                    security=settings.kafka_security,
                )
                kafka.attend(app, ended, stack.aclose)
                kafka.run(app, loop, _end_in_any_case)
        else:
            loop.run_until_complete(_until_stopped(ended()))
            was_told = True
    finally:
        stop.set()  # Faust closes the loop, and where it could not start, closes nothing else.
        _end_in_any_case(was_told)
        if not loop.is_closed():
            loop.run_until_complete(stack.aclose())


def _share_one_heap() -> None:
    """All threads take turns anyway; each with a heap of its own keeps what it once needed."""
    with suppress(OSError, AttributeError):  # Another C library than glibc.
        ctypes.CDLL(None).mallopt(_M_ARENA_MAX, 1)


def _settle() -> None:
    """What starting has made stays: the collector need not look at it again with each batch."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(*_COLLECTED_AFTER)


def _end_in_any_case(was_told: bool) -> None:
    """Give the parts some time to end; what is not done by then is found behind the places."""

    def end() -> None:
        _log.error("a part did not end within %.0f s; the process ends without it", _LAST_SECONDS)
        os._exit(0 if was_told else 1)

    last = Timer(_LAST_SECONDS, end)
    last.daemon = True
    last.start()


async def _start(
    service: Service, settings: Settings, stack: AsyncExitStack, stop: Event
) -> tuple[Ear, Callable[[], Awaitable[None]]]:
    """Start all but the hearing; what it raises when something of it fails."""
    store = PostgresStore(settings.need("database"), service.name)
    await store.open()
    stack.push_async_callback(store.close)
    sources = {name: await _source(name, settings, stack) for name in service.listens_to}
    standing = Standing(service, store, settings)
    ear = Ear(store, Reactor(service, store, Handler(service, store)), sources, standing)
    health = standing.health(is_worker=True)
    await stack.enter_async_context(http.serving(settings.http, health, standing.scrape))
    tasks = [await stack.enter_async_context(_relaying(service, settings, standing, stop))]
    if settings.checkpoint_key is not None:
        sealer = Sealer(service.name, store, _signer(settings.checkpoint_key))
        tasks.append(await stack.enter_async_context(_going_on(_seal(sealer, standing))))
    if sources:
        tasks.append(await stack.enter_async_context(_going_on(ear.retry())))
    for name in sources:
        reconciler = Reconciler(name, sources, store, ear.reactor, _PATIENCE_SECONDS)
        looking = _reconcile(reconciler, name, standing)
        tasks.append(await stack.enter_async_context(_going_on(looking)))
    return ear, partial(_first_to_fail, tasks)


async def _source(name: str, settings: Settings, stack: AsyncExitStack) -> RemoteLog:
    address = settings.servers.get(name)
    if not address:
        raise Unavailable(f"{VARIABLES['servers']} does not say where {name} answers")
    channel = tls.aio_channel(address, settings.tls)
    stack.push_async_callback(channel.close)
    return RemoteLog(name, channel)


@asynccontextmanager
async def _relaying(
    service: Service, settings: Settings, standing: Standing, stop: Event
) -> AsyncIterator[asyncio.Task[None]]:
    route = Route(
        service,
        settings.need("database"),
        settings.need("kafka"),
        topic_of(service.name, settings.topics),
        settings.kafka_security,
    )
    task = asyncio.create_task(asyncio.to_thread(relay, route, stop, standing.relayed))
    try:
        yield task
    finally:
        stop.set()
        await asyncio.wait([task])


@asynccontextmanager
async def _going_on(work: Awaitable[None]) -> AsyncIterator[asyncio.Task[None]]:
    task = asyncio.ensure_future(work)
    try:
        yield task
    finally:
        task.cancel()
        await asyncio.wait([task])


async def _reconcile(reconciler: Reconciler, source: str, standing: Standing) -> None:
    while True:
        try:
            standing.looked(source, await reconciler.look())
        except Unavailable as fault:
            _log.warning("what was heard cannot be compared now: %s", fault)
        await asyncio.sleep(_LOOK_SECONDS)


async def _seal(sealer: Sealer, standing: Standing) -> None:
    while True:
        await sealer.seal()
        standing.sealed()
        await asyncio.sleep(_SEAL_SECONDS)


def _signer(file: Path) -> Signer:
    try:
        return signer_of(file.read_text("ascii"))
    except (OSError, UnicodeDecodeError) as error:
        raise Unavailable(f"the key that signs the log cannot be read: {error}") from error


async def _first_to_fail(tasks: Sequence[asyncio.Task[None]]) -> None:
    done, _ = await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
    for task in done:
        task.result()
    raise Unavailable("a part of the worker ended by itself")


async def _until_stopped(ended: Awaitable[None]) -> None:
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for each in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(each, stop.set)
    waits = [asyncio.ensure_future(ended), asyncio.create_task(stop.wait())]
    done, pending = await asyncio.wait(waits, return_when=asyncio.FIRST_COMPLETED)
    for task in pending:
        task.cancel()
    for task in done:
        task.result()

"""A service's api: its commands and questions over gRPC, on the log in PostgreSQL.

Any number of them run side by side, and none needs Kafka: what is decided here is carried on by the
worker when it can.
"""

import asyncio
import signal
from contextlib import AsyncExitStack

from services.runtime import http, rpc, rpc_health, tls
from services.runtime.access_log import AccessLog
from services.runtime.bus import Bus
from services.runtime.desk import Desk
from services.runtime.gate import Gate
from services.runtime.handler import Handler
from services.runtime.ledger import Ledger
from services.runtime.reactor import Reactor
from services.runtime.remote_log import RemoteLog
from services.runtime.service import Service
from services.runtime.settings import Settings
from services.runtime.standing import Standing
from services.runtime.store.postgres import PostgresStore

_GRACE_SECONDS = 10.0


class Elsewhere(Bus):
    """The bus of a process that carries nothing: its log's relay is another process."""

    def wake(self) -> None:
        """The relay hears of it from the database."""

    async def settle(self) -> None:
        """What others have not heard yet cannot be known here."""


def run_api(service: Service, settings: Settings) -> None:
    """Answer until SIGTERM or SIGINT; calls under way are finished first."""
    asyncio.run(_run(service, settings))


async def _run(service: Service, settings: Settings) -> None:
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for each in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(each, stop.set)
    async with AsyncExitStack() as stack:
        store = PostgresStore(settings.need("database"), service.name)
        await store.open()
        stack.push_async_callback(store.close)
        standing = Standing(service, store, settings)
        health = standing.health(is_worker=False)
        await stack.enter_async_context(http.serving(settings.http, health, standing.scrape))
        handler = Handler(service, store)
        sources = {name: _source(name, settings, stack) for name in service.listens_to}
        ledger = Ledger(service, store, handler, Elsewhere(), standing.metrics, sources=sources)
        desks = {}
        if sources:
            desks[service.name] = Desk(store, handler, Reactor(service, store, handler), sources)
        log = AccessLog(settings.access_log) if settings.tls else None
        parts = rpc.Parts(
            desks,
            standing.metrics,
            Gate(log),
            shares_port=settings.shared_port,
            reflects=settings.reflection,
        )
        server = rpc.made([ledger], parts)
        names = rpc.names(service)
        await stack.enter_async_context(rpc_health.answering(server.grpc, health, names))
        await rpc.listen(server, settings.listen, settings.tls)
        stack.push_async_callback(server.stop, _GRACE_SECONDS)
        await stop.wait()
        health.drain()


def _source(name: str, settings: Settings, stack: AsyncExitStack) -> RemoteLog:
    channel = tls.aio_channel(settings.servers.get(name, ""), settings.tls)
    stack.push_async_callback(channel.close)
    return RemoteLog(name, channel)

"""All services in one process, on one data folder, served at one address."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import AsyncExitStack, asynccontextmanager
from pathlib import Path

from services.runtime import rpc, rpc_health
from services.runtime.access_log import AccessLog
from services.runtime.bus.local import Listener, LocalBus
from services.runtime.desk import Desk
from services.runtime.folder import held, log_file
from services.runtime.gate import Gate
from services.runtime.handler import Handler
from services.runtime.health import Check, Health, Kind
from services.runtime.ledger import Ledger
from services.runtime.reactor import Reactor
from services.runtime.service import SERVICES, load
from services.runtime.store.sqlite import SqliteStore

_GRACE_SECONDS = 5.0
_EVERYWHERE = ("0.0.0.0", "[::]")  # noqa: S104  # Only whoever has keys listens there.


@asynccontextmanager
async def serving(
    folder: Path,
    command: str,
    address: str,
    keys: Path | None = None,
    parts: rpc.Parts = rpc.PARTS,
) -> AsyncIterator[tuple[str, Callable[[], None]]]:
    """Serve the folder until the end of the block; with `keys`, a folder, by mutual TLS.

    Of `parts` those are taken that do not come from the folder.

    Yields the address that clients dial, and how to tell them: whoever finds the folder held dials
    an announced address. Whatever an earlier process left undone is done before the first request
    is answered. On leaving, calls under way are finished and what they decided is carried on. Where
    events cannot be carried any more, the block is cancelled and ends with the reason.
    """
    async with AsyncExitStack() as stack:
        announce = stack.enter_context(held(folder, command, by_tls=keys is not None))
        ledgers, desks, bus = await _open(folder, stack)
        await bus.settle()
        await bus.retry_parked()
        stack.push_async_callback(bus.settle)
        log = AccessLog(folder / "access") if keys else None
        made_of = parts._replace(desks=desks, gate=Gate(log))
        server, health = rpc.made(ledgers, made_of), Health(*map(_reads, ledgers))
        names = [name for ledger in ledgers for name in rpc.names(ledger.service)]
        await stack.enter_async_context(rpc_health.answering(server.grpc, health, names))
        port = await rpc.listen(server, address, keys)
        stack.push_async_callback(server.stop, _GRACE_SECONDS)
        stack.callback(health.drain)
        dialled = _dialled(address, port)
        async with _carrying(bus):
            yield dialled, lambda: announce(dialled)


def _reads(ledger: Ledger) -> Check:
    """Not ready while a log cannot be read."""

    async def ask() -> str:
        await ledger.store.frontier()
        return ""

    return Check(ledger.service.name, Kind.READY, ask)


def _dialled(address: str, port: int) -> str:
    """Where clients on this machine find a server that listens at an address."""
    if address.startswith("unix:"):
        return address
    host = address.rpartition(":")[0]
    return f"{'localhost' if host in _EVERYWHERE else host}:{port}"


@asynccontextmanager
async def _carrying(bus: LocalBus) -> AsyncIterator[None]:
    """Let the bus run; where it cannot go on, the block ends with its fault."""
    try:
        async with asyncio.TaskGroup() as group:
            running = group.create_task(bus.run())
            yield
            running.cancel()
    except BaseExceptionGroup as faults:
        raise faults.exceptions[0] from None


async def _open(
    folder: Path, stack: AsyncExitStack
) -> tuple[list[Ledger], dict[str, Desk], LocalBus]:
    listeners: dict[str, Listener] = {}
    for service in map(load, SERVICES):
        store = SqliteStore(log_file(folder, service.name))
        stack.push_async_callback(store.close)
        handler = Handler(service, store)
        reactor = Reactor(service, store, handler)
        listeners[service.name] = Listener(service, store, handler, reactor)
    bus = LocalBus(listeners)
    stores = {name: each.store for name, each in listeners.items()}
    ledgers = [
        Ledger(each.service, each.store, each.handler, bus, sources=stores)
        for each in listeners.values()
    ]
    desks = {
        name: Desk(each.store, each.handler, each.reactor, stores)
        for name, each in listeners.items()
        if each.service.listens_to
    }
    return ledgers, desks, bus

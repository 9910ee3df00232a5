"""Reading logs back, against a bare loop over the same rows that parses them and no more.

The logs are those of all three services after the same history: units are registered and rated year
by year, and everything follows. Time is processor time of this process: others do not count.
"""

import asyncio
import gc
import time
from collections.abc import Awaitable, Callable, Iterable
from contextlib import AsyncExitStack
from itertools import islice
from pathlib import Path

from google.protobuf.message import Message

from benchmarks import figure, story
from benchmarks.figure import Figure, Pair
from services.runtime.audit import audit
from services.runtime.bus.local import Listener, LocalBus
from services.runtime.folder import log_file
from services.runtime.handler import Handler, request
from services.runtime.reactor import Reactor
from services.runtime.replay import ROWS_AT_ONCE, fold_log
from services.runtime.service import SERVICES, Service, load
from services.runtime.store import Store
from services.runtime.store.sqlite import SqliteStore
from zoneledger.ledger.v1.decision_pb2 import Decision

_ROUNDS = 5


def measure(folder: Path) -> list[Figure]:
    """Folding and auditing all logs, each beside a bare loop in the same round."""
    folds, audits = [], []
    for _ in range(_ROUNDS):
        bare = asyncio.run(_rate(folder, _bare))
        folds.append(Pair(asyncio.run(_rate(folder, fold_log)), bare))
        audits.append(Pair(asyncio.run(_rate(folder, _audit)), bare))
    return [
        figure.of("folding the logs", "decisions/s", folds, 0.7),
        figure.of("auditing the logs", "decisions/s", audits, 0.35),
    ]


async def write(folder: Path, units: int, years: int) -> int:
    """Make the three logs; how many decisions they hold."""
    async with AsyncExitStack() as stack:
        listeners = {}
        for service in map(load, SERVICES):
            store = SqliteStore(log_file(folder, service.name))
            stack.push_async_callback(store.close)
            handler = Handler(service, store)
            listeners[service.name] = Listener(
                service, store, handler, Reactor(service, store, handler)
            )
        await handle(listeners["evaluation"].handler, story.history(units, years))
        await LocalBus(listeners).settle()
        return sum([(await each.store.frontier()).size for each in listeners.values()])


async def handle(handler: Handler, commands: Iterable[Message]) -> None:
    """Decide on all commands, many in a commit."""
    rest = iter(commands)
    while batch := [request(command, "operator") for command in islice(rest, 1_000)]:
        await handler.handle(batch)


async def _rate(folder: Path, loop: Callable[[Service, Store], Awaitable[object]]) -> float:
    """Decisions a second over all logs."""
    decisions, seconds = 0, 0.0
    for service in map(load, SERVICES):
        store = SqliteStore(log_file(folder, service.name), read_only=True)
        gc.collect()
        began = time.process_time()
        await loop(service, store)
        seconds += time.process_time() - began
        decisions += (await store.frontier()).size
        await store.close()
    return decisions / seconds


async def _bare(service: Service, store: Store) -> object:
    """Read every row, parse the decision and its events, put them in a dict."""
    known = service.events
    kept: dict[str, list[Message]] = {}
    position = 0
    while rows := await store.read(position, ROWS_AT_ONCE):
        for row in rows:
            decision = Decision.FromString(row.data)
            kept[row.stream] = [known[e.type_url].FromString(e.value) for e in decision.events]
        position = rows[-1].position
    return kept


async def _audit(service: Service, store: Store) -> None:
    report = await audit(service, store)
    assert not report.findings, report.findings[0]

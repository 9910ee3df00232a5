"""Reading a log back, against a bare loop over the same rows that parses them and no more."""

import asyncio
import gc
import time
from collections.abc import Awaitable, Callable
from itertools import islice
from pathlib import Path

from google.protobuf.message import Message

from benchmarks import figure, story
from benchmarks.figure import Figure, Pair
from services.runtime.audit import audit
from services.runtime.handler import Handler, request
from services.runtime.replay import fold_log
from services.runtime.service import Service, load
from services.runtime.store import Store
from services.runtime.store.sqlite import SqliteStore
from zoneledger.ledger.v1.decision_pb2 import Decision

_ROUNDS = 5
_ROWS_AT_ONCE = 2_000


def measure(path: Path) -> list[Figure]:
    """Folding and auditing the log at `path`, each beside a bare loop in the same round."""
    service = load("evaluation")
    folds, audits = [], []
    for _ in range(_ROUNDS):
        bare = asyncio.run(_rate(path, service, _bare))
        folds.append(Pair(asyncio.run(_rate(path, service, _fold)), bare))
        audits.append(Pair(asyncio.run(_rate(path, service, _audit)), bare))
    return [
        figure.of("folding the whole log", "decisions/s", folds, 0.7),
        figure.of("auditing the whole log", "decisions/s", audits, 0.35),
    ]


async def write(path: Path, decisions: int) -> None:
    """Make a log of so many decisions."""
    store = SqliteStore(path)
    handler = Handler(load("evaluation"), store)
    commands = story.history(decisions)
    while batch := [request(command, "operator") for command in islice(commands, 1_000)]:
        await handler.handle(batch)
    await store.close()


async def _rate(
    path: Path, service: Service, loop: Callable[[Service, Store], Awaitable[None]]
) -> float:
    store = SqliteStore(path, read_only=True)
    size = (await store.frontier()).size
    gc.collect()
    began = time.process_time()
    await loop(service, store)
    rate = size / (time.process_time() - began)
    await store.close()
    return rate


async def _bare(service: Service, store: Store) -> None:
    """Read every row, parse the decision and its events, put them in a dict."""
    known = service.events
    kept: dict[str, list[Message]] = {}
    position = 0
    while rows := await store.read(position, _ROWS_AT_ONCE):
        for row in rows:
            decision = Decision.FromString(row.data)
            kept[row.stream] = [known[e.type_url].FromString(e.value) for e in decision.events]
        position = rows[-1].position


async def _fold(service: Service, store: Store) -> None:
    await fold_log(service, store)


async def _audit(service: Service, store: Store) -> None:
    report = await audit(service, store)
    assert not report.findings

"""Durable commands, against commits of the same rows by SQLite alone with synchronous=FULL."""

import asyncio
import sqlite3
import time
from collections.abc import Sequence
from pathlib import Path

from google.protobuf.message import Message

from benchmarks import figure, story
from benchmarks.figure import Figure, Pair
from services.runtime.handler import Handler, request
from services.runtime.service import load
from services.runtime.store import Row
from services.runtime.store.sqlite import SqliteStore

_ROUNDS = 5
_CALLERS = 64
_ALONE, _TOGETHER = 1_500, 12_800


def measure(folder: Path) -> list[Figure]:
    """One caller after the other, and many at once."""
    alone, together = [], []
    for number in range(_ROUNDS):
        commands = [story.registration(i) for i in range(_TOGETHER)]
        rate, rows = asyncio.run(_one_by_one(folder / f"alone{number}", commands[:_ALONE]))
        raw = _raw(folder / f"raw{number}", rows)
        alone.append(Pair(rate, raw))
        at_once = asyncio.run(_at_once(folder / f"together{number}", commands))
        together.append(Pair(at_once, raw))
    return [
        figure.of("durable commands, one by one", "commands/s", alone, 0.5),
        figure.of(f"durable commands, {_CALLERS} callers", "commands/s", together, 3.0),
    ]


async def _one_by_one(path: Path, commands: Sequence[Message]) -> tuple[float, list[Row]]:
    store = SqliteStore(path)
    handler = Handler(load("evaluation"), store)
    began = time.perf_counter()
    for command in commands:
        await handler.handle([request(command, "operator")])
    rate = len(commands) / (time.perf_counter() - began)
    rows = await store.read(0, len(commands))
    await store.close()
    return rate, rows


async def _at_once(path: Path, commands: Sequence[Message]) -> float:
    store = SqliteStore(path)
    handler = Handler(load("evaluation"), store)
    waiting = iter(commands)

    async def caller() -> None:
        for command in waiting:
            await handler.handle([request(command, "operator")])

    began = time.perf_counter()
    await asyncio.gather(*(caller() for _ in range(_CALLERS)))
    rate = len(commands) / (time.perf_counter() - began)
    await store.close()
    return rate


def _raw(path: Path, rows: Sequence[Row]) -> float:
    """The same rows, one commit each, with nothing around them."""
    db = sqlite3.connect(path, isolation_level=None)
    db.execute("PRAGMA journal_mode = WAL")
    db.execute("PRAGMA synchronous = FULL")
    db.execute(
        "CREATE TABLE t (position INTEGER PRIMARY KEY, id, stream, version, next, data, leaf)"
    )
    began = time.perf_counter()
    for row in rows:
        db.execute("INSERT INTO t VALUES (?, ?, ?, ?, ?, ?, ?)", row)
    rate = len(rows) / (time.perf_counter() - began)
    db.close()
    return rate

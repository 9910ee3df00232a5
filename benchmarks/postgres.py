"""Durable commands on PostgreSQL, against psycopg committing the same rows one by one."""

import asyncio
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from itertools import count
from typing import NamedTuple

import psycopg

from benchmarks import figure, story
from benchmarks.figure import Figure, Pair
from benchmarks.servers import as_service, prepared
from services.runtime.handler import Handler, request
from services.runtime.service import load
from services.runtime.store import Row
from services.runtime.store.postgres import PostgresStore

# Short rounds, side by side: what else the machine does hits both of a round.
_ROUNDS = 21
_CALLERS = 64
_ALONE, _TOGETHER = 200, 1_600

Commit = Callable[[Row], object]


class Round(NamedTuple):
    """Commits a second: raw, of one caller, of many."""

    raw: float
    alone: float
    together: float


def measure(admin: str) -> list[Figure]:
    """One caller after the other, and many at once."""
    database = prepared(admin)
    with raw_table(database) as commit:
        rounds = asyncio.run(_rounds(as_service(database, "evaluation"), commit))
    return [
        figure.of(
            "PostgreSQL commands, one by one",
            "commands/s",
            [Pair(each.alone, each.raw) for each in rounds],
            0.5,
        ),
        figure.of(
            f"PostgreSQL commands, {_CALLERS} callers",
            "commands/s",
            [Pair(each.together, each.raw) for each in rounds],
            2.0,
        ),
    ]


async def _rounds(conninfo: str, commit: Commit) -> list[Round]:
    store = PostgresStore(conninfo, "evaluation")
    await store.open()
    handler, numbers = Handler(load("evaluation"), store), count()

    async def caller(commands: int) -> None:
        for _ in range(commands):
            await handler.handle([request(story.registration(next(numbers)), "operator")])

    rounds = []
    for _ in range(1 + _ROUNDS):
        position = (await store.frontier()).size
        began = time.perf_counter()
        await caller(_ALONE)
        alone = _ALONE / (time.perf_counter() - began)
        raw = _rate(commit, await store.read(position, _ALONE))
        began = time.perf_counter()
        await asyncio.gather(*(caller(_TOGETHER // _CALLERS) for _ in range(_CALLERS)))
        together = _TOGETHER / (time.perf_counter() - began)
        rounds.append(Round(raw, alone, together))
    await store.close()
    return rounds[1:]  # The first one warms all of them up.


def _rate(commit: Commit, rows: list[Row]) -> float:
    began = time.perf_counter()
    for row in rows:
        commit(row)
    return len(rows) / (time.perf_counter() - began)


@contextmanager
def raw_table(database: str) -> Iterator[Commit]:
    """A table with the log's columns and its key, no more; each call commits one row."""
    with psycopg.connect(database, autocommit=True) as db:
        db.execute("DROP TABLE IF EXISTS raw")
        db.execute(
            "CREATE TABLE raw (position bigint PRIMARY KEY, decision_id text, stream text,"
            " version bigint, next_version bigint, data bytea, leaf bytea)"
        )
        yield lambda row: db.execute("INSERT INTO raw VALUES (%s, %s, %s, %s, %s, %s, %s)", row)

"""A published rating until its incentives are committed, against the sum of the parts beside it.

Ratings are offered on an open schedule: each is due at its moment whether or not those before it
are done, and its time runs from that moment until another connection sees the incentives. A sample
of the parts is two raw commits of a rating's row and one round trip from a kafka-python producer to
a consumer that polls, one after the other, added up; p50 and p99 are those of the sums.
"""

import asyncio
import os
import time
from collections.abc import Mapping
from contextlib import suppress
from itertools import count
from statistics import quantiles
from threading import Event, Thread
from typing import Any

import psycopg
from kafka import KafkaConsumer, KafkaProducer
from kafka.structs import TopicPartition

from benchmarks import story
from benchmarks.carrying import PARTITIONS, beside, heard, process, told
from benchmarks.figure import Figure
from benchmarks.logs import handle
from benchmarks.postgres import raw_table
from benchmarks.servers import Servers, prepared
from services.runtime.bus.envelope import topic_of
from services.runtime.handler import Handler, request
from services.runtime.relay import PRODUCER
from services.runtime.service import load
from services.runtime.store import Row
from services.runtime.store.postgres import PostgresStore
from services.runtime.topics import make_topics
from tests.system.commands import COMMAND

_A_SECOND = 100
_SECONDS, _WARM_SECONDS = 20, 3
_UNITS = 500
_SAMPLES, _COLD = 400, 20
_YEAR = 2017

Times = dict[tuple[str, int], float]


def measure(servers: Servers) -> list[Figure]:
    """p50 and p99 of the whole chain, each against that of the sums."""
    database, prefix = prepared(servers.admin), f"bench{os.getpid()}-chain"
    topics = [topic_of(name, prefix) for name in ("evaluation", "incentive", "before", "after")]
    make_topics(servers.brokers, topics, PARTITIONS, 1)
    sums = _parts(servers, database, topics[2])
    chain = _chain(told(servers, database, prefix), database)
    sums += _parts(servers, database, topics[3])
    figures = []
    for name, index, target in (("p50", 49, 3.0), ("p99", 98, 6.0)):
        value, baseline = (1_000 * quantiles(each, n=100)[index] for each in (chain, sums))
        ratio = round(value / baseline, 3)
        figures.append(
            Figure(
                f"rating to incentive, {name}", "ms", value, baseline, ratio, target, at_most=True
            )
        )
    return figures


def _chain(environments: Mapping[str, Mapping[str, str]], database: str) -> list[float]:
    """The seconds of each rating, when the first of them have warmed everything up."""
    seen: Times = {}
    stop = Event()
    watching = Thread(target=_watch, args=(database, seen, stop))
    with (
        psycopg.connect(database, autocommit=True) as db,
        process(environments["evaluation"], *COMMAND, "run", "evaluation", "api"),
        process(beside(environments["evaluation"]), *COMMAND, "run", "evaluation", "worker"),
        process(environments["incentive"], *COMMAND, "run", "incentive", "worker"),
    ):
        watching.start()
        own = environments["evaluation"]["ZONELEDGER_DATABASE"]
        due = asyncio.run(_offer(own, db, seen))
        stop.set()
        watching.join()
    return [seen[key] - moment for key, moment in due.items()]


async def _offer(conninfo: str, db: Any, seen: Times) -> Times:
    """Publish ratings on the schedule; when each was due."""
    store = PostgresStore(conninfo, "evaluation")
    await store.open()
    handler = Handler(load("evaluation"), store)
    await handle(handler, story.history(_UNITS, 0))
    await asyncio.to_thread(heard, db, 1 + _UNITS)
    due: Times = {}
    tasks = []
    began = time.perf_counter()
    for number in range((_WARM_SECONDS + _SECONDS) * _A_SECOND):
        command = story.publication(number % _UNITS, _YEAR + number // _UNITS)
        moment = began + number / _A_SECOND
        # A loop's own sleep rounds up to whole milliseconds.
        await asyncio.to_thread(time.sleep, max(0.0, moment - time.perf_counter()))
        tasks.append(asyncio.create_task(handler.handle([request(command, "operator")])))
        if number >= _WARM_SECONDS * _A_SECOND:
            due[command.rating.unit_id, command.rating.round] = moment
    await asyncio.gather(*tasks)
    deadline = time.monotonic() + 60
    while due.keys() - seen.keys() and time.monotonic() < deadline:  # noqa: ASYNC110  # A thread.
        await asyncio.sleep(0.1)
    await store.close()
    return due


def _watch(database: str, seen: Times, stop: Event) -> None:
    """Note when a connection of its own sees each decision of incentive."""
    with psycopg.connect(database, autocommit=True) as db:
        db.execute('LISTEN "zoneledger.incentive"')
        position = 0
        while not stop.is_set():
            found = db.execute(
                "SELECT position, stream FROM incentive.decisions WHERE position > %s"
                " ORDER BY position",
                (position,),
            ).fetchall()
            now = time.perf_counter()
            for position, stream in found:  # noqa: B007  # The last one is where to go on.
                with suppress(ValueError):
                    unit, _, round_ = stream.removeprefix("entitlements-").rpartition("-")
                    seen[unit, int(round_)] = now
            for _ in db.notifies(timeout=0.2, stop_after=1):
                pass


def _parts(servers: Servers, database: str, topic: str) -> list[float]:
    """The seconds of two commits and a round trip, sample by sample."""
    row = _row()
    with raw_table(database) as commit:
        producer = KafkaProducer(
            bootstrap_servers=servers.brokers.split(","), **{**PRODUCER, "linger_ms": 0}
        )
        consumer = KafkaConsumer(
            bootstrap_servers=servers.brokers.split(","), auto_offset_reset="earliest"
        )
        place = TopicPartition(topic, 0)
        consumer.assign([place])
        consumer.seek_to_beginning(place)
        numbers = count()
        sums = []
        for _ in range(_COLD + _SAMPLES):
            began = time.perf_counter()
            commit(row._replace(position=next(numbers)))
            commit(row._replace(position=next(numbers)))
            sent = producer.send(topic, value=row.data, partition=0)
            while not consumer.poll(timeout_ms=1_000):
                pass
            sums.append(time.perf_counter() - began)
            sent.get(10)
        producer.close()
        consumer.close()
    return sums[_COLD:]  # A consumer's first look takes a hundred times as long.


def _row() -> Row:
    """A row as large as that of a published rating: the command, and the event that repeats it."""
    data = 2 * story.publication(1, _YEAR).SerializeToString()
    return Row(1, "x" * 36, "unit-unit-000001", 1, 2, data, b"l" * 32)

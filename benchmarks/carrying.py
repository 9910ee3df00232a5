"""The relay against plain sends, and a worker's catch-up against a Faust agent that does nothing.

All of it from and to the same servers: a log of PostgreSQL that holds units and their ratings, and
the topic that the relay fills from it.
"""

import asyncio
import os
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from threading import Event

import psycopg
from kafka import KafkaProducer

from benchmarks import figure, story
from benchmarks.figure import Figure, Pair
from benchmarks.logs import handle
from benchmarks.servers import Servers, as_service, prepared
from services.runtime.bus.envelope import Letter, letters, topic_of
from services.runtime.handler import Handler
from services.runtime.relay import PRODUCER, Progress, Route, relay
from services.runtime.service import load
from services.runtime.store import Row
from services.runtime.store.postgres import PostgresStore
from services.runtime.store.postgres_outbox import outbox
from services.runtime.topics import make_topics
from tests.servers import free_port
from tests.system.commands import COMMAND

PARTITIONS = 4
_ROUNDS = 3
_UNITS, _YEARS = 2_500, 7
_WARM = 500
_PAUSE_SECONDS = 0.01
_PATIENCE_SECONDS = 120.0


def measure(servers: Servers) -> list[Figure]:
    """Relay and catch-up, each beside its raw limit, round by round."""
    relayed, caught_up = [], []
    for number in range(_ROUNDS):
        database, prefix = prepared(servers.admin), f"bench{os.getpid()}-{number}"
        size = asyncio.run(fill(database, _UNITS, _YEARS))
        topic, plain = topic_of("evaluation", prefix), topic_of("plain", prefix)
        make_topics(servers.brokers, [topic, plain], PARTITIONS, 1)
        route = Route(
            load("evaluation"), as_service(database, "evaluation"), servers.brokers, topic
        )
        relayed.append(Pair(relayed_rate(route, size), _plain(route, plain, size)))
        environments = told(servers, database, prefix)
        idle = _idle(environments["incentive"], topic, size)
        caught_up.append(Pair(_caught_up(environments, size), idle))
    return [
        figure.of("relay", "events/s", relayed, 0.5),
        figure.of("catch-up of a worker", "events/s", caught_up, 0.6),
    ]


async def fill(database: str, units: int, years: int) -> int:
    """Make the log of evaluation; how many decisions, each of one event, it holds."""
    store = PostgresStore(as_service(database, "evaluation"), "evaluation")
    await store.open()
    await handle(Handler(load("evaluation"), store), story.history(units, years))
    size = (await store.frontier()).size
    await store.close()
    return size


def relayed_rate(route: Route, size: int) -> float:
    """Events a second from the first confirmed batch to the last: connections are made by then."""
    stop = Event()
    moments: list[tuple[int, float]] = []

    def tell(progress: Progress) -> None:
        if progress.position:
            moments.append((progress.position, time.perf_counter()))
        if progress.position == size:
            stop.set()

    relay(route, stop, tell)
    (first, began), (last, ended) = moments[0], next(m for m in moments if m[0] == size)
    return (last - first) / (ended - began)


def _plain(route: Route, topic: str, size: int) -> float:
    """The same letters, made before, sent by a producer of the same settings."""
    made = list(letters(route.service, asyncio.run(_rows(route, size))))
    producer = KafkaProducer(bootstrap_servers=route.brokers.split(","), **PRODUCER)
    _send_all(producer, topic, made[:_WARM])
    began = time.perf_counter()
    _send_all(producer, topic, made[_WARM:])
    rate = (size - _WARM) / (time.perf_counter() - began)
    producer.close()
    return rate


def _send_all(producer: KafkaProducer, topic: str, made: Sequence[Letter]) -> None:
    futures = [
        producer.send(topic, key=each.key, value=each.value, headers=each.headers) for each in made
    ]
    producer.flush()
    for each in futures:
        each.get(0)


async def _rows(route: Route, size: int) -> list[Row]:
    store = PostgresStore(route.conninfo, route.service.name)
    await store.open()
    rows = await store.read(0, size)
    await store.close()
    return rows


def told(servers: Servers, database: str, prefix: str) -> dict[str, dict[str, str]]:
    """What the processes of evaluation and of incentive are told."""
    address = f"127.0.0.1:{free_port()}"
    shared = {
        **os.environ,
        "ZONELEDGER_KAFKA": servers.brokers,
        "ZONELEDGER_KAFKA_SESSION_SECONDS": "6",
        "ZONELEDGER_TOPIC_PREFIX": prefix,
        "ZONELEDGER_TOPIC_PARTITIONS": str(PARTITIONS),
        "ZONELEDGER_SERVERS": f"evaluation={address}",
    }
    return {
        service: {
            **shared,
            "ZONELEDGER_DATABASE": as_service(database, service),
            "ZONELEDGER_LISTEN": listen,
            "ZONELEDGER_HTTP": f"127.0.0.1:{free_port()}",
        }
        for service, listen in (
            ("evaluation", address),
            ("incentive", f"127.0.0.1:{free_port()}"),
        )
    }


def beside(environment: Mapping[str, str]) -> dict[str, str]:
    """The same for a second process of one service."""
    return {**environment, "ZONELEDGER_HTTP": f"127.0.0.1:{free_port()}"}


@contextmanager
def process(environment: Mapping[str, str], *words: str) -> Iterator["subprocess.Popen[str]"]:
    """A process, ended at the end of the block."""
    with subprocess.Popen(words, env=environment, stdout=subprocess.PIPE, text=True) as running:
        try:
            yield running
        finally:
            running.kill()


def _idle(environment: Mapping[str, str], topic: str, size: int) -> float:
    """Events a second, from the first to the last, of an agent that does nothing."""
    words = (sys.executable, "-m", "benchmarks.idle", topic, str(size))
    with process(environment, *words) as running:
        assert running.stdout is not None
        return float(running.stdout.readline())


def _caught_up(environments: Mapping[str, Mapping[str, str]], size: int) -> float:
    """Events a second of a worker, between the first and the last look that found it going on.

    The turn to relay what follows is held here, as by another worker: hearing alone is measured.
    """
    own = environments["incentive"]
    with (
        _turn_held(own["ZONELEDGER_DATABASE"]),
        psycopg.connect(own["ZONELEDGER_DATABASE"], autocommit=True) as db,
        process(environments["evaluation"], *COMMAND, "run", "evaluation", "api"),
        process(own, *COMMAND, "run", "incentive", "worker"),
    ):
        before, began = heard(db, 1)
        after, ended = heard(db, size)
        return (after - before) / (ended - began)


@contextmanager
def _turn_held(conninfo: str) -> Iterator[None]:
    with outbox(conninfo, "incentive") as own:
        assert own.take_turn()
        yield


def heard(db: "psycopg.Connection[tuple[int]]", enough: int) -> tuple[int, float]:
    """How many events were heard, and when, as soon as they are enough."""
    deadline, sum_ = time.monotonic() + _PATIENCE_SECONDS, 0
    while time.monotonic() < deadline:
        found = db.execute("SELECT coalesce(sum(next_offset), 0) FROM incentive.carried")
        [(sum_,)] = found.fetchall()
        if sum_ >= enough:
            return int(sum_), time.perf_counter()
        time.sleep(_PAUSE_SECONDS)
    raise TimeoutError(f"only {sum_} of {enough} events were heard")

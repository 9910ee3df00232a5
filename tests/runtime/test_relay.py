"""A log reaches its topic whole, each stream in order, and the place never runs ahead of it."""

from collections.abc import Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from threading import Event
from time import monotonic, sleep
from typing import Any
from uuid import uuid4

import psycopg
import pytest
from psycopg.conninfo import make_conninfo

from services.kernel.errors import CorruptHistory, Unavailable
from services.runtime import relay as relaying
from services.runtime.bus.envelope import letters
from services.runtime.handler import Handler, request
from services.runtime.relay import Progress, Route, relay
from services.runtime.service import load
from services.runtime.store import Row
from services.runtime.store.postgres import PostgresStore
from services.runtime.store.postgres_outbox import outbox, send_again
from services.runtime.store.postgres_schema import prepare, role_of
from services.runtime.topics import make_topics
from tests.asynchronous import asynchronous
from tests.runtime.story import ADOPT_NOTICE, GOOD, correct, publish, register
from tests.servers import Tansu
from tests.system.topic import read_topic
from zoneledger.ledger.v1.decision_pb2 import Decision

EVALUATION = load("evaluation")
PARTITIONS = 3
UNITS = 40
_PATIENCE_SECONDS = 50.0


@pytest.fixture
def log(database: str) -> str:
    """The conninfo of a log in which units were rated and corrected."""
    prepare(database, "evaluation", None)
    conninfo = make_conninfo(database, user=role_of("evaluation"))
    fill(conninfo)
    return conninfo


@asynchronous
async def fill(conninfo: str) -> None:
    store = PostgresStore(conninfo, "evaluation")
    await store.open()
    try:
        handler = Handler(EVALUATION, store)
        units = [f"unit-{number}" for number in range(UNITS)]
        for commands in (
            [ADOPT_NOTICE],
            [register(unit) for unit in units],
            [publish(unit) for unit in units],
            [correct(unit, GOOD) for unit in units],
        ):
            await handler.handle([request(command, "test") for command in commands])
    finally:
        await store.close()


@pytest.fixture
def route(log: str, kafka: str) -> Route:
    topic = f"t{uuid4().hex}.events"
    make_topics(kafka, [topic], PARTITIONS, 1)
    return Route(EVALUATION, log, kafka, topic)


class Running:
    """A relay at work in a thread."""

    def __init__(self, route: Route) -> None:
        self.stop, self.told = Event(), list[Progress]()
        self._pool = ThreadPoolExecutor(1)
        self.ended: Future[None] = self._pool.submit(relay, route, self.stop, self.told.append)

    def is_active(self) -> bool:
        return bool(self.told) and self.told[-1].is_active

    def end(self) -> None:
        self.stop.set()
        self._pool.shutdown()


@contextmanager
def running(route: Route) -> Iterator[Running]:
    relays = Running(route)
    try:
        yield relays
    finally:
        relays.end()


def wait_until(holds: Any) -> None:
    deadline = monotonic() + _PATIENCE_SECONDS
    while not holds():
        assert monotonic() < deadline
        sleep(0.02)


def rows(conninfo: str) -> list[Row]:
    with outbox(conninfo, "evaluation") as own:
        return own.rows(0, 10_000)


def place(conninfo: str) -> int:
    with outbox(conninfo, "evaluation") as own:
        return own.place()


def ids(partitions: Sequence[Sequence[Any]]) -> list[str]:
    return [dict(each.headers)["ce_id"].decode() for records in partitions for each in records]


def relay_all(route: Route) -> list[list[Any]]:
    with running(route):
        wait_until(lambda: place(route.conninfo) == len(rows(route.conninfo)))
    return read_topic(route.brokers, route.topic, PARTITIONS)


def test_every_event_reaches_the_topic_once_and_the_place_is_moved_to_the_end(
    route: Route,
) -> None:
    carried = relay_all(route)
    sent = [
        dict(each.headers)["ce_id"].decode() for each in letters(EVALUATION, rows(route.conninfo))
    ]
    assert sorted(ids(carried)) == sorted(sent)


def test_events_of_a_unit_share_a_partition_and_keep_their_order(route: Route) -> None:
    carried = relay_all(route)
    home: dict[bytes, set[int]] = {}
    for number, records in enumerate(carried):
        positions = [int(dict(each.headers)["ce_position"]) for each in records]
        assert positions == sorted(positions)
        for each in records:
            home.setdefault(each.key, set()).add(number)
    assert {len(partitions) for partitions in home.values()} == {1}
    assert len({number for (number,) in home.values()}) == PARTITIONS


def test_a_record_carries_headers_value_and_key_as_they_were_made(route: Route) -> None:
    carried = relay_all(route)
    found = {(each.key, each.value, tuple(each.headers)) for part in carried for each in part}
    made = letters(EVALUATION, rows(route.conninfo))
    assert found == {(each.key, each.value, tuple(each.headers)) for each in made}


def test_small_steps_come_to_the_same(route: Route, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(relaying, "_ROWS_AT_ONCE", 7)
    carried = relay_all(route)
    assert len(ids(carried)) == len(set(ids(carried))) == len(rows(route.conninfo))


def test_from_the_start_everything_is_sent_once_more(route: Route) -> None:
    before = ids(relay_all(route))
    send_again(route.conninfo, "evaluation")
    assert place(route.conninfo) == 0
    assert sorted(ids(relay_all(route))) == sorted([*before, *before])


def test_of_two_relays_one_has_the_turn_and_the_other_takes_it_over(route: Route) -> None:
    with running(route) as first:
        wait_until(first.is_active)
        with running(route) as second:
            wait_until(lambda: second.told)
            assert not second.is_active()
            first.end()
            wait_until(second.is_active)


def test_a_relay_whose_connection_is_cut_ends_and_can_move_the_place_no_more(
    route: Route, postgres_admin: str
) -> None:
    with running(route) as relays:
        wait_until(lambda: place(route.conninfo) == len(rows(route.conninfo)))
        with psycopg.connect(postgres_admin, dbname=database_of(route)) as db:
            cut = "SELECT pg_terminate_backend(pid) FROM pg_locks WHERE locktype = 'advisory'"
            db.execute(
                cut
                + " AND database = (SELECT oid FROM pg_database WHERE datname = current_database())"
            )
        with pytest.raises(Unavailable, match="the database cannot be"):
            relays.ended.result(_PATIENCE_SECONDS)


def database_of(route: Route) -> str:
    return str(psycopg.conninfo.conninfo_to_dict(route.conninfo)["dbname"])


def test_events_wait_while_the_broker_is_away(log: str) -> None:
    broker = Tansu()
    route = Route(EVALUATION, log, broker.address, f"t{uuid4().hex}.events")
    with running(route) as relays:
        wait_until(relays.is_active)
        sleep(1)
        assert not relays.ended.done()
        assert place(log) == 0
        broker.start()
        try:
            make_topics(broker.address, [route.topic], PARTITIONS, 1)
            wait_until(lambda: place(log) == len(rows(log)))
            carried = read_topic(broker.address, route.topic, PARTITIONS)
            assert len(set(ids(carried))) == len(rows(log))
        finally:
            relays.end()
            broker.kill()


def test_an_event_that_no_topic_takes_ends_the_relay_after_all_before_it(
    route: Route, monkeypatch: pytest.MonkeyPatch
) -> None:
    largest = max(len(row.data) for row in rows(route.conninfo)[1:])
    adopted = rows(route.conninfo)[0]
    assert len(adopted.data) > largest  # The document is the first and the largest.
    append_again(route.conninfo)
    monkeypatch.setattr(relaying, "LARGEST_LETTER", len(adopted.data))
    with running(route) as relays, pytest.raises(CorruptHistory, match="bytes"):
        relays.ended.result(_PATIENCE_SECONDS)
    assert place(route.conninfo) == len(rows(route.conninfo)) - 1


@asynchronous
async def append_again(conninfo: str) -> None:
    """One more decision, larger than any before."""
    store = PostgresStore(conninfo, "evaluation")
    await store.open()
    try:
        first = Decision.FromString((await store.read(0, 1))[0].data)
        first.decision_id, first.stream, first.actor = "again", "policies-again", "x" * 1_000
        first.ClearField("recorded_at")
        await store.append([first])
    finally:
        await store.close()

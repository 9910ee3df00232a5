"""What comes from Kafka is heard at least once, in batches, and never behind what the log forgot.

Private names of Faust are used where it offers no others. They are pinned here: a new version of it
that renames them fails these tests, not a service.
"""

import asyncio
import inspect
import os
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager, suppress
from pathlib import Path
from typing import Any, NamedTuple
from uuid import uuid4

import faust
import mode
import pytest
from faust.transport.consumer import Consumer
from faust.transport.drivers import aiokafka as driver
from kafka import KafkaProducer
from mode.utils.queues import ThrowableQueue

from services.runtime.bus import kafka as bus
from services.runtime.bus.envelope import LARGEST_LETTER, Letter, letters, topic_of
from services.runtime.reactor import Notice
from services.runtime.service import load
from services.runtime.store import Carried
from services.runtime.topics import make_topics
from tests.asynchronous import asynchronous, until
from tests.runtime.story import (
    ADOPT_NOTICE,
    GOOD,
    correct,
    listening,
    publish,
    register,
    rows,
    tell,
)

INCENTIVE, EVALUATION = load("incentive"), load("evaluation")
PARTITIONS = 2
SESSION_SECONDS = float(os.environ.get("ZONELEDGER_KAFKA_SESSION_SECONDS", "2"))
pytestmark = pytest.mark.filterwarnings("ignore::DeprecationWarning", "ignore::ResourceWarning")


class Topic(NamedTuple):
    """A fresh topic of evaluation's, and where it lies."""

    brokers: str
    prefix: str

    @property
    def name(self) -> str:
        return topic_of("evaluation", self.prefix)

    def send(self, sent: Sequence[Letter]) -> None:
        producer = KafkaProducer(
            bootstrap_servers=self.brokers, max_request_size=LARGEST_LETTER + (64 << 10)
        )
        try:
            futures = [
                producer.send(self.name, key=each.key, value=each.value, headers=each.headers)
                for each in sent
            ]
            for future in futures:
                future.get(30)
        finally:
            producer.close()


@pytest.fixture
def topic(kafka: str) -> Topic:
    fresh = Topic(kafka, f"t{uuid4().hex}")
    make_topics(kafka, [fresh.name], PARTITIONS, 1)
    return fresh


class Heard:
    """What an app brought; as a log, it remembers where the carrier stands."""

    def __init__(self) -> None:
        self.told: list[Notice] = []
        self.batches: list[int] = []
        self.places: dict[int, int] = {}
        self.faults: list[Exception] = []

    async def answer(self, source: str, carried: Sequence[Carried], told: Sequence[Notice]) -> None:
        assert source == "evaluation"
        if self.faults:
            raise self.faults.pop()
        self.told += told
        self.batches.append(len(told))
        self.places |= {each.partition: each.next_offset for each in carried}

    async def known(self, _: str) -> Mapping[int, int]:
        return self.places

    def ids(self) -> list[str]:
        return [each.event_id for each in self.told]


@asynccontextmanager
async def hearing(topic: Topic, heard: Heard, folder: Path) -> AsyncIterator[faust.App]:
    app = bus.hearing(
        INCENTIVE,
        topic.brokers,
        topic.prefix,
        heard.answer,
        heard.known,
        state=folder / "faust",
        session_seconds=SESSION_SECONDS,
    )
    await app.start()
    try:
        yield app
    finally:
        with suppress(ArithmeticError):  # It crashed, as it was asked to.
            await app.stop()


async def story(folder: Path, units: int = 3) -> list[Letter]:
    """The letters of units that were registered, rated and corrected."""
    names = [f"unit-{number}" for number in range(units)]
    async with listening(EVALUATION, folder) as evaluation:
        await tell(evaluation, ADOPT_NOTICE)
        await tell(evaluation, *map(register, names))
        await tell(evaluation, *map(publish, names))
        await tell(evaluation, *(correct(name, GOOD) for name in names))
        return list(letters(EVALUATION, await rows(evaluation)))


def id_of(letter: Letter) -> str:
    return dict(letter.headers)["ce_id"].decode()


async def all_of(heard: Heard, sent: Sequence[Letter]) -> None:
    async def are_there() -> bool:
        return set(heard.ids()) >= {id_of(each) for each in sent}

    await until(are_there)


@asynchronous
async def test_what_is_in_the_topic_is_heard_and_each_stream_in_order(
    topic: Topic, tmp_path: Path
) -> None:
    sent = await story(tmp_path)
    await asyncio.to_thread(topic.send, sent)
    heard = Heard()
    async with hearing(topic, heard, tmp_path):
        await all_of(heard, sent)
    assert len(heard.told) == len(sent)
    for stream in {each.stream for each in heard.told}:
        versions = [each.version for each in heard.told if each.stream == stream]
        assert versions == sorted(versions)
    assert sum(heard.places.values()) == len(sent)


@asynchronous
async def test_many_events_are_answered_in_few_batches(topic: Topic, tmp_path: Path) -> None:
    sent = await story(tmp_path, 200)
    await asyncio.to_thread(topic.send, sent)
    heard = Heard()
    async with hearing(topic, heard, tmp_path):
        await all_of(heard, sent)
    assert len(heard.batches) < len(sent) / 2
    assert max(heard.batches) <= 500


@asynchronous
async def test_what_is_no_letter_of_ours_is_set_aside_and_the_rest_goes_on(
    topic: Topic, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    sent = await story(tmp_path)
    strange = [
        Letter(b"any", b"\xff", []),
        Letter(b"any", b"", [("ce_id", b"\xff")]),
        sent[1]._replace(headers=[each for each in sent[1].headers if each[0] != "ce_stream"]),
    ]
    await asyncio.to_thread(topic.send, [*strange, *sent, *strange])
    heard = Heard()
    async with hearing(topic, heard, tmp_path):
        await all_of(heard, sent)

        async def is_behind_all() -> bool:
            return sum(heard.places.values()) == len(sent) + 2 * len(strange)

        await until(is_behind_all)
    assert len(heard.told) == len(sent)
    assert caplog.text.count("set aside what is no event of ours") == 2 * len(strange)
    assert f"{topic.name}/" in caplog.text


@asynchronous
async def test_a_letter_that_is_larger_than_what_is_fetched_at_once_stops_nothing(
    topic: Topic, tmp_path: Path
) -> None:
    sent = await story(tmp_path)
    strange = Letter(sent[0].key, b"0" * LARGEST_LETTER, [])
    await asyncio.to_thread(topic.send, [strange, strange, *sent])
    heard = Heard()
    async with hearing(topic, heard, tmp_path) as app:
        assert app.conf.consumer_max_fetch_size < LARGEST_LETTER
        await all_of(heard, sent)
    assert len(heard.told) == len(sent)


@asynchronous
async def test_what_can_not_be_answered_ends_the_app_and_comes_again(
    topic: Topic, tmp_path: Path
) -> None:
    sent = await story(tmp_path)
    await asyncio.to_thread(topic.send, sent)
    heard = Heard()
    heard.faults.append(ArithmeticError("the database went away"))
    async with hearing(topic, heard, tmp_path) as app:
        await app.wait_until_stopped()
        assert isinstance(app.crash_reason, ArithmeticError)
    async with hearing(topic, heard, tmp_path):
        await all_of(heard, sent)


@asynchronous
async def test_a_reader_goes_back_to_where_the_restored_log_was(
    topic: Topic, tmp_path: Path
) -> None:
    sent = await story(tmp_path)
    await asyncio.to_thread(topic.send, sent)
    heard = Heard()
    async with hearing(topic, heard, tmp_path):
        await all_of(heard, sent)
        await asyncio.sleep(2)  # The group's offset is written once a second.
    older = Heard()
    older.places = {part: place - 1 for part, place in heard.places.items()}
    async with hearing(topic, older, tmp_path):

        async def is_read_again() -> bool:
            return len(older.told) == len(heard.places)

        await until(is_read_again)
    assert older.places == heard.places
    newest = {each.stream: each.event_id for each in heard.told}
    assert set(older.ids()) <= set(newest.values())


@asynchronous
async def test_a_reader_whose_log_knows_of_no_place_reads_everything_again(
    topic: Topic, tmp_path: Path
) -> None:
    sent = await story(tmp_path)
    await asyncio.to_thread(topic.send, sent)
    heard, empty = Heard(), Heard()
    async with hearing(topic, heard, tmp_path):
        await all_of(heard, sent)
        await asyncio.sleep(2)
    async with hearing(topic, empty, tmp_path):
        await all_of(empty, sent)


def test_the_private_names_of_faust_that_are_used_are_there(tmp_path: Path) -> None:
    consumer: Any = driver.Consumer
    assert asyncio.iscoroutinefunction(consumer.perform_seek)
    assert asyncio.iscoroutinefunction(consumer.seek)
    assert "_committed_offset" in Consumer.__annotations__
    assert asyncio.iscoroutinefunction(consumer.wait_first)
    assert consumer.wait_first is mode.Service.wait_first
    handing_over = inspect.getsource(consumer._drain_messages)
    assert "self.wait_first(\n" in handing_over
    assert "callback(message), self.suspend_flow.wait()" in handing_over
    app: Any = faust.App("names", datadir=str(tmp_path), stream_buffer_maxsize=10)
    assert app.flow_control.is_active() is False
    assert isinstance(app.consumer_generation_id, int)
    assert app.monitor.tp_end_offsets == {}
    queue = app.topic("any").clone(is_iterator=True).queue
    assert isinstance(queue, ThrowableQueue)
    assert queue.pressure_high_ratio > 1
    queue.pressure_high_ratio = 0.5
    assert queue.pressure_high_size == 20

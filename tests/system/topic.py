"""The topic of evaluation as a test reads it and writes to it, past the relay."""

from collections.abc import Sequence
from typing import Any

from kafka import KafkaConsumer, KafkaProducer, TopicPartition

from services.runtime.bus.envelope import Letter, letters, topic_of
from services.runtime.service import load
from services.runtime.store import Row
from services.runtime.store.postgres_outbox import outbox
from tests.system.stack import PARTITIONS, Stack

_POLL_MS = 200
_SEND_SECONDS = 30


def events_topic(stack: Stack) -> str:
    return topic_of("evaluation", stack.topics)


def of_rows(rows: Sequence[Row]) -> list[Letter]:
    """The letters that a relay makes of these rows."""
    return list(letters(load("evaluation"), rows))


def send(stack: Stack, sent: Sequence[Letter]) -> None:
    """Send letters as they are, in this order."""
    producer = KafkaProducer(bootstrap_servers=stack.brokers)
    try:
        futures = [
            producer.send(events_topic(stack), key=each.key, value=each.value, headers=each.headers)
            for each in sent
        ]
        for future in futures:
            future.get(_SEND_SECONDS)
    finally:
        producer.close()


def received(stack: Stack) -> list[list[str]]:
    """The ids of the events in the topic, partition by partition, in order."""
    return [
        [dict(record.headers).get("ce_id", b"").decode() for record in records]
        for records in read_topic(stack.brokers, events_topic(stack), PARTITIONS)
    ]


def read_topic(brokers: str, topic: str, partitions: int) -> list[list[Any]]:
    """All records of a topic, partition by partition, up to the end that is seen first."""
    consumer = KafkaConsumer(bootstrap_servers=brokers, group_id=None, auto_offset_reset="earliest")
    parts = [TopicPartition(topic, number) for number in range(partitions)]
    records: dict[Any, list[Any]] = {part: [] for part in parts}
    ends: dict[Any, int] = {}
    try:
        consumer.assign(parts)
        consumer.seek_to_beginning(*parts)
        while len(ends) < partitions or any(consumer.position(p) < ends[p] for p in parts):
            for part, polled in consumer.poll(timeout_ms=_POLL_MS).items():
                records[part] += polled
            for part in parts:
                # The end offset that Tansu tells is wrong; its high watermark is right.
                if part not in ends and (end := consumer.highwater(part)) is not None:
                    ends[part] = end
    finally:
        consumer.close()
    return list(records.values())


def ends(stack: Stack) -> dict[int, int]:
    """How many records each partition has; without those that have none."""
    records = read_topic(stack.brokers, events_topic(stack), PARTITIONS)
    return {number: own[-1].offset + 1 for number, own in enumerate(records) if own}


def relayed(stack: Stack) -> int:
    """The place of evaluation's relay."""
    with outbox(stack.database_of("evaluation"), "evaluation") as own:
        return own.place()


def skip_to(stack: Stack, position: int) -> None:
    """Let the relay believe that it has sent everything up to here."""
    with outbox(stack.database_of("evaluation"), "evaluation") as own:
        assert own.move(own.place(), position)

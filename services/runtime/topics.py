"""The topics: made by an administrator, kept for ever, and checked.

An event topic that forgets, or that is compacted, would starve whoever listens later.
"""

import time
from collections.abc import Mapping, Sequence
from contextlib import suppress

from kafka.admin import ConfigResource, ConfigResourceType, KafkaAdminClient
from kafka.errors import KafkaError, TopicAlreadyExistsError

from services.kernel.errors import Unavailable
from services.runtime.bus.envelope import LARGEST_LETTER
from services.runtime.bus.security import IN_THE_CLEAR, Security, arguments

KEPT_FOR_EVER: Mapping[str, str] = {
    "retention.ms": "-1",
    "retention.bytes": "-1",
    "cleanup.policy": "delete",
    "max.message.bytes": str(LARGEST_LETTER + (64 << 10)),
}
_REPLICAS_FOR_TWO_IN_SYNC = 3
_PATIENCE_SECONDS, _PAUSE_SECONDS = 20.0, 0.2


def make_topics(
    brokers: str,
    topics: Sequence[str],
    partitions: int,
    replicas: int,
    security: Security = IN_THE_CLEAR,
) -> list[str]:
    """Make the topics that are missing, look at all; what could not be checked, in sentences.

    `Unavailable` where a topic cannot be made, or would lose events as it is.
    """
    try:
        admin = KafkaAdminClient(
            bootstrap_servers=brokers.split(","),
            bootstrap_timeout_ms=int(_PATIENCE_SECONDS * 1000),
            **arguments(security),
        )
        try:
            return [
                doubt for topic in topics for doubt in _make(admin, topic, partitions, replicas)
            ]
        finally:
            admin.close()
    except KafkaError as fault:
        raise Unavailable(f"topics cannot be made at {brokers}: {fault!r}") from fault


def _make(admin: KafkaAdminClient, topic: str, partitions: int, replicas: int) -> list[str]:
    configs = dict(KEPT_FOR_EVER)
    configs["min.insync.replicas"] = "2" if replicas >= _REPLICAS_FOR_TWO_IN_SYNC else "1"
    wish = {"num_partitions": partitions, "replication_factor": replicas, "configs": configs}
    return _check(admin, topic, partitions, found=_settled(admin, topic, wish))


def _settled(admin: KafkaAdminClient, topic: str, wish: Mapping[str, object]) -> int:
    """How many partitions the topic has, after making it where it is missing.

    One that is still being deleted is there and has none, and so has one that was made just now.
    """
    deadline = time.monotonic() + _PATIENCE_SECONDS
    while True:
        with suppress(TopicAlreadyExistsError):
            admin.create_topics({topic: wish})
        [described] = admin.describe_topics([topic])
        if described["partitions"] or time.monotonic() > deadline:
            return len(described["partitions"])
        time.sleep(_PAUSE_SECONDS)


def _check(admin: KafkaAdminClient, topic: str, partitions: int, *, found: int) -> list[str]:
    if found != partitions:
        raise Unavailable(
            f"topic {topic} has {found} partitions, not {partitions}; adding some would move units"
            f" between them, so say ZONELEDGER_TOPIC_PARTITIONS={found}"
        )
    settings = _settings(admin, topic)
    wrong = [
        f"{name} is {settings[name]}, not {value}"
        for name, value in KEPT_FOR_EVER.items()
        if settings.get(name, value) != value
    ]
    if wrong:
        raise Unavailable(f"topic {topic} would lose events: {'; '.join(wrong)}")
    untold = [name for name in KEPT_FOR_EVER if name not in settings]
    return [f"the broker does not tell {', '.join(untold)} of {topic}"] if untold else []


def _settings(admin: KafkaAdminClient, topic: str) -> dict[str, str]:
    """What the broker says of a topic's settings."""
    resource = ConfigResource(ConfigResourceType.TOPIC, topic)
    described = admin.describe_configs([resource], config_filter="all")
    return {name: each["value"] for name, each in described["topic"][topic].items()}

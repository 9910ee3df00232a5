"""Topics keep everything for ever, and one that would not is refused."""

from uuid import uuid4

import pytest
from kafka.admin import ConfigResource, ConfigResourceType, KafkaAdminClient

from services.kernel.errors import Unavailable
from services.runtime import topics
from services.runtime.topics import make_topics
from tests.servers import free_port


@pytest.fixture
def topic() -> str:
    return f"t{uuid4().hex}.events"


def settings(brokers: str, topic: str) -> dict[str, str]:
    admin = KafkaAdminClient(bootstrap_servers=brokers)
    try:
        resource = ConfigResource(ConfigResourceType.TOPIC, topic)
        described = admin.describe_configs([resource], config_filter="all")
    finally:
        admin.close()
    return {name: each["value"] for name, each in described["topic"][topic].items()}


def make(brokers: str, topic: str, configs: dict[str, str]) -> None:
    admin = KafkaAdminClient(bootstrap_servers=brokers)
    try:
        wish = {"num_partitions": 2, "replication_factor": 1, "configs": configs}
        admin.create_topics({topic: wish})
    finally:
        admin.close()


def test_to_make_topics_again_changes_nothing(kafka: str, topic: str) -> None:
    for _ in range(2):
        assert make_topics(kafka, [topic], 3, 1) == []  # Nothing is left in doubt.


def test_another_number_of_partitions_is_refused_because_units_would_move(
    kafka: str, topic: str
) -> None:
    make_topics(kafka, [topic], 3, 1)
    with pytest.raises(
        Unavailable, match=r"has 3 partitions, not 4.*ZONELEDGER_TOPIC_PARTITIONS=3"
    ):
        make_topics(kafka, [topic], 4, 1)


def test_a_broker_that_does_not_answer_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(topics, "_PATIENCE_SECONDS", 0.5)
    nobody = f"127.0.0.1:{free_port()}"
    with pytest.raises(Unavailable, match=f"topics cannot be made at {nobody}"):
        make_topics(nobody, ["any"], 1, 1)


def test_a_topic_keeps_everything_for_ever(kafka: str, topic: str) -> None:
    make_topics(kafka, [topic], 1, 1)
    found = settings(kafka, topic)
    assert found["retention.ms"] == found["retention.bytes"] == "-1"
    assert found["cleanup.policy"] == "delete"
    assert found["min.insync.replicas"] == "1"


@pytest.mark.parametrize(
    "configs",
    [{"retention.ms": "604800000"}, {"retention.bytes": "1000"}, {"cleanup.policy": "compact"}],
)
def test_a_topic_that_would_forget_is_refused(
    kafka: str, topic: str, configs: dict[str, str]
) -> None:
    make(kafka, topic, configs)
    [name] = configs
    with pytest.raises(Unavailable, match=f"would lose events: .*{name} is {configs[name]}"):
        make_topics(kafka, [topic], 2, 1)

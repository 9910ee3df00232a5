"""What the environment says is read once, and what is wrong in it is said in full."""

from pathlib import Path

import pytest

from services.kernel.errors import Unavailable
from services.runtime.settings import VARIABLES, Settings, servers, settings


def test_an_empty_environment_gives_the_defaults() -> None:
    assert settings({}) == Settings()
    assert settings(dict.fromkeys(VARIABLES.values(), "")) == Settings()


def test_every_setting_is_read_from_its_variable() -> None:
    read = settings(
        {
            "ZONELEDGER_DATABASE": "postgresql://here",
            "ZONELEDGER_KAFKA": "a:1,b:2",
            "ZONELEDGER_TOPIC_PARTITIONS": "8",
            "ZONELEDGER_TOPIC_REPLICAS": "3",
            "ZONELEDGER_SERVERS": "evaluation=e:1,incentive=i:2",
            "ZONELEDGER_TLS": "/keys",
            "ZONELEDGER_KAFKA_SESSION_SECONDS": "6",
            "ZONELEDGER_PASSWORD_INCENTIVE": "secret",
        }
    )
    assert read == Settings(
        database="postgresql://here",
        kafka="a:1,b:2",
        partitions=8,
        replicas=3,
        servers={"evaluation": "e:1", "incentive": "i:2"},
        tls=Path("/keys"),
        session_timeout_seconds=6.0,
        passwords={"incentive": "secret"},
    )


@pytest.mark.parametrize(
    ("variable", "text"),
    [
        ("ZONELEDGER_TOPIC_PARTITIONS", "four"),
        ("ZONELEDGER_TOPIC_PARTITIONS", "0"),
        ("ZONELEDGER_TOPIC_REPLICAS", "-1"),
        ("ZONELEDGER_KAFKA_SESSION_SECONDS", "soon"),
        ("ZONELEDGER_SERVERS", "nobody=here:1"),
    ],
)
def test_a_value_that_cannot_be_read_is_named_with_its_variable(variable: str, text: str) -> None:
    with pytest.raises(Unavailable) as refused:
        settings({variable: text})
    assert variable in str(refused.value)
    assert text in str(refused.value)


def test_a_setting_that_cannot_be_done_without_is_named_by_its_variable() -> None:
    with pytest.raises(Unavailable, match="ZONELEDGER_KAFKA is not set"):
        Settings().need("kafka")
    assert Settings(kafka="here:1").need("kafka") == "here:1"


def test_one_address_is_the_address_of_all_services() -> None:
    assert servers("here:1") == dict.fromkeys(("evaluation", "incentive", "financing"), "here:1")

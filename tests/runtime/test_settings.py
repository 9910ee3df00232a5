"""What the environment says is read once, and what is wrong in it is said in full."""

from pathlib import Path

import pytest

from services.kernel.errors import Unavailable
from services.runtime.bus.security import Security
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
            "ZONELEDGER_ACCESS_LOG": "/access",
            "ZONELEDGER_SHARED_PORT": "on",
            "ZONELEDGER_REFLECTION": "on",
            "ZONELEDGER_KAFKA_SESSION_SECONDS": "6",
            "ZONELEDGER_PASSWORD_INCENTIVE": "secret",
            "ZONELEDGER_KAFKA_SECURITY": "SASL_SSL",
            "ZONELEDGER_KAFKA_CA": "/keys/kafka-ca.pem",
            "ZONELEDGER_KAFKA_USER": "incentive",
            "ZONELEDGER_KAFKA_PASSWORD": "hidden",
        }
    )
    assert read == Settings(
        database="postgresql://here",
        kafka="a:1,b:2",
        kafka_security=Security(
            "SASL_SSL", ca=Path("/keys/kafka-ca.pem"), user="incentive", password="hidden"
        ),
        partitions=8,
        replicas=3,
        servers={"evaluation": "e:1", "incentive": "i:2"},
        tls=Path("/keys"),
        access_log=Path("/access"),
        shared_port=True,
        reflection=True,
        session_timeout_seconds=6.0,
        passwords={"incentive": "secret"},
    )


@pytest.mark.parametrize(
    ("variable", "text"),
    [
        ("ZONELEDGER_TOPIC_PARTITIONS", "four"),
        ("ZONELEDGER_SHARED_PORT", "yes"),
        ("ZONELEDGER_REFLECTION", "1"),
        ("ZONELEDGER_TOPIC_PARTITIONS", "0"),
        ("ZONELEDGER_TOPIC_REPLICAS", "-1"),
        ("ZONELEDGER_KAFKA_SESSION_SECONDS", "soon"),
        ("ZONELEDGER_PROMISED_SECONDS", "nan"),
        ("ZONELEDGER_PROMISED_SECONDS", "inf"),
        ("ZONELEDGER_KAFKA_SECURITY", "TLS"),
        ("ZONELEDGER_KAFKA_MECHANISM", "GSSAPI"),
        ("ZONELEDGER_SERVERS", "nobody=here:1"),
    ],
)
def test_a_value_that_cannot_be_read_is_named_with_its_variable(variable: str, text: str) -> None:
    with pytest.raises(Unavailable) as refused:
        settings({variable: text})
    assert variable in str(refused.value)
    assert text in str(refused.value)


@pytest.mark.parametrize(
    ("given", "why"),
    [
        ({"CA": "/ca.pem"}, "PLAINTEXT uses none"),
        ({"SECURITY": "SASL_PLAINTEXT", "CA": "/ca.pem", "USER": "u"}, "SASL_PLAINTEXT uses none"),
        ({"SECURITY": "SSL", "CERT": "/cert.pem"}, "a certificate and its key go together"),
        ({"SECURITY": "SSL", "PASSWORD": "hidden"}, "SSL uses none"),
        ({"SECURITY": "SASL_SSL", "USER": "u"}, "wants a user and a password"),
        ({"SECURITY": "SASL_SSL"}, "wants a user and a password"),
    ],
)
def test_a_line_to_kafka_that_is_secured_by_halves_is_refused(
    given: dict[str, str], why: str
) -> None:
    with pytest.raises(Unavailable, match=why) as refused:
        settings({f"ZONELEDGER_KAFKA_{part}": text for part, text in given.items()})
    assert "ZONELEDGER_KAFKA_" in str(refused.value)
    assert "hidden" not in str(refused.value)


def test_a_setting_that_cannot_be_done_without_is_named_by_its_variable() -> None:
    with pytest.raises(Unavailable, match="ZONELEDGER_KAFKA is not set"):
        Settings().need("kafka")
    assert Settings(kafka="here:1").need("kafka") == "here:1"


def test_one_address_is_the_address_of_all_services() -> None:
    assert servers("here:1") == dict.fromkeys(("evaluation", "incentive", "financing"), "here:1")

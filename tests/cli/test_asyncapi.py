"""The topics are described as the official schema, the contract and real records have it."""

import json
import re
from contextlib import AsyncExitStack
from pathlib import Path
from typing import Any

import pytest
import yaml
from jsonschema import Draft7Validator, ValidationError

from services.cli.asyncapi import as_yaml, document
from services.cli.cloud_event import HEADERS
from services.kernel.decision import event_type
from services.runtime.bus.envelope import Letter, letters, topic_of
from services.runtime.bus.local import LocalBus
from services.runtime.bus.security import Security
from services.runtime.service import SERVICES, load
from services.runtime.settings import Settings
from services.runtime.store import Row
from tests.asynchronous import asynchronous
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
from tests.system.commands import run
from zoneledger.ledger.v1.decision_pb2 import Decision

ROOT = Path(__file__).parents[2]
OFFICIAL = json.loads((Path(__file__).parent / "asyncapi" / "3.1.0.json").read_text("utf-8"))
DOCUMENT = document(Settings())
EACH_SERVICE = pytest.mark.parametrize("name", SERVICES)
CHINESE = re.compile(r"[\u4e00-\u9fff]")
TRACE = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01"


def messages(name: str) -> dict[str, Any]:
    found: dict[str, Any] = DOCUMENT["channels"][name]["messages"]
    return found


def check_headers(message: dict[str, Any], said: dict[str, str]) -> None:
    """Hold headers against the schema of their message."""
    schema = message["headers"] | {"components": DOCUMENT["components"]}
    Draft7Validator(schema, format_checker=Draft7Validator.FORMAT_CHECKER).validate(said)


async def story(folder: Path) -> dict[str, list[Letter]]:
    """What each service tells of a unit that was rated, then rated rightly, in a traced call."""
    async with AsyncExitStack() as stack:
        listeners = {
            name: await stack.enter_async_context(listening(load(name), folder / name))
            for name in SERVICES
        }
        told = (ADOPT_NOTICE, register("xiangtan"), publish("xiangtan"), correct("xiangtan", GOOD))
        for command in told:
            await tell(listeners["evaluation"], command)
        await LocalBus(listeners).settle()
        return {
            name: [*letters(load(name), [traced(row) for row in await rows(listener)])]
            for name, listener in listeners.items()
        }


def traced(row: Row) -> Row:
    decision = Decision.FromString(row.data)
    decision.traceparent = TRACE
    return row._replace(data=decision.SerializeToString())


@pytest.mark.parametrize(
    "here",
    [
        Settings(),
        Settings(kafka="a:9092,b:9092", kafka_security=Security("SSL", cert=Path("cert.pem"))),
        Settings(kafka_security=Security("SASL_SSL", user="u", password="p")),
        Settings(kafka_security=Security("SASL_PLAINTEXT", mechanism="PLAIN")),
        Settings(kafka_security=Security("SASL_SSL", mechanism="SCRAM-SHA-256")),
    ],
    ids=["plain", "certificate", "login", "plain login", "other login"],
)
def test_it_is_an_asyncapi_document_by_the_official_schema(here: Settings) -> None:
    Draft7Validator(OFFICIAL).validate(document(here))


def test_the_official_schema_would_find_a_mistake() -> None:
    wrong = document(Settings())
    wrong["channels"]["evaluation"]["bindings"]["kafka"]["partitions"] = "four"
    with pytest.raises(ValidationError):
        Draft7Validator(OFFICIAL).validate(wrong)


@EACH_SERVICE
def test_a_channel_is_a_topic_with_every_event_of_its_service(name: str) -> None:
    channel = DOCUMENT["channels"][name]
    assert channel["address"] == channel["bindings"]["kafka"]["topic"] == topic_of(name)
    assert {
        (kind, message["name"], message["x-protobuf-message"])
        for kind, message in messages(name).items()
    } == {
        (event_type(event), event_type(event), event.DESCRIPTOR.full_name)
        for event in load(name).events.values()
    }


@EACH_SERVICE
def test_every_event_is_called_something_in_english_and_chinese(name: str) -> None:
    titles = [message["title"] for message in messages(name).values()]
    assert all(CHINESE.search(title) and title[0].isascii() for title in titles)
    assert len({*titles}) == len(titles)


@asynchronous
async def test_the_headers_of_real_records_are_as_described(tmp_path: Path) -> None:
    always = {name for name, header in HEADERS.items() if header.is_always_there}
    seen: set[str] = set()
    for name, told in (await story(tmp_path)).items():
        assert told
        for letter in told:
            said = {header: value.decode() for header, value in letter.headers}
            check_headers(messages(name)[said["ce_type"]], said)
            assert always <= said.keys()
            assert letter.key.decode() == said["ce_subject"] == said["ce_partitionkey"]
            seen |= said.keys()
    assert seen == HEADERS.keys()


@EACH_SERVICE
def test_the_example_of_an_event_has_the_headers_that_are_described(name: str) -> None:
    for message in messages(name).values():
        [example] = message["examples"]
        check_headers(message, example["headers"])


def test_headers_of_another_event_are_not_those_that_are_described() -> None:
    rated, corrected = (
        messages("evaluation")[kind] for kind in ("zone-rated-good", "rating-corrected")
    )
    [example] = rated["examples"]
    with pytest.raises(ValidationError):
        check_headers(corrected, example["headers"])
    with pytest.raises(ValidationError):
        check_headers(
            rated, {name: said for name, said in example["headers"].items() if name != "ce_id"}
        )


def test_each_service_sends_its_events_and_receives_those_that_it_answers() -> None:
    operations = DOCUMENT["operations"]
    heard = {event_type(each) for each in load("incentive").heard}
    hearing = operations["incentiveHearsEvaluation"]
    assert hearing["action"] == "receive"
    assert {each["$ref"].rpartition("/")[2] for each in hearing["messages"]} == heard
    assert {name for name, each in operations.items() if each["action"] == "send"} == {
        f"{name}Tells" for name in SERVICES
    }
    assert "evaluationHearsIncentive" not in operations


def test_it_tells_of_the_installation_whose_settings_it_sees() -> None:
    login = Security("SASL_SSL", user="u", password="secret")
    here = Settings(kafka="a:9092,b:9093", kafka_security=login, topics="test", partitions=7)
    made = document(here)
    hosts = [(each["host"], each["protocol"]) for each in made["servers"].values()]
    assert hosts == [("a:9092", "kafka-secure"), ("b:9093", "kafka-secure")]
    assert made["channels"]["financing"]["address"] == "test.financing.events"
    assert made["channels"]["financing"]["bindings"]["kafka"]["partitions"] == 7
    assert made["components"]["securitySchemes"] == {"login": {"type": "scramSha512"}}
    assert "secret" not in json.dumps(made)


def test_the_yaml_for_people_says_the_same_as_the_json_for_machines(tmp_path: Path) -> None:
    shown, machine = run(tmp_path, "asyncapi"), run(tmp_path, "asyncapi", "--json")
    assert (shown.code, machine.code) == (0, 0)
    assert yaml.safe_load(shown.out) == json.loads(machine.out)
    assert shown.out == as_yaml(json.loads(machine.out))
    assert "评为优秀" in shown.out

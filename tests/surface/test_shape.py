"""Every method of the contract has the shape of its kind, also one that is added later."""

from pathlib import Path
from typing import Any

import grpc
import pytest
from google.protobuf.descriptor import FieldDescriptor

from services.runtime import contract
from services.runtime.units import names_any
from tests.asynchronous import asynchronous
from tests.surface.methods import METHODS, Method, code, fields, messages, short
from tests.surface.served import served
from zoneledger.ledger.v1.reading_pb2 import Reading

# The log as it is: it has positions and no clocks, and whoever reads it sees everything.
LOG = "zoneledger.ledger.v1.LogService"
# What holds on every day from its adoption on, so that a day asks nothing of it.
OF_NO_DAY = {"policies", "supplements", "access_tables"}
# Why no unit can be named there: what they tell is about no unit, or about all.
ABOUT_NO_UNIT = {
    "AdoptPolicies": "a document is for all units",
    "AdoptSupplements": "a supplement is for all units of its document",
    "AdoptAccessTable": "a table is for all units",
    "OpenRound": "a round is for all units",
    "FreezeRuleSet": "rules are for all units",
    "InterpretMatter": "rules are for all units",
    "AbandonRound": "a round is for all units",
    "CloseCollection": "it ends for all units",
    "ReviewProvince": "a province is no unit, and answers for all of its own",
    "AppointAssessors": "an assessor hears of all units but those in conflict",
    "DismissAssessor": "an assessor is no unit",
    "SealSheet": "nobody knows yet which units it speaks of",
    "AssessExperts": "the experts are heard on all units",
    "CalculateScores": "all units are scored at once",
    "OpenNotice": "a notice is of all units",
    "SignResults": "results are signed together",
    "TakeBackSignature": "results are signed together",
    "CloseRound": "a round is for all units",
    "WithdrawCircular": "a circular is wider than the programme",
    "ListRounds": "rounds are for all units",
    "ListRuleSets": "rules are for all units",
    "ListAssessors": "assessors are no units",
    "ListCirculars": "circulars are wider than the programme",
    "ListPolicies": "documents are for all units",
    "ListSupplements": "supplements are for all units of their document",
    "ListAccessTables": "tables are for all units",
    "ListDecisions": "only whoever sees all units reads a log",
    "GetDecision": "only whoever sees all units reads a log",
    "GetFrontier": "it is of the whole log",
    "GetCursor": "it is of the whole log",
    "ListParkedStreams": "only whoever sees all units reads what waits",
    "RetryParkedStreams": "all that waits is tried",
    "ResolveParkedStream": "only whoever sees all units passes over an event",
}

READS = [each for each in METHODS if each.verb and each.service != LOG and not each.streams]
COMMANDS = [each for each in METHODS if not each.verb]
EACH_METHOD = pytest.mark.parametrize("method", METHODS, ids=short)
EACH_READ = pytest.mark.parametrize("method", READS, ids=short)
EACH_COMMAND = pytest.mark.parametrize("method", COMMANDS, ids=short)

ASKED = {
    "Get": ["name", "as_of", "known_at", "min_position", "read_mask"],
    "BatchGet": ["names", "as_of", "known_at", "min_position", "read_mask"],
    "List": ["as_of", "known_at", "min_position", "page_size", "page_token", "read_mask"],
    "Explain": ["name", "as_of", "known_at", "min_position"],
    "Resolve": ["names", "as_of", "known_at", "min_position", "read_mask"],
    "Analyse": ["name", "known_at", "min_position"],
}
ANSWERED = {
    "Get": ["reading"],
    "BatchGet": ["reading"],
    "List": ["reading", "next_page_token"],
    "Explain": ["reading"],
    "Resolve": ["reading"],
    "Analyse": ["reading"],
}
# What tells of resources and is none itself: why one stands, which one a name stands for, and how
# certain it is. An analysis is of all that is known, whatever day that is of.
OF_RESOURCES = {"Explain", "Resolve", "Analyse"}


def shown(method: Method) -> Any:
    """The field of an answer that holds what was asked for."""
    beside = {"reading", "next_page_token"}
    [field] = [each for each in method.response.DESCRIPTOR.fields if each.name not in beside]
    return field


def collection(resource: Any) -> str:
    """The field under which resources of a kind are listed."""
    [name] = [
        shown(each).name
        for each in READS
        if each.verb == "List" and shown(each).message_type is resource
    ]
    return str(name)


def test_the_program_knows_the_methods_of_the_contract() -> None:
    assert contract.methods() == {each.name for each in METHODS}
    assert len(METHODS) == len(contract.methods())


@EACH_READ
def test_a_read_asks_by_both_clocks_and_is_told_what_it_was_read_from(method: Method) -> None:
    resource = shown(method).message_type
    of_no_day = method.verb == "Analyse" or (
        method.verb not in OF_RESOURCES and collection(resource) in OF_NO_DAY
    )
    asked = [name for name in ASKED[method.verb] if not (of_no_day and name == "as_of")]
    assert [name for name in asked if name not in fields(method.request)] == []
    assert [name for name in ANSWERED[method.verb] if name not in fields(method.response)] == []
    assert ("as_of" in fields(method.request)) is not of_no_day
    reading: Any = method.response.DESCRIPTOR.fields_by_name["reading"]
    assert reading.message_type is Reading.DESCRIPTOR


@EACH_READ
def test_a_read_answers_one_resource_or_several_that_have_names(method: Method) -> None:
    field = shown(method)
    assert field.is_repeated is (method.verb in {"List", "BatchGet", "Resolve"})
    if method.verb not in {"Explain", "Analyse"}:
        assert "name" in field.message_type.fields_by_name


@EACH_READ
def test_what_is_got_is_listed_too(method: Method) -> None:
    if method.verb in {"Get", "BatchGet"}:
        assert collection(shown(method).message_type)


@EACH_COMMAND
def test_a_command_can_be_named_and_tried_and_is_answered(method: Method) -> None:
    types = {field.name: field.type for field in method.request.DESCRIPTOR.fields}
    assert types["request_id"] == FieldDescriptor.TYPE_STRING
    assert types["validate_only"] == FieldDescriptor.TYPE_BOOL
    assert fields(method.response)


@EACH_METHOD
def test_a_request_can_name_units_or_it_is_said_why_not(method: Method) -> None:
    name = method.name.rpartition("/")[2]
    request: Any = method.request.DESCRIPTOR
    assert names_any(request) is not (name in ABOUT_NO_UNIT)


@EACH_METHOD
def test_requests_and_answers_are_of_one_method_alone(method: Method) -> None:
    name = method.name.rpartition("/")[2]
    assert method.request.DESCRIPTOR.name == f"{name}Request"
    assert method.response.DESCRIPTOR.name == f"{name}Response"


def test_a_resource_has_a_name_and_so_has_everything_that_stands() -> None:
    standing = [each for each in messages() if each.name.endswith("Standing")]
    assert standing
    assert [each.name for each in standing if "name" not in each.fields_by_name] == []
    resources = {
        shown(each).message_type.full_name for each in READS if each.verb not in OF_RESOURCES
    }
    assert resources == {each.full_name for each in standing}


@asynchronous
async def test_every_method_is_there(tmp_path: Path) -> None:
    async with served(tmp_path) as on:
        codes = {method.name: await code(method.on(on.channel)(b"")) for method in METHODS}
    assert [name for name, said in codes.items() if said == grpc.StatusCode.UNIMPLEMENTED] == []

"""A refusal is told whole, to machines and in two languages, and always fits into its headers."""

import re
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any, TypeVar, cast

import grpc
import grpc.aio
import pytest
from google.protobuf.message import Message
from google.rpc.code_pb2 import Code
from google.rpc.error_details_pb2 import (
    BadRequest,
    ErrorInfo,
    LocalizedMessage,
    PreconditionFailure,
    ResourceInfo,
    RetryInfo,
)
from google.rpc.status_pb2 import Status
from grpc_status import rpc_status
from hypothesis import given, settings
from hypothesis import strategies as st

from services.kernel.errors import (
    CorruptHistory,
    Fault,
    FolderInUse,
    Malformed,
    OurFault,
    Rejected,
    Unavailable,
    UnknownStream,
    Violation,
    WrongExpectedVersion,
    ZoneledgerError,
)
from services.kernel.reasons import Told, Why
from services.runtime.refusals import LARGEST, size, status_of
from tests.asynchronous import asynchronous

D = TypeVar("D", bound=Message)

METHOD = "/zoneledger.evaluation.v1.EvaluationService/CorrectRating"

NOT_RATED = Why.NOT_RATED(unit="xiangtan", round=2020)
NO_DAY = Why.NOT_A_DAY(value="21.6.2021")
UNKNOWN = Why.UNIT_NOT_REGISTERED(unit="xiangtan")


def found(status: Status, type_: type[D]) -> list[D]:
    """The details of this type."""
    details = []
    for packed in status.details:
        detail = type_()
        if packed.Unpack(detail):
            details.append(detail)
    return details


def the(status: Status, type_: type[D]) -> D:
    """The one detail of this type."""
    [detail] = found(status, type_)
    return detail


def batch(*faults: Fault) -> Status:
    return status_of(Malformed.batch("ratings", faults), METHOD)


# What it says.


def test_a_refusal_says_its_reason_its_facts_and_which_method_refused() -> None:
    status = status_of(Rejected(NOT_RATED, field="round"), METHOD)
    assert status.message == NOT_RATED
    assert the(status, ErrorInfo) == ErrorInfo(
        reason="NOT_RATED",
        domain="zoneledger",
        metadata={
            "service": "zoneledger.evaluation.v1.EvaluationService",
            "method": "CorrectRating",
            "unit": "xiangtan",
            "round": "2020",
        },
    )


def test_a_refusal_says_the_same_in_chinese() -> None:
    assert the(status_of(Rejected(NOT_RATED)), LocalizedMessage) == LocalizedMessage(
        locale="zh-CN", message="xiangtan没有可以更正的2020年度评估结果，请先发布"
    )


def test_what_has_no_reason_of_its_own_is_told_in_chinese_by_its_general_one() -> None:
    status = status_of(UnknownStream("no unit 'x'"))
    assert (status.message, the(status, ErrorInfo).reason) == ("no unit 'x'", "UNKNOWN_STREAM")
    assert the(status, LocalizedMessage).message == "没有所指的内容"


def test_what_has_to_be_true_first_is_a_condition_on_a_resource() -> None:
    status = status_of(Rejected(NOT_RATED))
    assert status.code == Code.Value("FAILED_PRECONDITION")
    [condition] = the(status, PreconditionFailure).violations
    assert (condition.type, condition.subject, condition.description) == (
        "NOT_RATED",
        "units/xiangtan/ratings/2020",
        NOT_RATED,
    )
    assert found(status, BadRequest) == []


def test_what_is_not_found_is_named() -> None:
    status = status_of(UnknownStream(Why.DECISION_NOT_FOUND(service="incentive", decision="17")))
    assert status.code == Code.Value("NOT_FOUND")
    assert the(status, ResourceInfo) == ResourceInfo(
        resource_type="zoneledger/decisions", resource_name="decisions/17"
    )


@pytest.mark.parametrize(
    ("refusal", "milliseconds"),
    [
        (Unavailable("the database restarts"), 1_000),
        (WrongExpectedVersion(Why.CONTENDED(tries=100)), 1_000),
        (WrongExpectedVersion("others were faster"), 100),
    ],
    ids=lambda value: getattr(value, "reason", ""),
)
def test_where_trying_again_helps_it_is_said_when(
    refusal: ZoneledgerError, milliseconds: int
) -> None:
    assert the(status_of(refusal), RetryInfo).retry_delay.ToMilliseconds() == milliseconds


def test_where_trying_again_does_not_help_nothing_is_said_of_it() -> None:
    for refusal in (Rejected(NOT_RATED), OurFault(Why.INTERNAL()), UnknownStream("no unit")):
        assert found(status_of(refusal), RetryInfo) == []


# Batches.


def test_each_field_of_a_batch_is_told_with_its_reason_in_both_languages() -> None:
    status = batch(Fault(1, "published_on", NO_DAY), Fault(0, "unit_id", UNKNOWN))
    assert [each.field for each in the(status, BadRequest).field_violations] == [
        "ratings[0].unit_id",
        "ratings[1].published_on",
    ]
    last = the(status, BadRequest).field_violations[1]
    assert (last.description, last.reason) == (NO_DAY, "NOT_A_DAY")
    assert last.localized_message == LocalizedMessage(locale="zh-CN", message=NO_DAY.chinese)


def test_a_batch_that_cannot_be_read_is_malformed_and_its_conditions_are_told_too() -> None:
    status = batch(Fault(0, "unit_id", UNKNOWN), Fault(1, "published_on", NO_DAY))
    assert status.code == Code.Value("INVALID_ARGUMENT")
    assert the(status, ErrorInfo).reason == "MALFORMED"
    assert [each.type for each in the(status, PreconditionFailure).violations] == [
        "UNIT_NOT_REGISTERED"
    ]


def test_a_batch_of_which_only_conditions_are_not_met_is_right_in_itself() -> None:
    status = batch(Fault(0, "unit_id", UNKNOWN), Fault(1, "round", NOT_RATED))
    assert status.code == Code.Value("FAILED_PRECONDITION")
    assert the(status, ErrorInfo).reason == "CONDITIONS_UNMET"
    assert len(the(status, PreconditionFailure).violations) == 2
    assert len(the(status, BadRequest).field_violations) == 2


def test_one_thing_that_is_wrong_gives_the_whole_its_reason_and_its_facts() -> None:
    status = batch(Fault(0, "round", NOT_RATED))
    assert status.code == Code.Value("FAILED_PRECONDITION")
    assert status.message == f"ratings[0].round: {NOT_RATED}"
    assert the(status, LocalizedMessage).message == f"ratings[0].round：{NOT_RATED.chinese}"
    assert the(status, ErrorInfo).reason == "NOT_RATED"
    assert the(status, ErrorInfo).metadata["unit"] == "xiangtan"


def test_a_field_is_told_once_with_what_was_found_first() -> None:
    status = batch(Fault(0, "unit_id", NO_DAY), Fault(0, "unit_id", UNKNOWN))
    [violation] = the(status, BadRequest).field_violations
    assert violation.reason == "NOT_A_DAY"


def test_of_too_many_faults_the_first_are_told_and_how_many_more_there_are() -> None:
    status = batch(*(Fault(index, "unit_id", UNKNOWN) for index in range(1_000)))
    *told, last = the(status, BadRequest).field_violations
    assert len(told) >= 3
    assert (last.field, last.description.split(";")[0]) == ("...", f"and {1_000 - len(told)} more")
    assert len(the(status, PreconditionFailure).violations) == len(told)


# What is of our machines.


@pytest.mark.parametrize(
    "refusal",
    [
        Unavailable("host=10.0.0.1 refuses"),
        FolderInUse("held by process 7"),
        CorruptHistory("/srv/log is damaged"),
        WrongExpectedVersion("unit-xiangtan is at version 3"),
        ZoneledgerError("in /srv"),
    ],
    ids=lambda refusal: refusal.reason,
)
def test_who_does_not_run_the_program_hears_nothing_of_its_insides(
    refusal: ZoneledgerError,
) -> None:
    assert status_of(refusal).message == str(refusal)
    status = status_of(refusal, insides=False)
    assert status.message == refusal.why.value.sentence
    assert str(refusal) not in str(status)


def test_everybody_hears_what_is_wrong_with_the_own_request() -> None:
    for refusal in (Rejected(NOT_RATED), Malformed(Violation("as_of", NO_DAY))):
        assert status_of(refusal, insides=False) == status_of(refusal)


# Its size.

PLACES = re.compile(r"{(\w+)")
TEXT = st.one_of(
    st.text(max_size=600),
    st.integers(0, 3_000).map(lambda length: "评" * length),
    st.integers(0, 3_000).map(lambda length: "%" * length),
    st.integers(0, 3_000).map(lambda length: "\U0001f3ed" * length),
)


@st.composite
def sentences(draw: st.DrawFn) -> str:
    why = draw(st.sampled_from(Why))
    if draw(st.booleans()):
        return str(draw(TEXT))
    names = set(PLACES.findall(why.value.sentence + why.value.resource))
    told: Told = why(**{name: draw(TEXT) for name in sorted(names)})
    return told


@st.composite
def refusals(draw: st.DrawFn) -> ZoneledgerError:
    if draw(st.booleans()):
        kind: type[ZoneledgerError] = draw(st.sampled_from([Rejected, Unavailable, UnknownStream]))
        return kind(draw(sentences()))
    faults = [
        Fault(index, draw(TEXT), draw(sentences())) for index in range(draw(st.integers(1, 12)))
    ]
    return Malformed.batch(draw(TEXT), faults)


@given(refusals(), st.sampled_from(["", METHOD]))
@settings(deadline=None, max_examples=300)
def test_whatever_is_said_a_status_fits_into_its_headers(
    refusal: ZoneledgerError, method: str
) -> None:
    status = status_of(refusal, method)
    assert size(status) <= LARGEST
    assert len(found(status, ErrorInfo)) == len(found(status, LocalizedMessage)) == 1
    if isinstance(refusal, Malformed):
        assert the(status, BadRequest).field_violations[0].field != "..."


def largest() -> Malformed:
    """A refusal that is as long as one gets: Chinese everywhere."""
    unit = "评" * 3_000
    told = Why.ALREADY_RATED(
        unit=unit,
        round=2020,
        standing="excellent",
        standing_document=unit,
        standing_on="2021-06-21",
        grade="good",
        document=unit,
        published_on="2021-06-21",
    )
    return Malformed.batch("ratings", [Fault(index, unit, told) for index in range(100)])


@asynccontextmanager
async def refusing(refusal: ZoneledgerError) -> AsyncIterator[Any]:
    """A call that a server refuses."""

    async def refuse(request: bytes, context: grpc.aio.ServicerContext[Any, Any]) -> bytes:
        told = rpc_status.to_status(status_of(refusal, METHOD))
        await context.abort(told.code, told.details, told.trailing_metadata)
        return b""

    handler: Any = grpc.unary_unary_rpc_method_handler(refuse)
    server = grpc.aio.server()
    server.add_generic_rpc_handlers(
        [grpc.method_handlers_generic_handler("refusals.Refusals", {"Refuse": handler})]
    )
    port = server.add_insecure_port("127.0.0.1:0")
    await server.start()
    async with grpc.aio.insecure_channel(f"127.0.0.1:{port}") as channel:
        yield channel.unary_unary("/refusals.Refusals/Refuse")
    await server.stop(None)


@asynchronous
async def test_the_longest_refusal_arrives_whole() -> None:
    refusal = largest()
    assert size(status_of(refusal, METHOD)) > LARGEST - 1_500
    async with refusing(refusal) as call:
        for _ in range(20):  # Beyond the limit a part of the calls would fail, by chance.
            with pytest.raises(grpc.aio.AioRpcError) as refused:
                await call(b"")
            assert rpc_status.from_call(cast("grpc.Call", refused.value)) == status_of(
                refusal, METHOD
            )


def test_a_sentence_told_twice_is_the_same() -> None:
    assert isinstance(Why.REJECTED.said(NOT_RATED), Told)
    assert Why.REJECTED.said(NOT_RATED) is NOT_RATED

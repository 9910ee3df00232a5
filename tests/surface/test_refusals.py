"""What an agency is told that is refused by the real services, to its machines and its people."""

from pathlib import Path
from typing import Any, cast

import grpc
from google.rpc.error_details_pb2 import (
    BadRequest,
    ErrorInfo,
    LocalizedMessage,
    PreconditionFailure,
    ResourceInfo,
)
from grpc_status import rpc_status

from services.kernel.reasons import Why
from tests.asynchronous import asynchronous
from tests.runtime.story import GOOD, correct, rating
from tests.spec import but
from tests.surface.served import begin, refused, served
from zoneledger.evaluation.v1 import service_pb2 as evaluation
from zoneledger.ledger.v1.outcome_pb2 import ItemFault


def details(refusal: grpc.aio.AioRpcError) -> dict[type[Any], Any]:
    """The details of a refusal, which has one of each type."""
    status = rpc_status.from_call(cast("grpc.Call", refusal))
    assert status is not None
    assert (status.code, status.message) == (refusal.code().value[0], refusal.details())
    found: dict[type[Any], Any] = {}
    for type_ in (BadRequest, ErrorInfo, LocalizedMessage, PreconditionFailure, ResourceInfo):
        for packed in status.details:
            detail = type_()
            if packed.Unpack(detail):
                assert type_ not in found
                found[type_] = detail
    return found


@asynchronous
async def test_a_command_that_comes_too_early_names_its_condition(tmp_path: Path) -> None:
    async with served(tmp_path) as on:
        await begin(on, "xiangtan")
        correction = correct("tangshan", GOOD)
        refusal = await refused(
            on.evaluation.CorrectRating, evaluation.CorrectRatingRequest(correction=correction)
        )
    assert refusal.code() == grpc.StatusCode.FAILED_PRECONDITION
    said = details(refusal)
    told = Why.UNIT_NOT_REGISTERED(unit="tangshan")
    assert said[ErrorInfo].reason == "UNIT_NOT_REGISTERED"
    assert said[ErrorInfo].metadata["unit"] == "tangshan"
    assert said[ErrorInfo].metadata["method"] == "CorrectRating"
    assert told.chinese in said[LocalizedMessage].message
    [condition] = said[PreconditionFailure].violations
    assert (condition.type, condition.subject) == ("UNIT_NOT_REGISTERED", "units/tangshan")


@asynchronous
async def test_a_name_that_stands_for_nothing_is_repeated(tmp_path: Path) -> None:
    async with served(tmp_path) as on:
        await begin(on, "xiangtan")
        name = "units/tangshan/ratings/2020"
        refusal = await refused(on.evaluation.GetRating, evaluation.GetRatingRequest(name=name))
    assert refusal.code() == grpc.StatusCode.NOT_FOUND
    assert details(refusal)[ResourceInfo] == ResourceInfo(
        resource_type="zoneledger/ratings", resource_name=name
    )


@asynchronous
async def test_asked_to_validate_only_all_faults_are_told_with_their_reasons(
    tmp_path: Path,
) -> None:
    async with served(tmp_path) as on:
        await begin(on, "xiangtan")
        ratings = [
            rating("tangshan", GOOD),
            but(rating("xiangtan", GOOD), published_on="2021-02-30"),
        ]
        request = evaluation.PublishRatingsRequest(ratings=ratings, validate_only=True)
        answer = await on.evaluation.PublishRatings(request)
    unknown, no_day = Why.UNIT_NOT_REGISTERED(unit="tangshan"), Why.NOT_A_DAY(value="2021-02-30")
    assert list(answer.outcome.faults) == [
        ItemFault(
            item=item,
            field=field,
            description=told,
            reason=told.why.name,
            description_zh=told.chinese,
        )
        for item, field, told in [(0, "unit_id", unknown), (1, "published_on", no_day)]
    ]

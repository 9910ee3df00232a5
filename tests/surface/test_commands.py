"""A command that was named is carried out once; one that acts on what was seen, on that only."""

import asyncio
from pathlib import Path
from uuid import uuid4

import grpc
import pytest

from tests.asynchronous import asynchronous
from tests.runtime.story import ADOPT_NOTICE, EXCELLENT, GOOD, correct, rating, unit
from tests.surface.served import begin, publish, refused, served
from zoneledger.evaluation.v1 import service_pb2 as evaluation
from zoneledger.ledger.v1.service_pb2 import (
    GetFrontierRequest,
    ListDecisionsRequest,
    ResolveParkedStreamRequest,
    RetryParkedStreamsRequest,
)

QUALIFIED = 3
INVALID = grpc.StatusCode.INVALID_ARGUMENT


def named(*units: str, request_id: str) -> evaluation.RegisterUnitsRequest:
    return evaluation.RegisterUnitsRequest(
        units=[unit(each) for each in units], request_id=request_id
    )


@asynchronous
async def test_the_first_answer_is_given_again(tmp_path: Path) -> None:
    request = named("tangshan", "xiangtan", request_id=str(uuid4()))
    async with served(tmp_path) as on:
        first = await on.evaluation.RegisterUnits(request)
        assert first.outcome.recorded == 2
        await on.evaluation.RegisterUnits(named("zhuzhou", request_id=str(uuid4())))
        assert await on.evaluation.RegisterUnits(request) == first
    async with served(tmp_path) as on:
        assert await on.evaluation.RegisterUnits(request) == first, "after a restart too"


@asynchronous
async def test_the_first_answer_that_nothing_changed_is_given_again_as_well(tmp_path: Path) -> None:
    again = named("xiangtan", request_id=str(uuid4()))
    async with served(tmp_path) as on:
        await on.evaluation.RegisterUnits(named("xiangtan", request_id=str(uuid4())))
        first = await on.evaluation.RegisterUnits(again)
        assert (first.outcome.recorded, first.outcome.unchanged) == (0, 1)
        amended = evaluation.RegisterUnitsRequest(units=[unit("xiangtan", "湘潭市")])
        await on.evaluation.RegisterUnits(amended)
        assert await on.evaluation.RegisterUnits(again) == first, "it would change something now"
        found = await on.evaluation.GetUnit(evaluation.GetUnitRequest(name="units/xiangtan"))
    assert found.unit.unit.name_zh == "湘潭市"


@asynchronous
async def test_a_name_stands_for_one_request(tmp_path: Path) -> None:
    request = named("xiangtan", request_id=str(uuid4()))
    async with served(tmp_path) as on:
        await on.evaluation.RegisterUnits(request)
        other = named("tangshan", request_id=request.request_id)
        refusal = await refused(on.evaluation.RegisterUnits, other)
        assert refusal.code() == INVALID
        assert "request_id" in (refusal.details() or "")
        policies = evaluation.AdoptPoliciesRequest(
            policies=[ADOPT_NOTICE], request_id=request.request_id
        )
        assert (await refused(on.evaluation.AdoptPolicies, policies)).code() == INVALID


@pytest.mark.parametrize("name", ["1", "not-a-uuid", "湘潭", "F" * 36])
@asynchronous
async def test_a_name_that_is_no_uuid_is_refused(tmp_path: Path, name: str) -> None:
    async with served(tmp_path) as on:
        refusal = await refused(on.evaluation.RegisterUnits, named("xiangtan", request_id=name))
        assert refusal.code() == INVALID
        assert (await on.log.GetFrontier(GetFrontierRequest(service="evaluation"))).size == 0


@asynchronous
async def test_the_same_request_many_times_at_once_is_carried_out_once(tmp_path: Path) -> None:
    request = named("tangshan", "xiangtan", request_id=str(uuid4()))
    async with served(tmp_path) as on:
        answers = await asyncio.gather(*(on.evaluation.RegisterUnits(request) for _ in range(20)))
        assert all(answer == answers[0] for answer in answers)
        assert answers[0].outcome.recorded == 2
        assert (await on.log.GetFrontier(GetFrontierRequest(service="evaluation"))).size == 2


@asynchronous
async def test_a_refused_request_may_be_mended_outside_and_sent_again(tmp_path: Path) -> None:
    request = evaluation.PublishRatingsRequest(
        ratings=[rating("xiangtan")], request_id=str(uuid4())
    )
    async with served(tmp_path) as on:
        await begin(on)
        await refused(on.evaluation.PublishRatings, request)
        await on.evaluation.RegisterUnits(named("xiangtan", request_id=str(uuid4())))
        assert (await on.evaluation.PublishRatings(request)).outcome.recorded == 1


@asynchronous
async def test_to_validate_writes_nothing_and_keeps_no_answer(tmp_path: Path) -> None:
    request = named("xiangtan", request_id=str(uuid4()))
    request.validate_only = True
    async with served(tmp_path) as on:
        assert (await on.evaluation.RegisterUnits(request)).outcome.recorded == 1
        assert (await on.log.GetFrontier(GetFrontierRequest(service="evaluation"))).size == 0
        request.validate_only = False
        assert (await on.evaluation.RegisterUnits(request)).outcome.recorded == 1


@asynchronous
async def test_a_rating_that_was_corrected_meanwhile_is_not_corrected_again(
    tmp_path: Path,
) -> None:
    name = evaluation.GetRatingRequest(name="units/xiangtan/ratings/2020")
    async with served(tmp_path) as on:
        await begin(on, "xiangtan")
        etag = (await on.evaluation.GetRating(name)).rating.etag
        request = evaluation.CorrectRatingRequest(correction=correct("xiangtan", GOOD), etag=etag)
        await on.evaluation.CorrectRating(request)
        request.correction.rating.grade = QUALIFIED  # type: ignore[assignment]  # any int
        refusal = await refused(on.evaluation.CorrectRating, request)
        assert refusal.code() == grpc.StatusCode.ABORTED
        assert (await on.evaluation.GetRating(name)).rating.rating.grade == GOOD
        request.etag = (await on.evaluation.GetRating(name)).rating.etag
        await on.evaluation.CorrectRating(request)
        assert (await on.evaluation.GetRating(name)).rating.rating.grade == QUALIFIED


@asynchronous
async def test_of_many_who_act_on_the_same_sight_one_succeeds(tmp_path: Path) -> None:
    name = evaluation.GetRatingRequest(name="units/xiangtan/ratings/2020")
    async with served(tmp_path) as on:
        await begin(on, "xiangtan")
        etag = (await on.evaluation.GetRating(name)).rating.etag
        requests = [
            evaluation.CorrectRatingRequest(correction=correct("xiangtan", GOOD), etag=etag)
            for _ in range(10)
        ]
        for number, request in enumerate(requests):
            request.correction.reason = f"reason {number}"
        outcomes = await asyncio.gather(
            *(on.evaluation.CorrectRating(request) for request in requests),
            return_exceptions=True,
        )
        rated = (await on.evaluation.GetRating(name)).rating
    assert sum(not isinstance(each, BaseException) for each in outcomes) == 1
    assert rated.corrections == 1


@asynchronous
async def test_what_was_done_on_a_sight_is_answered_again_when_it_is_asked_again(
    tmp_path: Path,
) -> None:
    name = evaluation.GetRatingRequest(name="units/xiangtan/ratings/2020")
    async with served(tmp_path) as on:
        await begin(on, "xiangtan")
        request = evaluation.CorrectRatingRequest(
            correction=correct("xiangtan", GOOD),
            etag=(await on.evaluation.GetRating(name)).rating.etag,
            request_id=str(uuid4()),
        )
        at_once = await asyncio.gather(*(on.evaluation.CorrectRating(request) for _ in range(10)))
        later = await on.evaluation.CorrectRating(request)
        rated = (await on.evaluation.GetRating(name)).rating
    assert [later, *at_once] == [at_once[0]] * 11
    assert rated.corrections == 1


@asynchronous
async def test_a_published_rating_is_found_at_the_position_of_the_answer(tmp_path: Path) -> None:
    async with served(tmp_path) as on:
        await begin(on, "xiangtan", "tangshan", grade=EXCELLENT)
        answer = await publish(on, rating("xiangtan"))
        assert (answer.outcome.recorded, answer.outcome.unchanged) == (0, 1)
        frontier = await on.log.GetFrontier(GetFrontierRequest(service="evaluation"))
        assert answer.outcome.position == frontier.size


# The commands and questions of a log.


@asynchronous
async def test_a_named_retry_has_its_first_answer_again_and_lends_its_name_to_nobody(
    tmp_path: Path,
) -> None:
    request = RetryParkedStreamsRequest(service="incentive", request_id=str(uuid4()))
    async with served(tmp_path) as on:
        first = await on.log.RetryParkedStreams(request)
        assert await on.log.RetryParkedStreams(request) == first
        resolve = ResolveParkedStreamRequest(
            service="incentive",
            source="evaluation",
            stream="unit-xiangtan",
            version=1,
            reason="nothing follows",
            document="a letter",
            request_id=request.request_id,
        )
        refusal = await refused(on.log.ResolveParkedStream, resolve)
        assert refusal.code() == INVALID
        assert "request_id" in (refusal.details() or "")


@asynchronous
async def test_a_log_that_has_not_come_as_far_as_is_asked_for_says_so(tmp_path: Path) -> None:
    async with served(tmp_path) as on:
        await on.evaluation.RegisterUnits(named("xiangtan", request_id=str(uuid4())))
        for method, request in (
            (on.log.ListDecisions, ListDecisionsRequest(service="evaluation", min_position=1)),
            (on.log.GetFrontier, GetFrontierRequest(service="evaluation", min_position=1)),
        ):
            await method(request)
            request.min_position = 2
            refusal = await refused(method, request)
            assert refusal.code() == grpc.StatusCode.UNAVAILABLE

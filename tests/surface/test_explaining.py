"""Whoever asks why is told the whole chain, across the services, with the clause."""

from pathlib import Path

import grpc

from tests.asynchronous import asynchronous
from tests.runtime.story import GOOD, correct
from tests.surface.served import begin, refused, served
from zoneledger.evaluation.v1 import service_pb2 as evaluation
from zoneledger.financing.v1 import service_pb2 as financing
from zoneledger.incentive.v1 import service_pb2 as incentive

LAND = "units/xiangtan/entitlements/2020.land_guarantee"


@asynchronous
async def test_an_entitlement_follows_from_the_rating_that_was_published(tmp_path: Path) -> None:
    async with served(tmp_path) as on:
        await begin(on, "xiangtan")
        request = incentive.ExplainEntitlementRequest(name=LAND)
        answer = await on.incentive.ExplainEntitlement(request)
        rated = await on.evaluation.GetRating(
            evaluation.GetRatingRequest(name="units/xiangtan/ratings/2020")
        )
    steps = answer.explanation.steps
    assert [(each.service, each.event_type) for each in steps] == [
        ("incentive", "land-guarantee-granted"),
        ("evaluation", "zone-rated-excellent"),
    ]
    assert steps[0].policy.policy_id == "2021-866"
    assert steps[0].clause_quote
    assert "用地保障" in steps[0].sentence_zh
    assert "land_guarantee" in steps[0].sentence_en
    assert steps[0].actor == "reaction of incentive"
    assert steps[1].decision_id == rated.rating.decision_id
    assert "优秀" in steps[1].sentence_zh


@asynchronous
async def test_what_was_withdrawn_follows_from_the_correction(tmp_path: Path) -> None:
    async with served(tmp_path) as on:
        await begin(on, "xiangtan")
        correction = evaluation.CorrectRatingRequest(correction=correct("xiangtan", GOOD))
        await on.evaluation.CorrectRating(correction)
        tilt = financing.ExplainCreditTiltRequest(name="units/xiangtan/creditTilts/2020")
        answer = await on.financing.ExplainCreditTilt(tilt)
    assert [each.event_type for each in answer.explanation.steps] == [
        "no-credit-tilt-earned",
        "rating-corrected",
        "credit-tilt-withdrawn",
        "rating-corrected",
        "credit-tilt-granted",
        "zone-rated-excellent",
    ]
    assert not answer.explanation.unreachable


@asynchronous
async def test_a_rating_is_explained_by_its_publication_and_its_corrections(
    tmp_path: Path,
) -> None:
    async with served(tmp_path) as on:
        await begin(on, "xiangtan")
        correction = evaluation.CorrectRatingRequest(correction=correct("xiangtan", GOOD))
        await on.evaluation.CorrectRating(correction)
        request = evaluation.ExplainRatingRequest(name="units/xiangtan/ratings/2020")
        answer = await on.evaluation.ExplainRating(request)
    assert [each.event_type for each in answer.explanation.steps] == [
        "rating-corrected",
        "zone-rated-excellent",
    ]


@asynchronous
async def test_what_was_not_known_then_is_not_in_the_chain(tmp_path: Path) -> None:
    async with served(tmp_path) as on:
        await begin(on, "xiangtan")
        request = incentive.ExplainEntitlementRequest(name=LAND)
        before = await on.incentive.ExplainEntitlement(request)
        request.known_at.GetCurrentTime()
        correction = evaluation.CorrectRatingRequest(correction=correct("xiangtan", GOOD))
        await on.evaluation.CorrectRating(correction)
        answer = await on.incentive.ExplainEntitlement(request)
    assert answer.explanation == before.explanation


@asynchronous
async def test_there_is_no_reason_for_what_is_not_there(tmp_path: Path) -> None:
    async with served(tmp_path) as on:
        await begin(on, "xiangtan")
        request = incentive.ExplainEntitlementRequest(name=LAND.replace("2020", "2019"))
        refusal = await refused(on.incentive.ExplainEntitlement, request)
    assert refusal.code() == grpc.StatusCode.NOT_FOUND

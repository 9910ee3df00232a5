"""Reviews follow publications and corrections in the same step, for whoever may be affected."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import grpc
import pytest
from google.protobuf.message import Message

from services.kernel.decision import vocabulary
from services.runtime import clock
from tests.asynchronous import asynchronous
from tests.spec import but
from tests.streaks import (
    ADD_A_PARK,
    DECLINE,
    DISQUALIFY,
    INTERNAL,
    RECOMMEND_A_CITY,
    REVERSE,
    rating,
)
from tests.supplements import ADOPT_STREAKS_866, ANEW, STREAKS_2019, THREE_YEARS, answering
from tests.surface.served import Client, refused, served
from zoneledger.evaluation.v1 import service_pb2 as evaluation
from zoneledger.evaluation.v1.commands_pb2 import CorrectRating
from zoneledger.evaluation.v1.events_pb2 import BeneficiaryClass, Rating, Unit, UnitKind
from zoneledger.evaluation.v1.streak_events_pb2 import StreakReached
from zoneledger.evaluation.v1.streak_review_events_pb2 import StreaksReviewed
from zoneledger.evaluation.v1.supplement_commands_pb2 import AdoptSupplement
from zoneledger.incentive.v1.service_pb2 import EntitlementStatus, ListEntitlementsRequest
from zoneledger.ledger.v1.decision_pb2 import Decision
from zoneledger.ledger.v1.policy_pb2 import AdoptPolicy
from zoneledger.ledger.v1.service_pb2 import ListDecisionsRequest

# The notice of 2021 as if it went on to govern, and as if it had governed the years before.
POLICY = (
    (Path(__file__).parents[2] / "policies" / "2021-866.yaml")
    .read_text("utf-8")
    .replace("rounds_from: 2020\nrounds_until: 2020", "rounds_from: 2017\nrounds_until: 2030")
    .replace("signed_on: 2021-06-09\n", "")
    .replace("published_on: 2021-06-21", "published_on: 2017-01-01")
    .replace("unit_kinds: [prefecture_city,", "unit_kinds: [zone, prefecture_city,")
)
# 连续三年评为优秀, as if the notice of 2021 said so too.
RIGHTS = """\
supplement_id: rights
policy_id: 2021-866
author: 国家发展改革委
document: 解释
decided_on: 2022-03-01
clauses:
  - clause_id: rights
    assumption: made up for a test
streaks:
  - streak_id: excellent-2021
    kind: expansion
    grades: [excellent]
    unit_kinds: [prefecture_city]
    counting: in_a_row
    years: 3
    own_since: 2020
    carry_over: anew
    clause: rights
"""
STREAKS = AdoptSupplement(
    supplement_id=ADOPT_STREAKS_866.supplement_id, text=ADOPT_STREAKS_866.text
)
NATIONAL = BeneficiaryClass.BENEFICIARY_CLASS_NATIONAL
ZONE = Unit(unit_id="zone", name_zh="区", kind=UnitKind.UNIT_KIND_ZONE, beneficiary_class=NATIONAL)
CITY = Unit(
    unit_id="city",
    name_zh="市",
    kind=UnitKind.UNIT_KIND_PREFECTURE_CITY,
    zone_id="zone",
    beneficiary_class=NATIONAL,
    member_from="2017-04-13",
)
OTHER = but(CITY, unit_id="other", name_zh="他市")
TODAY = clock.today()


def supplement(text: str) -> AdoptSupplement:
    name = text.splitlines()[0].removeprefix("supplement_id: ")
    return AdoptSupplement(supplement_id=name, text=text)


async def begin(on: Client, *supplements: AdoptSupplement) -> None:
    policy = AdoptPolicy(policy_id="2021-866", text=POLICY)
    await on.evaluation.AdoptPolicies(evaluation.AdoptPoliciesRequest(policies=[policy]))
    await adopt(on, STREAKS, *supplements)
    request = evaluation.RegisterUnitsRequest(units=[ZONE, CITY, OTHER])
    await on.evaluation.RegisterUnits(request)


async def adopt(on: Client, *supplements: AdoptSupplement) -> None:
    for each in supplements:
        request = evaluation.AdoptSupplementsRequest(supplements=[each])
        await on.evaluation.AdoptSupplements(request)


def looked_up(each: Rating) -> Rating:
    return but(each, policy=None)


async def publish(on: Client, *ratings: Rating) -> Any:
    request = evaluation.PublishRatingsRequest(ratings=map(looked_up, ratings))
    return (await on.evaluation.PublishRatings(request)).outcome


async def correct(on: Client, to: Rating, corrected_on: str = "2024-01-10") -> Any:
    command = CorrectRating(
        rating=looked_up(to), corrected_on=corrected_on, document="更正", reason="修订"
    )
    request = evaluation.CorrectRatingRequest(correction=command)
    return (await on.evaluation.CorrectRating(request)).outcome


async def streaks(on: Client, unit: str = "city") -> dict[int, int]:
    """The status of each streak of poor years, by its last year."""
    request = evaluation.ListStreaksRequest(parent=f"units/{unit}")
    found = (await on.evaluation.ListStreaks(request)).streaks
    return {each.streak.round: each.status for each in found}


async def disqualification(on: Client, unit: str = "city") -> Any:
    request = evaluation.ListDisqualificationsRequest(parent=f"units/{unit}")
    return (await on.evaluation.ListDisqualifications(request)).disqualifications


async def decide(on: Client, **fields: Any) -> Any:
    request = evaluation.DecideDisqualificationRequest(decision=but(DISQUALIFY, **fields))
    return (await on.evaluation.DecideDisqualification(request)).outcome


async def granted(on: Client, as_of: str) -> Sequence[tuple[int, str]]:
    request = ListEntitlementsRequest(parent="units/city", as_of=as_of)
    found = (await on.incentive.ListEntitlements(request)).entitlements
    return [
        (each.entitlement.round, each.entitlement.instrument)
        for each in found
        if each.status == EntitlementStatus.ENTITLEMENT_STATUS_GRANTED
    ]


async def reviews(on: Client, said: type[Message] = StreaksReviewed) -> list[str]:
    """The streams of the decisions that say this, in the order of the log."""
    rows = (await on.log.ListDecisions(ListDecisionsRequest(service="evaluation"))).entries
    decisions = [Decision.FromString(row.decision) for row in rows]
    return [
        each.stream
        for each in decisions
        if any(event.type_url in vocabulary((said,)) for event in each.events)
    ]


WARNED, UNDETERMINED, REACHED, ENDED = 1, 2, 3, 4
POOR = [rating(each, "poor") for each in (2020, 2021, 2022)]


@asynchronous
async def test_a_review_follows_a_publication_in_the_same_step_and_is_not_counted(
    tmp_path: Path,
) -> None:
    async with served(tmp_path) as on:
        await begin(on, supplement(THREE_YEARS), supplement(ANEW))
        outcome = await publish(on, *POOR, rating(2020, "good", unit="other"))
        assert (outcome.recorded, outcome.unchanged) == (4, 0)
        assert await streaks(on) == {2021: WARNED, 2022: REACHED}
        assert await streaks(on, "other") == {}
        [proposed] = await disqualification(on)
        assert proposed.status == 1
        again = await publish(on, *POOR)
        assert (again.recorded, again.unchanged) == (0, 3)


@pytest.mark.parametrize("grade", ["excellent", "good", "qualified", "poor"])
@asynchronous
async def test_whoever_is_rated_is_reviewed_whatever_the_grade(tmp_path: Path, grade: str) -> None:
    async with served(tmp_path) as on:
        await begin(on)
        before = await reviews(on)
        await publish(on, rating(2021, grade), rating(2021, grade, unit="zone"))
        assert (await reviews(on))[len(before) :] == ["unit-city", "unit-other"]
        await correct(on, rating(2021, "poor" if grade == "good" else "good"))
        assert (await reviews(on))[len(before) + 2 :] == ["unit-city"]


@asynchronous
async def test_a_review_that_would_look_at_the_same_again_leaves_nothing(tmp_path: Path) -> None:
    async with served(tmp_path) as on:
        await begin(on, supplement(THREE_YEARS), supplement(ANEW))
        await publish(on, *POOR)
        before = await reviews(on)
        await publish(on, *POOR)
        await on.evaluation.ReviewStreaks(evaluation.ReviewStreaksRequest(parent="units/city"))
        assert await reviews(on) == before


@asynchronous
async def test_an_entry_that_becomes_another_one_is_a_reason_to_review(tmp_path: Path) -> None:
    async with served(tmp_path) as on:
        await begin(on, supplement(THREE_YEARS))
        await publish(on, rating(2020, "poor"), rating(2021, "poor"))
        assert (await streaks(on))[2021] == UNDETERMINED  # 2019 may be inherited.
        joined = but(CITY, member_from="2020-01-01")
        request = evaluation.RegisterUnitsRequest(units=[joined, OTHER])
        outcome = (await on.evaluation.RegisterUnits(request)).outcome
        assert (list(outcome.changed), outcome.unchanged) == (["city"], 1)
        assert (await streaks(on))[2021] == WARNED


@asynchronous
async def test_case_4_while_the_number_is_open_a_decision_is_refused_and_names_the_norm(
    tmp_path: Path,
) -> None:
    async with served(tmp_path) as on:
        await begin(on, supplement(ANEW))
        await publish(on, *POOR)
        assert await streaks(on) == {2021: UNDETERMINED, 2022: UNDETERMINED}
        request = evaluation.DecideDisqualificationRequest(decision=DISQUALIFY)
        refusal = await refused(on.evaluation.DecideDisqualification, request)
        assert refusal.code() == grpc.StatusCode.FAILED_PRECONDITION
        assert "2021-866/negative-streak-years" in (refusal.details() or "")


@asynchronous
async def test_an_interpretation_has_its_effect_at_once_and_says_on_whom(tmp_path: Path) -> None:
    async with served(tmp_path) as on:
        await begin(on, supplement(ANEW))
        await publish(on, *POOR, rating(2020, "good", unit="other"))
        assert (await streaks(on))[2022] == UNDETERMINED
        request = evaluation.AdoptSupplementsRequest(supplements=[supplement(THREE_YEARS)])
        outcome = (await on.evaluation.AdoptSupplements(request)).outcome
        assert (outcome.recorded, outcome.unchanged) == (1, 0)
        assert list(outcome.changed) == ["city"]
        assert (await streaks(on))[2022] == REACHED
        again = (await on.evaluation.AdoptSupplements(request)).outcome
        assert (again.recorded, again.unchanged, list(again.changed)) == (0, 1, [])
        review = evaluation.ReviewStreaksRequest()
        outcome = (await on.evaluation.ReviewStreaks(review)).outcome
        assert (outcome.recorded, outcome.unchanged) == (0, 2)


@asynchronous
async def test_a_supplement_that_is_refused_reviews_nobody(tmp_path: Path) -> None:
    async with served(tmp_path) as on:
        await begin(on, supplement(ANEW))
        await publish(on, *POOR)
        before = await reviews(on)
        wrong = answering("2021-866/negative-streak-years", "many", name="many")
        request = evaluation.AdoptSupplementsRequest(supplements=[supplement(wrong)])
        await refused(on.evaluation.AdoptSupplements, request)
        assert await reviews(on) == before


@asynchronous
async def test_rights_of_years_before_a_supplement_are_told_with_it_and_not_by_a_hidden_grade(
    tmp_path: Path,
) -> None:
    async with served(tmp_path) as on:
        await begin(on)
        await publish(on, *(rating(each, "excellent") for each in (2020, 2021, 2022)))
        await adopt(on, supplement(RIGHTS))
        told = await reviews(on, StreakReached)
        assert told == ["unit-city"]
        await publish(on, rating(2023, "poor", INTERNAL))
        assert await reviews(on, StreakReached) == told


@asynchronous
async def test_case_7_a_correction_of_a_zone_reviews_its_members_where_its_grades_may_count(
    tmp_path: Path,
) -> None:
    async with served(tmp_path) as on:
        await begin(on, supplement(THREE_YEARS))
        await publish(on, rating(2018, "poor", unit="zone"), rating(2019, "poor", unit="zone"))
        await publish(on, rating(2020, "poor"))
        assert (await streaks(on))[2020] == UNDETERMINED
        await correct(on, rating(2019, "good", unit="zone"))
        assert (await streaks(on))[2020] == ENDED


@asynchronous
async def test_case_8_and_14_a_disqualification_ends_what_every_rating_gave_and_goes_back(
    tmp_path: Path,
) -> None:
    async with served(tmp_path) as on:
        await begin(on, supplement(THREE_YEARS), supplement(ANEW))
        await publish(on, rating(2019, "excellent", published_on="2021-07-01"), *POOR)
        assert len(await granted(on, "2024-03-31")) > 0  # Of 2019; the notice gives it no end.
        await decide(on)
        assert len(await granted(on, "2024-03-31")) > 0
        assert await granted(on, "2024-04-01") == []
        await correct(on, rating(2021, "excellent"), "2024-05-01")
        assert await granted(on, "2024-05-02") == []
        [lost] = await disqualification(on)
        assert lost.is_unfounded
        request = evaluation.ReverseDisqualificationRequest(reversal=REVERSE, etag=lost.etag)
        await on.evaluation.ReverseDisqualification(request)
        assert await granted(on, "2024-06-30") == []
        assert {round_ for round_, _ in await granted(on, "2024-07-01")} == {2019, 2021}


@asynchronous
async def test_a_correction_of_what_was_looked_at_is_made_with_the_review_that_follows(
    tmp_path: Path,
) -> None:
    async with served(tmp_path) as on:
        await begin(on, supplement(THREE_YEARS), supplement(ANEW))
        await publish(on, *POOR)
        asked = evaluation.GetRatingRequest(name="units/city/ratings/2021")
        etag = (await on.evaluation.GetRating(asked)).rating.etag
        command = CorrectRating(
            rating=looked_up(rating(2021, "good")),
            corrected_on="2024-01-10",
            document="更正",
            reason="修订",
        )
        request = evaluation.CorrectRatingRequest(correction=command, etag=etag)
        outcome = (await on.evaluation.CorrectRating(request)).outcome
        assert (outcome.recorded, outcome.unchanged) == (1, 0)
        assert await streaks(on) == {2021: ENDED, 2022: ENDED}
        request = evaluation.CorrectRatingRequest(
            correction=but(command, reason="再修订", rating=looked_up(rating(2021, "poor"))),
            etag=etag,
        )
        refusal = await refused(on.evaluation.CorrectRating, request)
        assert refusal.code() == grpc.StatusCode.ABORTED


@asynchronous
async def test_case_2_the_other_members_and_the_zone_stay_as_they_are(tmp_path: Path) -> None:
    async with served(tmp_path) as on:
        await begin(on, supplement(THREE_YEARS), supplement(ANEW))
        await publish(on, *POOR)
        await decide(on)
        request = evaluation.ListUnitsRequest(as_of="2024-04-01")
        units = (await on.evaluation.ListUnits(request)).units
        assert [each.unit.unit_id for each in units] == ["other", "zone"]
        before = evaluation.ListUnitsRequest(as_of="2024-03-31")
        units = (await on.evaluation.ListUnits(before)).units
        assert [each.unit.unit_id for each in units] == ["city", "other", "zone"]


@asynchronous
async def test_a_proposal_that_changed_meanwhile_is_not_decided_on(tmp_path: Path) -> None:
    async with served(tmp_path) as on:
        await begin(on, supplement(THREE_YEARS), supplement(ANEW))
        await publish(on, *POOR)
        [looked_at] = await disqualification(on)
        await publish(on, rating(2023, "poor"))
        request = evaluation.DecideDisqualificationRequest(decision=DISQUALIFY, etag=looked_at.etag)
        refusal = await refused(on.evaluation.DecideDisqualification, request)
        assert refusal.code() == grpc.StatusCode.ABORTED


@pytest.mark.parametrize(
    ("fields", "named"),
    [
        ({"unit_id": ""}, "decision[0].unit_id"),
        ({"ruling": 0}, "decision[0].ruling"),
        ({"document": ""}, "decision[0].document"),
        ({"decided_on": "2024-02-30"}, "decision[0].decided_on"),
        ({"decided_on": "2199-01-01"}, "decision[0].decided_on"),
        ({"effective_on": ""}, "decision[0].effective_on"),
        ({"reason": ""}, "decision[0].reason"),
    ],
)
@asynchronous
async def test_a_decision_that_cannot_be_read_is_refused_by_its_field_and_nothing_is_written(
    tmp_path: Path, fields: dict[str, Any], named: str
) -> None:
    async with served(tmp_path) as on:
        await begin(on, supplement(THREE_YEARS), supplement(ANEW))
        await publish(on, *POOR)
        decision = but(DISQUALIFY, **fields)
        request = evaluation.DecideDisqualificationRequest(decision=decision)
        refusal = await refused(on.evaluation.DecideDisqualification, request)
        assert named in (refusal.details() or "")
        [standing] = await disqualification(on)
        assert standing.status == 1


@asynchronous
async def test_a_decline_has_no_day_from_which_it_holds(tmp_path: Path) -> None:
    async with served(tmp_path) as on:
        await begin(on, supplement(THREE_YEARS), supplement(ANEW))
        await publish(on, *POOR)
        wrong = but(DECLINE, effective_on="2024-04-01")
        request = evaluation.DecideDisqualificationRequest(decision=wrong)
        refusal = await refused(on.evaluation.DecideDisqualification, request)
        assert "effective_on" in (refusal.details() or "")
        request = evaluation.DecideDisqualificationRequest(decision=DECLINE)
        await on.evaluation.DecideDisqualification(request)
        [standing] = await disqualification(on)
        assert (standing.status, standing.document) == (3, DECLINE.document)


@asynchronous
async def test_a_right_that_nobody_gained_is_not_used_and_an_unknown_unit_not_reviewed(
    tmp_path: Path,
) -> None:
    async with served(tmp_path) as on:
        await begin(on)
        request = evaluation.UseExpansionRightRequest(use=ADD_A_PARK)
        refusal = await refused(on.evaluation.UseExpansionRight, request)
        assert refusal.code() == grpc.StatusCode.FAILED_PRECONDITION
        review = evaluation.ReviewStreaksRequest(parent="units/nobody")
        refusal = await refused(on.evaluation.ReviewStreaks, review)
        assert refusal.code() == grpc.StatusCode.FAILED_PRECONDITION


# The positive streak of 2019 as if the notice of 2021 had it, and years counted alike.
POSITIVE = (
    STREAKS_2019[STREAKS_2019.index("supplement_id:") :]
    .replace("2019-zone-notice/streak-unit", "2021-866/streak-carry-over")
    .replace("2019-zone-notice", "2021-866")
    .replace("2021-866-streaks", "positive")
    .replace("poor-2019", "poor-positive")
)


@asynchronous
async def test_case_24_a_recommended_city_is_named_as_a_unit_of_the_register(
    tmp_path: Path,
) -> None:
    excellent = [rating(year, "excellent") for year in (2020, 2021, 2022)]
    use = but(
        RECOMMEND_A_CITY, streak_id="excellent-2019", used_on="2024-03-01", chosen_unit_id="other"
    )
    async with served(tmp_path) as on:
        policy = AdoptPolicy(policy_id="2021-866", text=POLICY)
        await on.evaluation.AdoptPolicies(evaluation.AdoptPoliciesRequest(policies=[policy]))
        await adopt(on, supplement(POSITIVE), supplement(ANEW))
        units = evaluation.RegisterUnitsRequest(units=[ZONE, CITY, OTHER])
        await on.evaluation.RegisterUnits(units)
        await publish(on, *excellent)
        await on.evaluation.UseExpansionRight(evaluation.UseExpansionRightRequest(use=use))
        listed = await on.evaluation.ListStreaks(evaluation.ListStreaksRequest(round=2022))
        nowhere = but(use, chosen_unit_id="nowhere")
        refusal = await refused(
            on.evaluation.UseExpansionRight, evaluation.UseExpansionRightRequest(use=nowhere)
        )
    [streak] = listed.streaks
    assert [each.use.chosen_unit_id for each in streak.rights if each.HasField("use")] == ["other"]
    assert "chosen_unit_id: unit 'nowhere' is not in the register" in (refusal.details() or "")

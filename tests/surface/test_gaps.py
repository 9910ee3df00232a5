"""A unit was disqualified for the year 2024 and is a member again: every service agrees on it."""

from pathlib import Path
from typing import Any

import grpc
import pytest

from tests import rounds
from tests.asynchronous import asynchronous
from tests.evaluation.test_reviewing import (
    POOR,
    begin,
    correct,
    decide,
    granted,
    publish,
    streaks,
    supplement,
)
from tests.spec import but
from tests.streaks import REVERSE, rating
from tests.supplements import ANEW, THREE_YEARS
from tests.surface.held_round import asking, hold
from tests.surface.served import Client, refused, served
from zoneledger.evaluation.v1 import service_pb2 as evaluation
from zoneledger.financing.v1.service_pb2 import CreditTiltStatus, ListCreditTiltsRequest
from zoneledger.incentive.v1.service_pb2 import (
    ExplainEntitlementRequest,
    ListReviewItemsRequest,
)
from zoneledger.ledger.v1.outcome_pb2 import BatchOutcome

_ISSUED = rounds.RULE_SET.replace("[ndrc, most]", "[ndrc, most, miit, mnr]")
OUT = {"decided_on": "2023-12-01", "effective_on": "2024-01-01"}
BACK = but(REVERSE, effective_on="2025-01-01")
IN_BETWEEN = ("2024-01-01", "2024-07-01", "2024-12-31")


async def out_and_back(on: Client) -> None:
    await begin(on, supplement(THREE_YEARS), supplement(ANEW))
    await publish(on, *POOR)
    await decide(on, **OUT)
    await reverse(on)


async def reverse(on: Client, **fields: Any) -> None:
    request = evaluation.ReverseDisqualificationRequest(reversal=but(BACK, **fields))
    await on.evaluation.ReverseDisqualification(request)


async def tilted(on: Client, as_of: str) -> list[int]:
    request = ListCreditTiltsRequest(parent="units/city", as_of=as_of)
    found = (await on.financing.ListCreditTilts(request)).credit_tilts
    is_granted = CreditTiltStatus.CREDIT_TILT_STATUS_GRANTED
    return [each.tilt.round for each in found if each.status == is_granted]


@asynchronous
async def test_what_is_told_after_the_return_gives_nothing_for_the_time_in_between(
    tmp_path: Path,
) -> None:
    async with served(tmp_path) as on:
        await out_and_back(on)
        await publish(on, rating(2023, "excellent"))  # Of 2024-06-21.
        await correct(on, rating(2022, "excellent"), "2024-02-02")
        await correct(on, rating(2021, "excellent"), "2023-12-01")
        for day in IN_BETWEEN:
            assert (await granted(on, day), await tilted(on, day)) == ([], [])
        assert await tilted(on, "2023-12-31") == [2021]
        assert await tilted(on, "2025-01-01") == [2021, 2022, 2023]
        assert {round_ for round_, _ in await granted(on, "2025-01-01")} == {2021, 2022, 2023}


@asynchronous
async def test_what_was_held_back_says_since_when_and_why(tmp_path: Path) -> None:
    async with served(tmp_path) as on:
        await out_and_back(on)
        await publish(on, rating(2023, "excellent"))
        request = ExplainEntitlementRequest(name="units/city/entitlements/2023.land_guarantee")
        first, second = (await on.incentive.ExplainEntitlement(request)).explanation.steps
        assert "2024-06-21至2025-01-01前因取消示范区资格不享受" in first.sentence_zh
        assert "while the unit was disqualified" in first.sentence_en
        assert second.event_type == "zone-rated-excellent"


@asynchronous
async def test_what_is_told_after_the_return_lists_what_was_missed_in_between(
    tmp_path: Path,
) -> None:
    async with served(tmp_path) as on:
        await out_and_back(on)
        await publish(on, rating(2023, "excellent"))  # Of 2024-06-21.
        await correct(on, rating(2021, "excellent"), "2023-12-01")
        found = await to_review(on)
        assert ("2023.land_guarantee", "2024-06-21", "2025-01-01") in found
        assert ("2021.land_guarantee", "2024-01-01", "2025-01-01") in found


async def to_review(on: Client) -> list[tuple[str, str, str]]:
    request = ListReviewItemsRequest(parent="units/city")
    found = (await on.incentive.ListReviewItems(request)).review_items
    items = [each.item for each in found]
    return [(f"{each.round}.{each.instrument}", each.from_on, each.ended_on) for each in items]


@asynchronous
async def test_all_questions_of_membership_have_one_answer(tmp_path: Path) -> None:
    async with served(tmp_path) as on:
        await out_and_back(on)
        for year, is_member in ((2023, True), (2024, False), (2025, True)):
            assert await is_listed(on, evaluation.ListUnitsRequest(round=year)) == is_member
            day = evaluation.ListUnitsRequest(as_of=f"{year}-07-01")
            assert await is_listed(on, day) == is_member
            assert await is_meant(on, year) == is_member
            assert await is_ratable(on, year) == is_member
            assert await is_admitted(on, year) == is_member


async def is_listed(on: Client, request: evaluation.ListUnitsRequest) -> bool:
    units = (await on.evaluation.ListUnits(request)).units
    return "city" in {each.unit.unit_id for each in units}


async def is_meant(on: Client, year: int) -> bool:
    """Whether a name that the city shares with a park means the city in the year."""
    found = await on.evaluation.GetUnit(evaluation.GetUnitRequest(name="units/city"))
    park = but(found.unit.unit, unit_id="park", kind=8, zone_id="", beneficiary_class=3)
    await on.evaluation.RegisterUnits(evaluation.RegisterUnitsRequest(units=[park]))
    request = evaluation.ResolveUnitsRequest(names=["市"], round=year)
    [resolution] = (await on.evaluation.ResolveUnits(request)).resolutions
    return bool(resolution.unit_id == "city")


async def is_ratable(on: Client, year: int) -> bool:
    request = evaluation.PublishRatingsRequest(
        ratings=[but(rating(year, "good", published_on=f"{year + 1}-06-21"), policy=None)],
        validate_only=True,
    )
    return has_no_fault((await on.evaluation.PublishRatings(request)).outcome)


async def is_admitted(on: Client, year: int) -> bool:
    text = _ISSUED.replace("round: 2020", f"round: {year}").replace("2021-", f"{year}-")
    opened = but(rounds.OPEN_ROUND, round=year, opened_on=f"{year}-01-10")
    frozen = but(rounds.FREEZE, round=year, frozen_on=f"{year}-01-20", text=text)
    await hold(on, [opened, frozen])
    asked = but(
        rounds.admit("xiangtan"),
        unit_id="city",
        round=year,
        admitted_on=f"{year}-01-25",
        province="某省",
    )
    request = asking(asked, validate_only=True)
    return has_no_fault((await on.rounds.AdmitUnits(request)).outcome)


def has_no_fault(outcome: BatchOutcome) -> bool:
    """Whether it would be done; the only fault that it may have is the time in between."""
    reasons = [each.reason for each in outcome.faults]
    assert reasons in ([], ["DISQUALIFIED_MEANWHILE"])
    return not reasons


@asynchronous
async def test_a_unit_that_is_still_disqualified_takes_no_part_in_a_round(tmp_path: Path) -> None:
    async with served(tmp_path) as on:
        await begin(on, supplement(THREE_YEARS), supplement(ANEW))
        await publish(on, *POOR)
        await decide(on, **OUT)
        opened = but(rounds.OPEN_ROUND, round=2024, opened_on="2024-01-10")
        text = _ISSUED.replace("round: 2020", "round: 2024").replace("2021-", "2024-")
        await hold(on, [opened, but(rounds.FREEZE, round=2024, frozen_on="2024-01-20", text=text)])
        asked = but(
            rounds.admit("xiangtan"),
            unit_id="city",
            round=2024,
            admitted_on="2024-01-25",
            province="某省",
        )
        refusal = await refused(on.rounds.AdmitUnits, asking(asked))
        assert "is disqualified since 2024-01-01" in (refusal.details() or "")


@asynchronous
async def test_a_unit_says_for_which_times_it_was_disqualified(tmp_path: Path) -> None:
    async with served(tmp_path) as on:
        await out_and_back(on)
        found = await on.evaluation.GetUnit(evaluation.GetUnitRequest(name="units/city"))
        assert found.unit.disqualified_on == ""
        assert [(each.since, each.until) for each in found.unit.gaps] == [
            ("2024-01-01", "2025-01-01")
        ]


@asynchronous
async def test_a_year_of_disqualification_breaks_a_streak(tmp_path: Path) -> None:
    async with served(tmp_path) as on:
        await out_and_back(on)
        await publish(on, rating(2023, "poor"), rating(2025, "poor", published_on="2026-06-21"))
        assert 2025 not in await streaks(on)


@pytest.mark.parametrize(
    ("fields", "reason"),
    [
        ({"effective_on": "2023-11-30"}, "is before the decision of 2023-12-01"),
        ({"effective_on": "2025-01-01"}, "is after 2024-12-31"),
        ({"effective_on": "2203-12-01"}, "is after 2024-12-31"),
        ({"backdating_quote": "\n"}, "backdating_quote"),
    ],
)
@asynchronous
async def test_a_disqualification_begins_about_when_it_is_decided(
    tmp_path: Path, fields: dict[str, str], reason: str
) -> None:
    async with served(tmp_path) as on:
        await begin(on, supplement(THREE_YEARS), supplement(ANEW))
        await publish(on, *POOR)
        with pytest.raises(grpc.aio.AioRpcError, match=reason):
            await decide(on, **{**OUT, **fields})
        with pytest.raises(grpc.aio.AioRpcError, match="is not disqualified"):
            await reverse(on)


@asynchronous
async def test_a_reversal_too_begins_about_when_it_is_decided(tmp_path: Path) -> None:
    async with served(tmp_path) as on:
        await begin(on, supplement(THREE_YEARS), supplement(ANEW))
        await publish(on, *POOR)
        await decide(on, **OUT)
        for day, reason in (("2024-05-31", "is before the decision"), ("2026-01-01", "is after")):
            with pytest.raises(grpc.aio.AioRpcError, match=reason):
                await reverse(on, effective_on=day)


@asynchronous
async def test_an_earlier_day_rests_on_the_words_of_the_document(tmp_path: Path) -> None:
    async with served(tmp_path) as on:
        await begin(on, supplement(THREE_YEARS), supplement(ANEW))
        await publish(on, *POOR)
        await decide(on, **{**OUT, "effective_on": "2023-07-01"}, backdating_quote="自7月1日起")
        request = evaluation.ListUnitsRequest(as_of="2023-07-01")
        assert not await is_listed(on, request)

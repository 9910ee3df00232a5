"""A published rating earns what the document in force for its round attaches to it, and no more."""

from typing import Any, get_args

import pytest

from services.incentive.reactions import HEARD, react
from services.kernel.adoption import reference
from services.kernel.decision import event_type
from services.kernel.errors import Unavailable
from services.kernel.policy import Policies
from services.kernel.policy_text import parse
from services.kernel.support import Heard, OfCircular, OfPlan, OfRound, OfStreaks
from tests.evaluation.plan.story import AGREED, APPROVED
from tests.evaluation.plan.story import EVENTS as PLAN_EVENTS
from tests.notices import (
    ADOPT_866,
    ADOPTED_866,
    NOTICE_866,
    NOTICE_2019,
    POLICIES,
)
from tests.spec import but
from tests.tables import ADOPT_SHIPPED, ADOPTED_SHIPPED
from zoneledger.evaluation.v1 import events_pb2 as evaluation
from zoneledger.evaluation.v1 import streak_events_pb2 as streaks
from zoneledger.evaluation.v1.supplement_events_pb2 import SupplementAdopted
from zoneledger.incentive.v1.commands_pb2 import GrantEntitlements, ReviseEntitlements, Verdict
from zoneledger.incentive.v1.events_pb2 import Condition, Entitlement
from zoneledger.ledger.v1.review_pb2 import ReviewCause
from zoneledger.ledger.v1.visibility_pb2 import Visibility

PUBLIC, SUBJECT, INTERNAL = (
    Visibility.VISIBILITY_PUBLIC,
    Visibility.VISIBILITY_SUBJECT,
    Visibility.VISIBILITY_INTERNAL,
)
NATIONAL = evaluation.BeneficiaryClass.BENEFICIARY_CLASS_NATIONAL
PROVINCIAL = evaluation.BeneficiaryClass.BENEFICIARY_CLASS_PROVINCIAL_BY_REFERENCE
COUNTY = evaluation.BeneficiaryClass.BENEFICIARY_CLASS_COUNTY_BY_REFERENCE

XIANGTAN_2020 = evaluation.Rating(
    unit_id="xiangtan",
    round=2020,
    grade=evaluation.Grade.GRADE_EXCELLENT,
    published_on="2021-06-21",
    document="2021-866",
    policy=NOTICE_866,
    visibility=PUBLIC,
)
ZHUZHOU_2020 = but(XIANGTAN_2020, unit_id="zhuzhou")
TONGLING_2019 = evaluation.Rating(
    unit_id="tongling",
    round=2019,
    grade=evaluation.Grade.GRADE_GOOD,
    published_on="2020-08-04",
    policy=NOTICE_2019,
)


def excellent(rating: evaluation.Rating) -> evaluation.ZoneRatedExcellent:
    rating = but(rating, grade=evaluation.Grade.GRADE_EXCELLENT)
    return evaluation.ZoneRatedExcellent(rating=rating, beneficiary_class=NATIONAL)


def good(rating: evaluation.Rating) -> evaluation.ZoneRatedGood:
    rating = but(rating, grade=evaluation.Grade.GRADE_GOOD)
    return evaluation.ZoneRatedGood(rating=rating, beneficiary_class=NATIONAL)


def qualified(rating: evaluation.Rating) -> evaluation.ZoneRatedQualified:
    rating = but(rating, grade=evaluation.Grade.GRADE_QUALIFIED)
    return evaluation.ZoneRatedQualified(rating=rating, beneficiary_class=NATIONAL)


def poor(rating: evaluation.Rating) -> evaluation.ZoneRatedPoor:
    rating = but(rating, grade=evaluation.Grade.GRADE_POOR)
    return evaluation.ZoneRatedPoor(rating=rating, beneficiary_class=NATIONAL)


EXCELLENT, GOOD = excellent(XIANGTAN_2020), good(ZHUZHOU_2020)
QUALIFIED, POOR = qualified(XIANGTAN_2020), poor(XIANGTAN_2020)
CORRECTED = evaluation.RatingCorrected(
    rating=but(XIANGTAN_2020, grade=evaluation.Grade.GRADE_GOOD),
    former=XIANGTAN_2020,
    corrected_on="2021-08-01",
    document="更正通知",
    reason="a statistic was revised",
    beneficiary_class=NATIONAL,
)

XIANGTAN = evaluation.Unit(unit_id="xiangtan", beneficiary_class=NATIONAL, member_from="2017-04-13")
HEBI = evaluation.Unit(unit_id="hebi", beneficiary_class=PROVINCIAL, member_from="2021-06-09")
ZHENGDING = evaluation.Unit(unit_id="zhengding", beneficiary_class=COUNTY, member_from="2021-06-09")
NATIONAL_UNIT = evaluation.UnitRegistered(unit=XIANGTAN)
PROVINCIAL_ZONE = evaluation.UnitRegistered(unit=HEBI, policy=NOTICE_866)
COUNTY_PARK = evaluation.UnitRegistered(unit=ZHENGDING, policy=NOTICE_866)
RENAMED = evaluation.UnitAmended(unit=but(HEBI, name_en="Hebi"), former=HEBI, policy=NOTICE_866)
NOW_NATIONAL = evaluation.UnitAmended(unit=but(HEBI, beneficiary_class=NATIONAL), former=HEBI)
NOW_PROVINCIAL = evaluation.UnitAmended(
    unit=but(XIANGTAN, beneficiary_class=PROVINCIAL), former=XIANGTAN, policy=NOTICE_866
)
HONOUR = evaluation.HonourAwarded(
    honour=evaluation.Honour(
        honour_id="2020-project-tangshan-rail-transit", round=2020, unit_id="tangshan"
    )
)

PROVINCIAL_OPEN = Verdict(
    open_norm_id="2021-866/by-reference-provincial", open_norm_clause_id="scope/by-reference"
)
COUNTY_OPEN = Verdict(
    open_norm_id="2021-866/by-reference-county", open_norm_clause_id="scope/county-parks"
)
NOTHING = Verdict(nothing_clause_id="incentives/excellent", nothing_reason="stated")

# The six entitlements of the 2021 notice in its own order; credit is the matter of financing.
SIX = [
    ("inspection_commendation", "priority", "state_council", "incentives/commendation"),
    ("central_budget_priority", "priority", "ndrc", "incentives/budget"),
    ("innovation_cluster_support", "will_support", "most", "incentives/cluster"),
    ("demonstration_base_support", "will_support", "miit", "incentives/base"),
    ("manufacturing_centre_support", "will_support", "miit", "incentives/centre"),
    ("land_guarantee", "guarantee", "mnr", "incentives/land"),
]
LAND = Entitlement(
    unit_id="xiangtan",
    round=2020,
    instrument="land_guarantee",
    rule_id="2021-866/land-guarantee",
    wording="guarantee",
    clause_id="incentives/land",
    authority="mnr",
    conditions=[
        Condition(
            condition_id="spatial-plan",
            text_zh="符合国土空间规划",
            text_en="It conforms to the territorial spatial plan.",
            attested_by="mnr",
        ),
        Condition(
            condition_id="three-control-lines",
            text_zh="严守三条控制线",
            text_en="It strictly keeps the three control lines.",
            attested_by="mnr",
        ),
        Condition(
            condition_id="economical-land-use",
            text_zh="节约集约用地",
            text_en="It uses land economically and intensively.",
            attested_by="mnr",
        ),
    ],
    effective_on="2021-06-21",
    policy=NOTICE_866,
    visibility=PUBLIC,
)


def verdict_on(event: Heard) -> Verdict:
    (command,) = react(event, POLICIES)
    assert isinstance(command, GrantEntitlements | ReviseEntitlements)
    return command.verdict


def earned_by(event: Heard) -> list[tuple[str, str]]:
    return [(each.instrument, each.wording) for each in verdict_on(event).earned]


# Ratings.


def test_an_excellent_city_earns_six_entitlements_under_the_2021_notice() -> None:
    assert [
        (each.instrument, each.wording, each.authority, each.clause_id)
        for each in verdict_on(EXCELLENT).earned
    ] == SIX


def test_a_rating_settles_the_unit_for_its_round_from_the_publication_on() -> None:
    (command,) = react(EXCELLENT, POLICIES)
    assert command == GrantEntitlements(
        unit_id="xiangtan",
        round=2020,
        grade="excellent",
        verdict=verdict_on(EXCELLENT),
        effective_on="2021-06-21",
        policy=NOTICE_866,
        visibility=PUBLIC,
    )


def test_land_is_guaranteed_under_three_conditions() -> None:
    assert verdict_on(EXCELLENT).earned[-1] == LAND


def test_a_credit_tilt_is_no_entitlement() -> None:
    assert "credit_tilt" not in dict(earned_by(EXCELLENT))


def test_a_good_city_earns_nothing_under_the_2021_notice() -> None:
    assert react(GOOD, POLICIES) == [
        GrantEntitlements(
            unit_id="zhuzhou",
            round=2020,
            grade="good",
            verdict=NOTHING,
            effective_on="2021-06-21",
            policy=NOTICE_866,
            visibility=PUBLIC,
        )
    ]


def test_qualified_and_poor_cities_earn_nothing_under_the_2021_notice() -> None:
    assert [verdict_on(event) for event in (QUALIFIED, POOR)] == [NOTHING, NOTHING]


def test_a_good_city_earns_a_larger_budget_quota_under_the_2019_notice_only() -> None:
    tongling_2020 = but(TONGLING_2019, round=2020, published_on="2021-06-21", policy=NOTICE_866)
    under_2019 = earned_by(good(TONGLING_2019))
    under_2021 = earned_by(good(tongling_2020))
    assert under_2019 == [("central_budget_priority", "increase"), ("pilot_support", "priority")]
    assert under_2021 == []


def test_an_excellent_zone_is_also_commended_under_the_2019_notice() -> None:
    assert earned_by(excellent(TONGLING_2019)) == [
        ("inspection_commendation", "priority"),
        ("central_budget_priority", "increase"),
        ("pilot_support", "priority"),
    ]


def test_qualified_and_poor_zones_earn_nothing_under_the_2019_notice() -> None:
    for event in (qualified(TONGLING_2019), poor(TONGLING_2019)):
        assert verdict_on(event) == Verdict(
            nothing_clause_id="incentives/budget", nothing_reason="stated"
        )


def test_where_nothing_is_earned_the_reason_is_told() -> None:
    not_in_force = excellent(but(XIANGTAN_2020, published_on="2021-06-08"))
    assert verdict_on(not_in_force).nothing_reason == "not_in_force"
    not_named = but(excellent(TONGLING_2019), beneficiary_class=PROVINCIAL)
    assert verdict_on(not_named) == Verdict(
        nothing_clause_id="scope/zones", nothing_reason="class_not_named"
    )


def test_the_2021_notice_holds_from_the_day_it_was_signed_and_not_the_day_before() -> None:
    def published(day: str) -> list[tuple[str, str]]:
        return earned_by(excellent(but(XIANGTAN_2020, published_on=day)))

    assert published("2021-06-08") == []
    assert len(published("2021-06-09")) == 6


def test_the_2019_notice_holds_from_the_day_it_was_posted_and_not_the_day_before() -> None:
    def published(day: str) -> list[tuple[str, str]]:
        return earned_by(good(but(TONGLING_2019, published_on=day)))

    assert published("2019-08-29") == []
    assert len(published("2019-08-30")) == 2


def test_the_document_that_the_rating_names_decides_and_not_the_one_of_another_round() -> None:
    assert len(earned_by(excellent(but(XIANGTAN_2020, policy=NOTICE_2019)))) == 3


# Corrections.


def test_a_correction_replaces_what_was_earned_from_the_correction_on() -> None:
    assert react(CORRECTED, POLICIES) == [
        ReviseEntitlements(
            unit_id="xiangtan",
            round=2020,
            grade="good",
            verdict=NOTHING,
            effective_on="2021-08-01",
            policy=NOTICE_866,
            visibility=PUBLIC,
            reason="a statistic was revised",
        )
    ]


def test_what_a_correction_earns_is_earned_from_the_correction_on() -> None:
    upwards = but(CORRECTED, rating=XIANGTAN_2020, former=CORRECTED.rating)
    verdict = verdict_on(upwards)
    assert [each.instrument for each in verdict.earned] == [instrument for instrument, *_ in SIX]
    assert {each.effective_on for each in verdict.earned} == {"2021-08-01"}


# Support by reference.


def test_a_provincial_zone_is_left_undetermined_from_the_first_day_of_its_membership() -> None:
    assert react(PROVINCIAL_ZONE, POLICIES) == [
        GrantEntitlements(
            unit_id="hebi",
            verdict=PROVINCIAL_OPEN,
            effective_on="2021-06-09",
            policy=NOTICE_866,
            visibility=PUBLIC,
        )
    ]


def test_a_county_park_is_left_undetermined_by_the_norm_of_its_own_class() -> None:
    assert react(COUNTY_PARK, POLICIES) == [
        GrantEntitlements(
            unit_id="zhengding",
            verdict=COUNTY_OPEN,
            effective_on="2021-06-09",
            policy=NOTICE_866,
            visibility=PUBLIC,
        )
    ]


def test_a_rating_of_a_unit_by_reference_is_left_undetermined_at_every_grade() -> None:
    for class_, verdict in [(PROVINCIAL, PROVINCIAL_OPEN), (COUNTY, COUNTY_OPEN)]:
        for event in (EXCELLENT, GOOD, QUALIFIED, POOR):
            assert verdict_on(but(event, beneficiary_class=class_)) == verdict


def test_a_national_unit_earns_by_its_ratings_alone() -> None:
    assert react(NATIONAL_UNIT, POLICIES) == []


def test_an_amended_entry_of_the_same_class_changes_nothing() -> None:
    assert react(RENAMED, POLICIES) == []


def test_support_by_reference_follows_the_days_of_membership() -> None:
    later = but(HEBI, member_from="2022-01-01", member_until="2022-06-30")
    moved = evaluation.UnitAmended(unit=later, former=HEBI, policy=NOTICE_866)
    assert react(moved, POLICIES) == [
        ReviseEntitlements(
            unit_id="hebi",
            verdict=PROVINCIAL_OPEN,
            effective_on="2022-01-01",
            until="2022-06-30",
            policy=NOTICE_866,
            visibility=PUBLIC,
            reason="the register gives the unit other days of membership",
        )
    ]


def test_a_unit_that_becomes_one_by_reference_is_left_undetermined() -> None:
    assert react(NOW_PROVINCIAL, POLICIES) == [
        ReviseEntitlements(
            unit_id="xiangtan",
            verdict=PROVINCIAL_OPEN,
            effective_on="2021-06-09",
            policy=NOTICE_866,
            visibility=PUBLIC,
            reason="the register gives the unit another class",
        )
    ]


def test_a_unit_that_becomes_national_has_nothing_by_reference_any_more() -> None:
    (command,) = react(NOW_NATIONAL, POLICIES)
    assert isinstance(command, ReviseEntitlements)
    assert (command.unit_id, command.round, command.verdict) == ("hebi", 0, Verdict())


# Who may see it.


def told_to(event: Heard) -> set[int]:
    """Who may see what the event leads to: the command, and what it grants."""
    (command,) = react(event, POLICIES)
    assert isinstance(command, GrantEntitlements | ReviseEntitlements)
    return {command.visibility, *(each.visibility for each in command.verdict.earned)}


@pytest.mark.parametrize("visibility", [PUBLIC, SUBJECT, INTERNAL])
def test_who_may_see_a_rating_may_see_what_follows_from_it_and_nobody_else(
    visibility: Visibility.ValueType,
) -> None:
    rating = but(XIANGTAN_2020, visibility=visibility)
    for event in (excellent(rating), good(rating), but(CORRECTED, rating=rating)):
        assert told_to(event) == {visibility}


def test_a_correction_that_publishes_a_rating_publishes_what_follows_and_one_that_hides_hides() -> (
    None
):
    within = but(XIANGTAN_2020, visibility=INTERNAL)
    assert told_to(but(CORRECTED, rating=XIANGTAN_2020, former=within)) == {PUBLIC}
    assert told_to(but(CORRECTED, rating=within, former=XIANGTAN_2020)) == {INTERNAL}


@pytest.mark.parametrize("reading", [0, 1])
def test_by_the_readings_before_nothing_said_who_may_see_it(reading: int) -> None:
    before = but(NOTICE_866, reading=reading)
    rating = but(XIANGTAN_2020, policy=before)
    for event in (excellent(rating), good(rating), but(CORRECTED, rating=rating)):
        assert told_to(event) == {Visibility.VISIBILITY_UNSPECIFIED}
    assert told_to(but(PROVINCIAL_ZONE, policy=before)) == {Visibility.VISIBILITY_UNSPECIFIED}


# Everything else that is heard.


def test_an_honour_earns_nothing() -> None:
    assert react(HONOUR, POLICIES) == []


def test_case_19_a_document_with_other_benefits_or_words_earns_those_and_nothing_else_changes() -> (
    None
):
    text = ADOPT_866.text.replace("wording: guarantee", "wording: will_study")
    other = parse(text, "2021-866")
    event = excellent(but(XIANGTAN_2020, policy=reference(other)))
    [before], [after] = react(EXCELLENT, POLICIES), react(event, Policies.none().adopt(other))
    assert isinstance(before, GrantEntitlements)
    assert isinstance(after, GrantEntitlements)
    changed = {
        one.instrument: (one.wording, another.wording)
        for one, another in zip(before.verdict.earned, after.verdict.earned, strict=True)
        if one.wording != another.wording
    }
    assert changed == {"land_guarantee": ("guarantee", "will_study")}


def test_a_document_that_evaluation_adopted_is_adopted_here_with_the_same_text() -> None:
    assert react(ADOPTED_866, Policies.none()) == [ADOPT_866]


def test_an_access_table_that_evaluation_adopted_decides_here_too() -> None:
    assert react(ADOPTED_SHIPPED, Policies.none()) == [ADOPT_SHIPPED]


@pytest.mark.parametrize(
    "event", [EXCELLENT, CORRECTED, PROVINCIAL_ZONE, NOW_PROVINCIAL], ids=event_type
)
def test_what_a_document_decides_waits_until_the_document_has_arrived(event: Heard) -> None:
    with pytest.raises(Unavailable, match=r"2021-866 .* has not reached this log"):
        react(event, Policies.none())


def test_another_text_under_the_name_of_the_document_does_not_decide() -> None:
    other = but(NOTICE_866, content_hash="0" * 64)
    with pytest.raises(Unavailable):
        react(excellent(but(XIANGTAN_2020, policy=other)), POLICIES)


DISQUALIFIED = streaks.ZoneDisqualified(
    unit_id="xiangtan",
    document="决定",
    effective_on="2023-01-01",
    reason="连续评为较差",
    ratings=[
        streaks.StandingRating(rating=XIANGTAN_2020, beneficiary_class=NATIONAL),
        streaks.StandingRating(
            rating=but(TONGLING_2019, unit_id="xiangtan"), beneficiary_class=NATIONAL
        ),
    ],
)
REVERSED = streaks.DisqualificationReversed(
    unit_id="xiangtan",
    document="撤回",
    effective_on="2023-06-01",
    reason="更正",
    ratings=DISQUALIFIED.ratings,
)


def test_a_disqualification_leaves_nothing_of_any_round_from_its_day_on() -> None:
    commands = react(DISQUALIFIED, POLICIES)
    assert [type(each) for each in commands] == [ReviseEntitlements, ReviseEntitlements]
    assert [each.round for each in commands if isinstance(each, ReviseEntitlements)] == [2020, 2019]
    for command in commands:
        assert isinstance(command, ReviseEntitlements)
        assert command.verdict.nothing_reason == "disqualified"
        assert not command.verdict.earned
        assert (command.effective_on, command.reason) == ("2023-01-01", "连续评为较差")


def test_a_disqualification_that_lists_for_review_says_when_it_was_decided_behind_its_day() -> None:
    lists = but(DISQUALIFIED, decided_on="2024-05-01", lists_for_review=True)
    in_time = but(lists, decided_on="2023-01-01")
    unlisted = but(lists, lists_for_review=False)
    for event, decided_on in ((lists, "2024-05-01"), (in_time, ""), (unlisted, "")):
        for command in react(event, POLICIES):
            assert isinstance(command, ReviseEntitlements)
            assert command.decided_on == decided_on


def test_a_reversal_grants_again_what_the_ratings_earn_from_its_day_on() -> None:
    [of_2020, _] = react(REVERSED, POLICIES)
    assert isinstance(of_2020, ReviseEntitlements)
    assert of_2020.verdict.earned
    assert (of_2020.effective_on, of_2020.ended_on) == ("2023-06-01", "")


def test_a_rating_of_a_disqualified_unit_earns_nothing_from_that_day_on() -> None:
    late = evaluation.ZoneRatedExcellent(
        rating=XIANGTAN_2020, beneficiary_class=NATIONAL, disqualified_on="2021-06-21"
    )
    [command] = react(late, POLICIES)
    assert isinstance(command, GrantEntitlements)
    assert command.verdict.nothing_reason == "disqualified"


def test_what_was_earned_before_the_disqualification_ends_with_it() -> None:
    for event in (
        but(EXCELLENT, disqualified_on="2023-01-01"),
        but(CORRECTED, disqualified_on="2023-01-01"),
    ):
        [command] = react(event, POLICIES)
        assert isinstance(command, GrantEntitlements | ReviseEntitlements)
        assert command.ended_on == "2023-01-01"
        assert command.verdict.nothing_reason != "disqualified"


@pytest.mark.parametrize(
    ("event", "cause"),
    [
        (CORRECTED, ReviewCause.REVIEW_CAUSE_CORRECTED),
        (DISQUALIFIED, ReviewCause.REVIEW_CAUSE_DISQUALIFIED),
        (REVERSED, ReviewCause.REVIEW_CAUSE_REVERSED),
    ],
    ids=["corrected", "disqualified", "reversed"],
)
def test_what_changes_in_retrospect_is_listed_for_review_unless_it_was_recorded_before_that(
    event: Any, cause: int
) -> None:
    for listed in (but(event, lists_for_review=True), but(event, lists_for_review=False)):
        commands = react(listed, POLICIES)
        assert commands
        for command in commands:
            assert isinstance(command, ReviseEntitlements)
            assert command.cause == (cause if listed.lists_for_review else 0)


def test_every_event_that_is_heard_is_answered() -> None:
    heard: list[Heard] = [
        ADOPTED_866,
        ADOPTED_SHIPPED,
        NATIONAL_UNIT,
        RENAMED,
        EXCELLENT,
        GOOD,
        QUALIFIED,
        POOR,
        CORRECTED,
        HONOUR,
    ]
    # Each of them as it is when it names no rating.
    unions = (OfRound, OfCircular, OfStreaks, OfPlan)
    kinds = [
        SupplementAdopted,
        evaluation.FormerRatingVoided,
        *(each for union in unions for each in get_args(union)),
    ]
    ignored: list[Heard] = [type_() for type_ in kinds]
    assert {type(event) for event in [*heard, *ignored]} == set(HEARD)
    assert [len(react(event, POLICIES)) for event in heard] == [1, 1, 0, 0, 1, 1, 1, 1, 1, 0]
    assert [react(event, POLICIES) for event in ignored] == [[] for _ in ignored]


def test_no_step_of_a_plan_moves_an_entitlement_also_where_support_starts_with_it() -> None:
    assert AGREED.HasField("support_by")
    assert [react(event, POLICIES) for event in (*PLAN_EVENTS, APPROVED)] == [[]] * 10

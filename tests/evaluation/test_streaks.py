"""Years in a row are reached, not reached, or open; what is unknown is neither hit nor break."""

from collections.abc import Mapping, Sequence
from itertools import product

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from services.evaluation.reviewing import do_years_count_again
from services.evaluation.streaks import History, Status, comes_together, judge, may_count
from tests.spec import but
from tests.streaks import (
    ANEW,
    CITY,
    INHERIT,
    INTERNAL,
    OPEN_POOR,
    PUBLIC,
    SUBJECT,
    THREE_EXCELLENT,
    THREE_POOR,
    TWO_OF_THREE,
    rating,
    rules_by,
)
from tests.supplements import ANEW as ANSWER_ANEW
from tests.supplements import INHERIT as ANSWER_INHERIT
from tests.supplements import STREAKS_2019, THREE_YEARS, TWO_YEARS, supplements
from zoneledger.evaluation.v1.events_pb2 import Rating, Unit, UnitKind, ZoneRatedPoor
from zoneledger.evaluation.v1.streak_commands_pb2 import StreakCounting, StreakRule, ZoneRating
from zoneledger.evaluation.v1.streak_events_pb2 import StreakYearCount
from zoneledger.ledger.v1.visibility_pb2 import Visibility

HIT, MISS, UNKNOWN = (
    StreakYearCount.STREAK_YEAR_COUNT_HIT,
    StreakYearCount.STREAK_YEAR_COUNT_MISS,
    StreakYearCount.STREAK_YEAR_COUNT_UNKNOWN,
)
IN_A_ROW, IN_ANY_ORDER = (
    StreakCounting.STREAK_COUNTING_IN_A_ROW,
    StreakCounting.STREAK_COUNTING_IN_ANY_ORDER,
)


def rated(*ratings: Rating) -> dict[int, ZoneRatedPoor]:
    """What rated the unit; only its rating counts here."""
    return {each.round: ZoneRatedPoor(rating=each) for each in ratings}


def history(
    own: Mapping[int, str], zone: Mapping[int, str] | None = None, unit: Unit = CITY
) -> History:
    inherited = {
        round_: ZoneRating(rating=rating(round_, grade, unit="zone"))
        for round_, grade in (zone or {}).items()
    }
    return History(
        unit, rated(*(rating(round_, grade) for round_, grade in own.items())), inherited
    )


def years(first: int, *grades: str) -> dict[int, str]:
    """Grades of years one after the other; "" is a year without one."""
    return {first + index: grade for index, grade in enumerate(grades) if grade}


def status(
    own: Mapping[int, str],
    rule: StreakRule = THREE_POOR,
    *,
    zone: Mapping[int, str] | None = None,
    unit: Unit = CITY,
) -> Status:
    """What the years come to, up to the last one with a grade of the unit's own."""
    return judge(history(own, zone, unit), rule, max(own)).status


# The rule of 2019: 连续三年评为较差.


def test_three_poor_years_in_a_row_are_reached() -> None:
    assert status(years(2020, "poor", "poor", "poor")) is Status.REACHED


def test_two_poor_years_are_a_warning_where_three_are_needed() -> None:
    assert status(years(2020, "good", "poor", "poor")) is Status.WARNED


def test_a_better_year_breaks_the_row() -> None:
    assert status(years(2020, "poor", "good", "poor")) is Status.NONE
    assert status(years(2020, "poor", "poor", "good")) is Status.NONE


def test_two_of_three_years_in_any_order_are_another_rule() -> None:
    assert status(years(2020, "poor", "good", "poor"), TWO_OF_THREE) is Status.REACHED
    assert status(years(2020, "good", "good", "poor"), TWO_OF_THREE) is Status.WARNED


def test_a_row_within_more_years_may_have_ended_before_the_last() -> None:
    within_four = but(THREE_POOR, years=2, warn_at=0, within=4)
    assert status(years(2020, "poor", "poor", "good", "good"), within_four) is Status.REACHED
    assert status(years(2020, "poor", "good", "poor", "good"), within_four) is Status.NONE


# Edge case 4: no number in the notice of 2021.


def test_case_4_while_the_number_of_years_is_open_nothing_is_ever_reached() -> None:
    for count in range(2, 8):
        own = years(2020, *["poor"] * count)
        judged = judge(history(own), OPEN_POOR, max(own))
        assert judged.status is Status.UNDETERMINED
        assert judged.streak.open_norm_ids == ["years"]
        assert judged.streak.is_warning


def test_case_4_one_poor_year_is_certainly_no_row_whatever_the_number_is() -> None:
    assert status(years(2020, "good", "poor"), OPEN_POOR) is Status.NONE


def test_case_4_an_answer_of_three_and_one_of_two_years_decide_as_they_say() -> None:
    own = years(2019, "good", "poor", "poor", "poor")
    two, three = rules_by(TWO_YEARS)["poor-2021"], rules_by(THREE_YEARS)["poor-2021"]
    assert judge(history(own), two, 2021).status is Status.REACHED
    assert judge(history(own), three, 2021).status is Status.WARNED
    assert judge(history(own), three, 2022).status is Status.REACHED


def test_case_4_an_answer_counts_from_its_own_day() -> None:
    before, after = (
        rules_by(THREE_YEARS, today=day)["poor-2021"] for day in ("2022-02-28", "2022-03-01")
    )
    assert (before.years, before.answered_on) == (0, "")
    assert (after.years, after.answered_on) == (3, "2022-03-01")


# Edge case 5: a year without a grade.


@pytest.mark.parametrize("missing", [0, 1])
def test_case_5_a_year_without_a_grade_is_neither_a_hit_nor_a_break(missing: int) -> None:
    grades = ["poor", "poor", "poor"]
    grades[missing] = ""
    judged = judge(history(years(2020, *grades)), THREE_POOR, 2022)
    assert judged.status is Status.UNDETERMINED
    assert list(judged.streak.open_norm_ids) == []  # It is for want of a grade, not of an answer.


def test_case_5_an_unknown_year_does_not_matter_where_a_known_one_breaks_the_row() -> None:
    assert status(years(2020, "", "good", "poor")) is Status.NONE


def test_case_5_what_is_known_later_settles_what_was_open() -> None:
    own = years(2020, "", "poor", "poor")
    assert status(own) is Status.UNDETERMINED
    assert status({**own, 2020: "poor"}) is Status.REACHED
    assert status({**own, 2020: "qualified"}) is Status.WARNED


def test_a_year_before_membership_is_certainly_no_hit() -> None:
    joined = but(CITY, member_from="2021-01-01")
    assert status(years(2021, "poor", "poor"), unit=joined) is Status.WARNED
    unknown = but(CITY, member_from="")
    assert status(years(2021, "poor", "poor"), unit=unknown) is Status.UNDETERMINED


def test_the_year_in_which_membership_began_may_be_a_hit() -> None:
    joined = but(CITY, member_from="2020-12-31")
    assert status(years(2021, "poor", "poor"), unit=joined) is Status.UNDETERMINED


# Edge case 1: zones until 2019, cities from 2020 on.


def test_case_1_a_poor_zone_leaves_its_cities_open_until_somebody_says_whether_it_counts() -> None:
    own, zone = years(2020, "poor", "poor"), years(2019, "poor")
    judged = judge(history(own, zone), THREE_POOR, 2021)
    assert judged.status is Status.UNDETERMINED
    assert list(judged.streak.open_norm_ids) == ["carry-over"]
    assert [year.rated_unit_id for year in judged.streak.years] == ["zone", "city", "city"]


def test_case_1_where_grades_of_a_zone_count_they_are_those_of_its_cities() -> None:
    rule = but(THREE_POOR, carry_over=INHERIT)
    assert status(years(2020, "poor", "poor"), rule, zone=years(2019, "poor")) is Status.REACHED
    assert status(years(2020, "poor", "poor"), rule, zone=years(2019, "good")) is Status.WARNED
    assert status(years(2020, "poor", "poor"), rule) is Status.UNDETERMINED


def test_case_1_where_the_count_begins_anew_no_year_of_a_zone_is_a_hit() -> None:
    rule = but(THREE_POOR, carry_over=ANEW)
    for zone in (None, years(2019, "poor"), years(2019, "good")):
        assert status(years(2020, "poor", "poor"), rule, zone=zone) is Status.WARNED


def test_case_1_a_better_zone_is_no_hit_whatever_is_decided() -> None:
    own, zone = years(2020, "poor", "poor"), years(2019, "good")
    assert status(own, THREE_POOR, zone=zone) is Status.WARNED


def test_case_1_the_shipped_documents_leave_it_open_and_an_interpretation_closes_it() -> None:
    own, zone = years(2020, "poor"), years(2019, "poor")
    asked = {
        text: judge(history(own, zone), rules_by(TWO_YEARS, *text)["poor-2021"], 2020).status
        for text in [(), (ANSWER_INHERIT,), (ANSWER_ANEW,)]
    }
    assert asked == {
        (): Status.UNDETERMINED,
        (ANSWER_INHERIT,): Status.REACHED,
        (ANSWER_ANEW,): Status.NONE,
    }


def test_which_rule_applies_is_a_matter_of_the_document_of_the_last_year() -> None:
    rules = rules_by()
    assert (rules["poor-2019"].rounds_from, rules["poor-2019"].rounds_until) == (2019, 2019)
    assert (rules["poor-2021"].rounds_from, rules["poor-2021"].rounds_until) == (2020, 2020)
    assert (rules["poor-2019"].years, rules["poor-2021"].years) == (3, 0)


def test_a_year_counts_for_streaks_that_end_with_it_or_soon_after_under_the_rule() -> None:
    rule = but(THREE_POOR, rounds_from=2019, rounds_until=2020)
    counts = [may_count(rule, each) for each in range(2015, 2023)]
    assert counts == [False, False, True, True, True, True, False, False]


# Edge case 3 and 6: who is meant, and which grade.


@pytest.mark.parametrize("kind", [UnitKind.UNIT_KIND_BASE, UnitKind.UNIT_KIND_PART_OF_DISTRICT])
def test_case_3_a_base_and_a_part_of_a_district_are_members_like_a_city(
    kind: UnitKind.ValueType,
) -> None:
    assert all(kind in rule.unit_kinds for rule in rules_by().values())
    assert status(years(2020, "poor", "poor", "poor"), unit=but(CITY, kind=kind)) is Status.REACHED


def test_case_2_no_zone_is_meant() -> None:
    for rule in rules_by().values():
        assert UnitKind.UNIT_KIND_ZONE not in rule.unit_kinds


def test_case_6_a_grade_counts_by_its_place_in_the_scale_whatever_word_a_round_had_for_it() -> None:
    third_from_the_top = status(years(2020, "qualified", "qualified", "qualified"))
    assert third_from_the_top is Status.NONE
    both = but(THREE_POOR, grades=[3, 4])
    assert status(years(2020, "qualified", "poor", "qualified"), both) is Status.REACHED


# Edge case 24: the positive streak.


def test_case_24_three_excellent_years_are_reached_and_another_grade_breaks_them() -> None:
    three = years(2020, "excellent", "excellent", "excellent")
    assert status(three, THREE_EXCELLENT) is Status.REACHED
    assert status({**three, 2021: "good"}, THREE_EXCELLENT) is Status.NONE


def test_tongling_was_excellent_from_2020_to_2022_after_three_good_years_of_its_zone() -> None:
    own = years(2020, "excellent", "excellent", "excellent")
    zone = years(2017, "good", "good", "good")
    found = {each: judge(history(own, zone), THREE_EXCELLENT, each).status for each in own}
    assert found == {2020: Status.NONE, 2021: Status.NONE, 2022: Status.REACHED}


# What a result says of itself.


def test_a_result_lists_every_year_that_was_looked_at_with_its_grade() -> None:
    judged = judge(history(years(2021, "poor", "poor")), THREE_POOR, 2022)
    assert [(year.round, year.count) for year in judged.streak.years] == [
        (2020, UNKNOWN),
        (2021, HIT),
        (2022, HIT),
    ]


@pytest.mark.parametrize("hidden", [SUBJECT, INTERNAL])
def test_a_result_is_as_hidden_as_the_most_hidden_rating_of_its_years(
    hidden: Visibility.ValueType,
) -> None:
    for grade in ("poor", "good"):
        own = rated(rating(2020, grade, hidden), rating(2021, "poor"), rating(2022, "poor"))
        assert judge(History(CITY, own, {}), THREE_POOR, 2022).streak.visibility == hidden
        assert judge(History(CITY, own, {}), THREE_POOR, 2023).streak.visibility == PUBLIC


def test_a_rating_that_does_not_say_who_may_see_it_is_internal() -> None:
    own = rated(rating(2020, "poor", Visibility.VISIBILITY_UNSPECIFIED))
    assert judge(History(CITY, own, {}), THREE_POOR, 2020).streak.visibility == INTERNAL


def test_a_result_holds_from_the_latest_day_of_what_it_rests_on() -> None:
    own = years(2020, "poor", "poor", "poor")
    assert judge(history(own), THREE_POOR, 2022).streak.effective_on == "2023-06-21"
    later = but(THREE_POOR, answered_on="2024-01-01")
    assert judge(history(own), later, 2022).streak.effective_on == "2024-01-01"


# What holds for every history.

GRADE = st.sampled_from(["excellent", "good", "qualified", "poor", ""])
RULES = st.builds(
    lambda years, span, any_order, open_, warn, carry: but(
        THREE_POOR,
        years=0 if open_ else years,
        at_least=years if open_ else 0,
        within=years + span if span or any_order else 0,
        counting=IN_ANY_ORDER if any_order else IN_A_ROW,
        warn_at=warn,
        carry_over=carry,
    ),
    st.integers(1, 4),
    st.integers(0, 2),
    st.booleans(),
    st.booleans(),
    st.integers(0, 3),
    st.sampled_from([0, INHERIT, ANEW]),
)
HISTORIES = st.builds(
    lambda own, zone, since: history(
        years(2018, *own), years(2017, *zone), but(CITY, member_from=since)
    ),
    st.lists(GRADE, min_size=1, max_size=6),
    st.lists(GRADE, max_size=3),
    st.sampled_from(["", "2017-04-13", "2019-08-30", "2021-01-01"]),
)


def certain(hits: Sequence[bool], rule: StreakRule) -> bool:
    """Whether years of which everything is known are a streak, in the plainest way."""
    needed = rule.years
    looked_at = list(hits)[-(rule.within or needed) :]
    if rule.counting == IN_ANY_ORDER:
        return sum(looked_at) >= needed
    return "1" * needed in "".join("1" if hit else "0" for hit in looked_at)


def possibilities(of: History, rule: StreakRule, round_: int) -> list[list[bool]]:
    """Every way in which the years could have been, with all that is open decided somehow."""
    span = max(rule.within or rule.years, 1)
    carried = [rule.carry_over] if rule.carry_over else [INHERIT, ANEW]
    found: list[list[bool]] = []
    for carry in carried:
        choices: list[tuple[bool, ...]] = []
        for each in range(round_ - span + 1, round_ + 1):
            own, zone = of.own.get(each), of.zone.get(each)
            if own is not None:
                choices.append((own.rating.grade in rule.grades,))
            elif (of.unit.member_from and int(of.unit.member_from[:4]) > each) or (
                each < rule.own_since and carry == ANEW
            ):
                choices.append((False,))
            elif each < rule.own_since and zone is not None:
                choices.append((zone.rating.grade in rule.grades,))
            else:
                choices.append((False, True))
        found += [list(each) for each in product(*choices)]
    return found


@given(HISTORIES, RULES, st.integers(2018, 2023))
@settings(deadline=None, max_examples=600)
def test_a_result_is_what_all_possible_years_agree_on(
    of: History, rule: StreakRule, round_: int
) -> None:
    judged = judge(of, rule, round_).status
    numbers = [rule.years] if rule.years else range(rule.at_least, 8)
    answers = {
        certain(hits, known)
        for number in numbers
        for known in [
            but(rule, years=number, within=max(rule.within, number) if rule.within else 0)
        ]
        for hits in possibilities(of, known, round_)
    }
    if judged is Status.REACHED:
        assert answers == {True}
        assert rule.years
    elif judged is Status.UNDETERMINED:
        assert True in answers
        assert False in answers or not rule.years
    else:
        assert answers == {False}


@given(st.lists(st.sampled_from([HIT, MISS, UNKNOWN]), max_size=7), st.integers(1, 4))
@settings(deadline=None, max_examples=300)
def test_knowing_more_never_turns_a_certain_result_over(counts: list[int], needed: int) -> None:
    for counting in (IN_A_ROW, IN_ANY_ORDER):
        before = comes_together(counts, needed, counting)
        for index, count in enumerate(counts):
            if count == UNKNOWN and before is not Status.UNDETERMINED:
                for known in (HIT, MISS):
                    more = [*counts[:index], known, *counts[index + 1 :]]
                    assert comes_together(more, needed, counting) is before


def test_case_24_whether_years_count_again_is_what_the_supplement_says_and_else_they_do_not() -> (
    None
):
    assert "years_count: once" in STREAKS_2019
    said = {
        "once": STREAKS_2019,
        "again": STREAKS_2019.replace("years_count: once", "years_count: again"),
        "open": STREAKS_2019.replace("    years_count: once\n", "").replace(
            "    years_count_clause: streaks/years-once\n", ""
        ),
    }
    answers = {
        name: do_years_count_again("excellent-2019", supplements(text))
        for name, text in said.items()
    }
    assert answers == {"once": False, "again": True, "open": False}
    assert not do_years_count_again("another", supplements(said["again"]))

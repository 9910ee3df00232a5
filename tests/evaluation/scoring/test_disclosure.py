"""No scale loads, and no round is published, by which a hidden grade can be worked out."""

import pytest

from services.evaluation.scoring.disclosure import disclosed, told, told_by_so_many
from services.evaluation.scoring.rule_set import parse
from services.kernel.policy_problems import PolicyProblems
from tests.evaluation.scoring.rules import CLASSES, SMALL, THRESHOLDS, changed, rule_set
from tests.spec import but
from zoneledger.evaluation.v1.events_pb2 import Grade
from zoneledger.evaluation.v1.scoring_pb2 import Placing

EXCELLENT, GOOD, QUALIFIED, POOR = (
    Grade.GRADE_EXCELLENT,
    Grade.GRADE_GOOD,
    Grade.GRADE_QUALIFIED,
    Grade.GRADE_POOR,
)
LAST_SHOWN = (
    "name_zh: 较差\n      shows: {grade: subject",
    "name_zh: 较差\n      shows: {grade: public",
)
LAST_INTERNAL = (
    "name_zh: 较差\n      shows: {grade: subject",
    "name_zh: 较差\n      shows: {grade: internal",
)


def lines(*changes: tuple[str, str]) -> list[int]:
    """The lines at which something is given away."""
    with pytest.raises(PolicyProblems) as refusal:
        parse(changed(*changes), "small.yaml")
    assert {each.rule for each in refusal.value.problems} == {"discloses"}
    return [each.line for each in refusal.value.problems]


def cut(*grades: Grade.ValueType, peer_class: str = "") -> list[Placing]:
    return [Placing(grade_by_cut=grade, peer_class_id=peer_class) for grade in grades]


# The scale.


def test_the_only_grade_hidden_from_the_public_is_not_hidden() -> None:
    assert lines(LAST_SHOWN) == [92]


def test_the_only_grade_that_a_unit_is_not_told_is_told() -> None:
    assert lines(LAST_INTERNAL) == [96]


def test_two_hidden_grades_may_hide() -> None:
    assert [s.shows.grade for s in SMALL.grades.scale] == ["public", "public", "subject", "subject"]


def test_a_scale_may_hide_nothing() -> None:
    both = (
        "name_zh: 合格\n      share: 250000\n      shows: {grade: subject",
        "name_zh: 合格\n      share: 250000\n      shows: {grade: public",
    )
    assert rule_set(both, LAST_SHOWN).grades.scale[3].shows.grade == "public"


def test_a_hidden_grade_without_a_place_hides_no_other() -> None:
    assert lines(("share: 250000", "places: 0")) == [92]


def test_shares_rounded_up_to_the_whole_leave_nobody_to_the_last_grade() -> None:
    changes = (
        ("rounding: down", "rounding: up"),
        ("places: 2", "share: 250000"),
        ("places: 3", "share: 500000"),
    )
    assert lines(*changes) == [92]


def test_a_score_is_never_more_public_than_the_grade() -> None:
    assert lines(("{grade: subject, score: internal", "{grade: subject, score: public")) == [92]


def test_a_rank_is_never_more_public_than_the_grade() -> None:
    assert lines(("rank: internal}", "rank: public}")) == [96]


# The round.


def test_a_hidden_grade_that_all_without_a_grade_have_is_told_by_counting() -> None:
    found = disclosed(SMALL.grades, cut(EXCELLENT, GOOD, QUALIFIED, QUALIFIED))
    assert found == [("public", "qualified")]


def test_two_hidden_grades_that_somebody_has_are_not_told() -> None:
    assert disclosed(SMALL.grades, cut(EXCELLENT, QUALIFIED, POOR)) == []


def test_a_round_in_which_nobody_has_a_hidden_grade_tells_none() -> None:
    assert disclosed(SMALL.grades, cut(EXCELLENT, GOOD)) == []


def test_places_are_counted_class_by_class_where_they_are_given_so() -> None:
    by_class = rule_set(CLASSES, ("pool: all", "pool: peer_class"))
    standings = [*cut(QUALIFIED, peer_class="coal"), *cut(QUALIFIED, POOR, peer_class="steel")]
    assert disclosed(SMALL.grades, standings) == []
    assert disclosed(by_class.grades, standings) == [("public", "qualified")]


def test_nothing_can_be_counted_where_thresholds_cut() -> None:
    assert disclosed(rule_set(*THRESHOLDS).grades, cut(EXCELLENT, QUALIFIED)) == []


# What is shown in the end, whoever looks.


def placed(*grades: Grade.ValueType) -> list[Placing]:
    """Units a, b, c, ... that have what the cut gave them."""
    return [
        Placing(unit_id="abcdefgh"[index], grade=grade, grade_by_cut=grade)
        for index, grade in enumerate(grades)
    ]


def vetoed(unit_id: str, before: Grade.ValueType, cap: Grade.ValueType, veto: str) -> Placing:
    return Placing(unit_id=unit_id, grade=cap, grade_by_cut=before, veto_ids=[veto])


def test_two_units_of_two_hidden_grades_tell_each_its_own_the_other_ones() -> None:
    found = told(SMALL, placed(EXCELLENT, GOOD, QUALIFIED, POOR))
    assert sorted(found) == [("subject", "poor"), ("subject", "qualified")]
    assert told(SMALL, placed(EXCELLENT, GOOD, QUALIFIED, QUALIFIED, POOR, POOR)) == []


def test_the_one_of_its_grade_knows_all_others_where_they_have_the_same() -> None:
    assert told(SMALL, placed(EXCELLENT, QUALIFIED, POOR, POOR)) == [("subject", "poor")]


def test_the_only_unit_without_a_grade_is_told_by_the_only_veto_that_can_have_done_it() -> None:
    by_veto = vetoed("c", EXCELLENT, POOR, "false-data")
    assert told(SMALL, [*placed(EXCELLENT, GOOD), by_veto]) == [("public", "poor")]
    other = (
        "{veto_id: finding, text_zh: 问题, text_en: Found, cap: qualified, refill: true",
        "{veto_id: finding, text_zh: 问题, text_en: Found, cap: qualified, refill: false",
    )
    assert told(rule_set(other), [*placed(EXCELLENT, GOOD), by_veto]) == []


def test_a_grade_that_a_notice_showed_and_a_veto_took_is_told_by_what_such_vetoes_leave() -> None:
    by_veto = vetoed("g", EXCELLENT, QUALIFIED, "finding")
    standings = [*placed(EXCELLENT, GOOD, QUALIFIED, QUALIFIED, POOR, POOR), by_veto]
    by_cut = [*standings[:-1], but(by_veto, grade_by_cut=QUALIFIED)]  # Its place was filled again.
    assert told(SMALL, by_cut, {"g": "excellent"}) == [("public", "qualified")]
    assert told(SMALL, by_cut) == []
    assert told(SMALL, by_cut, {"a": "excellent"}) == []


def test_a_reader_who_is_shown_all_grades_is_told_none() -> None:
    both = (
        "name_zh: 合格\n      share: 250000\n      shows: {grade: subject",
        "name_zh: 合格\n      share: 250000\n      shows: {grade: public",
    )
    assert told(rule_set(both, LAST_SHOWN), placed(EXCELLENT, GOOD, QUALIFIED, POOR)) == []


def test_too_few_units_tell_a_hidden_grade_by_their_places_alone() -> None:
    # Two excellent, three good; a quarter of all is qualified, and what is left is poor.
    assert told_by_so_many(SMALL, "abcdef") == [("public", "qualified")]
    assert told_by_so_many(SMALL, "abcdefgh") == [("subject", "qualified")]
    assert told_by_so_many(SMALL, "abcdefghi") == []
    assert told_by_so_many(rule_set(*THRESHOLDS), "a") == []

"""Ranks and grades follow from scores by the scale, its ties and its vetoes, and nothing else."""

from collections.abc import Mapping, Sequence
from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from services.evaluation.scoring.grades import stand
from services.evaluation.scoring.parts import RuleSet
from services.kernel.errors import Malformed
from services.kernel.reasons import Why
from services.kernel.words import word
from tests.evaluation.scoring.rules import CLASSES, SMALL, THRESHOLDS, rule_set
from zoneledger.evaluation.v1.events_pb2 import Grade
from zoneledger.evaluation.v1.scoring_pb2 import Contribution, Placing, Score
from zoneledger.ledger.v1.visibility_pb2 import Visibility

# Two places of excellent, three of good, a quarter of qualified, and the rest.
ALL_IN = SMALL
ALL_OUT = rule_set(("last: all_in", "last: all_out"))
BY_ID = rule_set(("last: all_in", "last: unit_id"))
BY_KEYS = rule_set(("ties: {last", "ties: {keys: [experts, green], last"))
BY_SCORE = rule_set(*THRESHOLDS)
NOT_REFILLED = rule_set(("refill: true", "refill: false"))


def scored(points: Mapping[str, int]) -> list[Score]:
    return [Score(unit_id=unit, score_micro=micro) for unit, micro in points.items()]


def ladder(units: str) -> list[Score]:
    """Units named by letters, each a little worse than the one before."""
    return scored({unit: 900_000 - index for index, unit in enumerate(units)})


def graded(standings: Sequence[Placing]) -> dict[str, str]:
    """The units of each grade, best first."""
    of: dict[str, str] = {}
    for one in standings:
        name = word(Grade, one.grade)
        of[name] = of.get(name, "") + one.unit_id
    return of


def ranks(standings: Sequence[Placing]) -> dict[str, int]:
    return {one.unit_id: one.rank for one in standings}


# Ranks.


def test_units_are_ranked_by_score() -> None:
    assert ranks(stand(SMALL, scored({"a": 1, "b": 3, "c": 2}))) == {"b": 1, "c": 2, "a": 3}


def test_units_that_tie_share_a_rank_and_the_next_rank_is_left_out() -> None:
    standings = stand(SMALL, scored({"a": 5, "b": 5, "c": 4}))
    assert ranks(standings) == {"a": 1, "b": 1, "c": 3}


def test_declared_keys_part_ties_in_their_order() -> None:
    a = Score(unit_id="a", score_micro=5, experts_micro=2, contributions=[green(9)])
    b = Score(unit_id="b", score_micro=5, experts_micro=3)
    c = Score(unit_id="c", score_micro=5, experts_micro=3, contributions=[green(1)])
    assert ranks(stand(BY_KEYS, [a, b, c])) == {"c": 1, "b": 2, "a": 3}


def green(micro: int) -> Contribution:
    return Contribution(line_id="energy", dimension_id="green", contribution_micro=micro)


def test_an_identifier_parts_no_rank() -> None:
    assert ranks(stand(BY_ID, scored({"a": 5, "b": 5}))) == {"a": 1, "b": 1}


def test_units_are_ranked_in_their_class_too() -> None:
    rules = rule_set(CLASSES)
    scores = [
        Score(unit_id="a", score_micro=3, peer_class_id="coal"),
        Score(unit_id="b", score_micro=2, peer_class_id="steel"),
        Score(unit_id="c", score_micro=1, peer_class_id="coal"),
    ]
    in_class = {one.unit_id: one.rank_in_class for one in stand(rules, scores)}
    assert in_class == {"a": 1, "b": 1, "c": 2}
    assert {one.rank_in_class for one in stand(SMALL, ladder("ab"))} == {0}


# Thresholds.


@pytest.mark.parametrize(
    ("micro", "grade"),
    [
        (800_000, "excellent"),
        (799_999, "good"),
        (600_000, "good"),
        (599_999, "qualified"),
        (300_000, "qualified"),
        (299_999, "poor"),
        (0, "poor"),
    ],
)
def test_a_grade_begins_at_its_score(micro: int, grade: str) -> None:
    assert graded(stand(BY_SCORE, scored({"a": micro}))) == {grade: "a"}


# Quotas.


def test_each_grade_has_places_of_its_own() -> None:
    assert graded(stand(SMALL, ladder("abcdefgh"))) == {
        "excellent": "ab",
        "good": "cde",
        "qualified": "fg",
        "poor": "h",
    }


@pytest.mark.parametrize(
    ("rounding", "qualified"), [("down", "f"), ("up", "fg"), ("half_even", "fg")]
)
def test_a_share_becomes_places_as_declared(rounding: str, qualified: str) -> None:
    rules = rule_set(("rounding: down", f"rounding: {rounding}"))
    # A quarter of seven units is one place and three quarters.
    assert graded(stand(rules, ladder("abcdefg")))["qualified"] == qualified


def test_half_a_place_goes_to_the_even_number() -> None:
    rules = rule_set(("rounding: down", "rounding: half_even"))
    assert graded(stand(rules, ladder("abcdefghij")))["qualified"] == "fg"
    assert graded(stand(rules, ladder("abcdefghijklmn")))["qualified"] == "fghi"


def test_fewer_units_than_places_leave_places_empty() -> None:
    assert graded(stand(SMALL, ladder("abc"))) == {"excellent": "ab", "good": "c"}


def test_units_tied_for_the_last_place_may_all_have_it() -> None:
    tied = {"a": 9, "b": 8, "c": 8, "d": 7}
    assert graded(stand(ALL_IN, scored(tied))) == {"excellent": "abc", "good": "d"}


def test_units_tied_for_the_last_place_may_all_go_without() -> None:
    tied = {"a": 9, "b": 8, "c": 8, "d": 7, "e": 6}
    assert graded(stand(ALL_OUT, scored(tied))) == {
        "excellent": "a",
        "good": "bcd",
        "qualified": "e",
    }


def test_units_tied_for_the_last_place_may_have_it_by_identifier() -> None:
    tied = {"a": 9, "c": 8, "b": 8, "d": 7}
    assert graded(stand(BY_ID, scored(tied))) == {"excellent": "ab", "good": "cd"}


def test_places_may_be_given_class_by_class() -> None:
    rules = rule_set(CLASSES, ("pool: all", "pool: peer_class"))
    scores = [
        Score(unit_id=unit, score_micro=9 - index, peer_class_id="coal" if index < 4 else "steel")
        for index, unit in enumerate("abcdef")
    ]
    assert graded(stand(rules, scores)) == {"excellent": "abef", "good": "cd"}


# Vetoes.


def test_a_veto_caps_a_grade_and_moves_no_rank() -> None:
    before = stand(SMALL, ladder("abcdefgh"))
    after = stand(SMALL, ladder("abcdefgh"), {"a": ["finding"]})
    assert ranks(after) == ranks(before)
    assert after[0].grade == Grade.GRADE_QUALIFIED
    assert after[0].grade_by_cut == Grade.GRADE_EXCELLENT
    assert after[0].veto_ids == ["finding"]


def test_a_place_that_a_veto_freed_goes_to_the_next_where_it_says_so() -> None:
    after = stand(SMALL, ladder("abcdefgh"), {"a": ["finding"]})
    assert graded(after) == {"excellent": "bc", "good": "def", "qualified": "ag", "poor": "h"}
    assert "".join(one.unit_id for one in after if one.is_refill) == "cf"


def test_a_place_that_a_veto_freed_stays_empty_where_it_says_so() -> None:
    after = stand(NOT_REFILLED, ladder("abcdefgh"), {"a": ["finding"]})
    assert graded(after) == {"excellent": "b", "good": "cde", "qualified": "afg", "poor": "h"}


def test_the_worst_of_several_vetoes_counts_and_all_must_let_a_place_be_filled() -> None:
    after = stand(SMALL, ladder("abcdefgh"), {"a": ["finding", "false-data"]})
    assert graded(after) == {"excellent": "b", "good": "cde", "qualified": "fg", "poor": "ah"}


def test_a_veto_lifts_no_grade() -> None:
    after = stand(SMALL, ladder("abcdefgh"), {"h": ["finding"]})
    assert graded(after) == graded(stand(SMALL, ladder("abcdefgh")))


def test_a_veto_caps_a_grade_by_thresholds_too() -> None:
    after = stand(BY_SCORE, ladder("ab"), {"a": ["finding"]})
    assert graded(after) == {"qualified": "a", "excellent": "b"}


def test_a_veto_that_the_rule_set_does_not_name_is_refused() -> None:
    with pytest.raises(Malformed) as refusal:
        stand(SMALL, ladder("ab"), {"a": ["rumour"]})
    assert refusal.value.why is Why.VETO_UNKNOWN


# Who may see it.


def test_what_is_shown_follows_the_grade_after_vetoes() -> None:
    [vetoed, *_] = stand(SMALL, ladder("abcdefgh"), {"a": ["false-data"]})
    assert vetoed.grade_visibility == Visibility.VISIBILITY_SUBJECT
    assert vetoed.score_visibility == Visibility.VISIBILITY_INTERNAL
    assert vetoed.rank_visibility == Visibility.VISIBILITY_INTERNAL
    [first, *_] = stand(SMALL, ladder("abcdefgh"))
    assert first.grade_visibility == Visibility.VISIBILITY_PUBLIC
    assert first.rank_visibility == Visibility.VISIBILITY_SUBJECT


# What always holds.

Points = st.dictionaries(st.sampled_from("abcdefghijklmnop"), st.integers(0, 12))
Vetoes = st.dictionaries(
    st.sampled_from("abcdefghijklmnop"), st.lists(st.sampled_from(["finding", "false-data"]))
)
Rules = st.sampled_from([ALL_IN, ALL_OUT, BY_ID, BY_SCORE])


@settings(deadline=None)
@given(Rules, Points, Vetoes, st.data())
def test_the_order_of_units_changes_nothing(
    rules: RuleSet, points: dict[str, int], vetoes: dict[str, list[str]], data: st.DataObject
) -> None:
    shuffled = dict(data.draw(st.permutations(sorted(points.items()))))
    assert stand(rules, scored(shuffled), vetoes) == stand(rules, scored(points), vetoes)


@settings(deadline=None)
@given(Rules, Points)
def test_removing_a_unit_does_not_reorder_the_others(
    rules: RuleSet, points: dict[str, int]
) -> None:
    order = [one.unit_id for one in stand(rules, scored(points))]
    for removed in points:
        others = {unit: micro for unit, micro in points.items() if unit != removed}
        left = [one.unit_id for one in stand(rules, scored(others))]
        assert left == [unit for unit in order if unit != removed]


@settings(deadline=None)
@given(Rules, Points)
def test_nobody_has_a_better_grade_than_somebody_with_more_points(
    rules: RuleSet, points: dict[str, int]
) -> None:
    for better, worse in pairwise(stand(rules, scored(points))):
        assert better.grade <= worse.grade


@settings(deadline=None)
@given(st.sampled_from([ALL_OUT, BY_ID]), Points)
def test_no_grade_has_more_units_than_places(rules: RuleSet, points: dict[str, int]) -> None:
    of = graded(stand(rules, scored(points)))
    assert len(of.get("excellent", "")) <= 2
    assert len(of.get("good", "")) <= 3
    assert len(of.get("qualified", "")) <= len(points) // 4


@settings(deadline=None)
@given(Points)
def test_all_in_gives_more_places_than_declared_to_those_tied_for_the_last_alone(
    points: dict[str, int],
) -> None:
    standings = [o for o in stand(ALL_IN, scored(points)) if o.grade == Grade.GRADE_EXCELLENT]
    assert len({one.rank for one in standings[1:]}) <= 1 or len(standings) <= 2
    assert all(one.rank <= 2 for one in standings)


@settings(deadline=None)
@given(Rules, Points)
def test_units_of_the_same_rank_have_the_same_grade_unless_identifiers_part_them(
    rules: RuleSet, points: dict[str, int]
) -> None:
    standings = stand(rules, scored(points))
    pairs = {(one.rank, one.grade) for one in standings}
    assert rules is BY_ID or len(pairs) == len({one.rank for one in standings})


@settings(deadline=None)
@given(Rules, Points, Vetoes)
def test_a_veto_on_one_makes_no_grade_of_another_worse(
    rules: RuleSet, points: dict[str, int], vetoes: dict[str, list[str]]
) -> None:
    before = {one.unit_id: one for one in stand(rules, scored(points))}
    for one in stand(rules, scored(points), vetoes):
        if not vetoes.get(one.unit_id):
            assert one.grade <= before[one.unit_id].grade
        else:
            assert one.grade >= Grade.GRADE_QUALIFIED


@settings(deadline=None)
@given(st.sampled_from([ALL_OUT, BY_ID]), Points, Vetoes)
def test_a_refilled_grade_has_more_units_than_places_by_those_who_fell_to_it_alone(
    rules: RuleSet, points: dict[str, int], vetoes: dict[str, list[str]]
) -> None:
    standings = stand(rules, scored(points), vetoes)
    for grade, places in ((Grade.GRADE_EXCELLENT, 2), (Grade.GRADE_GOOD, 3)):
        there = [one for one in standings if one.grade == grade]
        assert len([one for one in there if not one.veto_ids]) <= places

"""How certain a round is can be computed again by anybody with the seed, and decides nothing."""

from collections.abc import Mapping, Sequence

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from services.evaluation.scoring.analysis.certainty import certainties
from services.evaluation.scoring.analysis.distance import distances
from services.evaluation.scoring.analysis.draws import numbers, totals
from services.evaluation.scoring.analysis.law import Law, law_faults
from services.evaluation.scoring.analysis.removal import removals, reversals
from services.evaluation.scoring.analysis.report import MOST_COMPARED, analyse
from services.evaluation.scoring.grades import stand
from services.evaluation.scoring.parts import RuleSet
from services.evaluation.scoring.score import Report, score, scores
from tests.evaluation.scoring.rules import SMALL, THRESHOLDS, WITHOUT_EXPERTS, rule_set
from zoneledger.evaluation.v1.events_pb2 import Grade
from zoneledger.evaluation.v1.scoring_pb2 import (
    DistanceAnalysis,
    FlipAnalysis,
    PanelPoints,
    RemovalAnalysis,
    Score,
)

# Growth 0 to 10 weighs 40 %, research 0.50 to 3.50 weighs 20 %, energy -6 to 2 weighs 40 %.
BY_SCORE = rule_set(*WITHOUT_EXPERTS, *THRESHOLDS)
BY_QUOTA = rule_set(*WITHOUT_EXPERTS)
LAW = Law(seed=866, draws=200, spread_micro=100_000)

Values = Mapping[str, str]


def values(growth: str, research: str, energy: str) -> dict[str, str]:
    return {"growth": growth, "research": research, "energy": energy}


def scored(rules: RuleSet, units: Mapping[str, Values]) -> list[Score]:
    return scores(rules, [Report(unit, of) for unit, of in units.items()])


# Better and better from a to h, each on every indicator.
LADDER = {
    unit: values(f"{n}.0", f"{n / 4 + 1:.2f}", f"-{n / 2:.1f}") for n, unit in enumerate("abcdefgh")
}
# One is good at one thing, the other at another.
RIVALS = {"x": values("10.0", "0.50", "2.0"), "y": values("0.0", "0.50", "-6.0")}


# Chance.


def test_numbers_are_those_of_the_published_sequence() -> None:
    assert numbers(1_234_567, 5).tolist() == [
        6457827717110365317,
        3203168211198807973,
        9817491932198370423,
        4593380528125082431,
        16408922859458223821,
    ]


def test_the_same_seed_gives_the_same_analysis_and_another_seed_another() -> None:
    of = scored(BY_QUOTA, LADDER | RIVALS)
    assert analyse(BY_QUOTA, of, LAW) == analyse(BY_QUOTA, of, LAW)
    other = totals(BY_QUOTA, of, LAW._replace(seed=867))
    assert not np.array_equal(totals(BY_QUOTA, of, LAW), other)


@pytest.mark.parametrize(
    ("law", "field"),
    [
        (LAW._replace(draws=0), "draws"),
        (LAW._replace(draws=10_001), "draws"),
        (LAW._replace(spread_micro=-1), "spread_micro"),
        (LAW._replace(spread_micro=1_000_000), "spread_micro"),
    ],
)
def test_a_law_that_draws_nothing_or_lets_a_weight_vanish_is_refused(law: Law, field: str) -> None:
    assert [fault.field for fault in law_faults(law)] == [field]
    assert law_faults(LAW) == []


# Scores drawn.

Number = st.integers(-20, 120)
Units = st.dictionaries(
    st.sampled_from("abcdefgh"), st.tuples(*[st.none() | Number] * 3), min_size=1
)


def read(drawn: Mapping[str, Sequence[int | None]]) -> dict[str, dict[str, str]]:
    def text(number: int | None) -> str:
        return "" if number is None else f"{number / 10:.1f}"

    return {unit: values(*(text(number) for number in each)) for unit, each in drawn.items()}


@given(Units)
@settings(deadline=None)
def test_without_a_spread_every_draw_gives_the_score_itself(
    drawn: dict[str, tuple[int | None, ...]],
) -> None:
    of = scored(BY_QUOTA, read(drawn))
    for row in totals(BY_QUOTA, of, LAW._replace(spread_micro=0, draws=2)):
        assert all(abs(d - s.score_micro) < 4 for d, s in zip(row, of, strict=True))


def test_experts_and_bonuses_are_part_of_a_drawn_score() -> None:
    points = [
        PanelPoints(
            criterion_id=name, reported_micro=micro, corrected_micro=micro, used_micro=micro
        )
        for name, micro in (("industry", 80_000_000), ("organisation", 60_000_000))
    ]
    of = [score(SMALL, Report("anshan", RIVALS["x"], points, ("commended",)))]
    [[drawn]] = totals(SMALL, of, LAW._replace(spread_micro=0, draws=1))
    assert drawn == of[0].score_micro


def test_a_drawn_score_gives_away_the_weight_of_what_is_missing() -> None:
    """In each draw as with frozen weights: all of the economy rests on research."""
    missing, full = {"research": "3.50", "energy": "2.0"}, values("10.0", "3.50", "2.0")
    drawn = totals(BY_QUOTA, scored(BY_QUOTA, {"a": missing, "b": full}), LAW)
    assert np.array_equal(drawn[:, 0], drawn[:, 1])


@given(Units)
@settings(deadline=None)
def test_a_drawn_score_stays_near_the_score_as_far_as_weights_do(
    drawn: dict[str, tuple[int | None, ...]],
) -> None:
    of = scored(BY_QUOTA, read(drawn))
    for row in totals(BY_QUOTA, of, LAW):
        for total, each in zip(row, of, strict=True):
            assert 0 <= total <= 1_000_001
            assert total <= each.score_micro * 1.1 / 0.9 * 1.1 / 0.9 + 10


# Ranks and grades that would stand.


def test_a_unit_better_at_everything_keeps_its_rank_in_every_draw() -> None:
    for one in certainties(BY_QUOTA, scored(BY_QUOTA, LADDER), LAW):
        assert one.rank_from == one.rank == one.rank_until
        assert one.keeps_grade_micro == 1_000_000


def test_rivals_change_places_with_the_weights() -> None:
    rules = rule_set(*WITHOUT_EXPERTS, ("places: 2", "places: 1"))
    x, y = certainties(rules, scored(rules, RIVALS), LAW)
    assert (x.rank_from, x.rank_until, y.rank_from, y.rank_until) == (1, 2, 1, 2)
    assert x.keeps_grade_micro + y.keeps_grade_micro == 1_000_000  # One place, in every draw.
    assert 300_000 < x.keeps_grade_micro < 700_000


def test_rivals_keep_their_grade_where_a_threshold_is_far() -> None:
    of = certainties(BY_SCORE, scored(BY_SCORE, RIVALS), LAW)
    assert [one.keeps_grade_micro for one in of] == [1_000_000, 1_000_000]


def test_a_unit_at_a_threshold_keeps_its_grade_in_some_draws() -> None:
    at_threshold = {"a": values("10.0", "0.50", "-2.0")}  # 400,000 + 200,000: just good.
    [one] = certainties(BY_SCORE, scored(BY_SCORE, at_threshold), LAW)
    assert 200_000 < one.keeps_grade_micro < 800_000


def test_the_rank_lies_in_its_band_where_weights_hardly_move() -> None:
    of = certainties(BY_QUOTA, scored(BY_QUOTA, LADDER | RIVALS), LAW._replace(spread_micro=1))
    assert all(one.rank_from <= one.rank <= one.rank_until for one in of)


def test_units_that_tie_share_the_band() -> None:
    twins = {"a": RIVALS["x"], "b": RIVALS["x"], "c": RIVALS["y"]}
    a, b = [c for c in certainties(BY_QUOTA, scored(BY_QUOTA, twins), LAW) if c.unit_id in "ab"]
    assert (a.rank, a.rank_from, a.rank_until) == (b.rank, b.rank_from, b.rank_until)


def test_nobody_rated_is_nothing_to_analyse() -> None:
    assert not analyse(BY_QUOTA, [], LAW).certainties


# Distances.


def distance(
    rules: RuleSet, unit: str, units: Mapping[str, Values], better: bool
) -> DistanceAnalysis:
    [found] = [
        each
        for each in distances(rules, scored(rules, units))
        if each.unit_id == unit and (each.distance_micro > 0) == better
    ]
    return found


def test_the_distance_to_a_threshold_is_what_is_missing_to_it() -> None:
    units = {"a": values("5.0", "2.00", "-2.0")}  # 500,000; good begins at 600,000.
    up, down = distance(BY_SCORE, "a", units, True), distance(BY_SCORE, "a", units, False)
    assert (up.grade, up.other_grade) == (Grade.GRADE_QUALIFIED, Grade.GRADE_GOOD)
    assert up.distance_micro == 100_000
    assert (down.other_grade, down.distance_micro) == (Grade.GRADE_POOR, -200_001)


def test_the_value_that_alone_would_flip_the_grade_is_named() -> None:
    units = {"a": values("5.0", "2.00", "-2.0")}
    assert list(distance(BY_SCORE, "a", units, True).flips) == [
        FlipAnalysis(line_id="growth", raw="5.0", flips_at="7.5"),
        FlipAnalysis(line_id="research", raw="2.00", flips_at="3.50"),
        FlipAnalysis(line_id="energy", raw="-2.0", flips_at="-4.0"),
    ]


def test_an_indicator_that_cannot_flip_the_grade_alone_says_so() -> None:
    units = {"a": values("5.0", "2.00", "-2.0")}
    down = distance(BY_SCORE, "a", units, False)
    assert [flip.cannot_alone for flip in down.flips] == [True, True, True]


def test_a_missing_value_is_looked_for_as_if_it_were_reported() -> None:
    units = {"a": values("5.0", "", "-2.0")}  # 400,000; research would add up to 200,000.
    flips = {flip.line_id: flip for flip in distance(BY_SCORE, "a", units, True).flips}
    assert flips["research"] == FlipAnalysis(line_id="research", flips_at="3.50")


def test_the_distance_to_a_place_is_what_is_missing_to_those_who_have_it() -> None:
    of = {one.unit_id: one.score_micro for one in scored(BY_QUOTA, LADDER)}
    up = distance(BY_QUOTA, "f", LADDER, True)  # g and h are excellent; all tied for it get in.
    assert (up.grade, up.other_grade) == (Grade.GRADE_GOOD, Grade.GRADE_EXCELLENT)
    assert up.distance_micro == of["g"] - of["f"]


def test_the_best_grade_has_no_better_and_the_worst_no_worse() -> None:
    of = distances(BY_QUOTA, scored(BY_QUOTA, LADDER))
    assert [d.unit_id for d in of if d.distance_micro > 0] == list("fedcba")
    assert [d.unit_id for d in of if d.distance_micro < 0] == list("hgfedcb")


@given(Units, st.sampled_from([BY_SCORE, BY_QUOTA]))
@settings(deadline=None, max_examples=30)
def test_the_value_that_is_named_gives_the_other_grade_and_the_one_before_does_not(
    drawn: dict[str, tuple[int | None, ...]], rules: RuleSet
) -> None:
    units = read(drawn)
    for each in distances(rules, scored(rules, units)):
        for flip in each.flips:
            if flip.flips_at:
                flipped = graded(rules, units, each.unit_id, flip.line_id, flip.flips_at)
                is_better = each.distance_micro > 0
                assert flipped < each.grade if is_better else flipped > each.grade


def graded(rules: RuleSet, units: Mapping[str, Values], unit: str, line: str, value: str) -> int:
    changed = {**units, unit: {**units[unit], line: value}}
    [one] = [s for s in stand(rules, scored(rules, changed)) if s.unit_id == unit]
    return one.grade


# Removals.


def test_removing_a_unit_names_those_to_whom_a_quota_gives_another_grade() -> None:
    [first, *_] = removals(BY_QUOTA, scored(BY_QUOTA, LADDER))
    # h goes: f rises to a place of excellent, c to one of good; one of seven is qualified, not two.
    assert first == RemovalAnalysis(removed_unit_id="h", regraded_unit_ids=["f", "c"])


def test_removing_a_unit_moves_no_grade_by_thresholds() -> None:
    of = removals(BY_SCORE, scored(BY_SCORE, LADDER | RIVALS))
    assert len(of) == 10
    assert not any(each.regraded_unit_ids or each.reversals for each in of)


@given(Units)
@settings(deadline=None, max_examples=30)
def test_removing_a_unit_reverses_no_others(drawn: dict[str, tuple[int | None, ...]]) -> None:
    assert not any(each.reversals for each in removals(BY_QUOTA, scored(BY_QUOTA, read(drawn))))


def test_reversed_pairs_are_counted() -> None:
    assert reversals("abc", "abc") == 0
    assert reversals("abc", "acb") == 1
    assert reversals("abc", "cba") == 3


# The whole.


def test_an_analysis_says_how_it_was_drawn_and_that_the_rules_are_illustrative() -> None:
    of = analyse(BY_QUOTA, scored(BY_QUOTA, LADDER), LAW)
    assert (of.seed, of.draws, of.spread_micro) == (866, 200, 100_000)
    assert of.rule_set_id == "small-2021"
    assert of.is_illustrative


def test_more_units_than_can_be_compared_one_by_one_are_drawn_alone_and_it_says_so() -> None:
    crowd = {f"unit-{index}": RIVALS["x"] for index in range(MOST_COMPARED + 1)}
    of = analyse(BY_QUOTA, scored(BY_QUOTA, crowd), LAW)
    assert len(of.certainties) == MOST_COMPARED + 1
    assert of.is_abridged
    assert not of.distances
    assert not of.removals
    assert not analyse(BY_QUOTA, scored(BY_QUOTA, LADDER), LAW).is_abridged


@given(Units, st.data())
@settings(deadline=None, max_examples=20)
def test_the_order_of_units_changes_no_analysis(
    drawn: dict[str, tuple[int | None, ...]], data: st.DataObject
) -> None:
    of = scored(BY_QUOTA, read(drawn))
    shuffled = data.draw(st.permutations(of))
    assert analyse(BY_QUOTA, shuffled, LAW) == analyse(BY_QUOTA, of, LAW)

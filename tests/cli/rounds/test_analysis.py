"""An analysis tells of each unit how far the next grades are, in both directions."""

from services.cli.rounds.analysis import told
from zoneledger.evaluation.v1.events_pb2 import Grade
from zoneledger.evaluation.v1.scoring_pb2 import (
    CertaintyAnalysis,
    DistanceAnalysis,
    RoundAnalysis,
)


def distance(other: Grade.ValueType, micro: int) -> DistanceAnalysis:
    return DistanceAnalysis(
        unit_id="zhuzhou", grade=Grade.GRADE_GOOD, other_grade=other, distance_micro=micro
    )


UP, DOWN = distance(Grade.GRADE_EXCELLENT, 133), distance(Grade.GRADE_QUALIFIED, -176_000)


def neighbours(*distances: DistanceAnalysis) -> list[tuple[str, str]]:
    certain = CertaintyAnalysis(unit_id="zhuzhou", rank=2, rank_from=1, rank_until=3)
    [unit] = told(RoundAnalysis(certainties=[certain], distances=distances))["units"]
    return [(each["other_grade"], each["distance"]) for each in unit["neighbours"]]


def test_a_unit_between_two_grades_is_told_both_and_the_nearer_first() -> None:
    both = [("excellent", "0.0133"), ("qualified", "-17.6000")]
    assert neighbours(UP, DOWN) == neighbours(DOWN, UP) == both


def test_where_both_are_as_near_the_better_one_comes_first() -> None:
    other = distance(Grade.GRADE_QUALIFIED, -133)
    assert neighbours(other, UP) == [("excellent", "0.0133"), ("qualified", "-0.0133")]


def test_the_first_and_the_last_grade_have_one_neighbour_and_a_lone_one_none() -> None:
    assert neighbours(DOWN) == [("qualified", "-17.6000")]
    assert neighbours() == []

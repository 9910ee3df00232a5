"""Sheets come to points of each unit, if they are whole, enough, and linked by their assessors."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from services.evaluation.scoring.experts import panel, sheet_faults
from services.kernel.errors import Malformed, Rejected
from services.kernel.reasons import Why
from tests.evaluation.scoring.rules import SMALL, WITHOUT_EXPERTS, rule_set
from zoneledger.evaluation.v1.scoring_pb2 import (
    Agreement,
    AgreementMeasure,
    AssessorSeverity,
    CriterionPoints,
    ExpertConflict,
    ExpertSheet,
    PanelPoints,
    PanelResult,
)

UNITS = ("anshan", "dalian", "fushun")


def sheet(assessor: str, unit: str, industry: str, organisation: str = "60") -> ExpertSheet:
    return ExpertSheet(
        assessor_id=assessor,
        unit_id=unit,
        points=[
            CriterionPoints(criterion_id="industry", points=industry),
            CriterionPoints(criterion_id="organisation", points=organisation),
        ],
    )


# One gives 3 more than two, and two 3 more than three, on every unit.
SHEETS = [
    sheet(assessor, unit, str(deserved + more))
    for assessor, more in (("one", 3), ("two", 0), ("three", -3))
    for unit, deserved in zip(UNITS, (50, 60, 70), strict=True)
]


def points_of(result: PanelResult, unit: str, criterion: str = "industry") -> PanelPoints:
    [found] = [p for p in result.points if (p.unit_id, p.criterion_id) == (unit, criterion)]
    return found


# What sheets come to.


def test_reported_and_corrected_means_are_both_kept() -> None:
    fourth = sheet("lenient", "anshan", "58"), sheet("lenient", "dalian", "68")
    points = points_of(panel(SMALL, UNITS, [*SHEETS, *fourth]), "anshan")
    # By hand: the fourth gives 8 more than is deserved, which no total of points may lose.
    assert points.reported_micro == 52_000_000
    assert points.corrected_micro == 51_454_545
    assert points.used_micro == points.corrected_micro


def test_a_rule_set_may_count_points_as_they_were_reported() -> None:
    rules = rule_set(("severity: corrected", "severity: reported"))
    fourth = sheet("lenient", "anshan", "58"), sheet("lenient", "dalian", "68")
    points = points_of(panel(rules, UNITS, [*SHEETS, *fourth]), "anshan")
    assert points.used_micro == points.reported_micro != points.corrected_micro


def test_the_severity_of_each_assessor_is_reported() -> None:
    assert [s for s in panel(SMALL, UNITS, SHEETS).severities if s.criterion_id == "industry"] == [
        AssessorSeverity(assessor_id=name, criterion_id="industry", sheets=3, offset_micro=offset)
        for name, offset in (("one", 3_000_000), ("three", -3_000_000), ("two", 0))
    ]


def test_agreement_is_reported_criterion_by_criterion_with_the_declared_measure() -> None:
    result = panel(SMALL, UNITS, SHEETS)
    assert result.measure == AgreementMeasure.AGREEMENT_MEASURE_ALPHA_ORDINAL
    assert [a.criterion_id for a in result.agreements] == ["industry", "organisation"]
    assert result.agreements[0].HasField("alpha_micro")
    # By hand: 300 between units, 27 between assessors, nothing left: 300 / (300 + 27 / 3).
    assert result.agreements[0].icc_micro == 970_874


def test_agreement_has_no_value_where_all_points_are_the_same() -> None:
    assert panel(SMALL, UNITS, SHEETS).agreements[1] == Agreement(criterion_id="organisation")


def test_corrected_points_count_on_the_scale_alone() -> None:
    severe = [("anshan", "100"), ("dalian", "50"), ("fushun", "50")]
    mild = [("benxi", "0"), ("dalian", "80"), ("fushun", "80")]
    sheets = [
        *(sheet(f"severe-{n}", unit, points) for n in range(3) for unit, points in severe),
        *(sheet(f"mild-{n}", unit, points) for n in range(3) for unit, points in mild),
    ]
    result = panel(SMALL, [*UNITS, "benxi"], sheets)
    best, worst = points_of(result, "anshan"), points_of(result, "benxi")
    assert (best.corrected_micro, best.used_micro) == (115_000_000, 100_000_000)
    assert (worst.corrected_micro, worst.used_micro) == (-15_000_000, 0)


# Conflicts of interest.


def test_a_sheet_in_conflict_of_interest_does_not_count_and_is_named() -> None:
    biased = sheet("four", "anshan", "100")
    result = panel(SMALL, UNITS, [*SHEETS, biased], {("four", "anshan")})
    assert result.excluded == [ExpertConflict(assessor_id="four", unit_id="anshan")]
    assert result.points == panel(SMALL, UNITS, SHEETS).points


def test_a_conflict_without_a_sheet_excludes_nothing() -> None:
    assert not panel(SMALL, UNITS, SHEETS, {("nobody", "anshan")}).excluded


# What is refused.


def test_a_unit_with_too_few_sheets_that_count_is_named() -> None:
    with pytest.raises(Rejected) as refusal:
        panel(SMALL, [*UNITS, "benxi"], SHEETS, {("one", "dalian")})
    assert refusal.value.why is Why.TOO_FEW_SHEETS
    assert "benxi, dalian have fewer than 3 sheets" in str(refusal.value)


def test_groups_that_no_assessor_links_are_named() -> None:
    apart = [sheet(f"{name}-2", "benxi", "50") for name in ("one", "two", "three")]
    with pytest.raises(Rejected) as refusal:
        panel(SMALL, [*UNITS, "benxi"], [*SHEETS, *apart])
    assert refusal.value.why is Why.PANEL_DISCONNECTED
    assert "anshan, dalian, fushun; benxi" in str(refusal.value)


def test_one_assessor_on_both_sides_links_groups() -> None:
    linked = [sheet(name, "benxi", "50") for name in ("one", "two-2", "three-2")]
    result = panel(SMALL, [*UNITS, "benxi"], [*SHEETS, *linked])
    assert points_of(result, "benxi").sheets == 3


def test_an_assessor_has_one_sheet_on_a_unit() -> None:
    with pytest.raises(Rejected) as refusal:
        panel(SMALL, UNITS, [*SHEETS, SHEETS[0]])
    assert refusal.value.why is Why.SHEET_TWICE


def test_a_round_without_experts_takes_no_sheets() -> None:
    with pytest.raises(Rejected) as refusal:
        panel(rule_set(*WITHOUT_EXPERTS), UNITS, SHEETS)
    assert refusal.value.why is Why.NO_EXPERTS


def test_a_sheet_judges_every_criterion_once() -> None:
    short = ExpertSheet(points=[CriterionPoints(criterion_id="industry", points="1")])
    [fault] = sheet_faults(SMALL, short)
    assert fault.told.why is Why.SHEET_INCOMPLETE


@pytest.mark.parametrize(
    ("points", "why"),
    [
        ("60.55", Why.NOT_A_DECIMAL),
        ("", Why.NOT_A_DECIMAL),
        ("x", Why.NOT_A_DECIMAL),
        ("-0.1", Why.OUT_OF_RANGE),
        ("100.1", Why.OUT_OF_RANGE),
    ],
)
def test_points_are_on_the_scale_of_the_rule_set(points: str, why: Why) -> None:
    faults = sheet_faults(SMALL, sheet("one", "anshan", points, points))
    assert [fault.field for fault in faults] == ["points[0].points", "points[1].points"]
    assert {fault.told.why for fault in faults} == {why}


def test_a_sheet_that_cannot_be_read_is_refused_with_its_place() -> None:
    with pytest.raises(Malformed) as refusal:
        panel(SMALL, UNITS, [*SHEETS, sheet("four", "anshan", "101")])
    assert refusal.value.violations[0].field == "sheets[9].points[0].points"


# What always holds.

Points = st.integers(0, 1000).map(lambda tenths: f"{tenths // 10}.{tenths % 10}")
Panels = st.lists(st.tuples(Points, Points), min_size=9, max_size=9).map(
    lambda given_: [
        sheet(s.assessor_id, s.unit_id, *points) for s, points in zip(SHEETS, given_, strict=True)
    ]
)


@given(Panels, st.data())
@settings(deadline=None)
def test_the_order_of_sheets_changes_nothing(
    sheets: list[ExpertSheet], data: st.DataObject
) -> None:
    shuffled = data.draw(st.permutations(sheets))
    assert panel(SMALL, UNITS, shuffled) == panel(SMALL, UNITS, sheets)


@given(Panels)
@settings(deadline=None)
def test_where_all_judge_all_no_correction_changes_a_mean(sheets: list[ExpertSheet]) -> None:
    result = panel(SMALL, UNITS, sheets)
    assert all(p.corrected_micro == p.reported_micro == p.used_micro for p in result.points)

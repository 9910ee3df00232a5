"""A score adds what experts and bonuses contribute to the statistics, line by line."""

import pytest

from services.evaluation.scoring.score import Report, points_by_unit, score, scores
from services.kernel.errors import Malformed, Rejected
from services.kernel.reasons import Why
from tests.evaluation.scoring.rules import SMALL, WITHOUT_EXPERTS, rule_set
from zoneledger.evaluation.v1.scoring_pb2 import (
    Contribution,
    PanelPoints,
    PanelResult,
    Score,
    ScorePart,
    Treatment,
)

VALUES = {"growth": "5.0", "research": "2.00", "energy": "-2.0"}


def points(criterion: str, reported: int, corrected: int, used: int) -> PanelPoints:
    return PanelPoints(
        unit_id="anshan",
        criterion_id=criterion,
        sheets=3,
        reported_micro=reported,
        corrected_micro=corrected,
        used_micro=used,
    )


INDUSTRY = points("industry", 80_000_000, 82_500_000, 82_500_000)
ORGANISATION = points("organisation", 60_000_000, 60_000_000, 60_000_000)
REPORT = Report("anshan", VALUES, (INDUSTRY, ORGANISATION))


def line(name: str, of: Score) -> Contribution:
    [found] = [each for each in of.contributions if each.line_id == name]
    return found


# Experts.


def test_points_of_experts_are_lines_of_the_score() -> None:
    assert line("industry", score(SMALL, REPORT)) == Contribution(
        line_id="industry",
        part=ScorePart.SCORE_PART_EXPERTS,
        raw="80.000000",
        treatment=Treatment.TREATMENT_SEVERITY_CORRECTED,
        treated="82.500000",
        low="0",
        high="100",
        normalised_micro=825_000,
        weight_micro=300_000,
        contribution_micro=247_500,
    )


def test_points_that_no_severity_changed_say_so() -> None:
    assert line("organisation", score(SMALL, REPORT)).treatment == Treatment.TREATMENT_NONE


def test_points_beyond_the_scale_count_as_its_end() -> None:
    above = points("industry", 99_000_000, 101_000_000, 100_000_000)
    below = points("industry", 1_000_000, -2_000_000, 0)
    high, low = (
        line("industry", score(SMALL, REPORT._replace(points=(each, ORGANISATION))))
        for each in (above, below)
    )
    assert (high.treatment, high.contribution_micro) == (Treatment.TREATMENT_CLAMPED_HIGH, 300_000)
    assert (low.treatment, low.contribution_micro) == (Treatment.TREATMENT_CLAMPED_LOW, 0)


def test_a_unit_that_was_not_judged_on_every_criterion_has_no_score() -> None:
    with pytest.raises(Rejected) as refusal:
        score(SMALL, REPORT._replace(points=(INDUSTRY,)))
    assert refusal.value.why is Why.UNIT_NOT_JUDGED
    assert "organisation" in str(refusal.value)


def test_points_of_a_panel_are_handed_out_unit_by_unit() -> None:
    other = PanelPoints(unit_id="dalian", criterion_id="industry")
    panel = PanelResult(points=[INDUSTRY, other, ORGANISATION])
    assert points_by_unit(panel) == {"anshan": [INDUSTRY, ORGANISATION], "dalian": [other]}


# Bonuses.


def test_a_bonus_is_a_line_of_its_own() -> None:
    without, with_ = score(SMALL, REPORT), score(SMALL, REPORT._replace(bonus_ids=("commended",)))
    assert with_.score_micro == without.score_micro + 20_000
    assert line("commended", with_).part == ScorePart.SCORE_PART_BONUS


def test_all_bonuses_together_stay_below_their_cap_and_say_so() -> None:
    of = score(SMALL, REPORT._replace(bonus_ids=("reformed", "commended")))
    assert of.bonus_micro == 25_000
    assert line("commended", of).treatment == Treatment.TREATMENT_NONE
    assert line("reformed", of).treatment == Treatment.TREATMENT_CAPPED
    assert line("reformed", of).contribution_micro == 5_000


def test_a_bonus_counts_once() -> None:
    of = score(SMALL, REPORT._replace(bonus_ids=("commended", "commended")))
    assert of.bonus_micro == 20_000


def test_a_bonus_that_the_rule_set_does_not_name_is_refused() -> None:
    with pytest.raises(Malformed) as refusal:
        score(SMALL, REPORT._replace(bonus_ids=("praised",)))
    assert refusal.value.why is Why.BONUS_UNKNOWN


# The whole.


def test_a_score_is_the_sum_of_its_parts() -> None:
    of = score(SMALL, REPORT._replace(bonus_ids=("commended",)))
    # 600,000 x 1/2 of statistics; 300,000 x 0.825 + 100,000 x 0.6 of experts; 20,000 of bonus.
    assert (of.statistics_micro, of.experts_micro, of.bonus_micro) == (300_000, 307_500, 20_000)
    assert of.score_micro == 627_500
    assert of.score_micro == sum(each.contribution_micro for each in of.contributions)


def test_a_round_without_experts_has_statistics_alone() -> None:
    of = score(rule_set(*WITHOUT_EXPERTS), Report("anshan", VALUES))
    assert of.score_micro == of.statistics_micro == 500_000


def test_no_score_depends_on_another() -> None:
    other = REPORT._replace(unit_id="dalian", values={"growth": "9.9"})
    assert scores(SMALL, [REPORT, other]) == [score(SMALL, REPORT), score(SMALL, other)]

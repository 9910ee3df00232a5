"""The score of a unit: the exact sum of its lines, from statistics, experts and bonuses.

A rule set that gives the experts a share needs their points on every criterion. Bonuses are added
to what the others give, in the order of the rule set and up to its cap.
"""

from collections.abc import Iterable, Mapping, Sequence
from typing import NamedTuple

from services.evaluation.scoring.exact import (
    MICRO_PLACES,
    decimal_text,
    half_even,
    micro_text,
    scaled_decimal,
)
from services.evaluation.scoring.parts import Bonuses, Criterion, Experts, RuleSet
from services.evaluation.scoring.statistics import Gauge, contributions, gauges, total
from services.evaluation.scoring.terms import WHOLE
from services.kernel.errors import Malformed, Rejected, Violation
from services.kernel.reasons import Why
from zoneledger.evaluation.v1.scoring_pb2 import (
    Contribution,
    PanelPoints,
    PanelResult,
    Score,
    ScorePart,
    Treatment,
)

_NONE, _CAPPED = Treatment.TREATMENT_NONE, Treatment.TREATMENT_CAPPED


class Report(NamedTuple):
    """What a score is made of: values by indicator ("" or absent where missing), and bonuses.

    `points` are those of the panel for this unit, on every criterion; None before it has met, and
    then the score is made without them.
    """

    unit_id: str
    values: Mapping[str, str]
    points: Sequence[PanelPoints] | None = ()
    bonus_ids: Sequence[str] = ()


def score(rules: RuleSet, report: Report) -> Score:
    """The score of one unit with all its lines. Malformed, Rejected where it cannot be made."""
    [one] = scores(rules, [report])
    return one


def scores(rules: RuleSet, reports: Iterable[Report]) -> list[Score]:
    """The scores in the order of the reports; no one depends on another."""
    measured: dict[str, tuple[Gauge, ...]] = {}
    made = []
    for report in reports:
        peer_class = rules.peer_class_of(report.unit_id)
        if peer_class not in measured:
            measured[peer_class] = gauges(rules, peer_class)
        made.append(_score(rules, report, peer_class, measured[peer_class]))
    return made


def points_by_unit(panel: PanelResult) -> dict[str, list[PanelPoints]]:
    """What the panel says of each unit, as a report takes it."""
    of: dict[str, list[PanelPoints]] = {}
    for points in panel.points:
        of.setdefault(points.unit_id, []).append(points)
    return of


def _score(rules: RuleSet, report: Report, peer_class: str, measured: Sequence[Gauge]) -> Score:
    statistics = contributions(rules, measured, report.values)
    experts = _judged(rules, report)
    bonuses = _added(rules, report)
    return Score(
        unit_id=report.unit_id,
        score_micro=total(statistics) + total(experts) + total(bonuses),
        statistics_micro=total(statistics),
        experts_micro=total(experts),
        bonus_micro=total(bonuses),
        contributions=[*statistics, *experts, *bonuses],
        peer_class_id=peer_class,
        rule_set_id=rules.rule_set_id,
        rule_set_hash=rules.content_hash,
        is_illustrative=rules.illustrative,
    )


def _judged(rules: RuleSet, report: Report) -> list[Contribution]:
    if rules.experts is None or report.points is None:
        return []
    of = {points.criterion_id: points for points in report.points}
    missing = [c.criterion_id for c in rules.experts.criteria if c.criterion_id not in of]
    if missing:
        why = Why.UNIT_NOT_JUDGED(unit=report.unit_id, criteria=", ".join(missing))
        raise Rejected(why, field="points")
    return [
        _judgement(rules.experts, criterion, of[criterion.criterion_id], rules.shares.experts)
        for criterion in rules.experts.criteria
    ]


def _judgement(
    experts: Experts, criterion: Criterion, points: PanelPoints, share: int
) -> Contribution:
    low = scaled_decimal(experts.lowest, MICRO_PLACES)
    high = scaled_decimal(experts.highest, MICRO_PLACES)
    place, span, weight = points.used_micro - low, high - low, criterion.weight * share
    return Contribution(
        line_id=criterion.criterion_id,
        part=ScorePart.SCORE_PART_EXPERTS,
        raw=micro_text(points.reported_micro),
        treatment=_treatment(points),
        treated=micro_text(points.used_micro),
        low=decimal_text(experts.lowest),
        high=decimal_text(experts.highest),
        normalised_micro=half_even(place * WHOLE, span),
        weight_micro=half_even(weight, WHOLE),
        contribution_micro=half_even(place * weight, span * WHOLE),
    )


def _treatment(points: PanelPoints) -> Treatment.ValueType:
    if points.used_micro == points.reported_micro:
        return _NONE
    if points.used_micro < points.corrected_micro:
        return Treatment.TREATMENT_CLAMPED_HIGH
    if points.used_micro > points.corrected_micro:
        return Treatment.TREATMENT_CLAMPED_LOW
    return Treatment.TREATMENT_SEVERITY_CORRECTED


def _added(rules: RuleSet, report: Report) -> list[Contribution]:
    _must_be_known(rules, report.bonus_ids)
    if rules.bonuses is None:
        return []
    return _capped(rules.bonuses, set(report.bonus_ids))


def _must_be_known(rules: RuleSet, bonus_ids: Iterable[str]) -> None:
    known = {bonus.bonus_id for bonus in rules.bonuses.kinds} if rules.bonuses else set()
    unknown = [name for name in bonus_ids if name not in known]
    if unknown:
        why = [Why.BONUS_UNKNOWN(bonus=name, rule_set=rules.rule_set_id) for name in unknown]
        raise Malformed(*(Violation("bonus_ids", each) for each in why))


def _capped(bonuses: Bonuses, earned: set[str]) -> list[Contribution]:
    lines, room = [], bonuses.cap
    for bonus in bonuses.kinds:
        if bonus.bonus_id in earned:
            counts = min(bonus.points, room)
            room -= counts
            lines.append(
                Contribution(
                    line_id=bonus.bonus_id,
                    part=ScorePart.SCORE_PART_BONUS,
                    treatment=_NONE if counts == bonus.points else _CAPPED,
                    normalised_micro=WHOLE,
                    weight_micro=bonus.points,
                    contribution_micro=counts,
                )
            )
    return lines

"""What the sheets of the experts come to: points of each unit, agreement, and severity.

Sheets of an assessor on a unit with which it has a conflict of interest do not count. Each unit
needs as many sheets that count as the rule set says, and the assessors have to link all units, or
nobody could tell a severe assessor from a poor unit. The means as given and with the severity taken
out are both kept; the rule set says which counts. Means are rounded once, half to even, to a
millionth of a point.
"""

from collections import Counter
from collections.abc import Collection, Iterable, Mapping, Sequence
from decimal import Decimal
from fractions import Fraction

from services.evaluation.scoring.agreement import alpha_ordinal, icc_2_k
from services.evaluation.scoring.exact import MICRO_PLACES, half_even, scaled, scaled_decimal
from services.evaluation.scoring.parts import Experts, RuleSet
from services.evaluation.scoring.severity import Given, groups, offsets
from services.evaluation.scoring.terms import WHOLE
from services.evaluation.scoring.terms import Severity as Counted
from services.kernel.errors import Malformed, Rejected, Violation
from services.kernel.reasons import NONE, Told, Why
from services.kernel.words import number
from zoneledger.evaluation.v1.scoring_pb2 import (
    Agreement,
    AgreementMeasure,
    ExpertConflict,
    ExpertSheet,
    PanelResult,
)

Conflict = tuple[str, str]  # An assessor and a unit that it is not to judge.


def sheet_faults(rules: RuleSet, sheet: ExpertSheet) -> list[Violation]:
    """Everything that is wrong with one sheet by itself."""
    experts = _experts(rules)
    due = [criterion.criterion_id for criterion in experts.criteria]
    given = [each.criterion_id for each in sheet.points]
    faults = []
    if sorted(due) != sorted(given):
        why = Why.SHEET_INCOMPLETE(due=", ".join(due), given=", ".join(given) or NONE)
        faults.append(Violation("points", why))
    for index, each in enumerate(sheet.points):
        if what := _points_fault(experts, each.points):
            faults.append(Violation(f"points[{index}].points", what))
    return faults


def panel(
    rules: RuleSet,
    units: Collection[str],
    sheets: Iterable[ExpertSheet],
    conflicts: Collection[Conflict] = (),
) -> PanelResult:
    """What the sheets on these units come to, in the order of identifiers.

    Malformed where a sheet cannot be read; Rejected where a unit has too few sheets or no assessor
    links some units to the others.
    """
    experts = _experts(rules)
    by_pair = _by_pair(rules, sheets)
    excluded = sorted(by_pair.keys() & set(conflicts))
    counted = {pair: by_pair[pair] for pair in sorted(by_pair.keys() - set(conflicts))}
    _must_be_enough(experts, units, counted)
    _must_be_linked(counted)
    result = PanelResult(
        excluded=[ExpertConflict(assessor_id=a, unit_id=u) for a, u in excluded],
        measure=AgreementMeasure.ValueType(number(AgreementMeasure, experts.agreement)),
    )
    for criterion in experts.criteria if counted else ():
        given = {
            pair: _points(experts, sheet, criterion.criterion_id) for pair, sheet in counted.items()
        }
        _add_criterion(result, experts, criterion.criterion_id, given)
    return result


def _experts(rules: RuleSet) -> Experts:
    if rules.experts is None:
        raise Rejected(Why.NO_EXPERTS(rule_set=rules.rule_set_id))
    return rules.experts


def _points_fault(experts: Experts, text: str) -> Told | None:
    if scaled(text, experts.decimals) is None:
        return Why.NOT_A_DECIMAL(value=text, decimals=experts.decimals)
    if not experts.lowest <= Decimal(text) <= experts.highest:
        return Why.OUT_OF_RANGE(value=text, least=experts.lowest, most=experts.highest)
    return None


def _by_pair(rules: RuleSet, sheets: Iterable[ExpertSheet]) -> dict[Conflict, ExpertSheet]:
    by_pair: dict[Conflict, ExpertSheet] = {}
    for index, sheet in enumerate(sheets):
        if faults := sheet_faults(rules, sheet):
            raise Malformed(*(Violation(f"sheets[{index}].{f.field}", f.what) for f in faults))
        pair = (sheet.assessor_id, sheet.unit_id)
        if pair in by_pair:
            raise Rejected(Why.SHEET_TWICE(assessor=sheet.assessor_id, unit=sheet.unit_id))
        by_pair[pair] = sheet
    return by_pair


def _must_be_enough(experts: Experts, units: Collection[str], counted: Iterable[Conflict]) -> None:
    sheets = Counter(unit for _, unit in counted)
    short = [unit for unit in sorted(units) if sheets[unit] < experts.minimum_sheets]
    if short:
        why = Why.TOO_FEW_SHEETS(units=", ".join(short), least=experts.minimum_sheets)
        raise Rejected(why, field="units")


def _must_be_linked(counted: Collection[Conflict]) -> None:
    apart = groups(counted)
    if len(apart) > 1:
        named = "; ".join(", ".join(group) for group in apart)
        raise Rejected(Why.PANEL_DISCONNECTED(groups=named), field="sheets")


def _points(experts: Experts, sheet: ExpertSheet, criterion_id: str) -> int:
    """The points in units of their last decimal."""
    [text] = [each.points for each in sheet.points if each.criterion_id == criterion_id]
    return scaled_decimal(Decimal(text), experts.decimals)


def _add_criterion(result: PanelResult, experts: Experts, criterion_id: str, given: Given) -> None:
    severity, sheets = offsets(given), Counter(assessor for assessor, _ in given)
    by_unit: dict[str, list[tuple[str, int]]] = {}
    for (assessor, unit), points in given.items():
        by_unit.setdefault(unit, []).append((assessor, points))
    for unit, own in sorted(by_unit.items()):
        points_of_unit = _unit_points(experts, own, severity)
        result.points.add(unit_id=unit, criterion_id=criterion_id, **points_of_unit)
    for assessor, offset in sorted(severity.items()):
        result.severities.add(
            assessor_id=assessor,
            criterion_id=criterion_id,
            sheets=sheets[assessor],
            offset_micro=_micro(offset, experts),
        )
    result.agreements.append(_agreement(criterion_id, given))


def _unit_points(
    experts: Experts, own: Sequence[tuple[str, int]], severity: Mapping[str, Fraction]
) -> dict[str, int]:
    """The numbers of one unit, from its sheets: who gave how many points."""
    reported = _micro(_mean([Fraction(points) for _, points in own]), experts)
    corrected = _micro(_mean([points - severity[assessor] for assessor, points in own]), experts)
    counts = corrected if experts.severity == Counted.CORRECTED else reported
    low, high = (scaled_decimal(end, MICRO_PLACES) for end in (experts.lowest, experts.highest))
    return {
        "sheets": len(own),
        "reported_micro": reported,
        "corrected_micro": corrected,
        "used_micro": min(max(counts, low), high),
    }


def _mean(values: Sequence[Fraction]) -> Fraction:
    return sum(values, Fraction(0)) / len(values)


def _micro(points: Fraction, experts: Experts) -> int:
    """Points in units of their last decimal as millionths of a point."""
    micro = points * WHOLE / 10**experts.decimals
    return half_even(micro.numerator, micro.denominator)


def _agreement(criterion_id: str, given: Given) -> Agreement:
    alpha, icc = alpha_ordinal(given), icc_2_k(given)
    measured = Agreement(criterion_id=criterion_id)
    if alpha is not None:
        measured.alpha_micro = half_even(alpha.numerator * WHOLE, alpha.denominator)
    if icc is not None:
        measured.icc_micro = half_even(icc.numerator * WHOLE, icc.denominator)
    return measured

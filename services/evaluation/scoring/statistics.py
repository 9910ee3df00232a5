"""What the reported values of a unit contribute to its score, indicator by indicator.

A value counts by its place between frozen goalposts, so no unit's line depends on another unit.
A line is exact until it is rounded, once, half to even, to a millionth of the score; the score is
the sum of the rounded lines. A value beyond a goalpost counts as the goalpost, and a missing one as
its indicator says: nothing, or nothing while its weight goes to what was reported in the dimension,
in proportion. Where nothing of a dimension was reported, all of it counts nothing. Each treatment
stands in its line.
"""

from collections.abc import Iterable, Mapping, Sequence
from typing import NamedTuple, NoReturn

from services.evaluation.scoring.exact import decimal_text, half_even, scaled, scaled_decimal
from services.evaluation.scoring.parts import Goalposts, Indicator, RuleSet
from services.evaluation.scoring.terms import WHOLE, Direction, Missing
from services.kernel.errors import Malformed, Violation
from services.kernel.reasons import Told, Why
from zoneledger.evaluation.v1.scoring_pb2 import Contribution, ScorePart, Treatment

# Looked up once: a line is made a hundred thousand times.
_STATISTICS = ScorePart.SCORE_PART_STATISTICS
_NONE = Treatment.TREATMENT_NONE
_CLAMPED_LOW = Treatment.TREATMENT_CLAMPED_LOW
_CLAMPED_HIGH = Treatment.TREATMENT_CLAMPED_HIGH
_MISSING_ZERO = Treatment.TREATMENT_MISSING_ZERO
_MISSING_REWEIGHTED = Treatment.TREATMENT_MISSING_REWEIGHTED


class Gauge(NamedTuple):
    """An indicator as it measures the units of one class; whole numbers of its last place."""

    indicator: Indicator
    low: int
    high: int
    low_text: str
    high_text: str
    is_adverse: bool


class _Weight(NamedTuple):
    """The weight of one line, in millionths of the statistics: a fraction."""

    numerator: int
    denominator: int


def gauges(rules: RuleSet, peer_class: str) -> tuple[Gauge, ...]:
    """The indicators, in their order, as they measure the units of the class."""
    return tuple(_gauge(indicator, peer_class) for indicator in rules.indicators)


def value_fault(indicator: Indicator, text: str) -> Told | None:
    """What is wrong with a reported value; None where it can be read. "" is a missing one."""
    if not text or scaled(text, indicator.decimals) is not None:
        return None
    return Why.NOT_A_DECIMAL(value=text, decimals=indicator.decimals)


def contributions(
    rules: RuleSet, measured: Sequence[Gauge], values: Mapping[str, str]
) -> list[Contribution]:
    """A line for each indicator; Malformed with every value that cannot be read."""
    numbers = _numbers(rules, measured, values)
    weights = _weights(measured, numbers)
    return [
        _line(gauge, number, values.get(gauge.indicator.indicator_id, ""), weight, rules)
        for gauge, number, weight in zip(measured, numbers, weights, strict=True)
    ]


def _gauge(indicator: Indicator, peer_class: str) -> Gauge:
    posts = _posts(indicator, peer_class)
    return Gauge(
        indicator,
        scaled_decimal(posts.low, indicator.decimals),
        scaled_decimal(posts.high, indicator.decimals),
        decimal_text(posts.low),
        decimal_text(posts.high),
        indicator.direction == Direction.ADVERSE,
    )


def _posts(indicator: Indicator, peer_class: str) -> Goalposts:
    return next(each for each in indicator.goalposts if each.peer_class in (None, peer_class))


def _numbers(
    rules: RuleSet, measured: Sequence[Gauge], values: Mapping[str, str]
) -> list[int | None]:
    texts = [values.get(gauge.indicator.indicator_id) for gauge in measured]
    numbers = [
        scaled(text, gauge.indicator.decimals) if text else None
        for gauge, text in zip(measured, texts, strict=True)
    ]
    is_known = len(texts) - texts.count(None) == len(values)
    pairs = zip(texts, numbers, strict=True)
    if not is_known or any(text and number is None for text, number in pairs):
        _refuse(rules, measured, values)
    return numbers


def _refuse(rules: RuleSet, measured: Sequence[Gauge], values: Mapping[str, str]) -> NoReturn:
    """Raise with every value that cannot be read or has no indicator."""
    known = {gauge.indicator.indicator_id: gauge.indicator for gauge in measured}
    faults = [(name, _fault(rules, known, name, text)) for name, text in sorted(values.items())]
    raise Malformed(*(Violation(f"values[{name}]", what) for name, what in faults if what))


def _fault(rules: RuleSet, known: Mapping[str, Indicator], name: str, text: str) -> Told | None:
    if name not in known:
        return Why.INDICATOR_UNKNOWN(indicator=name, rule_set=rules.rule_set_id)
    return value_fault(known[name], text)


def _weights(measured: Sequence[Gauge], numbers: Sequence[int | None]) -> list[_Weight | None]:
    """The weight of each line; None where a missing value gave its weight away."""
    reported: dict[str, int] = {}
    given: dict[str, int] = {}
    for (indicator, *_), number in zip(measured, numbers, strict=True):
        if number is not None:
            reported[indicator.dimension] = reported.get(indicator.dimension, 0) + indicator.weight
        elif indicator.missing == Missing.REWEIGHT:
            given[indicator.dimension] = given.get(indicator.dimension, 0) + indicator.weight
    return [
        _weight(gauge.indicator, number is None, reported, given)
        for gauge, number in zip(measured, numbers, strict=True)
    ]


def _weight(
    indicator: Indicator,
    is_missing: bool,
    reported: Mapping[str, int],
    given: Mapping[str, int],
) -> _Weight | None:
    has, gets = reported.get(indicator.dimension, 0), given.get(indicator.dimension, 0)
    if is_missing:
        gives = indicator.missing == Missing.REWEIGHT and has > 0
        return None if gives else _Weight(indicator.weight, 1)
    return _Weight(indicator.weight * (has + gets), has) if gets else _Weight(indicator.weight, 1)


def _line(
    gauge: Gauge, number: int | None, raw: str, weight: _Weight | None, rules: RuleSet
) -> Contribution:
    treatment, place = _place(gauge, number, is_weightless=weight is None)
    weight, span = weight or _Weight(0, 1), gauge.high - gauge.low
    share = weight.numerator * rules.shares.statistics
    return Contribution(
        line_id=gauge.indicator.indicator_id,
        part=_STATISTICS,
        dimension_id=gauge.indicator.dimension,
        raw=raw,
        is_missing=number is None,
        treatment=treatment,
        treated=_treated(gauge, raw, treatment),
        low=gauge.low_text,
        high=gauge.high_text,
        normalised_micro=half_even(place * WHOLE, span),
        weight_micro=half_even(share, weight.denominator * WHOLE),
        contribution_micro=half_even(place * share, span * weight.denominator * WHOLE),
    )


def _place(
    gauge: Gauge, number: int | None, *, is_weightless: bool
) -> tuple[Treatment.ValueType, int]:
    """The treatment, and how far the value is from the worst goalpost."""
    if number is None and is_weightless:
        return _MISSING_REWEIGHTED, 0
    if number is None:
        return _MISSING_ZERO, 0
    treatment = _NONE
    if number < gauge.low:
        treatment, number = _CLAMPED_LOW, gauge.low
    elif number > gauge.high:
        treatment, number = _CLAMPED_HIGH, gauge.high
    return treatment, gauge.high - number if gauge.is_adverse else number - gauge.low


def _treated(gauge: Gauge, raw: str, treatment: Treatment.ValueType) -> str:
    if treatment == _CLAMPED_LOW:
        return gauge.low_text
    return gauge.high_text if treatment == _CLAMPED_HIGH else raw


def total(lines: Iterable[Contribution]) -> int:
    """The sum of the lines, in millionths."""
    return sum(line.contribution_micro for line in lines)

"""Scores of all units under weights a little different, in one matrix: draws down, units across.

The law of a draw is declared: each weight is multiplied by a factor between 1 - spread and
1 + spread, all factors equally likely in steps of a millionth, and the weights of a part are then
brought back to one million, rounded down. Goalposts, shares, bonuses and treatments stay.

Chance is a published sequence of whole numbers, SplitMix64 (Steele, Lea, Flood 2014), from a seed
that comes in. Sums are of whole numbers below 2^53, which a float holds exactly whatever the order,
so the same seed gives the same answer on every machine and with every version of NumPy.
"""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from services.evaluation.scoring.analysis.law import Law
from services.evaluation.scoring.parts import RuleSet
from services.evaluation.scoring.terms import WHOLE
from zoneledger.evaluation.v1.scoring_pb2 import Score, Treatment

Floats = NDArray[np.float64]
Bools = NDArray[np.bool_]

_GOLDEN = np.uint64(0x9E3779B97F4A7C15)
_FIRST, _SECOND = np.uint64(0xBF58476D1CE4E5B9), np.uint64(0x94D049BB133111EB)


class _Part(NamedTuple):
    """The lines of statistics or of experts: units down, lines across."""

    places: Floats  # In millionths between the goalposts.
    is_missing: Bools
    gave_weight: Bools


def totals(rules: RuleSet, scores: Sequence[Score], law: Law) -> Floats:
    """The score of each unit in each draw, in millionths."""
    weights = [indicator.weight for indicator in rules.indicators]
    criteria = [c.weight for c in rules.experts.criteria] if rules.experts else []
    drawn = _drawn(np.array([*weights, *criteria], np.int64), len(weights), law)
    statistics = _part(scores, 0, len(weights))
    sums = _summed(rules, drawn[:, : len(weights)], statistics) * rules.shares.statistics
    if criteria:
        experts = _part(scores, len(weights), len(weights) + len(criteria))
        sums += (drawn[:, len(weights) :] @ experts.places.T) * rules.shares.experts
    bonus = np.array([score.bonus_micro for score in scores], np.float64)
    return np.asarray(sums / (WHOLE * WHOLE) + bonus, np.float64)


def numbers(seed: int, count: int) -> NDArray[np.uint64]:
    """The first numbers of the sequence that the seed begins."""
    steps = np.arange(1, count + 1, dtype=np.uint64)
    mixed = np.uint64(seed) + steps * _GOLDEN  # Arithmetic modulo 2^64.
    mixed = (mixed ^ (mixed >> np.uint64(30))) * _FIRST
    mixed = (mixed ^ (mixed >> np.uint64(27))) * _SECOND
    return np.asarray(mixed ^ (mixed >> np.uint64(31)), np.uint64)


def _drawn(weights: NDArray[np.int64], statistics: int, law: Law) -> Floats:
    """The weights of each draw; those of a part add up to one million, but for rounding."""
    steps = numbers(law.seed, law.draws * len(weights)) % np.uint64(2 * law.spread_micro + 1)
    factors = steps.astype(np.int64).reshape(law.draws, len(weights)) + WHOLE - law.spread_micro
    raw = weights * factors
    parts = (raw[:, :statistics], raw[:, statistics:])
    whole = [part * WHOLE // part.sum(axis=1, keepdims=True) for part in parts if part.size]
    return np.concatenate(whole, axis=1).astype(np.float64)


def _part(scores: Sequence[Score], first: int, end: int) -> _Part:
    lines = [score.contributions[first:end] for score in scores]
    treatments = np.array([[line.treatment for line in row] for row in lines])
    reweighted = Treatment.TREATMENT_MISSING_REWEIGHTED
    return _Part(
        np.array([[line.normalised_micro for line in row] for row in lines], np.float64),
        np.array([[line.is_missing for line in row] for row in lines], np.bool_),
        np.asarray(treatments == reweighted, np.bool_),
    )


def _summed(rules: RuleSet, weights: Floats, part: _Part) -> Floats:
    """Weight times place, summed; where weight was given away, with what the others got of it."""
    sums: Floats = weights @ part.places.T
    for dimension in rules.dimensions:
        is_of = [one.dimension == dimension.dimension_id for one in rules.indicators]
        of = np.flatnonzero(is_of)
        units = np.flatnonzero(part.gave_weight[:, of].any(axis=1))
        if units.size:
            own, block = weights[:, of], np.ix_(units, of)
            given = own @ part.gave_weight[block].T.astype(np.float64)
            reported = own @ (~part.is_missing[block]).T.astype(np.float64)
            sums[:, units] += (own @ part.places[block].T) * given / reported
    return sums

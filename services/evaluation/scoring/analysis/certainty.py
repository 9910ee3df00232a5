"""The band of ranks of each unit over many draws, and how often the cut gives it the same grade.

Vetoes are left aside: they do not depend on weights. Units that tie in a draw are parted in the
order of the round. 3,000 units, 60 indicators and 1,000 draws take about two seconds.
"""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from services.evaluation.scoring.analysis.draws import Floats, totals
from services.evaluation.scoring.analysis.law import Law
from services.evaluation.scoring.grades import Placed, cut, in_order, places, pools, stand
from services.evaluation.scoring.parts import Grades, RuleSet
from services.evaluation.scoring.terms import Cut
from zoneledger.evaluation.v1.scoring_pb2 import CertaintyAnalysis, Score

Ints = NDArray[np.int64]

_LEFT_OUT = 20  # One draw in twenty at each end: 90 % lie between.


def certainties(rules: RuleSet, scores: Sequence[Score], law: Law) -> list[CertaintyAnalysis]:
    """How certain each rank and grade is, in the order of ranks."""
    order = in_order(rules, scores)
    if not order:
        return []
    of = {score.unit_id: score for score in scores}
    drawn = totals(rules, [of[one.unit_id] for one in order], law)
    first, last = _bands(_ranks(drawn))
    kept = _kept(rules.grades, order, drawn)
    ranks = {one.unit_id: one.rank for one in stand(rules, scores)}
    return [
        CertaintyAnalysis(
            unit_id=one.unit_id,
            rank=ranks[one.unit_id],
            rank_from=int(first[index]),
            rank_until=int(last[index]),
            keeps_grade_micro=int(kept[index]) * 1_000_000 // law.draws,
        )
        for index, one in enumerate(order)
    ]


def _ranks(drawn: Floats) -> Ints:
    """Ranks from 1 in each draw; ties share one."""
    order = np.argsort(-drawn, axis=1, kind="stable")
    falling = np.take_along_axis(drawn, order, axis=1)
    begins = np.zeros(drawn.shape, np.int64)
    begins[:, 1:] = np.where(falling[:, 1:] < falling[:, :-1], np.arange(1, drawn.shape[1]), 0)
    ranks = np.empty(drawn.shape, np.int64)
    np.put_along_axis(ranks, order, np.maximum.accumulate(begins, axis=1) + 1, axis=1)
    return ranks


def _bands(ranks: Ints) -> tuple[Ints, Ints]:
    """The first and last rank of each unit without a twentieth of the draws at each end."""
    draws = len(ranks)
    left_out = draws // _LEFT_OUT
    ends = np.partition(ranks, (left_out, draws - 1 - left_out), axis=0)
    return ends[left_out], ends[draws - 1 - left_out]


def _kept(grades: Grades, order: Sequence[Placed], drawn: Floats) -> Ints:
    """In how many draws each unit has the grade that the cut gives it in the round."""
    now = cut(grades, order)
    steps = np.array([now[one.unit_id] for one in order])
    return np.asarray((_steps(grades, order, drawn) == steps).sum(axis=0), np.int64)


def _steps(grades: Grades, order: Sequence[Placed], drawn: Floats) -> Ints:
    """The grade of each unit in each draw, as its place in the scale."""
    if grades.cut == Cut.THRESHOLDS:
        begins = [step.at_least for step in grades.scale if step.at_least is not None]
        return np.asarray(sum((drawn < begin).astype(np.int64) for begin in begins), np.int64)
    steps = np.empty(drawn.shape, np.int64)
    column = {one.unit_id: index for index, one in enumerate(order)}
    for pool in pools(grades, order):
        units = [column[one.unit_id] for one in pool]
        ends = np.cumsum(places(grades, len(units)))
        of_place = np.searchsorted(ends, np.arange(len(units)), side="right")
        by_place = np.argsort(-drawn[:, units], axis=1, kind="stable")
        of_pool = np.empty(by_place.shape, np.int64)
        np.put_along_axis(of_pool, by_place, np.broadcast_to(of_place, by_place.shape), axis=1)
        steps[:, units] = of_pool
    return steps

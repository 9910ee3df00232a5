"""The band of ranks of each unit over many draws, and how often the cut gives it the same grade.

Vetoes are left aside: they do not depend on weights. Units that tie in a draw are parted in the
order of the round. 3,000 units, 60 indicators and 1,000 draws take about two seconds.
"""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from services.evaluation.scoring.analysis.draws import Floats, totals
from services.evaluation.scoring.analysis.law import Law
from services.evaluation.scoring.grades import Placed, cut, in_order, places, pools, ranks_of
from services.evaluation.scoring.parts import Grades, RuleSet
from services.evaluation.scoring.terms import Cut, Pool
from zoneledger.evaluation.v1.scoring_pb2 import CertaintyAnalysis, Score

Ints = NDArray[np.int64]
Ranks = NDArray[np.int32]
Steps = NDArray[np.int8]

_LEFT_OUT = 20  # One draw in twenty at each end: 90 % lie between.


def certainties(rules: RuleSet, scores: Sequence[Score], law: Law) -> list[CertaintyAnalysis]:
    """How certain each rank and grade is, in the order of ranks."""
    order = in_order(rules, scores)
    if not order:
        return []
    of = {score.unit_id: score for score in scores}
    drawn = totals(rules, [of[one.unit_id] for one in order], law)
    by_place = _by_place(drawn)
    first, last = _bands(_ranks(drawn, by_place))
    kept = _kept(rules.grades, order, drawn, by_place)
    ranks = ranks_of(order)
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


def _by_place(drawn: Floats) -> Ints:
    """The columns of the units in each draw, best first; ties in the order of the columns."""
    return np.argsort(-drawn, axis=1, kind="stable")


def _ranks(drawn: Floats, by_place: Ints) -> Ranks:
    """Ranks from 1 in each draw; ties share one."""
    falling = np.take_along_axis(drawn, by_place, axis=1)
    begins = np.zeros(drawn.shape, np.int32)
    first_of = np.arange(1, drawn.shape[1], dtype=np.int32)
    np.multiply(falling[:, 1:] < falling[:, :-1], first_of, out=begins[:, 1:])
    ranks = np.empty(drawn.shape, np.int32)
    np.put_along_axis(ranks, by_place, np.maximum.accumulate(begins, axis=1) + 1, axis=1)
    return ranks


def _bands(ranks: Ranks) -> tuple[Ranks, Ranks]:
    """The first and last rank of each unit without a twentieth of the draws at each end."""
    draws = len(ranks)
    left_out = draws // _LEFT_OUT
    by_unit = np.ascontiguousarray(ranks.T)
    by_unit.partition((left_out, draws - 1 - left_out), axis=1)
    return by_unit[:, left_out], by_unit[:, draws - 1 - left_out]


def _kept(grades: Grades, order: Sequence[Placed], drawn: Floats, by_place: Ints) -> Ints:
    """In how many draws each unit has the grade that the cut gives it in the round."""
    now = cut(grades, order)
    steps = np.array([now[one.unit_id] for one in order])
    return np.asarray((_steps(grades, order, drawn, by_place) == steps).sum(axis=0), np.int64)


def _steps(grades: Grades, order: Sequence[Placed], drawn: Floats, by_place: Ints) -> Steps:
    """The grade of each unit in each draw, as its place in the scale."""
    if grades.cut == Cut.THRESHOLDS:
        begins = [step.at_least for step in grades.scale if step.at_least is not None]
        return np.asarray(sum((drawn < begin).astype(np.int8) for begin in begins), np.int8)
    if grades.pool == Pool.ALL:
        return _by_quota(grades, by_place)
    steps = np.empty(drawn.shape, np.int8)
    column = {one.unit_id: index for index, one in enumerate(order)}
    for pool in pools(grades, order):
        units = [column[one.unit_id] for one in pool]
        steps[:, units] = _by_quota(grades, _by_place(drawn[:, units]))
    return steps


def _by_quota(grades: Grades, by_place: Ints) -> Steps:
    """The same in one pool, where each grade has so many places."""
    ends = np.cumsum(places(grades, by_place.shape[1]))
    of_place = np.searchsorted(ends, np.arange(by_place.shape[1]), side="right").astype(np.int8)
    steps = np.empty(by_place.shape, np.int8)
    np.put_along_axis(steps, by_place, np.broadcast_to(of_place, by_place.shape), axis=1)
    return steps

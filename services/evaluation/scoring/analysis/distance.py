"""How far each unit is from the next better and worse grade while all others stay as they are.

The distance is how much its score would have to change, to the millionth. Beside it, for each
indicator: the nearest value between the goalposts that alone would change the score by as much, or
that none does. A missing value is looked for as if it had been reported, weights and all. What the
declared keys say of the unit stays as it is. The time grows with the square of the units.
"""

from bisect import bisect_left, insort
from collections.abc import Iterator, Sequence
from typing import NamedTuple

from services.evaluation.scoring.exact import written
from services.evaluation.scoring.grades import Placed, by_rank, cut, in_order
from services.evaluation.scoring.parts import RuleSet
from services.evaluation.scoring.statistics import Gauge, contributions, gauges, total
from services.evaluation.scoring.terms import WHOLE, Direction
from services.kernel.words import number
from zoneledger.evaluation.v1.events_pb2 import Grade
from zoneledger.evaluation.v1.scoring_pb2 import DistanceAnalysis, FlipAnalysis, Score


class _Goal(NamedTuple):
    """Another grade, as its place in the scale, and the score that would give it."""

    step: int
    score_micro: int
    is_better: bool


def distances(rules: RuleSet, scores: Sequence[Score]) -> list[DistanceAnalysis]:
    """Each unit and neighbouring grade that it could have, in the order of ranks."""
    order = in_order(rules, scores)
    graded = cut(rules.grades, order)
    of = {score.unit_id: score for score in scores}
    return [
        _distance(rules, of[one.unit_id], graded[one.unit_id], goal)
        for one in order
        for goal in _goals(rules, order, one, graded[one.unit_id])
    ]


def _goals(rules: RuleSet, order: Sequence[Placed], one: Placed, step: int) -> Iterator[_Goal]:
    others = [each for each in order if each is not one]
    most = WHOLE + (rules.bonuses.cap if rules.bonuses else 0)

    def step_at(score_micro: int) -> int:
        there = one._replace(key=(score_micro, *one.key[1:]))
        placed = list(others)
        insort(placed, there, key=by_rank)
        return cut(rules.grades, placed)[one.unit_id]

    better = bisect_left(range(most + 1), True, lo=one.key[0], key=lambda s: step_at(s) < step)
    if better <= most:
        yield _Goal(step_at(better), better, is_better=True)
    kept = bisect_left(range(one.key[0] + 1), True, key=lambda s: step_at(s) <= step)
    if kept > 0:
        yield _Goal(step_at(kept - 1), kept - 1, is_better=False)


def _distance(rules: RuleSet, score: Score, step: int, goal: _Goal) -> DistanceAnalysis:
    measured = gauges(rules, score.peer_class_id)
    return DistanceAnalysis(
        unit_id=score.unit_id,
        grade=_grade(rules, step),
        other_grade=_grade(rules, goal.step),
        distance_micro=goal.score_micro - score.score_micro,
        flips=[_flip(rules, measured, score, gauge, goal) for gauge in measured],
    )


def _grade(rules: RuleSet, step: int) -> Grade.ValueType:
    return Grade.ValueType(number(Grade, rules.grades.scale[step].grade))


def _flip(
    rules: RuleSet, measured: Sequence[Gauge], score: Score, gauge: Gauge, goal: _Goal
) -> FlipAnalysis:
    """The first value that reaches the goal, from the end that is farthest from it."""
    indicator = gauge.indicator
    of = [each for each in measured if each.indicator.dimension == indicator.dimension]
    lines = [line for line in score.contributions if line.dimension_id == indicator.dimension]
    values, rest = {line.line_id: line.raw for line in lines}, score.score_micro - total(lines)

    def reaches(candidate: int) -> bool:
        """No line of another dimension changes with the value."""
        changed = {**values, indicator.indicator_id: written(candidate, indicator.decimals)}
        reached = rest + total(contributions(rules, of, changed))
        return reached >= goal.score_micro if goal.is_better else reached <= goal.score_micro

    is_rising = goal.is_better != (indicator.direction == Direction.ADVERSE)
    first, last, step = (gauge.low, gauge.high, 1) if is_rising else (gauge.high, gauge.low, -1)
    flip = FlipAnalysis(line_id=indicator.indicator_id, raw=values[indicator.indicator_id])
    if not reaches(last):
        flip.cannot_alone = True
        return flip
    candidates = range(first, last + step, step)
    at = candidates[bisect_left(candidates, True, key=reaches)]
    flip.flips_at = written(at, indicator.decimals)
    return flip

"""What would happen to the others if one unit were not rated.

With fixed goalposts no score depends on another unit, so the order of the others cannot move; it is
looked at all the same. A quota can give a place that the unit held, or a share of fewer units, so
grades can move: those units are named. The time grows with the square of the units.
"""

from collections.abc import Sequence
from itertools import combinations

from services.evaluation.scoring.grades import cut, in_order
from services.evaluation.scoring.parts import RuleSet
from zoneledger.evaluation.v1.scoring_pb2 import RemovalAnalysis, Score


def removals(rules: RuleSet, scores: Sequence[Score]) -> list[RemovalAnalysis]:
    """One for each unit that is left out, in the order of ranks."""
    order = in_order(rules, scores)
    graded = cut(rules.grades, order)
    return [
        _removal(
            rules,
            [score for score in scores if score.unit_id != one.unit_id],
            one.unit_id,
            [each.unit_id for each in order if each is not one],
            graded,
        )
        for one in order
    ]


def _removal(
    rules: RuleSet,
    left: Sequence[Score],
    removed: str,
    before: Sequence[str],
    graded: dict[str, int],
) -> RemovalAnalysis:
    order = in_order(rules, left)
    now = cut(rules.grades, order)
    return RemovalAnalysis(
        removed_unit_id=removed,
        reversals=reversals(before, [one.unit_id for one in order]),
        regraded_unit_ids=[unit for unit in before if now[unit] != graded[unit]],
    )


def reversals(before: Sequence[str], after: Sequence[str]) -> int:
    """How many pairs of the same units stand the other way round."""
    if before == after:
        return 0
    place = {unit: index for index, unit in enumerate(after)}
    return sum(1 for one, other in combinations(before, 2) if place[one] > place[other])

"""Whether the scale of a rule set can be cut, its ties parted, and what it hides stays hidden."""

from collections.abc import Iterable, Sequence
from itertools import pairwise

from services.evaluation.scoring.disclosure import check_disclosure
from services.evaluation.scoring.parts import RuleSet, Step
from services.evaluation.scoring.terms import WHOLE, Cut, LastResort, Pool, ScorePartKey
from services.kernel.policy_problems import Found, nearest


def check_scale(rules: RuleSet, found: Found) -> None:
    """Report everything that is wrong with the scale."""
    _check_cut(rules, found)
    _check_ties(rules, found)
    check_disclosure(rules.grades, found)


def _check_cut(rules: RuleSet, found: Found) -> None:
    grades, is_quota = rules.grades, rules.grades.cut == Cut.QUOTA
    if len(grades.scale) < 2:
        found.at(grades, "scale", "gap", "a scale has two grades at least: add one")
    for key in ("pool", "rounding"):
        if (getattr(grades, key) is None) == is_quota:
            what = f"a quota says its `{key}`, thresholds have none: add or delete it"
            found.at(grades, "cut", "missing-key", what)
    if grades.pool == Pool.PEER_CLASS and not rules.peer_classes:
        what = "there are no peer classes: name them, or give places among all"
        found.at(grades, "pool", "gap", what)
    for step in grades.scale[:-1]:
        _check_step(step, is_quota, found)
    if any(_stated(grades.scale[-1])):
        what = "the last grade has what is left: delete its number"
        found.at(grades.scale[-1], "grade", "overlap", what)
    _check_order(grades.scale[:-1], found)


def _stated(step: Step) -> list[bool]:
    return [value is not None for value in (step.at_least, step.share, step.places)]


def _check_step(step: Step, is_quota: bool, found: Found) -> None:
    needed = "a `share` or a number of `places`" if is_quota else "the score `at_least`"
    if sum(_stated(step)) != 1 or (step.at_least is None) != is_quota:
        found.at(step, "grade", "missing-key", f"this grade has {needed}, and nothing else")
    if step.share is not None and not 0 < step.share <= WHOLE:
        found.at(step, "share", "wrong-number", f"a share is from 1 to {WHOLE}: correct it")


def _check_order(steps: Sequence[Step], found: Found) -> None:
    from_ = [(step, step.at_least) for step in steps if step.at_least is not None]
    for (better, above), (worse, below) in pairwise(from_):
        if below >= above:
            what = f"{worse.grade} begins where {better.grade} does or above: lower it"
            found.at(worse, "at_least", "overlap", what)
    if sum(step.share or 0 for step in steps) > WHOLE:
        what = "the shares add up to more than the whole: lower one"
        found.at(steps[0], "grade", "wrong-sum", what)


def _check_ties(rules: RuleSet, found: Found) -> None:
    ties = rules.grades.ties
    known = [*ScorePartKey, *(getattr(record, key) for record, key in lines_of(rules))]
    for key in ties.keys:
        if key not in known:
            found.at(ties, "keys", "unknown-key", f"`{key}` is in no score: {nearest(key, known)}")
    if len(set(ties.keys)) < len(ties.keys):
        found.at(ties, "keys", "duplicate-word", "a key is listed twice: delete one")
    if rules.grades.cut == Cut.THRESHOLDS and ties.last == LastResort.ALL_OUT:
        what = "no place is short where thresholds cut: write all_in or unit_id"
        found.at(ties, "last", "wrong-rule", what)


def lines_of(rules: RuleSet) -> Iterable[tuple[object, str]]:
    """What a key of ties may name, with the key that has its name: dimensions and lines."""
    yield from ((one, "dimension_id") for one in rules.dimensions)
    yield from ((one, "indicator_id") for one in rules.indicators)
    if rules.experts:
        yield from ((one, "criterion_id") for one in rules.experts.criteria)
    if rules.bonuses:
        yield from ((one, "bonus_id") for one in rules.bonuses.kinds)

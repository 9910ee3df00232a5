"""The third pass over the text of a rule set: the rule set as a whole.

Weights and shares add up to one million, ids are taken once, every class has its goalposts, the
scale can be cut, nothing hidden can be worked out (`disclosure`), and what is not known is left
open by a norm.
"""

from collections.abc import Sequence
from decimal import Decimal

from services.evaluation.scoring.exact import MICRO_PLACES
from services.evaluation.scoring.parts import Goalposts, Indicator, RuleSet
from services.evaluation.scoring.scale import check_scale, lines_of
from services.evaluation.scoring.terms import (
    WHOLE,
    Cut,
    HonourKind,
    Matter,
    ScorePartKey,
)
from services.kernel.policy_problems import Found, nearest
from services.kernel.policy_whole import check_unique

_MOST_DECIMALS = 9
_FEWEST_SHEETS = 3


def check(rules: RuleSet, found: Found) -> None:
    """Report everything that is wrong with the rule set as a whole."""
    for each in _CHECKS:
        each(rules, found)


def _check_ids(rules: RuleSet, found: Found) -> None:
    check_unique(rules.clauses, "clause_id", found)
    check_unique(rules.peer_classes, "peer_class_id", found)
    check_unique(rules.dimensions, "dimension_id", found)
    check_unique(rules.indicators, "indicator_id", found)
    check_unique(rules.vetoes, "veto_id", found)
    check_unique(rules.open_norms, "norm_id", found)
    check_unique(rules.grades.scale, "grade", found)
    if rules.experts:
        check_unique(rules.experts.criteria, "criterion_id", found)
    if rules.bonuses:
        check_unique(rules.bonuses.kinds, "bonus_id", found)
    _check_lines_differ(rules, found)


def _check_lines_differ(rules: RuleSet, found: Found) -> None:
    """A key of a tie means one part of a score."""
    taken: dict[str, int] = {}
    for record, key in lines_of(rules):
        name, line = getattr(record, key), found.line(record, key)
        if name in tuple(ScorePartKey):
            what = f"`{name}` is the name of a part of every score: give this another id"
            found.add(line, "duplicate-id", what)
        elif taken.setdefault(name, line) != line:
            what = f"`{name}` is taken at line {taken[name]}: give this one an id of its own"
            found.add(line, "duplicate-id", what)


def _check_clauses(rules: RuleSet, found: Found) -> None:
    for clause in rules.clauses:
        if bool(clause.source) == bool(clause.assumption):
            what = (
                "a clause rests on a source or on an assumption: say where its wording was read in"
                " `source`, or what is assumed in `assumption`, and not both"
            )
            found.at(clause, "clause_id", "no-citation", what)
        if clause.source and not clause.quote:
            what = "a clause with a source is its wording: add `quote`"
            found.at(clause, "source", "no-citation", what)


def _check_classes(rules: RuleSet, found: Found) -> None:
    class_of: dict[str, str] = {}
    for one in rules.peer_classes:
        for unit in one.units:
            if unit in class_of:
                what = f"`{unit}` is in {class_of[unit]} already: a unit is in one class"
                found.at(one, "units", "overlap", what)
            class_of.setdefault(unit, one.peer_class_id)


def _check_weights(rules: RuleSet, found: Found) -> None:
    _check_sum([one.weight for one in rules.indicators], rules, "indicators", found)
    if rules.experts:
        weights = [one.weight for one in rules.experts.criteria]
        _check_sum(weights, rules.experts, "criteria", found)
    shares = rules.shares
    _check_sum([shares.statistics, shares.experts], shares, "statistics", found)
    if bool(shares.experts) != (rules.experts is not None):
        what = "experts have a share exactly where `experts` says how they judge: correct one"
        found.at(shares, "experts", "gap", what)


def _check_sum(parts: Sequence[int], record: object, key: str, found: Found) -> None:
    if sum(parts) != WHOLE:
        what = f"these add up to {sum(parts)} and have to add up to {WHOLE}: correct them"
        found.at(record, key, "wrong-sum", what)
    if 0 in parts and key != "statistics":
        what = "a weight of 0 counts nothing: give it a weight or delete it"
        found.at(record, key, "wrong-sum", what)


def _check_indicators(rules: RuleSet, found: Found) -> None:
    dimensions = {one.dimension_id for one in rules.dimensions}
    for one in rules.indicators:
        if one.dimension not in dimensions:
            what = f"`{one.dimension}` is no dimension: {nearest(one.dimension, dimensions)}"
            found.at(one, "dimension", "unknown-dimension", what)
        _check_decimals(one.decimals, one, found)
        for posts in one.goalposts:
            _check_posts(posts, one.decimals, found)
        _check_covered(one, [each.peer_class_id for each in rules.peer_classes], found)
    used = {one.dimension for one in rules.indicators}
    for dimension in rules.dimensions:
        if dimension.dimension_id not in used:
            what = "no indicator is of this dimension: add one or delete it"
            found.at(dimension, "dimension_id", "gap", what)


def _check_decimals(
    decimals: int, record: object, found: Found, most: int = _MOST_DECIMALS
) -> None:
    if decimals > most:
        what = f"more than {most} decimals are not read: write fewer"
        found.at(record, "decimals", "wrong-number", what)


def _check_posts(posts: Goalposts, decimals: int, found: Found) -> None:
    if posts.high <= posts.low:
        what = f"high {posts.high} is not above low {posts.low}: correct one of the two"
        found.at(posts, "high", "wrong-number", what)
    for key in ("low", "high"):
        _check_places(getattr(posts, key), decimals, posts, key, found)


def _check_places(value: Decimal, decimals: int, record: object, key: str, found: Found) -> None:
    exponent = value.as_tuple().exponent
    if isinstance(exponent, int) and -exponent > decimals:
        what = f"{value} has more than {decimals} decimals: write it as values are reported"
        found.at(record, key, "wrong-number", what)


def _check_covered(indicator: Indicator, classes: Sequence[str], found: Found) -> None:
    """An indicator has goalposts for all, or one pair for each class."""
    given = [posts.peer_class for posts in indicator.goalposts]
    if given == [None]:
        return
    for posts in indicator.goalposts:
        name = posts.peer_class
        if name is None:
            what = "goalposts for all stand alone: name a class in each pair, or keep one pair"
            found.at(posts, "low", "overlap", what)
        elif name not in classes:
            near = nearest(name, classes) if classes else "there are no classes, delete it"
            found.at(posts, "peer_class", "unknown-class", f"`{name}` is no class: {near}")
        elif given.count(name) > 1:
            found.at(posts, "peer_class", "overlap", f"{name} has two pairs here: keep one")
    if None not in given:
        for name in classes:
            if name not in given:
                what = f"{name} has no goalposts here: add a pair"
                found.at(indicator, "goalposts", "gap", what)


def _check_experts(rules: RuleSet, found: Found) -> None:
    experts = rules.experts
    if experts is None:
        return
    _check_decimals(experts.decimals, experts, found, most=MICRO_PLACES)
    if experts.highest <= experts.lowest:
        what = f"highest {experts.highest} is not above lowest {experts.lowest}: correct one"
        found.at(experts, "highest", "wrong-number", what)
    for key in ("lowest", "highest"):
        _check_places(getattr(experts, key), experts.decimals, experts, key, found)
    if experts.minimum_sheets < _FEWEST_SHEETS:
        what = f"fewer than {_FEWEST_SHEETS} sheets a unit say nothing on agreement: ask for more"
        found.at(experts, "minimum_sheets", "wrong-number", what)


def _check_vetoes(rules: RuleSet, found: Found) -> None:
    grades = [step.grade for step in rules.grades.scale]
    for veto in rules.vetoes:
        if veto.cap not in grades[1:]:
            what = f"`{veto.cap}` is below no other grade of the scale: {nearest(veto.cap, grades)}"
            found.at(veto, "cap", "unknown-grade", what)
        if veto.refill and rules.grades.cut == Cut.THRESHOLDS:
            what = "no place is freed where thresholds cut: write false"
            found.at(veto, "refill", "wrong-rule", what)


def _check_honours(rules: RuleSet, found: Found) -> None:
    honours = rules.honours
    if (HonourKind.SINGLE_FIELD in honours.kinds) != bool(honours.single_fields):
        what = "single_field is a kind exactly where `single_fields` names some: correct one"
        found.at(honours, "clause", "gap", what)


def _check_bonuses(rules: RuleSet, found: Found) -> None:
    for bonus in rules.bonuses.kinds if rules.bonuses else ():
        if bonus.points == 0:
            found.at(bonus, "points", "wrong-number", "a bonus of 0 adds nothing: delete it")


def _check_open(rules: RuleSet, found: Found) -> None:
    """What the schedule does not say is left open by one norm, and nothing else is."""
    schedule, stated = rules.schedule, {norm.about for norm in rules.open_norms}
    for matter in Matter:
        is_needed = matter != Matter.SHEETS_DUE or rules.experts is not None
        if getattr(schedule, matter) is None and matter not in stated and is_needed:
            what = f"`{matter}` is not stated: add it, or an open norm about it"
            found.at(schedule, "clause", "gap", what)
    seen: set[Matter] = set()
    for norm in rules.open_norms:
        if norm.about is None:
            continue
        if getattr(schedule, norm.about) is not None or norm.about in seen:
            what = f"{norm.about} is stated or left open elsewhere: keep one of the two"
            found.at(norm, "about", "overlap", what)
        seen.add(norm.about)


_CHECKS = (
    _check_ids,
    _check_clauses,
    _check_classes,
    _check_weights,
    _check_indicators,
    _check_experts,
    _check_bonuses,
    check_scale,
    _check_vetoes,
    _check_honours,
    _check_open,
)

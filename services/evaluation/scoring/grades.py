"""Ranks and grades of the units of a round, by its scale, its ties and its vetoes.

Units are ordered by score, then by the declared keys; those that these do not tell apart share a
rank. A threshold looks at the score alone. A quota gives each grade places of its own, best first;
when units that share a rank are more than the places left, the last resort says whether all of them
have the grade, none, or the first by identifier. So a grade has more units than places only by
`all_in`, or because a veto brought a unit down to it.

A veto caps the grade of one unit and moves nobody's rank. Where every veto on the unit says so, its
place is filled again: all below move up as if the unit stood no better than its cap. Nobody's grade
gets worse by a veto on another.
"""

from collections.abc import Collection, Iterable, Mapping, Sequence
from itertools import groupby
from typing import NamedTuple

from services.evaluation.scoring.exact import half_even
from services.evaluation.scoring.parts import Grades, RuleSet, Shows, Step, Veto
from services.evaluation.scoring.terms import WHOLE, Cut, LastResort, Pool, Rounding
from services.kernel.errors import Malformed, Violation
from services.kernel.reasons import Why
from services.kernel.words import number
from zoneledger.evaluation.v1.events_pb2 import Grade
from zoneledger.evaluation.v1.scoring_pb2 import Placing, Score
from zoneledger.ledger.v1.visibility_pb2 import Visibility

Key = tuple[int, ...]


class Placed(NamedTuple):
    """A unit in the order: its key is its score and what the declared keys say, more is better."""

    unit_id: str
    peer_class: str
    key: Key


class Seen(NamedTuple):
    """What the vetoes of a unit come to: no grade before `cap` in the scale, and no place kept."""

    cap: int
    is_refilled: bool


_FREE = Seen(0, is_refilled=False)


def stand(
    rules: RuleSet,
    scores: Iterable[Score],
    vetoes: Mapping[str, Collection[str]] = {},
) -> list[Placing]:
    """Where each unit stands, best first; `vetoes` are the ids of those that each unit has.

    Malformed where a veto is none of the rule set's.
    """
    order = in_order(rules, scores)
    caps = _caps(rules, vetoes)
    by_cut = cut(rules.grades, order)
    graded = _capped(rules.grades, order, by_cut, caps)
    ranks, class_ranks = ranks_of(order), _class_ranks(order)
    scale = rules.grades.scale
    return [
        Placing(
            unit_id=unit,
            score_micro=key[0],
            rank=ranks[unit],
            rank_in_class=class_ranks.get(unit, 0),
            peer_class_id=peer_class,
            grade=_grade(scale[graded[unit]]),
            grade_by_cut=_grade(scale[by_cut[unit]]),
            veto_ids=sorted(set(vetoes.get(unit, ()))),
            is_refill=graded[unit] < by_cut[unit],
            **_visibility(scale[graded[unit]].shows),
        )
        for unit, peer_class, key in order
    ]


def in_order(rules: RuleSet, scores: Iterable[Score]) -> list[Placed]:
    """Best first; units with the same key by identifier, which decides nothing by itself."""
    placed = [
        Placed(score.unit_id, score.peer_class_id, key_of(rules.grades.ties.keys, score))
        for score in scores
    ]
    return sorted(placed, key=by_rank)


def by_rank(one: Placed) -> tuple[Key, str]:
    """What the order sorts by: more is better, then the identifier."""
    return tuple(-part for part in one.key), one.unit_id


def key_of(keys: Sequence[str], score: Score) -> Key:
    """The score, then what its lines say on each key."""
    if not keys:
        return (score.score_micro,)
    parts = {
        "statistics": score.statistics_micro,
        "experts": score.experts_micro,
        "bonus": score.bonus_micro,
    }
    for line in score.contributions:
        for name in (line.line_id, line.dimension_id):
            if name in keys:
                parts[name] = parts.get(name, 0) + line.contribution_micro
    return (score.score_micro, *(parts.get(key, 0) for key in keys))


def cut(grades: Grades, order: Sequence[Placed], caps: Mapping[str, Seen] = {}) -> dict[str, int]:
    """The place in the scale of each unit's grade, 0 best; vetoes that are not refilled aside."""
    if grades.cut == Cut.THRESHOLDS:
        return {one.unit_id: _step_by_score(grades.scale, one.key[0]) for one in order}
    return {
        unit: step
        for pool in pools(grades, order)
        for unit, step in _by_quota(grades, pool, caps).items()
    }


def pools(grades: Grades, order: Sequence[Placed]) -> list[list[Placed]]:
    """Those among whom places are given, each best first."""
    if grades.pool != Pool.PEER_CLASS:
        return [list(order)]
    classes = sorted({one.peer_class for one in order})
    return [[one for one in order if one.peer_class == name] for name in classes]


def places(grades: Grades, units: int) -> list[int]:
    """How many places each grade but the last has in a pool of so many units."""
    return [
        step.places if step.places is not None else _share(grades, step, units)
        for step in grades.scale[:-1]
    ]


def _share(grades: Grades, step: Step, units: int) -> int:
    of = units * (step.share or 0)
    match grades.rounding:
        case Rounding.UP:
            return -(-of // WHOLE)
        case Rounding.HALF_EVEN:
            return half_even(of, WHOLE)
        case _:
            return of // WHOLE


def _step_by_score(scale: Sequence[Step], score_micro: int) -> int:
    for index, step in enumerate(scale[:-1]):
        if step.at_least is not None and score_micro >= step.at_least:
            return index
    return len(scale) - 1


def _by_quota(grades: Grades, pool: Sequence[Placed], caps: Mapping[str, Seen]) -> dict[str, int]:
    waiting = list(pool)
    graded: dict[str, int] = {}
    for step, room in enumerate(places(grades, len(pool))):
        able = [one for one in waiting if step >= caps.get(one.unit_id, _FREE).cap]
        taken = set(_taken(able, room, grades.ties.last))
        graded |= dict.fromkeys(taken, step)
        waiting = [one for one in waiting if one.unit_id not in taken]
    return graded | dict.fromkeys((one.unit_id for one in waiting), len(grades.scale) - 1)


def _taken(able: Sequence[Placed], room: int, last: LastResort) -> list[str]:
    """Who has the places; one tie after the other, best first."""
    taken: list[str] = []
    for _, tied in groupby(able, key=lambda one: one.key):
        units, left = [one.unit_id for one in tied], room - len(taken)
        if left <= 0:
            break
        if len(units) <= left or last == LastResort.ALL_IN:
            taken += units
        else:
            return taken + (units[:left] if last == LastResort.UNIT_ID else [])
    return taken


def _caps(rules: RuleSet, vetoes: Mapping[str, Collection[str]]) -> dict[str, Seen]:
    known = {veto.veto_id: veto for veto in rules.vetoes}
    unknown = sorted({name for names in vetoes.values() for name in names} - known.keys())
    if unknown:
        why = [Why.VETO_UNKNOWN(veto=name, rule_set=rules.rule_set_id) for name in unknown]
        raise Malformed(*(Violation("veto_ids", each) for each in why))
    steps = [step.grade for step in rules.grades.scale]
    return {
        unit: _seen([known[name] for name in names], steps)
        for unit, names in vetoes.items()
        if names
    }


def _seen(vetoes: Sequence[Veto], steps: Sequence[str]) -> Seen:
    worst = max(steps.index(veto.cap) for veto in vetoes)
    return Seen(worst, is_refilled=all(veto.refill for veto in vetoes))


def _capped(
    grades: Grades,
    order: Sequence[Placed],
    by_cut: Mapping[str, int],
    caps: Mapping[str, Seen],
) -> dict[str, int]:
    refilled = {unit: seen for unit, seen in caps.items() if seen.is_refilled}
    again = cut(grades, order, refilled) if refilled else by_cut
    return {unit: max(min(by_cut[unit], again[unit]), caps.get(unit, _FREE).cap) for unit in by_cut}


def ranks_of(order: Sequence[Placed]) -> dict[str, int]:
    ranks: dict[str, int] = {}
    for _, tied in groupby(order, key=lambda one: one.key):
        ranks |= dict.fromkeys((one.unit_id for one in tied), len(ranks) + 1)
    return ranks


def _class_ranks(order: Sequence[Placed]) -> dict[str, int]:
    ranks: dict[str, int] = {}
    for name in sorted({one.peer_class for one in order} - {""}):
        ranks |= ranks_of([one for one in order if one.peer_class == name])
    return ranks


def _grade(step: Step) -> Grade.ValueType:
    return Grade.ValueType(number(Grade, step.grade))


def _visibility(shows: Shows) -> dict[str, Visibility.ValueType]:
    return {
        f"{part}_visibility": Visibility.ValueType(number(Visibility, getattr(shows, part)))
        for part in ("grade", "score", "rank")
    }

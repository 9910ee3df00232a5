"""What the scale of a round gives away of grades that it hides.

A reader knows which units are rated. A grade that is the only one hidden from it is the grade of
every unit that shows none; so is the only hidden grade that anybody can have, once places are
counted. Such a scale does not load, or a round of so many units is not published by it. A score or
a rank tells the grade where cuts are known, so neither is ever more public than the grade.

Whoever is told its own grade takes that away before it counts. A veto shows where more units are
without a grade than the cut leaves there, and where a notice showed the grade of a unit that has
none any more: then the caps of the vetoes that can have done it are what is possible. Two grades
have to be, everywhere.

A correction moves one unit without a new cut. Whoever did not see its former grade is told neither
that nor the score and the rank that went with it, so cannot tell which of the hidden grades that
the cut gave is left to the others.

What remains: a reader may know how likely each hidden grade is, and units that tell each other
their grades can count. Nothing here hinders people from talking.
"""

from collections import Counter
from collections.abc import Iterable, Mapping

from services.evaluation.scoring.grades import places
from services.evaluation.scoring.parts import Grades, RuleSet, Step
from services.evaluation.scoring.terms import WHOLE, Cut, Pool, Rounding, Shown
from services.kernel.policy_problems import Found
from services.kernel.policy_terms import Grade
from services.kernel.words import word
from zoneledger.evaluation.v1 import events_pb2 as contract
from zoneledger.evaluation.v1.scoring_pb2 import Placing

# Nobody outside sees what is internal, so no reader of that level is to be kept from anything.
_READERS = (Shown.PUBLIC, Shown.SUBJECT)
_LEVELS = tuple(Shown)


def check_disclosure(grades: Grades, found: Found) -> None:
    """Report what the scale gives away whatever the units are."""
    for step in grades.scale:
        for part in ("score", "rank"):
            if _is_more_public(getattr(step.shows, part), step.shows.grade):
                what = f"the {part} would tell the grade: show it to no more than see the grade"
                found.at(step.shows, part, "discloses", what)
    for reader in _READERS:
        hidden = [step for step in grades.scale if _is_more_public(reader, step.shows.grade)]
        possible = [step for step in hidden if not _has_no_place(step, grades)]
        if hidden and len(possible) <= 1:
            what = (
                f"{hidden[0].grade} is the only grade that a {reader} reader is not shown and"
                " somebody can have, so every unit without a grade has it: show it or hide another"
            )
            found.at(hidden[0].shows, "grade", "discloses", what)


def told(
    rules: RuleSet, standings: Iterable[Placing], noticed: Mapping[str, str] = {}
) -> list[tuple[Shown, str]]:
    """Readers to whom a hidden grade would be told, with that grade; empty where none is.

    `noticed` is the grade of each unit that a public notice showed last.
    """
    found: dict[tuple[Shown, str], None] = {}
    standings = list(standings)
    for reader in _READERS:
        hidden = _hidden(rules.grades, reader)
        for pool in _pools(rules.grades, standings) if rules.grades.cut == Cut.QUOTA else ():
            by_cut = Counter(word(contract.Grade, one.grade_by_cut) for one in pool)
            kept = Counter(word(contract.Grade, one.grade) for one in pool)
            found |= dict.fromkeys(
                _counted(rules, reader, _only(by_cut, hidden), _only(kept, hidden))
            )
        if reader == Shown.PUBLIC:
            found |= dict.fromkeys(
                (reader, grade) for grade in _by_notice(rules, standings, noticed)
            )
    return [*found]


def told_by_so_many(rules: RuleSet, units: Iterable[str]) -> list[tuple[Shown, str]]:
    """The same before anybody has a grade: what so many units tell by the places alone."""
    found: dict[tuple[Shown, str], None] = {}
    pools = Counter(
        rules.peer_class_of(unit) if rules.grades.pool == Pool.PEER_CLASS else "" for unit in units
    )
    for size in pools.values() if rules.grades.cut == Cut.QUOTA else ():
        given = _given(rules.grades, size)
        for reader in _READERS:
            kept = _only(given, _hidden(rules.grades, reader))
            found |= dict.fromkeys(_counted(rules, reader, kept, kept))
    return [*found]


def _given(grades: Grades, size: int) -> Counter[str]:
    """How many of a pool of that size have each grade, where no units are tied."""
    given: Counter[str] = Counter()
    left = size
    for step, room in zip(grades.scale, places(grades, size), strict=False):
        given[step.grade] = min(room, left)
        left -= given[step.grade]
    given[grades.scale[-1].grade] += left
    return given


def _counted(
    rules: RuleSet, reader: Shown, by_cut: Counter[str], kept: Counter[str]
) -> list[tuple[Shown, str]]:
    """What counting tells of those without a grade: `by_cut` theirs by places, `kept` in fact."""
    found = [(reader, grade) for grade in _alone(rules, reader, by_cut, kept.total())]
    if reader == Shown.PUBLIC:
        for own in set(kept) - _hidden(rules.grades, Shown.SUBJECT):
            rest = by_cut - Counter([own])
            found += [
                (Shown.SUBJECT, grade) for grade in _alone(rules, reader, rest, kept.total() - 1)
            ]
    return found


def _alone(rules: RuleSet, reader: Shown, by_cut: Counter[str], count: int) -> list[str]:
    """The only grade that so many units without a grade can have; nothing where there are two."""
    if not count:
        return []
    possible = set(+by_cut)
    if count > by_cut.total():  # A veto that freed no place brought one of them there.
        possible |= _caps(rules, reader, refill=False)
    return [*possible] if len(possible) == 1 else []


def _by_notice(
    rules: RuleSet, standings: Iterable[Placing], noticed: Mapping[str, str]
) -> list[str]:
    """The caps of vetoes on units whose grade was shown before, where no other cap is possible."""
    refills = {veto.veto_id: veto.refill for veto in rules.vetoes}
    hidden = _hidden(rules.grades, Shown.PUBLIC)
    found = []
    for one in standings:
        is_gone = one.unit_id in noticed and word(contract.Grade, one.grade) in hidden
        if one.veto_ids and is_gone:
            is_refilled = all(refills[name] for name in one.veto_ids)
            caps = _caps(rules, Shown.PUBLIC, refill=is_refilled)
            found += [*caps] if len(caps) == 1 else []
    return found


def _caps(rules: RuleSet, reader: Shown, *, refill: bool) -> set[str]:
    """The grades that vetoes of that kind bring a unit to and the reader is not shown."""
    caps = {str(veto.cap) for veto in rules.vetoes if veto.refill == refill}
    return caps & _hidden(rules.grades, reader)


def _hidden(grades: Grades, reader: Shown) -> set[str]:
    return {str(s.grade) for s in grades.scale if _is_more_public(reader, s.shows.grade)}


def _only(counts: Counter[str], grades: set[str]) -> Counter[str]:
    return Counter({grade: count for grade, count in counts.items() if grade in grades and count})


def _pools(grades: Grades, standings: Iterable[Placing]) -> list[list[Placing]]:
    pools: dict[str, list[Placing]] = {}
    for one in standings:
        pool = one.peer_class_id if grades.pool == Pool.PEER_CLASS else ""
        pools.setdefault(pool, []).append(one)
    return [pools[name] for name in sorted(pools)]


def disclosed(grades: Grades, standings: Iterable[Placing]) -> list[tuple[Shown, Grade]]:
    """The same as rounds were published first: by the cut alone, without vetoes and notices.

    Places are public: where the cut gives a pool only one of the grades that a reader is not shown,
    the reader knows it of every unit of the pool without a grade.
    """
    told = []
    for reader in _READERS if grades.cut == Cut.QUOTA else ():
        hidden = [s.grade for s in grades.scale if _is_more_public(reader, s.shows.grade)]
        for had in _had(grades, standings):
            of_pool = [grade for grade in hidden if grade in had]
            if len(of_pool) == 1 and (reader, *of_pool) not in told:
                told.append((reader, of_pool[0]))
    return told


def _had(grades: Grades, standings: Iterable[Placing]) -> list[set[str]]:
    """The grades that the cut gives to somebody, pool by pool."""
    pools: dict[str, set[str]] = {}
    for one in standings:
        pool = one.peer_class_id if grades.pool == Pool.PEER_CLASS else ""
        pools.setdefault(pool, set()).add(word(contract.Grade, one.grade_by_cut))
    return [pools[name] for name in sorted(pools)]


def _is_more_public(one: Shown, other: Shown) -> bool:
    return _LEVELS.index(one) < _LEVELS.index(other)


def _has_no_place(step: Step, grades: Grades) -> bool:
    """Whether the text itself leaves nobody to the grade."""
    shares = sum(each.share or 0 for each in grades.scale)
    is_last = step is grades.scale[-1]
    takes_all = shares == WHOLE and grades.rounding == Rounding.UP
    return step.places == 0 or (is_last and takes_all)

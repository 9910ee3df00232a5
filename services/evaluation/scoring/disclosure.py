"""What the scale of a round gives away of grades that it hides.

A reader knows which units are rated. A grade that is the only one hidden from it is the grade of
every unit that shows none; so is the only hidden grade that anybody can have, once places are
counted. Such a scale does not load, or a round of so many units is not published by it. A score or
a rank tells the grade where cuts are known, so neither is ever more public than the grade.

A correction moves one unit without a new cut. Whoever did not see its former grade is told neither
that nor the score and the rank that went with it, so cannot tell which of the hidden grades that
the cut gave is left to the others.

What remains: a reader may know how likely each hidden grade is, and whoever is told its own grade
and meets all others who were told theirs can count. Nothing here hinders people from talking.
"""

from collections.abc import Iterable

from services.evaluation.scoring.parts import Grades, Step
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


def disclosed(grades: Grades, standings: Iterable[Placing]) -> list[tuple[Shown, Grade]]:
    """Readers to whom a hidden grade is told by counting, with that grade; empty where none is.

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

"""What the scale of a round gives away of grades that it hides.

A reader knows which units are rated. A grade that is the only one hidden from it is the grade of
every unit that shows none; so is the only hidden grade that anybody can have, once places are
counted. Such a scale does not load, or a round of so many units is not published by it. A score or
a rank tells the grade where cuts are known, so neither is ever more public than the grade.

What remains: a reader may know how likely each hidden grade is, and whoever is told its own grade
and meets all others who were told theirs can count. Nothing here hinders people from talking.
"""

from collections.abc import Mapping, Sequence

from services.evaluation.scoring.parts import Grades, Step
from services.evaluation.scoring.terms import WHOLE, Cut, Rounding, Shown
from services.kernel.policy_problems import Found

# Nobody outside sees what is internal, so no reader of that level is to be kept from anything.
_READERS = (Shown.PUBLIC, Shown.SUBJECT)
_LEVELS = tuple(Shown)


def check_scale(grades: Grades, found: Found) -> None:
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


def disclosed(grades: Grades, counts: Sequence[Mapping[str, int]]) -> list[tuple[Shown, str]]:
    """Readers to whom a hidden grade is told by counting, with that grade; empty where none is.

    `counts` has for each pool of units how many the cut gives each grade. Places are public, so
    whoever sees no grade in a pool where one hidden grade has everybody knows it.
    """
    told: list[tuple[Shown, str]] = []
    for reader in _READERS:
        hidden = [s.grade for s in grades.scale if _is_more_public(reader, s.shows.grade)]
        for pool in counts:
            had = [grade for grade in hidden if pool.get(grade, 0)]
            if grades.cut == Cut.QUOTA and len(had) == 1 and (reader, had[0]) not in told:
                told.append((reader, had[0]))
    return told


def _is_more_public(one: Shown, other: Shown) -> bool:
    return _LEVELS.index(one) < _LEVELS.index(other)


def _has_no_place(step: Step, grades: Grades) -> bool:
    """Whether the text itself leaves nobody to the grade."""
    shares = sum(each.share or 0 for each in grades.scale)
    is_last = step is grades.scale[-1]
    takes_all = shares == WHOLE and grades.rounding == Rounding.UP
    return step.places == 0 or (is_last and takes_all)

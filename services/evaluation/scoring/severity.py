"""How severe each assessor is, by least squares over all sheets of one criterion.

What an assessor gives is what the unit deserves plus an offset of the assessor, plus what nobody
can explain. The offsets that leave the least unexplained (the sum of its squares) are unique up to
one constant, as long as assessors link all units; the constant is chosen so that taking the offsets
out of every sheet changes no total of points. All numbers are exact fractions.

Eliminating the units leaves one equation for each assessor. They are solved in whole numbers, and
the time grows with the cube of the assessors: 60 take a fraction of a second, 200 some seconds.
"""

from collections.abc import Iterable, Mapping
from fractions import Fraction
from math import lcm

Given = Mapping[tuple[str, str], int]  # By assessor and unit: points in their last decimal.


def groups(pairs: Iterable[tuple[str, str]]) -> list[list[str]]:
    """The units that assessors link with one another, group by group; one group where all are."""
    group_of: dict[str, set[str]] = {}
    by_assessor: dict[str, list[str]] = {}
    for assessor, unit in pairs:
        by_assessor.setdefault(assessor, []).append(unit)
        group_of.setdefault(unit, {unit})
    for units in by_assessor.values():
        merged = set().union(*(group_of[unit] for unit in units))
        group_of |= dict.fromkeys(merged, merged)
    return sorted({id(group): sorted(group) for group in group_of.values()}.values())


def offsets(given: Given) -> dict[str, Fraction]:
    """The offset of each assessor, in the unit of the points; above 0 is lenient.

    The assessors have to link all units (`groups`).
    """
    assessors = sorted({assessor for assessor, _ in given})
    matrix, right = _equations(given, assessors)
    free = _solved([row[:-1] for row in matrix[:-1]], right[:-1])
    first = dict(zip(assessors, [*free, Fraction(0)], strict=True))
    constant = sum((first[a] for a, _ in given), Fraction(0)) / len(given)
    return {assessor: offset - constant for assessor, offset in first.items()}


def _equations(given: Given, assessors: list[str]) -> tuple[list[list[int]], list[int]]:
    """The normal equations of the assessors alone, times what makes them whole numbers."""
    place = {assessor: index for index, assessor in enumerate(assessors)}
    by_unit: dict[str, list[tuple[int, int]]] = {}
    for (assessor, unit), points in given.items():
        by_unit.setdefault(unit, []).append((place[assessor], points))
    scale = lcm(*(len(sheets) for sheets in by_unit.values()))
    matrix = [[0] * len(assessors) for _ in assessors]
    right = [0] * len(assessors)
    for sheets in by_unit.values():
        share, total = scale // len(sheets), sum(points for _, points in sheets)
        for one, points in sheets:
            right[one] += scale * points - share * total
            matrix[one][one] += scale
            for other, _ in sheets:
                matrix[one][other] -= share
    return matrix, right


def _solved(matrix: list[list[int]], right: list[int]) -> list[Fraction]:
    """The solution of a regular system of whole numbers, by Bareiss' elimination.

    The matrix is positive definite, so no pivot is zero.
    """
    size = len(matrix)
    rows = [[*row, end] for row, end in zip(matrix, right, strict=True)]
    before = 1
    for step in range(size):
        pivot = rows[step]
        for row in rows[step + 1 :]:
            factor = row[step]
            for column in range(step, size + 1):
                row[column] = (row[column] * pivot[step] - factor * pivot[column]) // before
        before = pivot[step]
    return _substituted(rows)


def _substituted(rows: list[list[int]]) -> list[Fraction]:
    size = len(rows)
    solution = [Fraction(0)] * size
    for step in reversed(range(size)):
        row = rows[step]
        known = sum((row[c] * solution[c] for c in range(step + 1, size)), Fraction(0))
        solution[step] = (row[size] - known) / row[step]
    return solution

"""How far assessors agree over all units: Krippendorff's alpha and an intraclass correlation.

Both look at the full range of units: among the best alone, agreement looks like none. Alpha is the
ordinal one (Krippendorff, Content Analysis, 2004): two points are as far apart as there are points
given between them. ICC(2,k) is that of Shrout and Fleiss (1979): assessors are a sample, and their
mean counts. Both are exact fractions; 1 is full agreement, 0 none beyond chance, less is possible.
"""

from collections import Counter
from collections.abc import Mapping
from fractions import Fraction
from itertools import accumulate

from services.evaluation.scoring.severity import Given


def alpha_ordinal(given: Given) -> Fraction | None:
    """Alpha; None where all that can be compared is the same. Units with one sheet say nothing."""
    units = [points for points in _by_unit(given).values() if len(points) > 1]
    totals: Counter[int] = Counter()
    for points in units:
        totals.update(points)
    count, distance = totals.total(), _distances(totals)
    expected = _spread(totals, distance)
    if expected == 0:
        return None
    observed = sum(
        (_spread(Counter(points), distance) / (len(points) - 1) for points in units), Fraction(0)
    )
    return 1 - (count - 1) * observed / expected


def icc_2_k(given: Given) -> Fraction | None:
    """ICC(2,k); None unless every assessor judged every unit, two of each, and means differ."""
    by_unit, by_assessor = _by_unit(given), _by_assessor(given)
    units, assessors = len(by_unit), len(by_assessor)
    if min(units, assessors) < 2 or len(given) != units * assessors:
        return None
    mean = Fraction(sum(given.values()), len(given))
    of_units = assessors * _squares(by_unit, mean)
    of_assessors = units * _squares(by_assessor, mean)
    whole = sum(((points - mean) ** 2 for points in given.values()), Fraction(0))
    between = of_units / (units - 1)
    raters = of_assessors / (assessors - 1)
    rest = (whole - of_units - of_assessors) / ((units - 1) * (assessors - 1))
    denominator = between + (raters - rest) / units
    return (between - rest) / denominator if denominator else None


def _by_unit(given: Given) -> dict[str, list[int]]:
    by_unit: dict[str, list[int]] = {}
    for (_, unit), points in given.items():
        by_unit.setdefault(unit, []).append(points)
    return by_unit


def _by_assessor(given: Given) -> dict[str, list[int]]:
    by_assessor: dict[str, list[int]] = {}
    for (assessor, _), points in given.items():
        by_assessor.setdefault(assessor, []).append(points)
    return by_assessor


def _squares(rows: Mapping[str, list[int]], mean: Fraction) -> Fraction:
    """The sum of the squares by which the means of the rows miss the mean of all."""
    return sum(((Fraction(sum(r), len(r)) - mean) ** 2 for r in rows.values()), Fraction(0))


def _distances(totals: Counter[int]) -> dict[int, Fraction]:
    """Where each value lies when values are as far apart as the points given between them."""
    values = sorted(totals)
    ends = accumulate(totals[value] for value in values)
    return {
        value: end - Fraction(totals[value], 2) for value, end in zip(values, ends, strict=True)
    }


def _spread(counts: Counter[int], place: Mapping[int, Fraction]) -> Fraction:
    """The sum of squared distances over all ordered pairs: 2 (n sum of squares - square of sum)."""
    count = counts.total()
    total = sum((n * place[value] for value, n in counts.items()), Fraction(0))
    squares = sum((n * place[value] ** 2 for value, n in counts.items()), Fraction(0))
    return 2 * (count * squares - total**2)

"""Agreement over all units is that of published examples, and of its definition."""

from collections.abc import Mapping
from fractions import Fraction
from itertools import combinations, permutations, product

from hypothesis import given, settings
from hypothesis import strategies as st

from services.evaluation.scoring.agreement import alpha_ordinal, icc_2_k

# Krippendorff (2011), Computing Krippendorff's Alpha-Reliability, part D: 4 observers, 12 units.
KRIPPENDORFF = {
    "A": "1 2 3 3 2 1 4 1 2 . . .",
    "B": "1 2 3 3 2 2 4 1 2 5 . 3",
    "C": ". 3 3 3 2 3 4 2 2 5 1 .",
    "D": "1 2 3 3 2 4 4 1 2 5 1 .",
}
# Shrout and Fleiss (1979), Intraclass correlations, table 2: 6 targets, 4 judges.
SHROUT_FLEISS = {"1": "9 6 8 7 10 6", "2": "2 1 4 1 5 2", "3": "5 3 6 2 6 4", "4": "8 2 8 6 9 7"}

Sheets = Mapping[tuple[str, str], int]


def sheets(rows: Mapping[str, str]) -> dict[tuple[str, str], int]:
    return {
        (assessor, f"unit-{index}"): int(points)
        for assessor, row in rows.items()
        for index, points in enumerate(row.split())
        if points != "."
    }


def by_definition(given_: Sheets) -> Fraction | None:
    """Ordinal alpha from its definition: a sum over every ordered pair of points."""
    units = {unit for _, unit in given_}
    rows = [[p for (_, of), p in given_.items() if of == unit] for unit in sorted(units)]
    rows = [row for row in rows if len(row) > 1]
    points = [p for row in rows for p in row]

    def distance(one: int, other: int) -> Fraction:
        low, high = sorted((one, other))
        between = sum(low <= p <= high for p in points)
        return (between - Fraction(points.count(low) + points.count(high), 2)) ** 2

    observed = sum(
        (distance(*pair) / (len(row) - 1) for row in rows for pair in permutations(row, 2)),
        Fraction(0),
    )
    expected = sum((distance(*pair) for pair in permutations(points, 2)), Fraction(0))
    return 1 - (len(points) - 1) * observed / expected if expected else None


# Alpha.


def test_alpha_is_that_of_the_published_example() -> None:
    alpha = alpha_ordinal(sheets(KRIPPENDORFF))
    assert alpha is not None
    assert round(float(alpha), 3) == 0.815


def test_alpha_of_full_agreement_is_one() -> None:
    assert alpha_ordinal(sheets({"a": "1 2 3", "b": "1 2 3", "c": "1 2 3"})) == 1


def test_alpha_of_full_disagreement_is_below_zero() -> None:
    # By hand: points 1, 1, 2, 2 lie 2 apart. Observed 4 x 4, expected 8 x 4: 1 - 3 x 16 / 32.
    assert alpha_ordinal(sheets({"a": "1 2", "b": "2 1"})) == Fraction(-1, 2)


def test_alpha_has_no_value_where_all_points_are_the_same() -> None:
    assert alpha_ordinal(sheets({"a": "3 3", "b": "3 3"})) is None


def test_a_unit_with_one_sheet_says_nothing_on_agreement() -> None:
    full = {"a": "1 2 3 4", "b": "1 3 3 4"}
    assert alpha_ordinal(sheets(full | {"c": ". . . . 9"})) == alpha_ordinal(sheets(full))


def test_alpha_looks_at_the_order_of_points_and_not_at_their_size() -> None:
    small, large = ({"a": f"1 2 {top}", "b": f"1 2 {top}", "c": f"1 1 {top}"} for top in (3, 90))
    assert alpha_ordinal(sheets(small)) == alpha_ordinal(sheets(large))


Panels = st.dictionaries(
    st.tuples(st.sampled_from("abcd"), st.sampled_from("uvwx")), st.integers(0, 6), min_size=1
)


@settings(deadline=None)
@given(Panels)
def test_alpha_is_what_its_definition_says(panel: dict[tuple[str, str], int]) -> None:
    assert alpha_ordinal(panel) == by_definition(panel)


# ICC(2,k).


def test_the_icc_is_that_of_the_published_example() -> None:
    icc = icc_2_k(sheets(SHROUT_FLEISS))
    assert icc is not None
    assert round(float(icc), 2) == 0.62


def test_the_icc_of_full_agreement_is_one() -> None:
    assert icc_2_k(sheets({"a": "1 2 3", "b": "1 2 3"})) == 1


def test_the_icc_has_no_value_unless_every_assessor_judged_every_unit() -> None:
    assert icc_2_k(sheets(SHROUT_FLEISS | {"4": "8 2 8 6 9 ."})) is None


def test_the_icc_has_no_value_for_one_unit_or_one_assessor() -> None:
    assert icc_2_k(sheets({"a": "1", "b": "2"})) is None
    assert icc_2_k(sheets({"a": "1 2 3"})) is None


def test_the_icc_has_no_value_where_all_points_are_the_same() -> None:
    assert icc_2_k(sheets({"a": "3 3", "b": "3 3"})) is None


Crossed = st.lists(st.lists(st.integers(0, 9), min_size=3, max_size=3), min_size=2, max_size=5)


@settings(deadline=None)
@given(Crossed)
def test_the_icc_is_what_covariances_say(rows: list[list[int]]) -> None:
    """The same in another way: variances and covariances of assessors, over units."""
    units, assessors = range(len(rows)), range(3)
    panel = {(f"a{a}", f"u{u}"): rows[u][a] for u, a in product(units, assessors)}
    means = [Fraction(sum(rows[u][a] for u in units), len(rows)) for a in assessors]

    def covariance(one: int, other: int) -> Fraction:
        products = [(rows[u][one] - means[one]) * (rows[u][other] - means[other]) for u in units]
        return Fraction(sum(products)) / (len(rows) - 1)

    shared = sum(covariance(*pair) for pair in combinations(assessors, 2)) / Fraction(3)
    own = sum(covariance(a, a) for a in assessors) / Fraction(3)
    middle = sum(means) / Fraction(3)
    lenient = sum((mean - middle) ** 2 for mean in means) / Fraction(2)
    whole = shared + (own - shared) / 3 + (lenient - (own - shared) / len(rows)) / 3
    assert icc_2_k(panel) == (shared / whole if whole else None)

"""The severity of assessors is what leaves the least unexplained, and moves no points in total."""

from fractions import Fraction

from hypothesis import assume, given, settings
from hypothesis import strategies as st

from services.evaluation.scoring.severity import groups, offsets

Panel = dict[tuple[str, str], int]

# Three units deserve 50, 60 and 70; a gives 6 more than b and 3 more than c.
LENIENT = {"a": 3, "b": -3, "c": 0}
DESERVED = {"u": 50, "v": 60, "w": 70}
ALL_JUDGE_ALL = {(a, u): DESERVED[u] + LENIENT[a] for a in LENIENT for u in DESERVED}
# Each judges two, and each pair of units has an assessor in common.
RING = {pair: ALL_JUDGE_ALL[pair] for pair in [*zip("aabbcc", "uvvwwu", strict=True)]}

Panels = st.dictionaries(
    st.tuples(st.sampled_from("abcd"), st.sampled_from("uvwxy")), st.integers(0, 100), min_size=1
)


def rest(panel: Panel, severity: dict[str, Fraction]) -> Fraction:
    """The sum of the squares of what the offsets leave unexplained."""
    left = {pair: points - severity[pair[0]] for pair, points in panel.items()}
    of_unit: dict[str, list[Fraction]] = {}
    for (_, unit), points in left.items():
        of_unit.setdefault(unit, []).append(points)
    means = {unit: sum(each, Fraction(0)) / len(each) for unit, each in of_unit.items()}
    return sum(((points - means[u]) ** 2 for (_, u), points in left.items()), Fraction(0))


# Offsets.


def test_offsets_that_explain_everything_are_found() -> None:
    assert offsets(ALL_JUDGE_ALL) == LENIENT


def test_offsets_are_found_where_each_assessor_judges_some() -> None:
    assert offsets(RING) == LENIENT


def test_one_assessor_alone_is_neither_severe_nor_lenient() -> None:
    assert offsets({("a", "u"): 7, ("a", "v"): 3}) == {"a": 0}


@settings(deadline=None)
@given(Panels)
def test_taking_offsets_out_moves_no_points_in_total(panel: Panel) -> None:
    assume(len(groups(panel)) == 1)
    severity = offsets(panel)
    assert sum((severity[assessor] for assessor, _ in panel), Fraction(0)) == 0


@settings(deadline=None)
@given(Panels, st.integers(-50, 50))
def test_no_other_offset_leaves_less_unexplained(panel: Panel, other: int) -> None:
    assume(len(groups(panel)) == 1)
    severity, assessor = offsets(panel), min(panel)[0]
    changed = severity | {assessor: severity[assessor] + Fraction(other, 10)}
    assert rest(panel, severity) <= rest(panel, changed)


@settings(deadline=None)
@given(Panels)
def test_what_offsets_leave_has_no_trace_of_an_assessor(panel: Panel) -> None:
    """The equations of least squares: nothing is left of any assessor's sheets together."""
    assume(len(groups(panel)) == 1)
    severity = offsets(panel)
    left = {pair: points - severity[pair[0]] for pair, points in panel.items()}
    for one in {assessor for assessor, _ in panel}:
        own = [unit for assessor, unit in panel if assessor == one]
        total = Fraction(0)
        for unit in own:
            of_unit = [points for (_, u), points in left.items() if u == unit]
            total += left[one, unit] - sum(of_unit, Fraction(0)) / len(of_unit)
        assert total == 0


@settings(deadline=None)
@given(Panels, st.sampled_from("abcd"), st.integers(-20, 20))
def test_who_gives_more_to_everybody_is_more_lenient_by_as_much(
    panel: Panel, assessor: str, more: int
) -> None:
    assume(len(groups(panel)) == 1)
    before = offsets(panel)
    after = offsets({pair: p + more * (pair[0] == assessor) for pair, p in panel.items()})
    for one in before:
        for other in before:
            apart = more * ((one == assessor) - (other == assessor))
            assert after[one] - after[other] == before[one] - before[other] + apart


@settings(deadline=None)
@given(Panels, st.data())
def test_the_order_of_sheets_changes_nothing(panel: Panel, data: st.DataObject) -> None:
    assume(len(groups(panel)) == 1)
    shuffled = dict(data.draw(st.permutations(sorted(panel.items()))))
    assert offsets(shuffled) == offsets(panel)


# Groups.


def test_units_that_no_assessor_links_are_groups_apart() -> None:
    assert groups([("a", "w"), ("a", "u"), ("b", "v"), ("c", "v"), ("c", "x")]) == [
        ["u", "w"],
        ["v", "x"],
    ]


def test_one_assessor_is_enough_to_link_two_groups() -> None:
    assert groups([("a", "u"), ("b", "v"), ("c", "u"), ("c", "v")]) == [["u", "v"]]


def test_units_are_linked_through_others() -> None:
    assert groups(RING) == [["u", "v", "w"]]

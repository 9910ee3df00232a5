"""A time for which a unit was disqualified goes from its first day to the day of its return."""

from collections.abc import Sequence
from datetime import date, timedelta

from hypothesis import given
from hypothesis import strategies as st

from services.kernel.gaps import behind, gap_at, left_of, merged
from zoneledger.ledger.v1.gap_pb2 import Gap

SPRING = Gap(since="2024-04-01", until="2024-07-01")
OPEN = Gap(since="2024-09-01")
DAYS = [(date(2024, 1, 1) + timedelta(days=each)).isoformat() for each in range(20)]
GAPS = st.lists(
    st.builds(
        lambda since, until: Gap(since=since, until=until),
        st.sampled_from(DAYS),
        st.sampled_from(["", *DAYS]),
    ).filter(lambda gap: not gap.until or gap.since <= gap.until),
    max_size=4,
)


def test_the_first_day_is_in_it_and_the_day_of_the_return_is_not() -> None:
    days = ["2024-03-31", "2024-04-01", "2024-06-30", "2024-07-01"]
    assert [gap_at(each, [SPRING]) for each in days] == [None, SPRING, SPRING, None]


def test_one_that_is_not_over_has_no_end() -> None:
    assert gap_at("2099-01-01", [SPRING, OPEN]) == OPEN


def test_one_that_was_taken_back_from_its_first_day_on_is_none() -> None:
    assert gap_at("2024-04-01", [Gap(since="2024-04-01", until="2024-04-01")]) is None


def test_times_that_touch_are_one() -> None:
    summer = Gap(since="2024-07-01", until="2024-08-01")
    assert merged([summer, SPRING]) == [Gap(since="2024-04-01", until="2024-08-01")]


def test_what_begins_later_is_behind() -> None:
    assert behind("2024-04-01", [OPEN, SPRING]) == [OPEN]


def test_what_is_left_of_a_year_is_what_is_before_between_and_behind() -> None:
    assert [*left_of("2024-01-01", "2024-12-31", [OPEN, SPRING])] == [
        ("2024-01-01", "2024-03-31"),
        ("2024-07-01", "2024-08-31"),
    ]


def is_out(day: str, gaps: Sequence[Gap]) -> bool:
    return any(each.since <= day and (not each.until or day < each.until) for each in gaps)


@given(GAPS)
def test_a_day_is_in_what_is_left_or_in_a_gap_and_never_in_both(gaps: Sequence[Gap]) -> None:
    times = [*left_of(DAYS[0], DAYS[-1], gaps)]
    for day in DAYS:
        is_left = any(first <= day <= last for first, last in times)
        assert is_left != is_out(day, gaps)
        assert is_out(day, gaps) == (gap_at(day, gaps) is not None)

"""Times for which a unit was disqualified, and what they leave of other times.

A gap goes from the day `since` to the day `until`, from which the unit is a member again; one that
is not over has no `until`. Gaps may come in any order and may overlap: what is in one of them is
out. One that ends on the day it begins with is none.
"""

from collections.abc import Iterator, Sequence
from datetime import date, timedelta
from typing import TypeAlias

from zoneledger.ledger.v1.gap_pb2 import Gap

Gaps: TypeAlias = Sequence[Gap]


def gap_at(day: str, gaps: Gaps) -> Gap | None:
    """The gap that the ISO 8601 day is in."""
    return next((gap for gap in merged(gaps) if _is_in(day, gap)), None)


def behind(day: str, gaps: Gaps) -> list[Gap]:
    """The gaps that begin after the day, in the order of time, none touching another."""
    return [gap for gap in merged(gaps) if gap.since > day]


def left_of(first: str, last: str, gaps: Gaps) -> Iterator[tuple[str, str]]:
    """The times from `first` to `last` that are in no gap; all days inclusive."""
    for gap in merged(gaps):
        if gap.since > last or first > last:
            break
        if gap.since > first:
            yield first, _day_before(gap.since)
        first = max(first, gap.until or _NEVER)
    if first <= last:
        yield first, last


def merged(gaps: Gaps) -> list[Gap]:
    """The same times in their order, none touching another."""
    whole: list[Gap] = []
    for gap in sorted(gaps, key=lambda each: each.since):
        if gap.until and gap.until <= gap.since:
            continue
        if whole and (not whole[-1].until or gap.since <= whole[-1].until):
            before = whole.pop()
            is_open = not before.until or not gap.until
            until = "" if is_open else max(before.until, gap.until)
            gap = Gap(since=before.since, until=until)  # Both as one.
        whole.append(gap)
    return whole


def _is_in(day: str, gap: Gap) -> bool:
    return gap.since <= day and (not gap.until or day < gap.until)


def _day_before(day: str) -> str:
    return (date.fromisoformat(day) - timedelta(days=1)).isoformat()


_NEVER = "9999-99-99"  # Behind every day of the calendar.

"""When a unit is a member, of which zone, and what it covers then.

What a unit has been from when to when is a list of intervals in the order of time. An unknown day
is empty and excludes nothing, except that an interval lies between its neighbours: what is known of
them bounds it. So a question about a day may have several answers where a day is not known, and all
of them are given. An entry without intervals is one from `member_from` to `member_until`.

Who is disqualified is no member meanwhile, whatever the entry says. Whoever asks whether a unit is
a member asks here, with the times for which it was disqualified.
"""

from collections.abc import Iterator, Sequence
from itertools import accumulate
from typing import NamedTuple, Protocol, TypeVar

from services.kernel.gaps import Gaps, gap_at, left_of, merged
from services.kernel.reasons import Why
from zoneledger.evaluation.v1.events_pb2 import Membership, Territory, Unit


class Interval(Protocol):
    """ISO 8601 days, both inclusive; "" where one is unknown, or there is no end."""

    valid_from: str
    valid_until: str


Kind = TypeVar("Kind", bound=Interval)


class Bounded(NamedTuple):
    """An interval's own days, and the known days of others that it lies between, exclusive."""

    first: str
    last: str
    after: str
    before: str

    def may_meet(self, first: str, last: str) -> bool:
        """Whether it may hold on a day from `first` to `last`."""
        is_begun = self.first <= last and self.after < last
        is_over = self.before <= first or (self.last != "" and self.last < first)
        return is_begun and not is_over


def memberships(unit: Unit) -> Sequence[Membership]:
    """The unit's memberships, also where its entry names its only one by three fields."""
    return unit.memberships or [
        Membership(zone_id=unit.zone_id, valid_from=unit.member_from, valid_until=unit.member_until)
    ]


def completed(unit: Unit) -> Unit:
    """The entry; the fields that sum up its memberships filled in where all are empty."""
    if not unit.memberships or unit.zone_id or unit.member_from or unit.member_until:
        return unit
    whole, newest = Unit(), unit.memberships[-1]
    whole.CopyFrom(unit)
    whole.zone_id, whole.member_from = newest.zone_id, newest.valid_from
    whole.member_until = newest.valid_until
    return whole


def is_member(unit: Unit, as_of: str, round_: int = 0, gaps: Gaps = ()) -> bool:
    """Whether it may be a member on the day and on one of the year; "" and 0 ask for nothing."""
    own = memberships(unit)
    is_entered = bool(on(own, as_of)) and bool(in_year(own, round_))
    is_out = bool(as_of) and gap_at(as_of, gaps) is not None
    return is_entered and not is_out and not disqualified_in(unit, round_, gaps)


def disqualified_in(unit: Unit, round_: int, gaps: Gaps) -> str:
    """Why a disqualification leaves a member no day of the year; "" where it has one."""
    own, (first, last) = memberships(unit), _year(round_)
    if not round_ or not in_year(own, round_):
        return ""
    if any(_meeting(own, *days) for days in left_of(first, last, gaps)):
        return ""
    since, until = next(
        (gap.since, gap.until) for gap in merged(gaps) if not gap.until or gap.until > first
    )
    if not until:
        return Why.DISQUALIFIED_BEFORE(unit=unit.unit_id, since=since, round=round_)
    return Why.DISQUALIFIED_MEANWHILE(unit=unit.unit_id, since=since, until=until, round=round_)


def zones(unit: Unit, as_of: str, round_: int = 0) -> Sequence[str]:
    """The zones that it may belong to on the day, else in the year, else at any time."""
    then = _then(memberships(unit), as_of, round_)
    return list(dict.fromkeys(each.zone_id for each in then if each.zone_id))


def territories(unit: Unit, as_of: str, round_: int = 0) -> Sequence[Territory]:
    """What it may cover on the day, else in the year, else at any time."""
    return _then(unit.territories, as_of, round_)


def on(intervals: Sequence[Kind], day: str) -> Sequence[Kind]:
    """Those that may hold on the day; all where it is empty."""
    return _meeting(intervals, day, day) if day else intervals


def in_year(intervals: Sequence[Kind], year: int) -> Sequence[Kind]:
    """Those that may hold on a day of the year; all where it is 0."""
    return _meeting(intervals, *_year(year)) if year else intervals


def _year(year: int) -> tuple[str, str]:
    return f"{year}-01-01", f"{year}-12-31"


def _then(intervals: Sequence[Kind], as_of: str, round_: int) -> Sequence[Kind]:
    return on(intervals, as_of) if as_of else in_year(intervals, round_)


def _meeting(intervals: Sequence[Kind], first: str, last: str) -> Sequence[Kind]:
    bounds = _bounded(intervals)
    return [each for each, b in zip(intervals, bounds, strict=True) if b.may_meet(first, last)]


def _bounded(intervals: Sequence[Interval]) -> Iterator[Bounded]:
    known = [[day for day in (i.valid_from, i.valid_until) if day] for i in intervals]
    after = ["", *accumulate((max(days, default="") for days in known), max)]
    before = [*accumulate((min(days, default=_NEVER) for days in reversed(known)), min)]
    behind = [_NEVER, *before][::-1][1:]
    for interval, since, until in zip(intervals, after, behind, strict=False):
        yield Bounded(interval.valid_from, interval.valid_until, since, until)


_NEVER = "9999-99-99"  # Behind every day of the calendar.

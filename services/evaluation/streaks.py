"""What the ratings of some years come to under a streak rule: reached, not reached, or open.

What is not known counts neither as a hit nor as a break: a missing or unpublished grade leaves the
result open where it could make a difference, and only there. A year in which the unit was certainly
no member is certainly no hit, also where it was disqualified for all of it: nobody could rate it
then (取消示范区资格 ends the membership). Whether a zone's grade counts for its members is an
answer to a norm; while there is none, a grade that would be a miss either way is a miss, and any
other is unknown.

Grades are compared by their place in the contract's scale, never by the words of a round. Where the
number of years is open, nothing is ever reached. Nothing here reads a clock or a document.
"""

from collections.abc import Iterable, Mapping, Sequence
from enum import Enum, auto
from typing import NamedTuple, Protocol

from services.evaluation.membership import is_member
from services.kernel.gaps import Gaps
from zoneledger.evaluation.v1.events_pb2 import Rating, Unit
from zoneledger.evaluation.v1.streak_commands_pb2 import (
    StreakCarryOver,
    StreakCounting,
    StreakRule,
    ZoneRating,
)
from zoneledger.evaluation.v1.streak_events_pb2 import Streak, StreakYear, StreakYearCount
from zoneledger.ledger.v1.visibility_pb2 import Visibility

HIT, MISS, UNKNOWN = (
    StreakYearCount.STREAK_YEAR_COUNT_HIT,
    StreakYearCount.STREAK_YEAR_COUNT_MISS,
    StreakYearCount.STREAK_YEAR_COUNT_UNKNOWN,
)
_PUBLIC, _INTERNAL = Visibility.VISIBILITY_PUBLIC, Visibility.VISIBILITY_INTERNAL
_INHERIT, _ANEW = (
    StreakCarryOver.STREAK_CARRY_OVER_INHERIT,
    StreakCarryOver.STREAK_CARRY_OVER_ANEW,
)


class Status(Enum):
    """What is told of a streak."""

    NONE = auto()
    WARNED = auto()
    UNDETERMINED = auto()
    REACHED = auto()


class Judged(NamedTuple):
    """A streak and what it came to."""

    status: Status
    streak: Streak


class Rates(Protocol):
    """What gave a unit its rating; a correction has a day of its own."""

    @property
    def rating(self) -> Rating: ...


class History(NamedTuple):
    """What is known of a unit: its entry, its ratings by year, and those of its zone.

    `gaps` are the times for which it was disqualified.
    """

    unit: Unit
    own: Mapping[int, Rates]
    zone: Mapping[int, ZoneRating]
    gaps: Gaps = ()


def judge(history: History, rule: StreakRule, round_: int) -> Judged:
    """What the years up to and with `round_` come to."""
    first = round_ - _span(rule) + 1
    years = [_year(history, rule, each) for each in range(first, round_ + 1)]
    counts = [each.count for each in years]
    verdict = _verdict(counts, rule)
    is_warning = verdict is not Status.REACHED and _is_warning(counts, rule)
    if verdict is Status.NONE and is_warning:
        verdict = Status.WARNED
    is_open = verdict is Status.UNDETERMINED
    return Judged(
        verdict,
        Streak(
            unit_id=history.unit.unit_id,
            round=round_,
            streak_id=rule.streak_id,
            kind=rule.kind,
            years=years,
            needed=rule.years,
            open_norm_ids=_open_norms(years, rule) if is_open else [],
            is_warning=is_warning,
            clause_id=rule.clause_id,
            supplement_id=rule.supplement_id,
            policy=rule.policy,
            effective_on=max([rule.answered_on, *_days(history, years)]),
            visibility=max(map(_seen, _ratings(history, years)), default=_PUBLIC),
        ),
    )


def governs(rule: StreakRule, round_: int) -> bool:
    """Whether the rule is that of the document of the round."""
    return rule.rounds_from <= round_ and (not rule.rounds_until or round_ <= rule.rounds_until)


def may_count(rule: StreakRule, round_: int) -> bool:
    """Whether the year is one that some streak by this rule looks at."""
    is_past = bool(rule.rounds_until) and round_ > rule.rounds_until
    return not is_past and round_ > rule.rounds_from - _span(rule)


def rounds(history: History, rule: StreakRule) -> set[int]:
    """The years that a streak by this rule can end with: something is known of them."""
    return {each for each in (*history.own, *history.zone) if governs(rule, each)}


def comes_together(counts: Sequence[int], needed: int, counting: int) -> Status:
    """Whether so many hits come together: REACHED, NONE, or UNDETERMINED."""
    if counting == StreakCounting.STREAK_COUNTING_IN_ANY_ORDER:
        groups = [counts]
    else:
        groups = [counts[at : at + needed] for at in range(len(counts) - needed + 1)]
    if any(_hits(group, HIT) >= needed for group in groups):
        return Status.REACHED
    if any(_hits(group, HIT, UNKNOWN) >= needed for group in groups):
        return Status.UNDETERMINED
    return Status.NONE


def _span(rule: StreakRule) -> int:
    """How many years are looked at; a warning may need more of them than an open streak."""
    return max(rule.within or rule.years or rule.at_least, rule.warn_at, 1)


def _year(history: History, rule: StreakRule, round_: int) -> StreakYear:
    own, zone = history.own.get(round_), history.zone.get(round_)
    if own is not None:
        return _counted(own.rating, rule, round_)
    if not is_member(history.unit, "", round_, history.gaps):
        return StreakYear(round=round_, count=MISS)
    if round_ >= rule.own_since:
        return StreakYear(round=round_, count=UNKNOWN)
    if rule.carry_over == _ANEW:
        return StreakYear(round=round_, count=MISS)
    if zone is None:
        return StreakYear(round=round_, count=UNKNOWN)
    inherited = _counted(zone.rating, rule, round_)
    if rule.carry_over != _INHERIT and inherited.count == HIT:
        inherited.count = UNKNOWN  # A hit if it is inherited, a miss if the count begins anew.
    return inherited


def _counted(rating: Rating, rule: StreakRule, round_: int) -> StreakYear:
    count = HIT if rating.grade in rule.grades else MISS
    return StreakYear(round=round_, count=count, rated_unit_id=rating.unit_id, grade=rating.grade)


def _verdict(counts: Sequence[int], rule: StreakRule) -> Status:
    if rule.years:
        looked_at = counts[-(rule.within or rule.years) :]
        return comes_together(looked_at, rule.years, rule.counting)
    looked_at = counts[-(rule.within or rule.at_least) :]
    fewest = comes_together(looked_at, rule.at_least, rule.counting)
    return fewest if fewest is Status.NONE else Status.UNDETERMINED


def _is_warning(counts: Sequence[int], rule: StreakRule) -> bool:
    """Whether the last years are certainly as many hits as are worth a warning."""
    if not rule.warn_at:
        return False
    if rule.counting == StreakCounting.STREAK_COUNTING_IN_ANY_ORDER:
        return _hits(counts, HIT) >= rule.warn_at
    return _hits(counts[-rule.warn_at :], HIT) == rule.warn_at


def _open_norms(years: Iterable[StreakYear], rule: StreakRule) -> list[str]:
    """The norms on which it hangs: the number of years, and what becomes of the zone's grades."""
    is_carried = any(
        each.count == UNKNOWN and each.round < rule.own_since and not rule.carry_over
        for each in years
    )
    named = [rule.years_norm_id if not rule.years else ""]
    return [*filter(None, [*named, rule.carry_over_norm_id if is_carried else ""])]


def _seen(rating: Rating) -> Visibility.ValueType:
    """Who may see it; one that does not say so is internal."""
    return min(rating.visibility or _INTERNAL, _INTERNAL)


def _hits(counts: Sequence[int], *of: int) -> int:
    return sum(count in of for count in counts)


def _ratings(history: History, years: Iterable[StreakYear]) -> list[Rating]:
    """The ratings that were looked at."""
    return [source.rating for source in _sources(history, years)]


def _days(history: History, years: Iterable[StreakYear]) -> list[str]:
    """The days from which the ratings counted as they do."""
    return [
        day
        for source in _sources(history, years)
        for day in (source.rating.published_on, getattr(source, "corrected_on", ""))
    ]


def _sources(history: History, years: Iterable[StreakYear]) -> list[Rates]:
    return [
        history.own.get(each.round) or history.zone[each.round]
        for each in years
        if each.rated_unit_id
    ]

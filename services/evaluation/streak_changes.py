"""What readers are told of a unit's streaks: each change once, and nobody more than they may see.

For each streak it is remembered what the readers of each visibility were told last. Whoever sees
less than the ratings that were looked at is told nothing; of the others the ones that see least and
were told otherwise decide how hidden the event is. So what some readers are told never depends on a
rating that they may not see.
"""

from collections.abc import Iterator, Mapping
from typing import TypeAlias

from services.evaluation.streaks import Judged, Status
from zoneledger.evaluation.v1.streak_events_pb2 import (
    Streak,
    StreakEnded,
    StreakLeftUndetermined,
    StreakReached,
    StreakWarned,
)
from zoneledger.ledger.v1.visibility_pb2 import Visibility

StreakTold: TypeAlias = StreakWarned | StreakReached | StreakLeftUndetermined | StreakEnded
Key: TypeAlias = tuple[int, str]  # The last year, and the rule.
Told: TypeAlias = Mapping[Key, Mapping[int, Judged]]  # By streak, then by visibility.

_LEVELS = (
    Visibility.VISIBILITY_PUBLIC,
    Visibility.VISIBILITY_SUBJECT,
    Visibility.VISIBILITY_INTERNAL,
)


def changes(now: Judged, before: Told) -> Iterator[StreakTold]:
    """What has to be told where a streak came to this now."""
    told = before.get((now.streak.round, now.streak.streak_id), {})
    for level in _LEVELS[_LEVELS.index(now.streak.visibility) :]:
        known = told.get(level)
        if not _is_same(known, now):
            streak = Streak()
            streak.CopyFrom(now.streak)
            streak.visibility = level
            yield from _tellings(Judged(now.status, streak), known)
            return


def _tellings(now: Judged, before: Judged | None) -> Iterator[StreakTold]:
    was_warned = before is not None and before.streak.is_warning
    match now.status:
        case Status.NONE:
            yield StreakEnded(streak=now.streak)
        case Status.WARNED:
            yield StreakWarned(streak=now.streak)
        case Status.UNDETERMINED:
            if now.streak.is_warning and not was_warned:
                yield StreakWarned(streak=now.streak)
            yield StreakLeftUndetermined(streak=now.streak)
        case Status.REACHED:
            yield StreakReached(streak=now.streak)


def _is_same(before: Judged | None, now: Judged) -> bool:
    if before is None or before.status is Status.NONE:
        return now.status is Status.NONE
    return before.status is now.status and _without_readers(before) == _without_readers(now)


def _without_readers(judged: Judged) -> Streak:
    streak = Streak()
    streak.CopyFrom(judged.streak)
    streak.ClearField("visibility")
    return streak


def _judged(event: StreakTold) -> Judged:
    match event:
        case StreakEnded():
            return Judged(Status.NONE, event.streak)
        case StreakWarned():
            return Judged(Status.WARNED, event.streak)
        case StreakLeftUndetermined():
            return Judged(Status.UNDETERMINED, event.streak)
        case StreakReached():
            return Judged(Status.REACHED, event.streak)


def taken_in(told: Told, event: StreakTold) -> Told:
    """Whoever sees the event was told."""
    now = _judged(event)
    key = (now.streak.round, now.streak.streak_id)
    seen = {level: now for level in _LEVELS if level >= now.streak.visibility}
    return {**told, key: {**told.get(key, {}), **seen}}


def truths(told: Told, kind: int, status: Status) -> dict[Key, Streak]:
    """The streaks of a kind that came to this, by whoever sees everything."""
    return {
        key: judged.streak
        for key, by_level in sorted(told.items())
        for judged in [by_level[Visibility.VISIBILITY_INTERNAL]]
        if judged.streak.kind == kind and judged.status is status
    }

"""Where a unit stands with its streaks: what was told of them, and what people decided.

A proposal is made again with other bases, withdrawn, or decided on; a disqualification loses its
basis, gets one back, or is taken back. What cannot follow is a corrupt history. `settled` are the
bases that were decided on: they are not proposed again, except those whose streak was gone at some
time after the disqualification on them was taken back, which are `reopened`. What a person declined
to act on stays declined.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from dataclasses import field as default
from typing import NamedTuple, TypeAlias

from services.evaluation.streak_changes import Key, StreakTold, Told, taken_in, truths
from services.evaluation.streaks import Status
from services.kernel.errors import CorruptHistory, Rejected
from services.kernel.gaps import Gaps
from services.kernel.reasons import Why
from zoneledger.evaluation.v1.streak_events_pb2 import (
    DisqualificationBasisLost,
    DisqualificationBasisRestored,
    DisqualificationDeclined,
    DisqualificationProposalWithdrawn,
    DisqualificationProposed,
    DisqualificationReversed,
    ExpansionRightUsed,
    StreakBasis,
    StreakEnded,
    StreakKind,
    StreakLeftUndetermined,
    StreakReached,
    StreakWarned,
    ZoneDisqualified,
)
from zoneledger.evaluation.v1.streak_review_events_pb2 import StreaksReviewed
from zoneledger.ledger.v1.gap_pb2 import Gap

# How a command reads what came before it: from now on with the times of disqualification that are
# over, and with what was reopened. Commands recorded before read as at first, by 0.
READING = 1
_DISQUALIFIES = StreakKind.STREAK_KIND_DISQUALIFICATION

Decided: TypeAlias = DisqualificationDeclined | DisqualificationReversed
Event: TypeAlias = (
    StreakTold
    | DisqualificationProposed
    | DisqualificationProposalWithdrawn
    | Decided
    | ZoneDisqualified
    | DisqualificationBasisLost
    | DisqualificationBasisRestored
    | ExpansionRightUsed
    | StreaksReviewed
)


class Undecided(NamedTuple):
    """Nothing is proposed. `decided` is the last decision that was made, if any."""

    decided: Decided | None = None


class Proposed(NamedTuple):
    """A proposal waits for a person."""

    bases: Sequence[Key]
    decided: Decided | None = None


class Disqualified(NamedTuple):
    """The unit is disqualified; `is_founded` is whether a streak still bears it, `bases` which."""

    event: ZoneDisqualified
    is_founded: bool = True
    bases: frozenset[Key] = frozenset()


Outcome: TypeAlias = Undecided | Proposed | Disqualified


@dataclass(frozen=True, slots=True)
class Standing:
    """What was told of a unit's streaks, what came of them, and which bases are decided on.

    `gaps` are the times for which it was disqualified, also that which has no end yet. `reviewed`
    is the last review, while nothing that counts in a streak has happened since.
    """

    told: Told = default(default_factory=dict)
    outcome: Outcome = default(default_factory=Undecided)
    settled: frozenset[Key] = frozenset()
    declined: frozenset[Key] = frozenset()
    reopened: frozenset[Key] = frozenset()
    gaps: Gaps = ()
    used: Mapping[tuple[Key, int], ExpansionRightUsed] = default(default_factory=dict)
    reviewed: StreaksReviewed | None = None

    @property
    def disqualified_on(self) -> str:
        """Since when the unit is disqualified; "" where it is not."""
        return self.outcome.event.effective_on if isinstance(self.outcome, Disqualified) else ""

    def read(self, reading: int) -> "Standing":
        """The same as a command of that reading reads it."""
        if not reading:
            return replace(self, reopened=frozenset(), gaps=())
        return replace(self, settled=self.settled - self.reopened)


def evolve(state: Standing, event: Event) -> Standing:
    if isinstance(event, StreaksReviewed):
        return replace(state, reviewed=event)
    state = unreviewed(state)
    match event:
        case StreakWarned() | StreakReached() | StreakLeftUndetermined() | StreakEnded():
            return _with_reopened(replace(state, told=taken_in(state.told, event)))
        case ExpansionRightUsed():
            key = ((event.round, event.streak_id), event.part)
            return replace(state, used={**state.used, key: event})
        case _:
            settled = _settled_by(event)
            is_declined = isinstance(event, DisqualificationDeclined)
            decided = replace(
                state,
                outcome=_outcome(state.outcome, event),
                settled=state.settled | settled,
                declined=state.declined | (settled if is_declined else frozenset()),
                reopened=state.reopened - settled,
                gaps=gaps_after(state.gaps, event),
            )
            return _with_reopened(decided)


def gaps_after(gaps: Gaps, event: object) -> Gaps:
    """The times of disqualification with what the event makes of them."""
    match event:
        case ZoneDisqualified():
            return [*gaps, Gap(since=event.effective_on)]
        case DisqualificationReversed():
            over = Gap(since=event.disqualified_on, until=event.effective_on)
            return [*(gap for gap in gaps if gap.until), over]
        case _:
            return gaps


def over(gaps: Gaps) -> list[Gap]:
    """Those of them that are over."""
    return [gap for gap in gaps if gap.until]


def unreviewed(state: Standing) -> Standing:
    """The state behind something that may count in a streak, or on which a decision may rest."""
    return replace(state, reviewed=None)


def _outcome(before: Outcome, event: Event) -> Outcome:
    match before, event:
        case Undecided() | Proposed(), DisqualificationProposed():
            return Proposed(keys(event.bases), before.decided)
        case Proposed(), DisqualificationProposalWithdrawn():
            return Undecided(before.decided)
        case Proposed(), DisqualificationDeclined():
            return Undecided(event)
        case Proposed(), ZoneDisqualified():
            return Disqualified(event, bases=frozenset(keys(event.bases)))
        case Disqualified(), DisqualificationBasisLost():
            return before._replace(is_founded=False)
        case Disqualified(), DisqualificationBasisRestored():
            return before._replace(is_founded=True, bases=frozenset(keys(event.bases)))
        case Disqualified(), DisqualificationReversed():
            return Undecided(event)
        case _:
            raise CorruptHistory(f"{event.DESCRIPTOR.name} cannot follow {type(before).__name__}")


def _settled_by(event: Event) -> frozenset[Key]:
    match event:
        case DisqualificationDeclined() | ZoneDisqualified() | DisqualificationBasisRestored():
            return frozenset(keys(event.bases))
        case _:
            return frozenset()


def _with_reopened(state: Standing) -> Standing:
    """With what may be proposed again: its streak is gone, and so is the decision on it."""
    taken_back = state.settled - state.declined
    if isinstance(state.outcome, Disqualified) or not taken_back:
        return state
    reached = truths(state.told, _DISQUALIFIES, Status.REACHED)
    return replace(state, reopened=state.reopened | (taken_back - reached.keys()))


def keys(bases: Iterable[StreakBasis]) -> list[Key]:
    return [(each.round, each.streak_id) for each in bases]


def must_not_be_before(day: str, since: str, unit: str, field: str) -> None:
    """`Rejected` where a decision is older than what it rests on."""
    if day < since:
        raise Rejected(Why.BEFORE_ITS_BASIS(unit=unit, day=day, since=since), field=field)

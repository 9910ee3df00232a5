"""Where a unit stands with its streaks: what was told of them, and what people decided.

A proposal is made again with other bases, withdrawn, or decided on; a disqualification loses its
basis, gets one back, or is taken back. What cannot follow is a corrupt history. `settled` are the
bases that were decided on: they are not proposed again.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from dataclasses import field as default
from typing import NamedTuple, TypeAlias

from services.evaluation.streak_changes import Key, StreakTold, Told, taken_in
from services.kernel.errors import CorruptHistory, Rejected
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
    StreakLeftUndetermined,
    StreakReached,
    StreakWarned,
    ZoneDisqualified,
)
from zoneledger.evaluation.v1.streak_review_events_pb2 import StreaksReviewed

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
    """The unit is disqualified; `is_founded` is whether a streak still bears it."""

    event: ZoneDisqualified
    is_founded: bool = True


Outcome: TypeAlias = Undecided | Proposed | Disqualified


@dataclass(frozen=True, slots=True)
class Standing:
    """What was told of a unit's streaks, what came of them, and which bases are decided on.

    `reviewed` is the last review, while nothing that counts in a streak has happened since.
    """

    told: Told = default(default_factory=dict)
    outcome: Outcome = default(default_factory=Undecided)
    settled: frozenset[Key] = frozenset()
    used: Mapping[tuple[Key, int], ExpansionRightUsed] = default(default_factory=dict)
    reviewed: StreaksReviewed | None = None

    @property
    def disqualified_on(self) -> str:
        """Since when the unit is disqualified; "" where it is not."""
        return self.outcome.event.effective_on if isinstance(self.outcome, Disqualified) else ""


def evolve(state: Standing, event: Event) -> Standing:
    if isinstance(event, StreaksReviewed):
        return replace(state, reviewed=event)
    state = unreviewed(state)
    match event:
        case StreakWarned() | StreakReached() | StreakLeftUndetermined() | StreakEnded():
            return replace(state, told=taken_in(state.told, event))
        case ExpansionRightUsed():
            key = ((event.round, event.streak_id), event.part)
            return replace(state, used={**state.used, key: event})
        case _:
            settled = state.settled | _settled_by(event)
            return replace(state, outcome=_outcome(state.outcome, event), settled=settled)


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
            return Disqualified(event)
        case Disqualified(), DisqualificationBasisLost():
            return before._replace(is_founded=False)
        case Disqualified(), DisqualificationBasisRestored():
            return before._replace(is_founded=True)
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


def keys(bases: Iterable[StreakBasis]) -> list[Key]:
    return [(each.round, each.streak_id) for each in bases]


def must_not_be_before(day: str, since: str, unit: str, field: str) -> None:
    """`Rejected` where a decision is older than what it rests on."""
    if day < since:
        raise Rejected(Why.BEFORE_ITS_BASIS(unit=unit, day=day, since=since), field=field)

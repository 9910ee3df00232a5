"""Streaks, the rights they gave, and disqualification, as the events of a unit tell them.

A streak is shown where something was told of it, also when it ended: then its rights are lost. A
proposal, and that a decision lost its basis, are for those who decide; what was decided is public,
without the ratings and streaks that its reader may not see. That it was declined tells as much as
the streaks behind it, and is as hidden.
"""

from collections.abc import Callable, Iterable, Sequence
from typing import Any

from google.protobuf.message import Message

from services.evaluation.streak_changes import StreakTold
from services.evaluation.streak_standing import Event
from services.evaluation.streak_telling import tell
from services.kernel.aspects import Aspects
from services.kernel.decision import Recorded, moment
from zoneledger.evaluation.v1.service_pb2 import (
    DisqualificationStanding,
    DisqualificationStatus,
    ExpansionRight,
    ExpansionRightStatus,
    StreakStanding,
    StreakStatus,
)
from zoneledger.evaluation.v1.streak_events_pb2 import (
    DisqualificationBasisLost,
    DisqualificationBasisRestored,
    DisqualificationDeclined,
    DisqualificationProposalWithdrawn,
    DisqualificationProposed,
    DisqualificationReversed,
    ExpansionPart,
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
from zoneledger.ledger.v1.visibility_pb2 import Visibility

_PARTS = (ExpansionPart.EXPANSION_PART_PARK, ExpansionPart.EXPANSION_PART_CITY)


def subject(event: Event) -> str:
    return event.streak.unit_id if isinstance(event, StreakTold) else event.unit_id


def effective_on(event: Event) -> str:
    match event:
        case ZoneDisqualified() | DisqualificationReversed():
            return event.effective_on
        case _:
            return occurred_on(event)


def occurred_on(event: Event) -> str:
    match event:
        case _ if isinstance(event, StreakTold):
            return event.streak.effective_on
        case DisqualificationProposed():
            return event.proposed_on
        case DisqualificationProposalWithdrawn():
            return event.withdrawn_on
        case DisqualificationBasisLost():
            return event.lost_on
        case DisqualificationBasisRestored():
            return event.restored_on
        case ExpansionRightUsed():
            return event.used_on
        case StreaksReviewed():
            return event.reviewed_on
        case _:
            return event.decided_on


def visibility(event: Event) -> int:
    match event:
        case _ if isinstance(event, StreakTold):
            return event.streak.visibility
        case ExpansionRightUsed():
            return event.visibility
        case ZoneDisqualified() | DisqualificationReversed():
            return Visibility.VISIBILITY_PUBLIC
        case DisqualificationDeclined():
            return max((basis.visibility for basis in event.bases), default=0)
        case _:
            return Visibility.VISIBILITY_INTERNAL


def veiled(event: Event, sees: Callable[[int], bool]) -> Event:
    """A decision without the ratings and the streaks that are for others only."""
    if isinstance(event, ZoneDisqualified):
        whole = ZoneDisqualified()
        whole.CopyFrom(event)
        _keep(whole.bases, [each for each in event.bases if sees(each.visibility)])
        _keep(whole.ratings, [each for each in event.ratings if sees(each.rating.visibility)])
        return whole
    if isinstance(event, DisqualificationReversed):
        back = DisqualificationReversed()
        back.CopyFrom(event)
        _keep(back.ratings, [each for each in event.ratings if sees(each.rating.visibility)])
        return back
    return event


def _keep(shown: Any, seen: Sequence[Message]) -> None:
    """Leave only what is seen in a repeated field."""
    del shown[:]
    shown.extend(seen)


SAID = Aspects(subject, effective_on, occurred_on, visibility, veiled, tell)


def streaks(entries: Sequence[Recorded], round_: int) -> list[StreakStanding]:
    """What was told last of each streak of the unit, by its last year; 0 is any year."""
    standing: dict[tuple[int, str], StreakStanding] = {}
    used: dict[tuple[int, str, int], ExpansionRightUsed] = {}
    for event, recorded_ns, decision_id, _ in entries:
        match event:
            case StreakWarned() | StreakReached() | StreakLeftUndetermined() | StreakEnded():
                streak = event.streak
                standing[streak.round, streak.streak_id] = StreakStanding(
                    name=f"units/{streak.unit_id}/streaks/{streak.round}.{streak.streak_id}",
                    streak=streak,
                    status=_STATUS[type(event)],
                    recorded_at=moment(recorded_ns),
                    decision_id=decision_id,
                )
            case ExpansionRightUsed():
                used[event.round, event.streak_id, event.part] = event
    for (last, name), each in standing.items():
        if each.streak.kind == StreakKind.STREAK_KIND_EXPANSION:
            each.rights.extend(_rights(each, {p: used.get((last, name, p)) for p in _PARTS}))
    return [standing[key] for key in sorted(standing) if round_ in (0, key[0])]


def disqualifications(entries: Sequence[Recorded]) -> list[DisqualificationStanding]:
    """What was proposed for the unit or decided on it last; empty where nothing was."""
    standing: DisqualificationStanding | None = None
    for event, recorded_ns, decision_id, _ in entries:
        if (shown := _shown(event, standing)) is not None:
            shown.recorded_at.CopyFrom(moment(recorded_ns))
            shown.decision_id = shown.etag = decision_id
            standing = shown
    return [standing] if standing else []


_STATUS: dict[type[StreakTold], StreakStatus.ValueType] = {
    StreakWarned: StreakStatus.STREAK_STATUS_WARNED,
    StreakReached: StreakStatus.STREAK_STATUS_REACHED,
    StreakLeftUndetermined: StreakStatus.STREAK_STATUS_UNDETERMINED,
    StreakEnded: StreakStatus.STREAK_STATUS_ENDED,
}


def _rights(
    standing: StreakStanding, used: dict[ExpansionPart.ValueType, ExpansionRightUsed | None]
) -> Iterable[ExpansionRight]:
    """The unit may add a park, its province may recommend one more city."""
    is_reached = standing.status == StreakStatus.STREAK_STATUS_REACHED
    for part, use in used.items():
        if use is None and not is_reached and standing.status != StreakStatus.STREAK_STATUS_ENDED:
            continue
        status = ExpansionRightStatus.EXPANSION_RIGHT_STATUS_GAINED
        if not is_reached:
            status = ExpansionRightStatus.EXPANSION_RIGHT_STATUS_LOST
        elif use is not None:
            status = ExpansionRightStatus.EXPANSION_RIGHT_STATUS_USED
        yield ExpansionRight(part=part, status=status, use=use)


def _shown(
    event: object, before: DisqualificationStanding | None
) -> DisqualificationStanding | None:
    match event:
        case DisqualificationProposed():
            status = DisqualificationStatus.DISQUALIFICATION_STATUS_PROPOSED
            return _standing(event.unit_id, status, event.bases)
        case DisqualificationProposalWithdrawn():
            status = DisqualificationStatus.DISQUALIFICATION_STATUS_PROPOSAL_WITHDRAWN
            return _standing(event.unit_id, status, ())
        case DisqualificationDeclined():
            status = DisqualificationStatus.DISQUALIFICATION_STATUS_DECLINED
            return _decided(event, status, event.bases)
        case ZoneDisqualified():
            status = DisqualificationStatus.DISQUALIFICATION_STATUS_DISQUALIFIED
            return _decided(event, status, event.bases)
        case DisqualificationReversed():
            status = DisqualificationStatus.DISQUALIFICATION_STATUS_REVERSED
            return _decided(event, status, ())
        case DisqualificationBasisLost() | DisqualificationBasisRestored() if before is not None:
            shown = DisqualificationStanding()
            shown.CopyFrom(before)
            shown.is_unfounded = isinstance(event, DisqualificationBasisLost)
            return shown
        case _:
            return None


def _decided(
    event: DisqualificationDeclined | ZoneDisqualified | DisqualificationReversed,
    status: DisqualificationStatus.ValueType,
    bases: Iterable[StreakBasis],
) -> DisqualificationStanding:
    shown = _standing(event.unit_id, status, bases)
    shown.document, shown.decided_on = event.document, event.decided_on
    shown.reason = event.reason
    if not isinstance(event, DisqualificationDeclined):
        shown.effective_on = event.effective_on
    return shown


def _standing(
    unit_id: str, status: DisqualificationStatus.ValueType, bases: Iterable[StreakBasis]
) -> DisqualificationStanding:
    return DisqualificationStanding(
        name=f"units/{unit_id}/disqualification", unit_id=unit_id, status=status, bases=bases
    )

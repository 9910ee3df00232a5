"""What a rating earns at the bank: one credit tilt for each unit and round, or none.

A tilt (倾斜) is settled once by the document in force for the round: earned, not earned, or left
open by the document. A correction upstream replaces it, and a disqualification ends it; where that
is over, it stands again from its end. What that changes in retrospect goes to the review list
(kernel/review.py) in the same decision. It is never a loan: loans are the bank's own decisions. The
verdict comes in with the command; nothing here knows a policy.
"""

from collections.abc import Sequence
from typing import NamedTuple, TypeAlias

from services.kernel import review
from services.kernel.decider import Decider
from services.kernel.errors import CorruptHistory
from services.kernel.policy_terms import Instrument, Reason
from services.kernel.review import Past, Revision
from services.kernel.support import says_same, withdrawn_for
from zoneledger.financing.v1.commands_pb2 import GrantCreditTilt, ReviseCreditTilt
from zoneledger.financing.v1.events_pb2 import (
    CreditTilt,
    CreditTiltGranted,
    CreditTiltLeftUndetermined,
    CreditTiltWithdrawn,
    NoCreditTiltEarned,
)
from zoneledger.financing.v1.review_commands_pb2 import CloseCreditTiltReview
from zoneledger.financing.v1.review_events_pb2 import (
    CreditTiltReviewClosed,
    CreditTiltReviewLapsed,
    CreditTiltReviewOpened,
)
from zoneledger.ledger.v1.decision_pb2 import PolicyReference
from zoneledger.ledger.v1.gap_pb2 import Gap

Settling: TypeAlias = GrantCreditTilt | ReviseCreditTilt
Command: TypeAlias = Settling | CloseCreditTiltReview
Said: TypeAlias = (
    CreditTiltGranted | CreditTiltWithdrawn | NoCreditTiltEarned | CreditTiltLeftUndetermined
)
Reviewed: TypeAlias = CreditTiltReviewOpened | CreditTiltReviewLapsed | CreditTiltReviewClosed
Event: TypeAlias = Said | Reviewed


class Unsettled(NamedTuple):
    """Nothing has been decided for this unit and round."""


class Tilted(NamedTuple):
    """The tilt that stands, and what was before it."""

    tilt: CreditTilt
    past: Past


class Untilted(NamedTuple):
    """Nothing stands; `why` is what was said last, and `past` what was."""

    why: CreditTiltWithdrawn | NoCreditTiltEarned | CreditTiltLeftUndetermined
    past: Past


State: TypeAlias = Unsettled | Tilted | Untilted

_INSTRUMENT: str = Instrument.CREDIT_TILT.value


def decide(command: Command, state: State) -> list[Event]:
    match command, state:
        case CloseCreditTiltReview(), _:
            return _close(command, state)
        case GrantCreditTilt() | ReviseCreditTilt(), Unsettled():
            return _with_review(command, state, [_settled(command)])
        case GrantCreditTilt() | ReviseCreditTilt(), Tilted() | Untilted():
            return _decide_settled(command, state)


def _decide_settled(command: Settling, state: Tilted | Untilted) -> list[Event]:
    match command:
        case GrantCreditTilt():
            return []  # Settled once; the same rating heard again changes nothing.
        case ReviseCreditTilt() if _has_ended(command, state) or _has_resumed(command, state):
            return []
        case ReviseCreditTilt():
            return _with_review(command, state, _revise(command, state))


def evolve(state: State, event: Event) -> State:
    past = _past(state)
    match state, event:
        case Unsettled() | Untilted(), CreditTiltGranted():
            tilt = event.tilt
            first = tilt.held_back_from or tilt.effective_on
            return Tilted(tilt, review.settled(past, first, tilt.visibility))
        case Unsettled() | Untilted(), NoCreditTiltEarned() | CreditTiltLeftUndetermined():
            return Untilted(event, review.settled(past, event.effective_on, event.visibility))
        case Tilted(), CreditTiltWithdrawn():
            past = review.settled(past, event.effective_on, event.visibility)
            last = max(event.effective_on, event.decided_on)
            ended = review.ended(past, _INSTRUMENT, state.tilt, last)
            return Untilted(event, ended)
        case Tilted() | Untilted(), CreditTiltReviewOpened():
            return state._replace(past=review.opened(past, event.item))
        case Tilted() | Untilted(), CreditTiltReviewLapsed():
            return state._replace(past=review.lapsed(past, event.lapse))
        case Tilted() | Untilted(), CreditTiltReviewClosed():
            return state._replace(past=review.closed(past, event.closing))
        case _:
            raise CorruptHistory(f"{event.DESCRIPTOR.name} cannot follow {type(state).__name__}")


def _past(state: State) -> Past:
    return review.UNSETTLED if isinstance(state, Unsettled) else state.past


def _settled(command: Settling) -> Event:
    verdict = command.verdict
    if verdict.HasField("earned"):
        return CreditTiltGranted(tilt=verdict.earned)
    if verdict.open_norm_id:
        return CreditTiltLeftUndetermined(
            unit_id=command.unit_id,
            round=command.round,
            norm_id=verdict.open_norm_id,
            clause_id=verdict.open_norm_clause_id,
            effective_on=command.effective_on,
            policy=command.policy,
            until=command.until,
            visibility=command.visibility,
        )
    return NoCreditTiltEarned(
        unit_id=command.unit_id,
        round=command.round,
        grade=command.grade,
        clause_id=verdict.nothing_clause_id,
        effective_on=command.effective_on,
        policy=command.policy,
        reason=verdict.nothing_reason,
        visibility=command.visibility,
    )


def _revise(command: ReviseCreditTilt, state: Tilted | Untilted) -> list[Event]:
    settled = _settled(command)
    match state:
        case Tilted():
            if isinstance(settled, CreditTiltGranted) and _is_same(settled.tilt, state.tilt):
                return []
            return [_withdrawn(state.tilt, command, command.effective_on, command.reason), settled]
        case Untilted():
            return [] if says_same(settled, state.why, command.round) else [settled]


def _with_review(command: Settling, state: State, events: Sequence[Event]) -> list[Event]:
    """These events, what becomes of them while the unit is disqualified, and what is to review."""
    settled = _while_qualified(command, state, events)
    return [*settled, *_reviewed(command, state, settled)]


def _while_qualified(command: Settling, state: State, events: Sequence[Event]) -> list[Event]:
    """These events; then the tilt ends while the unit is disqualified, and stands again."""
    after = _after(state, events)
    if not isinstance(after, Tilted):
        return [*events]
    tilt, said = after.tilt, [*events]
    for gap in command.gaps:
        said += _ended(command, tilt, gap.since)
        tilt = _resumed(tilt, gap)
        said.append(CreditTiltGranted(tilt=tilt))
    return [*said, *(_ended(command, tilt, command.ended_on) if command.ended_on else ())]


def _ended(command: Settling, tilt: CreditTilt, day: str) -> list[Event]:
    """The end of the tilt: from the day on the unit is disqualified."""
    return [_withdrawn(tilt, command, day, Reason.DISQUALIFIED), _end(command, day)]


def _resumed(tilt: CreditTilt, gap: Gap) -> CreditTilt:
    """The same, from the day on from which the unit is a member again."""
    again = CreditTilt()
    again.CopyFrom(tilt)
    again.effective_on, again.held_back_from = gap.until, gap.since
    return again


def _has_ended(command: ReviseCreditTilt, state: Tilted | Untilted) -> bool:
    """Whether the log says already that what is earned came to its end on that day."""
    if not command.ended_on or not command.verdict.HasField("earned"):
        return False
    return isinstance(state, Untilted) and state.why == _end(command, command.ended_on)


def _has_resumed(command: ReviseCreditTilt, state: Tilted | Untilted) -> bool:
    """Whether the log says already that what is earned stands again since the last of the gaps."""
    if command.ended_on or not command.gaps or not command.verdict.HasField("earned"):
        return False
    resumed = _resumed(command.verdict.earned, command.gaps[-1])
    return isinstance(state, Tilted) and state.tilt == resumed


def _reviewed(command: Settling, state: State, events: Sequence[Event]) -> list[Event]:
    """What these events change of the review list; nothing where they are none."""
    if not command.cause or not events:
        return []
    after, verdict = _after(state, events), command.verdict
    revision = Revision(
        command.unit_id,
        command.round,
        command.effective_on,
        command.cause,
        command.reason,
        command.visibility,
        frozenset([_INSTRUMENT] if verdict.HasField("earned") else ()),
        is_disqualified=verdict.nothing_reason == Reason.DISQUALIFIED,
        ended_on=command.ended_on,
        decided_on=command.decided_on if isinstance(command, ReviseCreditTilt) else "",
    )
    standing = {_INSTRUMENT: after.tilt} if isinstance(after, Tilted) else {}
    gone, new = review.found(revision, _past(after), standing)
    return [
        *(CreditTiltReviewLapsed(lapse=each) for each in gone),
        *(CreditTiltReviewOpened(item=each) for each in new),
    ]


def _close(command: CloseCreditTiltReview, state: State) -> list[Event]:
    item = review.close(command.closing, _past(state))
    if item is None:
        return []
    return [CreditTiltReviewClosed(closing=command.closing, visibility=item.visibility)]


def _after(state: State, events: Sequence[Event]) -> State:
    for event in events:
        state = evolve(state, event)
    return state


def _end(command: Settling, day: str) -> NoCreditTiltEarned:
    return NoCreditTiltEarned(
        unit_id=command.unit_id,
        round=command.round,
        grade=command.grade,
        effective_on=day,
        policy=command.policy,
        reason=Reason.DISQUALIFIED,
        visibility=command.visibility,
    )


def _withdrawn(
    tilt: CreditTilt, command: Settling, effective_on: str, reason: str
) -> CreditTiltWithdrawn:
    hides_former = isinstance(command, ReviseCreditTilt) and command.hides_former
    visibility, told = withdrawn_for(tilt.visibility, command.visibility, reason, hides_former)
    return CreditTiltWithdrawn(
        unit_id=tilt.unit_id,
        round=tilt.round,
        rule_id=tilt.rule_id,
        reason=told,
        effective_on=effective_on,
        visibility=visibility,
        decided_on=_decided_behind(effective_on, command),
    )


def _decided_behind(day: str, command: Settling) -> str:
    """When it was decided, where that is behind the day from which it counts; else ""."""
    decided_on = command.decided_on if isinstance(command, ReviseCreditTilt) else ""
    return decided_on if decided_on > day else ""


def _is_same(earned: CreditTilt, standing: CreditTilt) -> bool:
    """Whether what stands is by the same rule of the same text, and holds by then already.

    And for the same readers: what some may not see is nothing to them, so it has to be told anew.
    """
    return (
        earned.rule_id == standing.rule_id
        and earned.policy.content_hash == standing.policy.content_hash
        and standing.effective_on <= earned.effective_on
        and standing.visibility == earned.visibility
    )


def _stream(command: Command) -> str:
    of = command.closing if isinstance(command, CloseCreditTiltReview) else command
    return f"credit-{of.unit_id}-{of.round or 'by-reference'}"


def _deciding_policy(command: Command) -> PolicyReference | None:
    return None if isinstance(command, CloseCreditTiltReview) else command.policy


CREDIT_TILT = Decider(
    category="credit",
    commands=(GrantCreditTilt, ReviseCreditTilt, CloseCreditTiltReview),
    events=(
        CreditTiltGranted,
        CreditTiltWithdrawn,
        NoCreditTiltEarned,
        CreditTiltLeftUndetermined,
        CreditTiltReviewOpened,
        CreditTiltReviewLapsed,
        CreditTiltReviewClosed,
    ),
    initial=Unsettled(),
    stream=_stream,
    decide=decide,
    evolve=evolve,
    policy=_deciding_policy,
)

"""What a rating earns at the bank: one credit tilt for each unit and round, or none.

A tilt (倾斜) is settled once by the document in force for the round: earned, not earned, or left
open by the document. A correction upstream replaces it, and a disqualification ends it. It is never
a loan: loans are the bank's own decisions. The verdict comes in with the command; nothing here
knows a policy.
"""

from collections.abc import Sequence
from typing import NamedTuple, TypeAlias

from services.kernel.decider import Decider
from services.kernel.errors import CorruptHistory
from services.kernel.policy_terms import Reason
from services.kernel.support import says_same, withdrawn_for
from zoneledger.financing.v1.commands_pb2 import GrantCreditTilt, ReviseCreditTilt
from zoneledger.financing.v1.events_pb2 import (
    CreditTilt,
    CreditTiltGranted,
    CreditTiltLeftUndetermined,
    CreditTiltWithdrawn,
    NoCreditTiltEarned,
)
from zoneledger.ledger.v1.decision_pb2 import PolicyReference

Command: TypeAlias = GrantCreditTilt | ReviseCreditTilt
Event: TypeAlias = (
    CreditTiltGranted | CreditTiltWithdrawn | NoCreditTiltEarned | CreditTiltLeftUndetermined
)


class Unsettled(NamedTuple):
    """Nothing has been decided for this unit and round."""


class Tilted(NamedTuple):
    """The tilt that stands."""

    tilt: CreditTilt


class Untilted(NamedTuple):
    """Nothing stands; `why` is what was said last."""

    why: CreditTiltWithdrawn | NoCreditTiltEarned | CreditTiltLeftUndetermined


State: TypeAlias = Unsettled | Tilted | Untilted


def decide(command: Command, state: State) -> list[Event]:
    match state:
        case Unsettled():
            return [_settled(command), *_ended(command, _settled(command))]
        case Tilted() | Untilted():
            return _decide_settled(command, state)


def _decide_settled(command: Command, state: Tilted | Untilted) -> list[Event]:
    match command:
        case GrantCreditTilt():
            return []  # Settled once; the same rating heard again changes nothing.
        case ReviseCreditTilt() if _has_ended(command, state):
            return []
        case ReviseCreditTilt():
            revised = _revise(command, state)
            return [*revised, *_ended(command, _standing(revised, state))]


def evolve(state: State, event: Event) -> State:
    match state, event:
        case Unsettled() | Untilted(), CreditTiltGranted():
            return Tilted(event.tilt)
        case Unsettled() | Untilted(), NoCreditTiltEarned() | CreditTiltLeftUndetermined():
            return Untilted(event)
        case Tilted(), CreditTiltWithdrawn():
            return Untilted(event)
        case _:
            raise CorruptHistory(f"{event.DESCRIPTOR.name} cannot follow {type(state).__name__}")


def _settled(command: Command) -> Event:
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


def _standing(revised: Sequence[Event], state: Tilted | Untilted) -> Event | None:
    """What says what stands after a revision: its last event, or what stood before it."""
    if revised:
        return revised[-1]
    return CreditTiltGranted(tilt=state.tilt) if isinstance(state, Tilted) else state.why


def _ended(command: Command, last: Event | None) -> list[Event]:
    """The end of the tilt that stands, where the unit is disqualified."""
    if not command.ended_on or not isinstance(last, CreditTiltGranted):
        return []
    return [_withdrawn(last.tilt, command, command.ended_on, Reason.DISQUALIFIED), _end(command)]


def _has_ended(command: ReviseCreditTilt, state: Tilted | Untilted) -> bool:
    """Whether the log says already that what is earned came to its end on that day."""
    is_earned = command.verdict.HasField("earned") and bool(command.ended_on)
    return is_earned and isinstance(state, Untilted) and state.why == _end(command)


def _end(command: Command) -> NoCreditTiltEarned:
    return NoCreditTiltEarned(
        unit_id=command.unit_id,
        round=command.round,
        grade=command.grade,
        effective_on=command.ended_on,
        policy=command.policy,
        reason=Reason.DISQUALIFIED,
        visibility=command.visibility,
    )


def _withdrawn(
    tilt: CreditTilt, command: Command, effective_on: str, reason: str
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
    )


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
    return f"credit-{command.unit_id}-{command.round or 'by-reference'}"


def _deciding_policy(command: Command) -> PolicyReference | None:
    return command.policy


CREDIT_TILT = Decider(
    category="credit",
    commands=(GrantCreditTilt, ReviseCreditTilt),
    events=(
        CreditTiltGranted,
        CreditTiltWithdrawn,
        NoCreditTiltEarned,
        CreditTiltLeftUndetermined,
    ),
    initial=Unsettled(),
    stream=_stream,
    decide=decide,
    evolve=evolve,
    policy=_deciding_policy,
)

"""Whose credit is tilted, in which dimensions, on which clause.

What was withdrawn stays visible as withdrawn. What a document leaves open is shown as open. That
no tilt was earned is in the log and is no tilt. Support by reference follows the register, whose
entries have no days of their own: the latest entry says from when until when.
"""

from collections.abc import Sequence
from typing import TypeAlias

from services.financing.decider import Said
from services.kernel.decision import Recorded, moment
from services.kernel.policy import Policies
from services.kernel.support import BY_REFERENCE, seen
from zoneledger.financing.v1.events_pb2 import (
    CreditTilt,
    CreditTiltGranted,
    CreditTiltLeftUndetermined,
    CreditTiltWithdrawn,
    NoCreditTiltEarned,
)
from zoneledger.financing.v1.service_pb2 import CreditTiltStanding, CreditTiltStatus
from zoneledger.ledger.v1.access_pb2 import AccessTableAdopted
from zoneledger.ledger.v1.parked_pb2 import EventPassedOver
from zoneledger.ledger.v1.policy_pb2 import PolicyAdopted
from zoneledger.ledger.v1.visibility_pb2 import Visibility

Viewed: TypeAlias = Said | PolicyAdopted | AccessTableAdopted | EventPassedOver


def subject(event: Viewed) -> str:
    match event:
        case PolicyAdopted() | AccessTableAdopted() | EventPassedOver():
            return ""
        case CreditTiltGranted():
            return event.tilt.unit_id
        case CreditTiltWithdrawn() | NoCreditTiltEarned() | CreditTiltLeftUndetermined():
            return event.unit_id


def effective_on(event: Viewed) -> str:
    match event:
        case PolicyAdopted() | AccessTableAdopted() | EventPassedOver():
            return ""
        case CreditTiltGranted():
            return event.tilt.effective_on
        case CreditTiltWithdrawn():
            return event.effective_on
        case NoCreditTiltEarned() | CreditTiltLeftUndetermined():
            return event.effective_on if event.round != BY_REFERENCE else ""


def visibility(event: Viewed) -> int:
    """Who may see it: who may see the rating that it follows from."""
    match event:
        case PolicyAdopted():
            return Visibility.VISIBILITY_PUBLIC
        case AccessTableAdopted() | EventPassedOver():
            return Visibility.VISIBILITY_INTERNAL
        case CreditTiltGranted():
            return seen(event.tilt.round, event.tilt.visibility)
        case CreditTiltWithdrawn() | NoCreditTiltEarned() | CreditTiltLeftUndetermined():
            return seen(event.round, event.visibility)


def credit_tilts(
    entries: Sequence[Recorded], round_: int, policies: Policies, as_of: str = ""
) -> list[CreditTiltStanding]:
    """A unit's credit tilts by round; of all rounds where `round_` is 0."""
    standing: dict[int, CreditTiltStanding] = {}
    for entry in entries:
        _take(standing, entry, policies, as_of)
    return [standing[each] for each in sorted(standing) if round_ in (0, each)]


def _take(
    standing: dict[int, CreditTiltStanding], entry: Recorded, policies: Policies, as_of: str
) -> None:
    event = entry.event
    match event:
        case CreditTiltGranted():
            standing[event.tilt.round] = _granted(event.tilt, entry, policies)
        case CreditTiltWithdrawn():
            if event.round in standing:  # Else it had not begun on the day that is asked for.
                standing[event.round] = _withdrawn(event, standing[event.round], entry)
        case CreditTiltLeftUndetermined() if _is_over_or_to_come(event, as_of):
            _drop_open(standing, event.round)
        case CreditTiltLeftUndetermined():
            standing[event.round] = _left_open(event, entry, policies)
        case NoCreditTiltEarned():
            _drop_open(standing, event.round)


def _is_over_or_to_come(event: CreditTiltLeftUndetermined, as_of: str) -> bool:
    """Support by reference follows the latest entry of the register, on every day."""
    return bool(as_of) and (
        as_of < event.effective_on or (bool(event.until) and as_of > event.until)
    )


def _drop_open(standing: dict[int, CreditTiltStanding], round_: int) -> None:
    before = standing.get(round_)
    if before and before.status == CreditTiltStatus.CREDIT_TILT_STATUS_UNDETERMINED:
        del standing[round_]


def _granted(tilt: CreditTilt, entry: Recorded, policies: Policies) -> CreditTiltStanding:
    return CreditTiltStanding(
        name=f"units/{tilt.unit_id}/creditTilts/{tilt.round}",
        tilt=tilt,
        status=CreditTiltStatus.CREDIT_TILT_STATUS_GRANTED,
        clause_quote=policies.quote(tilt.policy.policy_id, tilt.clause_id),
        effective_on=tilt.effective_on,
        recorded_at=moment(entry.recorded_ns),
        decision_id=entry.decision_id,
        etag=entry.decision_id,
    )


def _withdrawn(
    event: CreditTiltWithdrawn, before: CreditTiltStanding, entry: Recorded
) -> CreditTiltStanding:
    return CreditTiltStanding(
        name=before.name,
        tilt=before.tilt,
        status=CreditTiltStatus.CREDIT_TILT_STATUS_WITHDRAWN,
        reason=event.reason,
        clause_quote=before.clause_quote,
        effective_on=event.effective_on,
        recorded_at=moment(entry.recorded_ns),
        decision_id=entry.decision_id,
        etag=entry.decision_id,
    )


def _left_open(
    event: CreditTiltLeftUndetermined, entry: Recorded, policies: Policies
) -> CreditTiltStanding:
    return CreditTiltStanding(
        name=f"units/{event.unit_id}/creditTilts/{event.round}",
        tilt=CreditTilt(
            unit_id=event.unit_id,
            round=event.round,
            clause_id=event.clause_id,
            effective_on=event.effective_on,
            policy=event.policy,
        ),
        status=CreditTiltStatus.CREDIT_TILT_STATUS_UNDETERMINED,
        norm_id=event.norm_id,
        clause_quote=policies.quote(event.policy.policy_id, event.clause_id),
        effective_on=event.effective_on,
        recorded_at=moment(entry.recorded_ns),
        decision_id=entry.decision_id,
        etag=entry.decision_id,
    )

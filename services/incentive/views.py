"""Who is entitled to what, on which clause, since when.

What was withdrawn stays visible as withdrawn. What a document leaves open is shown as open. That
nothing was earned is in the log and is no entitlement. Support by reference follows the register,
whose entries have no days of their own: the latest entry says from when until when.
"""

from collections.abc import Sequence
from typing import TypeAlias

from services.incentive.decider import Granted, Said, Withdrawn
from services.kernel.decision import Recorded, moment
from services.kernel.policy import Policies
from services.kernel.support import BY_REFERENCE, seen
from zoneledger.incentive.v1.events_pb2 import (
    Entitlement,
    EntitlementLeftUndetermined,
    NothingEarned,
    Withdrawal,
)
from zoneledger.incentive.v1.service_pb2 import EntitlementStanding, EntitlementStatus
from zoneledger.ledger.v1.access_pb2 import AccessTableAdopted
from zoneledger.ledger.v1.parked_pb2 import EventPassedOver
from zoneledger.ledger.v1.policy_pb2 import PolicyAdopted
from zoneledger.ledger.v1.visibility_pb2 import Visibility

Viewed: TypeAlias = Said | PolicyAdopted | AccessTableAdopted | EventPassedOver

# The instrument of what is left open: the document names none.
UNSPECIFIED = "unspecified"


def subject(event: Viewed) -> str:
    match event:
        case PolicyAdopted() | AccessTableAdopted() | EventPassedOver():
            return ""
        case NothingEarned() | EntitlementLeftUndetermined():
            return event.unit_id
        case _ if isinstance(event, Granted):
            return event.entitlement.unit_id
        case _:
            return event.withdrawal.unit_id


def settles(event: Said) -> tuple[int, str]:
    """The round and the instrument of the entitlement that an event settles."""
    match event:
        case NothingEarned() | EntitlementLeftUndetermined():
            return event.round, UNSPECIFIED
        case _ if isinstance(event, Granted):
            return event.entitlement.round, event.entitlement.instrument
        case _:
            return event.withdrawal.round, event.withdrawal.instrument


def effective_on(event: Viewed) -> str:
    match event:
        case PolicyAdopted() | AccessTableAdopted() | EventPassedOver():
            return ""
        case NothingEarned() | EntitlementLeftUndetermined():
            return event.effective_on if event.round != BY_REFERENCE else ""
        case _ if isinstance(event, Granted):
            return event.entitlement.effective_on
        case _:
            return event.withdrawal.effective_on


def visibility(event: Viewed) -> int:
    """Who may see it: who may see the rating that it follows from."""
    match event:
        case PolicyAdopted():
            return Visibility.VISIBILITY_PUBLIC
        case AccessTableAdopted() | EventPassedOver():
            return Visibility.VISIBILITY_INTERNAL
        case NothingEarned() | EntitlementLeftUndetermined():
            return seen(event.round, event.visibility)
        case _ if isinstance(event, Granted):
            return seen(event.entitlement.round, event.entitlement.visibility)
        case _:
            return seen(event.withdrawal.round, event.withdrawal.visibility)


def entitlements(
    entries: Sequence[Recorded], round_: int, policies: Policies, as_of: str = ""
) -> list[EntitlementStanding]:
    """A unit's entitlements by round and instrument; of all rounds where `round_` is 0."""
    standing: dict[tuple[int, str], EntitlementStanding] = {}
    for entry in entries:
        _take(standing, entry, policies, as_of)
    return [standing[key] for key in sorted(standing) if round_ in (0, key[0])]


def _take(
    standing: dict[tuple[int, str], EntitlementStanding],
    entry: Recorded,
    policies: Policies,
    as_of: str,
) -> None:
    event = entry.event
    match event:
        case NothingEarned():
            standing.pop((event.round, UNSPECIFIED), None)
        case EntitlementLeftUndetermined() if _is_over_or_to_come(event, as_of):
            standing.pop((event.round, UNSPECIFIED), None)
        case EntitlementLeftUndetermined():
            standing[event.round, UNSPECIFIED] = _left_open(event, entry, policies)
        case _ if isinstance(event, Granted):
            granted = event.entitlement
            standing.pop((granted.round, UNSPECIFIED), None)
            standing[granted.round, granted.instrument] = _granted(granted, entry, policies)
        case _ if isinstance(event, Withdrawn):
            withdrawal = event.withdrawal
            key = (withdrawal.round, withdrawal.instrument)
            if key in standing:  # Else it had not begun on the day that is asked for.
                standing[key] = _withdrawn(withdrawal, standing[key], entry)


def _is_over_or_to_come(event: EntitlementLeftUndetermined, as_of: str) -> bool:
    """Support by reference follows the latest entry of the register, on every day."""
    return bool(as_of) and (
        as_of < event.effective_on or (bool(event.until) and as_of > event.until)
    )


def _granted(entitlement: Entitlement, entry: Recorded, policies: Policies) -> EntitlementStanding:
    return EntitlementStanding(
        name=f"units/{entitlement.unit_id}/entitlements/{entitlement.round}.{entitlement.instrument}",
        entitlement=entitlement,
        status=EntitlementStatus.ENTITLEMENT_STATUS_GRANTED,
        clause_quote=policies.quote(entitlement.policy.policy_id, entitlement.clause_id),
        effective_on=entitlement.effective_on,
        recorded_at=moment(entry.recorded_ns),
        decision_id=entry.decision_id,
        etag=entry.decision_id,
    )


def _withdrawn(
    withdrawal: Withdrawal, before: EntitlementStanding, entry: Recorded
) -> EntitlementStanding:
    return EntitlementStanding(
        name=before.name,
        entitlement=before.entitlement,
        status=EntitlementStatus.ENTITLEMENT_STATUS_WITHDRAWN,
        reason=withdrawal.reason,
        clause_quote=before.clause_quote,
        effective_on=withdrawal.effective_on,
        recorded_at=moment(entry.recorded_ns),
        decision_id=entry.decision_id,
        etag=entry.decision_id,
    )


def _left_open(
    event: EntitlementLeftUndetermined, entry: Recorded, policies: Policies
) -> EntitlementStanding:
    return EntitlementStanding(
        name=f"units/{event.unit_id}/entitlements/{event.round}.{UNSPECIFIED}",
        entitlement=Entitlement(
            unit_id=event.unit_id,
            round=event.round,
            instrument=UNSPECIFIED,
            clause_id=event.clause_id,
            effective_on=event.effective_on,
            policy=event.policy,
        ),
        status=EntitlementStatus.ENTITLEMENT_STATUS_UNDETERMINED,
        norm_id=event.norm_id,
        clause_quote=policies.quote(event.policy.policy_id, event.clause_id),
        effective_on=event.effective_on,
        recorded_at=moment(entry.recorded_ns),
        decision_id=entry.decision_id,
        etag=entry.decision_id,
    )

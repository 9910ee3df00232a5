"""What a rating earns: one set of entitlements for each unit and round.

A set is settled once, in one decision, by the document in force for the round: what is earned, or
that nothing is, or that the document leaves it open. A correction upstream replaces it: what is
earned no longer is withdrawn, what is earned now is granted, the rest stands untouched. What other
readers may see than before is withdrawn and granted again: for those it did not stand. Of a
unit that is disqualified all that stands is withdrawn from that day on. The verdict comes in with
the command; nothing here knows a policy.
"""

from collections.abc import Mapping, Sequence
from typing import NamedTuple, TypeAlias

from services.kernel.decider import Decider
from services.kernel.errors import CorruptHistory
from services.kernel.policy_terms import Reason
from services.kernel.support import says_same, withdrawn_for
from zoneledger.incentive.v1.commands_pb2 import GrantEntitlements, ReviseEntitlements
from zoneledger.incentive.v1.events_pb2 import (
    CentralBudgetPriorityGranted,
    CentralBudgetPriorityWithdrawn,
    DemonstrationBaseSupportGranted,
    DemonstrationBaseSupportWithdrawn,
    Entitlement,
    EntitlementLeftUndetermined,
    InnovationClusterSupportGranted,
    InnovationClusterSupportWithdrawn,
    InspectionCommendationRecommended,
    InspectionCommendationWithdrawn,
    LandGuaranteeGranted,
    LandGuaranteeWithdrawn,
    ManufacturingCentreSupportGranted,
    ManufacturingCentreSupportWithdrawn,
    NothingEarned,
    PilotSupportGranted,
    PilotSupportWithdrawn,
    Withdrawal,
)
from zoneledger.ledger.v1.decision_pb2 import PolicyReference

Command: TypeAlias = GrantEntitlements | ReviseEntitlements
Granted: TypeAlias = (
    CentralBudgetPriorityGranted
    | DemonstrationBaseSupportGranted
    | InnovationClusterSupportGranted
    | InspectionCommendationRecommended
    | LandGuaranteeGranted
    | ManufacturingCentreSupportGranted
    | PilotSupportGranted
)
Withdrawn: TypeAlias = (
    CentralBudgetPriorityWithdrawn
    | DemonstrationBaseSupportWithdrawn
    | InnovationClusterSupportWithdrawn
    | InspectionCommendationWithdrawn
    | LandGuaranteeWithdrawn
    | ManufacturingCentreSupportWithdrawn
    | PilotSupportWithdrawn
)
Event: TypeAlias = Granted | Withdrawn | NothingEarned | EntitlementLeftUndetermined

# The contract's event for each instrument: what grants it and what withdraws it.
GRANTED: Mapping[str, type[Granted]] = {
    "central_budget_priority": CentralBudgetPriorityGranted,
    "demonstration_base_support": DemonstrationBaseSupportGranted,
    "innovation_cluster_support": InnovationClusterSupportGranted,
    "inspection_commendation": InspectionCommendationRecommended,
    "land_guarantee": LandGuaranteeGranted,
    "manufacturing_centre_support": ManufacturingCentreSupportGranted,
    "pilot_support": PilotSupportGranted,
}
WITHDRAWN: Mapping[str, type[Withdrawn]] = {
    "central_budget_priority": CentralBudgetPriorityWithdrawn,
    "demonstration_base_support": DemonstrationBaseSupportWithdrawn,
    "innovation_cluster_support": InnovationClusterSupportWithdrawn,
    "inspection_commendation": InspectionCommendationWithdrawn,
    "land_guarantee": LandGuaranteeWithdrawn,
    "manufacturing_centre_support": ManufacturingCentreSupportWithdrawn,
    "pilot_support": PilotSupportWithdrawn,
}


class Unsettled(NamedTuple):
    """Nothing has been decided for this unit and round."""


class Settled(NamedTuple):
    """What stands, by instrument; with nothing standing, `empty` says why."""

    standing: Mapping[str, Entitlement]
    empty: NothingEarned | EntitlementLeftUndetermined | None


State: TypeAlias = Unsettled | Settled


def decide(command: Command, state: State) -> list[Event]:
    match state:
        case Unsettled():
            return [*_settle(command), *_ended(command, state, _settle(command))]
        case Settled():
            return _decide_settled(command, state)


def _decide_settled(command: Command, state: Settled) -> list[Event]:
    match command:
        case GrantEntitlements():
            return []  # Settled once; the same rating heard again changes nothing.
        case ReviseEntitlements() if _has_ended(command, state):
            return []
        case ReviseEntitlements():
            revised = _revise(command, state)
            return [*revised, *_ended(command, state, revised)]


def evolve(state: State, event: Event) -> State:
    standing = state.standing if isinstance(state, Settled) else {}
    match event:
        case _ if isinstance(event, Granted):
            granted = event.entitlement
            if granted.instrument not in standing:
                return Settled({**standing, granted.instrument: granted}, None)
        case NothingEarned() | EntitlementLeftUndetermined():
            if not standing:
                return Settled({}, event)
        case _:
            gone = event.withdrawal.instrument
            if gone in standing:
                return Settled({k: v for k, v in standing.items() if k != gone}, None)
    raise CorruptHistory(
        f"{event.DESCRIPTOR.name} cannot follow where {', '.join(standing) or 'nothing'} stands"
    )


def _settle(command: Command) -> list[Event]:
    granted = [_granted(entitlement) for entitlement in command.verdict.earned]
    return granted or [_empty(command)]


def _revise(command: ReviseEntitlements, state: Settled) -> list[Event]:
    earned = {entitlement.instrument: entitlement for entitlement in command.verdict.earned}
    withdrawn = [
        _withdrawn(entitlement, command, command.effective_on, command.reason)
        for instrument, entitlement in state.standing.items()
        if not _is_same(earned.get(instrument), entitlement)
    ]
    granted = [
        _granted(entitlement)
        for instrument, entitlement in earned.items()
        if not _is_same(entitlement, state.standing.get(instrument))
    ]
    return [*withdrawn, *granted, *([] if earned else _still_empty(command, state))]


def _still_empty(command: ReviseEntitlements, state: Settled) -> list[Event]:
    """Why nothing stands, unless the log says so already."""
    empty = _empty(command)
    is_known = state.empty is not None and says_same(state.empty, empty, command.round)
    return [] if is_known else [empty]


def _ended(command: Command, state: State, events: Sequence[Event]) -> list[Event]:
    """The end of all that stands after these events, where the unit is disqualified."""
    if not command.ended_on:
        return []
    for event in events:
        state = evolve(state, event)
    standing = state.standing if isinstance(state, Settled) else {}
    withdrawn = [
        _withdrawn(each, command, command.ended_on, Reason.DISQUALIFIED)
        for each in standing.values()
    ]
    return [*withdrawn, _end(command)] if withdrawn else []


def _has_ended(command: ReviseEntitlements, state: Settled) -> bool:
    """Whether the log says already that what is earned came to its end on that day."""
    return bool(command.ended_on and command.verdict.earned) and state.empty == _end(command)


def _end(command: Command) -> NothingEarned:
    return NothingEarned(
        unit_id=command.unit_id,
        round=command.round,
        grade=command.grade,
        effective_on=command.ended_on,
        policy=command.policy,
        reason=Reason.DISQUALIFIED,
        visibility=command.visibility,
    )


def _granted(entitlement: Entitlement) -> Event:
    return GRANTED[entitlement.instrument](entitlement=entitlement)


def _withdrawn(entitlement: Entitlement, command: Command, effective_on: str, reason: str) -> Event:
    hides_former = isinstance(command, ReviseEntitlements) and command.hides_former
    visibility, told = withdrawn_for(
        entitlement.visibility, command.visibility, reason, hides_former
    )
    return WITHDRAWN[entitlement.instrument](
        withdrawal=Withdrawal(
            unit_id=entitlement.unit_id,
            round=entitlement.round,
            instrument=entitlement.instrument,
            rule_id=entitlement.rule_id,
            reason=told,
            effective_on=effective_on,
            visibility=visibility,
        )
    )


def _empty(command: Command) -> NothingEarned | EntitlementLeftUndetermined:
    verdict = command.verdict
    if verdict.open_norm_id:
        return EntitlementLeftUndetermined(
            unit_id=command.unit_id,
            round=command.round,
            norm_id=verdict.open_norm_id,
            clause_id=verdict.open_norm_clause_id,
            effective_on=command.effective_on,
            policy=command.policy,
            until=command.until,
            visibility=command.visibility,
        )
    return NothingEarned(
        unit_id=command.unit_id,
        round=command.round,
        grade=command.grade,
        clause_id=verdict.nothing_clause_id,
        effective_on=command.effective_on,
        policy=command.policy,
        reason=verdict.nothing_reason,
        visibility=command.visibility,
    )


def _is_same(earned: Entitlement | None, standing: Entitlement | None) -> bool:
    """Whether what stands is by the same rule of the same text, and holds by then already.

    And for the same readers: what some may not see is nothing to them, so it has to be told anew.
    """
    return (
        earned is not None
        and standing is not None
        and earned.rule_id == standing.rule_id
        and earned.policy.content_hash == standing.policy.content_hash
        and standing.effective_on <= earned.effective_on
        and standing.visibility == earned.visibility
    )


def _stream(command: Command) -> str:
    return f"entitlements-{command.unit_id}-{command.round or 'by-reference'}"


def _deciding_policy(command: Command) -> PolicyReference | None:
    return command.policy


ENTITLEMENTS = Decider(
    category="entitlements",
    commands=(GrantEntitlements, ReviseEntitlements),
    events=(
        *GRANTED.values(),
        *WITHDRAWN.values(),
        NothingEarned,
        EntitlementLeftUndetermined,
    ),
    initial=Unsettled(),
    stream=_stream,
    decide=decide,
    evolve=evolve,
    policy=_deciding_policy,
)

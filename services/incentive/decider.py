"""What a rating earns: one set of entitlements for each unit and round.

A set is settled once, in one decision, by the document in force for the round: what is earned, or
that nothing is, or that the document leaves it open. A correction upstream replaces it: what is
earned no longer is withdrawn, what is earned now is granted, the rest stands untouched. What other
readers may see than before is withdrawn and granted again: for those it did not stand. Of a
unit that is disqualified all that stands is withdrawn from that day on. The verdict comes in with
the command; nothing here knows a policy.

The benefit cases under these entitlements are decided in the same stream (`case/`): so none is
granted on an entitlement that is withdrawn at that moment, and what hangs on one that ends follows
in the same decision.
"""

from collections.abc import Mapping, Sequence
from typing import NamedTuple, TypeAlias, get_args

from services.incentive.case import deciding as cases
from services.incentive.case import said
from services.incentive.case.following import follow
from services.incentive.case.state import Case, Right
from services.kernel.decider import Decider
from services.kernel.errors import CorruptHistory
from services.kernel.policy_terms import Reason
from services.kernel.support import says_same, seen_by_both
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

Settling: TypeAlias = GrantEntitlements | ReviseEntitlements
Command: TypeAlias = Settling | said.Command
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
Settlement: TypeAlias = Granted | Withdrawn | NothingEarned | EntitlementLeftUndetermined
Event: TypeAlias = Settlement | said.Event

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
    """What stands, by instrument; with nothing standing, `empty` says why.

    `rights` is everything that ever stood, with its days; `cases` is by instrument and case.
    """

    standing: Mapping[str, Entitlement]
    empty: NothingEarned | EntitlementLeftUndetermined | None
    rights: Mapping[str, Right] = {}
    cases: Mapping[tuple[str, str], Case] = {}


State: TypeAlias = Unsettled | Settled


def decide(command: Command, state: State) -> list[Event]:
    match command:
        case GrantEntitlements() | ReviseEntitlements():
            settled = _settled(command, state)
            return [*settled, *_followed(state, settled)]
        case _:
            return _decide_case(command, state)


def _settled(command: Settling, state: State) -> list[Settlement]:
    match state:
        case Unsettled():
            return [*_settle(command), *_ended(command, state, _settle(command))]
        case Settled():
            return _decide_settled(command, state)


def _decide_case(command: said.Command, state: State) -> list[Event]:
    rights = state.rights if isinstance(state, Settled) else {}
    known = state.cases if isinstance(state, Settled) else {}
    instrument = command.step.instrument
    case = known.get((instrument, command.step.case_id))
    return [*cases.decide(command, case, rights.get(instrument))]


def _followed(state: State, settled: Sequence[Settlement]) -> list[said.Following]:
    """What becomes of the cases when the entitlements have changed."""
    for event in settled:
        state = evolve(state, event)
    if not isinstance(state, Settled):
        return []
    return [
        event
        for (instrument, _), case in sorted(state.cases.items())
        for event in follow(case, state.rights[instrument])
    ]


def _decide_settled(command: Settling, state: Settled) -> list[Settlement]:
    match command:
        case GrantEntitlements():
            return []  # Settled once; the same rating heard again changes nothing.
        case ReviseEntitlements() if _has_ended(command, state):
            return []
        case ReviseEntitlements():
            revised = _revise(command, state)
            return [*revised, *_ended(command, state, revised)]


def evolve(state: State, event: Event) -> State:
    now = state if isinstance(state, Settled) else Settled({}, None)
    match event:
        case _ if isinstance(event, said.Event):
            return _with_case(now, event)
        case _ if isinstance(event, Granted):
            granted = event.entitlement
            if granted.instrument not in now.standing:
                return _with_right(now, granted)
        case NothingEarned() | EntitlementLeftUndetermined():
            if not now.standing:
                return now._replace(empty=event)
        case _:
            if event.withdrawal.instrument in now.standing:
                return _without_right(now, event.withdrawal)
    raise CorruptHistory(
        f"{event.DESCRIPTOR.name} cannot follow where {', '.join(now.standing) or 'nothing'} stands"
    )


def _with_right(state: Settled, granted: Entitlement) -> Settled:
    name = granted.instrument
    right = state.rights.get(name, Right(granted)).granted(granted)
    return state._replace(
        standing={**state.standing, name: granted},
        empty=None,
        rights={**state.rights, name: right},
    )


def _without_right(state: Settled, withdrawal: Withdrawal) -> Settled:
    gone = withdrawal.instrument
    right = state.rights[gone].withdrawn(withdrawal.effective_on, withdrawal.reason)
    return state._replace(
        standing={name: each for name, each in state.standing.items() if name != gone},
        empty=None,
        rights={**state.rights, gone: right},
    )


def _with_case(state: Settled, event: said.Event) -> Settled:
    key = (event.step.instrument, event.step.case_id)
    case = cases.evolve(state.cases.get(key), event)
    return state._replace(cases={**state.cases, key: case})


def _settle(command: Settling) -> list[Settlement]:
    granted = [_granted(entitlement) for entitlement in command.verdict.earned]
    return granted or [_empty(command)]


def _revise(command: ReviseEntitlements, state: Settled) -> list[Settlement]:
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


def _still_empty(command: ReviseEntitlements, state: Settled) -> list[Settlement]:
    """Why nothing stands, unless the log says so already."""
    empty = _empty(command)
    is_known = state.empty is not None and says_same(state.empty, empty, command.round)
    return [] if is_known else [empty]


def _ended(command: Settling, state: State, events: Sequence[Settlement]) -> list[Settlement]:
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


def _end(command: Settling) -> NothingEarned:
    return NothingEarned(
        unit_id=command.unit_id,
        round=command.round,
        grade=command.grade,
        effective_on=command.ended_on,
        policy=command.policy,
        reason=Reason.DISQUALIFIED,
        visibility=command.visibility,
    )


def _granted(entitlement: Entitlement) -> Settlement:
    return GRANTED[entitlement.instrument](entitlement=entitlement)


def _withdrawn(
    entitlement: Entitlement, command: Settling, effective_on: str, reason: str
) -> Settlement:
    return WITHDRAWN[entitlement.instrument](
        withdrawal=Withdrawal(
            unit_id=entitlement.unit_id,
            round=entitlement.round,
            instrument=entitlement.instrument,
            rule_id=entitlement.rule_id,
            reason=reason,
            effective_on=effective_on,
            visibility=seen_by_both(entitlement.visibility, command.visibility),
        )
    )


def _empty(command: Settling) -> NothingEarned | EntitlementLeftUndetermined:
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
    of = command if isinstance(command, Settling) else command.step
    return f"entitlements-{of.unit_id}-{of.round or 'by-reference'}"


def _deciding_policy(command: Command) -> PolicyReference | None:
    return command.policy if isinstance(command, Settling) else None


ENTITLEMENTS = Decider(
    category="entitlements",
    commands=(GrantEntitlements, ReviseEntitlements, *get_args(said.Command)),
    events=(
        *GRANTED.values(),
        *WITHDRAWN.values(),
        NothingEarned,
        EntitlementLeftUndetermined,
        *said.EVENTS,
    ),
    initial=Unsettled(),
    stream=_stream,
    decide=decide,
    evolve=evolve,
    policy=_deciding_policy,
)

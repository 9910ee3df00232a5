"""What a rating earns: one set of entitlements for each unit and round.

A set is settled once, in one decision, by the document in force for the round: what is earned, or
that nothing is, or that the document leaves it open. A correction upstream replaces it: what is
earned no longer is withdrawn, what is earned now is granted, the rest stands untouched. What other
readers may see than before is withdrawn and granted again: for those it did not stand. Of a
unit that is disqualified all that stands is withdrawn from that day on, and where that is over what
is earned stands again from its end. What that changes in retrospect goes to the review list
(kernel/review.py) in the same decision. The verdict comes in with the command; nothing here knows a
policy.
"""

from collections.abc import Iterable, Mapping, Sequence
from typing import NamedTuple, TypeAlias

from services.kernel import review
from services.kernel.decider import Decider
from services.kernel.errors import CorruptHistory
from services.kernel.policy_terms import Reason
from services.kernel.review import Past, Revision
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
from zoneledger.incentive.v1.review_commands_pb2 import CloseEntitlementReview
from zoneledger.incentive.v1.review_events_pb2 import (
    EntitlementReviewClosed,
    EntitlementReviewLapsed,
    EntitlementReviewOpened,
)
from zoneledger.ledger.v1.decision_pb2 import PolicyReference
from zoneledger.ledger.v1.gap_pb2 import Gap

Settling: TypeAlias = GrantEntitlements | ReviseEntitlements
Command: TypeAlias = Settling | CloseEntitlementReview
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
Said: TypeAlias = Granted | Withdrawn | NothingEarned | EntitlementLeftUndetermined
Reviewed: TypeAlias = EntitlementReviewOpened | EntitlementReviewLapsed | EntitlementReviewClosed
Event: TypeAlias = Said | Reviewed

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
    """What stands, by instrument; with nothing standing, `empty` says why. What was is `past`."""

    standing: Mapping[str, Entitlement]
    empty: NothingEarned | EntitlementLeftUndetermined | None
    past: Past


State: TypeAlias = Unsettled | Settled

_UNSETTLED = Settled({}, None, review.UNSETTLED)


def decide(command: Command, state: State) -> list[Event]:
    match command, state:
        case CloseEntitlementReview(), _:
            return _close(command, state)
        case GrantEntitlements() | ReviseEntitlements(), Unsettled():
            return _with_review(command, state, _settle(command))
        case GrantEntitlements() | ReviseEntitlements(), Settled():
            return _decide_settled(command, state)


def _decide_settled(command: Settling, state: Settled) -> list[Event]:
    match command:
        case GrantEntitlements():
            return []  # Settled once; the same rating heard again changes nothing.
        case ReviseEntitlements() if _has_ended(command, state) or _has_resumed(command, state):
            return []
        case ReviseEntitlements():
            return _with_review(command, state, _revise(command, state))


def evolve(state: State, event: Event) -> State:
    standing, _, past = state if isinstance(state, Settled) else _UNSETTLED
    match event:
        case _ if isinstance(event, Granted):
            granted = event.entitlement
            if granted.instrument not in standing:
                first = granted.held_back_from or granted.effective_on
                past = review.settled(past, first, granted.visibility)
                return Settled({**standing, granted.instrument: granted}, None, past)
        case NothingEarned() | EntitlementLeftUndetermined():
            if not standing:
                past = review.settled(past, event.effective_on, event.visibility)
                return Settled({}, event, past)
        case _ if isinstance(event, Withdrawn):
            if event.withdrawal.instrument in standing:
                return _without(event.withdrawal, standing, past)
        case _:
            if isinstance(state, Settled):
                return state._replace(past=_listed(event, past))
    raise CorruptHistory(
        f"{event.DESCRIPTOR.name} cannot follow where {', '.join(standing) or 'nothing'} stands"
    )


def _without(withdrawal: Withdrawal, standing: Mapping[str, Entitlement], past: Past) -> Settled:
    gone = withdrawal.instrument
    past = review.settled(past, withdrawal.effective_on, withdrawal.visibility)
    last = max(withdrawal.effective_on, withdrawal.decided_on)
    past = review.ended(past, gone, standing[gone], last)
    return Settled({k: v for k, v in standing.items() if k != gone}, None, past)


def _listed(event: Reviewed, past: Past) -> Past:
    match event:
        case EntitlementReviewOpened():
            return review.opened(past, event.item)
        case EntitlementReviewLapsed():
            return review.lapsed(past, event.lapse)
        case EntitlementReviewClosed():
            return review.closed(past, event.closing)


def _settle(command: Settling) -> list[Event]:
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


def _with_review(command: Settling, state: State, events: Sequence[Event]) -> list[Event]:
    """These events, what becomes of them while the unit is disqualified, and what is to review."""
    settled = _while_qualified(command, state, events)
    return [*settled, *_reviewed(command, state, settled)]


def _while_qualified(command: Settling, state: State, events: Sequence[Event]) -> list[Event]:
    """These events; then all that stands ends while the unit is disqualified, and stands again."""
    standing = [*_after(state, events).standing.values()]
    said = [*events]
    for gap in command.gaps:
        said += _ended(command, standing, gap.since)
        standing = [_resumed(each, gap) for each in standing]
        said += [_granted(each) for each in standing]
    return [*said, *(_ended(command, standing, command.ended_on) if command.ended_on else ())]


def _ended(command: Settling, standing: Iterable[Entitlement], day: str) -> list[Event]:
    """The end of all that stands: from the day on the unit is disqualified."""
    withdrawn = [_withdrawn(each, command, day, Reason.DISQUALIFIED) for each in standing]
    return [*withdrawn, _end(command, day)] if withdrawn else []


def _resumed(entitlement: Entitlement, gap: Gap) -> Entitlement:
    """The same, from the day on from which the unit is a member again."""
    again = Entitlement()
    again.CopyFrom(entitlement)
    again.effective_on, again.held_back_from = gap.until, gap.since
    return again


def _has_ended(command: ReviseEntitlements, state: Settled) -> bool:
    """Whether the log says already that what is earned came to its end on that day."""
    is_earned = bool(command.ended_on and command.verdict.earned)
    return is_earned and state.empty == _end(command, command.ended_on)


def _has_resumed(command: ReviseEntitlements, state: Settled) -> bool:
    """Whether the log says already that what is earned stands again since the last of the gaps."""
    if command.ended_on or not command.gaps or not command.verdict.earned:
        return False
    resumed = [_resumed(each, command.gaps[-1]) for each in command.verdict.earned]
    return state.standing == {each.instrument: each for each in resumed}


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
        frozenset(each.instrument for each in verdict.earned),
        is_disqualified=verdict.nothing_reason == Reason.DISQUALIFIED,
        ended_on=command.ended_on,
        decided_on=command.decided_on if isinstance(command, ReviseEntitlements) else "",
    )
    gone, new = review.found(revision, after.past, after.standing)
    return [
        *(EntitlementReviewLapsed(lapse=each) for each in gone),
        *(EntitlementReviewOpened(item=each) for each in new),
    ]


def _close(command: CloseEntitlementReview, state: State) -> list[Event]:
    past = state.past if isinstance(state, Settled) else review.UNSETTLED
    item = review.close(command.closing, past)
    if item is None:
        return []
    return [EntitlementReviewClosed(closing=command.closing, visibility=item.visibility)]


def _after(state: State, events: Sequence[Event]) -> Settled:
    for event in events:
        state = evolve(state, event)
    return state if isinstance(state, Settled) else _UNSETTLED


def _end(command: Settling, day: str) -> NothingEarned:
    return NothingEarned(
        unit_id=command.unit_id,
        round=command.round,
        grade=command.grade,
        effective_on=day,
        policy=command.policy,
        reason=Reason.DISQUALIFIED,
        visibility=command.visibility,
    )


def _granted(entitlement: Entitlement) -> Event:
    return GRANTED[entitlement.instrument](entitlement=entitlement)


def _withdrawn(
    entitlement: Entitlement, command: Settling, effective_on: str, reason: str
) -> Event:
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
            decided_on=_decided_behind(effective_on, command),
        )
    )


def _decided_behind(day: str, command: Settling) -> str:
    """When it was decided, where that is behind the day from which it counts; else ""."""
    decided_on = command.decided_on if isinstance(command, ReviseEntitlements) else ""
    return decided_on if decided_on > day else ""


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
    of = command.closing if isinstance(command, CloseEntitlementReview) else command
    return f"entitlements-{of.unit_id}-{of.round or 'by-reference'}"


def _deciding_policy(command: Command) -> PolicyReference | None:
    return None if isinstance(command, CloseEntitlementReview) else command.policy


ENTITLEMENTS = Decider(
    category="entitlements",
    commands=(GrantEntitlements, ReviseEntitlements, CloseEntitlementReview),
    events=(
        *GRANTED.values(),
        *WITHDRAWN.values(),
        NothingEarned,
        EntitlementLeftUndetermined,
        EntitlementReviewOpened,
        EntitlementReviewLapsed,
        EntitlementReviewClosed,
    ),
    initial=Unsettled(),
    stream=_stream,
    decide=decide,
    evolve=evolve,
    policy=_deciding_policy,
)

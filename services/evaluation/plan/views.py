"""The plans of a unit as they stand: how far each has come, and whose copy is outstanding.

What was prepared is told to the unit, what was agreed and what followed is public. So whoever sees
what is public alone knows a plan from the consent in principle on, and not that it is in revision.
A step whose day is not known counts on every day on which the steps before it do.
"""

from collections.abc import Mapping, Sequence

from services.evaluation.plan.said import Event
from services.kernel.decision import Recorded, moment
from zoneledger.evaluation.v1.plan_events_pb2 import (
    PlanAgreedInPrinciple,
    PlanAmended,
    PlanApproved,
    PlanAssessed,
    PlanCopied,
    PlanDrafted,
    PlanIssued,
    PlanRecommended,
    PlanRevised,
    PlanState,
    PlanStep,
    PlanSuperseded,
)
from zoneledger.evaluation.v1.plan_service_pb2 import PlanCopy, PlanMilestone, PlanStanding
from zoneledger.ledger.v1.visibility_pb2 import Visibility

_IN_FORCE = (PlanState.PLAN_STATE_ISSUED, PlanState.PLAN_STATE_APPROVED)


def subject(event: Event) -> str:
    return event.step.unit_id


def effective_on(event: Event) -> str:
    return event.step.taken_on


def occurred_on(event: Event) -> str:
    return event.step.taken_on


def visibility(event: Event) -> int:
    match event:
        case PlanDrafted() | PlanRecommended() | PlanAssessed() | PlanRevised():
            return Visibility.VISIBILITY_SUBJECT
        case _:
            return Visibility.VISIBILITY_PUBLIC


def plans(entries: Sequence[Recorded]) -> list[PlanStanding]:
    """The unit's plans by their ids."""
    standing: dict[str, PlanStanding] = {}
    for event, recorded_ns, decision_id, _ in entries:
        if not isinstance(event, _EVENTS):
            continue
        plan_id = event.step.plan_id
        known = standing.get(plan_id) or _named(event.step)
        if _applies(event, known):
            _take(event, known)
            known.recorded_at.CopyFrom(moment(recorded_ns))
            known.decision_id = known.etag = decision_id
            standing[plan_id] = known
    return [standing[plan_id] for plan_id in sorted(standing)]


def is_about(event: object, ids: Mapping[str, str]) -> bool:
    """Whether an event of the unit made the plan with this id what it is."""
    return isinstance(event, _EVENTS) and event.step.plan_id == ids["plan"]


def _named(step: PlanStep) -> PlanStanding:
    return PlanStanding(
        name=f"units/{step.unit_id}/plans/{step.plan_id}",
        unit_id=step.unit_id,
        plan_id=step.plan_id,
    )


def _applies(event: Event, known: PlanStanding) -> bool:
    """Whether what comes before the event counts too: its own day may be unknown."""
    match event:
        case PlanDrafted() | PlanAgreedInPrinciple():
            return True
        case PlanRecommended() | PlanAssessed():
            return bool(known.state)
        case _:
            return known.HasField("rules")


def _take(event: Event, known: PlanStanding) -> None:
    match event:
        case PlanCopied():
            [copy] = [each for each in known.copies if each.recipient == event.recipient]
            copy.is_sent, copy.sent_on = True, event.step.taken_on
            copy.document = event.step.document
        case PlanAmended():
            known.plan.CopyFrom(event.plan)
            known.version = event.version
        case _:
            known.state = _STATES[type(event)]
            known.milestones.append(_milestone(event.step, known.state))
            _come_to(event, known)
    is_due = known.state in _IN_FORCE
    known.ClearField("outstanding")
    known.outstanding.extend(each.recipient for each in known.copies if is_due and not each.is_sent)


def _come_to(event: Event, known: PlanStanding) -> None:
    """What a step brings beside its day and its document."""
    match event:
        case PlanDrafted():
            known.plan.CopyFrom(event.plan)
        case PlanAgreedInPrinciple():
            known.plan.CopyFrom(event.plan)
            known.rules.CopyFrom(event.rules)
            known.support_norm_id = event.rules.support_norm_id
            known.copies.extend(PlanCopy(recipient=each) for each in event.rules.recipients)
            _support(event, known)
        case PlanIssued() | PlanApproved():
            known.version = 1
            _support(event, known)
        case PlanSuperseded():
            known.superseded_by = event.superseded_by
        case _:
            pass


def _support(event: PlanAgreedInPrinciple | PlanIssued | PlanApproved, known: PlanStanding) -> None:
    if event.HasField("support_by"):
        known.support_since = event.step.taken_on
        known.support_by.CopyFrom(event.support_by)


def _milestone(step: PlanStep, state: PlanState.ValueType) -> PlanMilestone:
    return PlanMilestone(state=state, taken_on=step.taken_on, document=step.document)


_STATES: Mapping[type[Event], PlanState.ValueType] = {
    PlanDrafted: PlanState.PLAN_STATE_DRAFTED,
    PlanRecommended: PlanState.PLAN_STATE_RECOMMENDED,
    PlanAssessed: PlanState.PLAN_STATE_UNDER_ASSESSMENT,
    PlanAgreedInPrinciple: PlanState.PLAN_STATE_AGREED_IN_PRINCIPLE,
    PlanRevised: PlanState.PLAN_STATE_IN_REVISION,
    PlanIssued: PlanState.PLAN_STATE_ISSUED,
    PlanApproved: PlanState.PLAN_STATE_APPROVED,
    PlanSuperseded: PlanState.PLAN_STATE_SUPERSEDED,
}
_EVENTS = (*_STATES, PlanCopied, PlanAmended)

"""The plans of a unit as they stand: how far each has come, and whose copy is outstanding.

What was prepared is told to the unit, what was agreed and what followed is public. So whoever sees
what is public alone knows a plan from the consent in principle on, and not that it is in revision.
A step whose day is not known counts on every day on which the steps before it do. A corrected step
counts from its right day, as if it had been entered so. Where the document left open with which
step support starts, the answer to that counts from the day on which it was decided.
"""

from collections.abc import Callable, Mapping, Sequence
from typing import NamedTuple, TypeAlias

from services.evaluation.plan.correction import as_right, key_before
from services.evaluation.plan.said import Event, Happened, key
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
    PlanRules,
    PlanState,
    PlanStep,
    PlanStepCorrected,
    PlanSuperseded,
)
from zoneledger.evaluation.v1.plan_service_pb2 import (
    PlanCopy,
    PlanMilestone,
    PlanStanding,
    PlanSupportAnswer,
)
from zoneledger.ledger.v1.visibility_pb2 import Visibility

# The answer to the norm that the rules leave open; None where there is none on the day asked for.
Answering: TypeAlias = Callable[[PlanRules], PlanSupportAnswer | None]


class _Said(NamedTuple):
    """An event as it counts now, and which entry of the log made it so."""

    event: Happened
    place: int
    recorded_ns: int
    decision_id: str
    corrected_on: str = ""
    corrections: int = 0


def subject(event: Event) -> str:
    return event.step.unit_id


def effective_on(event: Event) -> str:
    match event:
        case PlanStepCorrected():
            return ""  # What it corrects says from when it holds, and is in it.
        case _:
            return event.step.taken_on


def occurred_on(event: Event) -> str:
    match event:
        case PlanStepCorrected():
            return event.corrected_on
        case _:
            return event.step.taken_on


def visibility(event: Event) -> int:
    match event:
        case PlanStepCorrected():
            return visibility(as_right(event))
        case PlanDrafted() | PlanRecommended() | PlanAssessed() | PlanRevised():
            return Visibility.VISIBILITY_SUBJECT
        case _:
            return Visibility.VISIBILITY_PUBLIC


def _unanswered(rules: PlanRules) -> None:
    return None


def plans(
    entries: Sequence[Recorded], as_of: str = "", answering: Answering = _unanswered
) -> list[PlanStanding]:
    """The unit's plans by their ids, from what holds by the day; "" is any."""
    told = _told(entries, as_of)
    standing = [_stand(told[plan_id], answering) for plan_id in sorted(told)]
    return [each for each in standing if each.state]


def _told(entries: Sequence[Recorded], as_of: str) -> dict[str, list[_Said]]:
    """What is told of each plan, every correction in the place of what it corrects."""
    told: dict[str, list[_Said]] = {}
    for place, (event, recorded_ns, decision_id, _) in enumerate(entries):
        if isinstance(event, PlanStepCorrected):
            right = _Said(as_right(event), place, recorded_ns, decision_id, event.corrected_on, 1)
            _correct(told.setdefault(event.step.plan_id, []), event, right, as_of)
        elif isinstance(event, _HAPPENED):
            said = _Said(event, place, recorded_ns, decision_id)
            told.setdefault(event.step.plan_id, []).append(said)
    return told


def _correct(told: list[_Said], event: PlanStepCorrected, right: _Said, as_of: str) -> None:
    """Put the event as it is right in its place, if it holds by the day."""
    before = key_before(event)
    found = [
        index
        for index, each in enumerate(told)
        if key(each.event) == before and each.event.step == event.former
    ]
    place = found[0] if found else len(told)
    for former in [told.pop(index) for index in found]:
        right = right._replace(corrections=right.corrections + former.corrections)
    if not as_of or right.event.step.taken_on <= as_of:
        told.insert(place, right)


def _stand(told: Sequence[_Said], answering: Answering) -> PlanStanding:
    known, last = PlanStanding(), -1
    for said in told:
        event = said.event
        if not known.name:
            known = _named(event.step)
        if _applies(event, known):
            _take(event, known)
            known.corrections += said.corrections
            known.corrected_on = max(known.corrected_on, said.corrected_on)
            if said.place > last:
                last = said.place
                known.recorded_at.CopyFrom(moment(said.recorded_ns))
                known.decision_id = known.etag = said.decision_id
    _answer(known, answering)
    return known


def _answer(known: PlanStanding, answering: Answering) -> None:
    """Since when a plan is supported whose document left that open."""
    answer = answering(known.rules) if known.support_norm_id else None
    if answer is None:
        return
    known.support_answer.CopyFrom(answer)
    for milestone in known.milestones:
        if milestone.state == answer.starts:
            known.support_since = milestone.taken_on
            known.support_by.CopyFrom(answer.clause)


def is_about(event: object, ids: Mapping[str, str]) -> bool:
    """Whether an event of the unit made the plan with this id what it is."""
    return isinstance(event, _OF_PLANS) and event.step.plan_id == ids["plan"]


def _named(step: PlanStep) -> PlanStanding:
    return PlanStanding(
        name=f"units/{step.unit_id}/plans/{step.plan_id}",
        unit_id=step.unit_id,
        plan_id=step.plan_id,
    )


def _applies(event: Happened, known: PlanStanding) -> bool:
    """Whether what comes before the event counts too: its own day may be unknown."""
    match event:
        case PlanDrafted() | PlanAgreedInPrinciple():
            return True
        case PlanRecommended() | PlanAssessed():
            return bool(known.state)
        case _:
            return known.HasField("rules")


def _take(event: Happened, known: PlanStanding) -> None:
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
    known.ClearField("outstanding")
    is_due = known.version > 0  # Once in force, it is owed also after another took its place.
    known.outstanding.extend(each.recipient for each in known.copies if is_due and not each.is_sent)


def _come_to(event: Happened, known: PlanStanding) -> None:
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


_STATES: Mapping[type[Happened], PlanState.ValueType] = {
    PlanDrafted: PlanState.PLAN_STATE_DRAFTED,
    PlanRecommended: PlanState.PLAN_STATE_RECOMMENDED,
    PlanAssessed: PlanState.PLAN_STATE_UNDER_ASSESSMENT,
    PlanAgreedInPrinciple: PlanState.PLAN_STATE_AGREED_IN_PRINCIPLE,
    PlanRevised: PlanState.PLAN_STATE_IN_REVISION,
    PlanIssued: PlanState.PLAN_STATE_ISSUED,
    PlanApproved: PlanState.PLAN_STATE_APPROVED,
    PlanSuperseded: PlanState.PLAN_STATE_SUPERSEDED,
}
_HAPPENED = (*_STATES, PlanCopied, PlanAmended)
_OF_PLANS = (*_HAPPENED, PlanStepCorrected)

"""A step of a plan that was entered with a wrong day or document, put right.

The last step is corrected, since what came after rests on those before; and any copy, which nothing
rests on. The event has the step whole as it is right, with its support where support starts with
it: nothing is overwritten. Right, it fits in with the days around it as if it had been entered so.
A consent by another document binds the plan by what that one asks. A correction that was said
before changes nothing, also where another followed it: whoever means the first one after all
corrects anew, with a day or a reason of its own.

Limits: what else a step says, its signatures, its contents, its successor, is not corrected here.
"""

from collections.abc import Mapping
from typing import Any

from services.evaluation.plan.bound import support
from services.evaluation.plan.said import (
    AGREED,
    STEPS,
    Happened,
    Key,
    Step,
    key,
    reported,
)
from services.evaluation.plan.states import (
    Agreed,
    InForce,
    Spoken,
    Superseded,
    is_step,
    last,
    last_day,
)
from services.evaluation.plan.succession import check_after_own, check_agreed_by, check_successor
from services.kernel.errors import CorruptHistory, Rejected
from services.kernel.reasons import Why
from services.kernel.words import word
from zoneledger.evaluation.v1.plan_commands_pb2 import CorrectPlanStep
from zoneledger.evaluation.v1.plan_events_pb2 import (
    PlanAgreedInPrinciple,
    PlanAmended,
    PlanApproved,
    PlanCopied,
    PlanIssued,
    PlanState,
    PlanStep,
    PlanStepCorrected,
    PlanSuperseded,
)


def correct(command: CorrectPlanStep, state: Spoken) -> list[PlanStepCorrected]:
    standing = _meant(command, state)
    right = _with_step(standing, command.step)
    if reported(right) == reported(standing) or _was_said(command, state):
        return []
    _check_it_may_be(command, standing, state)
    _check_days(command, standing, state)
    if isinstance(right, PlanAgreedInPrinciple) and command.step.document != _document(standing):
        right = _bound_anew(right, command)
    return [
        PlanStepCorrected(
            step=command.step,
            former=standing.step,
            corrected_on=command.corrected_on,
            document=command.document,
            reason=command.reason,
            **{_FIELDS[right.DESCRIPTOR.name]: right},
        )
    ]


def evolve(state: Spoken, event: PlanStepCorrected) -> Spoken:
    right = as_right(event)
    standing = state.told.get(key_before(event))
    if standing is None or standing.step != event.former:
        raise CorruptHistory(f"{event.DESCRIPTOR.name} corrects what did not happen")
    told = {
        (key(right) if each is standing else said): (right if each is standing else each)
        for said, each in state.told.items()
    }
    now = state._replace(told=told, corrected=(*state.corrected, event))
    match now, right:
        case Agreed(), PlanAgreedInPrinciple():
            return now._replace(rules=right.rules)
        case InForce(), PlanIssued() | PlanApproved():
            return now._replace(since=right.step.taken_on)
        case _:
            return now


def as_right(event: PlanStepCorrected) -> Happened:
    """What happened, as it is right."""
    told = event.WhichOneof("told")
    if told is None:
        raise CorruptHistory(f"{event.DESCRIPTOR.name} does not say what is right")
    right: Happened = getattr(event, told)
    return right


def key_before(event: PlanStepCorrected) -> Key:
    """What the corrected event was about."""
    return key(_as_before(event))


def was_reported(said: Step, state: Spoken) -> bool:
    """Whether it was reported so, and corrected since."""
    before = map(_as_before, state.corrected)
    return any((key(each), reported(each)) == (key(said), reported(said)) for each in before)


def _as_before(event: PlanStepCorrected) -> Happened:
    """What was reported before the correction."""
    before: Happened = _with_step(as_right(event), event.former)
    return before


def _meant(command: CorrectPlanStep, state: Spoken) -> Happened:
    """The event that a correction is about."""
    for each in state.told.values():
        if _is_meant(each, command):
            return each
    raise Rejected(
        Why.PLAN_NOTHING_TO_CORRECT(
            unit=command.step.unit_id, plan=command.step.plan_id, state=state.reached
        ),
        field="state",
    )


def _is_meant(event: Happened, command: CorrectPlanStep) -> bool:
    match event:
        case PlanCopied():
            return command.recipient == event.recipient
        case PlanAmended():
            return not command.recipient and command.version == event.version
        case _:
            is_step = not command.recipient and not command.version
            return is_step and word(PlanState, command.state) == STEPS[type(event)]


def _was_said(command: CorrectPlanStep, state: Spoken) -> bool:
    """Whether a correction said the same, and be it followed by another; by reading 0 unknown."""
    return command.reading >= 1 and any(_says_same(each, command) for each in state.corrected)


def _says_same(event: PlanStepCorrected, command: CorrectPlanStep) -> bool:
    right = as_right(event)
    return (
        _is_meant(right, command)
        and reported(right) == reported(_with_step(right, command.step))
        and event.corrected_on == command.corrected_on
        and event.document == command.document
        and event.reason == command.reason
    )


def _check_it_may_be(command: CorrectPlanStep, standing: Happened, state: Spoken) -> None:
    """The last step is corrected, or a copy; and not before it can have been told."""
    if is_step(standing) and standing is not last(state):
        why = Why.PLAN_STEP_FOLLOWED(
            unit=command.step.unit_id,
            plan=command.step.plan_id,
            step=STEPS[type(standing)],
            state=STEPS[type(last(state))],
        )
        raise Rejected(why, field="state")
    since = min(standing.step.taken_on, command.step.taken_on)
    if command.corrected_on < since:
        early = Why.PLAN_CORRECTED_TOO_EARLY(
            unit=command.step.unit_id,
            plan=command.step.plan_id,
            since=since,
            corrected_on=command.corrected_on,
        )
        raise Rejected(early, field="corrected_on")


def _check_days(command: CorrectPlanStep, standing: Happened, state: Spoken) -> None:
    """The right day fits in with what was before it, and with what rests on it."""
    step, day = command.step, command.step.taken_on
    since = _since(standing, state)
    if day and day < since:
        why = Why.PLAN_DAY_TOO_EARLY(
            unit=step.unit_id, plan=step.plan_id, day=day, state=state.reached, since=since
        )
        raise Rejected(why, field="step.taken_on")
    match standing:
        case PlanIssued() | PlanApproved():
            _check_government(step, standing.government_approved_on)
            _check_copies(step, state)
        case PlanAgreedInPrinciple() if command.succeeds_since:
            check_agreed_by(step, step.plan_id, day, command.succeeds_since)
        case PlanSuperseded():
            check_after_own(step, command.succeeded_last_on)
            check_successor(step, standing.superseded_by, command.successor)
        case _:
            pass


def _since(standing: Happened, state: Spoken) -> str:
    """The first day on which it can have happened."""
    if isinstance(standing, PlanCopied) and isinstance(state, InForce | Superseded):
        return state.since
    return last_day(state, standing)


def _check_government(step: PlanStep, approved_on: str) -> None:
    if approved_on > step.taken_on:
        why = Why.PLAN_GOVERNMENT_TOO_LATE(
            unit=step.unit_id, plan=step.plan_id, day=approved_on, until=step.taken_on
        )
        raise Rejected(why, field="step.taken_on")


def _check_copies(step: PlanStep, state: Spoken) -> None:
    copied = [each.step.taken_on for each in state.told.values() if isinstance(each, PlanCopied)]
    if copied and min(copied) < step.taken_on:
        why = Why.PLAN_COPIED_BEFORE(
            unit=step.unit_id, plan=step.plan_id, day=step.taken_on, until=min(copied)
        )
        raise Rejected(why, field="step.taken_on")


def _bound_anew(consent: PlanAgreedInPrinciple, command: CorrectPlanStep) -> PlanAgreedInPrinciple:
    return PlanAgreedInPrinciple(
        step=consent.step,
        plan=consent.plan,
        rules=command.rules,
        support_by=support(command.rules, AGREED),
    )


def _document(event: Happened) -> str:
    return event.step.document


def _with_step(event: Happened, step: PlanStep) -> Any:
    """The same with another step."""
    other = type(event)()
    other.CopyFrom(event)  # type: ignore[arg-type]  # It is of the same type.
    other.step.CopyFrom(step)
    return other


# The field of a correction for each event, by the event's name.
_FIELDS: Mapping[str, str] = {
    field.message_type.name: field.name
    for field in PlanStepCorrected.DESCRIPTOR.oneofs_by_name["told"].fields
    if field.message_type is not None
}

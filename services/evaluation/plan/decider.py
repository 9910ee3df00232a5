"""The construction plan (建设方案) of a unit: from the draft to the plan that takes its place.

A plan is drafted, recommended by the province (省级推荐), assessed by the national side (综合评估)
and agreed to in principle (原则同意). The document that agrees binds it from then on: whether the
departments of the province issue it together (联合印发) or approve it together (联合批复), who
signs, whether the government of the province approves first, who gets a copy (抄送), and with which
step support starts (`bound.py`). A revision may come before; in force it may be amended, and
another plan of the unit may take its place. Days only move forward, and an unknown one excludes
nothing. Saying a step again changes nothing, saying it otherwise is refused; a wrong day or
document is put right by a correction (`correction.py`).

Limits: of what a plan says only its title and its period are kept. Copies are owed once, and not
again of an amended plan: no document read so far asks for that. Nor does one say that a copy is no
longer owed: it is until it is sent, also where another plan took the place of this one.
"""

from collections.abc import Mapping, Sequence
from typing import get_args

from services.evaluation.plan import correction
from services.evaluation.plan.bound import check_coming_into_force, check_recipient, support
from services.evaluation.plan.said import (
    AGREED,
    APPROVED,
    ASSESSED,
    DRAFTED,
    IN_REVISION,
    ISSUED,
    RECOMMENDED,
    STEPS,
    SUPERSEDED,
    Command,
    Event,
    Happened,
    Key,
    Step,
    key,
    reported,
)
from services.evaluation.plan.states import (
    Agreed,
    InForce,
    Prepared,
    Spoken,
    State,
    Superseded,
    Undrafted,
    last_day,
)
from services.evaluation.plan.succession import check_after_own, check_successor
from services.kernel.decider import Decider
from services.kernel.errors import CorruptHistory, Rejected
from services.kernel.reasons import NONE, Why
from zoneledger.evaluation.v1.plan_commands_pb2 import (
    AgreePlan,
    AmendPlan,
    ApprovePlan,
    AssessPlan,
    CopyPlan,
    CorrectPlanStep,
    DraftPlan,
    IssuePlan,
    RecommendPlan,
    RevisePlan,
    SupersedePlan,
)
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
    PlanStep,
    PlanStepCorrected,
    PlanSuperseded,
)
from zoneledger.ledger.v1.decision_pb2 import PolicyReference


def decide(command: Command, state: State) -> Sequence[Event]:
    match command:
        case CorrectPlanStep():
            return _correct(command, state)
        case _:
            return _decide_step(command, state)


def _correct(command: CorrectPlanStep, state: State) -> Sequence[Event]:
    match state:
        case Undrafted():
            raise _unknown(command.step)
        case Prepared() | Agreed() | InForce() | Superseded():
            return correction.correct(command, state)


def _decide_step(command: Step, state: State) -> list[Happened]:
    match state:
        case Undrafted():
            return _decide_undrafted(command)
        case Prepared() | Agreed() | InForce() | Superseded() if _is_told(command, state):
            return []
        case Prepared():
            return _in_time(_decide_prepared(command, state), state)
        case Agreed():
            return _in_time(_decide_agreed(command, state), state)
        case InForce():
            return _in_time(_decide_in_force(command, state), state)
        case Superseded():
            return _in_time(_decide_superseded(command, state), state)


def _decide_undrafted(command: Step) -> list[Happened]:
    match command:
        case DraftPlan():
            step, plan, kind = command.step, command.plan, command.unit_kind
            return [PlanDrafted(step=step, plan=plan, unit_kind=kind)]
        case (
            RecommendPlan()
            | AssessPlan()
            | AgreePlan()
            | RevisePlan()
            | IssuePlan()
            | ApprovePlan()
            | CopyPlan()
            | AmendPlan()
            | SupersedePlan()
        ):
            raise _unknown(command.step)


def _decide_prepared(command: Step, state: Prepared) -> list[Happened]:
    match command:
        case RecommendPlan() if state.reached == DRAFTED:
            return [PlanRecommended(step=command.step)]
        case AssessPlan() if state.reached == RECOMMENDED:
            return [PlanAssessed(step=command.step)]
        case AgreePlan() if state.reached == ASSESSED:
            return [_agreed(command, state)]
        case (
            DraftPlan()
            | RecommendPlan()
            | AssessPlan()
            | AgreePlan()
            | RevisePlan()
            | IssuePlan()
            | ApprovePlan()
            | CopyPlan()
            | AmendPlan()
            | SupersedePlan()
        ):
            raise _out_of_order(command, state)


def _decide_agreed(command: Step, state: Agreed) -> list[Happened]:
    match command:
        case RevisePlan():
            return [PlanRevised(step=command.step)]
        case IssuePlan():
            return [_issued(command, state)]
        case ApprovePlan():
            return [_approved(command, state)]
        case SupersedePlan():
            return [_superseded(command)]
        case DraftPlan() | RecommendPlan() | AssessPlan() | AgreePlan() | CopyPlan() | AmendPlan():
            raise _out_of_order(command, state)


def _decide_in_force(command: Step, state: InForce) -> list[Happened]:
    match command:
        case CopyPlan():
            return [_copied(command, state)]
        case AmendPlan():
            return [_amended(command, state)]
        case SupersedePlan():
            return [_superseded(command)]
        case (
            DraftPlan()
            | RecommendPlan()
            | AssessPlan()
            | AgreePlan()
            | RevisePlan()
            | IssuePlan()
            | ApprovePlan()
        ):
            raise _out_of_order(command, state)


def _decide_superseded(command: Step, state: Superseded) -> list[Happened]:
    """A copy that was owed stays owed, also of a plan that another one followed."""
    match command:
        case CopyPlan() if state.version:
            return [_copied(command, state)]
        case (
            DraftPlan()
            | RecommendPlan()
            | AssessPlan()
            | AgreePlan()
            | RevisePlan()
            | IssuePlan()
            | ApprovePlan()
            | CopyPlan()
            | AmendPlan()
            | SupersedePlan()
        ):
            raise _out_of_order(command, state)


def evolve(state: State, event: Event) -> State:
    match state, event:
        case Prepared() | Agreed() | InForce() | Superseded(), PlanStepCorrected():
            return correction.evolve(state, event)
        case Undrafted(), PlanDrafted():
            return Prepared(DRAFTED, event.plan, {key(event): event})
        case Prepared(), PlanRecommended() | PlanAssessed():
            return state._replace(reached=STEPS[type(event)], told=_with(state, event))
        case Prepared(), PlanAgreedInPrinciple():
            told = _with(state, event)
            return Agreed(AGREED, event.plan, event.rules, told, state.corrected)
        case Agreed(), PlanRevised():
            return state._replace(reached=IN_REVISION, told=_with(state, event))
        case Agreed(), PlanIssued() | PlanApproved():
            reached, since = STEPS[type(event)], event.step.taken_on
            told = _with(state, event)
            return InForce(reached, state.plan, state.rules, 1, since, told, state.corrected)
        case InForce() | Superseded(), PlanCopied():
            return state._replace(told=_with(state, event))
        case InForce(), PlanAmended():
            return state._replace(plan=event.plan, version=event.version, told=_with(state, event))
        case Agreed(), PlanSuperseded():
            told = _with(state, event)
            return Superseded(SUPERSEDED, state.rules, 0, "", told, state.corrected)
        case InForce(), PlanSuperseded():
            _, _, rules, version, since, _, corrected = state
            return Superseded(SUPERSEDED, rules, version, since, _with(state, event), corrected)
        case _:
            raise CorruptHistory(f"{event.DESCRIPTOR.name} cannot follow {type(state).__name__}")


def _is_told(command: Step, state: Spoken) -> bool:
    """Whether it was said before, and be it corrected since; said otherwise it is refused."""
    if correction.was_reported(command, state):
        return True
    standing = state.told.get(key(command))
    if standing is None:
        return False
    if reported(standing) == reported(command):
        return True
    step = command.step
    why = Why.PLAN_STEP_DIFFERS(
        unit=step.unit_id,
        plan=step.plan_id,
        state=state.reached,
        step=STEPS[type(command)],
        standing_on=standing.step.taken_on or NONE,
        standing_document=standing.step.document or NONE,
    )
    raise Rejected(why, field="step")


def _in_time(events: list[Happened], state: Spoken) -> list[Happened]:
    """The events, where none of them reaches back behind what was there before."""
    for event in events:
        _check_day(event.step.taken_on, _since(event, state), event.step, state)
    return events


def _since(event: Happened, state: Spoken) -> str:
    """The first day on which it can have happened; copies are sent in any order."""
    if isinstance(event, PlanCopied) and isinstance(state, InForce | Superseded):
        return state.since
    return last_day(state)


def _check_day(
    day: str, since: str, step: PlanStep, state: Spoken, field: str = "step.taken_on"
) -> None:
    if day and day < since:
        why = Why.PLAN_DAY_TOO_EARLY(
            unit=step.unit_id, plan=step.plan_id, day=day, state=state.reached, since=since
        )
        raise Rejected(why, field=field)


def _agreed(command: AgreePlan, state: Prepared) -> PlanAgreedInPrinciple:
    return PlanAgreedInPrinciple(
        step=command.step,
        plan=state.plan,
        rules=command.rules,
        support_by=support(command.rules, AGREED),
    )


def _issued(command: IssuePlan, state: Agreed) -> PlanIssued:
    check_coming_into_force(command, state.rules)
    _check_government(command, state)
    return PlanIssued(
        step=command.step,
        signatories=command.signatories,
        government_approved_on=command.government_approved_on,
        government_document=command.government_document,
        support_by=support(state.rules, ISSUED),
        into_force_by=state.rules.into_force_by,
        policy=state.rules.policy,
    )


def _approved(command: ApprovePlan, state: Agreed) -> PlanApproved:
    check_coming_into_force(command, state.rules)
    _check_government(command, state)
    return PlanApproved(
        step=command.step,
        signatories=command.signatories,
        government_approved_on=command.government_approved_on,
        government_document=command.government_document,
        support_by=support(state.rules, APPROVED),
        into_force_by=state.rules.into_force_by,
        policy=state.rules.policy,
    )


def _check_government(command: IssuePlan | ApprovePlan, state: Agreed) -> None:
    approved_on, field = command.government_approved_on, "government_approved_on"
    _check_day(approved_on, last_day(state), command.step, state, field)


def _copied(command: CopyPlan, state: InForce | Superseded) -> PlanCopied:
    check_recipient(command, state.rules)
    return PlanCopied(
        step=command.step,
        recipient=command.recipient,
        copies_by=state.rules.copies_by,
        policy=state.rules.policy,
    )


def _amended(command: AmendPlan, state: InForce) -> PlanAmended:
    return PlanAmended(
        step=command.step,
        plan=command.plan,
        former=state.plan,
        version=state.version + 1,
        reason=command.reason,
    )


def _superseded(command: SupersedePlan) -> PlanSuperseded:
    step, other = command.step, command.superseded_by
    if other == step.plan_id:
        why = Why.PLAN_SUPERSEDES_ITSELF(unit=step.unit_id, plan=step.plan_id)
        raise Rejected(why, field="superseded_by")
    check_after_own(step, command.succeeded_last_on)
    if command.HasField("successor"):
        check_successor(step, other, command.successor)
    return PlanSuperseded(step=step, superseded_by=other)


def _unknown(step: PlanStep) -> Rejected:
    why = Why.PLAN_UNKNOWN(unit=step.unit_id, plan=step.plan_id)
    return Rejected(why, field="step.plan_id")


def _out_of_order(command: Step, state: Spoken) -> Rejected:
    why = Why.PLAN_STEP_OUT_OF_ORDER(
        unit=command.step.unit_id,
        plan=command.step.plan_id,
        state=state.reached,
        step=STEPS[type(command)],
        needed=", ".join(_AFTER.get(type(command), ())) or NONE,
    )
    return Rejected(why, field="step")


def _with(state: Spoken, event: Happened) -> Mapping[Key, Happened]:
    return {**state.told, key(event): event}


def _stream(command: Command) -> str:
    return f"plan-{command.step.unit_id}.{command.step.plan_id}"


def _deciding_policy(command: Command) -> PolicyReference | None:
    match command:
        case AgreePlan():
            return command.rules.policy
        case CorrectPlanStep() if command.HasField("rules"):
            return command.rules.policy
        case _:
            return None


# What a plan has to be before; a draft is the beginning.
_AFTER: Mapping[type[Step], tuple[str, ...]] = {
    RecommendPlan: (DRAFTED,),
    AssessPlan: (RECOMMENDED,),
    AgreePlan: (ASSESSED,),
    RevisePlan: (AGREED,),
    IssuePlan: (AGREED, IN_REVISION),
    ApprovePlan: (AGREED, IN_REVISION),
    CopyPlan: (ISSUED, APPROVED),
    AmendPlan: (ISSUED, APPROVED),
    SupersedePlan: (AGREED, IN_REVISION, ISSUED, APPROVED),
}

PLAN = Decider(
    category="plan",
    commands=get_args(Command),
    events=get_args(Event),
    initial=Undrafted(),
    stream=_stream,
    decide=decide,
    evolve=evolve,
    policy=_deciding_policy,
)

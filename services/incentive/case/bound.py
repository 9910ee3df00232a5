"""What binds a benefit case: who may speak, and what must hold before a benefit is given.

All of it comes from the entitlement as it stood when the case was applied for. No document is known
here.
"""

from services.incentive.case.said import OnPrecondition
from services.incentive.case.state import File, Right
from services.kernel.errors import Rejected
from services.kernel.reasons import NONE, Why
from zoneledger.incentive.v1.case_commands_pb2 import RecoverBenefit
from zoneledger.incentive.v1.case_events_pb2 import Benefit, CaseStep, Checked
from zoneledger.incentive.v1.events_pb2 import Condition


def check_speaks(step: CaseStep, checked: Checked, competent: str) -> None:
    """Refuse another authority than the competent one, and one person in both parts."""
    if checked.authority != competent:
        why = Why.CASE_NOT_COMPETENT(
            unit=step.unit_id, case=step.case_id, authority=checked.authority, competent=competent
        )
        raise Rejected(why, field="checked.authority")
    if checked.prepared_by == checked.approved_by:
        same = Why.CASE_ONE_PERSON(unit=step.unit_id, case=step.case_id, person=checked.approved_by)
        raise Rejected(same, field="checked.approved_by")


def condition(command: OnPrecondition, file: File) -> Condition:
    """The precondition that is spoken of."""
    known = {each.condition_id: each for each in file.entitlement.conditions}
    if found := known.get(command.condition_id):
        return found
    step = command.step
    why = Why.CASE_NO_PRECONDITION(
        unit=step.unit_id,
        case=step.case_id,
        precondition=command.condition_id,
        preconditions=", ".join(known) or NONE,
    )
    raise Rejected(why, field="condition_id")


def check_stands(step: CaseStep, right: Right | None) -> Right:
    """The right, where it stands and stood on the day of the application."""
    if right is None:
        raise not_entitled(step)
    if not right.stands:
        raise _ended(step, right, right.last_day or NONE, "step.instrument")
    check_held(step, right, step.taken_on, "step.taken_on")
    return right


def not_entitled(step: CaseStep) -> Rejected:
    """There is no such entitlement."""
    why = Why.CASE_NOT_ENTITLED(unit=step.unit_id, round=step.round, instrument=step.instrument)
    return Rejected(why, field="step.instrument")


def unknown(step: CaseStep) -> Rejected:
    """There is no such case."""
    why = Why.CASE_UNKNOWN(
        unit=step.unit_id, round=step.round, instrument=step.instrument, case=step.case_id
    )
    return Rejected(why, field="step.case_id")


def check_held(step: CaseStep, right: Right, day: str, field: str) -> None:
    """Refuse a day on which the entitlement did not stand."""
    if right.held_on(day):
        return
    if right.spans and day < right.spans[0].since:
        why = Why.CASE_BEFORE_ENTITLEMENT(
            unit=step.unit_id,
            round=step.round,
            instrument=step.instrument,
            day=day,
            since=right.spans[0].since,
        )
        raise Rejected(why, field=field)
    raise _ended(step, right, right.last_day or NONE, field)


def check_met(step: CaseStep, file: File) -> None:
    """Refuse while a precondition is not attested."""
    if file.unmet:
        by = {each.condition_id: each.attested_by for each in file.entitlement.conditions}
        why = Why.CASE_PRECONDITIONS_UNMET(
            unit=step.unit_id,
            case=step.case_id,
            unmet=", ".join(f"{each} ({by[each]})" for each in file.unmet),
            policy=file.entitlement.policy.policy_id,
            clause=file.entitlement.clause_id,
        )
        raise Rejected(why, field="step")


def granted(step: CaseStep, asked: Benefit, amount: int) -> Benefit:
    """What was asked for, with the amount that is granted: never more."""
    if amount > asked.amount:
        why = Why.CASE_AMOUNT_TOO_LARGE(
            unit=step.unit_id, case=step.case_id, amount=amount, limit=asked.amount
        )
        raise Rejected(why, field="amount")
    benefit = Benefit()
    benefit.CopyFrom(asked)
    benefit.amount = amount
    return benefit


def check_recovery(command: RecoverBenefit, file: File) -> None:
    """Refuse to take back more than was given and not taken back already."""
    left = (file.granted.amount if file.granted else 0) - file.recovered
    if command.amount > left:
        step = command.step
        why = Why.CASE_AMOUNT_TOO_LARGE(
            unit=step.unit_id, case=step.case_id, amount=command.amount, limit=left
        )
        raise Rejected(why, field="amount")


def _ended(step: CaseStep, right: Right, since: str, field: str) -> Rejected:
    why = Why.CASE_ENTITLEMENT_ENDED(
        unit=step.unit_id,
        round=step.round,
        instrument=step.instrument,
        since=since,
        reason=right.reason or NONE,
    )
    return Rejected(why, field=field)

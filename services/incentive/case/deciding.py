"""A benefit case (受益事项): from the application under an entitlement to its end.

It is applied for while the entitlement stands. Each precondition (前提条件) is attested by the
authority that the document names for it, and the authority of the entitlement grants or refuses;
what one person prepared another approves. Nothing is granted before every precondition is
attested, nor for a day on which the entitlement did not stand. What becomes of a case by itself,
when an attestation fails or the entitlement ends, says `following`.

Saying a step again changes nothing, saying it otherwise is refused. Days only move forward, but
what is said of different preconditions comes in any order.

Limits: money out of a pool of the central budget is allocated in its round, not here; a case counts
one kind of thing and keeps no payments.
"""

from collections.abc import Set as AbstractSet
from typing import Any

from services.incentive.case.bound import (
    check_held,
    check_met,
    check_recovery,
    check_speaks,
    check_stands,
    condition,
    granted,
    unknown,
)
from services.incentive.case.following import follow, visibility
from services.incentive.case.said import (
    APPLIED,
    ATTESTED,
    COMPLETED,
    FAILED,
    GRANTED,
    LAPSED,
    OPEN_AGAIN,
    RECOVERED,
    REFUSED,
    STEPS,
    STOPPED,
    SUSPENDED,
    Check,
    Command,
    Event,
    OnPrecondition,
    Reported,
    key,
    reported,
)
from services.incentive.case.state import Applied, Case, File, Granted, Over, Right, Suspended
from services.kernel.errors import CorruptHistory, Rejected
from services.kernel.reasons import NONE, Why
from zoneledger.incentive.v1.case_commands_pb2 import (
    ApplyForBenefit,
    AttestPrecondition,
    CompleteBenefit,
    FailPrecondition,
    GrantBenefit,
    LapseBenefit,
    RecoverBenefit,
    RefuseBenefit,
    StopBenefit,
    WithdrawAttestation,
)
from zoneledger.incentive.v1.case_events_pb2 import (
    AttestationWithdrawn,
    BenefitApplied,
    BenefitCompleted,
    BenefitGranted,
    BenefitLapsed,
    BenefitRecovered,
    BenefitRefused,
    BenefitResumed,
    BenefitStopped,
    BenefitSuspended,
    PreconditionAttested,
    PreconditionFailed,
)

_ANSWERS = frozenset({ATTESTED, FAILED, OPEN_AGAIN})
_BEFORE_GRANT = _ANSWERS | {GRANTED, REFUSED, LAPSED}


def decide(command: Command, case: Case | None, right: Right | None) -> list[Event]:
    """What comes of the command for the case, which hangs on this right."""
    if case is None or right is None:
        return [_opened(command, right)]
    command = _whole(command, case.file)
    if _is_told(command, case.file):
        return []
    if STEPS[type(command)] not in possible(case):
        raise _out_of_order(command, case)
    _check_day(command, case.file)
    event = _happened(command, case.file, right)
    return [event, *follow(evolve(case, event), right, command.step)]


def evolve(case: Case | None, event: Event) -> Case:
    match case, event:
        case None, BenefitApplied():
            return Applied(_file(event))
        case Applied() | Granted() | Suspended(), _ if isinstance(event, Check):
            checks = {**case.file.checks, event.condition_id: event}
            return case._replace(file=case.file._replace(checks=checks))
        case Applied() | Suspended(), BenefitGranted():
            file = _told(case.file, event)
            return Granted(
                file._replace(granted=event.benefit, effective_from=event.effective_from)
            )
        case Applied() | Suspended(), BenefitRefused() | BenefitLapsed():
            return Over(_told(case.file, event), STEPS[type(event)])
        case Applied() | Granted() | Suspended(), BenefitSuspended():
            return Suspended(case.file, event.cause)
        case Suspended(), BenefitResumed():
            return Granted(case.file) if case.file.granted else Applied(case.file)
        case Granted(), BenefitCompleted():
            return Over(_told(case.file, event), COMPLETED)
        case Granted() | Suspended(), BenefitStopped():
            return Over(_told(case.file, event), STOPPED)
        case Granted() | Suspended() | Over(), BenefitRecovered():
            recovered = case.file.recovered + event.amount
            return case._replace(file=_told(case.file, event)._replace(recovered=recovered))
    raise CorruptHistory(f"{event.DESCRIPTOR.name} cannot follow {type(case).__name__}")


def reached(case: Case) -> str:
    """How far it has come."""
    match case:
        case Applied():
            return APPLIED
        case Granted():
            return GRANTED
        case Suspended():
            return SUSPENDED
        case Over():
            return case.reached


def possible(case: Case) -> AbstractSet[str]:
    """What can be said of it now.

    A grant that was given while the entitlement stood may be entered after the entitlement ended.
    """
    match case:
        case Applied():
            return _BEFORE_GRANT
        case Granted():
            return _ANSWERS | {COMPLETED, STOPPED, RECOVERED}
        case Suspended() if case.file.granted is None:
            return _BEFORE_GRANT
        case Suspended():
            return _ANSWERS | {STOPPED, RECOVERED}
        case Over():
            return {RECOVERED} if case.file.granted is not None else frozenset()


def _opened(command: Command, right: Right | None) -> BenefitApplied:
    step = command.step
    if not isinstance(command, ApplyForBenefit):
        raise unknown(step)
    entitlement = check_stands(step, right).entitlement
    return BenefitApplied(
        step=step,
        benefit=command.benefit,
        entitlement=entitlement,
        visibility=visibility(entitlement),
    )


def _whole(command: Command, file: File) -> Command:
    """A grant with all that it leaves to be understood."""
    if not isinstance(command, GrantBenefit):
        return command
    return GrantBenefit(
        step=command.step,
        checked=command.checked,
        amount=command.amount or file.asked.amount,
        effective_from=command.effective_from or command.step.taken_on,
    )


def _happened(command: Command, file: File, right: Right) -> Reported:
    """What the command itself brings about."""
    match command:
        case AttestPrecondition() | FailPrecondition() | WithdrawAttestation():
            check_speaks(command.step, command.checked, condition(command, file).attested_by)
            return _check(command, file)
        case GrantBenefit() | RefuseBenefit() | LapseBenefit() | CompleteBenefit() | StopBenefit():
            check_speaks(command.step, command.checked, file.entitlement.authority)
            return _decided(command, file, right)
        case RecoverBenefit():
            check_speaks(command.step, command.checked, file.entitlement.authority)
            check_recovery(command, file)
            return BenefitRecovered(
                step=command.step,
                checked=command.checked,
                amount=command.amount,
                reason=command.reason,
                visibility=visibility(file.entitlement),
            )
        case ApplyForBenefit():
            raise _out_of_order(command, Applied(file))


def _check(command: OnPrecondition, file: File) -> Check:
    said: dict[str, Any] = {
        "step": command.step,
        "condition_id": command.condition_id,
        "checked": command.checked,
        "visibility": visibility(file.entitlement),
    }
    match command:
        case AttestPrecondition():
            return PreconditionAttested(**said)
        case FailPrecondition():
            return PreconditionFailed(**said, reason=command.reason)
        case WithdrawAttestation():
            return AttestationWithdrawn(**said, reason=command.reason)


def _decided(
    command: GrantBenefit | RefuseBenefit | LapseBenefit | CompleteBenefit | StopBenefit,
    file: File,
    right: Right,
) -> Reported:
    said: dict[str, Any] = {
        "step": command.step,
        "checked": command.checked,
        "visibility": visibility(file.entitlement),
    }
    match command:
        case GrantBenefit():
            check_met(command.step, file)
            check_held(command.step, right, command.step.taken_on, "step.taken_on")
            check_held(command.step, right, command.effective_from, "effective_from")
            benefit = granted(command.step, file.asked, command.amount)
            return BenefitGranted(**said, benefit=benefit, effective_from=command.effective_from)
        case RefuseBenefit():
            return BenefitRefused(**said, reason=command.reason)
        case LapseBenefit():
            return BenefitLapsed(**said, reason=command.reason)
        case CompleteBenefit():
            return BenefitCompleted(**said)
        case StopBenefit():
            return BenefitStopped(**said, reason=command.reason)


def _is_told(command: Command, file: File) -> bool:
    """Whether it was said before; said otherwise it is refused, but for what may change."""
    if isinstance(command, OnPrecondition):
        standing = file.checks.get(command.condition_id)
        return standing is not None and reported(standing) == reported(command)
    known = file.told.get(key(command))
    if known is None or known == reported(command):
        return known is not None
    step, (day, document) = command.step, known[1:3]
    why = Why.CASE_STEP_DIFFERS(
        unit=step.unit_id,
        case=step.case_id,
        case_step=STEPS[type(command)],
        standing_on=day,
        standing_document=document or NONE,
    )
    raise Rejected(why, field="step")


def _check_day(command: Command, file: File) -> None:
    """Refuse a day before what was there; preconditions are attested in any order."""
    step, since = command.step, file.last
    if isinstance(command, OnPrecondition):
        standing = file.checks.get(command.condition_id)
        since = standing.step.taken_on if standing else file.opened.taken_on
    elif isinstance(command, GrantBenefit | RefuseBenefit):
        since = max(since, *(each.step.taken_on for each in file.checks.values()), "")
    if step.taken_on < since:
        why = Why.CASE_DAY_TOO_EARLY(
            unit=step.unit_id, case=step.case_id, day=step.taken_on, since=since
        )
        raise Rejected(why, field="step.taken_on")


def _out_of_order(command: Command, case: Case) -> Rejected:
    step = command.step
    why = Why.CASE_STEP_OUT_OF_ORDER(
        unit=step.unit_id,
        case=step.case_id,
        case_state=reached(case),
        case_step=STEPS[type(command)],
        case_steps=", ".join(sorted(possible(case))) or NONE,
    )
    return Rejected(why, field="step")


def _file(event: BenefitApplied) -> File:
    return File(
        opened=event.step,
        entitlement=event.entitlement,
        asked=event.benefit,
        checks={},
        told={key(event): reported(event)},
        last=event.step.taken_on,
    )


def _told(file: File, event: Reported) -> File:
    told = {**file.told, key(event): reported(event)}
    return file._replace(told=told, last=max(file.last, event.step.taken_on))

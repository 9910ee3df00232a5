"""What is said of a benefit case, by commands and by events alike, and when two say the same.

A case is applied for, granted or refused, completed or stopped once; what is said of a precondition
may change any number of times, and what was given may be taken back in several parts. Where a
report was read does not count.
"""

from collections.abc import Mapping
from typing import TypeAlias, get_args

from services.kernel.words import word
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
    Benefit,
    BenefitApplied,
    BenefitCompleted,
    BenefitGranted,
    BenefitLapsed,
    BenefitRecovered,
    BenefitRefused,
    BenefitResumed,
    BenefitStopped,
    BenefitSuspended,
    CaseState,
    Checked,
    PreconditionAttested,
    PreconditionFailed,
)

Command: TypeAlias = (
    ApplyForBenefit
    | AttestPrecondition
    | FailPrecondition
    | WithdrawAttestation
    | GrantBenefit
    | RefuseBenefit
    | LapseBenefit
    | CompleteBenefit
    | StopBenefit
    | RecoverBenefit
)
# What somebody said, and what follows from it or from the entitlement by itself.
Reported: TypeAlias = (
    BenefitApplied
    | PreconditionAttested
    | PreconditionFailed
    | AttestationWithdrawn
    | BenefitGranted
    | BenefitRefused
    | BenefitLapsed
    | BenefitCompleted
    | BenefitStopped
    | BenefitRecovered
)
Following: TypeAlias = BenefitSuspended | BenefitResumed
Event: TypeAlias = Reported | Following
EVENTS = (*get_args(Reported), *get_args(Following))
# What is said of a precondition.
OnPrecondition: TypeAlias = AttestPrecondition | FailPrecondition | WithdrawAttestation
Check: TypeAlias = PreconditionAttested | PreconditionFailed | AttestationWithdrawn
# What a report is about.
Key: TypeAlias = tuple[str, ...]

APPLIED, GRANTED, REFUSED, LAPSED, SUSPENDED, COMPLETED, STOPPED = (
    word(CaseState, number) for _, number in CaseState.items() if number
)
ATTESTED, FAILED, OPEN_AGAIN, RESUMED, RECOVERED = (
    "attested",
    "failed",
    "open_again",
    "resumed",
    "recovered",
)


def key(said: Command | Reported) -> Key:
    """What it is about: a case comes to each state once, but has many recoveries."""
    if isinstance(said, RecoverBenefit | BenefitRecovered):
        return RECOVERED, said.step.taken_on, said.step.document
    return (STEPS[type(said)],)


def reported(said: Command | Reported) -> tuple[object, ...]:
    """What a report says: the step, its day, its document and what it says beside.

    The rest is looked up, or says where it was read.
    """
    at = STEPS[type(said)], said.step.taken_on, said.step.document
    match said:
        case ApplyForBenefit() | BenefitApplied():
            return *at, *_contents(said.benefit)
        case GrantBenefit():
            return *at, *_who(said.checked), said.effective_from, said.amount
        case BenefitGranted():
            return *at, *_who(said.checked), said.effective_from, said.benefit.amount
        case RecoverBenefit() | BenefitRecovered():
            return *at, *_who(said.checked), said.amount, said.reason
        case CompleteBenefit() | BenefitCompleted() | AttestPrecondition() | PreconditionAttested():
            return *at, *_who(said.checked)
        case (
            FailPrecondition()
            | PreconditionFailed()
            | WithdrawAttestation()
            | AttestationWithdrawn()
            | RefuseBenefit()
            | BenefitRefused()
            | LapseBenefit()
            | BenefitLapsed()
            | StopBenefit()
            | BenefitStopped()
        ):
            return *at, *_who(said.checked), said.reason


def _who(checked: Checked) -> tuple[str, str, str]:
    return checked.authority, checked.prepared_by, checked.approved_by


def _contents(benefit: Benefit) -> tuple[object, ...]:
    return (
        benefit.title_zh,
        benefit.title_en,
        benefit.project_code,
        benefit.carried_out_by,
        benefit.amount,
        benefit.counted,
    )


# What a command or an event makes of a case, or does with it.
STEPS: Mapping[type[Command | Event], str] = {
    ApplyForBenefit: APPLIED,
    BenefitApplied: APPLIED,
    AttestPrecondition: ATTESTED,
    PreconditionAttested: ATTESTED,
    FailPrecondition: FAILED,
    PreconditionFailed: FAILED,
    WithdrawAttestation: OPEN_AGAIN,
    AttestationWithdrawn: OPEN_AGAIN,
    GrantBenefit: GRANTED,
    BenefitGranted: GRANTED,
    RefuseBenefit: REFUSED,
    BenefitRefused: REFUSED,
    LapseBenefit: LAPSED,
    BenefitLapsed: LAPSED,
    BenefitSuspended: SUSPENDED,
    BenefitResumed: RESUMED,
    CompleteBenefit: COMPLETED,
    BenefitCompleted: COMPLETED,
    StopBenefit: STOPPED,
    BenefitStopped: STOPPED,
    RecoverBenefit: RECOVERED,
    BenefitRecovered: RECOVERED,
}

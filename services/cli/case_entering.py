"""What the commands on benefit cases send."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, NamedTuple, TypeAlias

import grpc

from services.cli import naming, refusals
from services.cli.amounts import amount
from services.cli.client import Clients
from services.kernel.errors import Malformed, Violation
from services.kernel.reasons import Why
from zoneledger.incentive.v1 import case_commands_pb2 as commands
from zoneledger.incentive.v1 import case_service_pb2 as messages
from zoneledger.incentive.v1.case_events_pb2 import Benefit, CaseStep, Checked
from zoneledger.ledger.v1.outcome_pb2 import BatchOutcome

# Who says it, who prepared and who approved it.
Said: TypeAlias = tuple[str, str, str]

_FORM = "UNIT/ROUND.INSTRUMENT.ID"
_OPTIONS = {
    "unit_id": "CASE",
    "round": "CASE",
    "instrument": "CASE",
    "case_id": "CASE",
    "step": "CASE",
    "taken_on": "--on",
    "authority": "--by",
    "condition_id": "--condition",
    "counted": "--amount",
}


class At(NamedTuple):
    """Which case, when, by which document, and where that is written."""

    case: str
    on: str
    document: str
    source: str


class Asked(NamedTuple):
    """What is applied for, as it was written."""

    title_zh: str
    title_en: str
    project_code: str
    carried_out_by: str
    amount: str


class Named(NamedTuple):
    """A case by its parts."""

    unit: str
    round: int
    instrument: str
    case_id: str

    @property
    def name(self) -> str:
        return f"units/{self.unit}/cases/{self.round}.{self.instrument}.{self.case_id}"


def named(clients: Clients, case: str) -> Named:
    """The case that is written so; its unit is called by an id, a name or an alias."""
    unit, slash, rest = case.removeprefix("units/").replace("/cases/", "/").rpartition("/")
    parts = rest.split(".")
    if not slash or len(parts) != 3 or not parts[0].isdecimal() or len(parts[0]) > 4:
        raise Malformed(Violation("CASE", Why.NOT_A_NAME(value=case[:60], form=_FORM)))
    round_ = int(parts[0])
    return Named(naming.unit_id(clients, "CASE", unit, round_), round_, parts[1], parts[2])


def apply(clients: Clients, at: At, asked: Asked) -> BatchOutcome:
    counted = amount(asked.amount)
    benefit = Benefit(
        title_zh=asked.title_zh,
        title_en=asked.title_en,
        project_code=asked.project_code,
        carried_out_by=asked.carried_out_by,
        **counted._asdict(),
    )
    command = commands.ApplyForBenefit(step=_step(clients, at), benefit=benefit)
    return _sent(clients.cases.ApplyForBenefits, messages.ApplyForBenefitsRequest, command)


def attest(clients: Clients, at: At, said: Said, condition: str) -> BatchOutcome:
    command = commands.AttestPrecondition(
        step=_step(clients, at), condition_id=condition, checked=_checked(said)
    )
    return _sent(clients.cases.AttestPreconditions, messages.AttestPreconditionsRequest, command)


def fail(clients: Clients, at: At, said: Said, condition: str, reason: str) -> BatchOutcome:
    command = commands.FailPrecondition(
        step=_step(clients, at), condition_id=condition, checked=_checked(said), reason=reason
    )
    return _sent(clients.cases.FailPreconditions, messages.FailPreconditionsRequest, command)


def withdraw(clients: Clients, at: At, said: Said, condition: str, reason: str) -> BatchOutcome:
    command = commands.WithdrawAttestation(
        step=_step(clients, at), condition_id=condition, checked=_checked(said), reason=reason
    )
    return _sent(clients.cases.WithdrawAttestations, messages.WithdrawAttestationsRequest, command)


def grant(clients: Clients, at: At, said: Said, given: str, effective_from: str) -> BatchOutcome:
    command = commands.GrantBenefit(
        step=_step(clients, at),
        checked=_checked(said),
        amount=amount(given).amount,
        effective_from=effective_from,
    )
    return _sent(clients.cases.GrantBenefits, messages.GrantBenefitsRequest, command)


def refuse(clients: Clients, at: At, said: Said, reason: str) -> BatchOutcome:
    command = commands.RefuseBenefit(step=_step(clients, at), checked=_checked(said), reason=reason)
    return _sent(clients.cases.RefuseBenefits, messages.RefuseBenefitsRequest, command)


def lapse(clients: Clients, at: At, said: Said, reason: str) -> BatchOutcome:
    command = commands.LapseBenefit(step=_step(clients, at), checked=_checked(said), reason=reason)
    return _sent(clients.cases.LapseBenefits, messages.LapseBenefitsRequest, command)


def complete(clients: Clients, at: At, said: Said) -> BatchOutcome:
    command = commands.CompleteBenefit(step=_step(clients, at), checked=_checked(said))
    return _sent(clients.cases.CompleteBenefits, messages.CompleteBenefitsRequest, command)


def stop(clients: Clients, at: At, said: Said, reason: str) -> BatchOutcome:
    command = commands.StopBenefit(step=_step(clients, at), checked=_checked(said), reason=reason)
    return _sent(clients.cases.StopBenefits, messages.StopBenefitsRequest, command)


def recover(clients: Clients, at: At, said: Said, taken: str, reason: str) -> BatchOutcome:
    command = commands.RecoverBenefit(
        step=_step(clients, at),
        checked=_checked(said),
        amount=amount(taken).amount,
        reason=reason,
    )
    return _sent(clients.cases.RecoverBenefits, messages.RecoverBenefitsRequest, command)


def _step(clients: Clients, at: At) -> CaseStep:
    of = named(clients, at.case)
    return CaseStep(
        unit_id=of.unit,
        round=of.round,
        instrument=of.instrument,
        case_id=of.case_id,
        taken_on=at.on,
        document=at.document,
        source=at.source,
    )


def _checked(said: Said) -> Checked:
    authority, prepared_by, approved_by = said
    return Checked(authority=authority, prepared_by=prepared_by, approved_by=approved_by)


def _sent(method: Any, request: Any, command: Any) -> BatchOutcome:
    """What came of one command, which is a batch by itself."""
    [batch, *_] = [field.name for field in request.DESCRIPTOR.fields]
    with by_option():
        outcome: BatchOutcome = method(request(**{batch: [command]})).outcome
        return outcome


@contextmanager
def by_option() -> Iterator[None]:
    """Tell what is wrong under the names of the options that were written."""
    try:
        yield
    except grpc.RpcError as error:
        if faults := refusals.violations(error):
            raise Malformed(*map(_renamed, faults)) from error
        raise


def _renamed(fault: Violation) -> Violation:
    field = fault.field.rpartition(".")[2]
    if "[" in field:  # The case as a whole.
        field = "step"
    return Violation(_OPTIONS.get(field, f"--{field.replace('_', '-')}"), fault.what)

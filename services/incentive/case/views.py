"""The benefit cases of a unit as they stand: how far each has come, and whom it waits for.

A case is told to its unit, and to whoever is told what units are. What was said of it is shown as
it stood on the day asked for; a step that is not there yet on that day is not counted.
"""

from collections.abc import Mapping, Sequence

from services.incentive.case.said import Event
from services.incentive.case.telling import tell
from services.kernel.aspects import Aspects
from services.kernel.decision import Recorded, moment
from services.kernel.policy import Policies
from services.kernel.viewer import as_it_is
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
    CaseState,
    PreconditionAttested,
    PreconditionFailed,
)
from zoneledger.incentive.v1.case_service_pb2 import (
    CaseStanding,
    Precondition,
    PreconditionState,
)

_OPEN = PreconditionState.PRECONDITION_STATE_OPEN
_HOLDS = PreconditionState.PRECONDITION_STATE_HOLDS
_FAILS = PreconditionState.PRECONDITION_STATE_FAILS
_APPLIED = CaseState.CASE_STATE_APPLIED
_GRANTED = CaseState.CASE_STATE_GRANTED
_SUSPENDED = CaseState.CASE_STATE_SUSPENDED


def _subject(event: Event) -> str:
    return event.step.unit_id


def _taken_on(event: Event) -> str:
    return event.step.taken_on


def _visibility(event: Event) -> int:
    return event.visibility


SAID = Aspects(_subject, _taken_on, _taken_on, _visibility, as_it_is, tell)


def cases(entries: Sequence[Recorded], round_: int, policies: Policies) -> list[CaseStanding]:
    """A unit's cases by round, instrument and id; of all rounds where `round_` is 0."""
    standing: dict[str, CaseStanding] = {}
    for event, recorded_ns, decision_id, _ in entries:
        if not isinstance(event, Event):
            continue
        name = named(event)
        known = standing.get(name) or CaseStanding(name=name)
        if known.state or isinstance(event, BenefitApplied):
            _take(event, known, policies)
            known.waits_for[:] = _waits_for(known)
            known.taken_on, known.document = event.step.taken_on, event.step.document
            known.recorded_at.CopyFrom(moment(recorded_ns))
            known.decision_id = known.etag = decision_id
            standing[name] = known
    by_round = sorted(standing.values(), key=lambda each: (each.applied.round, each.name))
    return [each for each in by_round if round_ in (0, each.applied.round)]


def named(event: Event) -> str:
    """The name of the case that an event is about."""
    step = event.step
    return f"units/{step.unit_id}/cases/{step.round}.{step.instrument}.{step.case_id}"


def is_about(event: Event, ids: Mapping[str, str]) -> bool:
    """Whether an event belongs to the case with these ids."""
    said = str(event.step.round), event.step.instrument, event.step.case_id
    return said == (ids["round"], ids["instrument"], ids["case"])


def _take(event: Event, known: CaseStanding, policies: Policies) -> None:
    known.reason = ""
    match event:
        case BenefitApplied():
            _open(event, known, policies)
        case PreconditionAttested() | PreconditionFailed() | AttestationWithdrawn():
            _check(event, known)
        case BenefitGranted():
            known.state, known.before = _GRANTED, CaseState.CASE_STATE_UNSPECIFIED
            known.granted.CopyFrom(event.benefit)
            known.effective_from = event.effective_from
        case BenefitSuspended():
            known.before = known.before or known.state
            known.state, known.reason = _SUSPENDED, event.reason
        case BenefitResumed():
            known.state, known.before = known.before, CaseState.CASE_STATE_UNSPECIFIED
        case BenefitRecovered():
            known.recovered += event.amount
            known.reason = event.reason
        case BenefitRefused() | BenefitLapsed() | BenefitStopped() | BenefitCompleted():
            known.state, known.before = _ENDS[type(event)], CaseState.CASE_STATE_UNSPECIFIED
            known.reason = "" if isinstance(event, BenefitCompleted) else event.reason


def _open(event: BenefitApplied, known: CaseStanding, policies: Policies) -> None:
    entitlement = event.entitlement
    known.applied.CopyFrom(event.step)
    known.state = _APPLIED
    known.asked.CopyFrom(event.benefit)
    known.entitlement.CopyFrom(entitlement)
    known.clause_quote = policies.quote(entitlement.policy.policy_id, entitlement.clause_id)
    known.preconditions.extend(
        Precondition(condition=each, state=_OPEN) for each in entitlement.conditions
    )


def _check(
    event: PreconditionAttested | PreconditionFailed | AttestationWithdrawn, known: CaseStanding
) -> None:
    [said] = [
        each for each in known.preconditions if each.condition.condition_id == event.condition_id
    ]
    said.said_on, said.document = event.step.taken_on, event.step.document
    said.reason = "" if isinstance(event, PreconditionAttested) else event.reason
    match event:
        case PreconditionAttested():
            said.state = _HOLDS
        case PreconditionFailed():
            said.state = _FAILS
        case AttestationWithdrawn():
            said.state = _OPEN


def _waits_for(known: CaseStanding) -> list[str]:
    """Whose word is missing: on preconditions first, then on the case."""
    if known.state not in (_APPLIED, _SUSPENDED):
        return []
    unmet = [each.condition.attested_by for each in known.preconditions if each.state != _HOLDS]
    return list(dict.fromkeys(unmet or [known.entitlement.authority]))


_ENDS = {
    BenefitRefused: CaseState.CASE_STATE_REFUSED,
    BenefitLapsed: CaseState.CASE_STATE_LAPSED,
    BenefitCompleted: CaseState.CASE_STATE_COMPLETED,
    BenefitStopped: CaseState.CASE_STATE_STOPPED,
}

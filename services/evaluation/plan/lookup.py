"""What a report on a plan leaves to be looked up, and what must fit together in it.

The kind of the unit comes from the register, the rules from the document that agrees and from the
supplement that says them as data. Both go into the command, so that the decision hangs on nothing
else.
"""

from collections.abc import Iterable, Mapping, Sequence

from services.kernel.adoption import reference
from services.kernel.errors import Fault
from services.kernel.policy import Policies, Policy
from services.kernel.policy_terms import Clause
from services.kernel.reasons import NONE, Why
from services.kernel.supplement import Supplements
from services.kernel.words import number, word
from services.runtime import fields
from zoneledger.evaluation.v1.events_pb2 import Unit, UnitKind
from zoneledger.evaluation.v1.plan_commands_pb2 import AgreePlan, DraftPlan
from zoneledger.evaluation.v1.plan_events_pb2 import (
    Plan,
    PlanClause,
    PlanRules,
    PlanState,
    PlanStep,
)


def drafted_by(command: DraftPlan, register: Mapping[str, Unit]) -> DraftPlan:
    """The draft with the kind of its unit."""
    unit = register.get(command.step.unit_id, Unit())
    return DraftPlan(step=command.step, plan=command.plan, unit_kind=unit.kind)


def agreed_by(
    command: AgreePlan, register: Mapping[str, Unit], policies: Policies, supplements: Supplements
) -> AgreePlan:
    """The consent with its document's proper name, and with what that asks of such a plan."""
    step, policy = command.step, policies.named(command.step.document)
    if policy is None:
        return AgreePlan(step=step)
    unit = register.get(step.unit_id, Unit())
    return AgreePlan(
        step=PlanStep(
            unit_id=step.unit_id,
            plan_id=step.plan_id,
            taken_on=step.taken_on,
            document=policy.policy_id,
            source=step.source,
        ),
        rules=rules_of(policy, word(UnitKind, unit.kind), supplements),
    )


def rules_of(policy: Policy, kind: str, supplements: Supplements) -> PlanRules | None:
    """What the document asks of the plans of such a unit; None where nobody says it."""
    found = supplements.workflow(policy.policy_id, kind)
    if found is None:
        return None
    supplement, workflow = found
    return PlanRules(
        policy=reference(policy),
        unit_kind=number(UnitKind, kind),  # type: ignore[arg-type]  # any int
        comes_into_force=number(PlanState, workflow.comes_into_force),  # type: ignore[arg-type]
        into_force_by=_said_by(workflow.clause),
        signatories=workflow.signatories,
        government_by=_said_by(workflow.government_clause),
        recipients=workflow.recipients,
        copies_by=_said_by(workflow.copies_clause),
        support_starts=number(PlanState, workflow.support_starts or ""),  # type: ignore[arg-type]
        support_by=_said_by(workflow.support_clause),
        support_norm_id=workflow.support_open.norm_id if workflow.support_open else "",
        supplement_id=supplement.supplement_id,
        supplement_hash=supplement.content_hash,
    )


def unit_faults(steps: Sequence[PlanStep], register: Mapping[str, Unit]) -> list[Fault]:
    """The units that are in no register."""
    return [
        Fault(index, "step.unit_id", Why.UNIT_NOT_REGISTERED(unit=step.unit_id))
        for index, step in enumerate(steps)
        if step.unit_id not in register
    ]


def plan_faults(plans: Iterable[Plan]) -> list[Fault]:
    """The periods that end before they begin."""
    return [
        Fault(
            index,
            "plan.last_year",
            Why.YEARS_REVERSED(first=plan.first_year, last=plan.last_year),
        )
        for index, plan in enumerate(plans)
        if plan.last_year < plan.first_year
    ]


def consent_faults(consents: Sequence[AgreePlan], policies: Policies) -> list[Fault]:
    """The consents, looked up, whose document is not known or asks nothing of such a plan."""
    return [
        Fault(index, field, what)
        for index, consent in enumerate(consents)
        for field, what in (
            ("step.document", _wrong_document(consent, policies)),
            ("step.taken_on", _wrong_day(consent, policies)),
        )
        if what
    ]


def successor_faults(step: PlanStep, successor: str, agreed: Iterable[str]) -> list[Fault]:
    """The plan that takes another's place is agreed to: before, it is known to its unit only."""
    if not successor or successor in agreed:
        return []
    why = Why.PLAN_NO_SUCCESSOR(unit=step.unit_id, plan=successor)
    return [Fault(0, "superseded_by", why)]


def _wrong_document(consent: AgreePlan, policies: Policies) -> str:
    name = consent.step.document
    policy = policies.named(name)
    if policy is None:
        adopted = ", ".join(each.number or each.policy_id for each in policies)
        return Why.DOCUMENT_NOT_ADOPTED(document=name, adopted=adopted or NONE)
    if not consent.HasField("rules"):
        return Why.PLAN_NOT_RULED(
            unit=consent.step.unit_id, plan=consent.step.plan_id, policy=policy.policy_id
        )
    return ""


def _wrong_day(consent: AgreePlan, policies: Policies) -> str:
    """A document agrees to nothing before it is signed."""
    day, policy = consent.step.taken_on, policies.named(consent.step.document)
    if policy is None or fields.day(day):
        return ""  # It is reported already.
    first = (policy.signed_on or policy.published_on).isoformat()
    why = Why.BEFORE_SIGNATURE if policy.signed_on else Why.BEFORE_PUBLICATION
    return why(day=day, policy=policy.policy_id, since=first) if day < first else ""


def _said_by(clause: Clause | None) -> PlanClause | None:
    if clause is None:
        return None
    return PlanClause(clause_id=clause.clause_id, clause_quote=clause.quote or clause.assumption)

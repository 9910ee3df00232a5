"""What a report on a plan leaves to be looked up, and what must fit together in it.

The kind of the unit comes from the register, the rules from the document that agrees and from the
supplement that says them as data. Both go into the command, so that the decision hangs on nothing
else.
"""

from collections.abc import Iterable, Mapping, Sequence
from datetime import date
from difflib import get_close_matches

from services.evaluation.plan.said import (
    AGREED,
    ASSESSED,
    DRAFTED,
    IN_REVISION,
    RECOMMENDED,
    SUPERSEDED,
)
from services.kernel.adoption import reference
from services.kernel.chinese import AUTHORITIES, DEPARTMENTS
from services.kernel.errors import Fault
from services.kernel.policy import Policies, Policy
from services.kernel.policy_terms import Clause
from services.kernel.reasons import NONE, Why
from services.kernel.supplement import Supplements
from services.kernel.words import number, word
from services.runtime import fields
from zoneledger.evaluation.v1.events_pb2 import Unit, UnitKind
from zoneledger.evaluation.v1.plan_commands_pb2 import (
    AgreePlan,
    CorrectPlanStep,
    DraftPlan,
    PlanSuccessor,
)
from zoneledger.evaluation.v1.plan_events_pb2 import (
    Plan,
    PlanClause,
    PlanRules,
    PlanState,
    PlanStep,
)
from zoneledger.evaluation.v1.plan_service_pb2 import PlanStanding, PlanSupportAnswer

_SIGNATORIES = {**DEPARTMENTS, **AUTHORITIES}
# A correction knows all that were said before; those recorded by 0 knew the one that stood.
READING = 1
_CANDIDATES, _LONGEST_SHOWN = 3, 60


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


def corrected_by(
    said: CorrectPlanStep,
    plans: Sequence[PlanStanding],
    register: Mapping[str, Unit],
    policies: Policies,
    supplements: Supplements,
) -> CorrectPlanStep:
    """The correction with what is known of the document and the plans that it is about."""
    found = CorrectPlanStep()
    found.CopyFrom(said)
    found.ClearField("rules")
    found.ClearField("successor")
    found.succeeds_since = succeeds_since(said.step.plan_id, plans)
    found.succeeded_last_on = succeeded_last_on(said.step.plan_id, plans)
    found.reading = READING
    for standing in plans:
        if standing.plan_id == said.step.plan_id and standing.superseded_by:
            found.successor.CopyFrom(successor(standing.superseded_by, plans))
    if _is_of_consent(said):
        consent = agreed_by(AgreePlan(step=said.step), register, policies, supplements)
        found.step.CopyFrom(consent.step)
        if consent.HasField("rules"):
            found.rules.CopyFrom(consent.rules)
    return found


def signatories(names: Iterable[str]) -> str:
    """Departments and authorities that the documents know; what is wrong with the first other."""
    for name in names:
        if name not in _SIGNATORIES:
            near = get_close_matches(name, _SIGNATORIES, _CANDIDATES) or DEPARTMENTS
            return Why.SIGNATORY_UNKNOWN(
                value=name[:_LONGEST_SHOWN],
                candidates=", ".join(f"{each} {_SIGNATORIES[each]}" for each in near),
            )
    return ""


def correction_faults(command: CorrectPlanStep, policies: Policies) -> list[Fault]:
    """What is wrong with the document and the day of a consent, corrected and looked up."""
    if not _is_of_consent(command):
        return []
    rules = command.rules if command.HasField("rules") else None
    return consent_faults([AgreePlan(step=command.step, rules=rules)], policies)


def is_of_preparation(command: CorrectPlanStep) -> bool:
    """Whether the corrected step may have no day and no document."""
    return _is_of(command, (DRAFTED, RECOMMENDED, ASSESSED, IN_REVISION))


def _is_of_consent(command: CorrectPlanStep) -> bool:
    return _is_of(command, (AGREED,))


def _is_of(command: CorrectPlanStep, states: Sequence[str]) -> bool:
    is_step = not command.recipient and not command.version
    return is_step and word(PlanState, command.state) in states


def successor(plan_id: str, plans: Sequence[PlanStanding]) -> PlanSuccessor:
    """What the plans of the unit say of one that takes another's place."""
    known = {each.plan_id: each for each in plans}
    found = known.get(plan_id)
    if found is None:
        return PlanSuccessor()
    return PlanSuccessor(
        agreed_on=_day_of(AGREED, found),
        superseded_on=_day_of(SUPERSEDED, found),
        superseded_by=_followers(found, known),
    )


def succeeds_since(plan_id: str, plans: Sequence[PlanStanding]) -> str:
    """The first day on which a plan took the place of another; "" where it took none."""
    return min(_successions(plan_id, plans), default="")


def succeeded_last_on(plan_id: str, plans: Sequence[PlanStanding]) -> str:
    """The last day on which a plan took the place of another; "" where it took none."""
    return max(_successions(plan_id, plans), default="")


def _successions(plan_id: str, plans: Sequence[PlanStanding]) -> list[str]:
    """The days on which it took the place of another."""
    return [_day_of(SUPERSEDED, each) for each in plans if each.superseded_by == plan_id]


def _day_of(state: str, plan: PlanStanding) -> str:
    """The day on which a plan came to a state; "" where it did not."""
    days = [each.taken_on for each in plan.milestones if word(PlanState, each.state) == state]
    return days[-1] if days else ""


def _followers(plan: PlanStanding, known: Mapping[str, PlanStanding]) -> list[str]:
    """The plans that took its place, one after the other, each of them once."""
    found: list[str] = []
    while plan.superseded_by and plan.superseded_by not in found:
        found.append(plan.superseded_by)
        plan = known.get(plan.superseded_by, PlanStanding())
    return found


def support_answer(
    rules: PlanRules, supplements: Supplements, policies: Policies, on: date
) -> PlanSupportAnswer | None:
    """The answer of the day to the norm that leaves open when support starts."""
    policy = policies.get(rules.policy.policy_id)
    answer = supplements.answer(rules.support_norm_id, policy, on) if policy else None
    starts = number(PlanState, answer.text) if answer else 0
    if answer is None or not starts:
        return None
    return PlanSupportAnswer(
        starts=starts,  # type: ignore[arg-type]  # any int
        decided_on=answer.decided_on.isoformat(),
        author=answer.author,
        document=answer.document,
        supplement_id=answer.supplement_id,
        clause=_said_by(answer.clause),
    )


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

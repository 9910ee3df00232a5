"""What the document that agreed to a plan asks of it: how it comes into force, and who gets a copy.

Nothing here is known of any document: the rules came in with the consent. Where a document names no
departments, no government and no recipients, none are asked for.
"""

from services.evaluation.plan.said import STEPS
from services.kernel.errors import Rejected
from services.kernel.reasons import NONE, Why
from services.kernel.words import word
from zoneledger.evaluation.v1.plan_commands_pb2 import ApprovePlan, CopyPlan, IssuePlan
from zoneledger.evaluation.v1.plan_events_pb2 import PlanClause, PlanRules, PlanState, PlanStep


def check_coming_into_force(command: IssuePlan | ApprovePlan, rules: PlanRules) -> None:
    """Refuse the other way into force, a signature that is missing, a government not asked."""
    facts, clause = _facts(command.step, rules), rules.into_force_by.clause_id
    step, way = STEPS[type(command)], word(PlanState, rules.comes_into_force)
    if step != way:
        otherwise = Why.PLAN_COMES_OTHERWISE(**facts, step=step, way=way, clause=clause)
        raise Rejected(otherwise, field="step")
    if missing := [each for each in rules.signatories if each not in command.signatories]:
        unsigned = Why.PLAN_NOT_SIGNED(**facts, unsigned=", ".join(missing), clause=clause)
        raise Rejected(unsigned, field="signatories")
    if rules.HasField("government_by") and not command.government_approved_on:
        first = Why.PLAN_NEEDS_GOVERNMENT(**facts, clause=rules.government_by.clause_id)
        raise Rejected(first, field="government_approved_on")
    if command.government_approved_on > command.step.taken_on:
        late = Why.PLAN_GOVERNMENT_TOO_LATE(
            unit=command.step.unit_id,
            plan=command.step.plan_id,
            day=command.government_approved_on,
            until=command.step.taken_on,
        )
        raise Rejected(late, field="government_approved_on")


def check_recipient(command: CopyPlan, rules: PlanRules) -> None:
    """Refuse a copy to whom none is due."""
    if command.recipient not in rules.recipients:
        why = Why.PLAN_NO_RECIPIENT(
            **_facts(command.step, rules),
            recipient=command.recipient,
            recipients=", ".join(rules.recipients) or NONE,
        )
        raise Rejected(why, field="recipient")


def support(rules: PlanRules, step: str) -> PlanClause | None:
    """The clause by which support starts with the step; None where it does not."""
    return rules.support_by if word(PlanState, rules.support_starts) == step else None


def _facts(step: PlanStep, rules: PlanRules) -> dict[str, str]:
    return {"unit": step.unit_id, "plan": step.plan_id, "policy": rules.policy.policy_id}

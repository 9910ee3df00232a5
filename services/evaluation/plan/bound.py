"""What the document that agreed to a plan asks of it: how it comes into force, and who gets a copy.

Nothing here is known of any document: the rules came in with the consent. Where a document names no
departments, no government and no recipients, none are asked for.
"""

from services.evaluation.plan.said import STEPS
from services.kernel.errors import Rejected
from services.kernel.reasons import NONE, Why
from services.kernel.words import word
from zoneledger.evaluation.v1.plan_commands_pb2 import ApprovePlan, CopyPlan, IssuePlan
from zoneledger.evaluation.v1.plan_events_pb2 import PlanClause, PlanRules, PlanState


def check_coming_into_force(command: IssuePlan | ApprovePlan, rules: PlanRules) -> None:
    """Refuse the other way into force, a signature that is missing, a government not asked."""
    step, way = STEPS[type(command)], word(PlanState, rules.comes_into_force)
    if step != way:
        why = Why.PLAN_COMES_OTHERWISE(
            unit=command.step.unit_id,
            plan=command.step.plan_id,
            step=step,
            way=way,
            policy=rules.policy.policy_id,
            clause=rules.into_force_by.clause_id,
        )
        raise Rejected(why, field="step")
    _check_signatures(command, rules)
    _check_government(command, rules)


def _check_signatures(command: IssuePlan | ApprovePlan, rules: PlanRules) -> None:
    if missing := [each for each in rules.signatories if each not in command.signatories]:
        why = Why.PLAN_NOT_SIGNED(
            unit=command.step.unit_id,
            plan=command.step.plan_id,
            unsigned=", ".join(missing),
            policy=rules.policy.policy_id,
            clause=rules.into_force_by.clause_id,
        )
        raise Rejected(why, field="signatories")


def _check_government(command: IssuePlan | ApprovePlan, rules: PlanRules) -> None:
    """It approves before, where the document says so, and never afterwards."""
    step, approved_on = command.step, command.government_approved_on
    if rules.HasField("government_by") and not approved_on:
        why = Why.PLAN_NEEDS_GOVERNMENT(
            unit=step.unit_id,
            plan=step.plan_id,
            policy=rules.policy.policy_id,
            clause=rules.government_by.clause_id,
        )
        raise Rejected(why, field="government_approved_on")
    if approved_on > step.taken_on:
        late = Why.PLAN_GOVERNMENT_TOO_LATE(
            unit=step.unit_id, plan=step.plan_id, day=approved_on, until=step.taken_on
        )
        raise Rejected(late, field="government_approved_on")


def check_recipient(command: CopyPlan, rules: PlanRules) -> None:
    """Refuse a copy to whom none is due."""
    if command.recipient not in rules.recipients:
        why = Why.PLAN_NO_RECIPIENT(
            unit=command.step.unit_id,
            plan=command.step.plan_id,
            recipient=command.recipient,
            policy=rules.policy.policy_id,
            recipients=", ".join(rules.recipients) or NONE,
        )
        raise Rejected(why, field="recipient")


def support(rules: PlanRules, step: str) -> PlanClause | None:
    """The clause by which support starts with the step; None where it does not."""
    return rules.support_by if word(PlanState, rules.support_starts) == step else None

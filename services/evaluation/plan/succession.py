"""Which plan may take the place of another of its unit.

It is agreed to by that day, nothing took its own place by then, and it is not one whose place this
plan takes, directly or through others: so some plan is always the last. A plan that took a place
itself is superseded only after that day: else it would follow when it had gone. What is known of
both came in with the command. A command from before that was looked up says nothing of it, and
nothing is asked.

Limits: what is looked up is what the log had then; two successions at the very same moment do not
see each other.
"""

from services.kernel.errors import Rejected
from services.kernel.reasons import Why
from zoneledger.evaluation.v1.plan_commands_pb2 import PlanSuccessor
from zoneledger.evaluation.v1.plan_events_pb2 import PlanStep


def check_successor(step: PlanStep, successor_id: str, successor: PlanSuccessor) -> None:
    """Refuse a plan that cannot take the place by the day of the step."""
    unit, day = step.unit_id, step.taken_on
    if not successor.agreed_on:
        why = Why.PLAN_NO_SUCCESSOR(unit=unit, plan=successor_id)
        raise Rejected(why, field="superseded_by")
    if step.plan_id in successor.superseded_by:
        why = Why.PLAN_SUPERSEDED_BY_THIS(unit=unit, plan=step.plan_id, successor=successor_id)
        raise Rejected(why, field="superseded_by")
    if successor.superseded_on and successor.superseded_on <= day:
        why = Why.PLAN_SUCCESSOR_SUPERSEDED(
            unit=unit, successor=successor_id, since=successor.superseded_on, day=day
        )
        raise Rejected(why, field="superseded_by")
    check_agreed_by(step, successor_id, successor.agreed_on, day)


def check_after_own(step: PlanStep, succeeded_last_on: str) -> None:
    """Refuse that a plan is superseded by the day on which it took the place of another."""
    if succeeded_last_on and step.taken_on <= succeeded_last_on:
        why = Why.PLAN_SUPERSEDED_TOO_EARLY(
            unit=step.unit_id, plan=step.plan_id, since=succeeded_last_on, day=step.taken_on
        )
        raise Rejected(why, field="step.taken_on")


def check_agreed_by(step: PlanStep, successor_id: str, agreed_on: str, day: str) -> None:
    """Refuse that a plan takes a place on a day before it was agreed to."""
    if day < agreed_on:
        why = Why.PLAN_SUCCESSOR_TOO_LATE(
            unit=step.unit_id, successor=successor_id, since=agreed_on, day=day
        )
        raise Rejected(why, field="step.taken_on")

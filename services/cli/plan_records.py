"""Construction plans as flat records: the JSON that machines get and tables are made of."""

from typing import Any

from services.kernel.words import word
from zoneledger.evaluation.v1.plan_events_pb2 import PlanState
from zoneledger.evaluation.v1.plan_service_pb2 import PlanStanding

Record = dict[str, Any]


def record(standing: PlanStanding) -> Record:
    plan, rules = standing.plan, standing.rules
    return {
        "unit_id": standing.unit_id,
        "plan_id": standing.plan_id,
        "title_zh": plan.title_zh,
        "title_en": plan.title_en,
        "period": plan.period,
        "first_year": plan.first_year,
        "last_year": plan.last_year,
        "state": word(PlanState, standing.state),
        "version": standing.version or None,
        "steps": [
            {
                "state": word(PlanState, each.state),
                "on": each.taken_on or None,
                "document": each.document or None,
            }
            for each in standing.milestones
        ],
        "copies": [
            {
                "recipient": each.recipient,
                "sent_on": each.sent_on or None,
                "document": each.document or None,
            }
            for each in standing.copies
        ],
        "outstanding": list(standing.outstanding),
        "support_since": standing.support_since or None,
        "support_clause": standing.support_by.clause_id or None,
        "support_clause_quote": standing.support_by.clause_quote or None,
        "support_norm": standing.support_norm_id or None,
        "support_starts": word(PlanState, standing.support_answer.starts) or None,
        "support_answered_on": standing.support_answer.decided_on or None,
        "support_answered_by": standing.support_answer.document or None,
        "policy_id": rules.policy.policy_id or None,
        "supplement_id": rules.supplement_id or None,
        "comes_into_force": word(PlanState, rules.comes_into_force) or None,
        "signatories": list(rules.signatories),
        "superseded_by": standing.superseded_by or None,
        "corrections": standing.corrections,
        "corrected_on": standing.corrected_on or None,
        "source": plan.source or None,
        "recorded_at": standing.recorded_at.ToJsonString(),
        "decision_id": standing.decision_id,
    }

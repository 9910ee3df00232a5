"""Pools, projects and lines as flat records: amounts are whole fen, or places."""

from services.cli.records import Record
from services.kernel.words import word
from zoneledger.incentive.v1.budget_events_pb2 import (
    AllocationLine,
    AllocationProposed,
    PoolAccount,
    ProjectKind,
)
from zoneledger.incentive.v1.budget_service_pb2 import (
    AllocationLineStanding,
    AllocationLineStatus,
    PoolStanding,
    ProjectStanding,
    ProjectStatus,
)


def pool(standing: PoolStanding) -> Record:
    opened, sums = standing.opened, standing.sums
    return {
        "pool": standing.name.removeprefix("pools/"),
        "name_zh": opened.name_zh,
        "name_en": opened.name_en,
        "account": word(PoolAccount, opened.account) or "fen",
        "illustrative": opened.illustrative,
        "rules_hash": opened.content_hash,
        "opened_on": opened.opened_on,
        "document": opened.document,
        "appropriated": standing.appropriated,
        "reserved": sums.reserved,
        "granted": sums.granted,
        "paid": sums.paid,
        "returned": sums.returned,
        "available": standing.available,
        "steps": [
            {
                "step": each.step,
                "allocated": each.allocated,
                "unspent": each.unspent,
                "decided_on": each.decided_on,
                "document": each.document,
            }
            for each in standing.allocations
        ],
        "proposal": proposal(standing.proposal) if standing.HasField("proposal") else None,
        "recorded_at": standing.recorded_at.ToJsonString(),
        "decision_id": standing.decision_id,
    }


def proposal(proposed: AllocationProposed) -> Record:
    return {
        "step": proposed.step,
        "available": proposed.available,
        "allocated": proposed.allocated,
        "unspent": proposed.unspent,
        "open_norms": list(proposed.open_norm_ids),
        "proposal_hash": proposed.proposal_hash,
        "proposed_on": proposed.proposed_on,
        "proposed_by": proposed.proposed_by,
        "lines": [_arithmetic(each) for each in proposed.lines],
    }


def project(standing: ProjectStanding) -> Record:
    said = standing.project
    return {
        "pool": f"{standing.budget_year}.{standing.line_id}",
        "project_id": said.project_id,
        "unit_id": said.unit_id,
        "kind": word(ProjectKind, said.kind),
        "project_code": said.project_code or None,
        "title_zh": said.title_zh,
        "total_investment_fen": said.total_investment_fen or None,
        "requested": said.requested,
        "cap": said.cap or None,
        "status": word(ProjectStatus, standing.status),
        "corrections": standing.corrections,
        "document": standing.document,
        "reason": standing.reason or None,
        "source": said.source or None,
        "effective_on": standing.effective_on,
        "recorded_at": standing.recorded_at.ToJsonString(),
        "decision_id": standing.decision_id,
    }


def line(standing: AllocationLineStanding) -> Record:
    sums = standing.sums
    return {
        "pool": f"{standing.budget_year}.{standing.line_id}",
        "step": standing.step,
        **_arithmetic(standing.line),
        "status": word(AllocationLineStatus, standing.status),
        "reserved": sums.reserved,
        "granted": sums.granted,
        "paid": sums.paid,
        "returned": sums.returned,
        "split": [
            {"project_code": each.project_code, "title_zh": each.title_zh, "amount": each.amount}
            for each in standing.split.shares
        ],
        "basis_withdrawn": standing.basis_withdrawn,
        "basis_withdrawn_reason": standing.basis_withdrawn_reason or None,
        "basis_withdrawn_on": standing.basis_withdrawn_on or None,
        "effective_on": standing.effective_on,
        "recorded_at": standing.recorded_at.ToJsonString(),
        "decision_id": standing.decision_id,
    }


def _arithmetic(of: AllocationLine) -> Record:
    basis = of.basis
    return {
        "project_id": of.project_id,
        "unit_id": of.unit_id,
        "amount": of.amount,
        "tier": of.tier,
        "weight": of.weight,
        "cap": of.cap,
        "quota": of.quota,
        "quota_rest": of.quota_rest or None,
        "remainder_rank": of.remainder_rank or None,
        "filled_in": of.filled_in or None,
        "last_quotient": of.last_quotient or None,
        "next_quotient": of.next_quotient or None,
        "entitlement": basis.entitlement or None,
        "policy_id": basis.policy.policy_id or None,
        "clause": basis.entitlement_clause_id or None,
    }

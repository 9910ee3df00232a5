"""What is said of a plan, by commands and by events alike, and when two of them say the same.

A plan takes each step once; it has a copy for each recipient and any number of amendments. What a
report says is its day, its document and its contents; where it was read does not count. A
correction says one of them again, otherwise.
"""

from collections.abc import Mapping
from typing import TypeAlias

from services.kernel.words import word
from zoneledger.evaluation.v1.plan_commands_pb2 import (
    AgreePlan,
    AmendPlan,
    ApprovePlan,
    AssessPlan,
    CopyPlan,
    CorrectPlanStep,
    DraftPlan,
    IssuePlan,
    RecommendPlan,
    RevisePlan,
    SupersedePlan,
)
from zoneledger.evaluation.v1.plan_events_pb2 import (
    Plan,
    PlanAgreedInPrinciple,
    PlanAmended,
    PlanApproved,
    PlanAssessed,
    PlanCopied,
    PlanDrafted,
    PlanIssued,
    PlanRecommended,
    PlanRevised,
    PlanState,
    PlanStepCorrected,
    PlanSuperseded,
)

Step: TypeAlias = (
    DraftPlan
    | RecommendPlan
    | AssessPlan
    | AgreePlan
    | RevisePlan
    | IssuePlan
    | ApprovePlan
    | CopyPlan
    | AmendPlan
    | SupersedePlan
)
Command: TypeAlias = Step | CorrectPlanStep
Happened: TypeAlias = (
    PlanDrafted
    | PlanRecommended
    | PlanAssessed
    | PlanAgreedInPrinciple
    | PlanRevised
    | PlanIssued
    | PlanApproved
    | PlanCopied
    | PlanAmended
    | PlanSuperseded
)
Event: TypeAlias = Happened | PlanStepCorrected
Key: TypeAlias = tuple[str, ...]
Report: TypeAlias = tuple[object, ...]

DRAFTED, RECOMMENDED, ASSESSED, AGREED, IN_REVISION, ISSUED, APPROVED, SUPERSEDED = (
    word(PlanState, number) for _, number in PlanState.items() if number
)
COPIED, AMENDED = "copied", "amended"


def key(said: Step | Happened) -> Key:
    """What it is about: a plan takes each step once, but has many copies and amendments."""
    match said:
        case CopyPlan() | PlanCopied():
            return COPIED, said.recipient
        case AmendPlan() | PlanAmended():
            return AMENDED, said.step.taken_on, said.step.document
        case _:
            return (STEPS[type(said)],)


def reported(said: Step | Happened) -> Report:
    """What a report says; the rest is looked up, or says where it was read."""
    day_and_document = said.step.taken_on, said.step.document
    match said:
        case DraftPlan() | PlanDrafted():
            return *day_and_document, *_contents(said.plan)
        case AmendPlan() | PlanAmended():
            return *day_and_document, *_contents(said.plan), said.reason
        case IssuePlan() | ApprovePlan() | PlanIssued() | PlanApproved():
            government = said.government_approved_on, said.government_document
            return *day_and_document, *government, *sorted(said.signatories)
        case SupersedePlan() | PlanSuperseded():
            return *day_and_document, said.superseded_by
        case _:
            return day_and_document


def _contents(plan: Plan) -> tuple[object, ...]:
    return plan.title_zh, plan.title_en, plan.period, plan.first_year, plan.last_year


# What a command or an event says of a plan.
STEPS: Mapping[type[Step | Happened], str] = {
    DraftPlan: DRAFTED,
    PlanDrafted: DRAFTED,
    RecommendPlan: RECOMMENDED,
    PlanRecommended: RECOMMENDED,
    AssessPlan: ASSESSED,
    PlanAssessed: ASSESSED,
    AgreePlan: AGREED,
    PlanAgreedInPrinciple: AGREED,
    RevisePlan: IN_REVISION,
    PlanRevised: IN_REVISION,
    IssuePlan: ISSUED,
    PlanIssued: ISSUED,
    ApprovePlan: APPROVED,
    PlanApproved: APPROVED,
    CopyPlan: COPIED,
    PlanCopied: COPIED,
    AmendPlan: AMENDED,
    PlanAmended: AMENDED,
    SupersedePlan: SUPERSEDED,
    PlanSuperseded: SUPERSEDED,
}

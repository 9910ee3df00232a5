"""The plan of a provincial zone, from its draft to the plan that took its place.

鹤壁 is one of the three provincial zones of the notice of 2021; which days its plan had is not
known, and these are examples.
"""

from google.protobuf.message import Message

from tests.notices import NOTICE_866, NOTICE_2019
from tests.spec import but
from zoneledger.evaluation.v1.events_pb2 import UnitKind
from zoneledger.evaluation.v1.plan_commands_pb2 import (
    AgreePlan,
    AmendPlan,
    ApprovePlan,
    AssessPlan,
    CopyPlan,
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
    PlanClause,
    PlanCopied,
    PlanDrafted,
    PlanIssued,
    PlanRecommended,
    PlanRevised,
    PlanRules,
    PlanState,
    PlanStep,
    PlanSuperseded,
)

DEPARTMENTS = (
    "provincial_development",
    "provincial_science",
    "provincial_industry",
    "provincial_natural_resources",
)
RECIPIENTS = ("ndrc", "most", "miit", "mnr", "cdb")


def step(taken_on: str, document: str) -> PlanStep:
    return PlanStep(unit_id="hebi", plan_id="145", taken_on=taken_on, document=document)


def step_of(said: Message) -> PlanStep:
    """The step of a command or an event."""
    of: PlanStep = said.step  # type: ignore[attr-defined]  # Every one has it.
    return of


def named(said: object) -> str:
    """The name of a message as a test is called after it."""
    return said.DESCRIPTOR.name if isinstance(said, Message) else ""


ISSUED_BY, APPROVED_BY, COPIED_BY, SUPPORTED_BY = (
    PlanClause(clause_id="plans/issued", clause_quote="联合印发"),
    PlanClause(clause_id="plans/approved", clause_quote="联合批复"),
    PlanClause(clause_id="plans/copied", clause_quote="抄送"),
    PlanClause(clause_id="plans/zones-agreed", clause_quote="原则同意"),
)

ZONE_RULES = PlanRules(
    policy=NOTICE_866,
    unit_kind=UnitKind.UNIT_KIND_PROVINCIAL_ZONE,
    comes_into_force=PlanState.PLAN_STATE_ISSUED,
    into_force_by=ISSUED_BY,
    signatories=DEPARTMENTS,
    recipients=RECIPIENTS,
    copies_by=COPIED_BY,
    support_starts=PlanState.PLAN_STATE_AGREED_IN_PRINCIPLE,
    support_by=SUPPORTED_BY,
)
PARK_RULES = but(
    ZONE_RULES,
    unit_kind=UnitKind.UNIT_KIND_COUNTY_PARK,
    comes_into_force=PlanState.PLAN_STATE_APPROVED,
    into_force_by=APPROVED_BY,
)
RULES_2019 = PlanRules(
    policy=NOTICE_2019,
    unit_kind=UnitKind.UNIT_KIND_ZONE,
    comes_into_force=PlanState.PLAN_STATE_ISSUED,
    into_force_by=ISSUED_BY,
    government_by=ISSUED_BY,
    support_norm_id="2019-zone-notice/plan-support",
)

PLAN = Plan(
    title_zh="鹤壁产业转型升级示范区建设方案", period="十四五", first_year=2021, last_year=2025
)
AMENDED_PLAN = but(PLAN, title_zh="鹤壁产业转型升级示范区建设方案（修订）")
DRAFT = DraftPlan(
    step=step("2021-02-01", ""), plan=PLAN, unit_kind=UnitKind.UNIT_KIND_PROVINCIAL_ZONE
)
DRAFTED = PlanDrafted(step=DRAFT.step, plan=PLAN, unit_kind=DRAFT.unit_kind)
RECOMMEND = RecommendPlan(step=step("2021-03-01", "推荐函"))
RECOMMENDED = PlanRecommended(step=RECOMMEND.step)
ASSESS = AssessPlan(step=step("2021-04-01", ""))
ASSESSED = PlanAssessed(step=ASSESS.step)
AGREE = AgreePlan(step=step("2021-06-09", "2021-866"), rules=ZONE_RULES)
AGREED = PlanAgreedInPrinciple(
    step=AGREE.step, plan=PLAN, rules=ZONE_RULES, support_by=SUPPORTED_BY
)
REVISE = RevisePlan(step=step("2021-07-01", ""))
REVISED = PlanRevised(step=REVISE.step)
ISSUE = IssuePlan(step=step("2021-12-01", "印发通知"), signatories=DEPARTMENTS)
ISSUED = PlanIssued(
    step=ISSUE.step, signatories=DEPARTMENTS, into_force_by=ISSUED_BY, policy=NOTICE_866
)
APPROVE = ApprovePlan(step=step("2021-12-01", "批复"), signatories=DEPARTMENTS)
APPROVED = PlanApproved(
    step=APPROVE.step, signatories=DEPARTMENTS, into_force_by=APPROVED_BY, policy=NOTICE_866
)
COPY = CopyPlan(step=step("2021-12-15", "抄送函"), recipient="cdb")
COPIED = PlanCopied(step=COPY.step, recipient="cdb", copies_by=COPIED_BY, policy=NOTICE_866)
AMEND = AmendPlan(step=step("2022-05-01", "修订函"), plan=AMENDED_PLAN, reason="目标调整")
AMENDED = PlanAmended(step=AMEND.step, plan=AMENDED_PLAN, former=PLAN, version=2, reason="目标调整")
SUPERSEDE = SupersedePlan(step=step("2026-03-01", "十五五方案印发通知"), superseded_by="155")
SUPERSEDED = PlanSuperseded(step=SUPERSEDE.step, superseded_by="155")

COMMANDS = (DRAFT, RECOMMEND, ASSESS, AGREE, REVISE, ISSUE, COPY, AMEND, SUPERSEDE)
EVENTS = (
    DRAFTED,
    RECOMMENDED,
    ASSESSED,
    AGREED,
    REVISED,
    ISSUED,
    COPIED,
    AMENDED,
    SUPERSEDED,
)
# The state of a plan after an event, and what the event says of it.
STATES = {
    "plan-drafted": ("drafted", "drafted"),
    "plan-recommended": ("recommended", "recommended"),
    "plan-assessed": ("under_assessment", "under_assessment"),
    "plan-agreed-in-principle": ("agreed_in_principle", "agreed_in_principle"),
    "plan-revised": ("in_revision", "in_revision"),
    "plan-issued": ("issued", "issued"),
    "plan-copied": ("issued", "copied"),
    "plan-amended": ("issued", "amended"),
    "plan-superseded": ("superseded", "superseded"),
}

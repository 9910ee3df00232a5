"""What happens to construction plans (建设方案), as sentences for people."""

from services.evaluation.plan.correction import as_right
from services.evaluation.plan.said import Event, Happened
from services.kernel.chinese import AUTHORITIES, PLAN_STEPS, Sentence
from zoneledger.evaluation.v1.plan_events_pb2 import (
    PlanAgreedInPrinciple,
    PlanAmended,
    PlanApproved,
    PlanAssessed,
    PlanCopied,
    PlanDrafted,
    PlanIssued,
    PlanRecommended,
    PlanRevised,
    PlanStep,
    PlanStepCorrected,
    PlanSuperseded,
)


def tell(event: Event) -> Sentence:
    match event:
        case PlanStepCorrected():
            return _corrected(event)
        case _:
            return _happened(event)


def _corrected(event: PlanStepCorrected) -> Sentence:
    """What is right, where that may be told, and what was said before."""
    zh, en = _when(event.former)
    if event.WhichOneof("told"):
        right = _happened(as_right(event))
    else:
        step = event.step
        right = Sentence(
            f"{step.unit_id}的建设方案{step.plan_id}", f"{step.plan_id} of {step.unit_id}"
        )
    was_zh, was_en = zh.rstrip("，") or "日期不详", (en[:1].lower() + en[1:]).rstrip()
    return Sentence(
        f"{event.corrected_on}，更正（{event.document}：{event.reason}）：{right.zh}；原记录为：{was_zh}",
        f"Corrected on {event.corrected_on} by {event.document} ({event.reason}): {right.en};"
        f" recorded before: {was_en}",
    )


def _happened(event: Happened) -> Sentence:
    zh, en = _what(event)
    when_zh, when_en = _when(event.step)
    step = event.step
    return Sentence(
        f"{when_zh}{step.unit_id}的建设方案{step.plan_id}{zh}",
        f"{when_en}the plan {step.plan_id} of {step.unit_id} {en}",
    )


def _what(event: Happened) -> tuple[str, str]:
    match event:
        case PlanDrafted():
            return f"起草：《{event.plan.title_zh}》", f"was drafted: {event.plan.title_zh}"
        case PlanRecommended():
            return "由省级推荐", "was recommended by the province"
        case PlanAssessed():
            return "进入国家评估", "came under national assessment"
        case PlanAgreedInPrinciple():
            zh, en = _support(event.support_by.clause_id)
            return f"获原则同意{zh}", f"was agreed to in principle{en}"
        case PlanRevised():
            return "进入修改完善", "went into revision"
        case PlanIssued():
            zh, en = _support(event.support_by.clause_id)
            return f"{PLAN_STEPS['issued']}{zh}", f"was issued jointly{en}"
        case PlanApproved():
            zh, en = _support(event.support_by.clause_id)
            return f"获{PLAN_STEPS['approved']}{zh}", f"was approved jointly{en}"
        case PlanCopied():
            who = event.recipient
            return f"抄送{AUTHORITIES.get(who, who)}", f"was copied to {who}"
        case PlanAmended():
            return (
                f"修订为第{event.version}版：{event.reason}",
                f"was amended, version {event.version}: {event.reason}",
            )
        case PlanSuperseded():
            return f"被{event.superseded_by}替代", f"was superseded by {event.superseded_by}"


def _when(step: PlanStep) -> tuple[str, str]:
    """The day and the document, as far as they are known."""
    zh, en = "，".join(filter(None, (step.taken_on, step.document))), ""
    if step.taken_on:
        en = f"On {step.taken_on} "
    if step.document:
        en = f"{en}by {step.document} " if en else f"By {step.document} "
    return (f"{zh}，" if zh else ""), en or "On an unknown day "


def _support(clause_id: str) -> tuple[str, str]:
    if not clause_id:
        return "", ""
    return f"，支持自此开始（{clause_id}）", f", and support starts ({clause_id})"

"""What happens to a benefit case, as sentences for people."""

from services.incentive.case.said import Event
from services.kernel.chinese import AUTHORITIES, COUNTED, INSTRUMENTS, Sentence
from services.kernel.words import word
from zoneledger.incentive.v1.case_events_pb2 import (
    AttestationWithdrawn,
    Benefit,
    BenefitApplied,
    BenefitCompleted,
    BenefitGranted,
    BenefitLapsed,
    BenefitRecovered,
    BenefitRefused,
    BenefitResumed,
    BenefitStopped,
    BenefitSuspended,
    CaseCause,
    Counted,
    PreconditionAttested,
    PreconditionFailed,
)


def tell(event: Event) -> Sentence:
    step = event.step
    zh, en = _what(event)
    instrument = INSTRUMENTS.get(step.instrument, step.instrument)
    by_zh, by_en = (f"（{step.document}）", f" ({step.document})") if step.document else ("", "")
    return Sentence(
        f"{step.taken_on}，{step.unit_id}的{instrument}事项{step.case_id}{zh}{by_zh}",
        f"On {step.taken_on} the case {step.case_id} of {step.unit_id} for {step.instrument}"
        f" {en}{by_en}",
    )


def _what(event: Event) -> tuple[str, str]:
    match event:
        case BenefitApplied():
            zh, en = _amount(event.benefit, event.benefit.amount)
            title = event.benefit.title_zh
            return f"提出申请：《{title}》{zh}", f"was applied for: {title}{en}"
        case BenefitGranted():
            zh, en = _amount(event.benefit, event.benefit.amount)
            who = event.checked.authority
            return (
                f"由{_named(who)}批准，自{event.effective_from}起生效{zh}",
                f"was granted by {who} from {event.effective_from} on{en}",
            )
        case BenefitRecovered():
            return (
                f"收回{event.amount}：{event.reason}",
                f"gave back {event.amount}: {event.reason}",
            )
        case PreconditionAttested() | PreconditionFailed() | AttestationWithdrawn():
            return _on_precondition(event)
        case _:
            return _otherwise(event)


def _on_precondition(
    event: PreconditionAttested | PreconditionFailed | AttestationWithdrawn,
) -> tuple[str, str]:
    who, what = event.checked.authority, event.condition_id
    match event:
        case PreconditionAttested():
            return f"的前提条件{what}经{_named(who)}确认", f"meets {what}, as {who} attests"
        case PreconditionFailed():
            return (
                f"的前提条件{what}经{_named(who)}认定不符合：{event.reason}",
                f"does not meet {what}, as {who} says: {event.reason}",
            )
        case AttestationWithdrawn():
            return (
                f"的前提条件{what}的确认由{_named(who)}撤回：{event.reason}",
                f"lost the attestation of {what} by {who}: {event.reason}",
            )


def _otherwise(event: Event) -> tuple[str, str]:
    match event:
        case BenefitRefused():
            who = event.checked.authority
            return (
                f"由{_named(who)}不予批准：{event.reason}",
                f"was refused by {who}: {event.reason}",
            )
        case BenefitLapsed():
            return f"失效：{event.reason}", f"lapsed: {event.reason}"
        case BenefitSuspended():
            zh = _CAUSES.get(event.cause, "原因未列明")
            return f"中止（{zh}：{event.reason}）", f"was suspended: {event.reason}"
        case BenefitResumed():
            return "恢复", "was resumed"
        case BenefitCompleted():
            return "办结", "was completed"
        case BenefitStopped():
            return f"终止：{event.reason}", f"was stopped: {event.reason}"
    raise AssertionError(event)


def _amount(benefit: Benefit, amount: int) -> tuple[str, str]:
    counted = word(Counted, benefit.counted)
    if not counted:
        return "", ""
    return f"，{amount}{COUNTED[counted]}", f", {amount} {counted.replace('_', ' ')}"


def _named(authority: str) -> str:
    return AUTHORITIES.get(authority, authority)


_CAUSES = {
    CaseCause.CASE_CAUSE_PRECONDITION: "前提条件",
    CaseCause.CASE_CAUSE_ENTITLEMENT: "激励不再成立",
}

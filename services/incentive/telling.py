"""What a rating earns and loses, as sentences for people."""

from services.incentive.decider import Granted, Withdrawn
from services.incentive.views import Viewed
from services.kernel.chinese import AUTHORITIES, INSTRUMENTS, WORDINGS, Sentence
from services.kernel.support import BY_REFERENCE, held_back
from zoneledger.incentive.v1.events_pb2 import (
    Entitlement,
    EntitlementLeftUndetermined,
    NothingEarned,
    Withdrawal,
)
from zoneledger.ledger.v1.access_pb2 import AccessTableAdopted
from zoneledger.ledger.v1.parked_pb2 import EventPassedOver
from zoneledger.ledger.v1.policy_pb2 import PolicyAdopted


def tell(event: Viewed) -> Sentence:
    match event:
        case PolicyAdopted():
            return Sentence(
                f"文件{event.policy_id}载入账本", f"The document {event.policy_id} was adopted"
            )
        case AccessTableAdopted():
            return Sentence(
                f"访问权限表载入账本（{event.content_hash[:12]}）",
                f"The access table {event.content_hash[:12]} was adopted",
            )
        case EventPassedOver():
            return Sentence(
                f"{event.document}决定略过事件{event.event_id}：{event.reason}",
                f"By {event.document} the event {event.event_id} was passed over: {event.reason}",
            )
        case NothingEarned():
            zh, en = _round(event.round)
            return Sentence(
                f"{event.unit_id}{zh}未获得激励", f"{event.unit_id} earns no incentive {en}"
            )
        case EntitlementLeftUndetermined():
            zh, en = _round(event.round)
            return Sentence(
                f"{event.unit_id}{zh}是否享有激励待明确（{event.norm_id}）",
                f"Whether {event.unit_id} has an incentive {en} is open: {event.norm_id}",
            )
        case _ if isinstance(event, Granted):
            return _granted(event.entitlement)
        case _ if isinstance(event, Withdrawn):
            return _withdrawn(event.withdrawal)
    raise AssertionError(event)


def _granted(entitlement: Entitlement) -> Sentence:
    instrument, wording = entitlement.instrument, entitlement.wording
    authority = entitlement.authority
    zh, en = _round(entitlement.round)
    held_zh, held_en = held_back(entitlement.held_back_from, entitlement.effective_on)
    return Sentence(
        f"自{entitlement.effective_on}起，{entitlement.unit_id}{zh}享有"
        f"{INSTRUMENTS.get(instrument, instrument)}（{WORDINGS.get(wording, wording)}），"
        f"由{AUTHORITIES.get(authority, authority)}决定如何使用{held_zh}",
        f"From {entitlement.effective_on} on {entitlement.unit_id} is entitled to {instrument}"
        f" ({wording}) {en}; {authority} decides on its use{held_en}",
    )


def _withdrawn(withdrawal: Withdrawal) -> Sentence:
    instrument = withdrawal.instrument
    zh, en = _round(withdrawal.round)
    return Sentence(
        f"自{withdrawal.effective_on}起，{withdrawal.unit_id}{zh}不再享有"
        f"{INSTRUMENTS.get(instrument, instrument)}：{withdrawal.reason}",
        f"From {withdrawal.effective_on} on {withdrawal.unit_id} is no longer entitled to"
        f" {instrument} {en}: {withdrawal.reason}",
    )


def _round(round_: int) -> tuple[str, str]:
    if round_ == BY_REFERENCE:
        return "参照", "by reference"
    return f"因{round_}年度评估结果", f"by its rating for {round_}"

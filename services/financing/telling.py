"""Whose credit is tilted, as sentences for people."""

from services.financing.views import Viewed
from services.kernel.chinese import AUTHORITIES, DIMENSIONS, Sentence
from services.kernel.support import BY_REFERENCE, held_back
from zoneledger.financing.v1.events_pb2 import (
    CreditTilt,
    CreditTiltGranted,
    CreditTiltLeftUndetermined,
    CreditTiltWithdrawn,
    NoCreditTiltEarned,
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
        case CreditTiltGranted():
            return _granted(event.tilt)
        case CreditTiltWithdrawn():
            zh, en = _round(event.round)
            return Sentence(
                f"自{event.effective_on}起，{event.unit_id}{zh}不再享有融资倾斜：{event.reason}",
                f"From {event.effective_on} on the credit of {event.unit_id} is no longer tilted"
                f" {en}: {event.reason}",
            )
        case NoCreditTiltEarned():
            zh, en = _round(event.round)
            return Sentence(
                f"{event.unit_id}{zh}未获得融资倾斜", f"{event.unit_id} earns no credit tilt {en}"
            )
        case CreditTiltLeftUndetermined():
            zh, en = _round(event.round)
            return Sentence(
                f"{event.unit_id}{zh}是否享有融资倾斜待明确（{event.norm_id}）",
                f"Whether the credit of {event.unit_id} is tilted {en} is open: {event.norm_id}",
            )


def _granted(tilt: CreditTilt) -> Sentence:
    zh, en = _round(tilt.round)
    held_zh, held_en = held_back(tilt.held_back_from, tilt.effective_on)
    dimensions = "、".join(DIMENSIONS.get(each, each) for each in tilt.dimensions)
    return Sentence(
        f"自{tilt.effective_on}起，{AUTHORITIES.get(tilt.authority, tilt.authority)}对"
        f"{tilt.unit_id}{zh}给予融资倾斜：{dimensions}；贷款由银行自行决定{held_zh}",
        f"From {tilt.effective_on} on {tilt.authority} tilts the credit of {tilt.unit_id} {en}:"
        f" {', '.join(tilt.dimensions)}; loans are the bank's own decision{held_en}",
    )


def _round(round_: int) -> tuple[str, str]:
    if round_ == BY_REFERENCE:
        return "参照", "by reference"
    return f"因{round_}年度评估结果", f"by its rating for {round_}"

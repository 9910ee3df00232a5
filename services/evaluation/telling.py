"""What happens to units and their ratings, as sentences for people."""

from services.evaluation.views import Viewed
from services.kernel.chinese import GRADES, Sentence
from services.kernel.words import word
from zoneledger.evaluation.v1.events_pb2 import (
    FormerRatingVoided,
    Grade,
    HonourAwarded,
    Rating,
    RatingCorrected,
    UnitAmended,
    UnitRegistered,
)
from zoneledger.ledger.v1.access_pb2 import AccessTableAdopted
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
        case UnitRegistered() | UnitAmended():
            unit = event.unit
            return Sentence(
                f"{unit.name_zh}（{unit.unit_id}）列入名录或更新名录",
                f"{unit.unit_id} was entered in the register, or its entry was brought up to date",
            )
        case HonourAwarded():
            honour = event.honour
            return Sentence(
                f"{honour.unit_id}获得{honour.round}年度通报表扬：{honour.name_zh}",
                f"{honour.unit_id} was given an honour for {honour.round}:"
                f" {honour.name_en or honour.name_zh}",
            )
        case RatingCorrected():
            zh, en = _grades(event.rating)
            if not event.HasField("former"):
                return Sentence(
                    f"{event.corrected_on}，{event.document}将{event.rating.unit_id}"
                    f"{event.rating.round}年度评估结果更正为{zh}：{event.reason}",
                    f"On {event.corrected_on} {event.document} corrected the rating of"
                    f" {event.rating.unit_id} for {event.rating.round} to {en}: {event.reason}",
                )
            zh_before, en_before = _grades(event.former)
            return Sentence(
                f"{event.corrected_on}，{event.document}将{event.rating.unit_id}"
                f"{event.rating.round}年度评估结果由{zh_before}更正为{zh}：{event.reason}",
                f"On {event.corrected_on} {event.document} corrected the rating of"
                f" {event.rating.unit_id} for {event.rating.round} from {en_before} to {en}:"
                f" {event.reason}",
            )
        case FormerRatingVoided():
            rating = event.rating
            zh, en = _grades(rating)
            return Sentence(
                f"{event.voided_on}起，{rating.unit_id}{rating.round}年度评估结果“{zh}”因"
                f"{event.document}不再有效",
                f"From {event.voided_on} on the rating of {rating.unit_id} for {rating.round},"
                f" {en}, stands no more, by {event.document}",
            )
        case _:
            rating = event.rating
            zh, en = _grades(rating)
            return Sentence(
                f"{rating.published_on}，{rating.document}公布{rating.unit_id}"
                f"{rating.round}年度评估结果：{zh}",
                f"On {rating.published_on} {rating.document} published that {rating.unit_id} was"
                f" rated {en} for {rating.round}",
            )


def _grades(rating: Rating) -> tuple[str, str]:
    grade = word(Grade, rating.grade)
    return GRADES.get(grade, grade), grade

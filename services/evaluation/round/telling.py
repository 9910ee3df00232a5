"""What happens in a round, as sentences for people."""

from typing import Any

from services.evaluation.round.days import occurred_on
from services.evaluation.round.decider import Event
from services.kernel.chinese import AUTHORITIES, GRADES, Sentence
from services.kernel.words import word
from zoneledger.evaluation.v1 import round_events_pb2 as events
from zoneledger.evaluation.v1.events_pb2 import Grade
from zoneledger.evaluation.v1.round_events_pb2 import ReviewOutcome
from zoneledger.evaluation.v1.scoring_pb2 import Placing

_OUTCOMES = {
    ReviewOutcome.REVIEW_OUTCOME_ACCEPTED: ("通过", "accepted"),
    ReviewOutcome.REVIEW_OUTCOME_RETURNED: ("退回", "returned"),
}
_POINT = 10_000  # Millionths of the whole score.


def tell(event: Event) -> Sentence:
    zh, en = _said(event)
    return Sentence(
        f"{occurred_on(event)}，{event.round}年度评估：{zh}",
        f"On {occurred_on(event)}, in the round {event.round}: {en}",
    )


def _said(event: Any) -> tuple[str, str]:
    match event:
        case events.RoundOpened():
            return f"启动（{event.document}）", f"opened by {event.document}"
        case events.RuleSetFrozen():
            short = event.content_hash[:12]
            return f"评估规则冻结（{short}）", f"the rule set {short} was frozen"
        case events.MatterInterpreted():
            return (
                f"{event.decided_by}依{event.document}解释{event.matter}为{event.answer}",
                (
                    f"{event.decided_by} answered {event.matter} with {event.answer}, by"
                    f" {event.document}"
                ),
            )
        case events.RoundAbandoned():
            return (
                f"{event.document}中止评估：{event.reason}",
                f"{event.document} gave the round up: {event.reason}",
            )
        case events.UnitAdmitted():
            return f"{event.unit_id}参加评估", f"{event.unit_id} takes part"
        case events.UnitDismissed():
            return (
                f"{event.unit_id}不再参加评估：{event.reason}",
                f"{event.unit_id} takes no part any more: {event.reason}",
            )
        case events.ObservationsReported():
            return _reported(event)
        case events.CollectionClosed():
            return "数据采集结束，数据冻结", "the collection was closed and the data are frozen"
        case events.ProvinceReviewed():
            zh, en = _OUTCOMES.get(event.outcome, ("", ""))
            return f"{event.province}审查{zh}", f"{event.province} {en} the data of its units"
        case events.BonusRecognised():
            return (
                f"{event.unit_id}凭{event.circular_number}加{points(event.points_micro)}分",
                (
                    f"{event.unit_id} has {points(event.points_micro)} points for"
                    f" {event.circular_number}"
                ),
            )
        case events.BonusWithdrawn():
            return (
                f"{event.document}撤回{event.unit_id}的加分{event.bonus_id}：{event.reason}",
                (
                    f"{event.document} withdrew the bonus {event.bonus_id} of {event.unit_id}:"
                    f" {event.reason}"
                ),
            )
        case events.ScoreCalculated():
            return _scored(event)
        case _:
            return _said_of_experts(event)


def _said_of_experts(event: Any) -> tuple[str, str]:
    match event:
        case events.AssessorAppointed():
            return (
                f"聘请专家{event.assessor_id}",
                f"{event.assessor_id} was appointed as an assessor",
            )
        case events.AssessorDismissed():
            return (
                f"{event.document}解聘专家{event.assessor_id}：{event.reason}",
                f"{event.document} dismissed the assessor {event.assessor_id}: {event.reason}",
            )
        case events.SheetSealed():
            return f"专家{event.assessor_id}评分封存", f"{event.assessor_id} sealed its sheet"
        case events.SheetOpened():
            return (
                f"专家{event.assessor_id}评分开封",
                f"the sheet of {event.assessor_id} was opened",
            )
        case events.ExpertsAssessed():
            count = len({each.unit_id for each in event.panel.points})
            return f"汇总{count}个单位的专家评分", f"the experts were heard on {count} units"
        case _:
            return _said_of_results(event)


def _said_of_results(event: Any) -> tuple[str, str]:
    match event:
        case events.ResultsProposed():
            short = event.results_hash[:12]
            return (
                f"拟定{len(event.standings)}个单位的评估结果（{short}）",
                f"the results of {len(event.standings)} units were proposed ({short})",
            )
        case events.ResultsTakenBack():
            short = event.results_hash[:12]
            return (
                f"拟定的评估结果（{short}）因所依据的情况变化而撤回",
                f"the proposed results ({short}) rest on what is no more and were taken back",
            )
        case events.UnitVetoed():
            return (
                f"{event.document}对{event.unit_id}一票否决（{event.veto_id}）：{event.reason}",
                f"{event.document} vetoed {event.unit_id} ({event.veto_id}): {event.reason}",
            )
        case events.VetoLifted():
            return (
                f"{event.document}撤销对{event.unit_id}的否决（{event.veto_id}）：{event.reason}",
                (
                    f"{event.document} lifted the veto {event.veto_id} on {event.unit_id}:"
                    f" {event.reason}"
                ),
            )
        case events.NoticeOpened():
            return f"公示至{event.closes_on}", f"a public notice is open until {event.closes_on}"
        case events.ProposalTold():
            zh, en = _standing(event.standing)
            unit = event.standing.unit_id
            return (
                f"告知{unit}其拟定结果为{zh}，{event.closes_on}前可提出异议",
                f"{unit} was told that {en} is proposed, and may object until {event.closes_on}",
            )
        case events.SignatureTakenBack():
            return (
                f"{AUTHORITIES.get(event.issuer, event.issuer)}撤回会签：{event.reason}",
                f"{event.issuer} took back what was signed in its name: {event.reason}",
            )
        case events.ObjectionLodged():
            return (
                f"{event.lodged_by}对{event.unit_id}的拟定结果提出异议{event.objection_id}",
                (
                    f"{event.lodged_by} objected to the proposed result of {event.unit_id}"
                    f" ({event.objection_id})"
                ),
            )
        case events.ObjectionDecided():
            zh, en = ("成立", "upheld") if event.is_upheld else ("不成立", "rejected")
            return (
                f"{event.decided_by}认定异议{event.objection_id}{zh}：{event.reason}",
                f"{event.decided_by} {en} the objection {event.objection_id}: {event.reason}",
            )
        case events.ResultsSigned():
            return (
                f"{AUTHORITIES.get(event.issuer, event.issuer)}会签（{event.results_hash[:12]}）",
                f"{event.issuer} signed the results {event.results_hash[:12]}",
            )
        case events.RoundPublished():
            return f"{event.document}通报评估结果", f"{event.document} published the results"
        case events.ResultPublished():
            zh, en = _standing(event.standing)
            unit = event.standing.unit_id
            return f"{unit}的结果为{zh}", f"the result of {unit} is {en}"
        case events.ResultCorrected():
            zh, en = _standing(event.standing)
            unit = event.standing.unit_id
            departs_zh = "（与冻结规则所得等次不同）" if event.departs_from_rules else ""
            departs = " (not what the frozen rules give)" if event.departs_from_rules else ""
            return (
                f"{event.document}将{unit}的结果更正为{zh}{departs_zh}：{event.reason}",
                f"{event.document} corrected the result of {unit} to {en}{departs}: {event.reason}",
            )
        case _:
            return "结束", "closed"


def points(micro: int) -> str:
    """Millionths of the whole as points of a hundred, exactly: 812345 is 81.2345."""
    sign, whole = ("-", -micro) if micro < 0 else ("", micro)
    return f"{sign}{whole // _POINT}.{whole % _POINT:04}"


def _reported(event: events.ObservationsReported) -> tuple[str, str]:
    count = len(event.observations)
    if event.is_late:
        return (
            f"{event.unit_id}在数据冻结后报送{count}项，未予采用",
            (
                f"{event.unit_id} reported {count} indicators after the data were frozen, which do"
                " not count"
            ),
        )
    return f"{event.unit_id}报送{count}项指标", f"{event.unit_id} reported {count} indicators"


def _scored(event: events.ScoreCalculated) -> tuple[str, str]:
    said = points(event.score.score_micro)
    if event.is_complete:
        return f"{event.unit_id}得{said}分", f"{event.unit_id} scores {said}"
    return (
        f"{event.unit_id}得{said}分，不含专家评分",
        f"{event.unit_id} scores {said} without the experts",
    )


def _standing(standing: Placing) -> tuple[str, str]:
    """The grade, and the rank where it is shown."""
    grade = word(Grade, standing.grade)
    rank = standing.rank
    zh = f"{GRADES.get(grade, grade)}，第{rank}位" if rank else GRADES.get(grade, grade)
    return zh, f"{grade}, rank {rank}" if rank else grade

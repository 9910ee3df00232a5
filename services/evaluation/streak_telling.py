"""What streaks come to and lead to, as sentences for people."""

from collections.abc import Iterable

from services.evaluation.streak_standing import Event
from services.kernel.chinese import GRADES, Sentence
from services.kernel.words import word
from zoneledger.evaluation.v1.events_pb2 import Grade
from zoneledger.evaluation.v1.streak_events_pb2 import (
    DisqualificationBasisLost,
    DisqualificationBasisRestored,
    DisqualificationDeclined,
    DisqualificationProposalWithdrawn,
    DisqualificationProposed,
    DisqualificationReversed,
    ExpansionPart,
    ExpansionRightUsed,
    Streak,
    StreakBasis,
    StreakEnded,
    StreakKind,
    StreakLeftUndetermined,
    StreakReached,
    StreakWarned,
    ZoneDisqualified,
)
from zoneledger.evaluation.v1.streak_review_events_pb2 import StreaksReviewed

_KINDS = {
    StreakKind.STREAK_KIND_DISQUALIFICATION: "取消示范区资格",
    StreakKind.STREAK_KIND_EXPANSION: "增加示范园区、所在省份再推荐一个城市",
}
_PARTS = {
    ExpansionPart.EXPANSION_PART_PARK: ("增加示范园区", "adds the park"),
    ExpansionPart.EXPANSION_PART_CITY: ("所在省份再推荐城市", "lets its province recommend"),
}


def tell(event: Event) -> Sentence:
    match event:
        case StreakWarned() | StreakReached() | StreakLeftUndetermined() | StreakEnded():
            return _streak(event)
        case DisqualificationProposed():
            zh, en = _bases(event.bases)
            return Sentence(
                f"{event.proposed_on}，建议取消{event.unit_id}的示范区资格（依据：{zh}），待决定",
                f"On {event.proposed_on} it was proposed to disqualify {event.unit_id} by {en};"
                " a person decides",
            )
        case DisqualificationProposalWithdrawn():
            return Sentence(
                f"{event.withdrawn_on}，取消{event.unit_id}示范区资格的建议因失去依据而撤回",
                f"On {event.withdrawn_on} the proposal to disqualify {event.unit_id} was withdrawn:"
                " nothing bears it any more",
            )
        case DisqualificationDeclined():
            return Sentence(
                f"{event.decided_on}，{event.document}决定不取消{event.unit_id}的示范区资格："
                f"{event.reason}",
                f"On {event.decided_on} {event.document} decided not to disqualify"
                f" {event.unit_id}: {event.reason}",
            )
        case ZoneDisqualified():
            return Sentence(
                f"{event.document}决定自{event.effective_on}起取消{event.unit_id}的示范区资格，"
                f"不再享受相应政策：{event.reason}",
                f"{event.document} disqualified {event.unit_id} from {event.effective_on} on; the"
                f" policies give it nothing from then on: {event.reason}",
            )
        case DisqualificationBasisLost():
            return Sentence(
                f"{event.lost_on}，{event.document}取消{event.unit_id}示范区资格的依据已因更正"
                "不复存在，该决定在撤回之前有效，请决定是否撤回及期间的处理",
                f"On {event.lost_on} a correction took away what bore the disqualification of"
                f" {event.unit_id} by {event.document}; it stands until a person decides whether to"
                " take it back, and what becomes of the time in between",
            )
        case DisqualificationBasisRestored():
            zh, en = _bases(event.bases)
            return Sentence(
                f"{event.restored_on}，{event.document}取消{event.unit_id}示范区资格重新具有依据"
                f"（{zh}）",
                f"On {event.restored_on} the disqualification of {event.unit_id} by"
                f" {event.document} is borne again, by {en}",
            )
        case DisqualificationReversed():
            return Sentence(
                f"{event.document}决定自{event.effective_on}起恢复{event.unit_id}的示范区资格："
                f"{event.reason}；{event.disqualified_on}以来未享受的支持需另行决定",
                f"{event.document} took the disqualification of {event.unit_id} back from"
                f" {event.effective_on} on: {event.reason}; what it missed since"
                f" {event.disqualified_on} needs a decision of its own",
            )
        case ExpansionRightUsed():
            zh, en = _PARTS.get(event.part, ("", "uses its right for"))
            return Sentence(
                f"{event.used_on}，{event.document}：因{event.unit_id}截至{event.round}年度的连续"
                f"评级，{zh}{event.chosen}",
                f"On {event.used_on} by {event.document} the streak of {event.unit_id} up to"
                f" {event.round} {en} {event.chosen}",
            )
        case StreaksReviewed():
            return Sentence(
                f"{event.reviewed_on}，对{event.unit_id}的连续评级进行复核",
                f"On {event.reviewed_on} the streaks of {event.unit_id} were reviewed",
            )


def _streak(
    event: StreakWarned | StreakReached | StreakLeftUndetermined | StreakEnded,
) -> Sentence:
    streak = event.streak
    zh = f"{streak.unit_id}截至{streak.round}年度的连续评级（{streak.streak_id}）"
    en = f"The streak {streak.streak_id} of {streak.unit_id} up to {streak.round}"
    kind = _KINDS.get(streak.kind, "")
    match event:
        case StreakWarned():
            return Sentence(
                f"{zh}已到预警年数（{kind}）：{_years_zh(streak)}",
                f"{en} is near enough for a warning: {_years_en(streak)}",
            )
        case StreakReached():
            return Sentence(
                f"{zh}达到规定年数（{kind}）：{_years_zh(streak)}",
                f"{en} is reached: {_years_en(streak)}",
            )
        case StreakLeftUndetermined():
            norms = ", ".join(streak.open_norm_ids)
            return Sentence(
                f"{zh}尚不能确定（{kind}）：{_years_zh(streak)}；"
                + (f"待明确：{norms}" if norms else "缺少等次"),
                f"{en} is open: {_years_en(streak)}; "
                + (f"it hangs on {norms}" if norms else "grades are missing"),
            )
        case StreakEnded():
            return Sentence(
                f"{zh}不再成立：{_years_zh(streak)}", f"{en} is no more: {_years_en(streak)}"
            )


def _years_zh(streak: Streak) -> str:
    grades = [(year.round, word(Grade, year.grade)) for year in streak.years]
    return "、".join(f"{round_}年{GRADES.get(grade, '未知')}" for round_, grade in grades)


def _years_en(streak: Streak) -> str:
    grades = [(year.round, word(Grade, year.grade)) for year in streak.years]
    return ", ".join(f"{round_} {grade or 'unknown'}" for round_, grade in grades)


def _bases(bases: Iterable[StreakBasis]) -> tuple[str, str]:
    named = [f"{basis.round}.{basis.streak_id}" for basis in bases]
    return "、".join(named), ", ".join(named)

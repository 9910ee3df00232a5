"""Streaks and disqualifications: asked of evaluation, shown as a table or as JSON."""

from collections.abc import Iterable, Mapping
from typing import Any, NamedTuple

import grpc

from services.cli import dates, naming, output
from services.cli.client import Clients
from services.cli.records import Record
from services.cli.walking import every
from services.kernel.chinese import GRADES, PLAN_STEPS, both
from services.kernel.words import word
from zoneledger.evaluation.v1.events_pb2 import Grade
from zoneledger.evaluation.v1.plan_events_pb2 import PlanState
from zoneledger.evaluation.v1.plan_service_pb2 import ListPlansRequest
from zoneledger.evaluation.v1.service_pb2 import (
    DisqualificationStanding,
    DisqualificationStatus,
    ExpansionRightStatus,
    ListDisqualificationsRequest,
    ListStreaksRequest,
    StreakStanding,
    StreakStatus,
)
from zoneledger.evaluation.v1.streak_events_pb2 import ExpansionPart, StreakKind

_STATUSES = {
    "warned": "预警",
    "undetermined": "待明确",
    "reached": "达到",
    "ended": "不再成立",
    "proposed": "建议待决定",
    "proposal_withdrawn": "建议撤回",
    "declined": "决定不取消",
    "disqualified": "取消资格",
    "reversed": "恢复资格",
}

_RIGHTS: Mapping[str, str] = {
    "park": "示范园区",
    "city": "再推荐一个城市",
    "gained": "取得",
    "used": "已使用",
    "lost": "丧失",
}


class Asked(NamedTuple):
    """What was asked for, as it was written; empty or 0 is everything."""

    unit: str
    round: int
    as_of: str
    known_at: str


def streaks(clients: Clients, asked: Asked, *, as_json: bool) -> None:
    show_streaks(fetch_streaks(clients, asked), as_json=as_json)


def show_streaks(found: list[Record], *, as_json: bool) -> None:
    headings = ["streak 连续评级", "status 状态", "years 年度", "hangs on 待明确", "rights 权利"]
    _show("Streaks 连续评级", headings, found, _streak_row, as_json=as_json)


def fetch_streaks(clients: Clients, asked: Asked) -> list[Record]:
    """The streaks as records."""
    fields = _fields(clients, asked)
    return asked_for(clients, fields.pop("parent"), fields, asked.round)


def asked_for(
    clients: Clients, parent: str, clocks: Mapping[str, Any], round_: int = 0
) -> list[Record]:
    """The streaks of a unit, or of all, each right with how far what was chosen has come."""
    request = ListStreaksRequest(parent=parent, round=round_, **clocks)
    found = [streak(each) for each in every(clients.evaluation.ListStreaks, request, "streaks")]
    for right in (right for each in found for right in each["rights"]):
        unit_id = right["chosen_unit_id"]
        right["plan_state"] = _plan_state(clients, unit_id, clocks) if unit_id else None
    return found


def _plan_state(clients: Clients, unit_id: str, clocks: Mapping[str, Any]) -> str | None:
    """The state of the unit's last plan, if it has one that the caller may ask about."""
    request = ListPlansRequest(parent=f"units/{unit_id}", **clocks)
    try:
        plans = list(every(clients.plans.ListPlans, request, "plans"))
    except grpc.RpcError as refusal:
        if refusal.code() is not grpc.StatusCode.PERMISSION_DENIED:
            raise
        return None
    return word(PlanState, plans[-1].state) if plans else None


def disqualifications(clients: Clients, asked: Asked, *, as_json: bool) -> None:
    request = ListDisqualificationsRequest(**_fields(clients, asked))
    found = [
        disqualification(each)
        for each in every(clients.evaluation.ListDisqualifications, request, "disqualifications")
    ]
    show_disqualifications(found, as_json=as_json)


def show_disqualifications(found: list[Record], *, as_json: bool) -> None:
    headings = [
        "unit 单位",
        "status 状态",
        "bases 依据",
        "document 文件",
        "since 起",
        "reason 理由",
    ]
    _show("Disqualification 取消资格", headings, found, _decision_row, as_json=as_json)


def _fields(clients: Clients, asked: Asked) -> dict[str, Any]:
    unit = naming.unit_id(clients, "NAME", asked.unit) if asked.unit else ""
    return {
        "parent": f"units/{unit}" if unit else "",
        "as_of": dates.as_of(asked.as_of),
        "known_at": dates.known_at(asked.known_at),
    }


def streak(standing: StreakStanding) -> Record:
    streak = standing.streak
    return {
        "unit_id": streak.unit_id,
        "round": streak.round,
        "streak_id": streak.streak_id,
        "kind": word(StreakKind, streak.kind),
        "status": word(StreakStatus, standing.status),
        "is_warning": streak.is_warning,
        "years": [
            {
                "round": year.round,
                "grade": word(Grade, year.grade) or None,
                "rated_unit_id": year.rated_unit_id or None,
            }
            for year in streak.years
        ],
        "needed": streak.needed or None,
        "open_norm_ids": list(streak.open_norm_ids),
        "clause": streak.clause_id,
        "policy_id": streak.policy.policy_id,
        "supplement_id": streak.supplement_id,
        "effective_on": streak.effective_on,
        "rights": [
            {
                "part": word(ExpansionPart, right.part),
                "status": word(ExpansionRightStatus, right.status),
                "chosen": right.use.chosen or None,
                "chosen_unit_id": right.use.chosen_unit_id or None,
                "document": right.use.document or None,
            }
            for right in standing.rights
        ],
        "recorded_at": standing.recorded_at.ToJsonString(),
        "decision_id": standing.decision_id,
    }


def disqualification(standing: DisqualificationStanding) -> Record:
    return {
        "unit_id": standing.unit_id,
        "status": word(DisqualificationStatus, standing.status),
        "is_unfounded": standing.is_unfounded,
        "bases": [f"{basis.round}.{basis.streak_id}" for basis in standing.bases],
        "document": standing.document or None,
        "decided_on": standing.decided_on or None,
        "effective_on": standing.effective_on or None,
        "reason": standing.reason or None,
        "recorded_at": standing.recorded_at.ToJsonString(),
        "decision_id": standing.decision_id,
    }


def _streak_row(record: Record) -> list[str]:
    years = [
        f"{year['round']} {both(year['grade'], GRADES) if year['grade'] else 'unknown 未知'}"
        for year in record["years"]
    ]
    status = both(record["status"], _STATUSES)
    is_warned = record["is_warning"] and record["status"] != "warned"
    rights = [" ".join(filter(None, _right(right))) for right in record["rights"]]
    return [
        f"{record['unit_id']} {record['round']}.{record['streak_id']}",
        f"{status}, {both('warned', _STATUSES)}" if is_warned else status,
        "\n".join(years),
        "\n".join(record["open_norm_ids"]),
        "\n".join(rights),
    ]


def _right(right: Record) -> list[str]:
    """What it allows, how it stands, what it was used for, and how far that has come."""
    state = right["plan_state"] or ""
    words = [both(right["part"], _RIGHTS), both(right["status"], _RIGHTS), right["chosen"] or ""]
    return [*words, both(state, PLAN_STEPS)]


def _decision_row(record: Record) -> list[str]:
    status = both(record["status"], _STATUSES)
    return [
        record["unit_id"],
        f"{status}; basis lost 失去依据" if record["is_unfounded"] else status,
        ", ".join(record["bases"]),
        record["document"] or "",
        record["effective_on"] or "",
        record["reason"] or "",
    ]


def _show(
    title: str,
    headings: list[str],
    found: Iterable[Record],
    row: Any,
    *,
    as_json: bool,
) -> None:
    if as_json:
        output.print_json_array(found)
        return
    rows = [row(record) for record in found]
    if not rows:
        output.console().print(f"{title}: none 无", markup=False)
        return
    output.console().print(output.table(title, headings, rows))

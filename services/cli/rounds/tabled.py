"""What a round says, shown as tables for people or as JSON for machines."""

from collections import Counter
from collections.abc import Sequence
from typing import Any, NamedTuple

from services.cli import lists, naming, refusals
from services.cli.client import Clients
from services.cli.lists import Columns
from services.cli.rounds import records
from services.cli.rounds.records import Record
from services.cli.walking import every
from services.kernel.chinese import GRADES, both
from services.kernel.errors import Rejected
from services.kernel.words import word
from zoneledger.evaluation.v1 import round_service_pb2 as messages
from zoneledger.evaluation.v1.circular_service_pb2 import ListCircularsRequest
from zoneledger.evaluation.v1.round_service_pb2 import RoundStage
from zoneledger.ledger.v1.outcome_pb2 import BatchOutcome

STAGES = {
    "open": "已启动",
    "collecting": "采集数据",
    "collected": "数据已冻结",
    "proposed": "结果拟定",
    "noticed": "公示",
    "published": "已发布",
    "closed": "已结束",
}
PARTS = {"statistics": "统计", "experts": "专家", "bonus": "加分"}
TREATMENTS = {
    "none": "原值",
    "clamped_low": "按下限计",
    "clamped_high": "按上限计",
    "missing_zero": "缺失计零",
    "missing_reweighted": "缺失转权",
    "severity_corrected": "校正宽严",
    "capped": "封顶",
}


class Asked(NamedTuple):
    """A round, 0 for all; a unit, "" for all; and the two clocks."""

    round: int = 0
    unit: str = ""
    as_of: str = ""
    known_at: Any = None

    def clocks(self) -> dict[str, Any]:
        """The fields of a request that say when."""
        return {"as_of": self.as_of, "known_at": self.known_at}

    def of_units(self, clients: Clients) -> dict[str, Any]:
        """The fields of a request about a unit of a round, or about all."""
        unit = naming.unit_id(clients, "UNIT", self.unit, self.round) if self.unit else ""
        parent = f"units/{unit}" if unit else ""
        return {"parent": parent, "round": self.round, **self.clocks()}


def rounds(clients: Clients, asked: Asked, *, as_json: bool) -> None:
    request = messages.ListRoundsRequest(**asked.clocks())
    found = [
        {
            "round": each.round,
            "stage": word(RoundStage, each.stage),
            "opened_on": each.opened.opened_on,
            "document": each.opened.document,
            "policy_id": each.opened.policy.policy_id or None,
            "frozen_on": each.frozen_on or None,
            "collection_closed_on": each.collection_closed_on or None,
            "published_on": each.published.published_on or None,
            "closed_on": each.closed_on or None,
        }
        for each in every(clients.rounds.ListRounds, request, "rounds")
    ]
    lists.show("Rounds 年度评估", _ROUNDS, found, as_json)


def experts(clients: Clients, asked: Asked, *, as_json: bool) -> None:
    lists.show("Experts 评审专家", _EXPERTS, fetch_experts(clients, asked), as_json)


def fetch_experts(clients: Clients, asked: Asked) -> list[Record]:
    """The experts as records."""
    request = messages.ListAssessorsRequest(round=asked.round, **asked.clocks())
    found = every(clients.rounds.ListAssessors, request, "assessors")
    return [records.assessor(each) for each in found]


def observations(clients: Clients, asked: Asked, *, as_json: bool) -> None:
    found = fetch_observations(clients, asked)
    lists.show("Reported 报送数据", OBSERVATIONS, found, as_json)


def fetch_observations(clients: Clients, asked: Asked) -> list[Record]:
    """What is reported, as records."""
    request = messages.ListObservationsRequest(**asked.of_units(clients))
    found = every(clients.rounds.ListObservations, request, "observations")
    return [records.observation(each) for each in found]


def bonuses(clients: Clients, asked: Asked, *, as_json: bool) -> None:
    request = messages.ListBonusesRequest(**asked.of_units(clients))
    found = every(clients.rounds.ListBonuses, request, "bonuses")
    lists.show("Bonuses 加分", _BONUSES, map(records.bonus, found), as_json)


def objections(clients: Clients, asked: Asked, *, as_json: bool) -> None:
    request = messages.ListObjectionsRequest(**asked.of_units(clients))
    found = every(clients.rounds.ListObjections, request, "objections")
    lists.show("Objections 异议", _OBJECTIONS, map(records.objection, found), as_json)


def circulars(clients: Clients, asked: Asked, *, as_json: bool) -> None:
    request = ListCircularsRequest(**asked.clocks())
    found = every(clients.circulars.ListCirculars, request, "circulars")
    lists.show("Circulars 督查激励通报", _CIRCULARS, map(records.circular, found), as_json)


def scores(clients: Clients, asked: Asked, *, as_json: bool) -> None:
    """The scores of a round; of one unit line by line, down to the sum."""
    found = fetch_scores(clients, asked)
    if not asked.unit or as_json:
        lists.show("Scores 得分", _SCORES, found, as_json)
        return
    if not found:
        raise Rejected(f"{asked.unit} has no score for {asked.round} that you may see")
    for each in found:
        show_lines(each)


def fetch_scores(clients: Clients, asked: Asked) -> list[Record]:
    """The scores as records, the best first."""
    request = messages.ListScoresRequest(**asked.of_units(clients))
    found = map(records.score, every(clients.rounds.ListScores, request, "scores"))
    return sorted(found, key=lambda r: (r["round"], -float(r["score"]), r["unit_id"]))


def show_lines(score: Record) -> None:
    """A score as its lines with the sum up to each, which ends at the score itself."""
    lists.show(f"Score 得分 {score['unit_id']} {score['round']}", LINES, score["lines"], False)
    last = score["lines"][-1]["sum"] if score["lines"] else "0.0000"
    is_exact = last == score["score"]
    said = refusals.chosen(
        f"{'the lines add up exactly to' if is_exact else 'THE LINES DO NOT ADD UP TO'}"
        f" {score['score']} of 100",
        f"各行合计与得分{'完全一致' if is_exact else '不一致'}：{score['score']}（满分100）",
    )
    marked = refusals.chosen(
        " (an illustrative rule set, not the official one)", "（示例规则，非官方指标体系）"
    )
    print(said + (marked if score["is_illustrative"] else ""))


def results(clients: Clients, asked: Asked, *, proposed: bool, as_json: bool) -> None:
    """The results that are published; or those that are proposed (拟定)."""
    found = fetch_proposed(clients, asked) if proposed else fetch_results(clients, asked)
    title = "Proposed results 拟定结果" if proposed else "Results 评估结果"
    lists.show(title, RESULTS, found, as_json)


def fetch_results(clients: Clients, asked: Asked) -> list[Record]:
    """The published results as records: by rank where that may be seen, then by grade."""
    request = messages.ListResultsRequest(**asked.of_units(clients))
    found = map(records.result, every(clients.rounds.ListResults, request, "results"))
    return sorted(found, key=_in_order)


def fetch_proposed(clients: Clients, asked: Asked) -> list[Record]:
    """The results as they were proposed last."""
    request = messages.GetRoundRequest(name=f"rounds/{asked.round}", **asked.clocks())
    proposed = clients.rounds.GetRound(request).round.proposed
    told = [{"round": asked.round, **records.standing(each)} for each in proposed.standings]
    own = asked.of_units(clients)["parent"].removeprefix("units/")
    return [each for each in told if own in ("", each["unit_id"])]


def distribution(clients: Clients, asked: Asked, *, as_json: bool) -> None:
    """How many units have each grade, year by year, as far as the reader may see them."""
    found = distributed(fetch_results(clients, asked))
    lists.show("Grades over the years 历年等次分布", DISTRIBUTION, found, as_json)


def distributed(results: Sequence[Record]) -> list[Record]:
    """The number of units of each grade, year by year."""
    counts: dict[int, Counter[str]] = {}
    for each in results:
        counts.setdefault(each["round"], Counter())[each["grade"]] += 1
    return [
        {"round": year, "units": own.total(), **{grade: own[grade] for grade in GRADES}}
        for year, own in sorted(counts.items())
    ]


def calculated(clients: Clients, year: int, day: str) -> BatchOutcome:
    """Calculate every score of the round."""
    request = messages.CalculateScoresRequest(round=year, calculated_on=day)
    outcome: BatchOutcome = clients.rounds.CalculateScores(request).outcome
    return outcome


def _in_order(result: Record) -> tuple[Any, ...]:
    grade = list(GRADES).index(result["grade"]) if result["grade"] in GRADES else len(GRADES)
    return result["round"], result["rank"] or 0, grade, result["unit_id"]


def _of(key: str) -> Any:
    return lambda record: record[key]


def _listed(key: str) -> Any:
    return lambda record: ", ".join(map(str, record[key]))


def _grade(record: Record) -> str:
    capped = record.get("grade_by_cut")
    was = f" <- {both(capped, GRADES)}" if capped and capped != record["grade"] else ""
    return both(record["grade"], GRADES) + was


def _posts(line: Record) -> str:
    return f"{line['low']} .. {line['high']}" if line["low"] is not None else ""


def _decided(record: Record) -> str:
    if record["is_upheld"] is None:
        return "open 未决"
    said: Sequence[str] = ("dismissed 不成立", "upheld 成立")
    return f"{said[record['is_upheld']]}, {record['decided_by']} {record['decided_on']}"


_ROUNDS: Columns = (
    ("round 年度", _of("round")),
    ("stage 阶段", lambda r: both(r["stage"], STAGES)),
    ("opened 启动", _of("opened_on")),
    ("rules frozen 规则冻结", _of("frozen_on")),
    ("data frozen 数据冻结", _of("collection_closed_on")),
    ("published 发布", _of("published_on")),
    ("closed 结束", _of("closed_on")),
    ("document 文件", _of("document")),
)
_EXPERTS: Columns = (
    ("round 年度", _of("round")),
    ("expert 专家", _of("assessor_id")),
    ("conflicts 回避", _listed("conflicts")),
    ("sealed 封存", _of("sealed_on")),
    ("opened 开封", _of("opened_on")),
    ("dismissed 解聘", _of("dismissed_on")),
    ("commitment 承诺值", lambda r: (r["commitment"] or "")[:16]),
)
OBSERVATIONS: Columns = (
    ("unit 单位", _of("unit_id")),
    ("indicator 指标", _of("indicator_id")),
    (
        "value 数值",
        lambda r: r["value"] or (f"缺：{r['missing_reason']}" if r["missing_reason"] else ""),
    ),
    ("as of 时点", _of("as_of")),
    ("reported 报送", _of("reported_on")),
    ("before 此前", _listed("former")),
    ("late 迟报", _listed("late")),
)
_BONUSES: Columns = (
    ("unit 单位", _of("unit_id")),
    ("bonus 加分", _of("bonus_id")),
    ("points 分", _of("points")),
    ("circular 通报", _of("circular_number")),
    ("recognised 认定", _of("recognised_on")),
    ("withdrawn 撤回", _of("withdrawn_on")),
)
_OBJECTIONS: Columns = (
    ("objection 异议", _of("objection_id")),
    ("unit 单位", _of("unit_id")),
    ("lodged 提出", lambda r: f"{r['lodged_by']} {r['lodged_on']}"),
    ("text 内容", _of("text")),
    ("decided 决定", _decided),
    ("admitted 采纳", _listed("admitted")),
)
_CIRCULARS: Columns = (
    ("circular 通报", _of("circular_id")),
    ("number 文号", _of("number")),
    ("issued 印发", _of("issued_on")),
    ("year 工作年度", _of("performance_year")),
    (
        "places 激励对象",
        lambda r: ", ".join(
            p["name_zh"] + (f" ({p['unit_id']})" if p["unit_id"] else "") for p in r["places"]
        ),
    ),
    ("withdrawn 撤回", _of("withdrawn_on")),
)
_SCORES: Columns = (
    ("round 年度", _of("round")),
    ("unit 单位", _of("unit_id")),
    ("statistics 统计", _of("statistics")),
    ("experts 专家", _of("experts")),
    ("bonus 加分", _of("bonus")),
    ("score 得分", _of("score")),
    ("complete 完整", lambda r: "yes 是" if r["is_complete"] else "no 否"),
)
LINES: Columns = (
    ("part 部分", lambda r: both(r["part"], PARTS)),
    ("line 指标", _of("line_id")),
    ("raw 原始值", lambda r: r["raw"] or ("缺" if r["is_missing"] else "")),
    ("treatment 处理", lambda r: both(r["treatment"], TREATMENTS)),
    ("counts as 计为", _of("treated")),
    ("goalposts 目标值", _posts),
    ("reached 标准化", _of("normalised")),
    ("weight 权重", _of("weight")),
    ("points 得分", _of("contribution")),
    ("sum 累计", _of("sum")),
)
RESULTS: Columns = (
    ("round 年度", _of("round")),
    ("rank 名次", _of("rank")),
    ("unit 单位", _of("unit_id")),
    ("grade 等次", _grade),
    ("score 得分", _of("score")),
    ("vetoes 否决", _listed("veto_ids")),
    ("published 发布", lambda r: r.get("published_on")),
    (
        "corrected 更正",
        lambda r: f"{r['corrections']}x, {r['corrected_on']}" if r.get("corrections") else "",
    ),
)
DISTRIBUTION: Columns = (
    ("round 年度", _of("round")),
    ("units 单位数", _of("units")),
    *((both(grade, GRADES), _of(grade)) for grade in GRADES),
)

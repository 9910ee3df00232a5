"""The columns of the tables that show a round, and the Chinese words beside the English ones."""

from collections.abc import Sequence
from typing import Any

from services.cli.lists import Columns
from services.cli.rounds.records import Record
from services.kernel.chinese import GRADES, both

STAGES = {
    "open": "已启动",
    "collecting": "采集数据",
    "collected": "数据已冻结",
    "proposed": "结果拟定",
    "noticed": "公示",
    "published": "已发布",
    "closed": "已结束",
    "abandoned": "已中止",
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


ROUNDS: Columns = (
    ("round 年度", _of("round")),
    ("stage 阶段", lambda r: both(r["stage"], STAGES)),
    ("opened 启动", _of("opened_on")),
    ("rules frozen 规则冻结", _of("frozen_on")),
    ("data frozen 数据冻结", _of("collection_closed_on")),
    ("published 发布", _of("published_on")),
    ("closed 结束", _of("closed_on")),
    ("document 文件", _of("document")),
)
EXPERTS: Columns = (
    ("round 年度", _of("round")),
    ("expert 专家", _of("assessor_id")),
    ("conflicts 回避", _listed("conflicts")),
    ("declared late by 开封后声明依据", _of("document")),
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
BONUSES: Columns = (
    ("unit 单位", _of("unit_id")),
    ("bonus 加分", _of("bonus_id")),
    ("points 分", _of("points")),
    ("circular 通报", _of("circular_number")),
    ("recognised 认定", _of("recognised_on")),
    ("withdrawn 撤回", _of("withdrawn_on")),
)
PROPOSALS: Columns = (
    ("unit 单位", _of("unit_id")),
    ("grade 等次", lambda r: both(r["grade"], GRADES)),
    ("told 告知", _of("told_on")),
    ("may object until 异议截止", _of("closes_on")),
    ("document 文件", _of("document")),
)
OBJECTIONS: Columns = (
    ("objection 异议", _of("objection_id")),
    ("unit 单位", _of("unit_id")),
    ("lodged 提出", lambda r: f"{r['lodged_by']} {r['lodged_on']}"),
    ("text 内容", _of("text")),
    ("decided 决定", _decided),
    ("admitted 采纳", _listed("admitted")),
)
CIRCULARS: Columns = (
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
SCORES: Columns = (
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

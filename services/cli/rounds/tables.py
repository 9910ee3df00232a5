"""The tables that a round takes in, with the Chinese words for their columns.

Data and sheets come in one of two forms: a row for each value, or a row for each unit with a column
for each indicator or criterion of the rule set, called by its id or its name. Which one a file has
is read from its header.
"""

from decimal import Decimal

from services.cli.cells import Parse, identifier, iso_date, text, unit, year
from services.cli.problems import Unreadable, shown
from services.cli.quantities import quantity, said
from services.cli.tables import Column, Presence, Table
from services.evaluation.scoring.parts import Experts, RuleSet

UNIT = Column("unit_id", unit, also=("unit", "单位", "城市", "参评单位", "名称"))
VALUE = Column("value", text, Presence.MAY_BE_EMPTY, ("数值", "数据", "指标值"))
POINTS = Column("points", text, also=("评分", "分数", "得分"))
_SERIAL = Column("no", text, Presence.MAY_BE_ABSENT, ("序号",))  # It says nothing.
_ABOUT_A_VALUE = (
    Column("missing_reason", text, Presence.MAY_BE_ABSENT, ("缺失原因", "缺报原因")),
    Column("as_of", iso_date, Presence.MAY_BE_ABSENT, ("统计时点", "截止日期")),
    Column("source", text, Presence.MAY_BE_ABSENT, ("数据来源", "来源")),
)
_PROVINCE = Column("province", text, Presence.MAY_BE_ABSENT, ("省份", "省（区、市）", "省"))
_REMARK = Column("remark", text, Presence.MAY_BE_ABSENT, ("备注",))

ADMISSIONS = Table("admissions", (UNIT, _PROVINCE, _SERIAL, _REMARK), ("unit_id",))
BONUSES = Table(
    "bonuses",
    (
        UNIT,
        Column("bonus_id", identifier, also=("加分项",)),
        Column("circular_id", identifier, also=("通报",)),
        _SERIAL,
        _REMARK,
    ),
    ("unit_id", "bonus_id"),
)
CIRCULARS = Table(
    "circulars",
    (
        Column("circular_id", identifier, also=("通报",)),
        Column("number", text, also=("文号",)),
        Column("title_zh", text, also=("标题",)),
        Column("issued_on", iso_date, also=("印发日期",)),
        Column("performance_year", year, also=("工作年度",)),
        Column("place", text, Presence.MAY_BE_EMPTY, ("激励对象", "地方")),
        Column("item", text, Presence.MAY_BE_ABSENT, ("激励事项", "事项")),
        Column("unit_id", unit, Presence.MAY_BE_ABSENT, ("单位",)),
        Column("source", text, Presence.MAY_BE_ABSENT, ("来源",)),
        _SERIAL,
    ),
    ("circular_id", "place", "item"),
)


def observations(rules: RuleSet) -> tuple[Table, Table]:
    """What is reported of the units: a row for each value, or a column for each indicator."""
    indicators = tuple(
        Column(
            each.indicator_id,
            quantity(each.decimals, each.unit),
            Presence.MAY_BE_ABSENT,
            (each.name_zh, each.name_en),
            each.unit,
        )
        for each in rules.indicators
    )
    indicator = Column("indicator_id", text, also=("indicator", "指标", "指标名称"))
    beside = (*_ABOUT_A_VALUE, _PROVINCE, _SERIAL, _REMARK)
    return (
        Table("observations", (UNIT, indicator, VALUE, *beside), ("unit_id", "indicator_id")),
        Table("observations", (UNIT, *indicators, *beside), ("unit_id",)),
    )


def points(experts: Experts) -> Parse:
    """Points on the scale of the experts; nobody is left without."""
    read = quantity(experts.decimals, "分")

    def parse(cell: str) -> str:
        given = str(read(cell))
        if not said(given).value:
            raise Unreadable(f"{shown(cell)} is no number of points; an expert gives points to all")
        if not experts.lowest <= Decimal(given) <= experts.highest:
            scale = f"{experts.lowest} to {experts.highest}"
            raise Unreadable(f"{shown(cell)} is not on the scale from {scale}; correct it")
        return given

    return parse


def sheets(experts: Experts) -> tuple[Table, Table]:
    """What an expert says of the units: a row for each point, or a column for each criterion."""
    criteria = tuple(
        Column(
            each.criterion_id,
            points(experts),
            Presence.FILLED,
            (each.name_zh, each.name_en),
            "分",
        )
        for each in experts.criteria
    )
    criterion = Column("criterion_id", text, also=("criterion", "评价维度", "评分项"))
    return (
        Table("sheet", (UNIT, criterion, POINTS, _SERIAL, _REMARK), ("unit_id", "criterion_id")),
        Table("sheet", (UNIT, *criteria, _SERIAL, _REMARK), ("unit_id",)),
    )

"""Makes the files of the full round, all of them fictional: `python make.py [DIR]`.

示例，非真实数据。Every unit, province, circular, figure and mark here is made up. A unit has one
number, how well it does; each figure is that far between the goalposts of the rule set, and a
little off it by a hash, so that the same files come out everywhere. What a story needs is set by
hand below: a slip that is revised, missing data, an outlier, a late report.
"""

import csv
import sys
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from hashlib import sha256
from pathlib import Path

import xlsxwriter
import yaml

HERE = Path(__file__).parent
NO_DATA = "示例，非真实数据"
STEMS = "甲乙丙丁戊己庚辛壬癸子丑"
IDS = ["jia", "yi", "bing", "ding", "wu", "ji", "geng", "xin", "ren", "gui", "zi", "chou"]
UNITS = {f"shili-{name}": f"示例市{stem}" for name, stem in zip(IDS, STEMS, strict=True)}
PLACES = list(UNITS)
PROVINCES = {"示例省一": PLACES[:5], "示例省二": PLACES[5:9], "示例省三": PLACES[9:]}
ZONES = {"示例省一": "shili-yi-qu", "示例省二": "shili-er-qu", "示例省三": "shili-san-qu"}
# How well each unit does, of 100.
DOES = dict(zip(PLACES, (82, 76, 73, 70, 68, 60, 58, 55, 47, 43, 33, 28), strict=True))

MISSING = {
    ("shili-bing", "rd-intensity"): "缺：统计部门尚未发布",
    ("shili-zi", "high-tech-enterprises"): "缺（统计口径调整）",
    ("shili-chou", "rd-intensity"): "—",
}
SET = {("shili-ding", "research-platforms"): "412"}  # Beyond the goalpost.
# What is sent first; what was meant is what the generator makes.
SLIP = {("shili-yi", "gdp-growth"): "1.8", ("shili-geng", "good-air-days"): "62.0"}
EXPERTS = {"expert-1": 0, "expert-2": 4, "expert-3": -5, "expert-4": 1}  # How lenient, in points.
CONFLICT = ("expert-2", "shili-bing")

RULES = yaml.safe_load((HERE / "rule-set.yaml").read_text("utf-8"))


def off(*names: str) -> float:
    """A number from -1 to 1 that hangs on the names alone."""
    return int(sha256("/".join(names).encode()).hexdigest()[:8], 16) / 0x7FFFFFFF - 1


def figure(unit: str, indicator: Mapping[str, object]) -> str:
    """What the unit reports for the indicator."""
    [post] = indicator["goalposts"]  # type: ignore[misc]  # It is read from YAML.
    name, low, high = str(indicator["indicator_id"]), float(post["low"]), float(post["high"])
    share = min(0.99, max(0.01, DOES[unit] / 100 + 0.12 * off(unit, name)))
    if indicator["direction"] == "adverse":
        share = 1 - share
    return f"{low + (high - low) * share:.{indicator['decimals']}f}"


def cell(unit: str, indicator: Mapping[str, object]) -> str:
    """The same, with what the story sets."""
    key = (unit, str(indicator["indicator_id"]))
    return MISSING.get(key) or SET.get(key) or SLIP.get(key) or figure(unit, indicator)


def points(expert: str, unit: str, criterion: str) -> str:
    """What the expert gives the unit for the criterion."""
    given = 30 + 0.65 * DOES[unit] + EXPERTS[expert] + 4 * off(expert, unit, criterion)
    return f"{min(100, max(0, given)):.1f}"


def wide(units: Iterable[str]) -> list[list[str]]:
    """A row for each unit and a column for each indicator, as a province sends it."""
    indicators = RULES["indicators"]
    titles = [
        f"{each['name_zh']}（{each['unit']}）" if each["unit"] else each["name_zh"]
        for each in indicators
    ]
    rows = [["序号", "单位", *titles, "统计时点", "来源"]]
    for number, unit in enumerate(units, 1):
        values = [cell(unit, each) for each in indicators]
        rows.append([str(number), UNITS[unit], *values, "2020-12-31", NO_DATA])
    return rows


def long(said: Iterable[tuple[str, str, str]]) -> list[list[str]]:
    """A row for each value."""
    rows = [["单位", "指标", "数值", "缺失原因", "统计时点", "来源"]]
    for unit, name, value in said:
        reason = "年报未报送" if value == "—" else ""
        rows.append([UNITS[unit], name, value, reason, "2020-12-31", NO_DATA])
    return rows


def tables() -> dict[str, list[list[str]]]:
    """Every CSV file by its name."""
    of = {each["indicator_id"]: each for each in RULES["indicators"]}
    one, two, three = PROVINCES.values()
    growth = figure("shili-yi", of["gdp-growth"])
    again = ("shili-geng", "good-air-days")
    return {
        "units.csv": [_UNIT_COLUMNS, *_zones(), *_members()],
        "circulars.csv": [_CIRCULAR_COLUMNS, *_circulars()],
        "circulars-later.csv": [_CIRCULAR_COLUMNS, _later_circular()],
        "bonuses.csv": [
            ["单位", "加分项", "通报"],
            ["示例市乙", "state-council-commendation", "shili-2021-1"],
        ],
        "report-1.csv": wide(one),
        "report-1-revised.csv": long([("shili-yi", "地区生产总值增速", f"{growth}%")]),
        "report-2-again.csv": long([(*again, figure(again[0], of[again[1]]))]),
        "report-3.csv": long(
            (unit, name, cell(unit, each)) for unit in three for name, each in of.items()
        ),
        "report-late.csv": long(
            [("shili-bing", "rd-intensity", f"{figure('shili-bing', of['rd-intensity'])}%")]
        ),
        "report-faulty.csv": _faulty(two[:3]),
        **{f"sheet-{expert[-1]}.csv": _sheet(expert) for expert in EXPERTS},
    }


_UNIT_COLUMNS = [
    *("unit_id", "name_zh", "name_en", "kind", "zone_id", "province"),
    *("beneficiary_class", "member_from", "member_until", "source"),
]


def _zones() -> list[list[str]]:
    return [
        [zone, f"{province}示例区", "", "zone", "", province, "national", "2017-04-13", "", NO_DATA]
        for province, zone in ZONES.items()
    ]


def _members() -> list[list[str]]:
    rest = ["national", "2017-04-13", "", NO_DATA]
    return [
        [unit, UNITS[unit], "", "prefecture_city", ZONES[province], province, *rest]
        for province, units in PROVINCES.items()
        for unit in units
    ]


_CIRCULAR_COLUMNS = [
    *("通报", "文号", "标题", "印发日期", "工作年度", "激励对象", "激励事项", "单位", "来源"),
]


def _circulars() -> list[list[str]]:
    """A circular that commends a unit, and a place that is none."""
    said = ["shili-2021-1", "示例通报〔2021〕1号", "示例：督查激励通报", "2021-01-05", "2020"]
    return [
        [*said, "示例市乙", "示例事项", "示例市乙", NO_DATA],
        [*said, "示例县", "示例事项", "", NO_DATA],
    ]


def _later_circular() -> list[str]:
    """One that comes out when the rules are frozen already."""
    said = ["shili-2021-2", "示例通报〔2021〕2号", "示例：后来的通报", "2021-02-20", "2020"]
    return [*said, "示例市丁", "示例事项", "示例市丁", NO_DATA]


def _faulty(units: Sequence[str]) -> list[list[str]]:
    """What comes in by mistake: separators, another unit, a word, an unknown place."""
    first, second, third = ([*row] for row in wide(units)[1:])
    first[2], first[7] = "五点八", "1,234"
    second[5], second[8] = "2.5户", "250%"
    third[1], third[14] = "示例市甲乙", "2020年底"
    return [wide(units)[0], first, second, third]


def _sheet(expert: str) -> list[list[str]]:
    criteria = RULES["experts"]["criteria"]
    own = [unit for unit in UNITS if (expert, unit) != CONFLICT]
    return [
        ["单位", *(each["name_zh"] for each in criteria)],
        *(
            [UNITS[unit], *(points(expert, unit, each["criterion_id"]) for each in criteria)]
            for unit in own
        ),
    ]


def write(folder: Path) -> None:
    """Write every file into the folder."""
    for name, rows in tables().items():
        with (folder / name).open("w", encoding="utf-8", newline="") as file:
            csv.writer(file, lineterminator="\n").writerows(rows)
    with xlsxwriter.Workbook(folder / "report-2.xlsx") as book:
        book.set_properties({"created": datetime(2021, 3, 1), "comments": NO_DATA})  # noqa: DTZ001  # XLSX has no zones.
        sheet = book.add_worksheet("报送数据")
        for at, row in enumerate(wide(PROVINCES["示例省二"])):
            for column, value in enumerate(row):
                is_number = at > 0 and 2 <= column < len(row) - 2
                sheet.write(at, column, float(value) if is_number else value)


if __name__ == "__main__":
    write(Path(sys.argv[1]) if len(sys.argv) > 1 else HERE)

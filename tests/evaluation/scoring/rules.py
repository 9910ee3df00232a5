"""A small rule set to score by, and how a test changes a line of it."""

from services.evaluation.scoring.rule_set import RuleSet, parse

# Line numbers in the tests are those of this text.
TEXT = """\
rule_set_id: small-2021
round: 2021
title_zh: 示例规则
title_en: A small rule set
illustrative: true
clauses:
  - clause_id: made-up
    assumption: made up for tests
  - clause_id: quoted
    quote: 加分
    source: the notice
rated: {level: unit, unit_kinds: [prefecture_city], clause: made-up}
dimensions:
  - {dimension_id: economy, name_zh: 经济, name_en: Economy}
  - {dimension_id: green, name_zh: 绿色, name_en: Green}
indicators:
  - indicator_id: growth
    dimension: economy
    name_zh: 增速
    name_en: Growth
    unit: "%"
    decimals: 1
    direction: beneficial
    weight: 400000
    missing: reweight
    outlier: clamp
    goalposts: [{low: 0.0, high: 10.0}]
    clause: made-up
  - indicator_id: research
    dimension: economy
    name_zh: 研发
    name_en: Research
    unit: "%"
    decimals: 2
    direction: beneficial
    weight: 200000
    missing: zero
    outlier: clamp
    goalposts: [{low: 0.50, high: 3.50}]
    clause: made-up
  - indicator_id: energy
    dimension: green
    name_zh: 能耗
    name_en: Energy
    unit: "%"
    decimals: 1
    direction: adverse
    weight: 400000
    missing: reweight
    outlier: clamp
    goalposts: [{low: -6.0, high: 2.0}]
    clause: made-up
shares: {statistics: 600000, experts: 400000, clause: made-up}
experts:
  criteria:
    - {criterion_id: industry, name_zh: 产业, name_en: Industry, weight: 750000}
    - {criterion_id: organisation, name_zh: 组织, name_en: Organisation, weight: 250000}
  lowest: 0
  highest: 100
  decimals: 1
  minimum_sheets: 3
  severity: corrected
  agreement: alpha_ordinal
  clause: made-up
bonuses:
  cap: 25000
  kinds:
    - {bonus_id: commended, name_zh: 督查激励, name_en: Commended, points: 20000, clause: quoted}
    - {bonus_id: reformed, name_zh: 改革, name_en: Reformed, points: 10000, clause: made-up}
  clause: made-up
vetoes:
  - {veto_id: finding, text_zh: 问题, text_en: Found, cap: qualified, refill: true, clause: made-up}
  - {veto_id: false-data, text_zh: 造假, text_en: Forged, cap: poor, refill: false, clause: made-up}
grades:
  cut: quota
  pool: all
  rounding: down
  scale:
    - grade: excellent
      name_zh: 优秀
      places: 2
      shows: {grade: public, score: internal, rank: subject}
      clause: made-up
    - grade: good
      name_zh: 良好
      places: 3
      shows: {grade: public, score: internal, rank: subject}
      clause: made-up
    - grade: qualified
      name_zh: 合格
      share: 250000
      shows: {grade: subject, score: internal, rank: subject}
      clause: made-up
    - grade: poor
      name_zh: 较差
      shows: {grade: subject, score: internal, rank: internal}
      clause: made-up
  ties: {last: all_in, clause: made-up}
  clause: made-up
honours: {kinds: [park, single_field], single_fields: [绿色转型], clause: made-up}
issuers: {authorities: [ndrc, most, miit, mnr], clause: made-up}
provincial_review: {required: true, clause: made-up}
schedule: {sheets_due: 2022-06-15, public_notice_days: 7, clause: made-up}
open_norms:
  - norm_id: small-2021/objections
    about: objections_decided_by
    question_zh: 异议由谁决定？
    question_en: Who decides on objections?
    clause: made-up
"""

THRESHOLDS = (
    ("cut: quota\n  pool: all\n  rounding: down", "cut: thresholds"),
    ("places: 2", "at_least: 800000"),
    ("places: 3", "at_least: 600000"),
    ("share: 250000", "at_least: 300000"),
    ("refill: true", "refill: false"),
)
WITHOUT_EXPERTS = (
    ("statistics: 600000, experts: 400000", "statistics: 1000000, experts: 0"),
    (TEXT[TEXT.index("experts:\n  criteria") : TEXT.index("bonuses:\n")], ""),
)

_CLASS = "  - {{peer_class_id: {}, name_zh: 类, name_en: Class, units: [{}], clause: made-up}}\n"
_COAL, _STEEL = _CLASS.format("coal", "datong"), _CLASS.format("steel", "anshan")
CLASSES = ("dimensions:\n", f"peer_classes:\n{_COAL}{_STEEL}dimensions:\n")


def changed(*changes: tuple[str, str]) -> str:
    """The text with the first of each old wording replaced by the new one."""
    text = TEXT
    for old, new in changes:
        assert old in text, old
        text = text.replace(old, new, 1)
    return text


def rule_set(*changes: tuple[str, str]) -> RuleSet:
    """The rule set of the changed text."""
    return parse(changed(*changes), "small.yaml")


SMALL = rule_set()

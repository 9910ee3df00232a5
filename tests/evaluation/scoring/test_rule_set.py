"""A rule set loads whole and cited, or is refused with every fault and its line."""

import hashlib
from decimal import Decimal
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from services.evaluation.scoring.rule_set import RuleSet, parse
from services.kernel.errors import Rejected
from services.kernel.policy_problems import PolicyProblems, Problem
from services.kernel.policy_terms import Authority
from services.kernel.reasons import Why
from tests.evaluation.scoring.rules import (
    CLASSES,
    SMALL,
    TEXT,
    THRESHOLDS,
    WITHOUT_EXPERTS,
    changed,
    rule_set,
)

EXAMPLE = Path(__file__).parents[3] / "examples" / "full-round" / "rule-set.yaml"


def problems(*changes: tuple[str, str]) -> list[str]:
    with pytest.raises(PolicyProblems) as refusal:
        parse(changed(*changes), "small.yaml")
    return [f"{each.line}: {each.rule}" for each in refusal.value.problems]


# What loads.


def test_the_example_loads_and_says_that_it_is_illustrative() -> None:
    rules = parse(EXAMPLE.read_text("utf-8"), EXAMPLE.name)
    assert rules.illustrative
    assert rules.round == 2020
    assert "非官方" in rules.title_zh
    assert len(rules.indicators) == 12


def test_every_made_up_value_of_the_example_rests_on_an_assumption() -> None:
    rules = parse(EXAMPLE.read_text("utf-8"), EXAMPLE.name)
    assert rules.experts is not None
    assert rules.bonuses is not None
    clauses = [rules.shares.clause, rules.bonuses.clause, rules.grades.clause]
    clauses += [each.clause for each in rules.indicators]
    clauses += [step.clause for step in rules.grades.scale]
    assert [clause for clause in clauses if not clause.assumption] == []


def test_a_rule_set_is_known_by_the_hash_of_its_text() -> None:
    assert SMALL.content_hash == hashlib.sha256(TEXT.encode()).hexdigest()


def test_numbers_keep_the_decimals_that_they_are_written_with() -> None:
    assert SMALL.indicators[1].goalposts[0].low == Decimal("0.50")


def test_a_scale_is_cut_by_thresholds_too() -> None:
    assert [s.at_least for s in rule_set(*THRESHOLDS).grades.scale] == [
        800_000,
        600_000,
        300_000,
        None,
    ]


def test_a_round_may_do_without_experts() -> None:
    assert rule_set(*WITHOUT_EXPERTS).experts is None


def test_what_is_not_known_is_left_open_by_a_norm() -> None:
    assert SMALL.schedule.objections_decided_by is None
    assert [norm.about for norm in SMALL.open_norms] == ["objections_decided_by"]


def test_an_open_norm_may_carry_the_answer_that_somebody_gave() -> None:
    answer = (
        "    clause: made-up\n    interpretation: {author: 振兴司, decided_on: 2022-03-01,"
        " document: 答复1号, answer: ndrc}\n"
    )
    rules = rule_set(
        (
            "    question_en: Who decides on objections?\n    clause: made-up\n",
            "    question_en: Who decides on objections?\n" + answer,
        )
    )
    known = rules.open_norms[0].interpretation
    assert known is not None
    assert known.answer == Authority.NDRC


def test_a_unit_has_the_class_that_names_it() -> None:
    assert rule_set(CLASSES).peer_class_of("anshan") == "steel"
    assert SMALL.peer_class_of("anshan") == ""


def test_a_unit_in_no_class_is_refused_where_there_are_classes() -> None:
    with pytest.raises(Rejected) as refusal:
        rule_set(CLASSES).peer_class_of("dalian")
    assert refusal.value.why is Why.UNIT_IN_NO_PEER_CLASS


# Citations.


def test_a_value_without_a_clause_does_not_load() -> None:
    assert problems(("experts: 400000, clause: made-up}", "experts: 400000}")) == [
        "53: no-citation"
    ]


def test_a_clause_rests_on_a_source_or_on_an_assumption() -> None:
    assert problems(("    assumption: made up for tests\n", "")) == ["7: no-citation"]
    both = "    quote: 加分\n    source: the notice\n"
    assert problems((both, both + "    assumption: too\n")) == ["9: no-citation"]


def test_a_clause_with_a_source_is_quoted() -> None:
    assert problems(("    quote: 加分\n", "")) == ["10: no-citation"]


def test_a_value_cites_a_clause_of_its_own_rule_set() -> None:
    assert problems(("400000, clause: made-up}", "400000, clause: made-down}")) == [
        "53: unknown-clause"
    ]


# Sums.


def test_weights_of_indicators_add_up_to_one_million() -> None:
    assert problems(("weight: 200000", "weight: 200001")) == ["17: wrong-sum"]


def test_weights_of_criteria_add_up_to_one_million() -> None:
    assert problems(("weight: 750000", "weight: 740000")) == ["56: wrong-sum"]


def test_shares_add_up_to_one_million() -> None:
    assert problems(("statistics: 600000", "statistics: 500000")) == ["53: wrong-sum"]


def test_a_weight_of_nothing_is_refused() -> None:
    changes = (("weight: 200000", "weight: 0"), ("weight: 400000", "weight: 600000"))
    assert problems(*changes) == ["17: wrong-sum"]


def test_experts_have_a_share_exactly_where_they_judge() -> None:
    assert problems(WITHOUT_EXPERTS[0]) == ["53: gap"]


# Ids.


@pytest.mark.parametrize(
    ("old", "new", "line"),
    [
        ("dimension_id: green", "dimension_id: economy", 15),
        ("indicator_id: energy", "indicator_id: growth", 41),
        ("criterion_id: organisation", "criterion_id: industry", 57),
        ("bonus_id: reformed", "bonus_id: commended", 69),
        ("veto_id: false-data", "veto_id: finding", 73),
        ("grade: good\n", "grade: excellent\n", 84),
    ],
)
def test_an_id_is_taken_once(old: str, new: str, line: int) -> None:
    assert f"{line}: duplicate-id" in problems((old, new))


def test_no_two_lines_of_a_score_share_a_name() -> None:
    assert problems(("criterion_id: industry", "criterion_id: growth")) == ["56: duplicate-id"]
    assert problems(("criterion_id: industry", "criterion_id: experts")) == ["56: duplicate-id"]


def test_a_duplicate_key_does_not_load() -> None:
    assert problems(("round: 2021", "round: 2021\nround: 2022")) == ["3: duplicate-key"]


def test_an_unknown_key_does_not_load() -> None:
    assert problems(("    missing: zero", "    missing: zero\n    missig: zero")) == [
        "38: unknown-key"
    ]


def test_a_norm_is_left_open_once() -> None:
    norm = TEXT[TEXT.index("  - norm_id") :]
    assert problems((norm, norm + norm)) == ["110: duplicate-id", "111: overlap"]


# Indicators.


def test_goalposts_are_apart() -> None:
    assert problems(("low: 0.50, high: 3.50", "low: 3.50, high: 3.50")) == ["39: wrong-number"]


def test_goalposts_have_no_more_decimals_than_values() -> None:
    assert problems(("low: 0.0, high", "low: 0.05, high")) == ["27: wrong-number"]


@pytest.mark.parametrize("text", ["yes", "1e3", "0x1f", "1:30", '"1.0"', ".5", "~"])
def test_what_yaml_guesses_to_be_a_number_is_refused(text: str) -> None:
    assert problems(("low: 0.0, high", f"low: {text}, high")) == ["27: wrong-type"]


@pytest.mark.parametrize("text", ["yes", "on", "True", "1", '"true"'])
def test_what_yaml_guesses_to_be_a_flag_is_refused(text: str) -> None:
    assert problems(("illustrative: true", f"illustrative: {text}")) == ["5: wrong-type"]


def test_an_indicator_belongs_to_a_dimension_and_a_dimension_has_one() -> None:
    assert problems(("dimension: green", "dimension: grey")) == [
        "15: gap",
        "42: unknown-dimension",
    ]


def test_every_class_has_goalposts_of_its_own_or_all_share_one_pair() -> None:
    old = "[{low: 0.0, high: 10.0}]"
    both = "[{peer_class: coal, low: 0.0, high: 9.0}, {peer_class: steel, low: 0.0, high: 8.0}]"
    assert len(rule_set(CLASSES, (old, both)).indicators[0].goalposts) == 2
    assert problems(CLASSES, (old, "[{peer_class: coal, low: 0.0, high: 9.0}]")) == ["30: gap"]
    twice = both.replace("steel", "coal")
    assert problems(CLASSES, (old, twice)) == ["30: gap", "30: overlap"]
    mixed = both.replace("peer_class: steel, ", "")
    assert "30: overlap" in problems(CLASSES, (old, mixed))
    assert "30: unknown-class" in problems(CLASSES, (old, both.replace("steel", "tin")))


def test_goalposts_of_a_class_need_the_class() -> None:
    posts = "[{peer_class: coal, low: 0.0, high: 9.0}]"
    assert problems(("[{low: 0.0, high: 10.0}]", posts)) == ["27: unknown-class"]


def test_a_unit_is_in_one_class() -> None:
    assert problems(CLASSES, ("units: [anshan]", "units: [anshan, datong]")) == ["15: overlap"]


# Experts and bonuses.


def test_fewer_than_three_sheets_a_unit_are_refused() -> None:
    assert problems(("minimum_sheets: 3", "minimum_sheets: 2")) == ["61: wrong-number"]


def test_a_scale_of_points_goes_up() -> None:
    assert problems(("highest: 100", "highest: 0")) == ["59: wrong-number"]


def test_points_have_no_more_decimals_than_are_recorded() -> None:
    assert problems(("  decimals: 1\n  minimum", "  decimals: 7\n  minimum")) == [
        "60: wrong-number"
    ]


def test_which_circulars_give_a_bonus_is_said_with_its_clause() -> None:
    of_year = "points: 10000, circular: {years_before: 0"
    rules = parse(
        TEXT.replace("points: 10000", of_year + ", items: [x], clause: quoted}"), "small.yaml"
    )
    assert rules.bonuses is not None
    _, reformed = rules.bonuses.kinds
    assert reformed.circular is not None
    assert (reformed.circular.years_before, reformed.circular.items) == (0, ("x",))
    assert problems(("points: 10000", of_year + "}")) == ["69: no-citation"]


def test_a_bonus_adds_something() -> None:
    assert problems(("points: 10000", "points: 0")) == ["69: wrong-number"]


# The scale.


def test_a_quota_says_its_pool_and_its_rounding() -> None:
    assert problems(("  pool: all\n", "")) == ["75: missing-key"]


def test_thresholds_have_no_pool() -> None:
    with_pool = ("cut: thresholds", "cut: thresholds\n  pool: all")
    assert problems(*THRESHOLDS, with_pool) == ["75: missing-key"]


def test_a_quota_by_class_needs_classes() -> None:
    assert problems(("pool: all", "pool: peer_class")) == ["76: gap"]


def test_each_grade_but_the_last_is_cut_in_one_way() -> None:
    assert problems(("      places: 3\n", "")) == ["84: missing-key"]
    assert problems(("places: 3", "places: 3\n      share: 1000")) == ["84: missing-key"]
    assert problems(("places: 3", "at_least: 3")) == ["84: missing-key"]


def test_the_last_grade_has_what_is_left() -> None:
    last = "      name_zh: 较差\n"
    assert problems((last, last + "      places: 1\n")) == ["94: overlap"]


def test_thresholds_go_down() -> None:
    assert problems(*THRESHOLDS, ("at_least: 600000", "at_least: 800000")) == ["84: overlap"]


def test_shares_are_of_one_whole() -> None:
    assert problems(("share: 250000", "share: 1000001")) == ["79: wrong-sum", "91: wrong-number"]


def test_a_scale_has_two_grades_at_least() -> None:
    scale = TEXT[TEXT.index("    - grade: good") : TEXT.index("  ties: {last")]
    assert "79: gap" in problems((scale, ""))


def test_a_key_of_ties_is_a_part_of_a_score() -> None:
    rules = rule_set(("ties: {last", "ties: {keys: [experts, green, research, industry], last"))
    assert rules.grades.ties.keys == ("experts", "green", "research", "industry")
    assert problems(("ties: {last", "ties: {keys: [expert], last")) == ["98: unknown-key"]
    assert problems(("ties: {last", "ties: {keys: [green, green], last")) == ["98: duplicate-word"]


def test_the_last_resort_of_ties_is_declared() -> None:
    assert problems(("ties: {last: all_in, clause", "ties: {clause")) == ["98: missing-key"]


def test_no_tie_is_for_a_place_where_thresholds_cut() -> None:
    assert problems(*THRESHOLDS, ("last: all_in", "last: all_out")) == ["96: wrong-rule"]


def test_a_veto_caps_at_a_grade_below_the_best() -> None:
    assert problems(("cap: qualified", "cap: excellent")) == ["72: unknown-grade"]


def test_a_veto_frees_no_place_where_thresholds_cut() -> None:
    assert problems(*THRESHOLDS[:-1]) == ["72: wrong-rule"]


# The procedure.


def test_what_the_schedule_does_not_say_needs_an_open_norm() -> None:
    assert problems(("public_notice_days: 7, ", "")) == ["103: gap"]
    assert problems(("sheets_due: 2022-06-15, ", "")) == ["103: gap"]


def test_no_sheets_are_due_where_no_experts_judge() -> None:
    rules = rule_set(*WITHOUT_EXPERTS, ("sheets_due: 2022-06-15, ", ""))
    assert rules.schedule.sheets_due is None


def test_what_is_stated_is_not_left_open() -> None:
    assert problems(("public_notice_days: 7", "objections_decided_by: ndrc")) == [
        "103: gap",
        "106: overlap",
    ]


def test_single_fields_are_named_where_they_are_commended() -> None:
    assert problems(("single_fields: [绿色转型], ", "")) == ["100: gap"]


# Whatever is written.


@given(st.data())
@settings(deadline=None)
def test_a_damaged_text_loads_or_is_refused_with_its_lines(data: st.DataObject) -> None:
    lines = TEXT.splitlines()
    index = data.draw(st.integers(0, len(lines) - 1))
    damage = data.draw(st.sampled_from(["", "x", "  - 1", "  : :", lines[index][:-1], "[" * 3]))
    text = "\n".join([*lines[:index], damage, *lines[index + 1 :]])
    loaded, faults = read(text)
    assert all(1 <= each.line <= len(lines) for each in faults)
    assert all(sum(one.weight for one in rules.indicators) == 1_000_000 for rules in loaded)
    assert len(loaded) == (not faults)


def read(text: str) -> tuple[list[RuleSet], list[Problem]]:
    try:
        return [parse(text, "small.yaml")], []
    except PolicyProblems as refusal:
        return [], list(refusal.problems)

"""A supplement loads whole and cited, or is refused with every fault and its line."""

from datetime import date

import pytest

from services.kernel.policy_problems import PolicyProblems
from services.kernel.policy_terms import Clause
from services.kernel.supplement import Answer, norms_of
from services.kernel.supplement_terms import CarryOver, Counting, StreakKind
from services.kernel.supplement_text import parse
from tests.notices import POLICIES
from tests.supplements import (
    SHIPPED,
    STREAKS_866,
    STREAKS_2019,
    THREE_YEARS,
    YEARS_NORM,
    answering,
    supplements,
)

[NOTICE] = [each for each in POLICIES if each.policy_id == "2021-866"]


def problems(text: str) -> list[str]:
    """What is wrong, as `line: rule`."""
    with pytest.raises(PolicyProblems) as refusal:
        parse(text, "it")
    return [f"{each.line}: {each.rule}" for each in refusal.value.problems]


def line(text: str, of: str) -> int:
    return text[: text.rindex(of)].count("\n") + 1


def edited(text: str, old: str, new: str) -> str:
    assert text.count(old) >= 1
    return text.replace(old, new, 1)


@pytest.mark.parametrize("name", SHIPPED)
def test_a_shipped_supplement_is_named_like_its_file_and_fits_its_document(name: str) -> None:
    supplement = parse(SHIPPED[name], name)
    policy = POLICIES.get(supplement.policy_id)
    assert supplement.supplement_id == name
    assert policy is not None
    known = {norm.norm_id for norm in norms_of(policy)}
    named = {rule.years_norm for rule in supplement.streaks} | {
        rule.carry_over_norm for rule in supplement.streaks
    }
    assert named - {None} <= known


def test_the_notice_of_2019_says_three_years_for_both_streaks() -> None:
    rules = {rule.kind: rule for rule in parse(STREAKS_2019, "it").streaks}
    assert {kind: rule.years for kind, rule in rules.items()} == {
        StreakKind.DISQUALIFICATION: 3,
        StreakKind.EXPANSION: 3,
    }
    assert {rule.counting for rule in rules.values()} == {Counting.IN_A_ROW}


def test_the_notice_of_2021_gives_no_number_of_years_and_speaks_of_poor_grades_alone() -> None:
    [rule] = parse(STREAKS_866, "it").streaks
    assert (rule.years, rule.years_norm, rule.at_least) == (None, YEARS_NORM, 2)
    assert rule.kind == StreakKind.DISQUALIFICATION


def test_carrying_over_grades_of_a_zone_is_open_in_both_documents() -> None:
    rules = [*parse(STREAKS_2019, "it").streaks, *parse(STREAKS_866, "it").streaks]
    assert {rule.carry_over for rule in rules} == {None}
    assert all(rule.carry_over_norm for rule in rules)


def test_every_fault_is_told_with_its_line() -> None:
    text = edited(edited(STREAKS_866, "[poor]", "[bad]"), "counting: in_a_row", "counting: often")
    assert problems(text) == [
        f"{line(text, '[bad]')}: unknown-grade",
        f"{line(text, 'often')}: unknown-counting",
    ]


@pytest.mark.parametrize(
    ("old", "new", "at", "rule"),
    [
        ("years: 3", "years: 0", "years: 0", "wrong-number"),
        ("years: 3", "years: 31", "years: 31", "wrong-number"),
        ("warn_at: 2", "warn_at: 3", "warn_at: 3", "wrong-number"),
        ("warn_at: 2", "warn_at: 2\n    within: 2", "within: 2", "wrong-number"),
        ("    years: 3\n", "", "streak_id: poor-2019", "missing-key"),
        ("years: 3", "years: 3\n    at_least: 2", "streak_id: poor-2019", "missing-key"),
        ("in_a_row", "in_any_order", "counting: in_any_order", "missing-key"),
        ("own_since: 2020", "own_since: 20", "own_since: 20\n", "wrong-number"),
        ("years_count: once", "years_count: often", "years_count: often", "unknown-years-count"),
        ("    years_count: once\n", "", "streak_id: excellent-2019", "missing-key"),
        ("kind: expansion", "kind: disqualification", "years_count: once", "unknown-key"),
        ("poor-2019", "poor/2019", "streak_id: poor/2019", "wrong-id"),
        ("excellent-2019", "poor-2019", "streak_id: poor-2019", "duplicate-id"),
        (
            "2019-zone-notice/streak-unit",
            "2021-866/streak-unit",
            "2021-866/streak-unit",
            "wrong-id",
        ),
        ("    clause: streaks/poor", "    clause: streaks/good", "streaks/good", "unknown-clause"),
        (
            "    quote: 对连续三年评为较差",
            "    assumption: 较差",
            "- clause_id: streaks/poor",
            "no-citation",
        ),
    ],
)
def test_what_does_not_fit_together_does_not_load(old: str, new: str, at: str, rule: str) -> None:
    text = edited(STREAKS_2019[STREAKS_2019.index("supplement_id:") :], old, new)
    assert f"{line(text, at)}: {rule}" in problems(text)


def test_a_value_without_a_clause_does_not_load() -> None:
    text = edited(THREE_YEARS, "    clause: answer\n", "")
    assert f"{line(text, 'norm_id')}: no-citation" in problems(text)


def test_a_clause_may_be_an_assumption_that_says_so() -> None:
    [clause] = parse(THREE_YEARS, "it").clauses
    assert clause.assumption
    assert not clause.quote


def test_a_norm_is_answered_once_for_a_day() -> None:
    twice = THREE_YEARS + THREE_YEARS[THREE_YEARS.index("  - norm_id") :]
    assert problems(twice) == [f"{twice[: twice.rindex('norm_id')].count(chr(10)) + 1}: overlap"]


def test_a_supplement_that_adds_nothing_does_not_load() -> None:
    text = THREE_YEARS[: THREE_YEARS.index("interpretations:")]
    assert problems(text) == ["1: empty"]


def test_an_answer_holds_from_its_day_and_the_latest_one_counts() -> None:
    later = answering(YEARS_NORM, "2", name="later", decided_on="2023-01-01")
    known = supplements(STREAKS_866, THREE_YEARS, later)
    assert known.answer(YEARS_NORM, NOTICE, date(2022, 2, 28)) is None
    said_by = ("国家发展改革委", "解释", Clause("answer", "", "", "made up for a test"))
    assert known.answers(YEARS_NORM, NOTICE) == [
        known.answer(YEARS_NORM, NOTICE, date(2022, 3, 1)),
        known.answer(YEARS_NORM, NOTICE, date(2023, 1, 1)),
    ]
    assert known.answer(YEARS_NORM, NOTICE, date(2022, 12, 31)) == Answer(
        YEARS_NORM, "3", date(2022, 3, 1), "three-years", *said_by
    )
    assert known.answer(YEARS_NORM, NOTICE, date(2023, 1, 1)) == Answer(
        YEARS_NORM, "2", date(2023, 1, 1), "later", *said_by
    )


def test_the_order_of_adoption_does_not_matter_for_the_day_of_an_answer() -> None:
    later = answering(YEARS_NORM, "2", name="later", decided_on="2023-01-01")
    one, other = supplements(THREE_YEARS, later), supplements(later, THREE_YEARS)
    day = date(2024, 1, 1)
    assert one.answer(YEARS_NORM, NOTICE, day) == other.answer(YEARS_NORM, NOTICE, day)


def test_a_carry_over_is_a_word_of_the_rule() -> None:
    text = edited(STREAKS_866, "carry_over_norm: 2021-866/streak-carry-over", "carry_over: inherit")
    [rule] = parse(text, "it").streaks
    assert rule.carry_over == CarryOver.INHERIT

"""A rule text says of every value where it is from, and leaves open what it does not know."""

from pathlib import Path

import pytest

from services.incentive.budget.rule_text import parse
from services.kernel.policy_problems import PolicyProblems
from tests.incentive.budget.story import CLUSTERS, RULES, ZONES

LAG = "    lag_years: {years: 2, clause: lag}\n"
WEIGHTS = (
    "{instrument: central_budget_priority, way: weights, holders: 3, others: 2, clause: numbers}"
)


def broken(text: str) -> list[str]:
    """The rules of the format that a text breaks."""
    with pytest.raises(PolicyProblems) as refusal:
        parse(text, "rules.yaml")
    return [problem.rule for problem in refusal.value.problems]


def test_the_example_says_that_it_is_illustrative_and_what_it_leaves_open() -> None:
    rules = parse(RULES, "rules.yaml")
    assert rules.illustrative
    assert [norm.norm_id for norm in rules.open_of(ZONES)] == ["subsidy-ratio", "project-cap"]
    assert rules.open_of(CLUSTERS) == ()
    assert all(clause.source or clause.assumption for clause in rules.clauses)


@pytest.mark.parametrize(
    ("was", "now", "rule"),
    [
        ("    clause: line\n", "", "no-citation"),
        ("    clause: line\n", "    clause: none\n", "unknown-clause"),
        (LAG, "", "gap"),
        (LAG, "    lag_years: {years: 0, clause: lag}\n", "wrong-number"),
        (
            "line_id: zone-construction\n    name_zh",
            "line_id: zone.construction\n    name_zh",
            "wrong-id",
        ),
        ("line_id: innovation-clusters", "line_id: zone-construction", "duplicate-id"),
        (WEIGHTS, WEIGHTS.replace("holders: 3, ", ""), "gap"),
        (WEIGHTS, WEIGHTS.replace("others: 2", "others: 4"), "wrong-number"),
        (WEIGHTS, WEIGHTS.replace("weights", "tiers"), "wrong-rule"),
        ("years_until: 2022", "years_until: 2021", "wrong-number"),
        ("most_amount: {most: 1,", "most_amount: {most: 0,", "wrong-number"),
        (
            "most_amount: {most: 1, clause: numbers}",
            "most_share_micro: {most: 1, clause: numbers}",
            "wrong-rule",
        ),
        ("    line: zone-construction\n", "    line: zone\n", "unknown-line"),
        ("    line: zone-construction\n", "", "overlap"),
        ("account: places", "account: shares", "unknown-account"),
        ("    assumption: looked for and not found in any public text\n", "", "no-citation"),
    ],
)
def test_what_is_wrong_with_a_text_is_said_by_its_rule(was: str, now: str, rule: str) -> None:
    assert was in RULES
    assert rule in broken(RULES.replace(was, now))


def test_everything_that_is_wrong_is_said_at_once_with_its_line() -> None:
    text = RULES.replace("years: 2", "years: 0").replace("others: 2", "others: 4")
    with pytest.raises(PolicyProblems) as refusal:
        parse(text, "rules.yaml")
    assert len(refusal.value.problems) == 3
    assert all(str(problem).startswith("rules.yaml:") for problem in refusal.value.problems)


def test_the_example_names_the_page_of_every_source() -> None:
    sources = [clause.source for clause in parse(RULES, "rules.yaml").clauses if clause.source]
    assert sources
    assert all("http" in source for source in sources)
    assert (Path(__file__).parents[3] / "examples/budget/SOURCES.md").is_file()

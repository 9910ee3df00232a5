"""Files of a round as text, read by the small rule set of the tests."""

from services.cli.intake import IntakeProblems, Row, parse
from services.cli.problems import render
from services.cli.rounds import tables
from services.cli.tables import Table
from services.evaluation.scoring.parts import Experts
from services.evaluation.scoring.rule_set import parse as rules_of
from tests.rounds import RULE_SET

RULES = rules_of(RULE_SET, "small.yaml")


def experts() -> Experts:
    assert RULES.experts is not None
    return RULES.experts


def observed(text: str) -> tuple[Row, ...]:
    """The rows of a file of statistics."""
    return taken(text, *tables.observations(RULES))


def marked(text: str) -> tuple[Row, ...]:
    """The rows of an expert's sheet."""
    return taken(text, *tables.sheets(experts()))


def taken(text: str, *forms: Table) -> tuple[Row, ...]:
    return parse("file.csv", text.encode(), *forms).rows


def faults(text: str, *forms: Table) -> list[str]:
    try:
        taken(text, *forms)
    except IntakeProblems as refusal:
        return render(refusal.problems).splitlines()
    return []

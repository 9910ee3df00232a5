"""What the page on access shows is what is shipped, read and written."""

import json
import re
from pathlib import Path

import pytest

from services.cli import access_tables
from services.kernel.access import Grant
from services.kernel.access_text import parse
from services.kernel.policy_problems import PolicyProblems
from services.runtime.access_log import AccessLog, read

PAGE = (Path(__file__).parents[1] / "docs" / "access.md").read_text("utf-8")


def block(language: str) -> str:
    """The one code block of a language."""
    (found,) = re.findall(rf"```{language}\n(.*?)```", PAGE, re.DOTALL)
    return str(found)


def row(agency_id: str, name: str, grant: Grant) -> str:
    own = f", and subject of {', '.join(grant.own)}" if grant.own else ""
    units = "all" if grant.units is None else ", ".join(grant.units)
    return f"| `{agency_id}` | {name} | {', '.join(grant.methods)} | {units} | {grant.sees}{own} |"


def test_the_page_shows_the_shipped_table() -> None:
    shown = [line for line in PAGE.splitlines() if re.match(r"\| `[a-z]+` \| [^a-z]", line)]
    assert shown == [
        row(agency.agency_id, agency.name_zh, grant)
        for agency in access_tables.shipped().agencies
        for grant in agency.grants
    ]


def test_the_example_is_a_table_but_for_somebody_who_may_replace_it() -> None:
    with pytest.raises(PolicyProblems) as refusal:
        parse(block("yaml"), "access.md")
    assert [problem.rule for problem in refusal.value.problems] == ["locked-out"]


def test_the_line_on_the_page_is_one_that_is_written(tmp_path: Path) -> None:
    shown = json.loads(block("json"))
    AccessLog(tmp_path).write(
        agency=shown["agency"],
        name=shown["name"],
        method=shown["method"],
        units=shown["units"],
        as_of=shown["as_of"],
        known_at_ns=0,
        position=shown["position"],
        code=shown["code"],
        rows=shown["rows"],
    )
    (line,) = read(tmp_path)
    assert {**(line.said or {}), "at": shown["at"]} == shown

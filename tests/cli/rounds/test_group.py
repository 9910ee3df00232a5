"""The page on rounds names every step, and no step that is not there."""

import re
from pathlib import Path

from typer.main import get_command

from services.cli.main import app
from services.cli.rounds.outstanding import Facts, outstanding

PAGE = (Path(__file__).parents[3] / "docs" / "rounds.md").read_text("utf-8")
README = (Path(__file__).parents[3] / "README.md").read_text("utf-8")


def commands() -> set[str]:
    """The commands of `zoneledger round`."""
    group = get_command(app).commands["round"]  # type: ignore[attr-defined]  # It is a group.
    return set(group.commands)


def test_every_command_that_the_page_names_is_there() -> None:
    assert set(re.findall(r"`round ([a-z-]+)", PAGE)) - commands() == set()


def test_every_question_about_a_round_is_named_on_the_first_page() -> None:
    [named] = re.findall(r"`round (show[^`]*)`", README)
    assert set(named.split("\\|")) - commands() == set()


def test_whatever_a_round_waits_for_is_a_command() -> None:
    waiting = [Facts("2021-01-10"), Facts("2021-01-10", published_on="2021-06-21")]
    named = {step.command for facts in waiting for step in outstanding(facts, "2021-06-30")}
    assert named
    assert {name.removeprefix("zoneledger round ") for name in named} - commands() == set()

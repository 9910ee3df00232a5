"""A folder that outgrew one process goes on in PostgreSQL: the same log, the same answers."""

import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.system.commands import import_2020, run, served, told
from tests.system.stack import Stack, standing

LISTS = ("units", "ratings", "honours", "entitlements", "credit-tilts", "policies", "log", "audit")
CORRECTED = (
    *("correct-rating", "--unit", "xiangtan", "--round", "2020", "--grade", "good"),
    *("--corrected-on", "2021-09-01", "--document", "更正通知", "--reason", "笔误"),
)


@pytest.fixture
def stack(tmp_path: Path, postgres_admin: str, kafka: str) -> Iterator[Stack]:
    with standing(tmp_path, postgres_admin, kafka) as stack:
        yield stack


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """The 2020 round, with a correction."""
    folder = tmp_path / "data"
    import_2020(folder)
    assert run(folder, *CORRECTED).code == 0
    return folder


def test_what_was_moved_in_gives_the_same_answers_and_goes_on(stack: Stack, folder: Path) -> None:
    before = {name: told(folder, name) for name in LISTS}
    moved = stack.run("move-in", str(folder))
    assert moved.returncode == 0, moved.stderr
    stack.start_all()
    after = {name: json.loads(stack.run(name, "--json").stdout) for name in LISTS}
    assert after == before
    # Nothing is answered again, and what comes now is answered.
    back = [*CORRECTED[:-6], "--corrected-on", "2021-10-01", *CORRECTED[-4:]]
    back[back.index("good")] = "excellent"
    assert stack.run(*back).returncode == 0
    stack.wait_until_heard()
    audit = json.loads(stack.run("audit", "--json").stdout)
    assert audit["verdict"] == "same"
    more = {"evaluation": 2, "incentive": 1, "financing": 1}  # The correction, and a review.
    assert {log["service"]: log["decisions"] for log in audit["logs"]} == {
        log["service"]: log["decisions"] + more[log["service"]] for log in before["audit"]["logs"]
    }


def test_to_move_in_twice_is_to_move_in(stack: Stack, folder: Path) -> None:
    assert stack.run("move-in", str(folder)).returncode == 0
    again = stack.run("move-in", str(folder))
    assert (again.returncode, again.stdout.count("unchanged")) == (0, 3)


def test_a_log_is_not_moved_into_one_that_holds_something_else(
    stack: Stack, folder: Path, tmp_path: Path
) -> None:
    assert stack.run("move-in", str(folder)).returncode == 0
    other = tmp_path / "other"
    import_2020(other)
    refused = stack.run("move-in", str(other))
    assert (refused.returncode, refused.stdout) == (2, "")
    assert "empty" in refused.stderr


def test_a_folder_that_is_served_is_not_moved_in(stack: Stack, folder: Path) -> None:
    with served(folder) as (_, who):
        refused = stack.run("move-in", str(folder))
    assert (refused.returncode, refused.stdout) == (2, "")
    assert str(who.pid) in refused.stderr
    assert stack.run("move-in", str(folder)).stdout.count("moved in") == 3


def test_a_folder_without_data_is_not_moved_in_and_not_made(stack: Stack, tmp_path: Path) -> None:
    refused = stack.run("move-in", str(tmp_path / "typo"))
    assert (refused.returncode, refused.stdout) == (2, "")
    assert "there is no data" in refused.stderr
    assert not (tmp_path / "typo").exists()

"""The files of the full round are fictional, say so, and are what their generator makes."""

import runpy
from pathlib import Path

import pytest

EXAMPLE = Path(__file__).parents[2] / "examples" / "full-round"
MADE = sorted(path.name for path in EXAMPLE.glob("*.csv"))


@pytest.fixture(scope="module")
def again(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("made")
    runpy.run_path(str(EXAMPLE / "make.py"))["write"](folder)
    return folder


def test_the_generator_makes_every_file_that_is_there(again: Path) -> None:
    assert sorted(path.name for path in again.glob("*.csv")) == MADE


@pytest.mark.parametrize("name", MADE)
def test_a_file_is_what_its_generator_makes(again: Path, name: str) -> None:
    assert (again / name).read_bytes() == (EXAMPLE / name).read_bytes()


def test_the_workbook_is_what_its_generator_makes(again: Path) -> None:
    assert (again / "report-2.xlsx").read_bytes() == (EXAMPLE / "report-2.xlsx").read_bytes()


def test_every_report_says_that_it_is_no_real_data() -> None:
    for path in EXAMPLE.glob("report-*.csv"):
        _, *rows = path.read_text("utf-8").splitlines()
        assert rows
        assert all("示例，非真实数据" in row for row in rows), path.name


def test_every_unit_is_a_fictional_one() -> None:
    _, *rows = (EXAMPLE / "units.csv").read_text("utf-8").splitlines()
    assert all(row.startswith("shili-") and "示例" in row for row in rows)

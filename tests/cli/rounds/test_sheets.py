"""A sheet is judged before it is sealed; what opens it is a private file that replaces nothing."""

import stat
from pathlib import Path

import pytest

from services.cli.rounds import openings
from services.cli.rounds.openings import Opening
from services.cli.rounds.sheets import built
from services.cli.rounds.taking import Built
from services.kernel.errors import Malformed, Unavailable
from services.kernel.sealing import commitment
from tests.cli.rounds.rows import RULES, experts, marked
from tests.rounds import YEAR, salt, sheets

ASSESSOR = "assessor-1"
OPENING = Opening(YEAR, ASSESSOR, salt(ASSESSOR), sheets(ASSESSOR))
CONFLICT = {"zhuzhou": "a conflict of interest"}


@pytest.fixture(autouse=True)
def _english(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LC_ALL", "C")


def made(text: str) -> Built:
    return built(RULES, experts(), marked(text), ASSESSOR, CONFLICT)


def told(found: Built) -> list[str]:
    return [f"{each.cell.row.number} {each.cell.column}: {each.what}" for each in found.faults]


def test_a_wide_and_a_long_sheet_that_say_the_same_get_the_same_seal() -> None:
    wide = made("单位,总体\nxiangtan,90.0\nningdong,40.0\n")
    long = made("单位,评分项,评分\nningdong,overall,40.0\nxiangtan,总体,90.0\n")
    assert told(wide) == told(long) == []
    seals = {commitment(YEAR, ASSESSOR, salt(ASSESSOR), each.messages) for each in (wide, long)}
    assert len(seals) == 1


def test_an_expert_marks_no_unit_with_which_it_has_a_conflict_of_interest() -> None:
    assert told(made("单位,总体\nxiangtan,90.0\nzhuzhou,70.0\n")) == [
        "3 unit_id: a conflict of interest"
    ]


def test_a_criterion_that_the_rules_do_not_have_is_refused_before_sealing() -> None:
    [fault] = told(made("单位,评分项,评分\nxiangtan,overal,90.0\n"))
    assert fault.startswith('2 criterion_id: "overal" is no criterion; use one of overall')


def test_points_off_the_scale_are_refused_before_sealing() -> None:
    [fault] = told(made("单位,评分项,评分\nxiangtan,总体,190\n"))
    assert "not on the scale from 0 to 100" in fault


def test_points_that_are_given_twice_are_refused_before_sealing() -> None:
    found = told(made("单位,评分项,评分\nxiangtan,总体,90\nxiangtan,overall,80\n"))
    assert found == ["3 points: xiangtan has points for overall already; keep one of them"]


def test_an_opening_is_read_by_its_owner_alone_and_nothing_is_next_to_it(tmp_path: Path) -> None:
    kept = openings.keep(tmp_path / "opening", OPENING)
    assert stat.S_IMODE(kept.stat().st_mode) == 0o600
    assert stat.S_IMODE(kept.parent.stat().st_mode) == 0o700
    assert list(kept.parent.iterdir()) == [kept]


def test_an_opening_opens_the_seal_that_was_made_with_it(tmp_path: Path) -> None:
    read = openings.read(openings.keep(tmp_path / "opening", OPENING))
    assert commitment(*read) == commitment(*OPENING)


def test_an_opening_is_never_written_over_another(tmp_path: Path) -> None:
    kept = openings.keep(tmp_path / "opening", OPENING)
    before = kept.read_bytes()
    with pytest.raises(Unavailable, match="replaces nothing"):
        openings.keep(tmp_path / "opening", OPENING._replace(salt="f" * 64))
    assert kept.read_bytes() == before


def test_the_opening_of_a_refused_sheet_leaves_nothing_behind(tmp_path: Path) -> None:
    openings.forget(openings.keep(tmp_path / "opening", OPENING))
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    "content", ["", "[]", "{}", '{"round": 2020}', '{"round":1,"assessor_id":"a","salt":"x"}']
)
def test_another_file_is_no_opening_and_is_refused_in_words(tmp_path: Path, content: str) -> None:
    path = tmp_path / "other.json"
    path.write_text(content, "utf-8")
    with pytest.raises(Malformed, match="no opening of a sealed sheet"):
        openings.read(path)

"""A folder that an earlier version of the program wrote goes on: it opens, lists and is audited.

The first holds the 2020 round, and what that version took in and this one refuses: impossible days,
a rated zone, a class in the wrong place, a correction of 2099. In its documents a norm on support
by reference is answered, and it left it open all the same. The second holds the 2020 round with
ratings that are not published, corrections, and units by reference whose entries were amended; what
follows from its ratings does not say who may see it. In the third two cities were disqualified and
are members again: one was rated afterwards for the time in between, and that version granted what
it earned; of the other the streak was gone and came back, and that version never proposed it again.
"""

from pathlib import Path
from zipfile import ZipFile

import pytest

from tests.system.commands import run, told
from tests.system.test_streaks import Place

FOLDERS = Path(__file__).parent / "folders"


def unpacked(name: str, into: Path) -> Path:
    with ZipFile(FOLDERS / name) as packed:
        packed.extractall(into / "data")
    return into / "data"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return unpacked("first.zip", tmp_path)


@pytest.fixture
def second(tmp_path: Path) -> Path:
    return unpacked("second.zip", tmp_path)


def test_a_first_folder_comes_out_the_same_before_and_after_it_goes_on(folder: Path) -> None:
    entitlements = told(folder, "entitlements", "--as-of", "2021-08-31")
    assert len([each for each in entitlements if each["status"] == "granted"]) == 51
    assert run(folder, "audit").code == 0
    wish = ("--unit", "fushun", "--round", "2020", "--published-on", "2021-06-21")
    why = ("--corrected-on", "2021-12-01", "--document", "更正通知", "--reason", "日期有误")
    ran = run(folder, "correct-rating", *wish, *why)
    assert ran.code == 0, ran.err
    fushun = told(folder, "entitlements", "--unit", "fushun")
    assert {(each["status"], each["effective_on"]) for each in fushun} == {
        ("granted", "2021-12-01")
    }
    assert len(fushun) == 6
    assert run(folder, "audit").code == 0


def test_what_a_first_folder_holds_of_the_future_is_not_shown_as_true_today(folder: Path) -> None:
    assert told(folder, "entitlements", "--unit", "anshan") == []
    assert told(folder, "entitlements", "--unit", "changchun") == []
    assert told(folder, "entitlements", "--unit", "changchun", "--as-of", "2099-09-01") != []


def test_a_second_folder_comes_out_the_same_before_and_after_it_goes_on(second: Path) -> None:
    entitlements = told(second, "entitlements", "--as-of", "2021-12-31")
    assert len([each for each in entitlements if each["status"] == "granted"]) == 42
    assert run(second, "audit").code == 0
    right = ("--unit", "xiangtan", "--round", "2020", "--grade", "excellent")
    why = ("--corrected-on", "2021-12-01", "--document", "更正通知", "--reason", "复核")
    ran = run(second, "correct-rating", *right, *why)
    assert ran.code == 0, ran.err
    xiangtan = told(second, "entitlements", "--unit", "xiangtan")
    assert {(each["status"], each["effective_on"]) for each in xiangtan} == {
        ("granted", "2021-12-01")
    }
    assert run(second, "audit").code == 0


def test_a_third_folder_comes_out_the_same_and_goes_on_with_the_time_in_between(
    tmp_path: Path,
) -> None:
    place = Place(tmp_path)
    unpacked("third.zip", tmp_path)
    assert "the same" in place.done("audit")
    granted_then = place.told("entitlements", "--unit", "city", "--as-of", "2024-07-01")
    assert {each["status"] for each in granted_then} == {"granted"}  # As it was recorded.
    members = place.told("units", "--round", "2024")
    assert [each["unit_id"] for each in members] == ["town", "zone"]

    assert "1 changed" in place.done("unit", "review-streaks", "town")
    [proposed] = place.told("unit", "disqualifications", "town")
    assert proposed["status"] == "proposed"
    better = ("--unit", "town", "--round", "2022", "--grade", "excellent")
    why = ("--corrected-on", "2024-05-02", "--document", "三次更正", "--reason", "复核")
    place.done("correct-rating", *better, *why)
    held_back = place.told("entitlements", "--unit", "town")
    assert {each["effective_on"] for each in held_back} == {"2024-07-01"}
    assert "the same" in place.done("audit")

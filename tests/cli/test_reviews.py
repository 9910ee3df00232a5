"""The review list on the command line: a correction opens its items, a decision closes them."""

import json
from collections.abc import Callable
from pathlib import Path
from shutil import copytree
from typing import Any

import pytest
from typer.testing import CliRunner, Result

from services.cli.main import app
from services.cli.session import Named

Zoneledger = Callable[..., Result]

UNITS = """\
unit_id,name_zh,name_en,kind,zone_id,province,beneficiary_class,member_from,member_until,source
hunan,湖南中部,,zone,,湖南,national,2017-04-13,,
xiangtan,湘潭,Xiangtan,prefecture_city,hunan,湖南,national,2017-04-13,,
"""
RATINGS = """\
round,unit_id,grade,published_on,document,visibility
2020,xiangtan,优秀,2021-06-21,2021-866,public
"""
RATING = ("--round", "2020", "--unit", "xiangtan")
CORRECTION = (*RATING, "--document", "更正", "--reason", "统计数据核减", "--corrected-on")
LAND = "units/xiangtan/reviewItems/2020.land_guarantee.1"
CREDIT = "units/xiangtan/reviewItems/2020.credit_tilt.1"
DECISION = ("--on", "2022-05-01", "--document", "自然资函〔2022〕5号")


@pytest.fixture(scope="module")
def corrected(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A data folder in which an excellent rating was corrected to good."""
    folder = tmp_path_factory.mktemp("reviews")
    (folder / "units.csv").write_text(UNITS, "utf-8")
    (folder / "ratings.csv").write_text(RATINGS, "utf-8")
    run = on(folder / "data")
    run("import", "units", str(folder / "units.csv"))
    run("import", "ratings", str(folder / "ratings.csv"))
    run("correct-rating", *CORRECTION, "2022-03-01", "--grade", "good")
    return folder / "data"


@pytest.fixture
def zoneledger(corrected: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Zoneledger:
    """The command line on a copy of that folder."""
    monkeypatch.setattr(Named, "folder", Named.folder)  # As it was, afterwards.
    return on(Path(copytree(corrected, tmp_path / "data")))


def on(folder: Path) -> Zoneledger:
    """Runs commands on a folder; they end with `code`."""

    def run(*words: str, code: int = 0) -> Result:
        result = CliRunner().invoke(app, ["--data", str(folder), *words])
        assert result.exit_code == code, result.output
        return result

    return run


def listed(zoneledger: Zoneledger, *words: str) -> list[dict[str, Any]]:
    told: list[dict[str, Any]] = json.loads(zoneledger("review", "list", "--json", *words).stdout)
    return told


def test_every_benefit_that_had_stood_is_on_the_list_of_its_authority(
    zoneledger: Zoneledger,
) -> None:
    found = listed(zoneledger, "--open", "--unit", "湘潭")
    assert len(found) == 7
    assert {(e["kind"], e["from_on"], e["ended_on"]) for e in found} == {
        ("stood", "2021-06-21", "2022-03-01")
    }
    assert [e["name"] for e in listed(zoneledger, "--authority", "mnr")] == [LAND]
    assert [e["name"] for e in listed(zoneledger, "--authority", "cdb")] == [CREDIT]


def test_an_item_is_closed_once_and_says_by_whom(zoneledger: Zoneledger) -> None:
    decision = ("review", "close", LAND, "--outcome", "recovered", "--by", "mnr", *DECISION)
    assert zoneledger(*decision).stdout == "review: 1 closed\n"
    assert zoneledger(*decision).stdout == "review: 0 closed, 1 unchanged\n"
    [item] = listed(zoneledger, "--authority", "mnr")
    assert (item["state"], item["outcome"], item["entered_by"]) == (
        "closed",
        "recovered",
        "operator",
    )
    assert listed(zoneledger, "--authority", "mnr", "--open") == []


def test_outcome_and_authority_may_be_written_in_chinese(zoneledger: Zoneledger) -> None:
    said = ("--outcome", "已给予的予以收回", "--by", "自然资源部", *DECISION)
    zoneledger("review", "close", LAND, *said)
    [item] = listed(zoneledger, "--authority", "自然资源部")
    assert (item["outcome"], item["closed_by"]) == ("recovered", "mnr")


def test_the_bank_closes_the_item_of_a_credit_tilt(zoneledger: Zoneledger) -> None:
    zoneledger("review", "close", CREDIT, "--outcome", "nothing_given", "--by", "cdb", *DECISION)
    assert zoneledger("audit").exit_code == 0


@pytest.mark.parametrize(
    ("words", "said"),
    [
        ((LAND, "--outcome", "recovered", "--by", "most", *DECISION), "--by"),
        ((LAND, "--outcome", "topped_up", "--by", "mnr", *DECISION), "--outcome"),
        ((LAND, "--outcome", "forgiven", "--by", "mnr", *DECISION), "--outcome"),
        ((LAND[:-1] + "2", "--outcome", "kept", "--by", "mnr", *DECISION), "there is no"),
        (("land", "--outcome", "kept", "--by", "mnr", *DECISION), "ID"),
        (
            (LAND, "--outcome", "kept", "--by", "mnr", "--on", "2022-02-01", "--document", "5号"),
            "--on",
        ),
    ],
    ids=["by-another", "unfit", "unknown-outcome", "no-item", "no-name", "too-early"],
)
def test_what_does_not_fit_is_refused_by_its_option_and_changes_nothing(
    zoneledger: Zoneledger, words: tuple[str, ...], said: str
) -> None:
    before = listed(zoneledger)
    assert said in zoneledger("review", "close", *words, code=2).output
    assert listed(zoneledger) == before


def test_an_item_is_explained_back_to_the_correction_and_the_rating(
    zoneledger: Zoneledger,
) -> None:
    for name in (LAND, CREDIT):
        steps = json.loads(zoneledger("explain", name, "--json").stdout)
        assert [step["event_type"].rpartition("-review-")[2] for step in steps[:1]] == ["opened"]
        assert steps[1]["event_type"] == "rating-corrected"


def test_a_second_correction_says_that_an_item_needs_no_review(zoneledger: Zoneledger) -> None:
    zoneledger("correct-rating", *CORRECTION, "2022-04-01", "--grade", "excellent")
    found = {each["name"]: each for each in listed(zoneledger, "--authority", "mnr")}
    assert (found[LAND]["state"], found[LAND]["lapsed_on"]) == ("lapsed", "2022-04-01")
    gap = found[LAND[:-1] + "2"]
    assert (gap["kind"], gap["from_on"], gap["ended_on"]) == ("lacked", "2022-03-01", "2022-04-01")


def test_what_was_to_be_reviewed_on_a_past_day_can_still_be_asked(zoneledger: Zoneledger) -> None:
    zoneledger("review", "close", LAND, "--outcome", "kept", "--by", "mnr", *DECISION)
    assert listed(zoneledger, "--as-of", "2022-02-28") == []
    [then] = listed(zoneledger, "--as-of", "2022-04-30", "--authority", "mnr")
    assert then["state"] == "open"

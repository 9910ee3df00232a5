"""A round on the command line: each step, what it refuses, its files, seals and receipts."""

import json
import shutil
import sqlite3
import stat
from contextlib import closing
from hashlib import sha256
from pathlib import Path
from typing import Any

import pytest

from tests.system.commands import ROOT, Ran, run, run_at, told

EXAMPLE = ROOT / "examples" / "full-round"
YEAR = "2020"
HEAD = "单位,指标,数值,缺失原因\n"


def done(folder: Path, *words: str) -> Ran:
    ran = run(folder, *words)
    assert ran.code == 0, ran.err
    return ran


def refused(folder: Path, *words: str) -> str:
    """What is refused, with the exit code for it, and nothing written."""
    before = how_many(folder)
    ran = run(folder, *words)
    assert (ran.code, ran.out) == (2, "")
    assert how_many(folder) == before
    return ran.err


def how_many(folder: Path) -> int:
    """How many decisions the log of evaluation holds."""
    with closing(sqlite3.connect(folder / "evaluation.sqlite")) as log:
        [(count,)] = log.execute("SELECT count(*) FROM decisions")
    return int(count)


def decisions(folder: Path) -> list[Any]:
    found: list[Any] = told(folder, "log", "--service", "evaluation")
    return found


@pytest.fixture(scope="module")
def begun(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A round with frozen rules and every unit of the example."""
    folder = tmp_path_factory.mktemp("begun") / "data"
    done(folder, "import", "units", str(EXAMPLE / "units.csv"))
    done(folder, "round", "open", YEAR, "--document", "2021-866", "--on", "2021-01-10")
    rules = str(EXAMPLE / "rule-set.yaml")
    done(folder, "round", "freeze", YEAR, rules, "--on", "2021-01-20")
    done(folder, "round", "admit", YEAR, "--all", "--on", "2021-01-25")
    return folder


@pytest.fixture
def folder(begun: Path, tmp_path: Path) -> Path:
    return Path(shutil.copytree(begun, tmp_path / "data"))


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "report.csv"


# Steps.


def test_a_step_that_is_taken_again_changes_nothing(begun: Path) -> None:
    again = done(begun, "round", "open", YEAR, "--document", "2021-866", "--on", "2021-01-10")
    assert again.out == "unchanged: it was so already\n"


def test_the_card_of_a_round_is_shown_as_of_a_day_and_as_known_at_a_moment(begun: Path) -> None:
    today = told(begun, "round", "show", YEAR)
    assert (today["stage"], today["units"]) == ("collecting", 12)
    for day, stage, units in (("2021-01-12", "open", 0), ("2021-01-22", "collecting", 0)):
        card = told(begun, "round", "show", YEAR, "--as-of", day)
        assert (card["stage"], card["units"], card["outstanding"]) == (stage, units, [])
    assert "rounds/2020" in refused(begun, "round", "show", YEAR, "--known-at", "2021-01-25")


def test_every_member_of_a_rated_kind_is_admitted_and_no_zone(begun: Path) -> None:
    card = told(begun, "round", "show", YEAR)
    assert (card["stage"], card["units"]) == ("collecting", 12)


def test_a_round_says_what_is_to_be_done_next_and_by_whom(begun: Path) -> None:
    steps = told(begun, "round", "show", YEAR)["outstanding"]
    assert [each["who"] for each in steps] == ["示例省一", "示例省三", "示例省二"]
    assert {each["command"] for each in steps} == {"zoneledger round report"}
    assert "shili-jia" in steps[0]["en"]
    assert "Next 下一步" in done(begun, "round", "show", YEAR).out


def test_a_refusal_names_the_argument_or_option_that_is_wrong(begun: Path) -> None:
    words = ("round", "open", YEAR, "--document", "2021-866", "--on", "2021/1/10")
    assert refused(begun, *words).startswith("--on: ")
    assert refused(begun, "round", "close-collection", "2019").startswith("YEAR: ")
    basis = ("--document", "d", "--reason", "r", "--on", "2021-04-22")
    veto = ("round", "veto", YEAR, "示例市甲", "--veto", "nothing", *basis)
    assert refused(begun, *veto).startswith("--veto: ")
    assert "near: shili-" in refused(begun, "round", "dismiss", YEAR, "示例市", "--reason", "r")


def test_a_refusal_is_in_chinese_where_the_locale_is(begun: Path) -> None:
    ran = run(begun, "round", "close-collection", YEAR, "--on", "2021-03-31", LC_ALL="zh_CN.UTF-8")
    assert ran.code == 2
    assert ran.err.startswith("YEAR：")


def test_units_are_admitted_by_name_or_by_file_and_one_way_at_a_time(
    folder: Path, file: Path
) -> None:
    done(folder, "round", "dismiss", YEAR, "示例市丑", "--reason", "误列", "--on", "2021-01-26")
    assert told(folder, "round", "show", YEAR)["units"] == 11
    file.write_text("单位\n示例市丑\n示例市子\n", "utf-8")
    words = ("round", "admit", YEAR, "--file", str(file), "--on", "2021-01-27")
    assert told(folder, *words)["recorded"] == 1
    assert run(folder, "round", "admit", YEAR, "示例市丑", "--all").code == 2


# Files.


def test_what_is_accepted_gets_a_receipt_of_the_file_and_its_decisions(
    folder: Path, tmp_path: Path
) -> None:
    kept, report = tmp_path / "receipt.json", EXAMPLE / "report-2.xlsx"
    words = ("round", "report", YEAR, str(report), "--on", "2021-03-01")
    receipt = told(folder, *words, "--receipt", str(kept))
    assert receipt == json.loads(kept.read_text("utf-8"))
    assert receipt["sha256"] == sha256(report.read_bytes()).hexdigest()
    assert (receipt["file"], receipt["rows"], receipt["recorded"]) == ("report-2.xlsx", 4, 4)
    recorded = [each["decision_id"] for each in decisions(folder)[-4:]]
    assert receipt["decisions"] == recorded


def test_a_receipt_replaces_no_file_and_then_nothing_is_sent(begun: Path, tmp_path: Path) -> None:
    kept = tmp_path / "receipt.json"
    kept.write_text("mine", "utf-8")
    words = ("round", "report", YEAR, str(EXAMPLE / "report-1.csv"), "--receipt", str(kept))
    assert "replaces nothing" in refused(begun, *words)
    assert kept.read_text("utf-8") == "mine"


def test_a_file_that_was_taken_in_already_changes_nothing(folder: Path) -> None:
    words = ("round", "report", YEAR, str(EXAMPLE / "report-3.csv"), "--on", "2021-03-01")
    assert (told(folder, *words)["recorded"], told(folder, *words)["unchanged"]) == (3, 3)


def test_every_faulty_cell_is_told_and_nothing_of_the_file_is_taken(begun: Path) -> None:
    told_ = refused(begun, "round", "report", YEAR, str(EXAMPLE / "report-faulty.csv"))
    faults = [line for line in told_.splitlines() if not line.startswith("warning: ")]
    assert [line.partition(": ")[0] for line in faults] == [
        "report-faulty.csv row 2, column 地区生产总值增速（%）",
        "report-faulty.csv row 2, column 省级以上科研平台数（个）",
        "report-faulty.csv row 3, column 研发经费投入强度（%）",
        "report-faulty.csv row 4, column 统计时点",
        "report-faulty.csv row 4, column 单位",
    ]


def test_warnings_come_before_errors(begun: Path, file: Path) -> None:
    file.write_text(HEAD + "示例市甲,gdp-growth,九,\n示例市乙,gdp-growth,99,\n", "utf-8")
    warning, error = refused(begun, "round", "report", YEAR, str(file)).splitlines()
    assert warning.startswith("warning: report.csv row 3, column 数值: 99 lies beyond")
    assert error.startswith('report.csv row 2, column 数值: "九" is not a number')


def test_a_warning_refuses_nothing(folder: Path, file: Path) -> None:
    file.write_text(HEAD + "示例市甲,gdp-growth,99,\n示例市乙,gdp-growth,—,\n", "utf-8")
    ran = run(folder, "round", "report", YEAR, str(file), "--on", "2021-03-01", "--json")
    assert ran.code == 0
    receipt = json.loads(ran.out)
    assert (receipt["recorded"], len(receipt["warnings"])) == (2, 2)
    assert ran.err.count("warning: ") == 2


def test_what_only_the_service_can_refuse_is_told_by_its_cell_too(folder: Path, file: Path) -> None:
    done(folder, "round", "dismiss", YEAR, "示例市丑", "--reason", "误列", "--on", "2021-01-26")
    file.write_text(HEAD + "示例市甲,gdp-growth,9,\n示例市丑,gdp-growth,9,\n", "utf-8")
    fault = refused(folder, "round", "report", YEAR, str(file), "--on", "2021-03-01")
    assert fault.startswith("report.csv row 3, column 单位: shili-chou ")


def test_a_bonus_whose_circular_was_amended_is_named_on_the_card_of_its_round(
    folder: Path, file: Path
) -> None:
    circulars = EXAMPLE / "circulars.csv"
    done(folder, "import", "circulars", str(circulars))
    done(folder, "round", "bonuses", YEAR, str(EXAMPLE / "bonuses.csv"), "--on", "2021-04-19")
    assert told(folder, "round", "show", YEAR)["to_review"] == []
    file.write_text(circulars.read_text("utf-8").replace("2021-01-05", "2021-01-06"), "utf-8")
    done(folder, "import", "circulars", str(file))
    [found] = told(folder, "round", "show", YEAR)["to_review"]
    assert (found["unit_id"], found["en"]) == (
        "shili-yi",
        "its day of issue is 2021-01-06 now, and was 2021-01-05",
    )
    assert "To review 待复核" in done(folder, "round", "show", YEAR).out


def test_circulars_are_entered_with_their_places_and_listed(folder: Path) -> None:
    words = ("import", "circulars", str(EXAMPLE / "circulars.csv"))
    assert (told(folder, *words)["rows"], told(folder, *words)["unchanged"]) == (2, 1)
    [circular] = told(folder, "circulars")
    assert [each["unit_id"] for each in circular["places"]] == ["shili-yi", None]


# Seals.


def appoint(folder: Path) -> None:
    words = ("round", "appoint", YEAR, "expert-1", "--conflict", "示例市丙", "--on", "2021-03-20")
    done(folder, *words)


def seal(folder: Path, sheet: str, to: Path, *more: str) -> tuple[str, ...]:
    file = str(EXAMPLE / sheet)
    return (
        *("round", "seal", YEAR, file, "--expert", "expert-1", "--to", str(to)),
        *("--on", "2021-04-10", *more),
    )


def test_only_the_seal_of_a_sheet_is_sent_and_the_opening_stays_with_its_owner(
    folder: Path, tmp_path: Path
) -> None:
    appoint(folder)
    made = told(folder, *seal(folder, "sheet-2.csv", tmp_path / "private"))
    opening = Path(made["opening"])
    assert stat.S_IMODE(opening.stat().st_mode) == 0o600
    salt = json.loads(opening.read_text("utf-8"))["salt"]
    log = json.dumps(decisions(folder))
    assert made["commitment"] in log
    assert salt not in log


def test_a_sheet_with_a_unit_that_its_expert_must_not_mark_is_not_sealed(
    folder: Path, tmp_path: Path
) -> None:
    appoint(folder)
    fault = refused(folder, *seal(folder, "sheet-1.csv", tmp_path / "private"))
    assert fault.startswith("sheet-1.csv row 4, column 单位: expert-1 has a conflict of interest")
    assert not (tmp_path / "private").exists()


def test_a_sheet_that_is_refused_leaves_no_opening_behind(folder: Path, tmp_path: Path) -> None:
    fault = refused(folder, *seal(folder, "sheet-2.csv", tmp_path / "private"))
    assert fault.startswith("EXPERT: ")
    assert not (tmp_path / "private").exists()


def test_a_sheet_is_opened_after_its_day_with_what_its_expert_kept(
    folder: Path, tmp_path: Path
) -> None:
    appoint(folder)
    opening = told(folder, *seal(folder, "sheet-2.csv", tmp_path / "private"))["opening"]
    early = refused(folder, "round", "open-sheet", opening, "--on", "2021-04-15")
    assert early.startswith("--on: sheets are sealed until 2021-04-15")
    changed = tmp_path / "changed.json"
    changed.write_text(Path(opening).read_text("utf-8").replace('"8', '"9', 1), "utf-8")
    other = refused(folder, "round", "open-sheet", str(changed), "--on", "2021-04-16")
    assert "not the sheet that expert-1 sealed" in other
    done(folder, "round", "open-sheet", opening, "--on", "2021-04-16")
    [expert] = told(folder, "round", "experts", YEAR)
    assert (expert["sealed_on"], expert["opened_on"]) == ("2021-04-10", "2021-04-16")


# The full round.


@pytest.fixture(scope="module")
def full(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Any]:
    """The folder of the full round, and what was told."""
    folder = tmp_path_factory.mktemp("full") / "data"
    return folder, told(folder, "demo", "--full-round")


def test_the_full_round_says_loudly_that_it_is_fictional(full: tuple[Path, Any]) -> None:
    assert full[1]["notice"].startswith("示例，非真实数据")


def test_the_full_round_is_decided_again_without_a_difference(full: tuple[Path, Any]) -> None:
    assert full[1]["audit"]["verdict"] == "same"


def test_the_full_round_is_told_the_same_each_time(full: tuple[Path, Any], tmp_path: Path) -> None:
    again = told(tmp_path / "again", "demo", "--full-round")
    assert again["stages"] == full[1]["stages"]
    assert again["earned"] == full[1]["earned"]


def test_what_must_not_succeed_in_the_full_round_is_refused(full: tuple[Path, Any]) -> None:
    said = [line for stage in full[1]["stages"] for line in stage["said"]]
    tried = [line.splitlines()[0] for line in said if line.startswith("refused: ")]
    assert tried == [
        "refused: data before the rules are frozen",
        "refused: report-faulty.csv: none of it is taken",
        "refused: to open a sheet before the day",
        "refused: to open a sheet with another mark than was sealed",
        "refused: a bonus by a circular that came later",
        "refused: to publish before anybody has signed",
    ]


def test_excellent_units_earn_and_a_corrected_one_has_all_of_it_withdrawn(
    full: tuple[Path, Any],
) -> None:
    earned = {(each["unit_id"], each["status"]): each["instruments"] for each in full[1]["earned"]}
    assert earned.keys() == {
        ("shili-bing", "granted"),
        ("shili-ding", "granted"),
        ("shili-yi", "withdrawn"),
    }
    assert earned["shili-yi", "withdrawn"] == earned["shili-bing", "granted"]


def test_the_lines_of_a_score_add_up_to_it_exactly(full: tuple[Path, Any]) -> None:
    [score] = told(full[0], "round", "scores", YEAR, "示例市丙")
    assert score["lines"][-1]["sum"] == score["score"]
    out = done(full[0], "round", "scores", YEAR, "示例市丙").out
    assert f"the lines add up exactly to {score['score']} of 100" in out
    assert "illustrative" in out


def test_an_analysis_says_that_no_decision_rests_on_it(full: tuple[Path, Any]) -> None:
    analysis = told(full[0], "round", "analysis", YEAR, "--draws", "50")
    assert analysis["is_analysis"]
    assert analysis["draws"] == 50
    assert len(analysis["units"]) == 12
    assert done(full[0], "round", "analysis", YEAR).out.startswith("ANALYSIS, no decision: ")


def test_grades_are_counted_over_the_years(full: tuple[Path, Any]) -> None:
    [year] = told(full[0], "round", "distribution")
    counts = {grade: year[grade] for grade in ("excellent", "good", "qualified", "poor")}
    assert counts == {"excellent": 2, "good": 5, "qualified": 3, "poor": 2}


def test_a_closed_round_waits_for_nothing(full: tuple[Path, Any]) -> None:
    card = told(full[0], "round", "show", YEAR)
    assert (card["stage"], card["outstanding"]) == ("closed", [])
    assert card["signed"] == ["miit", "mnr", "most", "ndrc"]


def test_the_full_round_is_never_told_to_servers() -> None:
    servers = "evaluation=localhost:1,incentive=localhost:1,financing=localhost:1"
    ran = run_at(servers, "demo", "--full-round")
    assert ran.code == 2
    assert "fictional" in ran.err

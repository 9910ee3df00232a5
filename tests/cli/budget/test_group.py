"""A pool from its opening to what came back, on the command line, and what is refused there."""

import json
from collections.abc import Callable
from pathlib import Path
from shutil import copytree
from typing import Any

import pytest
from typer.testing import CliRunner, Result

from services.cli.budget.showing import bar
from services.cli.main import app
from services.cli.session import Named

Zoneledger = Callable[..., Result]

ROOT = Path(__file__).parents[3]
EXAMPLE, RATED = ROOT / "examples/budget", ROOT / "examples/2020"
POOL = ("2022", "zone-construction")
PARK = (*POOL, "湘潭", "xiangtan-park")
PROPOSE = ("budget", "propose", *POOL, "--by", "甲", "--authority", "ndrc", "--on", "2022-03-01")


@pytest.fixture(scope="module")
def filled(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A data folder with a pool to which the example's projects are put forward."""
    folder = tmp_path_factory.mktemp("budget") / "data"
    run = on(folder)
    for table in ("units", "ratings"):
        run("import", table, str(RATED / f"{table}.csv"))
    rules, projects = str(EXAMPLE / "rules.yaml"), str(EXAMPLE / "projects.csv")
    run("budget", "open", *POOL, rules, "--document", "通知", "--on", "2022-01-10")
    run("budget", "appropriate", *POOL, "1亿元", "--document", "计划", "--on", "2022-02-01")
    run("budget", "put-forward", *POOL, projects, "--document", "申报", "--on", "2022-02-10")
    return folder


@pytest.fixture
def zoneledger(filled: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Zoneledger:
    """The command line on a copy of that folder."""
    monkeypatch.setattr(Named, "folder", Named.folder)  # As it was, afterwards.
    return on(Path(copytree(filled, tmp_path / "data")))


def on(folder: Path) -> Zoneledger:
    """Runs commands on a folder; they end with `code`."""

    def run(*words: str, code: int = 0) -> Result:
        result = CliRunner().invoke(app, ["--data", str(folder), *words])
        assert result.exit_code == code, result.output
        return result

    return run


def told(zoneledger: Zoneledger, *words: str) -> Any:
    return json.loads(zoneledger(*words, "--json").stdout)


def decide(zoneledger: Zoneledger, by: str = "乙", code: int = 0) -> Result:
    """Propose, and decide what was proposed."""
    hash_ = told(zoneledger, *PROPOSE)["proposal_hash"]
    words = ("--hash", hash_, "--by", by, "--authority", "ndrc", "--document", "投资计划")
    return zoneledger("budget", "decide", *POOL, *words, "--on", "2022-03-10", code=code)


def test_a_dry_run_shows_every_share_with_a_bar_and_writes_nothing(
    zoneledger: Zoneledger,
) -> None:
    shown = zoneledger(*PROPOSE, "--dry-run").stdout
    assert "dry run, nothing is written" in shown
    assert "central_budget_priority 中央预算内投资 2020" in shown
    assert "left open by the rules: subsidy-ratio, project-cap" in shown
    assert shown.count("█") > 24
    assert told(zoneledger, "budget", "show", *POOL)["proposal"] is None


def test_a_bar_begins_at_nothing_and_is_as_long_as_its_share() -> None:
    assert [len(bar(amount, 100)) for amount in (0, 1, 50, 100)] == [0, 1, 12, 24]


def test_a_pool_goes_from_its_allocation_to_what_came_back(zoneledger: Zoneledger) -> None:
    decide(zoneledger)
    document = ("--document", "单据")
    grant = ("budget", "grant", *PARK, "2000万元", *document, "--authority", "ndrc")
    assert "granted" in zoneledger(*grant, "--on", "2022-04-01").stdout
    pay = ("budget", "pay", *PARK, "1000万元", "--number", "p-1", *document)
    zoneledger(*pay, "--on", "2022-05-01")
    again = zoneledger(*pay, "--on", "2022-05-01").stdout
    assert again == "unchanged: it was so already\n"
    why = ("--reason", "结余", *document)
    zoneledger("budget", "return", *PARK, "100万元", "--number", "r-1", *why, "--on", "2022-06-01")
    zoneledger(
        "budget",
        "release",
        *PARK,
        "500万元",
        "--number",
        "f-1",
        "--authority",
        "ndrc",
        *why,
        "--on",
        "2022-06-02",
    )
    pool = told(zoneledger, "budget", "show", *POOL)
    sums = {name: pool[name] for name in ("reserved", "granted", "paid", "returned", "available")}
    assert sums == {
        "reserved": 9_500_000_000,
        "granted": 2_000_000_000,
        "paid": 1_000_000_000,
        "returned": 100_000_000,
        "available": 500_000_000,
    }
    [park] = [
        each
        for each in told(zoneledger, "budget", "lines", "--unit", "湘潭")
        if each["project_id"] == "xiangtan-park"
    ]
    assert (park["status"], park["basis_withdrawn"]) == ("paid", False)
    assert park["entitlement"] == "units/xiangtan/entitlements/2020.central_budget_priority"


def test_a_province_splits_its_block(zoneledger: Zoneledger, tmp_path: Path) -> None:
    decide(zoneledger)
    block = (*POOL, "hunan", "hunan-block")
    grant = ("budget", "grant", *block, "18390000元", "--document", "下达")
    zoneledger(*grant, "--authority", "ndrc", "--on", "2022-04-01")
    shares = EXAMPLE / "shares.csv"
    split = ("budget", "split", *block, str(shares), "--document", "备案")
    zoneledger(*split, "--on", "2022-05-01")
    [shown] = [each for each in told(zoneledger, "budget", "lines") if each["split"]]
    assert [each["amount"] for each in shown["split"]] == [1_000_000_000, 800_550_000]
    more = tmp_path / "more.csv"
    more.write_text(shares.read_text("utf-8").replace("1000万元", "1100万元"), "utf-8")
    refusal = zoneledger(*split[:6], str(more), *split[7:], "--on", "2022-05-02", code=2)
    assert "FILE: " in refusal.output


def test_what_was_put_forward_is_corrected_and_withdrawn(zoneledger: Zoneledger) -> None:
    why = ("--document", "更正函", "--reason", "有误", "--on", "2022-02-11")
    lab = (*POOL, "loudi", "loudi-lab")
    zoneledger("budget", "correct", *lab, "--requested", "400万元", *why)
    [shown] = told(zoneledger, "budget", "projects", "--unit", "loudi")
    assert (shown["requested"], shown["corrections"]) == (400_000_000, 1)
    assert shown["total_investment_fen"] == 5_000_000_000
    zoneledger("budget", "withdraw", *lab, *why)
    [shown] = told(zoneledger, "budget", "projects", "--unit", "loudi")
    assert shown["status"] == "withdrawn"


def test_every_cell_of_a_file_that_is_wrong_is_said_and_nothing_is_taken(
    zoneledger: Zoneledger,
) -> None:
    before = told(zoneledger, "budget", "projects")
    faulty = str(EXAMPLE / "projects-faulty.csv")
    words = ("--document", "申报", "--on", "2022-02-12")
    refusal = zoneledger("budget", "put-forward", *POOL, faulty, *words, code=2).output
    for where in ("row 2, column project_code", "row 3, column unit_id", "row 4, column requested"):
        assert where in refusal
    assert told(zoneledger, "budget", "projects") == before


def test_what_is_refused_is_said_by_the_option_that_was_written(zoneledger: Zoneledger) -> None:
    assert "--by: " in decide(zoneledger, by="甲", code=2).output
    document = ("--document", "下达", "--authority", "ndrc")
    for amount in ("2000", "99亿元"):
        refused = zoneledger("budget", "grant", *PARK, amount, *document, code=2)
        assert "AMOUNT: " in refused.output or "PROJECT: " in refused.output


def test_lists_are_tables_for_people(zoneledger: Zoneledger) -> None:
    decide(zoneledger)
    assert "2022.zone-construction" in zoneledger("budget", "list").stdout
    assert "xiangtan-park" in zoneledger("budget", "projects", "--year", "2022").stdout
    assert "hunan-block" in zoneledger("budget", "lines", "--line", POOL[1]).stdout
    shown = zoneledger("budget", "show", *POOL).stdout
    assert "illustrative rules, not official" in shown
    assert "reserved 已分配" in shown
    assert "18,390,804.6元" in shown


def test_a_line_is_explained_to_its_beginning(zoneledger: Zoneledger) -> None:
    decide(zoneledger)
    name = "units/湘潭/allocationLines/2022.zone-construction.xiangtan-park"
    steps = [each["event_type"] for each in told(zoneledger, "explain", name)]
    assert steps == [
        "allocation-line-reserved",
        "central-budget-priority-granted",
        "zone-rated-excellent",
    ]
    assert told(zoneledger, "explain", "pools/2022.zone-construction")

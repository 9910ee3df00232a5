"""The command line as a user meets it: what goes in, what comes out, and every refusal."""

import shutil
import sqlite3
from collections import Counter
from pathlib import Path
from signal import SIGKILL, SIGTERM

import pytest

from tests.system.commands import EXAMPLE, import_2020, run, served, told

EXCELLENT = {"jingxi", "liupanshui", "pingxiang", "shaoguan", "shenyang", "tongling", "xiangtan"}
KEYS = {
    "unit_id",
    "round",
    "instrument",
    "status",
    "wording",
    "policy_id",
    "clause",
    "conditions",
    "effective_on",
    "recorded_at",
    "decision_id",
}
HEADER = "round,unit_id,grade,published_on,document,visibility\n"
GOOD = "2020,tangshan,qualified,2021-06-21,2021-866,internal\n"


@pytest.fixture(scope="session")
def imported(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("imported") / "数据 data"
    import_2020(folder)
    return folder


@pytest.fixture
def folder(imported: Path, tmp_path: Path) -> Path:
    return Path(shutil.copytree(imported, tmp_path / "data"))


def test_the_demo_grants_six_entitlements_to_each_excellent_unit_and_nothing_by_guess(
    tmp_path: Path,
) -> None:
    story = told(tmp_path / "fresh", "demo")
    granted = [each for each in story["entitlements"] if each["status"] == "granted"]
    assert Counter(each["unit_id"] for each in granted) == dict.fromkeys(EXCELLENT, 6)
    tilts = [each for each in story["credit_tilts"] if each["status"] == "granted"]
    assert {each["unit_id"] for each in tilts} == EXCELLENT
    assert all(len(each["dimensions"]) == 3 for each in tilts)
    left_open = [each for each in story["entitlements"] if each["status"] == "undetermined"]
    assert len(left_open) == len(story["entitlements"]) - len(granted) == 10
    assert story["audit"]["verdict"] == "same"


def test_the_demo_is_readable_in_any_locale_and_plain_where_there_is_no_terminal(
    tmp_path: Path,
) -> None:
    ran = run(tmp_path / "fresh", "demo", LANG="C", LC_ALL="C")
    assert ran.code == 0, ran.err
    assert "湘潭 xiangtan" in ran.out
    assert "\x1b" not in ran.out


def test_the_demo_leaves_a_folder_alone_that_holds_something(folder: Path) -> None:
    ran = run(folder, "demo")
    assert ran.code == 2
    assert "not empty" in ran.err


def test_an_entitlement_is_told_with_its_clause_and_its_conditions(folder: Path) -> None:
    found = told(folder, "entitlements", "--unit", "xiangtan", "--round", "2020")
    assert len(found) == 6
    assert all(each.keys() >= KEYS for each in found)
    [land] = [each for each in found if each["instrument"] == "land_guarantee"]
    assert len(land["conditions"]) == 3
    assert {each["attested_by"] for each in land["conditions"]} == {"mnr"}


def test_a_question_names_its_day_and_its_moment(folder: Path) -> None:
    asked = ("entitlements", "--unit", "xiangtan")
    assert told(folder, *asked, "--as-of", "2021-06-20") == []
    assert len(told(folder, *asked, "--as-of", "2021-06-21")) == 6
    assert told(folder, *asked, "--known-at", "2021-06-21") == []
    assert len(told(folder, *asked, "--known-at", "2099-01-01T00:00:00+08:00")) == 6
    assert run(folder, *asked, "--as-of", "21.6.2021").code == 2
    assert run(folder, *asked, "--known-at", "yesterday").code == 2


def test_importing_the_same_file_twice_changes_nothing(folder: Path) -> None:
    before = told(folder, "log")
    import_2020(folder)
    assert told(folder, "log") == before


def test_all_faults_of_a_file_come_in_one_list_and_nothing_is_written(
    folder: Path, tmp_path: Path
) -> None:
    before = told(folder, "log")
    faulty = tmp_path / "ratings.csv"
    faulty.write_text(
        HEADER
        + GOOD
        + "2020,nowhere,优秀,2021-06-21,2021-866,public\n"
        + "2020,daqing,brilliant,2021-06-21,2021-866,public\n"
        + "2020,baotou,good,21.6.2021,2021-866,public\n"
        + "2020,tangshan,good,2021-06-21,2021-866,public\n"
        + "2020,anshan,good,2021-06-21,no such document,public\n"
        + "2015,fushun,good,2021-06-21,2021-866,public\n"
        + "2020,xiangtan,poor,2021-06-21,2021-866,public\n",
        "utf-8",
    )
    ran = run(folder, "import", "ratings", str(faulty))
    assert (ran.code, ran.out) == (2, "")
    places = [line.partition(":")[0] for line in ran.err.splitlines()]
    assert places == [
        "ratings.csv row 3, column unit_id",
        "ratings.csv row 4, column grade",
        "ratings.csv row 5, column published_on",
        "ratings.csv row 6, column unit_id",
        "ratings.csv row 7, column document",
        "ratings.csv row 8, column round",
        "ratings.csv row 9, column grade",
    ]
    assert told(folder, "log") == before


@pytest.mark.parametrize(
    ("content", "what"),
    [
        (b"", "empty"),
        (HEADER.encode(), "header only"),
        (b"round,unit_id\n2020,xiangtan\n", "column grade"),
        ((HEADER + "2020,湘潭,优秀,2021-06-21,2021-866,public\n").encode("gb18030"), "UTF-8"),
        (b"\x00\xff" * 50, ""),
    ],
    ids=["empty", "header only", "columns missing", "GB18030", "binary"],
)
def test_a_file_that_is_no_table_is_refused(
    folder: Path, tmp_path: Path, content: bytes, what: str
) -> None:
    faulty = tmp_path / "ratings.csv"
    faulty.write_bytes(content)
    ran = run(folder, "import", "ratings", str(faulty))
    assert (ran.code, ran.out) == (2, "")
    assert what in ran.err


def test_a_hundred_megabytes_are_refused(folder: Path, tmp_path: Path) -> None:
    large = tmp_path / "units.csv"
    with large.open("wb") as opened:
        opened.truncate(100 << 20)
    ran = run(folder, "import", "units", str(large))
    assert ran.code == 2
    assert "20 MB" in ran.err


def test_a_correction_reaches_every_entitlement_and_the_past_stays_askable(folder: Path) -> None:
    known = told(folder, "entitlements", "--unit", "xiangtan")[0]["recorded_at"]
    words = ["--unit", "xiangtan", "--round", "2020", "--grade", "良好"]
    words += ["--corrected-on", "2021-09-01", "--document", "更正通知", "--reason", "笔误"]
    assert run(folder, "correct-rating", *words).code == 0
    asked = ("entitlements", "--unit", "xiangtan")
    assert {each["status"] for each in told(folder, *asked)} == {"withdrawn"}
    then = told(folder, *asked, "--as-of", "2021-08-31")
    assert {each["status"] for each in then} == {"granted"}
    assert {each["status"] for each in told(folder, *asked, "--known-at", known)} == {"granted"}
    [tilt] = told(folder, "credit-tilts", "--unit", "xiangtan")
    assert (tilt["status"], tilt["reason"]) == ("withdrawn", "笔误")
    log = told(folder, "log")
    assert run(folder, "correct-rating", *words).code == 0
    assert told(folder, "log") == log
    assert run(folder, "audit").code == 0


def test_open_norms_are_listed(folder: Path) -> None:
    norms = {each["norm_id"] for each in told(folder, "policies", "--open-norms")}
    assert "2021-866/by-reference-county" in norms


def test_a_document_without_citation_is_refused_by_file_line_and_rule(
    folder: Path, tmp_path: Path
) -> None:
    shipped = (EXAMPLE.parents[1] / "policies" / "2021-866.yaml").read_text("utf-8")
    draft = tmp_path / "draft.yaml"
    lines = [line for line in shipped.splitlines() if "source:" not in line]
    draft.write_text("\n".join(lines), "utf-8")
    ran = run(folder, "policies", "adopt", str(draft))
    assert ran.code == 2
    assert f"{draft}:" in ran.err
    assert "no-citation" in ran.err


@pytest.mark.parametrize(
    "tampering",
    [
        "UPDATE decisions SET data = CAST(data || x'00' AS BLOB) WHERE position = 70",
        "UPDATE decisions SET leaf = zeroblob(32) WHERE position = 70",
        "UPDATE decisions SET stream = 'unit-nowhere' WHERE position = 70",
        "UPDATE decisions SET version = 7, next_version = 8 WHERE position = 70",
        "UPDATE decisions SET decision_id = 'another' WHERE position = 70",
        "DELETE FROM decisions WHERE position = 84",
        "DELETE FROM decisions WHERE position = 70",
        "UPDATE frontier SET peaks = zeroblob(length(peaks))",
    ],
)
def test_an_audit_finds_what_was_tampered_with(folder: Path, tampering: str) -> None:
    db = sqlite3.connect(folder / "evaluation.sqlite")
    for trigger in ("decisions_never_change", "decisions_never_go"):
        db.execute(f"DROP TRIGGER {trigger}")
    db.execute(tampering)
    db.commit()
    db.close()
    ran = run(folder, "audit")
    assert ran.code == 1, ran.out + ran.err
    assert "evaluation" in ran.out


def test_an_audit_that_cannot_be_made_is_not_passed(folder: Path, tmp_path: Path) -> None:
    assert run(tmp_path / "missing", "audit").code == 2
    (tmp_path / "empty").mkdir()
    assert run(tmp_path / "empty", "audit").code == 2
    (folder / "incentive.sqlite").write_bytes(b"no database at all" * 1_000)
    assert run(folder, "audit").code == 2


def test_commands_reach_a_served_folder_and_a_second_writer_is_told_who_holds_it(
    tmp_path: Path,
) -> None:
    folder = tmp_path / "data"
    with served(folder) as (process, who):
        import_2020(folder)
        assert len(told(folder, "credit-tilts", "--round", "2020")) == 7
        second = run(folder, "serve", "--address", "127.0.0.1:0")
        assert second.code == 2
        assert str(who.pid) in second.err
        assert run(folder, "audit").code == 0
        process.send_signal(SIGTERM)
        assert process.wait(30) == 0
    assert run(folder, "audit").code == 0


def test_a_server_that_is_killed_leaves_a_folder_that_goes_on(tmp_path: Path) -> None:
    folder = tmp_path / "data"
    for table in ("units", "ratings", "honours"):
        with served(folder) as (process, _):
            assert run(folder, "import", table, str(EXAMPLE / f"{table}.csv")).code == 0
            process.send_signal(SIGKILL)
            process.wait(30)
    assert len(told(folder, "credit-tilts", "--round", "2020")) == 7
    assert run(folder, "audit").code == 0


def test_only_loopback_is_served(tmp_path: Path) -> None:
    ran = run(tmp_path / "data", "serve", "--address", "0.0.0.0:50051")
    assert ran.code == 2
    assert "loopback" in ran.err

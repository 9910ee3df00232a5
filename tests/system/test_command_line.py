"""The command line as a user meets it: what goes in, what comes out, and every refusal."""

import json
import os
import shlex
import shutil
import sqlite3
import subprocess
from collections import Counter
from pathlib import Path
from signal import SIGINT, SIGKILL, SIGTERM

import grpc
import pytest

# The package comes without types.
from grpc_reflection.v1alpha.reflection_pb2 import ServerReflectionRequest
from grpc_reflection.v1alpha.reflection_pb2_grpc import ServerReflectionStub

from tests.servers import free_port
from tests.system.commands import COMMAND, EXAMPLE, import_2020, run, served, told

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


def test_an_entitlement_is_explained_back_to_the_published_rating(folder: Path) -> None:
    name = "units/xiangtan/entitlements/2020.land_guarantee"
    steps = told(folder, "explain", name)
    assert [each["event_type"] for each in steps] == [
        "land-guarantee-granted",
        "zone-rated-excellent",
    ]
    assert steps[0]["clause_quote"]
    said = run(folder, "explain", name)
    assert said.code == 0
    assert "用地保障" in said.out
    for wrong in ("units/xiangtan", "units/nowhere/ratings/2020", "湘潭"):
        refused = run(folder, "explain", wrong)
        assert refused.code == 2
        assert refused.err


def test_events_are_watched_one_a_line_until_interrupted(folder: Path) -> None:
    words = ("watch", "evaluation", "--type", "zone-rated-excellent", "--json")
    with subprocess.Popen(
        [*COMMAND, "--data", str(folder), *words], stdout=subprocess.PIPE, text=True
    ) as watching:
        assert watching.stdout is not None
        try:
            seen = [json.loads(watching.stdout.readline()) for _ in EXCELLENT]
            watching.send_signal(SIGINT)
            assert watching.wait(20) == 130
        finally:
            watching.kill()  # Else a failed test waits for it for ever.
    assert {each["subject"] for each in seen} == EXCELLENT
    assert all(each["data"]["rating"]["unit_id"] == each["subject"] for each in seen)


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
        "ratings.csv row 6, column grade",
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
        (b"\x00\xff" * 50, ""),
    ],
    ids=["empty", "header only", "columns missing", "binary"],
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


@pytest.mark.parametrize("switch", ["on", "off"])
def test_a_served_folder_tells_of_its_methods_where_that_is_switched_on(
    folder: Path, switch: str
) -> None:
    with (
        served(folder, ZONELEDGER_REFLECTION=switch) as (_, who),
        grpc.insecure_channel(who.address) as channel,
    ):
        asked = iter([ServerReflectionRequest(list_services="")])
        answers = ServerReflectionStub(channel).ServerReflectionInfo(asked)
        if switch == "on":
            [answer] = answers
            assert len(answer.list_services_response.service) == 12
        else:
            with pytest.raises(grpc.RpcError) as refusal:
                next(answers)
            assert refusal.value.code() == grpc.StatusCode.UNIMPLEMENTED


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


def test_what_cannot_be_true_of_a_rating_is_told_by_row_and_column(
    folder: Path, tmp_path: Path
) -> None:
    faulty = tmp_path / "ratings.csv"
    faulty.write_text(
        HEADER
        + "2020,fushun,优秀,2021-01-01,2021-866,public\n"
        + "2020,anshan,优秀,2099-06-21,2021-866,public\n"
        + "2020,henan-xibu,优秀,2021-06-21,2021-866,public\n"
        + "2020,baotou,优秀,2020-06-21,2021-866,public\n",
        "utf-8",
    )
    ran = run(folder, "import", "ratings", str(faulty))
    assert (ran.code, ran.out) == (2, "")
    assert [line.partition(":")[0] for line in ran.err.splitlines()] == [
        "ratings.csv row 2, column published_on",
        "ratings.csv row 3, column published_on",
        "ratings.csv row 4, column unit_id",
        "ratings.csv row 5, column published_on",
    ]


CORRECTION = ("--corrected-on", "2021-09-01", "--document", "更正通知", "--reason", "笔误")


def test_a_file_may_come_again_after_a_correction_and_a_refused_one_names_the_option(
    folder: Path,
) -> None:
    rated = ("correct-rating", "--unit", "xiangtan", "--round", "2020")
    assert run(folder, *rated, "--grade", "良好", *CORRECTION).code == 0
    again = run(folder, "import", "ratings", str(EXAMPLE / "ratings.csv"))
    assert (again.code, again.out) == (0, "ratings: 0 recorded, 19 unchanged\n")
    future = run(folder, *rated, "--grade", "优秀", *CORRECTION[2:], "--corrected-on", "2099-09-01")
    assert future.code == 2
    assert future.err.startswith("--corrected-on: 2099-09-01 is still to come")
    assert run(folder, *rated, *CORRECTION).err.startswith("--grade: say what is right")
    shown = run(folder, "ratings", "--unit", "xiangtan", "--as-of", "2021-08-01").out
    assert "1x, 2021-09-01" in shown
    assert "what it earns follows from the day of the correction" in shown


def test_an_import_says_whose_entries_are_other_ones_now(folder: Path, tmp_path: Path) -> None:
    text = (EXAMPLE / "units.csv").read_text("utf-8")
    moved = tmp_path / "units.csv"
    moved.write_text(text.replace("hebi,鹤壁,Hebi", "hebi,鹤壁市,Hebi"), "utf-8")
    assert run(folder, "import", "units", str(moved)).out == (
        "units: 0 recorded, 1 changed (hebi), 60 unchanged\n"
    )


def test_the_members_of_a_performance_year_are_listed(folder: Path) -> None:
    members = {each["unit_id"] for each in told(folder, "units", "--round", "2018")}
    assert "xiangtan" in members
    assert not members & {"xuzhou", "hebi"}


def test_a_question_makes_no_folder(tmp_path: Path) -> None:
    folder = tmp_path / "typo"
    for words in (
        *(["units"], ["entitlements"], ["log"], ["audit"], ["parked", "list"], ["parked", "retry"]),
        ["parked", "show", "incentive", "unit-xiangtan"],
    ):
        ran = run(folder, *words)
        assert (ran.code, ran.out) == (2, "")
        assert "there is no" in ran.err
    shipped = run(folder, "policies", "--open-norms")
    assert shipped.code == 0
    assert "these are the shipped documents" in shipped.err
    assert not folder.exists()


def test_a_refused_document_makes_no_folder(tmp_path: Path) -> None:
    folder = tmp_path / "typo"
    (tmp_path / "no-document.yaml").write_text("nothing: here\n", "utf-8")
    for name in ("nowhere.yaml", "no-document.yaml"):
        ran = run(folder, "policies", "adopt", str(tmp_path / name))
        assert (ran.code, ran.out) == (2, "")
        assert name in ran.err
    assert not folder.exists()


def test_a_folder_on_the_command_line_counts_more_than_servers_in_the_environment(
    folder: Path,
) -> None:
    nobody = f"127.0.0.1:{free_port()}"
    ran = run(folder, "honours", ZONELEDGER_SERVERS=nobody)
    assert ran.code == 0, ran.err


def test_servers_on_the_command_line_count_more_than_a_folder_in_the_environment(
    folder: Path,
) -> None:
    with served(folder) as (_, who):
        done = subprocess.run(
            [*COMMAND, "--server", who.address, "honours"],
            env={**os.environ, "ZONELEDGER_DATA": str(folder / "nothing")},
            check=False,
        )
    assert done.returncode == 0


def test_a_folder_and_servers_on_one_command_line_are_refused(folder: Path) -> None:
    ran = run(folder, "--server", "127.0.0.1:1", "honours")
    assert (ran.code, ran.out) == (2, "")
    assert "name one" in ran.err


@pytest.mark.parametrize("words", [["log"], ["parked", "retry"]], ids=" ".join)
def test_a_service_that_does_not_exist_is_told_with_those_that_do(
    folder: Path, words: list[str]
) -> None:
    ran = run(folder, *words, "--service", "foo")
    assert (ran.code, ran.out) == (2, "")
    assert "there is no service 'foo'" in ran.err
    assert "Traceback" not in ran.err


@pytest.mark.parametrize(
    ("words", "what"),
    [
        (["entitlements", "--known-at", "9999-12-31"], "--known-at"),
        (["entitlements", "--round", "99999999999"], "--round"),
        (["units", "--round", "-1"], "--round"),
        (["log", "--after", "99999999999999999999"], "--after"),
        (["log", "--after", "-5"], "--after"),
        (["units", "--unit", "\udcff\udcfe"], "not UTF-8"),
    ],
    ids=["known at", "round", "no round", "beyond the log", "before the log", "bytes"],
)
def test_what_cannot_be_asked_is_told_in_one_sentence(
    folder: Path, words: list[str], what: str
) -> None:
    ran = run(folder, *words)
    assert (ran.code, ran.out) == (2, "")
    assert what in ran.err
    assert len(ran.err.splitlines()) == 1


@pytest.mark.parametrize(
    "words",
    [
        ["entitlements", "--unit", "xiangtn", "--json"],
        ["units", "--unit", "湘谭"],
        ["explain", "units/湘潭市/ratings/2020"],
        ["watch", "evaluation", "--unit", "xiangtn"],
        ["unit", "show", "湖南湘谭"],
        ["correct-rating", "--unit", "湘谭", "--round", "2020", "--grade", "良好", *CORRECTION],
    ],
    ids=lambda words: words[0],
)
def test_a_unit_that_nobody_is_called_is_refused_with_the_nearest(
    folder: Path, words: list[str]
) -> None:
    ran = run(folder, *words)
    assert (ran.code, ran.out) == (2, "")
    assert "no unit is called" in ran.err
    assert "near: xiangtan" in ran.err


def test_an_answer_that_cannot_be_written_is_refused_and_a_reader_may_leave(folder: Path) -> None:
    line = " ".join([*map(shlex.quote, COMMAND), "--data", shlex.quote(str(folder))])
    for ending, code, err in [
        ("log --json > /dev/full", 2, "it cannot be done here: No space left on device\n"),
        ("entitlements > /dev/full", 2, "it cannot be done here: No space left on device\n"),
        ("audit >&-", 0, ""),
        ("log | head -n 1; exit ${PIPESTATUS[0]}", 141, ""),
    ]:
        ran = subprocess.run(
            ["bash", "-c", f"{line} {ending}"], capture_output=True, text=True, check=False
        )
        assert (ending, ran.returncode, ran.stderr) == (ending, code, err)


def test_an_audit_that_meets_the_unforeseen_is_not_passed_and_no_difference(folder: Path) -> None:
    db = sqlite3.connect(folder / "evaluation.sqlite")
    db.execute("DELETE FROM frontier")
    db.commit()
    db.close()
    for words in (["audit"], ["import", "ratings", str(EXAMPLE / "ratings.csv")]):
        ran = run(folder, *words)
        assert ran.code == 2
        assert "Traceback" not in ran.err


def test_a_document_that_conflicts_with_another_is_named_with_file_and_line(
    folder: Path, tmp_path: Path
) -> None:
    shipped = (EXAMPLE.parents[1] / "policies" / "2021-866.yaml").read_text("utf-8")
    again = tmp_path / "again.yaml"
    again.write_text(shipped + "# Another text.\n", "utf-8")
    ran = run(folder, "policies", "adopt", str(again))
    line = 1 + shipped[: shipped.index("\npolicy_id:") + 1].count("\n")
    assert ran.code == 2
    assert ran.err.startswith(f"{again}:{line}: conflict: 2021-866 is adopted")
    with again.open("wb") as opened:
        opened.truncate(70 << 20)
    large = run(folder, "policies", "adopt", str(again))
    assert (large.code, "the limit is" in large.err) == (2, True)
    nowhere = run(folder, "policies", ZONELEDGER_POLICIES=str(tmp_path / "nowhere"))
    assert (nowhere.code, "ZONELEDGER_POLICIES" in nowhere.err) == (2, True)


def test_the_demo_goes_through_a_link_and_leaves_a_file_alone(tmp_path: Path) -> None:
    (tmp_path / "real").mkdir()
    (tmp_path / "var").mkdir()
    demo = tmp_path / "var" / "demo"
    demo.symlink_to(tmp_path / "real")
    codes = [_demo(tmp_path).returncode for _ in range(2)]
    demo.unlink()
    demo.touch()
    told_off = _demo(tmp_path)
    assert [*codes, told_off.returncode] == [0, 0, 2]
    assert "is no folder" in told_off.stderr


def _demo(folder: Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [*COMMAND, "demo"], cwd=folder, capture_output=True, text=True, check=False
    )


def test_a_server_whose_folder_is_removed_ends_and_says_so(tmp_path: Path) -> None:
    folder = tmp_path / "data"
    with served(folder) as (process, _):
        shutil.rmtree(folder)
        assert process.wait(30) == 2


def test_what_is_refused_is_told_in_chinese_where_the_locale_is_chinese(
    folder: Path, tmp_path: Path
) -> None:
    file = tmp_path / "ratings.csv"
    header = (EXAMPLE / "ratings.csv").read_text("utf-8").splitlines()[0]
    row = "2020,atlantis,优秀,2021-06-21,发改振兴〔2021〕866号,public,"
    file.write_text(f"{header}\n{row}\n", "utf-8")
    ran = run(folder, "import", "ratings", str(file), LC_ALL="zh_CN.UTF-8")
    assert (ran.code, ran.out) == (2, "")
    assert "ratings.csv row 2, column unit_id: 没有名为“atlantis”的单位（相近：" in ran.err
    english = run(folder, "import", "ratings", str(file), LC_ALL="C.UTF-8")
    assert "no unit is called 'atlantis' (near: none)" in english.err

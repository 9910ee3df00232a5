"""A plan is entered and shown on the command line, and what is refused is said by option."""

import json
import re
from collections.abc import Callable
from pathlib import Path
from shutil import copytree
from typing import Any

import pytest
from typer.main import get_command
from typer.testing import CliRunner, Result

from services.cli.main import app
from services.cli.session import Named
from services.kernel import chinese
from tests.evaluation.plan.story import DEPARTMENTS, RECIPIENTS
from tests.supplements import answering

Zoneledger = Callable[..., Result]

UNITS = """\
unit_id,name_zh,name_en,kind,zone_id,province,beneficiary_class,member_from,member_until,source
sanyuan,三原县,Sanyuan,county_park,,陕西,county_by_reference,2021-06-09,,
hebi,鹤壁,Hebi,provincial_zone,,河南,provincial_by_reference,2021-06-09,,
"""
PLAN = ("--unit", "sanyuan", "--plan", "145")
CONTENTS = ("--title-zh", "三原方案", "--period", "十四五", "--first-year", "2021")
SIGNED = tuple(word for each in DEPARTMENTS for word in ("--signed-by", each))
CONSENT = ("--on", "2021-06-09", "--document", "发改振兴〔2021〕866号")
APPROVAL = ("--on", "2021-12-10", "--document", "批复")


@pytest.fixture(scope="module")
def agreed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A data folder where the plan of a park is agreed to."""
    folder = tmp_path_factory.mktemp("plans")
    (folder / "units.csv").write_text(UNITS, "utf-8")
    run = on(folder / "data")
    run("import", "units", str(folder / "units.csv"))
    run("plan", "draft", *PLAN, *CONTENTS, "--last-year", "2025")
    run("plan", "recommend", *PLAN)
    run("plan", "assess", *PLAN)
    run("plan", "agree", *PLAN, *CONSENT)
    return folder / "data"


@pytest.fixture
def zoneledger(agreed: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Zoneledger:
    """The command line on a copy of that folder."""
    monkeypatch.setattr(Named, "folder", Named.folder)  # As it was, afterwards.
    return on(Path(copytree(agreed, tmp_path / "data")))


def on(folder: Path) -> Zoneledger:
    """Runs commands on a folder; they end with `code`."""

    def run(*words: str, code: int = 0) -> Result:
        result = CliRunner().invoke(app, ["--data", str(folder), *words])
        assert result.exit_code == code, result.output
        return result

    return run


def shown(zoneledger: Zoneledger, *words: str) -> dict[str, Any]:
    told: dict[str, Any] = json.loads(zoneledger("plan", "show", *PLAN, "--json", *words).stdout)
    return told


def test_a_step_says_what_it_changed_and_again_that_nothing_changed(
    zoneledger: Zoneledger,
) -> None:
    assert zoneledger("plan", "agree", *PLAN, *CONSENT).stdout == "plan: 0 recorded, 1 unchanged\n"


def test_a_plan_is_bound_by_the_supplement_of_the_document_that_agreed(
    zoneledger: Zoneledger,
) -> None:
    told = shown(zoneledger)
    assert told["supplement_id"] == "2021-866-plans"
    assert (told["comes_into_force"], told["support_since"]) == ("approved", "2021-06-09")


def test_those_who_signed_may_be_called_in_chinese(zoneledger: Zoneledger) -> None:
    called = [chinese.DEPARTMENTS[each] for each in DEPARTMENTS]
    signed = tuple(word for each in called for word in ("--signed-by", each))
    told = zoneledger("plan", "approve", *PLAN, *APPROVAL, *signed).stdout
    assert told == "plan: 1 recorded\n"
    again = zoneledger("plan", "approve", *PLAN, *APPROVAL, *SIGNED).stdout
    assert again == "plan: 0 recorded, 1 unchanged\n"


def test_what_is_refused_is_said_by_the_option_that_was_written(zoneledger: Zoneledger) -> None:
    unsigned = zoneledger("plan", "approve", *PLAN, *APPROVAL, code=2)
    assert unsigned.stderr.startswith("--signed-by: plan 145 of sanyuan is not signed by")
    early = zoneledger(
        "plan", "approve", *PLAN, *SIGNED, "--on", "2021-06-08", "--document", "批复", code=2
    )
    assert early.stderr.startswith("--on: 2021-06-08 is before 2021-06-09")


def test_a_unit_is_called_by_its_name_too_and_an_unknown_one_is_refused(
    zoneledger: Zoneledger,
) -> None:
    named = zoneledger("plan", "show", "--unit", "三原县", "--plan", "145", "--json")
    assert json.loads(named.stdout)["unit_id"] == "sanyuan"
    unknown = zoneledger("plan", "recommend", "--unit", "nobody", "--plan", "145", code=2)
    assert unknown.stderr.startswith("--unit: ")


def test_a_plan_that_is_in_force_lists_whose_copy_is_outstanding(zoneledger: Zoneledger) -> None:
    zoneledger("plan", "approve", *PLAN, *APPROVAL, *SIGNED)
    copied = ("--recipient", "cdb", "--recipient", "most", "--on", "2021-12-20")
    assert (
        zoneledger("plan", "copy", *PLAN, *copied, "--document", "抄送函").stdout
        == "plan: 2 recorded\n"
    )
    [plan] = json.loads(zoneledger("plan", "list", "--outstanding", "--json").stdout)
    assert plan["outstanding"] == [each for each in RECIPIENTS if each not in ("cdb", "most")]
    assert "approved 联合批复" in zoneledger("plan", "list", "--unit", "sanyuan").stdout
    before = json.loads(zoneledger("plan", "list", "--as-of", "2021-12-09", "--json").stdout)
    assert [each["state"] for each in before] == ["agreed_in_principle"]


def test_a_plan_is_named_by_words_as_a_unit_is_or_by_options(zoneledger: Zoneledger) -> None:
    named = [
        ("sanyuan", "145"),
        ("--unit", "sanyuan", "--plan", "145"),
        ("--plan=145", "三原县"),
        ("145", "--unit=sanyuan"),
    ]
    shown = {zoneledger("plan", "show", *words, "--json").stdout for words in named}
    assert len(shown) == 1
    assert zoneledger("plan", "agree", "sanyuan", "145", *CONSENT).stdout == (
        "plan: 0 recorded, 1 unchanged\n"
    )


@pytest.mark.parametrize(
    "words",
    [(), ("sanyuan",), ("--unit", "sanyuan"), ("--unit", "a", "--unit", "b", "--plan", "c")],
)
def test_a_plan_that_is_half_named_or_named_twice_is_asked_for_again(
    zoneledger: Zoneledger, words: tuple[str, ...]
) -> None:
    zoneledger("plan", "show", *words, code=2)


RIGHT = ("--corrected-on", "2026-06-01", "--corrected-by", "更正函", "--reason", "笔误")


def test_a_step_is_put_right_and_what_is_not_named_stays(zoneledger: Zoneledger) -> None:
    wish = ("--step", "agreed_in_principle", "--on", "2021-06-21", *RIGHT)
    assert zoneledger("plan", "correct", *PLAN, *wish).stdout == "plan: 1 recorded\n"
    assert zoneledger("plan", "correct", *PLAN, *wish).stdout == "plan: 0 recorded, 1 unchanged\n"
    told = shown(zoneledger)
    assert (told["support_since"], told["corrections"]) == ("2021-06-21", 1)
    assert told["steps"][-1]["document"] == "2021-866"
    assert shown(zoneledger, "--as-of", "2021-06-20")["state"] == "under_assessment"
    assert "更正（更正函：笔误）" in zoneledger("explain", "units/sanyuan/plans/145").stdout
    assert "the same 一致" in zoneledger("audit").stdout


def test_a_copy_is_put_right_by_its_recipient(zoneledger: Zoneledger) -> None:
    zoneledger("plan", "approve", *PLAN, *APPROVAL, *SIGNED)
    zoneledger(
        "plan", "copy", *PLAN, "--recipient", "cdb", "--on", "2021-12-20", "--document", "函"
    )
    of_copy = ("--step", "copied", "--recipient", "cdb")
    zoneledger("plan", "correct", *PLAN, *of_copy, "--on", "2021-12-22", *RIGHT)
    [copy] = [each for each in shown(zoneledger)["copies"] if each["sent_on"]]
    assert (copy["recipient"], copy["sent_on"], copy["document"]) == ("cdb", "2021-12-22", "函")


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("--step", "issued", "--on", "2021-12-01"), "--step: the plan has no step 'issued'"),
        (("--step", "copied", "--recipient", "cdb", "--on", "2021-12-01"), "--recipient: no copy"),
        (("--step", "agreed_in_principle"), "--on: say what is right"),
        (("--step", "agreed_in_principle", "--on", "2021-06-08"), "--on: 2021-06-08 is before"),
        (("--step", "agreed_in_principle", "--document", "函"), "--document: "),
    ],
)
def test_what_cannot_be_put_right_is_said_by_option(
    zoneledger: Zoneledger, words: tuple[str, ...], said: str
) -> None:
    assert zoneledger("plan", "correct", *PLAN, *words, *RIGHT, code=2).stderr.startswith(said)


def test_whoever_is_unknown_signs_nothing_and_the_nearest_are_told(zoneledger: Zoneledger) -> None:
    words = (*APPROVAL, *SIGNED, "--signed-by", "火星")
    refused = zoneledger("plan", "approve", *PLAN, *words, code=2).stderr
    assert refused.startswith("--signed-by: '火星' is no department")
    assert "provincial_science 省级科技部门" in refused


def test_the_clause_of_every_step_is_explained_with_its_document(zoneledger: Zoneledger) -> None:
    zoneledger("plan", "approve", *PLAN, *APPROVAL, *SIGNED)
    told = zoneledger("explain", "units/sanyuan/plans/145").stdout
    assert "2021-866 plans/approved: “联合批复”" in told
    assert "None" not in told


def test_an_amendment_leaves_as_it_is_what_it_does_not_name(zoneledger: Zoneledger) -> None:
    amended = ("--on", "2022-05-01", "--document", "修订函", "--reason", "目标调整")
    zoneledger("plan", "approve", *PLAN, *APPROVAL, *SIGNED)
    zoneledger("plan", "amend", *PLAN, *amended, "--title-zh", "三原方案（修订）")
    told = shown(zoneledger)
    assert (told["title_zh"], told["period"], told["version"]) == ("三原方案（修订）", "十四五", 2)


def test_a_plan_is_explained_and_the_log_is_decided_again(zoneledger: Zoneledger) -> None:
    told = zoneledger("explain", "units/sanyuan/plans/145").stdout
    assert "获原则同意，支持自此开始" in told
    assert "2021-866 plans/parks-agreed: “经综合评估，原则同意" in told
    assert "the same 一致" in zoneledger("audit").stdout


def test_what_a_document_leaves_open_of_plans_is_listed_with_its_other_norms(
    zoneledger: Zoneledger,
) -> None:
    norms = json.loads(zoneledger("policies", "--open-norms", "--json").stdout)
    assert {each["norm_id"] for each in norms} >= {
        "2021-866/provincial-plan-support",
        "2019-zone-notice/plan-support",
    }


def test_an_answer_is_shown_with_its_day_and_one_that_is_still_to_come_as_such(
    zoneledger: Zoneledger, tmp_path: Path
) -> None:
    norm_id = "2021-866/provincial-plan-support"
    for name, day in (("now", "2023-05-01"), ("coming", "9999-12-31")):
        file = tmp_path / f"{name}.yaml"
        file.write_text(answering(norm_id, "issued", name=name, decided_on=day), "utf-8")
        zoneledger("policies", "supplement", str(file))
    norms = json.loads(zoneledger("policies", "--open-norms", "--json").stdout)
    [norm] = [each for each in norms if each["norm_id"] == norm_id]
    assert (norm["interpretation"], norm["interpreted_on"]) == ("issued", "2023-05-01")
    assert norm["to_come"] == [{"interpretation": "issued", "interpreted_on": "9999-12-31"}]
    table = zoneledger("policies", "--open-norms").stdout
    assert "尚未生效" in table
    assert "2023-05-01" in table


PAGE = (Path(__file__).parents[2] / "docs" / "plans.md").read_text("utf-8")


@pytest.mark.parametrize("group", ["plan", "unit", "policies"])
def test_every_command_that_the_page_on_plans_names_is_there(group: str) -> None:
    named = set(re.findall(rf"`{group} ([a-z][a-z-]*)", PAGE))
    commands = get_command(app).commands[group].commands  # type: ignore[attr-defined]
    assert named
    assert named - set(commands) == set()


def test_the_page_on_plans_names_every_step_of_a_plan() -> None:
    commands = get_command(app).commands["plan"].commands  # type: ignore[attr-defined]
    assert {each for each in commands if f"`plan {each}" not in PAGE} == set()


def test_the_interpretation_on_the_page_is_one_that_is_adopted(
    zoneledger: Zoneledger, tmp_path: Path
) -> None:
    [text] = re.findall(r"```yaml\n(.*?)```", PAGE, re.DOTALL)
    (tmp_path / "answer.yaml").write_text(text, "utf-8")
    zoneledger("policies", "supplement", str(tmp_path / "answer.yaml"))
    of_hebi = ("hebi", "145")
    zoneledger("plan", "draft", *of_hebi, *CONTENTS, "--last-year", "2025")
    zoneledger("plan", "recommend", *of_hebi)
    zoneledger("plan", "assess", *of_hebi)
    zoneledger("plan", "agree", *of_hebi, *CONSENT)
    told = zoneledger("plan", "show", *of_hebi).stdout
    assert "since 2021-06-09 (start, answered 2023-05-01)" in told
    before = zoneledger("plan", "show", *of_hebi, "--as-of", "2023-04-30").stdout
    assert "open, since when (2021-866/provincial-plan-support)" in before
    zoneledger("audit")

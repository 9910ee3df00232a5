"""Streaks on the command line, from a poor grade to a disqualification that is taken back."""

import json
from pathlib import Path
from typing import Any

import pytest

from tests.evaluation.test_reviewing import POLICY
from tests.supplements import ANEW, STREAKS_866, THREE_YEARS
from tests.system.commands import ROOT, Ran, run

UNITS = """\
unit_id,name_zh,name_en,kind,zone_id,province,beneficiary_class,member_from,member_until
zone,某示范区,,zone,,某省,national,2017-04-13,
city,某市,,prefecture_city,zone,某省,national,2017-04-13,
"""
RATINGS = """\
round,unit_id,grade,published_on,document,visibility
2020,某市,较差,2021-06-21,2021-866,public
2021,某市,较差,2022-06-21,2021-866,public
2022,某市,较差,2023-06-21,2021-866,public
2023,某市,优秀,2024-02-15,2021-866,public
"""
DECISION = ("--document", "决定", "--decided-on", "2024-03-01", "--reason", "连续三年评为较差")


class Place:
    """A data folder whose documents are those of `policies`."""

    def __init__(self, at: Path) -> None:
        self.at, self.folder, self.policies = at, at / "data", at / "policies"
        (self.policies / "supplements").mkdir(parents=True)
        (self.policies / "2021-866.yaml").write_text(POLICY, "utf-8")
        table = (ROOT / "policies" / "access.yaml").read_text("utf-8")
        (self.policies / "access.yaml").write_text(table, "utf-8")
        (self.policies / "supplements" / "2021-866-streaks.yaml").write_text(STREAKS_866, "utf-8")

    def run(self, *words: str) -> Ran:
        return run(self.folder, *words, ZONELEDGER_POLICIES=str(self.policies))

    def done(self, *words: str) -> str:
        ran = self.run(*words)
        assert ran.code == 0, ran.err
        return ran.out

    def told(self, *words: str) -> Any:
        return json.loads(self.done(*words, "--json"))

    def file(self, name: str, text: str) -> str:
        path = self.at / name
        path.write_text(text, "utf-8")
        return str(path)


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Place:
    place = Place(tmp_path_factory.mktemp("streaks"))
    place.done("import", "units", place.file("units.csv", UNITS))
    place.done("import", "ratings", place.file("ratings.csv", RATINGS))
    return place


def statuses(place: Place) -> dict[int, str]:
    found = place.told("unit", "streaks", "某市")
    return {each["round"]: each["status"] for each in found}


def test_from_an_open_norm_to_a_disqualification_that_is_taken_back(place: Place) -> None:
    assert statuses(place)[2022] == "undetermined"
    early = place.run("unit", "disqualify", "某市", *DECISION, "--effective-on", "2024-04-01")
    assert (early.code, "2021-866/negative-streak-years" in early.err) == (2, True)

    told = ""
    for name, text in (("three.yaml", THREE_YEARS), ("anew.yaml", ANEW)):
        ran = place.run("policies", "supplement", place.file(name, text))
        assert ran.out == "supplements: 1 adopted, 0 adopted before\n"
        told += ran.err
    assert "the streaks of these units came to something else: city\n" in told
    assert "0 changed" in place.done("unit", "review-streaks")
    assert statuses(place) == {2020: "ended", 2021: "warned", 2022: "reached"}
    [proposed] = place.told("unit", "disqualifications")
    assert (proposed["status"], proposed["bases"]) == ("proposed", ["2022.poor-2021"])

    decision = ("unit", "disqualify", "某市", *DECISION, "--effective-on", "2024-04-01")
    assert place.done(*decision) == "disqualified\n"
    assert place.done(*decision) == "unchanged: it is disqualified so already\n"
    assert [each["unit_id"] for each in place.told("units", "--as-of", "2024-04-01")] == ["zone"]
    back = ("--document", "撤回", "--decided-on", "2024-06-01", "--effective-on", "2024-07-01")
    [land] = place.told("review", "list", "--authority", "mnr")
    assert (land["cause"], land["from_on"], land["ended_on"]) == (
        "disqualified",
        "2024-02-15",
        "2024-04-01",
    )
    assert place.done("unit", "reverse", "city", *back, "--reason", "更正") == "reversed\n"
    [land, missed] = place.told("review", "list", "--authority", "mnr")
    assert (land["state"], missed["state"], missed["cause"]) == ("lapsed", "open", "reversed")
    assert (missed["from_on"], missed["ended_on"]) == ("2024-04-01", "2024-07-01")
    assert "the same" in place.done("audit")


def test_what_is_wrong_is_told_under_the_name_of_its_option(place: Place) -> None:
    ran = place.run("unit", "disqualify", "city", *DECISION, "--effective-on", "2024-02-30")
    assert ran.code == 2
    assert "--effective-on" in ran.err
    streak = ("--streak", "2022", "--part", "park", "--chosen", "x", "--document", "x")
    ran = place.run("unit", "use-right", "city", *streak, "--used-on", "2024-01-01")
    assert (ran.code, "--streak" in ran.err) == (2, True)


def test_a_supplement_that_contradicts_is_refused_by_line_and_changes_nothing(
    place: Place,
) -> None:
    before = place.told("policies", "supplements")
    text = THREE_YEARS.replace("negative-streak-years", "negative-streak-year")
    ran = place.run("policies", "supplement", place.file("no.yaml", text.replace("three", "no")))
    assert ran.code == 2
    assert "unknown-norm" in ran.err
    assert place.told("policies", "supplements") == before


def test_open_norms_show_the_answer_that_a_supplement_gives(tmp_path: Path) -> None:
    place = Place(tmp_path)
    place.done("policies", "supplement", place.file("three.yaml", THREE_YEARS))
    norms = place.told("policies", "--open-norms")
    answers = {each["norm_id"]: each["interpretation"] for each in norms}
    assert answers["2021-866/negative-streak-years"] == "3"
    assert answers["2021-866/streak-carry-over"] is None


def test_that_nothing_is_said_of_excellent_years_after_2019_is_an_open_norm(tmp_path: Path) -> None:
    ran = run(tmp_path / "data", "policies", "--open-norms", "--json")
    norms = {each["norm_id"]: each for each in json.loads(ran.out)}
    assert norms["2021-866/positive-streak"]["interpretation"] is None
    assert "连续三年评为优秀" in norms["2021-866/positive-streak"]["question_zh"]

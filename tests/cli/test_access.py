"""What is wrong with an access table is said by line, and who asked what by the access log."""

import json
from pathlib import Path

import pytest

from services.cli import access_lines, access_tables
from services.cli.access_lines import Wish
from services.cli.session import Named
from services.kernel.errors import Malformed
from services.runtime import contract
from services.runtime.access_log import file_of
from tests.tables import SHIPPED

LIST = "zoneledger.incentive.v1.IncentiveService/ListEntitlements"


def line(at: str, agency: str, *units: str, **more: object) -> str:
    said = {"at": at, "agency": agency, "name": f"urn:zoneledger:{agency}", "method": LIST}
    answer = {"units": units, "as_of": "", "known_at": "", "position": 9, "rows": 2, "code": "OK"}
    return json.dumps(said | answer | more) + "\n"


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A data folder whose access log has four lines of two UTC days."""
    monkeypatch.setattr(Named, "folder", tmp_path)
    place = tmp_path / "access"
    place.mkdir()
    file_of(place, "2026-11-24").write_text(
        line("2026-11-24T15:59:59.000000Z", "most", "huangshi")
        + line("2026-11-24T16:00:00.000000Z", "most", "xiangtan")
    )
    file_of(place, "2026-11-25").write_text(
        line("2026-11-25T01:00:00.000000Z", "cdb")
        + "cut sh\n"
        + line("2026-11-25T02:00:00.000000Z", "most", "huangshi", code="NOT_FOUND")
    )
    return tmp_path


def asked(capsys: pytest.CaptureFixture[str], wish: Wish) -> list[str]:
    """When what fits the wish was asked."""
    capsys.readouterr()
    access_lines.show(wish, as_json=True)
    return [each["at"][:19] for each in json.loads(capsys.readouterr().out)]


# Tables in files.


def test_the_shipped_table_names_what_the_contract_has() -> None:
    table = access_tables.shipped()
    assert access_tables.checked(Path(__file__).parents[2] / "policies" / "access.yaml") == table


def test_what_a_table_names_and_the_contract_has_not_is_said_by_file_and_line(
    tmp_path: Path,
) -> None:
    file = tmp_path / "access.yaml"
    file.write_text(SHIPPED.replace("EvaluationService/GetHonour", "EvaluationService/GetHonor"))
    lines = file.read_text().splitlines()
    where = lines.index("      - zoneledger.evaluation.v1.EvaluationService/GetHonor") + 1
    expected = rf"{file}:{where}: unknown-method: .*did you mean `.*EvaluationService/GetHonour`"
    with pytest.raises(Malformed, match=expected):
        access_tables.checked(file)


def test_a_table_that_locks_everybody_out_today_is_refused(tmp_path: Path) -> None:
    file = tmp_path / "access.yaml"
    file.write_text(SHIPPED.replace("from: 2021-06-09", "from: 2999-01-01"))
    with pytest.raises(Malformed, match="locked-out"):
        access_tables.checked(file)


def test_a_folder_of_ones_own_without_a_table_ships_none(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("ZONELEDGER_POLICIES", str(tmp_path))
    assert [agency.agency_id for agency in access_tables.shipped().agencies] == ["operator"]


def test_a_table_is_shown_grant_by_grant(capsys: pytest.CaptureFixture[str]) -> None:
    access_tables.show(access_tables.shipped(), as_json=False)
    rows = [row for row in capsys.readouterr().out.splitlines() if "黄石市人民政府" in row]
    cells = [cell.strip() for cell in rows[0].strip("|").split("|")]
    assert cells[:2] == ["huangshi", "黄石市人民政府"]
    assert cells[3:5] == ["huangshi", "public; subject of huangshi"]


def test_machines_are_told_what_each_grant_rests_on(capsys: pytest.CaptureFixture[str]) -> None:
    access_tables.show(access_tables.shipped(), as_json=True)
    told = json.loads(capsys.readouterr().out)
    grants = [grant for agency in told["agencies"] for grant in agency["grants"]]
    assert all(bool(grant["source"]) != bool(grant["assumption"]) for grant in grants)


# The contract.


def test_the_contract_has_every_method_of_every_service_and_every_field() -> None:
    assert LIST in contract.methods()
    assert "zoneledger.ledger.v1.EventService/WatchEvents" in contract.methods()
    assert "zoneledger.ledger.v1.LogService/ListDecisions" in contract.methods()
    assert {
        "zoneledger.evaluation.v1.Rating.source",
        "zoneledger.incentive.v1.EntitlementStanding.reason",
        "zoneledger.ledger.v1.CloudEvent.CloudEventAttributeValue.ce_string",
    } <= contract.fields()
    assert not any(name.startswith("google.") for name in contract.fields())


# The access log.


def test_calls_are_told_oldest_first_and_what_cannot_be_read_is_said(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    access_lines.show(Wish("", "", ""), as_json=False)
    out, err = capsys.readouterr()
    times = ("15:59:59", "16:00:00", "01:00:00", "02:00:00")
    assert [row for row in out.splitlines() if any(each in row for each in times)] == [
        row for each in times for row in out.splitlines() if each in row
    ]
    assert "incentive.v1.IncentiveService/ListEntitlements" in out
    assert f"{file_of(folder / 'access', '2026-11-25')}:2 cannot be read" in err


def test_calls_of_one_agency_are_told_alone(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert asked(capsys, Wish("cdb", "", "")) == ["2026-11-25T01:00:00"]


def test_a_call_that_named_no_unit_was_about_every_unit(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert asked(capsys, Wish("", "huangshi", "")) == [
        "2026-11-24T15:59:59",
        "2026-11-25T01:00:00",
        "2026-11-25T02:00:00",
    ]


def test_a_day_begins_in_china(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert asked(capsys, Wish("most", "", "2026-11-25")) == [
        "2026-11-24T16:00:00",
        "2026-11-25T02:00:00",
    ]


def test_what_is_no_day_is_refused(folder: Path) -> None:
    with pytest.raises(Malformed, match="--since: 'today' is no date"):
        access_lines.show(Wish("", "", "today"), as_json=True)


def test_the_environment_says_where_the_lines_are_where_no_folder_is_named(
    folder: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("ZONELEDGER_ACCESS_LOG", str(folder / "elsewhere"))
    assert len(asked(capsys, Wish("", "", ""))) == 4
    monkeypatch.setattr(Named, "folder", None)
    assert asked(capsys, Wish("", "", "")) == []

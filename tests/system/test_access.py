"""The access table and the access log from the command line, and a folder that is served by TLS."""

import os
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import grpc
import pytest

from services.runtime import tls
from services.runtime.folder import Holder
from services.runtime.keys import make_keys
from tests.system.commands import COMMAND, EXAMPLE, Ran, announced, run, run_at, told
from tests.tables import OTHER, SHIPPED
from zoneledger.evaluation.v1.service_pb2 import ListUnitsRequest
from zoneledger.evaluation.v1.service_pb2_grpc import EvaluationServiceStub

UNITS = str(EXAMPLE / "units.csv")


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path / "data"


@pytest.fixture
def other(tmp_path: Path) -> Path:
    """A table that knows the ministry by another name."""
    file = tmp_path / "other.yaml"
    file.write_text(OTHER, "utf-8")
    return file


@contextmanager
def served(folder: Path, address: str, **environment: str) -> Iterator[Holder]:
    """A process that serves the folder."""
    process = subprocess.Popen(
        [*COMMAND, "--data", str(folder), "serve", "--address", address],
        stdout=subprocess.DEVNULL,
        env={**os.environ, **environment},
    )
    try:
        yield announced(folder, process)
    finally:
        process.terminate()
        assert process.wait(60) == 0


def names_of(folder: Path, agency: str) -> list[str]:
    """The names by which the table in force knows an agency."""
    agencies = told(folder, "access", "show")["agencies"]
    return next(each["names"] for each in agencies if each["agency_id"] == agency)


def adoptions(folder: Path) -> list[str]:
    """The services whose logs hold an access table, one entry for each adoption."""
    decisions = told(folder, "log")
    return [each["service"] for each in decisions if each["stream"] == "access-tables"]


# Tables.


def test_a_fresh_log_adopts_the_shipped_table_once_and_in_every_service(folder: Path) -> None:
    assert run(folder, "import", "units", UNITS).code == 0
    assert run(folder, "units").code == 0
    assert adoptions(folder) == ["evaluation", "incentive", "financing"]
    assert names_of(folder, "most") == ["urn:zoneledger:most"]
    assert run(folder, "audit").code == 0


def test_a_question_about_the_table_makes_no_folder(folder: Path) -> None:
    assert names_of(folder, "most") == ["urn:zoneledger:most"]
    assert not folder.exists()


def test_a_table_is_adopted_in_the_place_of_another_and_stays(folder: Path, other: Path) -> None:
    ran = run(folder, "access", "adopt", str(other))
    assert (ran.code, ran.out) == (0, "access table: adopted\n")
    ran = run(folder, "access", "adopt", str(other))
    assert (ran.code, ran.out) == (0, "access table: unchanged, it is in force\n")
    assert "the shipped access table is not the adopted one" in ran.err
    assert names_of(folder, "most") == ["urn:example:most"]
    assert adoptions(folder) == ["evaluation"] * 2 + ["incentive"] * 2 + ["financing"] * 2
    assert run(folder, "audit").code == 0


def test_a_table_that_is_wrong_is_refused_by_line_and_makes_no_folder(
    folder: Path, tmp_path: Path
) -> None:
    file = tmp_path / "wrong.yaml"
    file.write_text(SHIPPED.replace("units: [huangshi]", "units: [wuhan]"), "utf-8")
    line = SHIPPED[: SHIPPED.index("        own: [huangshi]")].count("\n") + 1
    for command in ("check", "adopt"):
        ran = run(folder, "access", command, str(file))
        assert (ran.code, ran.out) == (2, "")
        assert ran.err.startswith(f"{file}:{line}: own-beyond-units: ")
    assert not folder.exists()


def test_a_table_is_checked_without_a_folder(folder: Path, other: Path) -> None:
    ran = run(folder, "access", "check", str(other))
    assert (ran.code, ran.out) == (0, f"{other}: fine, 14 agencies\n")
    assert not folder.exists()


def test_documents_of_ones_own_bring_a_table_of_ones_own_or_none(
    folder: Path, tmp_path: Path
) -> None:
    policies = tmp_path / "policies"
    policies.mkdir()
    own = {"ZONELEDGER_POLICIES": str(policies)}
    run(folder, "import", "units", UNITS, **own)
    assert run(folder, "log", "--json", **own).out == "[\n]\n"
    (policies / "access.yaml").write_text(OTHER, "utf-8")
    assert "urn:example:most" in run(folder, "access", "show", "--json", **own).out
    assert adoptions(folder)[0] == "evaluation"


# By TLS.


def test_a_folder_that_is_served_by_tls_is_reached_with_the_certificate_of_the_operator(
    folder: Path, tmp_path: Path
) -> None:
    make_keys(tmp_path / "keys", ["evaluation", "operator"])
    operator = {"ZONELEDGER_TLS": str(tmp_path / "keys" / "operator")}
    server = {"ZONELEDGER_TLS": str(tmp_path / "keys" / "evaluation")}
    with served(folder, "0.0.0.0:0", **server) as who:
        assert who.address.startswith("localhost:")
        ran = run(folder, "import", "units", UNITS, **operator)
        assert (ran.code, ran.out) == (0, "units: 61 recorded, 0 unchanged\n")
        ran = run(folder, "units")
        assert ran.code == 2
        assert f"{folder} is served by TLS at {who.address}: let ZONELEDGER_TLS" in ran.err
    assert adoptions(folder) == ["evaluation", "incentive", "financing"]


def test_keys_that_do_not_belong_together_serve_nobody(folder: Path, tmp_path: Path) -> None:
    make_keys(tmp_path / "keys", ["evaluation", "operator"])
    whole, foreign = tmp_path / "keys" / "evaluation", tmp_path / "keys" / "operator"
    (whole / "key.pem").write_bytes((foreign / "key.pem").read_bytes())
    ran = run(folder, "serve", "--address", "127.0.0.1:0", "--tls", str(whole))
    assert ran.code == 2
    assert "key.pem is not the key of cert.pem" in ran.err


def test_development_keys_come_for_every_agency_of_the_table(folder: Path, tmp_path: Path) -> None:
    keys = tmp_path / "keys"
    ran = run(folder, "keys", "dev", str(keys))
    assert ran.code == 0
    assert ran.out.startswith(f"{keys}: keys made for evaluation, incentive, financing, operator, ")
    agencies = {each["agency_id"] for each in told(folder, "access", "show")["agencies"]}
    assert {file.parent.name for file in keys.glob("*/key.pem")} == agencies
    assert run(folder, "keys", "dev", str(keys)).out == f"{keys}: all keys are there\n"


# The access log.


def test_agencies_get_what_the_table_gives_them_and_each_call_is_a_line(
    folder: Path, tmp_path: Path
) -> None:
    keys = tmp_path / "keys"
    assert run(folder, "keys", "dev", str(keys)).code == 0
    assert run(folder, "import", "units", UNITS).code == 0
    with served(folder, "127.0.0.1:0", ZONELEDGER_TLS=str(keys / "operator")) as who:
        everywhere = who.address

        def ask(agency: str, *words: str) -> Ran:
            return run_at(everywhere, *words, ZONELEDGER_TLS=str(keys / agency))

        assert ask("most", "units", "--unit", "huangshi", "--json").out.count("unit_id") == 1
        assert ask("huangshi", "units", "--json").out.count('"unit_id"') == 1
        ran = ask("huangshi", "units", "--unit", "xiangtan")
        assert (ran.code, "no unit is called" in ran.err) == (2, True)
        with tls.channel(everywhere, keys / "huangshi") as channel:
            foreign = ListUnitsRequest(parent="units/xiangtan")
            with pytest.raises(grpc.RpcError, match="may not ask"):
                EvaluationServiceStub(channel).ListUnits(foreign)
        ran = ask("most", "import", "units", UNITS)
        assert (ran.code, "may not call" in ran.err) == (2, True)
        assert ask("audit", "audit").code == 0
        assert ask("public", "log").code == 2
    lines = told(folder, "access", "log", "--agency", "huangshi")
    asked = [line for line in lines if line["method"].endswith("/ListUnits")]
    assert [(line["units"], line["rows"], line["code"]) for line in asked] == [
        ([], 1, "OK"),
        (["xiangtan"], 0, "PERMISSION_DENIED"),
    ]
    assert {line["name"] for line in lines} == {"urn:zoneledger:huangshi"}


def test_what_a_stranger_asked_is_a_line_without_an_agency(folder: Path, tmp_path: Path) -> None:
    keys = tmp_path / "keys"
    make_keys(keys, ["operator"], {"stranger": ["urn:example:stranger"]})
    assert run(folder, "import", "units", UNITS).code == 0
    with served(folder, "127.0.0.1:0", ZONELEDGER_TLS=str(keys / "operator")) as who:
        ran = run_at(who.address, "units", ZONELEDGER_TLS=str(keys / "stranger"))
        assert (ran.code, "knows none of the names" in ran.err) == (2, True)
    lines = told(folder, "access", "log")
    assert {(line["agency"], line["name"], line["code"]) for line in lines} == {
        ("", "urn:example:stranger", "UNAUTHENTICATED")
    }


def test_a_certificate_that_the_table_drops_is_refused_at_once(
    folder: Path, tmp_path: Path, other: Path
) -> None:
    keys = tmp_path / "keys"
    assert run(folder, "keys", "dev", str(keys)).code == 0
    operator = {"ZONELEDGER_TLS": str(keys / "operator")}
    with served(folder, "127.0.0.1:0", **operator) as who:
        assert run_at(who.address, "units", ZONELEDGER_TLS=str(keys / "most")).code == 0
        assert run_at(who.address, "access", "adopt", str(other), **operator).code == 0
        ran = run_at(who.address, "units", ZONELEDGER_TLS=str(keys / "most"))
        assert (ran.code, "knows none of the names" in ran.err) == (2, True)


def test_an_empty_access_log_is_said_to_be_empty(folder: Path) -> None:
    ran = run(folder, "access", "log")
    assert (ran.code, ran.out) == (0, f"Access log 访问日志: none in {folder / 'access'} 无\n")
    assert told(folder, "access", "log") == []

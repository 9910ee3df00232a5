"""An agency installs the contract and nothing else of ours, and can call us."""

import subprocess
import sys
import tomllib
from collections.abc import Iterator
from importlib.metadata import distribution
from pathlib import Path
from shutil import copytree
from zipfile import ZipFile

import pytest
from packaging.requirements import Requirement

ROOT = Path(__file__).parents[2]
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]
PROTOS = {str(file.relative_to(ROOT / "protos")) for file in (ROOT / "protos").rglob("*.proto")}
PIP = [sys.executable, "-m", "pip", "--quiet", "--disable-pip-version-check", "--no-input"]
# Types of libraries that have none of their own; whoever checks types installs them too.
TYPES = ("types-grpcio", "types-protobuf")

CLIENT = """
import grpc

from zoneledger.evaluation.v1.service_pb2 import ListRatingsRequest
from zoneledger.evaluation.v1.service_pb2_grpc import EvaluationServiceStub
from zoneledger.ledger.v1.event_service_pb2 import WatchEventsRequest
from zoneledger.ledger.v1.event_service_pb2_grpc import EventServiceStub

def ask(channel: grpc.Channel) -> list[int]:
    asked = ListRatingsRequest(parent="units/huangshi", round=2020)
    listed = EvaluationServiceStub(channel).ListRatings(asked, timeout=1)
    watched = EventServiceStub(channel).WatchEvents(WatchEventsRequest(), timeout=1)
    return [listed.reading.position, *(each.position for each in watched)]
"""
MISTAKE = CLIENT.replace("(asked, timeout=1)", "(WatchEventsRequest(), timeout=1)")


def built(source: Path, folder: Path) -> Path:
    """The wheel of the distribution in `source`, which is not touched."""
    command = [*PIP, "wheel", "--no-build-isolation", "--no-deps", "--wheel-dir", str(folder)]
    subprocess.run([*command, str(source)], check=True)
    [wheel] = folder.glob("*.whl")
    return wheel


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The contract's wheel."""
    folder = tmp_path_factory.mktemp("contract")
    return built(copytree(ROOT / "generated", folder / "source"), folder / "dist")


@pytest.fixture(scope="module")
def agency(wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The Python of an agency that has installed the contract and what it depends on."""
    folder = tmp_path_factory.mktemp("agency")
    subprocess.run([sys.executable, "-m", "venv", "--without-pip", str(folder)], check=True)
    python = folder / "bin" / "python"
    [packages] = folder.glob("lib/python*/site-packages")
    for name in sorted({*closure("zoneledger-contract"), *TYPES}):
        copied(name, packages)
    install = ["--python", str(python), "install", "--no-index", str(wheel)]
    subprocess.run([*PIP, *install], check=True)  # It fails where a dependency is missing.
    return python


def closure(name: str) -> Iterator[str]:
    """What a distribution depends on, and what that depends on, as installed here."""
    for text in distribution(name).requires or ():
        needed = Requirement(text)
        if needed.marker is None or needed.marker.evaluate({"extra": ""}):
            yield needed.name
            yield from closure(needed.name)


def copied(name: str, packages: Path) -> None:
    """Install a distribution offline, by its own list of its files."""
    for file in distribution(name).files or ():
        if ".." not in file.parts and file.suffix != ".pyc":
            target = packages / file
            target.parent.mkdir(parents=True, exist_ok=True)
            target.symlink_to(str(file.locate()))


def run(python: Path, code: str) -> str:
    """What `code` prints there."""
    command = [str(python), "-I", "-W", "error", "-c", code]
    return subprocess.run(command, check=True, capture_output=True, text=True).stdout


def checked(python: Path, code: str, folder: Path) -> subprocess.CompletedProcess[str]:
    """What mypy says of `code`, with the types that are installed there."""
    (folder / "client.py").write_text(code, "utf-8")
    command = [sys.executable, "-m", "mypy", "--strict", "--config-file=", "client.py"]
    return subprocess.run(
        [*command, f"--python-executable={python}"],
        cwd=folder,
        check=False,
        capture_output=True,
        text=True,
    )


def test_it_holds_code_types_and_sources_of_every_file_of_the_contract(wheel: Path) -> None:
    held = {name for name in ZipFile(wheel).namelist() if name.startswith("zoneledger/")}
    bases = [proto.removesuffix(".proto") for proto in PROTOS]
    endings = (".proto", "_pb2.py", "_pb2.pyi", "_pb2_grpc.py", "_pb2_grpc.pyi")
    typed = {f"{Path(proto).parent}/py.typed" for proto in PROTOS}
    assert held == {base + ending for base in bases for ending in endings} | typed


def test_it_is_named_for_the_version_of_the_program(wheel: Path) -> None:
    assert wheel.name == f"zoneledger_contract-{PROJECT['version']}-py3-none-any.whl"
    assert f"zoneledger-contract=={PROJECT['version']}" in PROJECT["dependencies"]


def test_it_needs_grpc_protobuf_and_the_details_of_errors_only(agency: Path) -> None:
    said = "from importlib.metadata import requires; print(*requires('zoneledger-contract'))"
    named = {Requirement(text).name for text in run(agency, said).split()}
    assert named == {"googleapis-common-protos", "grpcio", "protobuf"}


def test_every_file_of_it_can_be_imported_where_nothing_else_of_ours_is(agency: Path) -> None:
    modules = [
        f"{proto.removesuffix('.proto').replace('/', '.')}_pb2{ending}"
        for proto in PROTOS
        for ending in ("", "_grpc")
    ]
    run(agency, "\n".join(f"import {module}" for module in modules))
    run(agency, "import importlib.util as util; assert util.find_spec('services') is None")


def test_a_client_that_is_right_passes_the_type_checker_and_one_that_is_not_does_not(
    agency: Path, tmp_path: Path
) -> None:
    right = checked(agency, CLIENT, tmp_path)
    assert right.returncode == 0, right.stdout
    wrong = checked(agency, MISTAKE, tmp_path)
    assert 'incompatible type "WatchEventsRequest"; expected "ListRatingsRequest"' in wrong.stdout


def test_program_and_contract_have_no_file_in_common(wheel: Path, tmp_path: Path) -> None:
    source = tmp_path / "source"
    for name in ("examples", "policies", "services"):
        copytree(ROOT / name, source / name)
    for name in ("LICENSE", "README.md", "pyproject.toml"):
        (source / name).write_bytes((ROOT / name).read_bytes())
    program = built(source, tmp_path / "dist")
    assert not {*ZipFile(program).namelist()} & {*ZipFile(wheel).namelist()}
    assert any(name.startswith("services/") for name in ZipFile(program).namelist())

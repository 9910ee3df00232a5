"""An agency installs the contract and nothing else of ours, and can call us."""

import subprocess
import sys
import tomllib
from pathlib import Path
from shutil import copytree
from zipfile import ZipFile

from packaging.requirements import Requirement

from tests.contract.conftest import ROOT, built

PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]
PROTOS = {str(file.relative_to(ROOT / "protos")) for file in (ROOT / "protos").rglob("*.proto")}

EXAMPLE = (ROOT / "examples" / "clients" / "python" / "agency.py").read_text("utf-8")
MISTAKE = EXAMPLE.replace("evaluation.ListRatings(request", "evaluation.ListUnits(request")


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
    right = checked(agency, EXAMPLE, tmp_path)
    assert right.returncode == 0, right.stdout
    wrong = checked(agency, MISTAKE, tmp_path)
    assert 'incompatible type "ListRatingsRequest"; expected "ListUnitsRequest"' in wrong.stdout


def test_program_and_contract_have_no_file_in_common(wheel: Path, tmp_path: Path) -> None:
    source = tmp_path / "source"
    for name in ("examples", "policies", "services"):
        copytree(ROOT / name, source / name)
    for name in ("LICENSE", "README.md", "pyproject.toml"):
        (source / name).write_bytes((ROOT / name).read_bytes())
    program = built(source, tmp_path / "dist")
    assert not {*ZipFile(program).namelist()} & {*ZipFile(wheel).namelist()}
    assert any(name.startswith("services/") for name in ZipFile(program).namelist())

"""An agency's machine: the contract and what it depends on, and nothing else of ours."""

import subprocess
import sys
from collections.abc import Iterator
from importlib.metadata import distribution
from pathlib import Path
from shutil import copytree

import pytest
from packaging.requirements import Requirement

ROOT = Path(__file__).parents[2]
PIP = [sys.executable, "-m", "pip", "--quiet", "--disable-pip-version-check", "--no-input"]
# Types of libraries that have none of their own; whoever checks types installs them too.
TYPES = ("types-grpcio", "types-protobuf")


def built(source: Path, folder: Path) -> Path:
    """The wheel of the distribution in `source`, which is not touched."""
    command = [*PIP, "wheel", "--no-build-isolation", "--no-deps", "--wheel-dir", str(folder)]
    subprocess.run([*command, str(source)], check=True)
    [wheel] = folder.glob("*.whl")
    return wheel


@pytest.fixture(scope="session")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The contract's wheel."""
    folder = tmp_path_factory.mktemp("contract")
    return built(copytree(ROOT / "generated", folder / "source"), folder / "dist")


@pytest.fixture(scope="session")
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

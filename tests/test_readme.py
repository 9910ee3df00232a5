"""What the README shows is what the program prints."""

import re
import shlex
import subprocess
import sys
from fnmatch import fnmatchcase
from itertools import groupby
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
COMMAND = [sys.executable, "-c", "from services.cli.main import main; main()"]


def sessions() -> list[list[tuple[str, list[str]]]]:
    """Each console block as its commands and what they show."""
    blocks = re.findall(r"```console\n(.*?)```", (ROOT / "README.md").read_text("utf-8"), re.DOTALL)
    return [_session(block.splitlines()) for block in blocks]


def _session(lines: list[str]) -> list[tuple[str, list[str]]]:
    shown: list[tuple[str, list[str]]] = []
    for is_command, group in groupby(lines, lambda line: line.startswith("$ ")):
        if is_command:
            shown += [(line.removeprefix("$ zoneledger "), []) for line in group]
        else:
            shown[-1][1].extend(group)
    return shown


@pytest.mark.parametrize("session", sessions(), ids=lambda session: session[-1][0])
def test_what_the_readme_shows_is_what_is_printed(
    session: list[tuple[str, list[str]]], tmp_path: Path
) -> None:
    (tmp_path / "examples").symlink_to(ROOT / "examples")
    for command, shown in session:
        run = subprocess.run(
            [*COMMAND, *shlex.split(command)],
            cwd=tmp_path,
            capture_output=True,
            text=True,
            encoding="utf-8",
            check=True,
        )
        printed = "\n".join(line.rstrip() for line in run.stdout.strip().splitlines())
        assert fnmatchcase(printed, _pattern(shown)), printed


def _pattern(shown: list[str]) -> str:
    literal = [re.sub(r"([\[*?])", r"[\1]", line.rstrip()) for line in shown]
    return "\n".join("*" if line == "..." else line for line in literal).replace("*\n", "*")

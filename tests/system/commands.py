"""Runs the command line as a user does: another process, its exit code, what it prints."""

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from time import monotonic, sleep
from typing import Any, NamedTuple

from services.runtime.folder import Holder, holder

ROOT = Path(__file__).parents[2]
EXAMPLE = ROOT / "examples" / "2020"
COMMAND = [sys.executable, "-c", "from services.cli.main import main; main()"]


class Ran(NamedTuple):
    """How a command ended."""

    code: int
    out: str
    err: str


def run(folder: Path, *words: str, **environment: str) -> Ran:
    """Run one command on a data folder."""
    return _run(["--data", str(folder), *words], environment)


def run_at(address: str, *words: str, **environment: str) -> Ran:
    """Run one command on services that all answer at one address."""
    return _run(["--server", address, *words], environment)


def _run(words: list[str], environment: dict[str, str]) -> Ran:
    done = subprocess.run(
        [*COMMAND, *words],
        capture_output=True,
        text=True,
        encoding="utf-8",
        env={**os.environ, **environment},
        timeout=120,
        check=False,
    )
    return Ran(done.returncode, done.stdout, done.stderr)


def told(folder: Path, *words: str) -> Any:
    """What a command tells machines."""
    ran = run(folder, *words, "--json")
    assert ran.code == 0, ran.err
    return json.loads(ran.out)


def import_2020(folder: Path) -> None:
    """The example goes in."""
    for table in ("units", "ratings", "honours"):
        ran = run(folder, "import", table, str(EXAMPLE / f"{table}.csv"))
        assert ran.code == 0, ran.err


@contextmanager
def served(folder: Path, **environment: str) -> Iterator[tuple[subprocess.Popen[str], Holder]]:
    """A process that serves the folder; killed at the end if it is still there."""
    words = ["--data", str(folder), "serve", "--address", "127.0.0.1:0"]
    environment = {**os.environ, **environment}
    process = subprocess.Popen(
        [*COMMAND, *words], stdout=subprocess.PIPE, text=True, env=environment
    )
    try:
        yield process, announced(folder, process)
    finally:
        process.kill()
        process.communicate()


def announced(folder: Path, process: subprocess.Popen[Any]) -> Holder:
    """Who serves the folder, as soon as it is served."""
    deadline = monotonic() + 60
    while monotonic() < deadline and process.poll() is None:
        who = holder(folder)
        if who is not None and who.address:
            return who
        sleep(0.01)
    raise AssertionError("the folder is not served")

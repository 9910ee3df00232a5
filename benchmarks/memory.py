"""The memory of an audit of a long log, in a process of its own."""

import asyncio
import resource
import subprocess
import sys
from pathlib import Path

from benchmarks import story
from benchmarks.figure import Figure
from benchmarks.logs import handle
from services.runtime.audit import audit
from services.runtime.handler import Handler
from services.runtime.service import load
from services.runtime.store.sqlite import SqliteStore

_LIMIT_MB = 1_000.0


def measure(path: Path, decisions: int) -> Figure:
    """The most memory that the audit of so many decisions held at any time."""
    asyncio.run(_write(path, decisions))
    run = subprocess.run(
        [sys.executable, "-m", "benchmarks.memory", str(path)],
        check=True,
        capture_output=True,
        text=True,
    )
    used = float(run.stdout)
    name = f"memory of auditing {decisions:,}"
    return Figure(name, "MB", used, _LIMIT_MB, round(used / _LIMIT_MB, 3), 1.0, at_most=True)


async def _write(path: Path, decisions: int) -> None:
    store = SqliteStore(path)
    years = 9
    await handle(Handler(load("evaluation"), store), story.history(decisions // (years + 1), years))
    await store.close()


async def _audit(path: Path) -> None:
    store = SqliteStore(path, read_only=True)
    report = await audit(load("evaluation"), store)
    assert not report.findings, report.findings[0]
    await store.close()


if __name__ == "__main__":
    asyncio.run(_audit(Path(sys.argv[1])))
    print(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1_000)

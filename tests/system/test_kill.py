"""Kill -9 at any moment loses nothing that was acknowledged and does nothing twice."""

import logging
import os
import random
import subprocess
import sys
from collections import Counter
from collections.abc import AsyncIterator, Iterable, Iterator, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from itertools import pairwise
from pathlib import Path
from signal import SIGKILL
from threading import Timer
from typing import NamedTuple

from google.protobuf.message import Message

from services.kernel.decision import events_of
from services.runtime.embedded import serving
from services.runtime.folder import held, log_file
from services.runtime.service import SERVICES, load
from services.runtime.store.sqlite import SqliteStore
from tests.asynchronous import asynchronous
from tests.runtime.logs import check_whole, decoded
from tests.runtime.story import EARNED_BY_EXCELLENT
from tests.system.effects import check_answers, recorded
from zoneledger.ledger.v1.decision_pb2 import Decision

KILLS = int(os.environ.get("ZONELEDGER_KILLS", "20"))

# What the writer has said when its end is near, and how near it is: while it starts, while it
# catches up with what an earlier one left, while it works.
_ENDS = [("", 0.6), ("serving", 0.05), ("excellent", 0.6)]


class Logs(NamedTuple):
    """What the three logs of a folder hold."""

    evaluation: Sequence[Decision]
    incentive: Sequence[Decision]
    financing: Sequence[Decision]


def test_a_killed_process_leaves_a_folder_that_goes_on_where_it_was(tmp_path: Path) -> None:
    seed = random.randrange(2**32)
    logging.getLogger(__name__).info("seed %d", seed)  # Shown when the test fails.
    dice = random.Random(seed)
    acknowledged: set[str] = set()
    for run in range(KILLS):
        said, longest = _ENDS[2] if run == 0 else dice.choice(_ENDS)
        life = dice.uniform(0, longest)
        acknowledged |= _publish_until_killed(tmp_path, f"{seed}-{run}", said, life)
        if dice.random() < 0.5:  # Else the next writer finds what this one left undone.
            _check(tmp_path, acknowledged)
    _check(tmp_path, acknowledged)


def _publish_until_killed(folder: Path, run: str, said: str, life_seconds: float) -> set[str]:
    """What the writer was told before it was killed, `life_seconds` after it had `said` this."""
    with subprocess.Popen(
        [sys.executable, "-m", "tests.system.writer", str(folder), run],
        stdout=subprocess.PIPE,
        text=True,
        cwd=Path(__file__).parents[2],
    ) as process:
        assert process.stdout is not None
        lines = [] if not said else list(_until(said, process.stdout))
        timer = Timer(life_seconds, process.kill)
        timer.start()
        lines += process.stdout.read().splitlines()
        timer.join()
    assert process.returncode == -SIGKILL, "the writer ended by itself"
    return set(lines) - {"serving"}


def _until(said: str, lines: Iterable[str]) -> Iterator[str]:
    for line in map(str.strip, lines):
        yield line
        if line.endswith(said):
            return


@asynchronous
async def _check(folder: Path, acknowledged: set[str]) -> None:
    async with _logs(folder) as before:
        told = acknowledged - set(recorded(before.evaluation))
        assert not told, f"acknowledged and lost: {sorted(told)[:5]}"
    async with serving(folder, "test", "127.0.0.1:0"):
        pass
    async with _logs(folder) as after:
        assert list(after.evaluation) == list(before.evaluation)
        assert list(after.incentive[: len(before.incentive)]) == list(before.incentive)
        assert list(after.financing[: len(before.financing)]) == list(before.financing)
        for answers in (after.incentive, after.financing):
            check_answers(after.evaluation, answers)
        _check_entitlements(after)


@asynccontextmanager
async def _logs(folder: Path) -> AsyncIterator[Logs]:
    """The logs as they lie there, each of them whole."""
    async with AsyncExitStack() as stack:
        stack.enter_context(held(folder, "test"))
        decisions = []
        for name in SERVICES:
            store = SqliteStore(log_file(folder, name))
            stack.push_async_callback(store.close)
            decisions.append(decoded(await check_whole(store)))
            assert await store.parked() == []
        yield Logs(*decisions)


def _check_entitlements(logs: Logs) -> None:
    """Every unit stands as its last grade has it, and got there without doing a thing twice."""
    granted, withdrawn = _granted_and_withdrawn(_events("incentive", logs.incentive))
    tilted, untilted = _granted_and_withdrawn(_events("financing", logs.financing))
    for unit_id, grades in _grades(logs.evaluation).items():
        rises = sum(grade == "excellent" for grade in grades)
        falls = sum(pair == ("excellent", "good") for pair in pairwise(grades))
        assert granted.pop(unit_id, 0) == rises * EARNED_BY_EXCELLENT, unit_id
        assert withdrawn.pop(unit_id, 0) == falls * EARNED_BY_EXCELLENT, unit_id
        assert tilted.pop(unit_id, 0) == rises, unit_id
        assert untilted.pop(unit_id, 0) == falls, unit_id
    assert not granted + withdrawn + tilted + untilted, "granted to units that were never rated"


def _granted_and_withdrawn(events: Iterable[Message]) -> tuple[Counter[str], Counter[str]]:
    """How many grants and how many withdrawals each unit had."""
    granted: Counter[str] = Counter()
    withdrawn: Counter[str] = Counter()
    for event in events:
        fields = {field.name: value for field, value in event.ListFields()}
        if event.DESCRIPTOR.name.endswith("Withdrawn"):
            withdrawn[fields.get("withdrawal", event).unit_id] += 1
        elif subject := fields.get("entitlement", fields.get("tilt")):
            granted[subject.unit_id] += 1
    return granted, withdrawn


def _grades(decisions: Sequence[Decision]) -> dict[str, list[str]]:
    """The grades of each unit, in the order of the log."""
    grades: dict[str, list[str]] = {}
    for unit_id, said in map(str.split, recorded(decisions)):
        if said != "register":
            grades.setdefault(unit_id, []).append(said)
    return grades


def _events(service: str, decisions: Sequence[Decision]) -> list[Message]:
    known = load(service).events
    return [event for decision in decisions for event in events_of(decision, known)]

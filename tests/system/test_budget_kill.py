"""Kill -9 while a pool is paid out: what was acknowledged is paid once, and the sums hold."""

import random
import subprocess
import sys
from pathlib import Path
from signal import SIGKILL
from threading import Timer

from services.cli import auditing
from tests.asynchronous import asynchronous
from tests.incentive.budget.story import ZONES
from tests.surface.served import served
from zoneledger.incentive.v1 import budget_service_pb2 as messages

KILLS = 3


def test_a_killed_process_pays_nothing_twice_and_loses_no_payment(tmp_path: Path) -> None:
    acknowledged: set[str] = set()
    for run in range(KILLS):
        acknowledged |= _pay_until_killed(tmp_path, f"run-{run}", random.uniform(0.1, 0.6))
        _check(tmp_path, acknowledged)
    assert acknowledged
    assert auditing.verdict(auditing.run(tmp_path)) == 0


def _pay_until_killed(folder: Path, run: str, life_seconds: float) -> set[str]:
    """The payments that the writer was told of, killed so long after it began to pay."""
    with subprocess.Popen(
        [sys.executable, "-m", "tests.system.budget_writer", str(folder), run],
        stdout=subprocess.PIPE,
        text=True,
        cwd=Path(__file__).parents[2],
    ) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == "serving\n"
        timer = Timer(life_seconds, process.kill)
        timer.start()
        paid = process.stdout.read().splitlines()
        timer.join()
    assert process.returncode == -SIGKILL, "the writer ended by itself"
    return set(paid)


@asynchronous
async def _check(folder: Path, acknowledged: set[str]) -> None:
    async with served(folder) as on:
        name = f"units/xiangtan/allocationLines/2022.{ZONES}.park-road"
        request = messages.GetAllocationLineRequest(name=name)
        line = (await on.budget.GetAllocationLine(request)).allocation_line
        paid = [each.payment_id for each in line.payments]
        assert len(paid) == len(set(paid)) == line.sums.paid
        assert acknowledged <= set(paid)
        pool = messages.GetPoolRequest(name=f"pools/2022.{ZONES}")
        assert (await on.budget.GetPool(pool)).pool.sums.paid == line.sums.paid

"""Pays one fen after the other out of a pool on a folder, and says each when it is acknowledged.

`python -m tests.system.budget_writer FOLDER RUN` goes on until it is killed; a first run opens the
pool, divides it and grants a line.
"""

import asyncio
import os
import sys
from pathlib import Path

import grpc.aio

from tests.incentive.budget.story import GRANT, PAY, ZONES
from tests.spec import but
from tests.surface.served import Client, served
from tests.surface.test_budget import decide, prepare
from zoneledger.incentive.v1 import budget_service_pb2 as messages


async def main(folder: Path, run: str) -> None:
    async with served(folder) as on:
        amount = await _granted(on)
        _say("serving")
        for number in range(amount):
            payment = but(PAY, payment_id=f"{run}-{number}", amount=1)
            await on.budget.PayLine(messages.PayLineRequest(payment=payment))
            _say(payment.payment_id)


async def _granted(on: Client) -> int:
    """What is granted to a line of the pool, which is prepared where it is not there."""
    name = f"units/xiangtan/allocationLines/2022.{ZONES}.park-road"
    request = messages.GetAllocationLineRequest(name=name)
    try:
        line = (await on.budget.GetAllocationLine(request)).allocation_line
    except grpc.aio.AioRpcError:
        await prepare(on)
        await decide(on)
        line = (await on.budget.GetAllocationLine(request)).allocation_line
    grant = but(GRANT, amount=line.line.amount)
    await on.budget.GrantLine(messages.GrantLineRequest(grant=grant))
    return int(line.line.amount)


def _say(line: str) -> None:
    os.write(sys.stdout.fileno(), f"{line}\n".encode())


if __name__ == "__main__":
    asyncio.run(main(Path(sys.argv[1]), sys.argv[2]))

"""Serves a folder and publishes ratings through gRPC until it is killed.

    python -m tests.system.writer FOLDER RUN

Each line on stdout is one acknowledged request, `UNIT register|excellent|good`, written in one
piece before the next request is made. RUN is part of each unit's name, so runs do not meet. The
line `serving` comes first: from then on the folder is served, and what earlier runs left is done.
"""

import asyncio
import os
import sys
from itertools import count
from pathlib import Path
from typing import TYPE_CHECKING

import grpc.aio

from services.runtime.embedded import serving
from tests.runtime.story import ADOPT_NOTICE, EXCELLENT, GOOD, NOTICE_ID, rating, unit
from zoneledger.evaluation.v1 import service_pb2 as messages
from zoneledger.evaluation.v1.commands_pb2 import CorrectRating
from zoneledger.evaluation.v1.service_pb2_grpc import EvaluationServiceStub

if TYPE_CHECKING:
    from zoneledger.evaluation.v1.service_pb2_grpc import EvaluationServiceAsyncStub

_CALLERS = 4
_GRADES = {"excellent": EXCELLENT, "good": GOOD}


async def main(folder: Path, run: str) -> None:
    async with (
        serving(folder, "tests.system.writer", "127.0.0.1:0") as (address, _),
        grpc.aio.insecure_channel(address) as channel,
    ):
        evaluation: EvaluationServiceAsyncStub = EvaluationServiceStub(channel)
        _say("serving")
        await evaluation.AdoptPolicies(messages.AdoptPoliciesRequest(policies=[ADOPT_NOTICE]))
        await asyncio.gather(*(_publish(evaluation, f"{run}-{n}") for n in range(_CALLERS)))


async def _publish(evaluation: "EvaluationServiceAsyncStub", caller: str) -> None:
    """Unit after unit: registered and rated, each second one corrected, each fourth one twice."""
    for number in count():
        name = f"unit-{caller}-{number}"
        await evaluation.RegisterUnits(messages.RegisterUnitsRequest(units=[unit(name)]))
        _say(f"{name} register")
        await evaluation.PublishRatings(messages.PublishRatingsRequest(ratings=[rating(name)]))
        _say(f"{name} excellent")
        for grade in ["good", "excellent"][: {1: 1, 3: 2}.get(number % 4, 0)]:
            correction = CorrectRating(
                rating=rating(name, _GRADES[grade]),
                corrected_on="2021-07-01",
                document=NOTICE_ID,
                reason="a figure was misread",
            )
            await evaluation.CorrectRating(messages.CorrectRatingRequest(correction=correction))
            _say(f"{name} {grade}")


def _say(line: str) -> None:
    os.write(sys.stdout.fileno(), f"{line}\n".encode())


if __name__ == "__main__":
    asyncio.run(main(Path(sys.argv[1]), sys.argv[2]))

"""What a ministry is told by TLS does not depend on a grade that nobody told it."""

import asyncio
import re
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import grpc
import grpc.aio
import pytest

from services.runtime.embedded import serving
from services.runtime.keys import make_keys
from services.runtime.service import SERVICES
from tests.asynchronous import asynchronous
from tests.runtime.story import EXCELLENT, GOOD, correct, rating
from tests.surface.served import OF_ITS_OWN, Client, begin, client, publish, register
from tests.tables import ADOPT_SHIPPED
from zoneledger.evaluation.v1 import service_pb2 as evaluation
from zoneledger.evaluation.v1.events_pb2 import Grade
from zoneledger.ledger.v1.event_service_pb2 import WatchEventsRequest
from zoneledger.ledger.v1.visibility_pb2 import Visibility

GRADES = (EXCELLENT, GOOD, Grade.GRADE_POOR)
DECISION = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")
CHANCE = ("recordedtime", "traceparent")


@asynccontextmanager
async def dialled(address: str, keys: Path) -> AsyncIterator[Client]:
    """A client that shows the certificate in a folder."""
    ca, certificate, key = ((keys / f"{name}.pem").read_bytes() for name in ("ca", "cert", "key"))
    shown = grpc.ssl_channel_credentials(ca, key, certificate)
    async with grpc.aio.secure_channel(address, shown, options=OF_ITS_OWN) as channel:
        yield client(channel)


async def told_of(on: Client, service: str) -> list[dict[str, str]]:
    """What each event of a service says, but what differs between any two logs."""
    told = []
    call = on.events.WatchEvents(WatchEventsRequest(service=service, heartbeat_seconds=1))
    async for response in call:
        if not response.events:
            break
        for event in response.events:
            said = {"id": event.id, "type": event.type, "position": str(response.position)}
            said |= {key: value.ce_string for key, value in event.attributes.items()}
            told.append({k: DECISION.sub("", v) for k, v in said.items() if k not in CHANCE})
    call.cancel()
    return told


@pytest.mark.parametrize("published", [EXCELLENT, GOOD])
@asynchronous
async def test_no_number_of_an_event_tells_a_grade_that_was_never_told(
    published: Grade.ValueType, tmp_path: Path
) -> None:
    make_keys(tmp_path, ["evaluation", "operator", "most"])
    told = []
    for grade in GRADES:
        folder = tmp_path / Grade.Name(grade)
        async with (
            serving(folder, "test", "localhost:0", tmp_path / "evaluation") as (at, _),
            dialled(at, tmp_path / "operator") as operator,
            dialled(at, tmp_path / "most") as ministry,
        ):
            await begin(operator)
            await operator.evaluation.AdoptAccessTable(
                evaluation.AdoptAccessTableRequest(table=ADOPT_SHIPPED)
            )
            await register(operator, ["xiangtan"])
            within = rating("xiangtan", grade)
            within.visibility = Visibility.VISIBILITY_INTERNAL
            await publish(operator, within)
            correction = evaluation.CorrectRatingRequest(correction=correct("xiangtan", published))
            await operator.evaluation.CorrectRating(correction)
            told.append(await asyncio.gather(*(told_of(ministry, each) for each in SERVICES)))
    assert all(told[0])
    assert told == [told[0]] * len(GRADES)

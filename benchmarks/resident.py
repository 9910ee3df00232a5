"""The memory of the processes of incentive while its log holds a million events."""

import asyncio
import os
import time
from collections.abc import Iterator
from itertools import islice
from pathlib import Path

import grpc
import psycopg

from benchmarks import story
from benchmarks.carrying import PARTITIONS, beside, fill, heard, process, relayed_rate, told
from benchmarks.figure import Figure
from benchmarks.servers import Servers, as_service, prepared
from services.incentive.reactions import react
from services.kernel.adoption import ADOPTION, STREAM
from services.runtime.bus.envelope import topic_of
from services.runtime.handler import Handler, request
from services.runtime.relay import Route
from services.runtime.service import load
from services.runtime.store.postgres import PostgresStore
from services.runtime.topics import make_topics
from tests.servers import accepts
from tests.system.commands import COMMAND
from zoneledger.evaluation.v1.events_pb2 import (
    BeneficiaryClass,
    ZoneRatedExcellent,
    ZoneRatedGood,
)
from zoneledger.incentive.v1.service_pb2 import ListEntitlementsRequest
from zoneledger.incentive.v1.service_pb2_grpc import IncentiveServiceStub

_LIMIT_MB = 200.0
_YEARS = 7
_EVENTS_PER_RATING = 3.5  # Six of an excellent rating, one of a good one.
_HEARD = 20_000
_PAUSE_SECONDS = 0.1
_SETTLE_SECONDS = 10.0


def measure(servers: Servers, events: int) -> list[Figure]:
    """What the worker holds after it caught up, and the api after it answered for one unit."""
    database, prefix = prepared(servers.admin), f"bench{os.getpid()}-resident"
    size = asyncio.run(fill(database, _HEARD // (1 + _YEARS), _YEARS))
    topic = topic_of("evaluation", prefix)
    make_topics(servers.brokers, [topic, topic_of("incentive", prefix)], PARTITIONS, 1)
    own = as_service(database, "evaluation")
    relayed_rate(Route(load("evaluation"), own, servers.brokers, topic), size)
    asyncio.run(fill_incentive(as_service(database, "incentive"), events))
    environments = told(servers, database, prefix)
    own_environment = environments["incentive"]
    with (
        psycopg.connect(database, autocommit=True) as db,
        process(environments["evaluation"], *COMMAND, "run", "evaluation", "api"),
        process(own_environment, *COMMAND, "run", "incentive", "worker") as worker,
        process(beside(own_environment), *COMMAND, "run", "incentive", "api") as api,
    ):
        _ask(own_environment["ZONELEDGER_LISTEN"])
        heard(db, size)
        time.sleep(_SETTLE_SECONDS)
        sizes = {"worker": _resident_mb(worker.pid), "api": _resident_mb(api.pid)}
    return [
        Figure(
            f"memory of {role}, {events:,} events",
            "MB",
            used,
            _LIMIT_MB,
            round(used / _LIMIT_MB, 3),
            1.0,
            at_most=True,
        )
        for role, used in sizes.items()
    ]


async def fill_incentive(conninfo: str, events: int) -> None:
    """Decide on so many ratings that the log holds that many events, a thousand in a commit."""
    store = PostgresStore(conninfo, "incentive")
    await store.open()
    handler = Handler(load("incentive"), store)
    await handler.handle([request(next(story.history(0, 0)), "operator")])
    state = handler.sitting(careful=True)
    policies = await state.state(ADOPTION, STREAM)
    ratings = int(events / _EVENTS_PER_RATING)
    commands = (
        command for event in _rated(ratings // _YEARS) for command in react(event, policies)
    )
    while batch := [request(each, "reaction") for each in islice(commands, 1_000)]:
        await handler.handle(batch)
    await store.close()
    with psycopg.connect(conninfo, autocommit=True) as db:  # As if all had been relayed.
        db.execute("INSERT INTO incentive.cursors SELECT 'relay', size FROM incentive.frontier")


def _rated(units: int) -> Iterator[ZoneRatedExcellent | ZoneRatedGood]:
    """Ratings of units that evaluation does not know: they do not meet those that are heard."""
    for year in range(2017, 2017 + _YEARS):
        for number in range(units):
            rating = story.publication(1_000_000 + number, year).rating
            kind = ZoneRatedExcellent if number % 2 else ZoneRatedGood
            yield kind(rating=rating, beneficiary_class=BeneficiaryClass.BENEFICIARY_CLASS_NATIONAL)


def _ask(address: str) -> None:
    """Let the api answer for one unit, which makes it read the whole log."""
    while not accepts(int(address.rpartition(":")[2])):
        time.sleep(_PAUSE_SECONDS)
    with grpc.insecure_channel(address) as channel:
        answer = IncentiveServiceStub(channel).ListEntitlements(
            ListEntitlementsRequest(parent="units/unit-1000001"), timeout=120
        )
        assert len({each.entitlement.round for each in answer.entitlements}) == _YEARS


def _resident_mb(pid: int) -> float:
    status = Path(f"/proc/{pid}/status").read_text("utf-8")
    [resident] = [line for line in status.splitlines() if line.startswith("VmRSS")]
    return int(resident.split()[1]) / 1_000

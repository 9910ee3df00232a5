"""Holds what followed against what was decided: nothing lost, nothing twice, each stream in order.

The logs are read through the stores, and the audit looks at them once more over gRPC.
"""

import asyncio
import json
import time
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from contextlib import AsyncExitStack

from google.protobuf.message import Message

from services.kernel.decision import event_id, events_of
from services.kernel.words import word
from services.runtime.reactor import notices
from services.runtime.service import SERVICES, load
from services.runtime.store import Row
from services.runtime.store.postgres import PostgresStore
from tests.runtime.logs import check_whole, decoded
from tests.system.stack import Stack
from zoneledger.evaluation.v1.events_pb2 import (
    Grade,
    RatingCorrected,
    UnitRegistered,
    ZoneRatedExcellent,
    ZoneRatedGood,
)
from zoneledger.ledger.v1.decision_pb2 import Decision

LISTENING = ("incentive", "financing")
PATIENCE_SECONDS = 90.0
_PAUSE_SECONDS = 0.1


def check_effects(
    stack: Stack, acknowledged: Iterable[str] = (), patience_seconds: float = PATIENCE_SECONDS
) -> Mapping[str, Sequence[Row]]:
    """The three logs, after everything was heard and all of it was found right."""
    logs = asyncio.run(_settled(stack, patience_seconds))
    evaluation = decoded(logs["evaluation"])
    lost = set(acknowledged) - set(recorded(evaluation))
    assert not lost, f"acknowledged and lost: {sorted(lost)[:5]}"
    for name in LISTENING:
        check_answers(evaluation, decoded(logs[name]))
        check_order(logs["evaluation"], decoded(logs[name]))
    audit = stack.run("audit", "--json")
    assert audit.returncode == 0, audit.stdout + audit.stderr
    assert json.loads(audit.stdout)["verdict"] == "same"
    return logs


def check_answers(decisions: Sequence[Decision], answers: Sequence[Decision]) -> None:
    """Every event that calls for an answer has exactly one."""
    calling = [
        event_id(decision.decision_id, index)
        for decision in decisions
        for index, packed in enumerate(decision.events)
        if not packed.type_url.endswith(".UnitRegistered")
    ]
    assert Counter(each.causation_id for each in answers) == Counter(calling)


def check_order(rows: Sequence[Row], answers: Sequence[Decision]) -> None:
    """The answers to each stream come in the order of the stream."""
    told = {notice.event_id: notice for notice in notices(rows)}
    heard: dict[str, int] = {}
    for answer in answers:
        cause = told[answer.causation_id]
        assert cause.version > heard.get(cause.stream, 0), f"{answer.decision_id} came too late"
        heard[cause.stream] = cause.version


def recorded(decisions: Sequence[Decision]) -> list[str]:
    """The log of evaluation in the words of those who publish."""
    known = load("evaluation").events
    events = [event for decision in decisions for event in events_of(decision, known)]
    return [words for event in events if (words := _words(event))]


def _words(event: Message) -> str:
    match event:
        case UnitRegistered():
            return f"{event.unit.unit_id} register"
        case ZoneRatedExcellent() | ZoneRatedGood() | RatingCorrected():
            return f"{event.rating.unit_id} {word(Grade, event.rating.grade)}"
        case _:
            return ""


async def _settled(stack: Stack, patience_seconds: float) -> Mapping[str, Sequence[Row]]:
    """The logs, each of them whole, when everybody has heard everything and nothing waits."""
    async with AsyncExitStack() as open_stores:
        stores = {}
        for name in SERVICES:
            stores[name] = PostgresStore(stack.database_of(name), name)
            await stores[name].open()
            open_stores.push_async_callback(stores[name].close)
        deadline = time.monotonic() + patience_seconds
        while untold := await _untold(stores):
            if time.monotonic() > deadline:
                raise AssertionError(f"{untold}; ended by themselves: {stack.ended}")
            await asyncio.sleep(_PAUSE_SECONDS)
        return {name: await check_whole(store) for name, store in stores.items()}


async def _untold(stores: Mapping[str, PostgresStore]) -> str:
    end = (await stores["evaluation"].frontier()).size
    for name in LISTENING:
        if parked := await stores[name].parked():
            return f"{name} waits for {parked[0]}"
        if (heard := await stores[name].cursor("evaluation")) != end:
            return f"{name} has heard {heard} of {end}"
    return ""

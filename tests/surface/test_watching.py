"""A reader that watches is told each event once, in order, from any position on."""

import asyncio
from pathlib import Path
from typing import Any

import grpc
import grpc.aio
import pytest

from services.runtime.embedded import serving
from tests.asynchronous import asynchronous
from tests.runtime.story import GOOD, correct, rating
from tests.servers import free_port
from tests.surface.served import (
    OF_ITS_OWN,
    Client,
    begin,
    client,
    publish,
    refused,
    register,
    served,
)
from zoneledger.evaluation.v1 import service_pb2 as evaluation
from zoneledger.evaluation.v1.events_pb2 import ZoneRatedExcellent
from zoneledger.ledger.v1.event_service_pb2 import CloudEvent, WatchEventsRequest

INVALID = grpc.StatusCode.INVALID_ARGUMENT


async def told(on: Client, request: WatchEventsRequest, until: int) -> list[CloudEvent]:
    """The events that a reader is told up to a position."""
    events: list[CloudEvent] = []
    call = on.events.WatchEvents(request)
    async for response in call:
        events += response.events
        if response.position >= until:
            break
    call.cancel()
    return events


async def end_of(on: Client, service: str = "evaluation") -> int:
    request = WatchEventsRequest(service=service, after_position=-1, heartbeat_seconds=1)
    call = on.events.WatchEvents(request)
    position = (await call.read()).position
    call.cancel()
    return int(position)


def ids(events: list[CloudEvent]) -> list[str]:
    return [each.id for each in events]


@asynchronous
async def test_what_was_there_comes_first_and_what_comes_then_follows(tmp_path: Path) -> None:
    async with served(tmp_path) as on:
        await begin(on, "xiangtan")
        call = on.events.WatchEvents(WatchEventsRequest(service="evaluation"))
        seen = [(await call.read()) for _ in range(4)]
        await register(on, ["tangshan"])
        await publish(on, rating("tangshan"))
        seen += [(await call.read()) for _ in range(2)]
        call.cancel()
    types = [event.type for each in seen for event in each.events]
    assert types == [
        "policy-adopted",
        "policy-adopted",
        "unit-registered",
        "zone-rated-excellent",
        "unit-registered",
        "zone-rated-excellent",
    ]
    assert [each.position for each in seen] == [1, 2, 3, 4, 5, 6]


@asynchronous
async def test_an_event_says_what_it_is_whom_it_is_about_and_when(tmp_path: Path) -> None:
    async with served(tmp_path) as on:
        await begin(on, "xiangtan")
        request = WatchEventsRequest(service="evaluation", types=["zone-rated-excellent"])
        [event] = await told(on, request, 4)
    rated = ZoneRatedExcellent()
    assert event.proto_data.Unpack(rated)
    assert rated.rating.unit_id == "xiangtan"
    assert event.spec_version == "1.0"
    assert event.source == "/zoneledger/evaluation"
    assert event.attributes["subject"].ce_string == "xiangtan"
    assert event.attributes["position"].ce_string == "4"
    published = event.attributes["time"].ce_timestamp.ToJsonString()
    assert published == "2021-06-20T16:00:00Z", "midnight in China"
    assert event.attributes["recordedtime"].ce_timestamp.seconds


@asynchronous
async def test_from_every_position_on_nothing_is_lost_and_nothing_comes_twice(
    tmp_path: Path,
) -> None:
    async with served(tmp_path) as on:
        await begin(on, "chifeng", "tangshan", "xiangtan")
        end = await end_of(on, "incentive")
        everything = await told(on, WatchEventsRequest(service="incentive"), end)
        assert len(everything) == 2 + 3 * 6
        for position in range(end):
            request = WatchEventsRequest(service="incentive", after_position=position)
            rest = await told(on, request, end)
            request = WatchEventsRequest(service="incentive")
            before = await told(on, request, position) if position else []
            assert ids(before + rest) == ids(everything)


@asynchronous
async def test_a_reader_gets_the_types_and_units_that_it_wants(tmp_path: Path) -> None:
    async with served(tmp_path) as on:
        await begin(on, "tangshan", "xiangtan")
        end = await end_of(on, "incentive")
        request = WatchEventsRequest(
            service="incentive",
            types=["land-guarantee-granted", "central-budget-priority-granted"],
            units=["units/xiangtan"],
            heartbeat_seconds=1,
        )
        events = await told(on, request, end)
    assert sorted(each.type for each in events) == sorted(request.types)
    assert {each.attributes["subject"].ce_string for each in events} == {"xiangtan"}


@pytest.mark.parametrize(
    "request_",
    [
        WatchEventsRequest(service="evaluation", types=["zone-rated-brilliant"]),
        WatchEventsRequest(service="evaluation", units=["xiangtan"]),
        WatchEventsRequest(service="evaluation", heartbeat_seconds=-1),
        WatchEventsRequest(service="evaluation", heartbeat_seconds=86_400),
        WatchEventsRequest(service="evaluation", after_position=-2),
    ],
    ids=str,
)
@asynchronous
async def test_what_cannot_be_watched_is_refused(
    tmp_path: Path, request_: WatchEventsRequest
) -> None:
    async with served(tmp_path) as on:
        refusal = await refused(lambda asked: on.events.WatchEvents(asked).read(), request_)
    assert refusal.code() == INVALID


@asynchronous
async def test_a_position_that_the_log_has_not_reached_is_refused(tmp_path: Path) -> None:
    async with served(tmp_path) as on:
        await begin(on, "xiangtan")
        request = WatchEventsRequest(service="evaluation", after_position=1_000)
        refusal = await refused(lambda asked: on.events.WatchEvents(asked).read(), request)
        assert refusal.code() == grpc.StatusCode.UNAVAILABLE


@asynchronous
async def test_silence_is_broken_by_how_far_the_log_was_read(tmp_path: Path) -> None:
    async with served(tmp_path) as on:
        await begin(on, "xiangtan")
        request = WatchEventsRequest(
            service="evaluation", types=["honour-awarded"], heartbeat_seconds=1
        )
        call = on.events.WatchEvents(request)
        beat = await call.read()
        call.cancel()
    assert not beat.events
    assert beat.position == 4


@asynchronous
async def test_what_follows_in_other_services_is_told_without_anybody_asking(
    tmp_path: Path,
) -> None:
    async with served(tmp_path) as on:
        await begin(on, "xiangtan")
        end = await end_of(on, "financing")
        request = WatchEventsRequest(service="financing", after_position=end)
        call = on.events.WatchEvents(request)
        correction = evaluation.CorrectRatingRequest(correction=correct("xiangtan", GOOD))
        await on.evaluation.CorrectRating(correction)
        response = await call.read()
        call.cancel()
    assert response.events[0].type == "credit-tilt-withdrawn"


@asynchronous
async def test_a_reader_goes_on_after_the_server_was_started_again(tmp_path: Path) -> None:
    address = f"127.0.0.1:{free_port()}"
    cities = [f"city-{number}" for number in range(12)]
    seen: list[CloudEvent] = []

    async def watch() -> None:
        """As a client does: again from the last position, whenever it is cut off."""
        position, end = 0, 2 + 2 * len(cities)
        while position < end:
            async with grpc.aio.insecure_channel(address, options=OF_ITS_OWN) as channel:
                request = WatchEventsRequest(service="evaluation", after_position=position)
                try:
                    async for response in client(channel).events.WatchEvents(
                        request, wait_for_ready=True
                    ):
                        seen.extend(response.events)
                        position = response.position
                        if position == end:
                            break
                except grpc.aio.AioRpcError as cut:
                    if cut.code() != grpc.StatusCode.UNAVAILABLE:
                        raise

    watching = asyncio.create_task(watch())
    for third in range(3):
        async with served(tmp_path, address) as on:
            await begin(on, *cities[third * 4 : third * 4 + 4])
            await asyncio.sleep(0.2)
    async with served(tmp_path, address):
        await watching
    assert len(ids(seen)) == len(set(ids(seen)))
    assert [each.attributes["position"].ce_string for each in seen] == [
        str(number + 1) for number in range(len(seen))
    ]


@asynchronous
async def test_a_server_that_stops_sends_its_readers_away_at_once(tmp_path: Path) -> None:
    address = f"127.0.0.1:{free_port()}"
    loop = asyncio.get_running_loop()
    async with grpc.aio.insecure_channel(address) as channel:
        async with serving(tmp_path, "test", address):
            on = client(channel)
            await begin(on, "xiangtan")
            call = on.events.WatchEvents(WatchEventsRequest(service="evaluation"))
            for _ in range(4):
                await call.read()
            began = loop.time()
        assert loop.time() - began < 3, "the time of grace is for calls that end by themselves"
        with pytest.raises(grpc.aio.AioRpcError) as cut:
            await call.read()
        assert cut.value.code() == grpc.StatusCode.UNAVAILABLE


@asynchronous
async def test_a_thousand_readers_are_told_the_same(tmp_path: Path) -> None:
    async with served(tmp_path) as on:
        await begin(on, "xiangtan")

        async def watch() -> list[str]:
            request = WatchEventsRequest(service="evaluation")
            return ids(await told(on, request, 6))

        readers = [asyncio.create_task(watch()) for _ in range(1_000)]
        await asyncio.sleep(1)
        await register(on, ["tangshan"])
        await publish(on, rating("tangshan"))
        heard = await asyncio.gather(*readers)
    assert len(heard[0]) == 6
    assert all(each == heard[0] for each in heard)


@asynchronous
async def test_a_reader_that_did_not_read_for_long_is_told_all_of_it(tmp_path: Path) -> None:
    async with served(tmp_path) as on:
        await begin(on)
        call: Any = on.events.WatchEvents(WatchEventsRequest(service="evaluation"))
        await call.read()
        for batch in range(20):
            await register(on, [f"city-{batch}-{number}" for number in range(500)])
        request = evaluation.GetUnitRequest(name="units/city-19-499")
        assert (await on.evaluation.GetUnit(request)).unit.name == request.name
        positions = [1]
        while positions[-1] < 10_002:
            positions.append((await call.read()).position)
        call.cancel()
    assert positions == list(range(1, 10_003))

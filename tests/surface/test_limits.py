"""What is too much, too long or too large is refused at once, and everybody else is answered."""

import asyncio
from collections import Counter
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any, NamedTuple
from uuid import uuid4

import grpc
import grpc.aio
import pytest
from google.rpc.error_details_pb2 import ErrorInfo, RetryInfo
from grpc_status import rpc_status

from services.evaluation.api import EvaluationApi
from services.runtime import rpc
from services.runtime.embedded import serving
from services.runtime.requests import LARGEST_QUESTION, LARGEST_REQUEST, MOST_ITEMS
from services.runtime.surface import Limits
from tests.asynchronous import asynchronous, until
from tests.runtime.story import unit
from tests.surface import agencies as by_tls
from tests.surface.methods import METHODS, Method, code, short
from tests.surface.served import LOOPBACK, OF_ITS_OWN, Client, begin, client, served
from tests.tables import SHIPPED
from zoneledger.evaluation.v1 import service_pb2 as evaluation
from zoneledger.ledger.v1.event_service_pb2 import WatchEventsRequest
from zoneledger.ledger.v1.policy_pb2 import AdoptPolicy
from zoneledger.ledger.v1.service_pb2 import GetFrontierRequest

Code = grpc.StatusCode
XIANGTAN = evaluation.GetUnitRequest(name="units/xiangtan")
WATCH = WatchEventsRequest(service="evaluation")


BATCHES = [
    method
    for method in METHODS
    if any(field.number == 1 and field.is_repeated for field in method.request.DESCRIPTOR.fields)
]


class Slow(NamedTuple):
    """A method that takes as long as a test likes: how many calls of it began, and its end."""

    began: "asyncio.Queue[None]"
    end: asyncio.Event

    async def underway(self, count: int) -> None:
        """Return when this many more calls are under way."""
        for _ in range(count):
            await self.began.get()


@pytest.fixture
def slow(monkeypatch: pytest.MonkeyPatch) -> Slow:
    """GetPolicy and AwardHonours last until the end is set."""
    held = Slow(asyncio.Queue(), asyncio.Event())

    async def answer(_: object, request: Any, context: object) -> Any:
        held.began.put_nowait(None)
        await held.end.wait()
        reads = isinstance(request, evaluation.GetPolicyRequest)
        return evaluation.GetPolicyResponse() if reads else evaluation.AwardHonoursResponse()

    monkeypatch.setattr(EvaluationApi, "GetPolicy", answer)
    monkeypatch.setattr(EvaluationApi, "AwardHonours", answer)
    return held


@asynccontextmanager
async def limited(folder: Path, limits: Limits) -> AsyncIterator[Client]:
    async with (
        serving(folder, "test", LOOPBACK, parts=rpc.Parts(limits=limits)) as (address, _),
        grpc.aio.insecure_channel(address, OF_ITS_OWN) as channel,
    ):
        yield client(channel)


async def refusal(call: Any) -> tuple[Code, str, float]:
    """How a call is refused: its code and reason, and after how many seconds to try again."""
    with pytest.raises(grpc.aio.AioRpcError) as refused:
        await call
    error: Any = refused.value
    info, retry = ErrorInfo(), RetryInfo()
    for detail in rpc_status.from_call(error).details:
        detail.Unpack(info)
        detail.Unpack(retry)
    return error.code(), info.reason, retry.retry_delay.ToMilliseconds() / 1_000


async def succeeds(method: Any, request: Any) -> bool:
    return await code(method(request)) == Code.OK


def slow_calls(on: Client, count: int) -> "list[asyncio.Task[Code]]":
    request = evaluation.GetPolicyRequest(name="policies/2021-866")
    return [asyncio.create_task(code(on.evaluation.GetPolicy(request))) for _ in range(count)]


# Time.


@pytest.mark.parametrize("method", ["GetPolicy", "AwardHonours"])
@asynchronous
async def test_a_call_without_a_deadline_gets_the_longest_that_there_is(
    tmp_path: Path, slow: Slow, method: str
) -> None:
    limits = Limits(read_seconds=0.1, command_seconds=0.4)
    loop = asyncio.get_running_loop()
    async with limited(tmp_path, limits) as on:
        began = loop.time()
        request = getattr(evaluation, f"{method}Request")()
        code_, reason, _ = await refusal(getattr(on.evaluation, method)(request))
        took = loop.time() - began
    assert (code_, reason) == (Code.DEADLINE_EXCEEDED, "NOT_IN_TIME")
    assert took < 0.4 if method == "GetPolicy" else took >= 0.4


@asynchronous
async def test_a_shorter_deadline_of_the_caller_counts(tmp_path: Path, slow: Slow) -> None:
    async with served(tmp_path) as on:
        request = evaluation.GetPolicyRequest(name="policies/2021-866")
        assert await code(on.evaluation.GetPolicy(request, timeout=0.1)) == Code.DEADLINE_EXCEEDED


# Calls.


@asynchronous
async def test_a_call_too_many_is_refused_at_once_and_the_others_succeed(
    tmp_path: Path, slow: Slow
) -> None:
    async with limited(tmp_path, Limits(calls=3)) as on:
        await begin(on, "xiangtan")
        calls = slow_calls(on, 3)
        await slow.underway(3)
        for call in (on.evaluation.GetUnit(XIANGTAN), on.log.GetFrontier(GetFrontierRequest())):
            assert await refusal(call) == (Code.RESOURCE_EXHAUSTED, "TOO_MANY_CALLS", 1.0)
        slow.end.set()
        assert await asyncio.gather(*calls) == [Code.OK] * 3
        assert await code(on.evaluation.GetUnit(XIANGTAN)) == Code.OK


@asynchronous
async def test_an_agency_that_asks_too_much_at_once_keeps_no_other_waiting(
    tmp_path: Path, slow: Slow
) -> None:
    keys = by_tls.certify(tmp_path / "keys", by_tls.read(SHIPPED))
    parts = rpc.Parts(limits=Limits(calls=6, calls_of_one=2))
    async with by_tls.behind_tls(tmp_path / "data", keys, parts=parts) as agencies:
        greedy, other = await agencies.of("most"), await agencies.of("miit")
        calls = slow_calls(greedy, 2)
        await slow.underway(2)
        request = evaluation.GetPolicyRequest(name="policies/2021-866")
        one_more = greedy.evaluation.GetPolicy(request)
        assert await refusal(one_more) == (Code.RESOURCE_EXHAUSTED, "TOO_MANY_CALLS", 1.0)
        calls += slow_calls(other, 2)
        await slow.underway(2)
        slow.end.set()
        assert await asyncio.gather(*calls) == [Code.OK] * 4


@asynchronous
async def test_whoever_gave_up_is_not_counted_any_more(tmp_path: Path, slow: Slow) -> None:
    async with limited(tmp_path, Limits(calls=3)) as on:
        await begin(on, "xiangtan")
        for _ in range(5):
            calls = slow_calls(on, 3)
            await slow.underway(3)
            for call in calls:
                call.cancel()
            await asyncio.gather(*calls, return_exceptions=True)
            await until(lambda: succeeds(on.evaluation.GetUnit, XIANGTAN))


@asynchronous
async def test_under_a_flood_every_call_is_answered_or_refused(tmp_path: Path) -> None:
    async with limited(tmp_path, Limits(calls=8)) as on:
        await begin(on, "xiangtan")
        everything = evaluation.ListUnitsRequest(page_size=1)
        calls = [code(on.evaluation.ListUnits(everything)) for _ in range(2_000)]
        assert set(await asyncio.gather(*calls)) <= {Code.OK, Code.RESOURCE_EXHAUSTED}
        assert await code(on.evaluation.ListUnits(everything)) == Code.OK


@asynchronous
async def test_a_reader_too_many_is_refused_and_gets_the_place_of_one_that_leaves(
    tmp_path: Path,
) -> None:
    async with limited(tmp_path, Limits(watches=2)) as on:
        await begin(on, "xiangtan")
        readers: list[Any] = [on.events.WatchEvents(WATCH) for _ in range(2)]
        for reader in readers:
            assert (await reader.read()).position == 1
        third = await refusal(on.events.WatchEvents(WATCH).read())
        assert third == (Code.RESOURCE_EXHAUSTED, "TOO_MANY_CALLS", 1.0)
        assert await code(on.evaluation.GetUnit(XIANGTAN)) == Code.OK
        readers[0].cancel()
        await until(lambda: succeeds(on.events.WatchEvents, WATCH))
        assert (await readers[1].read()).position == 2


# Size.


@asynchronous
async def test_a_request_that_is_too_large_is_refused_and_the_server_lives_on(
    tmp_path: Path,
) -> None:
    async with served(tmp_path) as on:
        await begin(on, "xiangtan")
        large = evaluation.GetUnitRequest(name="u" * (LARGEST_REQUEST + 1))
        assert await code(on.evaluation.GetUnit(large)) == Code.RESOURCE_EXHAUSTED
        large = evaluation.GetUnitRequest(name="u" * LARGEST_QUESTION)
        refused = await refusal(on.evaluation.GetUnit(large))
        assert refused[:2] == (Code.INVALID_ARGUMENT, "REQUEST_TOO_LARGE")
        document = AdoptPolicy(policy_id="large", text="x" * (LARGEST_REQUEST - 100))
        large_command = evaluation.AdoptPoliciesRequest(policies=[document])
        refused = await refusal(on.evaluation.AdoptPolicies(large_command))
        assert refused[:2] == (Code.INVALID_ARGUMENT, "DOCUMENT_TOO_LARGE")
        assert await code(on.evaluation.GetUnit(XIANGTAN)) == Code.OK


EMPTY = b"\x0a\x00"  # An item of a batch, a name, a type: two bytes each.


@pytest.mark.parametrize("method", BATCHES, ids=short)
@asynchronous
async def test_of_millions_of_items_none_is_looked_at(tmp_path: Path, method: Method) -> None:
    loop = asyncio.get_running_loop()
    async with served(tmp_path) as on:
        await begin(on, "xiangtan")
        began, call = loop.time(), method.on(on.channel)
        for count in (LARGEST_REQUEST // 2 - 10, MOST_ITEMS + 1):
            refused = await refusal(call(EMPTY * count))
            assert refused[:2] in {
                (Code.INVALID_ARGUMENT, "TOO_MANY"),
                (Code.INVALID_ARGUMENT, "REQUEST_TOO_LARGE"),
            }
        assert loop.time() - began < 5
        assert await code(on.evaluation.GetUnit(XIANGTAN)) == Code.OK


# The end of the process, and of its callers.


@asynchronous
async def test_a_process_that_stops_finishes_what_is_under_way_and_sends_readers_away(
    tmp_path: Path, slow: Slow
) -> None:
    loop = asyncio.get_running_loop()
    async with serving(tmp_path, "test", LOOPBACK) as (address, _):
        channel = grpc.aio.insecure_channel(address, OF_ITS_OWN)
        on = client(channel)
        await begin(on, "xiangtan")
        reader: Any = on.events.WatchEvents(WATCH)
        assert (await reader.read()).position == 1
        calls = slow_calls(on, 5)
        await slow.underway(5)
        loop.call_later(0.5, slow.end.set)
    assert await asyncio.gather(*calls) == [Code.OK] * 5
    while (answer := await read(reader)) is not None:
        assert answer.position
    assert await reader.code() == Code.UNAVAILABLE
    assert await code(on.evaluation.GetUnit(XIANGTAN)) == Code.UNAVAILABLE
    await channel.close()


async def read(call: Any) -> Any:
    """The next answer; None where there is none."""
    try:
        return await call.read()
    except grpc.aio.AioRpcError:
        return None


@asynchronous
async def test_a_client_that_vanishes_in_the_middle_of_a_command_leaves_all_of_it_or_nothing(
    tmp_path: Path,
) -> None:
    requests = [batch(number) for number in range(60)]
    async with serving(tmp_path, "test", LOOPBACK) as (address, _):
        for number, request in enumerate(requests):
            async with grpc.aio.insecure_channel(address, OF_ITS_OWN) as channel:
                call = client(channel).evaluation.RegisterUnits(request)
                await asyncio.sleep(0.001 * (number % 30))
                if number % 2:
                    call.cancel()
    async with served(tmp_path) as on:
        found = Counter(name.partition("-")[0] for name in await everything(on))
        assert set(found.values()) <= {100}
        for request in requests:
            outcome = (await on.evaluation.RegisterUnits(request)).outcome
            assert outcome.recorded == 100, "now or before"
        assert len(await everything(on)) == 6_000


def batch(number: int) -> evaluation.RegisterUnitsRequest:
    units = [unit(f"city{number}-{each}") for each in range(100)]
    return evaluation.RegisterUnitsRequest(units=units, request_id=str(uuid4()))


async def everything(on: Client) -> list[str]:
    """The names of all units."""
    request, names = evaluation.ListUnitsRequest(page_size=1_000), []
    while True:
        page = await on.evaluation.ListUnits(request)
        names += [each.name for each in page.units]
        if not page.next_page_token:
            return names
        request.page_token = page.next_page_token

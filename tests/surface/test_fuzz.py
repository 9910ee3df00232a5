"""Whatever is sent to a method, it answers, or refuses with a reason, and writes nothing then.

ZONELEDGER_FUZZ is how many requests each method gets of each kind; let it be 1000 and more after a
change of the surface.
"""

import asyncio
import json
import os
from collections.abc import Iterator
from pathlib import Path
from threading import Thread
from typing import Any, NamedTuple

import grpc
import pytest
from google.rpc.error_details_pb2 import ErrorInfo, LocalizedMessage
from grpc_status import rpc_status
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from services.kernel.reasons import Why
from services.runtime import tls
from tests.surface.agencies import behind_tls, certify, read
from tests.surface.methods import METHODS, Method, short
from tests.surface.requests import mutated, requests
from tests.surface.served import begin
from tests.tables import SHIPPED
from zoneledger.ledger.v1.service_pb2 import GetFrontierRequest
from zoneledger.ledger.v1.service_pb2_grpc import LogServiceStub

EACH = int(os.environ.get("ZONELEDGER_FUZZ", "25"))
FUZZ = settings(
    max_examples=EACH,
    deadline=None,
    database=None,
    suppress_health_check=list(HealthCheck),
)
PATIENCE_SECONDS, A_WHILE_SECONDS = 20.0, 0.2
CALLERS = ("operator", "huangshi")
SERVICES = ("evaluation", "incentive", "financing")
OURS = {grpc.StatusCode.INTERNAL, grpc.StatusCode.UNKNOWN, grpc.StatusCode.DEADLINE_EXCEEDED}
REASONS = {why.name: why.value.code for why in Why}


class Target(NamedTuple):
    """A running server: a channel for each caller, and where its data is."""

    channels: dict[str, grpc.Channel]
    folder: Path

    def sizes(self) -> list[int]:
        """How long the three logs are."""
        log = LogServiceStub(self.channels["operator"])
        return [log.GetFrontier(GetFrontierRequest(service=each)).size for each in SERVICES]


@pytest.fixture(scope="module")
def target(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Target]:
    """A server by TLS with a story in its logs, in a thread of its own."""
    folder = tmp_path_factory.mktemp("fuzz")
    keys = certify(folder / "keys", read(SHIPPED))
    ready: asyncio.Future[str]
    loop = asyncio.new_event_loop()
    ready, stop = loop.create_future(), asyncio.Event()

    async def serve() -> None:
        async with behind_tls(folder / "data", keys) as agencies:
            await begin(await agencies.of("operator"), "huangshi", "xiangtan", "tangshan")
            ready.set_result(agencies.address)
            await stop.wait()

    server = Thread(target=lambda: loop.run_until_complete(serve()))
    server.start()
    address = asyncio.run_coroutine_threadsafe(_result(ready), loop).result(60)
    channels = {caller: tls.channel(address, keys / caller) for caller in CALLERS}
    yield Target(channels, folder / "data")
    for channel in channels.values():
        channel.close()
    loop.call_soon_threadsafe(stop.set)
    server.join()
    loop.close()


async def _result(ready: "asyncio.Future[str]") -> str:
    return await ready


def ask(target: Target, caller: str, method: Method, raw: bytes) -> Any:
    """The refusal of a call; None where it was answered."""
    channel = target.channels[caller]
    try:
        if method.streams:
            streaming: Any = channel.unary_stream(f"/{method.name}")
            call = streaming(raw, timeout=A_WHILE_SECONDS)
            try:
                next(call)
            finally:
                call.cancel()
        else:
            unary: Any = channel.unary_unary(f"/{method.name}")
            unary(raw, timeout=PATIENCE_SECONDS)
    except grpc.RpcError as refusal:
        is_silent = method.streams and refusal.code() == grpc.StatusCode.DEADLINE_EXCEEDED
        return None if is_silent else refusal
    return None


def check(refusal: Any) -> None:
    """A refusal is ours to answer for by its reason, in both languages, and by no accident."""
    code = refusal.code()
    assert code not in OURS, refusal
    details = rpc_status.from_call(refusal).details
    infos = [ErrorInfo.FromString(each.value) for each in details if each.Is(ErrorInfo.DESCRIPTOR)]
    [info] = infos
    assert REASONS[info.reason] == code.name
    [said] = [
        LocalizedMessage.FromString(each.value)
        for each in details
        if each.Is(LocalizedMessage.DESCRIPTOR)
    ]
    assert said.locale == "zh-CN"
    assert said.message
    assert refusal.details()


@pytest.mark.parametrize("method", METHODS, ids=short)
def test_any_request_is_answered_or_refused_with_a_reason(target: Target, method: Method) -> None:
    made = requests(method.request)

    @FUZZ
    @given(made, st.sampled_from(CALLERS))
    def law(request: Any, caller: str) -> None:
        fuzz(target, caller, method, request.SerializeToString())

    law()


@pytest.mark.parametrize("method", METHODS, ids=short)
def test_any_bytes_are_answered_or_refused_with_a_reason(target: Target, method: Method) -> None:
    raw = mutated(requests(method.request).map(lambda request: request.SerializeToString()))

    @FUZZ
    @given(raw, st.sampled_from(CALLERS))
    def law(request: bytes, caller: str) -> None:
        fuzz(target, caller, method, request)

    law()


def fuzz(target: Target, caller: str, method: Method, raw: bytes) -> None:
    """Send it; what is refused, or only asks, leaves the logs as they were."""
    before = target.sizes()
    refusal = ask(target, caller, method, raw)
    if refusal is not None:
        check(refusal)
    if refusal is not None or method.verb:
        assert target.sizes() == before


def test_every_line_of_the_access_log_is_whole(target: Target) -> None:
    """What callers say cannot make a line of its own, or spoil one."""
    for file in (target.folder / "access").iterdir():
        for line in file.read_text("utf-8").splitlines():
            said = json.loads(line)
            assert said["agency"] in CALLERS

"""Whatever is sent to a method, it answers, or refuses with a reason, and writes nothing then.

ZONELEDGER_FUZZ is how many requests each method gets of each kind; let it be 1000 and more after a
change of the surface.
"""

import json
import os
from collections.abc import AsyncIterator, Iterator, Mapping, Sequence
from contextlib import ExitStack, asynccontextmanager
from pathlib import Path
from typing import Any, NamedTuple

import grpc
import grpc.aio
import pytest
from google.rpc.error_details_pb2 import ErrorInfo, LocalizedMessage
from grpc_status import rpc_status
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from services.kernel.reasons import Why
from services.runtime import rpc, tls
from services.runtime.handler import Handler
from services.runtime.ledger import Ledger
from services.runtime.replica import Elsewhere
from services.runtime.service import SERVICES, load
from services.runtime.store.postgres import PostgresStore
from services.runtime.store.postgres_schema import prepare
from tests.servers import new_database
from tests.surface.agencies import behind_tls, certify, read
from tests.surface.methods import METHODS, Method, short
from tests.surface.requests import UNITS, WORDS, mutated, requests
from tests.surface.served import LOOPBACK, begin, client, in_a_thread
from tests.tables import SHIPPED
from zoneledger.ledger.v1.service_pb2 import GetFrontierRequest
from zoneledger.ledger.v1.service_pb2_grpc import LogServiceStub

EACH = int(os.environ.get("ZONELEDGER_FUZZ", "12"))
FUZZ = settings(
    max_examples=EACH,
    deadline=None,
    database=None,
    suppress_health_check=list(HealthCheck),
)
PATIENCE_SECONDS, A_WHILE_SECONDS = 20.0, 0.2
CALLERS = ("operator", "huangshi")
OURS = {grpc.StatusCode.INTERNAL, grpc.StatusCode.UNKNOWN, grpc.StatusCode.DEADLINE_EXCEEDED}
AWAY = {"UNAVAILABLE", "HOLE", "FOLDER_IN_USE"}
REASONS = {why.name: why.value.code for why in Why}


class Target(NamedTuple):
    """A running server: a channel for each caller, its services, and where its data is."""

    channels: Mapping[str, grpc.Channel]
    services: Sequence[str]
    folder: Path = Path()

    def sizes(self) -> list[int]:
        """How long the logs are."""
        log = LogServiceStub(self.channels["operator"])
        return [log.GetFrontier(GetFrontierRequest(service=each)).size for each in self.services]

    def has(self, method: Method) -> bool:
        """Whether the method answers there."""
        return method.name.split(".")[1] in {*self.services, "ledger"}


@asynccontextmanager
async def on_folder(folder: Path, keys: Path) -> AsyncIterator[str]:
    """All services by TLS on a folder."""
    async with behind_tls(folder, keys) as agencies:
        await begin(await agencies.of("operator"), *UNITS)
        yield agencies.address


@asynccontextmanager
async def on_postgres(database: str) -> AsyncIterator[str]:
    """Evaluation as it runs in production, in plain text."""
    prepare(database, "evaluation", None)
    service, store = load("evaluation"), PostgresStore(database, "evaluation")
    await store.open()
    ledger = Ledger(service, store, Handler(service, store), Elsewhere())
    server, port = await rpc.start(LOOPBACK, [ledger], rpc.PARTS)
    async with grpc.aio.insecure_channel(f"127.0.0.1:{port}") as channel:
        await begin(client(channel), *UNITS)
    try:
        yield f"127.0.0.1:{port}"
    finally:
        await server.stop(None)
        await store.close()


@pytest.fixture(scope="module")
def folder_target(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Target]:
    folder = tmp_path_factory.mktemp("fuzz")
    keys = certify(folder / "keys", read(SHIPPED))
    with in_a_thread(on_folder(folder / "data", keys)) as address, ExitStack() as stack:
        channels = {
            caller: stack.enter_context(tls.channel(address, keys / caller)) for caller in CALLERS
        }
        yield Target(channels, SERVICES, folder / "data")


@pytest.fixture(scope="module")
def postgres_target(postgres_admin: str) -> Iterator[Target]:
    database = new_database(postgres_admin)
    with in_a_thread(on_postgres(database)) as address, tls.channel(address, None) as channel:
        yield Target(dict.fromkeys(CALLERS, channel), SERVICES[:1])


@pytest.fixture(params=["folder", "postgres"])
def target(request: pytest.FixtureRequest) -> Target:
    """Where requests go: each kind of server has a story in its logs."""
    target: Target = request.getfixturevalue(f"{request.param}_target")
    return target


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
    assert info.reason not in AWAY, "nothing was away"
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
    if not target.has(method):
        return
    before = target.sizes()
    refusal = ask(target, caller, method, raw)
    if refusal is not None:
        check(refusal)
    if refusal is not None or method.verb:
        assert target.sizes() == before


def test_every_line_of_the_access_log_is_whole(folder_target: Target) -> None:
    """What callers say cannot make a line of its own, or spoil one."""
    [method] = [each for each in METHODS if each.name.endswith("/GetUnit")]
    for text in WORDS:
        request = method.request(name=f"units/{text}", as_of=text)
        ask(folder_target, "huangshi", method, request.SerializeToString())
    for file in (folder_target.folder / "access").iterdir():
        lines = [json.loads(line) for line in file.read_text("utf-8").splitlines()]
        assert {said["agency"] for said in lines} == set(CALLERS)
        assert {said["as_of"][:50] for said in lines} >= {text[:50] for text in WORDS}

"""A refusal reaches the client whole, and a fault of ours without its insides."""

from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any, cast

import grpc
import grpc.aio
import pytest
from google.rpc.error_details_pb2 import BadRequest, ErrorInfo, PreconditionFailure
from google.rpc.status_pb2 import Status
from grpc_status import rpc_status

from services.kernel.errors import (
    CorruptHistory,
    FolderInUse,
    Malformed,
    Rejected,
    Unavailable,
    UnknownStream,
    Violation,
    WrongExpectedVersion,
    ZoneledgerError,
)
from services.runtime import rpc
from services.runtime.bus.local import LocalBus
from services.runtime.embedded import serving
from services.runtime.ledger import Ledger
from services.runtime.service import load
from tests.asynchronous import asynchronous
from tests.runtime.story import GOOD, listening, rating, unit
from zoneledger.evaluation.v1.service_pb2 import (
    ListUnitsRequest,
    ListUnitsResponse,
    PublishRatingsRequest,
    RegisterUnitsRequest,
)
from zoneledger.evaluation.v1.service_pb2_grpc import (
    EvaluationServiceServicer,
    EvaluationServiceStub,
    add_EvaluationServiceServicer_to_server,
)
from zoneledger.ledger.v1.service_pb2 import ListDecisionsRequest
from zoneledger.ledger.v1.service_pb2_grpc import LogServiceStub

LOOPBACK = "127.0.0.1:0"


@asynccontextmanager
async def _raising(fault: Exception, folder: Path) -> AsyncIterator[Any]:
    """A client of a server whose ListUnits raises `fault`."""

    async def raising(request: ListUnitsRequest, context: Any) -> ListUnitsResponse:
        raise fault

    def serve(server: grpc.aio.Server, ledger: Ledger) -> None:
        answers: Any = type(
            "Answers", (EvaluationServiceServicer,), {"ListUnits": staticmethod(raising)}
        )
        add_EvaluationServiceServicer_to_server(answers(), server)

    async with listening(replace(load("evaluation"), serve=serve), folder) as evaluation:
        ledger = Ledger(evaluation.service, evaluation.store, evaluation.handler, LocalBus({}))
        server, port = await rpc.start(LOOPBACK, [ledger], rpc.Parts())
        async with grpc.aio.insecure_channel(f"127.0.0.1:{port}") as channel:
            yield EvaluationServiceStub(channel)
        await server.stop(None)


@asynccontextmanager
async def _client(folder: Path) -> AsyncIterator[grpc.aio.Channel]:
    """A client of all services on `folder`."""
    async with (
        serving(folder, "test", LOOPBACK) as (address, _),
        grpc.aio.insecure_channel(address) as channel,
    ):
        yield channel


async def _refusal(call: Callable[[], Awaitable[Any]]) -> tuple[grpc.aio.AioRpcError, Status]:
    """What a client is told that is refused."""
    with pytest.raises(grpc.aio.AioRpcError) as refused:
        await call()
    assert refused.value.code() != grpc.StatusCode.RESOURCE_EXHAUSTED, refused.value.details()
    status = rpc_status.from_call(cast("grpc.Call", refused.value))
    assert status is not None, f"{refused.value.code()}: {refused.value.details()}"
    return refused.value, status


def _detail(status: Status, type_: Any) -> Any:
    """The one detail of this type."""
    [packed] = [each for each in status.details if each.Is(type_.DESCRIPTOR)]
    detail = type_()
    packed.Unpack(detail)
    return detail


# --- refusals ---------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("refusal", "code"),
    [
        (Rejected("the rules say no"), grpc.StatusCode.FAILED_PRECONDITION),
        (Malformed(Violation("as_of", "is no date")), grpc.StatusCode.INVALID_ARGUMENT),
        (UnknownStream("no unit 'x'"), grpc.StatusCode.NOT_FOUND),
        (WrongExpectedVersion("others were faster"), grpc.StatusCode.ABORTED),
        (Unavailable("the disk is full"), grpc.StatusCode.UNAVAILABLE),
        (FolderInUse("held by process 7"), grpc.StatusCode.UNAVAILABLE),
        (CorruptHistory("a row is unreadable"), grpc.StatusCode.DATA_LOSS),
    ],
    ids=lambda value: getattr(value, "reason", ""),
)
@asynchronous
async def test_a_refusal_travels_with_its_code_its_words_and_its_reason(
    tmp_path: Path, refusal: ZoneledgerError, code: grpc.StatusCode
) -> None:
    async with _raising(refusal, tmp_path) as evaluation:
        error, status = await _refusal(lambda: evaluation.ListUnits(ListUnitsRequest()))
    assert error.code() == code
    assert error.details() == status.message == str(refusal)
    assert _detail(status, ErrorInfo) == ErrorInfo(
        reason=refusal.reason,
        domain="zoneledger",
        metadata={"service": "zoneledger.evaluation.v1.EvaluationService", "method": "ListUnits"},
    )


@asynchronous
async def test_a_refusal_says_in_chinese_what_was_said_in_chinese(tmp_path: Path) -> None:
    said = "湘潭市2020年度评估结果为“优秀”"
    async with _raising(Rejected(said), tmp_path) as evaluation:
        error, status = await _refusal(lambda: evaluation.ListUnits(ListUnitsRequest()))
    assert error.details() == status.message == said


@asynchronous
async def test_every_fault_of_a_request_is_a_field_violation(tmp_path: Path) -> None:
    request = RegisterUnitsRequest(units=[unit("xiangtan"), unit("No Name")])
    request.units[0].name_zh = ""
    async with _client(tmp_path) as channel:
        evaluation = EvaluationServiceStub(channel)
        error, status = await _refusal(lambda: evaluation.RegisterUnits(request))
    assert error.code() == grpc.StatusCode.INVALID_ARGUMENT
    violations = _detail(status, BadRequest).field_violations
    assert [each.field for each in violations] == ["units[0].name_zh", "units[1].unit_id"]
    assert all(each.description for each in violations)
    assert _detail(status, ErrorInfo).reason == "MALFORMED"


@pytest.mark.parametrize("size", [10, 100, 1_000])
@asynchronous
async def test_a_refusal_with_many_faults_arrives_as_a_refusal(tmp_path: Path, size: int) -> None:
    ratings = [rating(f"unit-{n}", GOOD) for n in range(size)]
    for each in ratings:
        each.document = "发改振兴〔2099〕1号"
    async with _client(tmp_path) as channel:
        evaluation = EvaluationServiceStub(channel)
        error, status = await _refusal(
            lambda: evaluation.PublishRatings(PublishRatingsRequest(ratings=ratings))
        )
    assert error.code() == grpc.StatusCode.FAILED_PRECONDITION
    assert _detail(status, ErrorInfo).reason == "CONDITIONS_UNMET"
    first = _detail(status, BadRequest).field_violations[0]
    assert (first.field, first.reason) == ("ratings[0].round", "ROUND_NOT_GOVERNED")
    condition = _detail(status, PreconditionFailure).violations[0]
    assert (condition.type, condition.subject) == ("ROUND_NOT_GOVERNED", "rounds/2020")


@asynchronous
async def test_an_unknown_service_is_refused_by_name(tmp_path: Path) -> None:
    async with _client(tmp_path) as channel:
        log = LogServiceStub(channel)
        error, _ = await _refusal(lambda: log.ListDecisions(ListDecisionsRequest(service="tax")))
    assert error.code() == grpc.StatusCode.NOT_FOUND
    assert "'tax'" in str(error.details())


@asynchronous
async def test_a_client_goes_on_after_a_refusal(tmp_path: Path) -> None:
    async with _client(tmp_path) as channel:
        evaluation = EvaluationServiceStub(channel)
        await _refusal(lambda: evaluation.ListUnits(ListUnitsRequest(as_of="yesterday")))
        request = RegisterUnitsRequest(units=[unit("xiangtan")])
        assert (await evaluation.RegisterUnits(request)).outcome.recorded == 1
        assert len((await evaluation.ListUnits(ListUnitsRequest())).units) == 1


# --- what is not a refusal --------------------------------------------------------------------


@asynchronous
async def test_a_fault_of_ours_is_logged_and_told_without_its_insides(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    async with _raising(RuntimeError("password=secret at /srv/data"), tmp_path) as evaluation:
        with pytest.raises(grpc.aio.AioRpcError) as refused:
            await evaluation.ListUnits(ListUnitsRequest())
    assert refused.value.code() == grpc.StatusCode.INTERNAL
    status = rpc_status.from_call(cast("grpc.Call", refused.value))
    assert status is not None
    assert _detail(status, ErrorInfo).reason == "INTERNAL"
    assert "password=secret" in caplog.text
    assert "secret" not in str(refused.value.details())
    assert "RuntimeError" not in str(refused.value.details())


@asynchronous
async def test_a_method_that_does_not_exist_is_unimplemented(tmp_path: Path) -> None:
    async with _client(tmp_path) as channel:
        unheard: Any = channel.unary_unary("/zoneledger.evaluation.v1.EvaluationService/Unheard")
        with pytest.raises(grpc.aio.AioRpcError) as refused:
            await unheard(b"")
    assert refused.value.code() == grpc.StatusCode.UNIMPLEMENTED


@asynchronous
async def test_bytes_that_are_no_request_are_refused(tmp_path: Path) -> None:
    async with _client(tmp_path) as channel:
        raw: Any = channel.unary_unary("/zoneledger.evaluation.v1.EvaluationService/ListUnits")
        with pytest.raises(grpc.aio.AioRpcError) as refused:
            await raw(b"\xff\xff\xff")
        assert refused.value.code() != grpc.StatusCode.OK
        answer = await EvaluationServiceStub(channel).ListUnits(ListUnitsRequest())
        assert list(answer.units) == []


# --- addresses --------------------------------------------------------------------------------


@asynchronous
async def test_two_servers_on_one_port_are_one_too_many(tmp_path: Path) -> None:
    async with serving(tmp_path / "one", "test", LOOPBACK) as (address, _):
        with pytest.raises(Unavailable, match=f"cannot listen on {address}"):
            async with serving(tmp_path / "other", "test", address):
                pass
        async with grpc.aio.insecure_channel(address) as channel:
            await EvaluationServiceStub(channel).ListUnits(ListUnitsRequest())


@asynchronous
async def test_a_folder_whose_server_could_not_start_is_free_again(tmp_path: Path) -> None:
    async with serving(tmp_path / "one", "test", LOOPBACK) as (address, _):
        with pytest.raises(Unavailable):
            async with serving(tmp_path / "other", "test", address):
                pass
        async with serving(tmp_path / "other", "test", LOOPBACK):
            pass


@pytest.mark.parametrize("address", ["nowhere", "127.0.0.1:99999", "256.0.0.1:0", ""])
@asynchronous
async def test_an_address_that_is_none_is_refused(tmp_path: Path, address: str) -> None:
    with pytest.raises(ZoneledgerError):
        async with serving(tmp_path, "test", address):
            pass

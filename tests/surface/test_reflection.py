"""A client that knows nothing of the contract learns it from the server, where it is let."""

from collections.abc import AsyncIterator, Iterable, Sequence
from pathlib import Path
from typing import Any

import grpc
import grpc.aio
import pytest
from google.protobuf import json_format
from google.protobuf.descriptor_pb2 import FileDescriptorProto
from google.protobuf.descriptor_pool import DescriptorPool
from google.protobuf.message_factory import GetMessageClass

# The packages come without types.
from grpc_health.v1.health_pb2 import HealthCheckRequest, HealthCheckResponse
from grpc_health.v1.health_pb2_grpc import HealthStub
from grpc_reflection.v1alpha.reflection_pb2 import ServerReflectionRequest
from grpc_reflection.v1alpha.reflection_pb2_grpc import ServerReflectionStub

from services.runtime import rpc, tls
from services.runtime.embedded import serving
from tests.asynchronous import asynchronous, until
from tests.surface.agencies import certify, read
from tests.surface.methods import METHODS
from tests.surface.served import LOOPBACK, OF_ITS_OWN, begin, client, served
from tests.tables import SHIPPED
from zoneledger.evaluation.v1.service_pb2 import ListRatingsRequest

SHOWN = rpc.Parts(reflects=True)
SERVICES = {
    "zoneledger.evaluation.v1.EvaluationService",
    "zoneledger.evaluation.v1.CircularService",
    "zoneledger.evaluation.v1.PlanService",
    "zoneledger.evaluation.v1.RoundService",
    "zoneledger.financing.v1.FinancingService",
    "zoneledger.incentive.v1.BudgetService",
    "zoneledger.incentive.v1.CaseService",
    "zoneledger.incentive.v1.IncentiveService",
    "zoneledger.ledger.v1.EventService",
    "zoneledger.ledger.v1.LogService",
    "grpc.health.v1.Health",
    "grpc.reflection.v1alpha.ServerReflection",
}


async def ask(channel: grpc.aio.Channel, *requests: ServerReflectionRequest) -> list[Any]:
    """The answers of the reflection service."""

    async def asked() -> AsyncIterator[ServerReflectionRequest]:
        for request in requests:
            yield request

    call: Any = ServerReflectionStub(channel).ServerReflectionInfo(asked())
    return [answer async for answer in call]


async def listed(channel: grpc.aio.Channel) -> set[str]:
    """The services that a server says it has."""
    [answer] = await ask(channel, ServerReflectionRequest(list_services=""))
    return {service.name for service in answer.list_services_response.service}


async def learnt(channel: grpc.aio.Channel, symbol: str) -> DescriptorPool:
    """What a server tells of a service and of all that it is made of."""
    pool, waiting, known = DescriptorPool(), [], set[str]()
    [answer] = await ask(channel, ServerReflectionRequest(file_containing_symbol=symbol))
    files: dict[str, FileDescriptorProto] = {}
    waiting += answer.file_descriptor_response.file_descriptor_proto
    while waiting:
        file = FileDescriptorProto.FromString(waiting.pop())
        files[file.name] = file
        missing = set(file.dependency) - files.keys() - known
        known |= missing
        for name in missing:
            [answer] = await ask(channel, ServerReflectionRequest(file_by_filename=name))
            waiting += answer.file_descriptor_response.file_descriptor_proto
    _add(pool, files, files)
    return pool


def _add(pool: DescriptorPool, files: dict[str, FileDescriptorProto], names: Iterable[str]) -> None:
    """Add files, each behind those that it needs."""
    for name in names:
        _add(pool, files, files[name].dependency)
        pool.Add(files[name])


async def call(channel: grpc.aio.Channel, method: str, said: str) -> str:
    """Call a method with JSON and get JSON, by what the server tells of it."""
    service, _, name = method.rpartition("/")
    pool = await learnt(channel, service)
    described = pool.FindServiceByName(service).FindMethodByName(name)
    request = json_format.Parse(said, GetMessageClass(described.input_type)(), descriptor_pool=pool)
    response = GetMessageClass(described.output_type)
    unary: Any = channel.unary_unary(
        f"/{method}",
        request_serializer=lambda each: each.SerializeToString(),
        response_deserializer=response.FromString,
    )
    return json_format.MessageToJson(await unary(request), descriptor_pool=pool)


@asynchronous
async def test_who_knows_nothing_gets_the_answer_that_a_typed_client_gets(tmp_path: Path) -> None:
    async with (
        serving(tmp_path, "test", LOOPBACK, parts=SHOWN) as (address, _),
        grpc.aio.insecure_channel(address, OF_ITS_OWN) as channel,
    ):
        on = client(channel)
        await begin(on, "xiangtan", "tangshan")
        assert await listed(channel) == SERVICES
        said = '{"parent": "units/xiangtan", "round": 2020, "readMask": "rating.grade,name"}'
        told = await call(channel, "zoneledger.evaluation.v1.EvaluationService/ListRatings", said)
        request = json_format.Parse(said, ListRatingsRequest())
        assert told == json_format.MessageToJson(await on.evaluation.ListRatings(request))
        assert "GRADE_EXCELLENT" in told


@asynchronous
async def test_every_method_of_the_contract_is_told_with_its_messages(tmp_path: Path) -> None:
    async with (
        serving(tmp_path, "test", LOOPBACK, parts=SHOWN) as (address, _),
        grpc.aio.insecure_channel(address, OF_ITS_OWN) as channel,
    ):
        pools = {each: await learnt(channel, each) for each in {m.service for m in METHODS}}
    for method in METHODS:
        found = pools[method.service].FindServiceByName(method.service)
        described = found.FindMethodByName(method.name.rpartition("/")[2])
        assert described.input_type.full_name == method.request.DESCRIPTOR.full_name


@asynchronous
async def test_a_server_tells_of_itself_only_where_that_was_asked_for(tmp_path: Path) -> None:
    async with served(tmp_path) as on:
        with pytest.raises(grpc.aio.AioRpcError) as refusal:
            await listed(on.channel)
    assert refusal.value.code() == grpc.StatusCode.UNIMPLEMENTED


@asynchronous
async def test_by_tls_it_tells_whoever_shows_a_certificate_of_our_authority(
    tmp_path: Path,
) -> None:
    keys = certify(tmp_path / "keys", read(SHIPPED))
    async with serving(tmp_path / "data", "test", LOOPBACK, keys / "evaluation", SHOWN) as (at, _):
        address = f"localhost:{at.rpartition(':')[2]}"
        async with tls.aio_channel(address, keys / "public") as channel:
            assert await listed(channel) == SERVICES
        strangers: Sequence[grpc.aio.Channel] = [
            grpc.aio.insecure_channel(address, OF_ITS_OWN),
            grpc.aio.secure_channel(
                address, grpc.ssl_channel_credentials((keys / "ca.pem").read_bytes()), OF_ITS_OWN
            ),
        ]
        for channel in strangers:
            async with channel:
                with pytest.raises(grpc.aio.AioRpcError) as refusal:
                    await listed(channel)
            assert refusal.value.code() == grpc.StatusCode.UNAVAILABLE


@asynchronous
async def test_each_service_says_that_it_serves(tmp_path: Path) -> None:
    async with served(tmp_path) as on:
        stub = HealthStub(on.channel)
        names = ["", *{method.service for method in METHODS}]
        await until(lambda: serve(stub, names))


async def serve(stub: Any, names: Sequence[str]) -> bool:
    answers = [await stub.Check(HealthCheckRequest(service=name)) for name in names]
    return {answer.status for answer in answers} == {HealthCheckResponse.SERVING}

"""The examples for agencies run: against real services, with certificates, over a restart.

The one in Java needs a JDK and Maven, so it runs where Apache Kafka does, which needs them too.
"""

import asyncio
import os
import re
import shutil
import subprocess
from asyncio.subprocess import PIPE, Process
from collections.abc import AsyncIterator, Sequence
from contextlib import AsyncExitStack, asynccontextmanager, suppress
from pathlib import Path
from typing import Any

import pytest

from services.runtime import tls
from services.runtime.embedded import serving
from services.runtime.keys import make_keys
from tests.asynchronous import asynchronous, until
from tests.contract.conftest import ROOT
from tests.runtime.story import ADOPT_NOTICE, rating, unit
from tests.servers import free_port
from zoneledger.evaluation.v1.service_pb2 import (
    AdoptAccessTableRequest,
    AdoptPoliciesRequest,
    PublishRatingsRequest,
    RegisterUnitsRequest,
)
from zoneledger.evaluation.v1.service_pb2_grpc import EvaluationServiceStub
from zoneledger.ledger.v1.access_pb2 import AdoptAccessTable
from zoneledger.ledger.v1.service_pb2 import GetFrontierRequest
from zoneledger.ledger.v1.service_pb2_grpc import LogServiceStub

ACCESS = AdoptAccessTable(text=(ROOT / "policies" / "access.yaml").read_text("utf-8"))
CLIENTS = ROOT / "examples" / "clients"
SHOWN = (
    "units/xiangtan/ratings/2020 GRADE_EXCELLENT",
    "units/xiangtan/entitlements/2020.land_guarantee ENTITLEMENT_STATUS_GRANTED",
    "NOT_FOUND [A-Z_]+",
)


@asynccontextmanager
async def served(folder: Path, keys: Path, port: int, unit_id: str) -> AsyncIterator[int]:
    """All services on `folder` at a port of loopback, where this unit was just rated excellent.

    Yields how far the log of incentive has come.
    """
    async with serving(folder, "test", f"127.0.0.1:{port}", keys / "evaluation") as (address, _):
        async with tls.aio_channel(address, keys / "operator") as channel:
            ask: Any = EvaluationServiceStub(channel)
            await ask.AdoptPolicies(AdoptPoliciesRequest(policies=[ADOPT_NOTICE]))
            await ask.AdoptAccessTable(AdoptAccessTableRequest(table=ACCESS))
            await ask.RegisterUnits(RegisterUnitsRequest(units=[unit(unit_id)]))
            await ask.PublishRatings(PublishRatingsRequest(ratings=[rating(unit_id)]))
            logs: Any = LogServiceStub(channel)
            frontier = await logs.GetFrontier(GetFrontierRequest(service="incentive"))
        yield frontier.size


@asynccontextmanager
async def running(command: Sequence[str], folder: Path) -> AsyncIterator[Process]:
    """A client at work, until the end of the block."""
    quiet = {**os.environ, "GRPC_VERBOSITY": "NONE"}
    client = await asyncio.create_subprocess_exec(*command, cwd=folder, env=quiet, stdout=PIPE)
    try:
        yield client
    finally:
        with suppress(ProcessLookupError):  # It ended by itself, and said why.
            client.terminate()
        await client.wait()


async def told(client: Process, word: str, count: int) -> list[str]:
    """The lines up to the one that is number `count` of those which begin with `word`."""
    assert client.stdout is not None
    lines: list[str] = []
    while sum(line.startswith(word) for line in lines) < count:
        line = await client.stdout.readline()
        assert line, lines
        lines.append(line.decode().rstrip())
    return lines


async def follow_over_restarts(command: Sequence[str], folder: Path, keys: Path, port: int) -> None:
    """The client reads, watches, goes on when the server was away, and when it was itself."""
    data = folder / "data"

    async def is_dealt_with() -> bool:
        return (folder / "position").read_text() == str(position)

    async with AsyncExitStack() as stack:
        async with served(data, keys, port, "xiangtan"):
            client = await stack.enter_async_context(running(command, folder))
            lines = await told(client, "watched", 1)
        for word in SHOWN:
            assert any(re.search(word, line) for line in lines), lines
        assert lines[-1].endswith("xiangtan")
        async with served(data, keys, port, "zhuzhou") as position:
            [line] = await told(client, "watched", 1)
            assert line.endswith("zhuzhou")
            await until(is_dealt_with)
    async with served(data, keys, port, "loudi"), running(command, folder) as client:
        lines = [line for line in await told(client, "watched", 1) if line.startswith("watched")]
        assert [line.split()[-1] for line in lines] == ["loudi"]


def prepared(folder: Path) -> tuple[Path, int, list[str]]:
    """Certificates, a free port, and what a client is told of both."""
    keys, port = folder / "keys", free_port()
    make_keys(keys, ["evaluation", "operator"], {"miit": ["urn:zoneledger:miit"]})
    address = f"127.0.0.1:{port}"
    return keys, port, [str(keys / "miit"), address, address, "xiangtan"]


@asynchronous
async def test_the_python_example_follows_over_restarts(tmp_path: Path, agency: Path) -> None:
    keys, port, arguments = prepared(tmp_path)
    command = [str(agency), "-u", str(CLIENTS / "python" / "agency.py"), *arguments]
    await follow_over_restarts(command, tmp_path, keys, port)


@pytest.fixture
def java(tmp_path: Path) -> list[str]:
    """The example in Java, built from the .proto files, and how it is started."""
    source = shutil.copytree(CLIENTS / "java", tmp_path / "java")
    maven = ["mvn", "-q", "-B", "-f", str(source), f"-Dprotos={ROOT / 'protos'}"]
    subprocess.run([*maven, "compile"], check=True)
    return [*maven, "exec:java"]


@pytest.mark.skipif(
    os.environ.get("ZONELEDGER_TEST_BROKER") != "apache",
    reason="make test-kafka has Java and Maven",
)
@asynchronous
async def test_the_java_example_follows_over_restarts(tmp_path: Path, java: list[str]) -> None:
    keys, port, arguments = prepared(tmp_path)
    command = [*java, f"-Dexec.args={' '.join(arguments)}"]
    await follow_over_restarts(command, tmp_path, keys, port)

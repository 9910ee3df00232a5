"""The orchestrator and Prometheus ask over HTTP, and are told the truth of that moment."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager

import aiohttp
import pytest

from services.kernel.errors import Unavailable
from services.runtime.health import Check, Health, Kind
from services.runtime.http import serving
from services.runtime.metrics import CONTENT_TYPE, Reading, exposition, fresh
from tests.asynchronous import asynchronous

ANYWHERE = "127.0.0.1:0"

Ask = Callable[[str], Awaitable[tuple[int, str]]]


async def scrape() -> bytes:
    return exposition(fresh(), Reading(log_position=7))


@asynccontextmanager
async def asking(health: Health) -> AsyncIterator[Ask]:
    """How to ask a server for a path: its status and what it says."""
    async with serving(ANYWHERE, health, scrape) as port, aiohttp.ClientSession() as session:

        async def ask(path: str) -> tuple[int, str]:
            async with session.get(f"http://127.0.0.1:{port}{path}") as response:
                return response.status, await response.text()

        yield ask


def broken(kind: Kind) -> Check:
    async def ask() -> str:
        return "it broke"

    return Check("part", kind, ask)


@pytest.mark.parametrize(
    ("health", "live", "ready"),
    [
        (Health(), 200, 200),
        (Health(broken(Kind.LIVE)), 503, 503),
        (Health(broken(Kind.READY)), 200, 503),
        (Health(broken(Kind.DEGRADED)), 200, 200),
    ],
    ids=["well", *Kind],
)
@asynchronous
async def test_the_probes_answer_for_what_they_stand_for(
    health: Health, live: int, ready: int
) -> None:
    async with asking(health) as ask:
        assert (await ask("/live"))[0] == live
        assert (await ask("/ready"))[0] == ready
        assert (await ask("/health"))[0] == 200


@asynchronous
async def test_the_whole_health_says_each_check_and_why() -> None:
    async with asking(Health(broken(Kind.DEGRADED))) as ask:
        _, said = await ask("/health")
    assert said == (
        '{"status": "degraded", "checks":'
        ' {"part": {"kind": "degraded", "is_well": false, "why": "it broke"}}}'
    )


@asynchronous
async def test_a_process_that_is_told_to_stop_gets_no_more_requests_but_is_not_killed() -> None:
    health = Health()
    async with asking(health) as ask:
        assert (await ask("/ready"))[0] == 200
        health.drain()
        assert (await ask("/ready"))[0] == 503
        assert (await ask("/live"))[0] == 200


@asynchronous
async def test_prometheus_gets_its_own_format() -> None:
    async with (
        serving(ANYWHERE, Health(), scrape) as port,
        aiohttp.ClientSession() as session,
        session.get(f"http://127.0.0.1:{port}/metrics") as response,
    ):
        assert response.headers["Content-Type"] == CONTENT_TYPE
        assert "zoneledger_log_position 7.0" in await response.text()


@asynchronous
async def test_nothing_else_is_served() -> None:
    async with asking(Health()) as ask:
        assert (await ask("/"))[0] == 404


@asynchronous
async def test_requests_are_not_logged(caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level("DEBUG"):
        async with asking(Health()) as ask:
            await ask("/ready")
    assert [each for each in caplog.records if each.name.startswith("aiohttp")] == []


@asynchronous
async def test_a_port_that_is_taken_is_unavailable_and_its_owner_goes_on() -> None:
    async with serving(ANYWHERE, Health(), scrape) as port:
        with pytest.raises(Unavailable, match=rf"on 127\.0\.0\.1:{port}: .*ZONELEDGER_HTTP"):
            async with serving(f"127.0.0.1:{port}", Health(), scrape):
                pass
        async with (
            aiohttp.ClientSession() as session,
            session.get(f"http://127.0.0.1:{port}/live") as response,
        ):
            assert response.status == 200


@asynchronous
async def test_a_port_is_free_again_after_its_block() -> None:
    async with serving(ANYWHERE, Health(), scrape) as port:
        pass
    async with serving(f"127.0.0.1:{port}", Health(), scrape) as again:
        assert again == port


@asynchronous
async def test_the_end_does_not_wait_for_a_probe_that_hangs() -> None:
    asked = asyncio.Event()

    async def hanging() -> str:
        asked.set()
        await asyncio.sleep(60)
        return ""

    health = Health(Check("part", Kind.LIVE, hanging, 60))
    async with aiohttp.ClientSession() as session:
        async with serving(ANYWHERE, health, scrape) as port:
            probe = asyncio.create_task(session.get(f"http://127.0.0.1:{port}/live").__aenter__())
            await asked.wait()
            began = asyncio.get_running_loop().time()
        assert asyncio.get_running_loop().time() - began < 10
        with pytest.raises(aiohttp.ClientError):
            await probe


@pytest.mark.parametrize("address", ["", "nowhere", ":9464", "127.0.0.1:", "127.0.0.1:99999"])
@asynchronous
async def test_an_address_that_is_none_is_refused(address: str) -> None:
    with pytest.raises(Unavailable, match="use HOST:PORT"):
        async with serving(address, Health(), scrape):
            pass

"""What the orchestrator and Prometheus ask over HTTP: /live, /ready, /health and /metrics.

/live and /ready answer 200 or 503, and ask only the checks that they stand for: a database that is
away makes a process not ready, and no reason to restart it. /health always answers 200 and tells
everything. No secrets are served here, and no requests are logged.
"""

from collections.abc import AsyncIterator, Awaitable, Callable, Collection, Sequence
from contextlib import asynccontextmanager

from aiohttp import web

from services.kernel.errors import Unavailable
from services.runtime import metrics
from services.runtime.health import Finding, Health, Kind, as_json, is_live, is_ready

_LAST_PORT = 65_535
_GRACE_SECONDS = 1.0

_Answer = Callable[[web.Request], Awaitable[web.Response]]


@asynccontextmanager
async def serving(
    address: str, health: Health, scrape: Callable[[], Awaitable[bytes]]
) -> AsyncIterator[int]:
    """Serve at `address`, HOST:PORT, until the end of the block; the port it got."""
    host, port = _host_and_port(address)
    # A probe asks again soon; nobody waits for one that hangs.
    runner = web.AppRunner(
        _application(health, scrape), access_log=None, shutdown_timeout=_GRACE_SECONDS
    )
    await runner.setup()
    try:
        await _listen(runner, host, port)
        yield runner.addresses[0][1]
    finally:
        await runner.cleanup()


def _host_and_port(address: str) -> tuple[str, int]:
    host, _, port = address.rpartition(":")
    if not (host and port.isdecimal() and int(port) <= _LAST_PORT):
        raise Unavailable(f"{address!r} is no address for health and metrics; use HOST:PORT")
    return host.strip("[]"), int(port)


async def _listen(runner: web.AppRunner, host: str, port: int) -> None:
    try:
        await web.TCPSite(runner, host, port).start()
    except OSError as error:
        raise Unavailable(
            f"cannot serve health and metrics on {host}:{port}: {error.strerror or error};"
            " choose another address in ZONELEDGER_HTTP"
        ) from error


def _application(health: Health, scrape: Callable[[], Awaitable[bytes]]) -> web.Application:
    async def told(_: web.Request) -> web.Response:
        return _answer(await health.examine(), well=True)

    async def scraped(_: web.Request) -> web.Response:
        return web.Response(body=await scrape(), headers={"Content-Type": metrics.CONTENT_TYPE})

    application = web.Application()
    application.router.add_get("/live", _probe(health, (Kind.LIVE,), is_live))
    application.router.add_get("/ready", _probe(health, (Kind.LIVE, Kind.READY), is_ready))
    application.router.add_get("/health", told)
    application.router.add_get("/metrics", scraped)
    return application


def _probe(
    health: Health, kinds: Collection[Kind], holds: Callable[[Sequence[Finding]], bool]
) -> _Answer:
    async def probed(_: web.Request) -> web.Response:
        findings = await health.examine(kinds)
        return _answer(findings, well=holds(findings))

    return probed


def _answer(findings: Sequence[Finding], *, well: bool) -> web.Response:
    return web.json_response(as_json(findings), status=200 if well else 503)

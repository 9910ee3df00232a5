"""A process says whether it works, whether it can serve, and what waits too long."""

import asyncio
from collections.abc import Awaitable, Callable

import pytest

from services.runtime.health import (
    Check,
    Finding,
    Health,
    Kind,
    as_json,
    chain_moves,
    is_live,
    is_ready,
)
from tests.asynchronous import asynchronous


def saying(why: str) -> Callable[[], Awaitable[str]]:
    async def ask() -> str:
        return why

    return ask


def check(kind: Kind, why: str = "") -> Check:
    return Check(f"{kind} one", kind, saying(why))


@pytest.mark.parametrize(
    ("kind", "live", "ready", "status"),
    [
        (Kind.LIVE, False, False, "not live"),
        (Kind.READY, True, False, "not ready"),
        (Kind.DEGRADED, True, True, "degraded"),
    ],
)
@asynchronous
async def test_what_does_not_hold_means_what_its_kind_says(
    kind: Kind, live: bool, ready: bool, status: str
) -> None:
    others = [check(each) for each in Kind if each is not kind]
    findings = await Health(*others, check(kind, "it broke")).examine()
    assert (is_live(findings), is_ready(findings)) == (live, ready)
    assert as_json(findings)["status"] == status


@asynchronous
async def test_all_is_well_when_every_check_holds_or_there_is_none() -> None:
    for health in (Health(), Health(*(check(kind) for kind in Kind))):
        findings = await health.examine()
        assert is_live(findings)
        assert is_ready(findings)
        assert as_json(findings)["status"] == "well"


@asynchronous
async def test_each_check_is_told_with_its_kind_and_why_it_does_not_hold() -> None:
    health = Health(
        Check("database", Kind.READY, saying("")),
        Check("parked", Kind.DEGRADED, saying("2 streams wait; see zoneledger parked list")),
    )
    assert as_json(await health.examine()) == {
        "status": "degraded",
        "checks": {
            "database": {"kind": "ready", "is_well": True, "why": ""},
            "parked": {
                "kind": "degraded",
                "is_well": False,
                "why": "2 streams wait; see zoneledger parked list",
            },
        },
    }


@asynchronous
async def test_a_check_that_fails_does_not_hold_and_the_others_are_asked_all_the_same() -> None:
    async def failing() -> str:
        raise ConnectionError("refused")

    health = Health(Check("database", Kind.READY, failing), check(Kind.LIVE))
    assert await health.examine() == [
        Finding("database", Kind.READY, "ConnectionError: refused"),
        Finding("live one", Kind.LIVE, ""),
    ]


@asynchronous
async def test_a_check_that_does_not_answer_in_time_does_not_hold() -> None:
    async def hanging() -> str:
        await asyncio.sleep(60)
        return ""

    health = Health(Check("database", Kind.READY, hanging, 0.01))
    assert await health.examine() == [
        Finding("database", Kind.READY, "no answer within 0.01 s"),
    ]


@asynchronous
async def test_only_the_checks_that_are_wanted_are_asked() -> None:
    async def never() -> str:
        raise AssertionError("a database that is away is no reason for a restart")

    health = Health(Check("database", Kind.READY, never), check(Kind.LIVE))
    assert [each.name for each in await health.examine([Kind.LIVE])] == ["live one"]


@asynchronous
async def test_a_process_that_was_told_to_stop_is_live_but_not_ready() -> None:
    health = Health()
    health.drain()
    findings = await health.examine()
    assert findings == [Finding("draining", Kind.READY, "it was told to stop")]
    assert is_live(findings)
    assert not is_ready(findings)


@pytest.mark.parametrize(
    ("seconds", "why"),
    [
        (0.0, ""),
        (60.0, ""),
        (60.6, "something has waited 61 s for what follows from it; promised are 60 s"),
    ],
)
@asynchronous
async def test_a_chain_is_wedged_when_something_waits_longer_than_promised(
    seconds: float, why: str
) -> None:
    async def waiting() -> float:
        return seconds

    [finding] = await Health(chain_moves(60, waiting)).examine()
    assert finding == Finding("chain", Kind.DEGRADED, why)

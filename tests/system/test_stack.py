"""The same story apart as in one process: PostgreSQL, Kafka, and a process for each role."""

import json
import signal
import subprocess
import time
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import pytest

from services.runtime.service import SERVICES
from tests import rounds
from tests.servers import free_port
from tests.surface.held_round import ADOPTION, asking, call, registration
from tests.system.commands import COMMAND, EXAMPLE, run
from tests.system.stack import Stack, standing
from zoneledger.incentive.v1.service_pb2 import ListEntitlementsRequest
from zoneledger.ledger.v1.service_pb2 import ListParkedStreamsRequest

# What two runs of one story cannot share: when it was told, and the names that were drawn for it.
_OF_THE_RUN = ("recorded_at", "decision_id")


@pytest.fixture
def stack(tmp_path: Path, postgres_admin: str, kafka: str) -> Iterator[Stack]:
    with standing(tmp_path, postgres_admin, kafka) as stack:
        yield stack


def told(text: str) -> dict[str, object]:
    """What the demo says, without what is of one run only."""
    story = json.loads(
        text,
        object_hook=lambda each: {
            name: value for name, value in each.items() if name not in _OF_THE_RUN
        },
    )
    for log in story["audit"]["logs"]:
        del log["root"]
    return dict(story)


def test_the_demo_tells_the_same_apart_as_in_one_process(stack: Stack, tmp_path: Path) -> None:
    stack.start_all()
    apart = stack.run("demo", "--json")
    assert apart.returncode == 0, apart.stderr
    together = run(tmp_path / "data", "demo", "--json")
    assert told(apart.stdout) == told(together.out)


def test_a_round_is_held_apart_and_what_follows_from_it_is_heard_in_order(stack: Stack) -> None:
    stack.start_all()
    with stack.clients() as clients:
        clients.evaluation.AdoptPolicies(ADOPTION)
        clients.evaluation.RegisterUnits(registration())
        for command in rounds.PUBLISHED:
            request = asking(command)
            call(clients, request)(request)
        stack.wait_until_heard()
        granted = ListEntitlementsRequest(parent="units/xiangtan", round=2020)
        assert clients.incentive.ListEntitlements(granted).entitlements
        for name in ("incentive", "financing"):
            waiting = ListParkedStreamsRequest(service=name)
            assert not clients.logs[name].ListParkedStreams(waiting).streams


def test_processes_end_with_0_when_they_are_asked_to(stack: Stack) -> None:
    stack.start_all()
    stack.tell_demo()
    codes = {key: stack.end(*key, signal.SIGTERM) for key in list(stack.processes)}
    assert set(codes.values()) == {0}, codes


def test_an_api_accepts_commands_while_the_broker_is_away(stack: Stack) -> None:
    for service in SERVICES:
        stack.start(service, "api")
    stack.wait_for_apis()
    done = stack.run("import", "units", str(EXAMPLE / "units.csv"))
    assert done.stdout == "units: 61 recorded, 0 unchanged\n", done.stderr
    for service in SERVICES:
        stack.start(service, "worker")
    stack.tell_demo()


def test_a_worker_that_finds_no_broker_ends_with_1_and_can_be_started_again(stack: Stack) -> None:
    nobody = {"ZONELEDGER_KAFKA": f"127.0.0.1:{free_port()}"}
    ended = subprocess.run(
        [*COMMAND, "run", "incentive", "worker"],
        env={**stack.environment("incentive"), **nobody},
        capture_output=True,
        check=False,
        timeout=60,
    )
    assert ended.returncode == 1


def test_a_worker_that_is_told_to_stop_ends_with_0_also_where_there_is_no_broker(
    stack: Stack,
) -> None:
    for service in SERVICES:
        stack.start(service, "api")
    stack.wait_for_apis()
    assert stack.run("import", "units", str(EXAMPLE / "units.csv")).returncode == 0
    stack.start("evaluation", "worker", ZONELEDGER_KAFKA=f"127.0.0.1:{free_port()}")
    deadline = time.monotonic() + 30
    while not _relays(stack):
        assert time.monotonic() < deadline
        time.sleep(0.1)
    assert stack.end("evaluation", "worker", signal.SIGTERM) == 0


def _relays(stack: Stack) -> bool:
    with suppress(OSError):
        return "zoneledger_relay_active 1.0" in stack.ask("evaluation", "worker", "/metrics")[1]
    return False

"""The services apart and by TLS: each knows the others and the agencies by the access table."""

import json
import os
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from services.runtime.access_log import read
from services.runtime.service import SERVICES
from tests.system.commands import COMMAND
from tests.system.stack import Stack, standing

_PATIENCE_SECONDS = 60.0


@pytest.fixture
def keys(tmp_path: Path) -> Path:
    """Development keys of every service and agency."""
    folder = tmp_path / "keys"
    subprocess.run([*COMMAND, "keys", "dev", str(folder)], check=True, stdout=subprocess.DEVNULL)
    return folder


@pytest.fixture
def stack(
    tmp_path: Path, keys: Path, postgres_admin: str, kafka: str, monkeypatch: pytest.MonkeyPatch
) -> Iterator[Stack]:
    """A stack whose operator has a certificate, as each of its processes has."""
    monkeypatch.setenv("ZONELEDGER_TLS", str(keys / "operator"))
    with standing(tmp_path, postgres_admin, kafka) as stack:
        for service in SERVICES:
            own = {"ZONELEDGER_TLS": str(keys / service)}
            stack.start(service, "worker", **own)
            stack.start(service, "api", **own, ZONELEDGER_ACCESS_LOG=str(tmp_path / "access"))
        stack.wait_for_apis()
        yield stack


def ask(stack: Stack, keys: Path, agency: str, *words: str) -> subprocess.CompletedProcess[str]:
    """What an agency is answered by the three apis."""
    servers = ",".join(f"{name}={address}" for name, address in stack.addresses.items())
    return subprocess.run(
        [*COMMAND, "--server", servers, *words],
        env={**os.environ, "ZONELEDGER_TLS": str(keys / agency)},
        capture_output=True,
        check=False,
        text=True,
        timeout=_PATIENCE_SECONDS,
    )


def test_before_there_is_a_table_only_the_operator_is_answered_and_then_everybody(
    stack: Stack, keys: Path, tmp_path: Path
) -> None:
    refused = ask(stack, keys, "most", "entitlements")
    assert (refused.returncode, "access table" in refused.stderr) == (2, True), refused.stderr
    stack.tell_demo()  # It adopts the table, and ends with an audit that finds no difference.
    answered = ask(stack, keys, "most", "entitlements", "--unit", "xiangtan", "--json")
    assert answered.returncode == 0, answered.stderr
    assert len(json.loads(answered.stdout)) == 6
    foreign = ask(stack, keys, "huangshi", "credit-tilts", "--unit", "xiangtan")
    assert (foreign.returncode, foreign.stdout) == (2, "")
    calls = [line.said for line in read(tmp_path / "access") if line.said]
    assert (
        {"operator", "most", "huangshi", "incentive", "financing", ""}
        >= {call["agency"] for call in calls}
        >= {"operator", "most", "huangshi", ""}
    )


def test_a_service_compares_what_it_heard_by_its_own_certificate(stack: Stack) -> None:
    stack.tell_demo()
    deadline = time.monotonic() + _PATIENCE_SECONDS
    while not _are_well(stack):
        assert time.monotonic() < deadline
        time.sleep(0.2)


def _are_well(stack: Stack) -> bool:
    """Whether every worker is well, which it is not while it cannot ask its source."""
    told = [json.loads(stack.ask(service, "worker", "/health")[1]) for service in SERVICES]
    figures = stack.ask("incentive", "worker", "/metrics")[1]
    return (
        all(each["status"] == "well" for each in told)
        and 'zoneledger_lag_events{source="evaluation"} 0.0' in figures
    )

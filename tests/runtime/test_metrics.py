"""Prometheus is told what was measured, under the names of the contract."""

import asyncio
import logging

import pytest
from prometheus_client.parser import text_string_to_metric_families

from services.runtime import metrics
from services.runtime.metrics import Lag, Metrics, Outcome, Reading, exposition, fresh, scrape
from tests.asynchronous import asynchronous

PREFIX = "zoneledger_"
EVERYTHING = Reading(
    log_position=7,
    relayed_position=5,
    relay_active=True,
    chain_wedged=False,
    sources={"evaluation": Lag(3, 1.5, 2.5, 1)},
)


def told(text: bytes) -> dict[str, float]:
    """Each of our samples with its labels: `name{label=value}`."""
    return {
        sample.name.removeprefix(PREFIX)
        + "".join(f"{{{label}={value}}}" for label, value in sorted(sample.labels.items())): (
            sample.value
        )
        for family in text_string_to_metric_families(text.decode())
        for sample in family.samples
        if sample.name.startswith(PREFIX) and not sample.name.endswith("_created")
    }


def filled() -> Metrics:
    """Counts of which each is its own."""
    counted = fresh(["evaluation"])
    counted.heard.labels("evaluation").inc(4)
    counted.commands.labels(Outcome.REFUSED).inc(2)
    counted.rpc_seconds.labels("x.Y/Z", "OK").observe(0.004)
    return counted


def test_every_name_of_the_contract_is_told() -> None:
    families = {
        family.name.removeprefix(PREFIX)
        for family in text_string_to_metric_families(exposition(filled(), EVERYTHING).decode())
        if family.name.startswith(PREFIX)
    }
    assert families - {"heard_created", "commands_created", "rpc_seconds_created"} == {
        "chain_wedged",
        "commands",
        "heard",
        "lag_events",
        "lag_seconds",
        "log_position",
        "oldest_undecided_seconds",
        "parked_streams",
        "relay_active",
        "relayed_position",
        "rpc_seconds",
    }


def test_what_was_counted_and_what_was_read_stand_beside_each_other() -> None:
    said = told(exposition(filled(), EVERYTHING))
    assert said["heard_total{source=evaluation}"] == 4
    assert said["commands_total{outcome=refused}"] == 2
    assert said["rpc_seconds_count{code=OK}{method=x.Y/Z}"] == 1
    assert said["log_position"] == 7
    assert said["relayed_position"] == 5
    assert said["relay_active"] == 1
    assert said["chain_wedged"] == 0
    assert said["lag_events{source=evaluation}"] == 3
    assert said["lag_seconds{source=evaluation}"] == 1.5
    assert said["oldest_undecided_seconds{source=evaluation}"] == 2.5
    assert said["parked_streams{source=evaluation}"] == 1


def test_what_is_not_known_is_not_told_as_zero() -> None:
    assert set(told(exposition(fresh(), Reading(log_position=7)))) == {
        "log_position",
        *(f"commands_total{{outcome={outcome}}}" for outcome in Outcome),
    }


def test_a_count_is_told_from_zero_on() -> None:
    assert told(exposition(fresh(["evaluation"]), Reading()))["heard_total{source=evaluation}"] == 0


def test_two_processes_in_one_test_count_apart() -> None:
    filled()
    assert told(exposition(fresh(), Reading()))["commands_total{outcome=refused}"] == 0


def test_memory_and_open_files_and_the_start_of_the_process_are_told() -> None:
    text = exposition(fresh(), Reading())
    assert b"process_resident_memory_bytes" in text
    assert b"process_open_fds" in text
    assert b"process_start_time_seconds" in text  # Its changes are restarts.


@asynchronous
async def test_a_scrape_reads_where_the_process_stands_now() -> None:
    positions = iter([1, 2])

    async def read() -> Reading:
        return Reading(log_position=next(positions))

    counted = fresh()
    assert told(await scrape(counted, read))["log_position"] == 1
    assert told(await scrape(counted, read))["log_position"] == 2


@asynchronous
async def test_counts_are_told_also_while_the_database_is_away(
    caplog: pytest.LogCaptureFixture,
) -> None:
    async def read() -> Reading:
        raise ConnectionError("no database")

    with caplog.at_level(logging.WARNING):
        said = told(await scrape(filled(), read))
    assert said["heard_total{source=evaluation}"] == 4
    assert "log_position" not in said
    assert "no database" in caplog.text


@asynchronous
async def test_a_scrape_does_not_wait_longer_than_prometheus(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    async def read() -> Reading:
        await asyncio.sleep(60)
        return Reading()

    monkeypatch.setattr(metrics, "_LONGEST_READING_SECONDS", 0.01)
    assert told(await scrape(filled(), read))["heard_total{source=evaluation}"] == 4

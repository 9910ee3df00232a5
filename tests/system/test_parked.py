"""A stream that waits is seen, tried again, and passed over by somebody who answers for it."""

import asyncio
import json
from pathlib import Path

import pytest

from services.kernel.decision import pack
from services.runtime.folder import log_file
from services.runtime.store.sqlite import SqliteStore
from tests.runtime.story import GOOD, rating
from tests.system.commands import import_2020, run, told
from zoneledger.evaluation.v1.events_pb2 import BeneficiaryClass, RatingCorrected
from zoneledger.ledger.v1.decision_pb2 import Decision, PolicyReference

UNIT = "unit-xuzhou"
LISTENING = ("incentive", "financing")
WORDS = ("--reason", "that document never was", "--document", "复函")


async def _correct_by_a_document_that_is_nowhere(folder: Path) -> None:
    store = SqliteStore(log_file(folder, "evaluation"))
    [*_, last] = await store.stream(UNIT)
    wrong = rating("xuzhou", GOOD)
    wrong.policy.CopyFrom(PolicyReference(policy_id="2021-866", content_hash="0" * 64))
    event = RatingCorrected(
        rating=wrong,
        corrected_on="2021-09-01",
        reason="a fault",
        beneficiary_class=BeneficiaryClass.BENEFICIARY_CLASS_NATIONAL,
    )
    await store.append(
        [
            Decision(
                decision_id="a-fault",
                stream=UNIT,
                version=last.next_version,
                correlation_id="a-fault",
                command=pack(event),
                events=[pack(event)],
            )
        ]
    )
    await store.close()


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A folder in which evaluation says of Xuzhou what nobody can answer."""
    import_2020(tmp_path)
    asyncio.run(_correct_by_a_document_that_is_nowhere(tmp_path))
    return tmp_path


def resolve(folder: Path, service: str) -> str:
    ran = run(folder, "parked", "resolve", service, UNIT, *WORDS)
    assert ran.code == 0, ran.err
    return ran.out


def test_nothing_waits_in_a_folder_that_is_well(tmp_path: Path) -> None:
    import_2020(tmp_path)
    assert told(tmp_path, "parked", "list") == []
    assert run(tmp_path, "parked", "retry").code == 0


def test_a_stream_that_does_not_wait_cannot_be_passed_over(tmp_path: Path) -> None:
    import_2020(tmp_path)
    ran = run(tmp_path, "parked", "resolve", "incentive", UNIT, *WORDS)
    assert (ran.code, ran.out) == (2, "")
    assert UNIT in ran.err


def test_what_waits_is_listed_with_the_reason_and_shown_with_its_events(folder: Path) -> None:
    waiting = told(folder, "parked", "list")
    assert [(each["service"], each["stream"], each["version"]) for each in waiting] == [
        (service, UNIT, 3) for service in LISTENING
    ]
    assert all("has not reached this log" in each["reason"] for each in waiting)
    shown = json.loads(run(folder, "parked", "show", "incentive", UNIT).out)
    assert [each["decision_id"] for each in shown["decisions"]] == ["a-fault"]


def test_to_try_again_says_that_it_still_waits(folder: Path) -> None:
    ran = run(folder, "parked", "retry")
    assert ran.code == 1
    assert ran.out.count("has not reached this log") == len(LISTENING)


def test_other_units_go_on_while_one_waits(folder: Path) -> None:
    good_to_excellent = ("--unit", "loudi", "--round", "2020", "--grade", "excellent")
    why = ("--corrected-on", "2021-09-01", "--document", "x", "--reason", "y")
    assert run(folder, "correct-rating", *good_to_excellent, *why).code == 0
    assert len(told(folder, "entitlements", "--unit", "loudi")) == 6


def test_passing_over_an_event_is_a_decision_of_its_own_that_the_audit_knows(folder: Path) -> None:
    for service in LISTENING:
        assert "passed over version 4" in resolve(folder, service)
    assert told(folder, "parked", "list") == []
    recorded = [told(folder, "log", "--service", service)[-1] for service in LISTENING]
    assert all(each["stream"] == f"passed-evaluation-{UNIT}" for each in recorded)
    assert all(each["events"][0]["reason"] == WORDS[1] for each in recorded)
    audit = json.loads(run(folder, "audit", "--json").out)
    found = {log["service"]: log["findings"] for log in audit["logs"]}
    assert [found[service] for service in LISTENING] == [[], []]
    assert found["evaluation"]  # What was forged there is found there.


def test_what_comes_behind_a_passed_over_event_is_answered(folder: Path) -> None:
    for service in LISTENING:
        resolve(folder, service)
    why = ("--corrected-on", "2021-10-01", "--document", "x", "--reason", "y")
    words = ("--unit", "xuzhou", "--round", "2020", "--grade", "excellent", *why)
    ran = run(folder, "correct-rating", *words)
    assert ran.code == 0, ran.err
    assert len(told(folder, "entitlements", "--unit", "xuzhou")) == 6

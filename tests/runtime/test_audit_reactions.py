"""What should follow from an event and does not is told, and whatever a row says of its cause."""

import sqlite3
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import pytest
from google.protobuf.message import Message

from services.kernel import merkle
from services.kernel.policy import Policies
from services.runtime.audit import Report, audit
from services.runtime.audit_reactions import audit_reactions
from services.runtime.service import Service, load
from tests.asynchronous import asynchronous
from tests.runtime.story import ADOPT_NOTICE, listening, publish, register, rows, tell
from zoneledger.evaluation.v1.events_pb2 import ZoneRatedExcellent
from zoneledger.ledger.v1.decision_pb2 import Decision

EVALUATION, INCENTIVE = load("evaluation"), load("incentive")


def _stumble(event: Message, policies: Policies) -> Sequence[Message]:
    match event:
        case ZoneRatedExcellent():
            raise LookupError("over a rating")
        case _:
            return INCENTIVE.react(event, policies)


STUMBLING = replace(INCENTIVE, react=_stumble)


async def heard(folder: Path, service: Service) -> None:
    """A rating that the service hears."""
    async with listening(EVALUATION, folder) as evaluation, listening(service, folder) as listener:
        await tell(evaluation, ADOPT_NOTICE, register("xiangtan"), publish("xiangtan"))
        await listener.reactor.hear("evaluation", await rows(evaluation))


async def audited(folder: Path) -> Report:
    async with listening(EVALUATION, folder) as evaluation, listening(INCENTIVE, folder) as other:
        report = await audit(INCENTIVE, other.store)
        await audit_reactions(INCENTIVE, other.store, {"evaluation": evaluation.store}, report)
        return report


@asynchronous
async def test_a_parked_stream_is_told_with_its_reason_and_how_much_waits(tmp_path: Path) -> None:
    await heard(tmp_path, STUMBLING)
    report = await audited(tmp_path)
    assert report.findings == []
    [waiting] = report.waiting
    assert waiting.what == (
        "waits: unit-xiangtan of evaluation behind version 1 (1 events),"
        " because LookupError: over a rating"
    )


@asynchronous
async def test_what_was_heard_and_answered_waits_for_nothing(tmp_path: Path) -> None:
    await heard(tmp_path, INCENTIVE)
    report = await audited(tmp_path)
    assert (report.findings, report.waiting) == ([], [])


@pytest.mark.parametrize("field", ["actor", "correlation_id"])
@asynchronous
async def test_a_row_that_says_something_else_of_its_cause_is_found(
    tmp_path: Path, field: str
) -> None:
    await heard(tmp_path, INCENTIVE)
    _forge(tmp_path / "incentive.sqlite", field)
    report = await audited(tmp_path)
    [found] = [each.what for each in report.findings if field in each.what]
    assert found.endswith("it says forged")


def _forge(path: Path, field: str) -> None:
    """Write the last row anew, with a hash and a tree that fit."""
    db = sqlite3.connect(path)
    db.execute("DROP TRIGGER decisions_never_change")
    read = "SELECT position, data FROM decisions ORDER BY position"
    stored = [(position, Decision.FromString(data)) for position, data in db.execute(read)]
    position, forged = stored[-1]
    setattr(forged, field, "forged")
    data = forged.SerializeToString()
    leaf = merkle.leaf_hash(data)
    db.execute("UPDATE decisions SET data = ?, leaf = ? WHERE position = ?", (data, leaf, position))
    leaves = [row[0] for row in db.execute("SELECT leaf FROM decisions ORDER BY position")]
    edge = merkle.extend(merkle.EMPTY, leaves)
    db.execute("UPDATE frontier SET peaks = ?", (b"".join(edge.peaks),))
    db.commit()
    db.close()

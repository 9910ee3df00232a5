"""What should follow from an event and does not is told, and whatever a row says of its cause."""

import sqlite3
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any, TypeVar, cast

import pytest
from google.protobuf.message import Message

from services.kernel import merkle
from services.kernel.policy import Policies
from services.runtime.audit import Report, audit
from services.runtime.audit_reactions import audit_reactions
from services.runtime.service import Service, load
from services.runtime.store import Log, Parked
from tests.asynchronous import asynchronous
from tests.runtime.story import ADOPT_NOTICE, listening, publish, register, rows, tell
from zoneledger.evaluation.v1.events_pb2 import ZoneRatedExcellent
from zoneledger.ledger.v1.decision_pb2 import Decision

Answer = TypeVar("Answer")
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


class Between:
    """A log in which something happens between the first two questions about what was heard."""

    def __init__(self, log: Log, happen: Callable[[], Awaitable[None]]) -> None:
        self._log, self._happen = log, happen
        self._is_asked = False

    async def cursor(self, source: str) -> int:
        return await self._asked(self._log.cursor(source))

    async def parked(self) -> list[Parked]:
        return await self._asked(self._log.parked())

    async def _asked(self, answer: Awaitable[Answer]) -> Answer:
        if self._is_asked:
            return await answer
        self._is_asked, answered = True, await answer
        await self._happen()
        return answered

    def __getattr__(self, name: str) -> Any:
        return getattr(self._log, name)


@asynchronous
async def test_a_stream_that_is_parked_while_it_is_audited_is_no_difference(tmp_path: Path) -> None:
    async with listening(EVALUATION, tmp_path) as source, listening(STUMBLING, tmp_path) as other:
        await tell(source, ADOPT_NOTICE, register("xiangtan"), publish("xiangtan"))

        async def hear() -> None:
            await other.reactor.hear("evaluation", await rows(source))

        report = await audit(INCENTIVE, other.store)
        log = cast("Log", Between(other.store, hear))
        await audit_reactions(INCENTIVE, log, {"evaluation": source.store}, report)
        assert report.findings == []
        assert len(await other.store.parked()) == 1


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

"""People deal with what waits: they try it again, or pass over an event and answer for it."""

from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any, NamedTuple

import pytest

from services.kernel.errors import Rejected, UnknownStream
from services.kernel.reasons import Told, Why
from services.runtime.audit import audit
from services.runtime.audit_reactions import audit_reactions
from services.runtime.bus.local import Listener
from services.runtime.desk import Desk
from services.runtime.service import Service, load
from services.runtime.store import Heard, Inbox
from tests.asynchronous import asynchronous
from tests.runtime.logs import check_whole, decoded
from tests.runtime.story import (
    ADOPT_NOTICE,
    EXCELLENT,
    GOOD,
    answers,
    correct,
    listening,
    publish,
    register,
    rows,
    tell,
)
from zoneledger.ledger.v1.parked_pb2 import EventPassedOver, PassOverEvent

UNIT = "unit-xiangtan"
INCENTIVE = load("incentive")


class Office(NamedTuple):
    """A desk of incentive, for which the rating of Xiangtan waits, and the logs behind it."""

    desk: Desk
    evaluation: Listener
    incentive: Listener
    over: list[str]

    async def findings(self) -> list[str]:
        report = await audit(INCENTIVE, self.incentive.store)
        sources = {"evaluation": self.evaluation.store}
        await audit_reactions(INCENTIVE, self.incentive.store, sources, report)
        return [finding.what for finding in report.findings]


def stumbling(over: list[str]) -> Service:
    """Incentive, which stumbles over events of these names."""

    def react(event: Any, policies: Any) -> Any:
        if event.DESCRIPTOR.name in over:
            raise ArithmeticError("a fault that nobody foresaw")
        return INCENTIVE.react(event, policies)

    return replace(INCENTIVE, react=react)


@asynccontextmanager
async def office(folder: Path, *names: str) -> AsyncIterator[Office]:
    over = list(names or ["ZoneRatedExcellent"])
    async with (
        listening(load("evaluation"), folder) as evaluation,
        listening(stumbling(over), folder) as incentive,
    ):
        await tell(evaluation, ADOPT_NOTICE, register("xiangtan"), publish("xiangtan"))
        for grade in (GOOD, EXCELLENT):
            await tell(evaluation, correct("xiangtan", grade))
        await incentive.reactor.hear("evaluation", await rows(evaluation))
        sources = {"evaluation": evaluation.store}
        desk = Desk(incentive.store, incentive.handler, incentive.reactor, sources)
        yield Office(desk, evaluation, incentive, over)


def passing(version: int = 2, source: str = "evaluation", stream: str = UNIT) -> PassOverEvent:
    return PassOverEvent(
        source=source, stream=stream, version=version, reason="it was void", document="2021-900"
    )


def waits_for(expected: int, version: int) -> Told:
    return Why.WAITS_FOR_ANOTHER_VERSION(
        stream=UNIT, source="evaluation", expected=expected, version=version
    )


@asynchronous
async def test_what_is_mended_goes_on_when_it_is_tried_again(tmp_path: Path) -> None:
    async with office(tmp_path) as at:
        assert await at.desk.retry() == 0
        at.over.clear()
        assert await at.desk.retry() == 1
        assert await at.desk.parked() == []
        assert len(await answers(at.incentive)) == 4
        assert await at.findings() == []


@asynchronous
async def test_an_event_that_is_passed_over_is_recorded_with_who_answers_for_it(
    tmp_path: Path,
) -> None:
    async with office(tmp_path) as at:
        made = await at.desk.pass_over(passing(), "li")
        said = EventPassedOver()
        assert made.events[0].Unpack(said)
        [rated] = [row for row in decoded(await rows(at.evaluation)) if row.version == 1]
        assert said.event_id == f"{rated.decision_id}.0"
        assert (said.reason, said.document, made.actor) == ("it was void", "2021-900", "li")
        assert made.decision_id in {row.decision_id for row in await rows(at.incentive)}


@asynchronous
async def test_behind_an_event_that_is_passed_over_the_stream_goes_on(tmp_path: Path) -> None:
    async with office(tmp_path) as at:
        await at.desk.pass_over(passing(), "li")
        assert await at.desk.parked() == []
        heard = await at.incentive.store.heard("evaluation", [UNIT])
        assert heard == {UNIT: 4}
        assert await at.findings() == []
        await check_whole(at.incentive.store)


@asynchronous
async def test_another_version_than_the_one_that_waits_is_not_passed_over(tmp_path: Path) -> None:
    async with office(tmp_path) as at:
        before = await rows(at.incentive)
        for version in (1, 3):
            with pytest.raises(Rejected) as refusal:
                await at.desk.pass_over(passing(version), "li")
            assert refusal.value.told == waits_for(2, version)
        assert await rows(at.incentive) == before


@asynchronous
async def test_what_does_not_wait_is_not_passed_over(tmp_path: Path) -> None:
    async with office(tmp_path) as at:
        for nothing in (passing(stream="unit-tongling"), passing(source="financing")):
            with pytest.raises(UnknownStream) as refusal:
                await at.desk.pass_over(nothing, "li")
            assert refusal.value.why is Why.STREAM_NOT_WAITING


@asynchronous
async def test_one_event_is_passed_over_once(tmp_path: Path) -> None:
    async with office(tmp_path, "ZoneRatedExcellent", "RatingCorrected") as at:
        await at.desk.pass_over(passing(2), "li")
        with pytest.raises(Rejected) as refusal:
            await at.desk.pass_over(passing(2), "wang")
        assert refusal.value.told == waits_for(3, 2)
        await at.desk.pass_over(passing(3), "li")
        [parked] = await at.desk.parked()
        assert parked.version == 3


@asynchronous
async def test_a_stream_that_moves_on_while_somebody_decides_is_to_be_looked_at_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with office(tmp_path) as at:
        find: Callable[..., Any] = at.desk._event_id

        async def meanwhile(parked: Any) -> str:
            event_id: str = await find(parked)
            gone_on = Inbox("evaluation", 0, (Heard("evaluation", UNIT, 1, 2),))
            await at.incentive.store.append([], gone_on)
            return event_id

        monkeypatch.setattr(at.desk, "_event_id", meanwhile)
        before = await rows(at.incentive)
        with pytest.raises(Rejected) as refusal:
            await at.desk.pass_over(passing(), "li")
        assert refusal.value.told == Why.STREAM_MOVED_ON(stream=UNIT)
        assert await rows(at.incentive) == before

"""What a neighbour decided is answered once, in order; what has no answer waits, alone."""

import asyncio
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import replace
from functools import partial
from itertools import groupby
from pathlib import Path
from typing import Any, NamedTuple

import pytest
from google.protobuf.message import Message

from services.incentive.decider import GRANTED
from services.kernel.errors import Unavailable
from services.kernel.policy import Policies
from services.runtime.bus.local import Listener
from services.runtime.handler import Handler
from services.runtime.reactor import Notice, Reactor, notices
from services.runtime.service import Service, load
from services.runtime.store import Answered, Carried, Inbox, Parked, Row, Store
from services.runtime.store.sqlite import SqliteStore
from tests.asynchronous import asynchronous, until
from tests.runtime.logs import check_whole, decoded
from tests.runtime.story import (
    ADOPT_NOTICE,
    EARNED_BY_EXCELLENT,
    EXCELLENT,
    GOOD,
    answers,
    correct,
    credit,
    entitlements,
    happened,
    listening,
    publish,
    register,
    rows,
    tell,
)
from zoneledger.evaluation.v1.events_pb2 import RatingCorrected, ZoneRatedExcellent
from zoneledger.financing.v1.commands_pb2 import GrantCreditTilt
from zoneledger.incentive.v1.commands_pb2 import GrantEntitlements
from zoneledger.ledger.v1.decision_pb2 import Decision

EVALUATION, INCENTIVE, FINANCING = load("evaluation"), load("incentive"), load("financing")
XIANGTAN, TONGLING = entitlements("xiangtan"), entitlements("tongling")


class Stumble(Exception):
    """A fault that nobody foresaw."""


class Fault(NamedTuple):
    """A service that stumbles over the events for which `over` is true, until it is mended."""

    service: Service
    over: list[Callable[[Message], bool]]

    def mend(self) -> None:
        self.over.clear()


def stumbling(service: Service, over: Callable[[Any], bool]) -> Fault:
    reasons = [over]

    def react(event: Message, policies: Policies) -> Sequence[Message]:
        if any(each(event) for each in reasons):
            raise Stumble(f"over {event.DESCRIPTOR.name}")
        return service.react(event, policies)

    return Fault(replace(service, react=react), reasons)


class Pair(NamedTuple):
    """Evaluation, and a service that hears it."""

    evaluation: Listener
    listener: Listener

    async def hear(self, *chosen: Row) -> None:
        """Let the service hear `chosen` rows, or what it has not heard yet."""
        cursor = await self.listener.store.cursor("evaluation")
        log = chosen or await self.evaluation.store.read(cursor, 10_000)
        await self.listener.reactor.hear("evaluation", log)

    async def retry(self) -> int:
        return await self.listener.reactor.retry_parked({"evaluation": self.evaluation.store})


@asynccontextmanager
async def pair(folder: Path, service: Service = INCENTIVE) -> AsyncIterator[Pair]:
    async with listening(EVALUATION, folder) as evaluation, listening(service, folder) as listener:
        yield Pair(evaluation, listener)


async def rate_two(evaluation: Listener) -> None:
    """Xiangtan and Tongling: registered, rated excellent, corrected to good, and back."""
    await tell(evaluation, ADOPT_NOTICE)
    for command in (
        *(register(unit_id) for unit_id in ("xiangtan", "tongling")),
        *(publish(unit_id) for unit_id in ("xiangtan", "tongling")),
        *(correct(unit_id, GOOD) for unit_id in ("xiangtan", "tongling")),
        *(correct(unit_id, EXCELLENT) for unit_id in ("xiangtan", "tongling")),
    ):
        await tell(evaluation, command)


def of(unit_id: str, type_: type[ZoneRatedExcellent | RatingCorrected]) -> Callable[[Any], bool]:
    """Whether an event is of this type and about this unit."""
    return lambda event: isinstance(event, type_) and event.rating.unit_id == unit_id


GRANTED_TWICE = (EARNED_BY_EXCELLENT, EARNED_BY_EXCELLENT, 1, EARNED_BY_EXCELLENT)


async def story_of(listener: Listener, stream: str) -> tuple[int, ...]:
    """How many were granted, then withdrawn, then found to earn nothing, then granted again."""
    said = await happened(listener, stream)
    runs = [(kind, len(list(names))) for kind, names in groupby(said, _kind)]
    kinds = ("granted", "withdrawn", "nothing", "granted")
    assert tuple(kind for kind, _ in runs) == kinds[: len(runs)]
    return tuple(length for _, length in runs)


def _kind(event: str) -> str:
    if event.endswith(("Granted", "Recommended")):
        return "granted"
    return "withdrawn" if event.endswith("Withdrawn") else "nothing"


class Held:
    """A store whose appends wait, and fail once if they have a reason to.

    `asked` counts them, and `looked` how often what waits was looked at: with a second try.
    """

    def __init__(self, store: Store, fault: Exception | None = None) -> None:
        self._store, self._fault = store, fault
        self.go_on, self.asked, self.looked = asyncio.Event(), 0, 0

    def __getattr__(self, name: str) -> Any:
        self.looked += name == "parked"
        return getattr(self._store, name)

    async def append(
        self,
        decisions: Sequence[Decision],
        inbox: Inbox | None = None,
        answered: Answered | None = None,
    ) -> list[Row]:
        self.asked += 1
        await self.go_on.wait()
        if self._fault is not None:
            fault, self._fault = self._fault, None
            raise fault
        return await self._store.append(decisions, inbox, answered)

    async def is_asked(self) -> bool:
        return self.asked > 0


# --- exactly once, in order -------------------------------------------------------------------


@pytest.mark.parametrize("service", [INCENTIVE, FINANCING], ids=lambda service: service.name)
@asynchronous
async def test_every_event_of_a_neighbour_is_answered_exactly_once(
    tmp_path: Path, service: Service
) -> None:
    async with pair(tmp_path, service) as told:
        await rate_two(told.evaluation)
        await told.hear()
        causes = [cause for cause, _ in await answers(told.listener)]
        asked = [
            notice.event_id
            for notice in notices(await rows(told.evaluation))
            if "UnitRegistered" not in notice.event.type_url  # A national unit earns by ratings.
        ]
        assert causes == asked
        await check_whole(told.listener.store)


@asynchronous
async def test_the_answers_to_a_stream_come_in_the_order_of_the_stream(tmp_path: Path) -> None:
    async with pair(tmp_path) as told:
        await rate_two(told.evaluation)
        await told.hear()
        assert await story_of(told.listener, XIANGTAN) == GRANTED_TWICE
        assert await story_of(told.listener, TONGLING) == GRANTED_TWICE


@asynchronous
async def test_row_by_row_or_all_at_once_the_answers_are_the_same(tmp_path: Path) -> None:
    async with AsyncExitStack() as stack:
        evaluation = await stack.enter_async_context(listening(EVALUATION, tmp_path))
        one, other = [
            await stack.enter_async_context(listening(INCENTIVE, tmp_path / name)) for name in "ab"
        ]
        await rate_two(evaluation)
        log = await rows(evaluation)
        await one.reactor.hear("evaluation", log)
        for row in log:
            await other.reactor.hear("evaluation", [row])
        assert await answers(one) == await answers(other)


@asynchronous
async def test_rows_that_come_again_change_nothing(tmp_path: Path) -> None:
    async with pair(tmp_path) as told:
        await rate_two(told.evaluation)
        log = await rows(told.evaluation)
        await told.hear()
        before = await check_whole(told.listener.store)
        for again in (log, log[:1], log[3:5], [*log, *log], log[::-1]):
            await told.hear(*again)
        assert await check_whole(told.listener.store) == before
        assert await told.listener.store.parked() == []
        assert await told.listener.store.cursor("evaluation") == len(log)


@asynchronous
async def test_rows_that_come_twice_in_one_delivery_are_answered_once(tmp_path: Path) -> None:
    async with pair(tmp_path) as told:
        await rate_two(told.evaluation)
        await told.hear(*(row for row in await rows(told.evaluation) for _ in range(2)))
        assert await story_of(told.listener, XIANGTAN) == GRANTED_TWICE
        assert await told.listener.store.parked() == []


@asynchronous
async def test_names_of_answers_are_the_same_on_another_run(tmp_path: Path) -> None:
    async with AsyncExitStack() as stack:
        evaluation = await stack.enter_async_context(listening(EVALUATION, tmp_path))
        await rate_two(evaluation)
        runs = []
        for name in ("first", "second"):
            listener = await stack.enter_async_context(listening(INCENTIVE, tmp_path / name))
            await listener.reactor.hear("evaluation", await rows(evaluation))
            runs.append(await answers(listener))
        assert runs[0] == runs[1]
        assert len({decision_id for _, decision_id in runs[0]}) == len(runs[0])


@asynchronous
async def test_an_answer_names_the_whole_story_it_belongs_to(tmp_path: Path) -> None:
    async with pair(tmp_path) as told:
        await tell(told.evaluation, ADOPT_NOTICE, register("xiangtan"))
        [rated] = await tell(told.evaluation, publish("xiangtan"))
        await told.hear()
        [granted] = [
            each.correlation_id for each in decoded(await told.listener.store.stream(XIANGTAN))
        ]
        assert granted == rated.correlation_id == rated.decision_id


@asynchronous
async def test_two_that_hear_for_one_service_answer_once(tmp_path: Path) -> None:
    async with pair(tmp_path) as told, listening(INCENTIVE, tmp_path) as second:
        await rate_two(told.evaluation)
        log = await rows(told.evaluation)
        for row in log:
            await told.hear(row)
            await second.reactor.hear("evaluation", [row])
        assert await story_of(second, XIANGTAN) == GRANTED_TWICE
        await check_whole(second.store)


# --- a batch behind a batch that is being written ---------------------------------------------


def parts(told: Sequence[Notice], size: int) -> list[Sequence[Notice]]:
    return [told[first : first + size] for first in range(0, len(told), size)]


@pytest.mark.parametrize("size", [1, 2, 3, 5])
@asynchronous
async def test_batches_that_are_heard_at_once_are_answered_as_one_after_the_other(
    tmp_path: Path, size: int
) -> None:
    async with pair(tmp_path) as told, listening(INCENTIVE, tmp_path / "other") as other:
        await rate_two(told.evaluation)
        log = await rows(told.evaluation)
        await other.reactor.hear("evaluation", log)
        hear = partial(told.listener.reactor.hear_carried, "evaluation", told.evaluation.store)
        batches = parts(list(notices(log)), size)
        places = [[Carried("topic", 0, number + 1)] for number in range(len(batches))]
        await asyncio.gather(*map(hear, places, batches))
        assert await answers(told.listener) == await answers(other)
        assert await told.listener.store.carried("topic") == {0: len(batches)}
        assert await told.listener.store.parked() == []
        await check_whole(told.listener.store)


@pytest.mark.parametrize("size", [1, 2, 5])
@asynchronous
async def test_batches_that_wait_are_decided_on_what_is_being_written(
    tmp_path: Path, size: int
) -> None:
    async with pair(tmp_path) as told:
        await rate_two(told.evaluation)
        slow = Held(told.listener.store)
        reactor = Reactor(INCENTIVE, slow, Handler(INCENTIVE, slow))
        hear = partial(reactor.hear_carried, "evaluation", told.evaluation.store, ())
        batches = parts(list(notices(await rows(told.evaluation))), size)
        all_of_them = asyncio.gather(*map(hear, batches))
        await until(slow.is_asked)
        await asyncio.sleep(0.1)
        assert slow.asked == 1
        slow.go_on.set()
        await all_of_them
        assert slow.asked == len(batches)
        assert slow.looked == 0  # None was decided twice.
        assert await story_of(told.listener, XIANGTAN) == GRANTED_TWICE


@asynchronous
async def test_nothing_is_written_behind_a_batch_that_can_not_be_written(tmp_path: Path) -> None:
    async with pair(tmp_path) as told:
        await rate_two(told.evaluation)
        broken = Held(told.listener.store, Unavailable("gone"))
        reactor = Reactor(INCENTIVE, broken, Handler(INCENTIVE, broken))
        first, second = parts(list(notices(await rows(told.evaluation))), 5)
        hear = partial(reactor.hear_carried, "evaluation", told.evaluation.store)
        both = asyncio.gather(
            hear([Carried("topic", 0, 5)], first),
            hear([Carried("topic", 0, 9)], second),
            return_exceptions=True,
        )
        await until(broken.is_asked)
        broken.go_on.set()
        assert [type(said) for said in await both] == [Unavailable, Unavailable]
        assert await told.listener.store.carried("topic") == {}
        assert await rows(told.listener) == []
        await hear([Carried("topic", 0, 5)], first)
        await hear([Carried("topic", 0, 9)], second)
        assert await story_of(told.listener, XIANGTAN) == GRANTED_TWICE


@asynchronous
async def test_a_batch_behind_one_that_parks_waits_in_order(tmp_path: Path) -> None:
    fault = stumbling(INCENTIVE, of("xiangtan", ZoneRatedExcellent))
    async with pair(tmp_path, fault.service) as told:
        await rate_two(told.evaluation)
        batches = parts(list(notices(await rows(told.evaluation))), 2)
        hear = partial(told.listener.reactor.hear_carried, "evaluation", told.evaluation.store)
        await asyncio.gather(*(hear((), batch) for batch in batches))
        [parked] = await told.listener.store.parked()
        assert (parked.stream, parked.version, parked.until) == ("unit-xiangtan", 1, 4)
        assert await story_of(told.listener, TONGLING) == GRANTED_TWICE
        fault.mend()
        assert await told.retry() == 1
        assert await story_of(told.listener, XIANGTAN) == GRANTED_TWICE


@asynchronous
async def test_what_another_one_heard_meanwhile_is_seen(tmp_path: Path) -> None:
    async with pair(tmp_path) as told, listening(INCENTIVE, tmp_path) as second:
        await rate_two(told.evaluation)
        log = list(notices(await rows(told.evaluation)))
        for at in (told.listener, second, second, told.listener):
            hear = partial(at.reactor.hear_carried, "evaluation", told.evaluation.store, ())
            for notice in log:
                assert await hear([notice]) == ()
        for number, notice in enumerate(log):
            at = (told.listener, second)[number % 2]
            await at.reactor.hear_carried("evaluation", told.evaluation.store, (), [notice])
        assert await story_of(second, XIANGTAN) == GRANTED_TWICE
        await check_whole(second.store)


@asynchronous
async def test_a_document_that_comes_late_is_read_from_the_log_and_nothing_is_parked(
    tmp_path: Path,
) -> None:
    async with pair(tmp_path) as told:
        await rate_two(told.evaluation)
        adopted, *others = notices(await rows(told.evaluation))
        hear = partial(told.listener.reactor.hear_carried, "evaluation", told.evaluation.store)
        assert await hear((), others) == ()
        assert await hear((), [adopted]) == ()
        assert await story_of(told.listener, XIANGTAN) == GRANTED_TWICE
        assert await story_of(told.listener, TONGLING) == GRANTED_TWICE


# --- what has no answer waits -----------------------------------------------------------------


@asynchronous
async def test_an_event_without_an_answer_parks_its_stream_and_no_other(tmp_path: Path) -> None:
    fault = stumbling(INCENTIVE, of("xiangtan", ZoneRatedExcellent))
    async with pair(tmp_path, fault.service) as told:
        await rate_two(told.evaluation)
        await told.hear()
        assert await happened(told.listener, XIANGTAN) == []
        assert await story_of(told.listener, TONGLING) == GRANTED_TWICE
        assert await told.listener.store.parked() == [
            Parked("evaluation", "unit-xiangtan", 1, "Stumble: over ZoneRatedExcellent", 4)
        ]
        assert await told.listener.store.cursor("evaluation") == len(await rows(told.evaluation))


@asynchronous
async def test_what_comes_later_on_a_parked_stream_waits_too(tmp_path: Path) -> None:
    fault = stumbling(INCENTIVE, of("xiangtan", ZoneRatedExcellent))
    async with pair(tmp_path, fault.service) as told:
        await rate_two(told.evaluation)
        for row in await rows(told.evaluation):
            await told.hear(row)
        assert await happened(told.listener, XIANGTAN) == []
        assert [each.version for each in await told.listener.store.parked()] == [1]


@asynchronous
async def test_what_was_answered_before_the_fault_stays_answered(tmp_path: Path) -> None:
    fault = stumbling(INCENTIVE, of("xiangtan", RatingCorrected))
    async with pair(tmp_path, fault.service) as told:
        await rate_two(told.evaluation)
        await told.hear()
        assert len(await happened(told.listener, XIANGTAN)) == EARNED_BY_EXCELLENT
        assert [each.version for each in await told.listener.store.parked()] == [2]


@asynchronous
async def test_an_event_is_answered_with_all_that_follows_from_it_or_with_nothing(
    tmp_path: Path,
) -> None:
    def react(event: Message, policies: Policies) -> Sequence[Message]:
        grants = list(INCENTIVE.react(event, policies))
        if not isinstance(event, ZoneRatedExcellent):
            return grants
        second = GrantEntitlements.FromString(grants[0].SerializeToString())
        second.round = 2021
        second.verdict.earned[0].instrument = "unheard_of"
        return [*grants, second]

    async with pair(tmp_path, replace(INCENTIVE, react=react)) as told:
        await rate_two(told.evaluation)
        await told.hear()
        assert await happened(told.listener, XIANGTAN) == []
        assert len(await told.listener.store.parked()) == 2
        await check_whole(told.listener.store)


@asynchronous
async def test_after_mending_a_parked_stream_goes_on_in_order(tmp_path: Path) -> None:
    fault = stumbling(INCENTIVE, of("xiangtan", ZoneRatedExcellent))
    async with pair(tmp_path, fault.service) as told:
        await rate_two(told.evaluation)
        await told.hear()
        assert await told.retry() == 0
        assert await happened(told.listener, XIANGTAN) == []
        fault.mend()
        assert await told.retry() == 1
        assert await told.listener.store.parked() == []
        assert await story_of(told.listener, XIANGTAN) == GRANTED_TWICE
        assert await told.retry() == 0
        await check_whole(told.listener.store)


@asynchronous
async def test_a_released_stream_hears_what_comes_afterwards(tmp_path: Path) -> None:
    fault = stumbling(INCENTIVE, of("xiangtan", ZoneRatedExcellent))
    async with pair(tmp_path, fault.service) as told:
        await tell(told.evaluation, ADOPT_NOTICE, register("xiangtan"), publish("xiangtan"))
        await told.hear()
        fault.mend()
        await told.retry()
        await tell(told.evaluation, correct("xiangtan", GOOD), correct("xiangtan", EXCELLENT))
        await told.hear()
        assert await story_of(told.listener, XIANGTAN) == GRANTED_TWICE


@asynchronous
async def test_a_retry_stops_at_the_next_fault_of_the_stream(tmp_path: Path) -> None:
    fault = stumbling(INCENTIVE, of("xiangtan", ZoneRatedExcellent))
    fault.over.append(of("xiangtan", RatingCorrected))
    async with pair(tmp_path, fault.service) as told:
        await rate_two(told.evaluation)
        await told.hear()
        del fault.over[0]
        await told.retry()
        assert len(await happened(told.listener, XIANGTAN)) == EARNED_BY_EXCELLENT
        assert await told.listener.store.parked() == [
            Parked("evaluation", "unit-xiangtan", 2, "Stumble: over RatingCorrected", 4)
        ]
        fault.mend()
        assert await told.retry() == 1
        assert await story_of(told.listener, XIANGTAN) == GRANTED_TWICE


@asynchronous
async def test_parked_streams_are_retried_after_a_restart(tmp_path: Path) -> None:
    fault = stumbling(INCENTIVE, of("xiangtan", ZoneRatedExcellent))
    async with pair(tmp_path, fault.service) as told:
        await rate_two(told.evaluation)
        await told.hear()
    async with pair(tmp_path) as told:
        assert await told.retry() == 1
        assert await story_of(told.listener, XIANGTAN) == GRANTED_TWICE


@asynchronous
async def test_a_hole_parks_its_stream_until_what_is_missing_is_read_from_the_source(
    tmp_path: Path,
) -> None:
    async with pair(tmp_path) as told:
        await rate_two(told.evaluation)
        log = await rows(told.evaluation)
        missing = next(row for row in log if (row.stream, row.version) == ("unit-xiangtan", 1))
        await told.hear(*(row for row in log if row is not missing))
        [parked] = await told.listener.store.parked()
        assert parked[:3] == ("evaluation", "unit-xiangtan", 1)
        assert "from version 1 to 3" in parked.reason
        assert await story_of(told.listener, TONGLING) == GRANTED_TWICE
        assert await told.retry() == 1
        assert await story_of(told.listener, XIANGTAN) == GRANTED_TWICE


@asynchronous
async def test_what_comes_out_of_order_is_answered_in_order(tmp_path: Path) -> None:
    async with pair(tmp_path) as told:
        await rate_two(told.evaluation)
        await told.hear(*(await rows(told.evaluation))[::-1])
        while await told.retry():
            pass
        assert await told.listener.store.parked() == []
        assert await story_of(told.listener, XIANGTAN) == GRANTED_TWICE
        assert await story_of(told.listener, TONGLING) == GRANTED_TWICE


@asynchronous
async def test_a_stream_that_was_parked_inside_a_decision_goes_on_from_there(
    tmp_path: Path,
) -> None:
    """Incentive decides six events at once; a listener answers each of them on its own."""

    def react(event: Any, policies: Policies) -> Sequence[Message]:
        grant = GrantCreditTilt(unit_id=event.entitlement.rule_id, policy=event.entitlement.policy)
        return [grant]

    hearing = replace(
        FINANCING, listens_to=("incentive",), heard=tuple(GRANTED.values()), react=react
    )
    fault = stumbling(hearing, lambda event: event.entitlement.instrument == "land_guarantee")
    async with (
        pair(tmp_path) as told,
        listening(fault.service, tmp_path) as financing,
    ):
        await tell(told.evaluation, ADOPT_NOTICE, register("xiangtan"), publish("xiangtan"))
        await told.hear()
        grants = await told.listener.store.stream(XIANGTAN)
        await financing.reactor.hear("incentive", grants)
        [parked] = await financing.store.parked()
        assert 0 < parked.version < EARNED_BY_EXCELLENT
        assert len(await check_whole(financing.store)) == parked.version
        fault.mend()
        assert await financing.reactor.retry_parked({"incentive": told.listener.store}) == 1
        causes = [cause for cause, _ in await answers(financing)]
        assert causes == [notice.event_id for notice in notices(grants)]


@asynchronous
async def test_an_event_that_the_service_does_not_know_parks_its_stream(tmp_path: Path) -> None:
    deaf = replace(
        INCENTIVE, heard=tuple(type_ for type_ in INCENTIVE.heard if type_ != RatingCorrected)
    )
    async with pair(tmp_path, deaf) as told:
        await rate_two(told.evaluation)
        await told.hear()
        parked = await told.listener.store.parked()
        assert [each.version for each in parked] == [2, 2]
        assert all("RatingCorrected" in each.reason for each in parked)


@pytest.mark.parametrize(
    ("service", "stream"),
    [(INCENTIVE, XIANGTAN), (FINANCING, credit("xiangtan"))],
    ids=["incentive", "financing"],
)
@asynchronous
async def test_a_rating_that_comes_before_its_document_waits_and_is_answered_when_it_is_there(
    tmp_path: Path, service: Service, stream: str
) -> None:
    async with pair(tmp_path, service) as told:
        await tell(told.evaluation, register("xiangtan"), publish("xiangtan"))
        await told.hear()
        [parked] = await told.listener.store.parked()
        assert parked[:3] == ("evaluation", "unit-xiangtan", 1)
        assert parked.reason.startswith(f"{Unavailable.__name__}: document 2021-866")
        await tell(told.evaluation, ADOPT_NOTICE)
        await told.hear()
        assert await told.retry() == 1
        granted = await happened(told.listener, stream)
        assert granted
        assert all(name.endswith(("Granted", "Recommended")) for name in granted)


@asynchronous
async def test_a_document_and_a_rating_by_it_may_come_in_one_delivery(tmp_path: Path) -> None:
    async with pair(tmp_path) as told:
        await tell(told.evaluation, ADOPT_NOTICE, register("xiangtan"), publish("xiangtan"))
        await told.hear()
        assert len(await happened(told.listener, XIANGTAN)) == EARNED_BY_EXCELLENT


@asynchronous
async def test_when_the_answers_cannot_be_written_nothing_counts_as_heard(tmp_path: Path) -> None:
    async with pair(tmp_path) as told:
        await rate_two(told.evaluation)
        full = SqliteStore(tmp_path / "incentive.sqlite", read_only=True)
        reactor = Reactor(INCENTIVE, full, Handler(INCENTIVE, full))
        with pytest.raises(Unavailable):
            await reactor.hear("evaluation", await rows(told.evaluation))
        await full.close()
        assert await told.listener.store.cursor("evaluation") == 0
        await told.hear()
        assert await story_of(told.listener, XIANGTAN) == GRANTED_TWICE
        assert await told.listener.store.parked() == []


@asynchronous
async def test_nobody_waits_for_what_the_source_does_not_hold(tmp_path: Path) -> None:
    async with pair(tmp_path) as told:
        await rate_two(told.evaluation)
        log = await rows(told.evaluation)
        [*_, last] = notices(log)
        reactor, store = told.listener.reactor, told.listener.store
        await told.hear(*log)
        nowhere = last._replace(stream="unit-nowhere", version=5)
        beyond = last._replace(version=2**40)
        source = told.evaluation.store
        parked = await reactor.hear_carried("evaluation", source, (), [nowhere, beyond])
        assert {each.stream for each in parked} == {"unit-nowhere", last.stream}
        assert await told.retry() == 2
        assert await store.parked() == []
        await tell(told.evaluation, correct("tongling", GOOD))
        await told.hear()
        assert await store.parked() == []

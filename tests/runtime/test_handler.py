"""A batch is decided in one step, on the latest state, whoever else decides at the same time."""

import asyncio
from contextlib import AsyncExitStack, suppress
from pathlib import Path

import pytest

from services.kernel.adoption import ADOPTION, STREAM
from services.kernel.errors import Fault, Malformed, Violation, WrongExpectedVersion
from services.runtime.handler import Handler, Request, request
from services.runtime.service import load
from tests.asynchronous import asynchronous
from tests.runtime.logs import check_whole, decoded
from tests.runtime.story import (
    ADOPT_NOTICE,
    ADOPT_OTHER,
    EXCELLENT,
    GOOD,
    correct,
    listening,
    publish,
    register,
    rows,
    tell,
)
from zoneledger.evaluation.v1.commands_pb2 import PublishRating, RegisterUnit

EVALUATION = load("evaluation")


def _fields(malformed: pytest.ExceptionInfo[Malformed]) -> list[str]:
    return [violation.field for violation in malformed.value.violations]


# --- a batch ----------------------------------------------------------------------------------


@asynchronous
async def test_later_commands_of_a_batch_see_what_the_earlier_ones_did(tmp_path: Path) -> None:
    async with listening(EVALUATION, tmp_path) as evaluation:
        made = await tell(
            evaluation, register("xiangtan"), publish("xiangtan"), correct("xiangtan", GOOD)
        )
        assert [(each.stream, each.version) for each in made] == [
            ("unit-xiangtan", 0),
            ("unit-xiangtan", 1),
            ("unit-xiangtan", 2),
        ]
        assert len(await check_whole(evaluation.store)) == 3


@asynchronous
async def test_a_batch_with_one_refusal_leaves_nothing_and_names_every_fault(
    tmp_path: Path,
) -> None:
    async with listening(EVALUATION, tmp_path) as evaluation:
        with pytest.raises(Malformed) as refused:
            await evaluation.handler.handle(
                [
                    request(each, "test")
                    for each in (
                        register("xiangtan"),
                        publish("nowhere"),
                        publish("xiangtan"),
                        publish("xiangtan", GOOD),
                        publish("elsewhere"),
                    )
                ],
                name="ratings",
            )
        assert _fields(refused) == ["ratings[1].unit_id", "ratings[3].grade", "ratings[4].unit_id"]
        assert await rows(evaluation) == []
        assert len(await tell(evaluation, register("xiangtan"))) == 1


@asynchronous
async def test_faults_of_reading_and_refusals_of_the_rules_are_told_together_in_order(
    tmp_path: Path,
) -> None:
    async with listening(EVALUATION, tmp_path) as evaluation:
        with pytest.raises(Malformed) as refused:
            await evaluation.handler.handle(
                [request(publish(unit_id), "test") for unit_id in ("one", "two", "three")],
                name="ratings",
                faults=[Fault(2, "published_on", "is no date"), Fault(1, "grade", "is no grade")],
            )
        assert _fields(refused) == [
            "ratings[0].unit_id",
            "ratings[1].grade",
            "ratings[2].published_on",
        ]
        assert refused.value.violations[2] == Violation("ratings[2].published_on", "is no date")


@asynchronous
async def test_an_unreadable_item_alone_refuses_its_batch(tmp_path: Path) -> None:
    async with listening(EVALUATION, tmp_path) as evaluation:
        with pytest.raises(Malformed):
            await evaluation.handler.handle(
                [request(register("one"), "test"), request(register("two"), "test")],
                faults=[Fault(1, "kind", "is no kind")],
            )
        assert await rows(evaluation) == []


@asynchronous
async def test_an_empty_batch_changes_nothing(tmp_path: Path) -> None:
    async with listening(EVALUATION, tmp_path) as evaluation:
        assert await tell(evaluation) == []
        assert await rows(evaluation) == []


@asynchronous
async def test_a_command_that_changes_nothing_leaves_no_row(tmp_path: Path) -> None:
    async with listening(EVALUATION, tmp_path) as evaluation:
        await tell(evaluation, register("xiangtan"), publish("xiangtan"))
        assert await tell(evaluation, publish("xiangtan"), register("xiangtan")) == []
        [made] = await tell(evaluation, register("xiangtan"), register("tongling"))
        assert made.stream == "unit-tongling"
        assert len(await check_whole(evaluation.store)) == 3


@asynchronous
async def test_an_item_that_stands_twice_in_a_batch_is_decided_once(tmp_path: Path) -> None:
    async with listening(EVALUATION, tmp_path) as evaluation:
        assert len(await tell(evaluation, register("xiangtan"), register("xiangtan"))) == 1


# --- only validating --------------------------------------------------------------------------


@asynchronous
async def test_to_validate_answers_like_the_deed_and_writes_nothing(tmp_path: Path) -> None:
    async with listening(EVALUATION, tmp_path) as evaluation:
        batch = [request(each, "test") for each in (register("xiangtan"), publish("xiangtan"))]
        validated = await evaluation.handler.handle(batch, validate_only=True)
        assert await rows(evaluation) == []
        assert await evaluation.handler.handle(batch) == validated


@asynchronous
async def test_to_validate_refuses_what_the_deed_would_refuse(tmp_path: Path) -> None:
    async with listening(EVALUATION, tmp_path) as evaluation:
        with pytest.raises(Malformed) as refused:
            await evaluation.handler.handle(
                [request(publish("nowhere"), "test")], validate_only=True
            )
        assert _fields(refused) == ["commands[0].unit_id"]


@asynchronous
async def test_what_was_only_validated_is_not_believed_afterwards(tmp_path: Path) -> None:
    async with listening(EVALUATION, tmp_path) as evaluation:
        await evaluation.handler.handle([request(register("xiangtan"), "test")], validate_only=True)
        with pytest.raises(Malformed):
            await tell(evaluation, publish("xiangtan"))


# --- a repeated decision id -------------------------------------------------------------------


@asynchronous
async def test_a_decision_id_that_is_in_the_log_is_answered_and_not_decided_again(
    tmp_path: Path,
) -> None:
    async with listening(EVALUATION, tmp_path) as evaluation:
        await tell(evaluation, register("xiangtan"))
        first = Request(publish("xiangtan", GOOD), "the-same-id", "test")
        await evaluation.handler.handle([first])
        await tell(evaluation, correct("xiangtan", EXCELLENT))
        before = await check_whole(evaluation.store)
        assert await evaluation.handler.handle([first]) == []  # The rules would refuse it by now.
        assert await check_whole(evaluation.store) == before


@asynchronous
async def test_the_same_decision_id_from_many_callers_at_once_is_decided_once(
    tmp_path: Path,
) -> None:
    async with listening(EVALUATION, tmp_path) as evaluation:
        same = Request(register("xiangtan"), "the-same-id", "test")
        answered = await asyncio.gather(*(evaluation.handler.handle([same]) for _ in range(16)))
        assert sorted(map(len, answered)) == [0] * 15 + [1]
        assert len(await check_whole(evaluation.store)) == 1


@asynchronous
async def test_a_decision_id_that_stands_twice_in_a_batch_is_decided_once(tmp_path: Path) -> None:
    async with listening(EVALUATION, tmp_path) as evaluation:
        await evaluation.handler.handle(
            [
                Request(register("xiangtan"), "the-same-id", "test"),
                Request(register("xiangtan", "湘潭市"), "the-same-id", "test"),
            ]
        )
        assert len(await check_whole(evaluation.store)) == 1


# --- others decide too ------------------------------------------------------------------------


@asynchronous
async def test_commands_on_one_stream_from_sixty_four_callers_all_get_in_exactly_once(
    tmp_path: Path,
) -> None:
    async with listening(EVALUATION, tmp_path) as evaluation:
        await tell(evaluation, register("xiangtan"))
        rounds = range(2000, 2064)
        await asyncio.gather(
            *(tell(evaluation, publish("xiangtan", round_=round_)) for round_ in rounds)
        )
        written = decoded((await check_whole(evaluation.store))[1:])
    published = [PublishRating.FromString(each.command.value) for each in written]
    assert sorted(each.rating.round for each in published) == list(rounds)


@asynchronous
async def test_two_stores_on_one_log_decide_again_what_was_decided_on_an_old_version(
    tmp_path: Path,
) -> None:
    async with AsyncExitStack() as stack:
        replicas = [await stack.enter_async_context(listening(EVALUATION, tmp_path)) for _ in "ab"]
        await tell(replicas[0], register("xiangtan"))
        await asyncio.gather(
            *(tell(replicas[n % 2], publish("xiangtan", round_=2000 + n)) for n in range(20))
        )
        assert len(await check_whole(replicas[0].store)) == 21


@asynchronous
async def test_of_two_contradicting_ratings_at_once_one_is_refused(tmp_path: Path) -> None:
    async with AsyncExitStack() as stack:
        replicas = [await stack.enter_async_context(listening(EVALUATION, tmp_path)) for _ in "ab"]
        await tell(replicas[0], register("xiangtan"))
        outcomes = await asyncio.gather(
            tell(replicas[0], publish("xiangtan", EXCELLENT)),
            tell(replicas[1], publish("xiangtan", GOOD)),
            return_exceptions=True,
        )
        assert sorted(type(each).__name__ for each in outcomes) == ["Malformed", "list"]
        assert len(await check_whole(replicas[0].store)) == 2


@asynchronous
async def test_a_batch_that_was_overtaken_is_decided_again_as_a_whole(tmp_path: Path) -> None:
    async with AsyncExitStack() as stack:
        replicas = [await stack.enter_async_context(listening(EVALUATION, tmp_path)) for _ in "ab"]
        for each in replicas:
            await tell(each, register("xiangtan"), register("tongling"))
        await tell(replicas[1], register("tongling", "铜陵市"))
        await tell(replicas[0], publish("xiangtan"), register("tongling", "铜陵"))
        [*_, last] = decoded(await check_whole(replicas[0].store))
    assert RegisterUnit.FromString(last.command.value).unit.name_zh == "铜陵"
    assert last.version == 2


@asynchronous
async def test_what_became_possible_elsewhere_is_not_refused(tmp_path: Path) -> None:
    async with AsyncExitStack() as stack:
        replicas = [await stack.enter_async_context(listening(EVALUATION, tmp_path)) for _ in "ab"]
        await tell(replicas[0], register("xiangtan"))
        await tell(replicas[1], publish("xiangtan"))
        assert len(await tell(replicas[0], correct("xiangtan", GOOD))) == 1


@asynchronous
async def test_what_became_possible_elsewhere_is_not_refused_inside_a_batch(
    tmp_path: Path,
) -> None:
    async with AsyncExitStack() as stack:
        replicas = [await stack.enter_async_context(listening(EVALUATION, tmp_path)) for _ in "ab"]
        await tell(replicas[0], register("xiangtan"))
        await tell(replicas[1], publish("xiangtan"))
        batch = publish("xiangtan", round_=2021), correct("xiangtan", GOOD)
        assert len(await tell(replicas[0], *batch)) == 2


@asynchronous
async def test_decisions_of_others_are_never_folded_behind_our_own_unwritten_ones(
    tmp_path: Path,
) -> None:
    async with AsyncExitStack() as stack:
        replicas = [await stack.enter_async_context(listening(EVALUATION, tmp_path)) for _ in "ab"]
        await tell(replicas[0], register("xiangtan"))
        await tell(replicas[1], publish("xiangtan", round_=2020), publish("xiangtan", round_=2021))
        again = publish("xiangtan", round_=2022), register("xiangtan")
        assert len(await tell(replicas[0], *again)) == 1
        assert len(await check_whole(replicas[0].store)) == 4


@asynchronous
async def test_to_validate_looks_at_what_others_decided(tmp_path: Path) -> None:
    async with AsyncExitStack() as stack:
        replicas = [await stack.enter_async_context(listening(EVALUATION, tmp_path)) for _ in "ab"]
        await tell(replicas[0], register("xiangtan"))
        await tell(replicas[1], publish("xiangtan", GOOD))
        with pytest.raises(Malformed):
            await replicas[0].handler.handle(
                [request(publish("xiangtan", EXCELLENT), "test")], validate_only=True
            )


@asynchronous
async def test_a_document_that_was_adopted_elsewhere_is_in_force_here(tmp_path: Path) -> None:
    async with AsyncExitStack() as stack:
        replicas = [await stack.enter_async_context(listening(EVALUATION, tmp_path)) for _ in "ab"]
        await tell(replicas[0], ADOPT_OTHER)
        await tell(replicas[1], ADOPT_NOTICE)
        policies = await replicas[0].handler.sitting(careful=True).state(ADOPTION, STREAM)
        assert policies.for_round(2020) is not None


@asynchronous
async def test_a_caller_that_goes_away_does_not_spoil_what_the_next_one_is_told(
    tmp_path: Path,
) -> None:
    async with listening(EVALUATION, tmp_path) as evaluation:
        await tell(evaluation, register("xiangtan"))
        going = asyncio.ensure_future(tell(evaluation, publish("xiangtan")))
        await asyncio.sleep(0)
        going.cancel()
        with suppress(asyncio.CancelledError):  # On a quick disk it was written already.
            await going
        await tell(evaluation, publish("xiangtan"))
        assert len(await tell(evaluation, correct("xiangtan", GOOD))) == 1
        assert len(await check_whole(evaluation.store)) == 3


@asynchronous
async def test_a_sitting_that_was_overtaken_is_refused_and_the_next_one_sees_the_latest(
    tmp_path: Path,
) -> None:
    async with listening(EVALUATION, tmp_path) as evaluation:
        await tell(evaluation, register("xiangtan"))
        sitting = evaluation.handler.sitting(careful=False)
        await sitting.decide(request(publish("xiangtan"), "test"))
        other = Handler(EVALUATION, evaluation.store)
        await other.handle([request(publish("xiangtan", GOOD), "test")])
        with pytest.raises(WrongExpectedVersion):
            await evaluation.handler.conclude(sitting)
        with pytest.raises(Malformed):
            await tell(evaluation, publish("xiangtan"))
        assert len(await check_whole(evaluation.store)) == 2

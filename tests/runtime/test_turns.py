"""What is drawn up ahead is written in order, as it was drawn up, and never over a gap."""

import asyncio
from contextlib import suppress
from typing import NamedTuple

from hypothesis import given
from hypothesis import strategies as st

from services.kernel.errors import Unavailable, WrongExpectedVersion
from services.runtime.turns import Turn, Turns


class Job(NamedTuple):
    """How a turn goes: what it takes, in rounds of the loop, and what becomes of it."""

    begins_after: int
    drawing: int
    writing: int
    is_refused: bool = False
    fails: bool = False


class Numbers:
    """A log of numbers. A draft is the whole log as it is going to be."""

    def __init__(self) -> None:
        self.turns: Turns[tuple[int, ...]] = Turns()
        self.log: tuple[int, ...] = ()
        self.ahead = 0

    async def write(self, number: int, job: Job) -> None:
        await rounds(job.begins_after)
        with self.turns.take() as turn:
            for attempt in range(3):
                if attempt:
                    await turn.settle()
                with suppress(WrongExpectedVersion):
                    await self._try(
                        turn, number, job if not attempt else job._replace(is_refused=False)
                    )
                    return

    async def _try(self, turn: Turn[tuple[int, ...]], number: int, job: Job) -> None:
        ahead = await turn.ahead()
        self.ahead += ahead is not None and ahead != self.log
        draft = (*(self.log if ahead is None else ahead), number)
        await rounds(job.drawing)
        await turn.come(draft)
        assert draft[:-1] == self.log
        await rounds(job.writing)
        if job.fails:
            raise ArithmeticError
        if job.is_refused:
            raise WrongExpectedVersion("somebody else was faster")
        self.log = draft


async def rounds(count: int) -> None:
    for _ in range(count):
        await asyncio.sleep(0)


async def outcome(jobs: list[Job]) -> tuple[Numbers, list[BaseException | None]]:
    numbers = Numbers()
    tasks = [numbers.write(number, job) for number, job in enumerate(jobs)]
    return numbers, await asyncio.gather(*tasks, return_exceptions=True)


few = st.integers(0, 4)
jobs_without_faults = st.lists(
    st.builds(Job, st.just(0), few, few, st.booleans(), st.just(False)), max_size=8
)
jobs_of_any_kind = st.lists(
    st.builds(Job, st.integers(0, 40), few, few, st.booleans(), st.booleans()), max_size=8
)


@given(jobs_without_faults)
def test_all_is_written_in_the_order_in_which_turns_were_taken(jobs: list[Job]) -> None:
    numbers, outcomes = asyncio.run(outcome(jobs))
    assert outcomes == [None] * len(jobs)
    assert numbers.log == tuple(range(len(jobs)))


@given(jobs_of_any_kind)
def test_nothing_is_written_behind_what_failed_by_those_who_counted_on_it(
    jobs: list[Job],
) -> None:
    numbers, outcomes = asyncio.run(outcome(jobs))
    for number, said in enumerate(outcomes):
        assert (number in numbers.log) == (said is None)
        assert said is None or isinstance(said, ArithmeticError | Unavailable)
        assert jobs[number].fails == isinstance(said, ArithmeticError) or said is not None
    assert len(set(numbers.log)) == len(numbers.log)


def test_a_draft_is_made_on_the_draft_before_while_that_is_written() -> None:
    slow = Job(0, drawing=1, writing=50)
    numbers, _ = asyncio.run(outcome([slow, slow]))
    assert numbers.ahead == 1


def test_a_failure_is_over_with_the_turns_that_waited_for_it() -> None:
    numbers, outcomes = asyncio.run(
        outcome([Job(0, 1, 5, fails=True), Job(1, 1, 1), Job(30, 1, 1)])
    )
    assert [type(said) for said in outcomes] == [ArithmeticError, Unavailable, type(None)]
    assert numbers.log == (2,)

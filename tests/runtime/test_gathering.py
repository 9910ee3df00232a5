"""Events are handed over in order, none lost and none twice, as they come or as they pile up."""

import asyncio
from collections.abc import Sequence
from itertools import count
from types import SimpleNamespace
from typing import Any

import pytest
from faust.types import TP
from hypothesis import given
from hypothesis import strategies as st
from mode.utils.queues import FlowControlEvent, ThrowableQueue

from services.runtime.bus import gathering
from services.runtime.bus.gathering import LARGEST, answer_all, gathered
from tests.asynchronous import asynchronous

ONE, OTHER = TP("events", 0), TP("events", 1)


class Stream:
    """As much of Faust's stream as gathering sees; what is acknowledged, in order."""

    def __init__(self) -> None:
        flow = FlowControlEvent(initially_suspended=False)
        self.queue: Any = ThrowableQueue(maxsize=4_000, flow_control=flow, clear_on_resume=True)
        self.channel = SimpleNamespace(queue=self.queue)
        self.ends: dict[TP, int] = {}
        self.app = SimpleNamespace(
            flow_control=flow,
            consumer_generation_id=1,
            monitor=SimpleNamespace(tp_end_offsets=self.ends),
            sensors=SimpleNamespace(on_stream_event_in=lambda *_: None),
        )
        self.acknowledged: list[int] = []

    async def ack(self, event: Any) -> bool:
        self.acknowledged.append(event.message.offset)
        return True

    def acknowledged_up_to(self) -> int:
        """The offset at which a group goes on: behind what is acknowledged without a gap."""
        done = set(self.acknowledged)
        return next(offset for offset in count() if offset not in done)

    def bring(self, *offsets: int, partition: TP = ONE, end: int = 0) -> None:
        """Events come in while the broker says that the partition ends at `end`."""
        self.ends[partition] = max(end, *(offset + 1 for offset in offsets))
        generation = self.app.consumer_generation_id
        for offset in offsets:
            message = SimpleNamespace(tp=partition, offset=offset, generation_id=generation)
            self.queue.put_nowait(SimpleNamespace(message=message))

    def assign(self) -> None:
        """The partitions are given out anew; what was not acknowledged comes again."""
        self.app.flow_control.suspend()
        self.app.consumer_generation_id += 1
        self.app.flow_control.resume()


def offsets(batch: Sequence[Any]) -> list[int]:
    return [event.message.offset for event in batch]


@asynchronous
async def test_an_event_that_comes_alone_waits_for_nobody(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(gathering, "_WITHIN_SECONDS", 1e9)
    stream = Stream()
    stream.bring(7)
    assert offsets(await gathered(stream)) == [7]


@asynchronous
async def test_what_is_there_already_comes_along() -> None:
    stream = Stream()
    stream.bring(0, 1, 2)
    stream.bring(0, partition=OTHER)
    assert offsets(await gathered(stream)) == [0, 1, 2, 0]


@asynchronous
async def test_what_the_broker_says_is_behind_it_is_waited_for(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(gathering, "_WITHIN_SECONDS", 1e9)
    stream = Stream()
    stream.bring(0, end=3)
    batch = asyncio.create_task(gathered(stream))
    await asyncio.sleep(0.02)
    assert not batch.done()
    stream.bring(1, 2)
    assert offsets(await batch) == [0, 1, 2]


@asynchronous
async def test_what_the_broker_says_is_behind_it_is_not_waited_for_for_long() -> None:
    stream = Stream()
    stream.bring(0, end=2**40)
    assert offsets(await gathered(stream)) == [0]


@asynchronous
async def test_a_backlog_comes_in_large_batches() -> None:
    stream = Stream()
    stream.bring(*range(2 * LARGEST + 1))
    sizes = [len(await gathered(stream)) for _ in range(3)]
    assert sizes == [LARGEST, LARGEST, 1]


@asynchronous
async def test_events_of_an_assignment_that_is_over_are_passed_over() -> None:
    stream = Stream()
    stream.bring(0, 1)
    stream.app.consumer_generation_id = 2
    stream.bring(2)
    assert offsets(await gathered(stream)) == [2]


@asynchronous
async def test_an_error_of_the_stream_is_raised() -> None:
    stream = Stream()
    await stream.queue.throw(ArithmeticError())
    with pytest.raises(ArithmeticError):
        await gathered(stream)


@asynchronous
async def test_a_second_batch_is_answered_beside_the_first_and_a_third_is_not() -> None:
    stream, begun, go_on = Stream(), [], asyncio.Event()

    async def answer(batch: Sequence[Any]) -> None:
        begun.append(offsets(batch))
        await go_on.wait()

    task = asyncio.create_task(answer_all(stream, answer))
    for offset in range(4):
        stream.bring(offset)
        await rounds()
    assert begun == [[0], [1]]
    go_on.set()
    await rounds()
    assert begun == [[0], [1], [2, 3]]
    assert stream.acknowledged == [0, 1, 2, 3]
    await end(task)


@asynchronous
async def test_acknowledged_is_what_was_answered_with_all_before_it() -> None:
    stream, done = Stream(), [asyncio.Event(), asyncio.Event()]

    async def answer(batch: Sequence[Any]) -> None:
        await done[offsets(batch)[0]].wait()

    task = asyncio.create_task(answer_all(stream, answer))
    for offset in range(2):
        stream.bring(offset)
        await rounds()
    done[1].set()
    await rounds()
    assert stream.acknowledged == []
    done[0].set()
    await rounds()
    assert stream.acknowledged == [0, 1]
    await end(task)


@asynchronous
async def test_nothing_is_acknowledged_from_the_first_fault_on() -> None:
    stream, fail = Stream(), asyncio.Event()

    async def answer(batch: Sequence[Any]) -> None:
        if offsets(batch) == [1]:
            await fail.wait()
            raise ArithmeticError

    task = asyncio.create_task(answer_all(stream, answer))
    for offset in range(3):
        stream.bring(offset)
        await rounds()
    fail.set()
    with pytest.raises(ArithmeticError):
        await task
    assert stream.acknowledged == [0]


@asynchronous
async def test_the_end_of_the_stream_ends_it_and_lets_go_of_what_is_at_work() -> None:
    stream, never = Stream(), asyncio.Event()

    async def answer(batch: Sequence[Any]) -> None:
        if offsets(batch) == [1]:
            await never.wait()

    task = asyncio.create_task(answer_all(stream, answer))
    for offset in range(2):
        stream.bring(offset)
        await rounds()
    await stream.queue.throw(StopAsyncIteration())
    await task
    assert stream.acknowledged == [0]


steps = st.lists(
    st.one_of(
        st.tuples(st.just("bring"), st.integers(1, 700)),
        st.tuples(st.just("let"), st.integers(1, 30)),
        st.tuples(st.sampled_from(["assign", "stop"]), st.just(0)),
    ),
    max_size=20,
)


@given(steps, st.lists(st.integers(0, 9), min_size=1))
def test_all_events_are_answered_in_order_whatever_is_given_out_anew_or_stopped(
    story: list[tuple[str, int]], delays: list[int]
) -> None:
    """What comes again after an assignment or a stop begins behind what was acknowledged."""
    asyncio.run(_lives(story, delays))


async def _lives(story: list[tuple[str, int]], delays: list[int]) -> None:
    stream = Stream()
    batches: list[list[int]] = []
    written: list[int] = []
    turn = asyncio.Lock()
    size = 0

    async def answer(batch: Sequence[Any]) -> None:
        batches.append(offsets(batch))
        async with turn:
            await rounds(delays[len(batches) % len(delays)])
            written.extend(offset for offset in offsets(batch) if offset >= len(written))
            assert written == list(range(len(written)))

    def come_again() -> None:
        stream.assign()
        if again := range(stream.acknowledged_up_to(), size):
            stream.bring(*again)

    task = asyncio.create_task(answer_all(stream, answer))
    for what, number in story:
        match what:
            case "bring":
                stream.bring(*range(size, size + number))
                size += number
            case "let":
                await rounds(number)
            case "assign":
                come_again()
            case "stop":
                await end(task)
                come_again()
                task = asyncio.create_task(answer_all(stream, answer))
    while stream.acknowledged_up_to() < size:
        await rounds()
        assert not task.done()
    await end(task)
    assert written == list(range(size))
    assert all(len(batch) <= LARGEST for batch in batches)


async def rounds(number: int = 30) -> None:
    for _ in range(number):
        await asyncio.sleep(0)


async def end(task: "asyncio.Task[None]") -> None:
    task.cancel()
    await asyncio.wait([task])

"""Gathers what came in into batches, and has them answered in order, two of them at work at once.

Nothing waits for company that nobody announced: an event that comes alone is handed over at once.
While the broker says that more lies behind it, and for a moment only, the batch goes on growing;
so a backlog comes in large batches. One batch may be drawn up while the one before it is written;
whoever answers writes them in order. They are acknowledged in order, each as a whole and only when
everything before it was. Where one fails, the rest is let go, and comes again.

Faust's own noack_take() waits as long for one event as for many; this takes its place. Events of an
assignment that is over are passed over, as Faust does: whoever has the partition now hears them.
"""

import asyncio
import time
from collections.abc import Awaitable, Callable, Mapping, Sequence
from contextlib import suppress
from typing import Any, TypeAlias

from faust.types import TP, EventT

Batch: TypeAlias = Sequence[EventT[bytes]]

LARGEST = 500
WAITING = 2_000  # How many events may be between Faust's consumer and us.
_AT_ONCE = 2
_WITHIN_SECONDS, _PAUSE_SECONDS = 0.05, 0.002
_NEVER = 0.5  # As a part of WAITING: its double.


async def answer_all(stream: Any, answer: Callable[[Batch], Awaitable[None]]) -> None:
    """Gather and answer until the stream ends; raises what the first answer that fails raises."""
    # At this mark Faust looks away from a partition, and back after up to a second. Where the queue
    # is full, it waits for room as well.
    stream.channel.queue.pressure_high_ratio = _NEVER
    room = asyncio.Semaphore(_AT_ONCE)
    tasks: list[asyncio.Task[None]] = []
    try:
        async with asyncio.TaskGroup() as batches:
            with suppress(StopAsyncIteration):
                while True:
                    await room.acquire()
                    batch = await gathered(stream)
                    before = tasks[-1] if tasks else None
                    task = batches.create_task(_answer(stream, answer, batch, before))
                    task.add_done_callback(lambda _: room.release())
                    tasks[:] = [*tasks[1 - _AT_ONCE :], task]
            for task in tasks:  # They come again.
                task.cancel()
    except ExceptionGroup as faults:
        ours = asyncio.current_task()
        if ours is not None and ours.cancelling():  # What was given up on the way is no fault.
            raise asyncio.CancelledError from faults
        raise faults.exceptions[0] from None


async def gathered(stream: Any) -> Batch:
    """What has come in, at once; with what is known to follow it, if that comes soon.

    `StopAsyncIteration` when the stream ends.
    """
    queue, app = stream.channel.queue, stream.app
    batch: list[EventT[bytes]] = []
    places: dict[TP, int] = {}

    def take(event: EventT[bytes]) -> None:
        message = event.message
        if app.flow_control.is_active() and message.generation_id == app.consumer_generation_id:
            batch.append(event)
            places[message.tp] = message.offset + 1

    while not batch:
        take(await queue.get())
        deadline = time.monotonic() + _WITHIN_SECONDS
        while len(batch) < LARGEST:
            if not queue.empty():
                take(queue.get_nowait())
            elif _are_ends(places, app.monitor.tp_end_offsets) or time.monotonic() > deadline:
                break
            else:
                await asyncio.sleep(_PAUSE_SECONDS)
    return batch


async def _answer(
    stream: Any,
    answer: Callable[[Batch], Awaitable[None]],
    batch: Batch,
    before: "asyncio.Task[None] | None",
) -> None:
    if before is not None and before.done():
        before.result()  # Raises what it raised: nothing is even begun behind a fault.
    await answer(batch)
    if before is not None:
        await before
    for event in batch:
        await stream.ack(event)
    for event in {event.message.tp: event for event in batch}.values():
        message = event.message  # Else Faust says, after a while, that nothing comes in.
        stream.app.sensors.on_stream_event_in(message.tp, message.offset, stream, event)


def _are_ends(places: Mapping[TP, int], ends: Mapping[TP, int]) -> bool:
    """Whether the partitions end where we are, as far as the broker has said."""
    return all(ends.get(partition, 0) <= place for partition, place in places.items())

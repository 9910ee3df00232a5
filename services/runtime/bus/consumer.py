"""Faust's consumer, begun where our log says it was, and quick to hand over.

An offset of the group that is further than our log makes nothing be missed: a database that was
restored is behind it. Only ever back: what a topic that was made anew holds is another story.

Faust makes four tasks for each event to hand it over, so that a rebalance finds nobody waiting; of
the time that an event takes it is the half. Where nothing has to wait there is nobody to be found.
"""

import asyncio
import logging
from collections.abc import Awaitable, Callable, Coroutine, Generator, Mapping
from types import coroutine
from typing import Any, TypeAlias

import mode
from faust.transport.drivers import aiokafka as driver
from faust.types import TP
from mode.services import WaitResults

# Where the carrier of a topic goes on, by partition.
Places: TypeAlias = Callable[[str], Awaitable[Mapping[int, int]]]

_log = logging.getLogger(__name__)


class Quick(mode.Service):
    """A service that waits with others only where there is something to wait for."""

    async def wait_first(self, *waits: Any, **options: Any) -> WaitResults:
        first, *others = waits
        if not (others and asyncio.iscoroutine(first)):
            return await super().wait_first(*waits, **options)
        try:
            waits_for = first.send(None)
        except StopIteration as done:
            _never_begin(others)
            return WaitResults([first], [done.value], self._stopped.is_set())
        except BaseException:
            _never_begin(others)
            raise
        return await super().wait_first(_rest(first, waits_for), *others, **options)


def reading_from(places: Places) -> type[driver.Consumer]:
    class DatabaseFirst(Quick, driver.Consumer):
        async def perform_seek(self) -> None:
            await super().perform_seek()
            known: dict[str, Mapping[int, int]] = {}
            for partition in self.assignment():
                topic = partition.topic
                if topic not in known:
                    known[topic] = await places(topic)
                await self._go_back(partition, known[topic].get(partition.partition, 0))

        async def _go_back(self, partition: TP, place: int) -> None:
            committed = self._committed_offset.get(partition)
            if committed is not None and place < committed:
                _log.warning("%s is read again from %s, not %s", partition, place, committed)
                await self.seek(partition, place)
                self._committed_offset[partition] = None  # Else acks below it are ignored.

    return DatabaseFirst


def _never_begin(waits: list[Coroutine[Any, Any, Any]]) -> None:
    for each in waits:
        each.close()


async def _rest(begun: Coroutine[Any, Any, Any], waits_for: Any) -> Any:
    """What is left of a coroutine that was begun by hand and waits for something."""
    return await _steps(begun, waits_for)


@coroutine
def _steps(begun: Coroutine[Any, Any, Any], waits_for: Any) -> Generator[Any, Any, Any]:
    try:
        while True:
            try:
                answer = yield waits_for
            except BaseException as fault:  # noqa: BLE001  # It is told, whatever it is.
                waits_for = begun.throw(fault)
            else:
                waits_for = begun.send(answer)
    except StopIteration as done:
        return done.value

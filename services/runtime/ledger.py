"""One service at work: its log, its handler, and its answers, caught up before each of them.

Of the log only the places are kept where each subject is spoken of, and what was read last: a
question reads the other rows again, some at a time, so that a long log takes little memory and an
answer is what the log says. What a viewer may not see is left out before anything is made of it.
"""

import asyncio
import logging
import time
from array import array
from bisect import bisect_left
from collections import deque
from collections.abc import AsyncIterator, Hashable, Iterator, Mapping, Sequence
from contextlib import asynccontextmanager, suppress
from functools import partial
from itertools import islice
from types import MappingProxyType
from typing import NamedTuple

from google.protobuf.message import Message

from services.kernel.access import AccessTable
from services.kernel.access_adoption import ACCESS
from services.kernel.adoption import ADOPTION
from services.kernel.decision import Recorded, events_of
from services.kernel.errors import Unavailable
from services.kernel.policy import Policies
from services.kernel.timeline import Question, answering
from services.kernel.viewer import OPERATOR, Viewer
from services.runtime.bus import Bus
from services.runtime.handler import Handler
from services.runtime.metrics import Metrics, fresh
from services.runtime.recent import Recent
from services.runtime.service import Service
from services.runtime.store import Log, Parked, Row, Store
from services.runtime.submitting import Submitting
from services.runtime.together import Together
from zoneledger.ledger.v1.access_pb2 import AccessTableAdopted
from zoneledger.ledger.v1.decision_pb2 import Decision
from zoneledger.ledger.v1.policy_pb2 import PolicyAdopted

_ROWS_AT_ONCE = 1_000
_SUBJECTS_AT_ONCE = 50
_EVENTS_KEPT = 20_000
_CHECKPOINT_SECONDS = 1.0
_LOOK_SECONDS = 0.1
_NOWHERE: "array[int]" = array("Q")

_log = logging.getLogger(__name__)


class Item(NamedTuple):
    """A row of the log, opened. `letters` is for who tells many of it what they make of it."""

    row: Row
    decision: Decision
    entries: Sequence[Recorded]
    letters: dict[Hashable, Message]


class Known(NamedTuple):
    """What was read of a subject: its events, from the first `places` rows that speak of it."""

    places: int
    entries: Sequence[Recorded]


class Ledger:
    """What a service's gRPC methods are written against.

    `position` is how far it has read, `adopted` the documents, `access` the table in force and
    `parked` the streams that waited then, `checkpoint` the newest signed one. `grown` is set
    whenever it has read more, and then made anew. `sources` are the logs that the service hears.
    """

    def __init__(
        self,
        service: Service,
        store: Store,
        handler: Handler,
        bus: Bus,
        counted: Metrics | None = None,
        *,
        sources: Mapping[str, Log] = MappingProxyType({}),
    ) -> None:
        self.service, self.store, self.sources = service, store, sources
        self.position, self.checkpoint = 0, ""
        self.parked: Sequence[Parked] = ()
        self.grown = asyncio.Event()
        self._bus = bus
        self.submit = Submitting(store, handler, counted or fresh(), self.wake).submit
        self.adopted = Policies.none()
        self.access = AccessTable.none()
        self._places: dict[str, array[int]] = {}
        self._in_order: list[str] | None = None
        self._known: Recent[str, Known] = Recent(_EVENTS_KEPT, lambda known: len(known.entries) + 1)
        self._catching_up = Together(self._catch_up)
        self._pulse: int | None = None
        self._checkpoint_at = -_CHECKPOINT_SECONDS
        self._tail: deque[Item] = deque(maxlen=_ROWS_AT_ONCE)
        self._woken = asyncio.Event()
        self._followers = 0
        self._following: asyncio.Task[None] | None = None

    def wake(self) -> None:
        """Say that something new was decided here."""
        self._bus.wake()
        self._woken.set()

    async def catch_up(self) -> int:
        """Read all that the log holds now; its last position."""
        await self._bus.settle()
        pulse = self.store.pulse()
        if pulse is None or pulse != self._pulse:
            await self._catching_up.run()
            self._pulse = pulse
        return self.position

    async def ask(
        self, question: Question, viewer: Viewer = OPERATOR
    ) -> tuple[AsyncIterator[Sequence[Recorded]], int]:
        """The events that answer, subject by subject, and the position that was read."""
        position = await self.catch_up()
        entries = (entries async for _, entries in self.tell(question, viewer, position))
        return entries, position

    async def tell(
        self,
        question: Question,
        viewer: Viewer,
        until: int,
        first: str = "",
        at_once: int = _ROWS_AT_ONCE,
    ) -> AsyncIterator[tuple[str, Sequence[Recorded]]]:
        """What the log says up to position `until`: each subject that it knows, and the events.

        In the order of their names from `first` on; `at_once` rows or so are read in one go.
        """
        service, told = self.service, 0
        for subjects in self._read_together(question, viewer, first, at_once):
            for subject, entries in (await self._entries(subjects)).items():
                told += 1
                if told % _SUBJECTS_AT_ONCE == 0:
                    await asyncio.sleep(0)  # Others ask too.
                sees = partial(viewer.sees, subject)
                seen = [
                    entry._replace(event=service.veiled(entry.event, sees))
                    for entry in entries
                    if entry.position <= until and sees(service.visibility(entry.event))
                ]
                if answer := answering(seen, question, service.effective_on):
                    yield subject, answer

    async def items(self, after: int, limit: int) -> Sequence[Item]:
        """At most `limit` rows behind position `after` of what was read so far."""
        first = self._tail[0].row.position if self._tail else self.position + 1
        if after + 1 >= first:
            begin = after + 1 - first
            return list(islice(self._tail, begin, begin + limit))
        rows = await self.store.read(after, min(limit, self.position - after))
        return list(map(self._opened, rows))

    @asynccontextmanager
    async def followed(self) -> AsyncIterator[asyncio.Task[None]]:
        """Keep reading what others append too, for as long as the block lasts.

        What reads ends where the log cannot be read any more, with the reason.
        """
        self._followers += 1
        if self._following is None or self._following.done():
            self._following = asyncio.create_task(self._follow())
        try:
            yield self._following
        finally:
            self._followers -= 1
            if not self._followers and self._following is not None:
                self._following.cancel()
                self._following = None

    async def _follow(self) -> None:
        while True:
            try:
                await self.catch_up()
            except Unavailable as fault:
                _log.warning("cannot read on: %s", fault)
            with suppress(TimeoutError):
                await asyncio.wait_for(self._woken.wait(), _LOOK_SECONDS)
            self._woken.clear()

    def _read_together(
        self, question: Question, viewer: Viewer, first: str, at_once: int
    ) -> Iterator[list[str]]:
        """Subjects whose rows are read in one go."""
        subjects: list[str] = []
        rows = 0
        for subject in [question.subject] if question.subject else self._from(first):
            if subject not in self._places or not (" " in subject or viewer.may_ask_about(subject)):
                continue
            subjects.append(subject)
            rows += len(self._places[subject])
            if rows >= at_once:
                yield subjects
                subjects, rows = [], 0
        if subjects:
            yield subjects

    def _from(self, first: str) -> Sequence[str]:
        """The subjects in the order of their names, from one on."""
        if self._in_order is None:
            self._in_order = sorted(self._places)
        return self._in_order[bisect_left(self._in_order, first) :]

    async def _entries(self, subjects: Sequence[str]) -> dict[str, Sequence[Recorded]]:
        """All that the log says of these subjects; what was read before is not read again."""
        found = {subject: self._known.get(subject) for subject in subjects}
        places = {subject: self._places.get(subject, _NOWHERE)[:] for subject in subjects}
        stale = {
            subject: places[subject][known.places if known else 0 :]
            for subject, known in found.items()
            if known is None or known.places < len(places[subject])
        }
        read: dict[str, list[Recorded]] = {subject: [] for subject in stale}
        for row in await self.store.at([each for own in stale.values() for each in own]):
            for entry in self._opened(row).entries:
                own = read.get(self.service.subject(entry.event))
                if own is not None:
                    own.append(entry)
        for subject, entries in read.items():
            before = found[subject]
            known = Known(len(places[subject]), [*(before.entries if before else ()), *entries])
            found[subject] = known
            self._known.put(subject, known)
        return {subject: known.entries for subject, known in found.items() if known is not None}

    async def _catch_up(self) -> None:
        await self._read_on()
        if self.service.listens_to:
            self.parked = await self.store.parked()
        if time.monotonic() - self._checkpoint_at >= _CHECKPOINT_SECONDS:
            self._checkpoint_at = time.monotonic()
            signed = await self.store.checkpoint()
            self.checkpoint = signed[1] if signed else ""

    async def _read_on(self) -> None:
        """Take what is new; who waits for it is told also where the call that reads ends here."""
        before = self.position
        try:
            while rows := await self.store.read(self.position, _ROWS_AT_ONCE):
                for row in rows:
                    self._take(row)
        finally:
            if self.position > before:
                self.grown.set()
                self.grown = asyncio.Event()

    def _take(self, row: Row) -> None:
        item = self._opened(row)
        for entry in item.entries:
            if isinstance(entry.event, PolicyAdopted):
                self.adopted = ADOPTION.evolve(self.adopted, entry.event)
            elif isinstance(entry.event, AccessTableAdopted):
                self.access = ACCESS.evolve(self.access, entry.event)
            subject = self.service.subject(entry.event)
            if subject:
                own = self._places.get(subject)
                if own is None:
                    own = self._places[subject] = array("Q")
                    self._in_order = None
                if not own or own[-1] != row.position:
                    own.append(row.position)
        self._tail.append(item)
        self.position = row.position

    def _opened(self, row: Row) -> Item:
        decision = Decision.FromString(row.data)
        recorded_ns = decision.recorded_at.ToNanoseconds()
        entries = [
            Recorded(event, recorded_ns, decision.decision_id, row.position)
            for event in events_of(decision, self.service.events)
        ]
        return Item(row, decision, entries, {})

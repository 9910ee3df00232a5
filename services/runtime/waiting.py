"""Whether something waits that may change an answer, as far as who asks may know of it.

A stream waits for an event that could not be answered yet. Who may not see that event, or what
waits behind it, is not told that anything waits: for it there is nothing.
"""

from collections.abc import Mapping, Sequence

from services.kernel.adoption import STREAM as POLICIES
from services.kernel.decision import unpack
from services.kernel.errors import CorruptHistory, Unavailable
from services.kernel.viewer import Viewer
from services.runtime.reactor import notices
from services.runtime.recent import Recent
from services.runtime.service import load
from services.runtime.store import Log, Parked

_STREAMS_KEPT = 1_000
_OF_ALL = POLICIES.partition("-")[2]


class Waiting:
    """The streams that wait in one service, by the logs that they come from."""

    def __init__(self, sources: Mapping[str, Log]) -> None:
        self._sources = sources
        self._known: Recent[Parked, Sequence[tuple[str, int]]] = Recent(
            _STREAMS_KEPT, lambda events: len(events) + 1
        )

    async def concerns(
        self, parked: Sequence[Parked], units: Sequence[str], viewer: Viewer
    ) -> bool:
        """Whether one of these streams may change what is said of the units; "" is all of them."""
        for each in parked:
            subject = each.stream.partition("-")[2]
            is_asked = subject == _OF_ALL or "" in units or subject in units
            if is_asked and await self._is_for(each, viewer):
                return True
        return False

    async def _is_for(self, parked: Parked, viewer: Viewer) -> bool:
        if viewer.sees_everything:
            return True
        try:
            events = self._known.get(parked)
            if events is None:
                events = await self._events(parked)
                self._known.put(parked, events)
        except Unavailable:
            return True  # Better to be careful with an answer that holds than to trust another.
        return any(viewer.sees(subject, visibility) for subject, visibility in events)

    async def _events(self, parked: Parked) -> Sequence[tuple[str, int]]:
        """Whom each event that waits is about, and who may see it; one that is unknown, nobody."""
        source = load(parked.source)
        rows = await self._sources[parked.source].stream(parked.stream, parked.version)
        found: list[tuple[str, int]] = []
        for notice in notices(rows):
            try:
                event = unpack(notice.event, source.events)
            except CorruptHistory:
                continue
            if notice.version > parked.version:
                found.append((source.subject(event), source.visibility(event)))
        return found

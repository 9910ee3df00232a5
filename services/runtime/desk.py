"""Where people deal with the streams that wait: see them, try again, pass over an event."""

from collections.abc import Mapping, Sequence
from contextlib import suppress

from services.kernel.errors import (
    Malformed,
    Rejected,
    Unavailable,
    UnknownStream,
    Violation,
    WrongExpectedVersion,
)
from services.kernel.reasons import Why
from services.runtime.handler import Handler, request
from services.runtime.reactor import Reactor, notices
from services.runtime.store import Heard, Inbox, Log, Parked, Store
from zoneledger.ledger.v1.decision_pb2 import Decision
from zoneledger.ledger.v1.parked_pb2 import PassOverEvent


class Desk:
    """The waiting streams of one service, which reads its sources' logs."""

    def __init__(
        self, store: Store, handler: Handler, reactor: Reactor, sources: Mapping[str, Log]
    ) -> None:
        self._store, self._handler, self._reactor = store, handler, reactor
        self._sources = sources

    async def parked(self) -> Sequence[Parked]:
        """The streams that wait, oldest first."""
        return await self._store.parked()

    async def retry(self) -> int:
        """Try all of them again; how many go on now."""
        return await self._reactor.retry_parked(self._sources)

    async def pass_over(
        self,
        command: PassOverEvent,
        actor: str,
        *,
        decision_id: str = "",
        validate_only: bool = False,
    ) -> Decision:
        """Record that nothing follows from the event that a stream waits for, and go on behind it.

        A decision that has this id already is the answer.

        The event is named by its version, so that nobody passes over another one than was looked
        at; its id is looked up in the source's log.
        """
        if decision_id and (row := await self._store.find(decision_id)):
            return _same(Decision.FromString(row.data), command)
        parked = await self._waiting(command.source, command.stream)
        if command.version != parked.version + 1:
            why = Why.WAITS_FOR_ANOTHER_VERSION(
                stream=parked.stream,
                source=parked.source,
                expected=parked.version + 1,
                version=command.version,
            )
            raise Rejected(why, field="version")
        named = PassOverEvent(event_id=await self._event_id(parked))
        named.MergeFrom(command)
        heard = Heard(parked.source, parked.stream, parked.version, command.version)
        sitting = self._handler.sitting(careful=True)
        await sitting.decide(request(named, actor, decision_id=decision_id))
        if validate_only:
            return sitting.decisions[0]
        try:
            await self._handler.conclude(sitting, Inbox(parked.source, 0, (heard,)))
        except WrongExpectedVersion as raced:
            raise Rejected(Why.STREAM_MOVED_ON(stream=parked.stream)) from raced
        with suppress(Unavailable):  # It is recorded in any case, and what follows is tried again.
            await self.retry()
        return sitting.decisions[0]

    async def _waiting(self, source: str, stream: str) -> Parked:
        for parked in await self._store.parked():
            if (parked.source, parked.stream) == (source, stream):
                return parked
        raise UnknownStream(Why.STREAM_NOT_WAITING(stream=stream, source=source))

    async def _event_id(self, parked: Parked) -> str:
        rows = await self._sources[parked.source].stream(parked.stream, parked.version)
        for notice in notices(rows):
            if notice.version == parked.version + 1:
                return notice.event_id
        why = Why.SOURCE_LACKS_VERSION(
            source=parked.source, version=parked.version + 1, stream=parked.stream
        )
        raise Unavailable(why)


def _same(decision: Decision, command: PassOverEvent) -> Decision:
    """The decision, if it is the one that `command` asks for."""
    made = PassOverEvent()
    decision.command.Unpack(made)
    made.event_id = ""
    if made != command:
        why = Why.REQUEST_ID_REUSED(request_id=decision.decision_id)
        raise Malformed(Violation("request_id", why))
    return decision

"""The LogService: any service's log as it is, page by page, and the streams that wait."""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from contextlib import suppress
from typing import Any, TypeAlias, TypeVar

import grpc.aio
from google.protobuf.message import Message

from services.kernel.errors import (
    Malformed,
    Unavailable,
    UnknownStream,
    Violation,
    WrongExpectedVersion,
)
from services.kernel.merkle import Frontier
from services.kernel.reasons import Why
from services.runtime import calling, fields, submission
from services.runtime.desk import Desk
from services.runtime.ledger import Ledger
from services.runtime.store import Answered, Parked, Row, Store
from zoneledger.ledger.v1 import service_pb2 as messages
from zoneledger.ledger.v1.decision_pb2 import LogEntry
from zoneledger.ledger.v1.parked_pb2 import PassOverEvent
from zoneledger.ledger.v1.service_pb2_grpc import LogServiceServicer

Context: TypeAlias = grpc.aio.ServicerContext[Any, Any]
Response = TypeVar("Response", bound=Message)

_USUAL_PAGE, _LARGEST_PAGE = 500, 5_000
_LARGEST_BYTES = 16 << 20

DECISIONS: fields.Table = {"stream": fields.optional_text, "page_size": fields.not_negative}
DECISION: fields.Table = {"decision_id": fields.text}
CURSOR: fields.Table = {"source": fields.optional_text}
RESOLUTION: fields.Table = {
    "source": fields.identifier,
    "stream": fields.text,
    "reason": fields.text,
    "document": fields.text,
}


class LogApi(LogServiceServicer):
    """Answers for the services of this process."""

    def __init__(self, ledgers: Mapping[str, Ledger], desks: Mapping[str, Desk]) -> None:
        self._stores = {name: ledger.store for name, ledger in ledgers.items()}
        self._desks = desks

    async def ListDecisions(
        self, request: messages.ListDecisionsRequest, context: Context
    ) -> messages.ListDecisionsResponse:
        store = self._store(request.service)
        _check(request, DECISIONS)
        rows, has_more = await _page(store, request)
        position = _reached(await store.frontier(), request).size
        return messages.ListDecisionsResponse(
            entries=[_entry(request.service, row) for row in rows],
            position=position,
            has_more=has_more,
        )

    async def GetDecision(
        self, request: messages.GetDecisionRequest, context: Context
    ) -> messages.GetDecisionResponse:
        store = self._store(request.service)
        _check(request, DECISION)
        _reached(await store.frontier(), request)
        row = await store.find(request.decision_id)
        if row is None:
            raise UnknownStream(
                Why.DECISION_NOT_FOUND(service=request.service, decision=request.decision_id)
            )
        return messages.GetDecisionResponse(entry=_entry(request.service, row))

    async def GetFrontier(
        self, request: messages.GetFrontierRequest, context: Context
    ) -> messages.GetFrontierResponse:
        frontier = _reached(await self._store(request.service).frontier(), request)
        return messages.GetFrontierResponse(size=frontier.size, peaks=frontier.peaks)

    async def GetCursor(
        self, request: messages.GetCursorRequest, context: Context
    ) -> messages.GetCursorResponse:
        store = self._store(request.service)
        _check(request, CURSOR)
        return messages.GetCursorResponse(position=await store.cursor(request.source))

    async def ListParkedStreams(
        self, request: messages.ListParkedStreamsRequest, context: Context
    ) -> messages.ListParkedStreamsResponse:
        parked = await self._store(request.service).parked()
        return messages.ListParkedStreamsResponse(streams=map(_parked, parked))

    async def RetryParkedStreams(
        self, request: messages.RetryParkedStreamsRequest, context: Context
    ) -> messages.RetryParkedStreamsResponse:
        store = self._store(request.service)
        desk = self._desks.get(request.service)

        async def retry() -> messages.RetryParkedStreamsResponse:
            if desk is None:
                return messages.RetryParkedStreamsResponse()  # It listens to nobody.
            released = 0 if request.validate_only else await desk.retry()
            return messages.RetryParkedStreamsResponse(
                released=released, streams=map(_parked, await desk.parked())
            )

        return await _once(store, request, messages.RetryParkedStreamsResponse, retry)

    async def ResolveParkedStream(
        self, request: messages.ResolveParkedStreamRequest, context: Context
    ) -> messages.ResolveParkedStreamResponse:
        store = self._store(request.service)
        _check(request, RESOLUTION)
        desk = self._desks.get(request.service)
        if desk is None:
            raise UnknownStream(Why.LISTENS_TO_NOBODY(service=request.service))
        command = PassOverEvent(
            source=request.source,
            stream=request.stream,
            version=request.version,
            reason=request.reason,
            document=request.document,
        )

        async def resolve() -> messages.ResolveParkedStreamResponse:
            decision = await desk.pass_over(
                command,
                calling.viewer().agency,
                decision_id=submission.named(request.request_id),
                validate_only=request.validate_only,
            )
            return messages.ResolveParkedStreamResponse(decision_id=decision.decision_id)

        return await _once(store, request, messages.ResolveParkedStreamResponse, resolve)

    def _store(self, service: str) -> Store:
        store = self._stores.get(service)
        if store is None:
            raise UnknownStream(Why.SERVICE_NOT_HERE(service=service, here=", ".join(self._stores)))
        return store


async def _once(
    store: Store, request: Any, response: type[Response], answer: Callable[[], Awaitable[Response]]
) -> Response:
    """The answer to a request; to one that was named, the first that it had.

    What is killed before its answer is kept does the same again: to try again harms nothing, and a
    decision that was made is found by its id.
    """
    name = submission.named(request.request_id)
    if not name or request.validate_only:
        return await answer()
    asked = submission.fingerprint(request)
    if first := await store.answered(name):
        submission.check_same(first, asked)
        return response.FromString(first.answer)
    told = await answer()
    with suppress(WrongExpectedVersion):  # Sent twice at once: whichever was kept is the first.
        await store.append([], None, Answered(name, asked, told.SerializeToString()))
        return told
    return await _once(store, request, response, answer)


def _reached(frontier: Frontier, request: Any) -> Frontier:
    """The edge of a log; `Unavailable` where it has not come as far as the request asks for."""
    if request.min_position > frontier.size:
        asked, service = request.min_position, request.service
        why = Why.POSITION_NOT_REACHED(service=service, position=frontier.size, asked=asked)
        raise Unavailable(why)
    return frontier


def _check(request: Message, table: fields.Table) -> None:
    if faults := fields.faults([request], table):
        raise Malformed(*(Violation(fault.field, fault.what) for fault in faults))


async def _page(store: Store, request: messages.ListDecisionsRequest) -> tuple[Sequence[Row], bool]:
    """The rows of one page, and whether there are more."""
    size = min(request.page_size or _USUAL_PAGE, _LARGEST_PAGE)
    if request.stream:
        rows = await store.stream(request.stream, request.after_version)
        rows = [row for row in rows if row.position > request.after]
    else:
        rows = await store.read(request.after, size + 1)
    page = _fitting(rows[:size])
    return page, len(page) < len(rows)


def _fitting(rows: Sequence[Row]) -> Sequence[Row]:
    """As many of `rows` as a message takes, and one at least."""
    total = 0
    for index, row in enumerate(rows):
        total += len(row.data)
        if total > _LARGEST_BYTES and index:
            return rows[:index]
    return rows


def _entry(service: str, row: Row) -> LogEntry:
    return LogEntry(service=service, position=row.position, decision=row.data, leaf_hash=row.leaf)


def _parked(parked: Parked) -> messages.ParkedStream:
    return messages.ParkedStream(**parked._asdict())

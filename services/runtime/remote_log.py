"""Another service's log, read over gRPC: what an event's carrier did not bring is found here."""

from collections.abc import Awaitable, Callable
from typing import TypeVar

import grpc
import grpc.aio

from services.kernel.errors import CorruptHistory, Unavailable
from services.kernel.merkle import Frontier
from services.runtime.store import Parked, Row
from zoneledger.ledger.v1 import service_pb2 as messages
from zoneledger.ledger.v1.decision_pb2 import Decision, LogEntry
from zoneledger.ledger.v1.service_pb2_grpc import LogServiceStub

Answer = TypeVar("Answer")

_PATIENCE_SECONDS = 10.0
_PAGE = 5_000


class RemoteLog:
    """The log of `service` behind a channel."""

    def __init__(self, service: str, channel: grpc.aio.Channel) -> None:
        self._service, self._stub = service, LogServiceStub(channel)

    async def stream(self, name: str, after: int = 0) -> list[Row]:
        rows: list[Row] = []
        has_more = True
        while has_more:
            answer = await self._page(
                messages.ListDecisionsRequest(
                    service=self._service,
                    stream=name,
                    after=rows[-1].position if rows else 0,
                    after_version=after,
                    page_size=_PAGE,
                )
            )
            rows += map(_row, answer.entries)
            has_more = answer.has_more
        return rows

    async def read(self, after: int, limit: int) -> list[Row]:
        request = messages.ListDecisionsRequest(service=self._service, after=after, page_size=limit)
        return [_row(entry) for entry in (await self._page(request)).entries]

    async def find(self, decision_id: str) -> Row | None:
        request = messages.GetDecisionRequest(service=self._service, decision_id=decision_id)
        try:
            answer = await self._stub.GetDecision(request, timeout=_PATIENCE_SECONDS)
        except grpc.RpcError as error:
            if error.code() == grpc.StatusCode.NOT_FOUND:
                return None
            raise self._refusal(error) from error
        return _row(answer.entry)

    async def frontier(self) -> Frontier:
        answer = await self._ask(
            self._stub.GetFrontier, messages.GetFrontierRequest(service=self._service)
        )
        return Frontier(answer.size, tuple(answer.peaks))

    async def cursor(self, source: str) -> int:
        answer = await self._ask(
            self._stub.GetCursor, messages.GetCursorRequest(service=self._service, source=source)
        )
        return int(answer.position)

    async def parked(self) -> list[Parked]:
        answer = await self._ask(
            self._stub.ListParkedStreams, messages.ListParkedStreamsRequest(service=self._service)
        )
        return [Parked(p.source, p.stream, p.version, p.reason, p.until) for p in answer.streams]

    async def _page(self, request: messages.ListDecisionsRequest) -> messages.ListDecisionsResponse:
        return await self._ask(self._stub.ListDecisions, request)

    async def _ask(self, method: Callable[..., Awaitable[Answer]], request: object) -> Answer:
        try:
            return await method(request, timeout=_PATIENCE_SECONDS)
        except grpc.RpcError as error:
            raise self._refusal(error) from error

    def _refusal(self, error: grpc.RpcError) -> Unavailable | CorruptHistory:
        kind = CorruptHistory if error.code() == grpc.StatusCode.DATA_LOSS else Unavailable
        return kind(f"the log of {self._service} cannot be read: {error.details()}")


def _row(entry: LogEntry) -> Row:
    decision = Decision.FromString(entry.decision)
    return Row(
        entry.position,
        decision.decision_id,
        decision.stream,
        decision.version,
        decision.version + len(decision.events),
        entry.decision,
        entry.leaf_hash,
    )

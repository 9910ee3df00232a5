"""The LogService: any service's log as it is, page by page."""

from collections.abc import Sequence
from typing import Any

import grpc.aio

from services.kernel.errors import UnknownStream
from services.runtime.ledger import Ledger
from services.runtime.store import Row
from zoneledger.ledger.v1.decision_pb2 import LogEntry
from zoneledger.ledger.v1.service_pb2 import ListDecisionsRequest, ListDecisionsResponse
from zoneledger.ledger.v1.service_pb2_grpc import LogServiceServicer

_USUAL_PAGE, _LARGEST_PAGE = 500, 5_000


class LogApi(LogServiceServicer):
    """Answers for the services of this process."""

    def __init__(self, ledgers: Sequence[Ledger]) -> None:
        self._ledgers = {ledger.service.name: ledger for ledger in ledgers}

    async def ListDecisions(
        self, request: ListDecisionsRequest, context: grpc.aio.ServicerContext[Any, Any]
    ) -> ListDecisionsResponse:
        ledger = self._ledgers.get(request.service)
        if ledger is None:
            raise UnknownStream(
                f"no service {request.service!r} here; there are {', '.join(self._ledgers)}"
            )
        rows = await _page(ledger, request)
        position = (await ledger.store.frontier()).size
        return ListDecisionsResponse(
            entries=[_entry(request.service, row) for row in rows], position=position
        )


async def _page(ledger: Ledger, request: ListDecisionsRequest) -> list[Row]:
    size = min(request.page_size or _USUAL_PAGE, _LARGEST_PAGE)
    if not request.stream:
        return await ledger.store.read(request.after, size)
    rows = await ledger.store.stream(request.stream)
    return [row for row in rows if row.position > request.after][:size]


def _entry(service: str, row: Row) -> LogEntry:
    return LogEntry(service=service, position=row.position, decision=row.data, leaf_hash=row.leaf)

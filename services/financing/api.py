"""The gRPC methods of financing: a request becomes a question, and back. No rules."""

from collections.abc import Mapping, Sequence
from typing import Any, TypeAlias

import grpc.aio

from services.financing import views
from services.kernel.decision import Recorded
from services.runtime.explaining import Explaining
from services.runtime.ledger import Ledger
from services.runtime.names import Pattern
from services.runtime.reads import Asked, Collection, Reads
from zoneledger.financing.v1 import service_pb2 as messages
from zoneledger.financing.v1.service_pb2_grpc import (
    FinancingServiceServicer,
    add_FinancingServiceServicer_to_server,
)
from zoneledger.ledger.v1.revision_pb2 import SettlementRevised

Context: TypeAlias = grpc.aio.ServicerContext[Any, Any]


def _credit_tilts(
    entries: Sequence[Recorded], asked: Asked
) -> Sequence[messages.CreditTiltStanding]:
    return views.credit_tilts(entries, asked.round, asked.policies, asked.as_of)


def _is_about(event: Any, ids: Mapping[str, str]) -> bool:
    """Whether an event settles the tilt with these ids."""
    if isinstance(event, SettlementRevised):
        return False  # What came of it is told by itself.
    return str(getattr(event, "tilt", event).round) == ids["round"]


CREDIT_TILTS = Collection(
    Pattern("units/{unit}/creditTilts/{round}"),
    "credit_tilts",
    "credit_tilt",
    _credit_tilts,
    is_of_today=True,
    is_about=_is_about,
)


class FinancingApi(FinancingServiceServicer):
    """Answers for one ledger."""

    def __init__(self, ledger: Ledger) -> None:
        self._reads, self._explaining = Reads(ledger), Explaining(ledger)

    async def GetCreditTilt(
        self, request: messages.GetCreditTiltRequest, context: Context
    ) -> messages.GetCreditTiltResponse:
        return await self._reads.get(CREDIT_TILTS, request, messages.GetCreditTiltResponse)

    async def BatchGetCreditTilts(
        self, request: messages.BatchGetCreditTiltsRequest, context: Context
    ) -> messages.BatchGetCreditTiltsResponse:
        return await self._reads.batch_get(
            CREDIT_TILTS, request, messages.BatchGetCreditTiltsResponse
        )

    async def ListCreditTilts(
        self, request: messages.ListCreditTiltsRequest, context: Context
    ) -> messages.ListCreditTiltsResponse:
        return await self._reads.list_page(CREDIT_TILTS, request, messages.ListCreditTiltsResponse)

    async def ExplainCreditTilt(
        self, request: messages.ExplainCreditTiltRequest, context: Context
    ) -> messages.ExplainCreditTiltResponse:
        return await self._explaining.explain(
            CREDIT_TILTS, request, messages.ExplainCreditTiltResponse
        )


def serve(server: grpc.aio.Server, ledger: Ledger) -> None:
    """Answer on `server`."""
    add_FinancingServiceServicer_to_server(FinancingApi(ledger), server)

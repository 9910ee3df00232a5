"""The gRPC methods of financing: a request becomes a question, and back. No rules."""

from typing import Any, TypeAlias

import grpc.aio

from services.financing import views
from services.runtime import clock, fields
from services.runtime.ledger import Ledger
from zoneledger.financing.v1 import service_pb2 as messages
from zoneledger.financing.v1.service_pb2_grpc import (
    FinancingServiceServicer,
    add_FinancingServiceServicer_to_server,
)

Context: TypeAlias = grpc.aio.ServicerContext[Any, Any]


class FinancingApi(FinancingServiceServicer):
    """Answers for one ledger."""

    def __init__(self, ledger: Ledger) -> None:
        self._ledger = ledger

    async def ListCreditTilts(
        self, request: messages.ListCreditTiltsRequest, context: Context
    ) -> messages.ListCreditTiltsResponse:
        question = fields.question(request, clock.today())
        answer, position = await self._ledger.ask(question)
        policies = await self._ledger.policies()
        return messages.ListCreditTiltsResponse(
            credit_tilts=[
                standing
                async for entries in answer
                for standing in views.credit_tilts(entries, request.round, policies, question.as_of)
            ],
            position=position,
        )


def serve(server: grpc.aio.Server, ledger: Ledger) -> None:
    """Answer on `server`."""
    add_FinancingServiceServicer_to_server(FinancingApi(ledger), server)

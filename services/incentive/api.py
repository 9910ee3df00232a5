"""The gRPC methods of incentive: a request becomes a question, and back. No rules."""

from typing import Any, TypeAlias

import grpc.aio

from services.incentive import views
from services.runtime import clock, fields
from services.runtime.ledger import Ledger
from zoneledger.incentive.v1 import service_pb2 as messages
from zoneledger.incentive.v1.service_pb2_grpc import (
    IncentiveServiceServicer,
    add_IncentiveServiceServicer_to_server,
)

Context: TypeAlias = grpc.aio.ServicerContext[Any, Any]


class IncentiveApi(IncentiveServiceServicer):
    """Answers for one ledger."""

    def __init__(self, ledger: Ledger) -> None:
        self._ledger = ledger

    async def ListEntitlements(
        self, request: messages.ListEntitlementsRequest, context: Context
    ) -> messages.ListEntitlementsResponse:
        question = fields.question(request, clock.today())
        answer, position = await self._ledger.ask(question)
        policies = await self._ledger.policies()
        return messages.ListEntitlementsResponse(
            entitlements=[
                standing
                async for entries in answer
                for standing in views.entitlements(entries, request.round, policies, question.as_of)
            ],
            position=position,
        )


def serve(server: grpc.aio.Server, ledger: Ledger) -> None:
    """Answer on `server`."""
    add_IncentiveServiceServicer_to_server(IncentiveApi(ledger), server)

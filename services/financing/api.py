"""The gRPC methods of financing: a request becomes a question, and back. No rules."""

from collections.abc import Mapping, Sequence
from typing import Any, TypeAlias

import grpc.aio

from services.financing import views
from services.kernel import review_views
from services.kernel.decision import Recorded
from services.runtime import review_list
from services.runtime.explaining import Explaining
from services.runtime.ledger import Ledger
from services.runtime.names import Pattern
from services.runtime.reads import Asked, Collection, Reads
from zoneledger.financing.v1 import service_pb2 as messages
from zoneledger.financing.v1.review_commands_pb2 import CloseCreditTiltReview
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
    if review_views.said(event) is not None:
        return False  # It is about an item of its own.
    return str(getattr(event, "tilt", event).round) == ids["round"]


CREDIT_TILTS = Collection(
    Pattern("units/{unit}/creditTilts/{round}"),
    "credit_tilts",
    "credit_tilt",
    _credit_tilts,
    is_of_today=True,
    is_about=_is_about,
)


def _review_items(
    entries: Sequence[Recorded], asked: Asked
) -> Sequence[messages.ReviewItemStanding]:
    return review_views.items(entries, asked.round, asked.policies, messages.ReviewItemStanding)


REVIEW_ITEMS = Collection(
    review_list.PATTERN,
    "review_items",
    "review_item",
    _review_items,
    is_of_today=True,
    is_about=review_views.is_about,
)


class FinancingApi(FinancingServiceServicer):
    """Answers for one ledger."""

    def __init__(self, ledger: Ledger) -> None:
        self._ledger = ledger
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

    async def GetReviewItem(
        self, request: messages.GetReviewItemRequest, context: Context
    ) -> messages.GetReviewItemResponse:
        return await self._reads.get(REVIEW_ITEMS, request, messages.GetReviewItemResponse)

    async def BatchGetReviewItems(
        self, request: messages.BatchGetReviewItemsRequest, context: Context
    ) -> messages.BatchGetReviewItemsResponse:
        return await self._reads.batch_get(
            REVIEW_ITEMS, request, messages.BatchGetReviewItemsResponse
        )

    async def ListReviewItems(
        self, request: messages.ListReviewItemsRequest, context: Context
    ) -> messages.ListReviewItemsResponse:
        return await self._reads.list_page(REVIEW_ITEMS, request, messages.ListReviewItemsResponse)

    async def ExplainReviewItem(
        self, request: messages.ExplainReviewItemRequest, context: Context
    ) -> messages.ExplainReviewItemResponse:
        return await self._explaining.explain(
            REVIEW_ITEMS, request, messages.ExplainReviewItemResponse
        )

    async def CloseReviewItem(
        self, request: messages.CloseReviewItemRequest, context: Context
    ) -> messages.CloseReviewItemResponse:
        outcome = await review_list.close(
            self._ledger,
            REVIEW_ITEMS,
            request,
            lambda closing: CloseCreditTiltReview(closing=closing),
        )
        return messages.CloseReviewItemResponse(outcome=outcome)


def serve(server: grpc.aio.Server, ledger: Ledger) -> None:
    """Answer on `server`."""
    add_FinancingServiceServicer_to_server(FinancingApi(ledger), server)

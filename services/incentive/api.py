"""The gRPC methods of incentive: a request becomes a question, and back. No rules."""

from collections.abc import Mapping, Sequence
from typing import Any, TypeAlias

import grpc.aio

from services.incentive import views
from services.incentive.budget import api as budget_api
from services.incentive.case import api as case_api
from services.incentive.decider import Said
from services.kernel import review_views
from services.kernel.decision import Recorded
from services.runtime import review_list
from services.runtime.explaining import Explaining
from services.runtime.ledger import Ledger
from services.runtime.names import Pattern
from services.runtime.reads import Asked, Collection, Reads
from zoneledger.incentive.v1 import service_pb2 as messages
from zoneledger.incentive.v1.review_commands_pb2 import CloseEntitlementReview
from zoneledger.incentive.v1.service_pb2_grpc import (
    IncentiveServiceServicer,
    add_IncentiveServiceServicer_to_server,
)

Context: TypeAlias = grpc.aio.ServicerContext[Any, Any]


def _entitlements(
    entries: Sequence[Recorded], asked: Asked
) -> Sequence[messages.EntitlementStanding]:
    return views.entitlements(entries, asked.round, asked.policies, asked.as_of)


def _is_about(event: Any, ids: Mapping[str, str]) -> bool:
    """Whether an event settles the entitlement with these ids."""
    if not isinstance(event, Said):
        return False  # A revision, an item to review, a case and a pool are told by themselves.
    return views.settles(event) == (int(ids["round"]), ids["instrument"])


ENTITLEMENTS = Collection(
    Pattern("units/{unit}/entitlements/{round}.{instrument}"),
    "entitlements",
    "entitlement",
    _entitlements,
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


class IncentiveApi(IncentiveServiceServicer):
    """Answers for one ledger."""

    def __init__(self, ledger: Ledger) -> None:
        self._ledger = ledger
        self._reads, self._explaining = Reads(ledger), Explaining(ledger)

    async def GetEntitlement(
        self, request: messages.GetEntitlementRequest, context: Context
    ) -> messages.GetEntitlementResponse:
        return await self._reads.get(ENTITLEMENTS, request, messages.GetEntitlementResponse)

    async def BatchGetEntitlements(
        self, request: messages.BatchGetEntitlementsRequest, context: Context
    ) -> messages.BatchGetEntitlementsResponse:
        return await self._reads.batch_get(
            ENTITLEMENTS, request, messages.BatchGetEntitlementsResponse
        )

    async def ListEntitlements(
        self, request: messages.ListEntitlementsRequest, context: Context
    ) -> messages.ListEntitlementsResponse:
        return await self._reads.list_page(ENTITLEMENTS, request, messages.ListEntitlementsResponse)

    async def ExplainEntitlement(
        self, request: messages.ExplainEntitlementRequest, context: Context
    ) -> messages.ExplainEntitlementResponse:
        return await self._explaining.explain(
            ENTITLEMENTS, request, messages.ExplainEntitlementResponse
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
            lambda closing: CloseEntitlementReview(closing=closing),
        )
        return messages.CloseReviewItemResponse(outcome=outcome)


def serve(server: grpc.aio.Server, ledger: Ledger) -> None:
    """Answer on `server`."""
    add_IncentiveServiceServicer_to_server(IncentiveApi(ledger), server)
    budget_api.serve(server, ledger)
    case_api.serve(server, ledger)

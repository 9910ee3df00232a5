"""On which day each event of a pool happened, as an ISO 8601 date."""

from collections.abc import Mapping
from typing import Any

from google.protobuf.message import Message

from zoneledger.incentive.v1 import budget_events_pb2 as events

DAYS: Mapping[type[Message], str] = {
    events.PoolOpened: "opened_on",
    events.PoolAppropriated: "appropriated_on",
    events.AppropriationAmended: "amended_on",
    events.ProjectPutForward: "put_forward_on",
    events.ProjectCorrected: "corrected_on",
    events.ProjectWithdrawn: "withdrawn_on",
    events.AllocationProposed: "proposed_on",
    events.BudgetAllocated: "decided_on",
    events.AllocationLineReserved: "decided_on",
    events.AllocationLineGranted: "granted_on",
    events.AllocationLinePaid: "paid_on",
    events.AllocationLineReturned: "returned_on",
    events.AllocationLineReleased: "released_on",
    events.BlockSplit: "split_on",
    events.PoolBalanceMoved: "moved_on",
}


def occurred_on(event: Any) -> str:
    return str(getattr(event, DAYS[type(event)]))

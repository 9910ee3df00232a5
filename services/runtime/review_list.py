"""The review list of a service over gRPC: what closes an item, read and looked up in one place.

An authority closes what it decides on; whoever is none, such as the operator, enters what one of
them decided. An item that the caller may not see is none that it could close, and what it may not
see of an item does not hinder it: so no refusal tells what is hidden.
"""

from collections.abc import Callable
from typing import Any

from google.protobuf.message import Message

from services.kernel import review
from services.kernel.errors import Fault
from services.kernel.policy_terms import Authority
from services.kernel.reasons import Why
from services.kernel.timeline import Question
from services.runtime import calling, clock, fields
from services.runtime.ledger import Ledger
from services.runtime.names import Pattern
from services.runtime.reads import Asked, Collection, Reads
from services.runtime.submission import submission
from zoneledger.ledger.v1.outcome_pb2 import BatchOutcome
from zoneledger.ledger.v1.review_pb2 import ReviewClosing, ReviewOutcome

PATTERN = Pattern("units/{unit}/reviewItems/{round}.{instrument}.{number}")
_CLOSING: fields.Table = {
    "unit_id": fields.identifier,
    "round": fields.year,
    "instrument": fields.text,
    "outcome": fields.one_of(ReviewOutcome),
    "closed_by": fields.text,
    "document": fields.text,
    "note": fields.optional_text,
}


async def close(
    ledger: Ledger,
    items: Collection,
    request: Any,
    command: Callable[[ReviewClosing], Message],
) -> BatchOutcome:
    """Close the item that the request names, by this command of the service."""
    closing = _entered(request.closing)
    day: fields.Table = {"closed_on": fields.day_by(clock.today())}
    faults = fields.faults([closing], _CLOSING, day) or await _faults(ledger, items, closing)
    viewer = calling.viewer()
    expected = await Reads(ledger).expected(items, review.name(closing), request.etag, viewer)
    asked = submission("closing", [command(closing)], faults, request, expected)
    return await ledger.submit(asked)


def _entered(said: ReviewClosing) -> ReviewClosing:
    """What was said, with who says it."""
    closing = ReviewClosing()
    closing.CopyFrom(said)
    closing.entered_by = calling.viewer().agency
    return closing


async def _faults(ledger: Ledger, items: Collection, closing: ReviewClosing) -> list[Fault]:
    agency, by = calling.viewer().agency, closing.closed_by
    if agency in tuple(Authority) and agency != by:
        return [Fault(0, "closed_by", Why.REVIEW_FOR_ANOTHER(agency=agency, asked=by))]
    name, question = review.name(closing), Question(closing.unit_id)
    asked = Asked(0, "", ledger.adopted)
    telling = ledger.tell(question, calling.viewer(), await ledger.catch_up())
    async for _, entries in telling:
        if any(each.name == name for each in items.view(entries, asked)):
            return []
    return [Fault(0, "number", review.unknown(closing))]

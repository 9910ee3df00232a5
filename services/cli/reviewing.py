"""What the commands on the review list send and show: the items of incentive and financing.

Whoever may ask one of the two services only is shown what that one has, with a note.
"""

import re
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, NamedTuple

import grpc

from services.cli import explanations, output, refusals
from services.cli.client import Clients
from services.cli.lists import Columns, Filter, show
from services.cli.records import Record
from services.cli.walking import every
from services.kernel.chinese import (
    AUTHORITIES,
    INSTRUMENTS,
    REVIEW_CAUSES,
    REVIEW_KINDS,
    REVIEW_OUTCOMES,
    REVIEW_STATES,
    both,
    english,
)
from services.kernel.errors import Malformed, Violation
from services.kernel.policy_terms import Instrument
from services.kernel.words import number, word
from zoneledger.financing.v1 import service_pb2 as financing
from zoneledger.incentive.v1 import service_pb2 as incentive
from zoneledger.ledger.v1.outcome_pb2 import BatchOutcome
from zoneledger.ledger.v1.review_pb2 import (
    ReviewCause,
    ReviewClosing,
    ReviewKind,
    ReviewOutcome,
    ReviewState,
)

_ITEM = re.compile(r"units/([a-z0-9-]+)/reviewItems/(\d{4})\.([a-z_]+)\.(\d{1,4})")
_OPTIONS = {"closed_by": "--by", "closed_on": "--on"}
_OF_THE_NAME = ("unit_id", "round", "instrument", "number")


class Wanted(NamedTuple):
    """Which items are asked for."""

    asked: Filter
    authority: str
    only_open: bool


class Wish(NamedTuple):
    """A decision on an item as it was written."""

    name: str
    outcome: str
    by: str
    on: str
    document: str
    note: str


def list_items(clients: Clients, wanted: Wanted, *, as_json: bool) -> None:
    authority = english(wanted.authority, AUTHORITIES)
    found = [
        each
        for each in _fetch(clients, wanted.asked)
        if authority in ("", each["authority"])
        and (not wanted.only_open or each["state"] == "open")
    ]
    show("Review list 复核清单", _ITEMS, found, as_json)


def close(clients: Clients, wish: Wish) -> BatchOutcome:
    """Close the item as it stands now."""
    name = explanations.named(clients, wish.name)
    parts = _ITEM.fullmatch(name)
    if parts is None:
        raise Malformed(
            Violation("ID", "write it as the list does: units/UNIT/reviewItems/ROUND.INSTRUMENT.N")
        )
    outcome = number(ReviewOutcome, english(wish.outcome, REVIEW_OUTCOMES))
    if not outcome:
        known = ", ".join(both(each, REVIEW_OUTCOMES) for each in REVIEW_OUTCOMES)
        raise Malformed(Violation("--outcome", f"{wish.outcome!r} is none of {known}"))
    closing = ReviewClosing(
        unit_id=parts[1],
        round=int(parts[2]),
        instrument=parts[3],
        number=int(parts[4]),
        outcome=outcome,  # type: ignore[arg-type]  # any int
        closed_by=english(wish.by, AUTHORITIES),
        closed_on=wish.on,
        document=wish.document,
        note=wish.note,
    )
    of = _of(clients, closing.instrument)
    with _by_option():
        item = of.stub.GetReviewItem(of.messages.GetReviewItemRequest(name=name)).review_item
        request = of.messages.CloseReviewItemRequest(closing=closing, etag=item.etag)
        answer: BatchOutcome = of.stub.CloseReviewItem(request).outcome
        return answer


class _Of(NamedTuple):
    """The service that has an item."""

    stub: Any
    messages: Any


def _of(clients: Clients, instrument: str) -> _Of:
    if instrument == Instrument.CREDIT_TILT:
        return _Of(clients.financing, financing)
    return _Of(clients.incentive, incentive)


def _fetch(clients: Clients, asked: Filter) -> list[Record]:
    """The items of both services; of one where the other may not be asked."""
    found: list[Record] = []
    refused: list[grpc.RpcError] = []
    for name, of in (
        ("incentive", _Of(clients.incentive, incentive)),
        ("financing", _Of(clients.financing, financing)),
    ):
        request = of.messages.ListReviewItemsRequest(round=asked.round, **asked.fields())
        try:
            found += map(_record, every(of.stub.ListReviewItems, request, "review_items"))
        except grpc.RpcError as error:
            if error.code() is not grpc.StatusCode.PERMISSION_DENIED or refused:
                raise
            refused.append(error)
            output.complain(f"note: without what {name} has: {refusals.told(error)}")
    return sorted(found, key=lambda each: (each["unit_id"], each["round"]))


def _record(standing: Any) -> Record:
    item, closing = standing.item, standing.closing
    return {
        "name": standing.name,
        "unit_id": item.unit_id,
        "round": item.round,
        "instrument": item.instrument,
        "kind": word(ReviewKind, item.kind),
        "state": word(ReviewState, standing.state),
        "from_on": item.from_on,
        "ended_on": item.ended_on,
        "cause": word(ReviewCause, item.cause),
        "reason": item.reason,
        "authority": item.authority,
        "about": standing.about,
        "policy_id": item.policy.policy_id,
        "clause": item.clause_id,
        "clause_quote": standing.clause_quote,
        "opened_on": item.opened_on,
        "lapsed_on": standing.lapsed_on or None,
        "lapse_reason": standing.lapse_reason or None,
        "outcome": word(ReviewOutcome, closing.outcome) or None,
        "closed_by": closing.closed_by or None,
        "closed_on": closing.closed_on or None,
        "document": closing.document or None,
        "note": closing.note or None,
        "entered_by": closing.entered_by or None,
        "opened_by_decision_id": standing.opened_by_decision_id,
        "recorded_at": standing.recorded_at.ToJsonString(),
        "decision_id": standing.decision_id,
    }


@contextmanager
def _by_option() -> Iterator[None]:
    """Tell what is wrong under the names of the options that were written."""
    try:
        yield
    except grpc.RpcError as error:
        if faults := refusals.violations(error):
            raise Malformed(*map(_renamed, faults)) from error
        raise


def _renamed(fault: Violation) -> Violation:
    field = fault.field.rpartition(".")[2]
    if field in _OF_THE_NAME:
        return Violation("ID", fault.what)
    return Violation(_OPTIONS.get(field, f"--{field.replace('_', '-')}"), fault.what)


def _became(record: Record) -> str:
    if record["outcome"]:
        outcome = both(record["outcome"], REVIEW_OUTCOMES)
        return f"{outcome}, {record['closed_on']}, {record['document']}"
    return record["lapse_reason"] or ""


_ITEMS: Columns = (
    ("item 事项", lambda r: r["name"]),
    ("benefit 激励", lambda r: both(r["instrument"], INSTRUMENTS)),
    ("what 情形", lambda r: both(r["kind"], REVIEW_KINDS)),
    ("from 起", lambda r: r["from_on"]),
    ("before 止（不含）", lambda r: r["ended_on"]),
    ("because 原因", lambda r: f"{both(r['cause'], REVIEW_CAUSES)}: {r['reason']}"),
    ("decides 决定机关", lambda r: both(r["authority"], AUTHORITIES)),
    ("state 状态", lambda r: both(r["state"], REVIEW_STATES)),
    ("outcome 结果", _became),
)

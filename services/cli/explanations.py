"""Why something stands, as a chain of sentences, and what happens while one looks on."""

import json
from collections.abc import Iterator, Sequence
from typing import Any, NamedTuple

import grpc

from services.cli import naming, output, refusals
from services.cli.client import Clients
from services.cli.records import Record, readable
from services.kernel.errors import Malformed, Violation
from services.kernel.policy_terms import Instrument
from zoneledger.evaluation.v1.plan_service_pb2 import ExplainPlanRequest
from zoneledger.evaluation.v1.service_pb2 import ExplainRatingRequest
from zoneledger.financing.v1 import service_pb2 as financing
from zoneledger.incentive.v1 import budget_service_pb2 as budget
from zoneledger.incentive.v1 import service_pb2 as incentive
from zoneledger.incentive.v1.case_service_pb2 import ExplainCaseRequest
from zoneledger.ledger.v1.event_service_pb2 import (
    CloudEvent,
    WatchEventsRequest,
    WatchEventsResponse,
)

_KINDS = {
    "ratings": ("evaluation", "ExplainRating", ExplainRatingRequest),
    "plans": ("plans", "ExplainPlan", ExplainPlanRequest),
    "entitlements": ("incentive", "ExplainEntitlement", incentive.ExplainEntitlementRequest),
    "pools": ("budget", "ExplainPool", budget.ExplainPoolRequest),
    "projects": ("budget", "ExplainProject", budget.ExplainProjectRequest),
    "allocationLines": ("budget", "ExplainAllocationLine", budget.ExplainAllocationLineRequest),
    "cases": ("cases", "ExplainCase", ExplainCaseRequest),
    "creditTilts": ("financing", "ExplainCreditTilt", financing.ExplainCreditTiltRequest),
}
# Of review items the instrument tells whose they are.
_REVIEWS = {
    True: ("financing", "ExplainReviewItem", financing.ExplainReviewItemRequest),
    False: ("incentive", "ExplainReviewItem", incentive.ExplainReviewItemRequest),
}


class Asked(NamedTuple):
    """What is to be explained, and by which clocks."""

    name: str
    as_of: str
    known_at: Any


class Watched(NamedTuple):
    """What is to be watched; empty is everything."""

    service: str
    after: int
    types: Sequence[str]
    units: Sequence[str]


def named(clients: Clients, name: str) -> str:
    """The name of a resource with the id of its unit, which may be called by a name or an alias."""
    parts = name.split("/")
    if parts[0] != "units" or len(parts) < 4:
        return name
    round_ = int(parts[3]) if parts[2] == "ratings" and parts[3].isdecimal() else 0
    parts[1] = naming.unit_id(clients, "NAME", parts[1], round_)
    return "/".join(parts)


def explain(clients: Clients, asked: Asked, *, as_json: bool) -> None:
    """Print what happened to a resource, the newest first, each with what it follows from."""
    parts = asked.name.split("/")
    collection = parts[-2] if len(parts) > 3 else parts[0]
    if collection not in (*_KINDS, "reviewItems"):
        forms = (
            "units/UNIT/ratings/ROUND, .../entitlements/ROUND.INSTRUMENT, .../creditTilts/ROUND,"
            " .../plans/PLAN, .../cases/ROUND.INSTRUMENT.CASE,"
            " .../reviewItems/ROUND.INSTRUMENT.NUMBER,"
            " .../projects/YEAR.LINE.PROJECT, .../allocationLines/YEAR.LINE.PROJECT,"
            " pools/YEAR.LINE"
        )
        raise Malformed(Violation("NAME", f"{asked.name!r} cannot be explained: write {forms}"))
    is_of_credit = f".{Instrument.CREDIT_TILT}." in asked.name
    service, method, request_type = _KINDS.get(collection) or _REVIEWS[is_of_credit]
    request = request_type(name=asked.name, as_of=asked.as_of, known_at=asked.known_at)
    answer = getattr(getattr(clients, service), method)(request)
    steps = [_step(each) for each in answer.explanation.steps]
    if as_json:
        output.print_json_array(steps)
    else:
        for step in steps:
            _print_step(step)
    if collection == "ratings":
        _remind(clients, asked.name)
    for missing in answer.explanation.unreachable:
        output.complain(f"note: the log of {missing} cannot be read now; the chain ends there")


def _remind(clients: Clients, name: str) -> None:
    """Say of a rating that a bonus in it rests on what its circular says no more."""
    from services.cli.rounds import bases

    _, unit_id, _, round_ = name.split("/")
    if round_.isdecimal():
        for each in bases.asked(clients, int(round_), unit_id):
            head = refusals.chosen("note: to review, bonus ", "提示：待复核，加分")
            why = refusals.chosen(each.why.en, each.why.zh)
            output.complain(f"{head}{each.bonus_id} ({each.circular_id}): {why}")


def watch(clients: Clients, watched: Watched, *, as_json: bool) -> None:
    """Print each event, one a line, until interrupted; a cut connection is taken up again."""
    position = watched.after
    for response in _watched(clients, watched):
        for event in response.events:
            if as_json:
                print(json.dumps(_event(event), ensure_ascii=False), flush=True)
            else:
                print(_line(event), flush=True)
        position = response.position
    if not as_json:
        output.complain(f"watched up to position {position}")


def _watched(clients: Clients, watched: Watched) -> Iterator[WatchEventsResponse]:
    request = WatchEventsRequest(
        service=watched.service,
        after_position=watched.after,
        types=watched.types,
        units=[f"units/{unit}" for unit in watched.units],
    )
    while True:
        try:
            for response in clients.events[watched.service].WatchEvents(
                request, wait_for_ready=True
            ):
                yield response
                request.after_position = response.position
        except grpc.RpcError as cut:
            if cut.code() is not grpc.StatusCode.UNAVAILABLE:
                raise


def _step(step: Any) -> Record:
    return {
        "service": step.service,
        "position": step.position,
        "event_type": step.event_type,
        "sentence_zh": step.sentence_zh,
        "sentence_en": step.sentence_en,
        "effective_on": step.effective_on or None,
        "policy_id": step.policy.policy_id or None,
        "clause": step.clause_id or None,
        "clause_quote": step.clause_quote or None,
        "actor": step.actor,
        "recorded_at": step.recorded_at.ToJsonString(),
        "decision_id": step.decision_id,
    }


def _print_step(step: Record) -> None:
    console = output.console()
    told = [step["sentence_zh"], step["sentence_en"]]
    if step["clause"]:
        where = " ".join(filter(None, (step["policy_id"], step["clause"])))
        told.append(f"{where}: “{step['clause_quote']}”")
    told.append(
        f"{step['service']} {step['position']}, {step['event_type']}, by {step['actor']},"
        f" recorded {step['recorded_at']}, decision {step['decision_id']}"
    )
    console.print("- " + "\n  ".join(told), markup=False, soft_wrap=True)


def _event(event: CloudEvent) -> Record:
    told = {name: _said(value) for name, value in event.attributes.items()}
    data = readable(event.proto_data)
    data.pop("@type", None)
    return {"id": event.id, "type": event.type, "source": event.source, **told, "data": data}


def _said(value: CloudEvent.CloudEventAttributeValue) -> str:
    if value.HasField("ce_timestamp"):
        return value.ce_timestamp.ToJsonString()
    return value.ce_string


def _line(event: CloudEvent) -> str:
    said = event.attributes
    return (
        f"{said['recordedtime'].ce_timestamp.ToJsonString()}  {said['position'].ce_string:>6}"
        f"  {event.type:<40}  {said['subject'].ce_string}"
    )

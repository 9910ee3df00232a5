"""The circulars of commendation: what each says, and whether it stands. All of it is public."""

from collections.abc import Sequence

from services.evaluation.circular.decider import Event
from services.kernel.decision import Recorded, moment
from zoneledger.evaluation.v1.circular_events_pb2 import (
    CircularAmended,
    CircularRecorded,
    CircularWithdrawn,
)
from zoneledger.evaluation.v1.circular_service_pb2 import CircularStanding
from zoneledger.ledger.v1.visibility_pb2 import Visibility

# The subject under which the circulars stand; no unit can be named so.
CIRCULARS = "circulars of commendation"


def subject(event: Event) -> str:
    return CIRCULARS


def effective_on(event: Event) -> str:
    match event:
        case CircularWithdrawn():
            return event.withdrawn_on
        case _:
            return event.circular.issued_on


def visibility(event: Event) -> int:
    return Visibility.VISIBILITY_PUBLIC


def circulars(entries: Sequence[Recorded]) -> list[CircularStanding]:
    """The circulars in the order of their recording."""
    standing: dict[str, CircularStanding] = {}
    for event, recorded_ns, decision_id, _ in entries:
        match event:
            case CircularRecorded() | CircularAmended():
                circular, withdrawn = event.circular, None
            case CircularWithdrawn() if event.circular_id in standing:
                circular, withdrawn = standing[event.circular_id].circular, event
            case _:
                continue
        standing[circular.circular_id] = CircularStanding(
            name=f"circulars/{circular.circular_id}",
            circular=circular,
            withdrawn=withdrawn,
            recorded_at=moment(recorded_ns),
            decision_id=decision_id,
        )
    return [*standing.values()]

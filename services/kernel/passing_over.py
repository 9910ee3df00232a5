"""Passing over an event of another service that nothing can follow from.

A stream that waits for such an event would wait for ever. Somebody answers for passing over it,
with a reason and a document, and the audit knows that nothing had to follow from it.
"""

from services.kernel.decider import Decider
from services.kernel.errors import CorruptHistory
from zoneledger.ledger.v1.parked_pb2 import EventPassedOver, PassOverEvent

CATEGORY = "passed"


def stream_of(source: str, stream: str) -> str:
    """Where it is recorded which events of a source's stream were passed over."""
    return f"{CATEGORY}-{source}-{stream}"


def decide(command: PassOverEvent, state: frozenset[int]) -> list[EventPassedOver]:
    if command.version in state:
        return []
    return [
        EventPassedOver(
            source=command.source,
            stream=command.stream,
            version=command.version,
            event_id=command.event_id,
            reason=command.reason,
            document=command.document,
        )
    ]


def evolve(state: frozenset[int], event: EventPassedOver) -> frozenset[int]:
    if event.version in state:
        raise CorruptHistory(f"{event.event_id} was passed over twice")
    return state | {event.version}


def _stream(command: PassOverEvent) -> str:
    return stream_of(command.source, command.stream)


PASSING_OVER = Decider(
    category=CATEGORY,
    commands=(PassOverEvent,),
    events=(EventPassedOver,),
    initial=frozenset(),
    stream=_stream,
    decide=decide,
    evolve=evolve,
)

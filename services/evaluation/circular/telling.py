"""What happens to circulars of commendation, as sentences for people."""

from services.evaluation.circular.decider import Event
from services.kernel.chinese import Sentence
from zoneledger.evaluation.v1.circular_events_pb2 import (
    Circular,
    CircularAmended,
    CircularRecorded,
    CircularWithdrawn,
)


def tell(event: Event) -> Sentence:
    match event:
        case CircularWithdrawn():
            return Sentence(
                f"{event.withdrawn_on}，{event.document}撤回督查激励通报{event.circular_id}："
                f"{event.reason}",
                f"On {event.withdrawn_on} {event.document} withdrew the circular"
                f" {event.circular_id}: {event.reason}",
            )
        case CircularAmended():
            return Sentence(
                f"{_said_zh(event.circular)}更正登记",
                f"In the register of circulars: the entry of {_said_en(event.circular)} was brought"
                " up to date",
            )
        case CircularRecorded():
            return Sentence(
                f"{_said_zh(event.circular)}登记",
                f"In the register of circulars: {_said_en(event.circular)} was recorded",
            )


def _said_zh(circular: Circular) -> str:
    return (
        f"通报{circular.performance_year}年度工作的督查激励通报{circular.number}"
        f"（{circular.issued_on}）"
    )


def _said_en(circular: Circular) -> str:
    return (
        f"the circular {circular.number} of {circular.issued_on} on the year"
        f" {circular.performance_year}"
    )

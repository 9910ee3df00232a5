"""What happens to circulars of commendation, as sentences for people."""

from services.evaluation.circular.decider import Event
from services.kernel.chinese import Sentence
from zoneledger.evaluation.v1.circular_events_pb2 import CircularWithdrawn


def tell(event: Event) -> Sentence:
    match event:
        case CircularWithdrawn():
            return Sentence(
                f"{event.withdrawn_on}，{event.document}撤回督查激励通报{event.circular_id}："
                f"{event.reason}",
                f"On {event.withdrawn_on} {event.document} withdrew the circular"
                f" {event.circular_id}: {event.reason}",
            )
        case _:
            circular = event.circular
            return Sentence(
                f"督查激励通报{circular.number}（{circular.issued_on}）登记或更新，"
                f"通报{circular.performance_year}年度工作",
                f"The circular {circular.number} of {circular.issued_on} on the year"
                f" {circular.performance_year} was recorded, or its entry was brought up to date",
            )

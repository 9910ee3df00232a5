"""The supplements as their stream tells them, and what is said of them beside."""

from collections.abc import Sequence

from services.evaluation.supplements.decider import SUPPLEMENTS
from services.kernel.aspects import Aspects
from services.kernel.chinese import Sentence
from services.kernel.decision import Recorded, moment
from services.kernel.supplement import Supplements
from services.kernel.viewer import as_it_is
from zoneledger.evaluation.v1.service_pb2 import SupplementStanding
from zoneledger.evaluation.v1.supplement_events_pb2 import SupplementAdopted
from zoneledger.ledger.v1.visibility_pb2 import Visibility

# The subject under which they stand; no unit can be named so.
ADOPTED = "supplements adopted"


def supplements(entries: Sequence[Recorded]) -> list[SupplementStanding]:
    """The supplements in the order of their adoption."""
    return [
        SupplementStanding(
            name=f"supplements/{event.supplement_id}",
            supplement=event,
            recorded_at=moment(recorded_ns),
            decision_id=decision_id,
        )
        for event, recorded_ns, decision_id, _ in entries
        if isinstance(event, SupplementAdopted)
    ]


def adopted(entries: Sequence[Recorded]) -> Supplements:
    """What they say together."""
    state = Supplements.none()
    for entry in entries:
        state = SUPPLEMENTS.evolve(state, entry.event)
    return state


def _tell(event: SupplementAdopted) -> Sentence:
    return Sentence(
        f"{event.policy.policy_id}的补充说明{event.supplement_id}载入账本",
        f"The supplement {event.supplement_id} to {event.policy.policy_id} was adopted",
    )


SAID = Aspects(
    subject=lambda event: ADOPTED,
    effective_on=lambda event: "",  # What it says has days of its own.
    occurred_on=lambda event: "",
    visibility=lambda event: Visibility.VISIBILITY_PUBLIC,
    veiled=as_it_is,
    tell=_tell,
)

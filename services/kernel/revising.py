"""A revision that leaves a decision behind, also where everything stays as it was.

Every reader is told positions of the log and can count decisions by them. If a correction of a
hidden rating led to a decision only where the grade became another one, its place would tell that.
So a command that says `is_recorded` ends with an event of its own. The same command again, with
nothing in between, changes nothing. Commands recorded before do not say so, and lead to what they
led to.
"""

from collections.abc import Sequence
from dataclasses import replace
from typing import Any, NamedTuple

from google.protobuf.message import Message

from services.kernel.aspects import Aspects
from services.kernel.chinese import Sentence
from services.kernel.decider import Decider
from services.kernel.support import seen
from services.kernel.viewer import as_it_is
from zoneledger.ledger.v1.revision_pb2 import SettlementRevised


class Revised(NamedTuple):
    """The state that is revised, and the last revision, while nothing has happened since."""

    state: Any
    last: SettlementRevised | None


def always_told(decider: Decider) -> Decider:
    """The decider of what a rating earns; a revision is told, whatever comes of it."""

    def decide(command: Any, state: Revised) -> Sequence[Message]:
        events = decider.decide(command, state.state)
        if not getattr(command, "is_recorded", False):
            return events
        revised = _revised(command)
        return [] if not events and state.last == revised else [*events, revised]

    def evolve(state: Revised, event: Message) -> Revised:
        if isinstance(event, SettlementRevised):
            return state._replace(last=event)
        return Revised(decider.evolve(state.state, event), None)

    return replace(
        decider,
        events=(*decider.events, SettlementRevised),
        initial=Revised(decider.initial, None),
        decide=decide,
        evolve=evolve,
    )


def _revised(command: Any) -> SettlementRevised:
    return SettlementRevised(
        unit_id=command.unit_id,
        round=command.round,
        grade=command.grade,
        effective_on=command.effective_on,
        ended_on=command.ended_on,
        reason=command.reason,
        policy=command.policy,
        visibility=command.visibility,
    )


def _tell(event: SettlementRevised) -> Sentence:
    return Sentence(
        f"自{event.effective_on}起，{event.unit_id}{event.round}年度评估结果带来的支持重新核定",
        f"From {event.effective_on} on, what {event.unit_id} has by its rating for {event.round}"
        " was settled anew",
    )


SAID = Aspects(
    subject=lambda event: event.unit_id,
    effective_on=lambda event: event.effective_on,
    occurred_on=lambda event: event.effective_on,
    visibility=lambda event: seen(event.round, event.visibility),
    veiled=as_it_is,
    tell=_tell,
)

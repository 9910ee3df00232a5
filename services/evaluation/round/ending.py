"""How a round ends: closed when its results are published, or given up before.

A round that cannot come to its results, as its rules turned out wrong after data came in, is given
up by a document. Nothing follows in it; its year is rated by a notice, and is not opened again.
"""

from google.protobuf.message import Message

from services.evaluation.round.state import (
    Abandoned,
    Open,
    Running,
    must_be_unpublished,
    must_not_be_closed,
    must_not_precede,
)
from services.kernel.errors import Rejected
from services.kernel.reasons import Why
from zoneledger.evaluation.v1.round_commands_pb2 import AbandonRound, CloseRound
from zoneledger.evaluation.v1.round_events_pb2 import RoundAbandoned, RoundClosed


def close(command: CloseRound, state: Running) -> list[RoundClosed]:
    if state.closed_on == command.closed_on:
        return []
    must_not_be_closed(state)
    if state.published is None:
        raise Rejected(Why.ROUND_NOT_PUBLISHED(round=state.round), field="round")
    must_not_precede("closed_on", command.closed_on, state.published.published_on)
    return [RoundClosed(round=command.round, closed_on=command.closed_on)]


def abandon(command: AbandonRound, state: Open | Running) -> list[RoundAbandoned]:
    since = state.opened.opened_on
    if isinstance(state, Running):
        must_be_unpublished(state)
        proposed_on = state.proposed.proposed_on if state.proposed else ""
        since = max(state.frozen.frozen_on, state.collected_on, proposed_on)
    must_not_precede("abandoned_on", command.abandoned_on, since)
    return [_abandoned(command)]


def decide_abandoned(command: Message, state: Abandoned) -> list[RoundAbandoned]:
    """Nothing happens in the round any more."""
    if isinstance(command, AbandonRound) and _abandoned(command) == state.abandoned:
        return []
    why = Why.ROUND_ABANDONED(
        round=state.abandoned.round,
        abandoned_on=state.abandoned.abandoned_on,
        document=state.abandoned.document,
    )
    raise Rejected(why, field="round")


def _abandoned(command: AbandonRound) -> RoundAbandoned:
    return RoundAbandoned(
        round=command.round,
        document=command.document,
        reason=command.reason,
        abandoned_on=command.abandoned_on,
    )

"""A circular of the State Council that commends places (国务院办公厅督查激励通报).

It is recorded once and its entry may be amended; it may be withdrawn, and then nothing rests on it
any more. The register is wider than the programme: a commended place need not be a unit.
"""

from typing import NamedTuple, TypeAlias

from services.kernel.decider import Decider
from services.kernel.errors import CorruptHistory, Rejected
from services.kernel.reasons import Why
from zoneledger.evaluation.v1.circular_commands_pb2 import RecordCircular, WithdrawCircular
from zoneledger.evaluation.v1.circular_events_pb2 import (
    Circular,
    CircularAmended,
    CircularRecorded,
    CircularWithdrawn,
)

Command: TypeAlias = RecordCircular | WithdrawCircular
Event: TypeAlias = CircularRecorded | CircularAmended | CircularWithdrawn


class Unknown(NamedTuple):
    """Nobody has recorded it."""


class Standing(NamedTuple):
    """What it says."""

    circular: Circular


class Withdrawn(NamedTuple):
    """It was taken back."""

    circular: Circular
    withdrawal: CircularWithdrawn


State: TypeAlias = Unknown | Standing | Withdrawn


def decide(command: Command, state: State) -> list[Event]:
    match command:
        case RecordCircular():
            return _record(command.circular, state)
        case WithdrawCircular():
            return _withdraw(command, state)


def evolve(state: State, event: Event) -> State:
    match state, event:
        case Unknown(), CircularRecorded():
            return Standing(event.circular)
        case Standing(), CircularAmended():
            return Standing(event.circular)
        case Standing(circular), CircularWithdrawn():
            return Withdrawn(circular, event)
        case _:
            raise CorruptHistory(f"{event.DESCRIPTOR.name} cannot follow {type(state).__name__}")


def _record(circular: Circular, state: State) -> list[Event]:
    match state:
        case Unknown():
            return [CircularRecorded(circular=circular)]
        case Standing():
            return _amend(circular, state)
        case Withdrawn():
            return _record_again(circular, state)


def _amend(circular: Circular, state: Standing) -> list[Event]:
    if circular == state.circular:
        return []
    return [CircularAmended(circular=circular, former=state.circular)]


def _record_again(circular: Circular, state: Withdrawn) -> list[Event]:
    if circular == state.circular:
        return []
    raise Rejected(_gone(state), field="circular_id")


def _withdraw(command: WithdrawCircular, state: State) -> list[Event]:
    match state:
        case Unknown():
            raise Rejected(Why.CIRCULAR_UNKNOWN(circular=command.circular_id), field="circular_id")
        case Standing():
            return _withdraw_standing(command, state.circular)
        case Withdrawn():
            return _withdraw_again(command, state)


def _withdraw_standing(command: WithdrawCircular, circular: Circular) -> list[Event]:
    if command.withdrawn_on < circular.issued_on:
        why = Why.BEFORE_ITS_TIME(day=command.withdrawn_on, since=circular.issued_on)
        raise Rejected(why, field="withdrawn_on")
    return [_withdrawn(command)]


def _withdraw_again(command: WithdrawCircular, state: Withdrawn) -> list[Event]:
    if _withdrawn(command) == state.withdrawal:
        return []
    raise Rejected(_gone(state), field="circular_id")


def _gone(state: Withdrawn) -> str:
    return Why.CIRCULAR_WITHDRAWN(
        circular=state.circular.circular_id,
        document=state.withdrawal.document,
        withdrawn_on=state.withdrawal.withdrawn_on,
    )


def _withdrawn(command: WithdrawCircular) -> CircularWithdrawn:
    return CircularWithdrawn(
        circular_id=command.circular_id,
        withdrawn_on=command.withdrawn_on,
        document=command.document,
        reason=command.reason,
    )


def _stream(command: Command) -> str:
    match command:
        case RecordCircular():
            return f"circular-{command.circular.circular_id}"
        case WithdrawCircular():
            return f"circular-{command.circular_id}"


CIRCULAR = Decider(
    category="circular",
    commands=(RecordCircular, WithdrawCircular),
    events=(CircularRecorded, CircularAmended, CircularWithdrawn),
    initial=Unknown(),
    stream=_stream,
    decide=decide,
    evolve=evolve,
)

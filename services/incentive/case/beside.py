"""The benefit cases beside the entitlements that they hang on, in one stream.

So none is granted on an entitlement that is withdrawn at that moment, and what hangs on one that
ends follows in the same decision. What is decided of the entitlements is not changed by it.
"""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any, NamedTuple, get_args

from google.protobuf.message import Message

from services.incentive.case import deciding, said
from services.incentive.case.following import follow
from services.incentive.case.state import Case, Right
from services.incentive.decider import Granted, Withdrawn
from services.kernel.decider import Decider, fold
from zoneledger.incentive.v1.events_pb2 import Entitlement, Withdrawal
from zoneledger.ledger.v1.decision_pb2 import PolicyReference


class Beside(NamedTuple):
    """What stands of the entitlements, as their decider has it; everything that ever stood, with
    its days, by instrument; and the cases, by instrument and case.
    """

    entitlements: Any
    rights: Mapping[str, Right] = {}
    cases: Mapping[tuple[str, str], Case] = {}


def with_cases(decider: Decider) -> Decider:
    """The decider of entitlements, with the cases under them."""

    def decide(command: Any, state: Beside) -> Sequence[Message]:
        if isinstance(command, said.Command):
            return _decided(command, state)
        settled = decider.decide(command, state.entitlements)
        return [*settled, *_followed(fold(whole, settled, state))]

    def evolve(state: Beside, event: Message) -> Beside:
        if isinstance(event, said.Event):
            return _with_case(state, event)
        settled = _with_right(state, event)
        return settled._replace(entitlements=decider.evolve(state.entitlements, event))

    def stream(command: Any) -> str:
        return decider.stream(command.step if isinstance(command, said.Command) else command)

    def policy(command: Any) -> PolicyReference | None:
        return None if isinstance(command, said.Command) else decider.policy(command)

    whole = replace(
        decider,
        commands=(*decider.commands, *get_args(said.Command)),
        events=(*decider.events, *said.EVENTS),
        initial=Beside(decider.initial),
        stream=stream,
        decide=decide,
        evolve=evolve,
        policy=policy,
    )
    return whole


def _decided(command: said.Command, state: Beside) -> Sequence[Message]:
    instrument = command.step.instrument
    case = state.cases.get((instrument, command.step.case_id))
    return deciding.decide(command, case, state.rights.get(instrument))


def _followed(state: Beside) -> list[said.Following]:
    """What becomes of the cases now that the entitlements have changed."""
    return [
        event
        for (instrument, _), case in sorted(state.cases.items())
        for event in follow(case, state.rights[instrument])
    ]


def _with_right(state: Beside, event: Message) -> Beside:
    if isinstance(event, Granted):
        granted: Entitlement = event.entitlement
        right = state.rights.get(granted.instrument, Right(granted)).granted(granted)
        return state._replace(rights={**state.rights, granted.instrument: right})
    if isinstance(event, Withdrawn):
        gone: Withdrawal = event.withdrawal
        right = state.rights[gone.instrument].withdrawn(gone.effective_on, gone.reason)
        return state._replace(rights={**state.rights, gone.instrument: right})
    return state


def _with_case(state: Beside, event: said.Event) -> Beside:
    key = (event.step.instrument, event.step.case_id)
    case = deciding.evolve(state.cases.get(key), event)
    return state._replace(cases={**state.cases, key: case})

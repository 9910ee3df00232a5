"""A decider: what a service may decide on one kind of stream, and what it remembers of it.

`decide` answers a command with events, with `[]` where it had already happened, or with
`Rejected`. `evolve` takes one event into the state. Both are pure, so a log can be decided again
at any time and must come out the same.
"""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from google.protobuf.message import Message

from zoneledger.ledger.v1.decision_pb2 import PolicyReference


def no_policy(_: Any) -> PolicyReference | None:
    """For commands that no document decides."""
    return None


@dataclass(frozen=True, slots=True, eq=False)
class Decider:
    """The parts of a decider.

    All events of a stream are about one subject, unless `is_about_one` says that they are not: then
    they are carried by the stream, to stay in order.

    Command, state and event types differ from decider to decider; the modules that define them
    check them, and here they meet as `Any`.
    """

    category: str
    commands: tuple[type[Message], ...]
    events: tuple[type[Message], ...]
    initial: Any
    stream: Callable[[Any], str]
    decide: Callable[[Any, Any], Sequence[Message]]
    evolve: Callable[[Any, Any], Any]
    policy: Callable[[Any], PolicyReference | None] = no_policy
    is_about_one: bool = True


def fold(decider: Decider, events: Iterable[Message], state: Any) -> Any:
    """The state after `events`, from `state` on."""
    for event in events:
        state = decider.evolve(state, event)
    return state

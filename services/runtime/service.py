"""The parts that a service must have, and how one is found by its name."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cached_property
from importlib import import_module
from typing import TYPE_CHECKING, Any

from google.protobuf.message import Message

from services.kernel.chinese import Sentence
from services.kernel.decider import Decider
from services.kernel.decision import Vocabulary, vocabulary
from services.kernel.policy import Policies

if TYPE_CHECKING:
    import grpc.aio

    from services.runtime.ledger import Ledger

SERVICES = ("evaluation", "incentive", "financing")


@dataclass(frozen=True)
class Service:
    """A service by its parts.

    `react` turns an event of a service named in `listens_to` into our commands; `heard` are the
    events that it answers. `subject` and `effective_on` say of our own events whom they are about
    and from which day they hold, `occurred_on` on which day they happened, `visibility` who may see
    them, and `veiled` what of them is told to whom sees only some visibilities; `tell` says them in
    a sentence. `serve` adds the gRPC methods to a server.
    """

    name: str
    deciders: tuple[Decider, ...]
    listens_to: tuple[str, ...]
    heard: tuple[type[Message], ...]
    react: Callable[[Any, Policies], Sequence[Message]]
    subject: Callable[[Any], str]
    effective_on: Callable[[Any], str]
    occurred_on: Callable[[Any], str]
    visibility: Callable[[Any], int]
    veiled: Callable[[Any, Callable[[int], bool]], Any]
    tell: Callable[[Any], Sentence]
    serve: "Callable[[grpc.aio.Server, Ledger], None]"

    @cached_property
    def commands(self) -> Vocabulary:
        """The commands that this service's log may hold."""
        return vocabulary(c for decider in self.deciders for c in decider.commands)

    @cached_property
    def events(self) -> Vocabulary:
        """The events that this service's log may hold."""
        return vocabulary(e for decider in self.deciders for e in decider.events)

    @cached_property
    def decider_of(self) -> dict[type[Message], Decider]:
        """Which decider answers a command."""
        return {command: decider for decider in self.deciders for command in decider.commands}

    @cached_property
    def decider_named(self) -> dict[str, Decider]:
        """Which decider a stream of that category belongs to."""
        return {decider.category: decider for decider in self.deciders}


def load(name: str) -> Service:
    """The service of that name."""
    service: Service = import_module(f"services.{name}.service").SERVICE
    return service

"""Given events, when a command, then events: how the rules of a decider are told.

    given = of(UNIT).given
    assert given(REGISTERED).when(PUBLISH) == [RATED]
    assert given().refused(PUBLISH) == ("unit_id", Why.UNIT_NOT_REGISTERED(unit="xiangtan"))

`when` raises what `decide` raises. Views are told by what a log had learnt by when, and by what is
asked of it.
"""

from collections.abc import Iterable, Sequence
from datetime import UTC, date, datetime, time
from typing import Any, NamedTuple, TypeVar

import pytest
from google.protobuf.message import Message

from services.kernel.decider import Decider, fold
from services.kernel.decision import Recorded
from services.kernel.errors import Rejected
from services.kernel.reasons import Told
from services.kernel.timeline import NOW, Question, Timeline
from services.runtime.service import Service

M = TypeVar("M", bound=Message)


class Given(NamedTuple):
    """A stream that holds these events."""

    decider: Decider
    events: tuple[Message, ...]

    def when(self, command: Message) -> list[Message]:
        """What the command leads to."""
        state = fold(self.decider, self.events, self.decider.initial)
        return list(self.decider.decide(command, state))

    def refused(self, command: Message) -> tuple[str, Told]:
        """The field for which the command is rejected, and why."""
        with pytest.raises(Rejected) as refusal:
            self.when(command)
        return refusal.value.field, refusal.value.told


class Specification(NamedTuple):
    """What a decider does, told by examples."""

    decider: Decider

    def given(self, *events: Message) -> Given:
        """A stream on which this has happened, oldest first."""
        return Given(self.decider, events)


def of(decider: Decider) -> Specification:
    """The specification of `decider`."""
    return Specification(decider)


def but(message: M, **fields: Any) -> M:
    """The message with other values in these fields; None leaves a field out."""
    values = {field.name: value for field, value in message.ListFields()}
    return type(message)(**(values | fields))


def learnt(day: str, *events: Message) -> list[Recorded]:
    """`events` as a log has them that learnt them at noon (UTC) of the ISO 8601 day."""
    return [Recorded(event, _noon_ns(day), f"decision-of-{day}", 0) for event in events]


def asked(
    service: Service, log: Iterable[Recorded], *, unit: str = "", as_of: str = "", known: str = ""
) -> list[Sequence[Recorded]]:
    """What the log says of each unit, as of a day, as known at the end of a day."""
    timeline = Timeline(service.subject, service.effective_on)
    for entry in log:
        timeline.add(entry)
    known_ns = _noon_ns(known) + 12 * 3_600 * 10**9 - 1 if known else NOW
    return list(timeline.ask(Question(unit, as_of, known_ns)))


def _noon_ns(day: str) -> int:
    noon = datetime.combine(date.fromisoformat(day), time(12), UTC)
    return int(noon.timestamp()) * 10**9

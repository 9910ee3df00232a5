"""What is said of an event beside the event itself, and how the streams of a service share it.

Each kind of stream says it of its own events; the service puts them together.
"""

from collections.abc import Callable, Iterable
from typing import Any, NamedTuple

from google.protobuf.message import Message

from services.kernel.chinese import Sentence


class Aspects(NamedTuple):
    """What is said of each event of some types.

    `subject` is whom it is about, `effective_on` the ISO 8601 day from which it holds and
    `occurred_on` the one on which it happened, "" where that is unknown. `visibility` is who may
    see it, `veiled` what of it is told to whom sees only some visibilities, `tell` a sentence.
    """

    subject: Callable[[Any], str]
    effective_on: Callable[[Any], str]
    occurred_on: Callable[[Any], str]
    visibility: Callable[[Any], int]
    veiled: Callable[[Any, Callable[[int], bool]], Any]
    tell: Callable[[Any], Sentence]


def together(parts: Iterable[tuple[Iterable[type[Message]], Aspects]]) -> Aspects:
    """The same of the events of all parts; KeyError for an event of none."""
    of = {type_: aspects for types, aspects in parts for type_ in types}
    return Aspects(
        subject=lambda event: of[type(event)].subject(event),
        effective_on=lambda event: of[type(event)].effective_on(event),
        occurred_on=lambda event: of[type(event)].occurred_on(event),
        visibility=lambda event: of[type(event)].visibility(event),
        veiled=lambda event, sees: of[type(event)].veiled(event, sees),
        tell=lambda event: of[type(event)].tell(event),
    )

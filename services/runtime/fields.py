"""What a request's fields must look like, as a table beside each `api.py`.

A table maps a field to a rule; a rule says what is wrong with a value, or nothing. All faults of a
request are answered together. Dates are ISO 8601 calendar dates.
"""

import re
from collections.abc import Callable, Iterable, Mapping
from datetime import date
from typing import Any, TypeAlias

from google.protobuf.message import Message
from google.protobuf.timestamp_pb2 import Timestamp

from services.kernel.errors import Fault, Malformed, Violation
from services.kernel.reasons import Why
from services.kernel.timeline import NOW, Question
from services.kernel.words import Enum, word

Rule: TypeAlias = Callable[[Any], str]
Table: TypeAlias = Mapping[str, Rule]

_IDENTIFIER = re.compile(r"[a-z0-9]+(-[a-z0-9]+)*")
_DAY = re.compile(r"\d{4}-\d{2}-\d{2}")
_LONGEST, _LONGEST_SHOWN = 1_000, 60
LARGEST_DOCUMENT = 512 * 1024  # Bytes; it travels in one event, whole.


def faults(messages: Iterable[Message], *tables: Table) -> list[Fault]:
    """Every fault of `messages` by the rules of all `tables`."""
    return [
        Fault(index, field, what)
        for index, message in enumerate(messages)
        for table in tables
        for field, rule in table.items()
        if (what := rule(getattr(message, field)))
    ]


def question(request: Any, otherwise: str = "") -> Question:
    """What a list request asks of a timeline; `otherwise` is the day where it names none."""
    as_of = getattr(request, "as_of", "") or otherwise
    if wrong := as_of and day(as_of):
        raise Malformed(Violation("as_of", wrong))
    return Question(
        subject=getattr(request, "unit_id", ""),
        as_of=as_of,
        known_ns=_moment(request.known_at) if request.HasField("known_at") else NOW,
    )


def _moment(known_at: Timestamp) -> int:
    """Nanoseconds since 1970 UTC; before that nothing was known, and for ever is now."""
    try:
        return min(max(0, known_at.ToNanoseconds()), NOW)
    except ValueError:
        why = Why.NOT_A_MOMENT(seconds=known_at.seconds, nanos=known_at.nanos)
        raise Malformed(Violation("known_at", why)) from None


def identifier(value: str) -> str:
    """A name of ours."""
    if len(value) <= 100 and _IDENTIFIER.fullmatch(value):
        return ""
    return Why.NOT_AN_IDENTIFIER(value=_shown(value))


def text(value: str) -> str:
    """Words for people, one line of them."""
    if not value:
        return Why.FIELD_MISSING()
    return optional_text(value)


def optional_text(value: str) -> str:
    """Words for people, or nothing."""
    if len(value) > _LONGEST:
        return Why.TOO_LONG(limit=_LONGEST)
    return "" if value.isprintable() else Why.NOT_PRINTABLE(value=_shown(value))


def texts(values: Iterable[str]) -> str:
    """Several of them; what is wrong with the first that is wrong."""
    return next((wrong for value in values if (wrong := text(value))), "")


def document(value: str) -> str:
    """The text of a document."""
    size = len(value.encode())
    if size <= LARGEST_DOCUMENT:
        return ""
    return Why.DOCUMENT_TOO_LARGE(size=f"{size:,}", limit=f"{LARGEST_DOCUMENT:,}")


def day(value: str) -> str:
    """A day of the calendar."""
    try:
        if _DAY.fullmatch(value) and date.fromisoformat(value):
            return ""
    except ValueError:
        pass
    return Why.NOT_A_DAY(value=_shown(value))


def day_by(today: str) -> Rule:
    """A day of the calendar that is not still to come."""

    def rule(value: str) -> str:
        if wrong := day(value):
            return wrong
        return still_to_come(value, today) if value > today else ""

    return rule


def still_to_come(value: str, today: str) -> str:
    """What is wrong with a day of which nobody can report yet."""
    return Why.STILL_TO_COME(day=value, today=today)


def optional(rule: Rule) -> Rule:
    """The same where there is something."""
    return lambda value: rule(value) if value else ""


def not_negative(value: int) -> str:
    """A number of things."""
    return "" if value >= 0 else Why.LESS_THAN_NOTHING(value=value)


def year(value: int) -> str:
    """A performance year."""
    return "" if 2000 <= value <= 2100 else Why.NOT_A_ROUND(value=value)


def one_of(enum: Enum) -> Rule:
    """A value of the enum other than UNSPECIFIED."""
    return lambda value: "" if word(enum, value) else Why.NOT_A_VALUE(value=value)


def _shown(value: str) -> str:
    """A value as a refusal repeats it."""
    return value if len(value) <= _LONGEST_SHOWN else f"{value[:_LONGEST_SHOWN]} ..."

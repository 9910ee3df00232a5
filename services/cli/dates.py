"""The two dates of a question, as people write them.

A day is a day in China Standard Time (UTC+8): what was known on it was known by its end.
"""

import re
from datetime import date, datetime, timedelta

from google.protobuf.timestamp_pb2 import Timestamp

from services.kernel.decision import moment
from services.kernel.errors import Malformed, Violation
from services.runtime.clock import CHINA

_DAY = re.compile(r"\d{4}-\d{2}-\d{2}", re.ASCII)
_MOMENT = re.compile(
    r"\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}(\.\d{1,9})?(Z|[+-]([01]\d|2[0-3]):[0-5]\d)", re.ASCII
)


def as_of(text: str | None) -> str:
    """An ISO 8601 day, or "" for none."""
    if text:
        day("--as-of", text)
    return text or ""


def known_at(text: str | None) -> Timestamp | None:
    """The end of a day, to the last nanosecond, or a moment with its time zone; None for now."""
    if not text:
        return None
    return _end_of(text) if _DAY.fullmatch(text) else _moment(text)


def _end_of(text: str) -> Timestamp:
    try:
        next_day = day("--known-at", text) + timedelta(days=1)
        midnight = datetime.combine(next_day, datetime.min.time(), CHINA)
        return moment(int(midnight.timestamp()) * 10**9 - 1)
    except OverflowError:
        raise Malformed(Violation("--known-at", f"{text} is beyond the calendar")) from None


def day(option: str, text: str) -> date:
    """The day that an option names; `Malformed` where that is none."""
    try:
        if _DAY.fullmatch(text):
            return date.fromisoformat(text)
    except ValueError:
        pass
    raise Malformed(Violation(option, f"{text!r} is no date; write it as 2021-06-09"))


def _moment(text: str) -> Timestamp:
    """A moment to the nanosecond, as answers show it."""
    stamp = Timestamp()
    try:
        if _MOMENT.fullmatch(text):
            stamp.FromJsonString(text)
            return stamp
    except (ValueError, OverflowError):
        pass
    what = (
        f"{text!r} is no day and no moment with a time zone;"
        " write 2021-06-09 or 2021-06-09T17:00:00+08:00"
    )
    raise Malformed(Violation("--known-at", what))

"""The two dates of a question, as people write them.

A day is a day in China Standard Time (UTC+8): what was known on it was known by its end.
"""

from datetime import date, datetime, timedelta, timezone

from google.protobuf.timestamp_pb2 import Timestamp

from services.kernel.errors import Malformed, Violation

CHINA = timezone(timedelta(hours=8))


def as_of(text: str | None) -> str:
    """An ISO 8601 day, or "" for none."""
    if text:
        _day("--as-of", text)
    return text or ""


def known_at(text: str | None) -> Timestamp | None:
    """The end of a day, or a moment with its time zone; None for now."""
    if not text:
        return None
    if len(text) == len("2021-06-09"):
        day = datetime.combine(_day("--known-at", text), datetime.min.time(), CHINA)
        end = Timestamp()
        end.FromDatetime(day + timedelta(days=1) - timedelta(microseconds=1))
        return end
    return _moment(text)


def _day(option: str, text: str) -> date:
    try:
        if len(text) == len("2021-06-09"):
            return date.fromisoformat(text)
    except ValueError:
        pass
    raise Malformed(Violation(option, f"{text!r} is no date; write it as 2021-06-09"))


def _moment(text: str) -> Timestamp:
    """A moment to the nanosecond, as answers show it."""
    stamp = Timestamp()
    try:
        stamp.FromJsonString(text)
    except ValueError:
        what = (
            f"{text!r} is no day and no moment with a time zone;"
            " write 2021-06-09 or 2021-06-09T17:00:00+08:00"
        )
        raise Malformed(Violation("--known-at", what)) from None
    return stamp

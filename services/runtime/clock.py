"""What day it is: the day in China Standard Time, on which documents are signed and published."""

from datetime import datetime, timedelta, timezone

CHINA = timezone(timedelta(hours=8))


def today() -> str:
    """The ISO 8601 day of now in China."""
    return datetime.now(CHINA).date().isoformat()


def day_of(known_ns: int) -> str:
    """The ISO 8601 day in China of a moment in nanoseconds since 1970 UTC."""
    return datetime.fromtimestamp(known_ns // 10**9, CHINA).date().isoformat()

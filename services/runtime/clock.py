"""What day it is: the day in China Standard Time, on which documents are signed and published."""

from datetime import datetime, timedelta, timezone

CHINA = timezone(timedelta(hours=8))


def today() -> str:
    """The ISO 8601 day of now in China."""
    return datetime.now(CHINA).date().isoformat()

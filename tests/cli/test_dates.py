"""A day is one of the calendar, a moment has its time zone, and nothing else is either."""

from datetime import UTC, datetime

import pytest

from services.cli import dates
from services.kernel.errors import Malformed


def test_what_was_known_on_a_day_was_known_by_its_last_nanosecond_in_china() -> None:
    end = dates.known_at("2021-06-09")
    assert end is not None
    midnight = int(datetime(2021, 6, 9, 16, tzinfo=UTC).timestamp()) * 10**9
    assert end.ToNanoseconds() == midnight - 1


def test_a_moment_is_taken_to_the_nanosecond() -> None:
    moment = dates.known_at("2021-06-09T17:00:00.123456789+08:00")
    assert moment is not None
    assert moment.ToNanoseconds() % 10**9 == 123_456_789


@pytest.mark.parametrize(
    "text",
    [
        "2021-W01-1",
        "20210609",
        "2021-06-31",
        "2021-06-09T10:00:00",
        "2021-06-09T10:00:00+99:00",
        "2021-06-09T10:00:00+08:60",
        "2021-06-09 10:00:00Z",
        "9999-12-31",
        "9999-12-31T23:59:59-23:00",
        "２０２１-06-09",
        "yesterday",
    ],
)
def test_what_is_neither_a_day_nor_a_moment_is_refused(text: str) -> None:
    with pytest.raises(Malformed, match="--known-at"):
        dates.known_at(text)


@pytest.mark.parametrize("text", ["2021-W01-1", "20210609", "2021-06-31", "9-06-2021"])
def test_a_day_is_written_in_one_way(text: str) -> None:
    with pytest.raises(Malformed, match="--as-of"):
        dates.as_of(text)

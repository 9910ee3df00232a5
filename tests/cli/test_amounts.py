"""An amount is read in whole units of what it counts, or refused."""

import pytest

from services.cli.amounts import Amount, amount, shown
from services.kernel.errors import Malformed
from zoneledger.incentive.v1.case_events_pb2 import Counted

FEN, METRES, PLACES = (
    Counted.COUNTED_FEN,
    Counted.COUNTED_SQUARE_METRES,
    Counted.COUNTED_PLACES,
)


@pytest.mark.parametrize(
    ("text", "read"),
    [
        ("", Amount()),
        ("120.5万元", Amount(120_500_000, FEN)),
        ("4亿元", Amount(40_000_000_000, FEN)),
        ("0.01元", Amount(1, FEN)),
        ("33.3公顷", Amount(333_000, METRES)),
        ("300亩", Amount(200_000, METRES)),
        ("２个", Amount(2, PLACES)),
    ],
)
def test_an_amount_is_read_exactly(text: str, read: Amount) -> None:
    assert amount(text) == read


@pytest.mark.parametrize("text", ["100", "元", "1,000元", "-1元", "0元", "0.001元", "500亩"])
def test_what_is_no_whole_amount_is_refused_and_never_rounded(text: str) -> None:
    with pytest.raises(Malformed):
        amount(text)


def test_an_amount_is_shown_for_people() -> None:
    assert shown(120_500_000, FEN) == "1,205,000.00 元"
    assert shown(333_000, METRES) == "333,000 平方米"
    assert shown(0, Counted.COUNTED_UNSPECIFIED) == ""

"""An amount as people write it, in whole units of what is counted, and back.

Money becomes fen (分), land square metres. What is no whole number of them is refused, and never
rounded: so a third of an acre-like 亩 is to be written in square metres.
"""

import re
from fractions import Fraction
from typing import NamedTuple
from unicodedata import normalize

from services.kernel.chinese import COUNTED
from services.kernel.errors import Malformed, Violation
from services.kernel.reasons import Why
from services.kernel.words import word
from zoneledger.incentive.v1.case_events_pb2 import Counted

_FEN, _METRES, _PLACES = (
    Counted.COUNTED_FEN,
    Counted.COUNTED_SQUARE_METRES,
    Counted.COUNTED_PLACES,
)
_UNITS = {
    "分": (_FEN, Fraction(1)),
    "元": (_FEN, Fraction(100)),
    "万元": (_FEN, Fraction(10**6)),
    "亿元": (_FEN, Fraction(10**10)),
    "平方米": (_METRES, Fraction(1)),
    "公顷": (_METRES, Fraction(10_000)),
    "亩": (_METRES, Fraction(2_000, 3)),
    "个": (_PLACES, Fraction(1)),
}
_WRITTEN = re.compile(rf"([0-9]{{1,15}}(?:\.[0-9]{{1,10}})?)\s*({'|'.join(_UNITS)})")
_LARGEST = 10**17


class Amount(NamedTuple):
    """So many units of something; 0 of nothing where none is said."""

    amount: int = 0
    counted: Counted.ValueType = Counted.COUNTED_UNSPECIFIED


def amount(text: str, option: str = "--amount") -> Amount:
    """The amount that is written; `Malformed` where it is none, or no whole one."""
    if not text:
        return Amount()
    written = _WRITTEN.fullmatch(normalize("NFKC", text).strip())
    if written is None:
        raise Malformed(Violation(option, Why.AMOUNT_WITHOUT_UNIT(value=text[:40], units=_NAMES)))
    counted, size = _UNITS[written[2]]
    whole = Fraction(written[1]) * size
    if whole.denominator != 1 or not 0 < whole < _LARGEST:
        unit = COUNTED[word(Counted, counted)]
        raise Malformed(Violation(option, Why.NOT_A_WHOLE_AMOUNT(value=text[:40], unit=unit)))
    return Amount(int(whole), counted)


def shown(amount: int, counted: Counted.ValueType) -> str:
    """The amount for people: 1,205,000.00 元, 333,000 平方米, 2 个; "" where nothing is counted."""
    if not counted:
        return ""
    if counted == _FEN:
        return f"{amount // 100:,}.{amount % 100:02} 元"
    return f"{amount:,} {COUNTED[word(Counted, counted)]}"


_NAMES = "、".join(_UNITS)

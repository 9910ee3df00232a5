"""Amounts as people write them: money with its unit, places as a number.

A number without a unit is refused where money is meant: nobody can tell yuan from fen. What does
not come out in whole fen is refused too, and nothing is rounded.
"""

import re
from collections.abc import Mapping
from decimal import Decimal
from unicodedata import normalize

from services.cli.cells import Parse
from services.cli.problems import Unreadable, shown

_NUMBER = re.compile(r"(0|[1-9][0-9]{0,14})(\.[0-9]{1,10})?")
_MONEY = re.compile(rf"({_NUMBER.pattern})\s*(亿元|万元|元|分)")
_UNITS: Mapping[str, int] = {"亿元": 10**10, "万元": 10**6, "元": 100, "分": 1}


def money(cell: str) -> int:
    """Whole fen of 6000万元, 1.2亿元, 300元 or 5分."""
    found = _MONEY.fullmatch(normalize("NFKC", cell).strip())
    if found is None:
        raise Unreadable(f"{shown(cell)} is no sum of money; write it with its unit, as 6000万元")
    fen = Decimal(found[1]) * _UNITS[found[4]]
    if fen != int(fen):
        raise Unreadable(f"{shown(cell)} is not a whole number of fen; write fewer decimals")
    return int(fen)


def places(cell: str) -> int:
    """A number of places."""
    folded = normalize("NFKC", cell).strip().removesuffix("个")
    if not folded.isdecimal() or not _NUMBER.fullmatch(folded):
        raise Unreadable(f"{shown(cell)} is no number of places; write it as 2")
    return int(folded)


def parser(*, is_money: bool) -> Parse:
    """How an amount of a pool is read."""
    return money if is_money else places


def said(amount: int, *, is_money: bool = True) -> str:
    """An amount as people read it: 6,000万元, or the fen where that is not whole."""
    if not is_money:
        return f"{amount:,}"
    for unit in ("亿元", "万元", "元"):
        whole, rest = divmod(amount * 100, _UNITS[unit])
        if whole >= 100 and rest == 0:
            return f"{Decimal(whole) / 100:,f}".removesuffix(".00") + unit
    return f"{amount:,}分"

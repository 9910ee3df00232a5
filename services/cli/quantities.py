"""A cell that says a quantity, as provinces write them, or says that there is none.

Full-width digits and signs count as plain ones. The unit of the indicator may stand behind the
number (7.5%, 300个); another unit is refused, for it would be another number. A thousands separator
is refused too, since a comma is a decimal point to some. `-`, `—`, `/` and `缺` say that the value
is missing, with the reason behind it if there is one: `缺：未统计`. A blank cell says nothing.
"""

import re
from typing import NamedTuple
from unicodedata import normalize

from services.cli.cells import Parse
from services.cli.problems import Unreadable, shown

MISSING = "缺"

_NOTHING = {"-", "–", "—", "——", "/", "缺", "缺失", "missing", "n/a"}
_WITH_REASON = re.compile(r"(?:缺失?|missing)\s*[:(]\s*(.+?)\s*\)?", re.IGNORECASE)
_NUMBER = re.compile(r"-?(0|[1-9][0-9]{0,17})(\.[0-9]{1,30})?")
_GROUPED = re.compile(r"-?[0-9]{1,3}([, '][0-9]{3})+(\.[0-9]+)?")
_BEHIND = re.compile(r"(-?[0-9.]+)\s*([^0-9.\s].*)")
_MINUS = str.maketrans({"\u2212": "-", "\u2012": "-"})


class Quantity(NamedTuple):
    """A decimal; or "" and the reason why there is none, "" where none was given."""

    value: str
    missing_reason: str = ""


def quantity(decimals: int, unit: str = "") -> Parse:
    """A decimal with at most so many places in that unit, or what says that it is missing."""

    def parse(cell: str) -> str:
        folded = normalize("NFKC", cell).translate(_MINUS).strip()
        if folded.casefold() in _NOTHING:
            return MISSING
        if reason := _WITH_REASON.fullmatch(folded):
            return f"{MISSING}：{reason[1]}"
        return _decimal(cell, _without_unit(cell, folded, unit), decimals)

    return parse


def said(cell: str) -> Quantity:
    """What a cell says, as its parser left it."""
    if cell.startswith(MISSING):
        return Quantity("", cell.removeprefix(MISSING).removeprefix("："))
    return Quantity(cell)


def _without_unit(cell: str, folded: str, unit: str) -> str:
    behind = _BEHIND.fullmatch(folded)
    if behind is None or _GROUPED.fullmatch(folded):
        return folded
    if unit and behind[2] == normalize("NFKC", unit):
        return behind[1]
    due = f"in {unit}" if unit else "without a unit"
    raise Unreadable(f"{shown(cell)} is not a number {due}; write the number alone")


def _decimal(cell: str, folded: str, decimals: int) -> str:
    if not _NUMBER.fullmatch(folded):
        raise Unreadable(f"{shown(cell)} is not a number; write it as 12.3{_hint(folded)}")
    whole, point, places = folded.partition(".")
    if len(places.rstrip("0")) > decimals:
        raise Unreadable(
            f"{shown(cell)} has more than {decimals} decimals; round it as the statistics do"
        )
    places = places[:decimals]
    said = f"{whole}.{places}" if point and places else whole
    return said if any(digit in said for digit in "123456789") else said.removeprefix("-")


def _hint(folded: str) -> str:
    """The number that was meant, where it is only written otherwise."""
    plain = re.sub(r"[, ']", "", folded) if _GROUPED.fullmatch(folded) else folded
    plain = re.sub(r"^\+", "", plain)
    plain = re.sub(r"^(-?)\.", r"\g<1>0.", plain)
    plain = re.sub(r"^(-?)0+(?=[0-9])", r"\1", plain)
    return f" (did you mean {plain}?)" if _NUMBER.fullmatch(plain) else ""

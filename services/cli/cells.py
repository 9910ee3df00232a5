"""What one cell of a table may say.

A parser takes the trimmed, non-empty text of a cell and answers with its value, or raises
`Unreadable` with what is wrong and what to do. Identifiers, dates, years and choices are read in
their compatibility form (NFKC), so full-width letters and digits are as good as plain ones; names
stay as they were written.
"""

import re
from collections.abc import Callable, Mapping
from datetime import date, timedelta
from unicodedata import category, normalize

from services.cli.problems import Unreadable, did_you_mean, shown

Value = str | int
Parse = Callable[[str], Value]

LONGEST_CELL = 1000  # Characters.
FIRST_YEAR, LAST_YEAR = 2000, 2100

_IDENTIFIER = re.compile(r"[a-z0-9]+(-[a-z0-9]+)*")
_ISO_DATE = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")
_OTHER_DATE = re.compile(r"([0-9]{4})[-/.年]([0-9]{1,2})[-/.月]([0-9]{1,2})日?")
_DAY_NUMBER = re.compile(r"[0-9]{5}(\.[0-9]+)?")
_YEAR = re.compile(r"([0-9]{4})(\.0+)?")  # A spreadsheet may write 2020 as 2020.0.
_DAY_ZERO = date(1899, 12, 30)  # A spreadsheet counts its days from here.
_INVISIBLE = {"Cc", "Cf", "Cs", "Zl", "Zp"}


def legible(cell: str) -> str:
    """The cell without the blanks around it; refused if overlong, or if people cannot see all."""
    trimmed = cell.strip()
    if len(trimmed) > LONGEST_CELL:
        raise Unreadable(
            f"the cell has {len(trimmed)} characters; shorten it to at most {LONGEST_CELL}"
        )
    if "\ufffd" in trimmed:
        raise Unreadable(f"{shown(trimmed)} was damaged by a wrong encoding; write it again")
    if not trimmed.isprintable():
        _refuse_invisible(trimmed)
    return trimmed


def text(cell: str) -> str:
    """A name or a citation, as it was written."""
    return cell


def identifier(cell: str) -> str:
    """Lower-case letters and digits, in words that are joined by hyphens."""
    folded = normalize("NFKC", cell)
    if _IDENTIFIER.fullmatch(folded):
        return folded
    better = re.sub(r"[^a-z0-9]+", "-", folded.casefold()).strip("-")
    hint = f" (did you mean {better}?)" if better else ""
    raise Unreadable(f"{shown(cell)} is not an identifier; use a-z, 0-9 and hyphens only{hint}")


def unit(cell: str) -> str:
    """What a unit is called: its identifier, its name or an alias."""
    folded = normalize("NFKC", cell)
    return folded if _IDENTIFIER.fullmatch(folded) else cell


def iso_date(cell: str) -> str:
    """A day of the calendar between the first and the last year, as `2021-06-09`."""
    folded = normalize("NFKC", cell)
    if not _ISO_DATE.fullmatch(folded):
        hint = _date_hint(folded)
        raise Unreadable(f"{shown(cell)} is not a date; write it as 2021-06-09{hint}")
    day = _day(*folded.split("-"))
    if day is None:
        raise Unreadable(f"{shown(cell)} is not a day of the calendar; correct the day or month")
    if not FIRST_YEAR <= day.year <= LAST_YEAR:
        raise Unreadable(f"{shown(cell)} is not from {FIRST_YEAR} to {LAST_YEAR}; correct the year")
    return folded


def year(cell: str) -> int:
    """A year from the first to the last, both inclusive."""
    match = _YEAR.fullmatch(normalize("NFKC", cell))
    if match is None or not FIRST_YEAR <= int(match[1]) <= LAST_YEAR:
        raise Unreadable(
            f"{shown(cell)} is not a year from {FIRST_YEAR} to {LAST_YEAR}; write it as 2020"
        )
    return int(match[1])


def choice(noun: str, words: Mapping[str, tuple[str, ...]]) -> Parse:
    """One of the English words, or of the Chinese ones beside each; answers with the English."""
    meanings = {name: word for word, others in words.items() for name in (word, *others)}
    known = ", ".join(" ".join((word, *others)) for word, others in words.items())

    def parse(cell: str) -> str:
        folded = normalize("NFKC", cell).casefold()
        if folded in meanings:
            return meanings[folded]
        hint = did_you_mean(folded, meanings)
        raise Unreadable(f"{shown(cell)} is not {noun}; use one of {known}{hint}")

    return parse


def _refuse_invisible(trimmed: str) -> None:
    for character in trimmed:
        if category(character) in _INVISIBLE:
            raise Unreadable(
                f"{shown(trimmed)} has a control or invisible character "
                f"(U+{ord(character):04X}), such as a line break; write the cell again without it"
            )


def _date_hint(folded: str) -> str:
    other = _OTHER_DATE.fullmatch(folded)
    day = _day(*other.groups()) if other else None
    if _DAY_NUMBER.fullmatch(folded):
        day = _DAY_ZERO + timedelta(days=int(folded[:5]))
    return f" (did you mean {day.isoformat()}?)" if day else ""


def _day(year_: str, month: str, day: str) -> date | None:
    try:
        return date(int(year_), int(month), int(day))
    except ValueError:
        return None

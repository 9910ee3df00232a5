"""A cell that says several things, each of them in parts: what it is, from when, to when, says who.

    辽宁大连 | 2019-08-30 | | 经济日报；大连湾 | | 2019-08-29

Semicolons set the things apart and vertical bars the parts of one, both also in full width. Parts
at the end may be left out, and a day that is not known stays empty. So a source here has no
semicolon in it: several pages are set apart by commas.
"""

import re
from collections.abc import Callable, Sequence
from typing import NamedTuple

from services.cli.cells import Parse, iso_date, text
from services.cli.problems import Unreadable, shown

_BETWEEN_THINGS, _BETWEEN_PARTS = re.compile("[;；]"), re.compile("[|｜]")


class Piece(NamedTuple):
    """One of the things; "" where a part is left out."""

    what: str
    valid_from: str = ""
    valid_until: str = ""
    source: str = ""

    def days(self) -> dict[str, str]:
        """Its days, by the names of the contract's fields."""
        return {"valid_from": self.valid_from, "valid_until": self.valid_until}


class Sourced(NamedTuple):
    """A thing of no particular time."""

    what: str
    source: str = ""


def pieces(cell: str) -> list[Piece]:
    """The things that a cell says, as its parser left it."""
    return [Piece(*parts) for parts in _split(cell)]


def sourced(cell: str) -> Sourced:
    """The one thing that a cell says, as its parser left it."""
    return Sourced(*next(iter(_split(cell)), [""]))


def dated(parse: Parse) -> Parse:
    """A cell of things with their days; `parse` reads what each of them is."""
    return _cell(_split, [("what it is", parse), *_DAYS, ("source", text)])


def one(parse: Parse) -> Parse:
    """A cell of one thing and its source."""
    return _cell(_only, [("what it is", parse), ("source", text)])


def joined(things: Sequence[Sequence[str]]) -> str:
    """A cell that says these things."""
    return "; ".join(" | ".join(parts).rstrip(" |") for parts in things)


_DAYS: Sequence[tuple[str, Parse]] = (("from", iso_date), ("until", iso_date))


def _cell(split: Callable[[str], list[list[str]]], form: Sequence[tuple[str, Parse]]) -> Parse:
    def parse(cell: str) -> str:
        read: list[list[str]] = []
        faults: list[str] = []
        for number, parts in enumerate(split(cell), 1):
            try:
                read.append(_parts(parts, form))
            except Unreadable as fault:
                faults.append(f"value {number}: {fault}")
        if faults:
            raise Unreadable("; ".join(faults))
        return joined(read)

    return parse


def _parts(parts: list[str], form: Sequence[tuple[str, Parse]]) -> list[str]:
    if len(parts) > len(form):
        names = " | ".join(name for name, _ in form)
        raise Unreadable(f"{shown(' | '.join(parts))} has {len(parts)} parts; write {names}")
    if not parts[0]:
        raise Unreadable("it does not say what it is; write that first, or delete the value")
    return [str(parse(part)) if part else "" for part, (_, parse) in zip(parts, form, strict=False)]


def _split(cell: str) -> list[list[str]]:
    things = _BETWEEN_THINGS.split(cell)
    while things and not things[-1].strip():
        things.pop()
    return [[part.strip() for part in _BETWEEN_PARTS.split(thing)] for thing in things]


def _only(cell: str) -> list[list[str]]:
    things = _split(cell)
    if len(things) > 1:
        raise Unreadable(f"{shown(cell)} says {len(things)} things; write one, without semicolons")
    return things

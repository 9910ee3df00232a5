"""What is wrong with a file that somebody hands in, said so that they can mend it.

Every problem names its place as a spreadsheet shows it (the header is row 1), says what is wrong
and what to do. A file is taken whole or refused with all its problems.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from difflib import get_close_matches
from functools import lru_cache
from typing import TYPE_CHECKING

from services.kernel.errors import Malformed, Violation

if TYPE_CHECKING:
    from services.cli.intake import Row

_LONGEST_SHOWN = 60


@dataclass(frozen=True, slots=True)
class CellProblem:
    """One fault; `row` and `column` are None where the fault is not of one row or column."""

    file: str
    row: int | None
    column: str | None
    value: str
    what: str

    @property
    def place(self) -> str:
        """Where the fault is: `ratings.csv row 7, column grade`."""
        row = "" if self.row is None else f" row {self.row}"
        column = "" if self.column is None else f" column {plain(self.column)}"
        return plain(self.file) + row + ("," if row and column else "") + column


class IntakeProblems(Malformed):
    """The file is refused; `problems` has every fault, from the first row to the last.

    `readable` are its rows without a fault, so that whoever judges rows further can judge them too;
    `partly` those of which other cells can be read.
    """

    def __init__(
        self,
        problems: tuple[CellProblem, ...],
        readable: "tuple[Row, ...]" = (),
        partly: "tuple[Row, ...]" = (),
    ) -> None:
        super().__init__(*(Violation(problem.place, problem.what) for problem in problems))
        self.problems, self.readable, self.partly = problems, readable, partly


class Unreadable(ValueError):
    """A cell, a row or a file that cannot be read; `row` is None where no row is to blame."""

    def __init__(self, what: str, row: int | None = None) -> None:
        super().__init__(what)
        self.row = row


def render(problems: Sequence[CellProblem], limit: int = 200) -> str:
    """One line for each problem, at most `limit` of them, then how many more there are."""
    lines = [f"{problem.place}: {problem.what}" for problem in problems[:limit]]
    if len(problems) > limit:
        lines.append(f"... and {len(problems) - limit} more problems")
    return "\n".join(lines)


def shown(value: str) -> str:
    """The value in quotation marks, short and on one line."""
    short = value if len(value) <= _LONGEST_SHOWN else value[:_LONGEST_SHOWN] + "..."
    return f'"{plain(short)}"'


def plain(text: str) -> str:
    """The text without anything that a terminal would act upon."""
    return "".join(c if c.isprintable() else f"<U+{ord(c):04X}>" for c in text)


def did_you_mean(value: str, words: Iterable[str]) -> str:
    """A hint at the word that is closest to the value; empty where none is close."""
    close = _closest(value, tuple(words)) if len(value) <= _LONGEST_SHOWN else None
    return f" (did you mean {close}?)" if close else ""


@lru_cache(maxsize=1024)
def _closest(value: str, words: tuple[str, ...]) -> str | None:
    return next(iter(get_close_matches(value.casefold(), words, n=1)), None)

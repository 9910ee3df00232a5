"""What a command prints: tables for people, JSON for machines, faults on standard error.

On a terminal tables have colours and fit its width; elsewhere they are plain text as wide as they
need, the same wherever it goes.
"""

import json
from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:  # What is told to machines needs none of it.
    from rich.console import Console
    from rich.progress import Progress
    from rich.table import Table

# Wide enough that a row stays on its line.
_PLAIN_WIDTH = 240

Record = Mapping[str, Any]


def console(*, stderr: bool = False) -> "Console":
    """Standard output, or standard error, as it is now."""
    from rich.console import Console

    plain = Console(stderr=stderr, highlight=False)
    if plain.is_terminal:
        return plain
    return Console(stderr=stderr, highlight=False, width=_PLAIN_WIDTH, color_system=None)


def progress() -> "Progress":
    """Bars on standard error; nothing where that is no terminal."""
    from rich.progress import (
        BarColumn,
        MofNCompleteColumn,
        Progress,
        TextColumn,
        TimeRemainingColumn,
    )

    err = console(stderr=True)
    return Progress(
        TextColumn("{task.description}"),
        BarColumn(),
        MofNCompleteColumn(),
        TimeRemainingColumn(),
        console=err,
        transient=True,
        disable=not err.is_terminal,
    )


def table(title: str, headings: Sequence[str], rows: Iterable[Sequence[str]]) -> "Table":
    """A table with a title above it."""
    from rich import box
    from rich.table import Table

    shown = Table(
        title=title,
        title_justify="left",
        title_style="bold",
        box=box.SIMPLE_HEAD if console().is_terminal else box.ASCII2,
    )
    for heading in headings:
        shown.add_column(heading, overflow="fold")
    for row in rows:
        shown.add_row(*row)
    return shown


def print_json(value: Any) -> None:
    """One JSON value, in readable characters."""
    print(json.dumps(value, ensure_ascii=False, indent=2))


def print_json_array(records: Iterable[Record]) -> None:
    """A JSON array, written as its records come."""
    print("[", end="")
    for index, record in enumerate(records):
        text = json.dumps(record, ensure_ascii=False, indent=2).replace("\n", "\n  ")
        print(",\n  " if index else "\n  ", text, sep="", end="")
    print("\n]")


def complain(text: str) -> None:
    """Say what is wrong, on standard error."""
    console(stderr=True).print(text, style="red", markup=False, soft_wrap=True)

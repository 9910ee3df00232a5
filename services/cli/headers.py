"""Where the header of a table stands in a file, and which form of the table it is.

Titles and notes may stand above it, in at most ten rows, none of which names a column. A header
that is wrong as a whole is one fault, rather than one for each column.
"""

from collections.abc import Sequence

from services.cli.problems import Unreadable
from services.cli.tables import Table

_MOST_TITLES = 10  # Rows among which the header is looked for.


def rows_above(forms: Sequence[Table], grid: Sequence[list[str]]) -> int:
    """How many rows stand above the header: titles and notes, none of which names a column."""
    for number, cells in enumerate(grid[:_MOST_TITLES]):
        named = [cell for cell in cells if cell.strip()]
        known = sum(likeliest(forms, cells).column(cell) is not None for cell in named)
        if known > 1 or (number == 0 and known):
            return number
    return 0


def has_header(forms: Sequence[Table], grid: Sequence[list[str]]) -> bool:
    header = grid[rows_above(forms, grid)] if grid else []
    return any(likeliest(forms, header).column(cell) is not None for cell in header)


def refuse_other_header(table: Table, header: list[str]) -> None:
    """One fault where a header is wrong as a whole, rather than one for each column."""
    names = [cell.strip() for cell in header[: filled_width(header)]]
    if len(names) == 1 and (";" in names[0] or "\t" in names[0]):
        raise Unreadable("the cells are not separated by commas; save the file with commas", 1)
    is_known = any(table.column(name) for name in names)
    if not is_known and any(name.casefold() in table.column_names for name in names):
        raise Unreadable(f"the columns are written in small letters; {expected(table)}", 1)


def expected(table: Table) -> str:
    return f"its first row must name the columns {', '.join(table.column_names)}"


def likeliest(forms: Sequence[Table], header: list[str]) -> Table:
    """The form of the table to which most of the header belongs; the first of several."""
    return max(forms, key=lambda table: sum(table.column(cell) is not None for cell in header))


def filled_width(cells: list[str]) -> int:
    """How many cells there are up to the last one that is not blank."""
    return next((i for i in range(len(cells), 0, -1) if cells[i - 1].strip()), 0)

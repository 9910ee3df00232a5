"""Reads a table that somebody hands in, CSV or XLSX, into rows, or into all its problems.

A file is taken whole or not at all: one fault anywhere and no row comes out. It is judged alone;
whether a unit is known, or a rating already published, is for the services to say. What a file is
depends on its content, not on its name. Rows above the header are a title. Limits:
20 MB, 50,000 rows, 1,000 characters a cell.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

from services.cli import csv_text, refusals, workbook
from services.cli.cells import Value, legible
from services.cli.headers import (
    expected,
    filled_width,
    has_header,
    likeliest,
    refuse_other_header,
    rows_above,
)
from services.cli.problems import (
    CellProblem,
    IntakeProblems,
    Unreadable,
    did_you_mean,
    plain,
    render,
    shown,
)
from services.cli.tables import HONOURS, RATINGS, UNITS, Column, Presence, Table

__all__ = [
    "HONOURS",
    "RATINGS",
    "UNITS",
    "CellProblem",
    "IntakeProblems",
    "Row",
    "Sheet",
    "Table",
    "parse",
    "read",
    "render",
]

LARGEST_FILE = 20 * 1024 * 1024  # Bytes.
MOST_ROWS = 50_000  # Without the header.
MOST_COLUMNS = 100


_ROWS_OF_A_SHEET = 1_048_576  # No spreadsheet has more, blank ones included.
_ZIP = b"PK\x03\x04"
_OLD_EXCEL = b"\xd0\xcf\x11\xe0"


@dataclass(frozen=True, slots=True)
class Row:
    """A row of the table: English words for choices, ISO dates, "" where nothing is written.

    `number` is what a spreadsheet shows; the header is 1, or what stands below a title.
    """

    number: int
    values: Mapping[str, Value]
    # What the file calls its columns, where that is not their name.
    headers: Mapping[str, str] = field(default_factory=dict, compare=False)

    def header(self, column: str) -> str:
        """The column as the file calls it."""
        return self.headers.get(column, column)

    def text(self, column: str) -> str:
        """What the column says; "" where the cell is empty or the column absent."""
        return str(self.values.get(column, ""))

    def year(self, column: str) -> int:
        """The year in the column; 0 where it could not be read."""
        return int(self.values.get(column, 0))


@dataclass(frozen=True, slots=True)
class Sheet:
    """The rows of one file, which has at least one."""

    file: str
    table: Table
    rows: tuple[Row, ...]
    # What was made of it that a person should look at.
    remarks: tuple[str, ...] = ()


def read(path: Path, table: Table) -> Sheet:
    """The table in the file; IntakeProblems with all that is wrong with it."""
    return parse(path.name, content_of(path), table)


def content_of(path: Path) -> bytes:
    """The bytes of the file; IntakeProblems where it cannot be read, or is too large."""
    try:
        return _content(path)
    except Unreadable as reason:
        raise IntakeProblems((_of_file(path.name or str(path), reason),)) from None


def parse(file: str, content: bytes, *forms: Table) -> Sheet:
    """The table in the bytes of a file of that name; IntakeProblems with all that is wrong.

    Of several `forms` of a table it is the one that has most of the header's columns.
    """
    table = forms[0]
    try:
        above, grid = _grid(file, content, forms)
        table = likeliest(forms, grid[0])
    except Unreadable as reason:
        raise IntakeProblems((_of_file(file, reason),)) from None
    top = above + 1
    layout, faults = _layout(file, table, grid[0], top)
    layout = replace(layout, is_workbook=content.startswith(_ZIP))
    problems = list(faults)
    rows = []
    for number, cells in enumerate(grid[1:], top + 1):
        row, faults = _row(layout, number, cells)
        rows.append(row)
        problems += faults
    problems += _repeated(layout, rows)
    if problems:
        faulty = {problem.row for problem in problems}
        known = () if top in faulty else tuple(rows)
        readable = tuple(row for row in known if row.number not in faulty)
        partly = tuple(row for row in known if row.number in faulty)
        in_order = sorted(problems, key=lambda problem: problem.row or 0)
        raise IntakeProblems(tuple(in_order), readable, partly)
    return Sheet(file, table, tuple(rows), tuple(_remarks(content, above)))


def _remarks(content: bytes, above: int) -> Iterator[str]:
    if above:
        yield refusals.chosen(
            f"the {above} rows above the header are taken for a title and say nothing",
            f"表头以上{above}行视为标题，未读取",
        )
    if not content.startswith(_ZIP) and csv_text.is_gb18030(content):
        yield refusals.chosen(
            "the file is no UTF-8 and was read as GB18030 (GBK)",
            "文件不是UTF-8编码，已按GB18030（GBK）读取",
        )


def _content(path: Path) -> bytes:
    try:
        if path.is_dir():
            raise Unreadable("this is a folder; name a CSV or XLSX file in it")
        if not path.exists():
            raise Unreadable("there is no such file; check its name and folder")
        if not path.is_file():
            raise Unreadable("this is a device, not a file; name a CSV or XLSX file")
        _refuse_large(path.stat().st_size)
        with path.open("rb") as opened:
            content = opened.read(LARGEST_FILE + 1)
    except OSError as error:
        raise Unreadable(f"the file cannot be read: {error.strerror}") from None
    _refuse_large(len(content))  # It may have grown.
    return content


def _refuse_large(size: int) -> None:
    if size > LARGEST_FILE:
        raise Unreadable(
            f"the file has {size:,} bytes and the limit is {LARGEST_FILE:,} (20 MB); "
            f"check that it is the right file, or divide it"
        )


def _of_file(file: str, reason: Unreadable) -> CellProblem:
    return CellProblem(file, reason.row, None, "", str(reason))


def _grid(file: str, content: bytes, forms: Sequence[Table]) -> tuple[int, list[list[str]]]:
    """How many rows are left out above the header; the header and at least one row."""
    table = forms[0]
    if not content.strip():
        raise Unreadable(f"the file is empty; {expected(table)}")
    grid = _without_blank_end(_all_rows(file, content, forms))
    above = rows_above(forms, grid)
    grid = grid[above:]
    if not grid:
        raise Unreadable(f"the file has only blank cells; {expected(table)}")
    if not filled_width(grid[0]):
        raise Unreadable(f"row 1 is blank; {expected(table)}", 1)
    if filled_width(grid[0]) > MOST_COLUMNS:
        raise Unreadable(f"row 1 has more than {MOST_COLUMNS} cells; {expected(table)}", 1)
    if len(grid) == 1:
        raise Unreadable("the file has a header only; add at least one row below it")
    refuse_other_header(likeliest(forms, grid[0]), grid[0])
    return above, grid


def _all_rows(file: str, content: bytes, forms: Sequence[Table]) -> Iterable[list[str]]:
    if content.startswith(_ZIP):
        return workbook.rows(content, forms[0].name, lambda grid: has_header(forms, grid))
    if content.startswith(_OLD_EXCEL):
        raise Unreadable(
            "the file is an old (.xls) or password-protected workbook; "
            "save it without a password as XLSX, or as CSV UTF-8"
        )
    if file.casefold().endswith((".xlsx", ".xlsm")):
        raise Unreadable("the file is named as a workbook and is none; save it as XLSX or as CSV")
    return csv_text.rows(content)


def _without_blank_end(rows: Iterable[list[str]]) -> list[list[str]]:
    kept: list[list[str]] = []
    blank = 0
    for cells in rows:
        is_blank = not filled_width(cells)
        if len(kept) + blank > (_ROWS_OF_A_SHEET if is_blank else MOST_ROWS):
            raise Unreadable(f"the file has more than {MOST_ROWS:,} rows; divide it")
        if is_blank:
            blank += 1
        else:
            kept += [[]] * blank + [cells]
            blank = 0
    return kept


@dataclass(frozen=True, slots=True)
class _Layout:
    """Where the columns of the table stand in the file; `width` counts all cells of the header."""

    file: str
    table: Table
    width: int
    columns: Mapping[int, Column]
    headers: Mapping[str, str]
    is_workbook: bool = False

    def problem(self, row: int, column: str | None, value: str, what: str) -> CellProblem:
        """A problem of this file, by the column as the file calls it."""
        return CellProblem(self.file, row, column and self.headers.get(column, column), value, what)


def _layout(
    file: str, table: Table, header: list[str], top: int
) -> tuple[_Layout, list[CellProblem]]:
    names = [cell.strip() for cell in header[: filled_width(header)]]
    meant = [table.column(name) for name in names]
    columns = {meant.index(column): column for column in meant if column}
    problems = [
        CellProblem(file, top, plain(name[:60]) or None, name, what)
        for place, name in enumerate(names)
        if (what := _header_fault(table, names, meant, place))
    ]
    problems += [
        CellProblem(file, top, column.name, "", f"the column is missing; add {shown(column.name)}")
        for column in table.columns
        if column not in meant and column.presence is not Presence.MAY_BE_ABSENT
    ]
    headers = {column.name: names[place] for place, column in columns.items()}
    return _Layout(file, table, len(names), columns, headers), problems


def _header_fault(
    table: Table, names: list[str], meant: Sequence[Column | None], place: int
) -> str:
    name, column = names[place], meant[place]
    if not name:
        return f"cell {place + 1} of the header is blank; name the column or delete it"
    if name in names[:place] or (column and column in meant[:place]):
        return "the column is there twice; delete one of the two"
    if column:
        return ""
    hint = did_you_mean(name, table.column_names)
    return f"{shown(name)} is not a column of {table.name}; rename or delete it{hint}"


def _row(layout: _Layout, number: int, cells: list[str]) -> tuple[Row, list[CellProblem]]:
    """The row with those of its cells that can be read, and what is wrong with the others."""
    uneven = _uneven(layout.width, cells)
    if uneven:
        return Row(number, {}), [layout.problem(number, None, "", uneven)]
    values: dict[str, Value] = {}
    problems: list[CellProblem] = []
    for place, column in layout.columns.items():
        try:
            values[column.name] = _value(cells[place], column)
        except Unreadable as reason:
            what = f"{reason}{_why_empty(layout, cells[place])}"
            problems.append(layout.problem(number, column.name, cells[place], what))
    row = Row(number, values, layout.headers)
    return row, [*problems, *_reversed_periods(layout, row)]


def _why_empty(layout: _Layout, cell: str) -> str:
    """In a workbook a cell may look filled in that is not."""
    if not layout.is_workbook or cell.strip():
        return ""
    return " (merged cells count where they begin, a formula as the value that was saved with it)"


def _uneven(width: int, cells: list[str]) -> str:
    filled = filled_width(cells)
    if not filled:
        return "the row is blank; delete it"
    if filled <= width <= len(cells):
        return ""
    return (
        f"the row has {max(filled, min(len(cells), width))} cells and the header {width}; "
        f"add what is missing, or put quotation marks around a value that has a comma"
    )


def _value(cell: str, column: Column) -> Value:
    trimmed = legible(cell)
    if trimmed:
        return column.parse(trimmed)
    if column.presence is Presence.FILLED:
        raise Unreadable(f"the cell is empty; fill in {column.name}")
    return ""


def _reversed_periods(layout: _Layout, row: Row) -> Iterator[CellProblem]:
    for start, end in layout.table.periods:
        begins, ends = row.text(start), row.text(end)
        if ends and ends < begins:
            what = f"{shown(ends)} is before {start} {shown(begins)}; correct one of the two"
            yield layout.problem(row.number, end, ends, what)


def _repeated(layout: _Layout, rows: Iterable[Row]) -> Iterator[CellProblem]:
    """A problem for each row whose key an earlier row has; a faulty key is passed over."""
    first: dict[tuple[Value, ...], int] = {}
    for row in rows:
        key = tuple(row.values[name] for name in layout.table.key if name in row.values)
        if len(key) < len(layout.table.key):
            continue
        if first.setdefault(key, row.number) != row.number:
            value = " ".join(str(part) for part in key)
            what = f"{shown(value)} is already in row {first[key]}; keep one of the two rows"
            yield layout.problem(row.number, layout.table.key[-1], value, what)

"""The rows of a sheet in an XLSX workbook, as text.

A workbook is a packed archive, and a few bytes of it can stand for gigabytes. So its XML is
unpacked within bounds and measured first, and the reader gets a copy of exactly what was measured.
Every sheet counts towards the bounds. A formula counts as the value that was saved with it.
"""

import io
import re
import struct
import zlib
from collections.abc import Callable
from datetime import date, datetime, time
from lzma import LZMAError
from typing import TypeAlias
from xml.parsers import expat
from zipfile import BadZipFile, ZipFile, ZipInfo

from python_calamine import CalamineError, CalamineWorkbook, SheetTypeEnum, load_workbook

from services.cli.problems import Unreadable, plain

MOST_UNPACKED = 100 * 1024 * 1024  # Bytes of XML.
MOST_ROWS = 60_000  # More than a table may have, so that the table's own limit is heard.
MOST_COLUMNS = 100
MOST_CELLS = 1_000_000  # Filled ones, in all sheets.
MOST_TEXT = 1024 * 1024 * 1024  # Bytes, if every cell repeated the longest text.

_DAMAGED = "the workbook is damaged; open it and save it again as XLSX, or as CSV UTF-8"
_OWN_WORKBOOK = "copy the table into a workbook of its own"
_UNPACKING = (
    BadZipFile,
    EOFError,
    LZMAError,
    NotImplementedError,  # A way of packing that nobody uses.
    OSError,
    RuntimeError,  # An encrypted part.
    UnicodeError,
    ValueError,
    struct.error,
    zlib.error,
)
_REFERENCE = re.compile(r"([A-Za-z]{1,3})([0-9]{1,7})")


Grid: TypeAlias = list[list[str]]


def rows(content: bytes, sheet_name: str, fits: Callable[[Grid], bool]) -> Grid:
    """The cells of each row from row 1 on, all of one width; Unreadable if there is no telling.

    Taken from the sheet of that name, from the only one, or from the only one that `fits`.
    """
    try:
        with load_workbook(io.BytesIO(_measured(content))) as book:
            names = [s.name for s in book.sheets_metadata if s.typ == SheetTypeEnum.WorkSheet]
            named = [name for name in names if name.strip().casefold() == sheet_name]
            likely = named[:1] or names
            if len(likely) == 1:
                return _cells(book, likely[0])
            fitting = [grid for grid in (_cells(book, name) for name in likely) if fits(grid)]
    except CalamineError:
        raise Unreadable(_DAMAGED) from None
    if len(fitting) != 1:
        raise _untold(names, sheet_name)
    return fitting[0]


def _cells(book: CalamineWorkbook, sheet: str) -> Grid:
    grid = book.get_sheet_by_name(sheet).to_python(skip_empty_area=False)
    return [[_as_text(cell) for cell in cells] for cells in grid]


def _measured(content: bytes) -> bytes:
    """A copy of the workbook that has only parts within bounds."""
    copy = io.BytesIO()
    extent = _Extent()
    try:
        with ZipFile(io.BytesIO(content)) as archive, ZipFile(copy, "w") as measured:
            for part in _parts(archive):
                with archive.open(part) as packed:
                    xml = packed.read(part.file_size + 1)
                extent.measure(part.filename, xml)
                measured.writestr(part.filename, xml)
    except Unreadable:
        raise
    except _UNPACKING:
        raise Unreadable(_DAMAGED) from None
    return copy.getvalue()


def _parts(archive: ZipFile) -> list[ZipInfo]:
    parts = {p.filename: p for p in archive.infolist() if p.filename.endswith((".xml", ".rels"))}
    if "xl/workbook.xml" not in parts:
        raise Unreadable("the file is not an XLSX workbook; save it as XLSX or as CSV UTF-8")
    if sum(part.file_size for part in parts.values()) > MOST_UNPACKED:
        raise Unreadable(
            f"the workbook unpacks to more than {MOST_UNPACKED // 1024**2} MB; {_OWN_WORKBOOK}"
        )
    return list(parts.values())


class _Extent:
    """How far the cells of the sheets reach, and how much text they may stand for.

    It counts the place of each cell as the reader of the workbook does: by its reference, or else
    as the next one.
    """

    def __init__(self) -> None:
        self._part = ""
        self._row = self._column = 0
        self._cell = (0, 0)
        self._filled = self._text = self._longest_text = 0
        self._is_in_text = False

    def measure(self, part: str, xml: bytes) -> None:
        """Take one part in; Unreadable where it goes beyond the bounds or is not sound XML."""
        self._part, self._row = part, 0
        parser = expat.ParserCreate("utf-8")  # Whatever the part says of itself.
        parser.buffer_text = True
        parser.StartDoctypeDeclHandler = self._doctype
        parser.StartElementHandler = self._start
        parser.EndElementHandler = self._end
        parser.CharacterDataHandler = self._characters
        try:
            parser.Parse(xml, True)
        except expat.ExpatError:
            raise Unreadable(_DAMAGED) from None
        if self._filled * self._longest_text > MOST_TEXT:
            raise Unreadable("the workbook holds too much text; save the table as CSV UTF-8")

    def _doctype(self, *_: object) -> None:
        raise Unreadable(_DAMAGED)  # No workbook has one; it could multiply its text.

    def _start(self, tag: str, attributes: dict[str, str]) -> None:
        for name in ("count", "uniqueCount"):  # The reader makes room for as many at once.
            if int(attributes.get(name, 0)) > MOST_CELLS:
                raise Unreadable(_DAMAGED)
        match tag.rpartition(":")[2]:
            case "row":
                self._row = int(attributes.get("r", self._row + 1))
                self._column = 0
            case "c":
                self._cell = self._place(attributes.get("r"))
                if attributes.get("t") == "e":
                    self._refuse_error()
            case "v" | "is":
                self._fill()
            case "si":
                self._is_in_text = True

    def _end(self, tag: str) -> None:
        if tag.rpartition(":")[2] == "si":
            self._is_in_text = False
            self._text = 0

    def _place(self, reference: str | None) -> tuple[int, int]:
        match = _REFERENCE.fullmatch(reference) if reference else None
        if reference and match is None:
            raise Unreadable(_DAMAGED)
        self._column = _column_number(match[1]) if match else self._column + 1
        return (int(match[2]) if match else self._row, self._column)

    def _fill(self) -> None:
        self._filled += 1
        if self._filled > MOST_CELLS:
            raise Unreadable(f"the workbook has more than {MOST_CELLS:,} cells; {_OWN_WORKBOOK}")
        row, column = self._cell
        if row > MOST_ROWS or column > MOST_COLUMNS:
            raise Unreadable(
                f"{plain(self._part)} has a cell in row {row}, column {column}, beyond row "
                f"{MOST_ROWS} or column {MOST_COLUMNS}; delete it, or {_OWN_WORKBOOK}"
            )

    def _refuse_error(self) -> None:
        row, column = self._cell
        raise Unreadable(
            f"{plain(self._part)} has an error such as #N/A in row {row}, column {column}; "
            f"write the value in its place"
        )

    def _characters(self, data: str) -> None:
        if self._is_in_text:
            self._text += len(data.encode())
            self._longest_text = max(self._longest_text, self._text)


def _column_number(letters: str) -> int:
    number = 0
    for letter in letters.upper():
        number = number * 26 + ord(letter) - ord("A") + 1
    return number


def _untold(names: list[str], sheet_name: str) -> Unreadable:
    found = ", ".join(plain(name) for name in names) or "none"
    return Unreadable(
        f'the workbook has no sheet named "{sheet_name}" (its sheets: {found}), and not one alone'
        " has the columns of it; rename the sheet that holds the table"
    )


def _as_text(cell: object) -> str:
    match cell:
        case str():
            return cell
        case datetime() if cell.time() == time():
            return cell.date().isoformat()
        case date() | time():
            return cell.isoformat()
        case float() if cell.is_integer():
            return str(int(cell))
        case _:
            return str(cell)

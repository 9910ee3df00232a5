"""The rows of a CSV file: UTF-8 with or without a byte order mark, commas, strict quoting.

A file that is no UTF-8 and is Chinese text from end to end as GB18030 (GBK), as spreadsheets in
China save it, is read so, and that is said. Any other encoding is named, with the way to save the
file again, and refused.
"""

import csv
import io
from collections.abc import Iterator

from services.cli.problems import Unreadable

_BYTE_ORDER_MARKS = (b"\xff\xfe", b"\xfe\xff")
_SAVE_AS_UTF_8 = 'save it again as "CSV UTF-8" (Excel: Save As, file type CSV UTF-8)'


def rows(content: bytes) -> Iterator[list[str]]:
    """The cells of each row, header first, blank rows as they stand; Unreadable if it is no CSV."""
    reader = csv.reader(io.StringIO(_decoded(content), newline=""), strict=True)
    number = 0
    try:
        for cells in reader:
            number += 1
            yield cells
    except csv.Error as error:
        raise Unreadable(
            f"the row cannot be split into cells ({error}); put quotation marks around a value "
            f"that has a comma, and double those inside a value",
            number + 1,
        ) from None


def is_gb18030(content: bytes) -> bool:
    """Whether the file is read as GB18030, since it is no UTF-8."""
    try:
        content.decode("utf-8")
    except UnicodeDecodeError:
        return bool(_as_gb18030(content))
    return False


def _decoded(content: bytes) -> str:
    if content.startswith(_BYTE_ORDER_MARKS) or _is_half_nul(content):
        raise Unreadable(f"the file is in UTF-16 (Excel's Unicode text); {_SAVE_AS_UTF_8}")
    if b"\0" in content:
        raise Unreadable("the file holds NUL bytes, so it is not text; hand in a CSV or XLSX file")
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        if chinese := _as_gb18030(content):
            return chinese
        row = content.count(b"\n", 0, error.start) + 1
        what = "the file is not UTF-8 from this row on"
        raise Unreadable(f"{what}; {_SAVE_AS_UTF_8}", row) from None


def _is_half_nul(content: bytes) -> bool:
    """Whether letters and NUL bytes take turns, as in UTF-16 without a byte order mark."""
    start = content[:200]
    return any(start[i::2].count(0) > len(start) // 3 for i in (0, 1))


def _as_gb18030(content: bytes) -> str:
    """The text, if all of it is GB18030 and some of it Chinese; "" otherwise."""
    try:
        text = content.decode("gb18030")
    except UnicodeDecodeError:
        return ""
    is_plain = all(c.isprintable() or c.isspace() for c in text)
    return text if is_plain and any("\u4e00" <= c <= "\u9fff" for c in text) else ""

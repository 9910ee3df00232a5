"""A workbook is read like the CSV of its sheet, within bounds."""

import io
from collections.abc import Callable
from datetime import date, datetime, time
from zipfile import ZIP_DEFLATED, ZipFile

import pytest
import xlsxwriter
from hypothesis import given, settings
from hypothesis import strategies as st

from services.cli.intake import RATINGS, IntakeProblems, Row, parse

HEADER: list[object] = [*RATINGS.column_names]
XIANGTAN = [2020, "xiangtan", "优秀", date(2021, 6, 21), "866号", "public", "经济导报"]
SHEET = "xl/worksheets/sheet1.xml"


def workbook(*sheets: tuple[str, list[list[object]]]) -> bytes:
    content = io.BytesIO()
    with xlsxwriter.Workbook(content, {"default_date_format": "yyyy/m/d"}) as book:
        for name, rows in sheets:
            sheet = book.add_worksheet(name)
            for number, cells in enumerate(rows):
                sheet.write_row(number, 0, cells)
    return content.getvalue()


def ratings(*rows: list[object]) -> bytes:
    return workbook(("ratings", [HEADER, *rows]))


def changed(content: bytes, part: str, change: Callable[[bytes], bytes]) -> bytes:
    copy = io.BytesIO()
    with ZipFile(io.BytesIO(content)) as old, ZipFile(copy, "w", ZIP_DEFLATED) as new:
        for name in old.namelist():
            new.writestr(name, change(old.read(name)) if name == part else old.read(name))
    return copy.getvalue()


def take(content: bytes) -> tuple[Row, ...]:
    return parse("ratings.xlsx", content, RATINGS).rows


def fault(content: bytes) -> str:
    with pytest.raises(IntakeProblems) as refusal:
        take(content)
    return str(refusal.value)


def is_answered(content: bytes) -> bool:
    try:
        return bool(take(content))
    except IntakeProblems as refusal:
        return bool(refusal.problems)


GOOD = ratings(XIANGTAN)


def test_a_sheet_says_the_same_as_its_csv() -> None:
    text = (
        ",".join(RATINGS.column_names) + "\n2020,xiangtan,优秀,2021-06-21,866号,public,经济导报\n"
    )
    assert take(GOOD) == parse("ratings.csv", text.encode(), RATINGS).rows


def test_a_file_is_a_workbook_by_its_content_whatever_its_name() -> None:
    assert parse("ratings.csv", GOOD, RATINGS).rows == take(GOOD)
    assert "is named as a workbook and is none" in fault(b"round,unit_id\n")


def test_a_cell_that_only_looks_filled_in_is_told_from_one_that_is_empty() -> None:
    told = fault(ratings(XIANGTAN, [2020, "zhuzhou", None, *XIANGTAN[3:]]))
    assert "row 3, column grade: the cell is empty; fill in grade (merged cells count" in told


def test_a_date_with_a_time_of_day_is_no_date() -> None:
    row = [*XIANGTAN[:3], datetime.combine(date(2021, 6, 21), time(9, 30)), *XIANGTAN[4:]]
    assert '"2021-06-21T09:30:00" is not a date' in fault(ratings(row))


def test_the_number_of_a_day_is_no_date_and_the_day_is_offered() -> None:
    row = [*XIANGTAN[:3], 44368, *XIANGTAN[4:]]
    assert '"44368" is not a date; write it as 2021-06-09 (did you mean 2021-06-21?)' in fault(
        ratings(row)
    )


def test_a_number_is_read_as_its_digits_where_text_is_expected() -> None:
    assert take(ratings([*XIANGTAN[:4], 866, *XIANGTAN[5:]]))[0].text("document") == "866"


def test_a_row_is_named_by_its_number_in_the_sheet() -> None:
    assert "ratings.xlsx row 3, column grade" in fault(
        ratings(XIANGTAN, [2020, "zhuzhou", "fine", *XIANGTAN[3:]])
    )


def test_a_cell_beside_the_table_is_refused_in_its_row() -> None:
    assert "row 2: the row has 9 cells and the header 7" in fault(ratings([*XIANGTAN, "", "note"]))


def test_the_sheet_named_like_the_table_is_taken_from_several() -> None:
    notes: list[list[object]] = [["anything"]]
    assert take(workbook(("notes", notes), ("Ratings", [HEADER, XIANGTAN]))) == take(GOOD)


def test_the_only_sheet_is_taken_whatever_its_name() -> None:
    assert take(workbook(("Sheet1", [HEADER, XIANGTAN]))) == take(GOOD)


def test_the_only_sheet_whose_header_fits_is_taken_whatever_stands_before_it() -> None:
    notes: list[list[object]] = [["填报说明"], ["", "请逐项填写"]]
    title: list[object] = ["2020年度评估结果"]
    for rows in ([HEADER, XIANGTAN], [title, HEADER, XIANGTAN]):
        found = take(workbook(("说明", notes), ("数据", rows)))
        assert [row.values for row in found] == [row.values for row in take(GOOD)]


def test_several_sheets_of_other_names_are_refused_and_named() -> None:
    several = workbook(("2020", [HEADER, XIANGTAN]), ("2021", [HEADER]))
    assert fault(workbook(("说明", [["填报说明"]]), ("x", [["数据"]])))
    assert 'no sheet named "ratings" (its sheets: 2020, 2021)' in fault(several)


def test_an_empty_sheet_and_a_header_alone_are_refused() -> None:
    assert "only blank cells" in fault(workbook(("ratings", [])))
    assert "a header only" in fault(ratings())


def test_an_error_in_a_cell_is_not_taken_for_an_empty_cell() -> None:
    content = io.BytesIO()
    with xlsxwriter.Workbook(content) as book:
        book.add_worksheet("ratings").write_formula(1, 6, "=NA()", None, "#N/A")
    assert "has an error such as #N/A in row 2, column 7" in fault(content.getvalue())


@pytest.mark.parametrize("place", [b"XFD2", b"A1048576", b"CW1"])
def test_a_cell_far_from_the_table_is_refused_before_room_is_made_for_it(place: bytes) -> None:
    far = changed(GOOD, SHEET, lambda xml: xml.replace(b'r="A2"', b'r="%s"' % place))
    assert "delete it, or copy the table into a workbook of its own" in fault(far)


def test_cells_without_a_place_are_counted() -> None:
    wide = b"<sheetData><row>" + b"<c><v>1</v></c>" * 101 + b"</row>"
    content = changed(GOOD, SHEET, lambda xml: xml.replace(b"<sheetData>", wide))
    assert "row 1, column 101" in fault(content)


def test_more_cells_than_the_limit_are_refused() -> None:
    many = b"<sheetData>" + (b"<row>" + b"<c><v>1</v></c>" * 100 + b"</row>") * 10_001
    content = changed(GOOD, SHEET, lambda xml: xml.replace(b"<sheetData>", many))
    assert "more than 1,000,000 cells" in fault(content)


def test_a_workbook_that_unpacks_to_too_much_is_refused_unread() -> None:
    content = changed(GOOD, SHEET, lambda xml: xml + b" " * (101 * 1024 * 1024))
    assert len(content) < 200_000
    assert "unpacks to more than 100 MB" in fault(content)


def test_a_long_text_that_many_cells_repeat_is_refused() -> None:
    long = b"<si><t>" + b"x" * 3_000_000 + b"</t></si>"
    many = b'<row r="3">' + b"<c><v>1</v></c>" * 90 + b"</row>"
    content = changed(
        GOOD, "xl/sharedStrings.xml", lambda xml: xml.replace(b"</sst>", long + b"</sst>")
    )
    content = changed(
        content, SHEET, lambda xml: xml.replace(b"</sheetData>", many * 5 + b"</sheetData>")
    )
    assert "holds too much text" in fault(content)


def test_a_count_beyond_all_cells_is_refused_before_room_is_made_for_it() -> None:
    content = changed(
        GOOD, "xl/sharedStrings.xml", lambda xml: xml.replace(b'Count="', b'Count="429496')
    )
    assert "the workbook is damaged" in fault(content)


def test_xml_that_multiplies_itself_is_refused() -> None:
    laughs = b'<!DOCTYPE x [<!ENTITY a "ha"><!ENTITY b "&a;&a;">]>'
    content = changed(
        GOOD, SHEET, lambda xml: xml.replace(b"<worksheet", laughs + b"<worksheet", 1)
    )
    assert "the workbook is damaged" in fault(content)


def test_an_archive_that_is_no_workbook_is_refused() -> None:
    content = io.BytesIO()
    with ZipFile(content, "w") as archive:
        archive.writestr("content.xml", "<office/>")
    assert "is not an XLSX workbook" in fault(content.getvalue())


def test_an_old_or_locked_workbook_is_refused() -> None:
    assert "password-protected" in fault(b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + b"\0" * 600)


@pytest.mark.parametrize(
    "length",
    [4, 40, 400, len(GOOD) // 2, len(GOOD) - 1],
    ids=["4", "40", "400", "half", "all but one"],
)
def test_a_workbook_that_was_cut_off_is_refused(length: int) -> None:
    assert "ratings.xlsx: " in fault(GOOD[:length])


PARTS = ZipFile(io.BytesIO(GOOD)).namelist()


@settings(max_examples=200, deadline=None)
@given(st.data())
def test_whatever_is_damaged_the_answer_is_rows_or_problems(data: st.DataObject) -> None:
    part = data.draw(st.sampled_from(PARTS))
    place = data.draw(st.integers(0, 3000))
    length = data.draw(st.integers(0, 30))
    junk = data.draw(st.binary(max_size=6) | st.sampled_from([b"0", b"-1", b"99999999999", b"/>"]))
    content = changed(GOOD, part, lambda xml: xml[:place] + junk + xml[place + length :])
    assert is_answered(content)

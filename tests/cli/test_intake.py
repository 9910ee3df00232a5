"""A table is taken whole, or refused with all that is wrong with it."""

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.cli.intake import (
    HONOURS,
    LARGEST_FILE,
    MOST_ROWS,
    RATINGS,
    UNITS,
    CellProblem,
    IntakeProblems,
    Sheet,
    Table,
    parse,
    read,
    render,
)

HEADER = "round,unit_id,grade,published_on,document,visibility\n"
XIANGTAN = "2020,xiangtan,优秀,2021-06-21,发改振兴〔2021〕866号,public\n"
ZHUZHOU = "2020,zhuzhou,good,2021-06-21,发改振兴〔2021〕866号,public\n"
UNIT_HEADER = (
    "unit_id,name_zh,name_en,kind,zone_id,province,beneficiary_class,member_from,member_until\n"
)


def take(text: str, table: Table = RATINGS) -> Sheet:
    return parse(f"{table.name}.csv", text.encode(), table)


def faults(content: str | bytes, table: Table = RATINGS, file: str = "ratings.csv") -> list[str]:
    with pytest.raises(IntakeProblems) as refusal:
        parse(file, content.encode() if isinstance(content, str) else content, table)
    return render(refusal.value.problems).splitlines()


def is_answered(content: bytes) -> bool:
    try:
        return bool(parse("ratings.csv", content, RATINGS).rows)
    except IntakeProblems as refusal:
        return bool(refusal.problems)


def test_a_rating_comes_out_in_english_words_and_iso_dates() -> None:
    (row,) = take(HEADER + XIANGTAN).rows
    assert row.number == 2
    assert row.values == {
        "round": 2020,
        "unit_id": "xiangtan",
        "grade": "excellent",
        "published_on": "2021-06-21",
        "document": "发改振兴〔2021〕866号",
        "visibility": "public",
    }
    assert (row.year("round"), row.text("unit_id"), row.text("source")) == (2020, "xiangtan", "")


def test_an_empty_cell_that_may_be_empty_comes_out_as_empty_text() -> None:
    sheet = take(
        UNIT_HEADER + "hebi,鹤壁,,provincial_zone,,河南,provincial_by_reference,,\n", UNITS
    )
    assert [sheet.rows[0].text(name) for name in ("name_en", "zone_id", "member_from")] == [""] * 3


def test_columns_may_stand_in_any_order_and_carry_a_source() -> None:
    header = "source,honour_id,round,kind,name_zh,name_en,unit_id,awarded_on,document"
    sheet = take(f"{header}\n经济导报,h-1,2020,park,石景山园,,shijingshan,,866号\n", HONOURS)
    assert sheet.rows[0].text("source") == "经济导报"


def test_a_byte_order_mark_and_windows_line_ends_do_not_count() -> None:
    assert len(take("\ufeff" + (HEADER + XIANGTAN).replace("\n", "\r\n")).rows) == 1


def test_blank_rows_and_columns_at_the_end_do_not_count() -> None:
    rows = (HEADER + XIANGTAN).replace("\n", ",,\n")
    assert len(take(rows + ",,,,,,,\n\n \n").rows) == 1


def test_every_problem_is_named_with_its_row_and_column_in_one_list() -> None:
    assert faults(
        HEADER
        + "2020,xiangtan,exellent,2021/6/21,,public\n"
        + XIANGTAN
        + "20,株洲,good,2021-06-21,866号,everyone\n"
    ) == [
        (
            'ratings.csv row 2, column grade: "exellent" is not a grade; use one of '
            "excellent 优秀, good 良好, qualified 合格, poor 较差 (did you mean excellent?)"
        ),
        (
            'ratings.csv row 2, column published_on: "2021/6/21" is not a date; '
            "write it as 2021-06-09 (did you mean 2021-06-21?)"
        ),
        "ratings.csv row 2, column document: the cell is empty; fill in document",
        (
            'ratings.csv row 3, column unit_id: "2020 xiangtan" is already in row 2; '
            "keep one of the two rows"
        ),
        'ratings.csv row 4, column round: "20" is not a year from 2000 to 2100; write it as 2020',
        (
            'ratings.csv row 4, column visibility: "everyone" is not a visibility; '
            "use one of public, subject, internal"
        ),
    ]


def test_a_unit_may_be_named_as_people_call_it_but_is_entered_under_an_identifier() -> None:
    (row,) = take(HEADER + XIANGTAN.replace("xiangtan", "湖南湘潭")).rows
    assert row.text("unit_id") == "湖南湘潭"
    entry = "湘潭,湘潭,,prefecture_city,湖南中部,湖南,national,,\n"
    assert faults(UNIT_HEADER + entry, UNITS, "units.csv") == [
        (
            'units.csv row 2, column unit_id: "湘潭" is not an identifier; '
            "use a-z, 0-9 and hyphens only"
        )
    ]


def test_the_header_is_checked_together_with_the_rows() -> None:
    header = "round,unit_id,grades,grade,grade,published_on,document,"
    assert faults(f"{header},x\n20,xiangtan,a,good,good,2021-06-21,866号,,\n") == [
        (
            'ratings.csv row 1, column grades: "grades" is not a column of ratings; '
            "rename or delete it (did you mean grade?)"
        ),
        "ratings.csv row 1, column grade: the column is there twice; delete one of the two",
        "ratings.csv row 1: cell 8 of the header is blank; name the column or delete it",
        'ratings.csv row 1, column x: "x" is not a column of ratings; rename or delete it',
        'ratings.csv row 1, column visibility: the column is missing; add "visibility"',
        'ratings.csv row 2, column round: "20" is not a year from 2000 to 2100; write it as 2020',
    ]


def test_a_round_has_one_rating_a_unit_and_another_round_another() -> None:
    assert len(take(HEADER + XIANGTAN + ZHUZHOU + XIANGTAN.replace("2020,", "2021,")).rows) == 3


def test_a_membership_does_not_end_before_it_begins() -> None:
    unit = "zibo,淄博,Zibo,prefecture_city,shandong-zibo,山东,national,2017-04-13,"
    assert len(take(f"{UNIT_HEADER}{unit}2017-04-13\n", UNITS).rows) == 1
    assert faults(f"{UNIT_HEADER}{unit}2017-04-12\n", UNITS) == [
        (
            'ratings.csv row 2, column member_until: "2017-04-12" is before member_from '
            '"2017-04-13"; correct one of the two'
        )
    ]


def test_a_blank_row_between_rows_is_a_problem() -> None:
    assert faults(HEADER + "\n" + XIANGTAN) == ["ratings.csv row 2: the row is blank; delete it"]


@pytest.mark.parametrize(("row", "count"), [("2020,xiangtan,good\n", 3), ("a,b,c,d,e,f,g\n", 7)])
def test_a_row_has_as_many_cells_as_the_header(row: str, count: int) -> None:
    (fault,) = faults(HEADER + row)
    assert fault.startswith(f"ratings.csv row 2: the row has {count} cells and the header 6;")


@pytest.mark.parametrize("content", ["", "\n\n", " , ,\n", "\ufeff"])
def test_an_empty_file_is_told_which_columns_it_should_have(content: str) -> None:
    (fault,) = faults(content)
    assert "its first row must name the columns round, unit_id, grade" in fault


def test_a_header_alone_is_no_table() -> None:
    assert faults(HEADER) == [
        "ratings.csv: the file has a header only; add at least one row below it"
    ]


def test_a_header_of_more_than_a_hundred_cells_is_refused() -> None:
    assert "row 1 has more than 100 cells" in faults("x," * 100 + "x\n1\n")[0]


def test_a_first_row_that_is_blank_with_no_header_below_it_is_refused() -> None:
    assert faults("\n" + XIANGTAN)[0].startswith("ratings.csv row 1: row 1 is blank;")


def test_cells_that_commas_do_not_separate_are_refused() -> None:
    (fault,) = faults((HEADER + XIANGTAN).replace(",", ";"))
    assert "not separated by commas" in fault


def test_a_header_in_capitals_is_one_fault() -> None:
    (fault,) = faults(HEADER.upper() + XIANGTAN)
    assert fault.startswith("ratings.csv row 1: the columns are written in small letters;")


@pytest.mark.parametrize("encoding", ["gb18030", "gbk"])
def test_chinese_as_spreadsheets_in_china_save_it_is_read_and_said(encoding: str) -> None:
    sheet = parse("ratings.csv", (HEADER + XIANGTAN).encode(encoding), RATINGS)
    assert sheet.rows == take(HEADER + XIANGTAN).rows
    assert sheet.remarks == ("the file is no UTF-8 and was read as GB18030 (GBK)",)
    assert take(HEADER + XIANGTAN).remarks == ()


def test_what_is_neither_utf_8_nor_chinese_to_its_end_is_refused() -> None:
    for broken in (b"\xff\n", "é".encode("latin-1") + b",\n"):
        (fault,) = faults((HEADER + XIANGTAN).encode("gb18030") + broken)
        assert "the file is not UTF-8 from this row on" in fault
        assert 'save it again as "CSV UTF-8"' in fault


def test_a_title_above_the_header_says_nothing_and_that_is_said() -> None:
    titled = take("2020年度评估结果\n\n" + HEADER + XIANGTAN)
    (row,) = titled.rows
    assert (row.number, row.values) == (4, take(HEADER + XIANGTAN).rows[0].values)
    assert titled.remarks == ("the 2 rows above the header are taken for a title and say nothing",)


def test_a_fault_below_a_title_is_in_the_row_that_the_spreadsheet_shows() -> None:
    (fault,) = faults("2020年度评估结果\n" + HEADER + XIANGTAN.replace("优秀", "好极"))
    assert fault.startswith("ratings.csv row 3, column grade: ")
    (column, *_) = faults("标题\n" + HEADER.replace("grade", "mark") + XIANGTAN)
    assert column.startswith("ratings.csv row 2")


@pytest.mark.parametrize("encoding", ["utf-16", "utf-16-le", "utf-16-be"])
def test_utf_16_is_recognised(encoding: str) -> None:
    (fault,) = faults((HEADER + XIANGTAN).encode(encoding))
    assert "is in UTF-16" in fault
    assert 'save it again as "CSV UTF-8"' in fault


def test_bytes_that_are_no_text_are_refused() -> None:
    assert "NUL bytes" in faults(b"\x89PNG\r\n\x1a\n\x01\x02\x03\x00 not text")[0]
    assert "not UTF-8 from this row on;" in faults(HEADER.encode() + b"\xff\xff\xff")[0]


@pytest.mark.parametrize("row", ['2020,"xiangtan\n', '2020,"xiang"tan,good\n'])
def test_quotation_marks_that_do_not_match_are_refused_in_their_row(row: str) -> None:
    (fault,) = faults(HEADER + XIANGTAN + row)
    assert fault.startswith("ratings.csv row 3: the row cannot be split into cells")


def test_a_line_break_within_quotation_marks_does_not_shift_the_row_numbers() -> None:
    broken = '2020,xiangtan,优秀,2021-06-21,"866\n号",public\n'
    places = [fault.split(":")[0] for fault in faults(HEADER + broken + "2020,zhuzhou,x,,,\n")]
    assert places[:2] == ["ratings.csv row 2, column document", "ratings.csv row 3, column grade"]


def test_more_rows_than_the_limit_are_refused() -> None:
    rows = [XIANGTAN.replace("xiangtan", f"unit-{i}") for i in range(MOST_ROWS + 1)]
    assert len(take(HEADER + "".join(rows[:-1])).rows) == MOST_ROWS
    assert faults(HEADER + "".join(rows)) == [
        "ratings.csv: the file has more than 50,000 rows; divide it"
    ]


def test_a_file_beyond_the_limit_is_refused_unread(tmp_path: Path) -> None:
    path = tmp_path / "ratings.csv"
    with path.open("wb") as file:
        file.truncate(LARGEST_FILE + 1)
    with pytest.raises(IntakeProblems, match="the limit is 20,971,520"):
        read(path, RATINGS)


def test_a_missing_file_and_a_folder_are_refused(tmp_path: Path) -> None:
    with pytest.raises(IntakeProblems, match="there is no such file"):
        read(tmp_path / "ratings.csv", RATINGS)
    with pytest.raises(IntakeProblems, match="this is a folder"):
        read(tmp_path, RATINGS)


def test_a_file_is_read_from_its_path(tmp_path: Path) -> None:
    path = tmp_path / "ratings.csv"
    path.write_text(HEADER + XIANGTAN, encoding="utf-8")
    assert read(path, RATINGS) == take(HEADER + XIANGTAN)


def test_a_long_list_of_problems_is_cut_and_says_how_many_follow() -> None:
    problems = [CellProblem("f.csv", row, None, "", "wrong") for row in range(2, 7)]
    assert render(problems, limit=2).splitlines() == [
        "f.csv row 2: wrong",
        "f.csv row 3: wrong",
        "... and 3 more problems",
    ]


def test_a_problem_shows_nothing_that_a_terminal_would_act_upon() -> None:
    hostile = "\x1b]0;x\x07" + "a" * 500
    (fault,) = faults(HEADER + XIANGTAN.replace("优秀", hostile))
    assert fault.isprintable()
    assert len(fault) < 250


@given(st.binary() | st.text().map(str.encode) | st.binary().map(b"PK\x03\x04".__add__))
def test_whatever_the_bytes_the_answer_is_rows_or_problems(content: bytes) -> None:
    for text in (content, HEADER.encode() + content):
        assert is_answered(text)


CELLS = st.sampled_from(["2020", "xiangtan", "优秀", "2021-06-21", "866号", "public", "", " ", "x"])


@given(st.lists(st.lists(CELLS, min_size=6, max_size=6), min_size=1, max_size=8))
def test_every_problem_is_in_a_row_of_the_file_and_a_column_of_the_table(
    rows: list[list[str]],
) -> None:
    try:
        assert len(take(HEADER + "\n".join(map(",".join, rows))).rows) <= len(rows)
    except IntakeProblems as refusal:
        for problem in refusal.problems:
            assert problem.row is None or 1 <= problem.row <= len(rows) + 1
            assert problem.column is None or problem.column in RATINGS.column_names

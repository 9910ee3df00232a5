"""What a single cell may say, and how a wrong one is answered."""

import pytest

from services.cli.cells import LONGEST_CELL, Parse, identifier, iso_date, legible, year
from services.cli.problems import Unreadable
from services.cli.tables import GRADES, RATINGS, UNITS, Table


def fault(parse: Parse, cell: str) -> str:
    with pytest.raises(Unreadable) as refusal:
        parse(cell)
    return str(refusal.value)


def parser(table: Table, name: str) -> Parse:
    return next(column.parse for column in table.columns if column.name == name)


GRADE = parser(RATINGS, "grade")


@pytest.mark.parametrize(("english", "chinese"), GRADES.items())
def test_a_grade_is_written_in_english_or_in_chinese(english: str, chinese: tuple[str]) -> None:
    assert [GRADE(word) for word in (english, english.title(), *chinese)] == [english] * 3


def test_an_unknown_grade_is_refused_with_all_grades_and_the_nearest() -> None:
    assert fault(GRADE, "exellent") == (
        '"exellent" is not a grade; use one of excellent 优秀, good 良好, qualified 合格, '
        "poor 较差 (did you mean excellent?)"
    )


def test_a_kind_that_chinese_leaves_open_is_refused() -> None:
    assert "is not a kind of unit" in fault(parser(UNITS, "kind"), "区")


def test_full_width_letters_and_digits_are_as_good_as_plain_ones() -> None:
    assert identifier("ｘｉａｎｇｔａｎ") == "xiangtan"
    assert iso_date("２０２１－０６－０９") == "2021-06-09"
    assert year("２０２０") == 2020
    assert GRADE("ｇｏｏｄ") == "good"


def test_an_identifier_has_lower_case_letters_digits_and_hyphens_only() -> None:
    assert identifier("hunan-zhongbu") == "hunan-zhongbu"
    assert "(did you mean hunan-zhongbu?)" in fault(identifier, "Hunan_Zhongbu")
    assert "use a-z, 0-9 and hyphens only" in fault(identifier, "湘潭")


@pytest.mark.parametrize("cell", ["2021/6/9", "2021.06.09", "2021年6月9日", "2021-6-9", "44356"])
def test_a_date_in_another_form_is_refused_and_the_iso_form_offered(cell: str) -> None:
    assert "(did you mean 2021-06-09?)" in fault(iso_date, cell)


@pytest.mark.parametrize("cell", ["2021-02-30", "2021-13-01", "2021-00-10", "0000-01-01"])
def test_a_date_must_be_a_day_of_the_calendar(cell: str) -> None:
    assert "is not a day of the calendar" in fault(iso_date, cell)


@pytest.mark.parametrize("cell", ["1999-12-31", "2101-01-01", "0202-06-09"])
def test_a_date_must_be_within_the_century_of_the_programme(cell: str) -> None:
    assert "correct the year" in fault(iso_date, cell)


def test_the_first_and_the_last_day_of_the_century_are_dates() -> None:
    assert [iso_date("2000-01-01"), iso_date("2100-12-31")] == ["2000-01-01", "2100-12-31"]


@pytest.mark.parametrize("cell", ["1999", "2101", "20", "2020年", "2020.5", "-2020", "٢٠٢٠"])
def test_a_year_has_four_digits_from_2000_to_2100(cell: str) -> None:
    assert "write it as 2020" in fault(year, cell)


def test_a_year_that_a_spreadsheet_wrote_as_a_fraction_is_a_year() -> None:
    assert year("2020.0") == 2020


def test_blanks_around_a_cell_do_not_count() -> None:
    assert legible(" \t\u3000湘潭\u3000\n") == "湘潭"


def test_a_cell_has_at_most_a_thousand_characters() -> None:
    assert legible("湘" * LONGEST_CELL) == "湘" * LONGEST_CELL
    assert "has 1001 characters" in fault(legible, "湘" * (LONGEST_CELL + 1))


@pytest.mark.parametrize(
    "character", ["\n", "\x00", "\x1b", "\u200b", "\u202e", "\ufeff", "\u2028"]
)
def test_a_character_that_nobody_sees_is_refused_by_its_number(character: str) -> None:
    assert f"(U+{ord(character):04X})" in fault(legible, f"湘{character}潭")


def test_text_that_an_encoding_has_damaged_is_refused() -> None:
    assert "damaged by a wrong encoding" in fault(legible, "湘\ufffd")


def test_rare_characters_and_blanks_within_a_name_are_kept() -> None:
    assert legible("𰻝 湘\u3000潭") == "𰻝 湘\u3000潭"

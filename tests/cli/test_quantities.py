"""A cell is a number in the unit of its indicator, or says that there is none: no guesses."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.cli.problems import Unreadable
from services.cli.quantities import Quantity, quantity, said
from services.evaluation.scoring.exact import scaled


def read(cell: str, decimals: int = 1, unit: str = "%") -> str:
    return str(quantity(decimals, unit)(cell))


def fault(cell: str, decimals: int = 1, unit: str = "%") -> str:
    with pytest.raises(Unreadable) as refusal:
        read(cell, decimals, unit)
    return str(refusal.value)


@pytest.mark.parametrize("cell", ["7.5", "７．５", "7.5%", "７.５％", "7.5 %", "7.50"])
def test_full_width_digits_the_unit_and_zeros_at_the_end_change_nothing(cell: str) -> None:
    assert read(cell) == "7.5"


def test_the_unit_of_the_indicator_may_stand_behind_the_number() -> None:
    assert read("300个", 0, "个") == "300"


@pytest.mark.parametrize("cell", ["-4.17", "\u22124.17", "－4.17"])
def test_a_minus_may_be_written_in_any_of_its_ways(cell: str) -> None:
    assert read(cell, 2) == "-4.17"


@pytest.mark.parametrize(("cell", "same"), [("-0.0", "0.0"), ("－0", "0")])
def test_nothing_has_no_sign(cell: str, same: str) -> None:
    assert read(cell) == same


@pytest.mark.parametrize("cell", ["2.5户", "7.5‰", "3万"])
def test_another_unit_is_refused_for_it_is_another_number(cell: str) -> None:
    assert "is not a number in %" in fault(cell)


def test_a_percent_sign_is_refused_where_the_indicator_counts_in_something_else() -> None:
    assert "is not a number in 户" in fault("7.5%", 1, "户")


@pytest.mark.parametrize("cell", ["1,234", "1，234", "1 234", "1'234"])
def test_a_thousands_separator_is_refused_with_the_number_that_was_meant(cell: str) -> None:
    assert fault(cell, 0, "个").endswith("(did you mean 1234?)")


@pytest.mark.parametrize(("cell", "meant"), [("+7.5", "7.5"), (".5", "0.5"), ("007", "7")])
def test_a_number_that_is_written_otherwise_is_refused_with_the_usual_way(
    cell: str, meant: str
) -> None:
    assert fault(cell).endswith(f"(did you mean {meant}?)")


@pytest.mark.parametrize("cell", ["约7.5", "1e3", "7.5.1", "五", "7-8", "nan", "∞"])
def test_what_is_no_number_is_refused(cell: str) -> None:
    assert "is not a number" in fault(cell)


def test_more_decimals_than_the_indicator_has_are_refused_and_not_rounded() -> None:
    assert "more than 1 decimals" in fault("7.55")


@pytest.mark.parametrize("cell", ["-", "—", "——", "–", "/", "缺", "缺失", "N/A"])
def test_a_dash_says_that_the_value_is_missing(cell: str) -> None:
    assert said(read(cell)) == Quantity("", "")


@pytest.mark.parametrize("cell", ["缺：未统计", "缺(未统计)", "缺失（未统计）", "Missing: 未统计"])
def test_a_missing_value_may_carry_its_reason(cell: str) -> None:
    assert said(read(cell)) == Quantity("", "未统计")


@given(st.integers(-(10**17), 10**17), st.integers(0, 6))
def test_every_decimal_that_fits_is_read_as_it_is_written(number: int, decimals: int) -> None:
    whole, places = divmod(abs(number), 10**decimals)
    sign = "-" if number < 0 else ""
    text = f"{sign}{whole}.{places:0{decimals}d}" if decimals else f"{sign}{whole}"
    assert said(read(text, decimals, "个")) == Quantity(text)


@given(st.text(alphabet="0123456789.,-+%—缺：( )户 e", max_size=12))
def test_what_is_read_is_a_decimal_of_the_indicator_or_missing(cell: str) -> None:
    try:
        found = said(read(cell))
    except Unreadable:
        return
    assert found.value == "" or scaled(found.value, 1) is not None

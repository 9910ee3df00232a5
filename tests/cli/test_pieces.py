"""One cell can say several things, in a form that a spreadsheet user can write."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.cli.cells import text
from services.cli.pieces import Piece, Sourced, dated, joined, one, pieces, sourced
from services.cli.problems import Unreadable

ALIASES, HOST = dated(text), one(text)


def read(cell: str) -> list[Piece]:
    return pieces(str(ALIASES(cell)))


def fault(cell: str) -> str:
    with pytest.raises(Unreadable) as refusal:
        ALIASES(cell)
    return str(refusal.value)


def test_a_thing_has_its_days_and_its_source_and_may_leave_out_what_is_not_known() -> None:
    assert read("辽宁大连 | 2019-08-30 | 2021-12-31 | 经济日报, 2019-09-01, http://a.b/c") == [
        Piece("辽宁大连", "2019-08-30", "2021-12-31", "经济日报, 2019-09-01, http://a.b/c")
    ]
    assert read("辽宁大连") == [Piece("辽宁大连")]
    assert read("辽宁大连 | | | 经济日报") == [Piece("辽宁大连", source="经济日报")]


@pytest.mark.parametrize(
    "cell", ["甲|2020-01-01;乙", "甲｜２０２０-０１-０１；乙；", " 甲 | 2020-01-01 ; 乙 ; "]
)
def test_marks_may_be_full_width_and_a_last_semicolon_says_nothing(cell: str) -> None:
    assert read(cell) == [Piece("甲", "2020-01-01"), Piece("乙")]


def test_every_thing_that_cannot_be_read_is_told_with_its_number() -> None:
    assert fault("甲 | 2020-13-01; 乙; | 2020-01-01; 丙 | | | a | b") == (
        'value 1: "2020-13-01" is not a day of the calendar; correct the day or month; '
        "value 3: it does not say what it is; write that first, or delete the value; "
        'value 4: "丙 |  |  | a | b" has 5 parts; write what it is | from | until | source'
    )


def test_a_host_is_one_thing_with_its_source() -> None:
    assert sourced(str(HOST("郓城经济开发区 | 经济导报"))) == Sourced("郓城经济开发区", "经济导报")
    assert sourced("") == Sourced("")
    with pytest.raises(Unreadable, match="says 2 things"):
        HOST("甲；乙")


_WORDS = st.text(st.characters(exclude_characters=";；|｜", categories=["L", "N"]), min_size=1)


@given(
    st.lists(
        st.builds(
            Piece, _WORDS, st.sampled_from(["", "2020-01-01"]), st.just(""), st.just("") | _WORDS
        )
    )
)
def test_what_is_written_in_this_form_is_read_as_it_was_meant(things: list[Piece]) -> None:
    assert pieces(joined(things)) == things

"""Money is written with its unit, places as a number, and nothing is rounded."""

import pytest

from services.cli.budget.amounts import money, places, said
from services.cli.problems import Unreadable


@pytest.mark.parametrize(
    ("cell", "fen"),
    [
        ("6000万元", 6_000_000_000),
        ("1.2亿元", 12_000_000_000),
        ("300元", 30_000),
        ("5分", 5),
        ("１２．５万元", 12_500_000),
        ("0.01元", 1),
    ],
)
def test_a_sum_of_money_is_whole_fen(cell: str, fen: int) -> None:
    assert money(cell) == fen


@pytest.mark.parametrize("cell", ["6000", "0.001元", "1,200元", "-5元", "五元", "1e3元", "007元"])
def test_what_could_mean_another_sum_is_refused(cell: str) -> None:
    with pytest.raises(Unreadable):
        money(cell)


def test_places_are_a_number() -> None:
    assert (places("2"), places("3个")) == (2, 3)
    for cell in ("2万元", "1.5", "-1", ""):
        with pytest.raises(Unreadable):
            places(cell)


@pytest.mark.parametrize("fen", [0, 5, 105, 30_000, 12_500_000, 6_000_000_000, 12_345_678_901])
def test_what_is_shown_is_read_back_as_the_same(fen: int) -> None:
    assert money(said(fen).replace(",", "")) == fen


def test_places_are_shown_as_they_are() -> None:
    assert said(12, is_money=False) == "12"

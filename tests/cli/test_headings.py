"""What the tables of the command line call their columns and values, for both kinds of readers."""

import re
from collections.abc import Iterator
from importlib import import_module
from pkgutil import walk_packages
from typing import Any

import pytest

import services.cli
from services.cli import cells, lists, pieces
from services.cli.records import Record

MODULES = [each.name for each in walk_packages(services.cli.__path__, "services.cli.")]


def headings(module: Any) -> Iterator[str]:
    """The headings of the tables that stand in a module."""
    for name, value in vars(module).items():
        if name.endswith("HEADINGS"):
            yield from value
        elif isinstance(value, tuple) and value and all(map(_is_column, value)):
            yield from (heading for heading, _ in value)


def _is_column(value: object) -> bool:
    """A heading with what stands below it; a part of a cell is read by a parser instead."""
    match value:
        case (str(), told):
            return callable(told) and told.__module__ not in {cells.__name__, pieces.__name__}
        case _:
            return False


@pytest.mark.parametrize("name", MODULES)
def test_every_column_is_called_something_in_english_and_in_chinese(name: str) -> None:
    found = [heading for heading in headings(import_module(name)) if heading]
    assert [each for each in found if not re.search("[a-z].* .*[一-鿿]", each)] == []


def test_the_lists_are_among_what_is_looked_at() -> None:
    assert "kind 种类" in set(headings(lists))


@pytest.mark.parametrize(
    ("columns", "heading", "record", "said"),
    [
        (lists.UNITS, "kind 种类", {"kind": "base"}, "base 基地"),
        (lists.UNITS, "class 类别", {"beneficiary_class": "national"}, "national 国家级"),
        (lists.RATINGS, "visibility 可见范围", {"visibility": "internal"}, "internal 内部"),
        (lists.HONOURS, "kind 种类", {"kind": "park"}, "park 园区"),
    ],
)
def test_a_word_of_the_contract_stands_beside_its_chinese_one(
    columns: lists.Columns, heading: str, record: Record, said: str
) -> None:
    assert dict(columns)[heading](record) == said

"""A circular is as many rows as it commends places, and all of them say the same of it."""

import pytest

from services.cli.rounds import tables
from services.cli.rounds.entering import built_circulars
from services.cli.rounds.taking import Built
from tests.cli.rounds.rows import taken
from zoneledger.evaluation.v1.circular_events_pb2 import Circular, CommendedPlace

HEADER = "circular_id,number,title_zh,issued_on,performance_year,place,item,unit_id\n"
FIRST = "c-1,国办发〔2021〕1号,通报,2021-01-05,2020,湘潭,老工业基地,xiangtan\n"
SECOND = "c-1,国办发〔2021〕1号,通报,2021-01-05,2020,浏阳,营商环境,\n"
BOTH = Circular(
    circular_id="c-1",
    number="国办发〔2021〕1号",
    title_zh="通报",
    issued_on="2021-01-05",
    performance_year=2020,
    places=[
        CommendedPlace(name_zh="湘潭", item="老工业基地", unit_id="xiangtan"),
        CommendedPlace(name_zh="浏阳", item="营商环境"),
    ],
)


@pytest.fixture(autouse=True)
def _english(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LC_ALL", "C")


def made(text: str, *known: Circular) -> Built:
    return built_circulars(taken(HEADER + text, tables.CIRCULARS), known)


def test_the_rows_of_one_circular_become_one_circular_with_its_places() -> None:
    assert list(made(FIRST + SECOND).messages) == [BOTH]


def test_a_commended_place_need_not_be_a_unit() -> None:
    assert made(SECOND).messages[0].places[0].unit_id == ""


def test_rows_that_say_different_things_of_one_circular_are_refused() -> None:
    found = made(FIRST + SECOND.replace("2021-01-05", "2021-01-06"))
    assert [(each.cell.row.number, each.cell.column) for each in found.faults] == [(3, "issued_on")]


def test_a_circular_that_the_register_has_otherwise_is_warned_of() -> None:
    assert list(made(FIRST + SECOND, BOTH).warnings) == []
    [warning] = made(FIRST, BOTH).warnings
    assert "which this replaces" in warning.what


def test_what_the_service_refuses_of_a_place_is_found_in_its_row() -> None:
    assert made(FIRST + SECOND).places[0, "places[1]"].row.number == 3

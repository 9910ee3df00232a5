"""Units that the rows of a file name as people call them: their ids, or why there is none.

A zone may come in one file with its members, and be called there by the name that the file has.
An id that the register does not know is left as it is, so that the service judges the row whole.
"""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from typing import NamedTuple, TypeAlias

from services.cli import naming, refusals
from services.cli.client import Clients
from services.cli.intake import Row
from services.cli.naming import Called
from services.cli.pieces import joined, pieces
from services.kernel.reasons import Told
from zoneledger.evaluation.v1.events_pb2 import UnitKind

_OF_ZONES = ("zone_id", "memberships")  # Where several are called so, the zone is meant.

# What is wrong with a cell, by row and column: its value, and the fault.
Unnamed: TypeAlias = dict[tuple[int, str], tuple[str, str]]


class _Named(NamedTuple):
    """A cell that names units, and what each of them is called."""

    row: int
    column: str
    called: Sequence[Called]


def resolved(
    clients: Clients, rows: Sequence[Row], columns: Mapping[str, str]
) -> tuple[list[Row], Unnamed]:
    """The rows with ids for names, and the cells that name no unit, or none for certain.

    `columns` names units, each with the column of the day on which they are called so, if any.
    """
    own = _own(rows) if "zone_id" in columns else {}
    cells = [cell for row in rows for cell in _named(row, columns)]
    asked = [each for cell in cells for each in cell.called if each.name not in own]
    found: dict[Called, str | Told] = {**naming.unit_ids(clients, asked)}
    found |= {each: own[each.name] for cell in cells for each in cell.called if each.name in own}
    unnamed = {
        (cell.row, cell.column): wrong for cell in cells if (wrong := _wrong(cell.called, found))
    }
    return [_with_ids(row, columns, found) for row in rows], unnamed


def _wrong(called: Sequence[Called], found: Mapping[Called, str | Told]) -> tuple[str, str] | None:
    told = [(each.name, said) for each in called if isinstance(said := found[each], Told)]
    if not told:
        return None
    words = [refusals.chosen(said, said.chinese) for _, said in told]
    return told[0][0], refusals.chosen("; ", "；").join(words)


def _own(rows: Sequence[Row]) -> dict[str, str]:
    """The units that the rows enter, by id and by name; a name that two have stands for neither."""
    times = Counter(row.text("name_zh") for row in rows)
    by_name = {
        row.text("name_zh"): row.text("unit_id") for row in rows if times[row.text("name_zh")] == 1
    }
    return by_name | {row.text("unit_id"): row.text("unit_id") for row in rows}


def _named(row: Row, columns: Mapping[str, str]) -> Iterator[_Named]:
    round_ = row.year("round") if "round" in row.values else 0
    for column, day in columns.items():
        if column == "memberships":
            names = [(each.what, each.valid_from) for each in pieces(row.text(column))]
        else:
            names = [(row.text(column), row.text(day))] if row.text(column) else []
        kind = UnitKind.UNIT_KIND_ZONE if column in _OF_ZONES else 0
        called = [Called(name, as_of, round_, kind) for name, as_of in names]
        yield _Named(row.number, column, called)


def _with_ids(row: Row, columns: Mapping[str, str], found: Mapping[Called, str | Told]) -> Row:
    values = dict(row.values)
    for cell in _named(row, columns):
        ids = [_id(each, found) for each in cell.called]
        if cell.column == "memberships" and ids:
            said = pieces(row.text(cell.column))
            values[cell.column] = joined(
                [each._replace(what=id_) for each, id_ in zip(said, ids, strict=True)]
            )
        elif ids:
            values[cell.column] = ids[0]
    return replace(row, values=values)


def _id(called: Called, found: Mapping[Called, str | Told]) -> str:
    answer = found[called]
    return called.name if isinstance(answer, Told) else answer

"""What a file of rows becomes: one batch that the service takes whole or refuses with every fault.

Cells that cannot be read and rows that the service refuses come out as one list, by row and column.
Units may be named in it as people call them; what names no unit is refused with the nearest names.
"""

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import grpc
from google.protobuf.field_mask_pb2 import FieldMask

from services.cli import output, refusals, row_names
from services.cli.client import Clients
from services.cli.intake import (
    HONOURS,
    RATINGS,
    UNITS,
    CellProblem,
    IntakeProblems,
    Row,
    Table,
    read,
)
from services.cli.pieces import pieces, sourced
from services.cli.walking import every
from services.kernel.words import number
from zoneledger.evaluation.v1 import service_pb2 as messages
from zoneledger.evaluation.v1.events_pb2 import (
    Alias,
    BeneficiaryClass,
    DevelopmentZone,
    Grade,
    Honour,
    HonourKind,
    Membership,
    Rating,
    Territory,
    Unit,
    UnitKind,
)
from zoneledger.ledger.v1.outcome_pb2 import BatchOutcome, ItemFault
from zoneledger.ledger.v1.visibility_pb2 import Visibility

_OF_A_LATER_FILE = ("aliases", "memberships", "territories", "place_id", "host")
_PART = re.compile(r"(\w+)\[(\d+)\]\.(\w+)")


@dataclass(frozen=True, slots=True)
class Kind:
    """A table, the columns that name units, the message of a row, and the call that takes them."""

    table: Table
    named: Mapping[str, str]  # Each with the column of the day on which the unit is called so.
    message: Callable[[Row], Any]
    send: Callable[[Clients, Sequence[Any], bool], Any]  # The last says: validate only.
    complete: Callable[[Clients, Sequence[Row], Sequence[Any]], None] = lambda *_: None


def bring_in(clients: Clients, path: Path, kind: Kind) -> BatchOutcome:
    """Import the file; on `IntakeProblems`, which names every fault, nothing is written."""
    problems: list[CellProblem] = []
    try:
        sheet = read(path, kind.table)
        rows: Sequence[Row] = sheet.rows
        for remark in sheet.remarks:
            output.complain(f"{path.name}: {remark}")
    except IntakeProblems as unread:
        problems, rows = list(unread.problems), _to_judge(unread)
    named, unnamed = row_names.resolved(clients, rows, kind.named)
    sent = [kind.message(row) for row in named]
    kind.complete(clients, named, sent)
    try:
        if not problems and not unnamed:
            outcome: BatchOutcome = kind.send(clients, sent, False).outcome
            return outcome
    except grpc.RpcError as error:
        if not refusals.of(error):
            raise
    faults = kind.send(clients, sent, True).outcome.faults if sent else []
    problems += [CellProblem(path.name, *where, *what) for where, what in unnamed.items()]
    told = {(problem.row, problem.column) for problem in problems}
    judged = [_problem(path.name, rows, fault) for fault in faults]
    problems += [each for each in judged if (each.row, each.column) not in told]
    raise IntakeProblems(tuple(sorted(problems, key=lambda problem: problem.row or 0)))


def _to_judge(unread: IntakeProblems) -> list[Row]:
    """The rows of which any cell can be read, in their order.

    A cell that cannot be read is as an empty one to the service, which then finds only the cell at
    fault that is told already.
    """
    some = [row for row in unread.partly if row.values]
    return sorted([*unread.readable, *some], key=lambda row: row.number)


def _problem(file: str, rows: Sequence[Row], fault: ItemFault) -> CellProblem:
    """The fault by its column; of a cell that says several things, with the one that is wrong."""
    row, (column, number, part) = rows[fault.item], _place(fault.field)
    what = refusals.chosen(fault.description, fault.description_zh)
    if number:
        what = refusals.chosen(f"value {number}, {part}: {what}", f"第{number}项{part}：{what}")
    return CellProblem(file, row.number, column or None, row.text(column), what)


def _place(field: str) -> tuple[str, str, str]:
    """`memberships[1].valid_from` as its column, the number of the value, and the part of it."""
    found = _PART.fullmatch(field)
    if found is None:
        return field.partition(".")[0], "", ""
    return found[1], str(int(found[2]) + 1), found[3]


def _unit(row: Row) -> Unit:
    return Unit(
        unit_id=row.text("unit_id"),
        name_zh=row.text("name_zh"),
        name_en=row.text("name_en"),
        kind=number(UnitKind, row.text("kind")),  # type: ignore[arg-type]  # any int
        zone_id=row.text("zone_id"),
        province=row.text("province"),
        beneficiary_class=number(  # type: ignore[arg-type]  # any int
            BeneficiaryClass, row.text("beneficiary_class")
        ),
        member_from=row.text("member_from"),
        member_until=row.text("member_until"),
        source=row.text("source"),
        aliases=[
            Alias(name_zh=each.what, **each.days(), source=each.source)
            for each in pieces(row.text("aliases"))
        ],
        memberships=[
            Membership(zone_id=each.what, **each.days(), source=each.source)
            for each in pieces(row.text("memberships"))
        ],
        territories=[
            Territory(text_zh=each.what, **each.days(), source=each.source)
            for each in pieces(row.text("territories"))
        ],
        place_id=row.text("place_id"),
        host=_host(row.text("host")),
    )


def _keep(clients: Clients, rows: Sequence[Row], units: Sequence[Unit]) -> None:
    """Take over from the register what a file has no column for, as files had before."""
    absent = [column for column in _OF_A_LATER_FILE if rows and column not in rows[0].values]
    if not absent:
        return
    known = {
        each.unit.unit_id: each.unit
        for each in every(clients.evaluation.ListUnits, messages.ListUnitsRequest(), "units")
    }
    for unit in units:
        if registered := known.get(unit.unit_id):
            FieldMask(paths=absent).MergeMessage(registered, unit)


def _host(cell: str) -> DevelopmentZone | None:
    said = sourced(cell)
    return DevelopmentZone(name_zh=said.what, source=said.source) if said.what else None


def _rating(row: Row) -> Rating:
    return Rating(
        unit_id=row.text("unit_id"),
        round=row.year("round"),
        grade=number(Grade, row.text("grade")),  # type: ignore[arg-type]  # any int
        published_on=row.text("published_on"),
        document=row.text("document"),
        visibility=number(Visibility, row.text("visibility")),  # type: ignore[arg-type]  # any int
        source=row.text("source"),
    )


def _honour(row: Row) -> Honour:
    return Honour(
        honour_id=row.text("honour_id"),
        round=row.year("round"),
        kind=number(HonourKind, row.text("kind")),  # type: ignore[arg-type]  # any int
        name_zh=row.text("name_zh"),
        name_en=row.text("name_en"),
        unit_id=row.text("unit_id"),
        awarded_on=row.text("awarded_on"),
        document=row.text("document"),
        source=row.text("source"),
        field_zh=row.text("field_zh"),
    )


def _send_units(clients: Clients, units: Sequence[Unit], validate_only: bool) -> Any:
    request = messages.RegisterUnitsRequest(units=units, validate_only=validate_only)
    return clients.evaluation.RegisterUnits(request)


def _send_ratings(clients: Clients, ratings: Sequence[Rating], validate_only: bool) -> Any:
    request = messages.PublishRatingsRequest(ratings=ratings, validate_only=validate_only)
    return clients.evaluation.PublishRatings(request)


def _send_honours(clients: Clients, honours: Sequence[Honour], validate_only: bool) -> Any:
    request = messages.AwardHonoursRequest(honours=honours, validate_only=validate_only)
    return clients.evaluation.AwardHonours(request)


KINDS = {
    "units": Kind(UNITS, {"zone_id": "member_from", "memberships": ""}, _unit, _send_units, _keep),
    "ratings": Kind(RATINGS, {"unit_id": "published_on"}, _rating, _send_ratings),
    "honours": Kind(HONOURS, {"unit_id": "awarded_on"}, _honour, _send_honours),
}

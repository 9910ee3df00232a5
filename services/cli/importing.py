"""What a file of rows becomes: one batch that the service takes whole or refuses with every fault.

Cells that cannot be read and rows that the service refuses come out as one list, by row and column.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import grpc

from services.cli import refusals
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
from services.kernel.words import number
from zoneledger.evaluation.v1 import service_pb2 as messages
from zoneledger.evaluation.v1.events_pb2 import (
    BeneficiaryClass,
    Grade,
    Honour,
    HonourKind,
    Rating,
    Unit,
    UnitKind,
)
from zoneledger.ledger.v1.outcome_pb2 import BatchOutcome, ItemFault
from zoneledger.ledger.v1.visibility_pb2 import Visibility


@dataclass(frozen=True, slots=True)
class Kind:
    """A table, the message that a row of it becomes, and the call that takes them."""

    table: Table
    message: Callable[[Row], Any]
    send: Callable[[Clients, Sequence[Any], bool], Any]  # The last says: validate only.


def bring_in(clients: Clients, path: Path, kind: Kind) -> BatchOutcome:
    """Import the file; on `IntakeProblems`, which names every fault, nothing is written."""
    problems: list[CellProblem] = []
    try:
        rows = read(path, kind.table).rows
    except IntakeProblems as unread:
        problems, rows = list(unread.problems), unread.readable
    sent = [kind.message(row) for row in rows]
    try:
        if not problems:
            outcome: BatchOutcome = kind.send(clients, sent, False).outcome
            return outcome
    except grpc.RpcError as error:
        if not refusals.of(error):
            raise
    faults = kind.send(clients, sent, True).outcome.faults if sent else []
    problems += [_problem(path.name, rows, fault) for fault in faults]
    raise IntakeProblems(tuple(sorted(problems, key=lambda problem: problem.row or 0)))


def _problem(file: str, rows: Sequence[Row], fault: ItemFault) -> CellProblem:
    row = rows[fault.item]
    value = row.text(fault.field)
    what = refusals.chosen(fault.description, fault.description_zh)
    return CellProblem(file, row.number, fault.field or None, value, what)


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
    )


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
    "units": Kind(UNITS, _unit, _send_units),
    "ratings": Kind(RATINGS, _rating, _send_ratings),
    "honours": Kind(HONOURS, _honour, _send_honours),
}

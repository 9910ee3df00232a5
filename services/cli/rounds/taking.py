"""A file for a round becomes one batch: warnings first, then every fault, all of it or nothing.

What looks wrong and may be right is a warning, which stops nothing; a new check begins as one. What
cannot be read, names no unit, or is refused by the service comes out in one list, by row and column
as the file calls it. What was accepted gets a receipt.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any, NamedTuple

import grpc

from services.cli import intake, output, refusals, row_names
from services.cli.client import Clients
from services.cli.intake import IntakeProblems, Row
from services.cli.problems import CellProblem
from services.cli.rounds import receipts
from services.cli.rounds.receipts import Accepted, Receipt
from services.cli.tables import Table
from zoneledger.ledger.v1.outcome_pb2 import BatchOutcome, ItemFault

_MOST_WARNINGS = 200


class Cell(NamedTuple):
    """Where a value stands in the file, and what it says."""

    row: Row
    column: str

    def problem(self, file: str, what: str) -> CellProblem:
        """What is wrong with it."""
        column = self.row.header(self.column) if self.column else None
        return CellProblem(file, self.row.number, column, self.row.text(self.column), what)


class Remark(NamedTuple):
    """Something about a cell."""

    cell: Cell
    what: str


class Built(NamedTuple):
    """What the rows become: messages, and where each of them, or a part of it, comes from.

    A part is named as the service names it, "observations[3]"; "" is the whole message.
    """

    messages: Sequence[Any]
    places: Mapping[tuple[int, str], Cell]
    faults: Sequence[Remark] = ()
    warnings: Sequence[Remark] = ()


class Plan(NamedTuple):
    """How a file is taken in: its forms, what its rows become, and the call that takes them."""

    forms: Sequence[Table]
    build: Callable[[Sequence[Row]], Built]
    send: Callable[[Sequence[Any], bool], BatchOutcome]  # The last says: validate only.
    command: str
    round: int = 0  # Whose units are meant, where a name could mean several.


class Taken(NamedTuple):
    """What was accepted, and what was said about it."""

    receipt: Receipt
    warnings: Sequence[str]


def take(
    clients: Clients, path: Path, plan: Plan, warn: Callable[[str], None] = output.complain
) -> Taken:
    """Take the file in; on `IntakeProblems`, which names every fault, nothing is written.

    Each warning is said to `warn` before anything is sent.
    """
    content = intake.content_of(path)
    rows, built, problems = prepare(clients, path.name, content, plan)
    warnings = _warn(path.name, built.warnings, warn)
    try:
        if not problems:
            outcome = plan.send(built.messages, False)
            taken = Accepted(path.name, content, len(rows), outcome, plan.command)
            return Taken(receipts.receipt(clients, taken), warnings)
    except grpc.RpcError as error:
        if not refusals.of(error):
            raise
    faults = plan.send(built.messages, True).faults if built.messages else []
    placed = [_placed(path.name, built, fault) for fault in faults]
    known = {(each.row, each.column) for each in problems}
    problems += [each for each in placed if (each.row, each.column) not in known]
    raise IntakeProblems(tuple(sorted(problems, key=lambda problem: problem.row or 0)))


def prepare(
    clients: Clients, file: str, content: bytes, plan: Plan
) -> tuple[Sequence[Row], Built, list[CellProblem]]:
    """The rows, what they become, and what is wrong with them by themselves.

    Of a row with a fault the other cells are judged too, and nothing becomes of it.
    """
    problems: list[CellProblem] = []
    partly: Sequence[Row] = ()
    remarks: Sequence[str] = ()
    try:
        sheet = intake.parse(file, content, *plan.forms)
        rows, remarks = sheet.rows, sheet.remarks
    except IntakeProblems as unread:
        problems, rows, partly = list(unread.problems), unread.readable, unread.partly
    built = _built(clients, file, rows, plan, problems)
    rest = [row for row in partly if row.text("unit_id")]
    also = _built(clients, file, rest, plan, problems) if rest else Built((), {})
    of_file = [Remark(Cell(Row(1, {}), ""), each) for each in remarks]
    warnings = [*of_file, *built.warnings, *also.warnings]
    return rows, built._replace(warnings=warnings), problems


def _built(
    clients: Clients, file: str, rows: Sequence[Row], plan: Plan, problems: list[CellProblem]
) -> Built:
    """What the rows become, with ids for names; what is wrong with them goes to `problems`."""
    if plan.round:
        rows = [replace(row, values={**row.values, "round": plan.round}) for row in rows]
    named, unnamed = row_names.resolved(clients, rows, {"unit_id": ""})
    headers = {row.number: row for row in rows}
    for (number, column), (value, what) in unnamed.items():
        written = headers[number].header(column)
        problems.append(CellProblem(file, number, written, value, what))
    built = plan.build([row for row in named if (row.number, "unit_id") not in unnamed])
    problems += [each.cell.problem(file, each.what) for each in built.faults]
    return built


def _warn(file: str, remarks: Sequence[Remark], warn: Callable[[str], None]) -> list[str]:
    """Say each warning, in the order of the rows."""
    told = [each.cell.problem(file, each.what) for each in remarks]
    told.sort(key=lambda each: each.row or 0)
    lines = [f"{each.place}: {each.what}" for each in told]
    head = refusals.chosen("warning: ", "提示：")
    for line in lines[:_MOST_WARNINGS]:
        warn(head + line)
    if more := len(lines[_MOST_WARNINGS:]):
        warn(head + refusals.chosen(f"and {more} more", f"另有{more}条"))
    return lines


def _placed(file: str, built: Built, fault: ItemFault) -> CellProblem:
    """A fault of the service at the cell that it is about."""
    what = refusals.chosen(fault.description, fault.description_zh)
    part, _, field = fault.field.partition(".")
    cell = built.places.get((fault.item, part)) or built.places.get((fault.item, ""))
    if cell is None:
        return CellProblem(file, None, fault.field or None, "", what)
    column = field if cell.row.text(field) else part if cell.row.text(part) else cell.column
    return Cell(cell.row, column).problem(file, what)

"""An expert's sheet, from the file to its seal.

Nobody can read a sealed sheet, so nobody could say later that a criterion was left out: the sheet
is judged here, before it is sealed, by the rules that will judge it when it is opened. Only the
commitment is sent.
"""

import secrets
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import NamedTuple

import grpc

from services.cli import intake, refusals
from services.cli.client import Clients
from services.cli.intake import IntakeProblems, Row
from services.cli.problems import Unreadable, did_you_mean, shown
from services.cli.rounds import openings, tables
from services.cli.rounds.openings import Opening
from services.cli.rounds.rule_sets import frozen
from services.cli.rounds.sending import call
from services.cli.rounds.taking import Built, Cell, Plan, Remark, prepare
from services.cli.walking import every
from services.evaluation.scoring import experts
from services.evaluation.scoring.parts import Experts, RuleSet
from services.kernel.errors import Rejected
from services.kernel.reasons import Why
from services.kernel.sealing import commitment
from zoneledger.evaluation.v1.round_commands_pb2 import OpenSheet, SealSheet
from zoneledger.evaluation.v1.round_service_pb2 import ListAssessorsRequest
from zoneledger.evaluation.v1.scoring_pb2 import CriterionPoints, ExpertSheet
from zoneledger.ledger.v1.outcome_pb2 import BatchOutcome


class Wish(NamedTuple):
    """Whose sheet is sealed, when, and where the opening goes."""

    year: int
    assessor_id: str
    sealed_on: str
    folder: Path


class Sealed(NamedTuple):
    """The seal, and the file that opens it."""

    commitment: str
    units: int
    opening: Path


def seal(
    clients: Clients,
    path: Path,
    wish: Wish,
    new_salt: Callable[[], str] = lambda: secrets.token_hex(32),
) -> Sealed:
    """Seal the sheet in the file: the opening is written first, the commitment sent then."""
    sheets = read(clients, path, wish)
    opening = Opening(wish.year, wish.assessor_id, new_salt(), sheets)
    said = commitment(*opening)
    command = SealSheet(
        round=wish.year,
        assessor_id=wish.assessor_id,
        commitment=said,
        sealed_on=wish.sealed_on,
    )
    call(clients, "SealSheet", "sheet", command, validate_only=True)
    kept = openings.keep(wish.folder, opening)
    try:
        call(clients, "SealSheet", "sheet", command)
    except grpc.RpcError as error:
        if refusals.of(error):  # It is refused, and not only unheard of.
            openings.forget(kept)
        raise
    return Sealed(said, len(sheets), kept)


def open_(clients: Clients, opening: Opening, opened_on: str) -> BatchOutcome:
    """Open a sheet by what its expert kept."""
    command = OpenSheet(
        round=opening.round,
        assessor_id=opening.assessor_id,
        salt=opening.salt,
        sheets=opening.sheets,
        opened_on=opened_on,
    )
    return call(clients, "OpenSheet", "sheet", command)


def read(clients: Clients, path: Path, wish: Wish) -> Sequence[ExpertSheet]:
    """What the file says of each unit, in order of ids; IntakeProblems with all faults."""
    rules = frozen(clients, wish.year)
    if rules.experts is None:
        raise Rejected(Why.NO_EXPERTS(rule_set=rules.rule_set_id), field="round")
    judged = rules.experts
    conflicts = _conflicts(clients, wish)

    def build(rows: Sequence[Row]) -> Built:
        return built(rules, judged, rows, wish.assessor_id, conflicts)

    plan = Plan(tables.sheets(judged), build, lambda *_: BatchOutcome(), "", wish.year)
    _, made, problems = prepare(clients, path.name, intake.content_of(path), plan)
    if problems:
        raise IntakeProblems(tuple(sorted(problems, key=lambda problem: problem.row or 0)))
    return sorted(made.messages, key=lambda sheet: str(sheet.unit_id))


def built(
    rules: RuleSet,
    judged: Experts,
    rows: Sequence[Row],
    assessor_id: str,
    conflicts: Mapping[str, str],
) -> Built:
    """A sheet for each unit, and what would be refused when it is opened."""
    faults: list[Remark] = []
    points: dict[str, dict[str, tuple[str, Cell]]] = {}
    for row in rows:
        unit_id = row.text("unit_id")
        if unit_id in conflicts:
            faults.append(Remark(Cell(row, "unit_id"), conflicts[unit_id]))
        own = points.setdefault(unit_id, {})
        for criterion, given, cell in _points(judged, row, faults):
            if criterion in own:
                what = refusals.chosen(
                    f"{unit_id} has points for {criterion} already; keep one of them",
                    f"{unit_id}的{criterion}已有评分，请保留其中一个",
                )
                faults.append(Remark(cell, what))
            own[criterion] = (given, cell)
    first = {row.text("unit_id"): Cell(row, "unit_id") for row in reversed(rows)}
    sheets = []
    for unit_id, said in points.items():
        sheet = ExpertSheet(
            assessor_id=assessor_id,
            unit_id=unit_id,
            points=[CriterionPoints(criterion_id=n, points=p) for n, (p, _) in said.items()],
        )
        sheets.append(sheet)
        if not any(each.cell.row.text("unit_id") == unit_id for each in faults):
            wrong = experts.sheet_faults(rules, sheet)
            faults += [
                Remark(first[unit_id], refusals.chosen(each.told, each.told.chinese))
                for each in wrong
            ]
    return Built(sheets, {}, faults)


def _points(judged: Experts, row: Row, faults: list[Remark]) -> list[tuple[str, str, Cell]]:
    """The points of a row: for one criterion, or for each."""
    if "criterion_id" not in row.values:
        names = [each.criterion_id for each in judged.criteria]
        return [(name, row.text(name), Cell(row, name)) for name in names]
    column = tables.sheets(judged)[1].column(row.text("criterion_id"))
    known = {each.criterion_id: each.name_zh for each in judged.criteria}
    if column is None or column.name not in known:
        name = row.text("criterion_id")
        hint = did_you_mean(name, [*known, *known.values()])
        what = refusals.chosen(
            f"{shown(name)} is no criterion; use one of {', '.join(known)}{hint}",
            f"{shown(name)}不是评价维度，可用：{'、'.join(known.values())}{hint}",
        )
        faults.append(Remark(Cell(row, "criterion_id"), what))
        return []
    try:
        given = str(tables.points(judged)(row.text("points")))
    except Unreadable as wrong:
        faults.append(Remark(Cell(row, "points"), str(wrong)))
        return []
    return [(column.name, given, Cell(row, "points"))]


def _conflicts(clients: Clients, wish: Wish) -> Mapping[str, str]:
    """The units that the expert is not to mark, and the words for that."""
    request = ListAssessorsRequest(round=wish.year)
    assessors = every(clients.rounds.ListAssessors, request, "assessors")
    units = [
        unit
        for each in assessors
        if each.assessor.assessor_id == wish.assessor_id
        for unit in each.assessor.conflicts
    ]
    return {
        unit: refusals.chosen(
            f"{wish.assessor_id} has a conflict of interest with {unit}; leave the unit out",
            f"{wish.assessor_id}与{unit}存在利益冲突，请删除该行",
        )
        for unit in units
    }

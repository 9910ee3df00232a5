"""Files of admissions, bonuses and circulars: what their rows become.

A circular is as many rows as it commends places. All rows of one circular say the same of it, and
the first says it; a row that says otherwise is a fault, since one of the two is wrong.
"""

from collections.abc import Sequence
from typing import Any

from services.cli import refusals
from services.cli.client import Clients
from services.cli.intake import Row
from services.cli.problems import shown
from services.cli.rounds import tables
from services.cli.rounds.taking import Built, Cell, Plan, Remark
from services.cli.walking import every
from zoneledger.evaluation.v1.circular_events_pb2 import Circular, CommendedPlace
from zoneledger.evaluation.v1.circular_service_pb2 import (
    ListCircularsRequest,
    RecordCircularsRequest,
)
from zoneledger.evaluation.v1.round_commands_pb2 import AdmitUnit, RecogniseBonus
from zoneledger.evaluation.v1.round_service_pb2 import (
    AdmitUnitsRequest,
    RecogniseBonusesRequest,
)
from zoneledger.ledger.v1.outcome_pb2 import BatchOutcome

_OF_THE_CIRCULAR = ("number", "title_zh", "issued_on", "performance_year")


def admissions(clients: Clients, year: int, admitted_on: str) -> Plan:
    """Units that take part in the round."""

    def build(rows: Sequence[Row]) -> Built:
        return _one_each(
            rows,
            lambda row: AdmitUnit(
                round=year,
                unit_id=row.text("unit_id"),
                province=row.text("province"),
                admitted_on=admitted_on,
            ),
        )

    def send(units: Sequence[AdmitUnit], validate_only: bool) -> BatchOutcome:
        request = AdmitUnitsRequest(units=units, validate_only=validate_only)
        outcome: BatchOutcome = clients.rounds.AdmitUnits(request).outcome
        return outcome

    return Plan([tables.ADMISSIONS], build, send, "AdmitUnit", year)


def bonuses(clients: Clients, year: int, recognised_on: str) -> Plan:
    """Points for commendations, each resting on a circular of the register."""

    def build(rows: Sequence[Row]) -> Built:
        return _one_each(
            rows,
            lambda row: RecogniseBonus(
                round=year,
                unit_id=row.text("unit_id"),
                bonus_id=row.text("bonus_id"),
                circular_id=row.text("circular_id"),
                recognised_on=recognised_on,
            ),
        )

    def send(given: Sequence[RecogniseBonus], validate_only: bool) -> BatchOutcome:
        request = RecogniseBonusesRequest(bonuses=given, validate_only=validate_only)
        outcome: BatchOutcome = clients.rounds.RecogniseBonuses(request).outcome
        return outcome

    return Plan([tables.BONUSES], build, send, "RecogniseBonus", year)


def circulars(clients: Clients) -> Plan:
    """Circulars of commendation with the places that they name."""

    def build(rows: Sequence[Row]) -> Built:
        return built_circulars(rows, _known(clients))

    def send(said: Sequence[Circular], validate_only: bool) -> BatchOutcome:
        request = RecordCircularsRequest(circulars=said, validate_only=validate_only)
        outcome: BatchOutcome = clients.circulars.RecordCirculars(request).outcome
        return outcome

    return Plan([tables.CIRCULARS], build, send, "RecordCircular")


def built_circulars(rows: Sequence[Row], known: Sequence[Circular] = ()) -> Built:
    """A circular for each id, in the order of the file.

    A warning where the register has an entry of that id with other places: it is replaced.
    """
    by_id: dict[str, list[Row]] = {}
    for row in rows:
        by_id.setdefault(row.text("circular_id"), []).append(row)
    faults = [
        Remark(Cell(row, column), _otherwise(row, own[0], column))
        for own in by_id.values()
        for row in own[1:]
        for column in _OF_THE_CIRCULAR
        if row.text(column) != own[0].text(column)
    ]
    messages = [_circular(own) for own in by_id.values()]
    before = {each.circular_id: each for each in known}
    warnings = [
        Remark(Cell(own[0], "circular_id"), _replaces(message))
        for own, message in zip(by_id.values(), messages, strict=True)
        if message.circular_id in before and before[message.circular_id] != message
    ]
    placed = {
        (item, f"places[{index}]"): Cell(row, "place")
        for item, own in enumerate(by_id.values())
        for index, row in enumerate(row for row in own if row.text("place"))
    }
    placed |= {(item, ""): Cell(own[0], "circular_id") for item, own in enumerate(by_id.values())}
    return Built(messages, placed, faults, warnings)


def _circular(own: Sequence[Row]) -> Circular:
    first = own[0]
    return Circular(
        circular_id=first.text("circular_id"),
        number=first.text("number"),
        title_zh=first.text("title_zh"),
        issued_on=first.text("issued_on"),
        performance_year=first.year("performance_year"),
        places=[
            CommendedPlace(
                name_zh=row.text("place"), item=row.text("item"), unit_id=row.text("unit_id")
            )
            for row in own
            if row.text("place")
        ],
        source=first.text("source"),
    )


def _known(clients: Clients) -> list[Circular]:
    found = every(clients.circulars.ListCirculars, ListCircularsRequest(), "circulars")
    return [each.circular for each in found]


def _otherwise(row: Row, first: Row, column: str) -> str:
    said, before = shown(row.text(column)), shown(first.text(column))
    return refusals.chosen(
        f"{said} is not what row {first.number} says of the same circular, {before}; correct one",
        f"{said}与第{first.number}行对同一通报的记载{before}不一致，请更正其一",
    )


def _replaces(message: Circular) -> str:
    return refusals.chosen(
        f"the register has {message.circular_id} with another content, which this replaces",
        f"登记册中已有{message.circular_id}且内容不同，将被替换",
    )


def _one_each(rows: Sequence[Row], message: Any) -> Built:
    """A message for each row."""
    places = {(item, ""): Cell(row, "unit_id") for item, row in enumerate(rows)}
    return Built([message(row) for row in rows], places)

"""Statistics that a province reports: what the rows of its file become, and what looks wrong.

A blank cell reports nothing, and `缺` reports that the value is missing. Warnings, which stop
nothing: a value beyond the goalposts counts as the goalpost; one that is far from the last report
may be a slip (more than half the way between the goalposts); a value is missing and nobody says
why; the day of a statistic lies outside the year; percentages look like fractions of one.
"""

from collections.abc import Iterator, Mapping, Sequence
from decimal import Decimal
from typing import NamedTuple

from services.cli import quantities, refusals
from services.cli.client import Clients
from services.cli.intake import Row
from services.cli.problems import Unreadable, did_you_mean, shown
from services.cli.rounds import tables
from services.cli.rounds.taking import Built, Cell, Plan, Remark
from services.cli.walking import every
from services.evaluation.scoring.parts import Indicator, RuleSet
from services.kernel.errors import Rejected
from zoneledger.evaluation.v1.round_commands_pb2 import ReportObservations
from zoneledger.evaluation.v1.round_events_pb2 import Observation
from zoneledger.evaluation.v1.round_service_pb2 import (
    ListObservationsRequest,
    ReportObservationsRequest,
)
from zoneledger.ledger.v1.outcome_pb2 import BatchOutcome

NO_REASON = "未说明原因"  # It goes into the log: whoever reads it there sees that nobody said why.

Last = Mapping[tuple[str, str], tuple[int, str]]  # By unit and indicator: the year, the value.


class _Said(NamedTuple):
    """What one cell says of a unit."""

    cell: Cell
    unit_id: str
    indicator: Indicator
    observation: Observation


def plan(clients: Clients, rules: RuleSet, reported_on: str) -> Plan:
    """How a file of statistics is taken in."""

    def build(rows: Sequence[Row]) -> Built:
        return built(rules, rows, reported_on, last_reports(clients, rules.round))

    def send(reports: Sequence[ReportObservations], validate_only: bool) -> BatchOutcome:
        request = ReportObservationsRequest(reports=reports, validate_only=validate_only)
        outcome: BatchOutcome = clients.rounds.ReportObservations(request).outcome
        return outcome

    return Plan(tables.observations(rules), build, send, "ReportObservations", rules.round)


def last_reports(clients: Clients, year: int) -> Last:
    """What counts of each unit and indicator now: of this round, else of the last one before."""
    found = every(clients.rounds.ListObservations, ListObservationsRequest(), "observations")
    return {
        (each.unit_id, each.observation.indicator_id): (each.round, each.observation.value)
        for each in sorted(found, key=lambda each: each.round)
        if each.round <= year and each.observation.value
    }


def built(rules: RuleSet, rows: Sequence[Row], reported_on: str, last: Last) -> Built:
    """A report for each unit, in the order of the file."""
    faults: list[Remark] = []
    said = [each for row in rows for each in _of_row(rules, row, faults)]
    by_unit: dict[str, list[_Said]] = {}
    for each in said:
        earlier = by_unit.setdefault(each.unit_id, [])
        if any(each.indicator == one.indicator for one in earlier):
            faults.append(Remark(each.cell, _twice(each)))
        else:
            earlier.append(each)
    messages = [
        ReportObservations(
            round=rules.round,
            unit_id=unit_id,
            observations=[each.observation for each in own],
            reported_on=reported_on,
        )
        for unit_id, own in by_unit.items()
    ]
    places = {
        (item, f"observations[{index}]"): each.cell
        for item, own in enumerate(by_unit.values())
        for index, each in enumerate(own)
    }
    places |= {(i, ""): Cell(own[0].cell.row, "unit_id") for i, own in enumerate(by_unit.values())}
    warnings = [*_looks_odd(rules, said, last), *_blank(rules, rows), *_fractions(said)]
    return Built(messages, places, faults, warnings)


def _of_row(rules: RuleSet, row: Row, faults: list[Remark]) -> Iterator[_Said]:
    """What a row says: of one indicator, or of each that has a column."""
    if "indicator_id" in row.values:
        indicator = _called(rules, row.text("indicator_id"))
        if indicator is None:
            faults.append(Remark(Cell(row, "indicator_id"), _unknown(rules, row)))
            return
        yield from _of_cell(Cell(row, "value"), indicator, row.text("value"), faults)
        return
    for indicator in rules.indicators:
        if row.text(indicator.indicator_id):
            cell = Cell(row, indicator.indicator_id)
            yield _said(cell, indicator, row.text(indicator.indicator_id))


def _of_cell(cell: Cell, indicator: Indicator, text: str, faults: list[Remark]) -> Iterator[_Said]:
    """One value by the form of its indicator; blank with a reason beside it is missing."""
    reason = cell.row.text("missing_reason")
    if not text and not reason:
        return
    try:
        read = quantities.quantity(indicator.decimals, indicator.unit)
        value = str(read(text)) if text else quantities.MISSING
    except Unreadable as wrong:
        faults.append(Remark(cell, str(wrong)))
        return
    if reason and not value.startswith(quantities.MISSING):
        faults.append(Remark(cell, _both(reason)))
        return
    yield _said(cell, indicator, value)


def _said(cell: Cell, indicator: Indicator, text: str) -> _Said:
    value, reason = quantities.said(text)
    row = cell.row
    if not value and not reason:
        reason = row.text("missing_reason") or NO_REASON
    observation = Observation(
        indicator_id=indicator.indicator_id,
        value=value,
        missing_reason="" if value else reason,
        as_of=row.text("as_of"),
        source=row.text("source"),
    )
    return _Said(cell, row.text("unit_id"), indicator, observation)


def _called(rules: RuleSet, name: str) -> Indicator | None:
    """The indicator of that id or name."""
    column = tables.observations(rules)[1].column(name)
    return next((e for e in rules.indicators if column and e.indicator_id == column.name), None)


def _unknown(rules: RuleSet, row: Row) -> str:
    name = row.text("indicator_id")
    known = {each.indicator_id: each.name_zh for each in rules.indicators}
    hint = did_you_mean(name, [*known, *known.values()])
    return refusals.chosen(
        f"{shown(name)} is no indicator of {rules.rule_set_id}; use one of"
        f" {', '.join(known)}{hint}",
        f"{shown(name)}不是{rules.rule_set_id}的指标，可用：{'、'.join(known.values())}{hint}",
    )


def _both(reason: str) -> str:
    return refusals.chosen(
        f"there is a value and a reason why there is none, {shown(reason)}; keep one of them",
        f"既有数值又有缺失原因{shown(reason)}，请保留其中一个",
    )


def _twice(said: _Said) -> str:
    return refusals.chosen(
        f"{said.unit_id} has a value for {said.indicator.indicator_id} already; keep one of them",
        f"{said.unit_id}的{said.indicator.name_zh}已有数值，请保留其中一个",
    )


def _looks_odd(rules: RuleSet, said: Sequence[_Said], last: Last) -> Iterator[Remark]:
    for each in said:
        for what in (_beyond(rules, each), _far(rules, each, last), _unexplained(each)):
            if what:
                yield Remark(each.cell, what)
        day = each.observation.as_of
        if day and not day.startswith(f"{rules.round}-"):
            what = refusals.chosen(
                f"the statistic is of {day}, outside {rules.round}",
                f"统计时点{day}不在{rules.round}年度内",
            )
            yield Remark(Cell(each.cell.row, "as_of"), what)


def _posts(rules: RuleSet, said: _Said) -> tuple[Decimal, Decimal] | None:
    """The goalposts that hold for the unit; None where it has none."""
    try:
        class_ = rules.peer_class_of(said.unit_id) or None
    except Rejected:
        return None  # The service says so.
    own = [each for each in said.indicator.goalposts if each.peer_class in (None, class_)]
    own.sort(key=lambda each: each.peer_class is None)
    return (own[0].low, own[0].high) if own else None


def _beyond(rules: RuleSet, said: _Said) -> str:
    posts = _posts(rules, said)
    if not said.observation.value or posts is None:
        return ""
    value, (low, high) = Decimal(said.observation.value), posts
    if low <= value <= high:
        return ""
    counts = low if value < low else high
    return refusals.chosen(
        f"{value} lies beyond the goalposts {low} to {high} and will count as {counts}",
        f"{value}超出目标值区间{low}至{high}，将按{counts}计",
    )


def _far(rules: RuleSet, said: _Said, last: Last) -> str:
    posts = _posts(rules, said)
    year, before = last.get((said.unit_id, said.indicator.indicator_id), (0, ""))
    if not before or not said.observation.value or posts is None:
        return ""
    way = abs(Decimal(said.observation.value) - Decimal(before))
    if 2 * way <= posts[1] - posts[0]:
        return ""
    return refusals.chosen(
        f"{said.observation.value} is far from the last report, {before} for {year}",
        f"{said.observation.value}与上次报送（{year}年度{before}）相差较大",
    )


def _unexplained(said: _Said) -> str:
    if said.observation.missing_reason != NO_REASON:
        return ""
    return refusals.chosen(
        f"missing without a reason; it is recorded so ({NO_REASON})",
        f"缺失而未说明原因，将记为“{NO_REASON}”",
    )


def _blank(rules: RuleSet, rows: Sequence[Row]) -> Iterator[Remark]:
    """Cells that say nothing, where a value or `缺` was due."""
    for row in rows:
        names = [each.indicator_id for each in rules.indicators if each.indicator_id in row.values]
        if "indicator_id" in row.values and not row.text("missing_reason"):
            names = ["value"]
        for name in names:
            if not row.text(name):
                what = refusals.chosen(
                    "the cell is blank: nothing is reported; write 缺 where there is no value",
                    "单元格为空，视为未报送；确无数据请填“缺”并说明原因",
                )
                yield Remark(Cell(row, name), what)


def _fractions(said: Sequence[_Said]) -> Iterator[Remark]:
    """A spreadsheet saves a cell that shows 7.5% as 0.075, so a column of such is suspicious."""
    for indicator in {each.indicator.indicator_id: each.indicator for each in said}.values():
        own = [e for e in said if e.indicator == indicator and e.observation.value]
        values = [abs(Decimal(e.observation.value)) for e in own]
        is_many = len(own) > 1 or any(Decimal(e.observation.value) > 0 for e in own)
        least = max(abs(post.high) for post in indicator.goalposts)
        if indicator.unit == "%" and is_many and least > 1 and max(values) < 1 and any(values):
            what = refusals.chosen(
                "every percentage of this indicator is below 1; was 7.5% saved as 0.075?",
                "该指标各百分数均小于1，是否把7.5%存为0.075？",
            )
            yield Remark(own[0].cell, what)

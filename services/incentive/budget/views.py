"""Pools, what was put forward to them, and the lines of their allocations.

The rules of a pool, what it has and what was divided are public; a proposal is for those inside;
what stands of a pool in between is for those who see what units are told. A project and a line are
told to their unit, and where a line rests on a rating, to nobody who may not see that.

An entitlement that is withdrawn behind a line changes nothing that was decided: it shows on the
line, for whoever reviews it.
"""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, get_args

from services.incentive.budget.days import occurred_on
from services.incentive.budget.decider import Event
from services.incentive.budget.spending import of_basis
from services.incentive.decider import Granted, Withdrawn
from services.kernel.decision import Recorded, moment
from zoneledger.incentive.v1.budget_events_pb2 import (
    AllocationLineGranted,
    AllocationLinePaid,
    AllocationLineReleased,
    AllocationLineReserved,
    AllocationLineReturned,
    AllocationProposed,
    AppropriationAmended,
    BlockSplit,
    BudgetAllocated,
    PoolAppropriated,
    PoolBalanceMoved,
    PoolOpened,
    Project,
    ProjectCorrected,
    ProjectPutForward,
    ProjectWithdrawn,
)
from zoneledger.incentive.v1.budget_service_pb2 import (
    AllocationLineStanding,
    AllocationLineStatus,
    PoolStanding,
    ProjectStanding,
    ProjectStatus,
)
from zoneledger.ledger.v1.visibility_pb2 import Visibility

# The subject under which pools stand; no unit can be named so.
POOLS = "budget pools"

_OF_POOL = (
    PoolOpened
    | PoolAppropriated
    | AppropriationAmended
    | AllocationProposed
    | BudgetAllocated
    | PoolBalanceMoved
)
_OF_PROJECT = ProjectPutForward | ProjectCorrected
_OF_LINE = (
    AllocationLineGranted
    | AllocationLinePaid
    | AllocationLineReturned
    | AllocationLineReleased
    | BlockSplit
)
_EVENTS = get_args(Event)


def subject(event: Event) -> str:
    match event:
        case _ if isinstance(event, _OF_POOL):
            return POOLS
        case ProjectPutForward() | ProjectCorrected():
            return event.project.unit_id
        case AllocationLineReserved():
            return event.line.unit_id
        case _:
            return event.unit_id


def visibility(event: Event) -> int:
    match event:
        case AllocationProposed():
            return Visibility.VISIBILITY_INTERNAL
        case PoolBalanceMoved() | ProjectPutForward() | ProjectCorrected() | ProjectWithdrawn():
            return Visibility.VISIBILITY_SUBJECT
        case AllocationLineReserved():
            return of_basis(event)
        case _ if isinstance(event, _OF_LINE):
            return event.visibility
        case _:
            return Visibility.VISIBILITY_PUBLIC


def name_of_pool(event: Any) -> str:
    return f"pools/{event.budget_year}.{event.line_id}"


def name_of(collection: str, event: Any) -> str:
    """The name of what a unit has in a pool."""
    pool = f"{event.budget_year}.{event.line_id}"
    return f"units/{subject(event)}/{collection}/{pool}.{_project(event)}"


def pools(entries: Sequence[Recorded], year: int = 0, line_id: str = "") -> list[PoolStanding]:
    """The pools by year and line; `year` 0 and `line_id` "" are any."""
    standing: dict[tuple[int, str], PoolStanding] = {}
    for event, recorded_ns, decision_id, _ in _of(entries, year, line_id, _OF_POOL):
        key = (event.budget_year, event.line_id)
        known = standing.setdefault(key, PoolStanding(name=name_of_pool(event)))
        _take_of_pool(event, known)
        known.recorded_at.CopyFrom(moment(recorded_ns))
        known.decision_id = known.etag = decision_id
    return [standing[key] for key in sorted(standing)]


def _take_of_pool(event: Any, known: PoolStanding) -> None:
    match event:
        case PoolOpened():
            known.opened.CopyFrom(event)
        case PoolAppropriated() | AppropriationAmended():
            known.appropriated = event.amount
            known.ClearField("proposal")
        case AllocationProposed():
            known.proposal.CopyFrom(event)
        case BudgetAllocated():
            known.allocations.append(event)
            known.ClearField("proposal")
            known.sums.reserved += event.allocated
        case PoolBalanceMoved():
            known.sums.CopyFrom(event.sums)
    known.available = known.appropriated - known.sums.reserved


def projects(
    entries: Sequence[Recorded], year: int = 0, line_id: str = ""
) -> list[ProjectStanding]:
    """The projects of a unit by pool and id."""
    standing: dict[str, ProjectStanding] = {}
    wanted = _OF_PROJECT | ProjectWithdrawn | AllocationLineReserved
    for event, recorded_ns, decision_id, _ in _of(entries, year, line_id, wanted):
        name = name_of("projects", event)
        known = standing.setdefault(
            name, ProjectStanding(name=name, budget_year=event.budget_year, line_id=event.line_id)
        )
        _take_of_project(event, known)
        known.effective_on = occurred_on(event)
        known.recorded_at.CopyFrom(moment(recorded_ns))
        known.decision_id = known.etag = decision_id
    return [standing[name] for name in sorted(standing)]


def _take_of_project(event: Any, known: ProjectStanding) -> None:
    known.document = event.document
    match event:
        case ProjectPutForward():
            known.project.CopyFrom(event.project)
            known.status = ProjectStatus.PROJECT_STATUS_PUT_FORWARD
        case ProjectCorrected():
            known.project.CopyFrom(event.project)
            known.status = ProjectStatus.PROJECT_STATUS_PUT_FORWARD
            known.corrections += 1
            known.reason = event.reason
        case ProjectWithdrawn():
            known.status = ProjectStatus.PROJECT_STATUS_WITHDRAWN
            known.reason = event.reason
        case AllocationLineReserved():
            known.status = ProjectStatus.PROJECT_STATUS_ALLOCATED


def lines(
    entries: Sequence[Recorded], year: int = 0, line_id: str = ""
) -> list[AllocationLineStanding]:
    """The allocation lines of a unit by pool and project, with what became of their bases."""
    standing: dict[str, AllocationLineStanding] = {}
    asked: dict[str, Project] = {}
    for entry in entries:
        event = entry.event
        if isinstance(event, _OF_PROJECT):
            asked[name_of("allocationLines", event)] = event.project
        if isinstance(event, Granted | Withdrawn):
            _take_of_basis(event, entry, standing)
        elif isinstance(event, AllocationLineReserved | _OF_LINE) and _is_asked(
            event, year, line_id
        ):
            _take_of_line(event, entry, standing)
    for name, known in standing.items():
        known.project.CopyFrom(asked.get(name, Project()))
    return [standing[name] for name in sorted(standing)]


def _take_of_line(event: Any, entry: Recorded, standing: dict[str, AllocationLineStanding]) -> None:
    name = name_of("allocationLines", event)
    if isinstance(event, AllocationLineReserved):
        standing[name] = _reserved(name, event)
    elif name not in standing:
        return  # It had not begun on the day that is asked for.
    known = standing[name]
    match event:
        case AllocationLineGranted():
            known.grant.CopyFrom(event)
        case AllocationLinePaid():
            known.payments.append(event)
        case AllocationLineReturned():
            known.returns.append(event)
        case AllocationLineReleased():
            known.releases.append(event)
        case BlockSplit():
            known.split.CopyFrom(event)
    if not isinstance(event, BlockSplit):
        known.sums.CopyFrom(event.sums)
    known.status = _status(known)
    known.effective_on = occurred_on(event)
    _stamp(known, entry)


def _reserved(name: str, event: AllocationLineReserved) -> AllocationLineStanding:
    return AllocationLineStanding(
        name=name,
        budget_year=event.budget_year,
        line_id=event.line_id,
        step=event.step,
        line=event.line,
    )


def _status(known: AllocationLineStanding) -> AllocationLineStatus.ValueType:
    sums = known.sums
    if sums.paid > sums.returned:
        return AllocationLineStatus.ALLOCATION_LINE_STATUS_PAID
    if sums.granted:
        return AllocationLineStatus.ALLOCATION_LINE_STATUS_GRANTED
    if sums.reserved:
        return AllocationLineStatus.ALLOCATION_LINE_STATUS_RESERVED
    return AllocationLineStatus.ALLOCATION_LINE_STATUS_EMPTY


def _take_of_basis(
    event: Any, entry: Recorded, standing: Mapping[str, AllocationLineStanding]
) -> None:
    """An entitlement that was withdrawn, or granted anew, behind the lines that rest on it."""
    is_gone = isinstance(event, Withdrawn)
    said = event.withdrawal if is_gone else event.entitlement
    for known in standing.values():
        basis = known.line.basis
        if not basis.is_held or (basis.round, basis.instrument) != (said.round, said.instrument):
            continue
        known.basis_withdrawn = is_gone
        known.basis_withdrawn_reason = said.reason if is_gone else ""
        known.basis_withdrawn_on = said.effective_on if is_gone else ""
        known.basis_decision_id = entry.decision_id
        known.etag = entry.decision_id


def _stamp(known: AllocationLineStanding, entry: Recorded) -> None:
    known.recorded_at.CopyFrom(moment(entry.recorded_ns))
    known.decision_id = known.etag = entry.decision_id


def _of(
    entries: Sequence[Recorded], year: int, line_id: str, types: Any
) -> Iterator[tuple[Any, int, str, int]]:
    for entry in entries:
        if isinstance(entry.event, types) and _is_asked(entry.event, year, line_id):
            yield entry.event, entry.recorded_ns, entry.decision_id, entry.position


def _is_asked(event: Any, year: int, line_id: str) -> bool:
    return year in (0, event.budget_year) and line_id in ("", event.line_id)


def is_of_pool(event: Any, ids: Mapping[str, str]) -> bool:
    """Whether an event made the pool with these ids what it is."""
    return isinstance(event, _OF_POOL) and _is_named(event, ids)


def is_of_project(event: Any, ids: Mapping[str, str]) -> bool:
    """Whether an event of the unit made the project with these ids what it is."""
    is_one = isinstance(event, _OF_PROJECT | ProjectWithdrawn)
    return is_one and _is_named(event, ids) and _project(event) == ids["project"]


def is_of_line(event: Any, ids: Mapping[str, str]) -> bool:
    """Whether an event of the unit made the line with these ids what it is."""
    is_one = isinstance(event, AllocationLineReserved | _OF_LINE)
    return is_one and _is_named(event, ids) and _project(event) == ids["project"]


def _project(event: Any) -> str:
    """The project that an event of a unit is about."""
    match event:
        case ProjectPutForward() | ProjectCorrected():
            return str(event.project.project_id)
        case AllocationLineReserved():
            return str(event.line.project_id)
        case _:
            return str(event.project_id)


def _is_named(event: Any, ids: Mapping[str, str]) -> bool:
    return (str(event.budget_year), event.line_id) == (ids["year"], ids["line"])

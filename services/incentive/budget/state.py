"""What a pool remembers, and what of it is out of the question by now.

Each guard raises `Rejected` with the reason; what it allows it leaves alone.
"""

from collections.abc import Mapping, Sequence
from typing import NamedTuple, TypeAlias

from services.incentive.budget.rules import BudgetLine, RuleText
from services.kernel.errors import Rejected
from services.kernel.reasons import NONE, Why
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
    PoolOpened,
    Project,
    ProjectCorrected,
    ProjectPutForward,
    ProjectWithdrawn,
    Sums,
)


class Unopened(NamedTuple):
    """Nobody has opened a pool for the year and line."""


class Line(NamedTuple):
    """A line of an allocation with what was done with it; `sums` are what stands of it now."""

    reserved: AllocationLineReserved
    grant: AllocationLineGranted | None
    payments: Mapping[str, AllocationLinePaid]
    returns: Mapping[str, AllocationLineReturned]
    releases: Mapping[str, AllocationLineReleased]
    split: BlockSplit | None
    sums: Sums


class Opened(NamedTuple):
    """A pool by its rules, of which `line` is its own.

    `projects` is the last word on each that was put forward, and `codes` says whose each code is;
    what has a line is in `lines` too. `proposed` is the allocation that would be decided now: what
    it rests on has not moved.
    """

    opened: PoolOpened
    rules: RuleText
    line: BudgetLine
    appropriation: PoolAppropriated | AppropriationAmended | None
    projects: Mapping[str, ProjectPutForward | ProjectCorrected | ProjectWithdrawn]
    codes: Mapping[str, str]
    proposed: AllocationProposed | None
    decided: Sequence[BudgetAllocated]
    lines: Mapping[str, Line]
    sums: Sums

    @property
    def name(self) -> str:
        """The pool as people and addresses name it."""
        return f"{self.opened.budget_year}.{self.opened.line_id}"

    @property
    def appropriated(self) -> int:
        """What the pool has; 0 before anything was appropriated."""
        return self.appropriation.amount if self.appropriation else 0

    @property
    def waiting(self) -> Sequence[Project]:
        """The projects that have no line yet, in the order of their ids."""
        return [
            last.project
            for name, last in sorted(self.projects.items())
            if name not in self.lines and not isinstance(last, ProjectWithdrawn)
        ]


State: TypeAlias = Unopened | Opened


def opened(event: PoolOpened, rules: RuleText, line: BudgetLine) -> Opened:
    """The pool at the moment when it is opened."""
    return Opened(event, rules, line, None, {}, {}, None, (), {}, Sums())


def must_not_precede(field: str, day: str, since: str) -> None:
    """A step is not taken before the one that it follows."""
    if day < since:
        raise Rejected(Why.BEFORE_ITS_TIME(day=day, since=since), field=field)


def must_be_appropriated(state: Opened) -> PoolAppropriated | AppropriationAmended:
    """What the pool has; `Rejected` before anything was appropriated."""
    if state.appropriation is None:
        raise Rejected(Why.NOTHING_APPROPRIATED(pool=state.name), field="budget_year")
    return state.appropriation


def must_decide(state: Opened, authority: str) -> None:
    """The authority is the one that the rules name."""
    if authority != state.line.decided_by:
        why = Why.NOT_THE_AUTHORITY(
            authority=authority or NONE,
            competent=state.line.decided_by,
            pool=state.name,
            clause=state.line.clause.clause_id,
        )
        raise Rejected(why, field="authority")


def must_be_put_forward(
    state: Opened, project_id: str, unit_id: str, field: str
) -> ProjectPutForward | ProjectCorrected:
    """The project, which is the unit's and stands; `Rejected` where not."""
    last = state.projects.get(project_id)
    match last:
        case None:
            why = Why.PROJECT_UNKNOWN(project=project_id, pool=state.name)
        case ProjectWithdrawn():
            why = Why.PROJECT_WITHDRAWN(
                project=project_id,
                pool=state.name,
                withdrawn_on=last.withdrawn_on,
                document=last.document,
            )
        case _ if last.project.unit_id != unit_id:
            why = Why.PROJECT_UNKNOWN(project=project_id, pool=state.name)
        case _:
            return last
    raise Rejected(why, field=field)


def must_have_no_line(state: Opened, project_id: str, field: str) -> None:
    """What was decided on is not changed any more."""
    if line := state.lines.get(project_id):
        why = Why.PROJECT_ALLOCATED(
            project=project_id,
            pool=state.name,
            decided_on=line.reserved.decided_on,
            document=line.reserved.document,
        )
        raise Rejected(why, field=field)


def must_have_line(state: Opened, project_id: str, unit_id: str) -> Line:
    """The line of the project; `Rejected` where it has none, or is another unit's."""
    line = state.lines.get(project_id)
    if line is None or line.reserved.line.unit_id != unit_id:
        why = Why.ALLOCATION_LINE_UNKNOWN(project=project_id, pool=state.name)
        raise Rejected(why, field="project_id")
    return line


def must_be_money(state: Opened) -> None:
    """Places are given, and not paid."""
    if state.line.account != "fen":
        raise Rejected(Why.PLACES_ARE_NOT_PAID(pool=state.name), field="amount")


def must_not_exceed(amount: int, left: int) -> None:
    """No more than is left of what the step takes from."""
    if amount > left:
        raise Rejected(Why.MORE_THAN_IS_LEFT(amount=amount, left=left), field="amount")

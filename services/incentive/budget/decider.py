"""A pool of central budget investment (中央预算内投资) of one year and line, all of it one stream.

It is opened by a rule text, appropriated, and divided in steps among what was put forward; each
line is granted, paid, returned and released. What is appropriated is never less than what is
reserved, nor that than what is granted, nor that than what was paid and did not come back: one
stream keeps it, whoever asks at the same time. A correction or a disqualification upstream changes
nothing that was decided here. The rules come in with the text; nothing here knows a line or a year.
"""

from hashlib import sha256
from typing import Any, TypeAlias

from services.incentive.budget import allocating, opening, projects, spending
from services.incentive.budget.rules import BudgetLine, RuleText
from services.incentive.budget.state import (
    Line,
    Opened,
    State,
    Unopened,
    opened,
)
from services.kernel.decider import Decider
from services.kernel.errors import CorruptHistory, Rejected
from services.kernel.reasons import Why
from zoneledger.incentive.v1.budget_commands_pb2 import (
    AmendAppropriation,
    AppropriatePool,
    CorrectProject,
    DecideAllocation,
    GrantLine,
    OpenPool,
    PayLine,
    ProposeAllocation,
    PutForwardProject,
    ReleaseLine,
    ReturnLine,
    SplitBlock,
    WithdrawProject,
)
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
    ProjectCorrected,
    ProjectPutForward,
    ProjectWithdrawn,
)

Later: TypeAlias = (
    AppropriatePool
    | AmendAppropriation
    | PutForwardProject
    | CorrectProject
    | WithdrawProject
    | ProposeAllocation
    | DecideAllocation
    | GrantLine
    | PayLine
    | ReturnLine
    | ReleaseLine
    | SplitBlock
)
Command: TypeAlias = OpenPool | Later
Event: TypeAlias = (
    PoolOpened
    | PoolAppropriated
    | AppropriationAmended
    | ProjectPutForward
    | ProjectCorrected
    | ProjectWithdrawn
    | AllocationProposed
    | BudgetAllocated
    | AllocationLineReserved
    | AllocationLineGranted
    | AllocationLinePaid
    | AllocationLineReturned
    | AllocationLineReleased
    | BlockSplit
    | PoolBalanceMoved
)


def decide(command: Command, state: State) -> list[Event]:
    match state, command:
        case Unopened(), OpenPool():
            return [opening.open_(command)]
        case Unopened(), _:
            raise Rejected(Why.POOL_UNKNOWN(pool=_name(command)), field="line_id")
        case Opened(), OpenPool():
            return [*opening.open_again(command, state)]
        case Opened(), _:
            return _decide_opened(command, state)


def _decide_opened(command: Later, state: Opened) -> "list[Any]":
    match command:
        case AppropriatePool():
            return opening.appropriate(command, state)
        case AmendAppropriation():
            return opening.amend(command, state)
        case PutForwardProject():
            return projects.put_forward(command, state)
        case CorrectProject():
            return projects.correct(command, state)
        case WithdrawProject():
            return projects.withdraw(command, state)
        case ProposeAllocation():
            return allocating.propose(command, state)
        case DecideAllocation():
            return allocating.decide(command, state)
        case GrantLine():
            return spending.grant(command, state)
        case PayLine():
            return spending.pay(command, state)
        case ReturnLine():
            return spending.return_(command, state)
        case ReleaseLine():
            return spending.release(command, state)
        case SplitBlock():
            return spending.split(command, state)


def evolve(state: State, event: Event) -> State:
    match state, event:
        case Unopened(), PoolOpened():
            return opened(event, *_recorded(event))
        case Opened(), _ if not isinstance(event, PoolOpened):
            return _evolve_opened(state, event)
        case _:
            raise CorruptHistory(f"{event.DESCRIPTOR.name} cannot follow {type(state).__name__}")


def _evolve_opened(state: Opened, event: Any) -> Opened:
    match event:
        case PoolAppropriated() | AppropriationAmended():
            return state._replace(appropriation=event, proposed=None)
        case ProjectPutForward() | ProjectCorrected():
            return _with_project(state, event.project.project_id, event)
        case ProjectWithdrawn():
            return _with_project(state, event.project_id, event)
        case AllocationProposed():
            return state._replace(proposed=event)
        case BudgetAllocated():
            return state._replace(decided=(*state.decided, event), proposed=None)
        case AllocationLineReserved():
            line = Line(event, None, {}, {}, {}, None, event.sums)
            return state._replace(lines={**state.lines, event.line.project_id: line})
        case PoolBalanceMoved():
            return state._replace(sums=event.sums)
        case _:
            return _line_moved(state, event)


def _line_moved(state: Opened, event: Any) -> Opened:
    line = state.lines.get(event.project_id)
    match event:
        case AllocationLineGranted() if line:
            line = line._replace(grant=event, sums=event.sums)
        case AllocationLinePaid() if line:
            payments = {**line.payments, event.payment_id: event}
            line = line._replace(payments=payments, sums=event.sums)
        case AllocationLineReturned() if line:
            returns = {**line.returns, event.return_id: event}
            line = line._replace(returns=returns, sums=event.sums)
        case AllocationLineReleased() if line:
            releases = {**line.releases, event.release_id: event}
            line = line._replace(releases=releases, sums=event.sums)
            state = state._replace(proposed=None)  # More is available by now.
        case BlockSplit() if line:
            line = line._replace(split=event)
        case _:
            raise CorruptHistory(f"{event.DESCRIPTOR.name} of {event.project_id}, which has none")
    return state._replace(lines={**state.lines, event.project_id: line})


def _with_project(state: Opened, name: str, event: Any) -> Opened:
    """The pool with another word on a project; what was proposed rested on the former ones."""
    codes = {code: holder for code, holder in state.codes.items() if holder != name}
    if not isinstance(event, ProjectWithdrawn) and event.project.project_code:
        codes[event.project.project_code] = name
    return state._replace(projects={**state.projects, name: event}, codes=codes, proposed=None)


def _recorded(event: PoolOpened) -> tuple[RuleText, BudgetLine]:
    if sha256(event.text.encode()).hexdigest() != event.content_hash:
        raise CorruptHistory(f"the rules of pool {_name(event)} do not have their recorded hash")
    try:
        rules = opening.read(event.text)
    except Rejected as refusal:
        raise CorruptHistory(f"the rules of pool {_name(event)} cannot be read") from refusal
    line = rules.line(event.line_id)
    if line is None:
        raise CorruptHistory(f"the rules of pool {_name(event)} do not have its line")
    return rules, line


def _name(said: Any) -> str:
    return f"{said.budget_year}.{said.line_id}"


def _stream(command: Command) -> str:
    return f"pool-{_name(command)}"


POOL = Decider(
    category="pool",
    commands=(
        OpenPool,
        AppropriatePool,
        AmendAppropriation,
        PutForwardProject,
        CorrectProject,
        WithdrawProject,
        ProposeAllocation,
        DecideAllocation,
        GrantLine,
        PayLine,
        ReturnLine,
        ReleaseLine,
        SplitBlock,
    ),
    events=(
        PoolOpened,
        PoolAppropriated,
        AppropriationAmended,
        ProjectPutForward,
        ProjectCorrected,
        ProjectWithdrawn,
        AllocationProposed,
        BudgetAllocated,
        AllocationLineReserved,
        AllocationLineGranted,
        AllocationLinePaid,
        AllocationLineReturned,
        AllocationLineReleased,
        BlockSplit,
        PoolBalanceMoved,
    ),
    initial=Unopened(),
    stream=_stream,
    decide=decide,
    evolve=evolve,
    is_about_one=False,
)

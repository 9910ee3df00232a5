"""A pool of central budget investment (中央预算内投资) of one year and line, all of it one stream.

It is opened by a rule text, appropriated, and divided in steps among what was put forward; each
line is granted, paid, returned and released. What is appropriated is never less than what is
reserved, nor that than what is granted, nor that than what was paid and did not come back: one
stream keeps it, whoever asks at the same time. A correction or a disqualification upstream changes
nothing that was decided here. The rules come in with the text; nothing here knows a line or a year.
"""

from functools import lru_cache
from hashlib import sha256
from typing import Any, TypeAlias

from services.incentive.budget import allocating, projects, spending
from services.incentive.budget.rule_text import parse
from services.incentive.budget.rules import Account, BudgetLine, Matter, RuleText
from services.incentive.budget.state import (
    Line,
    Opened,
    State,
    Unopened,
    must_be_appropriated,
    must_not_precede,
    opened,
)
from services.kernel.decider import Decider
from services.kernel.errors import CorruptHistory, Rejected
from services.kernel.policy_problems import PolicyProblems
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
    PoolAccount,
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
            return [_opened(command)]
        case Unopened(), _:
            raise Rejected(Why.POOL_UNKNOWN(pool=_name(command)), field="line_id")
        case Opened(), OpenPool():
            return _open_again(command, state)
        case Opened(), _:
            return _decide_opened(command, state)


def _decide_opened(command: Later, state: Opened) -> "list[Any]":
    match command:
        case AppropriatePool():
            return _appropriate(command, state)
        case AmendAppropriation():
            return _amend(command, state)
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


def _opened(command: OpenPool) -> PoolOpened:
    rules = _read(command.text)
    line = _line(rules, command)
    return PoolOpened(
        budget_year=command.budget_year,
        line_id=command.line_id,
        opened_on=command.opened_on,
        document=command.document,
        text=command.text,
        content_hash=rules.content_hash,
        account=_ACCOUNTS[line.account],
        illustrative=rules.illustrative,
        name_zh=line.name_zh,
        name_en=line.name_en,
    )


def _line(rules: RuleText, command: OpenPool) -> BudgetLine:
    """The line that the text has; `Rejected` where it is not ruled, or not far enough."""
    line = rules.line(command.line_id)
    if line is None:
        known = ", ".join(each.line_id for each in rules.lines)
        why = Why.NOT_IN_THE_RULE_SET(value=command.line_id, known=known)
        raise Rejected(why, field="line_id")
    if not rules.years_from <= command.budget_year <= rules.years_until:
        why = Why.BUDGET_YEAR_NOT_RULED(
            year=command.budget_year, first=rules.years_from, last=rules.years_until
        )
        raise Rejected(why, field="budget_year")
    for norm in rules.open_of(command.line_id):
        if norm.about == Matter.LAG_YEARS:
            why = Why.BUDGET_LAG_OPEN(line=command.line_id, norm=norm.norm_id)
            raise Rejected(why, field="text")
    return line


def _open_again(command: OpenPool, state: Opened) -> list[Event]:
    known = state.opened
    asked = (command.text, command.opened_on, command.document)
    if asked == (known.text, known.opened_on, known.document):
        return []
    why = Why.POOL_ALREADY_OPEN(pool=state.name, opened_on=known.opened_on, document=known.document)
    raise Rejected(why, field="line_id")


def _appropriate(command: AppropriatePool, state: Opened) -> list[Event]:
    event = PoolAppropriated(
        budget_year=command.budget_year,
        line_id=command.line_id,
        amount=command.amount,
        appropriated_on=command.appropriated_on,
        document=command.document,
    )
    if event == state.appropriation:
        return []
    if known := state.appropriation:
        why = Why.ALREADY_APPROPRIATED(
            pool=state.name, amount=known.amount, document=known.document
        )
        raise Rejected(why, field="amount")
    must_not_precede("appropriated_on", command.appropriated_on, state.opened.opened_on)
    return [event, _balance(command.appropriated_on, command.amount, state)]


def _amend(command: AmendAppropriation, state: Opened) -> list[Event]:
    known = must_be_appropriated(state)
    if isinstance(known, AppropriationAmended) and _says_same(command, known):
        return []
    if command.amount == known.amount:
        return []
    day = known.amended_on if isinstance(known, AppropriationAmended) else known.appropriated_on
    must_not_precede("amended_on", command.amended_on, day)
    if command.amount < state.sums.reserved:
        why = Why.BELOW_RESERVED(amount=command.amount, reserved=state.sums.reserved)
        raise Rejected(why, field="amount")
    event = AppropriationAmended(
        budget_year=command.budget_year,
        line_id=command.line_id,
        amount=command.amount,
        former=known.amount,
        amended_on=command.amended_on,
        document=command.document,
        reason=command.reason,
    )
    return [event, _balance(command.amended_on, command.amount, state)]


def _says_same(command: AmendAppropriation, known: AppropriationAmended) -> bool:
    said = (known.amount, known.amended_on, known.document, known.reason)
    return (command.amount, command.amended_on, command.document, command.reason) == said


def _balance(day: str, appropriated: int, state: Opened) -> PoolBalanceMoved:
    return PoolBalanceMoved(
        budget_year=state.opened.budget_year,
        line_id=state.opened.line_id,
        appropriated=appropriated,
        sums=state.sums,
        moved_on=day,
    )


_ACCOUNTS = {
    Account.FEN: PoolAccount.POOL_ACCOUNT_FEN,
    Account.PLACES: PoolAccount.POOL_ACCOUNT_PLACES,
}


@lru_cache(maxsize=8)
def _parsed(text: str) -> RuleText:
    return parse(text, "rule text")


def _read(text: str) -> RuleText:
    try:
        return _parsed(text)
    except PolicyProblems as problems:
        why = Why.BUDGET_RULES_UNREADABLE(problems=problems)
        raise Rejected(why, field="text") from problems


def _recorded(event: PoolOpened) -> tuple[RuleText, BudgetLine]:
    if sha256(event.text.encode()).hexdigest() != event.content_hash:
        raise CorruptHistory(f"the rules of pool {_name(event)} do not have their recorded hash")
    try:
        rules = _read(event.text)
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

"""How a pool is divided: proposed by one person, decided by another, with a document.

What is divided is what the pool has and has not reserved, among the projects that have no line yet.
Who holds the entitlement that gives priority came in with the command; by the rules it is a weight,
or a tier that is served first. A unit of which nothing came in is not guessed at. What is decided
is what was looked at: another proposal, or another basis by then, is refused.
"""

from collections.abc import Iterable, Mapping, Sequence
from fractions import Fraction
from hashlib import sha256

from services.incentive.budget.allocation import (
    Claim,
    Seats,
    Share,
    divide_money,
    divide_places,
)
from services.incentive.budget.rules import Account, BudgetLine, Way, Weighing
from services.incentive.budget.state import (
    Opened,
    must_be_appropriated,
    must_decide,
    must_not_precede,
)
from services.kernel.errors import Rejected
from services.kernel.reasons import NONE, Why
from zoneledger.incentive.v1.budget_commands_pb2 import DecideAllocation, ProposeAllocation
from zoneledger.incentive.v1.budget_events_pb2 import (
    AllocationLine,
    AllocationLineReserved,
    AllocationProposed,
    Basis,
    BudgetAllocated,
    PoolBalanceMoved,
    Project,
    ProjectKind,
    Sums,
)

_MICRO = 1_000_000


def propose(command: ProposeAllocation, state: Opened) -> list[AllocationProposed]:
    """What the lines would be; nothing where the same is proposed already."""
    event = proposal(command, state)
    return [] if event == state.proposed else [event]


def proposal(command: ProposeAllocation, state: Opened) -> AllocationProposed:
    """The allocation with its arithmetic; `Rejected` where the pool cannot be divided yet."""
    appropriation = must_be_appropriated(state)
    must_decide(state, command.authority)
    day = getattr(appropriation, "amended_on", "") or getattr(appropriation, "appropriated_on", "")
    must_not_precede("proposed_on", command.proposed_on, day)
    if not state.waiting:
        raise Rejected(Why.NOTHING_TO_ALLOCATE(pool=state.name), field="budget_year")
    available = state.appropriated - state.sums.reserved
    lines = _divided(available, state, _bases(command.bases, state))
    allocated = sum(line.amount for line in lines)
    return AllocationProposed(
        budget_year=command.budget_year,
        line_id=command.line_id,
        step=len(state.decided) + 1,
        available=available,
        allocated=allocated,
        unspent=available - allocated,
        lines=lines,
        open_norm_ids=[norm.norm_id for norm in state.rules.open_of(command.line_id)],
        proposal_hash=_hash(state, available, lines),
        proposed_on=command.proposed_on,
        proposed_by=command.proposed_by,
        authority=command.authority,
    )


def decide(
    command: DecideAllocation, state: Opened
) -> list[BudgetAllocated | AllocationLineReserved | PoolBalanceMoved]:
    """The allocation as it was proposed, by another person: each line has its amount reserved."""
    if any(_says_same(command, each) for each in state.decided):
        return []
    proposed = _looked_at(command, state)
    must_decide(state, command.authority)
    must_not_precede("decided_on", command.decided_on, proposed.proposed_on)
    if command.decided_by == proposed.proposed_by:
        raise Rejected(Why.SAME_PERSON(person=command.decided_by), field="decided_by")
    _must_rest_on(proposed, _bases(command.bases, state))
    sums = Sums()
    sums.CopyFrom(state.sums)
    sums.reserved += proposed.allocated
    return [
        _allocated(command, proposed, state.line),
        *(_reserved(command, line, state) for line in proposed.lines),
        PoolBalanceMoved(
            budget_year=command.budget_year,
            line_id=command.line_id,
            appropriated=state.appropriated,
            sums=sums,
            moved_on=command.decided_on,
        ),
    ]


def _looked_at(command: DecideAllocation, state: Opened) -> AllocationProposed:
    if state.proposed is None:
        raise Rejected(Why.NO_ALLOCATION_PROPOSED(pool=state.name), field="proposal_hash")
    if state.proposed.proposal_hash != command.proposal_hash:
        why = Why.OTHER_ALLOCATION_PROPOSED(
            pool=state.name,
            proposed=state.proposed.proposal_hash,
            asked=command.proposal_hash or NONE,
        )
        raise Rejected(why, field="proposal_hash")
    return state.proposed


def _must_rest_on(proposed: AllocationProposed, bases: Mapping[str, Basis]) -> None:
    """What was looked up for the proposal is what is looked up for the decision."""
    for line in proposed.lines:
        if line.HasField("basis") and line.basis != bases[line.unit_id]:
            raise Rejected(Why.BASIS_MOVED(unit=line.unit_id), field="proposal_hash")


def _says_same(command: DecideAllocation, decided: BudgetAllocated) -> bool:
    said = (decided.proposal_hash, decided.decided_on, decided.decided_by, decided.document)
    asked = (command.proposal_hash, command.decided_on, command.decided_by, command.document)
    return asked == said


def _bases(bases: Iterable[Basis], state: Opened) -> dict[str, Basis]:
    """What came in, by unit; `Rejected` where nobody knows it of a unit with a named project."""
    known = {each.unit_id: each for each in bases}
    for project in state.waiting:
        if project.kind != ProjectKind.PROJECT_KIND_NAMED:
            continue
        basis = known.get(project.unit_id)
        if basis is None:
            raise Rejected(Why.BASIS_MISSING(unit=project.unit_id), field="bases")
        if basis.norm_id:
            why = Why.BASIS_UNDETERMINED(unit=project.unit_id, norm=basis.norm_id)
            raise Rejected(why, field="bases")
    return known


def _divided(available: int, state: Opened, bases: Mapping[str, Basis]) -> list[AllocationLine]:
    """The lines in the order of the projects' ids, tier by tier."""
    lines: list[AllocationLine] = []
    left = available
    for tier, projects in enumerate(_tiers(state, bases), 1):
        by_id = {each.project_id: each for each in projects}
        claims = [_claim(each, state.line, bases) for each in projects]
        for part in _divide(left, claims, state.line):
            project = by_id[part.claim.claim_id]
            lines.append(_line(part, project, tier, _basis(project, bases)))
            left -= part.amount
    return sorted(lines, key=lambda line: line.project_id)


def _divide(left: int, claims: Sequence[Claim], line: BudgetLine) -> Sequence[Share | Seats]:
    match line.account:
        case Account.FEN:
            return divide_money(left, claims)
        case Account.PLACES:
            return divide_places(left, claims)


def _tiers(state: Opened, bases: Mapping[str, Basis]) -> Sequence[Sequence[Project]]:
    if state.line.priority.way == Way.WEIGHTS:
        return [state.waiting]
    holders = [each for each in state.waiting if _holds(each, bases)]
    return [holders, [each for each in state.waiting if not _holds(each, bases)]]


def _holds(project: Project, bases: Mapping[str, Basis]) -> bool:
    basis = _basis(project, bases)
    return basis is not None and basis.is_held


def _basis(project: Project, bases: Mapping[str, Basis]) -> Basis | None:
    """A block is a province's: no entitlement speaks of it."""
    return bases[project.unit_id] if project.kind == ProjectKind.PROJECT_KIND_NAMED else None


def _claim(project: Project, line: BudgetLine, bases: Mapping[str, Basis]) -> Claim:
    caps = [project.requested, *([project.cap] if project.cap else [])]
    total = project.total_investment_fen
    if line.most_share_micro is not None and total:
        caps.append(total * line.most_share_micro.most // _MICRO)  # Down: never above the limit.
    if line.most_amount is not None:
        caps.append(line.most_amount.most)
    weight = project.requested if line.weighing == Weighing.REQUESTED else 1
    return Claim(project.project_id, weight * _times(project, line, bases), min(caps))


def _times(project: Project, line: BudgetLine, bases: Mapping[str, Basis]) -> int:
    """How many times a claim counts."""
    priority = line.priority
    times = priority.holders if _holds(project, bases) else priority.others
    return 1 if times is None else times


def _line(part: Share | Seats, project: Project, tier: int, basis: Basis | None) -> AllocationLine:
    line = AllocationLine(
        project_id=project.project_id,
        unit_id=project.unit_id,
        tier=tier,
        weight=part.claim.weight,
        cap=part.claim.cap,
        amount=part.amount,
        quota=part.quota,
        quota_rest=_fraction(part.rest),
        basis=basis,
    )
    match part:
        case Share():
            line.remainder_rank, line.filled_in = part.remainder_rank, part.filled_in
        case Seats():
            line.last_quotient = _fraction(part.last)
            line.next_quotient = _fraction(part.following)
    return line


def _fraction(value: Fraction) -> str:
    return str(value) if value else ""


def _hash(state: Opened, available: int, lines: Iterable[AllocationLine]) -> str:
    """What stands for an allocation, whatever the bytes of its messages."""
    said = [
        f"{state.name} {state.opened.content_hash} {len(state.decided) + 1} {available}",
        *(
            f"{line.project_id} {line.unit_id} {line.tier} {line.weight} {line.cap} {line.amount}"
            f" {line.basis.entitlement_decision_id} {line.basis.is_held}"
            for line in lines
        ),
        "",
    ]
    return sha256("\n".join(said).encode()).hexdigest()


def _allocated(
    command: DecideAllocation, proposed: AllocationProposed, line: BudgetLine
) -> BudgetAllocated:
    return BudgetAllocated(
        budget_year=command.budget_year,
        line_id=command.line_id,
        step=proposed.step,
        available=proposed.available,
        allocated=proposed.allocated,
        unspent=proposed.unspent,
        proposal_hash=proposed.proposal_hash,
        decided_on=command.decided_on,
        decided_by=command.decided_by,
        authority=command.authority,
        document=command.document,
        clause_id=line.clause.clause_id,
        clause_quote=line.clause.quote or line.clause.assumption,
    )


def _reserved(
    command: DecideAllocation,
    line: AllocationLine,
    state: Opened,
) -> AllocationLineReserved:
    clause = state.line.priority.clause if line.basis.is_held else state.line.clause
    return AllocationLineReserved(
        budget_year=command.budget_year,
        line_id=command.line_id,
        step=len(state.decided) + 1,
        line=line,
        decided_on=command.decided_on,
        document=command.document,
        sums=Sums(reserved=line.amount),
        clause_id=clause.clause_id,
        clause_quote=clause.quote or clause.assumption,
    )

"""What the commands of a pool leave to be looked up: where it stands, and what its units hold.

What is looked up goes into the command, so that the decision hangs on nothing else. Support by
reference is no rating, and gives no priority here. Of a unit of which nothing was settled, this log
does not know whether it is disqualified.
"""

from collections.abc import Sequence

from services.incentive import views
from services.incentive.budget import allocating
from services.incentive.budget.decider import POOL
from services.incentive.budget.state import Opened
from services.incentive.decider import ENTITLEMENTS, Granted, Withdrawn
from services.kernel.decider import fold
from services.kernel.decision import Recorded, events_of, vocabulary
from services.kernel.errors import Fault, Rejected
from services.kernel.policy_terms import Reason
from services.kernel.reasons import Why
from services.kernel.support import seen
from services.kernel.timeline import Question
from services.runtime.ledger import Ledger
from zoneledger.incentive.v1.budget_commands_pb2 import (
    DecideAllocation,
    GrantLine,
    ProposeAllocation,
    PutForwardProject,
)
from zoneledger.incentive.v1.budget_events_pb2 import AllocationProposed, Basis, ProjectKind
from zoneledger.incentive.v1.events_pb2 import EntitlementLeftUndetermined, NothingEarned
from zoneledger.incentive.v1.service_pb2 import EntitlementStanding, EntitlementStatus
from zoneledger.ledger.v1.decision_pb2 import Decision

_EVENTS = vocabulary(POOL.events)


async def opened(ledger: Ledger, budget_year: int, line_id: str) -> Opened | None:
    """The pool as its stream leaves it now; None where it is not open."""
    rows = await ledger.store.streams([f"{POOL.category}-{budget_year}.{line_id}"])
    decisions = [Decision.FromString(row.data) for row in rows]
    events = [event for decision in decisions for event in events_of(decision, _EVENTS)]
    state = fold(POOL, events, POOL.initial)
    return state if isinstance(state, Opened) else None


async def bases(ledger: Ledger, state: Opened, day: str) -> list[Basis]:
    """What each unit with a project that waits holds on the day, by the unit's id."""
    units = {each.unit_id for each in state.waiting if each.kind == ProjectKind.PROJECT_KIND_NAMED}
    return [await _basis(ledger, state, unit, day) for unit in sorted(units)]


async def _basis(ledger: Ledger, state: Opened, unit_id: str, day: str) -> Basis:
    lag, instrument = state.line.lag_years, state.line.priority.instrument
    round_ = state.opened.budget_year - lag.years if lag else 0
    entries = await _told(ledger, unit_id, day)
    standing = {
        each.entitlement.instrument: each
        for each in views.entitlements(entries, round_, ledger.adopted, day)
        if each.entitlement.round == round_
    }
    found = standing.get(instrument)
    basis = Basis(unit_id=unit_id, round=round_, instrument=instrument)
    if found is not None and found.status == EntitlementStatus.ENTITLEMENT_STATUS_GRANTED:
        _hold(basis, found)
    elif found is None and (left_open := standing.get(views.UNSPECIFIED)):
        basis.norm_id = left_open.norm_id
    return basis


def _hold(basis: Basis, found: EntitlementStanding) -> None:
    """Of what is not held nothing is said: who may see the line may not see why."""
    entitlement = found.entitlement
    basis.is_held = True
    basis.entitlement = found.name
    basis.entitlement_decision_id = found.decision_id
    basis.entitlement_rule_id = entitlement.rule_id
    basis.entitlement_clause_id = entitlement.clause_id
    basis.policy.CopyFrom(entitlement.policy)
    basis.visibility = seen(entitlement.round, entitlement.visibility)


async def unknown_units(ledger: Ledger, commands: Sequence[PutForwardProject]) -> list[Fault]:
    """A fault for each named project of a unit for which nothing was ever settled here."""
    named = {
        each.project.unit_id
        for each in commands
        if each.project.kind == ProjectKind.PROJECT_KIND_NAMED and each.project.unit_id
    }
    known = {unit: await _is_settled(ledger, unit) for unit in named}
    return [
        Fault(index, "project.unit_id", Why.BUDGET_UNIT_UNKNOWN(unit=each.project.unit_id[:60]))
        for index, each in enumerate(commands)
        if not known.get(each.project.unit_id, True)
    ]


async def _is_settled(ledger: Ledger, unit_id: str) -> bool:
    return any(
        isinstance(each.event, ENTITLEMENTS.events) for each in await _told(ledger, unit_id, "")
    )


async def ended_on(ledger: Ledger, command: GrantLine) -> str:
    """The day from which the unit is disqualified, as this log knows it; "" where it is not."""
    ended: dict[int, str] = {}  # By round: what one of them says holds for the unit.
    for entry in await _told(ledger, command.unit_id, ""):
        match entry.event:
            case _ if isinstance(entry.event, Granted):
                ended.clear()  # It was taken back: what is earned counts again.
            case _ if isinstance(entry.event, Withdrawn):
                said = entry.event.withdrawal
                if said.reason == Reason.DISQUALIFIED:
                    ended[said.round] = said.effective_on
            case NothingEarned(reason=Reason.DISQUALIFIED) as nothing:
                ended[nothing.round] = nothing.effective_on  # Where no withdrawal says why, too.
            case NothingEarned() | EntitlementLeftUndetermined() as other:
                if other.effective_on >= ended.get(other.round, ""):
                    ended.pop(other.round, None)
    return min(ended.values(), default="")  # A rating that came later ends on its own day.


async def proposed_by(ledger: Ledger, command: ProposeAllocation) -> ProposeAllocation:
    """The command with what the units of its pool hold."""
    state = await opened(ledger, command.budget_year, command.line_id)
    known = await bases(ledger, state, command.proposed_on) if state else []
    return ProposeAllocation(
        budget_year=command.budget_year,
        line_id=command.line_id,
        proposed_on=command.proposed_on,
        proposed_by=command.proposed_by,
        authority=command.authority,
        bases=known,
    )


async def decided_by(ledger: Ledger, command: DecideAllocation) -> DecideAllocation:
    """The command with what the units of its pool hold by now."""
    state = await opened(ledger, command.budget_year, command.line_id)
    known = await bases(ledger, state, command.decided_on) if state else []
    return DecideAllocation(
        budget_year=command.budget_year,
        line_id=command.line_id,
        proposal_hash=command.proposal_hash,
        decided_on=command.decided_on,
        decided_by=command.decided_by,
        authority=command.authority,
        document=command.document,
        bases=known,
    )


async def granted_by(ledger: Ledger, command: GrantLine) -> GrantLine:
    """The command with whether its unit is disqualified."""
    return GrantLine(
        budget_year=command.budget_year,
        line_id=command.line_id,
        project_id=command.project_id,
        unit_id=command.unit_id,
        amount=command.amount,
        granted_on=command.granted_on,
        document=command.document,
        authority=command.authority,
        ended_on=await ended_on(ledger, command),
    )


async def preview(ledger: Ledger, command: ProposeAllocation) -> AllocationProposed | None:
    """What would be proposed; None where that is refused."""
    state = await opened(ledger, command.budget_year, command.line_id)
    if state is None:
        return None
    try:
        return allocating.proposal(command, state)
    except Rejected:
        return None


async def _told(ledger: Ledger, unit_id: str, day: str) -> Sequence[Recorded]:
    if not unit_id:
        return []
    answer, _ = await ledger.ask(Question(unit_id, day))
    return [entry async for entries in answer for entry in entries]

"""What is done with a line: granted once, paid and returned in parts, released.

What is reserved is never less than what is granted, and that never less than what was paid and did
not come back. What was released is free for the next step of the pool. A unit that is disqualified
is granted nothing from that day on; what was granted before stays granted, and what was paid stays
paid, until a person decides otherwise. Each payment, return and release has a number of its own, so
that the same one is not entered twice.
"""

from typing import Any, TypeAlias

from services.incentive.budget.state import (
    Line,
    Opened,
    must_be_money,
    must_be_put_forward,
    must_decide,
    must_have_line,
    must_not_exceed,
    must_not_precede,
)
from services.kernel.errors import Rejected
from services.kernel.project_code import is_project_code
from services.kernel.reasons import Why
from services.kernel.support import seen_by_both
from zoneledger.incentive.v1.budget_commands_pb2 import (
    GrantLine,
    PayLine,
    ReleaseLine,
    ReturnLine,
    SplitBlock,
)
from zoneledger.incentive.v1.budget_events_pb2 import (
    AllocationLineGranted,
    AllocationLinePaid,
    AllocationLineReleased,
    AllocationLineReturned,
    BlockSplit,
    PoolBalanceMoved,
    ProjectKind,
    Sums,
)
from zoneledger.ledger.v1.visibility_pb2 import Visibility

Moved: TypeAlias = (
    AllocationLineGranted | AllocationLinePaid | AllocationLineReturned | AllocationLineReleased
)


def grant(command: GrantLine, state: Opened) -> "list[Any]":
    """What was reserved, or a part of it, is the line's by a document (下达)."""
    line = must_have_line(state, command.project_id, command.unit_id)
    if line.grant is not None:
        return _grant_again(command, line.grant)
    must_decide(state, command.authority)
    must_not_precede("granted_on", command.granted_on, line.reserved.decided_on)
    if command.ended_on and command.ended_on <= command.granted_on:
        why = Why.GRANT_AFTER_DISQUALIFICATION(unit=command.unit_id, since=command.ended_on)
        raise Rejected(why, field="granted_on")
    must_not_exceed(command.amount, line.sums.reserved)
    sums = _after(line.sums, granted=command.amount)
    event = AllocationLineGranted(
        budget_year=command.budget_year,
        line_id=command.line_id,
        project_id=command.project_id,
        unit_id=command.unit_id,
        amount=command.amount,
        granted_on=command.granted_on,
        document=command.document,
        authority=command.authority,
        sums=sums,
        visibility=visibility(line),
    )
    return [event, _balance(command.granted_on, line, sums, state)]


def pay(command: PayLine, state: Opened) -> "list[Any]":
    line = must_have_line(state, command.project_id, command.unit_id)
    if known := line.payments.get(command.payment_id):
        return _entered(
            "payment_id",
            command.payment_id,
            same=(command.amount, command.paid_on, command.document)
            == (known.amount, known.paid_on, known.document),
        )
    must_be_money(state)
    must_not_precede("paid_on", command.paid_on, _granted_on(line))
    must_not_exceed(command.amount, line.sums.granted - line.sums.paid + line.sums.returned)
    sums = _after(line.sums, paid=command.amount)
    event = AllocationLinePaid(
        budget_year=command.budget_year,
        line_id=command.line_id,
        project_id=command.project_id,
        unit_id=command.unit_id,
        payment_id=command.payment_id,
        amount=command.amount,
        paid_on=command.paid_on,
        document=command.document,
        sums=sums,
        visibility=visibility(line),
    )
    return [event, _balance(command.paid_on, line, sums, state)]


def return_(command: ReturnLine, state: Opened) -> "list[Any]":
    line = must_have_line(state, command.project_id, command.unit_id)
    if known := line.returns.get(command.return_id):
        return _entered(
            "return_id",
            command.return_id,
            same=(command.amount, command.returned_on, command.document, command.reason)
            == (known.amount, known.returned_on, known.document, known.reason),
        )
    must_be_money(state)
    must_not_precede("returned_on", command.returned_on, _granted_on(line))
    must_not_exceed(command.amount, line.sums.paid - line.sums.returned)
    sums = _after(line.sums, returned=command.amount)
    event = AllocationLineReturned(
        budget_year=command.budget_year,
        line_id=command.line_id,
        project_id=command.project_id,
        unit_id=command.unit_id,
        return_id=command.return_id,
        amount=command.amount,
        returned_on=command.returned_on,
        document=command.document,
        reason=command.reason,
        sums=sums,
        visibility=visibility(line),
    )
    return [event, _balance(command.returned_on, line, sums, state)]


def release(command: ReleaseLine, state: Opened) -> "list[Any]":
    """What is reserved and not paid is the pool's again; a grant shrinks to what is left."""
    line = must_have_line(state, command.project_id, command.unit_id)
    if known := line.releases.get(command.release_id):
        return _entered(
            "release_id",
            command.release_id,
            same=(command.amount, command.released_on, command.document, command.reason)
            == (known.amount, known.released_on, known.document, known.reason),
        )
    must_decide(state, command.authority)
    must_not_precede("released_on", command.released_on, line.reserved.decided_on)
    kept = line.sums.paid - line.sums.returned
    must_not_exceed(command.amount, line.sums.reserved - kept)
    sums = _after(line.sums, reserved=-command.amount)
    sums.granted = min(sums.granted, sums.reserved)
    event = AllocationLineReleased(
        budget_year=command.budget_year,
        line_id=command.line_id,
        project_id=command.project_id,
        unit_id=command.unit_id,
        release_id=command.release_id,
        amount=command.amount,
        released_on=command.released_on,
        document=command.document,
        reason=command.reason,
        authority=command.authority,
        sums=sums,
        visibility=visibility(line),
    )
    return [event, _balance(command.released_on, line, sums, state)]


def split(command: SplitBlock, state: Opened) -> list[BlockSplit]:
    """How a province split its block, as it says; never more than was granted to it."""
    line = must_have_line(state, command.project_id, command.unit_id)
    event = BlockSplit(
        budget_year=command.budget_year,
        line_id=command.line_id,
        project_id=command.project_id,
        unit_id=command.unit_id,
        shares=command.shares,
        split_on=command.split_on,
        document=command.document,
        visibility=visibility(line),
    )
    if event == line.split:
        return []
    project = must_be_put_forward(state, command.project_id, command.unit_id, "project_id").project
    if project.kind != ProjectKind.PROJECT_KIND_BLOCK:
        raise Rejected(Why.NOT_A_BLOCK(project=command.project_id), field="project_id")
    since = line.split.split_on if line.split else _granted_on(line)
    must_not_precede("split_on", command.split_on, since)
    _check_shares(command, line)
    return [event]


def visibility(line: Line) -> Visibility.ValueType:
    """Who may see what is done with a line: whoever may see what the line rests on."""
    return of_basis(line.reserved)


def of_basis(event: Any) -> Visibility.ValueType:
    """A unit is told of its line; what follows from a rating, to nobody who may not see that."""
    basis = event.line.basis
    if not event.line.HasField("basis") or not basis.is_held:
        return Visibility.VISIBILITY_SUBJECT
    return seen_by_both(Visibility.VISIBILITY_SUBJECT, basis.visibility)


def _check_shares(command: SplitBlock, line: Line) -> None:
    codes: set[str] = set()
    for index, share in enumerate(command.shares):
        field = f"shares[{index}].project_code"
        if not is_project_code(share.project_code):
            raise Rejected(Why.NOT_A_PROJECT_CODE(value=share.project_code[:40]), field=field)
        if share.project_code in codes:
            why = Why.SHARED_TWICE(code=share.project_code, project=command.project_id)
            raise Rejected(why, field=field)
        codes.add(share.project_code)
    total = sum(share.amount for share in command.shares)
    if total > line.sums.granted:
        why = Why.MORE_THAN_THE_BLOCK(total=total, granted=line.sums.granted)
        raise Rejected(why, field="shares")


def _grant_again(command: GrantLine, known: AllocationLineGranted) -> "list[Any]":
    asked = (command.amount, command.granted_on, command.document)
    if asked == (known.amount, known.granted_on, known.document):
        return []
    why = Why.LINE_ALREADY_GRANTED(
        project=command.project_id,
        amount=known.amount,
        granted_on=known.granted_on,
        document=known.document,
    )
    raise Rejected(why, field="project_id")


def _entered(field: str, number: str, *, same: bool) -> "list[Any]":
    """A number that was entered already stands for what it stood for."""
    if same:
        return []
    raise Rejected(Why.NUMBER_TAKEN(number=number), field=field)


def _granted_on(line: Line) -> str:
    if line.grant is None:
        why = Why.LINE_NOT_GRANTED(project=line.reserved.line.project_id)
        raise Rejected(why, field="project_id")
    return line.grant.granted_on


def _after(
    sums: Sums, *, reserved: int = 0, granted: int = 0, paid: int = 0, returned: int = 0
) -> Sums:
    return Sums(
        reserved=sums.reserved + reserved,
        granted=sums.granted + granted,
        paid=sums.paid + paid,
        returned=sums.returned + returned,
    )


def _balance(day: str, line: Line, after: Sums, state: Opened) -> PoolBalanceMoved:
    """What stands of the pool, where one line stands so now."""
    before, whole = line.sums, state.sums
    return PoolBalanceMoved(
        budget_year=state.opened.budget_year,
        line_id=state.opened.line_id,
        appropriated=state.appropriated,
        sums=Sums(
            reserved=whole.reserved - before.reserved + after.reserved,
            granted=whole.granted - before.granted + after.granted,
            paid=whole.paid - before.paid + after.paid,
            returned=whole.returned - before.returned + after.returned,
        ),
        moved_on=day,
    )

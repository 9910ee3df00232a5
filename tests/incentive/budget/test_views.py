"""What is shown of pools, of projects and of lines, and to whom."""

from typing import Any

from google.protobuf.message import Message

from services.incentive import telling as entitlement_telling
from services.incentive.budget import views
from services.incentive.budget.days import occurred_on
from services.incentive.budget.telling import tell
from services.incentive.service import SERVICE
from services.kernel.decision import Recorded
from tests.incentive.budget.story import (
    CORRECT,
    DECIDE,
    GRANT,
    MILLION,
    PAY,
    POLICY,
    PROPOSE,
    PROPOSED,
    READY,
    RETURN,
    WHOLE,
    WITHDRAW,
    ZONES,
    events_of,
)
from tests.spec import asked, learnt
from zoneledger.incentive.v1.budget_service_pb2 import AllocationLineStatus, ProjectStatus
from zoneledger.incentive.v1.events_pb2 import (
    CentralBudgetPriorityGranted,
    CentralBudgetPriorityWithdrawn,
    Entitlement,
    Withdrawal,
)
from zoneledger.ledger.v1.visibility_pb2 import Visibility

PUBLIC, SUBJECT, INTERNAL = (
    Visibility.VISIBILITY_PUBLIC,
    Visibility.VISIBILITY_SUBJECT,
    Visibility.VISIBILITY_INTERNAL,
)
POOL = f"2022.{ZONES}"
GRANTED = CentralBudgetPriorityGranted(
    entitlement=Entitlement(
        unit_id="xiangtan",
        round=2020,
        instrument="central_budget_priority",
        effective_on="2021-06-21",
        policy=POLICY,
        visibility=PUBLIC,
    )
)
WITHDRAWN = CentralBudgetPriorityWithdrawn(
    withdrawal=Withdrawal(
        unit_id="xiangtan",
        round=2020,
        instrument="central_budget_priority",
        reason="corrected",
        effective_on="2022-08-01",
        visibility=PUBLIC,
    )
)


def of(unit: str, *events: Message, as_of: str = "") -> list[Recorded]:
    """What a log with these events says of a unit, or of pools."""
    found = asked(SERVICE, learnt("2022-09-01", *events), unit=unit, as_of=as_of)
    return [entry for entries in found for entry in entries]


def line(*events: Message, as_of: str = "") -> Any:
    [found] = views.lines(of("xiangtan", *events, as_of=as_of))
    return found


# Pools.


def test_a_pool_shows_what_it_has_and_what_stands_of_it() -> None:
    [pool] = views.pools(of(views.POOLS, *events_of(WHOLE)))
    assert pool.name == f"pools/{POOL}"
    assert pool.appropriated == 110 * MILLION
    assert pool.sums.reserved == 99 * MILLION
    assert pool.available == 11 * MILLION
    assert [each.step for each in pool.allocations] == [1]


def test_a_proposal_is_shown_until_it_is_decided() -> None:
    [before] = views.pools(of(views.POOLS, *events_of([*READY, PROPOSE])))
    [after] = views.pools(of(views.POOLS, *events_of([*READY, PROPOSE, DECIDE])))
    assert before.proposal == PROPOSED
    assert not after.HasField("proposal")


def test_a_pool_as_of_a_day_is_what_it_was_then() -> None:
    [pool] = views.pools(of(views.POOLS, *events_of(WHOLE), as_of="2022-02-05"))
    assert (pool.appropriated, pool.sums.reserved) == (100 * MILLION, 0)


def test_a_list_is_narrowed_to_a_year_and_a_line() -> None:
    entries = of(views.POOLS, *events_of(WHOLE))
    assert views.pools(entries, 2022, ZONES) == views.pools(entries)
    assert views.pools(entries, 2023) == views.pools(entries, 0, "roads") == []


# Projects and lines.


def test_a_project_shows_what_became_of_it() -> None:
    def project(*commands: Message) -> Any:
        [found] = views.projects(of("loudi", *events_of(commands)))
        return found

    assert project(*READY).status == ProjectStatus.PROJECT_STATUS_PUT_FORWARD
    corrected = project(*READY, CORRECT)
    assert (corrected.corrections, corrected.reason) == (1, "金额有误")
    assert project(*READY, WITHDRAW).status == ProjectStatus.PROJECT_STATUS_WITHDRAWN
    allocated = project(*READY, PROPOSE, DECIDE)
    assert allocated.status == ProjectStatus.PROJECT_STATUS_ALLOCATED


def test_a_line_shows_its_arithmetic_and_what_was_done_with_it() -> None:
    shown = line(GRANTED, *events_of(WHOLE))
    [proposed] = [each for each in PROPOSED.lines if each.project_id == "park-road"]
    assert shown.line == proposed
    assert shown.name == f"units/xiangtan/allocationLines/{POOL}.park-road"
    assert [each.payment_id for each in shown.payments] == ["p-1"]
    assert (shown.sums.paid, shown.sums.returned) == (PAY.amount, RETURN.amount)
    assert shown.status == AllocationLineStatus.ALLOCATION_LINE_STATUS_PAID


def test_an_entitlement_that_is_withdrawn_changes_nothing_and_shows_on_the_line() -> None:
    before = line(GRANTED, *events_of(WHOLE))
    after = line(GRANTED, *events_of(WHOLE), WITHDRAWN)
    assert not before.basis_withdrawn
    assert (after.basis_withdrawn, after.basis_withdrawn_reason) == (True, "corrected")
    assert after.basis_withdrawn_on == "2022-08-01"
    assert (after.sums, after.status) == (before.sums, before.status)


def test_before_the_day_of_the_withdrawal_the_line_stands_on_its_basis() -> None:
    shown = line(GRANTED, *events_of(WHOLE), WITHDRAWN, as_of="2022-07-31")
    assert not shown.basis_withdrawn


def test_an_entitlement_that_is_granted_anew_is_a_basis_again() -> None:
    assert not line(GRANTED, *events_of(WHOLE), WITHDRAWN, GRANTED).basis_withdrawn


def test_a_line_without_an_entitlement_behind_it_has_none_to_lose() -> None:
    [shown] = views.lines(of("zhuzhou", *events_of(WHOLE)))
    assert not shown.basis_withdrawn
    assert not shown.line.basis.is_held


# Who may see it.


def test_a_proposal_is_internal_a_decision_public_and_a_line_told_to_its_unit() -> None:
    seen = {
        event.DESCRIPTOR.name: views.visibility(event)  # type: ignore[arg-type]  # Of a pool, all.
        for event in events_of([*READY, PROPOSE, DECIDE, GRANT])
    }
    assert seen == {
        "PoolOpened": PUBLIC,
        "PoolAppropriated": PUBLIC,
        "PoolBalanceMoved": SUBJECT,
        "ProjectPutForward": SUBJECT,
        "AllocationProposed": INTERNAL,
        "BudgetAllocated": PUBLIC,
        "AllocationLineReserved": SUBJECT,
        "AllocationLineGranted": SUBJECT,
    }


def test_a_line_that_rests_on_a_hidden_rating_is_hidden_too() -> None:
    [event] = [
        each
        for each in events_of([*READY, PROPOSE, DECIDE])
        if each.DESCRIPTOR.name == "AllocationLineReserved"
        and getattr(each, "line").project_id == "park-road"  # noqa: B009  # Any event.
    ]
    hidden = type(event)()
    hidden.CopyFrom(event)
    hidden.line.basis.visibility = INTERNAL  # type: ignore[attr-defined]  # It is such a line.
    assert views.visibility(hidden) == INTERNAL  # type: ignore[arg-type]  # It is such a line.


# What is told.


def test_every_event_is_told_in_both_languages_with_its_day() -> None:
    for event in events_of(WHOLE) + events_of([*READY, CORRECT, WITHDRAW]):
        sentence = tell(event)  # type: ignore[arg-type]  # Of a pool, all.
        assert sentence.zh.startswith(occurred_on(event))
        assert POOL in sentence.zh
        assert POOL in sentence.en
    assert entitlement_telling.tell(WITHDRAWN).zh

"""Pools over gRPC: what units hold is looked up, and a pool is never overspent by anybody."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any
from uuid import uuid4

import grpc
import grpc.aio

from services.kernel.support import VOIDED
from tests.asynchronous import asynchronous
from tests.incentive.budget.story import (
    APPROPRIATE,
    BLOCK,
    CORRECT,
    DECIDE,
    GRANT,
    HUNAN,
    MILLION,
    OPEN,
    PARK,
    PAY,
    PLATFORM,
    PROPOSE,
    PUT_FORWARD,
    SMALL,
    ZONES,
    project,
    put_forward,
)
from tests.runtime.story import GOOD, rating
from tests.spec import but
from tests.surface.agencies import behind_tls, certify, read
from tests.surface.hidden_round import append_event
from tests.surface.served import Client, begin, publish, refused, register, served
from tests.tables import SHIPPED
from zoneledger.evaluation.v1 import service_pb2 as evaluation
from zoneledger.evaluation.v1.commands_pb2 import CorrectRating
from zoneledger.incentive.v1 import budget_service_pb2 as messages
from zoneledger.incentive.v1.budget_events_pb2 import AllocationProposed
from zoneledger.incentive.v1.events_pb2 import (
    CentralBudgetPriorityWithdrawn,
    NothingEarned,
    Withdrawal,
)
from zoneledger.ledger.v1.service_pb2 import GetFrontierRequest
from zoneledger.ledger.v1.visibility_pb2 import Visibility

Code = grpc.StatusCode
POOL = f"pools/2022.{ZONES}"
PARK_LINE = f"units/xiangtan/allocationLines/2022.{ZONES}.park-road"


async def prepare(on: Client) -> None:
    """Rate the cities, open the pool, put forward what there is."""
    await begin(on, "xiangtan")
    await register(on, ["zhuzhou", "loudi"])
    await publish(on, rating("zhuzhou", GOOD), rating("loudi", GOOD))
    await on.budget.OpenPool(messages.OpenPoolRequest(opening=OPEN))
    await on.budget.AppropriatePool(messages.AppropriatePoolRequest(appropriation=APPROPRIATE))
    request = messages.PutForwardProjectsRequest(projects=PUT_FORWARD)
    await on.budget.PutForwardProjects(request)


async def propose(on: Client, *, validate_only: bool = False) -> AllocationProposed:
    request = messages.ProposeAllocationRequest(
        proposal=but(PROPOSE, bases=None), validate_only=validate_only
    )
    answer = await on.budget.ProposeAllocation(request)
    allocation: AllocationProposed = answer.allocation
    return allocation


async def decide(on: Client) -> AllocationProposed:
    """Propose and decide."""
    proposed = await propose(on)
    decision = but(DECIDE, bases=None, proposal_hash=proposed.proposal_hash)
    await on.budget.DecideAllocation(messages.DecideAllocationRequest(decision=decision))
    return proposed


@asynccontextmanager
async def decided(folder: Path) -> AsyncIterator[tuple[Client, AllocationProposed]]:
    """A client of services whose pool is divided, and its allocation."""
    async with served(folder) as on:
        await prepare(on)
        yield on, await decide(on)


async def correct(on: Client) -> None:
    """The rating of 湘潭 is found to be another one."""
    correction = CorrectRating(
        rating=rating("xiangtan", GOOD),
        corrected_on="2022-08-01",
        document="更正通知",
        reason="数据有误",
    )
    await on.evaluation.CorrectRating(evaluation.CorrectRatingRequest(correction=correction))


async def line(on: Client, **asked: Any) -> Any:
    request = messages.GetAllocationLineRequest(name=PARK_LINE, **asked)
    return (await on.budget.GetAllocationLine(request)).allocation_line


async def size(on: Client) -> int:
    frontier = await on.log.GetFrontier(GetFrontierRequest(service="incentive"))
    return int(frontier.size)


# Proposing.


@asynchronous
async def test_a_dry_run_answers_the_whole_allocation_and_writes_nothing(tmp_path: Path) -> None:
    async with served(tmp_path) as on:
        await prepare(on)
        before = await size(on)
        dry = await propose(on, validate_only=True)
        assert await size(on) == before
        assert dry == await propose(on)
        assert sum(each.amount for each in dry.lines) == dry.allocated == 100 * MILLION


@asynchronous
async def test_a_line_names_the_entitlement_that_puts_it_first(tmp_path: Path) -> None:
    async with served(tmp_path) as on:
        await prepare(on)
        by_id = {each.project_id: each for each in (await propose(on)).lines}
        basis = by_id["park-road"].basis
        assert basis.is_held
        assert basis.entitlement == "units/xiangtan/entitlements/2020.central_budget_priority"
        assert basis.policy.policy_id == "2021-866"
        assert basis.entitlement_decision_id
        assert not by_id["platform"].basis.is_held


@asynchronous
async def test_a_rating_that_is_corrected_before_the_decision_asks_for_another_proposal(
    tmp_path: Path,
) -> None:
    async with served(tmp_path) as on:
        await prepare(on)
        proposed = await propose(on)
        await correct(on)
        decision = but(
            DECIDE, bases=None, proposal_hash=proposed.proposal_hash, decided_on="2022-08-02"
        )
        request = messages.DecideAllocationRequest(decision=decision)
        refusal = await refused(on.budget.DecideAllocation, request)
        assert refusal.code() == Code.FAILED_PRECONDITION
        assert "xiangtan" in str(refusal.details())


# What comes after.


@asynchronous
async def test_a_correction_after_the_decision_changes_nothing_and_shows_on_the_line(
    tmp_path: Path,
) -> None:
    async with decided(tmp_path) as (on, _):
        before = await line(on)
        await correct(on)
        after = await line(on)
        assert after.basis_withdrawn
        assert after.basis_withdrawn_on == "2022-08-01"
        assert after.sums == before.sums
        assert not (await line(on, as_of="2022-07-31")).basis_withdrawn


@asynchronous
async def test_a_line_is_explained_back_to_the_entitlement_and_its_rating(tmp_path: Path) -> None:
    async with decided(tmp_path) as (on, _):
        request = messages.ExplainAllocationLineRequest(name=PARK_LINE)
        answer = await on.budget.ExplainAllocationLine(request)
        assert [(step.service, step.event_type) for step in answer.explanation.steps] == [
            ("incentive", "allocation-line-reserved"),
            ("incentive", "central-budget-priority-granted"),
            ("evaluation", "zone-rated-excellent"),
        ]
        assert all(step.sentence_zh for step in answer.explanation.steps)
        assert [bool(step.clause_quote) for step in answer.explanation.steps[:2]] == [True, True]


@asynchronous
async def test_many_who_grant_and_pay_at_once_never_overspend(tmp_path: Path) -> None:
    async with decided(tmp_path) as (on, proposed):
        amounts = {each.project_id: each for each in proposed.lines}
        grants = [
            but(GRANT, project_id=name, unit_id=each.unit_id, amount=each.amount)
            for name, each in amounts.items()
        ]
        await asyncio.gather(
            *(on.budget.GrantLine(messages.GrantLineRequest(grant=each)) for each in grants)
        )
        third = amounts["park-road"].amount // 3
        payments = [but(PAY, payment_id=f"p-{number}", amount=third) for number in range(12)]
        answers = await asyncio.gather(
            *(on.budget.PayLine(messages.PayLineRequest(payment=each)) for each in payments),
            return_exceptions=True,
        )
        failed = [each for each in answers if isinstance(each, grpc.aio.AioRpcError)]
        assert len(failed) == len(payments) - 3
        assert {each.code() for each in failed} == {Code.FAILED_PRECONDITION}
        pool = (await on.budget.GetPool(messages.GetPoolRequest(name=POOL))).pool
        assert pool.sums.granted == pool.sums.reserved == pool.appropriated
        assert pool.sums.paid == 3 * third


@asynchronous
async def test_a_request_that_is_sent_again_is_answered_again(tmp_path: Path) -> None:
    async with decided(tmp_path) as (on, proposed):
        amount = {each.project_id: each.amount for each in proposed.lines}["park-road"]
        grant = but(GRANT, amount=amount)
        request = messages.GrantLineRequest(grant=grant, request_id=str(uuid4()))
        first, again = await on.budget.GrantLine(request), await on.budget.GrantLine(request)
        assert first == again
        assert first.outcome.recorded == 1


# Bad input.


@asynchronous
async def test_every_fault_of_a_batch_is_said_at_once_and_nothing_is_written(
    tmp_path: Path,
) -> None:
    async with served(tmp_path) as on:
        await prepare(on)
        before = await size(on)
        wrong = [
            put_forward(but(PARK, project_id="new", project_code="2201")),
            put_forward(but(PLATFORM, project_id="other", unit_id="nowhere")),
            but(put_forward(but(SMALL, requested=-1)), put_forward_on="2022-02-30", document=""),
            put_forward(but(HUNAN, project_id="x", unit_id="hubei", kind=BLOCK)),
        ]
        request = messages.PutForwardProjectsRequest(projects=wrong, validate_only=True)
        faults = (await on.budget.PutForwardProjects(request)).outcome.faults
        assert {(each.item, each.field) for each in faults} == {
            (0, "project.project_code"),
            (1, "project.unit_id"),
            (2, "project.requested"),
            (2, "put_forward_on"),
            (2, "document"),
        }
        request.validate_only = False
        refusal = await refused(on.budget.PutForwardProjects, request)
        assert refusal.code() == Code.INVALID_ARGUMENT
        assert await size(on) == before


@asynchronous
async def test_a_project_that_moved_since_it_was_looked_at_is_not_corrected(
    tmp_path: Path,
) -> None:
    async with served(tmp_path) as on:
        await prepare(on)
        request = messages.GetProjectRequest(name=f"units/loudi/projects/2022.{ZONES}.small-lab")
        etag = (await on.budget.GetProject(request)).project.etag
        first = messages.CorrectProjectRequest(correction=CORRECT, etag=etag)
        await on.budget.CorrectProject(first)
        other = project("small-lab", "loudi", 3, 7 * MILLION)
        second = messages.CorrectProjectRequest(correction=but(CORRECT, project=other), etag=etag)
        assert (await refused(on.budget.CorrectProject, second)).code() == Code.ABORTED


# Lists.


@asynchronous
async def test_lists_are_walked_page_by_page_and_narrowed(tmp_path: Path) -> None:
    async with decided(tmp_path) as (on, proposed):
        request = messages.ListAllocationLinesRequest(budget_year=2022, page_size=3)
        first = await on.budget.ListAllocationLines(request)
        request.page_token = first.next_page_token
        second = await on.budget.ListAllocationLines(request)
        names = [each.line.project_id for page in (first, second) for each in page.allocation_lines]
        assert sorted(names) == sorted(each.project_id for each in proposed.lines)
        assert len(first.allocation_lines) == 3
        assert not second.next_page_token
        other = messages.ListAllocationLinesRequest(budget_year=2023)
        assert not (await on.budget.ListAllocationLines(other)).allocation_lines
        pools = await on.budget.ListPools(messages.ListPoolsRequest(line_id=ZONES))
        assert [each.name for each in pools.pools] == [POOL]


# Who may.


@asynchronous
async def test_an_authority_acts_for_itself_and_by_the_rules_of_the_pool(tmp_path: Path) -> None:
    keys = certify(tmp_path / "keys", read(SHIPPED))
    async with behind_tls(tmp_path / "data", keys) as agencies:
        await prepare(await agencies.of("operator"))
        most = await agencies.of("most")
        for authority, reason in (("ndrc", "ACTS_FOR_ANOTHER"), ("most", "NOT_THE_AUTHORITY")):
            proposal = but(PROPOSE, bases=None, authority=authority)
            request = messages.ProposeAllocationRequest(proposal=proposal, validate_only=True)
            [fault] = (await most.budget.ProposeAllocation(request)).outcome.faults
            assert (fault.field, fault.reason) == ("authority", reason)
        pool = (await most.budget.GetPool(messages.GetPoolRequest(name=POOL))).pool
        assert pool.appropriated == 100 * MILLION


@asynchronous
async def test_the_public_sees_what_was_divided_and_no_project(tmp_path: Path) -> None:
    keys = certify(tmp_path / "keys", read(SHIPPED))
    async with behind_tls(tmp_path / "data", keys) as agencies:
        operator = await agencies.of("operator")
        await prepare(operator)
        await decide(operator)
        on = await agencies.of("public")
        pool = (await on.budget.GetPool(messages.GetPoolRequest(name=POOL))).pool
        assert [each.allocated for each in pool.allocations] == [100 * MILLION]
        assert not (await on.budget.ListProjects(messages.ListProjectsRequest())).projects
        lines = await on.budget.ListAllocationLines(messages.ListAllocationLinesRequest())
        assert not lines.allocation_lines


@asynchronous
async def test_nothing_is_granted_after_a_disqualification_and_what_was_decided_stays(
    tmp_path: Path,
) -> None:
    async with decided(tmp_path) as (_, proposed):
        amount = {each.project_id: each.amount for each in proposed.lines}["park-road"]
    gone = Withdrawal(
        unit_id="xiangtan",
        round=2020,
        instrument="central_budget_priority",
        reason="disqualified",
        effective_on="2022-03-20",
        visibility=Visibility.VISIBILITY_PUBLIC,
    )
    event = CentralBudgetPriorityWithdrawn(withdrawal=gone)
    await append_event(tmp_path, "incentive", "entitlements-xiangtan-2020", event)
    async with served(tmp_path) as on:
        request = messages.GrantLineRequest(grant=but(GRANT, amount=amount))
        refusal = await refused(on.budget.GrantLine, request)
        assert "disqualified since 2022-03-20" in str(refusal.details())
        early = but(GRANT, amount=amount, granted_on="2022-03-19")
        await on.budget.GrantLine(messages.GrantLineRequest(grant=early))
        shown = await line(on)
        assert (shown.sums.granted, shown.basis_withdrawn_reason) == (amount, "disqualified")


@asynchronous
async def test_a_disqualification_is_known_too_where_what_it_withdrew_does_not_say_why(
    tmp_path: Path,
) -> None:
    async with decided(tmp_path) as (_, proposed):
        amount = {each.project_id: each.amount for each in proposed.lines}["park-road"]
    gone = Withdrawal(
        unit_id="xiangtan",
        round=2020,
        instrument="central_budget_priority",
        reason=VOIDED,
        effective_on="2022-03-20",
        visibility=Visibility.VISIBILITY_PUBLIC,
    )
    end = NothingEarned(
        unit_id="xiangtan", round=2020, reason="disqualified", effective_on="2022-03-20"
    )
    later = but(end, round=2021, effective_on="2022-03-25")
    for event in (CentralBudgetPriorityWithdrawn(withdrawal=gone), end, later):
        await append_event(tmp_path, "incentive", "entitlements-xiangtan-2020", event)
    grant = messages.GrantLineRequest(grant=but(GRANT, amount=amount))
    async with served(tmp_path) as on:
        refusal = await refused(on.budget.GrantLine, grant)
        assert "disqualified since 2022-03-20" in str(refusal.details())
    for ended in (end, later):
        taken_back = but(ended, reason="", effective_on="2022-03-26")
        await append_event(tmp_path, "incentive", "entitlements-xiangtan-2020", taken_back)
    async with served(tmp_path) as on:
        await on.budget.GrantLine(grant)
        assert (await line(on)).sums.granted == amount

"""Plans over gRPC: whole batches, whole answers, and a province for its own units alone."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any
from uuid import uuid4

import grpc

from services.kernel.words import word
from tests.asynchronous import asynchronous
from tests.evaluation.plan.story import (
    AGREE,
    ASSESS,
    COPY,
    DEPARTMENTS,
    DRAFT,
    ISSUE,
    PLAN,
    RECIPIENTS,
    RECOMMEND,
    REVISE,
)
from tests.runtime.story import ADOPT_NOTICE, ADOPT_OTHER
from tests.spec import but
from tests.supplements import SHIPPED as SUPPLEMENTS
from tests.surface.agencies import behind_tls, certify, read
from tests.surface.served import Client, refused, served
from tests.tables import SHIPPED
from zoneledger.evaluation.v1 import plan_commands_pb2 as commands
from zoneledger.evaluation.v1 import plan_service_pb2 as messages
from zoneledger.evaluation.v1 import service_pb2 as evaluation
from zoneledger.evaluation.v1.events_pb2 import BeneficiaryClass, Grade, Rating, Unit, UnitKind
from zoneledger.evaluation.v1.plan_events_pb2 import PlanState, PlanStep
from zoneledger.evaluation.v1.supplement_commands_pb2 import AdoptSupplement
from zoneledger.ledger.v1.service_pb2 import GetFrontierRequest
from zoneledger.ledger.v1.visibility_pb2 import Visibility

Code = grpc.StatusCode
OWN, FOREIGN = "hubei-huangshi", "hunan-zhongbu"


def of(unit: str, command: Any) -> Any:
    """The command about the plan of another unit."""
    return but(command, step=but(command.step, unit_id=unit))


async def prepare(on: Client, *units: str) -> None:
    """Adopt the notices with what is said of plans beside them, and register zones."""
    policies = [ADOPT_NOTICE, ADOPT_OTHER]
    await on.evaluation.AdoptPolicies(evaluation.AdoptPoliciesRequest(policies=policies))
    supplements = [
        AdoptSupplement(supplement_id=name, text=SUPPLEMENTS[name])
        for name in ("2021-866-plans", "2019-zone-notice-plans")
    ]
    await on.evaluation.AdoptSupplements(
        evaluation.AdoptSupplementsRequest(supplements=supplements)
    )
    zones = [
        Unit(
            unit_id=each,
            name_zh=each,
            kind=UnitKind.UNIT_KIND_ZONE,
            beneficiary_class=BeneficiaryClass.BENEFICIARY_CLASS_NATIONAL,
        )
        for each in units
    ]
    await on.evaluation.RegisterUnits(evaluation.RegisterUnitsRequest(units=zones))


async def agree(on: Client, *units: str) -> None:
    """Bring the plans of the units as far as the consent in principle."""
    for call, request in (
        (on.plans.DraftPlans, messages.DraftPlansRequest(drafts=[of(u, DRAFT) for u in units])),
        (
            on.plans.RecommendPlans,
            messages.RecommendPlansRequest(recommendations=[of(u, RECOMMEND) for u in units]),
        ),
        (
            on.plans.AssessPlans,
            messages.AssessPlansRequest(assessments=[of(u, ASSESS) for u in units]),
        ),
        (on.plans.AgreePlans, messages.AgreePlansRequest(consents=[of(u, AGREE) for u in units])),
    ):
        assert (await call(request)).outcome.recorded == len(units)


async def issue(on: Client, unit: str) -> None:
    request = messages.IssuePlansRequest(issues=[of(unit, ISSUE)])
    assert (await on.plans.IssuePlans(request)).outcome.recorded == 1


async def plan(on: Client, unit: str) -> messages.PlanStanding:
    request = messages.GetPlanRequest(name=f"units/{unit}/plans/145")
    standing: messages.PlanStanding = (await on.plans.GetPlan(request)).plan
    return standing


async def size(on: Client) -> int:
    request = GetFrontierRequest(service="evaluation")
    return int((await on.log.GetFrontier(request)).size)


def reasons(refusal: grpc.aio.AioRpcError) -> str:
    return refusal.details() or ""


@asynchronous
async def test_a_plan_goes_its_way_and_its_copies_are_tracked(tmp_path: Path) -> None:
    async with served(tmp_path) as on:
        await prepare(on, OWN)
        await agree(on, OWN)
        await issue(on, OWN)
        assert list((await plan(on, OWN)).outstanding) == list(RECIPIENTS)
        copies = [but(of(OWN, COPY), recipient=each) for each in RECIPIENTS]
        await on.plans.CopyPlans(messages.CopyPlansRequest(copies=copies))
        standing = await plan(on, OWN)
    assert (list(standing.outstanding), standing.support_since) == ([], "2021-06-09")
    assert standing.rules.supplement_id == "2021-866-plans"


@asynchronous
async def test_a_batch_of_consents_is_entered_whole_or_not_at_all(tmp_path: Path) -> None:
    async with served(tmp_path) as on:
        await prepare(on, OWN, FOREIGN)
        await agree(on, OWN)
        before = await size(on)
        consents = [of(OWN, AGREE), of(FOREIGN, AGREE)]
        request = messages.AgreePlansRequest(consents=consents)
        refusal = await refused(on.plans.AgreePlans, request)
        assert refusal.code() == Code.FAILED_PRECONDITION
        assert f"{FOREIGN} has no plan" in reasons(refusal)
        assert await size(on) == before


@asynchronous
async def test_every_fault_of_a_batch_is_answered_at_once(tmp_path: Path) -> None:
    async with served(tmp_path) as on:
        await prepare(on, OWN)
        draft = of(OWN, DRAFT)
        request = messages.DraftPlansRequest(
            drafts=[
                but(draft, plan=but(PLAN, title_zh="", last_year=2020)),
                but(
                    draft, step=PlanStep(unit_id="xiangtn", plan_id="1 4 5", taken_on="9999-01-01")
                ),
            ],
            validate_only=True,
        )
        outcome = (await on.plans.DraftPlans(request)).outcome
    assert [(fault.item, fault.field, fault.reason) for fault in outcome.faults] == [
        (0, "plan.title_zh", "FIELD_MISSING"),
        (0, "plan.last_year", "YEARS_REVERSED"),
        (1, "step.plan_id", "NOT_AN_IDENTIFIER"),
        (1, "step.taken_on", "STILL_TO_COME"),
        (1, "step.unit_id", "UNIT_NOT_REGISTERED"),
    ]


@asynchronous
async def test_a_step_that_needs_a_day_and_a_document_is_refused_without(tmp_path: Path) -> None:
    async with served(tmp_path) as on:
        await prepare(on, OWN)
        await agree(on, OWN)
        unknown = but(of(OWN, ISSUE), step=PlanStep(unit_id=OWN, plan_id="145"))
        request = messages.IssuePlansRequest(issues=[unknown], validate_only=True)
        outcome = (await on.plans.IssuePlans(request)).outcome
    assert [(fault.field, fault.reason) for fault in outcome.faults] == [
        ("step.taken_on", "NOT_A_DAY"),
        ("step.document", "FIELD_MISSING"),
    ]


@asynchronous
async def test_only_the_plan_that_was_looked_at_is_amended(tmp_path: Path) -> None:
    async with served(tmp_path) as on:
        await prepare(on, OWN)
        await agree(on, OWN)
        await issue(on, OWN)
        seen = await plan(on, OWN)
        # Another stream of the same unit grows: that is no other plan.
        await on.plans.DraftPlans(messages.DraftPlansRequest(drafts=[_next_draft()]))
        amendment = commands.AmendPlan(
            step=but(of(OWN, ISSUE).step, taken_on="2022-05-01"), plan=PLAN, reason="目标调整"
        )
        request = messages.AmendPlanRequest(
            amendment=amendment, etag=seen.etag, request_id=str(uuid4())
        )
        first = await on.plans.AmendPlan(request)
        assert first.outcome.recorded == 1
        assert await on.plans.AmendPlan(request) == first
        another = messages.AmendPlanRequest(
            amendment=but(amendment, step=but(amendment.step, taken_on="2022-06-01")),
            etag=seen.etag,
        )
        refusal = await refused(on.plans.AmendPlan, another)
        assert refusal.code() == Code.ABORTED
        assert (await plan(on, OWN)).version == 2


@asynchronous
async def test_a_plan_takes_the_place_of_another_once_it_is_agreed_to(tmp_path: Path) -> None:
    async with served(tmp_path) as on:
        await prepare(on, OWN)
        await agree(on, OWN)
        await issue(on, OWN)
        succession = commands.SupersedePlan(
            step=but(of(OWN, ISSUE).step, taken_on="2026-03-01"), superseded_by="155"
        )
        request = messages.SupersedePlanRequest(succession=succession)
        refusal = await refused(on.plans.SupersedePlan, request)
        assert "has no plan '155' that is agreed to" in reasons(refusal)
        await on.plans.DraftPlans(messages.DraftPlansRequest(drafts=[_next_draft()]))
        assert reasons(await refused(on.plans.SupersedePlan, request)) == reasons(refusal)
        await _agree_to_next(on)
        assert (await on.plans.SupersedePlan(request)).outcome.recorded == 1
        assert (await plan(on, OWN)).superseded_by == "155"


async def _agree_to_next(on: Client) -> None:
    step = _next_draft().step
    recommended = messages.RecommendPlansRequest(
        recommendations=[commands.RecommendPlan(step=step)]
    )
    await on.plans.RecommendPlans(recommended)
    assessed = messages.AssessPlansRequest(assessments=[commands.AssessPlan(step=step)])
    await on.plans.AssessPlans(assessed)
    consent = commands.AgreePlan(step=but(step, document="2021-866"))
    await on.plans.AgreePlans(messages.AgreePlansRequest(consents=[consent]))


def _next_draft() -> commands.DraftPlan:
    draft: commands.DraftPlan = of(OWN, DRAFT)
    step = but(draft.step, plan_id="155", taken_on="2022-03-01")
    plan = but(PLAN, period="十五五", first_year=2026, last_year=2030)
    return but(draft, step=step, plan=plan)


@asynchronous
async def test_an_explanation_quotes_the_clause_that_the_supplement_has(tmp_path: Path) -> None:
    async with served(tmp_path) as on:
        await prepare(on, OWN)
        await agree(on, OWN)
        await issue(on, OWN)
        request = messages.ExplainPlanRequest(name=f"units/{OWN}/plans/145")
        steps = (await on.plans.ExplainPlan(request)).explanation.steps
    told = {each.event_type: (each.clause_id, each.clause_quote) for each in steps}
    assert told["plan-issued"] == ("plans/issued", "联合印发")
    assert told["plan-agreed-in-principle"][0] == "plans/zones-agreed"
    documents = {each.event_type: each.policy.policy_id for each in steps if each.clause_id}
    assert documents == {"plan-agreed-in-principle": "2021-866", "plan-issued": "2021-866"}
    assert "原则同意" in told["plan-agreed-in-principle"][1]
    assert [each.event_type for each in steps][-1] == "plan-drafted"


@asynccontextmanager
async def agreed(folder: Path) -> AsyncIterator[Any]:
    """The agencies of the shipped table, with a plan of Hubei and one of Hunan agreed to."""
    keys = certify(folder / "keys", read(SHIPPED))
    async with behind_tls(folder / "data", keys) as agencies:
        operator = await agencies.of("operator")
        await prepare(operator, OWN, FOREIGN)
        await agree(operator, OWN, FOREIGN)
        yield agencies


@asynchronous
async def test_a_province_enters_the_steps_of_its_own_units_and_no_others(tmp_path: Path) -> None:
    async with agreed(tmp_path) as agencies:
        hubei = await agencies.of("hubei")
        revise = messages.RevisePlansRequest(revisions=[of(OWN, REVISE)])
        assert (await hubei.plans.RevisePlans(revise)).outcome.recorded == 1
        for units in ([FOREIGN], [OWN, FOREIGN]):
            foreign = messages.IssuePlansRequest(issues=[of(each, ISSUE) for each in units])
            refusal = await refused(hubei.plans.IssuePlans, foreign)
            assert refusal.code() == Code.PERMISSION_DENIED
        assert word(PlanState, (await plan(hubei, FOREIGN)).state) == "agreed_in_principle"


@asynchronous
async def test_a_province_neither_assesses_nor_agrees(tmp_path: Path) -> None:
    async with agreed(tmp_path) as agencies:
        hubei = await agencies.of("hubei")
        for call, request in (
            (hubei.plans.AgreePlans, messages.AgreePlansRequest(consents=[of(OWN, AGREE)])),
            (hubei.plans.AssessPlans, messages.AssessPlansRequest(assessments=[of(OWN, ASSESS)])),
        ):
            assert (await refused(call, request)).code() == Code.PERMISSION_DENIED


@asynchronous
async def test_a_province_is_told_how_its_own_plan_was_prepared_and_the_public_is_not(
    tmp_path: Path,
) -> None:
    async with agreed(tmp_path) as agencies:
        hubei, public = await agencies.of("hubei"), await agencies.of("public")
        own, foreign = await plan(hubei, OWN), await plan(hubei, FOREIGN)
        shown = await plan(public, OWN)
        listed = await public.plans.ListPlans(messages.ListPlansRequest())
    assert (len(own.milestones), len(foreign.milestones), len(shown.milestones)) == (4, 1, 1)
    assert [each.unit_id for each in listed.plans] == [OWN, FOREIGN]


@asynchronous
async def test_a_refusal_tells_a_province_nothing_of_what_its_unit_is_not_told(
    tmp_path: Path,
) -> None:
    """Whatever is internal, it is refused in the same words."""
    told = []
    for is_rated in (False, True):
        async with agreed(tmp_path / str(is_rated)) as agencies:
            if is_rated:
                await _rate_internally(await agencies.of("operator"))
            hubei = await agencies.of("hubei")
            unsigned = but(of(OWN, ISSUE), signatories=DEPARTMENTS[1:])
            request = messages.IssuePlansRequest(issues=[unsigned])
            told.append(reasons(await refused(hubei.plans.IssuePlans, request)))
    assert told[0] == told[1]
    assert "provincial_development" in told[0]


async def _rate_internally(on: Client) -> None:
    rating = Rating(
        unit_id=OWN,
        round=2019,
        grade=Grade.GRADE_POOR,
        published_on="2020-08-04",
        document="2019-zone-notice",
        visibility=Visibility.VISIBILITY_INTERNAL,
    )
    await on.evaluation.PublishRatings(evaluation.PublishRatingsRequest(ratings=[rating]))


@asynchronous
async def test_a_rating_is_corrected_by_what_was_looked_at_also_where_its_unit_has_plans(
    tmp_path: Path,
) -> None:
    async with served(tmp_path) as on:
        await prepare(on, OWN)
        await _rate_internally(on)
        name = f"units/{OWN}/ratings/2019"
        seen = (await on.evaluation.GetRating(evaluation.GetRatingRequest(name=name))).rating
        await agree(on, OWN)
        correction = evaluation.CorrectRatingRequest(etag=seen.etag)
        correction.correction.rating.CopyFrom(seen.rating)
        correction.correction.rating.grade = Grade.GRADE_EXCELLENT
        correction.correction.corrected_on = "2020-09-01"
        correction.correction.document = "更正通知"
        correction.correction.reason = "a figure was misread"
        answer = await on.evaluation.CorrectRating(correction)
        assert answer.outcome.recorded == 1
        assert (await refused(on.evaluation.CorrectRating, correction)).code() == Code.ABORTED

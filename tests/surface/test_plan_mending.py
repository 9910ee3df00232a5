"""What was entered wrong or left open of plans is put right over gRPC, and the rest follows."""

from pathlib import Path
from typing import Any
from uuid import uuid4

from services.kernel.words import word
from tests.asynchronous import asynchronous
from tests.evaluation.plan.story import AGREE, ASSESS, COPY, DRAFT, ISSUE, RECOMMEND
from tests.spec import but
from tests.supplements import answering
from tests.surface.served import Client, refused, served
from tests.surface.test_plans import OWN, Code, agree, issue, of, plan, prepare, reasons
from zoneledger.evaluation.v1 import plan_commands_pb2 as commands
from zoneledger.evaluation.v1 import plan_service_pb2 as messages
from zoneledger.evaluation.v1 import service_pb2 as evaluation
from zoneledger.evaluation.v1.events_pb2 import BeneficiaryClass, Unit, UnitKind
from zoneledger.evaluation.v1.plan_events_pb2 import PlanState
from zoneledger.evaluation.v1.supplement_commands_pb2 import AdoptSupplement

ISSUED = PlanState.PLAN_STATE_ISSUED
AGREED = PlanState.PLAN_STATE_AGREED_IN_PRINCIPLE
SUPERSEDED = PlanState.PLAN_STATE_SUPERSEDED
START_NORM = "2021-866/provincial-plan-support"
HEBI = Unit(
    unit_id="hebi",
    name_zh="鹤壁",
    kind=UnitKind.UNIT_KIND_PROVINCIAL_ZONE,
    beneficiary_class=BeneficiaryClass.BENEFICIARY_CLASS_PROVINCIAL_BY_REFERENCE,
)


async def agree_to(on: Client, plan_id: str, day: str) -> None:
    """Bring another plan of the unit as far as the consent in principle, all on one day."""
    steps: Any = (
        (on.plans.DraftPlans, messages.DraftPlansRequest, "drafts", DRAFT),
        (on.plans.RecommendPlans, messages.RecommendPlansRequest, "recommendations", RECOMMEND),
        (on.plans.AssessPlans, messages.AssessPlansRequest, "assessments", ASSESS),
        (on.plans.AgreePlans, messages.AgreePlansRequest, "consents", AGREE),
    )
    for call, request_type, field, command in steps:
        at = but(of(OWN, command).step, plan_id=plan_id, taken_on=day)
        await call(request_type(**{field: [but(command, step=at)]}))


def succession(plan_id: str, by: str, day: str) -> messages.SupersedePlanRequest:
    step = but(of(OWN, ISSUE).step, plan_id=plan_id, taken_on=day)
    return messages.SupersedePlanRequest(
        succession=commands.SupersedePlan(step=step, superseded_by=by)
    )


def correction(
    day: str, state: PlanState.ValueType, document: str, **fields: Any
) -> messages.CorrectPlanStepRequest:
    step = but(of(OWN, ISSUE).step, taken_on=day, document=document)
    return messages.CorrectPlanStepRequest(
        correction=commands.CorrectPlanStep(
            step=step, state=state, corrected_on="2026-06-01", document="更正函", reason="笔误"
        ),
        **fields,
    )


@asynchronous
async def test_two_plans_do_not_take_each_others_place_nor_one_a_place_before_its_consent(
    tmp_path: Path,
) -> None:
    async with served(tmp_path) as on:
        await prepare(on, OWN)
        await agree(on, OWN)
        await agree_to(on, "146", "2022-06-09")
        early = await refused(on.plans.SupersedePlan, succession("145", "146", "2021-12-01"))
        assert "agreed to since 2022-06-09" in reasons(early)
        first = await on.plans.SupersedePlan(succession("145", "146", "2022-07-01"))
        assert first.outcome.recorded == 1
        back = await refused(on.plans.SupersedePlan, succession("146", "145", "2022-08-01"))
        assert "took the place of 145 itself" in reasons(back)
        named = messages.GetPlanRequest(name=f"units/{OWN}/plans/146")
        standing = (await on.plans.GetPlan(named)).plan
    assert word(PlanState, standing.state) == "agreed_in_principle"


@asynchronous
async def test_a_plan_is_not_superseded_before_it_took_the_place_of_another(
    tmp_path: Path,
) -> None:
    async with served(tmp_path) as on:
        await prepare(on, OWN)
        await agree(on, OWN)
        for plan_id in ("146", "147"):
            await agree_to(on, plan_id, "2021-06-21")
        await on.plans.SupersedePlan(succession("145", "146", "2023-01-01"))
        early = await refused(on.plans.SupersedePlan, succession("146", "147", "2022-06-01"))
        assert "took the place of another on 2023-01-01" in reasons(early)
        await on.plans.SupersedePlan(succession("146", "147", "2024-06-01"))
        moved = correction("2022-06-01", SUPERSEDED, "函")
        moved.correction.step.plan_id = "146"
        moved.correction.succeeded_last_on = "2000-01-01"  # What a caller says of it is replaced.
        told = await refused(on.plans.CorrectPlanStep, moved)
        assert "took the place of another on 2023-01-01" in reasons(told)


@asynchronous
async def test_a_correction_that_another_followed_is_not_recorded_a_second_time(
    tmp_path: Path,
) -> None:
    async with served(tmp_path) as on:
        await prepare(on, OWN)
        await agree(on, OWN)
        await issue(on, OWN)
        first, second = (correction(f"2021-12-0{day}", ISSUED, "印发通知") for day in (3, 4))
        recorded = [
            (await on.plans.CorrectPlanStep(each)).outcome.recorded
            for each in (first, second, first)
        ]
        shown = await plan(on, OWN)
    assert recorded == [1, 1, 0]
    assert (shown.corrections, shown.milestones[-1].taken_on) == (2, "2021-12-04")


@asynchronous
async def test_the_copies_of_a_plan_that_was_followed_stay_listed_and_are_sent(
    tmp_path: Path,
) -> None:
    async with served(tmp_path) as on:
        await prepare(on, OWN)
        await agree(on, OWN)
        await issue(on, OWN)
        await agree_to(on, "146", "2022-06-09")
        await on.plans.SupersedePlan(succession("145", "146", "2022-07-01"))
        assert len((await plan(on, OWN)).outstanding) == 5
        copies = [but(of(OWN, COPY), recipient=each) for each in ("most", "cdb")]
        await on.plans.CopyPlans(messages.CopyPlansRequest(copies=copies))
        assert list((await plan(on, OWN)).outstanding) == ["ndrc", "miit", "mnr"]


@asynchronous
async def test_a_step_is_corrected_by_what_was_looked_at_and_its_support_follows(
    tmp_path: Path,
) -> None:
    async with served(tmp_path) as on:
        await prepare(on, OWN)
        await agree(on, OWN)
        seen = (await plan(on, OWN)).etag
        number = "发改振兴〔2021〕866号"
        request = correction("2021-06-21", AGREED, number, etag=seen, request_id=str(uuid4()))
        first = await on.plans.CorrectPlanStep(request)
        assert first.outcome.recorded == 1
        assert await on.plans.CorrectPlanStep(request) == first
        shown = await plan(on, OWN)
        assert (shown.support_since, shown.corrections) == ("2021-06-21", 1)
        assert shown.milestones[-1].document == "2021-866"
        stale = correction("2021-06-22", AGREED, number, etag=seen)
        assert (await refused(on.plans.CorrectPlanStep, stale)).code() is Code.ABORTED
        assert await plan(on, OWN) == shown


@asynchronous
async def test_every_fault_of_a_correction_is_told_at_once(tmp_path: Path) -> None:
    async with served(tmp_path) as on:
        await prepare(on, OWN)
        await agree(on, OWN)
        await issue(on, OWN)
        request = correction("9999-01-01", ISSUED, "", validate_only=True)
        request.correction.reason = ""
        outcome = (await on.plans.CorrectPlanStep(request)).outcome
    assert {(each.field, each.reason) for each in outcome.faults} == {
        ("step.taken_on", "STILL_TO_COME"),
        ("step.document", "FIELD_MISSING"),
        ("reason", "FIELD_MISSING"),
    }


async def answer(on: Client, name: str, starts: str, day: str) -> None:
    text = answering(START_NORM, starts, name=name, decided_on=day)
    adoption = [AdoptSupplement(supplement_id=name, text=text)]
    await on.evaluation.AdoptSupplements(evaluation.AdoptSupplementsRequest(supplements=adoption))


@asynchronous
async def test_an_answer_to_what_was_open_of_plans_starts_their_support_from_its_day_on(
    tmp_path: Path,
) -> None:
    async with served(tmp_path) as on:
        await prepare(on)
        await on.evaluation.RegisterUnits(evaluation.RegisterUnitsRequest(units=[HEBI]))
        await agree(on, "hebi")
        before = await plan(on, "hebi")
        await answer(on, "start", "agreed_in_principle", "2023-05-01")
        await answer(on, "coming", "issued", "9999-12-31")
        shown = await plan(on, "hebi")
        assert (before.support_since, shown.support_since) == ("", "2021-06-09")
        assert shown.support_answer.supplement_id == "start"
        assert shown.rules == before.rules
        listed = await on.plans.ListPlans(messages.ListPlansRequest(parent="units/hebi"))
        assert list(listed.plans) == [shown]
        name = shown.name
        for then in (
            messages.GetPlanRequest(name=name, as_of="2023-04-30"),
            messages.GetPlanRequest(name=name, known_at=before.recorded_at),
        ):
            assert (await on.plans.GetPlan(then)).plan == before


@asynchronous
async def test_nobody_signs_a_plan_whom_the_documents_do_not_know(tmp_path: Path) -> None:
    async with served(tmp_path) as on:
        await prepare(on, OWN)
        await agree(on, OWN)
        signed = but(of(OWN, ISSUE), signatories=[*ISSUE.signatories, "火星"])
        request = messages.IssuePlansRequest(issues=[signed], validate_only=True)
        outcome = (await on.plans.IssuePlans(request)).outcome
    assert [(each.field, each.reason) for each in outcome.faults] == [
        ("signatories", "SIGNATORY_UNKNOWN")
    ]

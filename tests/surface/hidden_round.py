"""A round in which every way that a rating can go between its readers is gone once, and some plans.

A rating is published for the public, for its unit, or for nobody, and is corrected twice, each time
for the same readers or for others. What is said of each is said nowhere else. Every unit has a plan
too, and one is agreed to, so that some of what happened to it is public.
"""

import asyncio
from collections.abc import Sequence
from itertools import product
from pathlib import Path

import grpc.aio
from google.protobuf.message import Message

from services.kernel.decision import pack
from services.runtime.folder import log_file
from services.runtime.handler import new_id
from services.runtime.store.sqlite import SqliteStore
from tests import rounds
from tests.evaluation.plan.story import DEPARTMENTS, PLAN
from tests.incentive.budget import story as pools
from tests.runtime.story import NOTICE_ID, rating, unit
from tests.spec import but
from tests.supplements import SHIPPED as SUPPLEMENTS
from tests.surface import held_round
from tests.surface.served import Client
from zoneledger.evaluation.v1 import plan_service_pb2 as plans
from zoneledger.evaluation.v1 import service_pb2 as evaluation
from zoneledger.evaluation.v1.circular_events_pb2 import Circular, CommendedPlace
from zoneledger.evaluation.v1.circular_service_pb2 import RecordCircularsRequest
from zoneledger.evaluation.v1.commands_pb2 import CorrectRating
from zoneledger.evaluation.v1.events_pb2 import (
    BeneficiaryClass,
    Grade,
    Honour,
    HonourKind,
    Rating,
    Unit,
    UnitKind,
    ZoneRatedExcellent,
)
from zoneledger.evaluation.v1.plan_commands_pb2 import (
    AgreePlan,
    ApprovePlan,
    AssessPlan,
    CopyPlan,
    DraftPlan,
    RecommendPlan,
    RevisePlan,
)
from zoneledger.evaluation.v1.plan_events_pb2 import PlanStep
from zoneledger.evaluation.v1.supplement_commands_pb2 import AdoptSupplement
from zoneledger.incentive.v1 import budget_service_pb2 as budgets
from zoneledger.incentive.v1.case_commands_pb2 import ApplyForBenefit
from zoneledger.incentive.v1.case_events_pb2 import Benefit, CaseStep
from zoneledger.incentive.v1.case_service_pb2 import ApplyForBenefitsRequest
from zoneledger.incentive.v1.events_pb2 import Entitlement, LandGuaranteeGranted
from zoneledger.ledger.v1.decision_pb2 import Decision, PolicyReference
from zoneledger.ledger.v1.visibility_pb2 import Visibility

LEVELS = ("public", "subject", "internal")
GRADES = [Grade.GRADE_EXCELLENT, Grade.GRADE_GOOD, Grade.GRADE_QUALIFIED, Grade.GRADE_POOR]
# The readers of a rating, of its correction, and of the correction of that.
WAYS = list(product(LEVELS, repeat=3))
CITIES = [f"{'-'.join(way)}" for way in WAYS]
UNITS = [
    "huangshi",
    "hubei-huangshi",
    *CITIES,
    "stuck-internal",
    "stuck-public",
    "old",
    "mixed",
    "park",
]
DAYS = ("2021-06-20", "2021-06-21", "2021-06-30", "2021-07-01", "2021-08-01")
POOL = f"2022.{pools.ZONES}"
# In a text that is found nowhere else.
OF = "-of-"
# Zones of a round that is held here: one that a province answers for, one that is corrected to a
# grade that is not public, one that never had another.
STANDS_FOR = {"xiangtan": "zone-a", "zhuzhou": "hubei-huangshi", "ningdong": "zone-b"}
ZONES = [*STANDS_FOR.values()]
_ZONES_ALONE = rounds.RULE_SET.replace(
    "{level: unit, unit_kinds: [prefecture_city, base]", "{level: zone, unit_kinds: [zone]"
)
_COLLECTED = len(rounds.COLLECTED)
HELD: list[Message] = [
    rounds.OPEN_ROUND,
    but(rounds.FREEZE, text=_ZONES_ALONE, unit_kinds=[UnitKind.UNIT_KIND_ZONE]),
    *(but(rounds.admit(each), kind=UnitKind.UNIT_KIND_ZONE) for each in rounds.UNITS),
    *rounds.COLLECTED[5:],
    but(rounds.BONUS, recognised_on="2021-04-17"),
    but(rounds.WITHDRAW, withdrawn_on="2021-04-17", reason=f"reason{OF}withdrawal."),
    *rounds.NOTICED[_COLLECTED:],
    but(rounds.VETO, reason=f"reason{OF}veto.", document=f"document{OF}veto."),
    but(rounds.LIFT, reason=f"reason{OF}lifting."),
    rounds.OBJECTION,
    but(rounds.DECIDE, is_upheld=False, admitted=None, reason=f"reason{OF}objection."),
    *rounds.PUBLISHED[len(rounds.NOTICED) :],
    rounds.LATE,
    rounds.CORRECT,
    but(
        rounds.CORRECT,
        unit_id="xiangtan",
        grade=Grade.GRADE_QUALIFIED,
        admitted=None,
        reason=f"reason{OF}hidden-correction.",
    ),
    rounds.CLOSE_ROUND,
]


def story(index: int, unit_id: str, way: Sequence[str]) -> list[Rating]:
    """The ratings of a unit, one after the other; the texts in them are found nowhere else."""
    ratings = []
    for step, level in enumerate(way):
        rated = rating(unit_id, GRADES[(index + step * (1 + index % 3)) % 4])
        rated.visibility = Visibility.Value(f"VISIBILITY_{level.upper()}")
        rated.source = f"source-of-{unit_id}-{step}."
        ratings.append(rated)
    return ratings


async def tell(on: Client) -> None:
    """Enter the round."""
    await on.evaluation.AdoptPolicies(held_round.ADOPTION)
    await adopt(on, "2021-866-streaks")  # So that each poor grade leaves a streak open.
    units = [unit(each) for each in UNITS[:-1]] + [park()]
    await on.evaluation.RegisterUnits(evaluation.RegisterUnitsRequest(units=units))
    honour = Honour(
        honour_id="city-2020",
        round=2020,
        kind=HonourKind.HONOUR_KIND_CITY,
        name_zh="示范城市",
        unit_id="huangshi",
        document=NOTICE_ID,
    )
    await on.evaluation.AwardHonours(evaluation.AwardHonoursRequest(honours=[honour]))
    ways: dict[str, Sequence[str]] = {
        "huangshi": ("internal", "subject", "public"),
        "hubei-huangshi": ("subject",) * 3,
    }
    ways |= dict(zip(CITIES, WAYS, strict=True))
    stories = [story(index, *each) for index, each in enumerate(ways.items())]
    published = [first for first, *_ in stories]
    await on.evaluation.PublishRatings(evaluation.PublishRatingsRequest(ratings=published))
    await plan(on)
    await apply(on, [each.unit_id for each in published if each.grade == GRADES[0]])
    for step in (1, 2):
        for ratings in stories:
            correction = correct(ratings[step], step)
            await on.evaluation.CorrectRating(
                evaluation.CorrectRatingRequest(correction=correction)
            )
    await _divide(on)
    await _hold(on)


async def _divide(on: Client) -> None:
    """A pool with a project of every unit that was rated, divided and granted."""
    rated = ["huangshi", "hubei-huangshi", *CITIES]
    await on.budget.OpenPool(budgets.OpenPoolRequest(opening=pools.OPEN))
    appropriation = but(pools.APPROPRIATE, amount=len(rated) * pools.MILLION)
    await on.budget.AppropriatePool(budgets.AppropriatePoolRequest(appropriation=appropriation))
    projects = [
        but(
            pools.put_forward(pools.project(f"of-{each}", each, number, 2 * pools.MILLION)),
            document=f"document{OF}project{OF}{each}.",
        )
        for number, each in enumerate(rated)
    ]
    await on.budget.PutForwardProjects(budgets.PutForwardProjectsRequest(projects=projects))
    proposal = budgets.ProposeAllocationRequest(proposal=pools.PROPOSE)
    proposed = (await on.budget.ProposeAllocation(proposal)).allocation
    decision = but(pools.DECIDE, proposal_hash=proposed.proposal_hash)
    await on.budget.DecideAllocation(budgets.DecideAllocationRequest(decision=decision))
    for line in proposed.lines:
        granted = but(
            pools.GRANT,
            project_id=line.project_id,
            unit_id=line.unit_id,
            amount=line.amount,
            document=f"document{OF}grant{OF}{line.unit_id}.",
        )
        await on.budget.GrantLine(budgets.GrantLineRequest(grant=granted))


async def _hold(on: Client) -> None:
    """A round of zones of the year before, held here; it goes every way that there is."""
    zones = [
        Unit(
            unit_id=each,
            name_zh=each,
            kind=UnitKind.UNIT_KIND_ZONE,
            beneficiary_class=BeneficiaryClass.BENEFICIARY_CLASS_NATIONAL,
            member_from="2017-04-13",
        )
        for each in ZONES
    ]
    await on.evaluation.RegisterUnits(evaluation.RegisterUnitsRequest(units=zones))
    circular = Circular(
        circular_id="2021-17",
        number="国办发〔2021〕17号",
        issued_on="2021-01-20",
        performance_year=2020,
        places=[CommendedPlace(name_zh="黄石", unit_id="hubei-huangshi")],
    )
    await on.circulars.RecordCirculars(RecordCircularsRequest(circulars=[circular]))
    await held_round.hold(on, held_round.retold(HELD, 2019, STANDS_FOR))


async def adopt(on: Client, name: str) -> None:
    """Adopt a shipped supplement."""
    supplement = AdoptSupplement(supplement_id=name, text=SUPPLEMENTS[name])
    request = evaluation.AdoptSupplementsRequest(supplements=[supplement])
    await on.evaluation.AdoptSupplements(request)


async def plan(on: Client) -> None:
    """Draft a plan of every unit; that of the park is agreed to, approved and copied once."""
    await adopt(on, "2021-866-plans")
    drafts = [
        DraftPlan(
            step=PlanStep(unit_id=each, plan_id="145", taken_on="2021-06-09"),
            plan=but(PLAN, source=f"source-of-the-plan-of-{each}."),
        )
        for each in UNITS
    ]
    await on.plans.DraftPlans(plans.DraftPlansRequest(drafts=drafts))
    step = PlanStep(unit_id="park", plan_id="145", taken_on="2021-06-21", document=NOTICE_ID)
    signed = ApprovePlan(step=step, signatories=DEPARTMENTS)
    for call, request in (
        (
            on.plans.RecommendPlans,
            plans.RecommendPlansRequest(recommendations=[RecommendPlan(step=step)]),
        ),
        (on.plans.AssessPlans, plans.AssessPlansRequest(assessments=[AssessPlan(step=step)])),
        (on.plans.AgreePlans, plans.AgreePlansRequest(consents=[AgreePlan(step=step)])),
        (on.plans.RevisePlans, plans.RevisePlansRequest(revisions=[RevisePlan(step=step)])),
        (on.plans.ApprovePlans, plans.ApprovePlansRequest(approvals=[signed])),
        (
            on.plans.CopyPlans,
            plans.CopyPlansRequest(copies=[CopyPlan(step=step, recipient="cdb")]),
        ),
    ):
        await call(request)


async def apply(on: Client, units: Sequence[str]) -> None:
    """A benefit case of each unit that is excellent at first; what follows has to have come."""
    applications = [
        ApplyForBenefit(
            step=CaseStep(
                unit_id=each,
                round=2020,
                instrument="land_guarantee",
                case_id="plot-1",
                taken_on="2021-06-21",
                document="潭政函〔2021〕1号",
            ),
            benefit=Benefit(title_zh="二期用地"),
        )
        for each in units
    ]
    request = ApplyForBenefitsRequest(applications=applications)
    for _ in range(100):
        try:
            await on.cases.ApplyForBenefits(request)
        except grpc.aio.AioRpcError:
            await asyncio.sleep(0.1)
        else:
            return
    await on.cases.ApplyForBenefits(request)


def park() -> Unit:
    """A unit that has support by reference, which hangs on no grade."""
    return Unit(
        unit_id="park",
        name_zh="园区",
        kind=UnitKind.UNIT_KIND_COUNTY_PARK,
        beneficiary_class=BeneficiaryClass.BENEFICIARY_CLASS_COUNTY_BY_REFERENCE,
        member_from="2021-06-09",
    )


def correct(rated: Rating, step: int) -> CorrectRating:
    return CorrectRating(
        rating=rated,
        corrected_on=f"2021-0{6 + step}-01",
        document=f"document-of-{rated.unit_id}-{step}.",
        reason=f"reason-of-{rated.unit_id}-{step}.",
    )


async def append(folder: Path) -> None:
    """Bring into the logs what no command would today.

    Two ratings wait in those that hear of them, as their document never comes. One is of a time
    when nothing said who may see it. And what anybody may see follows from what nobody may.
    """
    hidden = ""
    for unit_id, level, of in (
        ("old", "unspecified", _old()),
        ("stuck-public", "public", _LOST),
        ("stuck-internal", "internal", _LOST),
    ):
        rated = rating(unit_id)
        rated.visibility = Visibility.Value(f"VISIBILITY_{level.upper()}")
        rated.source = f"source{OF}{unit_id}."
        rated.policy.CopyFrom(of)
        hidden = await append_event(
            folder, "evaluation", f"unit-{unit_id}", ZoneRatedExcellent(rating=rated)
        )
    granted = Entitlement(
        unit_id="mixed",
        round=2020,
        instrument="land_guarantee",
        visibility=Visibility.VISIBILITY_PUBLIC,
        policy=rating("mixed").policy,
    )
    event = LandGuaranteeGranted(entitlement=granted)
    await append_event(folder, "incentive", "entitlements-mixed-2020", event, f"{hidden}.0")


_LOST = PolicyReference(policy_id=NOTICE_ID, content_hash="0" * 64)


def _old() -> PolicyReference:
    """The document as it was read before it was said who may see what follows."""
    old = PolicyReference()
    old.CopyFrom(rating("old").policy)
    old.reading = 1
    return old


async def append_event(
    folder: Path, service: str, stream: str, event: Message, causation_id: str = ""
) -> str:
    """The id of a decision that is in the log now."""
    store, id_ = SqliteStore(log_file(folder, service)), new_id()
    rows = await store.stream(stream)
    decision = Decision(
        decision_id=id_,
        stream=stream,
        version=rows[-1].next_version if rows else 0,
        causation_id=causation_id,
        events=[pack(event)],
    )
    await store.append([decision])
    await store.close()
    return id_

"""What a report on a plan leaves open is looked up: the unit's kind, and what its document asks."""

from datetime import date

import pytest

from services.evaluation.plan.lookup import (
    agreed_by,
    consent_faults,
    corrected_by,
    correction_faults,
    drafted_by,
    is_of_preparation,
    plan_faults,
    rules_of,
    signatories,
    succeeded_last_on,
    succeeds_since,
    successor,
    support_answer,
    unit_faults,
)
from services.kernel.errors import Fault
from services.kernel.reasons import Told, Why
from services.kernel.supplement import Supplements
from services.kernel.words import word
from tests.evaluation.plan.story import AGREE, DEPARTMENTS, DRAFT, PLAN, RECIPIENTS, step
from tests.notices import NOTICE_866, POLICIES
from tests.spec import but
from tests.supplements import SHIPPED, answering, supplements
from zoneledger.evaluation.v1.events_pb2 import Unit, UnitKind
from zoneledger.evaluation.v1.plan_commands_pb2 import (
    AgreePlan,
    CorrectPlanStep,
    PlanSuccessor,
)
from zoneledger.evaluation.v1.plan_events_pb2 import PlanRules, PlanState
from zoneledger.evaluation.v1.plan_service_pb2 import PlanMilestone, PlanStanding

AGREED_STATE = PlanState.PLAN_STATE_AGREED_IN_PRINCIPLE
SUPPLEMENTS = supplements(SHIPPED["2021-866-plans"], SHIPPED["2019-zone-notice-plans"])
HEBI = Unit(unit_id="hebi", kind=UnitKind.UNIT_KIND_PROVINCIAL_ZONE)
PARK = Unit(unit_id="hebi", kind=UnitKind.UNIT_KIND_COUNTY_PARK)
ZONE = Unit(unit_id="hebi", kind=UnitKind.UNIT_KIND_ZONE)
CITY = Unit(unit_id="hebi", kind=UnitKind.UNIT_KIND_PREFECTURE_CITY)
BY_NUMBER = but(AGREE, step=step("2021-06-09", "发改振兴〔2021〕866号"), rules=None)


def agreed(unit: Unit = HEBI, command: AgreePlan = BY_NUMBER) -> AgreePlan:
    return agreed_by(command, {"hebi": unit}, POLICIES, SUPPLEMENTS)


def rules(policy_id: str, unit: Unit) -> PlanRules:
    policy = POLICIES.get(policy_id)
    assert policy is not None
    found = rules_of(policy, word(UnitKind, unit.kind), SUPPLEMENTS)
    assert found is not None
    return found


def way(of: PlanRules) -> str:
    return word(PlanState, of.comes_into_force)


def test_a_draft_is_entered_with_the_kind_that_the_register_has() -> None:
    claimed = but(DRAFT, unit_kind=UnitKind.UNIT_KIND_ZONE)
    assert drafted_by(claimed, {"hebi": HEBI}) == DRAFT


def test_a_consent_is_entered_under_the_proper_name_of_its_document_and_with_its_rules() -> None:
    found = agreed()
    assert (found.step.document, found.rules.policy) == ("2021-866", NOTICE_866)
    assert found.rules.supplement_id == "2021-866-plans"


def test_rules_that_a_caller_sends_do_not_count() -> None:
    claimed = but(BY_NUMBER, rules=PlanRules(comes_into_force=PlanState.PLAN_STATE_APPROVED))
    assert agreed(HEBI, claimed) == agreed()


def test_by_the_notice_of_2021_a_zone_is_issued_and_a_park_approved_by_four_departments() -> None:
    for unit, expected in ((ZONE, "issued"), (HEBI, "issued"), (PARK, "approved")):
        found = rules("2021-866", unit)
        assert (way(found), list(found.signatories)) == (expected, list(DEPARTMENTS))


def test_by_the_notice_of_2021_four_ministries_and_the_bank_get_a_copy() -> None:
    for unit in (ZONE, HEBI, PARK):
        assert list(rules("2021-866", unit).recipients) == list(RECIPIENTS)


def test_by_the_notice_of_2021_support_of_zones_and_parks_starts_with_the_consent() -> None:
    for unit in (ZONE, PARK):
        found = rules("2021-866", unit)
        assert word(PlanState, found.support_starts) == "agreed_in_principle"
        assert "原则同意" in found.support_by.clause_quote


def test_by_the_notice_of_2021_it_is_open_when_support_of_a_provincial_zone_starts() -> None:
    found = rules("2021-866", HEBI)
    assert found.support_norm_id == "2021-866/provincial-plan-support"
    assert not found.support_starts


def test_a_government_approves_first_by_the_notice_of_2019_and_not_by_that_of_2021() -> None:
    assert rules("2019-zone-notice", ZONE).HasField("government_by")
    for unit in (ZONE, HEBI, PARK):
        assert not rules("2021-866", unit).HasField("government_by")


def test_what_the_notice_of_2019_does_not_say_is_not_asked() -> None:
    found = rules("2019-zone-notice", ZONE)
    assert (list(found.signatories), list(found.recipients)) == ([], [])
    assert found.support_norm_id == "2019-zone-notice/plan-support"


def test_a_unit_that_is_in_no_register_has_no_plan() -> None:
    assert unit_faults([DRAFT.step], {}) == [
        Fault(0, "step.unit_id", Why.UNIT_NOT_REGISTERED(unit="hebi"))
    ]
    assert unit_faults([DRAFT.step], {"hebi": HEBI}) == []


def test_a_period_ends_after_it_begins() -> None:
    reversed_ = but(PLAN, first_year=2025, last_year=2021)
    assert plan_faults([PLAN, reversed_]) == [
        Fault(1, "plan.last_year", Why.YEARS_REVERSED(first=2025, last=2021))
    ]


def test_only_an_adopted_document_agrees() -> None:
    consent = agreed(HEBI, but(BY_NUMBER, step=step("2021-06-09", "a letter")))
    [fault] = consent_faults([consent], POLICIES)
    assert (fault.field, fault.told.why) == ("step.document", Why.DOCUMENT_NOT_ADOPTED)


@pytest.mark.parametrize(("unit", "beside"), [(CITY, SUPPLEMENTS), (HEBI, Supplements.none())])
def test_a_document_of_which_nothing_adopted_says_what_it_asks_binds_no_plan(
    unit: Unit, beside: Supplements
) -> None:
    consent = agreed_by(BY_NUMBER, {"hebi": unit}, POLICIES, beside)
    why = Why.PLAN_NOT_RULED(unit="hebi", plan="145", policy="2021-866")
    assert consent_faults([consent], POLICIES) == [Fault(0, "step.document", why)]


def test_a_document_agrees_to_nothing_before_it_is_signed() -> None:
    early = agreed(HEBI, but(BY_NUMBER, step=step("2021-06-08", "2021-866")))
    why = Why.BEFORE_SIGNATURE(day="2021-06-08", policy="2021-866", since="2021-06-09")
    assert consent_faults([early], POLICIES) == [Fault(0, "step.taken_on", why)]
    assert consent_faults([agreed()], POLICIES) == []


# What is known of the plan that takes another's place.


def standing(plan_id: str, agreed_on: str, superseded_on: str = "", by: str = "") -> PlanStanding:
    """A plan of the unit, as far as successions go."""
    days = {AGREED_STATE: agreed_on, PlanState.PLAN_STATE_SUPERSEDED: superseded_on}
    milestones = [PlanMilestone(state=each, taken_on=on) for each, on in days.items() if on]
    return PlanStanding(plan_id=plan_id, milestones=milestones, superseded_by=by)


def test_of_a_successor_it_is_known_when_it_was_agreed_to_and_what_took_its_place() -> None:
    plans = [
        standing("145", "2021-06-09", "2026-03-01", "155"),
        standing("155", "2026-01-15", "2031-02-01", "165"),
        standing("165", "2031-01-01"),
    ]
    assert successor("155", plans) == PlanSuccessor(
        agreed_on="2026-01-15", superseded_on="2031-02-01", superseded_by=["165"]
    )
    assert successor("145", plans).superseded_by == ["155", "165"]


def test_a_plan_that_is_unknown_or_only_drafted_is_nobodys_successor() -> None:
    assert successor("155", [standing("155", "")]) == PlanSuccessor()
    assert successor("155", []) == PlanSuccessor()


def test_plans_that_took_each_others_place_before_that_was_refused_are_still_told() -> None:
    plans = [
        standing("145", "2021-06-09", "2022-01-01", "146"),
        standing("146", "2021-06-09", "2022-01-01", "145"),
    ]
    assert successor("145", plans).superseded_by == ["146", "145"]


def test_a_plan_succeeds_since_the_first_day_on_which_it_took_a_place() -> None:
    plans = [
        standing("145", "2021-06-09", "2026-03-01", "155"),
        standing("146", "2021-06-09", "2026-02-01", "155"),
        standing("155", "2026-01-15"),
    ]
    assert succeeds_since("155", plans) == "2026-02-01"
    assert succeeded_last_on("155", plans) == "2026-03-01"
    assert succeeds_since("145", plans) == succeeded_last_on("145", plans) == ""


# Who signs.


def test_departments_and_authorities_that_the_documents_know_sign() -> None:
    assert signatories([*DEPARTMENTS, "ndrc"]) == ""
    assert signatories([]) == ""


def test_whoever_is_unknown_to_the_documents_signs_nothing_and_the_nearest_are_told() -> None:
    told = signatories([*DEPARTMENTS, "provincial_sciense"])
    assert isinstance(told, Told)
    assert told.why is Why.SIGNATORY_UNKNOWN
    assert told.facts["candidates"].startswith("provincial_science 省级科技部门")
    nowhere = signatories(["火星"])
    assert isinstance(nowhere, Told)
    assert all(each in nowhere.facts["candidates"] for each in DEPARTMENTS)


# What a correction says of its step.


def of_consent(day: str, document: str) -> CorrectPlanStep:
    said = CorrectPlanStep(step=step(day, document), state=AGREED_STATE, rules=PlanRules())
    return corrected_by(said, [], {"hebi": HEBI}, POLICIES, SUPPLEMENTS)


def test_a_corrected_consent_is_looked_up_as_the_consent_was() -> None:
    found = of_consent("2021-06-09", "发改振兴〔2021〕866号")
    assert (found.step.document, found.rules) == ("2021-866", agreed().rules)
    assert correction_faults(found, POLICIES) == []


def test_a_corrected_consent_is_by_an_adopted_document_that_was_signed_by_then() -> None:
    [early] = correction_faults(of_consent("2021-06-08", "2021-866"), POLICIES)
    assert (early.field, early.told.why) == ("step.taken_on", Why.BEFORE_SIGNATURE)
    [unknown] = correction_faults(of_consent("2021-06-09", "a letter"), POLICIES)
    assert (unknown.field, unknown.told.why) == ("step.document", Why.DOCUMENT_NOT_ADOPTED)


def test_what_prepares_a_plan_may_have_an_unknown_day_also_where_it_is_corrected() -> None:
    drafted = CorrectPlanStep(step=step("", ""), state=PlanState.PLAN_STATE_DRAFTED)
    assert is_of_preparation(drafted)
    assert not is_of_preparation(but(drafted, recipient="cdb"))
    assert not is_of_preparation(but(drafted, state=AGREED_STATE))


# The answer to when support starts.

START_NORM = "2021-866/provincial-plan-support"
ANSWER = answering(START_NORM, "issued", name="start", decided_on="2023-05-01")


def test_the_start_of_support_is_answered_from_the_day_of_the_answer_on() -> None:
    of = rules("2021-866", HEBI)
    known = Supplements((*SUPPLEMENTS.all, *supplements(ANSWER).all))
    assert support_answer(of, known, POLICIES, date(2023, 4, 30)) is None
    found = support_answer(of, known, POLICIES, date(2023, 5, 1))
    assert found is not None
    assert (word(PlanState, found.starts), found.decided_on) == ("issued", "2023-05-01")
    assert (found.supplement_id, found.document) == ("start", "解释")
    assert found.clause.clause_quote == "made up for a test"

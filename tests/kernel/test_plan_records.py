"""What a supplement says of plans loads whole and cited, or is refused with every fault's line."""

import pytest

from services.kernel.plan_terms import Department, IntoForce, SupportStart
from services.kernel.policy_problems import PolicyProblems
from services.kernel.policy_terms import Authority, UnitKind
from services.kernel.supplement import check, norms_of
from services.kernel.supplement_text import parse, read
from tests.notices import POLICIES
from tests.supplements import SHIPPED, supplements

# Line numbers in the tests below are those of this text.
TEXT = """\
supplement_id: some-plans
policy_id: 2021-866
author: a test
document: the notice
decided_on: 2021-06-09
clauses:
  - clause_id: plans
    assumption: made up for a test
plans:
  - workflow_id: park-plans
    unit_kinds: [county_park]
    comes_into_force: approved
    clause: plans
    signatories: [provincial_development]
    recipients: [ndrc, cdb]
    copies_clause: plans
    support_starts: agreed_in_principle
    support_clause: plans
  - workflow_id: zone-plans
    unit_kinds: [zone, provincial_zone]
    comes_into_force: issued
    clause: plans
    support_open:
      norm_id: 2021-866/plan-support
      question_zh: 自哪一环节起？
      question_en: From which step on?
      clause: plans
"""


def problems(text: str) -> list[tuple[int, str]]:
    with pytest.raises(PolicyProblems) as refusal:
        parse(text, "it")
    return [(each.line, each.rule) for each in refusal.value.problems]


def edited(old: str, new: str) -> str:
    assert TEXT.count(old) == 1
    return TEXT.replace(old, new)


def test_a_workflow_says_how_a_plan_comes_into_force_and_who_gets_a_copy() -> None:
    [park, zone] = parse(TEXT, "it").plans
    assert (park.comes_into_force, zone.comes_into_force) == (
        IntoForce.APPROVED,
        IntoForce.ISSUED,
    )
    assert park.signatories == (Department.DEVELOPMENT,)
    assert park.recipients == (Authority.NDRC, Authority.CDB)
    assert zone.unit_kinds == (UnitKind.ZONE, UnitKind.PROVINCIAL_ZONE)


def test_support_starts_with_a_step_or_that_is_an_open_question() -> None:
    [park, zone] = parse(TEXT, "it").plans
    assert (park.support_starts, park.support_open) == (SupportStart.AGREED_IN_PRINCIPLE, None)
    assert zone.support_starts is None
    assert zone.support_open is not None


@pytest.mark.parametrize(
    ("old", "new", "fault"),
    [
        ("comes_into_force: approved", "comes_into_force: agreed", (12, "unknown-way-into-force")),
        ("[provincial_development]", "[provincial_finance]", (14, "unknown-department")),
        ("[ndrc, cdb]", "[ndrc, ndrc]", (15, "duplicate-word")),
        ("    copies_clause: plans\n", "", (10, "missing-key")),
        ("    recipients: [ndrc, cdb]\n", "", (10, "missing-key")),
        ("    support_clause: plans\n", "", (10, "missing-key")),
        ("    support_starts: agreed_in_principle\n", "", (10, "missing-key")),
        ("support_starts: agreed_in_principle", "support_starts: issued", (17, "wrong-start")),
        ("[zone, provincial_zone]", "[zone, county_park]", (20, "overlap")),
        ("workflow_id: zone-plans", "workflow_id: park-plans", (19, "duplicate-id")),
        ("workflow_id: zone-plans", "workflow_id: zone/plans", (19, "wrong-id")),
        ("norm_id: 2021-866/plan-support", "norm_id: 2019/plan-support", (24, "wrong-id")),
        ("copies_clause: plans", "copies_clause: plan", (16, "unknown-clause")),
    ],
)
def test_what_does_not_fit_together_does_not_load(
    old: str, new: str, fault: tuple[int, str]
) -> None:
    assert fault in problems(edited(old, new))


def test_a_workflow_without_a_clause_does_not_load() -> None:
    text = edited(
        "    comes_into_force: issued\n    clause: plans\n", "    comes_into_force: issued\n"
    )
    assert (19, "no-citation") in problems(text)


def test_the_plans_of_a_kind_are_bound_by_one_supplement_of_a_document() -> None:
    [policy] = [each for each in POLICIES if each.policy_id == "2021-866"]
    new, found = read(TEXT, "it")
    check(new, norms_of(policy), supplements(SHIPPED["2021-866-plans"]), found)
    with pytest.raises(PolicyProblems) as refusal:
        found.must_be_none()
    told = {(each.line, each.rule) for each in refusal.value.problems}
    assert told == {(11, "overlap"), (20, "overlap")}


def test_the_same_kind_may_be_bound_otherwise_by_another_document() -> None:
    known = supplements(SHIPPED["2021-866-plans"], SHIPPED["2019-zone-notice-plans"])
    for policy_id in ("2021-866", "2019-zone-notice"):
        assert known.workflow(policy_id, "zone") is not None
    assert known.workflow("2019-zone-notice", "county_park") is None


@pytest.mark.parametrize("name", ["2021-866-plans", "2019-zone-notice-plans"])
def test_the_shipped_supplements_fit_their_documents(name: str) -> None:
    new, found = read(SHIPPED[name], name)
    policy = POLICIES.get(new.policy_id)
    assert policy is not None
    check(new, norms_of(policy), supplements(), found)
    found.must_be_none()

"""The document in force for the round decides what a class and a grade earn on a day."""

from dataclasses import replace
from datetime import date
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.kernel.policy import Earned, Policies, Policy, PolicyConflict, Undetermined
from services.kernel.policy_terms import (
    Authority,
    BeneficiaryClass,
    Clause,
    DatedValue,
    Grade,
    Instrument,
    Interpretation,
    Nothing,
    OpenNorm,
    Parameter,
    Reason,
    Rule,
    Scope,
    Unit,
    Wording,
)
from services.kernel.policy_text import parse
from services.kernel.reasons import Why

NATIONAL = BeneficiaryClass.NATIONAL
PROVINCIAL = BeneficiaryClass.PROVINCIAL_BY_REFERENCE
COUNTY = BeneficiaryClass.COUNTY_BY_REFERENCE

FOLDER = Path(__file__).parents[2] / "policies"
NOTICE_2019 = parse((FOLDER / "2019-zone-notice.yaml").read_text("utf-8"), "2019-zone-notice.yaml")
NOTICE_866 = parse((FOLDER / "2021-866.yaml").read_text("utf-8"), "2021-866.yaml")
SHIPPED = Policies.none().adopt(NOTICE_866).adopt(NOTICE_2019)

PUBLISHED_2019 = date(2020, 8, 4)
PUBLISHED_2020 = date(2021, 6, 21)

CLAUSE = Clause("clause", "优秀", "the notice")
OLD_RULE = Rule(
    rule_id="doc/old",
    instrument=Instrument.CENTRAL_BUDGET_PRIORITY,
    beneficiary_class=NATIONAL,
    grades=(Grade.EXCELLENT,),
    wording=Wording.PRIORITY,
    authority=Authority.NDRC,
    clause=CLAUSE,
    valid_from=date(2021, 1, 1),
    valid_until=date(2021, 12, 31),
    preconditions=(),
    dimensions=(),
)
NEW_RULE = replace(
    OLD_RULE,
    rule_id="doc/new",
    wording=Wording.WILL_STUDY,
    valid_from=date(2022, 1, 1),
    valid_until=None,
)
LOWER = (Grade.GOOD, Grade.QUALIFIED, Grade.POOR)
COUNTY_NORM = OpenNorm("doc/county", COUNTY, None, "享受哪些？", "Which?", CLAUSE, None)
STREAK_NORM = OpenNorm("doc/streak", None, "streak_years", "几年？", "How many?", CLAUSE, None)
DOCUMENT = Policy(
    policy_id="doc",
    number="文号1",
    title_zh="通知",
    title_en="Notice",
    issuers=(Authority.NDRC,),
    signed_on=None,
    published_on=date(2021, 1, 1),
    rounds_from=2020,
    rounds_until=2021,
    scope=Scope((NATIONAL, COUNTY), CLAUSE),
    clauses=(CLAUSE,),
    rules=(OLD_RULE, NEW_RULE),
    nothing=(Nothing(NATIONAL, LOWER, CLAUSE),),
    open_norms=(COUNTY_NORM, STREAK_NORM),
    parameters=(
        Parameter(
            "quota_mu",
            Unit.MU,
            (
                DatedValue(1000, date(2021, 1, 1), date(2021, 12, 31), CLAUSE),
                DatedValue(2000, date(2022, 1, 1), None, CLAUSE),
            ),
        ),
    ),
    content_hash="1" * 64,
)


def instruments(policy: Policy, grade: Grade, on: date) -> set[str]:
    verdict = policy.verdict(NATIONAL, grade, on)
    return {rule.instrument for rule in verdict.rules} if isinstance(verdict, Earned) else set()


def answered(norm: OpenNorm, answer: str) -> Policy:
    known = Interpretation("国家发展改革委", date(2022, 3, 1), "答复1号", answer)
    norms = tuple(
        replace(each, interpretation=known) if each is norm else each
        for each in DOCUMENT.open_norms
    )
    return replace(DOCUMENT, open_norms=norms)


# A day and a cell.


def test_the_old_rule_holds_on_its_last_day() -> None:
    verdict = DOCUMENT.verdict(NATIONAL, Grade.EXCELLENT, date(2021, 12, 31))
    assert verdict == Earned((OLD_RULE,))


def test_the_new_rule_holds_on_its_first_day() -> None:
    verdict = DOCUMENT.verdict(NATIONAL, Grade.EXCELLENT, date(2022, 1, 1))
    assert verdict == Earned((NEW_RULE,))


def test_the_day_before_the_first_rule_holds_earns_nothing_and_says_why() -> None:
    verdict = DOCUMENT.verdict(NATIONAL, Grade.EXCELLENT, date(2020, 12, 31))
    assert verdict == Nothing(NATIONAL, (Grade.EXCELLENT,), CLAUSE, Reason.NOT_IN_FORCE)


def test_a_grade_that_is_stated_to_earn_nothing_earns_nothing_by_its_clause() -> None:
    verdict = DOCUMENT.verdict(NATIONAL, Grade.GOOD, date(2021, 6, 1))
    assert verdict == Nothing(NATIONAL, LOWER, CLAUSE, Reason.STATED)


def test_a_class_that_the_document_does_not_name_earns_nothing_and_says_why() -> None:
    verdict = DOCUMENT.verdict(PROVINCIAL, Grade.EXCELLENT, date(2021, 6, 1))
    assert verdict == Nothing(PROVINCIAL, (Grade.EXCELLENT,), CLAUSE, Reason.CLASS_NOT_NAMED)


def test_a_cell_that_nobody_states_is_no_policy() -> None:
    with pytest.raises(ValueError, match="does not state what national x good earns"):
        replace(DOCUMENT, nothing=())


@given(
    st.sampled_from([DOCUMENT, *SHIPPED]),
    st.sampled_from(BeneficiaryClass),
    st.sampled_from(Grade),
    st.dates(),
)
def test_every_class_and_grade_has_a_verdict_on_every_day(
    policy: Policy, beneficiary_class: BeneficiaryClass, grade: Grade, on: date
) -> None:
    match policy.verdict(beneficiary_class, grade, on):
        case Earned(rules):
            assert rules
            assert all(grade in rule.grades for rule in rules)
            assert len({rule.instrument for rule in rules}) == len(rules)
        case Nothing(clause=clause) | Undetermined(OpenNorm(clause=clause)):
            assert clause in policy.clauses


# What a document leaves open.


def test_an_open_class_is_undetermined_at_every_grade() -> None:
    verdicts = [DOCUMENT.verdict(COUNTY, grade, date(2022, 3, 1)) for grade in Grade]
    assert verdicts == [Undetermined(COUNTY_NORM)] * 4


def test_an_interpretation_answers_from_the_day_it_was_decided() -> None:
    policy = answered(COUNTY_NORM, "as_national")
    before = policy.verdict(COUNTY, Grade.EXCELLENT, date(2022, 2, 28))
    assert isinstance(before, Undetermined)
    assert policy.verdict(COUNTY, Grade.EXCELLENT, date(2022, 3, 1)) == Earned((NEW_RULE,))


def test_an_interpretation_may_answer_that_a_class_earns_nothing() -> None:
    verdict = answered(COUNTY_NORM, "nothing").verdict(COUNTY, Grade.GOOD, date(2022, 3, 1))
    assert verdict == Nothing(COUNTY, (Grade.GOOD,), CLAUSE, Reason.INTERPRETED)


def test_the_norm_of_a_class_is_named_where_the_class_is_open_only() -> None:
    assert DOCUMENT.norm_for(COUNTY) == COUNTY_NORM
    assert DOCUMENT.norm_for(NATIONAL) is None


def test_what_a_class_has_by_reference_is_open_until_somebody_answers() -> None:
    assert DOCUMENT.by_reference(COUNTY) == Undetermined(COUNTY_NORM)
    for answer, reason in [("nothing", Reason.INTERPRETED), ("as_national", Reason.BY_RATING)]:
        verdict = answered(COUNTY_NORM, answer).by_reference(COUNTY)
        assert verdict == Nothing(COUNTY, tuple(Grade), CLAUSE, reason)


def test_a_class_whose_grades_are_stated_earns_by_its_ratings_alone() -> None:
    verdict = DOCUMENT.by_reference(NATIONAL)
    assert isinstance(verdict, Nothing)
    assert verdict.reason == Reason.BY_RATING


# Which document decides.


def test_each_round_has_the_document_that_governs_it() -> None:
    governing = [SHIPPED.for_round(round_) for round_ in (2018, 2019, 2020, 2021)]
    assert governing == [None, NOTICE_2019, NOTICE_866, None]


def test_a_document_without_a_last_round_governs_all_later_ones() -> None:
    policies = Policies.none().adopt(replace(DOCUMENT, rounds_until=None))
    assert policies.for_round(2050) is not None


def test_documents_stand_in_the_order_of_their_rounds() -> None:
    assert list(SHIPPED) == [NOTICE_2019, NOTICE_866]
    assert len(SHIPPED) == 2


def test_adopting_the_same_text_again_changes_nothing() -> None:
    assert SHIPPED.adopt(NOTICE_866) is SHIPPED


def test_adopting_leaves_the_earlier_collection_as_it_was() -> None:
    Policies.none().adopt(DOCUMENT)
    assert list(Policies.none()) == []


def test_an_adopted_document_is_never_replaced_by_another_text() -> None:
    with pytest.raises(PolicyConflict) as refusal:
        SHIPPED.adopt(replace(NOTICE_866, content_hash="0" * 64))
    assert refusal.value.why is Why.POLICY_TEXT_DIFFERS


def test_no_round_has_two_documents() -> None:
    with pytest.raises(PolicyConflict) as refusal:
        SHIPPED.adopt(DOCUMENT)
    assert refusal.value.told == Why.ROUND_ALREADY_GOVERNED(
        policy=DOCUMENT.policy_id, round=2020, other="2021-866"
    )


def test_no_two_documents_share_a_name() -> None:
    other = replace(DOCUMENT, policy_id="other", rounds_from=2030, rounds_until=None)
    with pytest.raises(PolicyConflict) as refusal:
        Policies.none().adopt(DOCUMENT).adopt(other)
    assert refusal.value.why is Why.POLICY_NAME_TAKEN


@pytest.mark.parametrize(
    "name",
    [
        "2021-866",
        "发改振兴〔2021〕866号",
        " 关于产业转型升级示范区建设2020年度评估结果及下一步重点工作的通知 ",
        NOTICE_866.title_en,
    ],
)
def test_a_document_is_found_by_its_id_its_number_and_its_titles(name: str) -> None:
    assert SHIPPED.named(name) is NOTICE_866


def test_a_name_that_no_document_has_finds_none() -> None:
    assert SHIPPED.named("发改振兴〔2021〕1618号") is None
    assert SHIPPED.get("2021-1618") is None


# The shipped documents.


def test_an_excellent_unit_earns_every_incentive_of_the_2021_notice() -> None:
    assert instruments(NOTICE_866, Grade.EXCELLENT, PUBLISHED_2020) == {
        "inspection_commendation",
        "central_budget_priority",
        "innovation_cluster_support",
        "demonstration_base_support",
        "manufacturing_centre_support",
        "land_guarantee",
        "credit_tilt",
    }


def test_the_2021_notice_holds_from_the_day_it_was_signed() -> None:
    assert instruments(NOTICE_866, Grade.EXCELLENT, date(2021, 6, 8)) == set()
    assert len(instruments(NOTICE_866, Grade.EXCELLENT, date(2021, 6, 9))) == 7


def test_lower_grades_earn_nothing_under_the_2021_notice() -> None:
    for grade in LOWER:
        verdict = NOTICE_866.verdict(NATIONAL, grade, PUBLISHED_2020)
        assert isinstance(verdict, Nothing)
        assert verdict.reason == Reason.STATED


@pytest.mark.parametrize("beneficiary_class", [PROVINCIAL, COUNTY])
def test_support_by_reference_is_left_open_by_the_2021_notice(
    beneficiary_class: BeneficiaryClass,
) -> None:
    for grade in Grade:
        verdict = NOTICE_866.verdict(beneficiary_class, grade, PUBLISHED_2020)
        assert verdict == Undetermined(_norm_of(beneficiary_class))


def _norm_of(beneficiary_class: BeneficiaryClass) -> OpenNorm:
    norm = NOTICE_866.norm_for(beneficiary_class)
    assert norm is not None
    return norm


def test_land_is_guaranteed_under_three_conditions_that_mnr_attests() -> None:
    (land,) = (rule for rule in NOTICE_866.rules if rule.instrument == Instrument.LAND_GUARANTEE)
    assert [(each.text_zh, each.attested_by) for each in land.preconditions] == [
        ("符合国土空间规划", Authority.MNR),
        ("严守三条控制线", Authority.MNR),
        ("节约集约用地", Authority.MNR),
    ]


def test_credit_is_tilted_on_three_sides_by_the_bank() -> None:
    (tilt,) = (rule for rule in NOTICE_866.rules if rule.instrument == Instrument.CREDIT_TILT)
    assert tilt.dimensions == ("financing_total", "credit_access", "guarantee")
    assert tilt.authority == Authority.CDB


def test_the_2021_notice_gives_no_number_of_years_for_a_streak() -> None:
    assert NOTICE_866.parameters == ()
    assert "negative_streak_years" in {norm.parameter for norm in NOTICE_866.open_norms}


def test_good_zones_earn_a_larger_budget_quota_under_the_2019_notice_only() -> None:
    assert instruments(NOTICE_2019, Grade.GOOD, PUBLISHED_2019) == {
        "central_budget_priority",
        "pilot_support",
    }
    assert instruments(NOTICE_866, Grade.GOOD, PUBLISHED_2020) == set()


def test_excellent_zones_are_also_commended_under_the_2019_notice() -> None:
    assert instruments(NOTICE_2019, Grade.EXCELLENT, PUBLISHED_2019) == {
        "inspection_commendation",
        "central_budget_priority",
        "pilot_support",
    }


def test_the_2019_notice_knows_no_support_by_reference() -> None:
    verdict = NOTICE_2019.verdict(COUNTY, Grade.EXCELLENT, PUBLISHED_2019)
    assert isinstance(verdict, Nothing)
    assert verdict.reason == Reason.CLASS_NOT_NAMED


@pytest.mark.parametrize("name", ["negative_streak_years", "positive_streak_years"])
def test_a_streak_is_three_years_under_the_2019_notice_from_the_day_it_was_posted(
    name: str,
) -> None:
    (parameter,) = (each for each in NOTICE_2019.parameters if each.name == name)
    assert [(each.value, each.valid_from) for each in parameter.values] == [(3, date(2019, 8, 30))]


def test_what_is_unknown_of_the_2019_notice_is_absent() -> None:
    assert (NOTICE_2019.number, NOTICE_2019.signed_on) == (None, None)

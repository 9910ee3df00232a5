"""A report is completed from what is adopted and registered, and refused where that is missing."""

from collections.abc import Sequence
from dataclasses import replace

import pytest

from services.evaluation import streak_standing
from services.evaluation.lookup import (
    CORRECTION_READING,
    corrected_by,
    following_result,
    listed,
    rated_by,
    rating_faults,
    rating_rules,
    registered_by,
    unit_faults,
    zones_named,
)
from services.evaluation.ruling import chosen_faults
from services.kernel.adoption import READING
from services.kernel.errors import Fault
from services.kernel.policy import Policies
from services.kernel.reasons import Why
from tests.notices import NOTICE_866, NOTICE_2019, POLICIES
from tests.spec import but
from tests.streaks import ADD_A_PARK, RECOMMEND_A_CITY
from zoneledger.evaluation.v1.commands_pb2 import CorrectRating
from zoneledger.evaluation.v1.events_pb2 import (
    BeneficiaryClass,
    Grade,
    Membership,
    Rating,
    Unit,
    UnitKind,
)
from zoneledger.evaluation.v1.streak_commands_pb2 import (
    DecideDisqualification,
    ReverseDisqualification,
)
from zoneledger.ledger.v1.visibility_pb2 import Visibility

NATIONAL = BeneficiaryClass.BENEFICIARY_CLASS_NATIONAL
PROVINCIAL = BeneficiaryClass.BENEFICIARY_CLASS_PROVINCIAL_BY_REFERENCE
COUNTY = BeneficiaryClass.BENEFICIARY_CLASS_COUNTY_BY_REFERENCE

REPORTED = Rating(
    unit_id="xiangtan",
    round=2020,
    grade=Grade.GRADE_EXCELLENT,
    published_on="2021-06-21",
    document="发改振兴〔2021〕866号",
    visibility=Visibility.VISIBILITY_PUBLIC,
    source="发改振兴〔2021〕866号",
)
HEBI = Unit(
    unit_id="hebi",
    kind=UnitKind.UNIT_KIND_PROVINCIAL_ZONE,
    beneficiary_class=PROVINCIAL,
    member_from="2021-06-09",
)
ZHENGDING = but(
    HEBI, unit_id="zhengding", kind=UnitKind.UNIT_KIND_COUNTY_PARK, beneficiary_class=COUNTY
)
ZONE = Unit(
    unit_id="hunan-zhongbu",
    kind=UnitKind.UNIT_KIND_ZONE,
    beneficiary_class=NATIONAL,
    member_from="2017-04-13",
)
XIANGTAN = but(
    ZONE,
    unit_id="xiangtan",
    kind=UnitKind.UNIT_KIND_PREFECTURE_CITY,
    zone_id="hunan-zhongbu",
)
REGISTER = {unit.unit_id: unit for unit in (ZONE, XIANGTAN, but(XIANGTAN, unit_id="zhuzhou"))}
TODAY = "2021-06-22"


def faults_of(rating: Rating) -> Sequence[Fault]:
    return rating_faults([rating], REGISTER, POLICIES, TODAY)


def test_a_rating_is_recorded_with_the_document_that_governs_its_round() -> None:
    newest = {each.policy_id: but(each, reading=READING) for each in (NOTICE_866, NOTICE_2019)}
    assert rated_by(REPORTED, POLICIES).policy == newest["2021-866"]
    assert rated_by(but(REPORTED, round=2019), POLICIES).policy == newest["2019-zone-notice"]


def test_the_document_of_a_rating_goes_by_its_name_in_the_register() -> None:
    assert rated_by(REPORTED, POLICIES).document == "2021-866"


def test_a_document_that_is_not_adopted_keeps_the_name_it_was_reported_under() -> None:
    assert rated_by(but(REPORTED, document="更正通知"), POLICIES).document == "更正通知"


def test_a_round_that_no_document_governs_is_recorded_without_one() -> None:
    assert not rated_by(but(REPORTED, round=2018), POLICIES).HasField("policy")


def test_a_report_does_not_say_which_document_decides() -> None:
    claimed = but(REPORTED, policy=NOTICE_2019)
    assert rated_by(claimed, POLICIES) == rated_by(REPORTED, POLICIES)


def test_everything_else_of_a_report_is_kept() -> None:
    expected = but(REPORTED, document="2021-866", policy=but(NOTICE_866, reading=READING))
    assert rated_by(REPORTED, POLICIES) == expected


def test_a_beneficiary_by_reference_stands_under_the_document_that_names_its_class() -> None:
    assert registered_by(HEBI, POLICIES) == NOTICE_866
    assert registered_by(but(HEBI, beneficiary_class=COUNTY), POLICIES) == NOTICE_866


def test_a_national_unit_stands_under_no_document() -> None:
    assert registered_by(but(HEBI, beneficiary_class=NATIONAL), POLICIES) is None


def test_a_beneficiary_of_an_unknown_day_stands_under_the_document_that_names_its_class() -> None:
    assert registered_by(but(HEBI, member_from=""), POLICIES) == NOTICE_866


def test_a_unit_that_is_older_than_its_document_stands_under_it_all_the_same() -> None:
    assert registered_by(but(HEBI, member_from="2018-01-01"), POLICIES) == NOTICE_866


def test_a_class_that_no_document_names_stands_under_none() -> None:
    assert registered_by(HEBI, Policies.none()) is None


def test_a_governed_round_and_an_adopted_document_are_in_order() -> None:
    rules = rating_rules(POLICIES)
    assert rules["round"](2020) == ""
    assert rules["document"]("发改振兴〔2021〕866号") == ""


def test_a_round_that_no_document_governs_is_refused_with_those_that_are_governed() -> None:
    fault = rating_rules(POLICIES)["round"](2021)
    assert "no adopted document governs the round 2021 (governed: 2019, 2020)" in fault


def test_a_document_that_is_not_adopted_is_refused_with_those_that_are() -> None:
    fault = rating_rules(POLICIES)["document"]("发改振兴〔2022〕1号")
    assert "'发改振兴〔2022〕1号' is not an adopted document" in fault
    assert "发改振兴〔2021〕866号" in fault


def test_with_no_document_adopted_the_refusal_says_so() -> None:
    rules = rating_rules(Policies.none())
    assert "(governed: none)" in rules["round"](2020)
    assert "(adopted: none)" in rules["document"]("2021-866")


# Ratings: what cannot be.


@pytest.mark.parametrize(
    ("day", "what"),
    [
        ("2021-06-08", "is before 2021-866 was signed on 2021-06-09"),
        ("2020-12-31", "is not after the performance year 2020"),
        ("2019-06-21", "is not after the performance year 2020"),
        ("2021-06-23", "is still to come"),
        ("2099-06-21", "is still to come"),
    ],
)
def test_a_rating_is_published_after_its_year_by_a_signed_document_and_not_in_the_future(
    day: str, what: str
) -> None:
    [fault] = faults_of(but(REPORTED, published_on=day))
    assert (fault.index, fault.field) == (0, "published_on")
    assert what in fault.what


def test_a_rating_may_be_published_on_the_day_of_signature_and_today() -> None:
    for day in ("2021-06-09", TODAY):
        assert faults_of(but(REPORTED, published_on=day)) == []


@pytest.mark.parametrize("said", [False, True])
def test_what_a_decision_changes_in_retrospect_is_to_be_reviewed_whatever_a_caller_says(
    said: bool,
) -> None:
    correction = CorrectRating(
        rating=REPORTED, corrected_on="2021-08-01", reason="r", lists_for_review=said
    )
    for whole in (
        corrected_by(correction, POLICIES),
        listed(DecideDisqualification(unit_id="xiangtan", lists_for_review=said)),
        listed(ReverseDisqualification(unit_id="xiangtan", lists_for_review=said)),
    ):
        assert whole.lists_for_review
        assert whole.reading >= streak_standing.READING


def test_a_correction_knows_all_before_it_and_one_that_follows_a_result_leaves_that_to_it() -> None:
    said = CorrectRating(rating=REPORTED, corrected_on="2021-08-01", reason="r", reading=7)
    assert corrected_by(said, POLICIES).reading == CORRECTION_READING
    following = but(corrected_by(said, POLICIES), reading=streak_standing.READING)
    assert following_result(said, POLICIES) == following


def test_a_document_of_unknown_signature_publishes_from_its_own_publication_on() -> None:
    early = but(REPORTED, round=2018, document="2019-zone-notice", published_on="2019-08-29")
    [fault] = faults_of(early)
    assert "before 2019-zone-notice was published on 2019-08-30" in fault.what
    assert faults_of(but(early, published_on="2019-08-30")) == []


def test_a_year_is_rated_by_the_document_that_governs_it_and_by_no_other() -> None:
    [fault] = faults_of(but(REPORTED, document="2019-zone-notice"))
    assert (fault.field, fault.told.why) == ("document", Why.DOCUMENT_OF_ANOTHER_ROUND)
    assert fault.told.facts["governing"] == "2021-866"
    assert faults_of(but(REPORTED, document="发改振兴〔2021〕866号")) == []


def test_what_is_no_day_is_not_judged_twice() -> None:
    assert faults_of(but(REPORTED, published_on="21.6.2021")) == []


def test_from_2020_on_cities_are_rated_and_before_zones_were() -> None:
    of_zone = but(REPORTED, unit_id="hunan-zhongbu")
    [fault] = faults_of(of_zone)
    assert fault.field == "unit_id"
    assert "hunan-zhongbu is a zone, and 2021-866 rates prefecture_city" in fault.what
    assert "36个城市(区)" in fault.what
    before = {"round": 2019, "published_on": "2020-08-04", "document": "2019-zone-notice"}
    assert faults_of(but(of_zone, **before)) == []
    [fault] = faults_of(but(REPORTED, **before))
    assert "xiangtan is a prefecture_city, and 2019-zone-notice rates zone" in fault.what


def test_from_2020_on_a_zone_has_no_grade_of_its_own_and_its_cities_may_have_different_ones() -> (
    None
):
    good = but(REPORTED, unit_id="zhuzhou", grade=Grade.GRADE_GOOD)
    of_zone = but(REPORTED, unit_id="hunan-zhongbu")
    faults = rating_faults([REPORTED, good, of_zone], REGISTER, POLICIES, TODAY)
    assert [(fault.index, fault.told.why) for fault in faults] == [(2, Why.KIND_NOT_RATED)]


@pytest.mark.parametrize(
    "kind", [UnitKind.UNIT_KIND_BASE, UnitKind.UNIT_KIND_PART_OF_DISTRICT], ids=["宁东", "京西"]
)
def test_a_base_and_a_part_of_a_district_are_rated_where_cities_are(
    kind: UnitKind.ValueType,
) -> None:
    register = {"xiangtan": but(XIANGTAN, kind=kind)}
    assert rating_faults([REPORTED], register, POLICIES, TODAY) == []


@pytest.mark.parametrize(
    "kind",
    [
        UnitKind.UNIT_KIND_PROVINCIAL_ZONE,
        UnitKind.UNIT_KIND_COUNTY_PARK,
        UnitKind.UNIT_KIND_DEMONSTRATION_PARK,
        UnitKind.UNIT_KIND_KEY_PARK,
    ],
)
def test_a_beneficiary_by_reference_and_a_park_are_in_the_register_and_are_not_rated(
    kind: UnitKind.ValueType,
) -> None:
    register = {"xiangtan": but(XIANGTAN, kind=kind)}
    [fault] = rating_faults([REPORTED], register, POLICIES, TODAY)
    assert fault.told.why is Why.KIND_NOT_RATED


def test_a_document_that_does_not_say_what_it_rates_refuses_no_kind() -> None:
    silent = Policies(tuple(replace(each, rated=None) for each in POLICIES))
    of_zone = but(REPORTED, unit_id="hunan-zhongbu")
    assert rating_faults([of_zone], REGISTER, silent, TODAY) == []


# Entries of the register: what does not fit together.


def test_entries_as_the_register_knows_them_are_in_order() -> None:
    assert unit_faults([*REGISTER.values(), HEBI, ZHENGDING], {}, POLICIES, TODAY) == []


@pytest.mark.parametrize(
    ("unit", "field", "what"),
    [
        (but(XIANGTAN, zone_id="hunan-zhonbu"), "zone_id", "did you mean hunan-zhongbu?"),
        (but(XIANGTAN, zone_id="xiangtan"), "zone_id", "xiangtan is a prefecture_city, not a zone"),
        (but(XIANGTAN, zone_id="zhuzhou"), "zone_id", "zhuzhou is a prefecture_city, not a zone"),
        (but(ZONE, unit_id="new", zone_id="hunan-zhongbu"), "zone_id", "a zone belongs to no zone"),
        (but(ZONE, zone_id="hunan-zhongbu"), "zone_id", "a zone belongs to no zone; leave"),
        (but(HEBI, zone_id="hunan-zhongbu"), "zone_id", "provincial_zone belongs to no zone"),
        (but(ZHENGDING, beneficiary_class=NATIONAL), "beneficiary_class", "county_by_reference"),
        (but(HEBI, beneficiary_class=COUNTY), "beneficiary_class", "is provincial_by_reference"),
        (but(XIANGTAN, beneficiary_class=PROVINCIAL), "beneficiary_class", "is national, not"),
        (but(ZONE, beneficiary_class=COUNTY), "beneficiary_class", "a zone is national, not"),
        (but(HEBI, member_from="2021-06-23"), "member_from", "is still to come"),
        (but(HEBI, member_until="2021-06-08"), "member_until", "is before member_from"),
    ],
)
def test_an_entry_that_does_not_fit_together_is_refused(unit: Unit, field: str, what: str) -> None:
    [fault] = unit_faults([unit], REGISTER, POLICIES, TODAY)
    assert (fault.index, fault.field) == (0, field)
    assert what in fault.what


def test_an_unknown_zone_that_is_like_no_other_is_refused_without_a_guess() -> None:
    [fault] = unit_faults([but(XIANGTAN, zone_id="wuhu")], REGISTER, POLICIES, TODAY)
    assert "did you mean" not in fault.what


def test_a_zone_may_come_in_one_file_with_its_members() -> None:
    assert unit_faults([XIANGTAN, ZONE], {}, POLICIES, TODAY) == []


def test_each_membership_is_of_a_zone_that_is_there() -> None:
    moved = but(
        XIANGTAN,
        memberships=[
            Membership(zone_id="hunan-zhonbu"),
            Membership(zone_id="zhuzhou"),
            Membership(zone_id="hunan-zhongbu"),
        ],
    )
    faults = unit_faults([moved], REGISTER, POLICIES, TODAY)
    assert [(fault.field, fault.told.why) for fault in faults] == [
        ("memberships[0].zone_id", Why.ZONE_MISSPELT),
        ("memberships[1].zone_id", Why.NOT_A_ZONE),
    ]
    assert zones_named([moved, ZONE]) == {"hunan-zhonbu", "zhuzhou", "hunan-zhongbu"}


def test_a_park_belongs_to_a_zone_and_is_national() -> None:
    park = but(XIANGTAN, unit_id="park", kind=UnitKind.UNIT_KIND_DEMONSTRATION_PARK)
    assert unit_faults([park], REGISTER, POLICIES, TODAY) == []
    [fault] = unit_faults([but(park, beneficiary_class=COUNTY)], REGISTER, POLICIES, TODAY)
    assert fault.told.why is Why.CLASS_DOES_NOT_FIT


def test_a_class_by_reference_needs_a_document_that_names_it() -> None:
    [fault] = unit_faults([ZHENGDING], {}, Policies.none(), TODAY)
    assert "no adopted document names the class county_by_reference" in fault.what


def test_a_national_unit_needs_no_document() -> None:
    assert unit_faults([ZONE], {}, Policies.none(), TODAY) == []


HOLDER, OTHER = but(XIANGTAN, unit_id="city", province="湖南"), but(XIANGTAN, province="湖南")
CITIES = {"city": HOLDER, "xiangtan": OTHER, "tongling": but(OTHER, province="安徽")}


@pytest.mark.parametrize(
    ("chosen", "why"),
    [
        ("", None),
        ("xiangtan", None),
        ("nobody", Why.UNIT_NOT_REGISTERED(unit="nobody")),
        ("city", Why.NOT_ANOTHER_OF_THE_PROVINCE(chosen="city", unit="city", province="湖南")),
        (
            "tongling",
            Why.NOT_ANOTHER_OF_THE_PROVINCE(chosen="tongling", unit="city", province="湖南"),
        ),
    ],
)
def test_case_24_a_province_recommends_another_city_of_its_own(
    chosen: str, why: str | None
) -> None:
    faults = chosen_faults(but(RECOMMEND_A_CITY, chosen_unit_id=chosen), CITIES)
    assert faults == ([Fault(0, "chosen_unit_id", why)] if why else [])


def test_case_24_a_park_may_be_any_unit_of_the_register() -> None:
    assert chosen_faults(but(ADD_A_PARK, chosen_unit_id="tongling"), CITIES) == []

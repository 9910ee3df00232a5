"""A report is completed from what is adopted and registered, and refused where that is missing."""

from services.evaluation.lookup import rated_by, rating_rules, registered_by, unit_rules
from services.kernel.policy import Policies
from tests.notices import NOTICE_866, NOTICE_2019, POLICIES
from tests.spec import but
from zoneledger.evaluation.v1.events_pb2 import (
    BeneficiaryClass,
    Grade,
    Rating,
    Unit,
    Visibility,
)

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
HEBI = Unit(unit_id="hebi", beneficiary_class=PROVINCIAL, member_from="2021-06-09")
ZONES = {"hunan-zhongbu", "beijing-jingxi"}


def test_a_rating_is_recorded_with_the_document_that_governs_its_round() -> None:
    assert rated_by(REPORTED, POLICIES).policy == NOTICE_866
    assert rated_by(but(REPORTED, round=2019), POLICIES).policy == NOTICE_2019


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
    expected = but(REPORTED, document="2021-866", policy=NOTICE_866)
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


def test_a_unit_without_a_zone_and_one_of_a_known_zone_are_in_order() -> None:
    rules = unit_rules(ZONES, POLICIES)
    assert [rules["zone_id"](name) for name in ("", "hunan-zhongbu")] == ["", ""]


def test_an_unknown_zone_is_refused_with_the_name_that_may_be_meant() -> None:
    fault = unit_rules(ZONES, POLICIES)["zone_id"]("hunan-zhonbu")
    assert fault.endswith("did you mean hunan-zhongbu?")


def test_an_unknown_zone_that_is_like_no_other_is_refused_without_a_guess() -> None:
    assert "did you mean" not in unit_rules(ZONES, POLICIES)["zone_id"]("wuhu")


def test_a_class_by_reference_needs_a_document_that_names_it() -> None:
    assert unit_rules(ZONES, POLICIES)["beneficiary_class"](PROVINCIAL) == ""
    fault = unit_rules(ZONES, Policies.none())["beneficiary_class"](COUNTY)
    assert "no adopted document names the class county_by_reference" in fault


def test_a_national_unit_needs_no_document() -> None:
    assert unit_rules(ZONES, Policies.none())["beneficiary_class"](NATIONAL) == ""

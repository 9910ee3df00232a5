"""A value of the contract has one word, wherever people read it."""

from services.kernel import policy_terms as policy
from services.kernel.words import number, word
from zoneledger.evaluation.v1.events_pb2 import (
    BeneficiaryClass,
    Grade,
    HonourKind,
    UnitKind,
)
from zoneledger.ledger.v1.visibility_pb2 import Visibility


def test_a_value_is_read_by_its_own_word() -> None:
    assert word(Grade, Grade.GRADE_EXCELLENT) == "excellent"
    assert word(UnitKind, UnitKind.UNIT_KIND_COUNTY_PARK) == "county_park"


def test_a_word_stands_for_its_value() -> None:
    assert number(Visibility, "public") == Visibility.VISIBILITY_PUBLIC


def test_every_word_leads_back_to_its_value() -> None:
    for enum in (Grade, UnitKind, BeneficiaryClass, Visibility, HonourKind):
        values = [value for _, value in enum.items() if value]
        assert [number(enum, word(enum, value)) for value in values] == values


def test_what_is_unspecified_has_no_word() -> None:
    assert word(Grade, Grade.GRADE_UNSPECIFIED) == ""
    assert number(Grade, "unspecified") == Grade.GRADE_UNSPECIFIED


def test_a_value_that_the_enum_lacks_has_no_word() -> None:
    assert word(Grade, 99) == ""


def test_a_word_that_the_enum_lacks_is_unspecified() -> None:
    assert number(Grade, "superb") == number(Grade, "") == Grade.GRADE_UNSPECIFIED


def test_documents_and_contract_use_the_same_words() -> None:
    grades = {word(Grade, value) for _, value in Grade.items() if value}
    classes = {word(BeneficiaryClass, value) for _, value in BeneficiaryClass.items() if value}
    assert grades == set(policy.Grade)
    assert classes == set(policy.BeneficiaryClass)
    assert {word(UnitKind, value) for _, value in UnitKind.items() if value} == set(policy.UnitKind)

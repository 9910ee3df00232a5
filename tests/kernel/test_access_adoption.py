"""The newest access table decides; each is in the log with its whole text."""

import pytest

from services.kernel.access import AccessTable
from services.kernel.access_adoption import ACCESS, STREAM
from services.kernel.decider import fold
from services.kernel.errors import CorruptHistory, Rejected
from tests.spec import but, of
from tests.tables import (
    ADOPT_OTHER,
    ADOPT_SHIPPED,
    ADOPTED_OTHER,
    ADOPTED_SHIPPED,
    OTHER,
    SHIPPED,
    adopted,
)
from zoneledger.ledger.v1.access_pb2 import AdoptAccessTable

given = of(ACCESS).given


def test_a_table_is_adopted_with_its_text_and_the_hash_of_its_text() -> None:
    assert given().when(ADOPT_SHIPPED) == [adopted(SHIPPED)]


def test_adopting_the_table_in_force_again_changes_nothing() -> None:
    assert given(ADOPTED_SHIPPED).when(ADOPT_SHIPPED) == []
    assert given(ADOPTED_OTHER, ADOPTED_SHIPPED).when(ADOPT_SHIPPED) == []


def test_another_text_replaces_the_table_also_one_that_was_in_force_before() -> None:
    assert given(ADOPTED_SHIPPED).when(ADOPT_OTHER) == [ADOPTED_OTHER]
    assert given(ADOPTED_SHIPPED, ADOPTED_OTHER).when(ADOPT_SHIPPED) == [ADOPTED_SHIPPED]


def test_the_newest_table_decides_whom_a_certificate_stands_for() -> None:
    table: AccessTable = fold(ACCESS, [ADOPTED_SHIPPED, ADOPTED_OTHER], ACCESS.initial)
    assert table.text == OTHER
    assert table.identify(["urn:example:most"], "2026-11-25") == "most"


def test_before_the_first_table_only_the_operator_is_known() -> None:
    assert ACCESS.initial == AccessTable.none()


def test_a_text_that_is_no_table_is_refused_with_every_fault_and_its_line() -> None:
    broken = SHIPPED.replace("sees: public", "sees: nothing")
    with pytest.raises(Rejected, match=r"access-table:\d+: unknown-level: ") as refusal:
        given().when(AdoptAccessTable(text=broken))
    assert refusal.value.field == "text"
    assert str(refusal.value).count("unknown-level") == broken.count("sees: nothing")


def test_a_table_may_name_what_the_contract_of_today_does_not_have() -> None:
    """The contract grows and shrinks; what was adopted once must be read for ever."""
    text = SHIPPED.replace("EvaluationService/GetHonour", "EvaluationService/GetPraise")
    assert given().when(AdoptAccessTable(text=text)) == [adopted(text)]


def test_a_recorded_text_that_lost_its_hash_is_a_corrupt_history() -> None:
    with pytest.raises(CorruptHistory, match="does not have its recorded hash"):
        given(but(ADOPTED_SHIPPED, text=OTHER)).when(ADOPT_SHIPPED)


def test_a_recorded_text_that_is_no_table_is_a_corrupt_history() -> None:
    with pytest.raises(CorruptHistory, match="no access table"):
        given(adopted("agencies: []\n")).when(ADOPT_SHIPPED)


def test_all_tables_of_a_log_are_one_stream() -> None:
    assert {ACCESS.stream(ADOPT_SHIPPED), ACCESS.stream(ADOPT_OTHER)} == {STREAM}


def test_no_document_decides_whether_a_table_is_adopted() -> None:
    assert ACCESS.policy(ADOPT_SHIPPED) is None

"""An event that nothing can follow from is passed over once, by somebody who answers for it."""

import pytest

from services.kernel.errors import CorruptHistory
from services.kernel.passing_over import PASSING_OVER, stream_of
from tests.spec import but, of
from zoneledger.ledger.v1.parked_pb2 import EventPassedOver, PassOverEvent

given = of(PASSING_OVER).given

PASS = PassOverEvent(
    source="evaluation",
    stream="unit-xiangtan",
    version=2,
    event_id="an-event",
    reason="the document was withdrawn before it took effect",
    document="撤销通知",
)
PASSED = EventPassedOver(
    source="evaluation",
    stream="unit-xiangtan",
    version=2,
    event_id="an-event",
    reason="the document was withdrawn before it took effect",
    document="撤销通知",
)


def test_who_passes_over_an_event_says_why_and_by_which_document() -> None:
    assert given().when(PASS) == [PASSED]


def test_to_pass_over_an_event_again_changes_nothing() -> None:
    assert given(PASSED).when(but(PASS, reason="another reason")) == []


def test_the_next_event_of_the_stream_needs_a_decision_of_its_own() -> None:
    assert given(PASSED).when(but(PASS, version=3)) == [but(PASSED, version=3)]


def test_each_stream_of_each_source_has_its_own_record() -> None:
    assert PASSING_OVER.stream(PASS) == stream_of("evaluation", "unit-xiangtan")


def test_a_log_cannot_pass_over_an_event_twice() -> None:
    with pytest.raises(CorruptHistory):
        given(PASSED, PASSED).when(PASS)

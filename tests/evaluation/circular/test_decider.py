"""A circular is recorded, amended, withdrawn; nothing rests on one that was withdrawn."""

import pytest
from google.protobuf.message import Message

from services.evaluation.circular.decider import CIRCULAR
from services.kernel.decider import fold
from services.kernel.errors import CorruptHistory
from services.kernel.reasons import Why
from tests.spec import but, of
from zoneledger.evaluation.v1.circular_commands_pb2 import RecordCircular, WithdrawCircular
from zoneledger.evaluation.v1.circular_events_pb2 import (
    Circular,
    CircularAmended,
    CircularRecorded,
    CircularWithdrawn,
    CommendedPlace,
)

given = of(CIRCULAR).given

OF_2021 = Circular(
    circular_id="2022-21",
    number="国办发〔2022〕21号",
    issued_on="2022-06-02",
    performance_year=2021,
    places=[
        CommendedPlace(name_zh="江西萍乡", item="老工业基地", unit_id="pingxiang"),
        CommendedPlace(name_zh="安徽芜湖", item="老工业基地"),
        CommendedPlace(name_zh="河南鹤壁", item="老工业基地", unit_id="hebi"),
    ],
)
RECORD, RECORDED = RecordCircular(circular=OF_2021), CircularRecorded(circular=OF_2021)
SHORTER = but(OF_2021, places=OF_2021.places[:2])
WITHDRAW = WithdrawCircular(
    circular_id="2022-21", withdrawn_on="2022-07-01", document="国办函", reason="撤回"
)
WITHDRAWN = CircularWithdrawn(
    circular_id="2022-21", withdrawn_on="2022-07-01", document="国办函", reason="撤回"
)
GONE = Why.CIRCULAR_WITHDRAWN(circular="2022-21", document="国办函", withdrawn_on="2022-07-01")


def test_a_circular_commends_places_in_and_outside_the_programme() -> None:
    assert given().when(RECORD) == [RECORDED]


def test_recording_it_again_changes_nothing() -> None:
    assert given(RECORDED).when(RECORD) == []


def test_an_entry_that_was_wrong_is_amended_in_the_open() -> None:
    assert given(RECORDED).when(RecordCircular(circular=SHORTER)) == [
        CircularAmended(circular=SHORTER, former=OF_2021)
    ]


def test_what_was_amended_can_be_amended_back() -> None:
    amended = CircularAmended(circular=SHORTER, former=OF_2021)
    assert given(RECORDED, amended).when(RECORD) == [
        CircularAmended(circular=OF_2021, former=SHORTER)
    ]


def test_a_circular_is_withdrawn_by_a_document() -> None:
    assert given(RECORDED).when(WITHDRAW) == [WITHDRAWN]


def test_withdrawing_it_again_changes_nothing_and_otherwise_is_refused() -> None:
    assert given(RECORDED, WITHDRAWN).when(WITHDRAW) == []
    other = but(WITHDRAW, reason="另一理由")
    assert given(RECORDED, WITHDRAWN).refused(other) == ("circular_id", GONE)


def test_a_circular_is_not_withdrawn_before_it_was_issued_nor_if_it_is_unknown() -> None:
    early = but(WITHDRAW, withdrawn_on="2022-06-01")
    why = Why.BEFORE_ITS_TIME(day="2022-06-01", since="2022-06-02")
    assert given(RECORDED).refused(early) == ("withdrawn_on", why)
    unknown = Why.CIRCULAR_UNKNOWN(circular="2022-21")
    assert given().refused(WITHDRAW) == ("circular_id", unknown)


def test_a_withdrawn_circular_does_not_change_any_more() -> None:
    assert given(RECORDED, WITHDRAWN).when(RECORD) == []
    other = RecordCircular(circular=SHORTER)
    assert given(RECORDED, WITHDRAWN).refused(other) == ("circular_id", GONE)


@pytest.mark.parametrize(
    "history",
    [[WITHDRAWN], [RECORDED, RECORDED], [RECORDED, WITHDRAWN, WITHDRAWN]],
    ids=["unknown", "twice", "gone"],
)
def test_an_impossible_history_is_not_read(history: list[Message]) -> None:
    with pytest.raises(CorruptHistory):
        fold(CIRCULAR, history, CIRCULAR.initial)


def test_each_circular_is_a_stream_of_its_own() -> None:
    assert CIRCULAR.stream(RECORD) == CIRCULAR.stream(WITHDRAW) == "circular-2022-21"

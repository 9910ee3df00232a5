"""The circulars of commendation, as of a day and as known at a moment; and their sentences."""

import re

import pytest

from services.evaluation.circular import views
from services.evaluation.circular.decider import CIRCULAR
from services.evaluation.circular.telling import tell
from services.evaluation.service import SERVICE
from services.kernel.decision import Recorded
from tests.evaluation.circular.test_decider import OF_2021, RECORDED, SHORTER, WITHDRAWN
from tests.spec import asked, but, learnt
from zoneledger.evaluation.v1.circular_events_pb2 import (
    Circular,
    CircularAmended,
    CircularRecorded,
    CommendedPlace,
)
from zoneledger.evaluation.v1.circular_service_pb2 import CircularStanding
from zoneledger.ledger.v1.visibility_pb2 import Visibility

OF_2020 = Circular(
    circular_id="2021-17",
    number="国办发〔2021〕17号",
    issued_on="2021-04-30",
    performance_year=2020,
    places=[CommendedPlace(name_zh="北京石景山", unit_id="jingxi")],
)
AMENDED = CircularAmended(circular=SHORTER, former=OF_2021)
LOG = [
    *learnt("2022-06-10", CircularRecorded(circular=OF_2020), RECORDED),
    *learnt("2022-06-20", AMENDED),
    *learnt("2022-07-02", WITHDRAWN),
]
EACH = [RECORDED, AMENDED, WITHDRAWN]


def standing(
    log: list[Recorded] = LOG, *, as_of: str = "", known: str = ""
) -> list[CircularStanding]:
    parts = asked(SERVICE, log, unit=views.CIRCULARS, as_of=as_of, known=known)
    return [each for part in parts for each in views.circulars(part)]


def test_a_circular_stands_with_what_it_says_now() -> None:
    of_2020, of_2021 = standing()
    assert (of_2020.name, of_2020.circular) == ("circulars/2021-17", OF_2020)
    assert of_2021.circular == SHORTER
    assert of_2021.withdrawn == WITHDRAWN


def test_a_circular_that_is_not_issued_yet_is_not_there() -> None:
    assert [each.circular.circular_id for each in standing(as_of="2022-06-01")] == ["2021-17"]
    assert standing(as_of="2021-04-29") == []


def test_a_circular_stands_until_the_day_of_its_withdrawal() -> None:
    for as_of, is_withdrawn in (("2022-06-30", False), ("2022-07-01", True)):
        assert standing(as_of=as_of)[1].HasField("withdrawn") == is_withdrawn


def test_what_was_known_can_be_asked_after_an_amendment_and_a_withdrawal() -> None:
    [_, before] = standing(known="2022-06-19")
    assert before.circular == OF_2021
    assert not standing(known="2022-07-01")[1].HasField("withdrawn")
    assert standing(known="2022-06-09") == []


def test_all_of_a_circular_is_public() -> None:
    assert {SERVICE.visibility(each) for each in EACH} == {Visibility.VISIBILITY_PUBLIC}


def test_there_is_an_example_of_every_event() -> None:
    assert {type(each) for each in EACH} == set(CIRCULAR.events)


@pytest.mark.parametrize("event", EACH, ids=lambda each: each.DESCRIPTOR.name)
def test_an_event_is_told_in_both_languages(
    event: CircularRecorded | CircularAmended,
) -> None:
    zh, en = tell(event)
    assert "督查激励通报" in zh
    assert re.search(r"circular", en)
    assert SERVICE.tell(event) == tell(event)


def test_a_circular_that_is_recorded_and_one_that_is_amended_are_told_apart() -> None:
    amended = CircularAmended(circular=OF_2021, former=SHORTER)
    for language in ("zh", "en"):
        assert getattr(tell(RECORDED), language) != getattr(tell(amended), language)


def test_a_sentence_names_the_number_the_day_and_the_year() -> None:
    zh, en = tell(but(RECORDED))
    for said in ("国办发〔2022〕21号", "2022-06-02", "2021"):
        assert said in zh
        assert said in en

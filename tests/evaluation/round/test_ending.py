"""A round that cannot come to its results is given up, and nothing follows in it."""

import pytest
from google.protobuf.message import Message

from services.kernel.reasons import Why
from tests.rounds import (
    ABANDON,
    CLOSE_ROUND,
    COLLECTED,
    FREEZE,
    NOTICE,
    OPEN_ROUND,
    OPENED,
    PROPOSED,
    PUBLISHED,
    admit,
    held,
)
from tests.spec import but
from zoneledger.evaluation.v1.round_events_pb2 import RoundAbandoned


def test_a_round_is_given_up_at_any_step_before_its_results_by_a_document() -> None:
    for before in ([OPEN_ROUND], OPENED, COLLECTED, PROPOSED):
        assert held(*before).when(ABANDON) == [
            RoundAbandoned(
                round=2020,
                document="中止函",
                reason="规则无法执行",
                abandoned_on="2021-05-20",
            )
        ]


def test_giving_it_up_again_changes_nothing_and_otherwise_is_refused() -> None:
    abandoned = held(*PROPOSED, ABANDON)
    assert abandoned.when(ABANDON) == []
    why = Why.ROUND_ABANDONED(round=2020, abandoned_on="2021-05-20", document="中止函")
    assert abandoned.refused(but(ABANDON, document="另一函")) == ("round", why)


@pytest.mark.parametrize(
    "command",
    [OPEN_ROUND, FREEZE, admit("xiangtan"), NOTICE, CLOSE_ROUND],
    ids=lambda each: each.DESCRIPTOR.name,
)
def test_nothing_happens_in_a_round_that_was_given_up(command: Message) -> None:
    why = Why.ROUND_ABANDONED(round=2020, abandoned_on="2021-05-20", document="中止函")
    assert held(*PROPOSED, ABANDON).refused(command) == ("round", why)


def test_what_is_published_is_not_given_up_nor_anything_before_its_last_step() -> None:
    _, told = held(*PUBLISHED).refused(ABANDON)
    assert told.why == Why.ROUND_PUBLISHED
    why = Why.BEFORE_ITS_TIME(day="2021-04-19", since="2021-04-20")
    early = but(ABANDON, abandoned_on="2021-04-19")
    assert held(*PROPOSED).refused(early) == ("abandoned_on", why)

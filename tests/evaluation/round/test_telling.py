"""Every event of a round is a sentence, in Chinese and in English."""

import re
from typing import Any

import pytest
from google.protobuf.message import Message

from services.evaluation.round.decider import ROUND
from services.evaluation.round.telling import points, tell
from tests.rounds import (
    ABANDON,
    BONUS,
    CLOSE_ROUND,
    CORRECT,
    DECIDE,
    DISMISS_ASSESSOR,
    DISMISS_UNIT,
    INTERPRET,
    LATE,
    LEAVES_OPEN,
    LIFT,
    NOTICED,
    OBJECTION,
    PUBLISHED,
    SIGNED,
    TAKE_BACK,
    VETO,
    WITHDRAW,
    by,
    events,
)
from tests.spec import but
from zoneledger.evaluation.v1.round_events_pb2 import (
    ObjectionDecided,
    ObservationsReported,
    ProvinceReviewed,
    ResultPublished,
    ReviewOutcome,
    ScoreCalculated,
)

TOLD: list[Any] = [
    *events(*PUBLISHED, LATE, CORRECT, CLOSE_ROUND),
    *events(*NOTICED, OBJECTION, LATE, DECIDE, BONUS, WITHDRAW)[len(events(*NOTICED)) :],
    *events(*NOTICED, VETO, LIFT, DISMISS_ASSESSOR, DISMISS_UNIT)[len(events(*NOTICED)) :],
    *events(*SIGNED, TAKE_BACK)[len(events(*SIGNED)) :],
    *events(*by(LEAVES_OPEN), INTERPRET, ABANDON)[-2:],
]
EACH = list({type(each): each for each in TOLD}.values())
HAN = re.compile(r"[\u4e00-\u9fff]")


def last(type_: type[Message]) -> Any:
    return [each for each in TOLD if isinstance(each, type_)][-1]


def test_there_is_an_example_of_every_event() -> None:
    assert {type(each) for each in EACH} == set(ROUND.events)


@pytest.mark.parametrize("event", EACH, ids=lambda each: each.DESCRIPTOR.name)
def test_an_event_is_told_with_its_day_and_its_round_in_both_languages(event: Any) -> None:
    zh, en = tell(event)
    day = re.compile(r"2021-\d\d-\d\d")
    assert day.match(zh)
    assert re.match(r"On 2021-\d\d-\d\d, in the round 2020: .", en)
    assert "2020年度评估：" in zh
    assert HAN.search(zh.partition("：")[2])


@pytest.mark.parametrize("event", EACH, ids=lambda each: each.DESCRIPTOR.name)
def test_no_sentence_is_that_of_another_kind_of_event(event: Any) -> None:
    others = [tell(each) for each in EACH if each is not event]
    zh, en = tell(event)
    assert zh not in [each.zh for each in others]
    assert en not in [each.en for each in others]


def test_points_are_told_exactly_as_of_a_hundred() -> None:
    assert points(812_345) == "81.2345"
    assert points(1_000_000) == "100.0000"
    assert points(-20_000) == "-2.0000"
    assert points(5) == "0.0005"


def test_a_score_without_the_experts_says_so() -> None:
    scored = last(ScoreCalculated)
    assert "without the experts" not in tell(scored).en
    zh, en = tell(but(scored, is_complete=False))
    assert "不含专家评分" in zh
    assert "without the experts" in en


def test_a_late_report_says_that_it_does_not_count() -> None:
    [late, *_] = [e for e in TOLD if isinstance(e, ObservationsReported) and e.is_late]
    assert "未予采用" in tell(late).zh
    assert "do not count" in tell(late).en


def test_what_was_accepted_returned_upheld_or_rejected_is_told_apart() -> None:
    [reviewed, *_] = [each for each in TOLD if isinstance(each, ProvinceReviewed)]
    returned = but(reviewed, outcome=ReviewOutcome.REVIEW_OUTCOME_RETURNED)
    assert ("通过" in tell(reviewed).zh, "退回" in tell(returned).zh) == (True, True)
    assert ("accepted" in tell(reviewed).en, "returned" in tell(returned).en) == (True, True)
    upheld = last(ObjectionDecided)
    rejected = but(upheld, is_upheld=False)
    assert "不成立" not in tell(upheld).zh
    assert "不成立" in tell(rejected).zh
    assert ("upheld" in tell(upheld).en, "rejected" in tell(rejected).en) == (True, True)


def test_a_rank_is_told_where_it_is_shown_and_only_there() -> None:
    result = last(ResultPublished)
    shown = but(result)
    shown.standing.ClearField("rank")
    assert "第" in tell(result).zh
    assert "第" not in tell(shown).zh
    assert "rank" not in tell(shown).en

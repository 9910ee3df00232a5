"""No step of a round is said to have been taken before what it rests on."""

from collections.abc import Sequence
from datetime import date, timedelta

import pytest
from google.protobuf.message import Message

from services.kernel.reasons import Told, Why
from tests.rounds import (
    ASSESS,
    ASSESSED,
    BONUS,
    COLLECTED,
    CORRECT,
    DECIDE,
    DISMISS_ASSESSOR,
    DISMISS_UNIT,
    HASH,
    LATE,
    LIFT,
    NOTICED,
    OBJECTION,
    PROPOSE,
    PUBLISHED,
    SIGNED,
    UNITS,
    VETO,
    WITHDRAW,
    appoint,
    calculate,
    held,
    publish,
    report,
    review,
    with_the_bonus,
)
from tests.spec import but
from zoneledger.evaluation.v1.round_events_pb2 import ReviewOutcome

RETURNED = review("湖南", ReviewOutcome.REVIEW_OUTCOME_RETURNED, on="2021-04-20")
AGAIN = report("xiangtan", "8.0", "1.00", on="2021-04-22")
ACCEPTED = review("湖南", on="2021-04-23")
REJECTED = but(DECIDE, is_upheld=False, admitted=None, decided_on="2021-07-01")
APPOINTED_LATE = but(appoint("assessor-9"), appointed_on="2021-04-20")
DISMISSED = but(DISMISS_ASSESSOR, assessor_id="assessor-9", dismissed_on="2021-04-19")
VETOED = but(VETO, vetoed_on="2021-07-01")
CORRECT_DOWN = but(CORRECT, unit_id="xiangtan", admitted=None)

# What happened, the step, the field of its day, and the day of what it rests on.
STEPS = {
    "a score on the experts": (ASSESSED, calculate("xiangtan"), "calculated_on", "2021-04-17"),
    "a score on a bonus": ([*ASSESSED, BONUS], calculate("zhuzhou"), "calculated_on", "2021-04-19"),
    "a score on a bonus that was withdrawn": (
        [*ASSESSED, BONUS, WITHDRAW],
        calculate("zhuzhou"),
        "calculated_on",
        "2021-04-20",
    ),
    "a score on data that were returned and accepted": (
        [*ASSESSED, RETURNED, AGAIN, ACCEPTED],
        calculate("xiangtan"),
        "calculated_on",
        "2021-04-23",
    ),
    "a score on data that an objection let in": (
        [*NOTICED, OBJECTION, LATE, DECIDE],
        calculate("zhuzhou"),
        "calculated_on",
        "2021-04-27",
    ),
    "what experts say on who is one": (
        [*ASSESSED, APPOINTED_LATE],
        ASSESS,
        "assessed_on",
        "2021-04-20",
    ),
    "what experts say on who is none any more": (
        [*COLLECTED, appoint("assessor-9"), *ASSESSED[len(COLLECTED) :], DISMISSED],
        ASSESS,
        "assessed_on",
        "2021-04-19",
    ),
    "results on who takes part": (
        [*COLLECTED, DISMISS_UNIT, *ASSESSED[len(COLLECTED) :], *map(calculate, UNITS[:2])],
        PROPOSE,
        "proposed_on",
        "2021-04-19",
    ),
    "a publication on the objections": (
        [*SIGNED, OBJECTION, REJECTED],
        publish(HASH),
        "published_on",
        "2021-07-01",
    ),
    "a review on the data": ([*COLLECTED, RETURNED, AGAIN], ACCEPTED, "reviewed_on", "2021-04-22"),
    "a report on the return": ([*COLLECTED, RETURNED], AGAIN, "reported_on", "2021-04-20"),
    "what is let in on the late report": (
        [*NOTICED, OBJECTION, but(LATE, reported_on="2021-04-26")],
        DECIDE,
        "decided_on",
        "2021-04-26",
    ),
    "a correction on the late report that it lets in": (
        [*PUBLISHED, but(LATE, reported_on="2021-07-05")],
        CORRECT,
        "corrected_on",
        "2021-07-05",
    ),
    "a correction on a veto": ([*PUBLISHED, VETOED], CORRECT_DOWN, "corrected_on", "2021-07-01"),
    "a correction on a veto that was lifted": (
        [*PUBLISHED, VETOED, but(LIFT, lifted_on="2021-07-02")],
        CORRECT_DOWN,
        "corrected_on",
        "2021-07-02",
    ),
    "a correction on a bonus that was withdrawn": (
        [*with_the_bonus(), but(WITHDRAW, withdrawn_on="2021-07-03")],
        but(CORRECT, admitted=None),
        "corrected_on",
        "2021-07-03",
    ),
    "a dismissal on the data of the unit": (COLLECTED, DISMISS_UNIT, "dismissed_on", "2021-03-01"),
}
Step = tuple[Sequence[Message], Message, str, str]


def day_before(day: str) -> str:
    return (date.fromisoformat(day) - timedelta(days=1)).isoformat()


def too_early(day: str, since: str) -> Told:
    return Why.BEFORE_ITS_TIME(day=day, since=since)


@pytest.mark.parametrize("step", STEPS.values(), ids=STEPS)
def test_a_step_is_not_taken_before_what_it_rests_on(step: Step) -> None:
    history, command, field, since = step
    early = day_before(since)
    refused = held(*history).refused(but(command, **{field: early}))
    assert refused == (field, too_early(early, since))


@pytest.mark.parametrize("step", STEPS.values(), ids=STEPS)
def test_a_step_may_be_taken_on_the_same_day(step: Step) -> None:
    history, command, field, since = step
    assert held(*history).when(but(command, **{field: since}))


@pytest.mark.parametrize("step", STEPS.values(), ids=STEPS)
def test_what_was_decided_by_an_earlier_reading_stands(step: Step) -> None:
    history, command, field, since = step
    early = but(command, **{field: day_before(since)}, reading=2)
    assert held(*history).when(early)

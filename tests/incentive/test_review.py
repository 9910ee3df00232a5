"""What a correction changes in retrospect goes to the review list, in the same decision."""

import pytest
from google.protobuf.message import Message

from services.incentive.decider import ENTITLEMENTS
from services.kernel.errors import CorruptHistory
from services.kernel.reasons import Told, Why
from tests.incentive.review_story import (
    DISQUALIFIED,
    GRANT,
    GRANT_NOTHING,
    INTERNAL,
    LACKED,
    NOTHING_GIVEN,
    PUBLIC,
    RECOVERED,
    REVERSED,
    STOOD,
    TOPPED_UP,
    closing,
    disqualified_from,
    earned_from,
    item,
    lapse,
    nothing_from,
    told_after,
)
from tests.spec import but, of
from zoneledger.incentive.v1.commands_pb2 import ReviseEntitlements
from zoneledger.incentive.v1.events_pb2 import CentralBudgetPriorityGranted
from zoneledger.incentive.v1.review_commands_pb2 import CloseEntitlementReview
from zoneledger.incentive.v1.review_events_pb2 import (
    EntitlementReviewClosed,
    EntitlementReviewLapsed,
    EntitlementReviewOpened,
)
from zoneledger.ledger.v1.gap_pb2 import Gap
from zoneledger.ledger.v1.review_pb2 import ReviewItem, ReviewLapse

given = of(ENTITLEMENTS).given


def after(*commands: Message) -> list[Message]:
    """All events of a stream that these commands led to."""
    told: list[Message] = []
    for command in commands:
        told += given(*told).when(command)
    return told


def listed(*commands: Message) -> list[ReviewItem | ReviewLapse]:
    """What the last of these commands changed of the list."""
    *before, last = commands
    return [
        event.item if isinstance(event, EntitlementReviewOpened) else event.lapse
        for event in given(*after(*before)).when(last)
        if isinstance(event, EntitlementReviewOpened | EntitlementReviewLapsed)
    ]


# What opens an item.


def test_what_had_stood_and_is_withdrawn_by_a_correction_is_to_be_reviewed() -> None:
    assert listed(GRANT, nothing_from("2021-08-01")) == [item(1, STOOD, "2021-06-21", "2021-08-01")]


def test_it_is_opened_in_the_decision_that_withdraws() -> None:
    told = given(*after(GRANT)).when(nothing_from("2021-08-01"))
    assert [type(each).__name__ for each in told] == [
        "CentralBudgetPriorityWithdrawn",
        "NothingEarned",
        "EntitlementReviewOpened",
    ]


def test_what_is_granted_late_had_been_lacking_since_the_rating() -> None:
    assert listed(GRANT_NOTHING, earned_from("2021-08-01")) == [
        item(1, LACKED, "2021-06-21", "2021-08-01")
    ]


def test_what_stood_on_no_day_is_not_reviewed() -> None:
    assert listed(GRANT, nothing_from("2021-06-21")) == []


def test_a_correction_that_leaves_what_stands_opens_nothing() -> None:
    assert listed(GRANT, earned_from("2021-08-01")) == []


def test_what_is_told_to_other_readers_anew_goes_on_without_a_day_between() -> None:
    assert listed(GRANT, earned_from("2021-08-01", visibility=INTERNAL)) == []


def test_what_a_disqualified_unit_had_until_then_is_to_be_reviewed() -> None:
    assert listed(GRANT, disqualified_from("2023-01-01")) == [
        item(1, STOOD, "2021-06-21", "2023-01-01", cause=DISQUALIFIED)
    ]


def test_days_between_a_disqualification_and_its_reversal_were_lacking() -> None:
    back = earned_from("2024-01-01", cause=REVERSED)
    assert listed(GRANT, disqualified_from("2023-01-01"), back) == [
        lapse(1, "2024-01-01"),
        item(2, LACKED, "2023-01-01", "2024-01-01", cause=REVERSED),
    ]


# A disqualification that counts from a day before it was decided.

BEFORE_IT_WAS_EARNED = disqualified_from("2021-01-01", decided_on="2022-03-01")
BACKDATED = disqualified_from("2021-12-01", decided_on="2022-03-01")
IN_USE = item(1, STOOD, "2021-06-21", "2022-03-01", cause=DISQUALIFIED)


@pytest.mark.parametrize("out", [BEFORE_IT_WAS_EARNED, BACKDATED], ids=["before", "within"])
def test_what_was_in_use_until_a_disqualification_was_decided_is_to_be_reviewed(
    out: ReviseEntitlements,
) -> None:
    assert listed(GRANT, out) == [IN_USE]
    assert listed(GRANT, out, out) == []  # It is listed already.


@pytest.mark.parametrize("out", [BEFORE_IT_WAS_EARNED, BACKDATED], ids=["before", "within"])
def test_what_was_in_use_until_a_disqualification_was_decided_did_not_lack_until_then(
    out: ReviseEntitlements,
) -> None:
    assert listed(GRANT, out, earned_from("2022-07-01", cause=REVERSED)) == [
        lapse(1, "2022-07-01"),
        item(2, LACKED, "2022-03-01", "2022-07-01", cause=REVERSED),
    ]


def test_a_correction_leaves_open_what_was_in_use_until_the_disqualification_was_decided() -> None:
    late = earned_from("2021-08-01", ended_on="2021-12-01")
    assert listed(GRANT, BACKDATED, late) == []


def test_what_began_after_the_disqualification_was_decided_was_not_in_use() -> None:
    assert listed(GRANT, disqualified_from("2021-01-01", decided_on="2021-06-21")) == []


def test_a_disqualification_recorded_before_its_day_was_said_lists_what_it_listed() -> None:
    assert listed(GRANT, disqualified_from("2021-01-01")) == []


def test_a_late_correction_of_a_disqualified_unit_lists_what_it_earned_until_then() -> None:
    late = earned_from("2021-08-01", ended_on="2023-01-01")
    assert listed(GRANT_NOTHING, late) == [
        item(1, STOOD, "2021-08-01", "2023-01-01"),
        item(2, LACKED, "2021-06-21", "2021-08-01"),
    ]


def test_a_disqualification_leaves_open_what_was_lacking_before() -> None:
    assert listed(GRANT_NOTHING, earned_from("2021-08-01"), disqualified_from("2023-01-01")) == [
        item(2, STOOD, "2021-08-01", "2023-01-01", cause=DISQUALIFIED)
    ]


def test_what_was_recorded_before_there_was_a_list_opens_nothing_when_it_is_decided_again() -> None:
    assert listed(GRANT, nothing_from("2021-08-01", cause=0)) == []


# A unit that was disqualified, and is a member again.

GAP = Gap(since="2023-01-01", until="2024-01-01")
OVER = {"cause": REVERSED, "reason": "it was over before"}


def test_a_rating_that_is_told_after_a_disqualification_lists_what_it_missed_meanwhile() -> None:
    missed = item(1, LACKED, "2023-01-01", "2024-01-01", **OVER)
    assert listed(told_after(GAP, GRANT)) == [missed]


def test_a_rating_that_was_held_back_lists_what_it_missed_from_its_own_day_on() -> None:
    gap = Gap(since="2021-01-01", until="2022-01-01")
    missed = item(1, LACKED, "2021-06-21", "2022-01-01", **OVER)
    assert listed(told_after(gap, GRANT)) == [missed]


def test_what_nothing_was_earned_by_missed_nothing() -> None:
    assert listed(told_after(GAP, GRANT_NOTHING)) == []


def test_a_rating_told_after_its_disqualification_lists_as_one_told_in_time() -> None:
    in_time = listed(GRANT, disqualified_from(GAP.since), earned_from(GAP.until, cause=REVERSED))
    [late] = listed(told_after(GAP, GRANT))
    assert but(late, number=2, reason=in_time[1].reason) == in_time[1]


def test_a_correction_from_before_a_disqualification_lists_what_was_missed_in_it_too() -> None:
    up = told_after(GAP, earned_from("2022-08-01"))
    assert listed(told_after(GAP, GRANT_NOTHING), up) == [
        item(1, LACKED, "2021-06-21", "2022-08-01"),
        item(2, LACKED, "2023-01-01", "2024-01-01"),
    ]


def test_a_correction_within_a_disqualification_lists_all_until_its_end_as_one() -> None:
    up = told_after(GAP, earned_from("2023-08-01"))
    assert listed(GRANT_NOTHING, up) == [item(1, LACKED, "2021-06-21", "2024-01-01")]


def test_what_was_missed_lapses_when_it_turns_out_not_to_have_been_earned() -> None:
    assert listed(told_after(GAP, GRANT), nothing_from("2024-08-01")) == [
        lapse(1, "2024-08-01"),
        item(2, STOOD, "2021-06-21", "2023-01-01", opened_on="2024-08-01"),
        item(3, STOOD, "2024-01-01", "2024-08-01"),
    ]


def test_a_grant_that_was_recorded_without_a_cause_lists_nothing_when_it_is_decided_again() -> None:
    assert listed(but(told_after(GAP, GRANT), cause=0)) == []


# What a second correction does.


def test_the_same_correction_twice_opens_nothing_new() -> None:
    down = nothing_from("2021-08-01")
    assert given(*after(GRANT, down)).when(down) == []


def test_an_item_lapses_when_what_was_withdrawn_is_restored_and_the_days_between_were_lacking() -> (
    None
):
    assert listed(GRANT, nothing_from("2021-08-01"), earned_from("2021-09-01")) == [
        lapse(1, "2021-09-01"),
        item(2, LACKED, "2021-08-01", "2021-09-01"),
    ]


def test_all_days_on_which_it_had_stood_are_open_again_when_it_is_withdrawn_again() -> None:
    down, up = nothing_from("2021-08-01"), earned_from("2021-09-01")
    assert listed(GRANT, down, up, nothing_from("2021-10-01")) == [
        lapse(2, "2021-10-01"),
        item(3, STOOD, "2021-06-21", "2021-08-01", opened_on="2021-10-01"),
        item(4, STOOD, "2021-09-01", "2021-10-01"),
    ]


def test_what_was_lacking_lapses_when_it_turns_out_not_to_have_been_due() -> None:
    assert listed(GRANT_NOTHING, earned_from("2021-08-01"), nothing_from("2021-09-01")) == [
        lapse(1, "2021-09-01"),
        item(2, STOOD, "2021-08-01", "2021-09-01"),
    ]


# What is decided on an item.


def test_an_item_is_closed_by_the_authority_of_the_benefit_with_a_document() -> None:
    told = after(GRANT, nothing_from("2021-08-01"))
    assert given(*told).when(closing()) == [
        EntitlementReviewClosed(closing=closing().closing, visibility=PUBLIC)
    ]


def test_closing_it_so_again_changes_nothing_whoever_enters_it() -> None:
    told = after(GRANT, nothing_from("2021-08-01"), closing())
    assert given(*told).when(closing(entered_by="operator")) == []


NAME = "units/xiangtan/reviewItems/2020.central_budget_priority.1"


@pytest.mark.parametrize(
    ("asked", "field", "why"),
    [
        (
            closing(2),
            "number",
            Why.REVIEW_ITEM_UNKNOWN(item=NAME.replace("priority.1", "priority.2")),
        ),
        (
            closing(closed_by="most"),
            "closed_by",
            Why.REVIEW_OF_ANOTHER(item=NAME, authority="ndrc", asked="most"),
        ),
        (
            closing(outcome=TOPPED_UP),
            "outcome",
            Why.REVIEW_OUTCOME_UNFIT(
                item=NAME, outcome="topped_up", fitting="kept, recovered, nothing_given"
            ),
        ),
        (
            closing(closed_on="2021-07-31"),
            "closed_on",
            Why.REVIEW_CLOSED_BEFORE(day="2021-07-31", item=NAME, since="2021-08-01"),
        ),
    ],
    ids=["no-item", "another-authority", "unfit", "too-early"],
)
def test_what_does_not_fit_the_item_is_refused(
    asked: CloseEntitlementReview, field: str, why: Told
) -> None:
    assert given(*after(GRANT, nothing_from("2021-08-01"))).refused(asked) == (field, why)


def test_a_decision_on_an_item_stands() -> None:
    told = after(GRANT, nothing_from("2021-08-01"), closing())
    why = Why.REVIEW_ITEM_CLOSED(item=NAME, closed_on="2022-03-01", document="发改振兴〔2022〕30号")
    assert given(*told).refused(closing(outcome=RECOVERED)) == ("number", why)


def test_nothing_is_closed_where_nothing_was_settled() -> None:
    assert given().refused(closing()) == ("number", Why.REVIEW_ITEM_UNKNOWN(item=NAME))


def test_an_item_that_lapsed_can_be_closed_so_that_no_refusal_tells_why_it_lapsed() -> None:
    told = after(GRANT, nothing_from("2021-08-01"), earned_from("2021-09-01"))
    assert len(given(*told).when(closing(outcome=NOTHING_GIVEN))) == 1


def test_what_was_kept_is_not_asked_again() -> None:
    down, up = nothing_from("2021-08-01"), earned_from("2021-09-01")
    assert listed(GRANT, down, closing(), up, nothing_from("2021-10-01")) == [
        lapse(2, "2021-10-01"),
        item(3, STOOD, "2021-09-01", "2021-10-01"),
    ]


def test_what_was_recovered_is_lacking_when_it_turns_out_to_have_been_due() -> None:
    recovered = closing(outcome=RECOVERED)
    assert listed(GRANT, nothing_from("2021-08-01"), recovered, earned_from("2022-09-01")) == [
        item(2, LACKED, "2021-06-21", "2022-09-01")
    ]


def test_what_was_topped_up_had_stood_when_it_turns_out_not_to_have_been_due() -> None:
    topped_up = closing(outcome=TOPPED_UP)
    assert listed(
        GRANT_NOTHING, earned_from("2021-08-01"), topped_up, nothing_from("2022-09-01")
    ) == [item(2, STOOD, "2021-06-21", "2022-09-01")]


# Who may see it.


def test_an_item_is_as_hidden_as_the_most_hidden_grade_that_it_rests_on() -> None:
    within_the_house = but(GRANT_NOTHING, visibility=INTERNAL)
    [opened] = listed(within_the_house, earned_from("2021-08-01"))
    assert opened.visibility == INTERNAL


def test_a_lapse_is_as_hidden_as_what_restores_the_benefit() -> None:
    restored = earned_from("2021-09-01", visibility=INTERNAL)
    [lapsed, opened] = listed(GRANT, nothing_from("2021-08-01"), restored)
    assert (lapsed.visibility, opened.visibility) == (INTERNAL, INTERNAL)


# Histories that nobody could have decided.


def test_an_item_is_opened_once_and_ends_once() -> None:
    told = after(GRANT, nothing_from("2021-08-01"))
    ended = EntitlementReviewLapsed(lapse=lapse(1, "2021-09-01"))
    for twice in (told[-1], but(ended, lapse=lapse(7, "2021-09-01"))):
        with pytest.raises(CorruptHistory):
            given(*told, twice).when(GRANT)
    with pytest.raises(CorruptHistory):
        given(*told, ended, ended).when(GRANT)


def test_nothing_is_to_be_reviewed_before_anything_was_settled() -> None:
    opened = EntitlementReviewOpened(item=item(1, STOOD, "2021-06-21", "2021-08-01"))
    with pytest.raises(CorruptHistory):
        given(opened).when(GRANT)
    assert isinstance(after(GRANT)[0], CentralBudgetPriorityGranted)

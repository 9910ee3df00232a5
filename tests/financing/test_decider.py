"""A unit's credit tilt of a round is settled once, and replaced by a correction only."""

from typing import TypeVar

import pytest
from google.protobuf.message import Message

from services.financing.decider import CREDIT_TILT
from services.kernel.errors import CorruptHistory
from services.kernel.support import VOIDED
from tests.notices import NOTICE_866
from tests.spec import but, of
from zoneledger.financing.v1.commands_pb2 import GrantCreditTilt, ReviseCreditTilt, Verdict
from zoneledger.financing.v1.events_pb2 import (
    CreditTilt,
    CreditTiltGranted,
    CreditTiltLeftUndetermined,
    CreditTiltWithdrawn,
    NoCreditTiltEarned,
)
from zoneledger.ledger.v1.decision_pb2 import PolicyReference
from zoneledger.ledger.v1.gap_pb2 import Gap
from zoneledger.ledger.v1.review_pb2 import ReviewCause, ReviewKind
from zoneledger.ledger.v1.visibility_pb2 import Visibility

given = of(CREDIT_TILT).given
M = TypeVar("M", bound=Message)

PUBLIC, SUBJECT, INTERNAL = (
    Visibility.VISIBILITY_PUBLIC,
    Visibility.VISIBILITY_SUBJECT,
    Visibility.VISIBILITY_INTERNAL,
)

TILT = CreditTilt(
    unit_id="xiangtan",
    round=2020,
    rule_id="2021-866/credit-tilt",
    wording="tilt",
    clause_id="incentives/credit",
    authority="cdb",
    dimensions=["financing_total", "credit_access", "guarantee"],
    effective_on="2021-06-21",
    policy=NOTICE_866,
)
NOTHING = Verdict(nothing_clause_id="incentives/excellent")
OPEN = Verdict(
    open_norm_id="2021-866/by-reference-provincial", open_norm_clause_id="scope/by-reference"
)

GRANT = GrantCreditTilt(
    unit_id="xiangtan",
    round=2020,
    grade="excellent",
    verdict=Verdict(earned=TILT),
    effective_on="2021-06-21",
    policy=NOTICE_866,
)
GRANT_NOTHING = but(GRANT, grade="good", verdict=NOTHING)
GRANT_OPEN = but(GRANT, verdict=OPEN)
REVISE = ReviseCreditTilt(
    unit_id="xiangtan",
    round=2020,
    grade="excellent",
    verdict=Verdict(earned=TILT),
    effective_on="2021-08-01",
    policy=NOTICE_866,
    reason="a statistic was revised",
)
TO_NOTHING = but(REVISE, grade="good", verdict=NOTHING)
TO_OPEN = but(REVISE, verdict=OPEN)

GRANTED = CreditTiltGranted(tilt=TILT)
WITHDRAWN = CreditTiltWithdrawn(
    unit_id="xiangtan",
    round=2020,
    rule_id="2021-866/credit-tilt",
    reason="a statistic was revised",
    effective_on="2021-08-01",
)
EARNED_NONE = NoCreditTiltEarned(
    unit_id="xiangtan",
    round=2020,
    grade="good",
    clause_id="incentives/excellent",
    effective_on="2021-06-21",
    policy=NOTICE_866,
)
LEFT_OPEN = CreditTiltLeftUndetermined(
    unit_id="xiangtan",
    round=2020,
    norm_id="2021-866/by-reference-provincial",
    clause_id="scope/by-reference",
    effective_on="2021-06-21",
    policy=NOTICE_866,
)
NONE_SINCE_CORRECTION = but(EARNED_NONE, effective_on="2021-08-01")
OPEN_SINCE_CORRECTION = but(LEFT_OPEN, effective_on="2021-08-01")


# A rating is heard.


def test_a_rating_that_earns_a_tilt_has_it_granted() -> None:
    assert given().when(GRANT) == [GRANTED]


def test_a_rating_that_earns_no_tilt_is_recorded_with_the_clause_that_says_so() -> None:
    assert given().when(GRANT_NOTHING) == [EARNED_NONE]


def test_what_the_document_leaves_open_is_recorded_with_the_open_norm() -> None:
    assert given().when(GRANT_OPEN) == [LEFT_OPEN]


def test_a_verdict_that_says_nothing_at_all_earns_no_tilt_by_no_clause() -> None:
    assert given().when(but(GRANT_NOTHING, verdict=Verdict())) == [but(EARNED_NONE, clause_id="")]


def test_the_same_rating_heard_again_changes_nothing() -> None:
    assert given(GRANTED).when(GRANT) == []
    assert given(EARNED_NONE).when(GRANT_NOTHING) == []
    assert given(LEFT_OPEN).when(GRANT_OPEN) == []


def test_what_is_settled_is_not_settled_otherwise_by_a_rating() -> None:
    assert given(GRANTED).when(GRANT_NOTHING) == []
    assert given(EARNED_NONE).when(GRANT) == []
    assert given(LEFT_OPEN).when(GRANT) == []


def test_a_tilt_that_a_correction_withdrew_is_not_granted_by_the_rating_heard_late() -> None:
    assert given(GRANTED, WITHDRAWN, NONE_SINCE_CORRECTION).when(GRANT) == []


# A correction is heard.


def test_a_tilt_that_is_earned_no_longer_is_withdrawn_from_the_correction_on() -> None:
    assert given(GRANTED).when(TO_NOTHING) == [WITHDRAWN, NONE_SINCE_CORRECTION]


def test_a_tilt_that_the_correction_leaves_open_is_withdrawn_and_left_open() -> None:
    assert given(GRANTED).when(TO_OPEN) == [WITHDRAWN, OPEN_SINCE_CORRECTION]


def test_a_tilt_that_is_earned_now_is_granted_where_none_was_earned_before() -> None:
    assert given(EARNED_NONE).when(REVISE) == [GRANTED]


def test_a_tilt_that_is_earned_now_is_granted_where_it_was_left_open_before() -> None:
    assert given(LEFT_OPEN).when(REVISE) == [GRANTED]


def test_a_tilt_that_is_still_earned_stands_untouched() -> None:
    assert given(GRANTED).when(REVISE) == []


def test_a_tilt_by_the_same_rule_stands_though_the_correction_names_another_day() -> None:
    later = but(TILT, effective_on="2021-08-01")
    assert given(GRANTED).when(but(REVISE, verdict=Verdict(earned=later))) == []


def test_a_tilt_by_another_rule_replaces_the_one_that_stands() -> None:
    other = but(TILT, rule_id="2021-866/other", effective_on="2021-08-01")
    assert given(GRANTED).when(but(REVISE, verdict=Verdict(earned=other))) == [
        WITHDRAWN,
        CreditTiltGranted(tilt=other),
    ]


def test_a_tilt_by_another_text_of_the_document_replaces_the_one_that_stands() -> None:
    other = but(TILT, policy=PolicyReference(policy_id="2021-866", content_hash="0" * 64))
    assert given(GRANTED).when(but(REVISE, verdict=Verdict(earned=other))) == [
        WITHDRAWN,
        CreditTiltGranted(tilt=other),
    ]


def test_no_tilt_for_the_same_reason_is_not_said_again() -> None:
    assert given(EARNED_NONE).when(TO_NOTHING) == []
    assert given(LEFT_OPEN).when(TO_OPEN) == []


def test_no_tilt_for_another_reason_is_said() -> None:
    poor = but(TO_NOTHING, grade="poor")
    assert given(EARNED_NONE).when(poor) == [but(NONE_SINCE_CORRECTION, grade="poor")]
    assert given(EARNED_NONE).when(TO_OPEN) == [OPEN_SINCE_CORRECTION]
    assert given(LEFT_OPEN).when(TO_NOTHING) == [NONE_SINCE_CORRECTION]


def test_a_correction_heard_again_changes_nothing() -> None:
    assert given(GRANTED, WITHDRAWN, NONE_SINCE_CORRECTION).when(TO_NOTHING) == []


def test_a_withdrawn_tilt_is_granted_again_by_another_correction() -> None:
    assert given(GRANTED, WITHDRAWN, NONE_SINCE_CORRECTION).when(REVISE) == [GRANTED]


def test_a_correction_of_what_was_never_settled_settles_it() -> None:
    assert given().when(REVISE) == [GRANTED]
    assert given().when(TO_NOTHING) == [NONE_SINCE_CORRECTION]
    assert given().when(TO_OPEN) == [OPEN_SINCE_CORRECTION]


# Who may see it.


def seen(message: M, visibility: Visibility.ValueType) -> M:
    return but(message, visibility=visibility)


def granted(visibility: Visibility.ValueType) -> CreditTiltGranted:
    return CreditTiltGranted(tilt=seen(TILT, visibility))


def to_tilt(visibility: Visibility.ValueType) -> ReviseCreditTilt:
    return but(REVISE, verdict=Verdict(earned=seen(TILT, visibility)), visibility=visibility)


def test_that_nothing_follows_is_told_to_those_who_may_see_the_rating() -> None:
    assert given().when(seen(GRANT_NOTHING, INTERNAL)) == [seen(EARNED_NONE, INTERNAL)]
    assert given().when(seen(GRANT_OPEN, SUBJECT)) == [seen(LEFT_OPEN, SUBJECT)]


def test_a_tilt_that_is_published_is_granted_anew_for_those_who_did_not_see_it() -> None:
    assert given(granted(INTERNAL)).when(to_tilt(PUBLIC)) == [
        seen(WITHDRAWN, INTERNAL),
        granted(PUBLIC),
    ]
    assert given(granted(PUBLIC)).when(to_tilt(PUBLIC)) == []


def test_a_tilt_of_a_rating_that_is_hidden_again_is_granted_anew_unseen() -> None:
    assert given(granted(PUBLIC)).when(to_tilt(INTERNAL)) == [
        seen(WITHDRAWN, INTERNAL),
        granted(INTERNAL),
    ]


def test_a_withdrawal_is_seen_by_those_who_may_see_both_what_stood_and_what_replaces_it() -> None:
    for standing, replacing, both in [
        (PUBLIC, PUBLIC, PUBLIC),
        (INTERNAL, PUBLIC, INTERNAL),
        (PUBLIC, SUBJECT, SUBJECT),
        (Visibility.VISIBILITY_UNSPECIFIED, PUBLIC, Visibility.VISIBILITY_UNSPECIFIED),
    ]:
        assert given(granted(standing)).when(seen(TO_NOTHING, replacing)) == [
            seen(WITHDRAWN, both),
            seen(NONE_SINCE_CORRECTION, replacing),
        ]


def test_no_tilt_for_the_same_reason_is_said_again_to_other_readers() -> None:
    assert given(seen(EARNED_NONE, INTERNAL)).when(seen(TO_NOTHING, PUBLIC)) == [
        seen(NONE_SINCE_CORRECTION, PUBLIC)
    ]
    assert given(seen(EARNED_NONE, PUBLIC)).when(seen(TO_NOTHING, PUBLIC)) == []


# The stream and its history.


def test_each_unit_and_round_is_a_stream_of_its_own() -> None:
    commands = (GRANT, REVISE, but(GRANT, round=2019), but(GRANT, unit_id="shenyang"))
    assert [CREDIT_TILT.stream(command) for command in commands] == [
        "credit-xiangtan-2020",
        "credit-xiangtan-2020",
        "credit-xiangtan-2019",
        "credit-shenyang-2020",
    ]


def test_support_by_reference_is_a_stream_without_a_round() -> None:
    assert CREDIT_TILT.stream(but(GRANT, round=0)) == "credit-xiangtan-by-reference"


def test_the_document_in_force_for_the_round_decides() -> None:
    assert [CREDIT_TILT.policy(command) for command in (GRANT, REVISE)] == [NOTICE_866] * 2


def test_no_tilt_is_withdrawn_that_does_not_stand() -> None:
    with pytest.raises(CorruptHistory):
        given(WITHDRAWN).when(GRANT)
    with pytest.raises(CorruptHistory):
        given(EARNED_NONE, WITHDRAWN).when(REVISE)


def test_no_tilt_is_granted_while_one_stands() -> None:
    with pytest.raises(CorruptHistory):
        given(GRANTED, GRANTED).when(REVISE)


def test_no_tilt_is_not_earned_while_one_stands() -> None:
    with pytest.raises(CorruptHistory):
        given(GRANTED, EARNED_NONE).when(REVISE)


# A unit that is disqualified.


def test_a_tilt_that_is_earned_before_a_disqualification_is_granted_and_ends_with_it() -> None:
    granted, withdrawn, end = given().when(but(GRANT, ended_on="2023-01-01"))
    assert granted == CreditTiltGranted(tilt=TILT)
    assert isinstance(withdrawn, CreditTiltWithdrawn)
    assert (withdrawn.effective_on, withdrawn.reason) == ("2023-01-01", "disqualified")
    assert isinstance(end, NoCreditTiltEarned)
    assert (end.effective_on, end.reason) == ("2023-01-01", "disqualified")


def test_a_correction_of_a_disqualified_unit_ends_the_tilt_it_grants_and_says_it_once() -> None:
    correction = ReviseCreditTilt(
        unit_id="xiangtan",
        round=2020,
        grade="excellent",
        verdict=Verdict(earned=TILT),
        effective_on="2021-06-21",
        policy=NOTICE_866,
        reason="a statistic was revised",
        ended_on="2023-01-01",
    )
    before = given().when(GRANT_NOTHING)
    events = given(*before).when(correction)
    assert [type(event) for event in events] == [
        CreditTiltGranted,
        CreditTiltWithdrawn,
        NoCreditTiltEarned,
    ]
    assert given(*before, *events).when(correction) == []


def test_a_tilt_that_stands_ends_where_a_revision_changes_nothing_but_the_end() -> None:
    again = ReviseCreditTilt(
        unit_id="xiangtan",
        round=2020,
        grade="excellent",
        verdict=Verdict(earned=TILT),
        effective_on="2021-06-21",
        policy=NOTICE_866,
        ended_on="2023-01-01",
    )
    events = given(CreditTiltGranted(tilt=TILT)).when(again)
    assert [type(event) for event in events] == [CreditTiltWithdrawn, NoCreditTiltEarned]


# A unit that was disqualified, and is a member again.

GAP = Gap(since="2023-01-01", until="2024-01-01")
RESUMED = CreditTiltGranted(tilt=but(TILT, effective_on="2024-01-01", held_back_from="2023-01-01"))


def test_a_tilt_ends_with_each_gap_and_stands_again_from_its_end() -> None:
    granted, withdrawn, end, resumed = given().when(but(GRANT, gaps=[GAP]))
    assert granted == CreditTiltGranted(tilt=TILT)
    assert isinstance(withdrawn, CreditTiltWithdrawn)
    assert (withdrawn.effective_on, withdrawn.reason) == ("2023-01-01", "disqualified")
    assert isinstance(end, NoCreditTiltEarned)
    assert resumed == RESUMED


def test_a_correction_before_a_gap_tilts_behind_it_too_and_says_it_once() -> None:
    correction = but(REVISE, verdict=Verdict(earned=TILT), gaps=[GAP])
    before = given().when(GRANT_NOTHING)
    events = given(*before).when(correction)
    assert events[-1] == RESUMED
    assert given(*before, *events).when(correction) == []


def test_a_tilt_that_stands_again_may_end_with_another_disqualification() -> None:
    correction = but(REVISE, verdict=Verdict(earned=TILT), gaps=[GAP], ended_on="2025-01-01")
    before = given().when(GRANT_NOTHING)
    events = given(*before).when(correction)
    end = events[-1]
    assert isinstance(end, NoCreditTiltEarned)
    assert end.effective_on == "2025-01-01"
    assert given(*before, *events).when(correction) == []


def test_a_gap_changes_nothing_where_no_tilt_is_earned() -> None:
    assert given().when(but(GRANT_NOTHING, gaps=[GAP])) == given().when(GRANT_NOTHING)


def test_what_a_tilt_missed_in_a_gap_is_to_be_reviewed_wherever_the_gap_begins() -> None:
    said = {"cause": ReviewCause.REVIEW_CAUSE_REVERSED, "reason": "it was over before"}
    held_back = but(TILT, effective_on="2024-01-01", held_back_from="2023-01-01")
    late = but(GRANT, verdict=Verdict(earned=held_back), effective_on="2024-01-01")
    for command in (but(GRANT, gaps=[GAP], **said), but(late, **said)):
        item = given().when(command)[-1].item  # type: ignore[attr-defined]
        assert (item.kind, item.from_on, item.ended_on, item.reason) == (
            ReviewKind.REVIEW_KIND_LACKED,
            "2023-01-01",
            "2024-01-01",
            "it was over before",
        )


def test_who_saw_what_a_hidden_rating_replaces_sees_that_it_is_withdrawn_and_not_why() -> None:
    hiding = but(to_tilt(SUBJECT), hides_former=True, reason="rated good")
    gone, anew = given(granted(PUBLIC)).when(hiding)
    assert isinstance(gone, CreditTiltWithdrawn)
    assert (gone.visibility, gone.reason) == (PUBLIC, VOIDED)
    assert anew == granted(SUBJECT)
    gone, _ = given(granted(PUBLIC)).when(but(hiding, hides_former=False))
    assert isinstance(gone, CreditTiltWithdrawn)
    assert (gone.visibility, gone.reason) == (SUBJECT, "rated good")

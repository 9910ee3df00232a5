"""A unit's entitlements of a round are settled once, and replaced by a correction only."""

from typing import TypeVar

import pytest
from google.protobuf.message import Message

from services.incentive.decider import ENTITLEMENTS, GRANTED, WITHDRAWN
from services.kernel.errors import CorruptHistory
from services.kernel.policy_terms import Instrument
from services.kernel.support import VOIDED
from tests.notices import NOTICE_866
from tests.spec import but, of
from zoneledger.incentive.v1.commands_pb2 import GrantEntitlements, ReviseEntitlements, Verdict
from zoneledger.incentive.v1.events_pb2 import (
    CentralBudgetPriorityGranted,
    CentralBudgetPriorityWithdrawn,
    Entitlement,
    EntitlementLeftUndetermined,
    LandGuaranteeGranted,
    LandGuaranteeWithdrawn,
    NothingEarned,
    Withdrawal,
)
from zoneledger.ledger.v1.decision_pb2 import PolicyReference
from zoneledger.ledger.v1.gap_pb2 import Gap
from zoneledger.ledger.v1.visibility_pb2 import Visibility

given = of(ENTITLEMENTS).given
M = TypeVar("M", bound=Message)

PUBLIC, SUBJECT, INTERNAL = (
    Visibility.VISIBILITY_PUBLIC,
    Visibility.VISIBILITY_SUBJECT,
    Visibility.VISIBILITY_INTERNAL,
)

BUDGET = Entitlement(
    unit_id="xiangtan",
    round=2020,
    instrument="central_budget_priority",
    rule_id="2021-866/central-budget",
    wording="priority",
    clause_id="incentives/budget",
    authority="ndrc",
    effective_on="2021-06-21",
    policy=NOTICE_866,
)
LAND = Entitlement(
    unit_id="xiangtan",
    round=2020,
    instrument="land_guarantee",
    rule_id="2021-866/land-guarantee",
    wording="guarantee",
    clause_id="incentives/land",
    authority="mnr",
    effective_on="2021-06-21",
    policy=NOTICE_866,
)
NOTHING = Verdict(nothing_clause_id="incentives/excellent")
OPEN = Verdict(
    open_norm_id="2021-866/by-reference-provincial", open_norm_clause_id="scope/by-reference"
)

GRANT = GrantEntitlements(
    unit_id="xiangtan",
    round=2020,
    grade="excellent",
    verdict=Verdict(earned=[BUDGET, LAND]),
    effective_on="2021-06-21",
    policy=NOTICE_866,
)
GRANT_NOTHING = but(GRANT, grade="good", verdict=NOTHING)
GRANT_OPEN = but(GRANT, verdict=OPEN)
REVISE = ReviseEntitlements(
    unit_id="xiangtan",
    round=2020,
    grade="excellent",
    verdict=Verdict(earned=[BUDGET, LAND]),
    effective_on="2021-08-01",
    policy=NOTICE_866,
    reason="a statistic was revised",
)
TO_BUDGET = but(REVISE, verdict=Verdict(earned=[BUDGET]))
TO_NOTHING = but(REVISE, grade="good", verdict=NOTHING)
TO_OPEN = but(REVISE, verdict=OPEN)

BUDGET_GRANTED = CentralBudgetPriorityGranted(entitlement=BUDGET)
LAND_GRANTED = LandGuaranteeGranted(entitlement=LAND)
BOTH = (BUDGET_GRANTED, LAND_GRANTED)
BUDGET_WITHDRAWN = CentralBudgetPriorityWithdrawn(
    withdrawal=Withdrawal(
        unit_id="xiangtan",
        round=2020,
        instrument="central_budget_priority",
        rule_id="2021-866/central-budget",
        reason="a statistic was revised",
        effective_on="2021-08-01",
    )
)
LAND_WITHDRAWN = LandGuaranteeWithdrawn(
    withdrawal=Withdrawal(
        unit_id="xiangtan",
        round=2020,
        instrument="land_guarantee",
        rule_id="2021-866/land-guarantee",
        reason="a statistic was revised",
        effective_on="2021-08-01",
    )
)
EARNED_NOTHING = NothingEarned(
    unit_id="xiangtan",
    round=2020,
    grade="good",
    clause_id="incentives/excellent",
    effective_on="2021-06-21",
    policy=NOTICE_866,
)
LEFT_OPEN = EntitlementLeftUndetermined(
    unit_id="xiangtan",
    round=2020,
    norm_id="2021-866/by-reference-provincial",
    clause_id="scope/by-reference",
    effective_on="2021-06-21",
    policy=NOTICE_866,
)
NOTHING_SINCE_CORRECTION = but(EARNED_NOTHING, effective_on="2021-08-01")
OPEN_SINCE_CORRECTION = but(LEFT_OPEN, effective_on="2021-08-01")


# A rating is heard.


def test_everything_that_a_rating_earns_is_granted_in_one_decision() -> None:
    assert given().when(GRANT) == [BUDGET_GRANTED, LAND_GRANTED]


def test_a_rating_that_earns_nothing_is_recorded_with_the_clause_that_says_so() -> None:
    assert given().when(GRANT_NOTHING) == [EARNED_NOTHING]


def test_what_the_document_leaves_open_is_recorded_with_the_open_norm() -> None:
    assert given().when(GRANT_OPEN) == [LEFT_OPEN]


def test_a_verdict_that_says_nothing_at_all_earns_nothing_by_no_clause() -> None:
    assert given().when(but(GRANT_NOTHING, verdict=Verdict())) == [
        but(EARNED_NOTHING, clause_id="")
    ]


def test_each_instrument_is_granted_under_its_own_name() -> None:
    for instrument, event in GRANTED.items():
        entitlement = but(BUDGET, instrument=instrument)
        granted = given().when(but(GRANT, verdict=Verdict(earned=[entitlement])))
        assert granted == [event(entitlement=entitlement)]


def test_every_instrument_of_the_documents_but_credit_can_be_granted_and_withdrawn() -> None:
    expected = set(Instrument) - {Instrument.CREDIT_TILT}
    assert set(GRANTED) == set(WITHDRAWN) == expected


def test_the_same_rating_heard_again_changes_nothing() -> None:
    assert given(*BOTH).when(GRANT) == []
    assert given(EARNED_NOTHING).when(GRANT_NOTHING) == []
    assert given(LEFT_OPEN).when(GRANT_OPEN) == []


def test_what_is_settled_is_not_settled_otherwise_by_a_rating() -> None:
    assert given(*BOTH).when(GRANT_NOTHING) == []
    assert given(EARNED_NOTHING).when(GRANT) == []
    assert given(LEFT_OPEN).when(GRANT) == []


def test_what_a_correction_withdrew_is_not_granted_by_the_rating_heard_late() -> None:
    history = (*BOTH, BUDGET_WITHDRAWN, LAND_WITHDRAWN, NOTHING_SINCE_CORRECTION)
    assert given(*history).when(GRANT) == []


# A correction is heard.


def test_what_is_earned_no_longer_is_withdrawn_from_the_correction_on() -> None:
    assert given(*BOTH).when(TO_NOTHING) == [
        BUDGET_WITHDRAWN,
        LAND_WITHDRAWN,
        NOTHING_SINCE_CORRECTION,
    ]


def test_what_the_correction_leaves_open_is_withdrawn_and_left_open() -> None:
    assert given(*BOTH).when(TO_OPEN) == [
        BUDGET_WITHDRAWN,
        LAND_WITHDRAWN,
        OPEN_SINCE_CORRECTION,
    ]


def test_what_is_still_earned_stands_untouched() -> None:
    assert given(*BOTH).when(TO_BUDGET) == [LAND_WITHDRAWN]


def test_what_is_earned_now_is_granted_beside_what_stands() -> None:
    assert given(BUDGET_GRANTED).when(REVISE) == [LAND_GRANTED]


def test_what_is_earned_now_is_granted_where_nothing_was_earned_before() -> None:
    assert given(EARNED_NOTHING).when(REVISE) == [BUDGET_GRANTED, LAND_GRANTED]


def test_what_is_earned_now_is_granted_where_it_was_left_open_before() -> None:
    assert given(LEFT_OPEN).when(REVISE) == [BUDGET_GRANTED, LAND_GRANTED]


def test_a_correction_that_changes_no_entitlement_changes_nothing() -> None:
    assert given(*BOTH).when(REVISE) == []


def test_an_entitlement_by_the_same_rule_stands_though_the_correction_names_another_day() -> None:
    later = but(BUDGET, effective_on="2021-08-01")
    assert given(BUDGET_GRANTED).when(but(REVISE, verdict=Verdict(earned=[later]))) == []


def test_an_entitlement_by_another_rule_replaces_the_one_that_stands() -> None:
    other = but(BUDGET, rule_id="2021-866/other", effective_on="2021-08-01")
    assert given(BUDGET_GRANTED).when(but(REVISE, verdict=Verdict(earned=[other]))) == [
        BUDGET_WITHDRAWN,
        CentralBudgetPriorityGranted(entitlement=other),
    ]


def test_an_entitlement_by_another_text_of_the_document_replaces_the_one_that_stands() -> None:
    other = but(BUDGET, policy=PolicyReference(policy_id="2021-866", content_hash="0" * 64))
    assert given(BUDGET_GRANTED).when(but(REVISE, verdict=Verdict(earned=[other]))) == [
        BUDGET_WITHDRAWN,
        CentralBudgetPriorityGranted(entitlement=other),
    ]


def test_nothing_earned_for_the_same_reason_is_not_said_again() -> None:
    assert given(EARNED_NOTHING).when(TO_NOTHING) == []
    assert given(LEFT_OPEN).when(TO_OPEN) == []


def test_nothing_earned_for_another_reason_is_said() -> None:
    poor = but(TO_NOTHING, grade="poor")
    assert given(EARNED_NOTHING).when(poor) == [but(NOTHING_SINCE_CORRECTION, grade="poor")]
    assert given(EARNED_NOTHING).when(TO_OPEN) == [OPEN_SINCE_CORRECTION]
    assert given(LEFT_OPEN).when(TO_NOTHING) == [NOTHING_SINCE_CORRECTION]


def test_a_correction_heard_again_changes_nothing() -> None:
    history = (*BOTH, BUDGET_WITHDRAWN, LAND_WITHDRAWN, NOTHING_SINCE_CORRECTION)
    assert given(*history).when(TO_NOTHING) == []
    assert given(*BOTH, LAND_WITHDRAWN).when(TO_BUDGET) == []


def test_what_was_withdrawn_is_granted_again_by_another_correction() -> None:
    history = (*BOTH, BUDGET_WITHDRAWN, LAND_WITHDRAWN, NOTHING_SINCE_CORRECTION)
    assert given(*history).when(REVISE) == [BUDGET_GRANTED, LAND_GRANTED]


def test_after_a_second_grant_the_reason_for_nothing_is_said_anew() -> None:
    history = (EARNED_NOTHING, *BOTH)
    assert given(*history).when(TO_NOTHING) == [
        BUDGET_WITHDRAWN,
        LAND_WITHDRAWN,
        NOTHING_SINCE_CORRECTION,
    ]


def test_a_correction_of_what_was_never_settled_settles_it() -> None:
    assert given().when(REVISE) == [BUDGET_GRANTED, LAND_GRANTED]
    assert given().when(TO_NOTHING) == [NOTHING_SINCE_CORRECTION]
    assert given().when(TO_OPEN) == [OPEN_SINCE_CORRECTION]


# Who may see it.


def seen(message: M, visibility: Visibility.ValueType) -> M:
    return but(message, visibility=visibility)


def granted(visibility: Visibility.ValueType) -> CentralBudgetPriorityGranted:
    return CentralBudgetPriorityGranted(entitlement=seen(BUDGET, visibility))


def withdrawn(visibility: Visibility.ValueType) -> CentralBudgetPriorityWithdrawn:
    return CentralBudgetPriorityWithdrawn(withdrawal=seen(BUDGET_WITHDRAWN.withdrawal, visibility))


def to_budget(visibility: Visibility.ValueType) -> ReviseEntitlements:
    verdict = Verdict(earned=[seen(BUDGET, visibility)])
    return but(REVISE, verdict=verdict, visibility=visibility)


def test_that_nothing_follows_is_told_to_those_who_may_see_the_rating() -> None:
    assert given().when(seen(GRANT_NOTHING, INTERNAL)) == [seen(EARNED_NOTHING, INTERNAL)]
    assert given().when(seen(GRANT_OPEN, SUBJECT)) == [seen(LEFT_OPEN, SUBJECT)]


def test_an_entitlement_that_is_published_is_granted_anew_for_those_who_did_not_see_it() -> None:
    assert given(granted(INTERNAL)).when(to_budget(PUBLIC)) == [
        withdrawn(INTERNAL),
        granted(PUBLIC),
    ]
    assert given(granted(PUBLIC)).when(to_budget(PUBLIC)) == []


def test_an_entitlement_of_a_rating_that_is_hidden_again_is_granted_anew_unseen() -> None:
    assert given(granted(PUBLIC)).when(to_budget(INTERNAL)) == [
        withdrawn(INTERNAL),
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
            withdrawn(both),
            seen(NOTHING_SINCE_CORRECTION, replacing),
        ]


def test_nothing_earned_for_the_same_reason_is_said_again_to_other_readers() -> None:
    assert given(seen(EARNED_NOTHING, INTERNAL)).when(seen(TO_NOTHING, PUBLIC)) == [
        seen(NOTHING_SINCE_CORRECTION, PUBLIC)
    ]
    assert given(seen(EARNED_NOTHING, PUBLIC)).when(seen(TO_NOTHING, PUBLIC)) == []


# The stream and its history.


def test_each_unit_and_round_is_a_stream_of_its_own() -> None:
    commands = (GRANT, REVISE, but(GRANT, round=2019), but(GRANT, unit_id="shenyang"))
    assert [ENTITLEMENTS.stream(command) for command in commands] == [
        "entitlements-xiangtan-2020",
        "entitlements-xiangtan-2020",
        "entitlements-xiangtan-2019",
        "entitlements-shenyang-2020",
    ]


def test_support_by_reference_is_a_stream_without_a_round() -> None:
    assert ENTITLEMENTS.stream(but(GRANT, round=0)) == "entitlements-xiangtan-by-reference"


def test_the_document_in_force_for_the_round_decides() -> None:
    assert [ENTITLEMENTS.policy(command) for command in (GRANT, REVISE)] == [NOTICE_866] * 2


def test_nothing_is_withdrawn_before_it_was_settled() -> None:
    with pytest.raises(CorruptHistory):
        given(LAND_WITHDRAWN).when(GRANT)


def test_nothing_is_withdrawn_that_does_not_stand() -> None:
    with pytest.raises(CorruptHistory):
        given(BUDGET_GRANTED, LAND_WITHDRAWN).when(REVISE)


def test_nothing_is_granted_that_stands_already() -> None:
    with pytest.raises(CorruptHistory):
        given(BUDGET_GRANTED, BUDGET_GRANTED).when(REVISE)


def test_nobody_earns_nothing_while_something_stands() -> None:
    with pytest.raises(CorruptHistory):
        given(BUDGET_GRANTED, EARNED_NOTHING).when(REVISE)


# A unit that is disqualified.

ENDING = but(GRANT, ended_on="2023-01-01")
END = NothingEarned(
    unit_id="xiangtan",
    round=2020,
    grade="excellent",
    effective_on="2023-01-01",
    policy=NOTICE_866,
    reason="disqualified",
)


def test_what_is_earned_before_a_disqualification_is_granted_and_ends_with_it() -> None:
    events = given().when(ENDING)
    assert [type(event) for event in events] == [
        CentralBudgetPriorityGranted,
        LandGuaranteeGranted,
        CentralBudgetPriorityWithdrawn,
        LandGuaranteeWithdrawn,
        NothingEarned,
    ]
    ended = [event.withdrawal for event in events if hasattr(event, "withdrawal")]
    assert {(each.effective_on, each.reason) for each in ended} == {("2023-01-01", "disqualified")}
    assert events[-1] == END


def test_a_correction_of_a_disqualified_unit_ends_what_it_grants_and_says_it_once() -> None:
    correction = ReviseEntitlements(
        unit_id="xiangtan",
        round=2020,
        grade="excellent",
        verdict=Verdict(earned=[BUDGET]),
        effective_on="2021-06-21",
        policy=NOTICE_866,
        reason="a statistic was revised",
        ended_on="2023-01-01",
    )
    before = given().when(but(GRANT, grade="good", verdict=NOTHING))
    events = given(*before).when(correction)
    assert [type(event) for event in events] == [
        CentralBudgetPriorityGranted,
        CentralBudgetPriorityWithdrawn,
        NothingEarned,
    ]
    assert given(*before, *events).when(correction) == []


def test_a_disqualification_ends_nothing_where_nothing_was_earned() -> None:
    nothing = but(GRANT, grade="good", verdict=NOTHING)
    assert given().when(but(nothing, ended_on="2023-01-01")) == given().when(nothing)


# A unit that was disqualified, and is a member again.

GAP = Gap(since="2023-01-01", until="2024-01-01")
RESUMED = but(BUDGET, effective_on="2024-01-01", held_back_from="2023-01-01")


def test_what_is_earned_ends_with_each_gap_and_stands_again_from_its_end() -> None:
    events = given().when(but(GRANT, verdict=Verdict(earned=[BUDGET]), gaps=[GAP]))
    assert events[:2] == [
        BUDGET_GRANTED,
        CentralBudgetPriorityWithdrawn(
            withdrawal=but(
                BUDGET_WITHDRAWN.withdrawal, reason="disqualified", effective_on="2023-01-01"
            )
        ),
    ]
    assert events[2:] == [END, CentralBudgetPriorityGranted(entitlement=RESUMED)]


def test_a_correction_before_a_gap_grants_behind_it_too_and_says_it_once() -> None:
    correction = but(REVISE, verdict=Verdict(earned=[BUDGET]), gaps=[GAP])
    before = given().when(GRANT_NOTHING)
    events = given(*before).when(correction)
    assert events[-1] == CentralBudgetPriorityGranted(entitlement=RESUMED)
    assert given(*before, *events).when(correction) == []


def test_what_stands_again_may_end_with_another_disqualification() -> None:
    correction = but(REVISE, verdict=Verdict(earned=[BUDGET]), gaps=[GAP], ended_on="2025-01-01")
    before = given().when(GRANT_NOTHING)
    events = given(*before).when(correction)
    assert events[-1] == but(END, effective_on="2025-01-01")
    assert given(*before, *events).when(correction) == []


def test_a_gap_changes_nothing_where_nothing_is_earned() -> None:
    assert given().when(but(GRANT_NOTHING, gaps=[GAP])) == given().when(GRANT_NOTHING)


def test_who_saw_what_a_hidden_rating_replaces_sees_that_it_is_withdrawn_and_not_why() -> None:
    hiding = but(to_budget(SUBJECT), hides_former=True, reason="rated good")
    gone, anew = given(granted(PUBLIC)).when(hiding)
    assert isinstance(gone, CentralBudgetPriorityWithdrawn)
    assert (gone.withdrawal.visibility, gone.withdrawal.reason) == (PUBLIC, VOIDED)
    assert anew == granted(SUBJECT)
    gone, _ = given(granted(PUBLIC)).when(but(hiding, hides_former=False))
    assert isinstance(gone, CentralBudgetPriorityWithdrawn)
    assert (gone.withdrawal.visibility, gone.withdrawal.reason) == (SUBJECT, "rated good")

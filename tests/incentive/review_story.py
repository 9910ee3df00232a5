"""A unit whose rating is corrected and that is disqualified, and what the review list has of it."""

from typing import Any, TypeVar

from services.kernel.policy_terms import Reason
from tests.incentive.test_decider import BUDGET, NOTHING
from tests.notices import NOTICE_866
from tests.spec import but
from zoneledger.incentive.v1.commands_pb2 import GrantEntitlements, ReviseEntitlements, Verdict
from zoneledger.incentive.v1.review_commands_pb2 import CloseEntitlementReview
from zoneledger.ledger.v1.gap_pb2 import Gap
from zoneledger.ledger.v1.review_pb2 import (
    ReviewCause,
    ReviewClosing,
    ReviewItem,
    ReviewKind,
    ReviewLapse,
    ReviewOutcome,
)
from zoneledger.ledger.v1.visibility_pb2 import Visibility

STOOD, LACKED = ReviewKind.REVIEW_KIND_STOOD, ReviewKind.REVIEW_KIND_LACKED
CORRECTED, DISQUALIFIED, REVERSED = (
    ReviewCause.REVIEW_CAUSE_CORRECTED,
    ReviewCause.REVIEW_CAUSE_DISQUALIFIED,
    ReviewCause.REVIEW_CAUSE_REVERSED,
)
KEPT, RECOVERED, NOTHING_GIVEN, TOPPED_UP, NOT_TOPPED_UP = (
    ReviewOutcome.REVIEW_OUTCOME_KEPT,
    ReviewOutcome.REVIEW_OUTCOME_RECOVERED,
    ReviewOutcome.REVIEW_OUTCOME_NOTHING_GIVEN,
    ReviewOutcome.REVIEW_OUTCOME_TOPPED_UP,
    ReviewOutcome.REVIEW_OUTCOME_NOT_TOPPED_UP,
)
PUBLIC, INTERNAL = Visibility.VISIBILITY_PUBLIC, Visibility.VISIBILITY_INTERNAL

_BUDGET = but(BUDGET, visibility=PUBLIC)
GRANT = GrantEntitlements(
    unit_id="xiangtan",
    round=2020,
    grade="excellent",
    verdict=Verdict(earned=[_BUDGET]),
    effective_on="2021-06-21",
    policy=NOTICE_866,
    visibility=PUBLIC,
)
GRANT_NOTHING = but(GRANT, grade="good", verdict=NOTHING)


Settling = TypeVar("Settling", GrantEntitlements, ReviseEntitlements)


def revise(day: str, verdict: Verdict, cause: int = CORRECTED, **said: Any) -> ReviseEntitlements:
    """A revision that is settled from this day on."""
    revision = ReviseEntitlements(
        unit_id="xiangtan",
        round=2020,
        verdict=verdict,
        effective_on=day,
        policy=NOTICE_866,
        visibility=said.get("visibility", PUBLIC),
        reason="a statistic was revised",
        cause=cause,  # type: ignore[arg-type]  # any int
        ended_on=said.get("ended_on", ""),
        gaps=said.get("gaps", ()),
    )
    for earned in revision.verdict.earned:
        earned.visibility = revision.visibility
    return revision


def earned_from(day: str, **said: Any) -> ReviseEntitlements:
    return revise(day, Verdict(earned=[but(_BUDGET, effective_on=day)]), **said)


def nothing_from(day: str, **said: Any) -> ReviseEntitlements:
    return revise(day, NOTHING, **said)


def told_after(gap: Gap, command: Settling) -> Settling:
    """The same, where the unit was disqualified in the gap, and that is over."""
    day = command.effective_on
    if isinstance(command, GrantEntitlements):
        command = but(command, cause=REVERSED, reason="it was over before")
    if not gap.since <= day < gap.until:
        return but(command, gaps=[gap] if day < gap.since else [])
    earned = [
        but(each, effective_on=gap.until, held_back_from=day) for each in command.verdict.earned
    ]
    verdict = but(command.verdict, earned=earned)
    return but(command, effective_on=gap.until, verdict=verdict)


def disqualified_from(day: str, decided_on: str = "") -> ReviseEntitlements:
    nothing = Verdict(nothing_reason=Reason.DISQUALIFIED)
    return but(revise(day, nothing, DISQUALIFIED), decided_on=decided_on)


def item(number: int, kind: int, from_on: str, ended_on: str, **said: Any) -> ReviewItem:
    return ReviewItem(
        unit_id="xiangtan",
        round=2020,
        instrument="central_budget_priority",
        number=number,
        kind=kind,  # type: ignore[arg-type]  # any int
        from_on=from_on,
        ended_on=ended_on,
        cause=said.get("cause", CORRECTED),
        reason=said.get("reason", "a statistic was revised"),
        authority="ndrc",
        rule_id="2021-866/central-budget",
        clause_id="incentives/budget",
        policy=NOTICE_866,
        opened_on=said.get("opened_on", ended_on),
        visibility=said.get("visibility", PUBLIC),
    )


def lapse(number: int, day: str) -> ReviewLapse:
    return ReviewLapse(
        unit_id="xiangtan",
        round=2020,
        instrument="central_budget_priority",
        number=number,
        lapsed_on=day,
        reason="a statistic was revised",
        visibility=PUBLIC,
    )


def closing(number: int = 1, outcome: int = KEPT, **said: Any) -> CloseEntitlementReview:
    whole = ReviewClosing(
        unit_id="xiangtan",
        round=2020,
        instrument="central_budget_priority",
        number=number,
        outcome=outcome,  # type: ignore[arg-type]  # any int
        closed_by="ndrc",
        closed_on="2022-03-01",
        document="发改振兴〔2022〕30号",
        entered_by="ndrc",
    )
    return CloseEntitlementReview(closing=but(whole, **said))

"""What is settled for a unit: by its rating, by a correction, by reference to a document."""

import pytest

from services.kernel import support
from services.kernel.adoption import reference
from services.kernel.errors import Unavailable
from services.kernel.policy import Earned, Policies, Undetermined
from services.kernel.policy_terms import Nothing, Reason
from services.kernel.policy_text import parse
from tests.notices import ADOPT_866, NOTICE_866, POLICIES
from tests.spec import but
from zoneledger.evaluation.v1 import events_pb2 as evaluation
from zoneledger.incentive.v1.events_pb2 import EntitlementLeftUndetermined, NothingEarned
from zoneledger.ledger.v1.gap_pb2 import Gap
from zoneledger.ledger.v1.review_pb2 import ReviewCause
from zoneledger.ledger.v1.visibility_pb2 import Visibility

PROVINCIAL = evaluation.BeneficiaryClass.BENEFICIARY_CLASS_PROVINCIAL_BY_REFERENCE
NATIONAL = evaluation.BeneficiaryClass.BENEFICIARY_CLASS_NATIONAL
PUBLIC, INTERNAL, UNSPECIFIED = (
    Visibility.VISIBILITY_PUBLIC,
    Visibility.VISIBILITY_INTERNAL,
    Visibility.VISIBILITY_UNSPECIFIED,
)

FIRST_READING = but(NOTICE_866, reading=0)
HEBI = evaluation.Unit(unit_id="hebi", beneficiary_class=PROVINCIAL, member_from="2021-06-09")
REGISTERED = evaluation.UnitRegistered(unit=HEBI, policy=NOTICE_866)
RATED = evaluation.ZoneRatedExcellent(
    rating=evaluation.Rating(
        unit_id="fushun",
        round=2020,
        grade=evaluation.Grade.GRADE_EXCELLENT,
        published_on="2021-01-01",
        policy=NOTICE_866,
    ),
    beneficiary_class=NATIONAL,
)

ANSWERED = parse(
    ADOPT_866.text.replace(
        "    clause: scope/by-reference\n  # The annual",
        "    clause: scope/by-reference\n"
        "    interpretation:\n"
        "      author: 国家发展改革委振兴司\n"
        "      decided_on: 2022-03-01\n"
        "      document: 复函\n"
        "      answer: nothing\n"
        "  # The annual",
    ),
    "2021-866",
)
BY_ANSWERED = reference(ANSWERED)


def test_a_rating_before_the_document_earns_nothing_because_it_was_not_in_force() -> None:
    verdict = support.rated(RATED, POLICIES).verdict
    assert isinstance(verdict, Nothing)
    assert verdict.reason == Reason.NOT_IN_FORCE


def test_by_the_first_reading_no_reason_was_given() -> None:
    first = but(RATED, rating=but(RATED.rating, policy=FIRST_READING))
    verdict = support.rated(first, POLICIES).verdict
    assert isinstance(verdict, Nothing)
    assert verdict.reason == Reason.UNTOLD


def test_a_recorded_answer_decides_on_support_by_reference_from_its_day_on() -> None:
    answered = but(REGISTERED, policy=BY_ANSWERED)
    (settled,) = support.registered(answered, Policies((ANSWERED,)))
    assert isinstance(settled.verdict, Nothing)
    assert settled.verdict.reason == Reason.INTERPRETED
    assert settled.effective_on == "2022-03-01"


def test_by_the_first_reading_a_recorded_answer_changed_nothing() -> None:
    answered = but(REGISTERED, policy=but(BY_ANSWERED, reading=0))
    (settled,) = support.registered(answered, Policies((ANSWERED,)))
    assert isinstance(settled.verdict, Undetermined)
    assert (settled.effective_on, settled.until) == ("2021-06-09", "")


def test_support_by_reference_ends_with_membership() -> None:
    left = but(REGISTERED, unit=but(HEBI, member_until="2022-06-30"))
    (settled,) = support.registered(left, POLICIES)
    assert (settled.effective_on, settled.until) == ("2021-06-09", "2022-06-30")


def test_support_by_reference_does_not_begin_before_its_document() -> None:
    early = but(REGISTERED, unit=but(HEBI, member_from="2018-01-01"))
    (settled,) = support.registered(early, POLICIES)
    assert settled.effective_on == "2021-06-09"


def test_other_days_of_membership_are_settled_anew_and_by_the_first_reading_were_not() -> None:
    moved = evaluation.UnitAmended(
        unit=but(HEBI, member_from="2022-01-01"), former=HEBI, policy=NOTICE_866
    )
    (settled,) = support.amended(moved, POLICIES)
    assert settled.effective_on == "2022-01-01"
    assert support.amended(but(moved, policy=FIRST_READING), POLICIES) == []


def test_a_new_name_settles_nothing_anew() -> None:
    renamed = evaluation.UnitAmended(unit=but(HEBI, name_en="Hebi"), former=HEBI, policy=NOTICE_866)
    assert support.amended(renamed, POLICIES) == []


def test_other_days_of_a_national_unit_settle_nothing_because_no_document_says_what() -> None:
    former = but(HEBI, beneficiary_class=NATIONAL)
    moved = evaluation.UnitAmended(unit=but(former, member_until="2022-06-30"), former=former)
    assert support.amended(moved, POLICIES) == []


def test_who_may_see_a_rating_may_see_what_follows_from_it_and_a_correction_is_a_rating() -> None:
    within = but(RATED, rating=but(RATED.rating, visibility=INTERNAL))
    assert support.rated(within, POLICIES).visibility == INTERNAL
    published = evaluation.RatingCorrected(
        rating=but(RATED.rating, visibility=PUBLIC),
        former=within.rating,
        corrected_on="2021-08-01",
        beneficiary_class=NATIONAL,
    )
    assert support.corrected(published, POLICIES).visibility == PUBLIC
    hidden = but(published, rating=published.former, former=published.rating)
    assert support.corrected(hidden, POLICIES).visibility == INTERNAL


def test_support_by_reference_is_public_because_the_register_is() -> None:
    (settled,) = support.registered(REGISTERED, POLICIES)
    assert settled.visibility == PUBLIC


def test_by_the_readings_before_nobody_said_who_may_see_it() -> None:
    for reading in (0, 1):
        before = but(NOTICE_866, reading=reading)
        rated = but(RATED, rating=but(RATED.rating, visibility=PUBLIC, policy=before))
        assert support.rated(rated, POLICIES).visibility == UNSPECIFIED
        (settled,) = support.registered(but(REGISTERED, policy=before), POLICIES)
        assert settled.visibility == UNSPECIFIED


def test_that_one_thing_replaced_another_is_seen_by_those_who_may_see_both() -> None:
    assert support.seen_by_both(PUBLIC, INTERNAL) == INTERNAL
    assert support.seen_by_both(INTERNAL, PUBLIC) == INTERNAL
    assert support.seen_by_both(PUBLIC, PUBLIC) == PUBLIC
    assert support.seen_by_both(UNSPECIFIED, PUBLIC) == UNSPECIFIED
    assert support.seen_by_both(PUBLIC, UNSPECIFIED) == UNSPECIFIED


def test_the_same_reason_is_not_the_same_to_other_readers() -> None:
    nothing = NothingEarned(unit_id="a", grade="good", visibility=INTERNAL)
    assert support.says_same(nothing, nothing, 2020)
    assert not support.says_same(nothing, but(nothing, visibility=PUBLIC), 2020)


def test_what_a_newer_program_decided_waits_for_that_program() -> None:
    newer = but(REGISTERED, policy=but(NOTICE_866, reading=99))
    with pytest.raises(Unavailable, match="waits for a newer program"):
        support.registered(newer, POLICIES)


def test_the_same_reason_on_another_day_is_the_same_for_a_rating_only() -> None:
    nothing = NothingEarned(unit_id="a", grade="good", effective_on="2021-06-21", policy=NOTICE_866)
    later = but(nothing, effective_on="2021-08-01", policy=FIRST_READING)
    assert support.says_same(nothing, later, 2020)
    assert not support.says_same(nothing, later, 0)
    assert not support.says_same(nothing, but(later, grade="poor"), 2020)
    assert not support.says_same(nothing, EntitlementLeftUndetermined(unit_id="a"), 2020)


# A time of disqualification that is over (取消示范区资格, taken back).

GAP = Gap(since="2021-07-01", until="2021-10-01")
EXCELLENT = but(RATED, rating=but(RATED.rating, published_on="2021-06-21"))


def published(day: str, *gaps: Gap, disqualified_on: str = "") -> support.Settlement:
    rating = but(EXCELLENT.rating, published_on=day)
    event = but(EXCELLENT, rating=rating, gaps=gaps, disqualified_on=disqualified_on)
    return support.rated(event, POLICIES)


def test_a_rating_that_is_published_in_a_gap_counts_from_its_end_and_says_so() -> None:
    for day in ("2021-07-01", "2021-09-30"):
        settled = published(day, GAP)
        assert (settled.effective_on, settled.held_back_from) == ("2021-10-01", day)
        assert list(settled.gaps) == []
        assert isinstance(settled.verdict, Earned)


def test_a_rating_that_is_published_before_a_gap_does_not_hold_in_it() -> None:
    settled = published("2021-06-21", GAP)
    assert (settled.effective_on, settled.held_back_from) == ("2021-06-21", "")
    assert list(settled.gaps) == [GAP]


def test_a_rating_that_is_published_from_the_end_of_a_gap_on_knows_nothing_of_it() -> None:
    settled = published("2021-10-01", GAP)
    assert settled == published("2021-10-01")


def test_a_correction_in_a_gap_counts_from_its_end() -> None:
    event = evaluation.RatingCorrected(
        rating=EXCELLENT.rating,
        corrected_on="2021-08-01",
        beneficiary_class=NATIONAL,
        gaps=[GAP],
    )
    settled = support.corrected(event, POLICIES)
    assert (settled.effective_on, settled.held_back_from) == ("2021-10-01", "2021-08-01")


def test_what_a_rating_missed_in_a_gap_is_to_be_reviewed_and_says_why() -> None:
    for day in ("2021-06-21", "2021-08-01"):
        settled = published(day, GAP)
        assert settled.cause == ReviewCause.REVIEW_CAUSE_REVERSED
        assert settled.why == "the disqualification was over before the rating was told"
    for untouched in (published("2021-10-01", GAP), published("2021-06-21")):
        assert (untouched.cause, untouched.why) == (0, "")


def test_what_counts_from_the_end_of_a_gap_ends_with_the_next_disqualification() -> None:
    settled = published("2021-08-01", GAP, disqualified_on="2021-12-01")
    assert (settled.effective_on, settled.ended_on) == ("2021-10-01", "2021-12-01")
    nothing = published("2021-12-01", GAP, disqualified_on="2021-12-01").verdict
    assert isinstance(nothing, Nothing)
    assert nothing.reason == Reason.DISQUALIFIED

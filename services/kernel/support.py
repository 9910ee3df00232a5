"""What evaluation reports, as what has to be settled for a unit, and what its document says of it.

Incentive and financing settle the same questions, each in its own words: what a rating earns, what
a correction changes, what a unit has by reference (参照享受). The document that evaluation recorded
decides, by the text in our own log; what it decides waits until it has arrived.

Support by reference hangs on the document that names the class, not on a grade. It follows the
unit's entry in the register: from the first day of membership, and not before the document, to the
last; of several memberships the last one counts. A rating keeps the class it was published with.
What an event was recorded under an earlier reading of the documents is answered by that reading, so
that an old log comes out the same.

A unit that is disqualified earns nothing from that day on, by no rating; when that is taken back,
what its ratings earn counts again from then on, and what it missed is for a person to decide. So it
is of a rating that is told later, too: for the time in between it earns nothing.

What follows from a rating tells its grade, so whoever may see the rating may see it, and nobody
else. Support by reference follows the register, which is public.
"""

from collections.abc import Sequence
from dataclasses import replace
from datetime import date
from typing import NamedTuple, TypeAlias, get_args

from google.protobuf.message import Message

from services.kernel import adoption
from services.kernel.gaps import Gaps, behind, gap_at
from services.kernel.policy import Policies, Policy, Undetermined, Verdict
from services.kernel.policy_terms import BeneficiaryClass, Clause, Grade, Nothing, Reason
from services.kernel.words import word
from zoneledger.evaluation.v1 import circular_events_pb2 as circulars
from zoneledger.evaluation.v1 import events_pb2 as evaluation
from zoneledger.evaluation.v1 import plan_events_pb2 as plans
from zoneledger.evaluation.v1 import round_events_pb2 as rounds
from zoneledger.evaluation.v1 import streak_events_pb2 as streaks
from zoneledger.evaluation.v1.streak_review_events_pb2 import StreaksReviewed
from zoneledger.evaluation.v1.supplement_events_pb2 import SupplementAdopted
from zoneledger.ledger.v1.access_pb2 import AccessTableAdopted
from zoneledger.ledger.v1.decision_pb2 import PolicyReference
from zoneledger.ledger.v1.policy_pb2 import PolicyAdopted
from zoneledger.ledger.v1.review_pb2 import ReviewCause
from zoneledger.ledger.v1.visibility_pb2 import Visibility

ZoneRated: TypeAlias = (
    evaluation.ZoneRatedExcellent
    | evaluation.ZoneRatedGood
    | evaluation.ZoneRatedQualified
    | evaluation.ZoneRatedPoor
)
# How a rating comes about; what follows begins with the rating itself.
OfRound: TypeAlias = (
    rounds.AssessorAppointed
    | rounds.AssessorDismissed
    | rounds.BonusRecognised
    | rounds.BonusWithdrawn
    | rounds.CollectionClosed
    | rounds.ExpertsAssessed
    | rounds.MatterInterpreted
    | rounds.NoticeOpened
    | rounds.ObjectionDecided
    | rounds.ObjectionLodged
    | rounds.ObservationsReported
    | rounds.ProposalTold
    | rounds.ProvinceReviewed
    | rounds.ResultCorrected
    | rounds.ResultPublished
    | rounds.ResultsProposed
    | rounds.ResultsSigned
    | rounds.ResultsTakenBack
    | rounds.RoundAbandoned
    | rounds.RoundClosed
    | rounds.RoundOpened
    | rounds.RoundPublished
    | rounds.RuleSetFrozen
    | rounds.ScoreCalculated
    | rounds.SheetOpened
    | rounds.SheetSealed
    | rounds.SignatureTakenBack
    | rounds.UnitAdmitted
    | rounds.UnitDismissed
    | rounds.UnitVetoed
    | rounds.VetoLifted
)
OfCircular: TypeAlias = (
    circulars.CircularRecorded | circulars.CircularAmended | circulars.CircularWithdrawn
)
OfStreaks: TypeAlias = (
    streaks.StreakWarned
    | streaks.StreakReached
    | streaks.StreakLeftUndetermined
    | streaks.StreakEnded
    | streaks.DisqualificationProposed
    | streaks.DisqualificationProposalWithdrawn
    | streaks.DisqualificationDeclined
    | streaks.ZoneDisqualified
    | streaks.DisqualificationBasisLost
    | streaks.DisqualificationBasisRestored
    | streaks.DisqualificationReversed
    | streaks.ExpansionRightUsed
    | StreaksReviewed
)
OfPlan: TypeAlias = (
    plans.PlanDrafted
    | plans.PlanRecommended
    | plans.PlanAssessed
    | plans.PlanAgreedInPrinciple
    | plans.PlanRevised
    | plans.PlanIssued
    | plans.PlanApproved
    | plans.PlanCopied
    | plans.PlanAmended
    | plans.PlanSuperseded
    | plans.PlanStepCorrected
)
Heard: TypeAlias = (
    PolicyAdopted
    | AccessTableAdopted
    | evaluation.UnitRegistered
    | evaluation.UnitAmended
    | ZoneRated
    | evaluation.RatingCorrected
    | evaluation.FormerRatingVoided
    | evaluation.HonourAwarded
    | SupplementAdopted
    | OfRound
    | OfCircular
    | OfStreaks
    | OfPlan
)
HEARD: tuple[type[Message], ...] = get_args(Heard)

VOIDED = "the rating stands no more"  # Of a withdrawal whose reason is not for all its readers.
BY_REFERENCE = 0  # The round of support that hangs on no rating.

_SAYS_WHO_MAY_SEE_IT = 2  # The first reading by which what follows says so.
_IS_RECORDED = 3  # The first one by which a revision is recorded where nothing comes of it, too.


class Settlement(NamedTuple):
    """What is to be settled: for whom, by which document, from when on, and why.

    `verdict` is None where no document speaks of the unit any more. `until` is the last day, for
    support by reference that ends with membership. Who may see it is `visibility`. What is earned
    by a rating ends on the day `ended_on`, where the unit is disqualified from that day on, and
    does not hold in the `gaps` behind its day, for which it was. Where the day itself was in one of
    them, it counts from its end, and would have counted from `held_back_from`. `cause` is why what
    it changes in retrospect goes to the review list, where it does. With `hides_former` some see
    what stood and not what it is replaced by. `decided_on` is when the unit was disqualified, where
    that is behind the day from which it counts.
    """

    unit_id: str
    round: int
    grade: str
    verdict: Verdict | None
    effective_on: str
    policy: PolicyReference
    visibility: Visibility.ValueType
    until: str = ""
    why: str = ""
    ended_on: str = ""
    gaps: Gaps = ()
    held_back_from: str = ""
    cause: ReviewCause.ValueType = ReviewCause.REVIEW_CAUSE_UNSPECIFIED
    hides_former: bool = False
    decided_on: str = ""

    @property
    def is_recorded(self) -> bool:
        """Whether a revision leaves a decision behind, whatever comes of it."""
        return self.policy.reading >= _IS_RECORDED

    @property
    def silence(self) -> str:
        """Why nothing is earned where the document grants only what others decide on."""
        return Reason.INSTRUMENT_NOT_NAMED if self.policy.reading else Reason.UNTOLD


def rated(event: ZoneRated, policies: Policies) -> Settlement:
    """What a rating earns, from its publication on."""
    settled = _by_rating(event, event.rating.published_on, policies)
    settled = _to_review(_outside(settled, event.gaps))
    return _as_qualified(settled, event.disqualified_on)


def corrected(event: evaluation.RatingCorrected, policies: Policies) -> Settlement:
    """What was relied on until the correction stays; the new rating counts from then on."""
    settled = _by_rating(event, event.corrected_on, policies)._replace(
        why=event.reason,
        cause=_cause(event, ReviewCause.REVIEW_CAUSE_CORRECTED),
        hides_former=event.hides_former,
    )
    return _as_qualified(_outside(settled, event.gaps), event.disqualified_on)


def disqualified(event: streaks.ZoneDisqualified, policies: Policies) -> Sequence[Settlement]:
    """From then on nothing is left of what any of the unit's ratings earned (不再享受相应政策)."""
    settled = [_by_rating(each, event.effective_on, policies) for each in event.ratings]
    cause = _cause(event, ReviewCause.REVIEW_CAUSE_DISQUALIFIED)
    is_backdated = bool(cause) and event.effective_on < event.decided_on
    decided_on = event.decided_on if is_backdated else ""
    return [
        _as_qualified(each, event.effective_on)._replace(
            why=event.reason, cause=cause, decided_on=decided_on
        )
        for each in settled
    ]


def reversed_(event: streaks.DisqualificationReversed, policies: Policies) -> Sequence[Settlement]:
    """What its ratings earn counts again from that day; the time in between is not made up for."""
    cause = _cause(event, ReviewCause.REVIEW_CAUSE_REVERSED)
    return [
        _by_rating(each, _since(each, event.effective_on), policies)._replace(
            why=event.reason, cause=cause
        )
        for each in event.ratings
    ]


def registered(event: evaluation.UnitRegistered, policies: Policies) -> Sequence[Settlement]:
    """What a unit has by reference; a national unit earns by its ratings alone."""
    return [_by_reference(event, policies)] if event.HasField("policy") else []


def amended(event: evaluation.UnitAmended, policies: Policies) -> Sequence[Settlement]:
    """Ratings keep the class they were published with; support by reference follows the entry."""
    unit, former = event.unit, event.former
    if unit.beneficiary_class != former.beneficiary_class:
        why = "the register gives the unit another class"
    elif event.policy.reading and _membership(unit) != _membership(former):
        why = "the register gives the unit other days of membership"
    else:
        return []
    return [_by_reference(event, policies)._replace(why=why)]


def says_same(one: Message, other: Message, round_: int) -> bool:
    """Whether both events give the same reason why nothing stands, to the same readers.

    The day may differ, except for support by reference, which is settled for its days.
    """
    if type(one) is not type(other):
        return False
    return _reason(one, round_) == _reason(other, round_)


def seen(round_: int, visibility: Visibility.ValueType) -> Visibility.ValueType:
    """Who may see what was settled for the round; it is public where it hangs on no rating.

    The register is, and an entry that stands under no document does not say how it was read.
    """
    return Visibility.VISIBILITY_PUBLIC if round_ == BY_REFERENCE else visibility


def held_back(since: str, until: str) -> tuple[str, str]:
    """Why something holds from a day on only, in Chinese and English; "" where nothing held it."""
    if not since:
        return "", ""
    return (
        f"（{since}至{until}前因取消示范区资格不享受）",
        f"; not from {since} to the day before {until}, while the unit was disqualified",
    )


def seen_by_both(
    standing: Visibility.ValueType, replacing: Visibility.ValueType
) -> Visibility.ValueType:
    """Who may see that the one was replaced by the other: who may see both of them."""
    if not standing or not replacing:
        return Visibility.VISIBILITY_UNSPECIFIED
    return max(standing, replacing)


def withdrawn_for(
    standing: Visibility.ValueType, replacing: Visibility.ValueType, reason: str, hides_former: bool
) -> tuple[Visibility.ValueType, str]:
    """Who may see that what stood is withdrawn, and the reason that they are told.

    Where some saw it and do not see what replaces it, they are told that it stands no more, and
    nothing of why: the reason could tell the rating that is hidden from them.
    """
    if hides_former and standing:
        return standing, VOIDED
    return seen_by_both(standing, replacing), reason


def _reason(event: Message, round_: int) -> Message:
    reason = type(event)()
    reason.CopyFrom(event)
    if round_ != BY_REFERENCE:
        reason.ClearField("effective_on")
    reason.policy.reading = 0  # type: ignore[attr-defined]  # Both kinds of event have a policy.
    return reason


def _cause(
    event: evaluation.RatingCorrected | streaks.ZoneDisqualified | streaks.DisqualificationReversed,
    cause: ReviewCause.ValueType,
) -> ReviewCause.ValueType:
    """The cause; none of what was recorded before there were review lists."""
    return cause if event.lists_for_review else ReviewCause.REVIEW_CAUSE_UNSPECIFIED


def _since(standing: streaks.StandingRating, day: str) -> str:
    """The day, or that on which the rating was published where this came later."""
    return max(day, standing.rating.published_on)


def _outside(settled: Settlement, gaps: Gaps) -> Settlement:
    """The settlement with the times for which the unit was disqualified left out."""
    day = settled.effective_on
    if gap := gap_at(day, gaps):
        settled = settled._replace(effective_on=gap.until, held_back_from=day)
    return settled._replace(gaps=behind(settled.effective_on, gaps))


def _to_review(settled: Settlement) -> Settlement:
    """What a rating that is told late missed is to be reviewed, as of one that was told in time."""
    if not settled.gaps and not settled.held_back_from:
        return settled
    why = "the disqualification was over before the rating was told"
    return settled._replace(why=why, cause=ReviewCause.REVIEW_CAUSE_REVERSED)


def _as_qualified(settled: Settlement, disqualified_on: str) -> Settlement:
    """The settlement of a unit that is disqualified from a day on; "" is never."""
    if not disqualified_on:
        return settled
    if settled.effective_on < disqualified_on:
        return settled._replace(ended_on=disqualified_on)
    nothing = Nothing(
        BeneficiaryClass.NATIONAL, tuple(Grade), Clause("", "", ""), Reason.DISQUALIFIED
    )
    return settled._replace(verdict=nothing)


def _by_rating(
    event: ZoneRated | evaluation.RatingCorrected | streaks.StandingRating,
    effective_on: str,
    policies: Policies,
) -> Settlement:
    rating = event.rating
    grade = word(evaluation.Grade, rating.grade)
    verdict = adoption.document(rating.policy, policies).verdict(
        _class(event.beneficiary_class), Grade(grade), date.fromisoformat(rating.published_on)
    )
    if isinstance(verdict, Nothing) and not rating.policy.reading:
        verdict = replace(verdict, reason=Reason.UNTOLD)
    visibility = _visibility(rating.policy, rating.visibility)
    return Settlement(
        rating.unit_id, rating.round, grade, verdict, effective_on, rating.policy, visibility
    )


def _by_reference(
    event: evaluation.UnitRegistered | evaluation.UnitAmended, policies: Policies
) -> Settlement:
    unit, policy = event.unit, event.policy
    visibility = _visibility(policy, Visibility.VISIBILITY_PUBLIC)
    settled = Settlement(unit.unit_id, BY_REFERENCE, "", None, unit.member_from, policy, visibility)
    if not event.HasField("policy"):
        return settled
    document, class_ = adoption.document(policy, policies), _class(unit.beneficiary_class)
    since = max(unit.member_from, (document.signed_on or document.published_on).isoformat())
    if not policy.reading:
        return settled._replace(verdict=_by_open_norm(document, class_), effective_on=since)
    norm = document.norm_for(class_)
    if norm is not None and norm.interpretation is not None:
        since = max(since, norm.interpretation.decided_on.isoformat())
    return settled._replace(
        verdict=document.by_reference(class_), effective_on=since, until=unit.member_until
    )


def _by_open_norm(document: Policy, class_: BeneficiaryClass) -> Verdict | None:
    """By the first reading every norm on a class was open, whoever had answered it."""
    norm = document.norm_for(class_)
    return Undetermined(norm) if norm else None


def _visibility(by: PolicyReference, seen: Visibility.ValueType) -> Visibility.ValueType:
    """Who may see what follows; by the readings before, nothing said so."""
    says = by.reading >= _SAYS_WHO_MAY_SEE_IT
    return seen if says else Visibility.VISIBILITY_UNSPECIFIED


def _membership(unit: evaluation.Unit) -> tuple[str, str]:
    return unit.member_from, unit.member_until


def _class(number: int) -> BeneficiaryClass:
    return BeneficiaryClass(word(evaluation.BeneficiaryClass, number))

"""A unit of the programme: its entry in the register, its ratings and its honours.

A unit is registered once and its entry may be amended. It is rated at most once for a round; a
published rating is replaced only by a correction, which says which document corrects it. It is
rated for a year of which it was a member, also where it left and returned, and not for one for all
of which it was disqualified. Honours do not depend on grades. Nothing is ever overwritten: each
change is an event of its own.
"""

from collections.abc import Mapping, Sequence
from typing import NamedTuple, TypeAlias

from services.evaluation import disqualification, streak_standing
from services.evaluation.membership import disqualified_in, in_year, memberships
from services.evaluation.streak_standing import Standing, over
from services.kernel.decider import Decider
from services.kernel.errors import CorruptHistory, Rejected
from services.kernel.reasons import Why
from services.kernel.words import word
from zoneledger.evaluation.v1.commands_pb2 import (
    AwardHonour,
    CorrectRating,
    PublishRating,
    RegisterUnit,
)
from zoneledger.evaluation.v1.events_pb2 import (
    FormerRatingVoided,
    Grade,
    Honour,
    HonourAwarded,
    Rating,
    RatingCorrected,
    Unit,
    UnitAmended,
    UnitRegistered,
    ZoneRatedExcellent,
    ZoneRatedGood,
    ZoneRatedPoor,
    ZoneRatedQualified,
)
from zoneledger.evaluation.v1.streak_commands_pb2 import (
    DecideDisqualification,
    ReverseDisqualification,
    ReviewStreaks,
    UseExpansionRight,
)
from zoneledger.evaluation.v1.streak_events_pb2 import (
    DisqualificationBasisLost,
    DisqualificationBasisRestored,
    DisqualificationDeclined,
    DisqualificationProposalWithdrawn,
    DisqualificationProposed,
    DisqualificationReversed,
    ExpansionRightUsed,
    StreakEnded,
    StreakLeftUndetermined,
    StreakReached,
    StreakWarned,
    ZoneDisqualified,
)
from zoneledger.evaluation.v1.streak_review_events_pb2 import StreaksReviewed
from zoneledger.ledger.v1.decision_pb2 import PolicyReference
from zoneledger.ledger.v1.visibility_pb2 import Visibility

Command: TypeAlias = (
    RegisterUnit | PublishRating | CorrectRating | AwardHonour | disqualification.Command
)
ZoneRated: TypeAlias = ZoneRatedExcellent | ZoneRatedGood | ZoneRatedQualified | ZoneRatedPoor
Reported: TypeAlias = (
    UnitRegistered | UnitAmended | ZoneRated | RatingCorrected | FormerRatingVoided | HonourAwarded
)
Event: TypeAlias = Reported | streak_standing.Event


class Unregistered(NamedTuple):
    """Nobody has entered the unit yet."""


class Registered(NamedTuple):
    """The unit as the register has it, its ratings by round, its honours by id, its streaks.

    `ratings` are what rated it last; `published` are the ratings as they were first published;
    `corrections` are all of a round's, in their order. `standing` is what its streaks led to.
    """

    unit: Unit
    ratings: Mapping[int, ZoneRated | RatingCorrected]
    published: Mapping[int, Rating]
    honours: Mapping[str, Honour]
    standing: Standing = Standing()
    corrections: Mapping[int, Sequence[RatingCorrected]] = {}


State: TypeAlias = Unregistered | Registered


def decide(command: Command, state: State) -> list[Event]:
    match state:
        case Unregistered():
            return _decide_unregistered(command)
        case Registered():
            return _decide_registered(command, state)


def _decide_unregistered(command: Command) -> list[Event]:
    match command:
        case RegisterUnit():
            return [UnitRegistered(unit=command.unit, policy=_policy(command))]
        case PublishRating() | CorrectRating():
            raise _unknown(command.rating.unit_id)
        case AwardHonour():
            raise _unknown(command.honour.unit_id)
        case ReviewStreaks():
            return []  # Whoever publishes for an unknown unit is told so already.
        case DecideDisqualification() | ReverseDisqualification() | UseExpansionRight():
            raise _unknown(command.unit_id)


def _decide_registered(command: Command, state: Registered) -> list[Event]:
    match command:
        case RegisterUnit():
            return _amend(command, state)
        case PublishRating():
            return _publish(command, state)
        case CorrectRating():
            return _correct(command, state)
        case AwardHonour():
            return _award(command.honour, state)
        case (
            ReviewStreaks()
            | DecideDisqualification()
            | ReverseDisqualification()
            | UseExpansionRight()
        ):
            classes = {each: event.beneficiary_class for each, event in state.ratings.items()}
            known = disqualification.Known(state.unit, state.ratings, classes)
            return [*disqualification.decide(command, known, state.standing)]


def evolve(state: State, event: Event) -> State:
    match event:
        case (
            ZoneRatedExcellent()
            | ZoneRatedGood()
            | ZoneRatedQualified()
            | ZoneRatedPoor()
            | RatingCorrected()
        ) if isinstance(state, Registered):
            round_ = event.rating.round
            published = {round_: event.rating, **state.published}  # The first one stays.
            return state._replace(
                ratings={**state.ratings, round_: event},
                published=published,
                standing=streak_standing.unreviewed(state.standing),
                corrections=_with_correction(state, event),
            )
        case UnitRegistered() if isinstance(state, Unregistered):
            return Registered(event.unit, {}, {}, {})
        case UnitAmended() if isinstance(state, Registered):
            standing = streak_standing.unreviewed(state.standing)
            return state._replace(unit=event.unit, standing=standing)
        case FormerRatingVoided() if isinstance(state, Registered):
            return state  # What replaces it follows at once.
        case HonourAwarded() if isinstance(state, Registered):
            honour = event.honour
            return state._replace(honours={**state.honours, honour.honour_id: honour})
        case _ if isinstance(event, streak_standing.Event) and isinstance(state, Registered):
            return state._replace(standing=streak_standing.evolve(state.standing, event))
        case _:
            raise CorruptHistory(f"{event.DESCRIPTOR.name} cannot follow {type(state).__name__}")


def _unknown(unit_id: str) -> Rejected:
    return Rejected(Why.UNIT_NOT_REGISTERED(unit=unit_id), field="unit_id")


def _amend(command: RegisterUnit, state: Registered) -> list[Event]:
    if command.unit == state.unit:
        return []
    return [UnitAmended(unit=command.unit, former=state.unit, policy=_policy(command))]


def _publish(command: PublishRating, state: Registered) -> list[Event]:
    rating, before = command.rating, state.ratings.get(command.rating.round)
    if before is None:
        _check_membership(rating, state.unit)
        _check_standing(command, state)
        rated = _event_of(rating)
        return [
            rated(
                rating=rating,
                beneficiary_class=state.unit.beneficiary_class,
                disqualified_on=state.standing.disqualified_on,
                gaps=over(state.standing.read(command.reading).gaps),
            )
        ]
    standing, first = before.rating, state.published[rating.round]
    if _reported(rating) in (_reported(standing), _reported(first)):
        return []  # What was published stays published, also where it was corrected since.
    why = Why.ALREADY_RATED(
        unit=rating.unit_id,
        round=rating.round,
        standing=word(Grade, standing.grade),
        standing_document=standing.document,
        standing_on=standing.published_on,
        grade=word(Grade, rating.grade),
        document=rating.document,
        published_on=rating.published_on,
    )
    raise Rejected(why, field="grade" if standing.grade != rating.grade else "round")


def _correct(command: CorrectRating, state: Registered) -> list[Event]:
    """A correction replaces the rating and keeps the class that it was published with.

    Whoever saw the former one and does not see this one is told that it stands no more, first.
    """
    rating, before = command.rating, state.ratings.get(command.rating.round)
    if before is None:
        raise Rejected(Why.NOT_RATED(unit=rating.unit_id, round=rating.round), field="round")
    if _reported(before.rating) == _reported(rating) or _was_said(command, state):
        return []
    _event_of(rating)
    _check_order(command, before)
    corrected = RatingCorrected(
        rating=rating,
        former=before.rating,
        corrected_on=command.corrected_on,
        document=command.document,
        reason=command.reason,
        beneficiary_class=before.beneficiary_class,
        disqualified_on=state.standing.disqualified_on,
        gaps=over(state.standing.read(command.reading).gaps),
        lists_for_review=command.lists_for_review,
        hides_former=command.reading >= 1 and _is_hidden_by(rating, before.rating),
    )
    if not corrected.hides_former:
        return [corrected]
    voided = FormerRatingVoided(
        rating=before.rating, voided_on=command.corrected_on, document=command.document
    )
    return [voided, corrected]


def _was_said(command: CorrectRating, state: Registered) -> bool:
    """Whether a correction said the same, also where another followed; from reading 2 on."""
    said = state.corrections.get(command.rating.round, ())
    return command.reading >= 2 and any(_says_same(each, command) for each in said)


def _says_same(event: RatingCorrected, command: CorrectRating) -> bool:
    return (
        _reported(event.rating) == _reported(command.rating)
        and event.corrected_on == command.corrected_on
        and event.document == command.document
        and event.reason == command.reason
    )


def _with_correction(
    state: Registered, event: ZoneRated | RatingCorrected
) -> Mapping[int, Sequence[RatingCorrected]]:
    if not isinstance(event, RatingCorrected):
        return state.corrections
    round_ = event.rating.round
    return {**state.corrections, round_: (*state.corrections.get(round_, ()), event)}


def _is_hidden_by(rating: Rating, former: Rating) -> bool:
    """Whether somebody saw the former rating and does not see this one."""
    return 0 < former.visibility < (rating.visibility or Visibility.VISIBILITY_INTERNAL)


def _award(honour: Honour, state: Registered) -> list[Event]:
    standing = state.honours.get(honour.honour_id)
    if standing is None:
        return [HonourAwarded(honour=honour)]
    if standing == honour:
        return []
    why = Why.HONOUR_DIFFERS(honour=honour.honour_id, unit=honour.unit_id)
    raise Rejected(why, field="honour_id")


def _check_membership(rating: Rating, unit: Unit) -> None:
    """A unit is rated for a year in which it was a member; an unknown day decides nothing."""
    if not rating.policy.reading and not unit.memberships:
        _check_membership_as_at_first(rating, unit)
    elif not in_year(memberships(unit), rating.round):
        raise _no_member(unit, rating.round)


def _check_standing(command: PublishRating, state: Registered) -> None:
    """A unit is not rated for a year for all of which it was disqualified."""
    rating, since = command.rating, state.standing.disqualified_on
    if command.reading:
        why = disqualified_in(state.unit, rating.round, state.standing.gaps)
    elif since and since <= f"{rating.round}-01-01":  # By 0 a time that was over did not count.
        why = Why.DISQUALIFIED_BEFORE(unit=rating.unit_id, since=since, round=rating.round)
    else:
        why = ""
    if why:
        raise Rejected(why, field="round")


def _check_membership_as_at_first(rating: Rating, unit: Unit) -> None:
    """By the first reading membership had to begin by the publication only."""
    if unit.member_from > rating.published_on:
        raise _not_yet_a_member(unit.unit_id, unit.member_from, rating.published_on, "published_on")
    if unit.member_until and unit.member_until < f"{rating.round}-01-01":
        raise _no_longer_a_member(unit.unit_id, unit.member_until, rating.round)


def _no_member(unit: Unit, round_: int) -> Rejected:
    """Why a unit was a member on no day of the year."""
    own = memberships(unit)
    since, until = own[0].valid_from, own[-1].valid_until
    if since > f"{round_}-12-31":
        return _not_yet_a_member(unit.unit_id, since, round_, "round")
    if until and until < f"{round_}-01-01":
        return _no_longer_a_member(unit.unit_id, until, round_)
    return Rejected(Why.NO_MEMBER_MEANWHILE(unit=unit.unit_id, round=round_), field="round")


def _not_yet_a_member(unit_id: str, member_from: str, since: int | str, field: str) -> Rejected:
    why = Why.NOT_YET_A_MEMBER(unit=unit_id, member_from=member_from, since=since)
    return Rejected(why, field=field)


def _no_longer_a_member(unit_id: str, member_until: str, round_: int) -> Rejected:
    why = Why.NO_LONGER_A_MEMBER(unit=unit_id, member_until=member_until, round=round_)
    return Rejected(why, field="round")


def _check_order(command: CorrectRating, before: ZoneRated | RatingCorrected) -> None:
    """A correction does not reach back behind what it replaces, nor behind the publication."""
    # Where the day itself was wrong, the right one counts.
    since = min(before.rating.published_on, command.rating.published_on)
    if isinstance(before, RatingCorrected):
        since = before.corrected_on
    if command.corrected_on < since:
        why = Why.CORRECTED_TOO_EARLY(
            unit=command.rating.unit_id,
            round=command.rating.round,
            since=since,
            corrected_on=command.corrected_on,
        )
        raise Rejected(why, field="corrected_on")


def _event_of(rating: Rating) -> type[ZoneRated]:
    if rated := _EVENT_OF.get(rating.grade):
        return rated
    raise Rejected(Why.GRADE_UNKNOWN(value=rating.grade), field="grade")


def _reported(rating: Rating) -> tuple[int, str, str, int]:
    """What a report says; the rest is looked up."""
    return rating.grade, rating.published_on, rating.document, rating.visibility


def _policy(command: RegisterUnit) -> PolicyReference | None:
    return command.policy if command.HasField("policy") else None


def _stream(command: Command) -> str:
    match command:
        case RegisterUnit():
            return f"unit-{command.unit.unit_id}"
        case PublishRating() | CorrectRating():
            return f"unit-{command.rating.unit_id}"
        case AwardHonour():
            return f"unit-{command.honour.unit_id}"
        case (
            ReviewStreaks()
            | DecideDisqualification()
            | ReverseDisqualification()
            | UseExpansionRight()
        ):
            return f"unit-{command.unit_id}"


def _deciding_policy(command: Command) -> PolicyReference | None:
    match command:
        case RegisterUnit():
            return _policy(command)
        case PublishRating() | CorrectRating():
            return command.rating.policy
        case ReviewStreaks():
            return command.rules[-1].policy if command.rules else None
        case (
            AwardHonour()
            | DecideDisqualification()
            | ReverseDisqualification()
            | UseExpansionRight()
        ):
            return None


_EVENT_OF: Mapping[int, type[ZoneRated]] = {
    Grade.GRADE_EXCELLENT: ZoneRatedExcellent,
    Grade.GRADE_GOOD: ZoneRatedGood,
    Grade.GRADE_QUALIFIED: ZoneRatedQualified,
    Grade.GRADE_POOR: ZoneRatedPoor,
}

UNIT = Decider(
    category="unit",
    commands=(
        RegisterUnit,
        PublishRating,
        CorrectRating,
        AwardHonour,
        ReviewStreaks,
        DecideDisqualification,
        ReverseDisqualification,
        UseExpansionRight,
    ),
    events=(
        UnitRegistered,
        UnitAmended,
        ZoneRatedExcellent,
        ZoneRatedGood,
        ZoneRatedQualified,
        ZoneRatedPoor,
        RatingCorrected,
        FormerRatingVoided,
        HonourAwarded,
        StreakWarned,
        StreakReached,
        StreakLeftUndetermined,
        StreakEnded,
        DisqualificationProposed,
        DisqualificationProposalWithdrawn,
        DisqualificationDeclined,
        ZoneDisqualified,
        DisqualificationBasisLost,
        DisqualificationBasisRestored,
        DisqualificationReversed,
        ExpansionRightUsed,
        StreaksReviewed,
    ),
    initial=Unregistered(),
    stream=_stream,
    decide=decide,
    evolve=evolve,
    policy=_deciding_policy,
)

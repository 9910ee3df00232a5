"""What streaks lead to: what is told of them, a proposal, a person's decision, and its reversal.

The program proposes and a person decides, with a document; nobody is disqualified by a streak that
is not certainly reached. A decision stands until a person takes it back, also where a correction
leaves it without a streak: that is told, and asks for a decision. What was decided on once is not
proposed again, unless that decision was taken back because it rested on nothing any more.

One disqualification ends before the next begins.
"""

from collections.abc import Mapping, Sequence
from typing import NamedTuple, TypeAlias

from services.evaluation.expansion import use
from services.evaluation.membership import zones
from services.evaluation.streak_changes import Key, changes, truths
from services.evaluation.streak_standing import (
    Decided,
    Disqualified,
    Event,
    Proposed,
    Standing,
    Undecided,
    evolve,
    must_not_be_before,
    over,
)
from services.evaluation.streaks import History, Rates, Status, judge, rounds
from services.kernel.errors import Rejected
from services.kernel.reasons import NONE, Why
from zoneledger.evaluation.v1.events_pb2 import Unit
from zoneledger.evaluation.v1.streak_commands_pb2 import (
    DecideDisqualification,
    DisqualificationRuling,
    ReverseDisqualification,
    ReviewStreaks,
    StreakRule,
    UseExpansionRight,
    ZoneRating,
)
from zoneledger.evaluation.v1.streak_events_pb2 import (
    DisqualificationBasisLost,
    DisqualificationBasisRestored,
    DisqualificationDeclined,
    DisqualificationProposalWithdrawn,
    DisqualificationProposed,
    DisqualificationReversed,
    StandingRating,
    Streak,
    StreakBasis,
    StreakKind,
    ZoneDisqualified,
)
from zoneledger.evaluation.v1.streak_review_events_pb2 import StreaksReviewed
from zoneledger.ledger.v1.visibility_pb2 import Visibility

Command: TypeAlias = (
    ReviewStreaks | DecideDisqualification | ReverseDisqualification | UseExpansionRight
)
_DISQUALIFIES = StreakKind.STREAK_KIND_DISQUALIFICATION
_DISQUALIFY = DisqualificationRuling.DISQUALIFICATION_RULING_DISQUALIFY


class Known(NamedTuple):
    """What is known of the unit when something is decided: its entry and its ratings."""

    unit: Unit
    ratings: Mapping[int, Rates]
    classes: Mapping[int, int]


def decide(command: Command, known: Known, state: Standing) -> list[Event]:
    match command:
        case ReviewStreaks():
            return _review(command, known, state.read(command.reading))
        case DecideDisqualification():
            return _rule(command, known, state.read(command.reading))
        case ReverseDisqualification():
            return _reverse(command, known, state.read(command.reading))
        case UseExpansionRight():
            return [*use(command, state)]


# A review: what changed in the streaks, and what follows from that.


def _review(command: ReviewStreaks, known: Known, state: Standing) -> list[Event]:
    if not command.is_recorded:
        return _judged(command, known, state)
    reviewed = StreaksReviewed(
        unit_id=command.unit_id,
        reviewed_on=command.reviewed_on,
        rules=command.rules,
        zone_ratings=command.zone_ratings,
    )
    if state.reviewed is not None and _looks_at(state.reviewed) == _looks_at(reviewed):
        return []  # Nothing has happened since that could come to anything else.
    return [*_judged(command, known, state), reviewed]


def _looks_at(review: StreaksReviewed) -> tuple[Sequence[StreakRule], Sequence[ZoneRating]]:
    return list(review.rules), list(review.zone_ratings)


def _judged(command: ReviewStreaks, known: Known, state: Standing) -> list[Event]:
    of_zone = _of_its_zone(command, known.unit)
    history = History(known.unit, known.ratings, of_zone, state.gaps)
    told: list[Event] = []
    rules = {rule.streak_id: rule for rule in command.rules}  # A streak has one rule.
    for rule in rules.values():
        if known.unit.kind in rule.unit_kinds:
            for round_ in _rounds(history, rule, state):
                told += changes(judge(history, rule, round_), state.told)
    after = state
    for event in told:
        after = evolve(after, event)
    return [*told, *_consequences(command, after)]


def _of_its_zone(command: ReviewStreaks, unit: Unit) -> dict[int, ZoneRating]:
    """Of each year the rating of the zone that the unit belonged to; not where that is unclear."""
    found: dict[int, ZoneRating] = {}
    for each in command.zone_ratings:
        if zones(unit, "", each.rating.round) == [each.rating.unit_id]:
            found[each.rating.round] = _as_another_sees_it(each) if command.is_recorded else each
    return found


def _as_another_sees_it(of_zone: ZoneRating) -> ZoneRating:
    """What is told to the zone alone is not told to its members, so it is internal to them."""
    seen = ZoneRating()
    seen.CopyFrom(of_zone)
    if seen.rating.visibility != Visibility.VISIBILITY_PUBLIC:
        seen.rating.visibility = Visibility.VISIBILITY_INTERNAL
    return seen


def _rounds(history: History, rule: StreakRule, state: Standing) -> list[int]:
    before = {round_ for round_, streak in state.told if streak == rule.streak_id}
    return sorted(rounds(history, rule) | before)


def _consequences(command: ReviewStreaks, state: Standing) -> list[Event]:
    unit, today = command.unit_id, command.reviewed_on
    reached = truths(state.told, _DISQUALIFIES, Status.REACHED)
    match state.outcome:
        case Undecided() if reached.keys() - state.settled:
            return [_proposed(unit, reached, today)]
        case Undecided():
            return []
        case Proposed() if not reached.keys() - state.settled:
            return [DisqualificationProposalWithdrawn(unit_id=unit, withdrawn_on=today)]
        case Proposed(bases):
            is_known = list(bases) == list(reached)
            return [] if is_known else [_proposed(unit, reached, today)]
        case Disqualified(event, is_founded):
            if is_founded and not reached:
                return [
                    DisqualificationBasisLost(unit_id=unit, lost_on=today, document=event.document)
                ]
            if reached and not is_founded:
                return [
                    DisqualificationBasisRestored(
                        unit_id=unit,
                        restored_on=today,
                        document=event.document,
                        bases=_bases(reached),
                    )
                ]
            return []


def _proposed(unit: str, reached: Mapping[Key, Streak], today: str) -> DisqualificationProposed:
    return DisqualificationProposed(unit_id=unit, bases=_bases(reached), proposed_on=today)


# A person's decision.


def _rule(command: DecideDisqualification, known: Known, state: Standing) -> list[Event]:
    match state.outcome:
        case Proposed():
            return [_ruled(command, known, state)]
        case Disqualified(event):
            if command.ruling == _DISQUALIFY and _says_same(command, event):
                return []
            why = Why.ALREADY_DISQUALIFIED(
                unit=command.unit_id, since=event.effective_on, document=event.document
            )
            raise Rejected(why, field="unit_id")
        case Undecided(decided):
            if (
                isinstance(decided, DisqualificationDeclined)
                and command.ruling != _DISQUALIFY
                and _says_same(command, decided)
            ):
                return []
            raise _unproposed(command.unit_id, state)


def _ruled(
    command: DecideDisqualification, known: Known, state: Standing
) -> ZoneDisqualified | DisqualificationDeclined:
    reached = truths(state.told, _DISQUALIFIES, Status.REACHED)
    since = max(streak.effective_on for streak in reached.values())
    must_not_be_before(command.decided_on, since, command.unit_id, "decided_on")
    if command.ruling != _DISQUALIFY:
        return DisqualificationDeclined(
            unit_id=command.unit_id,
            document=command.document,
            decided_on=command.decided_on,
            reason=command.reason,
            bases=_bases(reached),
        )
    must_not_be_before(command.effective_on, since, command.unit_id, "effective_on")
    _must_be_after_the_last(command, state)
    return ZoneDisqualified(
        unit_id=command.unit_id,
        zone_id=known.unit.zone_id,
        document=command.document,
        decided_on=command.decided_on,
        effective_on=command.effective_on,
        reason=command.reason,
        bases=_bases(reached),
        ratings=_standing_ratings(known),
        backdating_quote=command.backdating_quote,
        lists_for_review=command.lists_for_review,
    )


def _reverse(command: ReverseDisqualification, known: Known, state: Standing) -> list[Event]:
    outcome = state.outcome
    if not isinstance(outcome, Disqualified):
        last = outcome.decided
        if isinstance(last, DisqualificationReversed) and _says_same(command, last):
            return []
        raise Rejected(Why.NOT_DISQUALIFIED(unit=command.unit_id), field="unit_id")
    must_not_be_before(command.decided_on, outcome.event.decided_on, command.unit_id, "decided_on")
    must_not_be_before(
        command.effective_on, outcome.event.effective_on, command.unit_id, "effective_on"
    )
    _must_be_after_the_last(command, state)
    return [
        DisqualificationReversed(
            unit_id=command.unit_id,
            document=command.document,
            decided_on=command.decided_on,
            effective_on=command.effective_on,
            reason=command.reason,
            disqualified_on=outcome.event.effective_on,
            ratings=_standing_ratings(known),
            backdating_quote=command.backdating_quote,
            lists_for_review=command.lists_for_review,
        )
    ]


def _must_be_after_the_last(
    command: DecideDisqualification | ReverseDisqualification, state: Standing
) -> None:
    """`Rejected` where the day lies in the time of an earlier disqualification."""
    until = max((gap.until for gap in over(state.gaps)), default="")
    if command.effective_on < until:
        why = Why.DISQUALIFIED_UNTIL(
            unit=command.unit_id, until=until, effective_on=command.effective_on
        )
        raise Rejected(why, field="effective_on")


def _unproposed(unit: str, state: Standing) -> Rejected:
    """Why nothing can be decided: what is open, or that nothing is."""
    undetermined = truths(state.told, _DISQUALIFIES, Status.UNDETERMINED)
    if reached := truths(state.told, _DISQUALIFIES, Status.REACHED):
        return Rejected(_decided_before(unit, reached, state), field="unit_id")
    if not undetermined:
        return Rejected(Why.DISQUALIFICATION_NOT_PROPOSED(unit=unit), field="unit_id")
    norms = {norm for streak in undetermined.values() for norm in streak.open_norm_ids}
    years = {
        year.round
        for streak in undetermined.values()
        for year in streak.years
        if not year.rated_unit_id
    }
    why = Why.DISQUALIFICATION_UNDETERMINED(
        unit=unit,
        rounds=", ".join(str(round_) for round_, _ in undetermined),
        norms=", ".join(sorted(norms)) or NONE,
        years=", ".join(map(str, sorted(years))) or NONE,
    )
    return Rejected(why, field="unit_id")


def _decided_before(unit: str, reached: Mapping[Key, Streak], state: Standing) -> str:
    """Why nothing is proposed though a streak is reached: a person decided on it."""
    undecided = [key for key in reached if key not in state.settled]
    bases = ", ".join(f"{round_}.{name}" for round_, name in undecided or reached)
    last = None if isinstance(state.outcome, Disqualified) else state.outcome.decided
    if undecided or last is None:
        return Why.DISQUALIFICATION_NOT_REVIEWED(unit=unit, bases=bases)
    return Why.DISQUALIFICATION_DECIDED_BEFORE(
        unit=unit, bases=bases, document=last.document, decided_on=last.decided_on
    )


def _says_same(
    command: DecideDisqualification | ReverseDisqualification, event: ZoneDisqualified | Decided
) -> bool:
    said = [command.document, command.decided_on, command.reason]
    recorded = [event.document, event.decided_on, event.reason]
    if not isinstance(event, DisqualificationDeclined):
        said.append(command.effective_on)
        recorded.append(event.effective_on)
    return said == recorded


def _standing_ratings(known: Known) -> list[StandingRating]:
    return [
        StandingRating(rating=known.ratings[each].rating, beneficiary_class=known.classes[each])  # type: ignore[arg-type]  # any int
        for each in sorted(known.ratings)
    ]


def _bases(reached: Mapping[Key, Streak]) -> list[StreakBasis]:
    return [
        StreakBasis(round=round_, streak_id=name, visibility=streak.visibility)
        for (round_, name), streak in reached.items()
    ]

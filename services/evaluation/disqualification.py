"""What streaks lead to: what is told of them, a proposal, a person's decision, and its reversal.

The program proposes and a person decides, with a document; nobody is disqualified by a streak that
is not certainly reached. A decision stands until a person takes it back, also where a correction
leaves it without a streak: that is told, and asks for a decision. What was decided on once is not
proposed again. A right that a positive streak gave can be used once, and not for years that count
for another right which was used: whether they may is not stated anywhere.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import NamedTuple, TypeAlias

from services.evaluation.membership import zones
from services.evaluation.streak_changes import Key, StreakTold, Told, changes, taken_in, truths
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
    ExpansionRightUsed,
    StandingRating,
    Streak,
    StreakBasis,
    StreakEnded,
    StreakKind,
    StreakLeftUndetermined,
    StreakReached,
    StreakWarned,
    ZoneDisqualified,
)
from zoneledger.ledger.v1.visibility_pb2 import Visibility

Command: TypeAlias = (
    ReviewStreaks | DecideDisqualification | ReverseDisqualification | UseExpansionRight
)
Decided: TypeAlias = DisqualificationDeclined | DisqualificationReversed
Event: TypeAlias = (
    StreakTold
    | DisqualificationProposed
    | DisqualificationProposalWithdrawn
    | Decided
    | ZoneDisqualified
    | DisqualificationBasisLost
    | DisqualificationBasisRestored
    | ExpansionRightUsed
)

_DISQUALIFIES = StreakKind.STREAK_KIND_DISQUALIFICATION
_EXPANDS = StreakKind.STREAK_KIND_EXPANSION
_DISQUALIFY = DisqualificationRuling.DISQUALIFICATION_RULING_DISQUALIFY


class Undecided(NamedTuple):
    """Nothing is proposed. `decided` is the last decision that was made, if any."""

    decided: Decided | None = None


class Proposed(NamedTuple):
    """A proposal waits for a person."""

    bases: Sequence[Key]
    decided: Decided | None = None


class Disqualified(NamedTuple):
    """The unit is disqualified; `is_founded` is whether a streak still bears it."""

    event: ZoneDisqualified
    is_founded: bool = True


@dataclass(frozen=True, slots=True)
class Standing:
    """What was told of a unit's streaks, what came of them, and which bases are decided on."""

    told: Told = field(default_factory=dict)
    outcome: Undecided | Proposed | Disqualified = field(default_factory=Undecided)
    settled: frozenset[Key] = frozenset()
    used: Mapping[tuple[Key, int], ExpansionRightUsed] = field(default_factory=dict)

    @property
    def disqualified_on(self) -> str:
        """Since when the unit is disqualified; "" where it is not."""
        return self.outcome.event.effective_on if isinstance(self.outcome, Disqualified) else ""


class Known(NamedTuple):
    """What is known of the unit when something is decided: its entry and its ratings."""

    unit: Unit
    ratings: Mapping[int, Rates]
    classes: Mapping[int, int]


def decide(command: Command, known: Known, state: Standing) -> list[Event]:
    match command:
        case ReviewStreaks():
            return _review(command, known, state)
        case DecideDisqualification():
            return _rule(command, known, state)
        case ReverseDisqualification():
            return _reverse(command, known, state)
        case UseExpansionRight():
            return _use(command, state)


def evolve(state: Standing, event: Event) -> Standing:
    match event:
        case StreakWarned() | StreakReached() | StreakLeftUndetermined() | StreakEnded():
            return replace(state, told=taken_in(state.told, event))
        case DisqualificationProposed():
            return replace(state, outcome=Proposed(_keys(event.bases), _last(state)))
        case DisqualificationProposalWithdrawn():
            return replace(state, outcome=Undecided(_last(state)))
        case DisqualificationDeclined():
            settled = state.settled | frozenset(_keys(event.bases))
            return replace(state, outcome=Undecided(event), settled=settled)
        case ZoneDisqualified():
            settled = state.settled | frozenset(_keys(event.bases))
            return replace(state, outcome=Disqualified(event), settled=settled)
        case DisqualificationBasisLost():
            return replace(state, outcome=_founded(state, is_founded=False))
        case DisqualificationBasisRestored():
            settled = state.settled | frozenset(_keys(event.bases))
            return replace(state, outcome=_founded(state, is_founded=True), settled=settled)
        case DisqualificationReversed():
            return replace(state, outcome=Undecided(event))
        case ExpansionRightUsed():
            key = ((event.round, event.streak_id), event.part)
            return replace(state, used={**state.used, key: event})


# A review: what changed in the streaks, and what follows from that.


def _review(command: ReviewStreaks, known: Known, state: Standing) -> list[Event]:
    history = History(known.unit, known.ratings, _of_its_zone(command.zone_ratings, known.unit))
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


def _of_its_zone(ratings: Iterable[ZoneRating], unit: Unit) -> dict[int, ZoneRating]:
    """Of each year the rating of the zone that the unit belonged to; not where that is unclear."""
    found: dict[int, ZoneRating] = {}
    for each in ratings:
        if zones(unit, "", each.rating.round) == [each.rating.unit_id]:
            found[each.rating.round] = each
    return found


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
    _must_not_be_before(command.decided_on, since, command.unit_id, "decided_on")
    if command.ruling != _DISQUALIFY:
        return DisqualificationDeclined(
            unit_id=command.unit_id,
            document=command.document,
            decided_on=command.decided_on,
            reason=command.reason,
            bases=_bases(reached),
        )
    _must_not_be_before(command.effective_on, since, command.unit_id, "effective_on")
    return ZoneDisqualified(
        unit_id=command.unit_id,
        zone_id=known.unit.zone_id,
        document=command.document,
        decided_on=command.decided_on,
        effective_on=command.effective_on,
        reason=command.reason,
        bases=_bases(reached),
        ratings=_standing_ratings(known),
    )


def _reverse(command: ReverseDisqualification, known: Known, state: Standing) -> list[Event]:
    outcome = state.outcome
    if not isinstance(outcome, Disqualified):
        last = _last(state)
        if isinstance(last, DisqualificationReversed) and _says_same(command, last):
            return []
        raise Rejected(Why.NOT_DISQUALIFIED(unit=command.unit_id), field="unit_id")
    _must_not_be_before(command.decided_on, outcome.event.decided_on, command.unit_id, "decided_on")
    _must_not_be_before(
        command.effective_on, outcome.event.effective_on, command.unit_id, "effective_on"
    )
    return [
        DisqualificationReversed(
            unit_id=command.unit_id,
            document=command.document,
            decided_on=command.decided_on,
            effective_on=command.effective_on,
            reason=command.reason,
            disqualified_on=outcome.event.effective_on,
            ratings=_standing_ratings(known),
        )
    ]


def _use(command: UseExpansionRight, state: Standing) -> list[Event]:
    key = (command.round, command.streak_id)
    gained = truths(state.told, _EXPANDS, Status.REACHED)
    before = state.used.get((key, command.part))
    if before is not None:
        if _use_of(command, before.visibility) == before:
            return []
        why = Why.RIGHT_USED_BEFORE(
            unit=command.unit_id, document=before.document, chosen=before.chosen
        )
        raise Rejected(why, field="part")
    if key not in gained:
        why = Why.RIGHT_NOT_GAINED(
            unit=command.unit_id,
            round=command.round,
            streak=command.streak_id,
            gained=", ".join(f"{round_}.{streak}" for round_, streak in gained) or NONE,
        )
        raise Rejected(why, field="round")
    _must_be_other_years(command, gained[key], state)
    since = gained[key].effective_on
    _must_not_be_before(command.used_on, since, command.unit_id, "used_on")
    return [_use_of(command, gained[key].visibility)]


def _must_be_other_years(command: UseExpansionRight, streak: Streak, state: Standing) -> None:
    years = {year.round for year in streak.years}
    for (key, part), used in state.used.items():
        counted = {year.round for year in _told_last(state, key).years}
        if part == command.part and years & counted:
            why = Why.YEARS_COUNTED_BEFORE(
                unit=command.unit_id,
                years=", ".join(map(str, sorted(years & counted))),
                document=used.document,
            )
            raise Rejected(why, field="round")


def _told_last(state: Standing, key: Key) -> Streak:
    return state.told[key][Visibility.VISIBILITY_INTERNAL].streak


def _use_of(command: UseExpansionRight, visibility: Visibility.ValueType) -> ExpansionRightUsed:
    return ExpansionRightUsed(
        unit_id=command.unit_id,
        round=command.round,
        streak_id=command.streak_id,
        part=command.part,
        document=command.document,
        used_on=command.used_on,
        chosen=command.chosen,
        visibility=visibility,
    )


def _unproposed(unit: str, state: Standing) -> Rejected:
    """Why nothing can be decided: what is open, or that nothing is."""
    undetermined = truths(state.told, _DISQUALIFIES, Status.UNDETERMINED)
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


def _says_same(
    command: DecideDisqualification | ReverseDisqualification, event: ZoneDisqualified | Decided
) -> bool:
    said = [command.document, command.decided_on, command.reason]
    recorded = [event.document, event.decided_on, event.reason]
    if not isinstance(event, DisqualificationDeclined):
        said.append(command.effective_on)
        recorded.append(event.effective_on)
    return said == recorded


def _must_not_be_before(day: str, since: str, unit: str, field: str) -> None:
    if day < since:
        raise Rejected(Why.BEFORE_ITS_BASIS(unit=unit, day=day, since=since), field=field)


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


def _keys(bases: Iterable[StreakBasis]) -> list[Key]:
    return [(each.round, each.streak_id) for each in bases]


def _last(state: Standing) -> Decided | None:
    return None if isinstance(state.outcome, Disqualified) else state.outcome.decided


def _founded(state: Standing, *, is_founded: bool) -> Undecided | Proposed | Disqualified:
    outcome = state.outcome
    if isinstance(outcome, Disqualified):
        return outcome._replace(is_founded=is_founded)
    return outcome

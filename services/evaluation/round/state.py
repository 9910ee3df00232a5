"""What a round remembers, and what of it is out of the question by now.

Each guard raises `Rejected` with the reason; what it allows it leaves alone.
"""

from collections.abc import Mapping, Sequence
from typing import NamedTuple, TypeAlias

from services.evaluation.scoring.rule_set import RuleSet
from services.kernel.errors import Rejected
from services.kernel.reasons import NONE, Why
from zoneledger.evaluation.v1.round_events_pb2 import (
    AssessorAppointed,
    AssessorDismissed,
    BonusRecognised,
    BonusWithdrawn,
    ExpertsAssessed,
    MatterInterpreted,
    NoticeOpened,
    ObjectionDecided,
    ObjectionLodged,
    Observation,
    ProposalTold,
    ProvinceReviewed,
    ResultCorrected,
    ResultPublished,
    ResultsProposed,
    ResultsSigned,
    ReviewOutcome,
    RoundAbandoned,
    RoundOpened,
    RoundPublished,
    RuleSetFrozen,
    ScoreCalculated,
    SheetOpened,
    SheetSealed,
    SignatureTakenBack,
    UnitAdmitted,
    UnitDismissed,
    UnitVetoed,
    VetoLifted,
)
from zoneledger.evaluation.v1.scoring_pb2 import PanelPoints


class Entry(NamedTuple):
    """A unit in the round. `observations` count; `late` ones do not, unless they are admitted.

    `score` is the last one that rests on what counts now; of bonuses and vetoes the last word is
    kept. `reported_on` is the latest day of a report that counts, "" where there is none, and
    `late_on` the day of the last late report by indicator.
    """

    admitted: UnitAdmitted
    observations: Mapping[str, Observation]
    late: Mapping[str, Observation]
    bonuses: Mapping[str, BonusRecognised | BonusWithdrawn]
    score: ScoreCalculated | None
    vetoes: Mapping[str, UnitVetoed | VetoLifted]
    reported_on: str
    late_on: Mapping[str, str] = {}


class Assessor(NamedTuple):
    """An expert, and how far the sheet has come."""

    appointed: AssessorAppointed
    sealed: SheetSealed | None
    opened: SheetOpened | None
    dismissed: AssessorDismissed | None


class Objection(NamedTuple):
    """An objection; `decided` is None while it is open."""

    lodged: ObjectionLodged
    decided: ObjectionDecided | None


class Unopened(NamedTuple):
    """Nobody has opened a round for the year."""


class Open(NamedTuple):
    """It is opened, and its rules are not frozen yet."""

    opened: RoundOpened


class Running(NamedTuple):
    """A round by its frozen rules, `rules`.

    `points` are what the assessment says, by unit; `proposed` are the results that would be
    published now and `signatures` those under them; `results` what was published or corrected last,
    by unit; `noticed` the word of each grade that a public notice showed last, `told` what each
    unit was told of its own; `interpreted` what of the rules was answered; `disowned` the
    signatures that were taken back last. Objections are by unit and id, `corrections` are all of a
    unit's, in their order. `has_seen` says that data or a bonus of any unit have come in,
    also of one that was dismissed since. "" stands for a day that has not come.
    """

    opened: RoundOpened
    frozen: RuleSetFrozen
    rules: RuleSet
    units: Mapping[str, Entry]
    dismissed: Mapping[str, UnitDismissed]
    collected_on: str
    reviews: Mapping[str, ProvinceReviewed]
    assessors: Mapping[str, Assessor]
    assessment: ExpertsAssessed | None
    points: Mapping[str, Sequence[PanelPoints]]
    proposed: ResultsProposed | None
    notice: NoticeOpened | None
    objections: Mapping[tuple[str, str], Objection]
    signatures: Mapping[str, ResultsSigned]
    published: RoundPublished | None
    results: Mapping[str, ResultPublished | ResultCorrected]
    closed_on: str
    noticed: Mapping[str, str] = {}
    told: Mapping[str, ProposalTold] = {}
    interpreted: Mapping[str, MatterInterpreted] = {}
    disowned: Mapping[str, SignatureTakenBack] = {}
    corrections: Mapping[str, Sequence[ResultCorrected]] = {}
    has_seen: bool = False

    @property
    def round(self) -> int:
        """The performance year."""
        return self.opened.round


class Abandoned(NamedTuple):
    """It was given up, and nothing happens in it any more."""

    opened: RoundOpened
    abandoned: RoundAbandoned


State: TypeAlias = Unopened | Open | Running | Abandoned


def running(opened: RoundOpened, frozen: RuleSetFrozen, rules: RuleSet) -> Running:
    """The round at the moment when its rules are frozen."""
    return Running(
        opened, frozen, rules, {}, {}, "", {}, {}, None, {}, None, None, {}, {}, None, {}, ""
    )


def entry(state: Running, unit_id: str) -> Entry:
    """The unit in the round; `Rejected` where it does not take part."""
    if unit_id not in state.units:
        raise Rejected(Why.UNIT_NOT_ADMITTED(unit=unit_id, round=state.round), field="unit_id")
    return state.units[unit_id]


def is_collecting(state: Running, province: str) -> bool:
    """Whether what the province reports of its units counts, now."""
    if not state.collected_on:
        return True
    review = state.reviews.get(province)
    return review is not None and review.outcome == ReviewOutcome.REVIEW_OUTCOME_RETURNED


def must_be_collected(state: Running) -> None:
    if not state.collected_on:
        raise Rejected(Why.STILL_COLLECTING(round=state.round), field="round")


def must_have_units(state: Running) -> None:
    if not state.units:
        raise Rejected(Why.NO_UNITS(round=state.round), field="round")


def must_be_unpublished(state: Running) -> None:
    if state.published is not None:
        why = Why.ROUND_PUBLISHED(
            round=state.round,
            published_on=state.published.published_on,
            document=state.published.document,
        )
        raise Rejected(why, field="round")


def must_not_be_closed(state: Running) -> None:
    if state.closed_on:
        raise Rejected(
            Why.ROUND_CLOSED(round=state.round, closed_on=state.closed_on), field="round"
        )


def must_not_precede(field: str, day: str, since: str) -> None:
    """A step is not taken before the one that it follows."""
    if day < since:
        raise Rejected(Why.BEFORE_ITS_TIME(day=day, since=since), field=field)


def must_be_known(field: str, value: str, known: Mapping[str, object]) -> None:
    """The rule set of the round has it."""
    if value not in known:
        why = Why.NOT_IN_THE_RULE_SET(value=value, known=", ".join(known) or NONE)
        raise Rejected(why, field=field)


def must_be_proposed(state: Running, results_hash: str) -> ResultsProposed:
    """What is proposed now; `Rejected` where that is not what the caller looked at."""
    if state.proposed is None:
        raise Rejected(Why.NOTHING_PROPOSED(round=state.round), field="round")
    if state.proposed.results_hash != results_hash:
        why = Why.OTHER_RESULTS_PROPOSED(
            round=state.round, proposed=state.proposed.results_hash, results_hash=results_hash
        )
        raise Rejected(why, field="results_hash")
    return state.proposed

"""A round as its events tell it: how far it has come, its data, scores, results and objections.

What is said of a unit stands under the unit, what is said of the round under a subject of all
rounds. A result counts from its publication, also where it was corrected later. Grade, score and
rank of a unit are three facts, and each is shown to whom the rule set shows it.
"""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from google.protobuf.message import Message

from services.evaluation.round.days import DAYS, occurred_on
from services.evaluation.round.decider import Event
from services.kernel.decision import Recorded, moment
from zoneledger.evaluation.v1 import round_events_pb2 as events
from zoneledger.evaluation.v1 import round_service_pb2 as messages
from zoneledger.evaluation.v1.events_pb2 import FormerRatingVoided
from zoneledger.evaluation.v1.round_service_pb2 import RoundStage
from zoneledger.evaluation.v1.scoring_pb2 import Placing
from zoneledger.ledger.v1.visibility_pb2 import Visibility

# The subject under which the rounds stand; no unit can be named so.
ROUNDS = "rounds of evaluation"

_PUBLIC, _SUBJECT, _INTERNAL = (
    Visibility.VISIBILITY_PUBLIC,
    Visibility.VISIBILITY_SUBJECT,
    Visibility.VISIBILITY_INTERNAL,
)
# Who may see that it happened; those of a result say it themselves, and the rest is internal.
_SEEN: Mapping[type[Message], int] = {
    events.RoundOpened: _PUBLIC,
    events.UnitAdmitted: _PUBLIC,
    events.UnitDismissed: _PUBLIC,
    events.ObservationsReported: _SUBJECT,
    events.CollectionClosed: _PUBLIC,
    events.BonusRecognised: _SUBJECT,
    events.BonusWithdrawn: _SUBJECT,
    events.NoticeOpened: _PUBLIC,
    events.ObjectionLodged: _SUBJECT,
    events.ObjectionDecided: _SUBJECT,
    events.RoundPublished: _PUBLIC,
    events.RoundClosed: _PUBLIC,
    events.RoundAbandoned: _PUBLIC,
}


def subject(event: Event) -> str:
    match event:
        case events.ResultPublished() | events.ResultCorrected() | events.ProposalTold():
            return event.standing.unit_id
        case _:
            return getattr(event, "unit_id", ROUNDS)


def effective_on(event: Event) -> str:
    match event:
        case events.ResultPublished() | events.ResultCorrected():
            return ""  # A result counts from its publication: the view says from when.
        case _:
            return occurred_on(event)


def visibility(event: Event) -> int:
    """Who may see that it happened; of a result, who may see the grade."""
    match event:
        case events.RuleSetFrozen() | events.MatterInterpreted():
            return event.visibility
        case events.ProposalTold():
            return max(_SUBJECT, event.standing.grade_visibility)
        case events.ResultPublished() | events.ResultCorrected():
            return event.standing.grade_visibility
        case _:
            return _SEEN.get(type(event), _INTERNAL)


def veiled(event: Event, sees: Callable[[int], bool]) -> Event:
    """A result without the score and the rank, where those are for others only."""
    if not isinstance(event, events.ResultPublished | events.ResultCorrected | events.ProposalTold):
        return event
    if sees(_INTERNAL):
        return event
    shown: Any = type(event)()
    shown.CopyFrom(event)
    _veil(shown.standing, sees)
    is_result = not isinstance(event, events.ProposalTold)
    if is_result and not sees(event.standing.score_visibility):
        shown.ClearField("score")
    if isinstance(shown, events.ResultCorrected):
        shown.ClearField("grade_by_rules")
        shown.ClearField("results_hash")  # Whoever is not told all of it could guess the rest.
        if sees(shown.former.grade_visibility):
            _veil(shown.former, sees)
        else:
            shown.ClearField("former")
    told: Event = shown
    return told


def _veil(standing: Placing, sees: Callable[[int], bool]) -> None:
    """How the grade came about is for those inside."""
    for field in ("grade_by_cut", "veto_ids", "is_refill"):
        standing.ClearField(field)
    if not sees(standing.score_visibility):
        standing.ClearField("score_micro")
    if not sees(standing.rank_visibility):
        standing.ClearField("rank")
        standing.ClearField("rank_in_class")


def rounds(entries: Sequence[Recorded], round_: int) -> list[messages.RoundStanding]:
    """The rounds, the oldest year first; year 0 is any."""
    told: dict[int, dict[str, Any]] = {}
    for event, recorded_ns, decision_id, _ in entries:
        if type(event) not in DAYS or isinstance(event, events.SheetSealed | events.SheetOpened):
            continue
        said: Any = event
        own = told.setdefault(said.round, {"reviews": {}, "signatures": {}, "interpretations": {}})
        own |= {"recorded_at": moment(recorded_ns), "decision_id": decision_id}
        _tell_round(own, said)
    return [
        messages.RoundStanding(
            **{
                **own,
                "name": f"rounds/{year}",
                "round": year,
                "stage": _stage(own),
                "reviews": [*own["reviews"].values()],
                "signatures": [*own["signatures"].values()],
                "interpretations": [*own["interpretations"].values()],
            }
        )
        for year, own in sorted(told.items())
        if round_ in (0, year) and "opened" in own
    ]


def _tell_round(own: dict[str, Any], event: Any) -> None:
    match event:
        case events.RoundOpened():
            own["opened"] = event
        case events.RuleSetFrozen():
            own |= {"rule_set_hash": event.content_hash, "frozen_on": event.frozen_on}
            own["interpretations"] = {}
        case events.MatterInterpreted():
            own["interpretations"][event.matter] = event
        case events.RoundAbandoned():
            own["abandoned"] = event
        case events.SignatureTakenBack():
            own["signatures"].pop(event.issuer, None)
        case events.CollectionClosed():
            own["collection_closed_on"] = event.closed_on
        case events.ProvinceReviewed():
            own["reviews"][event.province] = event
        case events.ExpertsAssessed():
            own["assessment"] = event
        case events.ResultsProposed():
            own |= {"proposed": event, "signatures": {}}
            own.pop("taken_back_on", None)
        case events.ResultsTakenBack():
            own |= {"taken_back_on": event.taken_back_on, "signatures": {}}
            own.pop("proposed", None)
        case events.ResultsSigned():
            own["signatures"][event.issuer] = event
        case events.NoticeOpened():
            own["notice"] = event
        case events.RoundPublished():
            own["published"] = event
        case events.RoundClosed():
            own["closed_on"] = event.closed_on
        case _:
            pass


def _stage(own: Mapping[str, Any]) -> RoundStage.ValueType:
    """How far it has come; a step that the reader may not see has not been taken.

    A notice of what was taken back since is no step any more.
    """
    for field, stage in (
        ("abandoned", RoundStage.ROUND_STAGE_ABANDONED),
        ("closed_on", RoundStage.ROUND_STAGE_CLOSED),
        ("published", RoundStage.ROUND_STAGE_PUBLISHED),
        ("notice", RoundStage.ROUND_STAGE_NOTICED),
        ("proposed", RoundStage.ROUND_STAGE_PROPOSED),
        ("collection_closed_on", RoundStage.ROUND_STAGE_COLLECTED),
        ("frozen_on", RoundStage.ROUND_STAGE_COLLECTING),
    ):
        if field in own and not (field == "notice" and "taken_back_on" in own):
            return stage
    return RoundStage.ROUND_STAGE_OPEN


def rule_sets(entries: Sequence[Recorded], round_: int) -> list[messages.RuleSetStanding]:
    """The rule sets as they were frozen last, before any data came in."""
    standing = {
        event.round: messages.RuleSetStanding(
            name=f"ruleSets/{event.round}",
            rule_set=event,
            recorded_at=moment(recorded_ns),
            decision_id=decision_id,
        )
        for event, recorded_ns, decision_id, _ in entries
        if isinstance(event, events.RuleSetFrozen) and round_ in (0, event.round)
    }
    return [*standing.values()]


def assessors(entries: Sequence[Recorded], round_: int) -> list[messages.AssessorStanding]:
    """The experts and how far their sheets have come."""
    told: dict[tuple[int, str], dict[str, Any]] = {}
    for event, recorded_ns, decision_id, _ in entries:
        match event:
            case events.AssessorAppointed():
                field = "assessor"
            case events.SheetSealed():
                field = "sealed"
            case events.SheetOpened():
                field = "opened"
            case events.AssessorDismissed():
                field = "dismissed"
            case _:
                continue
        own = told.setdefault((event.round, event.assessor_id), {})
        own |= {field: event, "recorded_at": moment(recorded_ns), "decision_id": decision_id}
    return [
        messages.AssessorStanding(**own, round=year, name=f"rounds/{year}/assessors/{assessor_id}")
        for (year, assessor_id), own in sorted(told.items())
        if round_ in (0, year) and "assessor" in own
    ]


def observations(entries: Sequence[Recorded], round_: int) -> list[messages.ObservationStanding]:
    """What is reported of the unit, by indicator: what counts, and what was said before or late."""
    told: dict[tuple[int, str], dict[str, Any]] = {}
    for event, recorded_ns, decision_id, _ in entries:
        proof = {"recorded_at": moment(recorded_ns), "decision_id": decision_id}
        match event:
            case events.UnitDismissed():
                for (year, _), own in told.items():
                    if year == event.round:
                        _set_aside(own)
            case events.ObservationsReported():
                for each in event.observations:
                    key = (event.round, each.indicator_id)
                    own = told.setdefault(key, {"unit_id": event.unit_id, "former": [], "late": []})
                    own |= proof
                    if event.is_late:
                        own["late"].insert(0, each)
                    else:
                        _count(own, each, event.reported_on)
            case events.ObjectionDecided() | events.ResultCorrected():
                for name in event.admitted:
                    # A report may bear a later day than the decision that lets it in.
                    own = told.get((event.round, name), {"late": []})
                    if own["late"]:
                        own |= proof
                        _count(own, own["late"].pop(0), occurred_on(event))
            case _:
                pass
    return [
        messages.ObservationStanding(
            **own, round=year, name=f"units/{own['unit_id']}/observations/{year}.{indicator}"
        )
        for (year, indicator), own in sorted(told.items())
        if round_ in (0, year)
    ]


def _set_aside(own: dict[str, Any]) -> None:
    """What was reported of a unit that is dismissed counts no more; admitted again, it reports."""
    if "observation" in own:
        own["former"].insert(0, own.pop("observation"))
        own["reported_on"] = ""
    own["former"] = [*own["late"], *own["former"]]
    own["late"] = []


def _count(own: dict[str, Any], observation: events.Observation, day: str) -> None:
    if "observation" in own:
        own["former"].insert(0, own["observation"])
    own |= {"observation": observation, "reported_on": day}


def scores(
    entries: Sequence[Recorded], round_: int, as_of: str = ""
) -> list[messages.ScoreStanding]:
    """The unit's scores as they were calculated last, by round.

    What a correction calculated counts like the corrected result, from the publication on; it is
    told to those alone who saw the score before.
    """
    standing: dict[int, messages.ScoreStanding] = {}
    published: dict[int, str] = {}
    for event, recorded_ns, decision_id, _ in entries:
        match event:
            case events.ResultPublished():
                published[event.round] = event.published_on
                continue
            case events.ScoreCalculated():
                unit_id, is_complete = event.unit_id, event.is_complete
            case events.ResultCorrected() if event.round in standing:
                if as_of and as_of < published[event.round]:
                    continue
                unit_id, is_complete = event.standing.unit_id, True
            case _:
                continue
        standing[event.round] = messages.ScoreStanding(
            name=f"units/{unit_id}/scores/{event.round}",
            round=event.round,
            unit_id=unit_id,
            score=event.score,
            is_complete=is_complete,
            calculated_on=occurred_on(event),
            recorded_at=moment(recorded_ns),
            decision_id=decision_id,
        )
    return [standing[year] for year in sorted(standing) if round_ in (0, year)]


def bonuses(entries: Sequence[Recorded], round_: int) -> list[messages.BonusStanding]:
    """The unit's bonuses, those that were withdrawn among them."""
    standing: dict[tuple[int, str], messages.BonusStanding] = {}
    for event, recorded_ns, decision_id, _ in entries:
        match event:
            case events.BonusRecognised():
                bonus, withdrawn = event, None
            case events.BonusWithdrawn():
                bonus, withdrawn = standing[event.round, event.bonus_id].bonus, event
            case _:
                continue
        standing[bonus.round, bonus.bonus_id] = messages.BonusStanding(
            name=f"units/{bonus.unit_id}/bonuses/{bonus.round}.{bonus.bonus_id}",
            bonus=bonus,
            withdrawn=withdrawn,
            recorded_at=moment(recorded_ns),
            decision_id=decision_id,
        )
    return [each for (year, _), each in sorted(standing.items()) if round_ in (0, year)]


def results(
    entries: Sequence[Recorded], round_: int, as_of: str = ""
) -> list[messages.ResultStanding]:
    """The unit's results that were published by the day, oldest round first; round 0 is any."""
    standing: dict[int, messages.ResultStanding] = {}
    for event, recorded_ns, decision_id, _ in entries:
        if isinstance(event, FormerRatingVoided):
            _void(event, standing.get(event.rating.round))
        if not isinstance(event, events.ResultPublished | events.ResultCorrected):
            continue
        before = standing.get(event.round)
        is_correction = isinstance(event, events.ResultCorrected)
        standing[event.round] = messages.ResultStanding(
            name=f"units/{event.standing.unit_id}/results/{event.round}",
            round=event.round,
            standing=event.standing,
            score=event.score if event.HasField("score") else None,
            published_on=before.published_on if before else occurred_on(event),
            corrections=before.corrections + 1 if before else 0,
            corrected_on=occurred_on(event) if is_correction else "",
            corrected_by=getattr(event, "document", ""),
            reason=getattr(event, "reason", ""),
            departs_from_rules=getattr(event, "departs_from_rules", False),
            recorded_at=moment(recorded_ns),
            decision_id=decision_id,
        )
    return [
        standing[year]
        for year in sorted(standing)
        if round_ in (0, year) and (not as_of or standing[year].published_on <= as_of)
    ]


def _void(event: FormerRatingVoided, standing: messages.ResultStanding | None) -> None:
    """The result whose rating stands no more, for a reader who does not see what replaced it."""
    if standing is not None and standing.standing.grade == event.rating.grade:
        standing.voided_on, standing.voided_by = event.voided_on, event.document


def proposals(entries: Sequence[Recorded], round_: int) -> list[messages.ProposalStanding]:
    """What the unit was told last of its own proposed result, by round."""
    standing = {
        event.round: messages.ProposalStanding(
            name=f"units/{event.standing.unit_id}/proposals/{event.round}",
            proposal=event,
            recorded_at=moment(recorded_ns),
            decision_id=decision_id,
        )
        for event, recorded_ns, decision_id, _ in entries
        if isinstance(event, events.ProposalTold)
    }
    return [standing[year] for year in sorted(standing) if round_ in (0, year)]


def objections(entries: Sequence[Recorded], round_: int) -> list[messages.ObjectionStanding]:
    """The objections to what was proposed for the unit, in the order in which they were lodged."""
    standing: dict[tuple[int, str, str], messages.ObjectionStanding] = {}
    for event, recorded_ns, decision_id, _ in entries:
        match event:
            case events.ObjectionLodged():
                objection, decided = event, None
            case events.ObjectionDecided():
                key = event.round, event.unit_id, event.objection_id
                objection, decided = standing[key].objection, event
            case _:
                continue
        name = f"units/{objection.unit_id}/objections/{objection.round}.{objection.objection_id}"
        key = objection.round, objection.unit_id, objection.objection_id
        standing[key] = messages.ObjectionStanding(
            name=name,
            objection=objection,
            decided=decided,
            recorded_at=moment(recorded_ns),
            decision_id=decision_id,
        )
    return [each for (year, _, _), each in standing.items() if round_ in (0, year)]

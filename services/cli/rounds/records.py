"""What the services say of a round, as flat records: JSON for machines, and rows of tables.

Scores, weights and what an indicator reaches between its goalposts are points of 100 with four
places, exactly as the log has them. What the reader may not see is null.
"""

from typing import Any

from services.kernel.words import word
from zoneledger.evaluation.v1.circular_service_pb2 import CircularStanding
from zoneledger.evaluation.v1.events_pb2 import Grade
from zoneledger.evaluation.v1.round_service_pb2 import (
    AssessorStanding,
    BonusStanding,
    ObjectionStanding,
    ObservationStanding,
    ProposalStanding,
    ResultStanding,
    ScoreStanding,
)
from zoneledger.evaluation.v1.scoring_pb2 import (
    Contribution,
    Placing,
    Score,
    ScorePart,
    Treatment,
)

Record = dict[str, Any]

_POINT = 10_000  # Millionths of the whole.


def points(micro: int) -> str:
    """Millionths of the whole as points of 100: 812_500 is "81.2500"."""
    whole, places = divmod(abs(micro), _POINT)
    return f"{'-' if micro < 0 else ''}{whole}.{places:04d}"


def score(found: ScoreStanding) -> Record:
    said = found.score
    return {
        "round": found.round,
        "unit_id": found.unit_id,
        **parts(said),
        "is_complete": found.is_complete,
        "calculated_on": found.calculated_on,
        "peer_class_id": said.peer_class_id or None,
        "rule_set_id": said.rule_set_id,
        "rule_set_hash": said.rule_set_hash,
        "is_illustrative": said.is_illustrative,
        "lines": lines(said),
        **_proof(found),
    }


def parts(said: Score) -> Record:
    """The score and what it is the sum of."""
    return {
        "score": points(said.score_micro),
        "statistics": points(said.statistics_micro),
        "experts": points(said.experts_micro),
        "bonus": points(said.bonus_micro),
    }


def lines(said: Score) -> list[Record]:
    """The lines of a score with the sum up to each of them."""
    told, sum_ = [], 0
    for each in said.contributions:
        sum_ += each.contribution_micro
        told.append({**_line(each), "sum": points(sum_)})
    return told


def _line(each: Contribution) -> Record:
    return {
        "part": word(ScorePart, each.part),
        "line_id": each.line_id,
        "dimension_id": each.dimension_id or None,
        "raw": each.raw or None,
        "is_missing": each.is_missing,
        "treatment": word(Treatment, each.treatment),
        "treated": each.treated or None,
        "low": each.low or None,
        "high": each.high or None,
        "normalised": points(each.normalised_micro),
        "weight": points(each.weight_micro),
        "contribution": points(each.contribution_micro),
    }


def result(found: ResultStanding) -> Record:
    return {
        "round": found.round,
        **standing(found.standing, is_scored=found.HasField("score")),
        "published_on": found.published_on or None,
        "corrections": found.corrections,
        "corrected_on": found.corrected_on or None,
        "corrected_by": found.corrected_by or None,
        "reason": found.reason or None,
        "departs_from_rules": found.departs_from_rules,
        "voided_on": found.voided_on or None,
        "voided_by": found.voided_by or None,
        **_proof(found),
    }


def standing(said: Placing, *, is_scored: bool = True) -> Record:
    """Where a unit stands; the rank only where the reader may see it."""
    return {
        "unit_id": said.unit_id,
        "grade": word(Grade, said.grade),
        "rank": said.rank or None,
        "rank_in_class": said.rank_in_class or None,
        "score": points(said.score_micro) if is_scored else None,
        "grade_by_cut": word(Grade, said.grade_by_cut) or None,
        "veto_ids": list(said.veto_ids),
        "is_refill": said.is_refill,
    }


def assessor(found: AssessorStanding) -> Record:
    return {
        "round": found.round,
        "assessor_id": found.assessor.assessor_id,
        "conflicts": list(found.assessor.conflicts),
        "appointed_on": found.assessor.appointed_on,
        "document": found.assessor.document or None,
        "reason": found.assessor.reason or None,
        "sealed_on": found.sealed.sealed_on or None,
        "commitment": found.sealed.commitment or None,
        "opened_on": found.opened.opened_on or None,
        "dismissed_on": found.dismissed.dismissed_on or None,
        **_proof(found),
    }


def observation(found: ObservationStanding) -> Record:
    said = found.observation
    return {
        "round": found.round,
        "unit_id": found.unit_id,
        "indicator_id": found.name.rpartition(".")[2],
        "value": said.value or None,
        "missing_reason": said.missing_reason or None,
        "as_of": said.as_of or None,
        "source": said.source or None,
        "reported_on": found.reported_on or None,
        "former": [each.value or each.missing_reason for each in found.former],
        "late": [each.value or each.missing_reason for each in found.late],
        **_proof(found),
    }


def proposal(found: ProposalStanding) -> Record:
    said = found.proposal
    return {
        "round": said.round,
        **standing(said.standing, is_scored=bool(said.standing.score_micro)),
        "told_on": said.told_on,
        "closes_on": said.closes_on,
        "document": said.document,
        **_proof(found),
    }


def objection(found: ObjectionStanding) -> Record:
    said, decided = found.objection, found.decided
    is_decided = found.HasField("decided")
    return {
        "round": said.round,
        "objection_id": said.objection_id,
        "unit_id": said.unit_id,
        "lodged_by": said.lodged_by,
        "lodged_on": said.lodged_on,
        "text": said.text,
        "is_upheld": decided.is_upheld if is_decided else None,
        "decided_by": decided.decided_by or None,
        "decided_on": decided.decided_on or None,
        "admitted": list(decided.admitted),
        "remedy": decided.remedy or None,
        **_proof(found),
    }


def bonus(found: BonusStanding) -> Record:
    said = found.bonus
    return {
        "round": said.round,
        "unit_id": said.unit_id,
        "bonus_id": said.bonus_id,
        "circular_id": said.circular_id,
        "circular_number": said.circular_number,
        "points": points(said.points_micro),
        "recognised_on": said.recognised_on,
        "withdrawn_on": found.withdrawn.withdrawn_on or None,
        **_proof(found),
    }


def circular(found: CircularStanding) -> Record:
    said = found.circular
    return {
        "circular_id": said.circular_id,
        "number": said.number,
        "title_zh": said.title_zh,
        "issued_on": said.issued_on,
        "performance_year": said.performance_year,
        "places": [
            {"name_zh": each.name_zh, "item": each.item or None, "unit_id": each.unit_id or None}
            for each in said.places
        ],
        "source": said.source or None,
        "withdrawn_on": found.withdrawn.withdrawn_on or None,
        **_proof(found),
    }


def _proof(found: Any) -> Record:
    return {
        "recorded_at": found.recorded_at.ToJsonString(),
        "decision_id": found.decision_id,
    }

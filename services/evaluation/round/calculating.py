"""The scores of a round: by the data that count, what the experts said, and the bonuses (加分).

A score is the sum of its lines, and complete when the experts have been heard. A bonus rests on a
circular of the State Council that was out when the rules were frozen, is of the year and for an
item that the rules name, where they do, and still says what it said.
"""

from collections.abc import Iterable, Mapping, Sequence

from services.evaluation.round.resting import score_until
from services.evaluation.round.state import (
    Entry,
    Running,
    entry,
    must_be_collected,
    must_be_known,
    must_be_unpublished,
    must_not_precede,
)
from services.evaluation.scoring import score as scores
from services.evaluation.scoring.parts import Bonus
from services.evaluation.scoring.score import Report
from services.kernel.errors import Rejected
from services.kernel.reasons import NONE, Why
from zoneledger.evaluation.v1.round_commands_pb2 import (
    CalculateScore,
    LostBasis,
    RecogniseBonus,
    WithdrawBonus,
)
from zoneledger.evaluation.v1.round_events_pb2 import (
    BonusRecognised,
    BonusWithdrawn,
    Observation,
    ReviewOutcome,
    ScoreCalculated,
)
from zoneledger.evaluation.v1.scoring_pb2 import PanelPoints, Score


def recognise(command: RecogniseBonus, state: Running) -> list[BonusRecognised]:
    """A bonus rests on a circular that was out when the rules were frozen."""
    unit = entry(state, command.unit_id)
    bonuses = {each.bonus_id: each for each in _bonuses(state)}
    must_be_known("bonus_id", command.bonus_id, bonuses)
    recognised = BonusRecognised(
        round=command.round,
        unit_id=command.unit_id,
        bonus_id=command.bonus_id,
        circular_id=command.circular_id,
        circular_number=command.circular_number,
        circular_issued_on=command.circular_issued_on,
        performance_year=command.performance_year,
        points_micro=bonuses[command.bonus_id].points,
        recognised_on=command.recognised_on,
        item=_item(command, bonuses[command.bonus_id]) if command.reading >= 3 else "",
    )
    if unit.bonuses.get(command.bonus_id) == recognised:
        return []
    must_be_unpublished(state)
    if command.circular_issued_on > state.frozen.frozen_on:
        why = Why.CIRCULAR_TOO_LATE(
            circular=command.circular_number,
            issued_on=command.circular_issued_on,
            frozen_on=state.frozen.frozen_on,
        )
        raise Rejected(why, field="circular_id")
    if command.reading >= 3:
        _must_be_of_its_year_and_item(command, bonuses[command.bonus_id])
    must_not_precede("recognised_on", command.recognised_on, command.circular_issued_on)
    return [recognised]


def _item(command: RecogniseBonus, bonus: Bonus) -> str:
    """The item for which the unit has the bonus; "" where the rule set names none."""
    named = bonus.circular.items if bonus.circular else ()
    return next((each for each in command.items if each in named), "")


def _must_be_of_its_year_and_item(command: RecogniseBonus, bonus: Bonus) -> None:
    """Not every commendation is one that the rules mean, where they say which."""
    rule = bonus.circular
    if rule is None:
        return
    due = command.round - rule.years_before
    if command.performance_year != due:
        why = Why.CIRCULAR_OF_ANOTHER_YEAR(
            circular=command.circular_number, year=command.performance_year, due=due
        )
        raise Rejected(why, field="circular_id")
    if rule.items and not _item(command, bonus):
        why = Why.CIRCULAR_FOR_ANOTHER_ITEM(
            circular=command.circular_number,
            unit=command.unit_id,
            items=", ".join(command.items) or NONE,
            known=", ".join(rule.items),
        )
        raise Rejected(why, field="circular_id")


def _bonuses(state: Running) -> tuple[Bonus, ...]:
    return state.rules.bonuses.kinds if state.rules.bonuses else ()


def withdraw_bonus(command: WithdrawBonus, state: Running) -> list[BonusWithdrawn]:
    """Its basis is gone. A result that is published is left to a correction."""
    standing = entry(state, command.unit_id).bonuses.get(command.bonus_id)
    withdrawn = BonusWithdrawn(
        round=command.round,
        unit_id=command.unit_id,
        bonus_id=command.bonus_id,
        document=command.document,
        reason=command.reason,
        withdrawn_on=command.withdrawn_on,
    )
    if standing == withdrawn:
        return []
    if not isinstance(standing, BonusRecognised):
        why = Why.NO_BONUS(unit=command.unit_id, bonus=command.bonus_id, round=state.round)
        raise Rejected(why, field="bonus_id")
    must_not_precede("withdrawn_on", command.withdrawn_on, standing.recognised_on)
    return [withdrawn]


def calculate(command: CalculateScore, state: Running) -> list[ScoreCalculated]:
    """By the data that count, what the experts said, and the bonuses; complete with the experts."""
    unit = entry(state, command.unit_id)
    must_be_collected(state)
    _must_be_reviewed(unit, state)
    must_have_their_basis(command.lost, state)
    score = score_of(unit, state)
    is_complete = state.rules.experts is None or state.assessment is not None
    known = unit.score
    if known is not None and (known.score, known.is_complete) == (score, is_complete):
        return []
    must_be_unpublished(state)
    since = score_until(unit, state) if command.reading >= 3 else state.collected_on
    must_not_precede("calculated_on", command.calculated_on, since)
    return [
        ScoreCalculated(
            round=command.round,
            unit_id=command.unit_id,
            calculated_on=command.calculated_on,
            score=score,
            is_complete=is_complete,
        )
    ]


def must_have_their_basis(lost: Iterable[LostBasis], state: Running) -> None:
    """No bonus counts whose circular does not say any more what it rests on (case 9)."""
    for each in lost if state.published is None else ():
        unit = state.units.get(each.unit_id)
        bonus = unit.bonuses.get(each.bonus_id) if unit else None
        if isinstance(bonus, BonusRecognised) and bonus.circular_id == each.circular_id:
            why = Why.BONUS_LOST_ITS_BASIS(
                unit=each.unit_id, bonus=each.bonus_id, circular=bonus.circular_number
            )
            raise Rejected(why, field="unit_id")


def score_of(
    unit: Entry, state: Running, admitted: Mapping[str, Observation] | None = None
) -> Score:
    """The score of a unit, with late reports that are let in."""
    observations = {**unit.observations, **(admitted or {})}
    unit_id = unit.admitted.unit_id
    report = Report(
        unit_id,
        {name: each.value for name, each in observations.items()},
        _points_of(state, unit_id),
        [name for name, each in unit.bonuses.items() if isinstance(each, BonusRecognised)],
    )
    return scores.score(state.rules, report)


def _points_of(state: Running, unit_id: str) -> Sequence[PanelPoints] | None:
    """What the experts say of the unit; None before they have been heard."""
    return None if state.assessment is None else state.points.get(unit_id, ())


def _must_be_reviewed(unit: Entry, state: Running) -> None:
    province = unit.admitted.province
    review = state.reviews.get(province)
    is_accepted = review and review.outcome == ReviewOutcome.REVIEW_OUTCOME_ACCEPTED
    is_returned = review is not None and not is_accepted
    if is_returned or (state.rules.provincial_review.required and not is_accepted):
        why = Why.NOT_REVIEWED(province=province, unit=unit.admitted.unit_id)
        raise Rejected(why, field="unit_id")

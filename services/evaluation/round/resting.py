"""The latest day of what a step of a round rests on: the step is none before it.

A score rests on the data that count, their review, what the experts said and the bonuses; what is
proposed rests on every score, on who takes part and on what was decided on objections; a correction
on the score, on the late reports that it lets in and on the vetoes. Limits: the days are what the
callers said. That they are in order does not show that they are true.
"""

from collections.abc import Iterable

from services.evaluation.round.days import occurred_on
from services.evaluation.round.state import Entry, Running
from zoneledger.evaluation.v1.round_events_pb2 import ReviewOutcome


def data_until(unit: Entry, state: Running) -> str:
    """Of the data of a unit that count, those that an objection let in among them."""
    decided = (
        each.decided.decided_on
        for each in state.objections.values()
        if each.decided and each.decided.unit_id == unit.admitted.unit_id
    )
    return _latest([state.collected_on, unit.reported_on, *decided])


def score_until(unit: Entry, state: Running) -> str:
    """Of what the score of a unit is made of."""
    review = state.reviews.get(unit.admitted.province)
    return _latest(
        [
            data_until(unit, state),
            review.reviewed_on if review else "",
            state.assessment.assessed_on if state.assessment else "",
            *map(occurred_on, unit.bonuses.values()),
        ]
    )


def panel_until(state: Running) -> str:
    """Of the sheets, the conflicts of interest, and who marks."""
    return _latest(
        day
        for each in state.assessors.values()
        for day in (
            each.appointed.appointed_on,
            each.opened.opened_on if each.opened else "",
            each.dismissed.dismissed_on if each.dismissed else "",
        )
    )


def results_until(state: Running) -> str:
    """Of what is proposed."""
    scores = (each.score.calculated_on for each in state.units.values() if each.score)
    left = (each.dismissed_on for each in state.dismissed.values())
    return _latest([*scores, *left, decided_until(state)])


def decided_until(state: Running) -> str:
    """When the last objection was decided; "" where none was."""
    return _latest(
        each.decided.decided_on for each in state.objections.values() if each.decided is not None
    )


def correction_until(unit: Entry, admitted: Iterable[str], state: Running) -> str:
    """Of the score, the late reports of the indicators that are let in, and the vetoes."""
    return _latest(
        [
            score_until(unit, state),
            *(unit.late_on[name] for name in admitted),
            *map(occurred_on, unit.vetoes.values()),
        ]
    )


def province_until(province: str, state: Running) -> str:
    """Of the data that a province reviews."""
    units = (each for each in state.units.values() if each.admitted.province == province)
    return _latest(each.reported_on for each in units)


def asked_again_on(unit: Entry, state: Running) -> str:
    """When the province was told to report again; "" where that is not why it reports."""
    review = state.reviews.get(unit.admitted.province)
    is_returned = review and review.outcome == ReviewOutcome.REVIEW_OUTCOME_RETURNED
    return review.reviewed_on if review and is_returned else ""


def _latest(days: Iterable[str]) -> str:
    return max(days, default="")

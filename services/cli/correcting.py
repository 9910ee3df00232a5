"""A correction of a published rating: the rating as it stands, with another grade."""

from typing import NamedTuple

from services.cli.client import Clients
from services.cli.words import GRADES
from services.kernel.errors import Malformed, Rejected, Violation
from services.kernel.words import number
from zoneledger.evaluation.v1.commands_pb2 import CorrectRating
from zoneledger.evaluation.v1.events_pb2 import Grade, Rating
from zoneledger.evaluation.v1.service_pb2 import CorrectRatingRequest, ListRatingsRequest


class Correction(NamedTuple):
    """What was asked for, as it was written."""

    unit: str
    round: int
    grade: str
    corrected_on: str
    document: str
    reason: str


def correct(clients: Clients, wish: Correction) -> bool:
    """Correct the rating; whether that changed anything."""
    found = clients.evaluation.ListRatings(
        ListRatingsRequest(unit_id=wish.unit, round=wish.round)
    ).ratings
    if not found:
        raise Rejected(f"{wish.unit} has no rating for {wish.round} that could be corrected")
    command = CorrectRating(
        rating=_with_grade(found[0].rating, _grade(wish.grade)),
        corrected_on=wish.corrected_on,
        document=wish.document,
        reason=wish.reason,
    )
    outcome = clients.evaluation.CorrectRating(CorrectRatingRequest(correction=command)).outcome
    return outcome.recorded > 0


def _with_grade(rating: Rating, grade: int) -> Rating:
    return Rating(
        unit_id=rating.unit_id,
        round=rating.round,
        grade=grade,  # type: ignore[arg-type]  # any int
        published_on=rating.published_on,
        document=rating.document,
        visibility=rating.visibility,
        source=rating.source,
    )


def _grade(text: str) -> int:
    english = {chinese: word for word, chinese in GRADES.items()}.get(text, text)
    if not (grade := number(Grade, english)):
        words = ", ".join(f"{word} {chinese}" for word, chinese in GRADES.items())
        raise Malformed(Violation("--grade", f"{text!r} is not a grade; use one of {words}"))
    return grade

"""A correction of a published rating: as it stands, with another grade, another day, or both."""

from typing import NamedTuple

import grpc

from services.cli import naming, refusals
from services.cli.client import Clients
from services.kernel.chinese import GRADES, english
from services.kernel.errors import Malformed, Rejected, Violation
from services.kernel.words import number
from services.runtime import fields
from zoneledger.evaluation.v1.commands_pb2 import CorrectRating
from zoneledger.evaluation.v1.events_pb2 import Grade, Rating
from zoneledger.evaluation.v1.service_pb2 import CorrectRatingRequest, ListRatingsRequest

_OPTIONS = {"unit_id": "--unit"}


class Correction(NamedTuple):
    """What was asked for, as it was written; an empty grade or day stays as it is."""

    unit: str
    round: int
    grade: str
    published_on: str
    corrected_on: str
    document: str
    reason: str


def correct(clients: Clients, wish: Correction) -> bool:
    """Correct the rating; whether that changed anything."""
    if not wish.grade and not wish.published_on:
        raise Malformed(Violation("--grade", "say what is right: --grade or --published-on"))
    if wrong := fields.year(wish.round):
        raise Malformed(Violation("--round", wrong))
    unit = naming.unit_id(clients, "--unit", wish.unit, wish.round)
    found = clients.evaluation.ListRatings(
        ListRatingsRequest(parent=f"units/{unit}", round=wish.round)
    ).ratings
    if not found:
        raise Rejected(f"{unit} has no rating for {wish.round} that could be corrected")
    command = CorrectRating(
        rating=_corrected(found[0].rating, wish),
        corrected_on=wish.corrected_on,
        document=wish.document,
        reason=wish.reason,
    )
    try:
        answer = clients.evaluation.CorrectRating(
            CorrectRatingRequest(correction=command, etag=found[0].etag)
        )
    except grpc.RpcError as error:
        if faults := refusals.violations(error):
            raise Malformed(*(_by_option(each) for each in faults)) from error
        raise
    return answer.outcome.recorded > 0


def _by_option(fault: Violation) -> Violation:
    """The fault under the name of the option that was written."""
    field = fault.field.rpartition(".")[2]
    return Violation(_OPTIONS.get(field, f"--{field.replace('_', '-')}"), fault.what)


def _corrected(rating: Rating, wish: Correction) -> Rating:
    return Rating(
        unit_id=rating.unit_id,
        round=rating.round,
        grade=grade_called(wish.grade) if wish.grade else rating.grade,  # type: ignore[arg-type]  # any int
        published_on=wish.published_on or rating.published_on,
        document=rating.document,
        visibility=rating.visibility,
        source=rating.source,
    )


def grade_called(text: str) -> int:
    """The grade of an English or a Chinese word; `Malformed` where there is none."""
    if not (grade := number(Grade, english(text, GRADES))):
        words = ", ".join(f"{word} {chinese}" for word, chinese in GRADES.items())
        raise Malformed(Violation("--grade", f"{text!r} is not a grade; use one of {words}"))
    return grade

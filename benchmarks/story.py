"""Input for the measurements: units of the programme, rated year by year under the real notices."""

from collections.abc import Iterator
from pathlib import Path

from google.protobuf.message import Message

from services.kernel.adoption import reference
from services.kernel.policy_text import parse
from zoneledger.evaluation.v1.commands_pb2 import PublishRating, RegisterUnit
from zoneledger.evaluation.v1.events_pb2 import (
    BeneficiaryClass,
    Grade,
    Rating,
    Unit,
    UnitKind,
)
from zoneledger.ledger.v1.policy_pb2 import AdoptPolicy
from zoneledger.ledger.v1.visibility_pb2 import Visibility

_FIRST_YEAR = 2017
_DOCUMENT = Path(__file__).parents[1] / "policies" / "2021-866.yaml"


_NOTICE = reference(parse(_DOCUMENT.read_text("utf-8"), _DOCUMENT.name))


def registration(number: int) -> RegisterUnit:
    """A unit enters the register."""
    return RegisterUnit(
        unit=Unit(
            unit_id=f"unit-{number:06d}",
            name_zh=f"城市{number}",
            name_en=f"City {number}",
            kind=UnitKind.UNIT_KIND_PREFECTURE_CITY,
            province="湖南",
            beneficiary_class=BeneficiaryClass.BENEFICIARY_CLASS_NATIONAL,
            source="发改振兴〔2021〕866号",
        )
    )


def publication(number: int, year: int) -> PublishRating:
    """A unit is rated for a year; every second one is excellent."""
    return PublishRating(
        rating=Rating(
            unit_id=f"unit-{number:06d}",
            round=year,
            grade=Grade.GRADE_EXCELLENT if number % 2 else Grade.GRADE_GOOD,
            published_on="2021-06-21",
            document="2021-866",
            visibility=Visibility.VISIBILITY_PUBLIC,
            policy=_NOTICE,
            source="发改振兴〔2021〕866号",
        )
    )


def history(units: int, years: int) -> Iterator[Message]:
    """The notice is adopted, units are registered, then rated year by year."""
    yield AdoptPolicy(policy_id=_DOCUMENT.stem, text=_DOCUMENT.read_text("utf-8"))
    yield from map(registration, range(units))
    for year in range(_FIRST_YEAR, _FIRST_YEAR + years):
        for number in range(units):
            yield publication(number, year)

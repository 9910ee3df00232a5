"""A round in which every way that a rating can go between its readers is gone once.

A rating is published for the public, for its unit, or for nobody, and is corrected twice, each time
for the same readers or for others. What is said of each is said nowhere else.
"""

from collections.abc import Sequence
from itertools import product
from pathlib import Path

from services.kernel.decision import pack
from services.runtime.folder import log_file
from services.runtime.handler import new_id
from services.runtime.store.sqlite import SqliteStore
from tests.runtime.story import ADOPT_NOTICE, ADOPT_OTHER, NOTICE_ID, rating, unit
from tests.surface.served import Client
from zoneledger.evaluation.v1 import service_pb2 as evaluation
from zoneledger.evaluation.v1.commands_pb2 import CorrectRating
from zoneledger.evaluation.v1.events_pb2 import (
    BeneficiaryClass,
    Grade,
    Honour,
    HonourKind,
    Rating,
    Unit,
    UnitKind,
    ZoneRatedExcellent,
)
from zoneledger.ledger.v1.decision_pb2 import Decision, PolicyReference
from zoneledger.ledger.v1.visibility_pb2 import Visibility

LEVELS = ("public", "subject", "internal")
GRADES = [Grade.GRADE_EXCELLENT, Grade.GRADE_GOOD, Grade.GRADE_QUALIFIED, Grade.GRADE_POOR]
# The readers of a rating, of its correction, and of the correction of that.
WAYS = list(product(LEVELS, repeat=3))
CITIES = [f"{'-'.join(way)}" for way in WAYS]
UNITS = ["huangshi", "hubei-huangshi", *CITIES, "stuck-internal", "stuck-public", "park"]
DAYS = ("2021-06-20", "2021-06-21", "2021-06-30", "2021-07-01", "2021-08-01")
# In a text that is found nowhere else.
OF = "-of-"


def story(index: int, unit_id: str, way: Sequence[str]) -> list[Rating]:
    """The ratings of a unit, one after the other; the texts in them are found nowhere else."""
    ratings = []
    for step, level in enumerate(way):
        rated = rating(unit_id, GRADES[(index + step * (1 + index % 3)) % 4])
        rated.visibility = Visibility.Value(f"VISIBILITY_{level.upper()}")
        rated.source = f"source-of-{unit_id}-{step}."
        ratings.append(rated)
    return ratings


async def tell(on: Client) -> None:
    """Enter the round."""
    policies = [ADOPT_NOTICE, ADOPT_OTHER]
    await on.evaluation.AdoptPolicies(evaluation.AdoptPoliciesRequest(policies=policies))
    units = [unit(each) for each in UNITS[:-1]] + [park()]
    await on.evaluation.RegisterUnits(evaluation.RegisterUnitsRequest(units=units))
    honour = Honour(
        honour_id="city-2020",
        round=2020,
        kind=HonourKind.HONOUR_KIND_CITY,
        name_zh="示范城市",
        unit_id="huangshi",
        document=NOTICE_ID,
    )
    await on.evaluation.AwardHonours(evaluation.AwardHonoursRequest(honours=[honour]))
    ways: dict[str, Sequence[str]] = {
        "huangshi": ("internal", "subject", "public"),
        "hubei-huangshi": ("subject",) * 3,
    }
    ways |= dict(zip(CITIES, WAYS, strict=True))
    stories = [story(index, *each) for index, each in enumerate(ways.items())]
    published = [first for first, *_ in stories]
    await on.evaluation.PublishRatings(evaluation.PublishRatingsRequest(ratings=published))
    for step in (1, 2):
        for ratings in stories:
            correction = correct(ratings[step], step)
            await on.evaluation.CorrectRating(
                evaluation.CorrectRatingRequest(correction=correction)
            )


def park() -> Unit:
    """A unit that has support by reference, which hangs on no grade."""
    return Unit(
        unit_id="park",
        name_zh="园区",
        kind=UnitKind.UNIT_KIND_COUNTY_PARK,
        beneficiary_class=BeneficiaryClass.BENEFICIARY_CLASS_COUNTY_BY_REFERENCE,
        member_from="2021-06-09",
    )


def correct(rated: Rating, step: int) -> CorrectRating:
    return CorrectRating(
        rating=rated,
        corrected_on=f"2021-0{6 + step}-01",
        document=f"document-of-{rated.unit_id}-{step}.",
        reason=f"reason-of-{rated.unit_id}-{step}.",
    )


async def stick(folder: Path) -> None:
    """Let two ratings wait in those that hear of them: their document never comes."""
    store = SqliteStore(log_file(folder, "evaluation"))
    for level in ("internal", "public"):
        unit_id = f"stuck-{level}"
        rated = rating(unit_id)
        rated.visibility = Visibility.Value(f"VISIBILITY_{level.upper()}")
        rated.policy.CopyFrom(PolicyReference(policy_id=NOTICE_ID, content_hash="0" * 64))
        event = ZoneRatedExcellent(rating=rated)
        stream, id_ = f"unit-{unit_id}", new_id()
        version = (await store.stream(stream))[-1].next_version
        await store.append(
            [Decision(decision_id=id_, stream=stream, version=version, events=[pack(event)])]
        )
    await store.close()

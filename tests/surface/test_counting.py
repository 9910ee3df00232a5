"""Whatever a hidden grade is, who may not see it is told the same, byte for byte.

One history is played once for each grade that a hidden rating can have. Everything that an agency
can ask is asked of each: all lists by pages of several sizes, every resource, every explanation,
what is refused, and all that can be watched. The answers are compared as they are sent, with their
positions, etags, ids, tokens and moments; ids and moments go by the place in the log, since two
histories have no others in common.
"""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator, Sequence
from pathlib import Path
from typing import Any, NamedTuple

import grpc.aio
import pytest

from services.runtime.folder import log_file
from services.runtime.service import SERVICES
from services.runtime.store.sqlite import SqliteStore
from tests.asynchronous import asynchronous
from tests.evaluation.test_reviewing import (
    CITY,
    POLICY,
    RIGHTS,
    STREAKS,
    ZONE,
    adopt,
    correct,
    publish,
    supplement,
)
from tests.spec import but
from tests.streaks import DISQUALIFY, INTERNAL, REVERSE, SUBJECT, rating
from tests.supplements import INHERIT, THREE_YEARS
from tests.surface.agencies import read
from tests.surface.methods import METHODS, Method, fields
from tests.surface.redacted import Sees
from tests.surface.renamed import SINCE, renamed
from tests.surface.served import OF_ITS_OWN, Client, served
from tests.tables import ADOPT_SHIPPED, SHIPPED
from zoneledger.evaluation.v1 import service_pb2 as evaluation
from zoneledger.evaluation.v1.events_pb2 import Rating, Unit
from zoneledger.ledger.v1.event_service_pb2 import WatchEventsRequest
from zoneledger.ledger.v1.event_service_pb2_grpc import EventServiceStub
from zoneledger.ledger.v1.policy_pb2 import AdoptPolicy
from zoneledger.ledger.v1.service_pb2 import GetFrontierRequest
from zoneledger.ledger.v1.visibility_pb2 import Visibility

GRADES = ("excellent", "good", "qualified", "poor")
TABLE = read(SHIPPED)
ASKING = [
    each for each in METHODS if each.verb and not each.streams and "LogService" not in each.name
]
# Who may not see what is told inside, and who may not see what is told to another unit.
NOT_INSIDE = ("public", "cdb", "huangshi")
NOT_OF_THE_UNIT = ("public", "hubei")
CITIES = ("one", "row", "corrected", "shown", "hidden", "late", "huangshi")
UNITS = (*CITIES, "out", "zone", "nowhere")

_PARTS = {
    "Unit": [""],
    "Rating": ["/ratings/2019", "/ratings/2022", "/ratings/2023"],
    "CreditTilt": ["/creditTilts/2022", "/creditTilts/2023"],
    "Entitlement": ["/entitlements/2022.land_guarantee", "/entitlements/2023.unspecified"],
}


class Hidden(NamedTuple):
    """The grade that is tried, and who may see it."""

    grade: str
    visibility: Visibility.ValueType

    def rated(self, round_: int, unit: str) -> Rating:
        return rating(round_, self.grade, self.visibility, unit=unit)

    def corrected(self, round_: int, unit: str) -> Rating:
        """To a grade that is fixed; its day is another one, so that it is a correction anyway."""
        day = f"{round_ + 1}-06-22"
        return rating(round_, "good", self.visibility, unit=unit, published_on=day)


def city(unit_id: str) -> Unit:
    """A city with a name of its own."""
    return but(CITY, unit_id=unit_id, name_zh=f"市{unit_id}")


async def begin(on: Client, hidden: Hidden) -> None:
    policy = AdoptPolicy(policy_id="2021-866", text=POLICY)
    await on.evaluation.AdoptPolicies(evaluation.AdoptPoliciesRequest(policies=[policy]))
    request = evaluation.AdoptAccessTableRequest(table=ADOPT_SHIPPED)
    await on.evaluation.AdoptAccessTable(request)
    await adopt(on, STREAKS)
    await register(on, ZONE, *map(city, CITIES))
    excellent = [(round_, unit) for round_ in (2020, 2021, 2022) for unit in CITIES]
    await publish(on, *(rating(round_, "excellent", unit=unit) for round_, unit in excellent))


async def a_rating(on: Client, hidden: Hidden) -> None:
    await publish(on, hidden.rated(2023, "one"))


async def ratings_in_a_row(on: Client, hidden: Hidden) -> None:
    await publish(on, *(hidden.rated(each, "row") for each in (2017, 2018, 2019)))
    await publish(on, rating(2023, "poor", unit="row"))


async def ratings_of_the_zone(on: Client, hidden: Hidden) -> None:
    await publish(on, *(hidden.rated(each, "zone") for each in (2018, 2019)))


async def a_correction(on: Client, hidden: Hidden) -> None:
    await publish(on, hidden.rated(2023, "corrected"))
    await correct(on, hidden.corrected(2023, "corrected"), "2025-01-10")
    await correct(on, rating(2022, "poor", unit="corrected"), "2025-01-11")


async def a_correction_that_shows(on: Client, hidden: Hidden) -> None:
    await publish(on, hidden.rated(2023, "shown"))
    await correct(on, rating(2023, "good", unit="shown"), "2025-01-10")


async def a_correction_that_hides(on: Client, hidden: Hidden) -> None:
    await correct(on, hidden.rated(2022, "hidden"), "2025-01-10")


async def answers_to_norms(on: Client, hidden: Hidden) -> None:
    await adopt(on, *map(supplement, (THREE_YEARS, INHERIT, RIGHTS)))
    await on.evaluation.ReviewStreaks(evaluation.ReviewStreaksRequest())


async def a_rating_behind_them(on: Client, hidden: Hidden) -> None:
    await publish(on, hidden.rated(2023, "late"))
    await publish(on, rating(2024, "excellent", unit="late", published_on="2025-06-21"))


async def another_entry_of_the_register(on: Client, hidden: Hidden) -> None:
    await register(on, but(city("row"), member_from="2018-01-01"))


async def a_disqualification(on: Client, hidden: Hidden) -> None:
    await register(on, but(city("out"), member_from="2019-01-01"))
    await publish(on, hidden.rated(2019, "out"))
    await publish(on, *(rating(each, "poor", unit="out") for each in (2020, 2021, 2022)))
    decision = but(DISQUALIFY, unit_id="out")
    request = evaluation.DecideDisqualificationRequest(decision=decision)
    await on.evaluation.DecideDisqualification(request)
    back = evaluation.ReverseDisqualificationRequest(reversal=but(REVERSE, unit_id="out"))
    await on.evaluation.ReverseDisqualification(back)


async def register(on: Client, *units: Unit) -> None:
    await on.evaluation.RegisterUnits(evaluation.RegisterUnitsRequest(units=units))


STORY: Sequence[Callable[[Client, Hidden], Awaitable[None]]] = (
    begin,
    a_rating,
    ratings_in_a_row,
    ratings_of_the_zone,
    a_correction,
    a_correction_that_shows,
    a_correction_that_hides,
    answers_to_norms,
    a_rating_behind_them,
    another_entry_of_the_register,
    a_disqualification,
)


async def play(folder: Path, hidden: Hidden) -> list[tuple[str, list[int]]]:
    """Play the story on the folder; how far each log had come after each part of it."""
    ends = []
    async with served(folder) as on:
        for part in STORY:
            await part(on, hidden)
            ends.append((part.__name__, await places(on)))
    return ends


async def places(on: Client) -> list[int]:
    asked = [on.log.GetFrontier(GetFrontierRequest(service=each)) for each in SERVICES]
    return [each.size for each in await asyncio.gather(*asked)]


@pytest.mark.parametrize(
    ("visibility", "agencies"),
    [(INTERNAL, NOT_INSIDE), (SUBJECT, NOT_OF_THE_UNIT)],
    ids=["internal", "subject"],
)
@asynchronous
async def test_nobody_is_told_anything_else_where_a_hidden_grade_is_another_one(
    tmp_path: Path, visibility: Visibility.ValueType, agencies: Sequence[str]
) -> None:
    folders = {grade: tmp_path / grade for grade in GRADES}
    ends = {each: await play(at, Hidden(each, visibility)) for each, at in folders.items()}
    for grade in GRADES:
        assert ends[grade] == ends["poor"], grade
    for agency in agencies:
        told = await asyncio.gather(*(all_told(at, agency) for at in folders.values()))
        for grade, each in zip(GRADES, told, strict=True):
            other = [key for key in each.keys() | told[-1] if each.get(key) != told[-1].get(key)]
            assert sorted(other) == [], (agency, grade)


@asynchronous
async def test_who_may_see_the_grade_is_told_of_it(tmp_path: Path) -> None:
    told = []
    for grade in ("qualified", "poor"):
        await play(tmp_path / grade, Hidden(grade, SUBJECT))
        told.append(await all_told(tmp_path / grade, "cdb"))
    assert told[0] != told[1]


async def all_told(folder: Path, agency: str) -> dict[str, object]:
    """Whatever there is for the agency, by what was asked."""
    async with (
        renamed(folder, agency, SHIPPED) as address,
        grpc.aio.insecure_channel(address, options=OF_ITS_OWN) as channel,
    ):
        told: dict[str, object] = {}
        for method in ASKING:
            if Sees.by_its_first_grant(TABLE, agency, method.name):
                for asked in questions(method):
                    told |= {key: each async for key, each in answers(channel, method, asked)}
        told |= await watched(folder, channel)
        return told


async def answers(
    channel: grpc.aio.Channel, method: Method, asked: dict[str, Any]
) -> AsyncIterator[tuple[str, object]]:
    """All pages of an answer, as they are sent, or how it is refused."""
    request: Any = method.request(**asked)
    for page in range(100):
        key = f"{method.name} {asked} {page}"
        try:
            call: Any = channel.unary_unary(f"/{method.name}")
            raw = await call(request.SerializeToString())
        except grpc.aio.AioRpcError as refusal:
            yield key, (refusal.code(), refusal.details(), tuple(refusal.trailing_metadata()))
            return
        yield key, raw
        answered: Any = method.response.FromString(raw)
        if not getattr(answered, "next_page_token", ""):
            return
        request.page_token = answered.next_page_token


def questions(method: Method) -> Iterator[dict[str, Any]]:
    """What can be asked of the units, now and as it was known in between."""
    known = set(fields(method.request))
    if method.verb == "List":
        yield {}
        yield {"min_position": 1_000_000}
        yield {"known_at": {"seconds": SINCE + 50}}
        if "as_of" in known:
            yield {"as_of": "2024-06-30"}
        if "parent" in known:
            yield from ({"parent": f"units/{each}", "page_size": 1} for each in UNITS)
    elif method.verb == "Resolve":
        yield {"names": ["市row", "nobody"]}
    else:
        of_each = [*names(method)]
        if method.verb == "BatchGet":
            yield from ({"names": [name]} for name in of_each[:2])
        else:
            yield from ({"name": name} for name in of_each)


def names(method: Method) -> Iterator[str]:
    """Of what there may be; of anything else, a name that nothing has."""
    noun = method.name.rpartition("/")[2].removeprefix(method.verb).removesuffix("s")
    for unit in UNITS:
        for part in _PARTS.get(noun, ()):
            yield f"units/{unit}{part}"
    yield "units/one/nothing"


async def watched(folder: Path, channel: grpc.aio.Channel) -> dict[str, object]:
    """All events of each service, up to where its log ends."""
    found = await asyncio.gather(*(_watched(folder, channel, each) for each in SERVICES))
    return {f"watch {service}": each for service, each in zip(SERVICES, found, strict=True)}


async def _watched(folder: Path, channel: grpc.aio.Channel, service: str) -> object:
    store = SqliteStore(log_file(folder, service), read_only=True)
    end = (await store.frontier()).size
    await store.close()
    events: Any = EventServiceStub(channel)
    call = events.WatchEvents(WatchEventsRequest(service=service, heartbeat_seconds=1))
    told: list[bytes] = []
    try:
        async for response in call:
            told.append(response.SerializeToString())
            if response.position >= end:
                break
    except grpc.aio.AioRpcError as refusal:
        return refusal.code(), refusal.details()
    call.cancel()
    return told

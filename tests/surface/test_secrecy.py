"""What an agency is told is what a log tells that never held what is hidden from it.

A round in which every way that a rating can go from one kind of readers to another is gone once:
what each agency of the shipped table is answered is compared, byte by byte, with what a server
answers whose logs never held what that agency may not see; and no text of a hidden decision is in
any answer, refusal, token or watched event.
"""

import json
from collections.abc import AsyncIterator, Iterator, Mapping, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from pathlib import Path
from typing import Any, NamedTuple

import grpc
import grpc.aio
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from services.kernel.decision import event_type
from services.runtime import tls
from services.runtime.folder import log_file
from services.runtime.service import SERVICES, load
from services.runtime.store.sqlite import SqliteStore
from tests.surface.agencies import behind_tls, certify, names, read
from tests.surface.hidden_round import DAYS, OF, POOL, UNITS, ZONES, append, tell
from tests.surface.methods import METHODS, Method, fields, short
from tests.surface.redacted import Sees, events_of, redacted
from tests.surface.requests import Making
from tests.surface.served import in_a_thread, served
from tests.tables import SHIPPED
from zoneledger.incentive.v1.service_pb2 import ListEntitlementsRequest
from zoneledger.ledger.v1.decision_pb2 import Decision
from zoneledger.ledger.v1.event_service_pb2 import WatchEventsRequest
from zoneledger.ledger.v1.event_service_pb2_grpc import EventServiceStub

TABLE = read(SHIPPED)
AGENCIES = [each for each in names(TABLE) if each not in SERVICES]
# One of those that are given the same.
DIFFERENT = list(
    {
        str([each["grants"][0].get(key) for key in ("methods", "units", "own", "sees", "hides")]): (
            each["agency_id"]
        )
        for each in TABLE["agencies"]
        if each["agency_id"] in AGENCIES
    }.values()
)
ENOUGH = settings(
    max_examples=40, deadline=None, database=None, suppress_health_check=list(HealthCheck)
)
READS = [each for each in METHODS if each.verb and "LogService" not in each.name]
ASKING = [each for each in READS if not each.streams]


# Who is answered what.


class World(NamedTuple):
    """The round, served: by agency, a channel to it, one to a log without what is hidden, and
    the texts of what is hidden.
    """

    real: Mapping[str, grpc.Channel]
    bare: Mapping[str, grpc.Channel]
    hidden: Mapping[str, frozenset[bytes]]
    ends: Mapping[str, int]
    moments: Sequence[int]


class Places(NamedTuple):
    """The same by its addresses."""

    real: str
    bare: Mapping[str, str]
    hidden: Mapping[str, frozenset[bytes]]
    ends: Mapping[str, int]
    moments: Sequence[int]


@asynccontextmanager
async def told(folder: Path, keys: Path) -> AsyncIterator[Places]:
    """The round, and for each agency the log that it would have had."""
    async with served(folder) as on:
        await tell(on)
    await append(folder)
    async with behind_tls(folder, keys) as agencies, AsyncExitStack() as stack:
        operator = await agencies.of("operator")  # Let all services hear of the table.
        await operator.incentive.ListEntitlements(ListEntitlementsRequest())
        seen = {agency: Sees.of(TABLE, agency) for agency in AGENCIES}
        bare = {
            agency: await stack.enter_async_context(redacted(folder, sees, SHIPPED))
            for agency, sees in seen.items()
        }
        rows = {name: await _rows(folder, name) for name in SERVICES}
        hidden = {agency: _hidden(rows, sees) for agency, sees in seen.items()}
        ends = {name: len(own) for name, own in rows.items()}
        yield Places(agencies.address, bare, hidden, ends, _moments(rows["evaluation"]))


async def _rows(folder: Path, service: str) -> list[Any]:
    store = SqliteStore(log_file(folder, service), read_only=True)
    rows = await store.read(0, 100_000)
    await store.close()
    return rows


def _moments(rows: Sequence[Any]) -> list[int]:
    """When each decision was recorded, and just before."""
    recorded = [Decision.FromString(row.data).recorded_at.ToNanoseconds() for row in rows]
    return sorted({each - before for each in recorded for before in (0, 1)})


def _hidden(rows: Mapping[str, Sequence[Any]], sees: Sees) -> frozenset[bytes]:
    """The ids and texts of all decisions of which an agency may see nothing."""
    shown: set[bytes] = set()
    found: set[bytes] = set()
    for name, own in rows.items():
        for row in own:
            events = events_of(row, load(name))
            texts = {row.decision_id, *(text for event in events for text in _texts(event))}
            into = shown if any(map(sees.event, events)) else found
            into |= {text.encode() for text in texts}
    return frozenset(found - shown)


def _texts(event: Any) -> Iterator[str]:
    """What is said in an event and nowhere else."""
    for field, value in event.ListFields():
        if hasattr(value, "ListFields"):
            yield from _texts(value)
        elif field.name in {"reason", "document", "source"} and OF in str(value):
            yield value


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    folder = tmp_path_factory.mktemp("secrecy")
    keys = certify(folder / "keys", TABLE)
    with in_a_thread(told(folder / "data", keys)) as places:
        real = {each: tls.channel(places.real, keys / each) for each in AGENCIES}
        bare = {each: tls.channel(places.bare[each], None) for each in AGENCIES}
        yield World(real, bare, *places[2:])
        for channel in (*real.values(), *bare.values()):
            channel.close()


def answer(channel: grpc.Channel, method: Method, raw: bytes) -> tuple[str, bytes]:
    """How a call ends, and all that is told by it."""
    unary: Any = channel.unary_unary(f"/{method.name}")
    try:
        return "OK", unary(raw, timeout=30)
    except grpc.RpcError as error:
        refusal: Any = error
        told = json.dumps([refusal.details(), [str(each) for each in refusal.trailing_metadata()]])
        return refusal.code().name, told.encode()


def compare(world: World, agency: str, method: Method, request: Any) -> bytes:
    """Ask both; what the agency is told, if that is what it may be told."""
    if not Sees.by_its_first_grant(TABLE, agency, method.name):
        return b"["  # There it is told all, as one who signs; only the first grant is redacted.
    raw = request.SerializeToString()
    real = answer(world.real[agency], method, raw)
    assert real == answer(world.bare[agency], method, raw), (agency, method.name, request)
    leaked = [each for each in world.hidden[agency] if each in real[1]]
    assert not leaked, (agency, method.name, request)
    return real[1]


@pytest.fixture(params=DIFFERENT)
def agency(request: pytest.FixtureRequest) -> str:
    name: str = request.param
    return name


# Everything that there is.


def resources(unit_id: str) -> dict[str, list[str]]:
    """The names of all that a unit may have, by kind; a park has it by reference, in no round."""
    name, round_ = f"units/{unit_id}", 0 if unit_id == "park" else 2020
    instruments = ("land_guarantee", "unspecified")
    return {
        "Unit": [name],
        "Rating": [f"{name}/ratings/{round_}"],
        "Honour": [f"{name}/honours/city-2020"],
        "Entitlement": [f"{name}/entitlements/{round_}.{each}" for each in instruments],
        "CreditTilt": [f"{name}/creditTilts/{round_}"],
        "Plan": [f"{name}/plans/145"],
        "Project": [f"{name}/projects/{POOL}.of-{unit_id}"],
        "AllocationLine": [f"{name}/allocationLines/{POOL}.of-{unit_id}"],
        "Pool": [f"pools/{POOL}"],
        "Result": [f"{name}/results/2019"],
        "Score": [f"{name}/scores/2019"],
        "Round": ["rounds/2019"],
        "RuleSet": ["ruleSets/2019"],
        "Circular": ["circulars/2021-17"],
    }


def noun(method: Method) -> str:
    """What a method is about: "Rating" for BatchGetRatings."""
    return method.name.rpartition("/")[2].removeprefix(method.verb).removesuffix("s")


def test_each_thing_is_shown_or_not_there_as_if_the_rest_had_never_been(
    world: World, agency: str
) -> None:
    for method in ASKING:
        for unit_id in [*UNITS, *ZONES, "nowhere"]:
            for name in resources(unit_id).get(noun(method), ()):
                if method.verb in {"Get", "Explain"}:
                    compare(world, agency, method, method.request(name=name))
                if method.verb == "BatchGet":
                    compare(world, agency, method, method.request(names=[name]))


def test_the_round_that_is_held_here_is_told_of_and_not_to_all_alike(world: World) -> None:
    [method] = [each for each in ASKING if each.name.endswith("/GetResult")]
    told = {
        (agency, zone): answer(
            world.real[agency],
            method,
            method.request(name=f"units/{zone}/results/2019").SerializeToString(),
        )
        for agency in ("operator", "hubei", "public")
        for zone in ZONES
    }
    seen = [each for each, (code, _) in told.items() if code == "OK"]
    assert [each for each in told if each not in seen] == [
        ("hubei", "zone-b"),
        ("public", "zone-b"),
    ]
    assert len({told[agency, "hubei-huangshi"] for agency in ("operator", "hubei", "public")}) == 3


def test_every_list_of_every_size_is_the_list_of_what_is_shown(world: World, agency: str) -> None:
    for method in ASKING:
        if method.verb == "List":
            for asked in lists(method):
                request: Any = method.request(**asked)
                while True:
                    page = compare(world, agency, method, request)
                    request.page_token = next_page(method, page)
                    if not request.page_token:
                        break


def lists(method: Method) -> Iterator[dict[str, Any]]:
    """Lists of all units by pages of several sizes, and of each unit."""
    for size in (0, 4):
        yield {"page_size": size}
    if "parent" in fields(method.request):
        if "round" in fields(method.request):
            yield {"round": 2020, "page_size": 3}
            yield {"round": 2019, "page_size": 2}
        for unit_id in [*UNITS, *ZONES]:
            yield {"parent": f"units/{unit_id}"}


def next_page(method: Method, page: bytes) -> str:
    """The token in an answer; a refusal, which is JSON, has none."""
    if page.startswith(b"["):
        return ""
    answered: Any = method.response.FromString(page)
    token: str = answered.next_page_token
    return token


def test_who_watches_is_told_what_it_may_see_as_if_there_were_no_others(
    world: World, agency: str
) -> None:
    wishes: list[tuple[list[str], list[str], int]] = [
        ([], [], 0),
        (["rating-corrected", "nothing-earned", "credit-tilt-granted"], [], 0),
        ([], ["units/huangshi"], 0),
        ([], ["units/internal-internal-public", "units/huangshi"], 0),
        ([], [], 60),
    ]
    both = (world.real[agency], world.bare[agency])
    asked = [
        WatchEventsRequest(
            service=service,
            types=known(service) & set(types),
            units=units,
            after_position=after,
            heartbeat_seconds=1,
        )
        for service in SERVICES
        for types, units, after in wishes
    ]
    calls = [
        [EventServiceStub(channel).WatchEvents(request, timeout=30) for channel in both]
        for request in asked
    ]
    for request, (real, bare) in zip(asked, calls, strict=True):
        told = _until(real, world.ends[request.service])
        assert told == _until(bare, world.ends[request.service]), (agency, request)
        leaked = [each for each in world.hidden[agency] for said in told if each in said]
        assert not leaked, (agency, request)


def known(service: str) -> set[str]:
    """The types of events that a service tells."""
    return {event_type(each) for each in load(service).events.values()}


def _until(call: Any, end: int) -> list[bytes]:
    """All that a reader is told up to a position; last, how it is refused."""
    told: list[bytes] = []
    try:
        for response in call:
            told.append(response.SerializeToString())
            if response.position >= end:
                break
    except grpc.RpcError as error:
        refusal: Any = error
        told.append(f"{refusal.code()} {refusal.details()}".encode())
    call.cancel()
    return told


@pytest.mark.parametrize("method", ASKING, ids=short)
def test_any_question_is_answered_as_if_what_is_hidden_had_never_been(
    world: World, method: Method
) -> None:
    made = Making([*UNITS, *ZONES], DAYS, world.moments).requests(method.request)

    @ENOUGH
    @given(made, st.sampled_from(AGENCIES))
    def law(request: Any, agency: str) -> None:
        compare(world, agency, method, request)

    law()

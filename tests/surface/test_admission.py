"""Who is let in: whoever shows the certificate of an agency that the table knows now."""

import asyncio
from contextlib import suppress
from pathlib import Path
from typing import Any

import grpc
import grpc.aio
import pytest

from services.kernel.decision import pack
from services.runtime import clock
from services.runtime.folder import log_file
from services.runtime.handler import new_id
from services.runtime.keys import make_keys
from services.runtime.store.sqlite import SqliteStore
from tests.asynchronous import asynchronous
from tests.runtime.story import rating
from tests.surface.agencies import Agencies, behind_tls, certify, read
from tests.surface.methods import METHODS, code
from tests.surface.served import OF_ITS_OWN, begin, refused, register
from tests.tables import SHIPPED, adopted
from zoneledger.evaluation.v1.events_pb2 import ZoneRatedExcellent
from zoneledger.evaluation.v1.service_pb2 import ListUnitsRequest
from zoneledger.ledger.v1.decision_pb2 import Decision
from zoneledger.ledger.v1.event_service_pb2 import WatchEventsRequest, WatchEventsResponse

Code = grpc.StatusCode
ANY_UNIT = ListUnitsRequest()
WITHOUT_MOST = SHIPPED.replace("urn:zoneledger:most", "urn:example:other")
WATCHES_NO_MORE = SHIPPED.replace("why-entitled, watching]", "why-entitled]").replace(
    "          - watching\n", ""
)


@pytest.fixture
def keys(tmp_path: Path) -> Path:
    return certify(tmp_path / "keys", read(SHIPPED))


async def codes(channel: grpc.aio.Channel) -> set[Code]:
    """How every method ends for who has this channel."""
    async with channel:
        return {await code(method.on(channel)(b"")) for method in METHODS}


def dialled(
    agencies: Agencies, authority: Path, certificate: Path | None = None
) -> grpc.aio.Channel:
    """A channel that trusts the authority of one folder and shows what is in another."""
    shown = (
        [(certificate / name).read_bytes() for name in ("key.pem", "cert.pem")]
        if certificate
        else [None, None]
    )
    credentials = grpc.ssl_channel_credentials((authority / "ca.pem").read_bytes(), *shown)
    return grpc.aio.secure_channel(agencies.address, credentials, OF_ITS_OWN)


@asynchronous
async def test_without_a_certificate_of_our_authority_no_method_answers(
    tmp_path: Path, keys: Path
) -> None:
    make_keys(tmp_path / "other", ["operator"])
    async with behind_tls(tmp_path / "data", keys) as agencies:
        other = dialled(agencies, keys, tmp_path / "other" / "operator")
        assert await codes(other) == {Code.UNAVAILABLE}, "it calls itself the operator"
        assert await codes(dialled(agencies, keys)) == {Code.UNAVAILABLE}
        plain = grpc.aio.insecure_channel(agencies.address, OF_ITS_OWN)
        assert await codes(plain) == {Code.UNAVAILABLE}
        assert await codes(dialled(agencies, keys, keys / "operator")) != {Code.UNAVAILABLE}


@asynchronous
async def test_a_certificate_of_two_agencies_or_of_none_stands_for_nobody(
    tmp_path: Path, keys: Path
) -> None:
    shown = {"two": ["urn:zoneledger:most", "urn:zoneledger:miit"], "none": ["most.example"]}
    make_keys(keys, [], shown)
    async with behind_tls(tmp_path / "data", keys) as agencies:
        for who in shown:
            assert await codes(dialled(agencies, keys, keys / who)) == {Code.UNAUTHENTICATED}


@asynchronous
async def test_a_header_a_common_name_and_a_request_make_nobody_another_one(
    tmp_path: Path, keys: Path
) -> None:
    make_keys(keys, [], {"urn:zoneledger:operator": ["urn:zoneledger:public"]})
    async with behind_tls(tmp_path / "data", keys) as agencies:
        method: Any = dialled(agencies, keys, keys / "urn:zoneledger:operator").unary_unary(
            "/zoneledger.ledger.v1.LogService/GetFrontier"
        )
        for header in ("agency", "authorization", "x-forwarded-client-cert", "user-agent"):
            call = method(b"\n\nevaluation", metadata=[(header, "urn:zoneledger:operator")])
            assert await code(call) == Code.PERMISSION_DENIED


async def rest(call: Any) -> list[WatchEventsResponse]:
    """What a reader is told until it is sent away."""
    told: list[WatchEventsResponse] = []
    with suppress(grpc.aio.AioRpcError):
        while True:
            told.append(await call.read())
    return told


async def at_once(folder: Path, text: str, rated: ZoneRatedExcellent) -> None:
    """Let another table and a rating come into the log together, as from another process."""
    store = SqliteStore(log_file(folder, "evaluation"))
    rows = {row.stream: row for row in await store.read(0, 100)}
    streams = {"access-tables": adopted(text), f"unit-{rated.rating.unit_id}": rated}
    await store.append(
        [
            Decision(
                decision_id=new_id(),
                stream=stream,
                version=rows[stream].next_version,
                events=[pack(event)],
            )
            for stream, event in streams.items()
        ]
    )
    await store.close()


def publication(unit_id: str, round_: int) -> ZoneRatedExcellent:
    return ZoneRatedExcellent(rating=rating(unit_id, round_=round_))


# Another table.


@asynchronous
async def test_another_table_counts_from_the_next_call_on_for_who_is_connected(
    tmp_path: Path, keys: Path
) -> None:
    async with behind_tls(tmp_path / "data", keys) as agencies:
        most, cdb = await agencies.of("most"), await agencies.of("cdb")
        assert await code(most.evaluation.ListUnits(ANY_UNIT)) == Code.OK
        await agencies.adopt(WITHOUT_MOST)
        assert await code(most.evaluation.ListUnits(ANY_UNIT)) == Code.UNAUTHENTICATED
        assert await code(cdb.evaluation.ListUnits(ANY_UNIT)) == Code.OK
        await agencies.adopt(SHIPPED)
        assert await code(most.evaluation.ListUnits(ANY_UNIT)) == Code.OK


@asynchronous
async def test_calls_in_full_flight_never_outlive_the_right_to_them(
    tmp_path: Path, keys: Path
) -> None:
    async with behind_tls(tmp_path / "data", keys) as agencies:
        most = await agencies.of("most")
        ended: list[Code] = []

        async def call_on() -> None:
            while Code.UNAUTHENTICATED not in ended[-5:]:
                ended.append(await code(most.evaluation.ListUnits(ANY_UNIT)))

        calling = [asyncio.create_task(call_on()) for _ in range(10)]
        await asyncio.sleep(0.2)
        await agencies.adopt(WITHOUT_MOST)
        after = await code(most.evaluation.ListUnits(ANY_UNIT))
        await asyncio.gather(*calling)
    assert after == Code.UNAUTHENTICATED, "whoever heard of the new table finds it in force"
    assert set(ended) == {Code.OK, Code.UNAUTHENTICATED}


@asynchronous
async def test_who_watches_is_sent_away_with_its_right_and_told_nothing_that_came_behind(
    tmp_path: Path, keys: Path
) -> None:
    async with behind_tls(tmp_path / "data", keys) as agencies:
        operator, audit = await agencies.of("operator"), await agencies.of("audit")
        await begin(operator, "xiangtan")
        call = audit.events.WatchEvents(WatchEventsRequest(service="evaluation"))
        for position in range(1, 6):
            assert (await call.read()).position == position
        await at_once(tmp_path / "data", WATCHES_NO_MORE, publication("xiangtan", 2019))
        await register(operator, ["tangshan"])
        assert await rest(call) == []
        assert await call.code() == Code.UNAVAILABLE
        assert "ADMISSION_CHANGED" in str(await call.trailing_metadata())
        again = WatchEventsRequest(service="evaluation", after_position=5)
        refusal = await refused(lambda asked: audit.events.WatchEvents(asked).read(), again)
        assert refusal.code() == Code.PERMISSION_DENIED


@asynchronous
async def test_on_the_day_after_its_last_one_an_agency_is_told_nothing_more(
    tmp_path: Path, keys: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    today = clock.today()
    ends = SHIPPED.replace(
        "names: [urn:zoneledger:most]", f"names: [urn:zoneledger:most]\n    until: {today}"
    )
    async with behind_tls(tmp_path / "data", keys, ends) as agencies:
        operator, most = await agencies.of("operator"), await agencies.of("most")
        await begin(operator)
        call = most.events.WatchEvents(WatchEventsRequest(service="evaluation", after_position=-1))
        reading = asyncio.create_task(call.read())
        await asyncio.sleep(0.3)
        assert await code(most.evaluation.ListUnits(ANY_UNIT)) == Code.OK
        monkeypatch.setattr(clock, "today", lambda: "2999-01-01")
        assert await code(most.evaluation.ListUnits(ANY_UNIT)) == Code.UNAUTHENTICATED
        await register(operator, ["xiangtan"])
        with pytest.raises(grpc.aio.AioRpcError) as cut:
            await reading
    assert cut.value.code() == Code.UNAVAILABLE

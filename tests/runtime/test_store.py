"""What every store keeps to, whatever it is made of."""

import asyncio
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from itertools import count
from pathlib import Path
from time import time_ns
from typing import Protocol

import pytest
from psycopg.conninfo import make_conninfo

from services.kernel.errors import Unavailable, WrongExpectedVersion, ZoneledgerError
from services.kernel.merkle import EMPTY
from services.runtime.store import Carried, Heard, Inbox, Parked, Row, Store
from services.runtime.store.postgres import PostgresStore
from services.runtime.store.postgres_schema import prepare, role_of
from services.runtime.store.sqlite import SqliteStore
from tests.asynchronous import asynchronous
from tests.runtime.logs import check_whole, decision, decoded, log
from zoneledger.ledger.v1.decision_pb2 import Decision

UNIT = "unit-xiangtan"
OTHER = "unit-tongling"
RATED = Heard("evaluation", UNIT, 0, 1)


class Open(Protocol):
    """Opens the one log of a test; open it twice and both write to the same log."""

    def __call__(
        self, *, clock: Callable[[], int] = time_ns
    ) -> AbstractAsyncContextManager[Store]: ...


def sqlite(folder: Path) -> Open:
    @asynccontextmanager
    async def opened(*, clock: Callable[[], int] = time_ns) -> AsyncIterator[Store]:
        store = SqliteStore(folder / "log.sqlite", clock=clock)
        try:
            yield store
        finally:
            await store.close()

    return opened


def postgres(database: str) -> Open:
    prepare(database, "evaluation", None)
    conninfo = make_conninfo(database, user=role_of("evaluation"))

    @asynccontextmanager
    async def opened(*, clock: Callable[[], int] = time_ns) -> AsyncIterator[Store]:
        store = PostgresStore(conninfo, "evaluation", clock=clock)
        await store.open()
        try:
            yield store
        finally:
            await store.close()

    return opened


@pytest.fixture(params=["sqlite", "postgres"])
def open_log(request: pytest.FixtureRequest, tmp_path: Path) -> Open:
    if request.param == "sqlite":
        return sqlite(tmp_path)
    return postgres(request.getfixturevalue("database"))


# --- appending --------------------------------------------------------------------------------


@asynchronous
async def test_a_new_log_is_empty(open_log: Open) -> None:
    async with open_log() as store:
        assert await log(store) == []
        assert await store.frontier() == EMPTY
        assert await store.stream(UNIT) == []
        assert await store.find("nothing") is None
        assert await store.parked() == []


@asynchronous
async def test_what_was_appended_is_read_back_as_it_was_answered(open_log: Open) -> None:
    async with open_log() as store:
        answered = await store.append([decision(UNIT, events=2), decision(OTHER)])
        assert await log(store) == answered
        assert [(row.position, row.stream, row.next_version) for row in answered] == [
            (1, UNIT, 2),
            (2, OTHER, 1),
        ]


@asynchronous
async def test_the_stored_bytes_say_what_was_asked_and_when_it_was_recorded(open_log: Open) -> None:
    asked = decision(UNIT)
    async with open_log(clock=lambda: 1_624_204_800_000_000_001) as store:
        [row] = await store.append([asked])
    stored = Decision.FromString(row.data)
    assert stored.recorded_at.ToNanoseconds() == 1_624_204_800_000_000_001
    stored.ClearField("recorded_at")
    assert stored == asked
    assert not asked.HasField("recorded_at")


@asynchronous
async def test_an_append_gets_in_with_all_its_decisions_and_its_inbox_or_with_none(
    open_log: Open,
) -> None:
    async with open_log() as store:
        with pytest.raises(WrongExpectedVersion):
            await store.append(
                [decision(UNIT), decision(OTHER, version=7)],
                Inbox("evaluation", 1, (RATED,), (Parked("evaluation", OTHER, 0, "no"),)),
            )
        assert await log(store) == []
        assert await store.frontier() == EMPTY
        assert await store.cursor("evaluation") == 0
        assert await store.heard("evaluation", [UNIT]) == {}
        assert await store.parked() == []


@asynchronous
async def test_decisions_are_not_written_when_what_was_heard_is_stale(open_log: Open) -> None:
    async with open_log() as store:
        with pytest.raises(WrongExpectedVersion):
            await store.append(
                [decision(UNIT)], Inbox("evaluation", 9, (Heard("evaluation", UNIT, 3, 4),))
            )
        assert await log(store) == []
        assert await store.cursor("evaluation") == 0


@asynchronous
async def test_a_decision_on_a_version_that_is_not_the_latest_is_refused(open_log: Open) -> None:
    async with open_log() as store:
        await store.append([decision(UNIT, events=2)])
        for stale in (0, 1, 3):
            with pytest.raises(WrongExpectedVersion):
                await store.append([decision(UNIT, version=stale)])
        await store.append([decision(UNIT, version=2)])
        assert [row.next_version for row in await check_whole(store)] == [2, 3]


@asynchronous
async def test_one_append_may_go_on_with_a_stream_that_it_began(open_log: Open) -> None:
    async with open_log() as store:
        await store.append([decision(UNIT), decision(UNIT, version=1), decision(UNIT, version=2)])
        assert [row.next_version for row in await check_whole(store)] == [1, 2, 3]


@asynchronous
async def test_a_refused_append_takes_nothing_from_those_it_shares_a_commit_with(
    open_log: Open,
) -> None:
    async with open_log() as store:
        appends = [
            store.append([decision(f"unit-{n}"), decision(f"unit-{n}", version=1 + n % 2)])
            for n in range(64)
        ]
        outcomes = await asyncio.gather(*appends, return_exceptions=True)
        assert [isinstance(each, WrongExpectedVersion) for each in outcomes] == [False, True] * 32
        rows = await check_whole(store)
    assert {row.stream for row in rows} == {f"unit-{n}" for n in range(0, 64, 2)}
    assert len(rows) == 64


@asynchronous
async def test_of_two_decisions_on_one_version_at_the_same_time_one_gets_in(open_log: Open) -> None:
    async with open_log() as one, open_log() as other:
        outcomes = await asyncio.gather(
            *(store.append([decision(UNIT)]) for store in (one, other) * 8), return_exceptions=True
        )
        assert sum(isinstance(each, list) for each in outcomes) == 1
        assert sum(isinstance(each, WrongExpectedVersion) for each in outcomes) == 15
        assert len(await check_whole(one)) == 1


@asynchronous
async def test_a_decision_id_gets_into_a_log_once(open_log: Open) -> None:
    async with open_log() as store:
        await store.append([decision(UNIT, id_="once")])
        with pytest.raises(WrongExpectedVersion):
            await store.append([decision(OTHER), decision(OTHER, version=1, id_="once")])
        with pytest.raises(WrongExpectedVersion):
            await store.append([decision(OTHER, id_="two"), decision(OTHER, version=1, id_="two")])
        assert [row.decision_id for row in await check_whole(store)] == ["once"]


@asynchronous
async def test_a_decision_without_events_is_refused(open_log: Open) -> None:
    async with open_log() as store:
        await store.append([decision(UNIT)])
        for version, stream in ((1, UNIT), (0, OTHER)):
            with pytest.raises(ZoneledgerError):
                await store.append([decision(stream, version=version, events=0)])
        assert len(await check_whole(store)) == 1


@asynchronous
async def test_an_append_that_cannot_be_written_is_answered_and_the_next_gets_in(
    open_log: Open,
) -> None:
    async with open_log() as store:
        with pytest.raises(ZoneledgerError):
            await asyncio.wait_for(store.append([decision(UNIT)], Inbox("evaluation", 2**70)), 5)
        await asyncio.wait_for(store.append([decision(UNIT)]), 5)
        assert len(await check_whole(store)) == 1


@asynchronous
async def test_a_decision_of_five_megabytes_is_stored_whole(open_log: Open) -> None:
    large = bytes(range(256)) * 20_000
    async with open_log() as store:
        await store.append([decision(UNIT), decision(OTHER, payload=large)])
        [_, stored] = decoded(await check_whole(store))
    assert stored.command.value == large


@asynchronous
async def test_a_caller_that_goes_away_leaves_its_decision_whole_or_not_at_all(
    open_log: Open,
) -> None:
    async with open_log() as store:
        going = [
            asyncio.ensure_future(store.append([decision(f"unit-{n}"), decision(f"unit-{n}", 1)]))
            for n in range(20)
        ]
        await asyncio.sleep(0)
        for each in going:
            each.cancel()
        await asyncio.gather(*going, return_exceptions=True)
        await store.append([decision(UNIT)])
        assert len(await check_whole(store)) in range(1, 42, 2)


# --- order ------------------------------------------------------------------------------------


@asynchronous
async def test_positions_run_from_one_without_holes_also_past_refusals(open_log: Open) -> None:
    async with open_log() as store:
        for n in range(20):
            await store.append([decision(f"unit-{n}")])
            with pytest.raises(WrongExpectedVersion):
                await store.append([decision(f"park-{n}"), decision(f"unit-{n}")])
        assert len(await check_whole(store)) == 20


@asynchronous
async def test_who_has_seen_a_position_has_seen_every_one_before_it(open_log: Open) -> None:
    async with open_log() as one, open_log() as other, open_log() as reader:
        writing = asyncio.gather(
            *(_write_one_by_one(store, name) for store in (one, other) for name in "abcd")
        )
        seen: list[int] = []
        while not writing.done():
            seen += [row.position for row in await reader.read(len(seen), 1_000)]
            await asyncio.sleep(0)
        await writing
        seen += [row.position for row in await reader.read(len(seen), 1_000)]
    assert seen == list(range(1, 161))


async def _write_one_by_one(store: Store, name: str) -> None:
    for n in range(20):
        await store.append([decision(f"unit-{id(store)}-{name}-{n}")])


@asynchronous
async def test_what_is_recorded_later_says_so_also_where_the_clock_goes_backwards(
    open_log: Open,
) -> None:
    clock = iter([50, 40, 60, 10, 70])
    async with open_log(clock=lambda: next(clock)) as store:
        for n in range(5):
            await store.append([decision(f"unit-{n}")])
        rows = await check_whole(store)
    moments = [each.recorded_at.ToNanoseconds() for each in decoded(rows)]
    assert moments == [50, 51, 60, 61, 70]


@asynchronous
async def test_what_is_recorded_after_a_restart_says_so_also_where_the_clock_goes_backwards(
    open_log: Open,
) -> None:
    async with open_log(clock=lambda: 1_000) as store:
        await store.append([decision(UNIT)])
    async with open_log(clock=lambda: 1) as store:
        await store.append([decision(OTHER)])
        [_, later] = decoded(await check_whole(store))
    assert later.recorded_at.ToNanoseconds() == 1_001


@asynchronous
async def test_sixty_four_callers_at_once_share_a_few_commits(open_log: Open) -> None:
    commits = count(1)
    async with open_log(clock=lambda: next(commits)) as store:
        await asyncio.gather(*(store.append([decision(f"unit-{n}")]) for n in range(64)))
        rows = await check_whole(store)
    assert len(rows) == 64
    assert next(commits) - 1 <= 8  # The clock is read once a commit.


# --- reading ----------------------------------------------------------------------------------


@asynchronous
async def test_a_log_is_read_page_by_page(open_log: Open) -> None:
    async with open_log() as store:
        rows = await store.append([decision(f"unit-{n}") for n in range(10)])
        assert await store.read(0, 3) == rows[:3]
        assert await store.read(3, 3) == rows[3:6]
        assert await store.read(9, 3) == rows[9:]
        assert await store.read(10, 3) == []
        assert await store.read(10**12, 3) == []


@asynchronous
async def test_a_stream_is_read_in_order_from_a_version_on(open_log: Open) -> None:
    async with open_log() as store:
        await store.append([decision(UNIT, events=2), decision(OTHER)])
        await store.append([decision(UNIT, version=2, events=3)])
        await store.append([decision(UNIT, version=5)])
        assert [row.version for row in await store.stream(UNIT)] == [0, 2, 5]
        assert [row.version for row in await store.stream(UNIT, after=2)] == [2, 5]
        spanning = [row.version for row in await store.stream(UNIT, after=3)]
        assert spanning == [2, 5]  # The decision of version 2 led beyond 3.
        assert [row.version for row in await store.stream(UNIT, after=5)] == [5]
        assert await store.stream(UNIT, after=6) == []


@pytest.mark.parametrize("name", ["unit-湘潭", "unit-%", "unit-'; --", "UNIT-XIANGTAN", " "])
@asynchronous
async def test_a_stream_is_found_by_exactly_its_name(open_log: Open, name: str) -> None:
    async with open_log() as store:
        await store.append([decision(UNIT), decision(name)])
        assert [row.stream for row in await store.stream(name)] == [name]


@asynchronous
async def test_decisions_are_found_by_their_positions_or_their_ids_in_order(
    open_log: Open,
) -> None:
    async with open_log() as store:
        rows = await store.append([decision(f"unit-{number}") for number in range(9)])
        some = [rows[7], rows[2], rows[4]]
        assert await store.at([row.position for row in some] + [0, 10]) == sorted(some)
        assert await store.found([row.decision_id for row in some] + ["none"]) == sorted(some)
        assert await store.at([]) == await store.found([]) == []


@asynchronous
async def test_a_decision_is_found_by_its_id(open_log: Open) -> None:
    async with open_log() as store:
        rows = await store.append([decision(UNIT, id_="first"), decision(OTHER, id_="second")])
        assert await store.find("second") == rows[1]
        assert await store.find("third") is None


@asynchronous
async def test_what_one_connection_was_told_is_there_another_sees(open_log: Open) -> None:
    async with open_log() as one, open_log() as other:
        for n in range(20):
            [row] = await one.append([decision(f"unit-{n}")])
            assert await other.find(row.decision_id) == row
            assert (await other.frontier()).size == row.position


@pytest.mark.parametrize("size", [1, 2, 3, 7, 8, 9, 100])
@asynchronous
async def test_the_frontier_is_the_merkle_tree_over_the_stored_bytes(
    open_log: Open, size: int
) -> None:
    async with open_log() as store:
        for n in range(size):
            await store.append([decision(f"unit-{n}")])
            with pytest.raises(WrongExpectedVersion):
                await store.append([decision(f"park-{n}"), decision(f"unit-{n}")])
        await check_whole(store)


# --- what was heard of others -----------------------------------------------------------------


async def _hear(
    store: Store, *heard: Heard, cursor: int = 0, parked: Sequence[Parked] = ()
) -> None:
    await store.append([], Inbox("evaluation", cursor, heard, tuple(parked)))


@asynchronous
async def test_what_was_heard_goes_on_from_where_it_stood(open_log: Open) -> None:
    async with open_log() as store:
        await _hear(store, RATED)
        await _hear(store, Heard("evaluation", UNIT, 1, 4), Heard("evaluation", OTHER, 0, 2))
        for stale in (0, 1, 3, 5):
            with pytest.raises(WrongExpectedVersion):
                await _hear(store, Heard("evaluation", UNIT, stale, 9))
        assert await store.heard("evaluation", [UNIT, OTHER, "unit-new"]) == {UNIT: 4, OTHER: 2}


@asynchronous
async def test_streams_of_the_same_name_in_two_sources_are_two_streams(open_log: Open) -> None:
    async with open_log() as store:
        await _hear(store, RATED)
        await store.append([], Inbox("incentive", 3, (Heard("incentive", UNIT, 0, 5),)))
        assert await store.heard("evaluation", [UNIT]) == {UNIT: 1}
        assert await store.heard("incentive", [UNIT]) == {UNIT: 5}
        assert await store.cursor("evaluation") == 0
        assert await store.cursor("incentive") == 3


@asynchronous
async def test_of_two_that_hear_the_same_one_is_refused(open_log: Open) -> None:
    async with open_log() as one, open_log() as other:
        inbox = Inbox("evaluation", 1, (RATED,))
        outcomes = await asyncio.gather(
            one.append([decision("credit-xiangtan-2020")], inbox),
            other.append([decision("credit-xiangtan-2020-again")], inbox),
            return_exceptions=True,
        )
        assert sorted(type(each).__name__ for each in outcomes) == ["WrongExpectedVersion", "list"]
        assert len(await check_whole(one)) == 1


@asynchronous
async def test_the_cursor_never_goes_back(open_log: Open) -> None:
    async with open_log() as store:
        for said, kept in ((5, 5), (3, 5), (0, 5), (6, 6)):
            await _hear(store, cursor=said)
            assert await store.cursor("evaluation") == kept


@asynchronous
async def test_parked_streams_wait_in_the_order_in_which_they_were_parked(open_log: Open) -> None:
    waiting = [Parked("evaluation", stream, 0, "no answer") for stream in (UNIT, OTHER, "unit-a")]
    async with open_log() as store:
        for each in waiting:
            await _hear(store, parked=[each])
        assert await store.parked() == waiting


@asynchronous
async def test_to_park_a_parked_stream_leaves_it_in_its_place(open_log: Open) -> None:
    first = Parked("evaluation", UNIT, 0, "no answer")
    second = Parked("evaluation", OTHER, 0, "no answer")
    async with open_log() as store:
        await _hear(store, parked=[first, second])
        await _hear(store, parked=[first])
        assert await store.parked() == [first, second]


@asynchronous
async def test_a_parked_stream_says_why_it_waits_now(open_log: Open) -> None:
    async with open_log() as store:
        await _hear(store, parked=[Parked("evaluation", UNIT, 0, "the document is missing")])
        await _hear(store, parked=[Parked("evaluation", UNIT, 0, "the document is unreadable")])
        assert [each.reason for each in await store.parked()] == ["the document is unreadable"]


@asynchronous
async def test_to_hear_a_parked_stream_on_releases_it_and_no_other(open_log: Open) -> None:
    other = Parked("evaluation", OTHER, 0, "no answer")
    namesake = Parked("incentive", UNIT, 0, "no answer")
    async with open_log() as store:
        await _hear(store, parked=[Parked("evaluation", UNIT, 0, "no answer"), other, namesake])
        await _hear(store, RATED)
        assert await store.parked() == [other, namesake]


@asynchronous
async def test_a_stream_may_be_heard_on_and_parked_again_in_one_append(open_log: Open) -> None:
    again = Parked("evaluation", UNIT, 1, "the next one has no answer")
    async with open_log() as store:
        await _hear(store, parked=[Parked("evaluation", UNIT, 0, "no answer")])
        await _hear(store, RATED, parked=[again])
        assert await store.parked() == [again]
        assert await store.heard("evaluation", [UNIT]) == {UNIT: 1}


@asynchronous
async def test_a_parked_stream_is_released_when_the_last_known_event_was_heard(
    open_log: Open,
) -> None:
    async with open_log() as store:
        await _hear(store, parked=[Parked("evaluation", UNIT, 0, "no answer", until=3)])
        await _hear(store, parked=[Parked("evaluation", UNIT, 0, "no answer", until=2)])
        await _hear(store, Heard("evaluation", UNIT, 0, 2))
        assert await store.parked() == [Parked("evaluation", UNIT, 2, "no answer", until=3)]
        await _hear(store, Heard("evaluation", UNIT, 2, 3))
        assert await store.parked() == []


@asynchronous
async def test_a_stream_is_parked_where_it_stands_or_not_at_all(open_log: Open) -> None:
    async with open_log() as store:
        await _hear(store, RATED)
        for stale in (0, 2):
            with pytest.raises(WrongExpectedVersion):
                await _hear(store, parked=[Parked("evaluation", UNIT, stale, "no answer")])
        assert await store.parked() == []


@asynchronous
async def test_a_carrier_goes_on_where_the_last_append_says_also_further_back(
    open_log: Open,
) -> None:
    async with open_log() as store:
        assert await store.carried("events") == {}
        for said in (
            (Carried("events", 0, 7), Carried("events", 3, 2)),
            (Carried("events", 0, 1),),
        ):
            await store.append([], Inbox("evaluation", 0, carried=said))
        await store.append([], Inbox("evaluation", 0, carried=(Carried("other", 0, 9),)))
        assert await store.carried("events") == {0: 1, 3: 2}


# --- closing and opening ----------------------------------------------------------------------


@asynchronous
async def test_to_close_finishes_what_was_accepted(open_log: Open) -> None:
    async with open_log() as store:
        accepted = [
            asyncio.ensure_future(store.append([decision(f"unit-{n}")])) for n in range(2_500)
        ]
        await asyncio.sleep(0)
    rows = [row for each in accepted for row in await each]
    async with open_log() as store:
        assert sorted(rows) == await check_whole(store)


@asynchronous
async def test_a_closed_store_is_unavailable(open_log: Open) -> None:
    async with open_log() as store:
        await store.append([decision(UNIT)])
    with pytest.raises(Unavailable):
        await store.append([decision(OTHER)])
    with pytest.raises(Unavailable):
        await store.read(0, 1)


@asynchronous
async def test_to_close_twice_is_to_close(open_log: Open) -> None:
    async with open_log() as store:
        await store.close()


@asynchronous
async def test_opening_again_shows_everything(open_log: Open) -> None:
    inbox = Inbox("evaluation", 7, (RATED,), (Parked("evaluation", OTHER, 0, "no answer"),))
    async with open_log() as store:
        rows = await store.append([decision(UNIT), decision(OTHER)], inbox)
    async with open_log() as store:
        assert await check_whole(store) == rows
        assert await store.cursor("evaluation") == 7
        assert await store.heard("evaluation", [UNIT]) == {UNIT: 1}
        assert await store.parked() == list(inbox.parked)
        [row] = await store.append([decision("unit-new")])
        assert row.position == 3


@asynchronous
async def test_a_log_goes_on_growing_over_many_openings(open_log: Open) -> None:
    expected: list[Row] = []
    for n in range(10):
        async with open_log() as store:
            expected += await store.append([decision(UNIT, version=n)])
    async with open_log() as store:
        assert await check_whole(store) == expected

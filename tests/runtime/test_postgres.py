"""What PostgreSQL adds to the contract: many writers, grants, and a server that goes away."""

import asyncio
from collections.abc import AsyncIterator, Callable, Iterator, Sequence
from contextlib import asynccontextmanager, suppress
from typing import Any

import psycopg
import pytest
from psycopg import AsyncConnection, sql
from psycopg.conninfo import make_conninfo
from psycopg.rows import TupleRow

from services.kernel.errors import Unavailable, WrongExpectedVersion
from services.runtime.store import Heard, Inbox, Parked
from services.runtime.store import postgres as adapter
from services.runtime.store.postgres import PostgresStore
from services.runtime.store.postgres_schema import connecting, prepare, role_of
from tests.asynchronous import asynchronous
from tests.runtime.logs import check_whole, decision, log
from tests.servers import Postgres, new_database, running_postgres

UNIT, OTHER = "unit-xiangtan", "unit-tongling"
APPEND_BY_HAND = "SELECT append(%s, 1, ''::bytea, %s::jsonb, 'data'::bytea, %s)"


@pytest.fixture
def service(database: str) -> str:
    """The conninfo of the role of evaluation, on a database prepared for it."""
    prepare(database, "evaluation", None)
    return make_conninfo(database, user=role_of("evaluation"))


@pytest.fixture(scope="module")
def server() -> Iterator[Postgres]:
    """A server that a test may stop, kill and start."""
    with running_postgres() as server:
        yield server


@asynccontextmanager
async def opened(conninfo: str, **named: Any) -> AsyncIterator[PostgresStore]:
    store = PostgresStore(conninfo, "evaluation", **named)
    await store.open()
    try:
        yield store
    finally:
        await store.close()


def by_hand(conninfo: str) -> psycopg.Connection[TupleRow]:
    """A connection as the service's own programs have it, with a transaction open."""
    return psycopg.connect(connecting(conninfo, "evaluation"))


def write_row(db: psycopg.Connection[TupleRow], size: int, stream: str) -> None:
    """Append one row behind `size` and do not commit."""
    wish = f'{{"decisions": [["by-hand-{stream}", "{stream}", 0, 1, 1, 4]]}}'
    db.execute(APPEND_BY_HAND, (size, wish, b"\x01" * 32))


# --- reading never passes what may still come ---------------------------------------------------


@asynchronous
async def test_a_reader_does_not_pass_a_transaction_that_is_held_open(service: str) -> None:
    async with opened(service) as store:
        await store.append([decision(UNIT)])
        with by_hand(service) as held:
            write_row(held, 1, "unit-held")
            later = asyncio.create_task(store.append([decision(OTHER)]))
            await asyncio.sleep(0.3)
            assert not later.done()
            assert [row.position for row in await log(store)] == [1]
            held.commit()
        [row] = await later
        assert row.position == 3
        assert [row.stream for row in await log(store)] == [UNIT, "unit-held", OTHER]


@asynchronous
async def test_a_transaction_that_is_rolled_back_leaves_no_hole(service: str) -> None:
    async with opened(service) as store:
        with by_hand(service) as held:
            write_row(held, 0, "unit-held")
            later = asyncio.create_task(store.append([decision(UNIT)]))
            await asyncio.sleep(0.2)
            held.rollback()
        [row] = await later
        assert row.position == 1
        await check_whole(store)


@asynchronous
async def test_a_writer_that_is_killed_leaves_no_hole(service: str, database: str) -> None:
    async with opened(service) as store:
        held = by_hand(service)
        write_row(held, 0, "unit-held")
        later = asyncio.create_task(store.append([decision(UNIT)]))
        await asyncio.sleep(0.2)
        with psycopg.connect(database) as admin:
            admin.execute("SELECT pg_terminate_backend(%s)", (held.info.backend_pid,))
        [row] = await later
        assert row.position == 1
        await check_whole(store)
        with suppress(psycopg.Error):
            held.close()


@asynchronous
async def test_many_writers_make_one_log_without_holes_or_repeats(service: str) -> None:
    async with opened(service) as one, opened(service) as two, opened(service) as three:
        wishes = [
            store.append([decision(f"unit-{name}-{number}", events=2)])
            for number in range(150)
            for name, store in (("one", one), ("two", two), ("three", three))
        ]
        await asyncio.gather(*wishes)
        assert len(await check_whole(two)) == 450


@asynchronous
async def test_of_many_who_decide_on_the_same_version_one_gets_in(service: str) -> None:
    async with opened(service) as one, opened(service) as two:
        wishes = [store.append([decision(UNIT)]) for store in (one, two) for _ in range(20)]
        outcomes = await asyncio.gather(*wishes, return_exceptions=True)
        refused = [each for each in outcomes if isinstance(each, WrongExpectedVersion)]
        assert len(refused) == 39
        assert len(await check_whole(one)) == 1


@asynchronous
async def test_what_one_replica_was_told_another_reads_at_once(service: str) -> None:
    async with opened(service) as one, opened(service) as two:
        for version in range(30):
            [row] = await one.append([decision(UNIT, version=version)])
            assert (await two.frontier()).size == row.position
            assert await two.find(row.decision_id) == row


# --- append-only --------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE decisions SET data = ''",
        "DELETE FROM decisions",
        "INSERT INTO decisions SELECT * FROM decisions",
        "UPDATE frontier SET size = 0",
        "INSERT INTO heard VALUES ('other', 'unit-tongling', 9)",
        "SELECT check_heard('[]')",
        "TRUNCATE decisions",
        "ALTER TABLE decisions DISABLE TRIGGER ALL",
        "DROP TRIGGER decisions_never_change ON decisions",
        "DROP TABLE decisions",
        "DELETE FROM heard",
        "DELETE FROM frontier",
        "CREATE TABLE evaluation.more (one integer)",
    ],
)
@asynchronous
async def test_the_role_of_a_service_can_only_append(service: str, statement: str) -> None:
    async with opened(service) as store:
        await store.append([decision(UNIT)], Inbox("other", 1, (Heard("other", UNIT, 0, 1),)))
        with by_hand(service) as db, pytest.raises(psycopg.errors.InsufficientPrivilege):
            db.execute(statement)
        assert len(await check_whole(store)) == 1


@pytest.mark.parametrize(
    "statement", ["UPDATE decisions SET data = ''", "DELETE FROM decisions", "TRUNCATE decisions"]
)
@asynchronous
async def test_the_owner_too_is_refused_by_the_triggers(
    service: str, database: str, statement: str
) -> None:
    async with opened(service) as store:
        await store.append([decision(UNIT)])
        with by_hand(database) as db, pytest.raises(psycopg.errors.RaiseException, match="append-"):
            db.execute(statement)


def test_a_service_cannot_reach_the_log_of_another(database: str) -> None:
    for name in ("evaluation", "incentive"):
        prepare(database, name, None)
    stranger = make_conninfo(database, user=role_of("incentive"))
    with by_hand(stranger) as db, pytest.raises(psycopg.errors.InsufficientPrivilege):
        db.execute("SELECT * FROM evaluation.decisions")


# --- the schema ---------------------------------------------------------------------------------


@asynchronous
async def test_to_prepare_twice_is_to_prepare(service: str, database: str) -> None:
    async with opened(service) as store:
        await store.append([decision(UNIT)])
        prepare(database, "evaluation", None)
        assert len(await check_whole(store)) == 1


@asynchronous
async def test_a_database_that_was_not_prepared_is_refused_with_what_to_do(database: str) -> None:
    with pytest.raises(Unavailable, match="zoneledger prepare"):
        async with opened(database):
            pass


@asynchronous
async def test_a_schema_of_a_newer_program_is_refused(service: str, database: str) -> None:
    with by_hand(database) as db:
        db.execute("INSERT INTO migrations VALUES (99)")
    with pytest.raises(Unavailable, match="schema 99"):
        async with opened(service):
            pass
    with pytest.raises(Unavailable, match="newer program"):
        prepare(database, "evaluation", None)


def test_a_role_gets_the_password_that_it_is_prepared_with(server: Postgres) -> None:
    database = new_database(server.admin)
    prepare(database, "evaluation", "it's % a {secret}")
    with psycopg.connect(database) as db:
        [(verifier,)] = db.execute(
            "SELECT rolpassword FROM pg_authid WHERE rolname = %s", (role_of("evaluation"),)
        ).fetchall()
    assert verifier.startswith("SCRAM-SHA-256")


# --- a server that goes away --------------------------------------------------------------------


def prepared(server: Postgres) -> str:
    database = new_database(server.admin)
    prepare(database, "evaluation", None)
    return make_conninfo(database, user=role_of("evaluation"))


@pytest.mark.parametrize("end", [Postgres.stop, Postgres.kill], ids=["stopped", "killed"])
@asynchronous
async def test_nothing_is_lost_or_doubled_when_the_server_starts_again(
    server: Postgres, end: Callable[[Postgres], None]
) -> None:
    async with opened(prepared(server)) as store:
        accepted: list[str] = []

        async def write(name: str) -> None:
            for version in range(40):
                [row] = await store.append([decision(f"unit-{name}", version=version)])
                accepted.append(row.decision_id)

        writers = asyncio.gather(*(write(f"writer{number}") for number in range(8)))
        await asyncio.sleep(0.1)
        for _ in range(2):
            await asyncio.to_thread(end, server)
            await asyncio.sleep(0.2)
            await asyncio.to_thread(server.start)
            await asyncio.sleep(0.2)
        await writers
        rows = await check_whole(store)
        assert sorted(row.decision_id for row in rows) == sorted(accepted)


@pytest.mark.parametrize("is_written", [True, False], ids=["written", "lost"])
@asynchronous
async def test_an_answer_that_got_lost_is_found_out_by_the_decision_id(
    service: str, monkeypatch: pytest.MonkeyPatch, is_written: bool
) -> None:
    call, lost = adapter._call, [True]

    async def losing(db: AsyncConnection[TupleRow], sheet: Any) -> Any:
        if not lost.pop() if lost else True:
            return await call(db, sheet)
        if is_written:
            await call(db, sheet)
        await db.close()
        raise adapter._OutcomeUnknown(sheet, psycopg.OperationalError("the line went dead"))

    monkeypatch.setattr(adapter, "_call", losing)
    async with opened(service) as store:
        wishes = [decision(UNIT), decision(OTHER)]
        rows = await store.append(wishes)
        assert [row.decision_id for row in rows] == [each.decision_id for each in wishes]
        assert await check_whole(store) == rows


@asynchronous
async def test_a_server_that_stays_away_is_said_and_found_again(server: Postgres) -> None:
    async with opened(prepared(server), patience=0.5) as store:
        await store.append([decision(UNIT)])
        await asyncio.to_thread(server.stop)
        for refused in (store.append([decision(OTHER)]), store.read(0, 1)):
            with pytest.raises(Unavailable, match=r"cannot be reached|refused"):
                await refused
        await asyncio.to_thread(server.start)
        [row] = await store.append([decision(OTHER)])
        assert row.position == 2
        await check_whole(store)


@asynchronous
async def test_to_append_is_heard_on_the_channel_of_the_service(service: str) -> None:
    async with (
        opened(service) as store,
        await AsyncConnection.connect(service, autocommit=True) as db,
    ):
        await db.execute(sql.SQL("LISTEN {}").format(sql.Identifier("zoneledger.evaluation")))
        await store.append([decision(UNIT)])
        heard = [notice.channel async for notice in db.notifies(timeout=5, stop_after=1)]
    assert heard == ["zoneledger.evaluation"]


@asynchronous
async def test_a_reason_to_wait_may_hold_any_character(service: str) -> None:
    reason = "bad \x00 byte, 中文, \ud7ff, 'quote', \\backslash"
    async with opened(service) as store:
        await store.append([], Inbox("other", 0, (), (Parked("other", UNIT, 0, reason, 1),)))
        [parked] = await store.parked()
        assert parked.reason == reason.replace("\x00", "␀")


@asynchronous
async def test_two_appends_that_hear_the_same_stream_at_once_are_one_heard_and_one_refused(
    service: str,
) -> None:
    async with opened(service) as store:
        inbox = Inbox("other", 1, (Heard("other", UNIT, 0, 1),))
        wishes = [store.append([decision(stream)], inbox) for stream in (UNIT, OTHER)]
        outcomes: Sequence[Any] = await asyncio.gather(*wishes, return_exceptions=True)
        assert [isinstance(each, WrongExpectedVersion) for each in outcomes] == [False, True]
        assert len(await check_whole(store)) == 1


@asynchronous
async def test_one_who_holds_the_edge_and_does_nothing_delays_the_others_only_for_a_while(
    service: str,
) -> None:
    async with opened(service, patience=1.0) as store:
        await store.append([decision(UNIT)])
        with by_hand(service) as idle:
            idle.execute("SET idle_in_transaction_session_timeout = 0")
            idle.execute("SELECT * FROM held_frontier()")
            with pytest.raises(Unavailable):
                await store.append([decision(OTHER)])
            idle.rollback()
        await store.append([decision(OTHER)])
        assert len(await check_whole(store)) == 2


def test_an_address_that_cannot_be_read_is_refused_without_its_password() -> None:
    with pytest.raises(Unavailable, match="cannot be read") as refused:
        connecting("postgresql://u:p%zzsecret@h/db", "evaluation")
    assert "secret" not in str(refused.value)
    assert refused.value.__suppress_context__

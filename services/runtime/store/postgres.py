"""The store on PostgreSQL: one schema a service, any number of processes writing to it.

All appends that are waiting in a process are written by one call of append() in the database: one
round trip, one transaction (group commit). A process remembers the edge of the log; where another
one was faster it is told the new edge and tries again.

When a connection breaks under a commit, the outcome is unknown. It is then found in the log itself,
by the ids of the decisions, after every transaction that may still be running has ended: nothing is
lost and nothing is written twice. Whoever asks waits `patience` seconds for a lost server.
"""

import asyncio
import time
from collections.abc import Awaitable, Callable, Sequence
from contextlib import suppress
from typing import Any, NamedTuple, TypeVar

import psycopg
from psycopg import AsyncConnection
from psycopg.rows import TupleRow
from psycopg_pool import AsyncConnectionPool, PoolClosed, PoolTimeout

from services.kernel.errors import Unavailable, WrongExpectedVersion
from services.kernel.merkle import Frontier
from services.runtime.store import Answered, Inbox, Parked, Row
from services.runtime.store.postgres_append import (
    Clock,
    Edge,
    Sheet,
    Wish,
    refusal,
    split,
)
from services.runtime.store.postgres_schema import check_schema, connecting
from zoneledger.ledger.v1.decision_pb2 import Decision

Answer = TypeVar("Answer")

_READERS = 4
_WISHES_AT_ONCE = 1_000
_PAUSE_SECONDS = 0.2
_PATIENCE_SECONDS = 20.0
_GUESSES = 3
_LONGEST_STATEMENT_SECONDS = 60
_LONGEST_CALL_SECONDS = 15.0
# SQLSTATE: no connection, shut down or starting, too many connections, somebody holds the edge.
_WAITING_HELPS = ("08", "57P", "53300", "55P03")

_SELECT = "SELECT position, decision_id, stream, version, next_version, data, leaf FROM decisions "
_LOG = _SELECT + "WHERE position > %s ORDER BY position LIMIT %s"
_DECISIONS = _SELECT + "WHERE decision_id = ANY(%s) ORDER BY position"
# A decision may span the version that is asked for, so the last one made before it counts too.
_STREAM = _SELECT + (  # noqa: S608  # Every value is bound.
    "WHERE stream = %s AND next_version > %s AND version >= coalesce("
    "(SELECT max(version) FROM decisions WHERE stream = %s AND version <= %s), 0) ORDER BY version"
)
_STREAMS = _SELECT + "WHERE stream = ANY(%s) ORDER BY position"
_AT = _SELECT + "WHERE position = ANY(%s) ORDER BY position"
_EDGE = "SELECT size, recorded_ns, peaks FROM frontier"
_HELD_EDGE = "SELECT size, recorded_ns, peaks FROM held_frontier()"
_HEARD = "SELECT stream, version FROM heard WHERE source = %s AND stream = ANY(%s)"
_CHECKPOINT = "SELECT size, peaks, note FROM checkpoints ORDER BY size DESC LIMIT 1"
_KEEP = "INSERT INTO checkpoints (size, peaks, note) VALUES (%s, %s, %s) ON CONFLICT DO NOTHING"
_ANSWERED = "SELECT * FROM answers WHERE request_id = %s"
_CARRIED = "SELECT partition, next_offset FROM carried WHERE topic = %s"
_PARKED = "SELECT source, stream, version, reason, until FROM parked ORDER BY number"


class _Append(NamedTuple):
    """One caller's wish, and the future that answers it."""

    wish: Wish
    done: "asyncio.Future[list[Row]]"


class PostgresStore:
    """The log in the schema `schema` of the database that `conninfo` names."""

    def __init__(
        self,
        conninfo: str,
        schema: str,
        *,
        clock: Clock = time.time_ns,
        patience: float = _PATIENCE_SECONDS,
    ) -> None:
        self._conninfo = connecting(conninfo, schema, statement_seconds=_LONGEST_STATEMENT_SECONDS)
        self._clock, self._patience = clock, patience
        self._readers = AsyncConnectionPool(
            self._conninfo,
            min_size=1,
            max_size=_READERS,
            open=False,
            timeout=patience,
            kwargs={"autocommit": True},
        )
        self._db: AsyncConnection[TupleRow] | None = None
        self._edge: Edge | None = None
        self._waiting: list[_Append] = []
        self._writing: asyncio.Task[None] | None = None
        self._is_open = False

    async def open(self) -> None:
        """Reach the server; `Unavailable` where that cannot be done, or the schema is not ours."""
        await self._readers.open()
        try:
            await self._patiently(self._check)
        except Unavailable:
            await self._readers.close()
            raise
        self._is_open = True

    async def append(
        self,
        decisions: Sequence[Decision],
        inbox: Inbox | None = None,
        answered: Answered | None = None,
    ) -> list[Row]:
        if not self._is_open:
            raise Unavailable("the store is closed")
        done: asyncio.Future[list[Row]] = asyncio.get_running_loop().create_future()
        self._waiting.append(_Append((decisions, inbox, answered), done))
        if self._writing is None:
            self._writing = asyncio.create_task(self._write_all())
        return await done

    async def stream(self, name: str, after: int = 0) -> list[Row]:
        return list(map(Row._make, await self._read(_STREAM, (name, after, name, after))))

    async def streams(self, names: Sequence[str]) -> list[Row]:
        return list(map(Row._make, await self._read(_STREAMS, (list(names),))))

    async def read(self, after: int, limit: int) -> list[Row]:
        return list(map(Row._make, await self._read(_LOG, (after, limit))))

    async def find(self, decision_id: str) -> Row | None:
        found = await self.found([decision_id])
        return found[0] if found else None

    async def at(self, positions: Sequence[int]) -> list[Row]:
        return list(map(Row._make, await self._read(_AT, (list(positions),))))

    async def found(self, decision_ids: Sequence[str]) -> list[Row]:
        return list(map(Row._make, await self._read(_DECISIONS, (list(decision_ids),))))

    async def frontier(self) -> Frontier:
        [(size, _, peaks)] = await self._read(_EDGE)
        return Frontier(size, split(peaks))

    async def cursor(self, source: str) -> int:
        found = await self._read("SELECT position FROM cursors WHERE source = %s", (source,))
        return int(found[0][0]) if found else 0

    async def heard(self, source: str, streams: Sequence[str]) -> dict[str, int]:
        return dict(await self._read(_HEARD, (source, list(streams))))

    async def carried(self, topic: str) -> dict[int, int]:
        return dict(await self._read(_CARRIED, (topic,)))

    async def parked(self) -> list[Parked]:
        return list(map(Parked._make, await self._read(_PARKED)))

    async def answered(self, request_id: str) -> Answered | None:
        found = await self._read(_ANSWERED, (request_id,))
        return Answered._make(found[0]) if found else None

    def pulse(self) -> int | None:
        return None

    async def checkpoint(self) -> tuple[Frontier, str] | None:
        found = await self._read(_CHECKPOINT)
        return (Frontier(found[0][0], split(found[0][1])), found[0][2]) if found else None

    async def keep_checkpoint(self, frontier: Frontier, note: str) -> None:
        """Keep a signed tree; of two that were signed at the same size the first one stays."""

        async def keep() -> None:
            async with self._readers.connection() as db:
                await db.execute(_KEEP, (frontier.size, b"".join(frontier.peaks), note))

        await self._patiently(keep)

    async def close(self) -> None:
        self._is_open = False
        if self._writing is not None:
            await self._writing
        await self._forget_connection()
        await self._readers.close()

    # --- reading --------------------------------------------------------------------------------

    async def _check(self) -> None:
        async with self._readers.connection() as db:
            await check_schema(db)

    async def _read(self, sql: str, values: tuple[object, ...] = ()) -> list[tuple[Any, ...]]:
        async def read() -> list[tuple[Any, ...]]:
            async with self._readers.connection() as db:
                return await (await db.execute(sql, values, binary=True)).fetchall()

        return await self._patiently(read)

    async def _patiently(self, doing: Callable[[], Awaitable[Answer]]) -> Answer:
        """Do it; again while the server cannot be reached, until patience ends."""
        deadline = time.monotonic() + self._patience
        while True:
            try:
                return await doing()
            except (PoolClosed, PoolTimeout) as error:
                raise Unavailable(f"the database cannot be reached: {error}") from error
            except psycopg.Error as error:
                if not _is_lost(error) or time.monotonic() > deadline:
                    raise refusal(error) from error
            await asyncio.sleep(_PAUSE_SECONDS)

    # --- writing --------------------------------------------------------------------------------

    async def _write_all(self) -> None:
        """Write until nothing waits; what is appended meanwhile shares the next commit."""
        while appends := self._waiting[:_WISHES_AT_ONCE]:
            del self._waiting[:_WISHES_AT_ONCE]
            for append, outcome in zip(appends, await self._write(appends), strict=True):
                if append.done.cancelled():
                    continue  # The caller went away; what is committed stays committed.
                if isinstance(outcome, Exception):
                    append.done.set_exception(outcome)
                else:
                    append.done.set_result(outcome)
        self._writing = None

    async def _write(self, appends: Sequence[_Append]) -> list[list[Row] | Exception]:
        """The rows of each append, durable, or why it was refused: together, else one by one."""
        wishes = [append.wish for append in appends]
        try:
            return list(await self._commit(wishes))
        except WrongExpectedVersion as error:
            if len(wishes) == 1:
                return [WrongExpectedVersion(f"{_named(wishes[0])}: {error}")]
        except Exception as fault:  # noqa: BLE001  # Somebody waits for an answer in any case.
            if len(wishes) == 1 or not isinstance(fault.__cause__, psycopg.DataError):
                return [fault] * len(wishes)
        return [outcome for append in appends for outcome in await self._write([append])]

    async def _commit(self, wishes: Sequence[Wish]) -> list[list[Row]]:
        """Write all of `wishes` or none."""
        deadline = time.monotonic() + self._patience
        unknown: Sheet | None = None
        while True:
            try:
                db = await self._connection()
                if unknown is not None and await self._is_written(db, unknown):
                    return unknown.rows
                return await self._append(db, wishes)
            except _OutcomeUnknown as lost:
                unknown, error = lost.sheet, lost.error
            except psycopg.Error as fault:
                error = fault
            if not _is_lost(error):
                raise refusal(error) from error
            await self._forget_connection()
            if time.monotonic() > deadline or not self._is_open:
                said = "; whether it was written is not known" if unknown else ""
                raise Unavailable(f"the database cannot be reached{said}: {error}") from error
            await asyncio.sleep(_PAUSE_SECONDS)

    async def _append(
        self, db: AsyncConnection[TupleRow], wishes: Sequence[Wish]
    ) -> list[list[Row]]:
        """Guess where the log ends and write; where others are faster each time, hold it first."""
        for _ in range(_GUESSES):
            edge = self._edge or await _read_edge(db, _EDGE)
            sheet = Sheet.of(wishes, edge, self._clock())
            self._edge = await _call(db, sheet)
            if self._edge is sheet.edge:
                return sheet.rows
        self._edge = None
        async with db.transaction():
            edge = await _read_edge(db, _HELD_EDGE)
            sheet = Sheet.of(wishes, edge, self._clock())
            await _call(db, sheet)
        self._edge = sheet.edge
        return sheet.rows

    async def _is_written(self, db: AsyncConnection[TupleRow], sheet: Sheet) -> bool:
        """Whether a sheet got in, asked when nobody is writing any more."""
        self._edge = None
        rows = [row for own in sheet.rows for row in own]
        async with db.transaction():
            await db.execute(_HELD_EDGE)
            found = await db.execute(_DECISIONS, ([row.decision_id for row in rows],), binary=True)
            return bool(rows) and {r[6] for r in await found.fetchall()} == {r.leaf for r in rows}

    async def _connection(self) -> AsyncConnection[TupleRow]:
        if self._db is None:
            self._edge = None
            self._db = await AsyncConnection.connect(self._conninfo, autocommit=True)
        return self._db

    async def _forget_connection(self) -> None:
        db, self._db, self._edge = self._db, None, None
        if db is not None:
            with suppress(psycopg.Error, OSError):
                await db.close()


class _OutcomeUnknown(Exception):
    """The connection broke before the database answered."""

    def __init__(self, sheet: Sheet, error: psycopg.Error) -> None:
        super().__init__(str(error))
        self.sheet, self.error = sheet, error


async def _call(db: AsyncConnection[TupleRow], sheet: Sheet) -> Edge:
    """The edge of the log as it is now: the one of `sheet` itself if that was written."""
    try:
        async with asyncio.timeout(_LONGEST_CALL_SECONDS):
            cursor = await db.execute(sheet.call, sheet.values, binary=True)
            edges = await cursor.fetchall()
    except TimeoutError:
        late = psycopg.OperationalError(f"no answer within {_LONGEST_CALL_SECONDS:.0f} s")
        raise _OutcomeUnknown(sheet, late) from None
    except psycopg.Error as error:
        if _is_lost(error):
            raise _OutcomeUnknown(sheet, error) from error
        raise
    if not edges:
        return sheet.edge
    [(size, recorded_ns, peaks)] = edges
    return Edge(Frontier(size, split(peaks)), recorded_ns)


async def _read_edge(db: AsyncConnection[TupleRow], sql: str) -> Edge:
    cursor = await db.execute(sql, binary=True)
    [(size, recorded_ns, peaks)] = await cursor.fetchall()
    return Edge(Frontier(size, split(peaks)), recorded_ns)


def _is_lost(error: Exception) -> bool:
    """Whether the server went away or is not there yet, so that waiting may help."""
    if isinstance(error, psycopg.OperationalError):
        return error.sqlstate is None or error.sqlstate.startswith(_WAITING_HELPS)
    return False


def _named(wish: Wish) -> str:
    decisions, inbox, _ = wish
    return ", ".join(decision.stream for decision in decisions[:3]) or f"inbox of {inbox}"

"""Moves a log that was written elsewhere into PostgreSQL, byte by byte, or not at all.

What was hashed is hashed again on the way, and the tree must come out the same; so whoever kept the
root of the old log can go on with the new one.
"""

from collections.abc import AsyncIterator, Sequence
from typing import Any

import psycopg
from psycopg import AsyncConnection, AsyncCursor
from psycopg.rows import TupleRow

from services.kernel.errors import CorruptHistory, Rejected
from services.kernel.merkle import EMPTY, Frontier, extend, leaf_hash
from services.runtime.store import Inbox, Row
from services.runtime.store.postgres_append import refusal, split
from services.runtime.store.postgres_schema import connecting
from zoneledger.ledger.v1.decision_pb2 import Decision

_COPY = (
    "COPY decisions (position, decision_id, stream, version, next_version, data, leaf)"
    " FROM STDIN (FORMAT BINARY)"
)
_TYPES = ("int8", "text", "text", "int8", "int8", "bytea", "bytea")


async def copy_log(
    admin: str,
    service: str,
    pages: AsyncIterator[Sequence[Row]],
    frontier: Frontier,
    inboxes: Sequence[Inbox],
) -> bool:
    """Fill the empty log of a service with `pages`, whose tree is `frontier`; whether it was empty.

    `Rejected` where the log holds anything else already, `CorruptHistory` where the rows are not
    what their tree says.
    """
    try:
        async with await AsyncConnection.connect(connecting(admin, service)) as db:
            held = await _held(db)
            if held == frontier:
                return False
            if held != EMPTY:
                raise Rejected(
                    f"the log of {service} in the database holds {held.size} other decisions;"
                    " a log is moved into an empty one"
                )
            await _fill(db.cursor(), service, pages, frontier)
            await _remember(db.cursor(), inboxes)
    except psycopg.Error as error:
        raise refusal(error) from error
    return True


async def _held(db: AsyncConnection[TupleRow]) -> Frontier:
    cursor = await db.execute("SELECT size, peaks FROM frontier FOR UPDATE")
    [(size, peaks)] = await cursor.fetchall()
    return Frontier(size, split(peaks))


async def _fill(
    cursor: AsyncCursor[Any], service: str, pages: AsyncIterator[Sequence[Row]], frontier: Frontier
) -> None:
    built, recorded_ns = EMPTY, 0
    versions: dict[str, int] = {}
    async with cursor.copy(_COPY) as copy:
        copy.set_types(_TYPES)
        async for rows in pages:
            leaves = [leaf_hash(row.data) for row in rows]
            if leaves != [row.leaf for row in rows]:
                raise CorruptHistory(f"the log of {service} has a row that is not what was hashed")
            built = extend(built, leaves)
            for row in rows:
                if versions.get(row.stream, 0) != row.version:
                    raise CorruptHistory(f"{row.stream} has a hole before version {row.version}")
                versions[row.stream] = row.next_version
                await copy.write_row(row)
            recorded_ns = Decision.FromString(rows[-1].data).recorded_at.ToNanoseconds()
    if built != frontier:
        raise CorruptHistory(f"the log of {service} has another tree than it says; audit it first")
    await cursor.execute(
        "UPDATE frontier SET size = %s, recorded_ns = %s, peaks = %s",
        (built.size, recorded_ns, b"".join(built.peaks)),
    )


async def _remember(cursor: AsyncCursor[Any], inboxes: Sequence[Inbox]) -> None:
    """What was heard of others, so that nothing is answered twice."""
    for inbox in inboxes:
        await cursor.execute("INSERT INTO cursors VALUES (%s, %s)", (inbox.source, inbox.cursor))
        await cursor.executemany(
            "INSERT INTO heard VALUES (%s, %s, %s)",
            [(heard.source, heard.stream, heard.to_version) for heard in inbox.heard],
        )
        await cursor.executemany(
            "INSERT INTO parked (source, stream, version, reason, until)"
            " VALUES (%s, %s, %s, %s, %s)",
            inbox.parked,
        )

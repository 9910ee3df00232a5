"""The store on SQLite: one file a service, WAL, every commit synced to the disk.

All appends that are waiting are committed together, so callers share the cost of the disk (group
commit). A thread of its own writes, except for a single append on a disk quick enough that to wait
for the thread would take longer. Reads have a connection of their own and see whole commits only.

A store belongs to the event loop that opened it. Its file has one writing process at a time; the
lock of the data folder sees to that.
"""

import asyncio
import json
import sqlite3
import time
from collections.abc import Sequence
from pathlib import Path
from queue import SimpleQueue
from threading import Thread
from typing import Any, NamedTuple

from services.kernel.errors import CorruptHistory, Unavailable, ZoneledgerError
from services.kernel.merkle import Frontier
from services.runtime.store import Answered, Heard, Inbox, Parked, Row
from services.runtime.store.sqlite_commit import (
    HEARD,
    Clock,
    Outcome,
    Wish,
    commit,
    split,
)
from zoneledger.ledger.v1.decision_pb2 import Decision

_MIGRATIONS = sorted(Path(__file__).parent.glob("sqlite_[0-9][0-9][0-9].sql"))

# Handing a commit to another thread and back takes about a tenth of a millisecond.
_QUICK_NS = 1_000_000

_SELECT = "SELECT position, decision_id, stream, version, next_version, data, leaf FROM decisions "
_LOG = _SELECT + "WHERE position > ? ORDER BY position LIMIT ?"
_AT = _SELECT + (  # noqa: S608  # Every value is bound.
    "WHERE position IN (SELECT value FROM json_each(?)) ORDER BY position"
)
_DECISION = _SELECT + "WHERE decision_id = ?"
# A decision may span the version that is asked for, so the last one made before it counts too.
_STREAM = _SELECT + (  # noqa: S608  # Every value is bound.
    "WHERE stream = ? AND next_version > ? AND version >= coalesce("
    "(SELECT max(version) FROM decisions WHERE stream = ? AND version <= ?), 0) ORDER BY version"
)


class _Append(NamedTuple):
    """One caller's wish, and the future that answers it."""

    wish: Wish
    done: "asyncio.Future[list[Row]]"


class SqliteStore:
    """The log in the SQLite file at `path`; made and migrated when opened.

    Read-only, it shows the log as it was at the moment of opening and makes no file.
    """

    def __init__(self, path: Path, *, read_only: bool = False, clock: Clock = time.time_ns) -> None:
        self._path, self._clock = path, clock
        self._loop = asyncio.get_running_loop()
        self._waiting: list[_Append] = []
        self._is_writing = False
        self._batches: SimpleQueue[list[_Append] | None] = SimpleQueue()
        self._writer: Thread | None = None
        self._reader = _open_read_only(path) if read_only else _open(path)
        self._commit_ns = self._commits = 0
        if not read_only:
            self._db = _open(path)
            self._writer = Thread(target=self._write, name=f"writer of {path.name}", daemon=True)
            self._writer.start()

    async def append(
        self,
        decisions: Sequence[Decision],
        inbox: Inbox | None = None,
        answered: Answered | None = None,
    ) -> list[Row]:
        if self._writer is None:
            raise Unavailable(f"{self._path} is closed or open for reading only")
        done: asyncio.Future[list[Row]] = self._loop.create_future()
        self._waiting.append(_Append((decisions, inbox, answered), done))
        if not self._is_writing:
            self._hand_over()
        return await done

    async def stream(self, name: str, after: int = 0) -> list[Row]:
        return list(map(Row._make, self._read(_STREAM, (name, after, name, after))))

    async def streams(self, names: Sequence[str]) -> list[Row]:
        return sorted([row for name in set(names) for row in await self.stream(name)])

    async def read(self, after: int, limit: int) -> list[Row]:
        return list(map(Row._make, self._read(_LOG, (after, limit))))

    async def find(self, decision_id: str) -> Row | None:
        found = self._read(_DECISION, (decision_id,))
        return Row._make(found[0]) if found else None

    async def at(self, positions: Sequence[int]) -> list[Row]:
        return list(map(Row._make, self._read(_AT, (json.dumps(list(positions)),))))

    async def found(self, decision_ids: Sequence[str]) -> list[Row]:
        found = [await self.find(decision_id) for decision_id in set(decision_ids)]
        return sorted([row for row in found if row is not None])

    async def frontier(self) -> Frontier:
        found = self._read("SELECT size, peaks FROM frontier")
        if not found:
            raise CorruptHistory(f"{self._path} has lost the edge of its Merkle tree")
        [(size, peaks)] = found
        return Frontier(size, split(peaks))

    async def cursor(self, source: str) -> int:
        found = self._read("SELECT position FROM cursors WHERE source = ?", (source,))
        return int(found[0][0]) if found else 0

    async def heard(self, source: str, streams: Sequence[str]) -> dict[str, int]:
        found = {stream: self._read(HEARD, (source, stream)) for stream in streams}
        return {stream: int(rows[0][0]) for stream, rows in found.items() if rows}

    async def carried(self, topic: str) -> dict[int, int]:
        return dict(
            self._read("SELECT partition, next_offset FROM carried WHERE topic = ?", (topic,))
        )

    async def parked(self) -> list[Parked]:
        found = self._read(
            "SELECT source, stream, version, reason, until FROM parked ORDER BY rowid"
        )
        return list(map(Parked._make, found))

    async def answered(self, request_id: str) -> Answered | None:
        found = self._read("SELECT * FROM answers WHERE request_id = ?", (request_id,))
        return Answered._make(found[0]) if found else None

    async def checkpoint(self) -> tuple[Frontier, str] | None:
        return None

    def pulse(self) -> int | None:
        return self._commits if self._writer is not None else None

    async def inboxes(self) -> list[Inbox]:
        """All that was heard of others, source by source, as one append each would say it."""
        heard = self._read("SELECT source, stream, version FROM heard ORDER BY source, stream")
        parked = await self.parked()
        return [
            Inbox(
                source,
                position,
                tuple(
                    Heard(source, name, 0, version) for of, name, version in heard if of == source
                ),
                tuple(each for each in parked if each.source == source),
            )
            for source, position in self._read("SELECT source, position FROM cursors")
        ]

    async def close(self) -> None:
        writer, self._writer = self._writer, None
        if writer is not None:
            if self._waiting:
                self._batches.put(self._waiting)
            self._batches.put(None)
            await asyncio.to_thread(writer.join)
            self._db.close()
        self._reader.close()

    def _read(self, sql: str, values: tuple[object, ...] = ()) -> list[tuple[Any, ...]]:
        try:
            return self._reader.execute(sql, values).fetchall()
        except sqlite3.Error as error:
            raise refusal(self._path, error) from error

    def _hand_over(self) -> None:
        """Commit all that is waiting: by the writing thread, or here if that costs less."""
        appends, self._waiting = self._waiting, []
        self._is_writing = bool(appends)
        if len(appends) == 1 and self._commit_ns < _QUICK_NS:
            self._answer(appends, self._commit(appends))
        elif appends:
            self._batches.put(appends)

    def _write(self) -> None:
        """The writing thread: a commit for each batch, until told to stop."""
        while (appends := self._batches.get()) is not None:
            self._loop.call_soon_threadsafe(self._answer, appends, self._commit(appends))

    def _commit(self, appends: Sequence[_Append]) -> list[Outcome]:
        began = time.monotonic_ns()
        try:
            return commit(self._db, [append.wish for append in appends], self._clock)
        except Exception as fault:  # noqa: BLE001  # Somebody waits for an answer in any case.
            return [fault] * len(appends)
        finally:
            self._commits += 1
            self._commit_ns = (time.monotonic_ns() - began) // len(appends)

    def _answer(self, appends: Sequence[_Append], outcomes: Sequence[Outcome]) -> None:
        """Answer the callers; whatever they append next goes into the same commit."""
        for append, outcome in zip(appends, outcomes, strict=True):
            if append.done.cancelled():
                continue  # The caller went away; what is committed stays committed.
            if isinstance(outcome, Exception):
                append.done.set_exception(outcome)
            else:
                append.done.set_result(outcome)
        self._loop.call_soon(self._hand_over)


def refusal(path: Path, error: sqlite3.Error) -> ZoneledgerError:
    """Whether the file is damaged or only out of reach."""
    if isinstance(error, sqlite3.OperationalError | sqlite3.ProgrammingError):
        return Unavailable(f"{path} cannot be reached: {error}")
    return CorruptHistory(f"{path} cannot be read as a log: {error}")


def _open(path: Path) -> sqlite3.Connection:
    try:
        db = sqlite3.connect(path, isolation_level=None, check_same_thread=False, timeout=5)
        db.execute("PRAGMA journal_mode = WAL")
        db.execute("PRAGMA synchronous = FULL")
        _migrate(db, path)
    except sqlite3.Error as error:
        raise refusal(path, error) from error
    return db


def _open_read_only(path: Path) -> sqlite3.Connection:
    """Open without making a file: SQLite makes one beside a log that has no WAL unless told."""
    if not path.exists():
        raise Unavailable(f"there is no log at {path}")
    has_wal = path.with_name(f"{path.name}-wal").exists()
    try:
        uri = f"{path.absolute().as_uri()}?{'mode=ro' if has_wal else 'immutable=1'}"
        db = sqlite3.connect(uri, uri=True, isolation_level=None, check_same_thread=False)
        version = db.execute("PRAGMA user_version").fetchone()[0]
        if version == len(_MIGRATIONS):
            db.execute("BEGIN")
            db.execute("SELECT size FROM frontier").fetchone()  # A snapshot begins with a read.
            return db
    except sqlite3.Error as error:
        raise refusal(path, error) from error
    raise Unavailable(
        f"{path} has schema {version}, this program reads {len(_MIGRATIONS)};"
        " open the folder once with the program that is to use it"
    )


def _migrate(db: sqlite3.Connection, path: Path) -> None:
    version = db.execute("PRAGMA user_version").fetchone()[0]
    if version > len(_MIGRATIONS):
        raise Unavailable(
            f"{path} was written by a newer program (schema {version}, this one knows"
            f" {len(_MIGRATIONS)}); use that one"
        )
    for number, script in enumerate(_MIGRATIONS[version:], version + 1):
        db.executescript(
            f"BEGIN IMMEDIATE;\n{script.read_text('utf-8')}\n"
            f"PRAGMA user_version = {number};\nCOMMIT;"
        )

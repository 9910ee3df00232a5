"""The store on SQLite: one file a service, WAL, every commit synced to the disk.

One thread writes. It takes all appends that are waiting, decides for each whether its versions
still hold, and commits them together, so callers share the cost of the disk (group commit). Reads
have a connection of their own and see whole commits only.

A store belongs to the event loop that opened it. Its file has one writing process at a time; the
lock of the data folder sees to that.
"""

import asyncio
import sqlite3
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from queue import Empty, SimpleQueue
from threading import Thread
from time import time_ns
from typing import NamedTuple, TypeAlias

from services.kernel.decision import moment
from services.kernel.errors import (
    CorruptHistory,
    Unavailable,
    WrongExpectedVersion,
    ZoneledgerError,
)
from services.kernel.merkle import Frontier, extend, leaf_hash
from services.runtime.store import Heard, Inbox, Parked, Row
from zoneledger.ledger.v1.decision_pb2 import Decision

# Nanoseconds since 1970 UTC.
Clock: TypeAlias = Callable[[], int]

_MIGRATIONS = sorted(Path(__file__).parent.glob("sqlite_[0-9][0-9][0-9].sql"))
_MOST_IN_A_COMMIT = 1_000
_ROW = "position, decision_id, stream, version, data, leaf"


class _Append(NamedTuple):
    """One caller's wish, and the future that answers it."""

    decisions: Sequence[Decision]
    inbox: Inbox | None
    done: "asyncio.Future[list[Row]]"


_Outcome: TypeAlias = list[Row] | ZoneledgerError


class SqliteStore:
    """The log in the SQLite file at `path`; made and migrated when opened.

    Read-only, it shows the log as it was at the moment of opening and makes no file.
    """

    def __init__(self, path: Path, *, read_only: bool = False, clock: Clock = time_ns) -> None:
        self._path, self._clock = path, clock
        self._loop = asyncio.get_running_loop()
        self._queue: SimpleQueue[_Append | None] = SimpleQueue()
        self._writer: Thread | None = None
        self._reader = _open_read_only(path) if read_only else _open(path)
        if not read_only:
            self._writer = Thread(
                target=self._write_all, name=f"writer of {path.name}", daemon=True
            )
            self._writer.start()

    async def append(self, decisions: Sequence[Decision], inbox: Inbox | None = None) -> list[Row]:
        if self._writer is None:
            raise Unavailable(f"{self._path} is closed or open for reading only")
        done: asyncio.Future[list[Row]] = self._loop.create_future()
        self._queue.put(_Append(decisions, inbox, done))
        return await done

    async def stream(self, name: str, after: int = 0) -> list[Row]:
        return self._rows(
            f"SELECT {_ROW} FROM decisions"
            " WHERE stream = ? AND version > ? ORDER BY version",
            (name, after),
        )

    async def read(self, after: int, limit: int) -> list[Row]:
        return self._rows(
            f"SELECT {_ROW} FROM decisions"
            " WHERE position > ? ORDER BY position LIMIT ?",
            (after, limit),
        )

    async def find(self, decision_id: str) -> Row | None:
        rows = self._rows(
            f"SELECT {_ROW} FROM decisions WHERE decision_id = ?", (decision_id,)
        )
        return rows[0] if rows else None

    async def frontier(self) -> Frontier:
        size, peaks = self._reader.execute("SELECT size, peaks FROM frontier").fetchone()
        return Frontier(size, _split(peaks))

    async def cursor(self, source: str) -> int:
        found = self._reader.execute("SELECT position FROM cursors WHERE source = ?", (source,))
        row: tuple[int] | None = found.fetchone()
        return row[0] if row else 0

    async def heard(self, source: str, streams: Sequence[str]) -> dict[str, int]:
        return {
            stream: version
            for stream in streams
            if (version := _heard(self._reader, source, stream))
        }

    async def parked(self) -> list[Parked]:
        found = self._reader.execute(
            "SELECT source, stream, version, reason FROM parked ORDER BY rowid"
        )
        return [Parked(*row) for row in found]

    async def close(self) -> None:
        writer, self._writer = self._writer, None
        if writer is not None:
            self._queue.put(None)
            await asyncio.to_thread(writer.join)
        self._reader.close()

    def _rows(self, sql: str, values: tuple[object, ...]) -> list[Row]:
        return list(map(Row._make, self._reader.execute(sql, values)))

    def _write_all(self) -> None:
        """The writing thread: a commit for whatever is waiting, until told to stop."""
        db = _connect(self._path)
        while (append := self._queue.get()) is not None:
            waiting = [append, *self._waiting()]
            outcomes = _commit(db, waiting, self._clock)
            self._loop.call_soon_threadsafe(_answer, waiting, outcomes)
        db.close()

    def _waiting(self) -> Iterator[_Append]:
        """What else is in the queue; a wish to stop is left there for the next turn."""
        for _ in range(_MOST_IN_A_COMMIT - 1):
            try:
                append = self._queue.get_nowait()
            except Empty:
                return
            if append is None:
                self._queue.put(None)
                return
            yield append


def _answer(appends: Sequence[_Append], outcomes: Sequence[_Outcome]) -> None:
    for append, outcome in zip(appends, outcomes, strict=True):
        if append.done.cancelled():
            continue  # The caller went away; what is committed stays committed.
        if isinstance(outcome, ZoneledgerError):
            append.done.set_exception(outcome)
        else:
            append.done.set_result(outcome)


def _commit(db: sqlite3.Connection, appends: Sequence[_Append], clock: Clock) -> list[_Outcome]:
    """One transaction for all of `appends`; each of them gets in whole or not at all."""
    try:
        db.execute("BEGIN IMMEDIATE")
        size, last_ns, peaks = db.execute(
            "SELECT size, recorded_ns, peaks FROM frontier"
        ).fetchone()
        pen = _Pen(db, size, max(clock(), last_ns))
        outcomes = [pen.write(append) for append in appends]
        edge = extend(Frontier(size, _split(peaks)), pen.leaves)
        db.execute(
            "UPDATE frontier SET size = ?, recorded_ns = ?, peaks = ?",
            (edge.size, pen.now_ns, b"".join(edge.peaks)),
        )
        db.execute("COMMIT")
    except sqlite3.Error as error:
        if db.in_transaction:
            db.execute("ROLLBACK")
        refusal = Unavailable(f"nothing was written, the store cannot be reached: {error}")
        return [refusal] * len(appends)
    return outcomes


class _Pen:
    """Writes rows inside one transaction, all of them recorded at the same moment."""

    def __init__(self, db: sqlite3.Connection, size: int, now_ns: int) -> None:
        self.leaves: list[bytes] = []
        self.now_ns = now_ns
        self._db, self._size = db, size
        self._now = moment(now_ns)

    def write(self, append: _Append) -> _Outcome:
        taken = len(self.leaves)
        self._db.execute("SAVEPOINT append")
        try:
            rows = [self._insert(decision) for decision in append.decisions]
            if append.inbox is not None:
                self._remember(append.inbox)
        except WrongExpectedVersion as refusal:
            self._db.execute("ROLLBACK TO append")
            del self.leaves[taken:]
            return refusal
        finally:
            self._db.execute("RELEASE append")
        return rows

    def _insert(self, wish: Decision) -> Row:
        version = self._version(wish.stream)
        if version != wish.version:
            raise WrongExpectedVersion(
                f"{wish.stream} is at version {version}, the decision was made on {wish.version}"
            )
        decision = Decision(recorded_at=self._now)
        decision.MergeFrom(wish)
        data = decision.SerializeToString()
        leaf = leaf_hash(data)
        position = self._size + len(self.leaves) + 1
        led_to = version + len(decision.events)
        row = Row(position, decision.decision_id, decision.stream, led_to, data, leaf)
        try:
            self._db.execute("INSERT INTO decisions VALUES (?, ?, ?, ?, ?, ?)", row)
        except sqlite3.IntegrityError as error:
            raise WrongExpectedVersion(
                f"decision {decision.decision_id} on {decision.stream} cannot be added: {error}"
            ) from error
        self.leaves.append(leaf)
        return row

    def _version(self, stream: str) -> int:
        found = self._db.execute(
            "SELECT version FROM decisions WHERE stream = ? ORDER BY version DESC LIMIT 1",
            (stream,),
        )
        row: tuple[int] | None = found.fetchone()
        return row[0] if row else 0

    def _remember(self, inbox: Inbox) -> None:
        for heard in inbox.heard:
            self._hear(heard)
        self._db.executemany("INSERT OR IGNORE INTO parked VALUES (?, ?, ?, ?)", inbox.parked)
        self._db.execute(
            "INSERT INTO cursors VALUES (?, ?) ON CONFLICT DO UPDATE"
            " SET position = max(position, excluded.position)",
            (inbox.source, inbox.cursor),
        )

    def _hear(self, heard: Heard) -> None:
        version = _heard(self._db, heard.source, heard.stream)
        if version != heard.from_version:
            raise WrongExpectedVersion(
                f"{heard.stream} of {heard.source} was heard up to version {version},"
                f" not {heard.from_version}"
            )
        self._db.execute(
            "INSERT INTO heard VALUES (?, ?, ?) ON CONFLICT DO UPDATE SET version = excluded.version",
            (heard.source, heard.stream, heard.to_version),
        )
        self._db.execute(
            "DELETE FROM parked WHERE source = ? AND stream = ?", (heard.source, heard.stream)
        )


def _heard(db: sqlite3.Connection, source: str, stream: str) -> int:
    found = db.execute(
        "SELECT version FROM heard WHERE source = ? AND stream = ?", (source, stream)
    )
    row: tuple[int] | None = found.fetchone()
    return row[0] if row else 0


def _split(peaks: bytes) -> tuple[bytes, ...]:
    return tuple(peaks[i : i + 32] for i in range(0, len(peaks), 32))


def _connect(path: Path) -> sqlite3.Connection:
    db = sqlite3.connect(path, isolation_level=None, check_same_thread=False, timeout=5)
    db.execute("PRAGMA journal_mode = WAL")
    db.execute("PRAGMA synchronous = FULL")
    return db


def _open(path: Path) -> sqlite3.Connection:
    with _readable(path):
        db = _connect(path)
        _migrate(db, path)
        return db


def _open_read_only(path: Path) -> sqlite3.Connection:
    if not path.exists():
        raise Unavailable(f"there is no log at {path}")
    with _readable(path):
        db = sqlite3.connect(f"file:{_quoted(path)}?mode=ro", uri=True, isolation_level=None)
        version = db.execute("PRAGMA user_version").fetchone()[0]
        if version != len(_MIGRATIONS):
            raise Unavailable(
                f"{path} has schema {version}, this program reads {len(_MIGRATIONS)};"
                " open the folder once with the program that is to use it"
            )
        db.execute("BEGIN")
        db.execute("SELECT size FROM frontier").fetchone()  # The snapshot begins with a read.
        return db


@contextmanager
def _readable(path: Path) -> Iterator[None]:
    try:
        yield
    except sqlite3.DatabaseError as error:
        raise CorruptHistory(f"{path} cannot be read as a log: {error}") from error


def _migrate(db: sqlite3.Connection, path: Path) -> None:
    version = db.execute("PRAGMA user_version").fetchone()[0]
    if version > len(_MIGRATIONS):
        raise Unavailable(
            f"{path} was written by a newer program (schema {version}, this one knows"
            f" {len(_MIGRATIONS)}); use that one"
        )
    for number, script in enumerate(_MIGRATIONS[version:], version + 1):
        db.executescript(
            f"BEGIN IMMEDIATE;\n{script.read_text('utf-8')}\nPRAGMA user_version = {number};\nCOMMIT;"
        )


def _quoted(path: Path) -> str:
    return path.absolute().as_uri().removeprefix("file://")

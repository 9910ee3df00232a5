"""One SQLite transaction for all appends that are waiting.

Nearly always every version holds, so the rows are written in one go and the database itself refuses
what is stale. Where it refuses, all is undone and done again one append at a time, each whole or
not at all, so that one stale append does not cost the others theirs.
"""

import sqlite3
from collections.abc import Callable, Sequence
from typing import TypeAlias

from services.kernel.decision import moment
from services.kernel.errors import CorruptHistory, Unavailable, WrongExpectedVersion
from services.kernel.merkle import Frontier, extend, leaf_hash
from services.runtime.store import Answered, Heard, Inbox, Parked, Row
from zoneledger.ledger.v1.decision_pb2 import Decision

# Nanoseconds since 1970 UTC.
Clock: TypeAlias = Callable[[], int]
Wish: TypeAlias = tuple[Sequence[Decision], Inbox | None, Answered | None]
Outcome: TypeAlias = list[Row] | Exception

HEARD = "SELECT version FROM heard WHERE source = ? AND stream = ?"
_INSERT = "INSERT INTO decisions VALUES (?, ?, ?, ?, ?, ?, ?)"


def commit(db: sqlite3.Connection, wishes: Sequence[Wish], clock: Clock) -> list[Outcome]:
    """The rows of each wish, durable on return, or why it was refused."""
    try:
        return _commit(db, wishes, clock)
    except (sqlite3.Error, OverflowError) as error:
        refusal = Unavailable(f"nothing was written, the store cannot be reached: {error}")
        return [refusal] * len(wishes)
    finally:
        if db.in_transaction:
            db.execute("ROLLBACK")


def _commit(db: sqlite3.Connection, wishes: Sequence[Wish], clock: Clock) -> list[Outcome]:
    db.execute("BEGIN IMMEDIATE")
    pen = _Pen(db, clock)
    try:
        outcomes = pen.write_at_once(wishes)
    except (sqlite3.IntegrityError, WrongExpectedVersion):
        db.execute("ROLLBACK")
        db.execute("BEGIN IMMEDIATE")
        pen = _Pen(db, clock)
        outcomes = [pen.write(wish) for wish in wishes]
    pen.close()
    db.execute("COMMIT")
    return outcomes


class _Pen:
    """Writes rows inside one transaction, all recorded at one moment, later than all before."""

    def __init__(self, db: sqlite3.Connection, clock: Clock) -> None:
        edge = db.execute("SELECT size, recorded_ns, peaks FROM frontier").fetchone()
        if edge is None:
            raise CorruptHistory(
                "the log has lost the edge of its Merkle tree; nothing was written"
            )
        size, last_ns, peaks = edge
        self._db, self._frontier = db, Frontier(size, split(peaks))
        self._leaves: list[bytes] = []
        self._now_ns = max(clock(), last_ns + 1)
        self._now = moment(self._now_ns)

    def write_at_once(self, wishes: Sequence[Wish]) -> list[Outcome]:
        """Write all wishes; an error where any of them is stale."""
        written: list[Outcome] = []
        rows: list[Row] = []
        answers: list[Answered] = []
        for decisions, _, answered in wishes:
            own = [self._row(decision) for decision in decisions]
            written.append(own)
            rows += own
            if answered is not None:
                answers.append(answered._replace(position=self._frontier.size + len(self._leaves)))
        self._db.executemany(_INSERT, rows)
        self._db.executemany("INSERT INTO answers VALUES (?, ?, ?, ?)", answers)
        for _, inbox, _ in wishes:
            if inbox is not None:
                self._remember(inbox)
        return written

    def write(self, wish: Wish) -> Outcome:
        """Write one wish, or nothing of it."""
        written = len(self._leaves)
        self._db.execute("SAVEPOINT wish")
        try:
            return self.write_at_once([wish])[0]
        except (sqlite3.IntegrityError, WrongExpectedVersion) as refusal:
            self._db.execute("ROLLBACK TO wish")
            del self._leaves[written:]
            return WrongExpectedVersion(f"{_named(wish)}: {refusal}")
        finally:
            self._db.execute("RELEASE wish")

    def close(self) -> None:
        """Move the edge of the tree on."""
        edge = extend(self._frontier, self._leaves)
        self._db.execute(
            "UPDATE frontier SET size = ?, recorded_ns = ?, peaks = ?",
            (edge.size, self._now_ns, b"".join(edge.peaks)),
        )

    def _row(self, wish: Decision) -> Row:
        decision = Decision(recorded_at=self._now)
        decision.MergeFrom(wish)
        data = decision.SerializeToString()
        leaf = leaf_hash(data)
        self._leaves.append(leaf)
        return Row(
            self._frontier.size + len(self._leaves),
            wish.decision_id,
            wish.stream,
            wish.version,
            wish.version + len(wish.events),
            data,
            leaf,
        )

    def _remember(self, inbox: Inbox) -> None:
        for heard in inbox.heard:
            self._hear(heard)
        self._db.executemany(
            "DELETE FROM parked WHERE source = ? AND stream = ? AND until <= ?",
            [(each.source, each.stream, each.until) for each in inbox.released],
        )
        for parked in inbox.parked:
            self._park(parked)
        self._db.executemany(
            "INSERT INTO carried VALUES (?, ?, ?) ON CONFLICT DO UPDATE"
            " SET next_offset = excluded.next_offset",
            inbox.carried,
        )
        self._db.execute(
            "INSERT INTO cursors VALUES (?, ?) ON CONFLICT DO UPDATE"
            " SET position = max(position, excluded.position)",
            (inbox.source, inbox.cursor),
        )

    def _hear(self, heard: Heard) -> None:
        self._check_heard(heard.source, heard.stream, heard.from_version)
        self._db.execute(
            "INSERT INTO heard VALUES (?, ?, ?)"
            " ON CONFLICT DO UPDATE SET version = excluded.version",
            (heard.source, heard.stream, heard.to_version),
        )
        waiting = (heard.to_version, heard.source, heard.stream)
        self._db.execute("UPDATE parked SET version = ? WHERE source = ? AND stream = ?", waiting)
        self._db.execute(
            "DELETE FROM parked WHERE until <= ? AND source = ? AND stream = ?", waiting
        )

    def _park(self, parked: Parked) -> None:
        self._check_heard(parked.source, parked.stream, parked.version)
        self._db.execute(
            "INSERT INTO parked VALUES (?, ?, ?, ?, ?) ON CONFLICT DO UPDATE"
            " SET version = excluded.version, reason = excluded.reason,"
            " until = max(until, excluded.until)",
            parked,
        )

    def _check_heard(self, source: str, stream: str, expected: int) -> None:
        found = self._db.execute(HEARD, (source, stream)).fetchone()
        version = found[0] if found else 0
        if version != expected:
            raise WrongExpectedVersion(
                f"{stream} of {source} was heard up to version {version}, not {expected}"
            )


def split(peaks: bytes) -> tuple[bytes, ...]:
    """The 32-byte peaks of a stored frontier."""
    return tuple(peaks[i : i + 32] for i in range(0, len(peaks), 32))


def _named(wish: Wish) -> str:
    decisions, inbox, _ = wish
    return ", ".join(decision.stream for decision in decisions[:3]) or f"inbox of {inbox}"

"""What one call of append() in the database is given, and what its refusals mean.

A sheet holds the rows of all wishes that are written together, made on the edge of the log as it is
believed to be. Wrong in that, it is thrown away and made again on the edge that the database told.
"""

import json
from collections.abc import Callable, Sequence
from typing import Any, NamedTuple, TypeAlias

import psycopg
from psycopg import errors

from services.kernel.decision import moment
from services.kernel.errors import (
    CorruptHistory,
    Unavailable,
    WrongExpectedVersion,
    ZoneledgerError,
)
from services.kernel.merkle import Frontier, extend, leaf_hash
from services.runtime.store import Answered, Inbox, Parked, Row
from zoneledger.ledger.v1.decision_pb2 import Decision

# Nanoseconds since 1970 UTC.
Clock: TypeAlias = Callable[[], int]
Wish: TypeAlias = tuple[Sequence[Decision], Inbox | None, Answered | None]

_APPEND = "SELECT size, recorded_ns, peaks FROM append(%s, %s, %s, %s::jsonb, %s, %s)"
_APPEND_ANSWERED = _APPEND.replace("append(", "append_answered(")

_STALE = "ZL001"  # Raised by our own SQL.
# The last one: two appends that are written together hear the same stream.
_RACED = (psycopg.IntegrityError, errors.CardinalityViolation)
_DAMAGED = (errors.DataCorrupted, errors.IndexCorrupted)


class Edge(NamedTuple):
    """Where the log ends: its tree, and when its last decision was recorded."""

    frontier: Frontier
    recorded_ns: int


class Sheet(NamedTuple):
    """The rows of each wish, the edge they lead to, the call that writes them and its values."""

    rows: list[list[Row]]
    edge: Edge
    call: str
    values: tuple[Any, ...]

    @classmethod
    def of(cls, wishes: Sequence[Wish], edge: Edge, now_ns: int) -> "Sheet":
        """The sheet that writes `wishes` behind `edge`, all recorded at one moment, a later one."""
        recorded_ns = max(now_ns, edge.recorded_ns + 1)
        position = edge.frontier.size
        rows: list[list[Row]] = []
        answers: list[Sequence[object]] = []
        for decisions, _, answered in wishes:
            rows.append(_rows(decisions, position, recorded_ns))
            position += len(decisions)
            if answered is not None:
                answers.append(_answer(answered, position))
        written = [row for own in rows for row in own]
        frontier = extend(edge.frontier, [row.leaf for row in written])
        values = (
            edge.frontier.size,
            recorded_ns,
            b"".join(frontier.peaks),
            json.dumps(_wish(written, [inbox for _, inbox, _ in wishes if inbox], answers)),
            b"".join(row.data for row in written),
            b"".join(row.leaf for row in written),
        )
        call = _APPEND_ANSWERED if answers else _APPEND
        return cls(rows, Edge(frontier, recorded_ns), call, values)


def _rows(decisions: Sequence[Decision], position: int, recorded_ns: int) -> list[Row]:
    rows, now = [], moment(recorded_ns)
    for number, asked in enumerate(decisions, position + 1):
        asked.recorded_at.CopyFrom(now)  # For a moment: a copy of it would take longer.
        data = asked.SerializeToString()
        asked.ClearField("recorded_at")
        after = asked.version + len(asked.events)
        rows.append(
            Row(
                number, asked.decision_id, asked.stream, asked.version, after, data, leaf_hash(data)
            )
        )
    return rows


def _answer(answered: Answered, position: int) -> Sequence[object]:
    fingerprint, answer = answered.fingerprint.hex(), answered.answer.hex()
    return (answered.request_id, fingerprint, answer, position)


def _wish(
    rows: Sequence[Row], inboxes: Sequence[Inbox], answers: list[Sequence[object]]
) -> dict[str, list[Sequence[object]]]:
    """What append() reads beside the bytes; without the parts that are empty."""
    decisions: list[Sequence[object]] = []
    first = 1
    for row in rows:
        decisions.append((*row[1:5], first, len(row.data)))
        first += len(row.data)
    parts: dict[str, list[Sequence[object]]] = {
        "decisions": decisions,
        "heard": [heard for inbox in inboxes for heard in inbox.heard],
        "released": [(p.source, p.stream, p.until) for i in inboxes for p in i.released],
        "parked": [_storable(parked) for inbox in inboxes for parked in inbox.parked],
        "cursors": list(
            {i.source: (i.source, i.cursor) for i in sorted(inboxes, key=_cursor)}.values()
        ),
        "answers": answers,
        "carried": list({c[:2]: c for inbox in inboxes for c in inbox.carried}.values()),
    }
    return {name: part for name, part in parts.items() if part}


def _storable(parked: Parked) -> Parked:
    """PostgreSQL has no text with U+0000 in it; a fault may quote one."""
    return parked._replace(reason=parked.reason.replace("\x00", "\N{SYMBOL FOR NULL}"))


def _cursor(inbox: Inbox) -> int:
    return inbox.cursor


def refusal(error: psycopg.Error) -> ZoneledgerError:
    """What an error of the database means to the caller."""
    if error.sqlstate == _STALE or isinstance(error, _RACED):
        return WrongExpectedVersion(_first_line(error))
    if isinstance(error, _DAMAGED):
        return CorruptHistory(f"the database is damaged: {_first_line(error)}")
    return Unavailable(f"the database cannot be used: {_first_line(error)}")


def _first_line(error: psycopg.Error) -> str:
    return str(error).partition("\n")[0]


def split(peaks: bytes) -> tuple[bytes, ...]:
    """The 32-byte peaks of a stored frontier."""
    return tuple(peaks[i : i + 32] for i in range(0, len(peaks), 32))

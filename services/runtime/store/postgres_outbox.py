"""What a relay needs of a log on PostgreSQL: its turn, its place, and the rows behind it.

The turn is a lock of the database's session, so it goes with the connection: a relay that lost the
connection lost the turn, and can move the place no more. One thread uses an outbox.
"""

from collections.abc import Iterator
from contextlib import contextmanager

import psycopg
from psycopg import Connection, sql
from psycopg.rows import TupleRow

from services.kernel.errors import Unavailable
from services.runtime.store import Row
from services.runtime.store.postgres_append import refusal
from services.runtime.store.postgres_schema import connecting

RELAY = "relay"  # The name under which the place stands among the cursors.

_LOG = (
    "SELECT position, decision_id, stream, version, next_version, data, leaf FROM decisions"
    " WHERE position > %s ORDER BY position LIMIT %s"
)
_TURN = "SELECT pg_try_advisory_lock(hashtext('zoneledger.relay'), hashtext(current_schema))"
_PLACE = "SELECT position FROM cursors WHERE source = %s"
_MOVE = "UPDATE cursors SET position = %s WHERE source = %s AND position = %s"
_BEGIN = "INSERT INTO cursors VALUES (%s, 0) ON CONFLICT DO NOTHING"


class Outbox:
    """The log of one service, as its relay reads it."""

    def __init__(self, db: Connection[TupleRow]) -> None:
        self._db = db

    def take_turn(self) -> bool:
        """Whether this is the one relay of the log, from now until the connection ends."""
        [(is_ours,)] = self._db.execute(_TURN).fetchall()
        return bool(is_ours)

    def place(self) -> int:
        """The position up to which everything was sent."""
        [(position,)] = self._db.execute(_PLACE, (RELAY,)).fetchall()
        return int(position)

    def move(self, before: int, after: int) -> bool:
        """Move the place on, unless somebody set it back in the meantime."""
        return self._db.execute(_MOVE, (after, RELAY, before)).rowcount == 1

    def rows(self, after: int, limit: int) -> list[Row]:
        """At most `limit` decisions behind a position."""
        return list(map(Row._make, self._db.execute(_LOG, (after, limit), binary=True)))

    def wait(self, seconds: float) -> bool:
        """Whether something was appended; returns when it was, or after a while."""
        return any(True for _ in self._db.notifies(timeout=seconds, stop_after=1))


@contextmanager
def outbox(conninfo: str, service: str) -> Iterator[Outbox]:
    """The outbox of a service; `Unavailable` when the connection is lost, and with it the turn."""
    try:
        with psycopg.connect(connecting(conninfo, service), autocommit=True) as db:
            # A place that is lost with the server is an older one: events go twice, none is lost.
            db.execute("SET synchronous_commit = off")
            db.execute(_BEGIN, (RELAY,))
            db.execute(sql.SQL("LISTEN {}").format(sql.Identifier(f"zoneledger.{service}")))
            yield Outbox(db)
    except psycopg.Error as error:
        raise refusal(error) from error


def send_again(conninfo: str, service: str) -> None:
    """Let the relay begin with the first event again, whoever it is and wherever it runs."""
    with outbox(conninfo, service) as own:
        place = own.place()
        if not own.move(place, 0):
            raise Unavailable(f"the relay of {service} moved on in the meantime; try again")

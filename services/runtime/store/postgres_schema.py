"""The schema of a service's log in PostgreSQL: made and migrated by an administrator.

A service's own role reads, and appends by one function. It owns nothing and may write to no table
of the log itself, so it can change neither a decision nor what guards them.
"""

from pathlib import Path

import psycopg
from psycopg import AsyncConnection, Connection, sql
from psycopg.conninfo import conninfo_to_dict, make_conninfo
from psycopg.rows import TupleRow

from services.kernel.errors import Unavailable

_MIGRATIONS = sorted(Path(__file__).parent.glob("postgres_[0-9][0-9][0-9].sql"))
_PROMPT = {
    "connect_timeout": 5,
    "keepalives_idle": 10,
    "keepalives_interval": 5,
    "keepalives_count": 3,
    "tcp_user_timeout": 10_000,
}

_GRANTS = """
GRANT USAGE ON SCHEMA {schema} TO {role};
GRANT SELECT ON ALL TABLES IN SCHEMA {schema} TO {role};
GRANT INSERT ON {schema}.checkpoints TO {role};
GRANT INSERT, UPDATE ON {schema}.cursors TO {role};
REVOKE EXECUTE ON ALL FUNCTIONS IN SCHEMA {schema} FROM PUBLIC;
GRANT EXECUTE ON FUNCTION {schema}.append, {schema}.append_answered, {schema}.held_frontier
TO {role};
"""


def connecting(conninfo: str, schema: str, *, statement_seconds: int = 0) -> str:
    """`conninfo` with what every connection of a store needs; 0 lets a statement take its time.

    A server that is silently gone is given up within seconds, and so is one who holds the edge of
    the log and does nothing.
    """
    try:
        given = conninfo_to_dict(conninfo)
    except psycopg.ProgrammingError:  # It may quote a password.
        raise Unavailable(
            "the address of the database cannot be read; in a URI, % and @ in a password are"
            " written %25 and %40"
        ) from None
    options = (
        f"-c search_path={schema} -c lock_timeout=5s -c idle_in_transaction_session_timeout=10s"
        f" -c statement_timeout={statement_seconds}s {given.get('options') or ''}"
    )
    return make_conninfo("", **{**_PROMPT, **given, "options": options.rstrip()})


def role_of(service: str) -> str:
    """The role that a service's processes log in with."""
    return f"zoneledger_{service}"


def prepare(admin: str, service: str, password: str | None) -> None:
    """Make the role and the schema of a service, or bring them up to this program's version.

    `admin` is the conninfo of a role that may create both; the service's role gets `password`,
    unless that is None. To prepare twice is to prepare.
    """
    try:
        with psycopg.connect(connecting(admin, service)) as db:
            db.execute("SELECT pg_advisory_xact_lock(hashtext('zoneledger.prepare'))")
            _make_role(db, role_of(service), password)
            db.execute(sql.SQL("CREATE SCHEMA IF NOT EXISTS {}").format(sql.Identifier(service)))
            _migrate(db, service)
            names = {"schema": sql.Identifier(service), "role": sql.Identifier(role_of(service))}
            db.execute(sql.SQL(_GRANTS).format(**names))
    except psycopg.Error as error:
        raise Unavailable(f"the database cannot be prepared for {service}: {error}") from error


async def check_schema(db: AsyncConnection[TupleRow]) -> None:
    """`Unavailable` unless the schema is the one that this program writes."""
    try:
        found = await (await db.execute("SELECT max(number) FROM migrations")).fetchone()
    except psycopg.errors.UndefinedTable:
        found = None
    number = found[0] if found else 0
    if number != len(_MIGRATIONS):
        raise Unavailable(
            f"the database has schema {number}, this program writes {len(_MIGRATIONS)};"
            " run: zoneledger prepare"
        )


def _make_role(db: Connection[TupleRow], role: str, password: str | None) -> None:
    found = db.execute("SELECT 1 FROM pg_roles WHERE rolname = %s", (role,)).fetchone()
    if not found:
        db.execute(sql.SQL("CREATE ROLE {} LOGIN").format(sql.Identifier(role)))
    if password is not None:
        db.execute(
            sql.SQL("ALTER ROLE {} PASSWORD {}").format(sql.Identifier(role), sql.Literal(password))
        )


def _migrate(db: Connection[TupleRow], schema: str) -> None:
    db.execute(
        "CREATE TABLE IF NOT EXISTS migrations"
        " (number integer PRIMARY KEY, made_at timestamptz NOT NULL DEFAULT now())"
    )
    [(number,)] = db.execute("SELECT coalesce(max(number), 0) FROM migrations").fetchall()
    if number > len(_MIGRATIONS):
        raise Unavailable(
            f"the schema {schema} was made by a newer program (version {number}, this one knows"
            f" {len(_MIGRATIONS)}); use that one"
        )
    for next_number, script in enumerate(_MIGRATIONS[number:], number + 1):
        db.execute(script.read_text("utf-8").replace("@schema@", schema).encode())
        db.execute("INSERT INTO migrations VALUES (%s)", (next_number,))

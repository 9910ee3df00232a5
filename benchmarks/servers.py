"""The servers that are measured against: PostgreSQL that syncs every commit, and a broker."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from typing import NamedTuple

from psycopg.conninfo import make_conninfo

from services.runtime.service import SERVICES
from services.runtime.store.postgres_schema import prepare, role_of
from tests.servers import new_database, running_broker, running_postgres

# What a server has by default, but with room for the long log; above all fsync.
_OPTIONS = ("fsync=on", "synchronous_commit=on", "max_connections=200", "max_wal_size=1GB")


class Servers(NamedTuple):
    """Where they answer: the superuser of PostgreSQL, and the brokers."""

    admin: str
    brokers: str


@contextmanager
def running() -> Iterator[Servers]:
    """Both, new; or the broker that the environment names."""
    with running_postgres(_OPTIONS) as postgres:
        if given := os.environ.get("ZONELEDGER_TEST_KAFKA"):
            yield Servers(postgres.admin, given)
            return
        with running_broker() as broker:
            yield Servers(postgres.admin, broker.address)


def prepared(admin: str) -> str:
    """The conninfo of a new database with the schemas of all services."""
    database = new_database(admin)
    for service in SERVICES:
        prepare(database, service, None)
    return database


def as_service(database: str, service: str) -> str:
    """The database as a service's own role reaches it."""
    return make_conninfo(database, user=role_of(service), password="")

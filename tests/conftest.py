"""What tests share: servers, ours or those that the environment names, and how rules are tried."""

import os
from collections.abc import Iterator

import pytest
from hypothesis import HealthCheck, settings

from tests.servers import new_database, running_broker, running_postgres

# A rule holds or not, however busy the machine is that tries it.
settings.register_profile("busy", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("busy")


@pytest.fixture(scope="session")
def postgres_admin() -> Iterator[str]:
    """The conninfo of a superuser of PostgreSQL."""
    if given := os.environ.get("ZONELEDGER_TEST_POSTGRES"):
        yield given
        return
    with running_postgres() as server:
        yield server.admin


@pytest.fixture
def database(postgres_admin: str) -> str:
    """The conninfo of an empty database."""
    return new_database(postgres_admin)


@pytest.fixture(scope="session")
def kafka() -> Iterator[str]:
    """The address of a broker of the Kafka protocol."""
    if given := os.environ.get("ZONELEDGER_TEST_KAFKA"):
        yield given
        return
    with running_broker() as broker:
        yield broker.address

"""A command loads what it uses and no more: every start takes as long as what it loads."""

import subprocess
import sys

import pytest

from services.runtime.service import SERVICES, load

WRITES_LOG_LINES, SPEAKS_TLS = "structlog", "cryptography.x509"
EXPORTS = "opentelemetry.exporter"
DECIDES, SERVES = "services.evaluation.service", "services.runtime.rpc"
DRAWS_TABLES, COMPUTES = "rich.table", "numpy"


def loaded(module: str) -> set[str]:
    """What is there once a fresh process has loaded a module."""
    told = subprocess.run(
        [sys.executable, "-c", f"import sys, {module}; print(*sys.modules)"],
        capture_output=True,
        text=True,
        check=True,
    )
    return set(told.stdout.split())


def test_to_say_what_commands_there_are_loads_no_service_and_no_server() -> None:
    needless = {WRITES_LOG_LINES, SPEAKS_TLS, EXPORTS, DECIDES, SERVES, DRAWS_TABLES, COMPUTES}
    assert not needless & loaded("services.cli.main")


def test_to_ask_services_that_run_elsewhere_loads_none_of_them() -> None:
    needless = {WRITES_LOG_LINES, SPEAKS_TLS, EXPORTS, DECIDES, SERVES, COMPUTES}
    assert not needless & loaded("services.cli.client")


def test_to_serve_a_folder_for_one_command_loads_no_keys_no_exporter_and_no_journal() -> None:
    served = loaded("services.runtime.embedded")
    assert SERVES in served
    assert not {WRITES_LOG_LINES, SPEAKS_TLS, EXPORTS, DRAWS_TABLES, COMPUTES} & served


def test_to_serve_all_three_services_loads_no_numbers_for_an_analysis() -> None:
    served = loaded("services.evaluation.service, services.incentive.service")
    assert DECIDES in served
    assert not {WRITES_LOG_LINES, SPEAKS_TLS, EXPORTS, COMPUTES} & served


READS_THEM = """
import sys
from google.protobuf.any_pb2 import Any
from services.cli.records import readable
for name in sys.argv[1:]:
    packed = Any(type_url=f"type.googleapis.com/{name}")
    assert readable(packed) == {"@type": packed.type_url}, name
"""


@pytest.mark.parametrize("name", SERVICES)
def test_what_the_log_of_a_service_holds_is_readable_where_it_is_not_loaded(name: str) -> None:
    service = load(name)
    held = [
        each.DESCRIPTOR.full_name
        for decider in service.deciders
        for each in (*decider.commands, *decider.events)
    ]
    subprocess.run([sys.executable, "-c", READS_THEM, *held], check=True)

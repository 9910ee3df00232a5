"""Commands of those who run the services apart, on PostgreSQL and Kafka (docs/operations.md)."""

from collections.abc import Callable
from pathlib import Path
from typing import Annotated

import typer

from services.cli import output
from services.cli.refusing import FAULT, REFUSED, refusing
from services.cli.session import AsJson
from services.runtime.service import SERVICES, load
from services.runtime.settings import settings

ROLES = ("api", "worker")
PARTIES = (*SERVICES, "operator")


def _one_of(names: tuple[str, ...], what: str) -> Callable[[str], str]:
    """A check that a value is one of `names`."""

    def check(value: str) -> str:
        if value not in names:
            raise typer.BadParameter(
                f"there is no {what} {value!r}; there are {', '.join(filter(None, names))}"
            )
        return value

    return check


def _argument(names: tuple[str, ...], what: str) -> typer.models.ArgumentInfo:
    """An argument that is one of `names`."""
    argument: typer.models.ArgumentInfo = typer.Argument(
        help=f"One of {', '.join(names)}.", callback=_one_of(names, what)
    )
    return argument


ServiceName = Annotated[str, _argument(SERVICES, "service")]
RoleName = Annotated[str, _argument(ROLES, "role")]
OnlyService = Annotated[
    str,
    typer.Option(
        "--service", help="Only this service's.", callback=_one_of(("", *SERVICES), "service")
    ),
]


def attach(app: typer.Typer) -> None:
    """Add these commands to the command line."""
    for command in (prepare, run, relay, move_in, asyncapi):
        app.command()(command)
    keys = typer.Typer(help="Keys and certificates.", no_args_is_help=True)
    keys.command("dev")(make_keys)
    keys.command("checkpoint")(make_checkpoint_key)
    app.add_typer(keys, name="keys")


def prepare() -> None:
    """Make roles, schemas and topics, or bring them up to this program; again changes nothing."""
    from services.runtime.bus.envelope import topic_of
    from services.runtime.store import postgres_schema
    from services.runtime.topics import make_topics

    with refusing():
        here = settings()
        for service in SERVICES:
            password = here.passwords.get(service)
            postgres_schema.prepare(here.need("admin_database"), service, password)
            print(f"database: {service} is prepared")
        topics = [topic_of(service, here.topics) for service in SERVICES]
        doubts = make_topics(
            here.need("kafka"), topics, here.partitions, here.replicas, here.kafka_security
        )
        print(f"kafka: {', '.join(topics)} are there")
        for doubt in doubts:
            output.complain(f"note: {doubt}")


def run(service: ServiceName, role: RoleName) -> None:
    """Run one role of one service until SIGTERM (api: gRPC; worker: relay and Kafka)."""
    from services.runtime import journal, tracing
    from services.runtime.replica import run_api
    from services.runtime.worker import run_worker

    journal.begin(service, role)
    # A worker ends by its faults, whichever; 1 tells whoever runs it to start it again.
    with refusing(FAULT if role == "worker" else REFUSED):
        here = settings()
        with tracing.exporting(service, role, here.collector):
            (run_api if role == "api" else run_worker)(load(service), here)


def relay(
    service: ServiceName,
    from_start: Annotated[
        bool, typer.Option("--from-start", help="Begin with the first event again.")
    ] = False,
) -> None:
    """Fill a topic again that lost events; the service's running worker does it."""
    from services.runtime.store import postgres_outbox

    if not from_start:
        raise typer.BadParameter("the worker relays; here it can only be told to --from-start")
    with refusing():
        postgres_outbox.send_again(settings().need("database"), service)
    print(f"the relay of {service} sends everything again, from the first event")


def move_in(
    folder: Annotated[Path, typer.Argument(help="A data folder.", metavar="DIR")],
) -> None:
    """Move a data folder into the empty, prepared database; the folder stays as it is."""
    from services.cli import moving

    with refusing():
        moved = moving.move_in(folder, settings().need("admin_database"))
        for service, is_new in moved.items():
            print(f"{service}: {'moved in' if is_new else 'unchanged, it is there already'}")


def asyncapi(as_json: AsJson = False) -> None:
    """Print the topics as an AsyncAPI 3 document, in YAML: channels, events, headers, schemas."""
    from services.cli.asyncapi import as_yaml, document

    with refusing():
        made = document(settings())
    if as_json:
        output.print_json(made)
    else:
        print(as_yaml(made), end="")


def make_checkpoint_key(
    service: ServiceName,
    file: Annotated[Path, typer.Argument(help="The file to make.", metavar="FILE")],
) -> None:
    """Make the key that signs a service's log, and beside it the one that checks."""
    from services.runtime.keys import make_checkpoint_key as make

    with refusing():
        checks = make(file, service)
        print(f"{file} signs, {checks} checks; keep the first where only the worker reads it")


def make_keys(
    folder: Annotated[Path, typer.Argument(help="Where they are made.", metavar="DIR")],
) -> None:
    """Make a development authority, and certificates for services, operator and agencies.

    The agencies are those of the shipped access table, each under the names that it has there.
    """
    from services.cli.access_tables import shipped
    from services.runtime.keys import make_keys as make

    with refusing():
        agencies = {agency.agency_id: agency.names for agency in shipped().agencies}
        made = make(folder, PARTIES, agencies)
    print(f"{folder}: keys made for {', '.join(made)}" if made else f"{folder}: all keys are there")

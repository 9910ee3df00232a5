"""Commands for the streams that wait because an event has no answer."""

from typing import Annotated

import typer

from services.cli.operating import OnlyService, ServiceName
from services.cli.session import AsJson, asking

Stream = Annotated[str, typer.Argument(help="The stream, such as unit-xiangtan.")]


def attach(app: typer.Typer) -> None:
    """Add these commands to the command line."""
    parked = typer.Typer(
        help="Streams that wait because an event has no answer.", no_args_is_help=True
    )
    for name, command in (("list", list_), ("show", show), ("retry", retry), ("resolve", resolve)):
        parked.command(name)(command)
    app.add_typer(parked, name="parked")


def list_(as_json: AsJson = False) -> None:
    """Every stream that waits, and why."""
    from services.cli import waiting

    with asking() as clients:
        waiting.show_all(clients, as_json=as_json)


def show(service: ServiceName, stream: Stream) -> None:
    """One stream that waits, with the decisions that wait, as JSON."""
    from services.cli import waiting

    with asking() as clients:
        waiting.show_one(clients, service, stream)


def retry(service: OnlyService = "") -> None:
    """Try what waits again now; exit code 1 while something goes on waiting."""
    from services.cli import waiting

    with asking() as clients:
        left = waiting.retry(clients, service)
    raise typer.Exit(1 if left else 0)


def resolve(
    service: ServiceName,
    stream: Stream,
    reason: Annotated[str, typer.Option(help="Why nothing follows from the event.")],
    document: Annotated[str, typer.Option(help="The document that says so.")],
) -> None:
    """Pass over the event that a stream waits for; the decision is recorded."""
    from services.cli import waiting

    with asking() as clients:
        waiting.resolve(clients, service, stream, reason, document)

"""The `zoneledger` command: 0 done, 1 something was found, 2 refused or not possible."""

import gc
import os
import sys
from pathlib import Path
from typing import Annotated

import typer

from services.cli import (
    access,
    cases,
    documents,
    entering,
    judging,
    listing,
    operating,
    parking,
    plans,
    reviews,
    units,
)
from services.cli.budget import group as budget
from services.cli.refusing import refusing
from services.cli.rounds import group as rounds
from services.cli.session import DEFAULT_FOLDER, AsJson, Named, folder, place

app = typer.Typer(
    name="zoneledger",
    help="From the rating of a demonstration zone (示范区) to every incentive that follows.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
)


@app.callback()
def _options(
    context: typer.Context,
    data: Annotated[
        Path | None,
        typer.Option(
            "--data",
            envvar="ZONELEDGER_DATA",
            help=f"The data folder.  [default: {DEFAULT_FOLDER}]",
        ),
    ] = None,
    server: Annotated[
        str,
        typer.Option(
            "--server",
            envvar="ZONELEDGER_SERVERS",
            help="Services that run elsewhere: evaluation=HOST:PORT,incentive=...,financing=...",
        ),
    ] = "",
) -> None:
    Named.folder = data
    typed = {name for name in ("data", "server") if _is_typed(context, name)}
    if typed == {"data", "server"}:
        raise typer.BadParameter(
            "a data folder and servers are two places, so name one",
            param_hint="--data and --server",
        )
    if server and typed != {"data"}:  # What is typed counts, whatever the environment says.
        from services.runtime.settings import servers

        try:
            Named.servers = servers(server)
        except ValueError as fault:
            raise typer.BadParameter(str(fault), param_hint="--server") from fault


def _is_typed(context: typer.Context, name: str) -> bool:
    source = context.get_parameter_source(name)
    return source is not None and source.name == "COMMANDLINE"


entering.attach(app)
listing.attach(app)
judging.attach(app)
units.attach(app)
rounds.attach(app, entering.imports)


@app.command("audit")
def audit(as_json: AsJson = False) -> None:
    """Decide the whole log again: 0 the same, 1 a difference, 2 it could not be checked.

    It ends with 1 too while a stream waits (zoneledger parked list): what follows is missing.
    """
    from services.cli import auditing

    with refusing(anything=True):
        reports = auditing.run(place())
        auditing.show(reports, as_json=as_json)
    raise typer.Exit(auditing.verdict(reports))


documents.attach(app)
plans.attach(app)
cases.attach(app)
reviews.attach(app)
budget.attach(app)


@app.command("serve")
def serve(
    address: Annotated[
        str, typer.Option(help="Where to listen; without TLS only on loopback.")
    ] = "127.0.0.1:50051",
    tls: Annotated[
        Path | None,
        typer.Option(
            envvar="ZONELEDGER_TLS",
            help="A folder with ca.pem, cert.pem and key.pem: answer whoever shows a certificate.",
            metavar="DIR",
        ),
    ] = None,
) -> None:
    """Keep the three services running in one process."""
    from services.cli.serving import serve as run

    with refusing(anything=True):
        run(folder(), address, tls)


@app.command("demo")
def demo(
    full_round: Annotated[
        bool,
        typer.Option(
            "--full-round",
            help="A round from its rules to a correction, with fictional units (示例，非真实数据).",
        ),
    ] = False,
    as_json: AsJson = False,
) -> None:
    """The 2020 round in a fresh folder: every incentive, the clause behind it, the audit."""
    from services.cli import demonstration
    from services.cli.rounds import demonstration as full

    with refusing():
        if full_round:
            raise typer.Exit(full.run(Named.servers or Named.folder, as_json=as_json))
        code = demonstration.run(Named.servers or Named.folder, as_json=as_json)
    raise typer.Exit(code)


access.attach(app)
parking.attach(app)
operating.attach(app)


def main() -> None:
    """Run the command line."""
    for name in ("stdout", "stderr"):
        if getattr(sys, name) is None:  # It was closed; what is written goes nowhere.
            setattr(sys, name, open(os.devnull, "w", encoding="utf-8"))  # noqa: PTH123, SIM115  # It stays open.
        getattr(sys, name).reconfigure(encoding="utf-8", errors="backslashreplace")
    try:
        app()
    finally:
        gc.freeze()  # All of it goes with the process, so its end looks for garbage in nothing.

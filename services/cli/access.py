"""The commands on the access table: what it gives whom, a new one, and who asked what."""

from pathlib import Path
from typing import Annotated

import typer

from services.cli import output
from services.cli.refusing import refusing
from services.cli.session import AsJson, connected, folder, has_data

File = Annotated[Path, typer.Argument(help="An access table as YAML.", metavar="FILE")]


def attach(app: typer.Typer) -> None:
    """Add these commands to the command line."""
    access = typer.Typer(
        help="Who may call what and sees what, and who asked what.", no_args_is_help=True
    )
    for name, command in (("show", show), ("check", check), ("adopt", adopt), ("log", log)):
        access.command(name)(command)
    app.add_typer(access, name="access")


def show(as_json: AsJson = False) -> None:
    """The access table in force: each agency, and what it is granted."""
    from services.cli import access_tables as tables

    if not has_data():
        with refusing():
            output.complain(f"note: there is no data in {folder()}; this is the shipped table")
            tables.show(tables.shipped(), as_json=as_json)
        return
    with connected() as clients:
        tables.show(tables.in_force(clients), as_json=as_json)


def check(file: File) -> None:
    """Read an access table and say all that is wrong with it, line by line."""
    from services.cli import access_tables as tables

    with refusing():
        table = tables.checked(file)
        print(f"{file}: fine, {len(table.agencies)} agencies")


def adopt(file: File) -> None:
    """Let a table decide from now on, in the place of the one that is in force."""
    from services.cli import access_tables as tables

    with refusing():
        table = tables.checked(file)  # First of all, so that what is no table makes no folder.
    with connected() as clients:
        is_new = tables.adopt(clients, table)
        print("access table: adopted" if is_new else "access table: unchanged, it is in force")


def log(
    agency: Annotated[str, typer.Option(help="Only calls of this agency.")] = "",
    unit: Annotated[
        str, typer.Option(help="Only calls about this unit, or about every unit.")
    ] = "",
    since: Annotated[str, typer.Option(help="Only from this day on (2021-06-09).")] = "",
    as_json: AsJson = False,
) -> None:
    """Who asked what, when, and how it was answered, from the access log's files."""
    from services.cli import access_lines

    with refusing():
        access_lines.show(access_lines.Wish(agency, unit, since), as_json=as_json)

"""`zoneledger budget ...`: the steps of a pool, and what is asked of it."""

from typing import Annotated

import typer

from services.cli.budget import projects, steps
from services.cli.budget.options import Line, OnlyLine, OnlyYear, Year
from services.cli.session import AsJson, AsOf, KnownAt, asking

Unit = Annotated[str, typer.Option("--unit", help="Only this unit, by id, name or alias.")]

group = typer.Typer(
    help="Central budget investment (中央预算内投资): pools, projects, allocations, payments.",
    no_args_is_help=True,
)


def attach(app: typer.Typer) -> None:
    """Add these commands to the command line."""
    steps.attach(group)
    projects.attach(group)
    group.command("list")(list_pools)
    group.command()(show)
    group.command("projects")(list_projects)
    group.command("lines")(list_lines)
    app.add_typer(group, name="budget")


def list_pools(
    year: OnlyYear = 0,
    line: OnlyLine = "",
    as_of: AsOf = "",
    known_at: KnownAt = "",
    as_json: AsJson = False,
) -> None:
    """The pools, and what stands of each."""
    from services.cli.budget import showing

    with asking() as clients:
        showing.pools(clients, year, line, showing.days(as_of, known_at), as_json=as_json)


def show(
    year: Year, line: Line, as_of: AsOf = "", known_at: KnownAt = "", as_json: AsJson = False
) -> None:
    """One pool: its sums, its lines, and what is proposed now."""
    from services.cli.budget import sending, showing

    with asking() as clients:
        pool = sending.pool(clients, year, line)
        showing.pool(clients, pool, showing.days(as_of, known_at), as_json=as_json)


def list_projects(  # noqa: PLR0917  # All of them are named options.
    unit: Unit = "",
    year: OnlyYear = 0,
    line: OnlyLine = "",
    as_of: AsOf = "",
    known_at: KnownAt = "",
    as_json: AsJson = False,
) -> None:
    """What was put forward, and what became of it."""
    from services.cli.budget import showing

    with asking() as clients:
        days = showing.days(as_of, known_at)
        showing.projects(clients, unit, year, line, days, as_json=as_json)


def list_lines(  # noqa: PLR0917  # All of them are named options.
    unit: Unit = "",
    year: OnlyYear = 0,
    line: OnlyLine = "",
    as_of: AsOf = "",
    known_at: KnownAt = "",
    as_json: AsJson = False,
) -> None:
    """What each has, with its arithmetic, and whether it has to be reviewed."""
    from services.cli.budget import showing

    with asking() as clients:
        days = showing.days(as_of, known_at)
        showing.lines(clients, unit, year, line, days, as_json=as_json)

"""The commands that only ask: the register, what was published, what follows, the logs."""

from collections.abc import Callable
from typing import Annotated, Any

import typer

from services.cli.operating import OnlyService, ServiceName
from services.cli.session import AsJson, AsOf, KnownAt, Round, Unit, asking


def attach(app: typer.Typer) -> None:
    """Add these commands to the command line."""
    app.command("units")(units)
    app.command("ratings")(ratings)
    app.command("honours")(honours)
    app.command("entitlements")(entitlements)
    app.command("credit-tilts")(credit_tilts)
    app.command("log")(log)
    app.command("explain")(explain)
    app.command("watch")(watch)


def units(
    unit: Unit = "",
    round_: Annotated[
        int, typer.Option("--round", help="Only members on a day of this performance year.")
    ] = 0,
    as_of: AsOf = "",
    known_at: KnownAt = "",
    as_json: AsJson = False,
) -> None:
    """The register of units."""
    from services.cli import lists

    show_of_unit(lists.units, lists.Filter(unit, round_, as_of, known_at), as_json)


def ratings(
    unit: Unit = "",
    round_: Round = 0,
    as_of: AsOf = "",
    known_at: KnownAt = "",
    as_json: AsJson = False,
) -> None:
    """The published ratings."""
    from services.cli import lists

    show_of_unit(lists.ratings, lists.Filter(unit, round_, as_of, known_at), as_json)


def honours(
    unit: Unit = "",
    round_: Round = 0,
    as_of: AsOf = "",
    known_at: KnownAt = "",
    as_json: AsJson = False,
) -> None:
    """The honours, which do not depend on grades."""
    from services.cli import lists

    show_of_unit(lists.honours, lists.Filter(unit, round_, as_of, known_at), as_json)


def entitlements(
    unit: Unit = "",
    round_: Round = 0,
    as_of: AsOf = "",
    known_at: KnownAt = "",
    as_json: AsJson = False,
) -> None:
    """Who is entitled to what, on which clause, since when."""
    from services.cli import lists

    show_of_unit(lists.entitlements, lists.Filter(unit, round_, as_of, known_at), as_json)


def credit_tilts(
    unit: Unit = "",
    round_: Round = 0,
    as_of: AsOf = "",
    known_at: KnownAt = "",
    as_json: AsJson = False,
) -> None:
    """Whose credit is tilted at the development bank, in which dimensions."""
    from services.cli import lists

    show_of_unit(lists.credit_tilts, lists.Filter(unit, round_, as_of, known_at), as_json)


def explain(
    name: Annotated[
        str,
        typer.Argument(help="units/xiangtan/entitlements/2020.land_guarantee", metavar="NAME"),
    ],
    as_of: AsOf = "",
    known_at: KnownAt = "",
    as_json: AsJson = False,
) -> None:
    """Why a rating, entitlement, credit tilt, plan or review item stands, to its beginning."""
    from services.cli import dates, explanations

    with asking() as clients:
        name = explanations.named(clients, name)
        asked = explanations.Asked(name, dates.as_of(as_of), dates.known_at(known_at))
        explanations.explain(clients, asked, as_json=as_json)


def watch(
    service: ServiceName,
    after: Annotated[
        int, typer.Option(help="Begin behind this position; -1: with what comes from now on.")
    ] = 0,
    type_: Annotated[
        list[str] | None, typer.Option("--type", help="Only this type, such as zone-rated-good.")
    ] = None,
    unit: Annotated[list[str] | None, typer.Option("--unit", help="Only this unit.")] = None,
    as_json: AsJson = False,
) -> None:
    """Each event as it is recorded, one a line, until interrupted."""
    from services.cli import explanations, naming

    with asking() as clients:
        units = [naming.unit_id(clients, "--unit", each) for each in unit or ()]
        watched = explanations.Watched(service, after, type_ or (), units)
        explanations.watch(clients, watched, as_json=as_json)


def log(
    service: OnlyService = "",
    stream: Annotated[str, typer.Option(help="Only this stream.")] = "",
    after: Annotated[int, typer.Option(help="Only decisions behind this position.")] = 0,
    as_json: AsJson = False,
) -> None:
    """Every decision as readable JSON: the command, the events, and why it exists."""
    from services.cli import logs

    show(logs.show, logs.Range(service, stream, after), as_json)


def show_of_unit(view: Callable[..., Any], asked: Any, as_json: bool) -> None:
    """Ask about the unit that is called so, or about all, and print the answer."""
    with asking() as clients:
        view(clients, asked.of_unit(clients), as_json=as_json)


def show(view: Callable[..., Any], asked: Any, as_json: bool) -> None:
    """Ask, and print the answer."""
    with asking() as clients:
        view(clients, asked, as_json=as_json)

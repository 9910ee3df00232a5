"""The commands on one unit: the list, its card, which unit is called so, what roles a place has.

A unit is named by its id, its name or an alias. The flat `zoneledger units` is the list too.
"""

from typing import Annotated

import typer

from services.cli import listing
from services.cli.refusing import FAULT
from services.cli.session import AsJson, AsOf, KnownAt, asking

Name = Annotated[str, typer.Argument(help="An id, a name or an alias: xiangtan, 湘潭, 湖南湘潭.")]

group = typer.Typer(help="The units of the register, one by one.", no_args_is_help=True)


def attach(app: typer.Typer) -> None:
    """Add these commands to the command line."""
    app.add_typer(group, name="unit")


group.command("list")(listing.units)


@group.command("show")
def show(name: Name, as_of: AsOf = "", known_at: KnownAt = "", as_json: AsJson = False) -> None:
    """What is known of a unit: names, memberships, territory, roles, ratings, honours."""
    from services.cli import dates, naming, unit_card

    with asking() as clients:
        asked = unit_card.Asked(
            naming.unit_id(clients, "NAME", name), dates.as_of(as_of), dates.known_at(known_at)
        )
        unit_card.show(clients, asked, as_json=as_json)


@group.command("resolve")
def resolve(
    names: Annotated[list[str], typer.Argument(help="What units are called.", metavar="NAME...")],
    round_: Annotated[
        int, typer.Option("--round", help="Prefer units that are rated for this year.")
    ] = 0,
    as_of: Annotated[str, typer.Option(help="Only aliases of this day (2021-06-09).")] = "",
    known_at: KnownAt = "",
    as_json: AsJson = False,
) -> None:
    """Which unit each name stands for: 0 all of them do, 1 some do not, with the nearest."""
    from services.cli import dates, unit_card

    with asking() as clients:
        asked = unit_card.Names(names, round_, dates.as_of(as_of), dates.known_at(known_at))
        is_clear = unit_card.resolve(clients, asked, as_json=as_json)
    if not is_clear:
        raise typer.Exit(FAULT)


@group.command("roles")
def roles(
    place: Annotated[str, typer.Argument(help="A place, or a unit that is one: liuyang, 浏阳市.")],
    as_of: AsOf = "",
    known_at: KnownAt = "",
    as_json: AsJson = False,
) -> None:
    """The units that one place is: a zone, its city, a park."""
    from services.cli import dates, unit_card

    with asking() as clients:
        asked = unit_card.Asked(place, dates.as_of(as_of), dates.known_at(known_at))
        unit_card.roles(clients, asked, as_json=as_json)

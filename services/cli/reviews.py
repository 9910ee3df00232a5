"""The commands on the review list (复核清单): what a correction left to be decided."""

from typing import Annotated

import typer

from services.cli.session import AsJson, AsOf, KnownAt, Round, Unit, asking, connected

Name = Annotated[
    str,
    typer.Argument(help="units/xiangtan/reviewItems/2020.land_guarantee.1", metavar="ID"),
]
Outcome = Annotated[
    str,
    typer.Option(
        "--outcome",
        help="kept, recovered or nothing_given; of what was lacking topped_up or not_topped_up.",
    ),
]
By = Annotated[str, typer.Option("--by", help="The authority whose decision it is: mnr, cdb.")]
On = Annotated[str, typer.Option("--on", help="The day of the decision (2022-03-01).")]
Document = Annotated[str, typer.Option("--document", help="The document (文号) that decides it.")]
Note = Annotated[str, typer.Option("--note", help="What else is to be said, in a sentence.")]


def attach(app: typer.Typer) -> None:
    """Add these commands to the command line."""
    group = typer.Typer(
        help="The review list (复核清单): what a correction left to be decided.",
        no_args_is_help=True,
    )
    group.command("list")(list_items)
    group.command("close")(close)
    app.add_typer(group, name="review")


def list_items(  # noqa: PLR0917  # All of them are named options.
    unit: Unit = "",
    authority: Annotated[
        str, typer.Option("--authority", help="Only what this authority decides: mnr, cdb.")
    ] = "",
    only_open: Annotated[bool, typer.Option("--open", help="Only what is not decided.")] = False,
    round_: Round = 0,
    as_of: AsOf = "",
    known_at: KnownAt = "",
    as_json: AsJson = False,
) -> None:
    """What had stood or was lacking, by which benefit, since when, and what became of it."""
    from services.cli import lists, reviewing

    with asking() as clients:
        asked = lists.Filter(unit, round_, as_of, known_at).of_unit(clients)
        wanted = reviewing.Wanted(asked, authority, only_open)
        reviewing.list_items(clients, wanted, as_json=as_json)


def close(  # noqa: PLR0917  # All but the first are named options.
    name: Name, outcome: Outcome, by: By, on: On, document: Document, note: Note = ""
) -> None:
    """Enter what the authority of a benefit decided on an item, with its document."""
    from services.cli import reviewing

    with connected() as clients:
        wish = reviewing.Wish(name, outcome, by, on, document, note)
        outcome_ = reviewing.close(clients, wish)
        unchanged = f", {outcome_.unchanged} unchanged" if outcome_.unchanged else ""
        print(f"review: {outcome_.recorded} closed{unchanged}")

"""The commands that bring something in: files of units, ratings and honours, and corrections."""

from collections.abc import Sequence
from pathlib import Path
from typing import Annotated, Any

import typer

from services.cli import output
from services.cli.refusing import refusing
from services.cli.session import asking, connected

File = Annotated[Path, typer.Argument(help="A CSV (UTF-8) or XLSX file.", metavar="FILE")]

_MOST_NAMED = 10

imports = typer.Typer(help="Take in a CSV or XLSX file, whole or not at all.", no_args_is_help=True)


def attach(app: typer.Typer) -> None:
    """Add these commands to the command line."""
    app.add_typer(imports, name="import")
    app.command("correct-rating")(correct_rating)


@imports.command("units")
def import_units(
    file: File,
    check_members: Annotated[
        list[str] | None,
        typer.Option(
            help="How many members a year has by the list itself; a difference is a warning.",
            metavar="YEAR=COUNT",
        ),
    ] = None,
) -> None:
    """Enter units in the register, or bring their entries up to date."""
    from services.cli.check_sums import check_sum, warnings

    with refusing():
        declared = [check_sum(each) for each in check_members or ()]
    with connected() as clients:
        _bring_in(clients, "units", file)
        for warning in warnings(clients, declared):
            output.complain(warning)


@imports.command("ratings")
def import_ratings(file: File) -> None:
    """Enter ratings as their documents published them."""
    _import("ratings", file)


@imports.command("honours")
def import_honours(file: File) -> None:
    """Enter honours (通报表扬) as their documents gave them."""
    _import("honours", file)


def correct_rating(  # noqa: PLR0917  # All of them are named options.
    unit: Annotated[str, typer.Option(help="The unit that was rated, by id, name or alias.")],
    round_: Annotated[int, typer.Option("--round", help="The performance year.")],
    corrected_on: Annotated[str, typer.Option(help="The day of the correction.")],
    document: Annotated[str, typer.Option(help="The document that corrects.")],
    reason: Annotated[str, typer.Option(help="Why, in a sentence.")],
    grade: Annotated[str, typer.Option(help="The right grade, in English or Chinese.")] = "",
    published_on: Annotated[str, typer.Option(help="The right day of publication.")] = "",
) -> None:
    """Replace a published rating, its grade or its day; what followed from it follows."""
    from services.cli.correcting import Correction, correct

    wish = Correction(unit, round_, grade, published_on, corrected_on, document, reason)
    with asking() as clients:
        changed = correct(clients, wish)
        print("corrected" if changed else "unchanged: the rating says so already")


def _import(name: str, file: Path) -> None:
    with connected() as clients:
        _bring_in(clients, name, file)


def _bring_in(clients: Any, name: str, file: Path) -> None:
    from services.cli.importing import KINDS, bring_in

    outcome = bring_in(clients, file, KINDS[name])
    changed = f", {_changed(outcome.changed)}" if outcome.changed else ""
    print(f"{name}: {outcome.recorded} recorded{changed}, {outcome.unchanged} unchanged")


def _changed(units: Sequence[str]) -> str:
    """How many entries are other ones now, and whose, since an older file would do that too."""
    more = f" and {len(units) - _MOST_NAMED} more" if len(units) > _MOST_NAMED else ""
    return f"{len(units)} changed ({', '.join(units[:_MOST_NAMED])}{more})"

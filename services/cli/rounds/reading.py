"""The commands that only ask about rounds."""

from collections.abc import Callable
from typing import Annotated, Any

import typer

from services.cli.rounds.options import Year
from services.cli.session import AsJson, AsOf, KnownAt, asking

OneUnit = Annotated[str, typer.Argument(help="Only this unit.", metavar="[UNIT]")]
AnyYear = Annotated[int, typer.Argument(help="Only this performance year.", metavar="[YEAR]")]


def attach(group: typer.Typer) -> None:
    """Add these commands to the group."""
    group.command("list")(list_)
    for command in (
        show,
        experts,
        data,
        scores,
        results,
        proposals,
        objections,
        distribution,
        analysis,
    ):
        group.command()(command)
    group.command("bonus-list")(bonus_list)


def list_(as_of: AsOf = "", known_at: KnownAt = "", as_json: AsJson = False) -> None:
    """The rounds, and how far each has come."""
    _ask("rounds", 0, "", as_of, known_at, as_json=as_json)


def show(year: Year, as_of: AsOf = "", known_at: KnownAt = "", as_json: AsJson = False) -> None:
    """A round on a card: its stage and days, and what is to be done next, by whom."""
    from services.cli import dates
    from services.cli.rounds import card, tabled

    with asking() as clients:
        asked = tabled.Asked(year, "", dates.as_of(as_of), dates.known_at(known_at))
        card.show(clients, asked, as_json=as_json)


def experts(year: Year, as_of: AsOf = "", known_at: KnownAt = "", as_json: AsJson = False) -> None:
    """The experts, and how far their sheets have come."""
    _ask("experts", year, "", as_of, known_at, as_json=as_json)


def data(
    year: Year,
    unit: OneUnit = "",
    as_of: AsOf = "",
    known_at: KnownAt = "",
    as_json: AsJson = False,
) -> None:
    """What is reported: what counts, what was said before, what came too late."""
    _ask("observations", year, unit, as_of, known_at, as_json=as_json)


def bonus_list(
    year: Year,
    unit: OneUnit = "",
    as_of: AsOf = "",
    known_at: KnownAt = "",
    as_json: AsJson = False,
) -> None:
    """The bonuses, each with its circular."""
    _ask("bonuses", year, unit, as_of, known_at, as_json=as_json)


def scores(
    year: Year,
    unit: OneUnit = "",
    as_of: AsOf = "",
    known_at: KnownAt = "",
    as_json: AsJson = False,
) -> None:
    """The scores; of one unit line by line, down to the exact sum."""
    _ask("scores", year, unit, as_of, known_at, as_json=as_json)


def results(  # noqa: PLR0917  # The options are named.
    year: Year,
    unit: OneUnit = "",
    proposed: Annotated[bool, typer.Option("--proposed", help="As they are proposed.")] = False,
    as_of: AsOf = "",
    known_at: KnownAt = "",
    as_json: AsJson = False,
) -> None:
    """The published results, with grade, rank and score as far as you may see them."""
    _ask("results", year, unit, as_of, known_at, proposed=proposed, as_json=as_json)


def proposals(
    year: Year,
    unit: OneUnit = "",
    as_of: AsOf = "",
    known_at: KnownAt = "",
    as_json: AsJson = False,
) -> None:
    """What units were told of their own proposed results, and until when they may object."""
    _ask("proposals", year, unit, as_of, known_at, as_json=as_json)


def objections(
    year: Year,
    unit: OneUnit = "",
    as_of: AsOf = "",
    known_at: KnownAt = "",
    as_json: AsJson = False,
) -> None:
    """The objections, and what was decided on them."""
    _ask("objections", year, unit, as_of, known_at, as_json=as_json)


def distribution(
    year: AnyYear = 0, as_of: AsOf = "", known_at: KnownAt = "", as_json: AsJson = False
) -> None:
    """How many units have each grade, year by year."""
    _ask("distribution", year, "", as_of, known_at, as_json=as_json)


def analysis(
    year: Year,
    draws: Annotated[int, typer.Option(help="How often the weights are moved.")] = 0,
    seed: Annotated[int, typer.Option(help="The same seed gives the same analysis.")] = 0,
    known_at: KnownAt = "",
    as_json: AsJson = False,
) -> None:
    """How firm the results are: an analysis, on which no decision rests."""
    from services.cli import dates
    from services.cli.rounds import analysis as made

    with asking() as clients:
        made.show(clients, made.Asked(year, draws, seed, dates.known_at(known_at)), as_json=as_json)


def circulars(as_of: AsOf = "", known_at: KnownAt = "", as_json: AsJson = False) -> None:
    """The State Council's circulars of commendation (督查激励)."""
    _ask("circulars", 0, "", as_of, known_at, as_json=as_json)


def _ask(  # As many as the commands have.
    what: str, year: int, unit: str, as_of: str, known_at: str, **how: Any
) -> None:
    from services.cli import dates
    from services.cli.rounds import tabled

    view: Callable[..., None] = getattr(tabled, what)
    with asking() as clients:
        asked = tabled.Asked(year, unit, dates.as_of(as_of), dates.known_at(known_at))
        view(clients, asked, **how)

"""The commands on streaks and disqualification: what stands, a review, what a person decided.

They belong to the group `zoneledger unit`. A unit is named by its id, its name or an alias.
"""

from typing import Annotated

import typer

from services.cli.listing import show
from services.cli.session import AsJson, AsOf, KnownAt, Round, asking
from services.cli.units import Name, group

Document = Annotated[str, typer.Option(help="The document that decides.")]
DecidedOn = Annotated[str, typer.Option(help="The day of the decision.")]
EffectiveOn = Annotated[str, typer.Option(help="From this day on.")]
Reason = Annotated[str, typer.Option(help="Why, in a sentence.")]
Backdating = Annotated[
    str, typer.Option(help="Where the document sets a day before its own: its words.")
]
OneOrAll = Annotated[str, typer.Argument(help="A unit; none: all of them.", metavar="[NAME]")]


def attach(app: typer.Typer) -> None:
    """Add these commands to those on a unit, which are a group of `app`."""
    for name, command in (
        ("streaks", streaks),
        ("disqualifications", disqualifications),
        ("review-streaks", review_streaks),
        ("disqualify", disqualify),
        ("decline", decline),
        ("reverse", reverse),
        ("use-right", use_right),
    ):
        group.command(name)(command)


def streaks(
    name: OneOrAll = "",
    round_: Round = 0,
    as_of: AsOf = "",
    known_at: KnownAt = "",
    as_json: AsJson = False,
) -> None:
    """Years in a row: warned of, reached, left open, ended; and the rights that they gave."""
    from services.cli import streak_lists

    asked = streak_lists.Asked(name, round_, as_of, known_at)
    show(streak_lists.streaks, asked, as_json)


def disqualifications(
    name: OneOrAll = "", as_of: AsOf = "", known_at: KnownAt = "", as_json: AsJson = False
) -> None:
    """What was proposed or decided last on taking a unit's status away (取消示范区资格)."""
    from services.cli import streak_lists

    asked = streak_lists.Asked(name, 0, as_of, known_at)
    show(streak_lists.disqualifications, asked, as_json)


def review_streaks(name: OneOrAll = "") -> None:
    """Judge the streaks again by all that is known, such as after an interpretation."""
    from services.cli import ruling

    with asking() as clients:
        outcome = ruling.review(clients, name)
        print(f"streaks: {outcome.recorded} changed, {outcome.unchanged} unchanged")


def disqualify(  # noqa: PLR0917  # All but one of them are named options.
    name: Name,
    document: Document,
    decided_on: DecidedOn,
    effective_on: EffectiveOn,
    reason: Reason,
    backdating_quote: Backdating = "",
) -> None:
    """Enter that a person decided to disqualify, as proposed; nothing is earned from then on."""
    from services.cli import ruling

    with asking() as clients:
        wish = ruling.Wish(name, document, decided_on, effective_on, reason, backdating_quote)
        print(_done("disqualified", ruling.disqualify(clients, wish)))


def decline(name: Name, document: Document, decided_on: DecidedOn, reason: Reason) -> None:
    """Enter that a person decided not to, whatever was proposed."""
    from services.cli import ruling

    with asking() as clients:
        wish = ruling.Wish(name, document, decided_on, "", reason)
        print(_done("declined", ruling.decline(clients, wish)))


def reverse(  # noqa: PLR0917  # All but one of them are named options.
    name: Name,
    document: Document,
    decided_on: DecidedOn,
    effective_on: EffectiveOn,
    reason: Reason,
    backdating_quote: Backdating = "",
) -> None:
    """Enter that a disqualification was taken back; what was missed needs another decision."""
    from services.cli import ruling

    with asking() as clients:
        wish = ruling.Wish(name, document, decided_on, effective_on, reason, backdating_quote)
        print(_done("reversed", ruling.reverse(clients, wish)))


def use_right(  # noqa: PLR0917  # All but one of them are named options.
    name: Name,
    streak: Annotated[str, typer.Option(help="The streak, as listed: 2022.excellent-2019.")],
    part: Annotated[str, typer.Option(help="park 示范园区 or city 城市.")],
    chosen: Annotated[str, typer.Option(help="The park that is added, or the city.")],
    document: Document,
    used_on: Annotated[str, typer.Option(help="The day of the document.")],
    chosen_unit: Annotated[
        str, typer.Option(help="The same by id or name, where it is in the register.")
    ] = "",
) -> None:
    """Enter what a right that a positive streak gave was used for."""
    from services.cli import ruling

    with asking() as clients:
        use = ruling.Use(name, streak, part, chosen, document, used_on, chosen_unit)
        print(_done("used", ruling.use(clients, use)))


def _done(word: str, is_new: bool) -> str:
    return word if is_new else f"unchanged: it is {word} so already"

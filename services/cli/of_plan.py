"""How a command names the plan that it is about: `hebi 145`, or `--unit hebi --plan 145`.

The words are the form of the other commands on one unit; the options are the older form, and stay.
Both may be mixed, but nothing is named twice.
"""

from collections.abc import Sequence
from typing import Any

import typer
from typer.core import TyperCommand

_OPTIONS = ("--unit", "--plan")


class OfPlan(TyperCommand):
    """A command with the arguments UNIT and PLAN, which may be written as options too."""

    def parse_args(self, ctx: Any, args: list[str]) -> list[str]:
        named, rest = _apart(args)
        if len(named) == len(_OPTIONS):
            rest = [*(named[option] for option in _OPTIONS), *rest]
        elif "--unit" in named:
            rest = [named["--unit"], *rest]
        elif "--plan" in named:
            rest = [*rest, named["--plan"]]  # Behind the unit, which is a word.
        return super().parse_args(ctx, rest)


def _apart(args: Sequence[str]) -> tuple[dict[str, str], list[str]]:
    """What the two options say, and everything else."""
    named: dict[str, str] = {}
    rest: list[str] = []
    words = iter(args)
    for word in words:
        option, is_joined, value = word.partition("=")
        if option not in _OPTIONS:
            rest.append(word)
            continue
        value = value if is_joined else next(words, "")
        if not value or option in named:
            raise typer.BadParameter("write it once, with its value", param_hint=option)
        named[option] = value
    return named, rest

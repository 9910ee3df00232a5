"""The rules of a budget: its lines, which rating moves them, who comes first, what limits a share.

They are read from a rule text (`rule_text`). Every value carries its clause, which is the words of
a document or an assumption that says so; what is not known is left open by a norm. Nothing here
knows a budget line, a year or a ratio: no official rule text is public, and a text that is
`illustrative` says so in every pool that is opened by it.
"""

from dataclasses import dataclass
from enum import StrEnum

from services.kernel.policy_terms import Authority, Clause, Instrument


class Account(StrEnum):
    """What a pool of the line holds."""

    FEN = "fen"  # Money, divided by water-filling.
    PLACES = "places"  # Indivisible, given by Sainte-Laguë.


class Weighing(StrEnum):
    """What a claim weighs before priority."""

    REQUESTED = "requested"
    EQUAL = "equal"


class Way(StrEnum):
    """What priority means."""

    WEIGHTS = "weights"  # A claim counts so many times.
    TIERS = "tiers"  # Holders are served first, the others from what is left.


class Matter(StrEnum):
    """What of a line may be left open."""

    LAG_YEARS = "lag_years"
    MOST_SHARE_MICRO = "most_share_micro"
    MOST_AMOUNT = "most_amount"


@dataclass(frozen=True, slots=True)
class Priority:
    """Who comes first: holders of the entitlement to this instrument.

    By weights a holder's claim counts `holders` times and another's `others` times.
    """

    instrument: Instrument
    way: Way
    holders: int | None
    others: int | None
    clause: Clause


@dataclass(frozen=True, slots=True)
class Lag:
    """The rating of a year moves the budget so many years later."""

    years: int
    clause: Clause


@dataclass(frozen=True, slots=True)
class Limit:
    """The most of a line: millionths of the total investment, or an amount."""

    most: int
    clause: Clause


@dataclass(frozen=True, slots=True)
class BudgetLine:
    """One line of the budget (专项); None is left open by a norm, or does not apply."""

    line_id: str
    name_zh: str
    name_en: str
    account: Account
    weighing: Weighing
    decided_by: Authority
    lag_years: Lag | None
    priority: Priority
    most_share_micro: Limit | None
    most_amount: Limit | None
    clause: Clause


@dataclass(frozen=True, slots=True)
class OpenNorm:
    """What the text leaves open; `about` is None where nothing that is computed needs it."""

    norm_id: str
    about: Matter | None
    line: str | None
    question_zh: str
    question_en: str
    clause: Clause


@dataclass(frozen=True, slots=True)
class RuleText:
    """The lines of some budget years; `content_hash` is its text's."""

    rule_text_id: str
    title_zh: str
    title_en: str
    illustrative: bool
    years_from: int
    years_until: int
    clauses: tuple[Clause, ...]
    lines: tuple[BudgetLine, ...]
    open_norms: tuple[OpenNorm, ...]
    content_hash: str

    def line(self, line_id: str) -> BudgetLine | None:
        """The line of that name."""
        return next((each for each in self.lines if each.line_id == line_id), None)

    def open_of(self, line_id: str) -> tuple[OpenNorm, ...]:
        """What the text leaves open about the line."""
        return tuple(norm for norm in self.open_norms if norm.line in (None, line_id))

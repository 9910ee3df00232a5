"""What a rule set leaves open of its procedure, and the answer that an interpretation gives.

An answer is a day, a whole number of days, or an authority, as the matter wants it. It fills in
what the schedule does not state, and nothing else of the rule set.
"""

from dataclasses import replace
from datetime import date
from typing import Any

from services.evaluation.scoring.parts import RuleSet
from services.evaluation.scoring.terms import Matter
from services.kernel.policy_terms import Authority

MOST_NOTICE_DAYS = 366  # A notice that is longer outlasts the year of its round.

Answer = date | int | Authority


def read_answer(matter: str, answer: str) -> Answer | None:
    """The answer as the schedule holds it; None where it is none."""
    match matter:
        case Matter.SHEETS_DUE:
            return _day(answer)
        case Matter.PUBLIC_NOTICE_DAYS:
            is_number = answer.isascii() and answer.isdecimal() and len(answer) < 4
            days = int(answer) if is_number else MOST_NOTICE_DAYS + 1
            return days if days <= MOST_NOTICE_DAYS else None
        case Matter.OBJECTIONS_DECIDED_BY:
            return Authority(answer) if answer in tuple(Authority) else None
        case _:
            return None


def stated(rules: RuleSet, matter: str) -> Answer | None:
    """What the rules say of the matter by now; None while it is open."""
    found: Answer | None = getattr(rules.schedule, matter)
    return found


def interpreted(rules: RuleSet, matter: str, answer: str) -> RuleSet:
    """The rules with the answer in place; ValueError where it is none."""
    value = read_answer(matter, answer)
    if value is None:
        raise ValueError(f"{answer!r} answers nothing about {matter}")
    answers: dict[str, Any] = {matter: value}
    return replace(rules, schedule=replace(rules.schedule, **answers))


def _day(text: str) -> date | None:
    try:
        day = date.fromisoformat(text)
    except ValueError:
        return None
    return day if day.isoformat() == text else None

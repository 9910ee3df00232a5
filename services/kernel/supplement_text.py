"""Reads the text of a supplement, or says everything that is wrong with it, line by line.

It is read like a document, in three passes: the YAML, every value by itself, the whole. Whether it
fits the document that it belongs to, and the supplements before it, is for `supplement` to say.
"""

import hashlib
from dataclasses import dataclass, fields
from datetime import date

from yaml.nodes import Node

from services.kernel import policy_syntax, supplement_whole
from services.kernel.plan_records import read_question, read_workflow
from services.kernel.plan_terms import PlanWorkflow, Question
from services.kernel.policy_problems import Found
from services.kernel.policy_records import read_grades, read_unit_kinds
from services.kernel.policy_terms import Clause
from services.kernel.policy_values import (
    list_of,
    read_clause,
    read_day,
    read_id,
    read_text,
    read_whole,
    record_of,
    try_to_read,
    word_of,
)
from services.kernel.supplement_terms import (
    CarryOver,
    Counting,
    NormAnswer,
    StreakKind,
    StreakRule,
    Supplement,
    YearsCount,
)


def parse(text: str, file: str) -> Supplement:
    """The supplement in the text; `file` names the text in problems. Raises PolicyProblems."""
    return read(text, file)[0]


def read(text: str, file: str) -> tuple[Supplement, Found]:
    """The supplement, and the lines of its records for whoever finds more to say of them."""
    found = Found(file)
    drafts = try_to_read(_SUPPLEMENT, policy_syntax.compose(text, found), found)
    found.must_be_none()
    [draft] = drafts
    supplement_whole.check(draft, found)
    found.must_be_none()
    stated = {key.name: getattr(draft, key.name) for key in fields(draft)}
    content_hash = hashlib.sha256(text.encode()).hexdigest()
    return Supplement(**stated, content_hash=content_hash), found


@dataclass(frozen=True, slots=True)
class Draft:
    """A supplement whose values could all be read, and nothing more is known of it."""

    supplement_id: str
    policy_id: str
    author: str
    document: str
    decided_on: date
    clauses: tuple[Clause, ...]
    interpretations: tuple[NormAnswer, ...]
    streaks: tuple[StreakRule, ...]
    plans: tuple[PlanWorkflow, ...]
    open_norms: tuple[Question, ...]


def _clause(
    clause_id: str, quote: str | None, source: str | None, assumption: str | None
) -> Clause:
    return Clause(clause_id, quote or "", source or "", assumption or "")


def _clauses(node: Node, found: Found) -> tuple[Clause, ...]:
    clauses = list_of(_CLAUSE)(node, found)
    found.clauses = {clause.clause_id: clause for clause in clauses}
    return clauses


_CLAUSE = record_of(
    "a clause",
    _clause,
    {"clause_id": read_id},
    optional={"quote": read_text, "source": read_text, "assumption": read_text},
)
_INTERPRETATION = record_of(
    "an interpretation",
    NormAnswer,
    {
        "norm_id": read_id,
        "author": read_text,
        "decided_on": read_day,
        "document": read_text,
        "answer": read_text,
        "clause": read_clause,
    },
)
_STREAK = record_of(
    "a streak rule",
    StreakRule,
    {
        "streak_id": read_id,
        "kind": word_of("kind", StreakKind),
        "grades": read_grades,
        "unit_kinds": read_unit_kinds,
        "counting": word_of("counting", Counting),
        "own_since": read_whole,
        "clause": read_clause,
    },
    optional={
        "years": read_whole,
        "years_norm": read_id,
        "at_least": read_whole,
        "within": read_whole,
        "warn_at": read_whole,
        "carry_over": word_of("carry-over", CarryOver),
        "carry_over_norm": read_id,
        "rounds_from": read_whole,
        "rounds_until": read_whole,
        "years_count": word_of("years-count", YearsCount),
        "years_count_clause": read_clause,
    },
)
_SUPPLEMENT = record_of(
    "the supplement",
    Draft,
    {
        "clauses": _clauses,  # First: all that follow cite them.
        "supplement_id": read_id,
        "policy_id": read_id,
        "author": read_text,
        "document": read_text,
        "decided_on": read_day,
    },
    lists={
        "interpretations": list_of(_INTERPRETATION),
        "streaks": list_of(_STREAK),
        "plans": list_of(read_workflow),
        "open_norms": list_of(read_question),
    },
)

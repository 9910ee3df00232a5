"""What a policy document is made of: which keys each of its records has, and how they are read."""

from dataclasses import dataclass
from datetime import date

from yaml.nodes import Node

from services.kernel.policy_problems import Found
from services.kernel.policy_terms import (
    Authority,
    BeneficiaryClass,
    Clause,
    DatedValue,
    Dimension,
    Grade,
    Instrument,
    Interpretation,
    Nothing,
    OpenNorm,
    Parameter,
    Precondition,
    Rated,
    Rule,
    Scope,
    Unit,
    UnitKind,
    Wording,
)
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
    words_of,
)


def read_draft(root: Node, found: Found) -> "Draft":
    draft = try_to_read(_DOCUMENT, root, found)
    found.must_be_none()
    return draft[0]


@dataclass(frozen=True, slots=True)
class Draft:
    """A document whose values could all be read, and nothing more is known of it."""

    policy_id: str
    number: str | None
    title_zh: str
    title_en: str
    issuers: tuple[Authority, ...]
    signed_on: date | None
    published_on: date
    rounds_from: int
    rounds_until: int | None
    rated: Rated | None
    scope: Scope
    clauses: tuple[Clause, ...]
    rules: tuple[Rule, ...]
    nothing: tuple[Nothing, ...]
    open_norms: tuple[OpenNorm, ...]
    parameters: tuple[Parameter, ...]


def _clauses(node: Node, found: Found) -> tuple[Clause, ...]:
    clauses = list_of(_CLAUSE)(node, found)
    found.clauses = {clause.clause_id: clause for clause in clauses}
    return clauses


_AUTHORITY = word_of("authority", Authority)
_CLASS = word_of("class", BeneficiaryClass)
read_grades = words_of("grade", Grade)
read_unit_kinds = words_of("kind", UnitKind)

_CLAUSE = record_of(
    "a clause", Clause, {"clause_id": read_id, "quote": read_text, "source": read_text}
)
_SCOPE = record_of(
    "the scope",
    Scope,
    {"beneficiary_classes": words_of("class", BeneficiaryClass), "clause": read_clause},
)
READ_RATED = record_of(
    "what is rated",
    Rated,
    {"unit_kinds": read_unit_kinds, "clause": read_clause},
)
_PRECONDITION = record_of(
    "a precondition",
    Precondition,
    {
        "precondition_id": read_id,
        "text_zh": read_text,
        "text_en": read_text,
        "attested_by": _AUTHORITY,
    },
)
_RULE = record_of(
    "a rule",
    Rule,
    {
        "rule_id": read_id,
        "instrument": word_of("instrument", Instrument),
        "beneficiary_class": _CLASS,
        "grades": read_grades,
        "wording": word_of("wording", Wording),
        "authority": _AUTHORITY,
        "clause": read_clause,
        "valid_from": read_day,
    },
    optional={"valid_until": read_day},
    lists={"preconditions": list_of(_PRECONDITION), "dimensions": words_of("dimension", Dimension)},
)
_NOTHING = record_of(
    "a nothing",
    Nothing,
    {"beneficiary_class": _CLASS, "grades": read_grades, "clause": read_clause},
)
READ_INTERPRETATION = record_of(
    "an interpretation",
    Interpretation,
    {"author": read_text, "decided_on": read_day, "document": read_text, "answer": read_text},
)
_NORM = record_of(
    "an open norm",
    OpenNorm,
    {"norm_id": read_id, "question_zh": read_text, "question_en": read_text, "clause": read_clause},
    optional={
        "beneficiary_class": _CLASS,
        "parameter": read_id,
        "interpretation": READ_INTERPRETATION,
    },
)
_VALUE = record_of(
    "a dated value",
    DatedValue,
    {"value": read_whole, "valid_from": read_day, "clause": read_clause},
    optional={"valid_until": read_day},
)
_PARAMETER = record_of(
    "a parameter",
    Parameter,
    {"name": read_id, "unit": word_of("unit", Unit), "values": list_of(_VALUE)},
)
_DOCUMENT = record_of(
    "the document",
    Draft,
    {
        "clauses": _clauses,  # First: all that follow cite them.
        "policy_id": read_id,
        "title_zh": read_text,
        "title_en": read_text,
        "issuers": words_of("authority", Authority),
        "published_on": read_day,
        "rounds_from": read_whole,
        "scope": _SCOPE,
    },
    optional={
        "number": read_text,
        "signed_on": read_day,
        "rated": READ_RATED,
        "rounds_until": read_whole,
    },
    lists={
        "rules": list_of(_RULE),
        "nothing": list_of(_NOTHING),
        "open_norms": list_of(_NORM),
        "parameters": list_of(_PARAMETER),
    },
)

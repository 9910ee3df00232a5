"""What a rule set is made of: which keys each of its records has, and how they are read."""

from functools import partial

from yaml.nodes import Node

from services.evaluation.scoring.parts import (
    Bonus,
    BonusCircular,
    Bonuses,
    Criterion,
    Dimension,
    Experts,
    Goalposts,
    Grades,
    Honours,
    Indicator,
    Issuers,
    OpenNorm,
    PeerClass,
    ProvincialReview,
    Rated,
    RuleSet,
    Schedule,
    Shares,
    Shows,
    Step,
    Ties,
    Veto,
)
from services.evaluation.scoring.terms import (
    Cut,
    Direction,
    HonourKind,
    LastResort,
    Level,
    Matter,
    Measure,
    Missing,
    Outlier,
    Pool,
    Rounding,
    Severity,
    Shown,
)
from services.kernel.policy_problems import Found
from services.kernel.policy_records import READ_INTERPRETATION
from services.kernel.policy_terms import Authority, Clause, Grade, UnitKind
from services.kernel.policy_values import (
    list_of,
    read_clause,
    read_day,
    read_decimal,
    read_flag,
    read_id,
    read_text,
    read_whole,
    record_of,
    try_to_read,
    word_of,
    words_of,
)


def read_rule_set(root: Node, content_hash: str, found: Found) -> RuleSet:
    """Every value of the rule set by itself; nothing more is known of it yet."""
    build = partial(RuleSet, content_hash=content_hash)
    read = record_of("the rule set", build, _NEEDED, optional=_OPTIONAL, lists=_LISTS)
    rule_sets = try_to_read(read, root, found)
    found.must_be_none()
    return rule_sets[0]


def _clause(
    clause_id: str, quote: str | None, source: str | None, assumption: str | None
) -> Clause:
    return Clause(clause_id, quote or "", source or "", assumption or "")


def _clauses(node: Node, found: Found) -> tuple[Clause, ...]:
    clauses = list_of(_CLAUSE)(node, found)
    found.clauses = {clause.clause_id: clause for clause in clauses}
    return clauses


_NAMES = {"name_zh": read_text, "name_en": read_text}
_CITED = {"clause": read_clause}
_GRADE, _SHOWN = word_of("grade", Grade), word_of("level", Shown)

_CLAUSE = record_of(
    "a clause",
    _clause,
    {"clause_id": read_id},
    optional={"quote": read_text, "source": read_text, "assumption": read_text},
)
_RATED = record_of(
    "what is rated",
    Rated,
    {"level": word_of("level", Level), "unit_kinds": words_of("kind", UnitKind), **_CITED},
)
_PEER_CLASS = record_of(
    "a peer class",
    PeerClass,
    {"peer_class_id": read_id, **_NAMES, "units": list_of(read_id), **_CITED},
)
_DIMENSION = record_of("a dimension", Dimension, {"dimension_id": read_id, **_NAMES})
_GOALPOSTS = record_of(
    "goalposts",
    Goalposts,
    {"low": read_decimal, "high": read_decimal},
    optional={"peer_class": read_id},
)
_INDICATOR = record_of(
    "an indicator",
    Indicator,
    {
        "indicator_id": read_id,
        "dimension": read_id,
        **_NAMES,
        "unit": read_text,
        "decimals": read_whole,
        "direction": word_of("direction", Direction),
        "weight": read_whole,
        "missing": word_of("missing", Missing),
        "outlier": word_of("outlier", Outlier),
        "goalposts": list_of(_GOALPOSTS),
        **_CITED,
    },
)
_SHARES = record_of(
    "the shares", Shares, {"statistics": read_whole, "experts": read_whole, **_CITED}
)
_CRITERION = record_of(
    "a criterion", Criterion, {"criterion_id": read_id, **_NAMES, "weight": read_whole}
)
_EXPERTS = record_of(
    "the experts",
    Experts,
    {
        "criteria": list_of(_CRITERION),
        "lowest": read_decimal,
        "highest": read_decimal,
        "decimals": read_whole,
        "minimum_sheets": read_whole,
        "severity": word_of("severity", Severity),
        "agreement": word_of("agreement", Measure),
        **_CITED,
    },
)
_BONUS_CIRCULAR = record_of(
    "the circular of a bonus",
    BonusCircular,
    {"years_before": read_whole, **_CITED},
    lists={"items": list_of(read_text)},
)
_BONUS = record_of(
    "a bonus",
    Bonus,
    {"bonus_id": read_id, **_NAMES, "points": read_whole, **_CITED},
    optional={"circular": _BONUS_CIRCULAR},
)
_BONUSES = record_of(
    "the bonuses", Bonuses, {"cap": read_whole, "kinds": list_of(_BONUS), **_CITED}
)
_VETO = record_of(
    "a veto",
    Veto,
    {
        "veto_id": read_id,
        "text_zh": read_text,
        "text_en": read_text,
        "cap": _GRADE,
        "refill": read_flag,
        **_CITED,
    },
)
_SHOWS = record_of("what is shown", Shows, {"grade": _SHOWN, "score": _SHOWN, "rank": _SHOWN})
_STEP = record_of(
    "a grade of the scale",
    Step,
    {"grade": _GRADE, "name_zh": read_text, "shows": _SHOWS, **_CITED},
    optional={"at_least": read_whole, "share": read_whole, "places": read_whole},
)
_TIES = record_of(
    "the ties",
    Ties,
    {"last": word_of("last", LastResort), **_CITED},
    lists={"keys": list_of(read_id)},
)
_GRADES = record_of(
    "the grades",
    Grades,
    {"cut": word_of("cut", Cut), "scale": list_of(_STEP), "ties": _TIES, **_CITED},
    optional={"pool": word_of("pool", Pool), "rounding": word_of("rounding", Rounding)},
)
_HONOURS = record_of(
    "the honours",
    Honours,
    _CITED,
    lists={"kinds": words_of("honour", HonourKind), "single_fields": list_of(read_text)},
)
_ISSUERS = record_of(
    "the issuers", Issuers, {"authorities": words_of("authority", Authority), **_CITED}
)
_REVIEW = record_of("the provincial review", ProvincialReview, {"required": read_flag, **_CITED})
_SCHEDULE = record_of(
    "the schedule",
    Schedule,
    _CITED,
    optional={
        "sheets_due": read_day,
        "public_notice_days": read_whole,
        "objections_decided_by": word_of("authority", Authority),
    },
)
_NORM = record_of(
    "an open norm",
    OpenNorm,
    {"norm_id": read_id, "question_zh": read_text, "question_en": read_text, **_CITED},
    optional={"about": word_of("matter", Matter), "interpretation": READ_INTERPRETATION},
)
_NEEDED = {
    "clauses": _clauses,  # First: all that follow cite them.
    "rule_set_id": read_id,
    "round": read_whole,
    "title_zh": read_text,
    "title_en": read_text,
    "illustrative": read_flag,
    "rated": _RATED,
    "dimensions": list_of(_DIMENSION),
    "indicators": list_of(_INDICATOR),
    "shares": _SHARES,
    "grades": _GRADES,
    "honours": _HONOURS,
    "issuers": _ISSUERS,
    "provincial_review": _REVIEW,
    "schedule": _SCHEDULE,
}
_OPTIONAL = {"experts": _EXPERTS, "bonuses": _BONUSES}
_LISTS = {
    "peer_classes": list_of(_PEER_CLASS),
    "vetoes": list_of(_VETO),
    "open_norms": list_of(_NORM),
}

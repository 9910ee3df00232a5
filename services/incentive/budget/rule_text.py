"""Reads a budget's rule text, or says everything that is wrong with it, line by line.

Three passes, as for a policy document: the YAML, every value by itself, the whole. A value without
a clause, a line with a matter that is neither stated nor left open, or a duplicate key does not
load. A pool keeps its text for good, so what is refused may become less and never more.
"""

import hashlib
from functools import partial

from yaml.nodes import Node

from services.incentive.budget.rules import (
    Account,
    BudgetLine,
    Lag,
    Limit,
    Matter,
    OpenNorm,
    Priority,
    RuleText,
    Way,
    Weighing,
)
from services.kernel import policy_syntax
from services.kernel.policy_problems import Found, nearest
from services.kernel.policy_terms import Authority, Clause, Instrument
from services.kernel.policy_values import (
    list_of,
    read_clause,
    read_flag,
    read_id,
    read_text,
    read_whole,
    record_of,
    try_to_read,
    word_of,
)
from services.kernel.policy_whole import check_unique

_MOST_WEIGHT = 1_000  # So that weights stay whole numbers of 63 bits.
_MOST_LAG = 9
_MOST_AMOUNT = 10**15
_MICRO = 1_000_000


def parse(text: str, file: str) -> RuleText:
    """The rules that the text states; `file` names it in problems. Raises PolicyProblems."""
    found = Found(file)
    content_hash = hashlib.sha256(text.encode()).hexdigest()
    build = partial(RuleText, content_hash=content_hash)
    read = record_of("the rule text", build, _NEEDED, lists=_LISTS)
    texts = try_to_read(read, policy_syntax.compose(text, found), found)
    found.must_be_none()
    [rules] = texts
    for check in _CHECKS:
        check(rules, found)
    found.must_be_none()
    return rules


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
_CLAUSE = record_of(
    "a clause",
    _clause,
    {"clause_id": read_id},
    optional={"quote": read_text, "source": read_text, "assumption": read_text},
)
_LAG = record_of("a lag", Lag, {"years": read_whole, **_CITED})
_LIMIT = record_of("a limit", Limit, {"most": read_whole, **_CITED})
_PRIORITY = record_of(
    "priority",
    Priority,
    {
        "instrument": word_of("instrument", Instrument),
        "way": word_of("way", Way),
        **_CITED,
    },
    optional={"holders": read_whole, "others": read_whole},
)
_LINE = record_of(
    "a line",
    BudgetLine,
    {
        "line_id": read_id,
        **_NAMES,
        "account": word_of("account", Account),
        "weighing": word_of("weighing", Weighing),
        "decided_by": word_of("authority", Authority),
        "priority": _PRIORITY,
        **_CITED,
    },
    optional={"lag_years": _LAG, "most_share_micro": _LIMIT, "most_amount": _LIMIT},
)
_NORM = record_of(
    "an open norm",
    OpenNorm,
    {"norm_id": read_id, "question_zh": read_text, "question_en": read_text, **_CITED},
    optional={"about": word_of("matter", Matter), "line": read_id},
)
_NEEDED = {
    "clauses": _clauses,  # First: all that follow cite them.
    "rule_text_id": read_id,
    "title_zh": read_text,
    "title_en": read_text,
    "illustrative": read_flag,
    "years_from": read_whole,
    "years_until": read_whole,
    "lines": list_of(_LINE),
}
_LISTS = {"open_norms": list_of(_NORM)}


def _check_ids(rules: RuleText, found: Found) -> None:
    check_unique(rules.clauses, "clause_id", found)
    check_unique(rules.lines, "line_id", found)
    check_unique(rules.open_norms, "norm_id", found)
    for line in rules.lines:
        if any(sign in line.line_id for sign in "_./"):
            what = "a line is named in addresses: use a-z and 0-9 with single - between them"
            found.at(line, "line_id", "wrong-id", what)
    if rules.years_until < rules.years_from:
        what = f"{rules.years_until} is before {rules.years_from}: correct one of the two"
        found.at(rules, "years_until", "wrong-number", what)


def _check_clauses(rules: RuleText, found: Found) -> None:
    for clause in rules.clauses:
        if bool(clause.source) == bool(clause.assumption):
            what = (
                "a clause rests on a source or on an assumption: say where its wording was read in"
                " `source`, or what is assumed in `assumption`, and not both"
            )
            found.at(clause, "clause_id", "no-citation", what)
        if clause.source and not clause.quote:
            what = "a clause with a source is its wording: add `quote`"
            found.at(clause, "source", "no-citation", what)


def _check_numbers(rules: RuleText, found: Found) -> None:
    for line in rules.lines:
        if line.lag_years and not 1 <= line.lag_years.years <= _MOST_LAG:
            what = f"a rating moves a budget 1 to {_MOST_LAG} years later: correct it"
            found.at(line.lag_years, "years", "wrong-number", what)
        for limit, most in ((line.most_share_micro, _MICRO), (line.most_amount, _MOST_AMOUNT)):
            if limit and not 1 <= limit.most <= most:
                what = f"a limit is from 1 to {most}: correct it, or leave it open by a norm"
                found.at(limit, "most", "wrong-number", what)


def _check_priority(rules: RuleText, found: Found) -> None:
    for line in rules.lines:
        priority = line.priority
        if priority.way == Way.TIERS:
            if priority.holders is not None or priority.others is not None:
                what = "in tiers nobody is weighed: delete `holders` and `others`, or use weights"
                found.at(priority, "way", "wrong-rule", what)
            continue
        if priority.holders is None or priority.others is None:
            what = "weights need both `holders` and `others`: add what is missing"
            found.at(priority, "way", "gap", what)
        elif not 0 <= priority.others <= priority.holders <= _MOST_WEIGHT or not priority.holders:
            what = f"holders count at least as much as others, from 1 to {_MOST_WEIGHT}: correct it"
            found.at(priority, "holders", "wrong-number", what)


def _check_open(rules: RuleText, found: Found) -> None:
    """What a line does not state is left open by one norm, and nothing else is."""
    names = [line.line_id for line in rules.lines]
    for norm in rules.open_norms:
        if norm.line is not None and norm.line not in names:
            what = f"`{norm.line}` is no line: {nearest(norm.line, names)}"
            found.at(norm, "line", "unknown-line", what)
    for line in rules.lines:
        for matter in Matter:
            norms = [norm for norm in rules.open_of(line.line_id) if norm.about == matter]
            is_stated = getattr(line, matter) is not None
            if matter == Matter.MOST_SHARE_MICRO and line.account == Account.PLACES:
                _check_no_share(line, found)
                continue
            if not is_stated and not norms:
                what = f"`{matter}` is not stated: add it, or an open norm about it"
                found.at(line, "line_id", "gap", what)
            for norm in norms[0 if is_stated else 1 :]:
                what = f"{matter} of {line.line_id} is stated or left open elsewhere: keep one"
                found.at(norm, "about", "overlap", what)


def _check_no_share(line: BudgetLine, found: Found) -> None:
    if line.most_share_micro is not None:
        what = "places are no share of an investment: delete it"
        found.at(line, "most_share_micro", "wrong-rule", what)


_CHECKS = (_check_ids, _check_clauses, _check_numbers, _check_priority, _check_open)

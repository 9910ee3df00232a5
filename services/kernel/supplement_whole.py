"""The third pass over the text of a supplement: what does not fit together in it."""

import re
from collections.abc import Iterator
from typing import TYPE_CHECKING

from services.kernel import plan_records
from services.kernel.policy_problems import Found
from services.kernel.policy_terms import Clause
from services.kernel.policy_whole import check_unique
from services.kernel.supplement_terms import LONGEST_STREAK, Counting, StreakKind, StreakRule

if TYPE_CHECKING:
    from services.kernel.supplement_text import Draft

_IDENTIFIER = re.compile(r"[a-z0-9]+(-[a-z0-9]+)*")
_FIRST_ROUND, _LAST_ROUND = 1900, 9999


def check(draft: "Draft", found: Found) -> None:
    """Report everything that does not fit together."""
    _check_ids(draft, found)
    for clause in draft.clauses:
        _check_ground(clause, found)
    _check_answers(draft, found)
    for rule in draft.streaks:
        _check_streak(rule, found)
        for key, norm in (
            ("years_norm", rule.years_norm),
            ("carry_over_norm", rule.carry_over_norm),
        ):
            if norm is not None:
                _check_norm(draft, rule, key, norm, found)
    plan_records.check(draft.plans, found)
    for workflow in draft.plans:
        if question := workflow.support_open:
            _check_norm(draft, question, "norm_id", question.norm_id, found)
    check_unique(draft.open_norms, "norm_id", found)
    for norm_ in draft.open_norms:
        _check_norm(draft, norm_, "norm_id", norm_.norm_id, found)
    if not any((draft.interpretations, draft.streaks, draft.plans, draft.open_norms)):
        what = "a supplement adds something: write interpretations, streaks, plans or open_norms"
        found.at(draft, "supplement_id", "empty", what)


def _check_ids(draft: "Draft", found: Found) -> None:
    check_unique(draft.clauses, "clause_id", found)
    check_unique(draft.streaks, "streak_id", found)
    check_unique(draft.plans, "workflow_id", found)
    named: tuple[tuple[object, str, str], ...] = (
        (draft, "supplement_id", draft.supplement_id),
        *((rule, "streak_id", rule.streak_id) for rule in draft.streaks),
        *((each, "workflow_id", each.workflow_id) for each in draft.plans),
    )
    for record, key, name in named:
        if not _IDENTIFIER.fullmatch(name):
            what = f"`{name}` is part of a name: use a-z and 0-9 with single - between them"
            found.at(record, key, "wrong-id", what)


def _check_ground(clause: Clause, found: Found) -> None:
    """Words with their source, or an assumption; never a bit of both."""
    is_quoted, is_assumed = bool(clause.quote and clause.source), bool(clause.assumption)
    if is_quoted == is_assumed or bool(clause.quote) != bool(clause.source):
        what = "a clause is a `quote` with its `source`, or an `assumption`: write one of the two"
        found.at(clause, "clause_id", "no-citation", what)


def _check_answers(draft: "Draft", found: Found) -> None:
    first: dict[tuple[str, object], int] = {}
    for answer in draft.interpretations:
        _check_norm(draft, answer, "norm_id", answer.norm_id, found)
        key, line = (answer.norm_id, answer.decided_on), found.line(answer, "norm_id")
        if key in first:
            what = f"{answer.norm_id} is answered for that day at line {first[key]}: keep one"
            found.add(line, "overlap", what)
        first.setdefault(key, line)


def _check_norm(draft: "Draft", record: object, key: str, norm: str, found: Found) -> None:
    if not norm.startswith(f"{draft.policy_id}/"):
        what = f"`{norm}` is no norm of {draft.policy_id}: a supplement belongs to one document"
        found.at(record, key, "wrong-id", what)


def _check_streak(rule: StreakRule, found: Found) -> None:
    for key, rule_, what in _faults(rule):
        found.at(rule, key, rule_, what)


def _faults(rule: StreakRule) -> Iterator[tuple[str, str, str]]:
    """The key at which it is, the rule of the format, and what to do."""
    if (rule.years is None) == (rule.years_norm is None):
        yield "streak_id", "missing-key", "say `years`, or the `years_norm` that leaves them open"
    if (rule.at_least is None) != (rule.years_norm is None):
        yield "streak_id", "missing-key", "`at_least` goes with `years_norm`: write both or none"
    if (rule.carry_over is None) == (rule.carry_over_norm is None):
        yield "streak_id", "missing-key", "say `carry_over`, or the `carry_over_norm`"
    if (rule.years_count is None) != (rule.years_count_clause is None):
        what = "`years_count` goes with its `years_count_clause`: write both or none"
        yield "streak_id", "missing-key", what
    if rule.years_count is not None and rule.kind != StreakKind.EXPANSION:
        yield "years_count", "unknown-key", "it is about rights, which this streak gives none of"
    if rule.counting == Counting.IN_ANY_ORDER and rule.within is None:
        yield "counting", "missing-key", "in any order within how many years? add `within`"
    for key in ("years", "at_least", "within", "warn_at"):
        value = getattr(rule, key)
        if value is not None and not 1 <= value <= LONGEST_STREAK:
            yield key, "wrong-number", f"{key} is from 1 to {LONGEST_STREAK}: correct it"
    least = rule.years or rule.at_least or 0
    if rule.within is not None and rule.within < least:
        yield "within", "wrong-number", f"{least} years do not fit in {rule.within}: correct one"
    if rule.warn_at is not None and rule.years is not None and rule.warn_at >= rule.years:
        yield "warn_at", "wrong-number", "a warning comes before the streak: write fewer years"
    for key in ("own_since", "rounds_from", "rounds_until"):
        value = getattr(rule, key)
        if value is not None and not _FIRST_ROUND <= value <= _LAST_ROUND:
            yield key, "wrong-number", f"{key} is a performance year: write one such as 2020"
    if rule.rounds_from and rule.rounds_until and rule.rounds_until < rule.rounds_from:
        yield "rounds_until", "wrong-number", "it ends before it begins: correct one of the two"

"""The supplements of a log: what they answer, and whether another one fits beside them.

A supplement is adopted once and never edited. It answers norms that its document leaves open, or
that an earlier supplement found open of its plans, and only so that whoever uses the norm can read
the answer. A norm is answered once for a day; of
several answers the latest holds. A norm on what a whole class earns is not answered here: incentive
and financing take such an answer from the document alone, so one here would have no effect.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from typing import NamedTuple

from services.kernel.plan_terms import PlanWorkflow, SupportStart
from services.kernel.policy import Policy
from services.kernel.policy_problems import Found, nearest
from services.kernel.policy_terms import Clause
from services.kernel.policy_values import WHOLE
from services.kernel.supplement_terms import (
    LONGEST_STREAK,
    CarryOver,
    NormAnswer,
    StreakRule,
    Supplement,
)


class Norm(NamedTuple):
    """What is known of an open norm of the document; `answered_on` is "" where it has no answer."""

    norm_id: str
    parameter: str = ""
    beneficiary_class: str = ""
    answered_on: str = ""


class Use(NamedTuple):
    """A norm that a streak rule needs an answer to: a number of years, or a carry-over."""

    norm_id: str
    least: int  # The fewest years that may be answered; 0 for a carry-over.


class Answer(NamedTuple):
    """An answer to a norm, and where it stands.

    `supplement_id` is "" and `clause` None where the document itself has it.
    """

    norm_id: str
    text: str
    decided_on: date
    supplement_id: str
    author: str
    document: str
    clause: Clause | None


@dataclass(frozen=True, slots=True)
class Supplements:
    """The adopted supplements in the order of their adoption."""

    all: tuple[Supplement, ...] = ()

    @staticmethod
    def none() -> "Supplements":
        """No supplement yet."""
        return Supplements()

    def get(self, supplement_id: str) -> Supplement | None:
        """The supplement of this id."""
        return next((each for each in self.all if each.supplement_id == supplement_id), None)

    def beside(self, supplement: Supplement) -> "Supplements":
        """These and another one."""
        return Supplements((*self.all, supplement))

    def of(self, policy_id: str) -> Sequence[Supplement]:
        """Those that belong to a document."""
        return [each for each in self.all if each.policy_id == policy_id]

    def workflow(self, policy_id: str, kind: str) -> tuple[Supplement, PlanWorkflow] | None:
        """What a document asks of the plans of a kind of unit, and the supplement that says it."""
        return next(
            (
                (each, workflow)
                for each in self.of(policy_id)
                for workflow in each.plans
                if kind in workflow.unit_kinds
            ),
            None,
        )

    def answer(self, norm_id: str, policy: Policy, on: date) -> Answer | None:
        """The answer that holds on the day, by a supplement or by the document itself."""
        found = [each for each in self.answers(norm_id, policy) if each.decided_on <= on]
        return found[-1] if found else None

    def answers(self, norm_id: str, policy: Policy) -> list[Answer]:
        """Every answer to the norm, the earliest first; some may not hold yet."""
        found = [
            Answer(
                norm_id,
                each.answer,
                each.decided_on,
                supplement.supplement_id,
                each.author,
                each.document,
                each.clause,
            )
            for supplement in self.of(policy.policy_id)
            for each in supplement.interpretations
            if each.norm_id == norm_id
        ]
        for norm in policy.open_norms:
            known = norm.interpretation
            if norm.norm_id == norm_id and known is not None:
                own = known.answer, known.decided_on, "", known.author, known.document, None
                found.append(Answer(norm_id, *own))
        return sorted(found, key=lambda each: each.decided_on)


def norms_of(policy: Policy) -> list[Norm]:
    """What the document leaves open, as a supplement is judged by it."""
    return [
        Norm(
            norm.norm_id,
            norm.parameter or "",
            str(norm.beneficiary_class or ""),
            norm.interpretation.decided_on.isoformat() if norm.interpretation else "",
        )
        for norm in policy.open_norms
    ]


def check(new: Supplement, norms: Sequence[Norm], before: Supplements, found: Found) -> None:
    """Report everything in a new supplement that does not fit its document or those before it."""
    asked = [each for other in (*before.of(new.policy_id), new) for each in other.open_norms]
    known = {norm.norm_id: norm for norm in (*norms, *(Norm(each.norm_id) for each in asked))}
    starts = _starts(new.policy_id, before)
    raised = {each: Norm(each) for each in starts if each not in known}
    _check_asked(new, {norm.norm_id for norm in norms}, before, found)
    for answer in new.interpretations:
        _check_norm(answer.norm_id, answer, "norm_id", known | raised, found)
        _check_answer(answer, (known | raised).get(answer.norm_id), before, found)
        if answer.norm_id in raised:
            _check_start(answer, starts[answer.norm_id], found)
    for rule in new.streaks:
        for key in ("years_norm", "carry_over_norm"):
            if (norm_id := getattr(rule, key)) is not None:
                _check_norm(norm_id, rule, key, known, found)
        _check_rule(rule, new, before, found)
    for workflow in new.plans:
        _check_workflow(workflow, new, before, found)
    _check_readable(new, before, found)


def _check_workflow(new: PlanWorkflow, of: Supplement, before: Supplements, found: Found) -> None:
    """The plans of one kind of unit have one workflow by one document."""
    for other in before.of(of.policy_id):
        for standing in other.plans:
            if shared := [kind for kind in new.unit_kinds if kind in standing.unit_kinds]:
                what = f"{other.supplement_id} says already what binds the plan of a {shared[0]}"
                found.at(new, "unit_kinds", "overlap", what)


def _check_asked(new: Supplement, stated: set[str], before: Supplements, found: Found) -> None:
    """What is open already, by the document or by another supplement, is not asked again."""
    known = {
        **dict.fromkeys(stated, new.policy_id),
        **{
            norm.norm_id: each.supplement_id
            for each in before.of(new.policy_id)
            for norm in each.open_norms
        },
    }
    for norm in new.open_norms:
        if norm.norm_id in known:
            what = f"`{norm.norm_id}` is an open norm of {known[norm.norm_id]} already: leave it"
            found.at(norm, "norm_id", "duplicate-id", what)


def _starts(policy_id: str, before: Supplements) -> dict[str, list[str]]:
    """The norms that leave open when the support of plans starts, and what can start it."""
    found: dict[str, list[str]] = {}
    for supplement in before.of(policy_id):
        for workflow in supplement.plans:
            if workflow.support_open is not None:
                steps = [SupportStart.AGREED_IN_PRINCIPLE.value, workflow.comes_into_force.value]
                others = found.get(workflow.support_open.norm_id, steps)
                found[workflow.support_open.norm_id] = [each for each in steps if each in others]
    return found


def _check_start(answer: NormAnswer, steps: Sequence[str], found: Found) -> None:
    if answer.answer not in steps:
        what = f"`{answer.answer}` starts no support of such plans: {nearest(answer.answer, steps)}"
        found.at(answer, "answer", "unknown-answer", what)


def _check_norm(
    norm_id: str, record: object, key: str, known: dict[str, Norm], found: Found
) -> None:
    if norm_id not in known:
        what = f"`{norm_id}` is no open norm of the document: {nearest(norm_id, known)}"
        found.at(record, key, "unknown-norm", what)


def _check_answer(answer: NormAnswer, norm: Norm | None, before: Supplements, found: Found) -> None:
    if norm is None:
        return
    if norm.beneficiary_class:
        what = (
            f"{answer.norm_id} is about what {norm.beneficiary_class} earns, and an answer in a"
            " supplement would have no effect on that: it belongs into a document"
        )
        found.at(answer, "norm_id", "class-norm", what)
    if norm.parameter and not WHOLE.fullmatch(answer.answer):
        what = f"`{answer.answer}` is no value of {norm.parameter}: write a whole number in quotes"
        found.at(answer, "answer", "unknown-answer", what)
    others = [
        *(
            each.supplement_id
            for each in before.all
            for other in each.interpretations
            if (other.norm_id, other.decided_on) == (answer.norm_id, answer.decided_on)
        ),
        *(["the document"] if norm.answered_on == answer.decided_on.isoformat() else []),
    ]
    if others:
        what = f"{answer.norm_id} is answered for {answer.decided_on} by {others[0]} already"
        found.at(answer, "decided_on", "overlap", what)


def _check_rule(rule: StreakRule, new: Supplement, before: Supplements, found: Found) -> None:
    for other in before.all:
        for standing in other.streaks:
            if standing.streak_id == rule.streak_id:
                what = (
                    f"`{rule.streak_id}` is a streak of {other.supplement_id}: give it another id"
                )
                found.at(rule, "streak_id", "duplicate-id", what)
            elif other.policy_id == new.policy_id and standing.kind == rule.kind:
                what = f"{other.supplement_id} says already which streak leads to {rule.kind}"
                found.at(rule, "kind", "overlap", what)


def _check_readable(new: Supplement, before: Supplements, found: Found) -> None:
    """An answer can be read by every streak rule that uses its norm, whichever came first."""
    earlier = [use for each in before.all for rule in each.streaks for use in uses(rule)]
    for answer in new.interpretations:
        for use in (*earlier, *(use for rule in new.streaks for use in uses(rule))):
            if use.norm_id == answer.norm_id and (due := _unreadable(answer.answer, use)):
                what = f"`{answer.answer}` answers no streak rule: {due}"
                found.at(answer, "answer", "unknown-answer", what)
                break
    for rule in new.streaks:
        for use in uses(rule):
            for other in before.all:
                for answer in other.interpretations:
                    if use.norm_id == answer.norm_id and (due := _unreadable(answer.answer, use)):
                        what = f"{other.supplement_id} answers `{answer.answer}`: {due}"
                        found.at(rule, _key(use), "unknown-answer", what)


def uses(rule: StreakRule) -> Iterator[Use]:
    """The norms that a streak rule needs answers to."""
    if rule.years_norm is not None:
        yield Use(rule.years_norm, rule.at_least or 1)
    if rule.carry_over_norm is not None:
        yield Use(rule.carry_over_norm, 0)


def _key(use: Use) -> str:
    return "years_norm" if use.least else "carry_over_norm"


def _unreadable(text: str, use: Use) -> str:
    """What an answer would have to be; "" where it is."""
    if not use.least:
        return "" if text in tuple(CarryOver) else f"use one of {', '.join(CarryOver)}"
    is_years = WHOLE.fullmatch(text) is not None and use.least <= int(text) <= LONGEST_STREAK
    return "" if is_years else f"use years from {use.least} to {LONGEST_STREAK}"

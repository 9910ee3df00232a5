"""Reads what a supplement says of construction plans, and what does not fit together in it."""

from collections.abc import Iterator, Sequence

from services.kernel.plan_terms import (
    Department,
    IntoForce,
    PlanWorkflow,
    Question,
    SupportStart,
)
from services.kernel.policy_problems import Found
from services.kernel.policy_records import read_unit_kinds
from services.kernel.policy_terms import Authority
from services.kernel.policy_values import (
    read_clause,
    read_id,
    read_text,
    record_of,
    word_of,
    words_of,
)

read_question = record_of(
    "a question",
    Question,
    {
        "norm_id": read_id,
        "question_zh": read_text,
        "question_en": read_text,
        "clause": read_clause,
    },
)
read_workflow = record_of(
    "a plan workflow",
    PlanWorkflow,
    {
        "workflow_id": read_id,
        "unit_kinds": read_unit_kinds,
        "comes_into_force": word_of("way-into-force", IntoForce),
        "clause": read_clause,
    },
    optional={
        "government_clause": read_clause,
        "copies_clause": read_clause,
        "support_starts": word_of("start", SupportStart),
        "support_clause": read_clause,
        "support_open": read_question,
    },
    lists={
        "signatories": words_of("department", Department),
        "recipients": words_of("authority", Authority),
    },
)


def check(workflows: Sequence[PlanWorkflow], found: Found) -> None:
    """Report everything that does not fit together: in one of them, or among them."""
    first: dict[str, PlanWorkflow] = {}
    for workflow in workflows:
        for key, rule, what in _faults(workflow):
            found.at(workflow, key, rule, what)
        for kind in workflow.unit_kinds:
            if kind in first:
                line = found.line(first[kind], "unit_kinds")
                what = f"the plan of a {kind} has a workflow at line {line}: keep one"
                found.at(workflow, "unit_kinds", "overlap", what)
            first.setdefault(kind, workflow)


def _faults(workflow: PlanWorkflow) -> Iterator[tuple[str, str, str]]:
    """The key at which it is, the rule of the format, and what to do."""
    if bool(workflow.recipients) != (workflow.copies_clause is not None):
        yield "workflow_id", "missing-key", "`recipients` go with `copies_clause`: write both"
    starts, open_ = workflow.support_starts, workflow.support_open
    if (starts is None) != (workflow.support_clause is None):
        yield "workflow_id", "missing-key", "`support_starts` goes with `support_clause`"
    if (starts is None) == (open_ is None):
        yield "workflow_id", "missing-key", "say `support_starts`, or `support_open` and why"
    never = {SupportStart.ISSUED, SupportStart.APPROVED} - {workflow.comes_into_force.value}
    if starts in never:
        what = f"such a plan is {workflow.comes_into_force} and never {starts}: correct one"
        yield "support_starts", "wrong-start", what

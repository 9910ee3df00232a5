"""What the commands on construction plans send and show."""

import re
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import NamedTuple

import grpc

from services.cli import naming, output, refusals
from services.cli.client import Clients
from services.cli.lists import Columns, Filter, show
from services.cli.plan_records import Record, record
from services.cli.walking import every
from services.kernel.chinese import AUTHORITIES, DEPARTMENTS, PLAN_STEPS, both, english
from services.kernel.errors import Malformed, Violation
from services.kernel.words import word
from zoneledger.evaluation.v1 import plan_commands_pb2 as commands
from zoneledger.evaluation.v1 import plan_service_pb2 as messages
from zoneledger.evaluation.v1.plan_events_pb2 import Plan, PlanState, PlanStep
from zoneledger.ledger.v1.outcome_pb2 import BatchOutcome

_OPTIONS = {
    "unit_id": "--unit",
    "plan_id": "--plan",
    "step": "--plan",
    "taken_on": "--on",
    "signatories": "--signed-by",
    "superseded_by": "--by",
}


_OF_CORRECTION = {**_OPTIONS, "state": "--step", "correction.document": "--corrected-by"}
COPIED, AMENDED = "copied", "amended"


class Meant(NamedTuple):
    """What is corrected: a step by its state, an amendment, or the copy of a recipient."""

    step: str
    recipient: str


class Correction(NamedTuple):
    """When something was corrected, by which document, and why."""

    corrected_on: str
    document: str
    reason: str


class Signing(NamedTuple):
    """Who signed, and how the government of the province approved before."""

    signatories: Sequence[str]
    government_approved_on: str
    government_document: str


def signing(signatories: Sequence[str], on: str, document: str) -> Signing:
    """The same with those who signed called in English or Chinese."""
    known = {**DEPARTMENTS, **AUTHORITIES}
    return Signing([english(each, known) for each in signatories], on, document)


def step(unit: str, plan: str, on: str, document: str, source: str) -> PlanStep:
    return PlanStep(unit_id=unit, plan_id=plan, taken_on=on, document=document, source=source)


def at_unit(clients: Clients, said: PlanStep) -> PlanStep:
    """The step with the id of its unit, which may be called by a name or an alias."""
    unit = naming.unit_id(clients, "--unit", said.unit_id)
    return step(unit, said.plan_id, said.taken_on, said.document, said.source)


def contents(title_zh: str, title_en: str, period: str, first_year: int, last_year: int) -> Plan:
    return Plan(
        title_zh=title_zh,
        title_en=title_en,
        period=period,
        first_year=first_year,
        last_year=last_year,
    )


def draft(clients: Clients, at: PlanStep, plan: Plan) -> BatchOutcome:
    command = commands.DraftPlan(step=at, plan=plan)
    with _by_option():
        return clients.plans.DraftPlans(messages.DraftPlansRequest(drafts=[command])).outcome


def recommend(clients: Clients, at: PlanStep) -> BatchOutcome:
    request = messages.RecommendPlansRequest(recommendations=[commands.RecommendPlan(step=at)])
    with _by_option():
        return clients.plans.RecommendPlans(request).outcome


def assess(clients: Clients, at: PlanStep) -> BatchOutcome:
    request = messages.AssessPlansRequest(assessments=[commands.AssessPlan(step=at)])
    with _by_option():
        return clients.plans.AssessPlans(request).outcome


def agree(clients: Clients, at: PlanStep) -> BatchOutcome:
    request = messages.AgreePlansRequest(consents=[commands.AgreePlan(step=at)])
    with _by_option():
        return clients.plans.AgreePlans(request).outcome


def revise(clients: Clients, at: PlanStep) -> BatchOutcome:
    request = messages.RevisePlansRequest(revisions=[commands.RevisePlan(step=at)])
    with _by_option():
        return clients.plans.RevisePlans(request).outcome


def issue(clients: Clients, at: PlanStep, signing: Signing) -> BatchOutcome:
    command = commands.IssuePlan(step=at, **signing._asdict())
    with _by_option():
        return clients.plans.IssuePlans(messages.IssuePlansRequest(issues=[command])).outcome


def approve(clients: Clients, at: PlanStep, signing: Signing) -> BatchOutcome:
    command = commands.ApprovePlan(step=at, **signing._asdict())
    with _by_option():
        return clients.plans.ApprovePlans(messages.ApprovePlansRequest(approvals=[command])).outcome


def copy(clients: Clients, at: PlanStep, recipients: Sequence[str]) -> BatchOutcome:
    copies = [commands.CopyPlan(step=at, recipient=each) for each in recipients]
    with _by_option():
        return clients.plans.CopyPlans(messages.CopyPlansRequest(copies=copies)).outcome


def amend(clients: Clients, at: PlanStep, changed: Plan, reason: str) -> BatchOutcome:
    """What `changed` leaves empty stays as it stands now."""
    standing = _standing(clients, at)
    plan = Plan()
    plan.CopyFrom(standing.plan)
    plan.MergeFrom(changed)
    command = commands.AmendPlan(step=at, plan=plan, reason=reason)
    request = messages.AmendPlanRequest(amendment=command, etag=standing.etag)
    with _by_option():
        return clients.plans.AmendPlan(request).outcome


def supersede(clients: Clients, at: PlanStep, by: str) -> BatchOutcome:
    command = commands.SupersedePlan(step=at, superseded_by=by)
    request = messages.SupersedePlanRequest(succession=command, etag=_standing(clients, at).etag)
    with _by_option():
        return clients.plans.SupersedePlan(request).outcome


def correct(clients: Clients, at: PlanStep, meant: Meant, said: Correction) -> BatchOutcome:
    """The day and the document that `at` leaves empty stay as they stand now."""
    if not at.taken_on and not at.document:
        raise Malformed(Violation("--on", "say what is right: --on, --document or both"))
    standing = _standing(clients, at)
    known = _known(standing, meant)
    command = commands.CorrectPlanStep(
        step=step(
            at.unit_id,
            at.plan_id,
            at.taken_on or known.taken_on,
            at.document or known.document,
            at.source,
        ),
        state=known.state,
        recipient=meant.recipient,
        version=standing.version if meant.step == AMENDED else 0,
        **said._asdict(),
    )
    request = messages.CorrectPlanStepRequest(correction=command, etag=standing.etag)
    with _by_option(_OF_CORRECTION):
        return clients.plans.CorrectPlanStep(request).outcome


def _known(standing: messages.PlanStanding, meant: Meant) -> messages.PlanMilestone:
    """What is to be corrected as it stands; `Malformed` where there is no such step."""
    if meant.step == COPIED:
        for copy_ in standing.copies:
            if copy_.is_sent and copy_.recipient == meant.recipient:
                return messages.PlanMilestone(taken_on=copy_.sent_on, document=copy_.document)
        raise Malformed(Violation("--recipient", f"no copy was sent to {meant.recipient!r}"))
    if meant.recipient:
        raise Malformed(Violation("--recipient", "write --step copied with it"))
    if meant.step == AMENDED and standing.version > 1:
        return messages.PlanMilestone()
    for milestone in standing.milestones:
        if word(PlanState, milestone.state) == meant.step:
            return milestone
    steps = [word(PlanState, each.state) for each in standing.milestones]
    taken = [*steps, *([AMENDED] if standing.version > 1 else []), COPIED]
    what = f"the plan has no step {meant.step!r} to correct; use one of {', '.join(taken)}"
    raise Malformed(Violation("--step", what))


def list_plans(clients: Clients, asked: Filter, *, outstanding: bool, as_json: bool) -> None:
    """The plans; with `outstanding` only those of which somebody waits for a copy."""
    request = messages.ListPlansRequest(**asked.of_unit(clients).fields())
    found = [record(each) for each in every(clients.plans.ListPlans, request, "plans")]
    due = [each for each in found if each["outstanding"]]
    show("Plans 建设方案", _PLANS, due if outstanding else found, as_json)


def show_plan(clients: Clients, asked: Filter, plan: str, *, as_json: bool) -> None:
    """One plan, whole."""
    fields = asked.of_unit(clients).fields()
    name = f"{fields.pop('parent')}/plans/{plan}"
    request = messages.GetPlanRequest(name=name, **fields)
    found = record(clients.plans.GetPlan(request).plan)
    if as_json:
        output.print_json(found)
        return
    print(f"{found['title_zh']} ({name}), {found['period']} {_years(found)}")
    print(f"support 支持: {_support(found)}")
    if found["superseded_by"]:
        print(f"superseded 被替代: by {found['superseded_by']}")
    if found["corrections"]:
        print(f"corrected 更正: {found['corrections']}x, {found['corrected_on']}")
    for title, headings, rows in (
        ("Steps 步骤", ("state 状态", "on 日期", "document 文件"), _steps(found)),
        ("Copies 抄送", ("recipient 接收单位", "sent 发送", "document 文件"), _copies(found)),
    ):
        output.console().print(output.table(title, headings, rows))


def _standing(clients: Clients, at: PlanStep) -> messages.PlanStanding:
    name = f"units/{at.unit_id}/plans/{at.plan_id}"
    with _by_option():
        return clients.plans.GetPlan(messages.GetPlanRequest(name=name)).plan


@contextmanager
def _by_option(options: Mapping[str, str] = _OPTIONS) -> Iterator[None]:
    """Tell what is wrong under the names of the options that were written."""
    try:
        yield
    except grpc.RpcError as error:
        if faults := refusals.violations(error):
            raise Malformed(*(_renamed(fault, options) for fault in faults)) from error
        raise


def _renamed(fault: Violation, options: Mapping[str, str]) -> Violation:
    path = re.sub(r"\[\d+\]", "", fault.field)
    field = path.rpartition(".")[2]
    option = options.get(path) or options.get(field) or f"--{field.replace('_', '-')}"
    return Violation(option, fault.what)


def _steps(found: Record) -> list[list[str]]:
    return [
        [both(each["state"], PLAN_STEPS), each["on"] or "", each["document"] or ""]
        for each in found["steps"]
    ]


def _copies(found: Record) -> list[list[str]]:
    return [
        [both(each["recipient"], AUTHORITIES), each["sent_on"] or "", each["document"] or ""]
        for each in found["copies"]
    ]


def _years(found: Record) -> str:
    return f"{found['first_year']}-{found['last_year']}"


def _support(found: Record) -> str:
    if found["support_since"]:
        answered = f", answered {found['support_answered_on']}" if found["support_norm"] else ""
        return f"since {found['support_since']} ({found['support_clause']}{answered})"
    if found["support_starts"]:
        return f"not yet: once it is {both(found['support_starts'], PLAN_STEPS)}"
    if found["support_norm"]:
        return f"open, since when ({found['support_norm']})"
    return "not yet"


def _last_day(found: Record) -> str:
    return next((each["on"] for each in reversed(found["steps"]) if each["on"]), "")


_PLANS: Columns = (
    ("unit 单位", lambda r: r["unit_id"]),
    ("plan 方案", lambda r: r["plan_id"]),
    ("period 时期", lambda r: f"{r['period']} {_years(r)}"),
    ("state 状态", lambda r: both(r["state"], PLAN_STEPS)),
    ("since 起", _last_day),
    ("version 版次", lambda r: str(r["version"] or "")),
    ("support 支持", _support),
    ("copies due 待抄送", lambda r: ", ".join(both(e, AUTHORITIES) for e in r["outstanding"])),
)

"""How benefit cases are shown: a table of many, one by its parts, JSON for machines."""

from typing import Any

from services.cli import amounts, output
from services.cli.case_entering import named
from services.cli.client import Clients
from services.cli.lists import Columns, Filter, show
from services.cli.walking import every
from services.kernel.chinese import (
    AUTHORITIES,
    CASE_STATES,
    INSTRUMENTS,
    PRECONDITION_STATES,
    both,
)
from services.kernel.errors import Malformed, Violation
from services.kernel.policy_terms import Authority
from services.kernel.reasons import Why
from services.kernel.words import word
from zoneledger.incentive.v1 import case_service_pb2 as messages
from zoneledger.incentive.v1.case_events_pb2 import Benefit, CaseState, Counted

Record = dict[str, Any]


def list_cases(clients: Clients, asked: Filter, authority: str, *, as_json: bool) -> None:
    """The cases; with an authority only those that wait for it."""
    if authority and authority not in tuple(Authority):
        raise Malformed(Violation("--authority", Why.NOT_A_VALUE(value=authority)))
    request = messages.ListCasesRequest(round=asked.round, **asked.of_unit(clients).fields())
    found = [record(each) for each in every(clients.cases.ListCases, request, "cases")]
    waiting = [each for each in found if authority in each["waits_for"]]
    show("Cases 受益事项", _CASES, waiting if authority else found, as_json)


def show_case(clients: Clients, asked: Filter, case: str, *, as_json: bool) -> None:
    """One case, whole."""
    fields = asked.fields()
    fields.pop("parent")
    request = messages.GetCaseRequest(name=named(clients, case).name, **fields)
    found = record(clients.cases.GetCase(request).case)
    if as_json:
        output.print_json(found)
        return
    console = output.console()
    state = both(found["state"], CASE_STATES) + (f": {found['reason']}" if found["reason"] else "")
    console.print(f"{found['title_zh']} ({found['name']})", markup=False)
    console.print(f"{state}, {found['on']} ({found['document']})", markup=False)
    console.print(f"asked 申请: {found['asked'] or '-'}; granted 批准: {found['granted'] or '-'}")
    clause = f"{found['policy_id']} {found['clause']}: “{found['clause_quote']}”"
    console.print(f"by 依据: {clause}", markup=False)
    rows = [
        [
            f"{each['text_zh']}\n{each['text_en']}",
            both(each["attested_by"], AUTHORITIES),
            both(each["state"], PRECONDITION_STATES),
            each["on"] or "",
            each["document"] or "",
        ]
        for each in found["preconditions"]
    ]
    headings = ("precondition 前提条件", "by 确认机关", "state 状态", "on 日期", "document 文件")
    if rows:
        console.print(output.table("Preconditions 前提条件", headings, rows))


def record(standing: messages.CaseStanding) -> Record:
    """A case as a flat record."""
    of, right = standing.applied, standing.entitlement
    return {
        "name": standing.name,
        "unit_id": of.unit_id,
        "round": of.round or None,
        "instrument": of.instrument,
        "case_id": of.case_id,
        "title_zh": standing.asked.title_zh,
        "title_en": standing.asked.title_en or None,
        "project_code": standing.asked.project_code or None,
        "carried_out_by": standing.asked.carried_out_by or None,
        "state": word(CaseState, standing.state),
        "before": word(CaseState, standing.before) or None,
        "reason": standing.reason or None,
        "asked": _amount(standing.asked),
        "granted": _amount(standing.granted),
        "asked_amount": standing.asked.amount or None,
        "granted_amount": standing.granted.amount or None,
        "recovered_amount": standing.recovered or None,
        "counted": word(Counted, standing.asked.counted) or None,
        "effective_from": standing.effective_from or None,
        "applied_on": of.taken_on,
        "on": standing.taken_on,
        "document": standing.document,
        "authority": right.authority,
        "waits_for": list(standing.waits_for),
        "preconditions": [_precondition(each) for each in standing.preconditions],
        "policy_id": right.policy.policy_id,
        "clause": right.clause_id,
        "clause_quote": standing.clause_quote,
        "wording": right.wording,
        "recorded_at": standing.recorded_at.ToJsonString(),
        "decision_id": standing.decision_id,
    }


def _precondition(said: messages.Precondition) -> Record:
    return {
        "condition_id": said.condition.condition_id,
        "text_zh": said.condition.text_zh,
        "text_en": said.condition.text_en,
        "attested_by": said.condition.attested_by,
        "state": word(messages.PreconditionState, said.state),
        "on": said.said_on or None,
        "document": said.document or None,
        "reason": said.reason or None,
    }


def _amount(benefit: Benefit) -> str | None:
    return amounts.shown(benefit.amount, benefit.counted) or None


_CASES: Columns = (
    ("unit 单位", lambda r: r["unit_id"]),
    ("case 事项", lambda r: f"{r['round'] or 0}.{r['instrument']}.{r['case_id']}"),
    ("instrument 激励", lambda r: INSTRUMENTS.get(r["instrument"], r["instrument"])),
    ("title 名称", lambda r: r["title_zh"]),
    ("state 状态", lambda r: both(r["state"], CASE_STATES)),
    ("asked 申请", lambda r: r["asked"]),
    ("granted 批准", lambda r: r["granted"]),
    ("since 起", lambda r: r["on"]),
    ("waits for 待办", lambda r: ", ".join(both(e, AUTHORITIES) for e in r["waits_for"])),
)

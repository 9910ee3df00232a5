"""The lists: asked of a service, shown as a table for people or as JSON for machines."""

from collections.abc import Callable, Iterable, Sequence
from datetime import date
from typing import Any, NamedTuple

from services.cli import dates, naming, output, records, shipped, supplementing
from services.cli.client import Clients
from services.cli.records import Record
from services.cli.walking import every
from services.kernel.chinese import (
    CLASSES,
    DIMENSIONS,
    GRADES,
    HONOUR_KINDS,
    INSTRUMENTS,
    KINDS,
    STATUSES,
    VISIBILITIES,
    WORDINGS,
    both,
)
from services.kernel.errors import Malformed, Violation
from services.kernel.plan_terms import Question
from services.kernel.policy import Policy
from services.kernel.policy_terms import OpenNorm
from services.kernel.policy_text import parse
from services.kernel.supplement import Answer, Supplements
from services.kernel.supplement_terms import Supplement
from services.runtime import clock, fields
from zoneledger.evaluation.v1 import service_pb2 as evaluation
from zoneledger.financing.v1.service_pb2 import ListCreditTiltsRequest
from zoneledger.incentive.v1.service_pb2 import ListEntitlementsRequest


class Filter(NamedTuple):
    """What was asked for, as it was written; empty or 0 is everything."""

    unit: str
    round: int
    as_of: str
    known_at: str

    def fields(self) -> dict[str, Any]:
        """The fields that list requests have in common."""
        if self.round and (wrong := fields.year(self.round)):
            raise Malformed(Violation("--round", wrong))
        return {
            "parent": f"units/{self.unit}" if self.unit else "",
            "as_of": dates.as_of(self.as_of),
            "known_at": dates.known_at(self.known_at),
        }

    def of_unit(self, clients: Clients) -> "Filter":
        """The same with the id of the unit, which may be called by a name or an alias."""
        if not self.unit:
            return self
        self.fields()  # What else cannot be asked is told first.
        return self._replace(unit=naming.unit_id(clients, "--unit", self.unit, self.round))


def units(clients: Clients, asked: Filter, *, as_json: bool) -> None:
    show("Register 名录", UNITS, fetch_units(clients, asked), as_json)


def ratings(clients: Clients, asked: Filter, *, as_json: bool) -> None:
    found = fetch_ratings(clients, asked)
    show("Ratings 年度评估结果", RATINGS, found, as_json)
    if asked.as_of and any(each["corrections"] for each in found) and not as_json:
        print(
            "A corrected rating counts from its publication; what it earns follows from the day of"
            " the correction on."
        )


def honours(clients: Clients, asked: Filter, *, as_json: bool) -> None:
    found = fetch_honours(clients, asked)
    show("Honours 通报表扬", HONOURS, found, as_json)


def entitlements(clients: Clients, asked: Filter, *, as_json: bool) -> None:
    found = fetch_entitlements(clients, asked)
    show("Entitlements 激励", _ENTITLEMENTS, found, as_json)


def credit_tilts(clients: Clients, asked: Filter, *, as_json: bool) -> None:
    found = fetch_credit_tilts(clients, asked)
    show("Credit tilts 融资倾斜", _CREDIT_TILTS, found, as_json)


def policies(clients: Clients, asked: Filter, *, as_json: bool) -> None:
    _show_policies(fetch_policies(clients, asked), as_json)


def open_norms(clients: Clients, asked: Filter, *, as_json: bool) -> None:
    supplements = supplementing.in_log(clients, asked.fields()["known_at"])
    _show_norms(fetch_policies(clients, asked), supplements, as_json)


def supplements(clients: Clients, asked: Filter, *, as_json: bool) -> None:
    found = supplementing.in_log(clients, asked.fields()["known_at"])
    show("Supplements 补充说明", _SUPPLEMENTS, map(_supplement, found.all), as_json)


def show_shipped_supplements(*, as_json: bool) -> None:
    """The supplements that a folder would adopt."""
    found = supplementing.shipped_ones()
    show("Supplements 补充说明", _SUPPLEMENTS, map(_supplement, found.all), as_json)


def show_shipped(*, open_norms: bool, as_json: bool) -> None:
    """The documents that a folder would adopt, or what they leave open."""
    found = [shipped.parsed(path) for path in shipped.documents()]
    if open_norms:
        _show_norms(found, supplementing.shipped_ones(), as_json)
    else:
        _show_policies(found, as_json)


def _show_policies(found: Iterable[Policy], as_json: bool) -> None:
    show("Documents 政策文件", _POLICIES, map(_policy, found), as_json)


def _show_norms(found: Sequence[Policy], beside: Supplements, as_json: bool) -> None:
    norms = [
        _norm(norm, beside.answers(norm.norm_id, policy))
        for policy in found
        for norm in policy.open_norms
    ]
    norms += [
        _question(workflow.support_open, beside.answers(workflow.support_open.norm_id, policy))
        for policy in found
        for supplement in beside.of(policy.policy_id)
        for workflow in supplement.plans
        if workflow.support_open
    ]
    norms += [
        _question(norm, beside.answers(norm.norm_id, policy))
        for policy in found
        for supplement in beside.of(policy.policy_id)
        for norm in supplement.open_norms
    ]
    show("Open norms 待明确事项", _OPEN_NORMS, norms, as_json)


def fetch_units(clients: Clients, asked: Filter) -> list[Record]:
    """The register as records."""
    request = evaluation.ListUnitsRequest(round=asked.round, **asked.fields())
    return [records.unit(each) for each in every(clients.evaluation.ListUnits, request, "units")]


def fetch_ratings(clients: Clients, asked: Filter) -> list[Record]:
    """The ratings as records."""
    request = evaluation.ListRatingsRequest(round=asked.round, **asked.fields())
    return [
        records.rating(each) for each in every(clients.evaluation.ListRatings, request, "ratings")
    ]


def fetch_honours(clients: Clients, asked: Filter) -> list[Record]:
    """The honours as records."""
    request = evaluation.ListHonoursRequest(round=asked.round, **asked.fields())
    return [
        records.honour(each) for each in every(clients.evaluation.ListHonours, request, "honours")
    ]


def fetch_entitlements(clients: Clients, asked: Filter) -> list[Record]:
    """The entitlements as records."""
    request = ListEntitlementsRequest(round=asked.round, **asked.fields())
    found = every(clients.incentive.ListEntitlements, request, "entitlements")
    return [records.entitlement(each) for each in found]


def fetch_credit_tilts(clients: Clients, asked: Filter) -> list[Record]:
    """The credit tilts as records."""
    request = ListCreditTiltsRequest(round=asked.round, **asked.fields())
    found = every(clients.financing.ListCreditTilts, request, "credit_tilts")
    return [records.credit_tilt(each) for each in found]


def fetch_policies(clients: Clients, asked: Filter) -> list[Policy]:
    """The documents, read from the text that was adopted."""
    request = evaluation.ListPoliciesRequest(known_at=asked.fields()["known_at"])
    found = every(clients.evaluation.ListPolicies, request, "policies")
    return [parse(each.policy.text, each.policy.policy_id) for each in found]


Columns = Sequence[tuple[str, Callable[[Record], Any]]]


def show(title: str, columns: Columns, found: Iterable[Record], as_json: bool = False) -> None:
    """Print records as JSON, or the columns of them as a table."""
    if as_json:
        output.print_json_array(found)
        return
    rows = [[str(cell(record) or "") for _, cell in columns] for record in found]
    if not rows:
        output.console().print(f"{title}: none 无", markup=False)
        return
    output.console().print(output.table(title, [name for name, _ in columns], rows))


def _policy(policy: Policy) -> Record:
    return {
        "policy_id": policy.policy_id,
        "number": policy.number,
        "title_zh": policy.title_zh,
        "title_en": policy.title_en,
        "issuers": [str(issuer) for issuer in policy.issuers],
        "signed_on": policy.signed_on.isoformat() if policy.signed_on else None,
        "published_on": policy.published_on.isoformat(),
        "rounds_from": policy.rounds_from,
        "rounds_until": policy.rounds_until,
        "rules": len(policy.rules),
        "open_norms": len(policy.open_norms),
        "content_hash": policy.content_hash,
    }


def _supplement(supplement: Supplement) -> Record:
    return {
        "supplement_id": supplement.supplement_id,
        "policy_id": supplement.policy_id,
        "author": supplement.author,
        "document": supplement.document,
        "decided_on": supplement.decided_on.isoformat(),
        "interpretations": [
            {
                "norm_id": each.norm_id,
                "answer": each.answer,
                "decided_on": each.decided_on.isoformat(),
                "document": each.document,
            }
            for each in supplement.interpretations
        ],
        "streaks": [each.streak_id for each in supplement.streaks],
        "plans": [each.workflow_id for each in supplement.plans],
        "content_hash": supplement.content_hash,
    }


def _norm(norm: OpenNorm, answers: Sequence[Answer]) -> Record:
    """A norm with the answer that holds today, and those that are still to come."""
    today = date.fromisoformat(clock.today())
    holding = [each for each in answers if each.decided_on <= today]
    answer = holding[-1] if holding else None
    return {
        "norm_id": norm.norm_id,
        "beneficiary_class": str(norm.beneficiary_class) if norm.beneficiary_class else None,
        "parameter": norm.parameter,
        "question_zh": norm.question_zh,
        "question_en": norm.question_en,
        "clause": norm.clause.clause_id,
        "clause_quote": norm.clause.quote,
        "interpretation": answer.text if answer else None,
        "interpreted_on": answer.decided_on.isoformat() if answer else None,
        "supplement_id": (answer.supplement_id or None) if answer else None,
        "to_come": [
            {"interpretation": each.text, "interpreted_on": each.decided_on.isoformat()}
            for each in answers
            if each.decided_on > today
        ],
    }


def _answers(norm: Record) -> str:
    """The answer with its day, and below it those that do not hold yet."""
    holding = f"{norm['interpretation']} ({norm['interpreted_on']})"
    return "\n".join(
        [
            *([holding] if norm["interpretation"] else []),
            *(
                f"{each['interpretation']} (not before 尚未生效 {each['interpreted_on']})"
                for each in norm["to_come"]
            ),
        ]
    )


def _question(question: Question, answers: Sequence[Answer]) -> Record:
    """What a supplement finds open, as a norm of its document."""
    norm = OpenNorm(
        question.norm_id,
        None,
        None,
        question.question_zh,
        question.question_en,
        question.clause,
        None,
    )
    return _norm(norm, answers)


def _days(unit: Record, key: str) -> str:
    """The days of all memberships, one below the other."""
    return "\n".join(each[key] or "" for each in unit["memberships"])


def _of(key: str) -> Callable[[Record], Any]:
    return lambda record: record[key]


UNITS: Columns = (
    ("unit 单位", _of("unit_id")),
    ("name 名称", _of("name_zh")),
    ("kind 种类", lambda r: both(r["kind"], KINDS)),
    ("zone 示范区", lambda r: ", ".join(r["zone_ids"])),
    ("class 类别", lambda r: both(r["beneficiary_class"], CLASSES)),
    ("from 起", lambda r: _days(r, "valid_from") or r["member_from"]),
    ("until 止", lambda r: _days(r, "valid_until") or r["member_until"]),
)
RATINGS: Columns = (
    ("round 年度", _of("round")),
    ("unit 单位", _of("unit_id")),
    ("grade 等次", lambda r: both(r["grade"], GRADES)),
    ("published 发布", _of("published_on")),
    ("document 文件", _of("document")),
    ("visibility 可见范围", lambda r: both(r["visibility"], VISIBILITIES)),
    (
        "corrected 更正",
        lambda r: f"{r['corrections']}x, {r['corrected_on']}" if r["corrections"] else "",
    ),
)
HONOURS: Columns = (
    ("round 年度", _of("round")),
    ("kind 种类", lambda r: both(r["kind"], HONOUR_KINDS)),
    ("name 名称", _of("name_zh")),
    ("unit 单位", _of("unit_id")),
    ("document 文件", _of("document")),
)
_ENTITLEMENTS: Columns = (
    ("unit 单位", _of("unit_id")),
    ("round 年度", _of("round")),
    ("instrument 激励", lambda r: both(r["instrument"], INSTRUMENTS)),
    ("status 状态", lambda r: both(r["status"], STATUSES)),
    ("wording 措辞", lambda r: both(r["wording"] or "", WORDINGS)),
    ("document, clause 依据", lambda r: f"{r['policy_id']} {r['clause']}"),
    ("since 起", _of("effective_on")),
)
_CREDIT_TILTS: Columns = (
    ("unit 单位", _of("unit_id")),
    ("round 年度", _of("round")),
    ("status 状态", lambda r: both(r["status"], STATUSES)),
    ("dimensions 方面", lambda r: ", ".join(both(d, DIMENSIONS) for d in r["dimensions"])),
    ("document, clause 依据", lambda r: f"{r['policy_id']} {r['clause']}"),
    ("since 起", _of("effective_on")),
)
_POLICIES: Columns = (
    ("document 文件", _of("policy_id")),
    ("number 文号", _of("number")),
    ("title 标题", _of("title_zh")),
    ("published 发布", _of("published_on")),
    ("rounds 年度", lambda r: f"{r['rounds_from']}-{r['rounds_until'] or ''}"),
    ("open norms 未定", lambda r: str(r["open_norms"])),
)
_OPEN_NORMS: Columns = (
    ("norm 未定事项", _of("norm_id")),
    ("question 待明确", lambda r: f"{r['question_zh']}\n{r['question_en']}"),
    ("clause 依据", lambda r: f"{r['clause']}: {r['clause_quote']}"),
    ("answer 解释", _answers),
)
_SUPPLEMENTS: Columns = (
    ("supplement 补充说明", _of("supplement_id")),
    ("document 文件", _of("policy_id")),
    ("decided 决定", _of("decided_on")),
    (
        "answers 解释",
        lambda r: "\n".join(
            f"{a['norm_id']}: {a['answer']} ({a['decided_on']})" for a in r["interpretations"]
        ),
    ),
    ("streaks 连续年数", lambda r: ", ".join(r["streaks"])),
    ("plans 建设方案", lambda r: ", ".join(r["plans"])),
)

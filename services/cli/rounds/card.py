"""A round on a card: how far it has come, its days, and what is to be done next, by whom.

A reader who may not see all of the round gets a card that says less. A card of the past says how
far the round had come, and not what is to be done: that is for today.
"""

from typing import Any

from services.cli import lists, output
from services.cli.client import Clients
from services.cli.rounds import bases
from services.cli.rounds.columns import STAGES
from services.cli.rounds.outstanding import Step, outstanding
from services.cli.rounds.records import Record
from services.cli.rounds.seen import facts_of, seen_by
from services.cli.rounds.tabled import Asked
from services.kernel.chinese import both
from services.kernel.words import word
from services.runtime import clock
from zoneledger.evaluation.v1.round_events_pb2 import MatterInterpreted, ResultsSigned
from zoneledger.evaluation.v1.round_service_pb2 import RoundStage


def show(clients: Clients, asked: Asked, *, as_json: bool) -> None:
    """Print the card of a round."""
    told = card(clients, asked)
    if as_json:
        output.print_json(told)
    else:
        _print(told)


def card(clients: Clients, asked: Asked) -> Record:
    """The card as a record; the call is refused where there is no such round."""
    seen = seen_by(clients, asked)
    facts = facts_of(seen)
    said = seen.round
    return {
        "round": asked.round,
        "stage": word(RoundStage, said.stage),
        "document": said.opened.document,
        "policy_id": said.opened.policy.policy_id or None,
        "rule_set_id": seen.rules.rule_set_id if seen.rules else None,
        "rule_set_hash": said.rule_set_hash or None,
        "is_illustrative": seen.rules.illustrative if seen.rules else None,
        "opened_on": facts.opened_on,
        "frozen_on": facts.frozen_on or None,
        "units": facts.units,
        "not_reported": sorted(facts.missing),
        "collection_closed_on": facts.collected_on or None,
        "reviews": dict(facts.provinces),
        "experts": dict(facts.sheets),
        "conflicts_after_opening": [
            f"{each['assessor_id']}: {', '.join(each['conflicts'])} ({each['document']}:"
            f" {each['reason']})"
            for each in seen.experts
            if each["document"]
        ],
        "sheets_due": facts.sheets_due or None,
        "results_hash": said.proposed.results_hash or None,
        "proposed_on": said.proposed.proposed_on or None,
        "notice_opened_on": said.notice.opened_on or None,
        "notice_closes_on": facts.notice_closes_on or None,
        "open_objections": sorted(facts.objections),
        "issuers": list(facts.issuers),
        "signed": sorted(facts.signed),
        "signatures": [_signature(each) for each in said.signatures],
        "published_on": facts.published_on or None,
        "closed_on": facts.closed_on or None,
        "abandoned_on": said.abandoned.abandoned_on or None,
        "abandoned_by": said.abandoned.document or None,
        "interpretations": [_interpretation(each) for each in said.interpretations],
        "outstanding": []
        if asked.is_past
        else [_step(each) for each in outstanding(facts, clock.today())],
        "to_review": [_review(each) for each in seen.reviews],
    }


def _step(step: Step) -> Record:
    return {"who": step.who, "zh": step.what.zh, "en": step.what.en, "command": step.command}


def _interpretation(said: MatterInterpreted) -> Record:
    return {
        "matter": said.matter,
        "answer": said.answer,
        "decided_by": said.decided_by,
        "document": said.document,
        "interpreted_on": said.interpreted_on,
    }


def _signature(said: ResultsSigned) -> Record:
    """Whose it is, the paper that it is on, and who entered it."""
    return {
        "issuer": said.issuer,
        "document": said.document or None,
        "entered_by": said.entered_by or None,
        "signed_on": said.signed_on,
    }


def _review(found: bases.Review) -> Record:
    return {
        "unit_id": found.unit_id,
        "bonus_id": found.bonus_id,
        "circular_id": found.circular_id,
        "zh": found.why.zh,
        "en": found.why.en,
    }


_LINES = (
    ("document", "document 文件"),
    ("opened_on", "opened 启动"),
    ("rule_set_id", "rule set 评估规则"),
    ("rule_set_hash", "its SHA-256 校验值"),
    ("frozen_on", "rules frozen 规则冻结"),
    ("units", "units 参评单位"),
    ("not_reported", "not all reported 未报全"),
    ("collection_closed_on", "data frozen 数据冻结"),
    ("reviews", "reviews 省级审查"),
    ("experts", "experts 评审专家"),
    ("conflicts_after_opening", "conflicts declared after opening 开封后声明的回避"),
    ("sheets_due", "sheets due 评分截止"),
    ("proposed_on", "proposed 拟定"),
    ("results_hash", "results SHA-256 结果"),
    ("notice_opened_on", "notice from 公示"),
    ("notice_closes_on", "until 至"),
    ("open_objections", "open objections 未决异议"),
    ("signatures", "signed, entered by 已签署、录入"),
    ("published_on", "published 发布"),
    ("closed_on", "closed 结束"),
    ("abandoned_on", "given up 中止"),
    ("abandoned_by", "by 依据"),
    ("interpretations", "answered 已解释"),
)


def _print(told: Record) -> None:
    title = f"Round 年度评估 {told['round']}: {both(told['stage'], STAGES)}"
    if told["is_illustrative"]:
        title += "  (示例规则，非官方 illustrative rules, not official)"
    rows = [
        [label, _text(told[key])] for key, label in _LINES if told[key] not in (None, "", [], {})
    ]
    output.console().print(output.table(title, ["", ""], rows))
    steps = told["outstanding"]
    if steps:
        lists.show("Next 下一步", _NEXT, steps, False)
    if told["to_review"]:
        lists.show("To review 待复核", _TO_REVIEW, told["to_review"], False)


def _text(value: Any) -> str:
    if isinstance(value, dict):
        return ", ".join(f"{name} {said or '-'}" for name, said in value.items())
    return ", ".join(map(_item, value)) if isinstance(value, list) else str(value)


def _item(value: Any) -> str:
    said = value.values() if isinstance(value, dict) else [value]
    return " ".join(str(each) for each in said if each)


_NEXT: lists.Columns = (
    ("who 责任方", lambda r: r["who"]),
    ("what 事项", lambda r: f"{r['zh']} {r['en']}"),
    ("command 命令", lambda r: r["command"]),
)
_TO_REVIEW: lists.Columns = (
    ("unit 单位", lambda r: r["unit_id"]),
    ("bonus 加分", lambda r: r["bonus_id"]),
    ("circular 通报", lambda r: r["circular_id"]),
    ("why 原因", lambda r: f"{r['zh']} {r['en']}"),
)

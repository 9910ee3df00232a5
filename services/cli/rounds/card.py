"""A round on a card: how far it has come, its days, and what is to be done next, by whom.

Whether scores or results are out of date is asked of the service by a trial that writes nothing. A
reader who may not try, or not see the rules, gets a card that says less. A card of the past says
how far the round had come, and not what is to be done: that is for today.
"""

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

import grpc

from services.cli import lists, output, refusals
from services.cli.client import Clients
from services.cli.rounds import bases, members, tabled
from services.cli.rounds.columns import STAGES
from services.cli.rounds.outstanding import Facts, Step, outstanding
from services.cli.rounds.records import Record
from services.cli.rounds.rule_sets import frozen
from services.cli.rounds.tabled import Asked
from services.cli.walking import every
from services.evaluation.scoring.open_matters import interpreted
from services.evaluation.scoring.parts import RuleSet
from services.kernel.chinese import both
from services.kernel.errors import ZoneledgerError
from services.kernel.words import word
from services.runtime import clock
from zoneledger.evaluation.v1 import round_service_pb2 as messages
from zoneledger.evaluation.v1.round_commands_pb2 import OpenNotice, ProposeResults
from zoneledger.evaluation.v1.round_events_pb2 import (
    MatterInterpreted,
    NoticedGrade,
    ResultsSigned,
    ReviewOutcome,
)
from zoneledger.evaluation.v1.round_service_pb2 import RoundStage, RoundStanding
from zoneledger.ledger.v1.visibility_pb2 import Visibility

_NOT_FOR_US = (grpc.StatusCode.PERMISSION_DENIED, grpc.StatusCode.NOT_FOUND)
_REVIEWS = {
    ReviewOutcome.REVIEW_OUTCOME_ACCEPTED: "accepted",
    ReviewOutcome.REVIEW_OUTCOME_RETURNED: "returned",
}


class _Seen(NamedTuple):
    """A round and what belongs to it, as far as the reader may see it."""

    round: RoundStanding
    rules: RuleSet | None
    units: Mapping[str, str]  # The province of each unit that takes part.
    reported: Mapping[str, set[str]]
    experts: list[Record]
    open_objections: list[str]
    unscored: int
    unproposed: bool
    unheard: bool
    reviews: Sequence[bases.Review]


def show(clients: Clients, asked: Asked, *, as_json: bool) -> None:
    """Print the card of a round."""
    told = card(clients, asked)
    if as_json:
        output.print_json(told)
    else:
        _print(told)


def card(clients: Clients, asked: Asked) -> Record:
    """The card as a record; the call is refused where there is no such round."""
    seen = _seen(clients, asked)
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


def facts_of(seen: _Seen) -> Facts:
    """The same, as what is outstanding is judged by."""
    said, rules = seen.round, seen.rules
    due = {each.indicator_id for each in rules.indicators} if rules else set()
    reviews = {each.province: _REVIEWS.get(each.outcome, "") for each in said.reviews}
    experts = rules.experts if rules else None
    schedule = rules.schedule if rules else None
    return Facts(
        opened_on=said.opened.opened_on,
        frozen_on=said.frozen_on,
        units=len(seen.units),
        missing={
            unit: province
            for unit, province in seen.units.items()
            if due - seen.reported.get(unit, set())
        },
        collected_on=said.collection_closed_on,
        provinces={each: reviews.get(each, "") for each in sorted(set(seen.units.values()))},
        is_reviewed_first=rules.provincial_review.required if rules else False,
        minimum_sheets=experts.minimum_sheets if experts else 0,
        sheets={each["assessor_id"]: _sheet(each) for each in seen.experts},
        sheets_due=schedule.sheets_due.isoformat() if schedule and schedule.sheets_due else "",
        is_assessed=said.HasField("assessment"),
        lost=[each.unit_id for each in seen.reviews if each.is_lost],
        unscored=seen.unscored,
        is_proposed=not seen.unproposed,
        notice_days=schedule.public_notice_days if schedule else 0,
        notice_fits=said.HasField("notice") and list(said.notice.grades) == _public(said),
        notice_closes_on=said.notice.closes_on,
        objections=seen.open_objections,
        issuers=[str(each) for each in rules.issuers.authorities] if rules else (),
        signed=[each.issuer for each in said.signatures],
        published_on=said.published.published_on,
        closed_on=said.closed_on,
        is_abandoned=said.HasField("abandoned"),
        is_unheard=seen.unheard,
    )


def _seen(clients: Clients, asked: Asked) -> _Seen:
    service, year, clocks = clients.rounds, asked.round, asked.clocks()
    said = service.GetRound(messages.GetRoundRequest(name=f"rounds/{year}", **clocks)).round
    observed = messages.ListObservationsRequest(round=year, **clocks)
    reported: dict[str, set[str]] = {}
    for each in every(service.ListObservations, observed, "observations"):
        if each.HasField("observation"):
            reported.setdefault(each.unit_id, set()).add(each.observation.indicator_id)
    lodged = messages.ListObjectionsRequest(round=year, **clocks)
    objections = every(service.ListObjections, lodged, "objections")
    experts = tabled.fetch_experts(clients, asked)
    rules = _interpreted(_rules(clients, asked), said)
    is_over = (
        asked.is_past
        or said.HasField("published")
        or said.HasField("abandoned")
        or not said.collection_closed_on
    )
    return _Seen(
        said,
        rules,
        members.admitted(clients, asked),
        reported,
        [each for each in experts if not each["dismissed_on"]],
        [each.objection.objection_id for each in objections if not each.HasField("decided")],
        0 if is_over else _changes(lambda: _calculate(clients, year)),
        bool(not is_over and _changes(lambda: _propose(clients, year))),
        bool(not is_over and said.HasField("notice") and _changes(lambda: _notice(clients, year))),
        [] if asked.is_past else bases.asked(clients, year, rules=rules),
    )


def _rules(clients: Clients, asked: Asked) -> RuleSet | None:
    try:
        return frozen(clients, asked.round, **asked.clocks())
    except grpc.RpcError as refusal:
        if refusal.code() not in _NOT_FOR_US:
            raise
        return None


def _interpreted(rules: RuleSet | None, said: RoundStanding) -> RuleSet | None:
    """The rules with what was answered of what they leave open."""
    for each in said.interpretations if rules else ():
        rules = interpreted(rules, each.matter, each.answer) if rules else None
    return rules


def _changes(trial: Any) -> int:
    """How much a step would change now; all that is wrong with it is for another line to say."""
    try:
        return int(trial())
    except grpc.RpcError as refusal:
        if refusals.of(refusal) or refusal.code() in _NOT_FOR_US:
            return 0
        raise
    except ZoneledgerError:
        return 0


def _calculate(clients: Clients, year: int) -> int:
    request = messages.CalculateScoresRequest(
        round=year, calculated_on=clock.today(), validate_only=True
    )
    return int(clients.rounds.CalculateScores(request).outcome.recorded)


def _propose(clients: Clients, year: int) -> int:
    proposal = ProposeResults(round=year, proposed_on=clock.today())
    request = messages.ProposeResultsRequest(proposal=proposal, validate_only=True)
    return int(clients.rounds.ProposeResults(request).outcome.recorded)


def _notice(clients: Clients, year: int) -> int:
    notice = OpenNotice(round=year, opened_on=clock.today(), document="-")
    request = messages.OpenNoticeRequest(notice=notice, validate_only=True)
    return int(clients.rounds.OpenNotice(request).outcome.recorded)


def _public(said: RoundStanding) -> list[NoticedGrade]:
    return [
        NoticedGrade(unit_id=each.unit_id, grade=each.grade)
        for each in sorted(said.proposed.standings, key=lambda each: each.unit_id)
        if each.grade_visibility == Visibility.VISIBILITY_PUBLIC
    ]


def _sheet(expert: Record) -> str:
    if expert["opened_on"]:
        return "open"
    return "sealed" if expert["sealed_on"] else "due"


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

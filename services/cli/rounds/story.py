"""The full round as it is told: what is done on each day, what is refused, and what follows.

示例，非真实数据: units, figures and marks are fictional; the notice that says what a rating earns
is the real one of the round.
"""

import tempfile
from hashlib import sha256
from pathlib import Path

from services.cli import importing, lists
from services.cli.records import Record
from services.cli.rounds import (
    admitting,
    card,
    entering,
    observing,
    openings,
    sheets,
    tabled,
)
from services.cli.rounds.rule_sets import frozen
from services.cli.rounds.sending import call
from services.cli.rounds.tabled import Asked
from services.cli.rounds.telling import Story
from services.kernel.chinese import AUTHORITIES, INSTRUMENTS, STATUSES, Sentence, both
from services.kernel.words import number
from zoneledger.evaluation.v1 import round_commands_pb2 as commands
from zoneledger.evaluation.v1.events_pb2 import Grade
from zoneledger.evaluation.v1.round_events_pb2 import ReviewOutcome
from zoneledger.evaluation.v1.round_service_pb2 import GetRoundRequest
from zoneledger.ledger.v1.visibility_pb2 import Visibility

_EXPERTS = ("expert-1", "expert-2", "expert-3", "expert-4")
_TOP, _LATE, _CORRECTED = "shili-jia", "shili-bing", "shili-yi"
_BONUS = "state-council-commendation"


def register(story: Story) -> None:
    """Units and circulars, which a round needs before it begins."""
    story.begin("名录与督查激励通报", "the register, and circulars of commendation")
    outcome = importing.bring_in(story.clients, story.files / "units.csv", importing.KINDS["units"])
    story.say(
        f"units.csv：{outcome.recorded}个单位列入名录",
        f"units.csv: {outcome.recorded} units in the register",
    )
    story.take("circulars.csv", entering.circulars(story.clients), "2021-01-08")


def rules(story: Story) -> None:
    """The rules are frozen before any data come in."""
    story.begin("启动评估，规则先行冻结", "the round opens, and its rules are frozen first")
    opened = commands.OpenRound(round=story.year, opened_on="2021-01-10", document=_document(story))
    story.step(
        "OpenRound", "opening", opened, "2021-01-10", Sentence("评估启动", "the round opens")
    )
    story.refused(
        Sentence("规则冻结前报送数据", "data before the rules are frozen"),
        lambda: call(
            story.clients,
            "ReportObservations",
            "reports",
            [commands.ReportObservations(round=story.year, unit_id=_TOP, reported_on="2021-01-12")],
        ),
    )
    freeze = commands.FreezeRuleSet(
        round=story.year,
        frozen_on="2021-01-20",
        text=(story.files / "rule-set.yaml").read_text("utf-8"),
        visibility=Visibility.VISIBILITY_SUBJECT,
    )
    done = Sentence("评估规则冻结（示例规则，非官方）", "the rules are frozen (illustrative)")
    story.step("FreezeRuleSet", "freeze", freeze, "2021-01-20", done)
    units = admitting.rated(story.clients, story.year)
    admitted = [
        commands.AdmitUnit(round=story.year, unit_id=each, admitted_on="2021-01-25")
        for each in units
    ]
    done = Sentence(f"{len(units)}个单位列入参评", f"{len(units)} units take part")
    story.step("AdmitUnits", "units", admitted, "2021-01-25", done)


def data(story: Story) -> None:
    """Provinces report; one slip is revised, one province has to report again."""
    story.begin("数据报送与省级审查", "statistics, and the reviews of the provinces")
    story.refused(
        Sentence("report-faulty.csv：整份不收", "report-faulty.csv: none of it is taken"),
        lambda: _report(story, "report-faulty.csv", "2021-03-01"),
    )
    for name in ("report-1.csv", "report-2.xlsx", "report-3.csv"):
        _report(story, name, "2021-03-01")
    _report(story, "report-1-revised.csv", "2021-03-15")
    closing = commands.CloseCollection(round=story.year, closed_on="2021-03-31")
    done = Sentence("数据采集结束", "the collection is closed")
    story.step("CloseCollection", "closing", closing, "2021-03-31", done)
    for province, outcome, day in (
        ("示例省一", "accepted", "2021-04-02"),
        ("示例省二", "returned", "2021-04-02"),
        ("示例省三", "accepted", "2021-04-02"),
    ):
        _review(story, province, outcome, day)
    _report(story, "report-2-again.csv", "2021-04-06")
    _review(story, "示例省二", "accepted", "2021-04-08")
    told = [each for each in _observations(story) if each["former"]]
    story.table("Revised 更正过的数据", tabled.OBSERVATIONS, told)


def experts(story: Story) -> None:
    """Four experts seal their sheets; one of them must not mark a unit."""
    story.begin("专家评分：先封存，后开封", "experts: sheets are sealed first, opened later")
    appointed = [
        commands.AppointAssessor(
            round=story.year,
            assessor_id=each,
            conflicts=[_LATE] if each == "expert-2" else [],
            appointed_on="2021-03-20",
        )
        for each in _EXPERTS
    ]
    done = Sentence(
        f"聘请{len(_EXPERTS)}名专家，expert-2回避示例市丙",
        f"{len(_EXPERTS)} experts, expert-2 not for {_LATE}",
    )
    story.step("AppointAssessors", "assessors", appointed, "2021-03-20", done)
    with tempfile.TemporaryDirectory() as private:
        kept = [_seal(story, each, Path(private)) for each in _EXPERTS]
        first = openings.read(kept[0])
        story.refused(
            Sentence("截止前开封", "to open a sheet before the day"),
            lambda: sheets.open_(story.clients, first, "2021-04-15"),
        )
        story.refused(
            Sentence("封存后改分", "to open a sheet with another mark than was sealed"),
            lambda: sheets.open_(story.clients, _changed(first), "2021-04-16"),
        )
        for each in kept:
            sheets.open_(story.clients, openings.read(each), "2021-04-16")
    story.say("2021-04-16  四份评分开封", "2021-04-16  the four sheets are opened")
    assess = commands.AssessExperts(round=story.year, assessed_on="2021-04-17")
    done = Sentence("专家评分汇总", "what the experts say together")
    story.step("AssessExperts", "assessment", assess, "2021-04-17", done)
    _agreement(story)


def scores(story: Story) -> None:
    """A bonus by a circular that was out in time; scores, and ranks by the frozen rules."""
    story.begin("加分、得分与拟定结果", "the bonus, the scores, and the proposed results")
    plan = entering.bonuses(story.clients, story.year, "2021-04-17")
    story.take("bonuses.csv", plan, "2021-04-17")
    story.take("circulars-later.csv", entering.circulars(story.clients), "2021-04-17")
    late = commands.RecogniseBonus(
        round=story.year,
        unit_id="shili-ding",
        bonus_id=_BONUS,
        circular_id="shili-2021-2",
        recognised_on="2021-04-17",
    )
    story.refused(
        Sentence("规则冻结后才印发的通报", "a bonus by a circular that came later"),
        lambda: call(story.clients, "RecogniseBonuses", "bonuses", [late]),
    )
    _calculate(story, "2021-04-18", "2021-04-20")
    [told] = tabled.fetch_scores(story.clients, Asked(story.year, _LATE))
    story.table(f"Line by line 逐行得分 {_LATE}", tabled.LINES, told["lines"])
    story.table("Proposed 拟定结果", tabled.RESULTS, _proposed(story))


def notice(story: Story) -> None:
    """A veto after the ranking, the public notice, and an objection that is upheld."""
    story.begin("一票否决、公示与异议", "a veto, the public notice, and an objection")
    veto = commands.VetoUnit(
        round=story.year,
        unit_id=_TOP,
        veto_id="supervision-finding",
        document="示例督查通报",
        reason="示例：督查发现严重问题",
        vetoed_on="2021-04-22",
    )
    done = Sentence("示例市甲被一票否决，结果重新拟定", f"{_TOP} is vetoed, results proposed anew")
    story.step("VetoUnit", "veto", veto, "2021-04-22", done)
    _notice(story, "2021-04-25")
    story.refused(
        Sentence("无人签署即发布", "to publish before anybody has signed"),
        lambda: call(story.clients, "PublishResults", "publication", _publication(story)),
    )
    objection = commands.LodgeObjection(
        round=story.year,
        objection_id="objection-1",
        unit_id=_LATE,
        lodged_by="示例市丙人民政府",
        lodged_on="2021-04-28",
        text="示例：统计部门已发布研发经费投入强度，请予采用",
    )
    done = Sentence("示例市丙提出异议", f"{_LATE} objects: its missing figure is out by now")
    story.step("LodgeObjection", "objection", objection, "2021-04-28", done)
    _report(story, "report-late.csv", "2021-04-29")
    decision = commands.DecideObjection(
        round=story.year,
        objection_id="objection-1",
        is_upheld=True,
        decided_by="ndrc",
        decided_on="2021-05-06",
        document="示例异议处理决定",
        reason="示例：数据来源可查",
        admitted=["rd-intensity"],
    )
    done = Sentence("异议成立，采纳迟报数据", "the objection is upheld, the late figure counts")
    story.step("DecideObjection", "decision", decision, "2021-05-06", done)
    _calculate(story, "2021-05-07", "2021-05-08")
    story.table("Proposed anew 重新拟定结果", tabled.RESULTS, _proposed(story))
    _notice(story, "2021-05-10")


def publication(story: Story) -> None:
    """Every issuer signs what is proposed; what is published is a rating, and earns."""
    story.begin("会签、发布与激励", "signatures, publication, and what follows")
    hash_ = _hash(story)
    issuers = frozen(story.clients, story.year).issuers.authorities
    for issuer in issuers:
        signed = commands.SignResults(
            round=story.year,
            issuer=issuer,
            signed_on="2021-06-09",
            results_hash=hash_,
            document="示例会签单",
        )
        who = both(issuer, AUTHORITIES)
        done = Sentence(f"{AUTHORITIES[issuer]}签署", f"{who} signs")
        story.step("SignResults", "signature", signed, "2021-06-09", done)
    done = Sentence("评估结果发布", "the results are published")
    story.step("PublishResults", "publication", _publication(story), "2021-06-21", done)
    story.table("Results 评估结果", tabled.RESULTS, _results(story))
    story.table("What follows 随之享有的激励", EARNED, earned(story))


def correction(story: Story) -> None:
    """A published result is corrected in the open; what it earned is withdrawn."""
    story.begin("更正与撤销", "a correction, and what it withdraws")
    right = commands.CorrectResult(
        round=story.year,
        unit_id=_CORRECTED,
        grade=number(Grade, "good"),  # type: ignore[arg-type]  # any int
        corrected_on="2021-09-01",
        document="示例更正通知",
        reason="示例：核查发现数据差错",
    )
    done = Sentence("示例市乙更正为良好", f"{_CORRECTED} is good, and not excellent")
    story.step("CorrectResult", "correction", right, "2021-09-01", done)
    closed = commands.CloseRound(round=story.year, closed_on="2021-12-31")
    story.step("CloseRound", "closing", closed, "2021-12-31", Sentence("评估结束", "it is closed"))
    story.table("What follows now 更正后的激励", EARNED, earned(story))
    story.table("Grades 等次分布", tabled.DISTRIBUTION, tabled.distributed(_results(story)))
    told = card.card(story.clients, story.year)
    story.say(f"阶段：{told['stage']}", f"stage: {told['stage']}")


TOLD = (register, rules, data, experts, scores, notice, publication, correction)


def earned(story: Story) -> list[Record]:
    """For each unit, how many incentives it has, and how many were withdrawn."""
    asked = lists.Filter("", story.year, "", "")
    found = lists.fetch_entitlements(story.clients, asked)
    tilts = [
        {**e, "instrument": "credit_tilt"} for e in lists.fetch_credit_tilts(story.clients, asked)
    ]
    by_unit: dict[str, list[Record]] = {}
    for each in [*found, *tilts]:
        by_unit.setdefault(each["unit_id"], []).append(each)
    return [
        {
            "unit_id": unit,
            "status": status,
            "instruments": [each["instrument"] for each in own if each["status"] == status],
        }
        for unit, own in sorted(by_unit.items())
        for status in sorted({each["status"] for each in own})
    ]


EARNED: lists.Columns = (
    ("unit 单位", lambda r: r["unit_id"]),
    ("status 状态", lambda r: both(r["status"], STATUSES)),
    (
        "incentives 激励",
        lambda r: ", ".join(INSTRUMENTS.get(each, each) for each in r["instruments"]),
    ),
)


def _document(story: Story) -> str:
    """The document that governs the round, by its number."""
    found = lists.fetch_policies(story.clients, lists.Filter("", 0, "", ""))
    return next(
        each.number or each.policy_id
        for each in found
        if each.rounds_from <= story.year <= (each.rounds_until or story.year)
    )


def _report(story: Story, name: str, day: str) -> None:
    plan = observing.plan(story.clients, frozen(story.clients, story.year), day)
    story.take(name, plan, day)


def _review(story: Story, province: str, outcome: str, day: str) -> None:
    is_accepted = outcome == "accepted"
    review = commands.ReviewProvince(
        round=story.year,
        province=province,
        outcome=number(ReviewOutcome, outcome),  # type: ignore[arg-type]  # any int
        reviewed_on=day,
        document="示例审查意见",
        note="" if is_accepted else "示例：空气质量数据与公报不符",
    )
    done = Sentence(f"{province}审查{'通过' if is_accepted else '退回'}", f"{province} {outcome}")
    story.step("ReviewProvince", "review", review, day, done)


def _observations(story: Story) -> list[Record]:
    return tabled.fetch_observations(story.clients, Asked(story.year))


def _seal(story: Story, expert: str, private: Path) -> Path:
    """Seal a sheet; its salt is that of the example, so that it can be told again."""
    wish = sheets.Wish(story.year, expert, "2021-04-10", private / expert)
    path = story.files / f"sheet-{expert[-1]}.csv"
    made = sheets.seal(story.clients, path, wish, lambda: sha256(expert.encode()).hexdigest())
    story.say(
        f"2021-04-10  {expert}封存{made.units}个单位的评分，承诺值 {made.commitment[:12]}",
        f"2021-04-10  {expert} seals {made.units} units, commitment {made.commitment[:12]}",
    )
    return made.opening


def _changed(opening: openings.Opening) -> openings.Opening:
    """The sheet with one other mark."""
    first, *rest = opening.sheets
    other = type(first)()
    other.CopyFrom(first)
    other.points[0].points = "100.0"
    return opening._replace(sheets=[other, *rest])


def _agreement(story: Story) -> None:
    said = story.clients.rounds.GetRound(GetRoundRequest(name=f"rounds/{story.year}"))
    panel = said.round.assessment.panel
    story.table(
        "How far the experts agree 专家一致性",
        (
            ("criterion 评价维度", lambda r: r["criterion_id"]),
            ("Krippendorff alpha", lambda r: r["alpha"]),
        ),
        [
            {"criterion_id": each.criterion_id, "alpha": f"{each.alpha_micro / 1_000_000:.3f}"}
            for each in panel.agreements
        ],
    )


def _calculate(story: Story, calculated_on: str, proposed_on: str) -> None:
    found = tabled.calculated(story.clients, story.year, calculated_on)
    story.say(
        f"{calculated_on}  计算{found.recorded}个得分",
        f"{calculated_on}  {found.recorded} scores are calculated",
    )
    proposal = commands.ProposeResults(round=story.year, proposed_on=proposed_on)
    done = Sentence("拟定结果", "results are proposed")
    story.step("ProposeResults", "proposal", proposal, proposed_on, done)


def _notice(story: Story, day: str) -> None:
    opened = commands.OpenNotice(round=story.year, opened_on=day, document="示例公示")
    story.step("OpenNotice", "notice", opened, day, Sentence("公示七日", "a notice of seven days"))


def _publication(story: Story) -> commands.PublishResults:
    return commands.PublishResults(
        round=story.year,
        published_on="2021-06-21",
        document=_document(story),
        results_hash=_hash(story),
    )


def _hash(story: Story) -> str:
    said = story.clients.rounds.GetRound(GetRoundRequest(name=f"rounds/{story.year}")).round
    return str(said.proposed.results_hash)


def _proposed(story: Story) -> list[Record]:
    return tabled.fetch_proposed(story.clients, Asked(story.year))


def _results(story: Story) -> list[Record]:
    return tabled.fetch_results(story.clients, Asked(story.year))

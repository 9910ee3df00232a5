"""The full round until it is signed: what is done on each day, and what is refused.

示例，非真实数据: units, figures and marks are fictional.
"""

import tempfile
from hashlib import sha256
from pathlib import Path

from services.cli import importing
from services.cli.rounds import (
    admitting,
    columns,
    entering,
    openings,
    sheets,
    tabled,
)
from services.cli.rounds.narrating import Story
from services.cli.rounds.sending import call
from services.cli.rounds.story_steps import (
    calculate,
    governing,
    observations,
    proposed,
    publishing,
    report,
    review,
    show_to_the_public,
)
from services.cli.rounds.tabled import Asked
from services.kernel.chinese import Sentence
from zoneledger.evaluation.v1 import round_commands_pb2 as commands
from zoneledger.evaluation.v1.round_service_pb2 import GetRoundRequest
from zoneledger.ledger.v1.visibility_pb2 import Visibility

_EXPERTS = ("expert-1", "expert-2", "expert-3", "expert-4")
_TOP, _LATE = "shili-jia", "shili-bing"
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
    opened = commands.OpenRound(round=story.year, opened_on="2021-01-10", document=governing(story))
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
        lambda: report(story, "report-faulty.csv", "2021-03-01"),
    )
    for name in ("report-1.csv", "report-2.xlsx", "report-3.csv"):
        report(story, name, "2021-03-01")
    report(story, "report-1-revised.csv", "2021-03-15")
    closing = commands.CloseCollection(round=story.year, closed_on="2021-03-31")
    done = Sentence("数据采集结束", "the collection is closed")
    story.step("CloseCollection", "closing", closing, "2021-03-31", done)
    for province, outcome, day in (
        ("示例省一", "accepted", "2021-04-02"),
        ("示例省二", "returned", "2021-04-02"),
        ("示例省三", "accepted", "2021-04-02"),
    ):
        review(story, province, outcome, day)
    report(story, "report-2-again.csv", "2021-04-06")
    review(story, "示例省二", "accepted", "2021-04-08")
    told = [each for each in observations(story) if each["former"]]
    story.table("Revised 更正过的数据", columns.OBSERVATIONS, told)


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
    calculate(story, "2021-04-18", "2021-04-20")
    [told] = tabled.fetch_scores(story.clients, Asked(story.year, _LATE))
    story.table(f"Line by line 逐行得分 {_LATE}", columns.LINES, told["lines"])
    story.table("Proposed 拟定结果", columns.RESULTS, proposed(story))


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
    show_to_the_public(story, "2021-04-25")
    story.refused(
        Sentence("无人签署即发布", "to publish before anybody has signed"),
        lambda: call(story.clients, "PublishResults", "publication", publishing(story)),
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
    report(story, "report-late.csv", "2021-04-29")
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
    calculate(story, "2021-05-07", "2021-05-08")
    story.table("Proposed anew 重新拟定结果", columns.RESULTS, proposed(story))
    show_to_the_public(story, "2021-05-10")


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


UNTIL_SIGNED = (register, rules, data, experts, scores, notice)

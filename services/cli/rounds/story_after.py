"""The full round from its signatures on: what is published, what follows, and a correction.

示例，非真实数据: units are fictional; the notice that says what a rating earns is the real one of
the round.
"""

from services.cli import lists, planning, streak_lists
from services.cli.client import Clients
from services.cli.records import Record
from services.cli.rounds import (
    card,
    columns,
    tabled,
)
from services.cli.rounds.narrating import Story
from services.cli.rounds.rule_sets import frozen
from services.cli.rounds.story_steps import governing, publishing, results, results_hash
from services.kernel.chinese import AUTHORITIES, INSTRUMENTS, STATUSES, Sentence, both
from services.kernel.words import number
from zoneledger.evaluation.v1 import round_commands_pb2 as commands
from zoneledger.evaluation.v1.events_pb2 import Grade
from zoneledger.evaluation.v1.plan_events_pb2 import PlanStep

_CORRECTED, _ZONE, _NO_DATA = "shili-yi", "shili-yi-qu", "示例，非真实数据"


def publication(story: Story) -> None:
    """Every issuer signs what is proposed; what is published is a rating, and earns."""
    story.begin("会签、发布与激励", "signatures, publication, and what follows")
    said = results_hash(story)
    issuers = frozen(story.clients, story.year).issuers.authorities
    for issuer in issuers:
        signed = commands.SignResults(
            round=story.year,
            issuer=issuer,
            signed_on="2021-06-09",
            results_hash=said,
            document="示例会签单",
        )
        who = both(issuer, AUTHORITIES)
        done = Sentence(f"{AUTHORITIES[issuer]}签署", f"{who} signs")
        story.step("SignResults", "signature", signed, "2021-06-09", done)
    done = Sentence("评估结果发布", "the results are published")
    story.step("PublishResults", "publication", publishing(story), "2021-06-21", done)
    story.table("Results 评估结果", columns.RESULTS, results(story))
    story.table("What follows 随之享有的激励", EARNED, earned(story))


def plan(story: Story) -> None:
    """The construction plan of a zone, up to the consent in principle."""
    story.begin("建设方案", "a construction plan")
    for take, day, document, done in (
        (_draft, "2021-07-01", "", Sentence("起草建设方案", "a plan is drafted")),
        (planning.recommend, "2021-07-15", "示例推荐函", Sentence("省级推荐", "recommended")),
        (planning.assess, "2021-08-02", "示例评估通知", Sentence("国家评估", "assessed")),
        (
            planning.agree,
            "2021-08-20",
            governing(story),
            Sentence("原则同意", "agreed to in principle"),
        ),
    ):
        at = planning.step(_ZONE, "shili-plan", day, document, _NO_DATA)
        take(story.clients, at)
        story.say(f"{day}  {done.zh}", f"{day}  {done.en}")


def _draft(clients: Clients, at: PlanStep) -> None:
    contents = planning.contents("示例建设方案", "An example", "十四五", 2021, 2025)
    planning.draft(clients, at, contents)


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
        signatories=frozen(story.clients, story.year).issuers.authorities,
    )
    done = Sentence("示例市乙更正为良好", f"{_CORRECTED} is good, and not excellent")
    story.step("CorrectResult", "correction", right, "2021-09-01", done)
    closed = commands.CloseRound(round=story.year, closed_on="2021-12-31")
    story.step("CloseRound", "closing", closed, "2021-12-31", Sentence("评估结束", "it is closed"))
    story.table("What follows now 更正后的激励", EARNED, earned(story))
    story.table("Grades 等次分布", columns.DISTRIBUTION, tabled.distributed(results(story)))
    asked = streak_lists.Asked("", story.year, "", "")
    found = streak_lists.fetch_streaks(story.clients, asked)
    story.table("Years in a row 连续评级", _STREAKS, found)
    told = card.card(story.clients, tabled.Asked(story.year))
    story.say(f"阶段：{told['stage']}", f"stage: {told['stage']}")


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


_STREAKS: lists.Columns = (
    ("unit 单位", lambda r: r["unit_id"]),
    ("years 年度", lambda r: ", ".join(f"{y['round']} {y['grade'] or '?'}" for y in r["years"])),
    ("status 状态", lambda r: r["status"]),
    ("left open 文件未明确", lambda r: ", ".join(r["open_norm_ids"])),
)
EARNED: lists.Columns = (
    ("unit 单位", lambda r: r["unit_id"]),
    ("status 状态", lambda r: both(r["status"], STATUSES)),
    (
        "incentives 激励",
        lambda r: ", ".join(INSTRUMENTS.get(each, each) for each in r["instruments"]),
    ),
)
AFTERWARDS = (publication, plan, correction)

"""A round as small as it can be: two indicators, one criterion, two issuers, a notice of a week."""

from collections.abc import Mapping, Sequence
from functools import reduce

from google.protobuf.message import Message

from services.evaluation.round.decider import ROUND
from services.evaluation.round.proposing import hash_of
from services.evaluation.round.reading import read
from services.evaluation.round.state import Running
from services.kernel.decider import fold
from services.kernel.sealing import commitment
from tests.notices import NOTICE_866
from tests.spec import Given, but, of
from zoneledger.evaluation.v1.events_pb2 import Grade, UnitKind
from zoneledger.evaluation.v1.round_commands_pb2 import (
    AbandonRound,
    AdmitUnit,
    AppointAssessor,
    AssessExperts,
    CalculateScore,
    CloseCollection,
    CloseRound,
    CorrectResult,
    DecideObjection,
    DismissAssessor,
    DismissUnit,
    FreezeRuleSet,
    InterpretMatter,
    LiftVeto,
    LodgeObjection,
    OpenNotice,
    OpenRound,
    OpenSheet,
    ProposeResults,
    PublishResults,
    RecogniseBonus,
    ReportObservations,
    ReviewProvince,
    SealSheet,
    SignResults,
    TakeBackSignature,
    VetoUnit,
    WithdrawBonus,
)
from zoneledger.evaluation.v1.round_events_pb2 import Observation, ReviewOutcome
from zoneledger.evaluation.v1.scoring_pb2 import CriterionPoints, ExpertSheet
from zoneledger.ledger.v1.visibility_pb2 import Visibility

RULE_SET = """\
rule_set_id: small-2020
round: 2020
title_zh: 示例
title_en: An example
illustrative: true
clauses:
  - clause_id: made-up
    assumption: all of it is made up for tests
rated: {level: unit, unit_kinds: [prefecture_city, base], clause: made-up}
dimensions:
  - {dimension_id: economy, name_zh: 经济, name_en: Economy}
indicators:
  - indicator_id: growth
    dimension: economy
    name_zh: 增速
    name_en: Growth
    unit: "%"
    decimals: 1
    direction: beneficial
    weight: 600000
    missing: zero
    outlier: clamp
    goalposts: [{low: 0.0, high: 10.0}]
    clause: made-up
  - indicator_id: unemployment
    dimension: economy
    name_zh: 失业率
    name_en: Unemployment
    unit: "%"
    decimals: 2
    direction: adverse
    weight: 400000
    missing: reweight
    outlier: clamp
    goalposts: [{low: 0.00, high: 10.00}]
    clause: made-up
shares: {statistics: 700000, experts: 300000, clause: made-up}
experts:
  criteria:
    - {criterion_id: overall, name_zh: 总体, name_en: Overall, weight: 1000000}
  lowest: 0
  highest: 100
  decimals: 1
  minimum_sheets: 3
  severity: reported
  agreement: alpha_ordinal
  clause: made-up
bonuses:
  cap: 20000
  kinds:
    - bonus_id: commendation
      name_zh: 国务院督查激励
      name_en: Commendation
      points: 20000
      clause: made-up
  clause: made-up
vetoes:
  - veto_id: false-data
    text_zh: 数据弄虚作假
    text_en: Reported data were false
    cap: poor
    refill: false
    clause: made-up
  - veto_id: accident
    text_zh: 重大安全事故
    text_en: A grave accident
    cap: qualified
    refill: false
    clause: made-up
grades:
  cut: thresholds
  scale:
    - grade: excellent
      name_zh: 优秀
      at_least: 800000
      shows: {grade: public, score: subject, rank: internal}
      clause: made-up
    - grade: good
      name_zh: 良好
      at_least: 600000
      shows: {grade: public, score: subject, rank: internal}
      clause: made-up
    - grade: qualified
      name_zh: 合格
      at_least: 400000
      shows: {grade: subject, score: internal, rank: internal}
      clause: made-up
    - grade: poor
      name_zh: 较差
      shows: {grade: subject, score: internal, rank: internal}
      clause: made-up
  ties: {keys: [statistics], last: all_in, clause: made-up}
  clause: made-up
honours: {kinds: [park], clause: made-up}
issuers: {authorities: [ndrc, most], clause: made-up}
provincial_review: {required: true, clause: made-up}
schedule:
  sheets_due: 2021-04-15
  public_notice_days: 7
  objections_decided_by: ndrc
  clause: made-up
"""

# The same with a place for each of the best three grades.
ONE_EACH = RULE_SET.replace("cut: thresholds", "cut: quota\n  pool: all\n  rounding: down")
for _score in ("800000", "600000", "400000"):
    ONE_EACH = ONE_EACH.replace(f"at_least: {_score}", "places: 1")

# The same, leaving open how long a notice is.
LEAVES_OPEN = (
    RULE_SET.replace("  public_notice_days: 7\n", "")
    + """\
open_norms:
  - norm_id: days
    question_zh: 公示几天？
    question_en: How long?
    about: public_notice_days
    clause: made-up
"""
)

YEAR = 2020
UNITS = ("xiangtan", "zhuzhou", "ningdong")
PROVINCES = {"xiangtan": "湖南", "zhuzhou": "湖南", "ningdong": "宁夏"}
ASSESSORS = ("assessor-1", "assessor-2", "assessor-3")
# What is reported of each unit, and the points of each assessor for it.
VALUES: Mapping[str, tuple[str, str]] = {
    "xiangtan": ("9.0", "1.00"),
    "zhuzhou": ("7.0", "3.00"),
    "ningdong": ("2.0", "6.00"),
}
POINTS: Mapping[str, Sequence[str]] = {
    "xiangtan": ("90.0", "85.0", "95.0"),
    "zhuzhou": ("70.0", "65.0", "75.0"),
    "ningdong": ("40.0", "45.0", "35.0"),
}
DOCUMENT = "2021-866"

# The same with statistics alone.
WITHOUT_EXPERTS = RULE_SET.replace(
    RULE_SET[RULE_SET.index("experts:\n") : RULE_SET.index("bonuses:")], ""
).replace("statistics: 700000, experts: 300000", "statistics: 1000000, experts: 0")

OPEN_ROUND = read(
    OpenRound(round=YEAR, opened_on="2021-01-10", document=DOCUMENT, policy=NOTICE_866)
)
FREEZE = read(
    FreezeRuleSet(
        round=YEAR,
        frozen_on="2021-01-20",
        text=RULE_SET,
        visibility=Visibility.VISIBILITY_SUBJECT,
        issuers=["ndrc", "most"],
        unit_kinds=[UnitKind.UNIT_KIND_PREFECTURE_CITY, UnitKind.UNIT_KIND_BASE],
    )
)
FREEZE_WITHOUT_EXPERTS = but(FREEZE, text=WITHOUT_EXPERTS)
CLOSE_COLLECTION = read(CloseCollection(round=YEAR, closed_on="2021-03-31"))
ASSESS = read(AssessExperts(round=YEAR, assessed_on="2021-04-17"))
PROPOSE = read(ProposeResults(round=YEAR, proposed_on="2021-04-20"))
NOTICE = read(OpenNotice(round=YEAR, opened_on="2021-04-21", document="公示"))
CLOSE_ROUND = CloseRound(round=YEAR, closed_on="2021-12-31")


def admit(unit: str) -> AdmitUnit:
    return AdmitUnit(
        round=YEAR,
        unit_id=unit,
        kind=UnitKind.UNIT_KIND_PREFECTURE_CITY,
        province=PROVINCES[unit],
        admitted_on="2021-01-25",
    )


def report(unit: str, *values: str, on: str = "2021-03-01") -> ReportObservations:
    growth, unemployment = values or VALUES[unit]
    said = {"growth": growth, "unemployment": unemployment}
    return read(
        ReportObservations(
            round=YEAR,
            unit_id=unit,
            observations=[
                Observation(
                    indicator_id=name,
                    value=value,
                    missing_reason="" if value else "未统计",
                    as_of="2020-12-31",
                    source="统计公报",
                )
                for name, value in said.items()
            ],
            reported_on=on,
        )
    )


def review(
    province: str,
    outcome: ReviewOutcome.ValueType = ReviewOutcome.REVIEW_OUTCOME_ACCEPTED,
    on: str = "2021-04-05",
) -> ReviewProvince:
    return read(
        ReviewProvince(
            round=YEAR, province=province, outcome=outcome, reviewed_on=on, document="审查意见"
        )
    )


def appoint(assessor: str, *conflicts: str) -> AppointAssessor:
    return read(
        AppointAssessor(
            round=YEAR, assessor_id=assessor, conflicts=conflicts, appointed_on="2021-03-20"
        )
    )


def declare(assessor: str, *conflicts: str, on: str = "2021-04-17") -> AppointAssessor:
    """A conflict of interest that comes to light when the sheets are open."""
    return but(
        appoint(assessor, *conflicts),
        appointed_on=on,
        document="举报核查",
        reason="亲属任职",
    )


def salt(assessor: str) -> str:
    return f"{ASSESSORS.index(assessor):064x}"


def sheets(assessor: str) -> list[ExpertSheet]:
    """What the assessor says of every unit."""
    return [
        ExpertSheet(
            assessor_id=assessor,
            unit_id=unit,
            points=[
                CriterionPoints(
                    criterion_id="overall", points=POINTS[unit][ASSESSORS.index(assessor)]
                )
            ],
        )
        for unit in UNITS
    ]


def seal(assessor: str, on: str = "2021-04-10") -> SealSheet:
    sealed = commitment(YEAR, assessor, salt(assessor), sheets(assessor))
    return SealSheet(round=YEAR, assessor_id=assessor, commitment=sealed, sealed_on=on)


def open_sheet(assessor: str, on: str = "2021-04-16") -> OpenSheet:
    return OpenSheet(
        round=YEAR,
        assessor_id=assessor,
        salt=salt(assessor),
        sheets=sheets(assessor),
        opened_on=on,
    )


def calculate(unit: str, on: str = "2021-04-18") -> CalculateScore:
    return read(CalculateScore(round=YEAR, unit_id=unit, calculated_on=on))


def sign(issuer: str, results_hash: str, on: str = "2021-05-10") -> SignResults:
    return SignResults(
        round=YEAR, issuer=issuer, signed_on=on, results_hash=results_hash, document="会签单"
    )


def publish(results_hash: str, on: str = "2021-06-09") -> PublishResults:
    return read(
        PublishResults(
            round=YEAR,
            published_on=on,
            document=DOCUMENT,
            results_hash=results_hash,
            policy=NOTICE_866,
            policy_from="2021-06-09",
        )
    )


BONUS = read(
    RecogniseBonus(
        round=2020,
        unit_id="zhuzhou",
        bonus_id="commendation",
        circular_id="2021-17",
        circular_number="国办发〔2021〕17号",
        circular_issued_on="2021-01-20",
        performance_year=2020,
        recognised_on="2021-04-19",
    )
)
WITHDRAW = WithdrawBonus(
    round=2020,
    unit_id="zhuzhou",
    bonus_id="commendation",
    document="国办函",
    reason="通报撤回",
    withdrawn_on="2021-04-20",
)
VETO = read(
    VetoUnit(
        round=2020,
        unit_id="xiangtan",
        veto_id="false-data",
        document="审计报告",
        reason="数据失实",
        vetoed_on="2021-04-22",
    )
)
LIFT = read(
    LiftVeto(
        round=2020,
        unit_id="xiangtan",
        veto_id="false-data",
        document="复核意见",
        reason="数据属实",
        lifted_on="2021-04-24",
    )
)
OBJECTION = read(
    LodgeObjection(
        round=2020,
        objection_id="zhuzhou-1",
        unit_id="zhuzhou",
        lodged_by="株洲市发展改革委",
        lodged_on="2021-04-25",
        text="增速已修订",
    )
)
DECIDE = read(
    DecideObjection(
        round=2020,
        objection_id="zhuzhou-1",
        is_upheld=True,
        decided_by="ndrc",
        decided_on="2021-04-27",
        document="复函",
        reason="采用修订数",
        admitted=["growth"],
    )
)
# Reported after the data were frozen; with it Zhuzhou is excellent.
LATE = report("zhuzhou", "9.9", "3.00", on="2021-04-24")
CORRECT = read(
    CorrectResult(
        round=2020,
        unit_id="zhuzhou",
        grade=Grade.GRADE_EXCELLENT,
        corrected_on="2021-08-01",
        document="更正通知",
        reason="采用修订数",
        admitted=["growth"],
        signatories=["ndrc", "most"],
    )
)
INTERPRET = InterpretMatter(
    round=YEAR,
    matter="public_notice_days",
    answer="7",
    decided_by="ndrc",
    interpreted_on="2021-04-20",
    document="解释函",
)
ABANDON = AbandonRound(
    round=YEAR, document="中止函", reason="规则无法执行", abandoned_on="2021-05-20"
)
TAKE_BACK = TakeBackSignature(
    round=YEAR, issuer="most", reason="并未会签", taken_back_on="2021-05-11", entered_by="most"
)
DISMISS_ASSESSOR = DismissAssessor(
    round=2020,
    assessor_id=ASSESSORS[0],
    document="振兴司函",
    reason="未能到会",
    dismissed_on="2021-04-17",
)
DISMISS_UNIT = read(
    DismissUnit(round=2020, unit_id="ningdong", reason="不再是成员", dismissed_on="2021-04-19")
)

OPENED: Sequence[Message] = [OPEN_ROUND, FREEZE]
COLLECTED: Sequence[Message] = [
    *OPENED,
    *map(admit, UNITS),
    *map(report, UNITS),
    CLOSE_COLLECTION,
    review("湖南"),
    review("宁夏"),
]
ASSESSED: Sequence[Message] = [
    *COLLECTED,
    *map(appoint, ASSESSORS),
    *map(seal, ASSESSORS),
    *map(open_sheet, ASSESSORS),
    ASSESS,
]
SCORED: Sequence[Message] = [*ASSESSED, *map(calculate, UNITS)]
PROPOSED: Sequence[Message] = [*SCORED, PROPOSE]


def events(*commands: Message) -> list[Message]:
    """What the commands lead to, one after the other, in an empty stream."""
    told: list[Message] = []
    state = ROUND.initial
    for command in commands:
        new = list(ROUND.decide(command, state))
        state = fold(ROUND, new, state)
        told += new
    return told


def proposed_hash(*commands: Message) -> str:
    """The hash of what is proposed after the commands."""
    state = reduce(ROUND.evolve, events(*commands), ROUND.initial)
    assert isinstance(state, Running)
    assert state.proposed is not None
    return hash_of(state.proposed.standings)


def held(*commands: Message) -> Given:
    """A round in which these commands were heard."""
    return of(ROUND).given(*events(*commands))


NOTICED: Sequence[Message] = [*PROPOSED, NOTICE]
HASH = proposed_hash(*PROPOSED)
SIGNED: Sequence[Message] = [*NOTICED, sign("ndrc", HASH), sign("most", HASH)]
PUBLISHED: Sequence[Message] = [*SIGNED, publish(HASH)]

# All of it; all that may come between; and what may be said at any stage.
WHOLE: Sequence[Message] = [*PUBLISHED, LATE, CORRECT, CLOSE_ROUND]
DISPUTED: Sequence[Message] = [
    *NOTICED,
    VETO,
    LIFT,
    OBJECTION,
    LATE,
    DECIDE,
    BONUS,
    WITHDRAW,
    DISMISS_UNIT,
    DISMISS_ASSESSOR,
]
# What the rules leave open is answered, a signature taken back, and the round given up.
GIVEN_UP: Sequence[Message] = [
    OPEN_ROUND,
    but(FREEZE, text=LEAVES_OPEN),
    *PROPOSED[2:],
    INTERPRET,
    NOTICE,
    *SIGNED[-2:],
    TAKE_BACK,
    ABANDON,
]
MOVES: Sequence[Message] = [
    BONUS,
    WITHDRAW,
    VETO,
    LIFT,
    OBJECTION,
    LATE,
    DECIDE,
    but(DECIDE, is_upheld=False, admitted=None),
    CORRECT,
    but(CORRECT, grade=Grade.GRADE_POOR, admitted=None, corrected_on="2021-09-01"),
    DISMISS_ASSESSOR,
    DISMISS_UNIT,
    declare("assessor-2", "zhuzhou"),
    review("湖南", ReviewOutcome.REVIEW_OUTCOME_RETURNED, on="2021-04-26"),
    review("湖南", on="2021-04-27"),
    *(calculate(unit, on="2021-04-28") for unit in UNITS),
    but(PROPOSE, proposed_on="2021-04-28"),
    but(NOTICE, opened_on="2021-04-28"),
    INTERPRET,
    TAKE_BACK,
    ABANDON,
    but(FREEZE, frozen_on="2021-01-21", text=RULE_SET + "# Mended.\n"),
]


def by(text: str) -> list[Message]:
    """The round proposed by another rule set."""
    return [OPEN_ROUND, but(FREEZE, text=text), *PROPOSED[2:]]


def with_the_bonus() -> list[Message]:
    """A round whose Zhuzhou has the bonus, published."""
    scored = [*ASSESSED, BONUS, *(calculate(each, on="2021-04-20") for each in UNITS), PROPOSE]
    found = proposed_hash(*scored)
    return [*scored, NOTICE, sign("ndrc", found), sign("most", found), publish(found)]

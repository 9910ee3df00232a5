"""Streak rules, years and units for the tests: one city of one zone, rated year by year."""

from collections.abc import Mapping, Sequence

from services.evaluation import reviewing
from services.evaluation.streak_standing import READING
from services.kernel.words import number
from tests.notices import NOTICE_866, POLICIES
from tests.spec import but
from tests.supplements import STREAKS_866, STREAKS_2019, supplements
from zoneledger.evaluation.v1.commands_pb2 import CorrectRating, PublishRating, RegisterUnit
from zoneledger.evaluation.v1.events_pb2 import (
    BeneficiaryClass,
    Grade,
    Rating,
    Unit,
    UnitKind,
)
from zoneledger.evaluation.v1.streak_commands_pb2 import (
    DecideDisqualification,
    DisqualificationRuling,
    ReverseDisqualification,
    ReviewStreaks,
    StreakCarryOver,
    StreakCounting,
    StreakRule,
    UseExpansionRight,
    ZoneRating,
)
from zoneledger.evaluation.v1.streak_events_pb2 import ExpansionPart, StreakKind
from zoneledger.ledger.v1.visibility_pb2 import Visibility

PUBLIC, SUBJECT, INTERNAL = (
    Visibility.VISIBILITY_PUBLIC,
    Visibility.VISIBILITY_SUBJECT,
    Visibility.VISIBILITY_INTERNAL,
)
INHERIT, ANEW = (
    StreakCarryOver.STREAK_CARRY_OVER_INHERIT,
    StreakCarryOver.STREAK_CARRY_OVER_ANEW,
)
CITY = Unit(
    unit_id="city",
    name_zh="市",
    kind=UnitKind.UNIT_KIND_PREFECTURE_CITY,
    zone_id="zone",
    beneficiary_class=BeneficiaryClass.BENEFICIARY_CLASS_NATIONAL,
    member_from="2017-04-13",
)
REGISTER = RegisterUnit(unit=CITY)
KINDS = [
    UnitKind.UNIT_KIND_PREFECTURE_CITY,
    UnitKind.UNIT_KIND_DISTRICT,
    UnitKind.UNIT_KIND_PART_OF_DISTRICT,
    UnitKind.UNIT_KIND_BASE,
]
# 连续三年评为较差, whichever year is the last one.
THREE_POOR = StreakRule(
    streak_id="poor",
    kind=StreakKind.STREAK_KIND_DISQUALIFICATION,
    grades=[Grade.GRADE_POOR],
    unit_kinds=KINDS,
    counting=StreakCounting.STREAK_COUNTING_IN_A_ROW,
    years=3,
    warn_at=2,
    own_since=2020,
    carry_over_norm_id="carry-over",
    clause_id="streaks/poor",
    supplement_id="supplement",
    rounds_from=2017,
    policy=NOTICE_866,
)
# 连续评为较差, with no number.
OPEN_POOR = but(THREE_POOR, years=0, at_least=2, years_norm_id="years")
THREE_EXCELLENT = but(
    THREE_POOR,
    streak_id="excellent",
    kind=StreakKind.STREAK_KIND_EXPANSION,
    grades=[Grade.GRADE_EXCELLENT],
    warn_at=0,
)
TWO_OF_THREE = but(
    THREE_POOR,
    years=2,
    within=3,
    warn_at=1,
    counting=StreakCounting.STREAK_COUNTING_IN_ANY_ORDER,
)


def rating(
    round_: int,
    grade: str,
    visibility: Visibility.ValueType = PUBLIC,
    *,
    unit: str = "city",
    published_on: str = "",
) -> Rating:
    return Rating(
        unit_id=unit,
        round=round_,
        grade=_grade(grade),
        published_on=published_on or f"{round_ + 1}-06-21",
        document="2021-866",
        visibility=visibility,
        policy=NOTICE_866,
    )


def publish(round_: int, grade: str, visibility: Visibility.ValueType = PUBLIC) -> PublishRating:
    return PublishRating(rating=rating(round_, grade, visibility), reading=READING)


def correct(
    round_: int,
    grade: str,
    visibility: Visibility.ValueType = PUBLIC,
    *,
    corrected_on: str = "2024-01-10",
) -> CorrectRating:
    return CorrectRating(
        rating=rating(round_, grade, visibility),
        corrected_on=corrected_on,
        document="更正",
        reason="a statistic was revised",
        reading=READING,
    )


def review(
    *rules: StreakRule,
    zone: Mapping[int, str] | None = None,
    zone_ratings: Sequence[ZoneRating] = (),
    reviewed_on: str = "2024-02-01",
) -> ReviewStreaks:
    inherited = [
        ZoneRating(rating=rating(round_, grade, unit="zone"))
        for round_, grade in (zone or {}).items()
    ]
    return ReviewStreaks(
        unit_id="city",
        rules=rules,
        zone_ratings=[*inherited, *zone_ratings],
        reviewed_on=reviewed_on,
        reading=READING,
    )


def rules_by(*texts: str, today: str = "2024-02-01") -> dict[str, StreakRule]:
    """The rules of the shipped supplements with these beside them, by their ids."""
    found = reviewing.rules_of(POLICIES, supplements(STREAKS_2019, STREAKS_866, *texts), today)
    return {rule.streak_id: rule for rule in found}


DISQUALIFY = DecideDisqualification(
    unit_id="city",
    ruling=DisqualificationRuling.DISQUALIFICATION_RULING_DISQUALIFY,
    document="决定",
    decided_on="2024-03-01",
    effective_on="2024-04-01",
    reason="连续三年评为较差",
    reading=READING,
)
DECLINE = but(
    DISQUALIFY,
    ruling=DisqualificationRuling.DISQUALIFICATION_RULING_DECLINE,
    effective_on="",
    reason="整改到位",
)
REVERSE = ReverseDisqualification(
    unit_id="city",
    document="撤回",
    decided_on="2024-06-01",
    effective_on="2024-07-01",
    reason="更正",
    reading=READING,
)
ADD_A_PARK = UseExpansionRight(
    unit_id="city",
    round=2022,
    streak_id="excellent",
    part=ExpansionPart.EXPANSION_PART_PARK,
    document="批复",
    used_on="2024-03-01",
    chosen="经济开发区",
)
RECOMMEND_A_CITY = but(
    ADD_A_PARK, part=ExpansionPart.EXPANSION_PART_CITY, document="推荐", chosen="另一个城市"
)


def _grade(word: str) -> Grade.ValueType:
    return number(Grade, word)  # type: ignore[return-value]  # any int

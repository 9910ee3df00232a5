"""The rules of a round fit the document that governs its year, and can be carried out."""

import pytest
from google.protobuf.message import Message

from services.kernel.reasons import Why
from tests.rounds import (
    BONUS,
    DISMISS_UNIT,
    FREEZE,
    INTERPRET,
    LEAVES_OPEN,
    NOTICE,
    NOTICED,
    OPEN_ROUND,
    OPENED,
    PUBLISHED,
    RULE_SET,
    UNITS,
    admit,
    appoint,
    by,
    held,
    report,
)
from tests.spec import but
from zoneledger.evaluation.v1.events_pb2 import UnitKind
from zoneledger.evaluation.v1.round_events_pb2 import (
    MatterInterpreted,
    NoticeOpened,
    RuleSetFrozen,
)
from zoneledger.ledger.v1.visibility_pb2 import Visibility

ZONES = RULE_SET.replace(
    "level: unit, unit_kinds: [prefecture_city, base]", "level: zone, unit_kinds: [zone]"
)
MENDED = but(FREEZE, text=RULE_SET + "# Mended.\n", frozen_on="2021-01-21")


def test_whoever_issues_the_document_of_the_year_signs_and_nobody_else() -> None:
    four = ["ndrc", "most", "miit", "mnr"]
    why = Why.RULES_OF_OTHER_ISSUERS(
        round=2020, issuers="ndrc, most", governing="ndrc, most, miit, mnr"
    )
    assert held(OPEN_ROUND).refused(but(FREEZE, issuers=four)) == ("text", why)
    assert held(OPEN_ROUND).when(but(FREEZE, issuers=["most", "ndrc"]))
    assert held(OPEN_ROUND).when(but(FREEZE, issuers=four, reading=1))


def test_what_the_document_of_the_year_rates_is_rated_and_no_other_kind() -> None:
    zone, city = UnitKind.UNIT_KIND_ZONE, UnitKind.UNIT_KIND_PREFECTURE_CITY
    why = Why.RULES_RATE_OTHER_KINDS(round=2020, kinds="zone", rated="prefecture_city")
    of_zones = but(FREEZE, text=ZONES, unit_kinds=[city])
    assert held(OPEN_ROUND).refused(of_zones) == ("text", why)
    assert held(OPEN_ROUND).when(but(of_zones, unit_kinds=[zone]))
    assert held(OPEN_ROUND).when(but(of_zones, unit_kinds=None))  # It does not say.


def test_the_level_that_is_rated_is_that_of_its_kinds() -> None:
    wrong = RULE_SET.replace("level: unit", "level: zone")
    why = Why.RULES_RATE_ANOTHER_LEVEL(round=2020, level="zone", kinds="prefecture_city, base")
    assert held(OPEN_ROUND).refused(but(FREEZE, text=wrong)) == ("text", why)


def test_a_notice_that_outlasts_the_year_is_not_frozen_and_not_opened() -> None:
    endless = RULE_SET.replace("public_notice_days: 7", "public_notice_days: 100000000")
    why = Why.NOTICE_TOO_LONG(days=100000000, limit=366)
    assert held(OPEN_ROUND).refused(but(FREEZE, text=endless)) == ("text", why)
    frozen_before = [OPEN_ROUND, but(FREEZE, text=endless, reading=1), *by(endless)[2:]]
    assert held(*frozen_before).refused(NOTICE) == ("round", why)


def test_until_something_rests_on_them_other_rules_are_frozen_in_their_place() -> None:
    [anew] = held(*OPENED, *map(admit, UNITS)).when(MENDED)
    assert isinstance(anew, RuleSetFrozen)
    assert anew.text == MENDED.text
    mended = [*OPENED, *map(admit, UNITS), MENDED]
    assert held(*mended).when(MENDED) == []
    assert held(*mended).when(admit(UNITS[0])) == []  # Whoever was admitted takes part.
    why = Why.BEFORE_ITS_TIME(day="2021-01-19", since="2021-01-20")
    assert held(*OPENED).refused(but(MENDED, frozen_on="2021-01-19")) == ("frozen_on", why)
    _, told = held(*OPENED, appoint("assessor-1")).refused(MENDED)
    assert told.why == Why.RULE_SET_ALREADY_FROZEN


@pytest.mark.parametrize("seen", [report("ningdong"), but(BONUS, unit_id="ningdong")])
def test_no_other_rules_are_frozen_once_data_were_seen_whoever_was_dismissed_since(
    seen: Message,
) -> None:
    known = [*OPENED, *map(admit, UNITS), seen, DISMISS_UNIT]
    _, told = held(*known).refused(MENDED)
    assert told.why == Why.RULE_SET_ALREADY_FROZEN
    by_the_second = but(MENDED, reading=2)
    assert held(*known).when(by_the_second)  # As it was decided before.
    _, told = held(*known, by_the_second).refused(but(MENDED, text=RULE_SET + "# Again.\n"))
    assert told.why == Why.RULE_SET_ALREADY_FROZEN


def test_other_rules_rate_whoever_was_admitted() -> None:
    fewer = but(MENDED, text=RULE_SET.replace("[prefecture_city, base]", "[base]"))
    why = Why.RULES_DROP_UNITS(unit="xiangtan", round=2020)
    assert held(*OPENED, admit("xiangtan")).refused(fewer) == ("text", why)
    assert held(*OPENED).when(fewer)


# What they leave open is answered.


def test_what_the_rules_leave_open_is_answered_and_holds_from_then_on() -> None:
    proposed = by(LEAVES_OPEN)
    assert held(*proposed).when(INTERPRET) == [
        MatterInterpreted(
            round=2020,
            matter="public_notice_days",
            answer="7",
            decided_by="ndrc",
            interpreted_on="2021-04-20",
            document="解释函",
            visibility=Visibility.VISIBILITY_SUBJECT,
        )
    ]
    noticed, *_ = held(*proposed, INTERPRET).when(NOTICE)
    assert isinstance(noticed, NoticeOpened)
    assert noticed.closes_on == "2021-04-28"


def test_the_same_answer_changes_nothing_and_another_one_is_refused() -> None:
    round_ = held(*by(LEAVES_OPEN), INTERPRET)
    assert round_.when(INTERPRET) == []
    why = Why.MATTER_NOT_OPEN(round=2020, matter="public_notice_days", answer="7")
    assert round_.refused(but(INTERPRET, answer="1")) == ("matter", why)


def test_what_the_rules_say_is_not_interpreted() -> None:
    why = Why.MATTER_NOT_OPEN(round=2020, matter="public_notice_days", answer="7")
    assert held(*NOTICED).refused(INTERPRET) == ("matter", why)
    _, told = held(*PUBLISHED).refused(INTERPRET)
    assert told.why == Why.ROUND_PUBLISHED


@pytest.mark.parametrize(
    ("matter", "answer"),
    [
        ("public_notice_days", "a week"),
        ("public_notice_days", "-1"),
        ("public_notice_days", "367"),
        ("public_notice_days", "七"),
    ],
)
def test_an_answer_is_one_of_its_matter(matter: str, answer: str) -> None:
    why = Why.NOT_AN_ANSWER(matter=matter, answer=answer)
    wrong = but(INTERPRET, matter=matter, answer=answer)
    assert held(*by(LEAVES_OPEN)).refused(wrong) == ("answer", why)


def test_an_issuer_answers_and_nobody_else_and_only_what_can_be_open() -> None:
    round_ = held(*by(LEAVES_OPEN))
    why = Why.NOT_IN_THE_RULE_SET(value="miit", known="ndrc, most")
    assert round_.refused(but(INTERPRET, decided_by="miit")) == ("decided_by", why)
    field, told = round_.refused(but(INTERPRET, matter="weights"))
    assert (field, told.why) == ("matter", Why.NOT_IN_THE_RULE_SET)

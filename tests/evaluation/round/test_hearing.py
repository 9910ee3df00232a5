"""What is proposed is shown to the public, objected to, and decided on, before it is published."""

from google.protobuf.message import Message

from services.kernel.reasons import Told, Why
from tests.rounds import (
    DECIDE,
    FREEZE,
    HASH,
    LATE,
    LEAVES_OPEN,
    LIFT,
    NOTICE,
    NOTICED,
    OBJECTION,
    PROPOSE,
    PROPOSED,
    PUBLISHED,
    RULE_SET,
    SCORED,
    SIGNED,
    VETO,
    by,
    calculate,
    events,
    held,
    proposed_hash,
    publish,
    sign,
)
from tests.spec import but
from zoneledger.evaluation.v1.events_pb2 import Grade
from zoneledger.evaluation.v1.round_commands_pb2 import (
    DismissUnit,
)
from zoneledger.evaluation.v1.round_events_pb2 import (
    NoticedGrade,
    NoticeOpened,
    ObjectionDecided,
    ObjectionLodged,
    ProposalTold,
    ResultsProposed,
    ResultsTakenBack,
)

EXCELLENT, GOOD, QUALIFIED, POOR = (
    Grade.GRADE_EXCELLENT,
    Grade.GRADE_GOOD,
    Grade.GRADE_QUALIFIED,
    Grade.GRADE_POOR,
)


# Of the rule set, in which nobody is named who decides objections.
LEFT_OPEN = (
    RULE_SET.replace("  objections_decided_by: ndrc\n", "")
    + """\
open_norms:
  - norm_id: small-2020/objections
    about: objections_decided_by
    question_zh: 异议由谁决定？
    question_en: Who decides on objections?
    clause: made-up
"""
)


# Zhuzhou is qualified, which is hidden; and poor by a veto that comes after the notice.
HIDDEN = [*by(RULE_SET.replace("at_least: 600000", "at_least: 750000")), NOTICE]
LOWERED = [*HIDDEN, but(VETO, unit_id="zhuzhou", vetoed_on="2021-05-01")]


def standing(event: Message) -> list[tuple[str, Grade.ValueType, int]]:
    """Unit, grade and rank in the order in which they are proposed."""
    assert isinstance(event, ResultsProposed)
    return [(each.unit_id, each.grade, each.rank) for each in event.standings]


# The public notice.


def test_a_notice_shows_by_the_ids_the_grades_that_will_be_public() -> None:
    noticed, *_ = held(*PROPOSED).when(NOTICE)
    assert [noticed] == [
        NoticeOpened(
            round=2020,
            opened_on="2021-04-21",
            closes_on="2021-04-28",
            document="公示",
            grades=[
                NoticedGrade(unit_id="xiangtan", grade=EXCELLENT),
                NoticedGrade(unit_id="zhuzhou", grade=GOOD),
            ],
        )
    ]


def test_the_same_results_are_noticed_once() -> None:
    assert held(*NOTICED).when(NOTICE) == []
    why = Why.NOTICE_ALREADY_OPEN(round=2020, opened_on="2021-04-21", closes_on="2021-04-28")
    later = but(NOTICE, opened_on="2021-04-22")
    assert held(*NOTICED).refused(later) == ("opened_on", why)


def test_other_results_are_noticed_anew() -> None:
    again = but(NOTICE, opened_on="2021-04-23")
    noticed, *_ = held(*NOTICED, VETO).when(again)
    assert isinstance(noticed, NoticeOpened)
    assert [each.unit_id for each in noticed.grades] == ["zhuzhou"]
    assert noticed.closes_on == "2021-04-30"


def test_each_unit_that_will_see_its_grade_is_told_it_with_the_notice() -> None:
    told = [e for e in held(*PROPOSED).when(NOTICE) if isinstance(e, ProposalTold)]
    assert [(e.standing.unit_id, e.standing.grade, e.closes_on) for e in told] == [
        ("ningdong", POOR, "2021-04-28"),
        ("xiangtan", EXCELLENT, "2021-04-28"),
        ("zhuzhou", GOOD, "2021-04-28"),
    ]
    assert [type(each) for each in held(*PROPOSED).when(but(NOTICE, reading=1))] == [NoticeOpened]


def test_a_hidden_grade_that_got_worse_is_told_to_its_unit_which_has_its_days_again() -> None:
    found, noticed = proposed_hash(*LOWERED), held(*LOWERED)
    signed = [sign("ndrc", found), sign("most", found)]
    why: Told = Why.UNIT_NOT_HEARD(unit="zhuzhou", round=2020)
    assert held(*LOWERED, *signed).refused(publish(found)) == ("round", why)
    again = but(NOTICE, opened_on="2021-06-05")
    [told] = noticed.when(again)
    assert isinstance(told, ProposalTold)
    assert (told.standing.unit_id, told.standing.grade) == ("zhuzhou", POOR)
    renoticed = held(*LOWERED, again, *signed)
    assert renoticed.when(again) == []
    why = Why.NOTICE_STILL_OPEN(closes_on="2021-06-12", day="2021-06-12")
    assert renoticed.refused(publish(found, on="2021-06-12")) == ("published_on", why)
    assert renoticed.when(publish(found, on="2021-06-13"))
    late = but(OBJECTION, lodged_on="2021-06-12")
    assert renoticed.when(late)


def test_a_grade_that_got_better_is_no_reason_to_wait() -> None:
    lifted = but(LIFT, unit_id="zhuzhou", lifted_on="2021-06-02")
    vetoed = [*HIDDEN[:-1], but(VETO, unit_id="zhuzhou"), but(NOTICE, opened_on="2021-04-23")]
    found = proposed_hash(*vetoed, lifted)
    signed = [sign("ndrc", found, on="2021-06-03"), sign("most", found, on="2021-06-03")]
    assert held(*vetoed, lifted, *signed).when(publish(found))


def test_nothing_is_noticed_before_it_is_proposed_nor_after_it_is_published() -> None:
    assert held(*SCORED).refused(NOTICE) == ("round", Why.NOTHING_PROPOSED(round=2020))
    early = but(NOTICE, opened_on="2021-04-19")
    why = Why.BEFORE_ITS_TIME(day="2021-04-19", since="2021-04-20")
    assert held(*PROPOSED).refused(early) == ("opened_on", why)
    later = but(NOTICE, opened_on="2021-07-01")
    field, told = held(*PUBLISHED).refused(later)
    assert (field, told.why) == ("round", Why.ROUND_PUBLISHED)


def test_where_the_rule_set_wants_no_notice_none_is_opened_and_none_is_waited_for() -> None:
    proposed = by(RULE_SET.replace("public_notice_days: 7", "public_notice_days: 0"))
    assert held(*proposed).refused(NOTICE) == ("round", Why.NO_NOTICE(round=2020))
    found = proposed_hash(*proposed)
    signed = [sign("ndrc", found), sign("most", found)]
    assert held(*proposed, *signed).when(publish(found))


def test_while_nobody_said_how_long_a_notice_is_nothing_is_published() -> None:
    proposed = by(LEAVES_OPEN)
    why = Why.RULE_SET_LEAVES_OPEN(matter="public_notice_days", round=2020)
    assert held(*proposed).refused(NOTICE) == ("round", why)
    found = proposed_hash(*proposed)
    signed = [sign("ndrc", found), sign("most", found)]
    assert held(*proposed, *signed).refused(publish(found)) == ("round", why)


# Objections.


def test_an_objection_is_lodged_while_the_notice_is_open() -> None:
    assert held(*NOTICED).when(OBJECTION) == [
        ObjectionLodged(
            round=2020,
            objection_id="zhuzhou-1",
            unit_id="zhuzhou",
            lodged_by="株洲市发展改革委",
            lodged_on="2021-04-25",
            text="增速已修订",
        )
    ]
    assert held(*NOTICED).when(but(OBJECTION, lodged_on="2021-04-28"))


def test_lodging_an_objection_again_changes_nothing_and_other_contents_are_refused() -> None:
    assert held(*NOTICED, OBJECTION).when(OBJECTION) == []
    why = Why.OBJECTION_DIFFERS(objection="zhuzhou-1")
    otherwise = but(OBJECTION, text="另一理由")
    assert held(*NOTICED, OBJECTION).refused(otherwise) == ("objection_id", why)


def test_an_objection_is_heard_neither_before_nor_after_the_notice() -> None:
    assert held(*PROPOSED).refused(OBJECTION) == ("round", Why.NOTICE_MISSING(round=2020))
    early, late = (but(OBJECTION, lodged_on=day) for day in ("2021-04-20", "2021-04-29"))
    why = Why.BEFORE_ITS_TIME(day="2021-04-20", since="2021-04-21")
    assert held(*NOTICED).refused(early) == ("lodged_on", why)
    why = Why.OBJECTION_TOO_LATE(closes_on="2021-04-28", day="2021-04-29")
    assert held(*NOTICED).refused(late) == ("lodged_on", why)


def test_nobody_objects_to_what_is_published_but_by_a_correction() -> None:
    field, told = held(*PUBLISHED).refused(OBJECTION)
    assert (field, told.why) == ("round", Why.ROUND_PUBLISHED)


def test_an_upheld_objection_lets_late_reports_in() -> None:
    decided, _ = held(*NOTICED, OBJECTION, LATE).when(DECIDE)
    assert decided == ObjectionDecided(
        round=2020,
        objection_id="zhuzhou-1",
        unit_id="zhuzhou",
        is_upheld=True,
        decided_by="ndrc",
        decided_on="2021-04-27",
        document="复函",
        reason="采用修订数",
        admitted=["growth"],
        takes_back=True,
    )


def test_what_an_objection_lets_in_takes_back_the_score_and_all_that_rests_on_it() -> None:
    upheld = [*NOTICED, sign("ndrc", HASH), OBJECTION, LATE, DECIDE]
    round_ = held(*upheld)
    assert round_.refused(PROPOSE) == ("round", Why.NOT_SCORED(unit="zhuzhou", round=2020))
    assert round_.refused(sign("most", HASH)) == ("round", Why.NOTHING_PROPOSED(round=2020))
    again = [calculate("zhuzhou", on="2021-04-28"), but(PROPOSE, proposed_on="2021-04-29")]
    [proposed] = events(*upheld, *again)[-1:]
    assert standing(proposed) == [
        ("xiangtan", EXCELLENT, 1),
        ("zhuzhou", EXCELLENT, 2),
        ("ningdong", POOR, 3),
    ]


def test_an_objection_that_is_upheld_takes_the_proposal_back_and_names_the_remedy() -> None:
    upheld = but(DECIDE, admitted=None)
    assert held(*NOTICED, OBJECTION).refused(upheld) == ("remedy", Why.UPHELD_WITHOUT_REMEDY())
    remedied = but(upheld, remedy="撤销否决后重新拟定")
    decided, back = held(*NOTICED, OBJECTION).when(remedied)
    assert isinstance(decided, ObjectionDecided)
    assert decided.remedy == "撤销否决后重新拟定"
    assert isinstance(back, ResultsTakenBack)
    round_ = held(*SIGNED, but(OBJECTION), remedied)
    assert round_.refused(publish(HASH)) == ("round", Why.NOTHING_PROPOSED(round=2020))


def test_an_objection_that_is_rejected_takes_nothing_back() -> None:
    rejected = but(DECIDE, is_upheld=False, admitted=None)
    assert held(*SIGNED[:-2], OBJECTION, rejected, *SIGNED[-2:]).when(publish(HASH))
    as_at_first = but(DECIDE, admitted=None, reading=1)
    assert held(*SIGNED[:-2], OBJECTION, as_at_first, *SIGNED[-2:]).when(publish(HASH))


def test_deciding_again_changes_nothing_and_otherwise_is_refused() -> None:
    decided = [*NOTICED, OBJECTION, LATE, DECIDE]
    assert held(*decided).when(DECIDE) == []
    why = Why.OBJECTION_DECIDED(objection="zhuzhou-1", decided_on="2021-04-27")
    otherwise = but(DECIDE, is_upheld=False, admitted=None)
    assert held(*decided).refused(otherwise) == ("objection_id", why)


def test_only_an_objection_that_was_lodged_is_decided_and_not_before() -> None:
    why = Why.OBJECTION_UNKNOWN(objection="zhuzhou-1", round=2020)
    assert held(*NOTICED).refused(DECIDE) == ("objection_id", why)
    why = Why.BEFORE_ITS_TIME(day="2021-04-24", since="2021-04-25")
    early = but(DECIDE, decided_on="2021-04-24")
    assert held(*NOTICED, OBJECTION, LATE).refused(early) == ("decided_on", why)


def test_who_decides_is_whom_the_rule_set_names() -> None:
    why = Why.NOT_IN_THE_RULE_SET(value="miit", known="ndrc")
    other = but(DECIDE, decided_by="miit")
    assert held(*NOTICED, OBJECTION, LATE).refused(other) == ("decided_by", why)


def test_where_it_is_open_who_decides_an_issuer_decides_and_nobody_else() -> None:
    noticed = [but(each, text=LEFT_OPEN) if each == FREEZE else each for each in NOTICED]
    objected = held(*noticed, OBJECTION, LATE)
    assert objected.when(but(DECIDE, decided_by="most"))
    why = Why.DECIDER_LEFT_OPEN(round=2020, decided_by="路人", issuers="ndrc, most")
    anybody = but(DECIDE, decided_by="路人")
    assert objected.refused(anybody) == ("decided_by", why)
    assert objected.when(but(anybody, reading=0))  # As it was decided before.


def test_an_objection_lets_in_what_was_reported_late_and_only_if_it_is_upheld() -> None:
    why: Told = Why.NOTHING_LATE(unit="zhuzhou", indicator="unemployment")
    other = but(DECIDE, admitted=["growth", "unemployment"])
    assert held(*NOTICED, OBJECTION, LATE).refused(other) == ("admitted[1]", why)
    why = Why.ADMITS_WITHOUT_UPHOLDING()
    rejected = but(DECIDE, is_upheld=False)
    assert held(*NOTICED, OBJECTION, LATE).refused(rejected) == ("admitted", why)


def test_an_objection_about_a_unit_that_was_dismissed_can_be_decided_and_lets_nothing_in() -> None:
    leaves = DismissUnit(round=2020, unit_id="zhuzhou", reason="误列", dismissed_on="2021-04-26")
    round_ = held(*NOTICED, OBJECTION, LATE, leaves)
    assert round_.when(but(DECIDE, is_upheld=False, admitted=None))
    why = Why.UNIT_NOT_ADMITTED(unit="zhuzhou", round=2020)
    assert round_.refused(DECIDE) == ("admitted", why)


def test_the_notice_of_a_published_round_that_is_said_again_changes_nothing() -> None:
    assert held(*PUBLISHED).when(NOTICE) == []
    field, told = held(*PUBLISHED).refused(but(NOTICE, document="另一公示"))
    assert (field, told.why) == ("round", Why.ROUND_PUBLISHED)


def test_an_id_of_an_objection_is_taken_for_its_own_unit_only() -> None:
    other = but(OBJECTION, unit_id="xiangtan", text="另一异议")
    assert held(*NOTICED, OBJECTION).when(other)
    by_id_alone = but(other, reading=2)
    why = Why.OBJECTION_DIFFERS(objection="zhuzhou-1")
    assert held(*NOTICED, OBJECTION).refused(by_id_alone) == ("objection_id", why)


def test_where_several_have_an_id_the_decision_names_the_unit() -> None:
    round_ = held(*NOTICED, OBJECTION, but(OBJECTION, unit_id="xiangtan"), LATE)
    why = Why.OBJECTION_OF_SEVERAL(objection="zhuzhou-1", units="zhuzhou, xiangtan")
    assert round_.refused(DECIDE) == ("unit_id", why)
    [decided, *_] = round_.when(but(DECIDE, unit_id="xiangtan", admitted=None, remedy="复核"))
    assert isinstance(decided, ObjectionDecided)
    assert decided.unit_id == "xiangtan"
    nobody = but(DECIDE, unit_id="ningdong")
    unknown = Why.OBJECTION_UNKNOWN(objection="zhuzhou-1", round=2020)
    assert round_.refused(nobody) == ("objection_id", unknown)

"""From scores to results that are proposed, shown, objected to, signed, published and corrected."""

from google.protobuf.message import Message

from services.kernel.reasons import Told, Why
from tests.rounds import (
    ASSESS,
    ASSESSED,
    BONUS,
    CLOSE_ROUND,
    COLLECTED,
    CORRECT,
    DECIDE,
    DOCUMENT,
    FREEZE,
    FREEZE_WITHOUT_EXPERTS,
    HASH,
    LATE,
    LIFT,
    NOTICE,
    NOTICED,
    OBJECTION,
    OPEN_ROUND,
    PROPOSE,
    PROPOSED,
    PUBLISHED,
    RULE_SET,
    SCORED,
    SIGNED,
    UNITS,
    VETO,
    WITHDRAW,
    calculate,
    events,
    held,
    proposed_hash,
    publish,
    report,
    review,
    sign,
)
from tests.spec import but
from zoneledger.evaluation.v1.events_pb2 import Grade
from zoneledger.evaluation.v1.round_commands_pb2 import (
    DismissUnit,
)
from zoneledger.evaluation.v1.round_events_pb2 import (
    BonusRecognised,
    BonusWithdrawn,
    NoticedGrade,
    NoticeOpened,
    ObjectionDecided,
    ObjectionLodged,
    ResultCorrected,
    ResultPublished,
    ResultsProposed,
    ResultsSigned,
    ResultsTakenBack,
    ReviewOutcome,
    RoundClosed,
    RoundPublished,
    ScoreCalculated,
    UnitVetoed,
    VetoLifted,
)
from zoneledger.evaluation.v1.scoring_pb2 import Treatment
from zoneledger.ledger.v1.visibility_pb2 import Visibility

EXCELLENT, GOOD, QUALIFIED, POOR = (
    Grade.GRADE_EXCELLENT,
    Grade.GRADE_GOOD,
    Grade.GRADE_QUALIFIED,
    Grade.GRADE_POOR,
)
PUBLIC, SUBJECT, INTERNAL = (
    Visibility.VISIBILITY_PUBLIC,
    Visibility.VISIBILITY_SUBJECT,
    Visibility.VISIBILITY_INTERNAL,
)
RECOGNISED = BonusRecognised(
    round=2020,
    unit_id="zhuzhou",
    bonus_id="commendation",
    circular_id="2021-17",
    circular_number="国办发〔2021〕17号",
    circular_issued_on="2021-01-20",
    performance_year=2020,
    points_micro=20_000,
    recognised_on="2021-04-19",
)


def score_of(unit: str, *commands: Message) -> int:
    """The score of a unit that was calculated last, in millionths."""
    scored = [each for each in events(*commands) if isinstance(each, ScoreCalculated)]
    return [each.score.score_micro for each in scored if each.unit_id == unit][-1]


def standing(event: Message) -> list[tuple[str, Grade.ValueType, int]]:
    """Unit, grade and rank in the order in which they are proposed."""
    assert isinstance(event, ResultsProposed)
    return [(each.unit_id, each.grade, each.rank) for each in event.standings]


def result(unit: str, *commands: Message) -> ResultPublished | ResultCorrected:
    """What stands of the unit at last."""
    told = [e for e in events(*commands) if isinstance(e, ResultPublished | ResultCorrected)]
    return [each for each in told if each.standing.unit_id == unit][-1]


# Scores.


def test_a_score_is_the_exact_sum_of_its_lines() -> None:
    [scored] = held(*ASSESSED).when(calculate("xiangtan"))
    assert isinstance(scored, ScoreCalculated)
    lines = [each.contribution_micro for each in scored.score.contributions]
    # 90 % of 60 % and of 40 % of 70 %, and 90 % of 30 %.
    assert lines == [378_000, 252_000, 270_000]
    assert scored.score.score_micro == sum(lines)
    assert scored.is_complete


def test_calculating_again_changes_nothing_also_on_another_day() -> None:
    assert held(*SCORED).when(calculate("xiangtan")) == []
    assert held(*SCORED).when(calculate("xiangtan", on="2021-04-19")) == []
    assert held(*PUBLISHED).when(calculate("xiangtan", on="2021-07-01")) == []


def test_before_the_experts_are_heard_a_score_is_made_without_them_and_says_so() -> None:
    [scored] = held(*COLLECTED).when(calculate("xiangtan"))
    assert isinstance(scored, ScoreCalculated)
    assert not scored.is_complete
    assert scored.score.score_micro == 630_000


def test_when_the_experts_are_heard_every_score_is_made_anew() -> None:
    round_ = held(*ASSESSED[:-1], calculate("xiangtan"), ASSESS)
    [scored] = round_.when(calculate("xiangtan"))
    assert isinstance(scored, ScoreCalculated)
    assert scored.is_complete


def test_where_the_rules_have_no_experts_a_score_is_complete_without_them() -> None:
    round_ = held(OPEN_ROUND, FREEZE_WITHOUT_EXPERTS, *COLLECTED[2:])
    [scored] = round_.when(calculate("xiangtan"))
    assert isinstance(scored, ScoreCalculated)
    assert (scored.score.score_micro, scored.is_complete) == (900_000, True)


def test_a_missing_value_is_treated_by_its_rule_and_the_line_says_so() -> None:
    missing = [report("zhuzhou", "7.0", ""), report("ningdong", "", "6.00")]
    collected = [*COLLECTED[:6], *missing, *COLLECTED[8:]]
    lines = {}
    for unit in ("zhuzhou", "ningdong"):
        [scored] = held(*collected).when(calculate(unit))
        assert isinstance(scored, ScoreCalculated)
        lines[unit] = [
            (each.line_id, each.raw, each.treatment, each.contribution_micro)
            for each in scored.score.contributions
        ]
    assert lines["zhuzhou"] == [  # What was reported carries the weight of what was not.
        ("growth", "7.0", Treatment.TREATMENT_NONE, 490_000),
        ("unemployment", "", Treatment.TREATMENT_MISSING_REWEIGHTED, 0),
    ]
    assert lines["ningdong"] == [
        ("growth", "", Treatment.TREATMENT_MISSING_ZERO, 0),
        ("unemployment", "6.00", Treatment.TREATMENT_NONE, 112_000),
    ]


def test_nothing_is_calculated_while_data_are_collected() -> None:
    round_ = held(*COLLECTED[:-3])
    assert round_.refused(calculate("xiangtan")) == ("round", Why.STILL_COLLECTING(round=2020))


def test_nothing_is_calculated_before_the_province_has_accepted_the_data() -> None:
    why = Why.NOT_REVIEWED(province="宁夏", unit="ningdong")
    round_ = held(*COLLECTED[:-1])
    assert round_.refused(calculate("ningdong")) == ("unit_id", why)
    assert round_.when(calculate("xiangtan"))


def test_where_no_review_is_required_a_province_can_still_return_its_data() -> None:
    text = RULE_SET.replace("required: true", "required: false")
    collected = [OPEN_ROUND, but(FREEZE, text=text), *COLLECTED[2:-2]]
    assert held(*collected).when(calculate("xiangtan"))
    returned = review("湖南", ReviewOutcome.REVIEW_OUTCOME_RETURNED)
    why = Why.NOT_REVIEWED(province="湖南", unit="xiangtan")
    assert held(*collected, returned).refused(calculate("xiangtan")) == ("unit_id", why)


def test_a_score_is_not_made_before_its_data_were_frozen() -> None:
    why = Why.BEFORE_ITS_TIME(day="2021-03-30", since="2021-03-31")
    early = calculate("xiangtan", on="2021-03-30")
    assert held(*ASSESSED).refused(early) == ("calculated_on", why)


def test_who_takes_no_part_has_no_score_no_bonus_no_veto_and_no_objection() -> None:
    why = Why.UNIT_NOT_ADMITTED(unit="changsha", round=2020)
    for command in (calculate("changsha"), BONUS, WITHDRAW, VETO, LIFT, OBJECTION):
        of_changsha = but(command, unit_id="changsha")
        assert held(*NOTICED).refused(of_changsha) == ("unit_id", why)
    round_ = held(*PUBLISHED)
    assert round_.refused(but(CORRECT, unit_id="changsha")) == ("unit_id", why)


# Bonuses; cases 9 and 10: their basis is a circular, recorded with number and day.


def test_a_bonus_is_recognised_with_its_circular_and_its_points() -> None:
    assert held(*COLLECTED).when(BONUS) == [RECOGNISED]


def test_recognising_a_bonus_again_changes_nothing() -> None:
    assert held(*COLLECTED, BONUS).when(BONUS) == []


def test_a_bonus_counts_in_the_score_and_not_above_the_cap_of_the_rule_set() -> None:
    without = score_of("zhuzhou", *SCORED)
    rescored = [*SCORED, BONUS, calculate("zhuzhou", on="2021-04-20")]
    assert score_of("zhuzhou", *rescored) == without + 20_000
    text = RULE_SET.replace("cap: 20000", "cap: 5000")
    capped = [OPEN_ROUND, but(FREEZE, text=text), *rescored[2:]]
    assert score_of("zhuzhou", *capped) == without + 5_000


def test_a_new_bonus_takes_back_the_score_of_its_unit_and_what_was_proposed() -> None:
    round_ = held(*PROPOSED, BONUS)
    assert round_.refused(PROPOSE) == ("round", Why.NOT_SCORED(unit="zhuzhou", round=2020))
    assert round_.refused(sign("ndrc", HASH)) == ("round", Why.NOTHING_PROPOSED(round=2020))
    assert round_.when(calculate("xiangtan")) == []


def test_a_circular_issued_after_the_freeze_of_the_rules_is_no_basis_of_a_bonus() -> None:
    late = but(BONUS, circular_issued_on="2021-01-21")
    why = Why.CIRCULAR_TOO_LATE(
        circular="国办发〔2021〕17号", issued_on="2021-01-21", frozen_on="2021-01-20"
    )
    assert held(*COLLECTED).refused(late) == ("circular_id", why)


def test_a_bonus_is_one_of_the_rule_set() -> None:
    why = Why.NOT_IN_THE_RULE_SET(value="gdp", known="commendation")
    assert held(*COLLECTED).refused(but(BONUS, bonus_id="gdp")) == ("bonus_id", why)
    none = RULE_SET.replace(RULE_SET[RULE_SET.index("bonuses:\n") : RULE_SET.index("vetoes:")], "")
    collected = [OPEN_ROUND, but(FREEZE, text=none), *COLLECTED[2:]]
    why = Why.NOT_IN_THE_RULE_SET(value="commendation", known="none")
    assert held(*collected).refused(BONUS) == ("bonus_id", why)


def test_a_bonus_is_not_recognised_before_its_circular_was_issued() -> None:
    early = but(BONUS, recognised_on="2021-01-19")
    why = Why.BEFORE_ITS_TIME(day="2021-01-19", since="2021-01-20")
    assert held(*COLLECTED).refused(early) == ("recognised_on", why)


def test_a_bonus_whose_basis_is_withdrawn_is_withdrawn() -> None:
    assert held(*COLLECTED, BONUS).when(WITHDRAW) == [
        BonusWithdrawn(
            round=2020,
            unit_id="zhuzhou",
            bonus_id="commendation",
            document="国办函",
            reason="通报撤回",
            withdrawn_on="2021-04-20",
        )
    ]


def test_withdrawing_a_bonus_again_changes_nothing_and_what_is_not_there_is_refused() -> None:
    assert held(*COLLECTED, BONUS, WITHDRAW).when(WITHDRAW) == []
    why = Why.NO_BONUS(unit="zhuzhou", bonus="commendation", round=2020)
    assert held(*COLLECTED).refused(WITHDRAW) == ("bonus_id", why)
    otherwise = but(WITHDRAW, reason="另一理由")
    assert held(*COLLECTED, BONUS, WITHDRAW).refused(otherwise) == ("bonus_id", why)


def test_a_bonus_is_not_withdrawn_before_it_was_recognised() -> None:
    early = but(WITHDRAW, withdrawn_on="2021-04-18")
    why = Why.BEFORE_ITS_TIME(day="2021-04-18", since="2021-04-19")
    assert held(*COLLECTED, BONUS).refused(early) == ("withdrawn_on", why)


def test_a_withdrawn_bonus_is_out_of_the_score_that_is_made_anew() -> None:
    rescored = [*SCORED, BONUS, calculate("zhuzhou", on="2021-04-20"), WITHDRAW]
    round_ = held(*rescored)
    assert round_.refused(PROPOSE) == ("round", Why.NOT_SCORED(unit="zhuzhou", round=2020))
    again = calculate("zhuzhou", on="2021-04-21")
    assert score_of("zhuzhou", *rescored, again) == score_of("zhuzhou", *SCORED)


def test_no_bonus_comes_after_the_publication() -> None:
    field, told = held(*PUBLISHED).refused(BONUS)
    assert (field, told.why) == ("round", Why.ROUND_PUBLISHED)


def test_a_closed_round_keeps_its_bonuses() -> None:
    published = with_the_bonus()
    late = but(WITHDRAW, withdrawn_on="2022-01-10")
    why = Why.ROUND_CLOSED(round=2020, closed_on="2021-12-31")
    assert held(*published, CLOSE_ROUND).refused(late) == ("round", why)


def with_the_bonus() -> list[Message]:
    """A round whose Zhuzhou has the bonus, published."""
    scored = [*ASSESSED, BONUS, *(calculate(each, on="2021-04-20") for each in UNITS), PROPOSE]
    found = proposed_hash(*scored)
    return [*scored, NOTICE, sign("ndrc", found), sign("most", found), publish(found)]


# Proposals.


def test_results_are_proposed_by_score_with_grade_rank_and_what_is_shown_of_them() -> None:
    [proposed] = held(*SCORED).when(PROPOSE)
    assert standing(proposed) == [
        ("xiangtan", EXCELLENT, 1),
        ("zhuzhou", GOOD, 2),
        ("ningdong", POOR, 3),
    ]
    assert isinstance(proposed, ResultsProposed)
    shown = [
        (each.grade_visibility, each.score_visibility, each.rank_visibility)
        for each in proposed.standings
    ]
    assert shown == [
        (PUBLIC, SUBJECT, INTERNAL),
        (PUBLIC, SUBJECT, INTERNAL),
        (SUBJECT, INTERNAL, INTERNAL),
    ]


def test_proposing_the_same_again_changes_nothing_also_on_another_day() -> None:
    assert held(*PROPOSED).when(PROPOSE) == []
    assert held(*PROPOSED).when(but(PROPOSE, proposed_on="2021-04-21")) == []
    assert held(*PUBLISHED).when(PROPOSE) == []


def test_results_are_proposed_when_every_unit_has_a_complete_score() -> None:
    why = Why.NOT_SCORED(unit="ningdong", round=2020)
    assert held(*SCORED[:-1]).refused(PROPOSE) == ("round", why)
    without = [*COLLECTED, *map(calculate, UNITS)]
    why = Why.NOT_SCORED(unit="xiangtan", round=2020)
    assert held(*without).refused(PROPOSE) == ("round", why)


def test_results_are_not_proposed_while_data_are_collected_nor_of_nobody() -> None:
    assert held(*COLLECTED[:-3]).refused(PROPOSE) == (
        "round",
        Why.STILL_COLLECTING(round=2020),
    )
    gone = [
        DismissUnit(round=2020, unit_id=each, reason="误列", dismissed_on="2021-04-01")
        for each in UNITS
    ]
    assert held(*COLLECTED, *gone).refused(PROPOSE) == ("round", Why.NO_UNITS(round=2020))


def test_results_are_not_proposed_before_the_last_score_was_made() -> None:
    early = but(PROPOSE, proposed_on="2021-04-17")
    why = Why.BEFORE_ITS_TIME(day="2021-04-17", since="2021-04-18")
    assert held(*SCORED).refused(early) == ("proposed_on", why)


def test_results_without_a_dismissed_unit_are_other_results() -> None:
    leaves = DismissUnit(round=2020, unit_id="ningdong", reason="误列", dismissed_on="2021-04-19")
    round_ = held(*SIGNED, leaves)
    assert round_.refused(publish(HASH)) == ("round", Why.NOTHING_PROPOSED(round=2020))


def test_that_what_was_proposed_is_taken_back_is_recorded_with_what_took_it_back() -> None:
    returned = review("湖南", ReviewOutcome.REVIEW_OUTCOME_RETURNED, on="2021-04-25")
    for command, day in ((BONUS, "2021-04-20"), (returned, "2021-04-25")):
        _, back = held(*PROPOSED).when(command)
        assert back == ResultsTakenBack(round=2020, taken_back_on=day, results_hash=HASH)
    assert len(held(*SCORED).when(BONUS)) == 1
    assert len(held(*PROPOSED, BONUS).when(returned)) == 1


# Vetoes.


def test_a_veto_caps_the_grade_after_the_ranking_and_moves_nobody() -> None:
    vetoed, proposed = held(*PROPOSED).when(VETO)
    assert vetoed == UnitVetoed(
        round=2020,
        unit_id="xiangtan",
        veto_id="false-data",
        document="审计报告",
        reason="数据失实",
        vetoed_on="2021-04-22",
    )
    assert standing(proposed) == [
        ("xiangtan", POOR, 1),
        ("zhuzhou", GOOD, 2),
        ("ningdong", POOR, 3),
    ]


def test_a_veto_voids_every_signature_and_the_notice_of_what_was_proposed_before() -> None:
    round_ = held(*SIGNED, VETO)
    vetoed = proposed_hash(*SIGNED, VETO)
    why = Why.OTHER_RESULTS_PROPOSED(round=2020, proposed=vetoed, results_hash=HASH)
    assert round_.refused(publish(HASH)) == ("results_hash", why)
    why = Why.SIGNATURES_MISSING(round=2020, missing="ndrc, most")
    assert round_.refused(publish(vetoed)) == ("round", why)
    again = [sign("ndrc", vetoed), sign("most", vetoed)]
    assert held(*SIGNED, VETO, *again).refused(publish(vetoed)) == (
        "round",
        Why.NOTICE_MISSING(round=2020),
    )


def test_a_veto_that_is_repeated_changes_nothing_and_another_basis_is_refused() -> None:
    assert held(*PROPOSED, VETO).when(VETO) == []
    why = Why.ALREADY_VETOED(unit="xiangtan", veto="false-data", document="审计报告")
    otherwise = but(VETO, document="另一报告")
    assert held(*PROPOSED, VETO).refused(otherwise) == ("veto_id", why)


def test_a_veto_is_one_of_the_rule_set() -> None:
    why = Why.NOT_IN_THE_RULE_SET(value="accident", known="false-data")
    assert held(*PROPOSED).refused(but(VETO, veto_id="accident")) == ("veto_id", why)


def test_nothing_is_vetoed_before_it_is_proposed_nor_after_it_is_published() -> None:
    assert held(*SCORED).refused(VETO) == ("round", Why.NOTHING_PROPOSED(round=2020))
    early = but(VETO, vetoed_on="2021-04-19")
    why = Why.BEFORE_ITS_TIME(day="2021-04-19", since="2021-04-20")
    assert held(*PROPOSED).refused(early) == ("vetoed_on", why)
    field, told = held(*PUBLISHED).refused(VETO)
    assert (field, told.why) == ("round", Why.ROUND_PUBLISHED)


def test_a_veto_outlives_the_proposal_that_it_was_laid_on() -> None:
    again = [BONUS, calculate("zhuzhou", on="2021-04-23"), but(PROPOSE, proposed_on="2021-04-23")]
    [proposed] = events(*PROPOSED, VETO, *again)[-1:]
    assert standing(proposed)[0] == ("xiangtan", POOR, 1)


def test_a_veto_that_is_lifted_leaves_no_trace_in_the_results() -> None:
    lifted, proposed = held(*PROPOSED, VETO).when(LIFT)
    assert lifted == VetoLifted(
        round=2020,
        unit_id="xiangtan",
        veto_id="false-data",
        document="复核意见",
        reason="数据属实",
        lifted_on="2021-04-24",
    )
    assert isinstance(proposed, ResultsProposed)
    assert proposed.results_hash == HASH


def test_what_was_signed_before_a_veto_is_signed_again_after_it_is_lifted() -> None:
    round_ = held(*SIGNED, VETO, LIFT)
    why = Why.SIGNATURES_MISSING(round=2020, missing="ndrc, most")
    assert round_.refused(publish(HASH)) == ("round", why)
    assert round_.when(sign("ndrc", HASH))


def test_lifting_again_changes_nothing_and_what_is_not_there_is_not_lifted() -> None:
    assert held(*PROPOSED, VETO, LIFT).when(LIFT) == []
    why = Why.NO_VETO(unit="xiangtan", veto="false-data", round=2020)
    assert held(*PROPOSED).refused(LIFT) == ("veto_id", why)
    otherwise = but(LIFT, reason="另一理由")
    assert held(*PROPOSED, VETO, LIFT).refused(otherwise) == ("veto_id", why)


def test_a_veto_is_not_lifted_before_it_was_laid() -> None:
    early = but(LIFT, lifted_on="2021-04-21")
    why = Why.BEFORE_ITS_TIME(day="2021-04-21", since="2021-04-22")
    assert held(*PROPOSED, VETO).refused(early) == ("lifted_on", why)


def test_who_was_vetoed_and_freed_can_be_vetoed_anew() -> None:
    again = but(VETO, document="另一报告", vetoed_on="2021-04-26")
    vetoed, _ = held(*PROPOSED, VETO, LIFT).when(again)
    assert isinstance(vetoed, UnitVetoed)


# The public notice.


def test_a_notice_shows_by_the_ids_the_grades_that_will_be_public() -> None:
    assert held(*PROPOSED).when(NOTICE) == [
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
    [noticed] = held(*NOTICED, VETO).when(again)
    assert isinstance(noticed, NoticeOpened)
    assert [each.unit_id for each in noticed.grades] == ["zhuzhou"]
    assert noticed.closes_on == "2021-04-30"


def test_a_change_that_nobody_would_see_needs_no_new_notice() -> None:
    veto = but(VETO, unit_id="ningdong")
    found = proposed_hash(*NOTICED, veto)
    signed = [sign("ndrc", found), sign("most", found)]
    assert held(*NOTICED, veto, *signed).when(publish(found))


def test_nothing_is_noticed_before_it_is_proposed_nor_after_it_is_published() -> None:
    assert held(*SCORED).refused(NOTICE) == ("round", Why.NOTHING_PROPOSED(round=2020))
    early = but(NOTICE, opened_on="2021-04-19")
    why = Why.BEFORE_ITS_TIME(day="2021-04-19", since="2021-04-20")
    assert held(*PROPOSED).refused(early) == ("opened_on", why)
    field, told = held(*PUBLISHED).refused(NOTICE)
    assert (field, told.why) == ("round", Why.ROUND_PUBLISHED)


def _by(text: str) -> list[Message]:
    """The round proposed by another rule set."""
    return [OPEN_ROUND, but(FREEZE, text=text), *PROPOSED[2:]]


def test_where_the_rule_set_wants_no_notice_none_is_opened_and_none_is_waited_for() -> None:
    proposed = _by(RULE_SET.replace("public_notice_days: 7", "public_notice_days: 0"))
    assert held(*proposed).refused(NOTICE) == ("round", Why.NO_NOTICE(round=2020))
    found = proposed_hash(*proposed)
    signed = [sign("ndrc", found), sign("most", found)]
    assert held(*proposed, *signed).when(publish(found, on="2021-05-10"))


def test_while_nobody_said_how_long_a_notice_is_nothing_is_published() -> None:
    open_norm = """\
open_norms:
  - norm_id: days
    question_zh: 公示几天？
    question_en: How long?
    about: public_notice_days
    clause: made-up
issuers:"""
    text = RULE_SET.replace("  public_notice_days: 7\n", "").replace("issuers:", open_norm)
    proposed = _by(text)
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


def test_an_objection_that_lets_nothing_in_takes_nothing_back() -> None:
    for is_upheld in (True, False):
        decided = but(DECIDE, is_upheld=is_upheld, admitted=None)
        round_ = held(*SIGNED[:-2], OBJECTION, decided, *SIGNED[-2:])
        assert round_.when(publish(HASH))


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


# Case 16: who signs is the set of issuers of the round's document, and all of them do.


def test_an_issuer_signs_what_it_looked_at() -> None:
    assert held(*PROPOSED).when(sign("ndrc", HASH)) == [
        ResultsSigned(round=2020, issuer="ndrc", signed_on="2021-05-10", results_hash=HASH)
    ]


def test_signing_again_changes_nothing_and_nobody_signs_twice() -> None:
    assert held(*SIGNED).when(sign("ndrc", HASH)) == []
    assert held(*PUBLISHED).when(sign("ndrc", HASH)) == []
    why = Why.RESULTS_ALREADY_SIGNED(issuer="ndrc", signed_on="2021-05-10")
    assert held(*SIGNED).refused(sign("ndrc", HASH, on="2021-05-11")) == ("issuer", why)


def test_nobody_signs_but_the_issuers_of_the_document() -> None:
    why = Why.NOT_IN_THE_RULE_SET(value="mnr", known="ndrc, most")
    assert held(*PROPOSED).refused(sign("mnr", HASH)) == ("issuer", why)


def test_five_issuers_sign_where_the_document_has_five() -> None:
    five = ["ndrc", "most", "miit", "mnr", "cdb"]
    proposed = _by(RULE_SET.replace("[ndrc, most]", f"[{', '.join(five)}]"))
    found = proposed_hash(*proposed)
    four = [*proposed, NOTICE, *(sign(each, found) for each in five[:-1])]
    why = Why.SIGNATURES_MISSING(round=2020, missing="cdb")
    assert held(*four).refused(publish(found)) == ("round", why)
    assert held(*four, sign("cdb", found)).when(publish(found))


def test_what_is_not_proposed_now_is_not_signed() -> None:
    assert held(*SCORED).refused(sign("ndrc", HASH)) == (
        "round",
        Why.NOTHING_PROPOSED(round=2020),
    )
    why = Why.OTHER_RESULTS_PROPOSED(round=2020, proposed=HASH, results_hash="0" * 64)
    assert held(*PROPOSED).refused(sign("ndrc", "0" * 64)) == ("results_hash", why)


def test_nothing_is_signed_before_it_is_proposed_nor_anew_after_it_is_published() -> None:
    why = Why.BEFORE_ITS_TIME(day="2021-04-19", since="2021-04-20")
    early = sign("ndrc", HASH, on="2021-04-19")
    assert held(*PROPOSED).refused(early) == ("signed_on", why)
    field, told = held(*PUBLISHED).refused(sign("ndrc", HASH, on="2021-07-01"))
    assert (field, told.why) == ("round", Why.ROUND_PUBLISHED)


def test_the_hash_is_of_everything_that_is_signed() -> None:
    bonus = [*SCORED, BONUS, calculate("zhuzhou", on="2021-04-20"), PROPOSE]
    others = [proposed_hash(*bonus), proposed_hash(*PROPOSED, VETO)]
    assert len({HASH, *others}) == 3


# The publication; invariant 1 of the domain: all signatures, and a frozen rule set.


def test_results_are_published_with_everything_that_they_rest_on() -> None:
    published, *results = held(*SIGNED).when(publish(HASH))
    assert published == RoundPublished(round=2020, published_on="2021-06-09", document=DOCUMENT)
    assert [
        (each.standing.unit_id, each.standing.grade, each.score.score_micro)
        for each in results
        if isinstance(each, ResultPublished)
    ] == [
        ("ningdong", POOR, score_of("ningdong", *SCORED)),
        ("xiangtan", EXCELLENT, score_of("xiangtan", *SCORED)),
        ("zhuzhou", GOOD, score_of("zhuzhou", *SCORED)),
    ]


def test_the_order_of_what_is_published_tells_no_rank() -> None:
    _, *results = held(*SIGNED).when(publish(HASH))
    told = [each.standing.unit_id for each in results if isinstance(each, ResultPublished)]
    assert told == sorted(UNITS)
    assert told != [each for each, *_ in standing(events(*PROPOSED)[-1])]


def test_publishing_again_changes_nothing_and_otherwise_is_refused() -> None:
    assert held(*PUBLISHED).when(publish(HASH)) == []
    field, told = held(*PUBLISHED).refused(publish(HASH, on="2021-06-21"))
    assert (field, told.why) == ("round", Why.ROUND_PUBLISHED)


def test_nothing_is_published_before_every_issuer_has_signed() -> None:
    why = Why.SIGNATURES_MISSING(round=2020, missing="most")
    assert held(*SIGNED[:-1]).refused(publish(HASH)) == ("round", why)


def test_nothing_is_published_without_a_notice_or_before_it_is_over() -> None:
    unnoticed = [each for each in SIGNED if each is not NOTICE]
    assert held(*unnoticed).refused(publish(HASH)) == ("round", Why.NOTICE_MISSING(round=2020))
    signed = [*NOTICED, *(sign(each, HASH, on="2021-04-22") for each in ("ndrc", "most"))]
    why = Why.NOTICE_STILL_OPEN(closes_on="2021-04-28", day="2021-04-28")
    assert held(*signed).refused(publish(HASH, on="2021-04-28")) == ("published_on", why)
    assert held(*signed).when(publish(HASH, on="2021-04-29"))


def test_nothing_is_published_while_an_objection_is_open() -> None:
    round_ = held(*NOTICED, OBJECTION, *SIGNED[-2:])
    why = Why.OBJECTIONS_OPEN(objections="zhuzhou-1")
    assert round_.refused(publish(HASH)) == ("round", why)


def test_nothing_is_published_before_it_was_signed() -> None:
    why = Why.BEFORE_ITS_TIME(day="2021-05-09", since="2021-05-10")
    early = publish(HASH, on="2021-05-09")
    assert held(*SIGNED).refused(early) == ("published_on", why)


def test_what_is_published_is_what_was_looked_at() -> None:
    why = Why.OTHER_RESULTS_PROPOSED(round=2020, proposed=HASH, results_hash="0" * 64)
    assert held(*SIGNED).refused(publish("0" * 64)) == ("results_hash", why)
    assert held(*SCORED).refused(publish(HASH)) == ("round", Why.NOTHING_PROPOSED(round=2020))


def test_nothing_is_published_that_would_tell_a_hidden_grade_by_counting() -> None:
    quota = RULE_SET.replace("cut: thresholds", "cut: quota\n  pool: all\n  rounding: down")
    for score in ("800000", "600000", "400000"):
        quota = quota.replace(f"at_least: {score}", "places: 1")
    proposed = _by(quota)
    found = proposed_hash(*proposed)
    signed = [*proposed, NOTICE, sign("ndrc", found), sign("most", found)]
    why = Why.RESULTS_DISCLOSE(round=2020, reader="public", grade="qualified")
    assert held(*signed).refused(publish(found)) == ("round", why)


# Corrections; invariant 5: the second time nothing changes.


def test_a_late_report_that_a_correction_lets_in_recalculates_the_score_of_its_unit() -> None:
    published = result("zhuzhou", *PUBLISHED)
    [corrected] = held(*PUBLISHED, LATE).when(CORRECT)
    assert isinstance(corrected, ResultCorrected)
    assert corrected.former == published.standing
    # 29 % more of the growth that is 60 % of 70 %.
    assert corrected.score.score_micro == published.score.score_micro + 121_800
    assert corrected.standing.score_micro == corrected.score.score_micro
    assert corrected.standing.grade == EXCELLENT


def test_a_correction_leaves_the_others_their_grades_and_everybody_the_rank() -> None:
    corrected = [*PUBLISHED, LATE, CORRECT]
    for unit in ("xiangtan", "ningdong"):
        assert result(unit, *corrected) == result(unit, *PUBLISHED)
    assert result("zhuzhou", *corrected).standing.rank == 2


def test_a_correction_is_shown_as_its_grade_is() -> None:
    hidden = but(CORRECT, grade=QUALIFIED, admitted=None)
    placing = result("zhuzhou", *PUBLISHED, hidden).standing
    assert (placing.grade_visibility, placing.score_visibility) == (SUBJECT, INTERNAL)


def test_a_correction_by_its_document_alone_keeps_the_score() -> None:
    corrected = result("zhuzhou", *PUBLISHED, but(CORRECT, admitted=None))
    assert corrected.score == result("zhuzhou", *PUBLISHED).score


def test_a_bonus_that_was_withdrawn_after_the_publication_is_out_of_the_corrected_score() -> None:
    published = with_the_bonus()
    withdrawn = but(WITHDRAW, withdrawn_on="2021-07-01")
    correct = but(CORRECT, grade=GOOD, admitted=None)
    assert result("zhuzhou", *published).score.bonus_micro == 20_000
    assert result("zhuzhou", *published, withdrawn).score.bonus_micro == 20_000
    corrected = result("zhuzhou", *published, withdrawn, correct)
    assert corrected.score.bonus_micro == 0
    assert corrected.standing.score_micro == score_of("zhuzhou", *SCORED)


def test_a_correction_that_is_replayed_changes_nothing_the_second_time() -> None:
    assert held(*PUBLISHED, LATE, CORRECT).when(CORRECT) == []


def test_a_corrected_result_is_corrected_again_and_not_before_the_day_of_the_last_time() -> None:
    again = but(CORRECT, grade=GOOD, corrected_on="2021-09-01", admitted=None)
    [corrected] = held(*PUBLISHED, LATE, CORRECT).when(again)
    assert isinstance(corrected, ResultCorrected)
    assert corrected.former.grade == EXCELLENT
    why = Why.BEFORE_ITS_TIME(day="2021-07-31", since="2021-08-01")
    early = but(again, corrected_on="2021-07-31")
    assert held(*PUBLISHED, LATE, CORRECT).refused(early) == ("corrected_on", why)


def test_what_was_let_in_counts_in_every_later_correction() -> None:
    again = but(CORRECT, grade=GOOD, corrected_on="2021-09-01", admitted=None)
    corrected = [*PUBLISHED, LATE, CORRECT]
    assert result("zhuzhou", *corrected, again).score == result("zhuzhou", *corrected).score
    why = Why.NOTHING_LATE(unit="zhuzhou", indicator="growth")
    twice = but(again, admitted=["growth"])
    assert held(*corrected).refused(twice) == ("admitted[0]", why)


def test_nothing_is_corrected_before_it_is_published() -> None:
    assert held(*SIGNED, LATE).refused(CORRECT) == (
        "round",
        Why.ROUND_NOT_PUBLISHED(round=2020),
    )
    why = Why.BEFORE_ITS_TIME(day="2021-06-08", since="2021-06-09")
    early = but(CORRECT, corrected_on="2021-06-08")
    assert held(*PUBLISHED, LATE).refused(early) == ("corrected_on", why)


def test_a_correction_lets_in_what_was_reported_late() -> None:
    why = Why.NOTHING_LATE(unit="zhuzhou", indicator="growth")
    assert held(*PUBLISHED).refused(CORRECT) == ("admitted[0]", why)


# Case 6: each round has a scale of its own.


def test_a_grade_is_one_of_the_scale_of_the_round() -> None:
    start, end = RULE_SET.index("    - grade: qualified"), RULE_SET.index("    - grade: poor")
    three = RULE_SET[:start] + RULE_SET[end:]
    three = three.replace("{grade: subject, score: internal", "{grade: public, score: internal")
    proposed = _by(three)
    found = proposed_hash(*proposed)
    published = [*proposed, NOTICE, sign("ndrc", found), sign("most", found), publish(found)]
    why = Why.NOT_IN_THE_RULE_SET(value="qualified", known="excellent, good, poor")
    other = but(CORRECT, grade=QUALIFIED, admitted=None)
    assert held(*published).refused(other) == ("grade", why)
    assert held(*published).when(but(other, grade=POOR))


# The end.


def test_a_round_is_closed_when_its_results_are_published() -> None:
    assert held(*PUBLISHED).when(CLOSE_ROUND) == [RoundClosed(round=2020, closed_on="2021-12-31")]
    assert held(*SIGNED).refused(CLOSE_ROUND) == (
        "round",
        Why.ROUND_NOT_PUBLISHED(round=2020),
    )
    early = but(CLOSE_ROUND, closed_on="2021-06-08")
    why = Why.BEFORE_ITS_TIME(day="2021-06-08", since="2021-06-09")
    assert held(*PUBLISHED).refused(early) == ("closed_on", why)


def test_a_round_is_closed_once() -> None:
    closed = held(*PUBLISHED, CLOSE_ROUND)
    assert closed.when(CLOSE_ROUND) == []
    why = Why.ROUND_CLOSED(round=2020, closed_on="2021-12-31")
    assert closed.refused(but(CLOSE_ROUND, closed_on="2022-01-01")) == ("round", why)


def test_a_closed_round_can_still_be_corrected() -> None:
    later = but(CORRECT, corrected_on="2022-03-01")
    assert held(*PUBLISHED, LATE, CLOSE_ROUND).when(later)

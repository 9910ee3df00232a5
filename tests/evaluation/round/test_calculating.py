"""A score is the sum of its lines, by the data that count, the experts, and the bonuses."""

from google.protobuf.message import Message

from services.kernel.reasons import Why
from tests.rounds import (
    ASSESS,
    ASSESSED,
    BONUS,
    CLOSE_ROUND,
    COLLECTED,
    CORRECT,
    FREEZE,
    FREEZE_WITHOUT_EXPERTS,
    HASH,
    LIFT,
    NOTICED,
    OBJECTION,
    OPEN_ROUND,
    PROPOSE,
    PROPOSED,
    PUBLISHED,
    RULE_SET,
    SCORED,
    UNITS,
    VETO,
    WITHDRAW,
    calculate,
    events,
    held,
    report,
    review,
    sign,
    with_the_bonus,
)
from tests.spec import but
from zoneledger.evaluation.v1.round_commands_pb2 import LostBasis
from zoneledger.evaluation.v1.round_events_pb2 import (
    BonusRecognised,
    BonusWithdrawn,
    ResultCorrected,
    ReviewOutcome,
    ScoreCalculated,
)
from zoneledger.evaluation.v1.scoring_pb2 import Treatment

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
    text = RULE_SET.replace("required: true", "required: false")
    unreviewed = [OPEN_ROUND, but(FREEZE, text=text), *COLLECTED[2:-2]]
    assert held(*unreviewed).refused(early) == ("calculated_on", why)


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


POINTS = "      points: 20000\n"
NAMED = "      circular: {years_before: 0, items: [老工业基地], clause: made-up}\n"
YEAR_AND_ITEM = RULE_SET.replace(POINTS, POINTS + NAMED)
BY_YEAR_AND_ITEM = [OPEN_ROUND, but(FREEZE, text=YEAR_AND_ITEM), *COLLECTED[2:]]
OF_ITS_ITEM = but(BONUS, items=["土地", "老工业基地"])


def test_a_bonus_rests_on_a_circular_of_the_year_that_the_rule_set_names() -> None:
    why = Why.CIRCULAR_OF_ANOTHER_YEAR(circular="国办发〔2021〕17号", year=2016, due=2020)
    other = but(OF_ITS_ITEM, performance_year=2016)
    assert held(*BY_YEAR_AND_ITEM).refused(other) == ("circular_id", why)
    text = YEAR_AND_ITEM.replace("years_before: 0", "years_before: 1")
    a_year_before = [OPEN_ROUND, but(FREEZE, text=text), *COLLECTED[2:]]
    assert held(*a_year_before).when(but(OF_ITS_ITEM, performance_year=2019))


def test_a_bonus_rests_on_an_item_that_the_rule_set_names_and_records_it() -> None:
    for items, told in ((["土地"], "土地"), ([], "none")):
        why = Why.CIRCULAR_FOR_ANOTHER_ITEM(
            circular="国办发〔2021〕17号", unit="zhuzhou", items=told, known="老工业基地"
        )
        other = but(BONUS, items=items)
        assert held(*BY_YEAR_AND_ITEM).refused(other) == ("circular_id", why)
    assert held(*BY_YEAR_AND_ITEM).when(OF_ITS_ITEM) == [but(RECOGNISED, item="老工业基地")]


def test_where_the_rule_set_names_no_item_any_of_the_year_counts() -> None:
    text = YEAR_AND_ITEM.replace(", items: [老工业基地]", "")
    round_ = held(OPEN_ROUND, but(FREEZE, text=text), *COLLECTED[2:])
    assert round_.when(but(BONUS, items=["土地"])) == [RECOGNISED]


def test_by_a_rule_set_that_names_neither_and_by_an_earlier_reading_any_circular_counts() -> None:
    of_2016 = but(BONUS, performance_year=2016, items=["土地"])
    assert held(*COLLECTED).when(of_2016) == [but(RECOGNISED, performance_year=2016)]
    assert held(*BY_YEAR_AND_ITEM).when(but(of_2016, reading=2)) == [
        but(RECOGNISED, performance_year=2016)
    ]


LOST = LostBasis(unit_id="zhuzhou", bonus_id="commendation", circular_id="2021-17")
WITHOUT_BASIS = Why.BONUS_LOST_ITS_BASIS(
    unit="zhuzhou", bonus="commendation", circular="国办发〔2021〕17号"
)


def test_nothing_is_calculated_proposed_or_published_with_a_bonus_that_lost_its_basis() -> None:
    lost = ("unit_id", WITHOUT_BASIS)
    scored = [*ASSESSED, BONUS, *(calculate(each, on="2021-04-20") for each in UNITS)]
    for round_ in (held(*ASSESSED, BONUS), held(*scored)):
        again = but(calculate("zhuzhou", on="2021-04-20"), lost=[LOST])
        assert round_.refused(again) == lost
    assert held(*scored).refused(but(PROPOSE, lost=[LOST])) == lost
    signed = with_the_bonus()
    assert held(*signed[:-1]).refused(but(signed[-1], lost=[LOST])) == lost


def test_a_bonus_that_lost_its_basis_is_withdrawn_or_recognised_anew() -> None:
    again = but(calculate("zhuzhou", on="2021-04-21"), lost=[LOST])
    assert held(*ASSESSED, BONUS, WITHDRAW).when(again)
    other = but(BONUS, circular_id="2021-18", recognised_on="2021-04-21")
    assert held(*ASSESSED, BONUS, other).when(again)


def test_what_is_published_already_stands_until_a_correction() -> None:
    published = with_the_bonus()
    assert held(*published).when(but(published[-1], lost=[LOST])) == []
    again = but(calculate("zhuzhou", on="2021-07-01"), lost=[LOST])
    assert held(*published).when(again) == []


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


def test_a_bonus_that_is_withdrawn_from_a_closed_round_is_out_of_a_corrected_score() -> None:
    late = but(WITHDRAW, withdrawn_on="2022-01-10")
    corrected = but(CORRECT, admitted=None, corrected_on="2022-02-01")
    [result] = held(*with_the_bonus(), CLOSE_ROUND, late).when(corrected)
    assert isinstance(result, ResultCorrected)
    assert result.score.score_micro == score_of("zhuzhou", *SCORED)
    assert result.former.score_micro == result.score.score_micro + 20_000

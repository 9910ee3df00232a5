"""Results are proposed of complete scores; a veto caps one grade and moves nobody."""

from google.protobuf.message import Message

from services.kernel.reasons import Why
from tests.rounds import (
    BONUS,
    COLLECTED,
    HASH,
    LIFT,
    NOTICE,
    NOTICED,
    ONE_EACH,
    PROPOSE,
    PROPOSED,
    PUBLISHED,
    RULE_SET,
    SCORED,
    SIGNED,
    UNITS,
    VETO,
    by,
    calculate,
    events,
    held,
    proposed_hash,
    publish,
    review,
    sign,
)
from tests.spec import but
from zoneledger.evaluation.v1.events_pb2 import Grade
from zoneledger.evaluation.v1.round_commands_pb2 import (
    CloseCollection,
    DismissUnit,
)
from zoneledger.evaluation.v1.round_events_pb2 import (
    ResultsProposed,
    ResultsTakenBack,
    ReviewOutcome,
    UnitVetoed,
    VetoLifted,
)
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


def standing(event: Message) -> list[tuple[str, Grade.ValueType, int]]:
    """Unit, grade and rank in the order in which they are proposed."""
    assert isinstance(event, ResultsProposed)
    return [(each.unit_id, each.grade, each.rank) for each in event.standings]


ONE_VETO = RULE_SET.replace("cap: qualified", "cap: good")  # One veto leads to a hidden grade.


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
    why = Why.NOT_IN_THE_RULE_SET(value="nothing", known="false-data, accident")
    assert held(*PROPOSED).refused(but(VETO, veto_id="nothing")) == ("veto_id", why)


def test_nothing_is_vetoed_before_it_is_proposed() -> None:
    assert held(*SCORED).refused(VETO) == ("round", Why.NOTHING_PROPOSED(round=2020))
    early = but(VETO, vetoed_on="2021-04-19")
    why = Why.BEFORE_ITS_TIME(day="2021-04-19", since="2021-04-20")
    assert held(*PROPOSED).refused(early) == ("vetoed_on", why)


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


# What would be shown tells no hidden grade.


def test_nothing_is_proposed_that_would_tell_a_hidden_grade() -> None:
    scored = [
        but(each, reading=1) if isinstance(each, CloseCollection) else each for each in by(ONE_EACH)
    ][:-1]
    why = Why.RESULTS_DISCLOSE(round=2020, reader="public", grade="qualified")
    assert held(*scored).refused(PROPOSE) == ("round", why)
    proposed = [*scored, but(PROPOSE, reading=1)]
    assert held(*proposed).refused(NOTICE) == ("round", why)
    assert held(*proposed).when(but(NOTICE, reading=1))


def test_a_veto_tells_no_grade_of_a_unit_whose_former_one_a_notice_showed() -> None:
    noticed = [*by(ONE_VETO), NOTICE]
    why = Why.RESULTS_DISCLOSE(round=2020, reader="public", grade="poor")
    assert held(*noticed).refused(VETO) == ("round", why)
    assert held(*noticed).when(but(VETO, reading=1))
    assert held(*by(ONE_VETO)).when(VETO)
    assert held(*NOTICED).when(VETO)


def test_what_a_notice_showed_is_known_for_good() -> None:
    noticed = [
        *by(ONE_VETO),
        NOTICE,
        but(VETO, reading=1),
        but(NOTICE, opened_on="2021-04-23", reading=1),
    ]
    why = Why.RESULTS_DISCLOSE(round=2020, reader="public", grade="poor")
    found = proposed_hash(*noticed)
    signed = [*noticed, sign("ndrc", found), sign("most", found)]
    assert held(*signed).refused(publish(found)) == ("round", why)

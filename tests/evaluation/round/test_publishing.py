"""Every issuer signs, then results are published, and what is published can be corrected."""

from google.protobuf.message import Message

from services.evaluation.round.proposing import hash_of
from services.kernel.reasons import Told, Why
from tests.notices import NOTICE_2019
from tests.rounds import (
    BONUS,
    CLOSE_ROUND,
    CORRECT,
    DOCUMENT,
    FREEZE,
    HASH,
    LATE,
    LIFT,
    NOTICE,
    NOTICED,
    OBJECTION,
    ONE_EACH,
    OPEN_ROUND,
    PROPOSE,
    PROPOSED,
    PUBLISHED,
    RULE_SET,
    SCORED,
    SIGNED,
    TAKE_BACK,
    UNITS,
    VETO,
    WITHDRAW,
    by,
    calculate,
    events,
    held,
    proposed_hash,
    publish,
    sign,
    with_the_bonus,
)
from tests.spec import but
from zoneledger.evaluation.v1.events_pb2 import Grade
from zoneledger.evaluation.v1.round_commands_pb2 import CloseCollection, ProposeResults
from zoneledger.evaluation.v1.round_events_pb2 import (
    ResultCorrected,
    ResultPublished,
    ResultsProposed,
    ResultsSigned,
    RoundClosed,
    RoundPublished,
    ScoreCalculated,
    SignatureTakenBack,
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


# A unit each for three of four grades, as far as rounds went at first.
FIRST_READING = [
    but(each, reading=1) if isinstance(each, CloseCollection | ProposeResults) else each
    for each in by(ONE_EACH)
]


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


# Case 16: who signs is the set of issuers of the round's document, and all of them do.


def test_an_issuer_signs_what_it_looked_at() -> None:
    assert held(*PROPOSED).when(sign("ndrc", HASH)) == [
        ResultsSigned(
            round=2020,
            issuer="ndrc",
            signed_on="2021-05-10",
            results_hash=HASH,
            document="会签单",
        )
    ]


def test_a_signature_says_who_entered_it_and_is_the_issuers_whoever_enters_it_again() -> None:
    entered = but(sign("ndrc", HASH), entered_by="operator")
    [signed] = held(*PROPOSED).when(entered)
    assert isinstance(signed, ResultsSigned)
    assert signed.entered_by == "operator"
    assert held(*PROPOSED, entered).when(but(entered, entered_by="ndrc")) == []


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
    text = RULE_SET.replace("[ndrc, most]", f"[{', '.join(five)}]")
    proposed = [OPEN_ROUND, but(FREEZE, text=text, issuers=five), *PROPOSED[2:]]
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


def test_an_issuer_takes_back_what_was_entered_in_its_name_and_has_to_sign_anew() -> None:
    [taken] = held(*SIGNED).when(TAKE_BACK)
    assert taken == SignatureTakenBack(
        round=2020,
        issuer="most",
        reason="并未会签",
        taken_back_on="2021-05-11",
        entered_by="most",
        results_hash=HASH,
    )
    round_ = held(*SIGNED, TAKE_BACK)
    assert round_.when(TAKE_BACK) == []
    again = held(*SIGNED, TAKE_BACK, sign("most", HASH))
    assert len(again.when(TAKE_BACK)) == 1  # Entered once more, it is taken back once more.
    why = Why.SIGNATURES_MISSING(round=2020, missing="most")
    assert round_.refused(publish(HASH)) == ("round", why)
    assert held(*SIGNED, TAKE_BACK, sign("most", HASH)).when(publish(HASH))


def test_what_is_not_signed_or_is_published_is_not_taken_back() -> None:
    why = Why.NOTHING_SIGNED(issuer="most", round=2020)
    assert held(*NOTICED).refused(TAKE_BACK) == ("issuer", why)
    _, told = held(*PUBLISHED).refused(TAKE_BACK)
    assert told.why == Why.ROUND_PUBLISHED
    why = Why.BEFORE_ITS_TIME(day="2021-05-09", since="2021-05-10")
    early = but(TAKE_BACK, taken_back_on="2021-05-09")
    assert held(*SIGNED).refused(early) == ("taken_back_on", why)


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


def test_results_are_published_by_the_document_that_governs_the_round_and_by_no_other() -> None:
    other = but(publish(HASH), document="2019-zone-notice", policy=NOTICE_2019)
    why = Why.DOCUMENT_OF_ANOTHER_ROUND(
        document="2019-zone-notice", round=2020, governing="2021-866"
    )
    assert held(*SIGNED).refused(other) == ("document", why)
    assert held(*SIGNED).when(but(other, reading=1))  # As it was decided before.


def test_results_are_not_published_before_their_document_is_signed() -> None:
    why = Why.BEFORE_ITS_TIME(day="2021-06-08", since="2021-06-09")
    early = publish(HASH, on="2021-06-08")
    assert held(*SIGNED).refused(early) == ("published_on", why)


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
    assert held(*signed).when(but(publish(HASH, on="2021-04-29"), policy_from=None))


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
    found, proposed = proposed_hash(*FIRST_READING), [*FIRST_READING]
    signed = [*proposed, but(NOTICE, reading=1), sign("ndrc", found), sign("most", found)]
    why = Why.RESULTS_DISCLOSE(round=2020, reader="public", grade="qualified")
    assert held(*signed).refused(but(publish(found), reading=1)) == ("round", why)
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


def test_a_correction_is_signed_by_every_issuer_like_what_it_replaces() -> None:
    round_ = held(*PUBLISHED, LATE)
    why: Told = Why.CORRECTION_NOT_SIGNED(unit="zhuzhou", document="更正通知", missing="most")
    assert round_.refused(but(CORRECT, signatories=["ndrc"])) == ("signatories", why)
    why = Why.NOT_IN_THE_RULE_SET(value="miit", known="ndrc, most")
    others = but(CORRECT, signatories=["ndrc", "most", "miit"])
    assert round_.refused(others) == ("signatories[2]", why)
    assert round_.when(but(CORRECT, signatories=None, reading=1))


def test_a_corrected_result_says_whether_its_grade_is_what_the_frozen_rules_give() -> None:
    by_rules = result("zhuzhou", *PUBLISHED, LATE, CORRECT)
    assert isinstance(by_rules, ResultCorrected)
    assert (by_rules.grade_by_rules, by_rules.departs_from_rules) == (EXCELLENT, False)
    assert by_rules.standing.grade_by_cut == EXCELLENT
    [otherwise] = held(*PUBLISHED).when(but(CORRECT, grade=POOR, admitted=None))
    assert isinstance(otherwise, ResultCorrected)
    assert (otherwise.grade_by_rules, otherwise.departs_from_rules) == (GOOD, True)
    assert otherwise.results_hash == hash_of([otherwise.standing]) != by_rules.results_hash


def test_a_correction_leaves_the_others_their_grades_and_everybody_the_rank() -> None:
    corrected = [*PUBLISHED, LATE, CORRECT]
    for unit in ("xiangtan", "ningdong"):
        assert result(unit, *corrected) == result(unit, *PUBLISHED)
    assert result("zhuzhou", *corrected).standing.rank == 2


def test_a_correction_is_shown_as_its_grade_is() -> None:
    hidden = but(CORRECT, grade=QUALIFIED, admitted=None)
    placing = result("zhuzhou", *PUBLISHED, hidden).standing
    assert (placing.grade_visibility, placing.score_visibility) == (SUBJECT, INTERNAL)


def test_score_and_rank_are_shown_to_nobody_from_whom_the_former_ones_were_kept() -> None:
    better = but(CORRECT, unit_id="ningdong", admitted=None)
    placing = result("ningdong", *PUBLISHED, better).standing
    assert placing.grade_visibility == PUBLIC
    assert (placing.score_visibility, placing.rank_visibility) == (INTERNAL, INTERNAL)
    by_the_first_reading = result("ningdong", *PUBLISHED, but(better, reading=0)).standing
    assert by_the_first_reading.score_visibility == SUBJECT


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
    three = (RULE_SET[:start] + RULE_SET[end:]).replace("cap: qualified", "cap: good")
    three = three.replace("{grade: subject, score: internal", "{grade: public, score: internal")
    proposed = by(three)
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


def test_a_correction_that_is_replayed_after_another_one_of_the_day_changes_nothing() -> None:
    other = but(CORRECT, grade=Grade.GRADE_POOR, admitted=None, document="再次更正")
    round_ = held(*PUBLISHED, LATE, CORRECT, other)
    assert round_.when(CORRECT) == []
    assert round_.when(other) == []
    assert round_.when(but(CORRECT, reading=2, admitted=None, document="三次更正"))


def test_a_correction_that_was_applied_again_by_an_earlier_reading_is_applied_again() -> None:
    first = but(CORRECT, admitted=None)
    other = but(first, grade=Grade.GRADE_POOR, document="再次更正")
    assert held(*PUBLISHED, first, other).when(but(first, reading=2))


def test_what_is_vetoed_after_the_publication_changes_no_result_until_it_is_corrected() -> None:
    vetoed = but(VETO, vetoed_on="2021-07-01")
    [event] = held(*PUBLISHED).when(vetoed)
    assert isinstance(event, UnitVetoed)
    down = but(CORRECT, unit_id="xiangtan", grade=Grade.GRADE_POOR, admitted=None)
    [corrected] = held(*PUBLISHED, vetoed).when(down)
    assert isinstance(corrected, ResultCorrected)
    assert [*corrected.standing.veto_ids] == ["false-data"]
    assert (corrected.grade_by_rules, corrected.departs_from_rules) == (POOR, False)
    [mild] = held(*PUBLISHED, vetoed).when(but(down, grade=GOOD))
    assert isinstance(mild, ResultCorrected)
    assert (mild.grade_by_rules, mild.departs_from_rules) == (POOR, True)
    assert [*corrected.former.veto_ids] == []
    [before] = held(*PUBLISHED, vetoed).when(but(down, reading=2))
    assert isinstance(before, ResultCorrected)
    assert [*before.standing.veto_ids] == []


def test_a_veto_that_is_lifted_after_the_publication_is_out_of_a_corrected_result() -> None:
    vetoed, lifted = but(VETO, vetoed_on="2021-07-01"), but(LIFT, lifted_on="2021-07-02")
    [event] = held(*PUBLISHED, vetoed).when(lifted)
    assert isinstance(event, VetoLifted)
    down = but(CORRECT, unit_id="xiangtan", grade=Grade.GRADE_GOOD, admitted=None)
    [corrected] = held(*PUBLISHED, vetoed, lifted).when(down)
    assert isinstance(corrected, ResultCorrected)
    assert [*corrected.standing.veto_ids] == []


def test_the_issuers_and_what_is_let_in_are_the_same_in_any_order_and_however_often_named() -> None:
    twice = but(CORRECT, signatories=["most", "ndrc", "most"], admitted=["growth", "growth"])
    assert held(*PUBLISHED, LATE, CORRECT).when(twice) == []
    [corrected] = held(*PUBLISHED, LATE).when(twice)
    assert isinstance(corrected, ResultCorrected)
    assert ([*corrected.signatories], [*corrected.admitted]) == (["most", "ndrc"], ["growth"])
    again = but(CORRECT, admitted=None, signatories=["most", "ndrc"], reading=2)
    first = but(again, signatories=["ndrc", "most"])
    assert held(*PUBLISHED, first).when(again)  # As it was decided before.


def test_nobody_is_vetoed_after_the_publication_on_a_day_before_it() -> None:
    why = Why.BEFORE_ITS_TIME(day="2021-06-08", since="2021-06-09")
    assert held(*PUBLISHED).refused(but(VETO, vetoed_on="2021-06-08")) == ("vetoed_on", why)

"""Experts mark units unseen by each other, and say something together when all are heard."""

import pytest
from google.protobuf.message import Message

from services.kernel.reasons import Why
from services.kernel.sealing import commitment
from tests.rounds import (
    ASSESS,
    ASSESSED,
    ASSESSORS,
    COLLECTED,
    FREEZE_WITHOUT_EXPERTS,
    OPEN_ROUND,
    OPENED,
    PROPOSE,
    PROPOSED,
    PUBLISHED,
    RULE_SET,
    SCORED,
    UNITS,
    admit,
    appoint,
    calculate,
    declare,
    events,
    held,
    open_sheet,
    report,
    salt,
    seal,
    sheets,
)
from tests.rounds import DISMISS_ASSESSOR as DISMISS
from tests.rounds import FREEZE as FREEZE_RULES
from tests.spec import but
from zoneledger.evaluation.v1.round_commands_pb2 import (
    DismissUnit,
    OpenSheet,
)
from zoneledger.evaluation.v1.round_events_pb2 import (
    AssessorAppointed,
    AssessorDismissed,
    ExpertsAssessed,
    SheetOpened,
    SheetSealed,
)
from zoneledger.evaluation.v1.scoring_pb2 import ExpertConflict, ExpertSheet, PanelResult

FIRST, SECOND, THIRD = ASSESSORS
FOURTH = "assessor-4"
DISMISSED = AssessorDismissed(
    round=2020,
    assessor_id=FIRST,
    document="振兴司函",
    reason="未能到会",
    dismissed_on="2021-04-17",
)
GONE = Why.ASSESSOR_DISMISSED(assessor=FIRST, dismissed_on="2021-04-17", document="振兴司函")
APPOINTED = [*COLLECTED, *map(appoint, ASSESSORS)]
SEALED = [*APPOINTED, *map(seal, ASSESSORS)]
HEARD = [*SEALED, *map(open_sheet, ASSESSORS)]
LATER = but(ASSESS, assessed_on="2021-04-25")


def assessed(*commands: Message) -> PanelResult:
    """What the experts said together at last."""
    said = [each for each in events(*commands) if isinstance(each, ExpertsAssessed)]
    return said[-1].panel


def marks(panel: PanelResult) -> dict[str, tuple[int, int]]:
    """By unit, the number of sheets and the points that count, in millionths."""
    return {each.unit_id: (each.sheets, each.used_micro) for each in panel.points}


# Who marks.


def test_an_assessor_is_appointed_with_its_conflicts_of_interest() -> None:
    assert held(*COLLECTED).when(appoint(FIRST, "zhuzhou", "xiangtan", "zhuzhou")) == [
        AssessorAppointed(
            round=2020,
            assessor_id=FIRST,
            conflicts=["xiangtan", "zhuzhou"],
            appointed_on="2021-03-20",
        )
    ]


def test_appointing_an_assessor_again_changes_nothing_in_whatever_order_conflicts_are_named() -> (
    None
):
    round_ = held(*COLLECTED, appoint(FIRST, "xiangtan", "zhuzhou"))
    assert round_.when(appoint(FIRST, "zhuzhou", "xiangtan")) == []


def test_a_conflict_is_with_a_unit_of_the_round() -> None:
    why = Why.UNIT_NOT_ADMITTED(unit="changsha", round=2020)
    wrong = appoint(FIRST, "xiangtan", "changsha")
    assert held(*COLLECTED).refused(wrong) == ("conflicts[1]", why)


def test_nobody_is_appointed_before_the_rules_are_frozen() -> None:
    early = but(appoint(FIRST), appointed_on="2021-01-19")
    why = Why.BEFORE_ITS_TIME(day="2021-01-19", since="2021-01-20")
    assert held(*OPENED).refused(early) == ("appointed_on", why)


def test_a_round_whose_rules_have_no_experts_appoints_and_hears_none() -> None:
    round_ = held(OPEN_ROUND, FREEZE_WITHOUT_EXPERTS, admit("xiangtan"))
    why = Why.NO_EXPERTS(rule_set="small-2020")
    assert round_.refused(appoint(FIRST)) == ("round", why)
    assert round_.refused(ASSESS) == ("round", why)


def test_who_was_dismissed_is_not_appointed_again() -> None:
    round_ = held(*HEARD, DISMISS)
    again = appoint(FIRST, "xiangtan")
    assert round_.refused(again) == ("assessor_id", GONE)


def test_an_assessor_is_dismissed_by_a_document() -> None:
    assert held(*HEARD).when(DISMISS) == [DISMISSED]


def test_dismissing_an_assessor_again_changes_nothing_and_otherwise_is_refused() -> None:
    round_ = held(*HEARD, DISMISS)
    assert round_.when(DISMISS) == []
    assert round_.refused(but(DISMISS, reason="另一理由")) == ("assessor_id", GONE)


def test_who_was_not_appointed_is_neither_dismissed_nor_heard() -> None:
    why = Why.ASSESSOR_UNKNOWN(assessor=FIRST, round=2020)
    for command in (DISMISS, seal(FIRST), open_sheet(FIRST)):
        assert held(*COLLECTED).refused(command) == ("assessor_id", why)


def test_nobody_is_dismissed_before_being_appointed() -> None:
    early = but(DISMISS, dismissed_on="2021-03-19")
    why = Why.BEFORE_ITS_TIME(day="2021-03-19", since="2021-03-20")
    assert held(*APPOINTED).refused(early) == ("dismissed_on", why)


@pytest.mark.parametrize(
    "command",
    [
        appoint(FOURTH),
        appoint(FIRST, "xiangtan"),
        DISMISS,
        but(seal(FIRST), commitment="0" * 64),
        but(open_sheet(FIRST), opened_on="2021-04-17"),
    ],
    ids=["appoint", "conflict", "dismiss", "seal", "open"],
)
def test_after_the_publication_nothing_moves_among_the_experts(command: Message) -> None:
    field, told = held(*PUBLISHED).refused(command)
    assert (field, told.why) == ("round", Why.ROUND_PUBLISHED)


def test_a_sheet_that_nobody_sealed_in_time_is_not_sealed_after_the_publication() -> None:
    first, rest = PUBLISHED[: len(APPOINTED)], PUBLISHED[len(APPOINTED) :]
    round_ = held(*first, appoint(FOURTH), *rest)
    late = but(seal(FIRST), assessor_id=FOURTH)
    field, told = round_.refused(late)
    assert (field, told.why) == ("round", Why.ROUND_PUBLISHED)


# Sheets are sealed.


def test_of_a_sealed_sheet_nothing_is_known_but_that_it_exists() -> None:
    assert held(*APPOINTED).when(seal(FIRST)) == [
        SheetSealed(
            round=2020,
            assessor_id=FIRST,
            commitment=commitment(2020, FIRST, salt(FIRST), sheets(FIRST)),
            sealed_on="2021-04-10",
        )
    ]


def test_sealing_a_sheet_again_changes_nothing() -> None:
    assert held(*SEALED).when(seal(FIRST)) == []


def test_a_sealed_sheet_is_not_exchanged() -> None:
    other = but(seal(FIRST), commitment="0" * 64)
    why = Why.SHEET_ALREADY_SEALED(assessor=FIRST, sealed_on="2021-04-10")
    assert held(*SEALED).refused(other) == ("commitment", why)


def test_the_last_day_of_sealing_is_the_one_that_the_rule_set_says() -> None:
    assert held(*APPOINTED).when(seal(FIRST, on="2021-04-15"))
    why = Why.SHEETS_WERE_DUE(due="2021-04-15", day="2021-04-16")
    assert held(*APPOINTED).refused(seal(FIRST, on="2021-04-16")) == ("sealed_on", why)


def test_nothing_is_sealed_once_a_sheet_was_opened_by_whatever_day_it_bears() -> None:
    round_ = held(*APPOINTED, seal(FIRST), open_sheet(FIRST))
    why = Why.SHEETS_WERE_DUE(due="2021-04-15", day="2021-04-16")
    assert round_.refused(seal(SECOND, on="2021-04-14")) == ("sealed_on", why)


def test_nobody_seals_a_sheet_before_being_appointed() -> None:
    why = Why.BEFORE_ITS_TIME(day="2021-03-19", since="2021-03-20")
    assert held(*APPOINTED).refused(seal(FIRST, on="2021-03-19")) == ("sealed_on", why)


def test_who_was_dismissed_seals_nothing() -> None:
    dismiss = but(DISMISS, dismissed_on="2021-04-01")
    why = Why.ASSESSOR_DISMISSED(assessor=FIRST, dismissed_on="2021-04-01", document="振兴司函")
    assert held(*APPOINTED, dismiss).refused(seal(FIRST)) == ("assessor_id", why)


def test_while_nobody_said_by_when_sheets_are_due_none_is_sealed() -> None:
    open_norm = """\
open_norms:
  - norm_id: due
    question_zh: 何时截止？
    question_en: By when?
    about: sheets_due
    clause: made-up
issuers:"""
    text = RULE_SET.replace("  sheets_due: 2021-04-15\n", "").replace("issuers:", open_norm)
    round_ = held(OPEN_ROUND, but(FREEZE_RULES, text=text), appoint(FIRST))
    why = Why.RULE_SET_LEAVES_OPEN(matter="sheets_due", round=2020)
    assert round_.refused(seal(FIRST)) == ("round", why)


# Sheets are opened.


def test_a_sheet_is_opened_with_its_salt_when_the_day_is_over() -> None:
    assert held(*SEALED).when(open_sheet(FIRST)) == [
        SheetOpened(
            round=2020,
            assessor_id=FIRST,
            salt=salt(FIRST),
            sheets=sheets(FIRST),
            opened_on="2021-04-16",
        )
    ]


def test_nobody_opens_a_sheet_while_others_may_still_seal_theirs() -> None:
    why = Why.SHEETS_STILL_SEALED(due="2021-04-15", day="2021-04-15")
    assert held(*SEALED).refused(open_sheet(FIRST, on="2021-04-15")) == ("opened_on", why)


def test_opening_a_sheet_again_changes_nothing_and_otherwise_is_refused() -> None:
    assert held(*HEARD).when(open_sheet(FIRST)) == []
    why = Why.SHEET_ALREADY_OPENED(assessor=FIRST)
    assert held(*HEARD).refused(open_sheet(FIRST, on="2021-04-17")) == ("assessor_id", why)


def test_a_sheet_that_was_not_sealed_is_not_opened() -> None:
    why = Why.NOT_SEALED(assessor=FIRST)
    assert held(*APPOINTED).refused(open_sheet(FIRST)) == ("assessor_id", why)


def test_who_was_dismissed_opens_nothing() -> None:
    assert held(*SEALED, DISMISS).refused(open_sheet(FIRST)) == ("assessor_id", GONE)


def _with_points(points: str) -> OpenSheet:
    other = but(open_sheet(FIRST))
    other.sheets[0].points[0].points = points
    return other


OTHERS = {
    "another salt": but(open_sheet(FIRST), salt=salt(SECOND)),
    "other points": _with_points("90.1"),
    "the same points written otherwise": _with_points("90"),
    "one unit less": but(open_sheet(FIRST), sheets=sheets(FIRST)[1:]),
    "the sheet of another assessor": but(
        open_sheet(FIRST), salt=salt(SECOND), sheets=sheets(SECOND)
    ),
}


@pytest.mark.parametrize("other", OTHERS.values(), ids=OTHERS)
def test_no_sheet_is_opened_but_the_one_that_was_sealed(other: OpenSheet) -> None:
    sealed = commitment(2020, FIRST, salt(FIRST), sheets(FIRST))
    why = Why.SHEET_DIFFERS_FROM_SEAL(assessor=FIRST, sealed=sealed)
    assert held(*SEALED).refused(other) == ("sheets", why)


def test_the_seal_of_another_round_or_assessor_opens_nothing() -> None:
    for sealed in (
        commitment(2021, FIRST, salt(FIRST), sheets(FIRST)),
        commitment(2020, SECOND, salt(FIRST), sheets(FIRST)),
    ):
        round_ = held(*APPOINTED, but(seal(FIRST), commitment=sealed))
        why = Why.SHEET_DIFFERS_FROM_SEAL(assessor=FIRST, sealed=sealed)
        assert round_.refused(open_sheet(FIRST)) == ("sheets", why)


def test_the_order_of_the_units_on_a_sheet_is_no_matter() -> None:
    turned = but(open_sheet(FIRST), sheets=sheets(FIRST)[::-1])
    assert held(*SEALED).when(turned)


def _sealed_and_opened(*said: ExpertSheet) -> tuple[Message, OpenSheet]:
    """Whatever is on it, sealed and opened as it was sealed."""
    sealed = commitment(2020, FIRST, salt(FIRST), said)
    return but(seal(FIRST), commitment=sealed), but(open_sheet(FIRST), sheets=said)


def test_a_sheet_with_points_that_do_not_exist_is_not_opened_though_it_was_sealed() -> None:
    sheet = sheets(FIRST)[0]
    sheet.points[0].points = "100.1"
    sealed, opened = _sealed_and_opened(sheet)
    why = Why.OUT_OF_RANGE(value="100.1", least=0, most=100)
    assert held(*APPOINTED, sealed).refused(opened) == ("sheets[0].points[0].points", why)


def test_a_sheet_says_something_on_every_criterion() -> None:
    sheet = sheets(FIRST)[0]
    del sheet.points[:]
    sealed, opened = _sealed_and_opened(sheet)
    why = Why.SHEET_INCOMPLETE(due="overall", given="none")
    assert held(*APPOINTED, sealed).refused(opened) == ("sheets[0].points", why)


def test_a_sheet_is_about_units_of_the_round() -> None:
    sealed, opened = _sealed_and_opened(but(sheets(FIRST)[0], unit_id="changsha"))
    why = Why.NOT_IN_THE_RULE_SET(value="changsha", known="xiangtan, zhuzhou, ningdong")
    assert held(*APPOINTED, sealed).refused(opened) == ("sheets[0].unit_id", why)


def test_an_assessor_marks_a_unit_once() -> None:
    sealed, opened = _sealed_and_opened(*sheets(FIRST), sheets(FIRST)[0])
    why = Why.NAMED_TWICE(value="xiangtan")
    assert held(*APPOINTED, sealed).refused(opened) == ("sheets[3].unit_id", why)


def test_an_assessor_opens_what_it_says_itself() -> None:
    sealed, opened = _sealed_and_opened(but(sheets(FIRST)[0], assessor_id=SECOND))
    why = Why.NOT_IN_THE_RULE_SET(value=SECOND, known=FIRST)
    assert held(*APPOINTED, sealed).refused(opened) == ("sheets[0].assessor_id", why)


# What the experts say together.


def test_the_experts_are_heard_when_every_sealed_sheet_is_open() -> None:
    assert marks(assessed(*ASSESSED)) == {
        "ningdong": (3, 40_000_000),
        "xiangtan": (3, 90_000_000),
        "zhuzhou": (3, 70_000_000),
    }


def test_hearing_them_again_changes_nothing() -> None:
    assert held(*ASSESSED).when(ASSESS) == []
    assert held(*PUBLISHED).when(ASSESS) == []


def test_nothing_is_concluded_while_a_sealed_sheet_waits() -> None:
    round_ = held(*SEALED, open_sheet(FIRST), open_sheet(THIRD))
    assert round_.refused(ASSESS) == ("round", Why.SHEET_STILL_SEALED(assessor=SECOND))


def test_fewer_sheets_than_the_rule_set_asks_for_say_nothing() -> None:
    round_ = held(*APPOINTED, seal(FIRST), open_sheet(FIRST))
    why = Why.TOO_FEW_SHEETS(units="ningdong, xiangtan, zhuzhou", least=3)
    assert round_.refused(ASSESS) == ("units", why)


def test_the_experts_are_heard_on_somebody() -> None:
    assert held(*OPENED).refused(ASSESS) == ("round", Why.NO_UNITS(round=2020))


def test_the_experts_are_not_heard_before_the_last_sheet_was_opened() -> None:
    why = Why.BEFORE_ITS_TIME(day="2021-04-15", since="2021-04-16")
    early = but(ASSESS, assessed_on="2021-04-15")
    assert held(*HEARD).refused(early) == ("assessed_on", why)


def four(conflicts: tuple[str, ...] = ()) -> list[Message]:
    """Four assessors who sealed and opened; the last says what the first does."""
    others = [but(each, assessor_id=FOURTH) for each in sheets(FIRST)]
    sealed = commitment(2020, FOURTH, salt(FIRST), others)
    return [
        *APPOINTED,
        appoint(FOURTH, *conflicts),
        *map(seal, ASSESSORS),
        but(seal(FIRST), assessor_id=FOURTH, commitment=sealed),
        *map(open_sheet, ASSESSORS),
        but(open_sheet(FIRST), assessor_id=FOURTH, sheets=others),
    ]


def test_who_has_a_conflict_of_interest_does_not_count_for_the_unit_and_it_shows() -> None:
    panel = assessed(*four(("xiangtan",)), ASSESS)
    assert {unit: sheets for unit, (sheets, _) in marks(panel).items()} == {
        "ningdong": 4,
        "xiangtan": 3,
        "zhuzhou": 4,
    }
    assert [*panel.excluded] == [ExpertConflict(assessor_id=FOURTH, unit_id="xiangtan")]


def test_a_conflict_that_comes_to_light_takes_back_assessment_scores_and_proposal() -> None:
    commands = [*four(), ASSESS, *map(calculate, UNITS), PROPOSE, declare(FOURTH, "xiangtan")]
    round_ = held(*commands)
    assert round_.refused(PROPOSE) == ("round", Why.NOT_SCORED(unit="xiangtan", round=2020))
    [score] = round_.when(calculate("xiangtan", on="2021-04-24"))
    assert not score.is_complete  # type: ignore[attr-defined]
    assert marks(assessed(*commands, LATER))["xiangtan"] == (3, 90_000_000)


def test_once_a_sheet_is_open_a_conflict_is_declared_with_a_document_and_a_reason_only() -> None:
    why = Why.CONFLICT_AFTER_OPENING(assessor=FIRST, opened_on="2021-04-16")
    for field in ("document", "reason"):
        bare = but(declare(FIRST, "xiangtan"), **{field: None})
        assert held(*ASSESSED).refused(bare) == (field, why)
    [appointed] = held(*ASSESSED).when(declare(FIRST, "xiangtan"))
    assert isinstance(appointed, AssessorAppointed)
    assert (appointed.document, appointed.reason) == ("举报核查", "亲属任职")


def test_once_a_sheet_is_open_no_conflict_is_dropped() -> None:
    why = Why.CONFLICT_STAYS(assessor=FOURTH, units="xiangtan")
    for other in (declare(FOURTH), declare(FOURTH, "zhuzhou")):
        assert held(*four(("xiangtan",))).refused(other) == ("conflicts", why)
    assert held(*four(("xiangtan",))).when(declare(FOURTH, "xiangtan", "zhuzhou"))


def test_until_a_sheet_is_open_a_conflict_that_was_named_by_mistake_is_dropped() -> None:
    round_ = held(*COLLECTED, appoint(FIRST, "xiangtan"), seal(FIRST))
    assert round_.when(appoint(FIRST, "zhuzhou"))


def test_a_conflict_is_none_before_the_one_said_last_nor_before_the_opening() -> None:
    again = but(appoint(FIRST, "xiangtan"), appointed_on="2021-03-19")
    early = Why.BEFORE_ITS_TIME(day="2021-03-19", since="2021-03-20")
    assert held(*APPOINTED).refused(again) == ("appointed_on", early)
    backdated = declare(FIRST, "xiangtan", on="2021-04-15")
    why = Why.BEFORE_ITS_TIME(day="2021-04-15", since="2021-04-16")
    assert held(*ASSESSED).refused(backdated) == ("appointed_on", why)


def test_what_was_declared_by_an_earlier_reading_stands() -> None:
    backdated = but(appoint(FIRST), appointed_on="2021-01-20", reading=2)
    assert held(*four(("xiangtan",)), but(backdated, assessor_id=FOURTH))
    assert held(*ASSESSED, but(appoint(FIRST, "xiangtan"), reading=2)).when(backdated)


def test_a_conflict_that_leaves_too_few_sheets_is_said_so() -> None:
    why = Why.TOO_FEW_SHEETS(units="xiangtan", least=3)
    assert held(*ASSESSED, declare(FIRST, "xiangtan")).refused(LATER) == ("units", why)


def test_the_sheet_of_who_is_dismissed_does_not_count_and_all_is_said_anew() -> None:
    commands = [*four(), ASSESS, *map(calculate, UNITS), PROPOSE, DISMISS]
    round_ = held(*commands)
    assert round_.refused(PROPOSE) == ("round", Why.NOT_SCORED(unit="xiangtan", round=2020))
    panel = assessed(*commands, LATER)
    assert {sheets for sheets, _ in marks(panel).values()} == {3}
    assert [each.assessor_id for each in panel.severities] == [SECOND, THIRD, FOURTH]


def test_a_sealed_sheet_of_who_is_dismissed_keeps_nobody_waiting() -> None:
    commands = four()
    sealed_only = [each for each in commands if each != open_sheet(FIRST)]
    assert held(*sealed_only, DISMISS).when(LATER)


# Who is dismissed from the round is not marked any more.

LEAVES = DismissUnit(round=2020, unit_id="ningdong", reason="不再是成员", dismissed_on="2021-04-12")


def test_a_sheet_with_a_unit_that_was_dismissed_meanwhile_is_opened_as_it_was_sealed() -> None:
    assert held(*SEALED, LEAVES).when(open_sheet(FIRST))


def test_nothing_is_said_of_a_unit_that_was_dismissed() -> None:
    heard = [*SEALED, LEAVES, *map(open_sheet, ASSESSORS), ASSESS]
    assert [*marks(assessed(*heard))] == ["xiangtan", "zhuzhou"]


def test_a_unit_that_is_dismissed_takes_back_what_was_said_together() -> None:
    leaves = but(LEAVES, dismissed_on="2021-04-19")
    round_ = held(*SCORED, leaves)
    assert round_.refused(PROPOSE) == ("round", Why.NOT_SCORED(unit="xiangtan", round=2020))
    assert [*marks(assessed(*SCORED, leaves, LATER))] == ["xiangtan", "zhuzhou"]


def test_new_data_of_one_unit_do_not_take_back_what_the_experts_say() -> None:
    assert held(*PROPOSED, report("xiangtan", "9.5", "1.00", on="2021-04-22")).when(LATER) == []

"""The last step of a plan is corrected by a new version of it, and never overwritten."""

from collections.abc import Mapping
from typing import Any

import pytest
from google.protobuf.message import Message

from services.evaluation.plan.decider import PLAN
from services.kernel.errors import CorruptHistory
from services.kernel.reasons import Why
from tests.evaluation.plan.story import (
    AGREED,
    AMEND,
    AMENDED,
    APPROVED_BY,
    ASSESSED,
    COPIED,
    COPY,
    DRAFTED,
    ISSUE,
    ISSUED,
    RECOMMENDED,
    REVISE,
    RULES_2019,
    SUPERSEDED,
    ZONE_RULES,
    step,
)
from tests.spec import but, of
from zoneledger.evaluation.v1.plan_commands_pb2 import CorrectPlanStep, PlanSuccessor
from zoneledger.evaluation.v1.plan_events_pb2 import PlanState, PlanStepCorrected

given = of(PLAN).given

IN_PRINCIPLE = (DRAFTED, RECOMMENDED, ASSESSED, AGREED)
IN_FORCE = (*IN_PRINCIPLE, ISSUED)
BY: Mapping[str, Any] = {
    "corrected_on": "2026-06-01",
    "document": "更正函",
    "reason": "日期录入有误",
}
RIGHT_ISSUE = step("2021-12-03", "印发通知")
CORRECT = CorrectPlanStep(step=RIGHT_ISSUE, state=PlanState.PLAN_STATE_ISSUED, **BY)
CORRECTED = PlanStepCorrected(
    step=RIGHT_ISSUE, former=ISSUED.step, issued=but(ISSUED, step=RIGHT_ISSUE), **BY
)


def of_consent(day: str, document: str = "2021-866", **fields: object) -> CorrectPlanStep:
    """The correction of a consent."""
    agreed = PlanState.PLAN_STATE_AGREED_IN_PRINCIPLE
    return but(CORRECT, step=step(day, document), state=agreed, **fields)


def refused_day(refusal: tuple[str, object], why: Why) -> bool:
    return refusal[0] == "step.taken_on" and refusal[1].why is why  # type: ignore[attr-defined]


def test_a_correction_has_the_step_whole_as_it_is_right_and_the_former_one() -> None:
    assert given(*IN_FORCE).when(CORRECT) == [CORRECTED]


def test_the_same_correction_twice_changes_nothing_the_second_time() -> None:
    assert given(*IN_FORCE, CORRECTED).when(CORRECT) == []
    assert given(*IN_FORCE, CORRECTED, COPIED).when(CORRECT) == []


def test_a_corrected_step_is_corrected_once_more() -> None:
    again = but(CORRECT, step=step("2021-12-04", "印发通知"))
    [event] = given(*IN_FORCE, CORRECTED).when(again)
    assert event == but(
        CORRECTED,
        step=again.step,
        former=RIGHT_ISSUE,
        issued=but(ISSUED, step=again.step),
    )
    assert given(*IN_FORCE, CORRECTED, event).when(again) == []


def test_a_correction_that_another_followed_changes_nothing_when_it_is_said_again() -> None:
    other = but(CORRECT, step=step("2021-12-04", "印发通知"), reading=1)
    [event] = given(*IN_FORCE, CORRECTED).when(other)
    again = but(CORRECT, reading=1)
    assert given(*IN_FORCE, CORRECTED, event).when(again) == []
    assert given(*IN_FORCE, CORRECTED, event, COPIED, AMENDED).when(again) == []


@pytest.mark.parametrize("words", [{"reason": "核对原件"}, {"corrected_on": "2026-06-02"}])
def test_the_first_day_is_right_after_all_where_a_correction_of_other_words_says_so(
    words: dict[str, str],
) -> None:
    other = but(CORRECT, step=step("2021-12-04", "印发通知"), reading=1)
    [event] = given(*IN_FORCE, CORRECTED).when(other)
    back = but(CORRECT, reading=1, **words)
    assert given(*IN_FORCE, CORRECTED, event).when(back) == [
        but(CORRECTED, former=other.step, **words)
    ]


def test_a_copy_and_an_amendment_are_not_taken_for_a_step_that_was_corrected_alike() -> None:
    right = step("2022-05-02", "更正通知")
    events = (*IN_FORCE, COPIED, AMENDED)
    of_copy = CorrectPlanStep(step=right, recipient="cdb", reading=1, **BY)
    of_amendment = CorrectPlanStep(step=right, version=2, reading=1, **BY)
    [copied] = given(*events).when(of_copy)
    [amended] = given(*events, copied).when(of_amendment)
    back = but(of_amendment, step=step("2022-05-03", "更正通知"))
    [followed] = given(*events, copied, amended).when(back)
    assert given(*events, copied, amended, followed).when(of_amendment) == []
    assert given(*events, copied, amended, followed).when(of_copy) == []


def test_a_correction_recorded_before_all_were_remembered_is_decided_as_it_was() -> None:
    other = but(CORRECT, step=step("2021-12-04", "印发通知"))
    [event] = given(*IN_FORCE, CORRECTED).when(other)
    assert given(*IN_FORCE, CORRECTED, event).when(CORRECT) == [but(CORRECTED, former=other.step)]


def test_what_was_reported_before_a_correction_may_be_said_again_and_so_may_what_is_right() -> None:
    assert given(*IN_FORCE, CORRECTED).when(ISSUE) == []
    assert given(*IN_FORCE, CORRECTED).when(but(ISSUE, step=RIGHT_ISSUE)) == []
    field, why = given(*IN_FORCE, CORRECTED).refused(but(ISSUE, step=step("2021-12-04", "x")))
    assert (field, why.why, why.facts["standing_on"]) == (
        "step",
        Why.PLAN_STEP_DIFFERS,
        "2021-12-03",
    )


def test_only_the_last_step_is_corrected_since_the_later_ones_rest_on_the_earlier() -> None:
    why = Why.PLAN_STEP_FOLLOWED(
        unit="hebi", plan="145", step="agreed_in_principle", state="issued"
    )
    assert given(*IN_FORCE).refused(of_consent("2021-06-10")) == ("state", why)


def test_what_never_happened_is_not_corrected() -> None:
    why = Why.PLAN_NOTHING_TO_CORRECT(unit="hebi", plan="145", state="agreed_in_principle")
    assert given(*IN_PRINCIPLE).refused(CORRECT) == ("state", why)
    assert given().refused(CORRECT) == ("step.plan_id", Why.PLAN_UNKNOWN(unit="hebi", plan="145"))


def test_support_that_starts_with_a_step_starts_with_its_right_day() -> None:
    [event] = given(*IN_PRINCIPLE).when(of_consent("2021-06-11"))
    right = event.agreed_in_principle  # type: ignore[attr-defined]  # That is what it corrects.
    assert (right.step.taken_on, right.support_by) == ("2021-06-11", AGREED.support_by)


def test_a_consent_by_another_document_binds_the_plan_by_what_that_asks() -> None:
    other = of_consent("2021-06-09", "2019-zone-notice", rules=RULES_2019)
    [event] = given(*IN_PRINCIPLE).when(other)
    right = event.agreed_in_principle  # type: ignore[attr-defined]  # That is what it corrects.
    assert (right.rules, right.HasField("support_by")) == (RULES_2019, False)
    field, why = given(*IN_PRINCIPLE, event).refused(ISSUE)
    assert (field, why.why) == ("government_approved_on", Why.PLAN_NEEDS_GOVERNMENT)


def test_a_consent_by_the_same_document_binds_the_plan_as_it_was_bound() -> None:
    rules = but(ZONE_RULES, into_force_by=APPROVED_BY)
    [event] = given(*IN_PRINCIPLE).when(of_consent("2021-06-10", rules=rules))
    right = event.agreed_in_principle  # type: ignore[attr-defined]  # That is what it corrects.
    assert right.rules == ZONE_RULES


def test_a_copy_is_corrected_however_far_the_plan_has_come() -> None:
    right = step("2021-12-16", "抄送函2")
    wish = CorrectPlanStep(step=right, recipient="cdb", **BY)
    events = (*IN_FORCE, COPIED, AMENDED, SUPERSEDED)
    copied = but(COPIED, step=right)
    expected = PlanStepCorrected(step=right, former=COPIED.step, copied=copied, **BY)
    assert given(*events).when(wish) == [expected]
    assert given(*events, expected).when(but(COPY, step=right)) == []
    early = but(wish, step=step("2021-11-30", "抄送函"))
    assert refused_day(given(*events).refused(early), Why.PLAN_DAY_TOO_EARLY)


def test_an_amendment_is_corrected_by_the_version_that_it_made() -> None:
    right = step("2022-05-02", "修订函")
    wish = CorrectPlanStep(step=right, version=2, **BY)
    [event] = given(*IN_FORCE, AMENDED).when(wish)
    assert event.amended == but(AMENDED, step=right)  # type: ignore[attr-defined]
    assert given(*IN_FORCE, AMENDED, event).when(AMEND) == []
    assert given(*IN_FORCE, AMENDED, event).when(but(AMEND, step=right)) == []


def test_the_right_day_is_not_before_the_step_before() -> None:
    early = but(CORRECT, step=step("2021-06-08", "印发通知"))
    assert refused_day(given(*IN_FORCE).refused(early), Why.PLAN_DAY_TOO_EARLY)


def test_a_day_that_was_too_late_by_mistake_hides_no_earlier_step_any_more() -> None:
    late = but(ISSUED, step=step("2022-12-01", "印发通知"))
    corrected = but(CORRECTED, former=late.step)
    assert given(*IN_PRINCIPLE, late, corrected).when(AMEND) == [AMENDED]


def test_a_plan_does_not_come_into_force_after_its_copies_went_out() -> None:
    late = but(CORRECT, step=step("2021-12-16", "印发通知"))
    why = Why.PLAN_COPIED_BEFORE(unit="hebi", plan="145", day="2021-12-16", until="2021-12-15")
    assert given(*IN_FORCE, COPIED).refused(late) == ("step.taken_on", why)


def test_a_plan_does_not_come_into_force_before_the_government_approved_it() -> None:
    approved = but(ISSUED, government_approved_on="2021-11-20")
    early = but(CORRECT, step=step("2021-11-19", "印发通知"))
    refusal = given(*IN_PRINCIPLE, approved).refused(early)
    assert refused_day(refusal, Why.PLAN_GOVERNMENT_TOO_LATE)


def test_a_consent_is_not_later_than_the_day_on_which_its_plan_took_anothers_place() -> None:
    late = of_consent("2021-06-20", succeeds_since="2021-06-15")
    assert refused_day(given(*IN_PRINCIPLE).refused(late), Why.PLAN_SUCCESSOR_TOO_LATE)
    in_time = of_consent("2021-06-15", succeeds_since="2021-06-15")
    assert len(given(*IN_PRINCIPLE).when(in_time)) == 1


def test_the_day_of_a_succession_is_one_on_which_its_plan_can_take_the_place() -> None:
    wish = but(
        CORRECT,
        step=step("2026-02-01", "十五五方案印发通知"),
        state=PlanState.PLAN_STATE_SUPERSEDED,
        successor=PlanSuccessor(agreed_on="2026-01-15"),
    )
    assert len(given(*IN_FORCE, SUPERSEDED).when(wish)) == 1
    early = but(wish, step=step("2026-01-14", "十五五方案印发通知"))
    refusal = given(*IN_FORCE, SUPERSEDED).refused(early)
    assert refused_day(refusal, Why.PLAN_SUCCESSOR_TOO_LATE)


def test_the_day_of_a_succession_is_not_moved_to_before_its_plan_took_a_place_itself() -> None:
    wish = but(
        CORRECT,
        step=step("2026-02-01", "十五五方案印发通知"),
        state=PlanState.PLAN_STATE_SUPERSEDED,
        successor=PlanSuccessor(agreed_on="2022-01-15"),
    )
    assert len(given(*IN_FORCE, SUPERSEDED).when(but(wish, succeeded_last_on="2026-01-31"))) == 1
    early = but(wish, succeeded_last_on="2026-02-01")
    refusal = given(*IN_FORCE, SUPERSEDED).refused(early)
    assert refused_day(refusal, Why.PLAN_SUPERSEDED_TOO_EARLY)
    recorded_before = but(wish, succeeds_since="2026-02-01")
    assert len(given(*IN_FORCE, SUPERSEDED).when(recorded_before)) == 1


def test_nothing_is_corrected_before_it_can_have_been_told() -> None:
    why = Why.PLAN_CORRECTED_TOO_EARLY(
        unit="hebi", plan="145", since="2021-12-01", corrected_on="2021-11-30"
    )
    early = but(CORRECT, corrected_on="2021-11-30")
    assert given(*IN_FORCE).refused(early) == ("corrected_on", why)


@pytest.mark.parametrize("events", [(), IN_PRINCIPLE, (*IN_FORCE, CORRECTED)])
def test_a_correction_of_what_the_history_does_not_have_is_not_read(
    events: tuple[Message, ...],
) -> None:
    with pytest.raises(CorruptHistory):
        given(*events, CORRECTED).when(REVISE)

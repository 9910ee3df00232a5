"""A benefit is given on a standing entitlement, by who may, when every precondition is attested."""

from collections.abc import Sequence

import pytest
from google.protobuf.message import Message

from services.incentive.case.beside import with_cases
from services.incentive.decider import ENTITLEMENTS
from services.kernel.errors import CorruptHistory
from services.kernel.reasons import Told, Why
from tests.incentive.case.story import (
    APPLIED,
    APPLY,
    ATTEST,
    ATTEST_AGAIN,
    ATTEST_LINES,
    ATTESTED,
    COMPLETE,
    COMPLETED,
    EARN_AGAIN,
    EARNED,
    EARNED_AGAIN,
    FAIL,
    FAILED,
    GRANT,
    GRANTED,
    IN_FORCE,
    LAPSE,
    LAPSED,
    LINES,
    LINES_ATTESTED,
    LOSE,
    LOST,
    MNR,
    PLAN_FIRST,
    PLOT,
    RECOVER,
    RECOVERED,
    REFUSE,
    REFUSED,
    STOP,
    STOPPED,
    TAKE_BACK,
    TAKEN_BACK,
    attested,
    resumed,
    step,
    suspended,
)
from tests.spec import but, of
from zoneledger.incentive.v1.case_commands_pb2 import (
    AttestPrecondition,
    GrantBenefit,
    RefuseBenefit,
)

given = of(with_cases(ENTITLEMENTS)).given

WAITING = (EARNED, APPLIED)
READY = (*WAITING, ATTESTED, LINES_ATTESTED)
SUSPENDED = suspended("2021-10-01", "precondition", LINES, "自然资函〔2021〕9号")


def unmet(*conditions: str) -> tuple[str, Told]:
    return "step", Why.CASE_PRECONDITIONS_UNMET(
        unit="xiangtan",
        case="plot-1",
        unmet=", ".join(f"{each} (mnr)" for each in conditions),
        policy="2021-866",
        clause="incentives/land",
    )


def out_of_order(state: str, told: str, possible: str) -> tuple[str, Told]:
    return "step", Why.CASE_STEP_OUT_OF_ORDER(
        unit="xiangtan", case="plot-1", case_state=state, case_step=told, case_steps=possible
    )


def ended(since: str, reason: str) -> Told:
    return Why.CASE_ENTITLEMENT_ENDED(
        unit="xiangtan", round=2020, instrument="land_guarantee", since=since, reason=reason
    )


# The way.


def test_a_case_is_applied_for_attested_granted_and_completed() -> None:
    assert given(EARNED).when(APPLY) == [APPLIED]
    assert given(*WAITING).when(ATTEST) == [ATTESTED]
    assert given(*WAITING, ATTESTED).when(ATTEST_LINES) == [LINES_ATTESTED]
    assert given(*READY).when(GRANT) == [GRANTED]
    assert given(*IN_FORCE).when(COMPLETE) == [COMPLETED]


def test_a_case_can_be_refused_before_anything_is_attested() -> None:
    assert given(*WAITING).when(REFUSE) == [REFUSED]


def test_a_case_of_which_nothing_came_lapses() -> None:
    assert given(*WAITING).when(LAPSE) == [LAPSED]


def test_a_benefit_that_is_stopped_is_recovered_in_parts() -> None:
    assert given(*IN_FORCE).when(STOP) == [STOPPED]
    assert given(*IN_FORCE, STOPPED).when(RECOVER) == [RECOVERED]
    rest = but(RECOVER, step=step("2022-02-02"), amount=150_000)
    assert given(*IN_FORCE, STOPPED, RECOVERED).when(rest) == [
        but(RECOVERED, step=step("2022-02-02"), amount=150_000)
    ]


def test_less_than_was_asked_for_can_be_granted_from_a_later_day_on() -> None:
    grant = but(GRANT, amount=120_000, effective_from="2021-10-01")
    assert given(*READY).when(grant) == [
        but(GRANTED, benefit=but(PLOT, amount=120_000), effective_from="2021-10-01")
    ]


# What is refused.


def test_nobody_applies_for_what_the_unit_was_never_entitled_to() -> None:
    why = Why.CASE_NOT_ENTITLED(unit="xiangtan", round=2020, instrument="land_guarantee")
    assert given().refused(APPLY) == ("step.instrument", why)


def test_nobody_applies_before_the_entitlement_begins() -> None:
    why = Why.CASE_BEFORE_ENTITLEMENT(
        unit="xiangtan",
        round=2020,
        instrument="land_guarantee",
        day="2021-06-20",
        since="2021-06-21",
    )
    early = but(APPLY, step=step("2021-06-20"))
    assert given(EARNED).refused(early) == ("step.taken_on", why)


def test_nobody_applies_once_the_entitlement_is_withdrawn() -> None:
    why = ended("2022-03-01", "a statistic was revised")
    assert given(EARNED, *LOST).refused(APPLY) == ("step.instrument", why)


def test_no_step_comes_before_the_application() -> None:
    why = Why.CASE_UNKNOWN(unit="xiangtan", round=2020, instrument="land_guarantee", case="plot-1")
    assert given(EARNED).refused(ATTEST) == ("step.case_id", why)


def test_nothing_is_granted_before_every_precondition_is_attested() -> None:
    assert given(*WAITING).refused(GRANT) == unmet(PLAN_FIRST, LINES)
    assert given(*WAITING, ATTESTED).refused(GRANT) == unmet(LINES)


def test_a_precondition_that_failed_or_whose_attestation_was_taken_back_is_not_attested() -> None:
    later = but(GRANT, step=step("2021-10-02"))
    assert given(*READY, FAILED).refused(later) == unmet(LINES)
    assert given(*READY, TAKEN_BACK).refused(later) == unmet(LINES)


@pytest.mark.parametrize("command", [ATTEST_AGAIN, GRANT, REFUSE], ids=lambda c: type(c).__name__)
def test_only_the_authority_that_the_document_names_attests_and_decides(
    command: AttestPrecondition | GrantBenefit | RefuseBenefit,
) -> None:
    why = Why.CASE_NOT_COMPETENT(unit="xiangtan", case="plot-1", authority="most", competent="mnr")
    other = but(command, checked=but(MNR, authority="most"))
    assert given(*READY).refused(other) == ("checked.authority", why)


def test_who_prepared_it_does_not_approve_it() -> None:
    alone = but(GRANT, checked=but(MNR, approved_by="mnr-07"))
    why = Why.CASE_ONE_PERSON(unit="xiangtan", case="plot-1", person="mnr-07")
    assert given(*READY).refused(alone) == ("checked.approved_by", why)


def test_a_precondition_that_the_document_does_not_name_is_refused() -> None:
    why = Why.CASE_NO_PRECONDITION(
        unit="xiangtan",
        case="plot-1",
        precondition="rain",
        preconditions=f"{PLAN_FIRST}, {LINES}",
    )
    assert given(*WAITING).refused(but(ATTEST, condition_id="rain")) == ("condition_id", why)


def test_no_more_is_granted_than_was_asked_for() -> None:
    why = Why.CASE_AMOUNT_TOO_LARGE(unit="xiangtan", case="plot-1", amount=200_001, limit=200_000)
    assert given(*READY).refused(but(GRANT, amount=200_001)) == ("amount", why)


def test_no_more_is_recovered_than_was_given() -> None:
    why = Why.CASE_AMOUNT_TOO_LARGE(unit="xiangtan", case="plot-1", amount=150_001, limit=150_000)
    more = but(RECOVER, step=step("2022-02-02"), amount=150_001)
    assert given(*IN_FORCE, RECOVERED).refused(more) == ("amount", why)


def test_nothing_more_is_said_of_a_case_that_was_refused() -> None:
    assert given(*WAITING, REFUSED).refused(GRANT) == out_of_order("refused", "granted", "none")
    assert given(*WAITING, REFUSED).refused(RECOVER) == out_of_order("refused", "recovered", "none")


def test_what_is_completed_can_still_be_recovered() -> None:
    assert given(*IN_FORCE, COMPLETED).refused(STOP) == out_of_order(
        "completed", "stopped", "recovered"
    )
    assert given(*IN_FORCE, COMPLETED).when(RECOVER) == [RECOVERED]


def test_days_move_forward_but_preconditions_are_attested_in_any_order() -> None:
    why = Why.CASE_DAY_TOO_EARLY(
        unit="xiangtan", case="plot-1", day="2021-08-05", since="2021-08-10"
    )
    early = but(GRANT, step=step("2021-08-05"))
    assert given(*READY).refused(early) == ("step.taken_on", why)
    assert given(*WAITING, ATTESTED).when(ATTEST_LINES) == [LINES_ATTESTED]


# Twice.


@pytest.mark.parametrize(
    ("before", "command"),
    [
        (WAITING, APPLY),
        (READY, ATTEST),
        (IN_FORCE, GRANT),
        ((*WAITING, REFUSED), REFUSE),
        ((*WAITING, LAPSED), LAPSE),
        ((*IN_FORCE, COMPLETED), COMPLETE),
        ((*IN_FORCE, STOPPED), STOP),
        ((*IN_FORCE, RECOVERED), RECOVER),
    ],
    ids=lambda each: "" if isinstance(each, tuple) else type(each).__name__,
)
def test_saying_a_step_again_changes_nothing(before: Sequence[Message], command: Message) -> None:
    assert given(*before).when(command) == []


def test_saying_a_step_otherwise_is_refused() -> None:
    why = Why.CASE_STEP_DIFFERS(
        unit="xiangtan",
        case="plot-1",
        case_step="granted",
        standing_on="2021-09-01",
        standing_document="自然资函〔2021〕9号",
    )
    assert given(*IN_FORCE).refused(but(GRANT, amount=1)) == ("step", why)


# What follows by itself.


def test_a_precondition_that_fails_suspends_what_was_granted() -> None:
    assert given(*IN_FORCE).when(FAIL) == [FAILED, SUSPENDED]
    assert given(*IN_FORCE).when(TAKE_BACK) == [TAKEN_BACK, SUSPENDED]


def test_a_precondition_that_is_attested_again_resumes_it() -> None:
    assert given(*IN_FORCE, FAILED, SUSPENDED).when(ATTEST_AGAIN) == [
        attested(ATTEST_AGAIN),
        resumed("2021-11-01", "自然资函〔2021〕9号"),
    ]


def test_a_precondition_that_fails_suspends_nothing_that_is_not_granted() -> None:
    assert given(*READY).when(FAIL) == [FAILED]


def test_what_is_suspended_can_be_stopped_and_not_completed() -> None:
    assert given(*IN_FORCE, FAILED, SUSPENDED).when(STOP) == [STOPPED]
    assert given(*IN_FORCE, FAILED, SUSPENDED).refused(COMPLETE) == out_of_order(
        "suspended", "completed", "attested, failed, open_again, recovered, stopped"
    )


def test_the_end_of_the_entitlement_suspends_what_is_not_granted() -> None:
    assert given(*READY).when(LOSE) == [
        *LOST,
        suspended("2022-03-01", "entitlement", "a statistic was revised"),
    ]


def test_the_end_of_the_entitlement_leaves_alone_what_began_before() -> None:
    assert given(*IN_FORCE).when(LOSE) == [*LOST]


def test_the_end_of_the_entitlement_suspends_what_would_begin_after_it() -> None:
    later = but(GRANTED, effective_from="2022-03-01")
    assert given(*READY, later).when(LOSE) == [
        *LOST,
        suspended("2022-03-01", "entitlement", "a statistic was revised"),
    ]


def test_nothing_is_granted_for_a_day_after_the_entitlement_ended() -> None:
    gone = (*READY, *LOST, suspended("2022-03-01", "entitlement", "a statistic was revised"))
    why = ended("2022-03-01", "a statistic was revised")
    late = but(GRANT, step=step("2022-03-01"))
    assert given(*gone).refused(late) == ("step.taken_on", why)
    assert given(*gone).refused(but(GRANT, effective_from="2022-03-01")) == ("effective_from", why)


def test_what_was_granted_before_the_entitlement_ended_can_be_entered_afterwards() -> None:
    gone = (*READY, *LOST, suspended("2022-03-01", "entitlement", "a statistic was revised"))
    assert given(*gone).when(GRANT) == [GRANTED]


def test_an_entitlement_that_comes_back_resumes_what_waited_for_it() -> None:
    gone = (*READY, *LOST, suspended("2022-03-01", "entitlement", "a statistic was revised"))
    assert given(*gone).when(EARN_AGAIN) == [EARNED_AGAIN, resumed("2022-06-01")]


def test_an_entitlement_by_another_text_resumes_nothing() -> None:
    gone = (*READY, *LOST, suspended("2022-03-01", "entitlement", "a statistic was revised"))
    other = but(
        EARN_AGAIN.verdict.earned[0], policy=but(EARNED.entitlement.policy, content_hash="other")
    )
    verdict = but(EARN_AGAIN.verdict, earned=[other])
    assert given(*gone).when(but(EARN_AGAIN, verdict=verdict)) == [
        but(EARNED_AGAIN, entitlement=other)
    ]


def test_a_history_that_cannot_be_is_not_read() -> None:
    with pytest.raises(CorruptHistory):
        given(EARNED, GRANTED).when(APPLY)

"""A plan goes its way step by step, bound by the document that agreed to it."""

import pytest
from google.protobuf.message import Message

from services.evaluation.plan.decider import PLAN
from services.kernel.decision import event_type
from services.kernel.errors import CorruptHistory
from services.kernel.reasons import Told, Why
from tests.evaluation.plan import story
from tests.evaluation.plan.story import (
    AGREE,
    AGREED,
    AMEND,
    AMENDED,
    APPROVE,
    APPROVED,
    ASSESS,
    ASSESSED,
    COPIED,
    COPY,
    DEPARTMENTS,
    DRAFT,
    DRAFTED,
    ISSUE,
    ISSUED,
    PARK_RULES,
    RECIPIENTS,
    RECOMMEND,
    RECOMMENDED,
    REVISE,
    REVISED,
    RULES_2019,
    SUPERSEDE,
    SUPERSEDED,
    ZONE_RULES,
    step,
)
from tests.spec import but, of
from zoneledger.evaluation.v1.plan_events_pb2 import PlanState

given = of(PLAN).given

UNDER_ASSESSMENT = (DRAFTED, RECOMMENDED, ASSESSED)
IN_PRINCIPLE = (*UNDER_ASSESSMENT, AGREED)
IN_FORCE = (*IN_PRINCIPLE, REVISED, ISSUED)
OF_A_PARK = (*UNDER_ASSESSMENT, but(AGREED, rules=PARK_RULES))
BY_2019 = (
    *UNDER_ASSESSMENT,
    but(AGREED, rules=RULES_2019, support_by=None),
)


def _elsewhere(command: Message) -> Message:
    """The step, by another document."""
    return but(story.step_of(command), document="another document")


def differs(state: str, told: str, standing: Message) -> tuple[str, Told]:
    return "step", Why.PLAN_STEP_DIFFERS(
        unit="hebi",
        plan="145",
        state=state,
        step=told,
        standing_on=standing.step.taken_on,  # type: ignore[attr-defined]  # Every event has one.
        standing_document=standing.step.document or "none",  # type: ignore[attr-defined]
    )


def out_of_order(state: str, told: str, needed: str) -> tuple[str, Told]:
    return "step", Why.PLAN_STEP_OUT_OF_ORDER(
        unit="hebi", plan="145", state=state, step=told, needed=needed
    )


# The way.


def test_a_plan_is_drafted_recommended_assessed_agreed_to_revised_and_issued() -> None:
    assert given().when(DRAFT) == [DRAFTED]
    assert given(DRAFTED).when(RECOMMEND) == [RECOMMENDED]
    assert given(DRAFTED, RECOMMENDED).when(ASSESS) == [ASSESSED]
    assert given(*UNDER_ASSESSMENT).when(AGREE) == [AGREED]
    assert given(*IN_PRINCIPLE).when(REVISE) == [REVISED]
    assert given(*IN_PRINCIPLE, REVISED).when(ISSUE) == [ISSUED]


def test_a_plan_that_needs_no_revision_is_issued_as_it_was_agreed_to() -> None:
    assert given(*IN_PRINCIPLE).when(ISSUE) == [ISSUED]


def test_a_step_is_not_taken_before_the_ones_before_it() -> None:
    assert given(DRAFTED).refused(AGREE) == out_of_order(
        "drafted", "agreed_in_principle", "under_assessment"
    )
    assert given(*UNDER_ASSESSMENT).refused(ISSUE) == out_of_order(
        "under_assessment", "issued", "agreed_in_principle, in_revision"
    )
    assert given(*IN_PRINCIPLE).refused(COPY) == out_of_order(
        "agreed_in_principle", "copied", "issued, approved"
    )
    assert given(*IN_PRINCIPLE).refused(AMEND) == out_of_order(
        "agreed_in_principle", "amended", "issued, approved"
    )


def test_a_step_that_was_passed_over_is_not_taken_afterwards() -> None:
    assert given(*IN_PRINCIPLE, ISSUED).refused(REVISE) == out_of_order(
        "issued", "in_revision", "agreed_in_principle"
    )


def test_what_is_not_agreed_to_takes_nobodys_place_and_has_nobody_in_its_own() -> None:
    needed = "agreed_in_principle, in_revision, issued, approved"
    assert given(DRAFTED).refused(SUPERSEDE) == out_of_order("drafted", "superseded", needed)


@pytest.mark.parametrize(
    "command", [each for each in story.COMMANDS if each != DRAFT], ids=story.named
)
def test_nothing_happens_to_a_plan_that_nobody_drafted(command: Message) -> None:
    why = Why.PLAN_UNKNOWN(unit="hebi", plan="145")
    assert given().refused(command) == ("step.plan_id", why)


def test_the_plans_of_two_units_are_two_plans_also_under_one_id() -> None:
    other = but(DRAFT, step=but(DRAFT.step, unit_id="baoji"))
    assert (PLAN.stream(DRAFT), PLAN.stream(other)) == ("plan-hebi.145", "plan-baoji.145")


# What repeats, and what contradicts.


@pytest.mark.parametrize(
    ("told", "command"), list(zip(story.EVENTS, story.COMMANDS, strict=True)), ids=story.named
)
def test_saying_a_step_again_changes_nothing_however_far_the_plan_has_come(
    told: Message, command: Message
) -> None:
    events = story.EVENTS
    for end in range(events.index(told) + 1, len(events) + 1):
        assert given(*events[:end]).when(command) == []


@pytest.mark.parametrize(
    ("told", "command"), list(zip(story.EVENTS, story.COMMANDS, strict=True)), ids=story.named
)
def test_a_step_is_not_told_otherwise_once_it_is_recorded(told: Message, command: Message) -> None:
    is_amendment = command == AMEND  # Another document is another amendment.
    fields = {"reason": "another reason"} if is_amendment else {"step": _elsewhere(command)}
    otherwise = but(command, **fields)
    state, word_ = story.STATES[event_type(type(told))]
    events = story.EVENTS[: story.EVENTS.index(told) + 1]
    assert given(*events).refused(otherwise) == differs(state, word_, told)


def test_where_a_report_was_read_makes_no_other_report() -> None:
    sourced = but(DRAFT, step=but(DRAFT.step, source="a letter"), plan=but(DRAFT.plan, source="p2"))
    assert given(DRAFTED).when(sourced) == []


def test_the_same_departments_in_another_order_are_the_same() -> None:
    assert given(*IN_FORCE).when(but(ISSUE, signatories=reversed(DEPARTMENTS))) == []


def test_a_consent_said_again_under_other_rules_binds_the_plan_as_it_was_bound() -> None:
    assert given(*IN_PRINCIPLE).when(but(AGREE, rules=PARK_RULES)) == []


# Days.


def test_a_day_before_the_step_before_is_refused() -> None:
    early = but(AGREE, step=step("2021-03-31", "2021-866"))
    why = Why.PLAN_DAY_TOO_EARLY(
        unit="hebi", plan="145", day="2021-03-31", state="under_assessment", since="2021-04-01"
    )
    assert given(*UNDER_ASSESSMENT).refused(early) == ("step.taken_on", why)


def test_two_steps_may_be_taken_on_one_day() -> None:
    same = but(AGREE, step=step("2021-04-01", "2021-866"))
    assert given(*UNDER_ASSESSMENT).when(same) == [but(AGREED, step=same.step)]


def test_an_unknown_day_excludes_nothing_and_does_not_hide_the_days_before_it() -> None:
    unknown = but(ASSESSED, step=step("", ""))
    assert given(DRAFTED, RECOMMENDED, unknown).when(AGREE) == [AGREED]
    early = but(AGREE, step=step("2021-01-31", "2021-866"))
    field, why = given(DRAFTED, RECOMMENDED, unknown).refused(early)
    assert (field, why.facts["since"]) == ("step.taken_on", "2021-03-01")


def test_copies_go_out_in_any_order_but_not_before_the_plan_is_in_force() -> None:
    later = but(COPIED, step=step("2021-12-20", "抄送函"))
    other = but(COPY, recipient="most", step=step("2021-12-02", "抄送函"))
    assert given(*IN_FORCE, later).when(other) == [but(COPIED, recipient="most", step=other.step)]
    early = but(COPY, step=step("2021-11-30", "抄送函"))
    field, why = given(*IN_FORCE, AMENDED).refused(early)
    assert (field, why.facts["since"]) == ("step.taken_on", ISSUED.step.taken_on)


# What the document asks.


def test_the_plan_of_a_park_is_approved_and_not_issued() -> None:
    assert given(*OF_A_PARK).when(APPROVE) == [APPROVED]
    why = Why.PLAN_COMES_OTHERWISE(
        unit="hebi",
        plan="145",
        policy="2021-866",
        step="issued",
        way="approved",
        clause="plans/approved",
    )
    assert given(*OF_A_PARK).refused(ISSUE) == ("step", why)


def test_the_plan_of_a_zone_is_issued_and_not_approved() -> None:
    field, why = given(*IN_PRINCIPLE).refused(APPROVE)
    assert (field, why.why, why.facts["way"]) == ("step", Why.PLAN_COMES_OTHERWISE, "issued")


def test_every_department_that_the_document_names_signs() -> None:
    first, *others = DEPARTMENTS
    field, why = given(*IN_PRINCIPLE).refused(but(ISSUE, signatories=others))
    assert (field, why.why, why.facts["unsigned"]) == ("signatories", Why.PLAN_NOT_SIGNED, first)


def test_others_may_sign_beside_those_that_must() -> None:
    signed = [*DEPARTMENTS, "provincial_finance"]
    assert given(*IN_PRINCIPLE).when(but(ISSUE, signatories=signed)) == [
        but(ISSUED, signatories=signed)
    ]


def test_by_the_notice_of_2019_the_government_of_the_province_approves_first() -> None:
    issue = but(ISSUE, signatories=[])
    field, why = given(*BY_2019).refused(issue)
    assert (field, why.why) == ("government_approved_on", Why.PLAN_NEEDS_GOVERNMENT)
    approved = but(issue, government_approved_on="2021-11-20", government_document="政府批复")
    [issued] = given(*BY_2019).when(approved)
    assert issued.government_approved_on == "2021-11-20"  # type: ignore[attr-defined]


def test_by_the_notice_of_2021_no_government_is_asked_and_its_approval_is_kept_where_told() -> None:
    told = but(ISSUE, government_approved_on="2021-11-20")
    assert given(*IN_PRINCIPLE).when(told) == [but(ISSUED, government_approved_on="2021-11-20")]


def test_a_government_approves_neither_after_the_issue_nor_before_the_consent() -> None:
    late = but(ISSUE, government_approved_on="2021-12-02")
    why = Why.PLAN_GOVERNMENT_TOO_LATE(
        unit="hebi", plan="145", day="2021-12-02", until="2021-12-01"
    )
    assert given(*IN_PRINCIPLE).refused(late) == ("government_approved_on", why)
    field, early = given(*IN_PRINCIPLE).refused(but(ISSUE, government_approved_on="2021-06-08"))
    assert (field, early.why) == ("government_approved_on", Why.PLAN_DAY_TOO_EARLY)


def test_a_copy_goes_to_whom_the_document_names_and_to_nobody_else() -> None:
    for recipient in RECIPIENTS:
        assert given(*IN_FORCE).when(but(COPY, recipient=recipient)) == [
            but(COPIED, recipient=recipient)
        ]
    field, why = given(*IN_FORCE).refused(but(COPY, recipient="state_council"))
    assert (field, why.why) == ("recipient", Why.PLAN_NO_RECIPIENT)
    assert why.facts["recipients"] == ", ".join(RECIPIENTS)


# Support.


def supported_by(event: Message) -> str:
    """The clause by which support starts with an event."""
    clause: str = event.support_by.clause_id  # type: ignore[attr-defined]  # Only these have it.
    return clause


def test_the_step_with_which_support_starts_says_so_by_its_clause() -> None:
    [agreed] = given(*UNDER_ASSESSMENT).when(AGREE)
    [issued] = given(*IN_PRINCIPLE).when(ISSUE)
    assert (supported_by(agreed), supported_by(issued)) == ("plans/zones-agreed", "")


def test_support_may_start_with_the_issue_where_the_document_says_that() -> None:
    rules = but(ZONE_RULES, support_starts=PlanState.PLAN_STATE_ISSUED)
    [agreed] = given(*UNDER_ASSESSMENT).when(but(AGREE, rules=rules))
    [issued] = given(*UNDER_ASSESSMENT, agreed).when(ISSUE)
    assert (supported_by(agreed), supported_by(issued)) == ("", "plans/zones-agreed")


def test_where_the_document_leaves_the_start_open_no_step_starts_support() -> None:
    [agreed] = given(*UNDER_ASSESSMENT).when(but(AGREE, rules=RULES_2019))
    told = but(ISSUE, signatories=[], government_approved_on="2021-11-20")
    [issued] = given(*UNDER_ASSESSMENT, agreed).when(told)
    assert (supported_by(agreed), supported_by(issued)) == ("", "")


# Versions, and the end.


def test_an_amendment_is_the_next_version_and_keeps_the_former_plan() -> None:
    assert given(*IN_FORCE).when(AMEND) == [AMENDED]
    again = but(AMEND, step=step("2023-05-01", "修订函2"), plan=DRAFT.plan)
    assert given(*IN_FORCE, AMENDED).when(again) == [
        but(AMENDED, step=again.step, plan=DRAFT.plan, former=AMEND.plan, version=3)
    ]


def test_an_earlier_amendment_said_again_changes_nothing() -> None:
    again = but(AMENDED, step=step("2023-05-01", "修订函2"), version=3)
    assert given(*IN_FORCE, AMENDED, again).when(AMEND) == []


def test_another_plan_of_the_unit_takes_its_place_once() -> None:
    assert given(*IN_FORCE).when(SUPERSEDE) == [SUPERSEDED]
    assert given(*IN_PRINCIPLE).when(SUPERSEDE) == [SUPERSEDED]
    by_another = but(SUPERSEDE, superseded_by="155-b")
    ended = (*IN_FORCE, SUPERSEDED)
    assert given(*ended).refused(by_another) == differs("superseded", "superseded", SUPERSEDED)


def test_a_plan_does_not_take_its_own_place() -> None:
    why = Why.PLAN_SUPERSEDES_ITSELF(unit="hebi", plan="145")
    itself = but(SUPERSEDE, superseded_by="145")
    assert given(*IN_FORCE).refused(itself) == ("superseded_by", why)


def test_a_superseded_plan_is_not_amended() -> None:
    ended = (*IN_FORCE, SUPERSEDED)
    assert given(*ended).refused(AMEND) == out_of_order("superseded", "amended", "issued, approved")


def test_a_copy_that_was_owed_is_sent_also_after_another_plan_took_the_place() -> None:
    ended = (*IN_FORCE, SUPERSEDED)
    assert given(*ended).when(COPY) == [COPIED]
    late = but(COPY, step=step("2026-04-01", "抄送函"))
    assert given(*ended).when(late) == [but(COPIED, step=late.step)]
    field, why = given(*ended).refused(but(COPY, step=step("2021-11-30", "抄送函")))
    assert (field, why.facts["since"]) == ("step.taken_on", ISSUED.step.taken_on)


def test_a_plan_that_never_was_in_force_owes_no_copy() -> None:
    ended = (*IN_PRINCIPLE, SUPERSEDED)
    assert given(*ended).refused(COPY) == out_of_order("superseded", "copied", "issued, approved")


# The log.


@pytest.mark.parametrize(
    "events", [(ISSUED,), (DRAFTED, DRAFTED), (*IN_FORCE, AGREED), (*IN_FORCE, SUPERSEDED, AMENDED)]
)
def test_a_history_that_cannot_be_is_not_read(events: tuple[Message, ...]) -> None:
    with pytest.raises(CorruptHistory):
        given(*events).when(DRAFT)


def test_the_document_that_agreed_decides_the_consent_and_no_document_the_other_steps() -> None:
    decided = {type(each): PLAN.policy(each) for each in story.COMMANDS}
    assert decided.pop(type(AGREE)) == ZONE_RULES.policy
    assert set(decided.values()) == {None}

"""A plan is shown as far as it has come by a day, and as far as its reader may see it."""

from collections.abc import Sequence

from google.protobuf.message import Message

from services.evaluation.plan import views
from services.evaluation.service import SERVICE
from services.kernel.decision import Recorded
from services.kernel.words import word
from tests.evaluation.plan import story
from tests.evaluation.plan.story import (
    AGREED,
    AMENDED,
    AMENDED_PLAN,
    ASSESSED,
    COPIED,
    DRAFTED,
    EVENTS,
    ISSUED,
    PLAN,
    RECIPIENTS,
    RECOMMENDED,
    REVISED,
    RULES_2019,
    SUPERSEDED,
    step,
)
from tests.spec import asked, but, learnt
from zoneledger.evaluation.v1.plan_events_pb2 import PlanClause, PlanState, PlanStepCorrected
from zoneledger.evaluation.v1.plan_service_pb2 import PlanStanding, PlanSupportAnswer
from zoneledger.ledger.v1.visibility_pb2 import Visibility

IN_FORCE = (DRAFTED, RECOMMENDED, ASSESSED, AGREED, REVISED, ISSUED)


def plan(*events: Message, as_of: str = "") -> PlanStanding:
    [shown] = shown_of(learnt("2026-11-25", *events), as_of)
    return shown


def shown_of(log: Sequence[Recorded], as_of: str = "", known: str = "") -> list[PlanStanding]:
    return [
        each
        for entries in asked(SERVICE, log, as_of=as_of, known=known)
        for each in views.plans(entries, as_of)
    ]


def state(shown: PlanStanding) -> str:
    return word(PlanState, shown.state)


def seen(visibility: int, *events: Message) -> list[Message]:
    return [each for each in events if SERVICE.visibility(each) <= visibility]


def test_a_plan_shows_every_step_with_its_day_and_its_document() -> None:
    shown = plan(*IN_FORCE)
    assert [(word(PlanState, m.state), m.taken_on, m.document) for m in shown.milestones] == [
        ("drafted", "2021-02-01", ""),
        ("recommended", "2021-03-01", "推荐函"),
        ("under_assessment", "2021-04-01", ""),
        ("agreed_in_principle", "2021-06-09", "2021-866"),
        ("in_revision", "2021-07-01", ""),
        ("issued", "2021-12-01", "印发通知"),
    ]
    assert (shown.name, state(shown), shown.version) == ("units/hebi/plans/145", "issued", 1)


def test_every_recipient_is_outstanding_until_it_has_its_copy() -> None:
    assert list(plan(*IN_FORCE).outstanding) == list(RECIPIENTS)
    copies = [but(COPIED, recipient=each) for each in RECIPIENTS]
    shown = plan(*IN_FORCE, *copies[:2])
    assert list(shown.outstanding) == ["miit", "mnr", "cdb"]
    assert [each.recipient for each in shown.copies if each.is_sent] == ["ndrc", "most"]
    assert list(plan(*IN_FORCE, *copies).outstanding) == []


def test_no_copy_is_outstanding_of_a_plan_that_never_was_in_force() -> None:
    assert list(plan(*IN_FORCE[:-1]).outstanding) == []
    assert list(plan(*IN_FORCE[:-1], SUPERSEDED).outstanding) == []


def test_a_copy_stays_outstanding_after_another_plan_took_the_place_until_it_is_sent() -> None:
    ended = (*IN_FORCE, COPIED, SUPERSEDED)
    assert list(plan(*ended).outstanding) == ["ndrc", "most", "miit", "mnr"]
    others = [but(COPIED, recipient=each) for each in RECIPIENTS if each != "cdb"]
    shown = plan(*ended, *others)
    assert (state(shown), list(shown.outstanding)) == ("superseded", [])


def test_an_amendment_does_not_ask_for_the_copies_again() -> None:
    copies = [but(COPIED, recipient=each) for each in RECIPIENTS]
    shown = plan(*IN_FORCE, *copies, AMENDED)
    assert (list(shown.outstanding), shown.version, shown.plan) == ([], 2, AMENDED_PLAN)


def test_support_is_shown_since_the_step_that_started_it() -> None:
    shown = plan(*IN_FORCE)
    assert (shown.support_since, shown.support_by) == ("2021-06-09", AGREED.support_by)
    assert plan(*IN_FORCE[:3]).support_since == ""


def test_where_the_start_of_support_is_open_the_norm_is_shown_and_no_day() -> None:
    agreed = but(AGREED, rules=RULES_2019, support_by=None)
    shown = plan(*IN_FORCE[:3], agreed, ISSUED)
    assert (shown.support_since, shown.HasField("support_by")) == ("", False)
    assert shown.support_norm_id == "2019-zone-notice/plan-support"


BY_2019 = (*IN_FORCE[:3], but(AGREED, rules=RULES_2019, support_by=None))
ANSWER = PlanSupportAnswer(
    starts=PlanState.PLAN_STATE_ISSUED,
    decided_on="2023-05-01",
    supplement_id="start",
    clause=PlanClause(clause_id="answer", clause_quote="自印发之日起"),
)


def answered(*events: Message) -> PlanStanding:
    """The plan, where it is answered when support starts."""
    [entries] = asked(SERVICE, learnt("2026-11-25", *events))
    [shown] = views.plans(entries, answering=lambda rules: ANSWER)
    return shown


def test_where_the_start_is_answered_support_is_shown_since_the_step_that_the_answer_names() -> (
    None
):
    shown = answered(*BY_2019, ISSUED)
    assert (shown.support_since, shown.support_by) == ("2021-12-01", ANSWER.clause)
    assert shown.support_answer == ANSWER
    assert shown.support_norm_id == "2019-zone-notice/plan-support"


def test_a_plan_is_not_supported_before_it_takes_the_step_that_the_answer_names() -> None:
    shown = answered(*BY_2019)
    assert (shown.support_since, shown.support_answer) == ("", ANSWER)


def test_an_answer_changes_nothing_where_the_document_left_nothing_open() -> None:
    assert answered(*IN_FORCE) == plan(*IN_FORCE)


RIGHT = but(ISSUED, step=step("2021-12-03", "印发通知"))
CORRECTED = PlanStepCorrected(
    step=RIGHT.step,
    former=ISSUED.step,
    corrected_on="2026-06-01",
    document="更正函",
    reason="日期录入有误",
    issued=RIGHT,
)


def test_a_corrected_step_is_shown_as_if_it_had_been_entered_so() -> None:
    shown, right = plan(*IN_FORCE, CORRECTED), plan(*IN_FORCE[:-1], RIGHT)
    assert (shown.corrections, shown.corrected_on) == (1, "2026-06-01")
    assert but(shown, corrections=0, corrected_on="") == right
    for as_of in ("2021-12-02", "2021-12-03"):
        shown = plan(*IN_FORCE, CORRECTED, as_of=as_of)
        right = plan(*IN_FORCE[:-1], RIGHT, as_of=as_of)
        assert but(shown, corrections=0, corrected_on="") == right


def test_a_step_that_was_entered_too_late_is_shown_from_its_right_day_on() -> None:
    late = but(ISSUED, step=step("2022-12-03", "印发通知"))
    corrected = but(CORRECTED, former=late.step)
    shown = plan(*IN_FORCE[:-1], late, corrected, as_of="2021-12-03")
    assert (state(shown), shown.milestones[-1].taken_on) == ("issued", "2021-12-03")


def test_support_follows_the_corrected_day_of_the_step_that_started_it() -> None:
    right = but(AGREED, step=step("2021-06-11", "2021-866"))
    corrected = but(
        CORRECTED, step=right.step, former=AGREED.step, issued=None, agreed_in_principle=right
    )
    shown = plan(*IN_FORCE[:4], corrected)
    assert (shown.support_since, len(shown.milestones)) == ("2021-06-11", 4)


def test_what_was_believed_before_a_correction_can_still_be_asked() -> None:
    log = [*learnt("2022-01-10", *IN_FORCE), *learnt("2026-06-01", CORRECTED)]
    [then], [now] = shown_of(log, known="2026-05-31"), shown_of(log, known="2026-06-01")
    assert [each.milestones[-1].taken_on for each in (then, now)] == ["2021-12-01", "2021-12-03"]
    assert (then.etag, now.etag) == ("decision-of-2022-01-10", "decision-of-2026-06-01")


def test_the_correction_of_a_copy_in_between_makes_it_another_plan_to_look_at() -> None:
    right = but(COPIED, step=step("2021-12-16", "抄送函"))
    corrected = but(CORRECTED, step=right.step, former=COPIED.step, issued=None, copied=right)
    other = but(COPIED, recipient="most")
    log = [*learnt("2022-01-10", *IN_FORCE, COPIED, other), *learnt("2026-06-01", corrected)]
    [shown] = shown_of(log)
    sent = {each.recipient: each.sent_on for each in shown.copies if each.is_sent}
    assert sent == {"most": "2021-12-15", "cdb": "2021-12-16"}
    assert shown.etag == "decision-of-2026-06-01"


def test_a_correction_is_told_to_whom_the_step_was_told() -> None:
    revised = but(CORRECTED, former=REVISED.step, issued=None, revised=REVISED)
    assert SERVICE.visibility(CORRECTED) == Visibility.VISIBILITY_PUBLIC
    assert SERVICE.visibility(revised) == Visibility.VISIBILITY_SUBJECT


def test_a_plan_is_shown_as_it_stood_on_a_day() -> None:
    days = {
        "2021-02-28": "drafted",
        "2021-06-08": "under_assessment",
        "2021-06-09": "agreed_in_principle",
        "2021-11-30": "in_revision",
        "2021-12-01": "issued",
        "2026-03-01": "superseded",
    }
    assert {day: state(plan(*EVENTS, as_of=day)) for day in days} == days
    assert shown_of(learnt("2026-11-25", *EVENTS), "2021-01-31") == []


def test_what_was_learnt_later_was_not_known_before() -> None:
    log = [*learnt("2021-06-21", *IN_FORCE[:4]), *learnt("2022-01-10", REVISED, ISSUED)]
    [then], [now] = shown_of(log, known="2021-12-31"), shown_of(log, known="2022-01-10")
    assert (state(then), state(now)) == ("agreed_in_principle", "issued")


def test_a_step_of_an_unknown_day_counts_once_the_steps_before_it_do() -> None:
    revised = but(REVISED, step=step("", ""))
    events = (*IN_FORCE[:4], revised, ISSUED)
    assert state(plan(*events, as_of="2021-04-01")) == "under_assessment"
    assert state(plan(*events, as_of="2021-06-09")) == "in_revision"


def test_what_is_prepared_is_told_to_the_unit_and_what_is_agreed_to_everybody() -> None:
    assert seen(Visibility.VISIBILITY_PUBLIC, *EVENTS) == [
        AGREED,
        ISSUED,
        COPIED,
        AMENDED,
        SUPERSEDED,
    ]
    assert seen(Visibility.VISIBILITY_SUBJECT, *EVENTS) == list(EVENTS)


def test_whoever_sees_the_public_alone_knows_a_plan_from_the_consent_on() -> None:
    public = Visibility.VISIBILITY_PUBLIC
    assert shown_of(learnt("2021-05-01", *seen(public, *IN_FORCE[:3]))) == []
    shown = plan(*seen(public, *IN_FORCE[:5]))
    assert (state(shown), shown.plan) == ("agreed_in_principle", PLAN)
    assert [word(PlanState, each.state) for each in shown.milestones] == ["agreed_in_principle"]


def test_the_plans_of_a_unit_are_shown_by_their_ids() -> None:
    other = but(DRAFTED, step=but(DRAFTED.step, plan_id="135"))
    shown = shown_of(learnt("2021-05-01", DRAFTED, other))
    assert [each.plan_id for each in shown] == ["135", "145"]


def test_an_event_is_about_the_plan_that_it_names() -> None:
    assert all(views.is_about(each, {"plan": "145"}) for each in EVENTS)
    assert not any(views.is_about(each, {"plan": "155"}) for each in EVENTS)


def test_every_event_is_told_in_two_languages_with_its_plan_and_its_day() -> None:
    for event in (*EVENTS, story.APPROVED, CORRECTED):
        told, day = SERVICE.tell(event), story.step_of(event).taken_on
        assert "hebi" in told.zh
        assert day in told.zh
        assert day in told.en
        assert "145 of hebi" in told.en

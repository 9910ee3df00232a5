"""A round as of a day, as known at a moment, and as each reader may see it."""

from collections.abc import Sequence
from datetime import date, timedelta
from functools import partial
from typing import Any

import pytest
from google.protobuf.message import Message
from hypothesis import given, settings
from hypothesis import strategies as st

from services.evaluation.round import views
from services.evaluation.round.reading import read
from services.evaluation.service import SERVICE
from services.kernel.decision import Recorded
from services.kernel.viewer import OPERATOR, Viewer
from tests.rounds import (
    ASSESSED,
    CLOSE_ROUND,
    COLLECTED,
    DISMISS_UNIT,
    FREEZE,
    HASH,
    NOTICE,
    OPEN_ROUND,
    OPENED,
    PROPOSED,
    PUBLISHED,
    SIGNED,
    admit,
    declare,
    events,
    report,
)
from tests.spec import asked, but, learnt
from zoneledger.evaluation.v1 import round_events_pb2 as told
from zoneledger.evaluation.v1.events_pb2 import Grade
from zoneledger.evaluation.v1.round_commands_pb2 import (
    CorrectResult,
    DecideObjection,
    LodgeObjection,
    RecogniseBonus,
    WithdrawBonus,
)
from zoneledger.evaluation.v1.round_service_pb2 import ResultStanding, RoundStage, RoundStanding
from zoneledger.ledger.v1.visibility_pb2 import Visibility

LEVELS = PUBLIC, SUBJECT, INTERNAL = (
    Visibility.VISIBILITY_PUBLIC,
    Visibility.VISIBILITY_SUBJECT,
    Visibility.VISIBILITY_INTERNAL,
)
ANYBODY = Viewer("anybody", PUBLIC, None)
XIANGTAN = Viewer("xiangtan", PUBLIC, None, frozenset({"xiangtan"}))
ZHUZHOU = Viewer("zhuzhou", PUBLIC, None, frozenset({"zhuzhou"}))
NINGDONG = Viewer("ningdong", PUBLIC, None, frozenset({"ningdong"}))
BONUS = RecogniseBonus(
    round=2020,
    unit_id="zhuzhou",
    bonus_id="commendation",
    circular_id="2021-17",
    circular_issued_on="2021-01-20",
    recognised_on="2021-02-01",
)
WITHDRAW = WithdrawBonus(
    round=2020, unit_id="zhuzhou", bonus_id="commendation", withdrawn_on="2021-03-01"
)
OBJECTION = LodgeObjection(
    round=2020, objection_id="first", unit_id="zhuzhou", lodged_on="2021-04-25"
)
LATE = report("zhuzhou", "9.9", "3.00", on="2021-04-26")
DECIDE = DecideObjection(
    round=2020,
    objection_id="first",
    is_upheld=True,
    decided_by="ndrc",
    decided_on="2021-04-27",
    admitted=["growth"],
)
CORRECT = CorrectResult(
    round=2020,
    unit_id="zhuzhou",
    grade=Grade.GRADE_EXCELLENT,
    corrected_on="2021-08-01",
    document="更正通知",
    reason="采用修订数",
)
DOWN = but(CORRECT, grade=Grade.GRADE_QUALIFIED)
UP = but(CORRECT, unit_id="ningdong")


def log(*commands: Message) -> list[Recorded]:
    """What a log learnt of a round in the summer of 2021, and of what came later in August."""
    first = [each for each in commands if not isinstance(each, CorrectResult)]
    before, after = events(*first), events(*commands)[len(events(*first)) :]
    return [*learnt("2021-06-10", *before), *learnt("2021-08-02", *after)]


def seen(
    by: Viewer, entries: Sequence[Recorded], unit: str, as_of: str = "", known: str = ""
) -> list[Recorded]:
    """What there is for a reader about a unit, or about the rounds."""
    shown = [
        entry._replace(event=SERVICE.veiled(entry.event, partial(by.sees, unit)))
        for entry in entries
        if by.sees(SERVICE.subject(entry.event), SERVICE.visibility(entry.event))
    ]
    return [
        each for part in asked(SERVICE, shown, unit=unit, as_of=as_of, known=known) for each in part
    ]


def round_(
    *commands: Message, by: Viewer = OPERATOR, as_of: str = "", known: str = ""
) -> RoundStanding:
    [standing] = views.rounds(seen(by, log(*commands), views.ROUNDS, as_of, known), 2020)
    return standing


def result(
    unit: str, *commands: Message, by: Viewer = OPERATOR, as_of: str = "", known: str = ""
) -> ResultStanding | None:
    entries = seen(by, log(*commands), unit, as_of, known)
    return next(iter(views.results(entries, 2020, as_of)), None)


# How far it has come.


@pytest.mark.parametrize(
    ("commands", "stage"),
    [
        ([OPEN_ROUND], "OPEN"),
        (OPENED, "COLLECTING"),
        (COLLECTED, "COLLECTED"),
        (PROPOSED, "PROPOSED"),
        ([*PROPOSED, NOTICE], "NOTICED"),
        (PUBLISHED, "PUBLISHED"),
        ([*PUBLISHED, CLOSE_ROUND], "CLOSED"),
    ],
)
def test_a_round_is_as_far_as_its_last_step(commands: list[Message], stage: str) -> None:
    assert round_(*commands).stage == RoundStage.Value(f"ROUND_STAGE_{stage}")


def test_a_round_is_as_far_as_it_was_on_the_day() -> None:
    days = ["2021-01-10", "2021-01-20", "2021-03-31", "2021-04-20", "2021-04-21", "2021-06-09"]
    stages = [round_(*PUBLISHED, as_of=day).stage for day in days]
    assert stages == list(range(1, 7))


def test_before_its_opening_and_before_the_log_learnt_of_it_there_is_no_round() -> None:
    for as_of, known in (("2021-01-09", ""), ("", "2021-06-09")):
        entries = seen(OPERATOR, log(*PUBLISHED), views.ROUNDS, as_of, known)
        assert views.rounds(entries, 2020) == []


def test_a_round_is_found_by_its_year_and_the_oldest_comes_first() -> None:
    others = events(but(OPEN_ROUND, round=2019))
    entries = seen(OPERATOR, [*log(*PUBLISHED), *learnt("2021-09-01", *others)], views.ROUNDS)
    assert [each.round for each in views.rounds(entries, 0)] == [2019, 2020]
    assert [each.name for each in views.rounds(entries, 2019)] == ["rounds/2019"]
    assert views.rounds(entries, 2021) == []


def test_inside_the_round_shows_reviews_experts_proposal_and_signatures() -> None:
    standing = round_(*SIGNED)
    assert [each.province for each in standing.reviews] == ["湖南", "宁夏"]
    assert len(standing.assessment.panel.points) == 3
    assert standing.proposed.results_hash == HASH
    assert [each.issuer for each in standing.signatures] == ["ndrc", "most"]


def test_what_was_taken_back_is_shown_as_proposed_no_more_and_until_then_it_is() -> None:
    taken_back = [*SIGNED, but(BONUS, recognised_on="2021-05-11")]
    standing = round_(*taken_back)
    assert not standing.HasField("proposed")
    assert not standing.signatures
    assert standing.taken_back_on == "2021-05-11"
    assert standing.stage == RoundStage.ROUND_STAGE_COLLECTED
    before = round_(*taken_back, as_of="2021-05-10")
    assert before.proposed.results_hash == HASH
    assert (before.taken_back_on, len(before.signatures)) == ("", 2)
    assert round_(*taken_back, by=ANYBODY) == round_(*SIGNED, by=ANYBODY)


def test_outside_nobody_sees_more_of_the_round_than_its_public_steps() -> None:
    standing = round_(*SIGNED, by=ANYBODY)
    assert standing.stage == RoundStage.ROUND_STAGE_NOTICED
    shown = {field.name for field, _ in standing.ListFields()}
    assert shown == {
        "name",
        "round",
        "stage",
        "opened",
        "collection_closed_on",
        "notice",
        "recorded_at",
        "decision_id",
    }
    assert round_(*PROPOSED, by=ANYBODY).stage == RoundStage.ROUND_STAGE_COLLECTED


def test_the_rules_are_shown_to_whom_the_freeze_says() -> None:
    commissioned = Viewer("evaluator", SUBJECT, None)
    for viewer, count in ((ANYBODY, 0), (commissioned, 1), (OPERATOR, 1)):
        assert len(views.rule_sets(seen(viewer, log(*OPENED), views.ROUNDS), 2020)) == count
    public = but(FREEZE, visibility=PUBLIC)
    entries = seen(ANYBODY, log(OPEN_ROUND, public), views.ROUNDS)
    [rule_set] = views.rule_sets(entries, 0)
    assert (rule_set.name, rule_set.rule_set.text) == ("ruleSets/2020", public.text)


def test_the_experts_are_known_inside_only_and_with_how_far_their_sheets_have_come() -> None:
    entries = log(*ASSESSED[:-1], declare("assessor-1", "zhuzhou"))
    shown = views.assessors(seen(OPERATOR, entries, views.ROUNDS), 2020)
    assert [each.name for each in shown] == [
        f"rounds/2020/assessors/assessor-{each}" for each in (1, 2, 3)
    ]
    first = shown[0]
    assert [*first.assessor.conflicts] == ["zhuzhou"]
    assert first.HasField("sealed")
    assert first.HasField("opened")
    assert not first.HasField("dismissed")
    for viewer in (ANYBODY, XIANGTAN):
        assert views.assessors(seen(viewer, entries, views.ROUNDS), 2020) == []


# The data of a unit.


def test_of_a_unit_that_was_dismissed_and_admitted_again_no_former_report_counts() -> None:
    dismissed = but(DISMISS_UNIT, unit_id="zhuzhou", dismissed_on="2021-03-02")
    again = but(admit("zhuzhou"), admitted_on="2021-03-03")
    revised = report("zhuzhou", "7.5", "3.50", on="2021-03-10")
    before = [*COLLECTED[:8], dismissed, again]
    for growth in views.observations(seen(OPERATOR, log(*before), "zhuzhou"), 2020):
        assert not growth.HasField("observation")
        assert len(growth.former) == 1
    growth, _ = views.observations(seen(OPERATOR, log(*before, revised), "zhuzhou"), 2020)
    assert (growth.observation.value, growth.reported_on) == ("7.5", "2021-03-10")
    assert [each.value for each in growth.former] == ["7.0"]


def test_what_was_reported_before_and_late_stands_beside_what_counts() -> None:
    revised = report("zhuzhou", "7.5", "3.00", on="2021-03-10")
    entries = log(*COLLECTED[:8], revised, *COLLECTED[8:], LATE)
    growth, unemployment = views.observations(seen(OPERATOR, entries, "zhuzhou"), 2020)
    assert growth.name == "units/zhuzhou/observations/2020.growth"
    assert growth.observation.value == "7.5"
    assert [each.value for each in growth.former] == ["7.0"]
    assert [each.value for each in growth.late] == ["9.9"]
    assert (unemployment.observation.value, unemployment.reported_on) == ("3.00", "2021-03-01")


def test_what_counted_on_a_day_can_be_asked_after_a_revision() -> None:
    revised = report("zhuzhou", "7.5", "3.00", on="2021-03-10")
    entries = seen(OPERATOR, log(*COLLECTED[:8], revised), "zhuzhou", as_of="2021-03-09")
    assert views.observations(entries, 2020)[0].observation.value == "7.0"


def test_what_an_objection_lets_in_counts_from_the_decision() -> None:
    entries = log(*PROPOSED, NOTICE, OBJECTION, LATE, DECIDE)
    growth, _ = views.observations(seen(OPERATOR, entries, "zhuzhou"), 2020)
    assert (growth.observation.value, growth.reported_on) == ("9.9", "2021-04-27")
    assert [each.value for each in growth.former] == ["7.0"]
    assert not growth.late
    before = seen(OPERATOR, entries, "zhuzhou", as_of="2021-04-26")
    assert views.observations(before, 2020)[0].observation.value == "7.0"


def test_a_unit_sees_its_own_data_bonuses_and_objections_and_nobody_elses() -> None:
    entries = log(*OPENED, *COLLECTED[2:], BONUS, WITHDRAW, *PROPOSED[11:], NOTICE, OBJECTION)
    of_zhuzhou = seen(ZHUZHOU, entries, "zhuzhou")
    assert len(views.observations(of_zhuzhou, 2020)) == 2
    [bonus] = views.bonuses(of_zhuzhou, 2020)
    assert (bonus.name, bonus.withdrawn.withdrawn_on) == (
        "units/zhuzhou/bonuses/2020.commendation",
        "2021-03-01",
    )
    [objection] = views.objections(of_zhuzhou, 2020)
    assert objection.name == "units/zhuzhou/objections/2020.first"
    for viewer in (ANYBODY, XIANGTAN):
        others = seen(viewer, entries, "zhuzhou")
        assert views.observations(others, 2020) == []
        assert views.bonuses(others, 2020) == []
        assert views.objections(others, 2020) == []


def test_a_bonus_stands_until_it_is_withdrawn() -> None:
    entries = seen(OPERATOR, log(*COLLECTED, BONUS, WITHDRAW), "zhuzhou", as_of="2021-02-28")
    [bonus] = views.bonuses(entries, 0)
    assert not bonus.HasField("withdrawn")


def test_an_objection_is_open_until_it_is_decided() -> None:
    entries = log(*PROPOSED, NOTICE, OBJECTION, LATE, DECIDE)
    [open_] = views.objections(seen(OPERATOR, entries, "zhuzhou", as_of="2021-04-26"), 2020)
    [decided] = views.objections(seen(OPERATOR, entries, "zhuzhou"), 2020)
    assert not open_.HasField("decided")
    assert decided.decided.is_upheld
    assert views.objections(seen(OPERATOR, entries, "zhuzhou"), 2021) == []


def test_a_score_is_known_inside_only_until_a_result_shows_it() -> None:
    entries = log(*PUBLISHED)
    [score] = views.scores(seen(OPERATOR, entries, "zhuzhou"), 2020)
    assert (score.name, score.is_complete) == ("units/zhuzhou/scores/2020", True)
    for viewer in (ANYBODY, XIANGTAN, ZHUZHOU):
        assert views.scores(seen(viewer, entries, "zhuzhou"), 2020) == []


def test_a_correction_that_calculated_anew_is_the_score_from_the_publication_on() -> None:
    correct = but(CORRECT, admitted=["growth"])
    entries = log(*PUBLISHED, LATE, correct)
    published, corrected = (
        shown.score.score_micro
        for each in ([], [LATE, correct])
        if (shown := result("zhuzhou", *PUBLISHED, *each)) is not None
    )
    assert published != corrected
    for as_of, micro, day in (
        ("", corrected, "2021-08-01"),
        ("2021-06-09", corrected, "2021-08-01"),
        ("2021-06-08", published, "2021-04-18"),
    ):
        [score] = views.scores(seen(OPERATOR, entries, "zhuzhou", as_of), 2020, as_of)
        assert (score.score.score_micro, score.calculated_on) == (micro, day)
    [known] = views.scores(seen(OPERATOR, entries, "zhuzhou", known="2021-08-01"), 2020)
    assert known.score.score_micro == published


def test_a_correction_tells_no_score_to_whom_none_was_told() -> None:
    entries = log(*PUBLISHED, LATE, but(CORRECT, admitted=["growth"]))
    for viewer in (ANYBODY, XIANGTAN, ZHUZHOU):
        assert views.scores(seen(viewer, entries, "zhuzhou"), 2020) == []


# Results; case 22: a city is told what the public is not.


def test_the_public_sees_a_public_grade_without_score_and_rank() -> None:
    shown = result("xiangtan", *PUBLISHED, by=ANYBODY)
    assert shown is not None
    assert shown.standing.grade == Grade.GRADE_EXCELLENT
    assert not shown.HasField("score")
    assert (shown.standing.score_micro, shown.standing.rank) == (0, 0)


def test_a_city_sees_the_score_of_its_own_grade_and_no_rank_that_is_internal() -> None:
    own = result("xiangtan", *PUBLISHED, by=XIANGTAN)
    assert own is not None
    assert own.score.score_micro == own.standing.score_micro == 900_000
    assert own.standing.rank == 0
    assert result("xiangtan", *PUBLISHED, by=ZHUZHOU) == result("xiangtan", *PUBLISHED, by=ANYBODY)


def test_a_grade_that_is_not_public_is_told_to_its_own_unit_alone() -> None:
    own = result("ningdong", *PUBLISHED, by=NINGDONG)
    assert own is not None
    assert own.standing.grade == Grade.GRADE_POOR
    assert not own.HasField("score")
    for viewer in (ANYBODY, XIANGTAN, ZHUZHOU):
        assert result("ningdong", *PUBLISHED, by=viewer) is None


def test_how_a_grade_came_about_is_seen_inside_only() -> None:
    inside, own = (result("xiangtan", *PUBLISHED, by=each) for each in (OPERATOR, XIANGTAN))
    assert inside is not None
    assert own is not None
    assert inside.standing.grade_by_cut == Grade.GRADE_EXCELLENT
    assert (inside.standing.rank, own.standing.grade_by_cut) == (1, 0)


def test_a_corrected_result_counts_from_its_publication_and_was_not_known_before() -> None:
    corrected = [*PUBLISHED, CORRECT]
    for as_of in ("", "2021-06-09", "2021-07-31"):
        shown = result("zhuzhou", *corrected, as_of=as_of)
        assert shown is not None
        assert (shown.standing.grade, shown.published_on, shown.corrections) == (
            Grade.GRADE_EXCELLENT,
            "2021-06-09",
            1,
        )
    before = result("zhuzhou", *corrected, known="2021-08-01")
    assert before is not None
    assert (before.standing.grade, before.corrections) == (Grade.GRADE_GOOD, 0)
    assert result("zhuzhou", *corrected, as_of="2021-06-08") is None


def test_a_correction_of_what_was_hidden_does_not_tell_what_it_was() -> None:
    inside: Any = log(*PUBLISHED, UP)[-1].event
    assert inside.former.grade == Grade.GRADE_POOR
    [shown] = [e.event for e in seen(ANYBODY, log(*PUBLISHED, UP), "ningdong")][-1:]
    assert isinstance(shown, told.ResultCorrected)
    assert not shown.HasField("former")
    own: Any = seen(NINGDONG, log(*PUBLISHED, UP), "ningdong")[-1].event
    assert own.former.grade == Grade.GRADE_POOR
    assert own.former.score_micro == 0


def test_who_may_not_see_a_correction_is_answered_as_if_it_had_never_been() -> None:
    down, published = [*PUBLISHED, DOWN], PUBLISHED
    assert result("zhuzhou", *down, by=ANYBODY) == result("zhuzhou", *published, by=ANYBODY)
    own = result("zhuzhou", *down, by=ZHUZHOU)
    assert own is not None
    assert own.standing.grade == Grade.GRADE_QUALIFIED


# Every event.


def test_every_event_of_a_round_has_its_day_and_who_may_see_it() -> None:
    for entry in log(*PUBLISHED, CORRECT, CLOSE_ROUND):
        assert SERVICE.occurred_on(entry.event) >= "2021-01-10"
        assert SERVICE.visibility(entry.event) in LEVELS


def test_what_is_said_of_a_unit_stands_under_it_and_the_rest_under_the_rounds() -> None:
    for entry in log(*PUBLISHED, CORRECT, CLOSE_ROUND):
        own = getattr(entry.event, "unit_id", "") or getattr(
            getattr(entry.event, "standing", None), "unit_id", ""
        )
        assert SERVICE.subject(entry.event) == (own or views.ROUNDS)


def test_no_reader_outside_sees_an_expert_a_sheet_a_proposal_a_veto_or_a_signature() -> None:
    kept = {
        told.AssessorAppointed,
        told.AssessorDismissed,
        told.SheetSealed,
        told.SheetOpened,
        told.ExpertsAssessed,
        told.ScoreCalculated,
        told.ResultsProposed,
        told.UnitVetoed,
        told.VetoLifted,
        told.ResultsSigned,
        told.ResultsTakenBack,
        told.ProvinceReviewed,
    }
    assert {SERVICE.visibility(each()) for each in kept} == {INTERNAL}


# Any day, and any moment.

PUBLISHED_ON, DAYS = date(2021, 6, 9), 120
GRADES = [Grade.GRADE_EXCELLENT, Grade.GRADE_GOOD, Grade.GRADE_QUALIFIED, Grade.GRADE_POOR]


def day(number: int) -> str:
    """A day before, at or after the publication."""
    return (PUBLISHED_ON + timedelta(days=number)).isoformat()


@settings(max_examples=100, deadline=None)
@given(
    st.lists(
        st.tuples(st.integers(0, 20), st.integers(0, 20), st.sampled_from(GRADES)), max_size=4
    ),
    st.integers(-5, DAYS),
    st.integers(-5, DAYS),
)
def test_a_result_is_the_last_correction_that_was_known_and_counts_from_its_publication(
    steps: list[tuple[int, int, Grade.ValueType]], as_of: int, known: int
) -> None:
    """Corrections are said for a day and learnt on it or later; neither clock runs back."""
    commands: list[Message] = [*PUBLISHED]
    learnt_on, entries = 0, learnt(day(0), *events(*PUBLISHED))
    expected = [(0, Grade.GRADE_GOOD)]
    for number, (later, wait, grade) in enumerate(steps):
        said_on = learnt_on + later
        learnt_on = said_on + wait
        told_now = but(
            CORRECT,
            corrected_on=day(said_on),
            grade=grade,
            document=f"更正{number}",
            signatories=["ndrc", "most"],
        )
        before = len(events(*commands))
        commands.append(read(told_now))
        entries += learnt(day(learnt_on), *events(*commands)[before:])
        expected.append((learnt_on, grade))
    found = views.results(
        seen(OPERATOR, entries, "zhuzhou", as_of=day(as_of), known=day(known)), 2020, day(as_of)
    )
    past = [grade for when, grade in expected if when <= known]
    if as_of < 0 or not past:
        assert found == []
        return
    [result] = found
    assert (result.standing.grade, result.corrections) == (past[-1], len(past) - 1)

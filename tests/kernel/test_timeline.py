"""An answer holds what the log knew at the moment and what was true by the day, no more."""

from itertools import accumulate
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from services.kernel.decision import Recorded
from services.kernel.timeline import NOW, Question, Timeline
from zoneledger.evaluation.v1.events_pb2 import Honour, HonourAwarded

SUBJECTS = ["", "shijingshan", "tangshan", "xiangtan"]
DAYS = ["", "2020-08-04", "2021-06-09", "2021-06-20", "2021-06-21", "2021-06-22", "2022-08-12"]


def entry(position: int, recorded_ns: int, unit: str, day: str) -> Recorded:
    honour = Honour(honour_id=f"honour-{position}", unit_id=unit, awarded_on=day)
    return Recorded(HonourAwarded(honour=honour), recorded_ns, f"d{position}", position)


def subject(event: Any) -> str:
    return str(event.honour.unit_id)


def day(event: Any) -> str:
    return str(event.honour.awarded_on)


def timeline(log: list[Recorded]) -> Timeline:
    built = Timeline(subject, day)
    for each in log:
        built.add(each)
    return built


def answers(log: list[Recorded], question: Question) -> list[list[Recorded]]:
    return [list(answer) for answer in timeline(log).ask(question)]


@st.composite
def logs(draw: st.DrawFn) -> list[Recorded]:
    """Logs of up to 20 events whose clock stands still or goes on, as a log's clock does."""
    steps = draw(st.lists(st.integers(0, 2), max_size=20))
    return [
        entry(position, recorded_ns, draw(st.sampled_from(SUBJECTS)), draw(st.sampled_from(DAYS)))
        for position, recorded_ns in enumerate(accumulate(steps), start=1)
    ]


QUESTIONS = st.builds(
    Question,
    subject=st.sampled_from(SUBJECTS),
    as_of=st.sampled_from(DAYS),
    known_ns=st.one_of(st.just(NOW), st.integers(-1, 40)),
)


def naive(log: list[Recorded], question: Question) -> list[list[Recorded]]:
    """The same answer by going through the whole log for each unit."""
    answer = []
    for unit in sorted(set(SUBJECTS) - {""}):
        found = [
            each
            for each in log
            if subject(each.event) == unit
            and question.subject in ("", unit)
            and each.recorded_ns <= question.known_ns
            and (question.as_of == "" or day(each.event) <= question.as_of)
        ]
        answer += [found] if found else []
    return answer


@given(logs(), QUESTIONS)
@settings(deadline=None, max_examples=300)
def test_an_answer_is_the_log_filtered_by_both_clocks(
    log: list[Recorded], question: Question
) -> None:
    assert answers(log, question) == naive(log, question)


@given(logs(), QUESTIONS, st.data())
@settings(deadline=None)
def test_an_answer_given_once_is_given_again_however_the_log_grows(
    log: list[Recorded], question: Question, data: st.DataObject
) -> None:
    size = data.draw(st.integers(0, len(log)))
    known_ns = log[size - 1].recorded_ns if size else -1
    then = [each for each in log if each.recorded_ns <= known_ns]
    question = question._replace(known_ns=known_ns)
    assert answers(log, question) == answers(then, question)


def test_a_question_without_limits_is_answered_with_everything() -> None:
    log = [entry(1, 10, "xiangtan", "2021-06-21"), entry(2, 20, "tangshan", "")]
    assert answers(log, Question()) == [[log[1]], [log[0]]]


def test_an_event_holds_on_its_own_day_and_not_the_day_before() -> None:
    log = [entry(1, 10, "xiangtan", "2021-06-21")]
    assert answers(log, Question(as_of="2021-06-20")) == []
    assert answers(log, Question(as_of="2021-06-21")) == [log]


def test_an_event_is_known_at_the_moment_it_was_recorded_and_not_before() -> None:
    log = [entry(1, 10, "xiangtan", "2021-06-21")]
    assert answers(log, Question(known_ns=9)) == []
    assert answers(log, Question(known_ns=10)) == [log]


def test_an_event_of_an_unknown_day_holds_on_every_day() -> None:
    log = [entry(1, 10, "xiangtan", "")]
    assert answers(log, Question(as_of="1949-10-01")) == [log]


def test_an_event_about_nobody_is_left_out() -> None:
    assert answers([entry(1, 10, "", "2021-06-21")], Question()) == []


def test_a_unit_that_nobody_has_heard_of_has_no_answer() -> None:
    assert answers([entry(1, 10, "xiangtan", "")], Question(subject="wuhu")) == []


def test_asking_does_not_make_a_unit_known() -> None:
    built = timeline([entry(1, 10, "xiangtan", "")])
    assert list(built.ask(Question(subject="wuhu"))) == []
    assert [len(answer) for answer in built.ask(Question())] == [1]

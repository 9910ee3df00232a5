"""A case is shown as it stood on the day asked for, with whom it waits for."""

from collections.abc import Sequence

from google.protobuf.message import Message

from services.incentive.case import views
from services.incentive.service import SERVICE
from services.kernel.words import word
from tests.incentive.case.story import (
    APPLIED,
    ATTESTED,
    EARNED,
    FAILED,
    GRANTED,
    IN_FORCE,
    LINES,
    LINES_ATTESTED,
    LOST,
    PLAN_FIRST,
    RECOVERED,
    STOPPED,
    suspended,
)
from tests.notices import POLICIES
from tests.spec import asked, learnt
from zoneledger.incentive.v1.case_events_pb2 import CaseState
from zoneledger.incentive.v1.case_service_pb2 import CaseStanding, PreconditionState
from zoneledger.ledger.v1.visibility_pb2 import Visibility


def standing(events: Sequence[Message], as_of: str = "") -> CaseStanding | None:
    """The case of the story, after these events."""
    told = asked(SERVICE, learnt("2022-12-31", *events), unit="xiangtan", as_of=as_of)
    found = [each for entries in told for each in views.cases(entries, 0, POLICIES)]
    return found[0] if found else None


def state(events: Sequence[Message], as_of: str = "") -> str:
    found = standing(events, as_of)
    return word(CaseState, found.state) if found else ""


def test_a_case_waits_for_whoever_attests_and_then_for_whoever_decides() -> None:
    waiting = standing((EARNED, APPLIED))
    ready = standing((EARNED, APPLIED, ATTESTED, LINES_ATTESTED))
    granted = standing(IN_FORCE)
    assert waiting is not None
    assert ready is not None
    assert granted is not None
    assert (list(waiting.waits_for), list(ready.waits_for)) == (["mnr"], ["mnr"])
    assert list(granted.waits_for) == []


def test_each_precondition_says_how_it_stands() -> None:
    found = standing((EARNED, APPLIED, ATTESTED, FAILED))
    assert found is not None
    assert {
        each.condition.condition_id: word(PreconditionState, each.state)
        for each in found.preconditions
    } == {PLAN_FIRST: "holds", LINES: "fails"}


def test_a_case_is_shown_as_it_stood_on_the_day() -> None:
    days = ("2021-07-31", "2021-08-01", "2021-09-01", "2022-01-10")
    assert [state((*IN_FORCE, STOPPED), day) for day in days] == [
        "",
        "applied",
        "granted",
        "stopped",
    ]


def test_a_case_that_is_suspended_says_why() -> None:
    gone = suspended("2022-03-01", "entitlement", "a statistic was revised")
    found = standing((EARNED, APPLIED, *LOST, gone))
    assert found is not None
    assert (word(CaseState, found.state), word(CaseState, found.before), found.reason) == (
        "suspended",
        "applied",
        "a statistic was revised",
    )


def test_what_was_granted_while_it_could_be_is_granted_on_later_days_too() -> None:
    gone = suspended("2022-03-01", "entitlement", "a statistic was revised")
    events = (EARNED, APPLIED, ATTESTED, LINES_ATTESTED, *LOST, gone, GRANTED)
    assert [state(events, day) for day in ("2021-08-15", "2021-10-01", "2022-04-01")] == [
        "applied",
        "granted",
        "granted",
    ]


def test_what_was_recovered_adds_up() -> None:
    found = standing((*IN_FORCE, STOPPED, RECOVERED, RECOVERED))
    assert found is not None
    assert (found.granted.amount, found.recovered) == (200_000, 100_000)


def test_a_case_is_told_to_its_unit_and_not_to_everybody() -> None:
    assert {SERVICE.visibility(each) for each in IN_FORCE[1:]} == {Visibility.VISIBILITY_SUBJECT}


def test_every_event_is_told_in_chinese_and_english() -> None:
    for event in (*IN_FORCE, FAILED, STOPPED, RECOVERED):
        assert all(SERVICE.tell(event))

"""Streaks and decisions are answered as they stood, to whom they may be told."""

from collections.abc import Sequence
from functools import partial

import pytest
from google.protobuf.message import Message
from hypothesis import given, settings
from hypothesis import strategies as st

from services.evaluation import streak_views, views
from services.evaluation.decider import UNIT
from services.evaluation.service import SERVICE
from services.kernel.decider import fold
from services.kernel.decision import Recorded
from services.kernel.errors import Rejected
from services.kernel.timeline import NOW, Question, answering
from tests.spec import but
from tests.streaks import (
    ADD_A_PARK,
    CITY,
    DECLINE,
    DISQUALIFY,
    INTERNAL,
    PUBLIC,
    REVERSE,
    SUBJECT,
    THREE_EXCELLENT,
    THREE_POOR,
    correct,
    publish,
    review,
)
from zoneledger.evaluation.v1.commands_pb2 import CorrectRating, PublishRating, RegisterUnit
from zoneledger.evaluation.v1.events_pb2 import Grade
from zoneledger.evaluation.v1.service_pb2 import (
    DisqualificationStanding,
    DisqualificationStatus,
    ExpansionRightStatus,
    StreakStatus,
)
from zoneledger.evaluation.v1.streak_events_pb2 import DisqualificationReversed, ZoneDisqualified

REGISTER = RegisterUnit(unit=but(CITY, member_from="2020-01-01"))
REVIEW = review(THREE_POOR)
POOR = [REGISTER, publish(2020, "poor"), publish(2021, "poor"), publish(2022, "poor"), REVIEW]
HIDDEN = [REGISTER, publish(2020, "poor", INTERNAL), *POOR[2:]]


def log(commands: Sequence[Message]) -> list[Recorded]:
    """What the unit's stream holds after these commands; each has a moment of its own."""
    entries: list[Recorded] = []
    for moment_ns, command in enumerate(commands):
        state = fold(UNIT, [entry.event for entry in entries], UNIT.initial)
        try:
            events = UNIT.decide(command, state)
        except Rejected:
            continue
        entries += [Recorded(event, moment_ns, str(moment_ns), moment_ns) for event in events]
    return entries


def seen(entries: Sequence[Recorded], level: int) -> list[Recorded]:
    """What a reader of the level sees of it."""

    def sees(visibility: int) -> bool:
        return (visibility or INTERNAL) <= level

    return [
        entry._replace(event=SERVICE.veiled(entry.event, sees))
        for entry in entries
        if sees(SERVICE.visibility(entry.event))
    ]


def asked(
    entries: Sequence[Recorded], *, as_of: str = "", known_ns: int = NOW
) -> Sequence[Recorded]:
    return answering(entries, Question("", as_of, known_ns), SERVICE.effective_on)


def statuses(entries: Sequence[Recorded]) -> dict[int, int]:
    return {each.streak.round: each.status for each in streak_views.streaks(entries, 0)}


def decided(entries: Sequence[Recorded]) -> DisqualificationStanding:
    [standing] = streak_views.disqualifications(entries)
    return standing


def test_a_streak_is_named_by_its_unit_its_last_year_and_its_rule() -> None:
    names = [each.name for each in streak_views.streaks(log(POOR), 0)]
    assert names == ["units/city/streaks/2021.poor", "units/city/streaks/2022.poor"]
    assert [each.name for each in streak_views.streaks(log(POOR), 2022)] == names[1:]


def test_a_streak_holds_from_the_publication_of_its_last_rating() -> None:
    assert statuses(asked(log(POOR), as_of="2023-06-20")) == {2021: 1}
    assert statuses(asked(log(POOR), as_of="2023-06-21")) == {2021: 1, 2022: 3}


def test_a_streak_that_ended_is_shown_as_ended_and_was_reached_to_who_asks_for_then() -> None:
    entries = log([*POOR, correct(2021, "good"), REVIEW])
    assert statuses(entries)[2022] == StreakStatus.STREAK_STATUS_ENDED
    before = asked(entries, known_ns=len(POOR) - 1)
    assert statuses(before)[2022] == StreakStatus.STREAK_STATUS_REACHED


def test_what_was_proposed_and_decided_last_is_what_stands() -> None:
    stories: dict[int, Sequence[Message]] = {
        DisqualificationStatus.DISQUALIFICATION_STATUS_PROPOSED: [],
        DisqualificationStatus.DISQUALIFICATION_STATUS_PROPOSAL_WITHDRAWN: [
            correct(2021, "good"),
            REVIEW,
        ],
        DisqualificationStatus.DISQUALIFICATION_STATUS_DECLINED: [DECLINE],
        DisqualificationStatus.DISQUALIFICATION_STATUS_DISQUALIFIED: [DISQUALIFY],
        DisqualificationStatus.DISQUALIFICATION_STATUS_REVERSED: [DISQUALIFY, REVERSE],
    }
    for status, then in stories.items():
        assert decided(log([*POOR, *then])).status == status


def test_a_disqualification_without_a_basis_says_so_until_it_has_one_again() -> None:
    lost = [*POOR, DISQUALIFY, correct(2021, "good"), REVIEW]
    assert decided(log(lost)).is_unfounded
    again = [*lost, correct(2021, "poor", corrected_on="2024-01-20"), REVIEW]
    assert not decided(log(again)).is_unfounded
    assert decided(log(again)).document == "决定"


def test_a_disqualified_unit_is_a_member_until_the_day_before_and_again_from_its_return() -> None:
    entries = log([*POOR, DISQUALIFY, REVERSE])
    members = {
        day: bool(views.unit(asked(entries, as_of=day), day))
        for day in ("2024-03-31", "2024-04-01", "2024-06-30", "2024-07-01")
    }
    assert list(members.values()) == [True, False, False, True]
    out = log([*POOR, DISQUALIFY])
    assert [bool(views.unit(out, "", round_)) for round_ in (2024, 2025)] == [True, False]


@pytest.mark.parametrize("level", [PUBLIC, SUBJECT])
def test_a_proposal_is_for_those_who_decide(level: int) -> None:
    assert streak_views.disqualifications(seen(log(POOR), level)) == []


def rounds_told(entries: Sequence[Recorded], type_: type[Message]) -> list[int]:
    """The rounds whose ratings the one event of the type lists."""
    [event] = [each.event for each in entries if isinstance(each.event, type_)]
    assert isinstance(event, ZoneDisqualified | DisqualificationReversed)
    return [each.rating.round for each in event.ratings]


def test_a_decision_is_public_without_the_ratings_and_streaks_that_are_not() -> None:
    entries = log([*HIDDEN, DISQUALIFY, REVERSE])
    for type_ in (ZoneDisqualified, DisqualificationReversed):
        assert rounds_told(seen(entries, PUBLIC), type_) == [2021, 2022]
        assert rounds_told(seen(entries, INTERNAL), type_) == [2020, 2021, 2022]
    out = log([*HIDDEN, DISQUALIFY])
    assert list(decided(seen(out, PUBLIC)).bases) == []
    assert len(decided(seen(out, INTERNAL)).bases) == 1


def test_that_it_was_declined_is_as_hidden_as_the_streaks_behind_it() -> None:
    assert streak_views.disqualifications(seen(log([*HIDDEN, DECLINE]), PUBLIC)) == []
    assert decided(seen(log([*POOR, DECLINE]), PUBLIC)).document == "决定"


def test_case_24_the_rights_of_a_positive_streak_are_gained_used_and_lost() -> None:
    three = [publish(each, "excellent") for each in (2020, 2021, 2022)]
    gained = [REGISTER, *three, review(THREE_EXCELLENT)]
    used = [*gained, ADD_A_PARK]
    lost = [*used, correct(2021, "good"), review(THREE_EXCELLENT)]

    def rights(commands: Sequence[Message]) -> list[tuple[int, str]]:
        [standing] = streak_views.streaks(log(commands), 2022)
        return [(each.status, each.use.chosen) for each in standing.rights]

    status = ExpansionRightStatus
    assert rights(gained) == [(status.EXPANSION_RIGHT_STATUS_GAINED, "")] * 2
    assert rights(used)[0] == (status.EXPANSION_RIGHT_STATUS_USED, "经济开发区")
    assert rights(used)[1] == (status.EXPANSION_RIGHT_STATUS_GAINED, "")
    assert rights(lost)[0] == (status.EXPANSION_RIGHT_STATUS_LOST, "经济开发区")
    assert rights(lost)[1] == (status.EXPANSION_RIGHT_STATUS_LOST, "")


def test_every_event_is_told_in_both_languages() -> None:
    story = [*POOR, DECLINE, publish(2023, "poor"), REVIEW, DISQUALIFY, REVERSE]
    for entry in log(story):
        told = SERVICE.tell(entry.event)
        assert told.zh
        assert told.en


# Invariant 9.5.4: what was known then can be worked out again, and is what was answered then.

GRADES = st.sampled_from(["excellent", "good", "qualified", "poor"])
ROUNDS = st.integers(2020, 2023)
VISIBILITIES = st.sampled_from([PUBLIC, PUBLIC, SUBJECT, INTERNAL])
CHANGES = st.one_of(
    st.builds(publish, ROUNDS, GRADES, VISIBILITIES),
    st.builds(publish, ROUNDS, st.just("poor"), VISIBILITIES),
    st.builds(partial(correct, corrected_on="2025-01-01"), ROUNDS, GRADES, VISIBILITIES),
)
HISTORIES = st.lists(CHANGES, max_size=10).map(
    lambda changes: [REGISTER, *(each for change in changes for each in (change, REVIEW))]
)


def grades_standing(commands: Sequence[Message]) -> dict[int, int]:
    """The grade of each year after these commands, in the plainest way."""
    grades: dict[int, int] = {}
    for command in commands:
        if isinstance(command, PublishRating):
            grades.setdefault(command.rating.round, command.rating.grade)
        if isinstance(command, CorrectRating) and command.rating.round in grades:
            grades[command.rating.round] = command.rating.grade
    return grades


def expected(commands: Sequence[Message]) -> dict[int, int]:
    """What the streaks come to, worked out anew: three poor years, of which two are a warning."""
    grades = grades_standing(commands)
    found: dict[int, int] = {}
    for last in grades:
        years = [
            "?" if year not in grades else "x" if grades[year] == Grade.GRADE_POOR else "-"
            for year in range(last - 2, last + 1)
            if year >= 2020
        ]
        row = "".join(years).rjust(3, "-")
        if row == "xxx":
            found[last] = StreakStatus.STREAK_STATUS_REACHED
        elif "-" not in row:
            found[last] = StreakStatus.STREAK_STATUS_UNDETERMINED
        elif row.endswith("xx"):
            found[last] = StreakStatus.STREAK_STATUS_WARNED
    return found


@given(HISTORIES)
@settings(deadline=None, max_examples=200)
def test_at_every_moment_the_answer_is_what_follows_from_what_was_known_then(
    commands: list[Message],
) -> None:
    entries = log(commands)
    for moment_ns in range(0, len(commands), 2):
        told = statuses(asked(entries, known_ns=moment_ns))
        standing = {last: status for last, status in told.items() if status != 4}
        assert standing == expected(commands[: moment_ns + 1])


@given(HISTORIES, st.data(), st.sampled_from(["", "2021-06-21", "2023-06-21", "2025-01-01"]))
@settings(deadline=None, max_examples=150)
def test_an_answer_of_a_day_and_a_moment_is_the_same_for_ever(
    commands: list[Message], data: st.DataObject, day: str
) -> None:
    length = data.draw(st.integers(1, len(commands)))
    then, now = log(commands[:length]), log(commands)
    for level in (PUBLIC, SUBJECT, INTERNAL):
        before = asked(seen(then, level), as_of=day)
        after = asked(seen(now, level), as_of=day, known_ns=length - 1)
        assert streak_views.streaks(before, 0) == streak_views.streaks(after, 0)
        assert streak_views.disqualifications(before) == streak_views.disqualifications(after)


@given(HISTORIES)
@settings(deadline=None, max_examples=150)
def test_who_sees_every_rating_that_was_looked_at_is_told_what_it_came_to(
    commands: list[Message],
) -> None:
    """Where all ratings are public by now, the public sees the same streaks as everybody."""
    shown = [
        correct(round_, Grade.Name(grade)[6:].lower(), PUBLIC, corrected_on="2025-02-01")  # type: ignore[arg-type]  # any int
        for round_, grade in grades_standing(commands).items()
    ]
    entries = log([*commands, *shown, REVIEW])
    everybody = {last: s for last, s in statuses(seen(entries, PUBLIC)).items() if s != 4}
    insiders = {last: s for last, s in statuses(entries).items() if s != 4}
    assert everybody == insiders

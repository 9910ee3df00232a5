"""The program proposes, a person decides with a document, and a person takes it back."""

from collections.abc import Sequence

import pytest
from google.protobuf.message import Message

from services.evaluation.decider import UNIT
from services.evaluation.streak_changes import StreakTold
from services.evaluation.streak_views import visibility
from services.kernel.decider import fold
from services.kernel.decision import event_type
from services.kernel.errors import CorruptHistory
from services.kernel.reasons import Told, Why
from tests.spec import but, of
from tests.streaks import (
    ADD_A_PARK,
    CITY,
    DECLINE,
    DISQUALIFY,
    INHERIT,
    INTERNAL,
    OPEN_POOR,
    PUBLIC,
    RECOMMEND_A_CITY,
    REVERSE,
    SUBJECT,
    THREE_EXCELLENT,
    THREE_POOR,
    correct,
    publish,
    rating,
    review,
)
from zoneledger.evaluation.v1.commands_pb2 import RegisterUnit
from zoneledger.evaluation.v1.events_pb2 import RatingCorrected, UnitKind, ZoneRatedGood
from zoneledger.evaluation.v1.streak_commands_pb2 import ZoneRating
from zoneledger.evaluation.v1.streak_events_pb2 import (
    DisqualificationBasisLost,
    DisqualificationBasisRestored,
    DisqualificationDeclined,
    DisqualificationProposalWithdrawn,
    DisqualificationProposed,
    DisqualificationReversed,
    ExpansionRightUsed,
    StreakBasis,
    StreakEnded,
    StreakReached,
    StreakWarned,
    ZoneDisqualified,
)
from zoneledger.ledger.v1.gap_pb2 import Gap


def after(*commands: Message) -> list[Message]:
    """The events of the unit's stream after these commands."""
    events: list[Message] = []
    for command in commands:
        events += UNIT.decide(command, fold(UNIT, events, UNIT.initial))
    return events


def led_to(command: Message, *before: Message) -> list[Message]:
    """What the command leads to after these commands."""
    return list(UNIT.decide(command, fold(UNIT, after(*before), UNIT.initial)))


def types(events: Sequence[Message]) -> list[str]:
    return [event_type(event) for event in events]


def streaks_told(command: Message, *before: Message) -> dict[int, str]:
    """What the command tells last of the streaks up to each year."""
    events = led_to(command, *before)
    return {each.streak.round: event_type(each) for each in events if isinstance(each, StreakTold)}


def refused(command: Message, *before: Message) -> tuple[str, Told]:
    return of(UNIT).given(*after(*before)).refused(command)


# A member from 2020 on, so that no year before counts.
REGISTER = RegisterUnit(unit=but(CITY, member_from="2020-01-01"))
REVIEW = review(THREE_POOR)
POOR = [REGISTER, publish(2020, "poor"), publish(2021, "poor"), publish(2022, "poor")]
PROPOSED = [*POOR, REVIEW]
OUT = [*PROPOSED, DISQUALIFY]
BETTER = correct(2021, "good")
BASIS = StreakBasis(round=2022, streak_id="poor", visibility=PUBLIC)


# What a review tells.


def test_a_streak_that_is_reached_is_told_and_a_disqualification_proposed() -> None:
    events = led_to(REVIEW, *POOR)
    assert types(events) == ["streak-warned", "streak-reached", "disqualification-proposed"]
    assert events[-1] == DisqualificationProposed(
        unit_id="city", bases=[BASIS], proposed_on="2024-02-01"
    )


def test_a_review_tells_each_change_once() -> None:
    assert led_to(REVIEW, *PROPOSED) == []
    assert led_to(but(REVIEW, reviewed_on="2025-01-01"), *PROPOSED) == []


def test_a_unit_of_which_there_is_nothing_to_tell_is_told_nothing_of() -> None:
    assert led_to(REVIEW, REGISTER, publish(2020, "good"), publish(2021, "poor")) == []


def test_a_warning_comes_before_the_streak() -> None:
    [warned] = led_to(REVIEW, REGISTER, publish(2020, "poor"), publish(2021, "poor"))
    assert isinstance(warned, StreakWarned)
    assert (warned.streak.round, warned.streak.is_warning) == (2021, True)


def test_case_4_an_open_number_of_years_warns_and_proposes_nothing() -> None:
    events = led_to(review(OPEN_POOR), *POOR)
    assert {*types(events)} == {"streak-warned", "streak-left-undetermined"}
    assert len([each for each in events if isinstance(each, StreakWarned)]) == 2


def test_case_4_no_decision_is_taken_while_the_number_is_open_and_it_is_said_what_is_missing() -> (
    None
):
    field, told = refused(DISQUALIFY, *POOR, review(OPEN_POOR))
    assert (field, told.why) == ("unit_id", Why.DISQUALIFICATION_UNDETERMINED)
    assert told.facts["norms"] == "years"
    assert "2021, 2022" in told.facts["rounds"]
    assert "years" in told.chinese


def test_case_5_no_decision_is_taken_for_want_of_a_grade_and_the_year_is_named() -> None:
    unknown = [REGISTER, publish(2020, "poor"), publish(2022, "poor"), REVIEW]
    field, told = refused(DISQUALIFY, *unknown)
    assert (field, told.why) == ("unit_id", Why.DISQUALIFICATION_UNDETERMINED)
    assert "2021" in told.facts["years"]
    assert "good" not in told


def test_an_answer_turns_what_was_open_into_a_proposal_at_the_next_review() -> None:
    events = led_to(REVIEW, *POOR, review(OPEN_POOR))
    assert types(events)[-2:] == ["streak-reached", "disqualification-proposed"]


def test_without_a_streak_nothing_can_be_decided() -> None:
    for grades in (["good"], ["poor"], ["poor", "poor"], ["poor", "good", "poor"]):
        rated = [publish(2020 + index, grade) for index, grade in enumerate(grades)]
        assert refused(DISQUALIFY, REGISTER, *rated, REVIEW) == (
            "unit_id",
            Why.DISQUALIFICATION_NOT_PROPOSED(unit="city"),
        )


def test_a_unit_that_is_not_registered_has_nothing_to_review_or_to_decide() -> None:
    assert led_to(REVIEW) == []
    for command in (DISQUALIFY, REVERSE, ADD_A_PARK):
        assert refused(command)[1] == Why.UNIT_NOT_REGISTERED(unit="city")


# A person's decision.


def test_a_disqualification_says_by_which_document_from_when_on_and_lists_the_ratings() -> None:
    [event] = led_to(DISQUALIFY, *PROPOSED)
    assert isinstance(event, ZoneDisqualified)
    assert (event.document, event.effective_on) == ("决定", "2024-04-01")
    assert list(event.bases) == [BASIS]
    assert [each.rating.round for each in event.ratings] == [2020, 2021, 2022]


def test_case_2_it_ends_the_membership_of_one_unit_and_names_the_zone_that_goes_on() -> None:
    [event] = led_to(DISQUALIFY, *PROPOSED)
    assert isinstance(event, ZoneDisqualified)
    assert (event.unit_id, event.zone_id) == ("city", "zone")
    assert UNIT.stream(DISQUALIFY) == "unit-city"  # No other unit is touched.


def test_the_same_decision_again_changes_nothing_and_another_one_is_refused() -> None:
    assert led_to(DISQUALIFY, *OUT) == []
    assert refused(but(DISQUALIFY, document="另一决定"), *OUT)[1] == Why.ALREADY_DISQUALIFIED(
        unit="city", since="2024-04-01", document="决定"
    )
    assert refused(DECLINE, *OUT)[1].why == Why.ALREADY_DISQUALIFIED


@pytest.mark.parametrize("field", ["decided_on", "effective_on"])
def test_a_decision_is_not_older_than_what_it_rests_on(field: str) -> None:
    assert refused(but(DISQUALIFY, **{field: "2023-06-20"}), *PROPOSED) == (
        field,
        Why.BEFORE_ITS_BASIS(unit="city", day="2023-06-20", since="2023-06-21"),
    )
    assert led_to(but(DISQUALIFY, **{field: "2023-06-21"}), *PROPOSED) != []


def test_a_proposal_may_be_declined_and_is_not_made_again_for_the_same_streak() -> None:
    assert led_to(DECLINE, *PROPOSED) == [
        DisqualificationDeclined(
            unit_id="city",
            document="决定",
            decided_on="2024-03-01",
            reason="整改到位",
            bases=[BASIS],
        )
    ]
    assert led_to(REVIEW, *PROPOSED, DECLINE) == []
    assert led_to(DECLINE, *PROPOSED, DECLINE) == []


def test_another_poor_year_is_proposed_again() -> None:
    events = led_to(REVIEW, *PROPOSED, DECLINE, publish(2023, "poor"))
    assert types(events) == ["streak-reached", "disqualification-proposed"]


def test_a_disqualified_unit_is_not_rated_for_the_years_after() -> None:
    assert led_to(publish(2024, "poor"), *OUT) != []  # It was a member until April.
    assert refused(publish(2025, "poor"), *OUT) == (
        "round",
        Why.DISQUALIFIED_BEFORE(unit="city", since="2024-04-01", round=2025),
    )


def test_a_rating_of_a_disqualified_unit_says_since_when_it_is() -> None:
    [rated] = led_to(publish(2023, "good"), *OUT)
    assert isinstance(rated, ZoneRatedGood)
    assert rated.disqualified_on == "2024-04-01"
    [corrected] = led_to(BETTER, *OUT)
    assert isinstance(corrected, RatingCorrected)
    assert corrected.disqualified_on == "2024-04-01"
    [before] = led_to(publish(2023, "good"), *PROPOSED)
    assert isinstance(before, ZoneRatedGood)
    assert before.disqualified_on == ""


# Edge cases 7 and 8: corrections.


def test_case_7_a_correction_ends_the_streak_and_withdraws_the_proposal() -> None:
    events = led_to(REVIEW, *PROPOSED, BETTER)
    assert "streak-ended" in types(events)
    assert events[-1] == DisqualificationProposalWithdrawn(
        unit_id="city", withdrawn_on="2024-02-01"
    )
    assert refused(DISQUALIFY, *PROPOSED, BETTER, REVIEW)[1].why == (
        Why.DISQUALIFICATION_NOT_PROPOSED
    )


def test_case_7_a_correction_may_make_a_streak() -> None:
    good = [REGISTER, publish(2020, "poor"), publish(2021, "good"), publish(2022, "poor"), REVIEW]
    events = led_to(REVIEW, *good, correct(2021, "poor"))
    assert types(events)[-2:] == ["streak-reached", "disqualification-proposed"]


def test_case_7_the_same_correction_twice_changes_nothing_the_second_time() -> None:
    once = [*PROPOSED, BETTER, REVIEW]
    assert led_to(BETTER, *once) == []
    assert led_to(REVIEW, *once) == []


def test_case_8_a_disqualification_that_lost_its_basis_stands_and_asks_for_a_decision() -> None:
    events = led_to(REVIEW, *OUT, BETTER)
    assert events[-1] == DisqualificationBasisLost(
        unit_id="city", lost_on="2024-02-01", document="决定"
    )
    assert refused(publish(2025, "good"), *OUT, BETTER, REVIEW)[1].why == Why.DISQUALIFIED_BEFORE


def test_case_8_another_correction_may_give_the_basis_back() -> None:
    worse = correct(2021, "poor", corrected_on="2024-01-20")
    events = led_to(REVIEW, *OUT, BETTER, REVIEW, worse)
    assert isinstance(events[-1], DisqualificationBasisRestored)
    assert led_to(REVIEW, *OUT, BETTER, REVIEW, worse, REVIEW) == []


def test_case_8_a_person_takes_it_back_with_a_document_and_the_gap_is_named() -> None:
    [event] = led_to(REVERSE, *OUT, BETTER, REVIEW)
    assert isinstance(event, DisqualificationReversed)
    assert (event.disqualified_on, event.effective_on) == ("2024-04-01", "2024-07-01")
    assert [each.rating.round for each in event.ratings] == [2020, 2021, 2022]


def test_a_reversal_may_follow_also_while_the_basis_stands_and_is_not_proposed_again() -> None:
    back = [*OUT, REVERSE]
    assert len(led_to(REVERSE, *OUT)) == 1
    assert led_to(REVERSE, *back) == []
    assert led_to(REVIEW, *back) == []
    assert led_to(publish(2025, "good"), *back) != []


def test_what_was_never_decided_cannot_be_taken_back() -> None:
    for before in (POOR, PROPOSED, [*PROPOSED, DECLINE]):
        assert refused(REVERSE, *before) == ("unit_id", Why.NOT_DISQUALIFIED(unit="city"))


def test_a_reversal_is_not_older_than_the_disqualification() -> None:
    assert refused(but(REVERSE, decided_on="2024-02-28"), *OUT)[0] == "decided_on"
    assert refused(but(REVERSE, effective_on="2024-03-31"), *OUT)[0] == "effective_on"


# The time in between: it stays a time of disqualification for all that is told later.

BACK = [*OUT, REVERSE]
GAP = Gap(since="2024-04-01", until="2024-07-01")
# Out for the whole of 2024, and back for 2025.
LONG_BACK = but(REVERSE, effective_on="2025-01-01")
LONG_OUT = [*PROPOSED, but(DISQUALIFY, effective_on="2024-01-01"), LONG_BACK]
WORSE = correct(2021, "poor", corrected_on="2024-01-20")


def test_a_rating_and_a_correction_name_the_times_for_which_the_unit_was_disqualified() -> None:
    for command in (publish(2023, "good"), BETTER):
        [event] = led_to(command, *BACK)
        assert (list(event.gaps), event.disqualified_on) == ([GAP], "")  # type: ignore[attr-defined]
        [before] = led_to(command, *OUT)
        assert (list(before.gaps), before.disqualified_on) == ([], "2024-04-01")  # type: ignore[attr-defined]


def test_a_unit_is_not_rated_for_a_year_for_all_of_which_it_was_disqualified() -> None:
    assert refused(publish(2024, "good"), *LONG_OUT) == (
        "round",
        Why.DISQUALIFIED_MEANWHILE(unit="city", since="2024-01-01", until="2025-01-01", round=2024),
    )
    for round_ in (2023, 2025):
        assert led_to(publish(round_, "good"), *LONG_OUT) != []
    assert led_to(publish(2024, "good"), *BACK) != []  # Out from April to June only.


def test_membership_of_a_part_of_a_year_does_not_help_where_all_of_it_is_in_the_gap() -> None:
    joined = RegisterUnit(unit=but(CITY, member_from="2020-01-01", member_until="2025-03-31"))
    out = but(LONG_BACK, effective_on="2025-04-01")
    told = refused(publish(2025, "good"), *LONG_OUT[:-1], joined, out)[1]
    assert told.why == Why.DISQUALIFIED_MEANWHILE


def test_a_disqualification_does_not_begin_within_an_earlier_one() -> None:
    again = but(DISQUALIFY, document="再次决定", decided_on="2024-06-25", effective_on="2024-06-30")
    story = [*BACK, publish(2023, "poor"), REVIEW]
    assert refused(again, *story) == (
        "effective_on",
        Why.DISQUALIFIED_UNTIL(unit="city", until="2024-07-01", effective_on="2024-06-30"),
    )
    assert led_to(but(again, effective_on="2024-07-01"), *story) != []


def test_a_year_of_disqualification_is_a_miss_and_not_unknown() -> None:
    story = [*LONG_OUT, publish(2023, "poor"), publish(2025, "poor")]
    assert streaks_told(REVIEW, *story) == {2023: "streak-reached"}


def test_a_streak_that_comes_back_after_a_reversal_for_want_of_it_is_proposed_again() -> None:
    lost = [*OUT, BETTER, REVIEW, REVERSE]
    assert led_to(REVIEW, *lost) == []
    again = [*lost, WORSE, REVIEW]
    assert types(led_to(REVIEW, *lost, WORSE))[-1] == "disqualification-proposed"
    anew = but(DISQUALIFY, document="再次决定", decided_on="2024-08-01", effective_on="2024-08-01")
    [event] = led_to(anew, *again)
    assert isinstance(event, ZoneDisqualified)
    back = but(REVERSE, document="再次撤回", decided_on="2024-09-01", effective_on="2024-09-01")
    assert led_to(REVIEW, *again, anew, back) == []  # It stood on its feet: that settles it.


def test_a_streak_that_goes_after_a_reversal_and_comes_back_is_proposed_again() -> None:
    gone = [*BACK, BETTER, REVIEW]
    assert "disqualification-proposed" not in types(led_to(REVIEW, *gone))
    assert types(led_to(REVIEW, *gone, WORSE))[-1] == "disqualification-proposed"
    anew = but(DISQUALIFY, document="再次决定", decided_on="2024-08-01", effective_on="2024-08-01")
    assert types(led_to(anew, *gone, WORSE, REVIEW)) == ["zone-disqualified"]


def test_what_was_declined_stays_so_when_a_later_disqualification_on_it_is_taken_back() -> None:
    late = but(DISQUALIFY, decided_on="2024-08-01", effective_on="2024-08-01")
    back = but(REVERSE, decided_on="2024-09-01", effective_on="2024-09-01")
    more = [*PROPOSED, DECLINE, publish(2023, "poor"), REVIEW, late]
    lost = [*more, BETTER, correct(2023, "good", corrected_on="2024-07-01"), REVIEW, back]
    assert "disqualification-proposed" not in types(led_to(REVIEW, *lost, WORSE))
    again = [*lost, WORSE, correct(2023, "poor", corrected_on="2024-07-02")]
    [*_, proposed] = led_to(REVIEW, *again)
    assert isinstance(proposed, DisqualificationProposed)


def test_what_was_declined_is_not_proposed_again_where_its_streak_goes_and_comes_back() -> None:
    gone = [*PROPOSED, DECLINE, BETTER, REVIEW]
    assert "disqualification-proposed" not in types(led_to(REVIEW, *gone, WORSE))


def test_what_is_to_be_reviewed_first_is_said_to_be_so() -> None:
    told = refused(DISQUALIFY, *OUT, BETTER, REVIEW, REVERSE, WORSE, but(REVIEW, reading=0))[1]
    assert told == Why.DISQUALIFICATION_NOT_REVIEWED(unit="city", bases="2022.poor")


@pytest.mark.parametrize(
    "decided", [[DECLINE], [DISQUALIFY, REVERSE]], ids=["declined", "reversed"]
)
def test_what_was_decided_on_and_stands_is_said_to_be_so(decided: Sequence[Message]) -> None:
    last = decided[-1]
    assert refused(but(DISQUALIFY, document="再次决定"), *PROPOSED, *decided)[1] == (
        Why.DISQUALIFICATION_DECIDED_BEFORE(
            unit="city",
            bases="2022.poor",
            document=last.document,  # type: ignore[attr-defined]
            decided_on=last.decided_on,  # type: ignore[attr-defined]
        )
    )


# Commands that were recorded before are decided again as they were.


def at_first(command: Message) -> Message:
    return but(command, reading=0)


def test_at_first_a_time_of_disqualification_that_was_over_did_not_count() -> None:
    for command in (publish(2023, "good"), BETTER):
        [event] = led_to(at_first(command), *BACK)
        assert list(event.gaps) == []  # type: ignore[attr-defined]
    assert led_to(at_first(publish(2024, "good")), *LONG_OUT) != []
    assert refused(at_first(publish(2025, "good")), *OUT)[1].why == Why.DISQUALIFIED_BEFORE
    story = [*LONG_OUT, publish(2023, "poor"), publish(2025, "poor")]
    assert streaks_told(at_first(REVIEW), *story)[2025] == "streak-left-undetermined"


def test_at_first_what_was_decided_on_once_was_never_proposed_again() -> None:
    story = [*OUT, BETTER, REVIEW, REVERSE, WORSE]
    assert "disqualification-proposed" not in types(led_to(at_first(REVIEW), *story))


def test_at_first_a_disqualification_began_whenever_it_was_said_to() -> None:
    again = but(DISQUALIFY, document="再次决定", decided_on="2024-06-25", effective_on="2024-06-30")
    assert led_to(at_first(again), *BACK, publish(2023, "poor"), REVIEW) != []


# Edge case 24: the positive streak.

EXCELLENT = [REGISTER, *[publish(each, "excellent") for each in (2020, 2021, 2022)]]
GAINED = [*EXCELLENT, review(THREE_EXCELLENT)]


def test_case_24_three_excellent_years_give_two_rights_and_propose_nothing() -> None:
    events = led_to(review(THREE_EXCELLENT), *EXCELLENT)
    [reached] = events
    assert isinstance(reached, StreakReached)
    assert reached.streak.round == 2022


def test_case_24_the_park_is_of_the_unit_and_the_city_of_its_province_each_used_once() -> None:
    for use in (ADD_A_PARK, RECOMMEND_A_CITY):
        [event] = led_to(use, *GAINED)
        assert isinstance(event, ExpansionRightUsed)
        assert (event.part, event.document, event.chosen) == (use.part, use.document, use.chosen)
        assert led_to(use, *GAINED, use) == []
        assert refused(but(use, chosen="又一个"), *GAINED, use) == (
            "part",
            Why.RIGHT_USED_BEFORE(unit="city", document=use.document, chosen=use.chosen),
        )
    assert len(led_to(RECOMMEND_A_CITY, *GAINED, ADD_A_PARK)) == 1


def test_case_24_a_right_that_was_not_gained_cannot_be_used() -> None:
    assert refused(but(ADD_A_PARK, round=2021), *GAINED) == (
        "round",
        Why.RIGHT_NOT_GAINED(unit="city", round=2021, streak="excellent", gained="2022.excellent"),
    )
    assert refused(ADD_A_PARK, *PROPOSED)[1].why == Why.RIGHT_NOT_GAINED


def test_case_24_a_correction_takes_a_right_away() -> None:
    lost = [*GAINED, correct(2021, "good"), review(THREE_EXCELLENT)]
    assert isinstance(after(*lost)[-1], StreakEnded)
    assert refused(ADD_A_PARK, *lost)[1].why == Why.RIGHT_NOT_GAINED


def test_case_24_years_that_counted_for_a_used_right_give_no_other_one_while_that_is_open() -> None:
    four = [*GAINED, ADD_A_PARK, publish(2023, "excellent"), review(THREE_EXCELLENT)]
    assert refused(but(ADD_A_PARK, round=2023, chosen="又一个"), *four) == (
        "round",
        Why.YEARS_COUNTED_BEFORE(unit="city", years="2021, 2022", document="批复"),
    )


def test_case_24_they_give_another_one_where_the_supplement_says_that_years_count_again() -> None:
    four = [*GAINED, ADD_A_PARK, publish(2023, "excellent"), review(THREE_EXCELLENT)]
    again = but(
        ADD_A_PARK, round=2023, chosen="又一个", used_on="2024-07-01", years_count_again=True
    )
    [used] = led_to(again, *four)
    assert isinstance(used, ExpansionRightUsed)
    assert used.chosen == "又一个"


# Who is told.


def visibilities(*commands: Message) -> list[tuple[str, int]]:
    return [
        (event_type(event), visibility(event))
        for event in after(*commands)
        if isinstance(event, StreakTold)
    ]


@pytest.mark.parametrize("hidden", [SUBJECT, INTERNAL])
def test_what_rests_on_a_hidden_rating_is_told_to_those_who_may_see_it(hidden: int) -> None:
    story = [REGISTER, publish(2020, "poor"), publish(2021, "poor", hidden), publish(2022, "poor")]  # type: ignore[arg-type]  # any int
    assert {seen for _, seen in visibilities(*story, REVIEW)} == {hidden}


def test_a_grade_that_is_told_to_the_zone_alone_is_internal_to_its_members() -> None:
    of_zone = ZoneRating(rating=rating(2019, "poor", SUBJECT, unit="zone"))
    poor = [RegisterUnit(unit=CITY), publish(2020, "poor")]
    rule = but(THREE_POOR, warn_at=1, carry_over=INHERIT)
    command = but(review(rule, zone_ratings=[of_zone]), is_recorded=True)
    told = [each for each in led_to(command, *poor) if isinstance(each, StreakWarned)]
    assert {visibility(each) for each in told} == {INTERNAL}


def test_who_was_told_before_a_rating_was_hidden_is_told_when_it_shows_again_and_differs() -> None:
    hidden = correct(2021, "good", INTERNAL, corrected_on="2024-01-10")
    shown = correct(2021, "good", PUBLIC, corrected_on="2024-01-20")
    told = visibilities(*PROPOSED, hidden, REVIEW, shown, REVIEW)
    ended = [seen for type_, seen in told if type_ == "streak-ended"]
    assert ended.count(INTERNAL) >= 1
    assert ended.count(PUBLIC) >= 1


def test_a_review_follows_the_unit_of_its_kind_only() -> None:
    zone = RegisterUnit(unit=but(CITY, kind=UnitKind.UNIT_KIND_ZONE, zone_id=""))
    assert led_to(REVIEW, zone, *POOR[1:]) == []


@pytest.mark.parametrize(
    "event",
    [
        DisqualificationProposalWithdrawn(unit_id="city"),
        DisqualificationDeclined(unit_id="city"),
        ZoneDisqualified(unit_id="city"),
        DisqualificationBasisLost(unit_id="city"),
        DisqualificationBasisRestored(unit_id="city"),
        DisqualificationReversed(unit_id="city"),
    ],
    ids=event_type,
)
def test_what_nobody_proposed_cannot_have_been_decided(event: Message) -> None:
    with pytest.raises(CorruptHistory):
        fold(UNIT, [*after(REGISTER), event], UNIT.initial)

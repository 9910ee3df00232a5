"""What holds for every decider of every service, and for what the services do together.

A decider is under these laws as soon as its service names it. Commands are made from the contract:
a field has few values, so that histories repeat, contradict and refuse as often as they succeed.
"""

from collections.abc import Iterator, Sequence
from copy import deepcopy
from datetime import date
from functools import cache
from typing import Any, NamedTuple, TypeAlias

import pytest
from google.protobuf.message import Message
from hypothesis import example, given, settings
from hypothesis import strategies as st

from services.evaluation import streak_views
from services.evaluation import views as evaluation_views
from services.evaluation.decider import UNIT, ZoneRated
from services.evaluation.lookup import publication, rated_by, registered_by
from services.evaluation.plan import views as plan_views
from services.evaluation.plan.decider import PLAN as PLAN_DECIDER
from services.evaluation.round.decider import ROUND
from services.evaluation.streak_standing import READING
from services.financing import views as financing_views
from services.financing.decider import CREDIT_TILT
from services.incentive import views as incentive_views
from services.incentive.budget.decider import POOL
from services.incentive.decider import ENTITLEMENTS
from services.kernel import review_views
from services.kernel.decider import Decider, fold
from services.kernel.decision import Recorded, pack, unpack, vocabulary
from services.kernel.errors import Rejected
from services.kernel.policy import Earned
from services.kernel.policy_terms import BeneficiaryClass as Class
from services.kernel.policy_terms import Grade as GradeWord
from services.kernel.policy_terms import Instrument
from services.kernel.timeline import Question, Timeline
from services.kernel.words import number, word
from services.runtime.service import SERVICES, Service, load
from tests import rounds
from tests.evaluation.plan.story import (
    AMENDED_PLAN,
    DEPARTMENTS,
    PARK_RULES,
    PLAN,
    RULES_2019,
    ZONE_RULES,
)
from tests.evaluation.plan.story import step as plan_step
from tests.financing import review_story as tilt_story
from tests.incentive.budget import story as pools
from tests.incentive.case.story import STORIES as CASES
from tests.incentive.review_story import (
    GRANT,
    TOPPED_UP,
    closing,
    disqualified_from,
    earned_from,
    nothing_from,
)
from tests.notices import ADOPT_866, ADOPT_2019, NOTICE_866, NOTICE_2019, POLICIES
from tests.spec import but
from tests.streaks import (
    ADD_A_PARK,
    ANEW,
    DECLINE,
    DISQUALIFY,
    OPEN_POOR,
    REVERSE,
    THREE_POOR,
    correct,
    publish,
    review,
)
from tests.streaks import REGISTER as REGISTER_CITY
from tests.supplements import ADOPT_STREAKS_866, ADOPT_STREAKS_2019, THREE_YEARS, TWO_YEARS
from tests.supplements import adopt as adopt_supplement
from tests.tables import ADOPT_OTHER, ADOPT_SHIPPED
from zoneledger.evaluation.v1.commands_pb2 import (
    AwardHonour,
    CorrectRating,
    PublishRating,
    RegisterUnit,
)
from zoneledger.evaluation.v1.events_pb2 import (
    BeneficiaryClass,
    Grade,
    Honour,
    Rating,
    RatingCorrected,
    Unit,
    UnitKind,
)
from zoneledger.evaluation.v1.plan_commands_pb2 import CorrectPlanStep, PlanSuccessor
from zoneledger.evaluation.v1.plan_events_pb2 import Plan, PlanRules, PlanState, PlanStep
from zoneledger.evaluation.v1.streak_commands_pb2 import StreakRule
from zoneledger.evaluation.v1.streak_events_pb2 import (
    DisqualificationReversed,
    StreakKind,
    ZoneDisqualified,
)
from zoneledger.evaluation.v1.supplement_commands_pb2 import AdoptSupplement
from zoneledger.financing.v1 import service_pb2 as financing
from zoneledger.financing.v1.review_commands_pb2 import CloseCreditTiltReview
from zoneledger.financing.v1.service_pb2 import CreditTiltStatus
from zoneledger.incentive.v1 import service_pb2 as incentive
from zoneledger.incentive.v1.budget_events_pb2 import Basis, Project
from zoneledger.incentive.v1.commands_pb2 import GrantEntitlements, ReviseEntitlements
from zoneledger.incentive.v1.review_commands_pb2 import CloseEntitlementReview
from zoneledger.incentive.v1.service_pb2 import EntitlementStatus
from zoneledger.ledger.v1.access_pb2 import AdoptAccessTable
from zoneledger.ledger.v1.decision_pb2 import PolicyReference
from zoneledger.ledger.v1.policy_pb2 import AdoptPolicy
from zoneledger.ledger.v1.review_pb2 import ReviewClosing
from zoneledger.ledger.v1.visibility_pb2 import Visibility

LOADED = {name: load(name) for name in SERVICES}
# Those for documents and access tables are the same in every service.
DECIDERS = {id(each): each for service in LOADED.values() for each in service.deciders}.values()
EACH_DECIDER = pytest.mark.parametrize(
    "decider", DECIDERS, ids=[decider.category for decider in DECIDERS]
)
LAW = settings(deadline=None, max_examples=80)

# The descriptor of a field; the two implementations of protobuf have no type in common.
Field: TypeAlias = Any

# Commands, by the shape of their messages. A field without a row here has one of two values.

DAYS = ["2020-12-31", "2021-06-08", "2021-06-09", "2021-06-21", "2021-08-01", "2021-09-01"]
VALUES: dict[str, list[Any]] = {
    "unit_id": ["xiangtan", "xiangtan", "xiangtan", "hebi"],
    "round": [0, 2020, 2020, 2020],
    "instrument": [each for each in Instrument if each != Instrument.CREDIT_TILT],
    "lists_for_review": [True],
    "succeeded_last_on": ["", "", "2021-06-09"],
    "signatories": [DEPARTMENTS, DEPARTMENTS, DEPARTMENTS, ()],
    "government_approved_on": ["", "2021-06-09"],
    "recipient": ["cdb", "most"],
    "member_from": ["", "2017-04-13", "2017-04-13", "2021-06-22"],
    "member_until": ["", "", "2019-12-31"],
    "valid_from": ["", "2017-04-13", "2021-06-22"],
    "valid_until": ["", "", "2019-12-31"],
    "ended_on": ["", "", "2021-09-01"],
    "name_zh": ["湘潭"],
    "name_en": [""],
    "province": ["湖南"],
    "zone_id": ["hunan-zhongbu"],
    "source": [""],
}
# In a round a text means something else than elsewhere.
ROUND_VALUES: dict[str, list[Any]] = {
    "unit_id": [*rounds.UNITS, "hebi"],
    "province": ["湖南", "宁夏"],
    "text": [rounds.RULE_SET, rounds.WITHOUT_EXPERTS, "no rule set at all"],
    "assessor_id": [*rounds.ASSESSORS, "a"],
    "conflicts": [*rounds.UNITS, "hebi"],
    "indicator_id": ["growth", "unemployment", "a"],
    "value": ["7.0", "9.9", ""],
    "missing_reason": ["", "a"],
    "admitted": ["growth", "a"],
    "salt": [rounds.salt(each) for each in rounds.ASSESSORS],
    "bonus_id": ["commendation", "a"],
    "veto_id": ["false-data", "a"],
    "issuer": ["ndrc", "most", "a"],
    "decided_by": ["ndrc", "a"],
    "issuers": ["ndrc", "most"],
    "signatories": ["ndrc", "most"],
    "matter": ["public_notice_days", "sheets_due", "a"],
    "answer": ["7", "2021-04-15", "a"],
    "reading": [0, 1, 2, 2],
    "results_hash": [rounds.HASH, "a"],
}
ROUND_DAYS = ["2021-01-20", "2021-04-01", "2021-04-20", "2021-04-29", "2021-06-09", "2021-09-01"]
# In a pool they are fen, persons and numbers of payments.
POOL_VALUES: dict[str, list[Any]] = {
    "budget_year": [2022],
    "line_id": [pools.ZONES, pools.ZONES, pools.ZONES, pools.CLUSTERS],
    "text": [pools.RULES, pools.RULES, "no rule text at all"],
    "unit_id": ["xiangtan", "xiangtan", "zhuzhou", "hunan"],
    "project_id": ["park-road", "park-road", "platform", "hunan-block"],
    "project_code": [pools.code(1), pools.code(2)],
    "amount": [0, 1, pools.MILLION, 50 * pools.MILLION, 200 * pools.MILLION],
    "authority": ["ndrc", "ndrc", "most"],
    "proposal_hash": [pools.PROPOSED.proposal_hash, "a"],
    "ended_on": ["", "", "2022-04-01"],
}
POOL_DAYS = ["2022-01-10", "2022-02-01", "2022-03-01", "2022-04-01", "2022-05-01", "2022-06-01"]
PROJECTS = [pools.PARK, pools.PLATFORM, pools.SMALL, pools.HUNAN, but(pools.PARK, cap=1)]
DOCUMENTS = [
    ADOPT_2019,
    ADOPT_866,
    but(ADOPT_866, text=ADOPT_866.text + "# Another text.\n"),
    but(ADOPT_866, policy_id="2021-867"),
    but(ADOPT_2019, text="policy_id: 2019-zone-notice\n"),
    AdoptPolicy(policy_id="2019-zone-notice", text="no document at all"),
]

# Two years of one city, and rules by which one of them is a streak, or two, or it is left open.
_ONE_YEAR = but(THREE_POOR, years=1, warn_at=0, carry_over=ANEW)
STREAK_RULES = [
    _ONE_YEAR,
    but(THREE_POOR, streak_id="two-poor", years=2, warn_at=1, carry_over=ANEW),
    but(OPEN_POOR, streak_id="open", at_least=1),
    but(
        _ONE_YEAR,
        streak_id="excellent",
        kind=StreakKind.STREAK_KIND_EXPANSION,
        grades=[Grade.GRADE_EXCELLENT],
    ),
]
_REVIEW = but(review(*STREAK_RULES), is_recorded=True)
_AS_BEFORE = review(*STREAK_RULES)
_BETTER, _WORSE = (
    correct(2022, "excellent", corrected_on="2024-01-10"),
    correct(2022, "poor", corrected_on="2024-01-20"),
)
# A rating that the public saw is replaced by one that it does not see.
HIDING_STORY = [
    REGISTER_CITY,
    publish(2022, "good"),
    but(correct(2022, "poor", Visibility.VISIBILITY_SUBJECT), reading=1),
    publish(2023, "qualified"),
]
STREAK_STORY = [
    REGISTER_CITY,
    publish(2022, "poor"),
    _REVIEW,
    DECLINE,
    publish(2023, "poor"),
    _REVIEW,
    _BETTER,
    _REVIEW,
    ADD_A_PARK,
    but(_BETTER, rating=but(_BETTER.rating, round=2023)),
    _AS_BEFORE,
    _WORSE,
    _REVIEW,
    but(DISQUALIFY, decided_on="2024-08-01", effective_on="2024-08-01"),
    but(_BETTER, corrected_on="2024-02-20"),
    _REVIEW,
    but(_WORSE, corrected_on="2024-02-21"),
    _REVIEW,
    but(REVERSE, decided_on="2024-09-01", effective_on="2024-09-01"),
]
SUPPLEMENTS = [
    ADOPT_STREAKS_2019,
    ADOPT_STREAKS_866,
    adopt_supplement(THREE_YEARS),
    adopt_supplement(TWO_YEARS),
    but(ADOPT_STREAKS_866, text=ADOPT_STREAKS_866.text + "# Another text.\n"),
    AdoptSupplement(supplement_id="2021-866-streaks", text="no supplement at all"),
]
# Mostly the same, so that a plan gets far.
STEPS = [
    *[plan_step("2021-06-09", "a")] * 5,
    plan_step("2021-06-21", "a"),
    plan_step("", ""),
]
_MADE: dict[str, st.SearchStrategy[Message]] = {}  # By the names of the messages.

# What is settled of one benefit, again and again, and what is decided on it.
ENTITLEMENT_STORY: list[Message] = [
    GRANT,
    nothing_from("2021-08-01"),
    earned_from("2021-09-01"),
    closing(2, TOPPED_UP),
    disqualified_from("2022-01-01"),
    disqualified_from("2021-06-01", decided_on="2021-12-01"),
    closing(3),
    earned_from("2022-06-01"),
    nothing_from("2022-07-01"),
    closing(),
]
TILT_STORY: list[Message] = [tilt_story.of(each) for each in ENTITLEMENT_STORY]
CLOSINGS = [
    each.closing
    for each in (*ENTITLEMENT_STORY, *TILT_STORY)
    if isinstance(each, CloseEntitlementReview | CloseCreditTiltReview)
]
TABLES = [ADOPT_SHIPPED, ADOPT_OTHER, AdoptAccessTable(text="no table at all")]


def messages(type_: type[Message]) -> st.SearchStrategy[Message]:
    """Messages of the type as a caller or a reaction could send them."""
    name = type_.DESCRIPTOR.full_name
    if name not in _MADE:
        _MADE[name] = _messages(type_)
    return _MADE[name]


def _messages(type_: type[Message]) -> st.SearchStrategy[Message]:
    name = type_.DESCRIPTOR.name
    if name == AdoptPolicy.DESCRIPTOR.name:
        return st.sampled_from(DOCUMENTS)
    if name == AdoptSupplement.DESCRIPTOR.name:
        return st.sampled_from(SUPPLEMENTS)
    if name == AdoptAccessTable.DESCRIPTOR.name:
        return st.sampled_from(TABLES)
    if name == PolicyReference.DESCRIPTOR.name:
        return st.sampled_from([NOTICE_2019, NOTICE_866])
    if name == StreakRule.DESCRIPTOR.name:
        return st.sampled_from(STREAK_RULES)
    if name == PlanRules.DESCRIPTOR.name:
        return st.sampled_from([ZONE_RULES, PARK_RULES, RULES_2019])
    if name == PlanStep.DESCRIPTOR.name:
        return st.sampled_from(STEPS)
    if name == Plan.DESCRIPTOR.name:
        return st.sampled_from([PLAN, AMENDED_PLAN])
    if name == ReviewClosing.DESCRIPTOR.name:
        return st.sampled_from(CLOSINGS)
    if name == CorrectPlanStep.DESCRIPTOR.name:
        return corrections()
    if name == Project.DESCRIPTOR.name:
        return st.sampled_from(PROJECTS)
    if name == Basis.DESCRIPTOR.name:
        return st.sampled_from([*pools.BASES, pools.basis("xiangtan", held=False)])
    if name == "Verdict":
        return verdicts(type_)
    return st.builds(type_, **{f.name: values(type_, f) for f in type_.DESCRIPTOR.fields})


def corrections() -> st.SearchStrategy[Message]:
    """A correction is of one step, one copy or one amendment."""
    states = [each for _, each in PlanState.items() if each]
    said = {
        "corrected_on": st.just("2021-09-01"),
        "document": st.just("c"),
        "reason": st.just("a slip of the pen"),
        "rules": messages(PlanRules),
        "successor": messages(PlanSuccessor),
        "succeeds_since": st.sampled_from(["", "", "2021-06-21"]),
        "succeeded_last_on": st.sampled_from(["", "", "2021-06-09"]),
        "reading": st.sampled_from([0, 1]),
        "step": st.sampled_from([plan_step("2021-06-09", "b"), plan_step("2021-06-21", "b")]),
    }
    return st.one_of(
        st.builds(CorrectPlanStep, state=st.sampled_from(states), **said),
        st.builds(CorrectPlanStep, recipient=st.sampled_from(["cdb", "most"]), **said),
        st.builds(CorrectPlanStep, version=st.just(2), **said),
    )


def verdicts(type_: type[Message]) -> st.SearchStrategy[Message]:
    """A verdict says exactly one thing."""
    earned = type_.DESCRIPTOR.fields_by_name["earned"]
    return st.one_of(
        st.builds(type_, earned=values(type_, earned)),
        st.builds(type_, nothing_clause_id=st.just("clause")),
        st.builds(type_, open_norm_id=st.just("norm"), open_norm_clause_id=st.just("clause")),
    )


def values(type_: type[Message], field: Field) -> st.SearchStrategy[Any]:
    if not field.is_repeated or field.name in VALUES:
        return single(type_, field)
    if field.message_type is None or "instrument" not in field.message_type.fields_by_name:
        return st.lists(single(type_, field), max_size=2)
    return st.lists(
        single(type_, field), min_size=1, max_size=3, unique_by=lambda each: each.instrument
    )


def single(type_: type[Message], field: Field) -> st.SearchStrategy[Any]:
    is_of_round = "/round_" in type_.DESCRIPTOR.file.name
    is_of_pool = "/budget_" in type_.DESCRIPTOR.file.name
    known = {**VALUES, **(ROUND_VALUES if is_of_round else POOL_VALUES if is_of_pool else {})}
    if field.name in known:
        return st.sampled_from(known[field.name])
    if field.message_type is not None:
        return messages(_class_of(type_, field))
    if field.enum_type is not None:
        return st.sampled_from([each.number for each in field.enum_type.values if each.number])
    if field.name.endswith("_on"):
        days = ROUND_DAYS if is_of_round else POOL_DAYS if is_of_pool else DAYS
        return st.sampled_from(days)
    return st.sampled_from(["a", "b"]) if field.type == field.TYPE_STRING else st.integers(0, 1)


def _class_of(type_: type[Message], field: Field) -> type[Message]:
    if field.is_repeated:
        return type(getattr(type_(), field.name).add())
    return type(getattr(type_(), field.name))


@st.composite
def histories(draw: st.DrawFn, decider: Decider) -> list[Message]:
    """Commands in the order of their arrival, some more than once; often in their natural order."""
    opening = draw(openings(decider))
    pool = draw(st.lists(commands_of(decider), min_size=2, max_size=8))
    rest = draw(st.lists(st.sampled_from([*pool, *opening]), min_size=4, max_size=24))
    return [*opening, *rest]


@st.composite
def told_in_part(draw: st.DrawFn, story: Sequence[Message]) -> tuple[Message, ...]:
    """A story in its order, most of the time with little left out."""
    left_out = draw(st.sets(st.integers(1, len(story) - 1), max_size=2))
    return tuple(each for index, each in enumerate(story) if index not in left_out)


def openings(decider: Decider) -> st.SearchStrategy[Sequence[Message]]:
    """How a history begins: with nothing, or with what leads somewhere."""
    if decider is ROUND:
        stories = st.sampled_from([rounds.WHOLE, rounds.DISPUTED, rounds.GIVEN_UP])
        return st.builds(lambda story, left: story[:left], stories, st.integers(0, 45))
    ways: list[st.SearchStrategy[Sequence[Message]]] = [
        st.just(()),
        st.tuples(*map(messages, decider.commands)),
    ]
    if decider is POOL:
        ways += [told_in_part(pools.WHOLE), told_in_part(pools.CHANGED)]
    if decider.category == ENTITLEMENTS.category:
        settling = st.one_of(messages(GrantEntitlements), messages(ReviseEntitlements))
        ways += [st.lists(settling, min_size=2, max_size=6)] * 2
        ways += [st.one_of(*map(told_in_part, CASES)), told_in_part(ENTITLEMENT_STORY)]
    if decider is UNIT:
        ways += [told_in_part(STREAK_STORY), told_in_part(STREAK_STORY), st.just(HIDING_STORY)]
    if decider.category == CREDIT_TILT.category:
        ways += [told_in_part(TILT_STORY)]
    return st.one_of(*ways)


@cache
def commands_of(decider: Decider) -> st.SearchStrategy[Message]:
    """Any command; of a round or a pool often one that is possible at some stage."""
    any_ = st.one_of(*map(messages, decider.commands))
    moves = {id(ROUND): rounds.MOVES, id(POOL): pools.MOVES}.get(id(decider))
    return st.one_of(st.sampled_from(moves), any_) if moves else any_


class Step(NamedTuple):
    """A command, the state it met, and what came of it; None where it was refused."""

    stream: str
    command: Message
    state: Any
    events: list[Message] | None


def walk(decider: Decider, commands: Sequence[Message]) -> Iterator[Step]:
    """Decide the commands one after the other, each on its stream."""
    states: dict[str, Any] = {}
    for command in commands:
        stream = decider.stream(command)
        state = states.get(stream, decider.initial)
        try:
            events = list(decider.decide(command, state))
        except Rejected:
            yield Step(stream, command, state, None)
            continue
        yield Step(stream, command, state, events)
        states[stream] = fold(decider, events, state)


@EACH_DECIDER
@given(st.data())
@LAW
def test_a_repeated_command_changes_nothing(decider: Decider, data: st.DataObject) -> None:
    for step in walk(decider, data.draw(histories(decider))):
        if step.events is not None:
            after = fold(decider, step.events, step.state)
            assert list(decider.decide(step.command, after)) == []


@EACH_DECIDER
@given(st.data())
@LAW
def test_every_history_that_is_decided_can_be_read(decider: Decider, data: st.DataObject) -> None:
    streams: dict[str, list[Message]] = {}
    known = vocabulary(decider.events)
    for step in walk(decider, data.draw(histories(decider))):
        stored = [pack(event) for event in step.events or []]
        before = streams.setdefault(step.stream, [])
        assert fold(decider, before, decider.initial) == step.state
        before += [unpack(each, known) for each in stored]
    for events in streams.values():
        fold(decider, events, decider.initial)


@EACH_DECIDER
@given(st.data())
@LAW
def test_every_command_and_event_survives_bytes(decider: Decider, data: st.DataObject) -> None:
    commands, events = vocabulary(decider.commands), vocabulary(decider.events)
    for step in walk(decider, data.draw(histories(decider))):
        assert unpack(pack(step.command), commands) == step.command
        for event in step.events or []:
            assert unpack(pack(event), events) == event


@EACH_DECIDER
@given(st.data())
@LAW
def test_deciding_a_history_again_gives_the_same_events(
    decider: Decider, data: st.DataObject
) -> None:
    commands, events = vocabulary(decider.commands), vocabulary(decider.events)
    log = [
        (step.stream, pack(step.command), [pack(event) for event in step.events])
        for step in walk(decider, data.draw(histories(decider)))
        if step.events
    ]
    states: dict[str, Any] = {}
    for stream, command, recorded in log:
        state = states.get(stream, decider.initial)
        again = list(decider.decide(unpack(command, commands), state))
        assert [pack(event) for event in again] == recorded
        states[stream] = fold(decider, [unpack(event, events) for event in recorded], state)


@EACH_DECIDER
@given(st.data())
@LAW
def test_deciding_and_evolving_change_nothing_that_they_are_given(
    decider: Decider, data: st.DataObject
) -> None:
    for step in walk(decider, data.draw(histories(decider))):
        command, state = step.command.SerializeToString(), deepcopy(step.state)
        try:
            events = list(decider.decide(step.command, step.state))
        except Rejected:
            events = []
        assert (step.command.SerializeToString(), step.state) == (command, state)
        for event in events:
            before, state = event.SerializeToString(), deepcopy(step.state)
            decider.evolve(step.state, event)
            assert (event.SerializeToString(), step.state) == (before, state)
            break


@EACH_DECIDER
@given(st.data())
@LAW
def test_a_stream_is_named_by_its_category_and_a_category_is_one_word(
    decider: Decider, data: st.DataObject
) -> None:
    command = data.draw(st.one_of(*map(messages, decider.commands)))
    assert decider.stream(command).startswith(f"{decider.category}-")
    assert decider.category.isalpha()


@pytest.mark.parametrize("decider", LOADED["evaluation"].deciders, ids=lambda each: each.category)
@given(st.data())
@LAW
def test_a_stream_of_evaluation_is_about_one_subject_or_says_that_it_is_not(
    decider: Decider, data: st.DataObject
) -> None:
    subjects: dict[str, set[str]] = {}
    for step in walk(decider, data.draw(histories(decider))):
        about = {LOADED["evaluation"].subject(event) for event in step.events or ()}
        subjects.setdefault(step.stream, set()).update(about)
    assert not decider.is_about_one or all(len(each) <= 1 for each in subjects.values())


@EACH_DECIDER
@given(st.data())
@LAW
def test_the_deciding_document_is_in_the_command(decider: Decider, data: st.DataObject) -> None:
    command = data.draw(st.one_of(*map(messages, decider.commands)))
    reference = decider.policy(command)
    assert reference is None or reference in (NOTICE_2019, NOTICE_866, PolicyReference())


@EACH_DECIDER
def test_the_laws_meet_every_event_and_many_repeats_and_refusals(decider: Decider) -> None:
    outcomes = {"happened": 0, "happened already": 0, "refused": 0}
    met: set[type[Message]] = set()

    @given(histories(decider))
    @settings(deadline=None, max_examples=400, derandomize=True, database=None)
    def count(commands: list[Message]) -> None:
        for step in walk(decider, commands):
            if step.events is None:
                outcomes["refused"] += 1
            else:
                outcomes["happened" if step.events else "happened already"] += 1
                met.update(type(event) for event in step.events)

    count()
    tenth = sum(outcomes.values()) / 10
    may_refuse = decider.category in (
        "access",
        "circular",
        "credit",
        "entitlements",
        "plan",
        "policies",
        "pool",
        "round",
        "supplements",
        "unit",
    )
    assert met == set(decider.events)
    assert outcomes["happened"] > tenth
    assert outcomes["happened already"] > tenth
    assert outcomes["refused"] > tenth if may_refuse else outcomes["refused"] == 0


# The services together: what evaluation publishes, and what follows from it.

Logs: TypeAlias = dict[str, list[Recorded]]
States: TypeAlias = dict[str, Any]

PUBLIC, SUBJECT, INTERNAL = (
    Visibility.VISIBILITY_PUBLIC,
    Visibility.VISIBILITY_SUBJECT,
    Visibility.VISIBILITY_INTERNAL,
)
ROUNDS = [2019, 2020]
CLASSES = [each for _, each in BeneficiaryClass.items() if each]
GRADES = [each for _, each in Grade.items() if each]
LISTENERS = [service for service in LOADED.values() if service.listens_to]

UNITS = st.builds(
    Unit,
    unit_id=st.sampled_from(["xiangtan", "hebi"]),
    kind=st.just(UnitKind.UNIT_KIND_PREFECTURE_CITY),
    beneficiary_class=st.sampled_from(CLASSES),
    member_from=st.sampled_from(["", "2017-04-13", "2021-06-09"]),
)
RATINGS = st.builds(
    Rating,
    unit_id=st.sampled_from(["xiangtan", "xiangtan", "hebi"]),
    round=st.sampled_from(ROUNDS),
    grade=st.sampled_from(GRADES),
    published_on=st.sampled_from(DAYS),
    document=st.just("2021-866"),
    visibility=st.sampled_from([PUBLIC, PUBLIC, SUBJECT, INTERNAL]),
)
HONOURS = st.builds(
    Honour,
    honour_id=st.sampled_from(["park", "project"]),
    unit_id=st.sampled_from(["xiangtan", "hebi"]),
    awarded_on=st.sampled_from(DAYS),
)
REPORTS: st.SearchStrategy[Message] = st.one_of(
    UNITS.map(lambda unit: RegisterUnit(unit=unit, policy=registered_by(unit, POLICIES))),
    RATINGS.map(lambda rating: publication(rating, POLICIES)),
    st.builds(
        CorrectRating,
        rating=RATINGS.map(lambda rating: rated_by(rating, POLICIES)),
        corrected_on=st.sampled_from(DAYS),
        reason=st.just("a statistic was revised"),
        lists_for_review=st.booleans(),
        reading=st.just(READING),
    ),
    HONOURS.map(lambda honour: AwardHonour(honour=honour)),
    st.sampled_from([ADOPT_SHIPPED, ADOPT_OTHER]),
    st.one_of(*map(messages, PLAN_DECIDER.commands)),
)
# Both units are in the register to begin with, so that most of a story happens.
OPENING: list[Message] = [
    ADOPT_2019,
    ADOPT_866,
    ADOPT_SHIPPED,
    RegisterUnit(
        unit=Unit(unit_id="xiangtan", beneficiary_class=BeneficiaryClass.BENEFICIARY_CLASS_NATIONAL)
    ),
    RegisterUnit(
        unit=Unit(
            unit_id="hebi",
            beneficiary_class=BeneficiaryClass.BENEFICIARY_CLASS_PROVINCIAL_BY_REFERENCE,
        ),
        policy=NOTICE_866,
    ),
]
XIANGTAN_2020 = rated_by(
    Rating(
        unit_id="xiangtan",
        round=2020,
        grade=Grade.GRADE_GOOD,
        published_on="2021-06-21",
        document="2021-866",
        visibility=Visibility.VISIBILITY_PUBLIC,
    ),
    POLICIES,
)
# Corrected upwards in September, and then back by a document that bears a day in August.
BACKDATED: list[Message] = [
    PublishRating(rating=XIANGTAN_2020),
    CorrectRating(
        rating=but(XIANGTAN_2020, grade=Grade.GRADE_EXCELLENT),
        corrected_on="2021-09-01",
        lists_for_review=True,
    ),
    CorrectRating(rating=XIANGTAN_2020, corrected_on="2021-08-01", lists_for_review=True),
]


def restored_after(hidden: Grade.ValueType) -> list[Message]:
    """Withdrawn in public, corrected within the house, and restored in public."""
    excellent = but(XIANGTAN_2020, grade=Grade.GRADE_EXCELLENT)
    within = but(XIANGTAN_2020, grade=hidden, visibility=INTERNAL)
    return [
        PublishRating(rating=excellent),
        CorrectRating(rating=XIANGTAN_2020, corrected_on="2021-08-01", lists_for_review=True),
        CorrectRating(rating=within, corrected_on="2021-08-02", lists_for_review=True),
        CorrectRating(rating=excellent, corrected_on="2021-09-01", lists_for_review=True),
    ]


def hidden_meanwhile(grade: Grade.ValueType) -> list[Message]:
    """Published, then hidden by a correction that may say the same or not, published again."""
    public = but(XIANGTAN_2020, grade=grade)
    return [
        PublishRating(rating=public),
        CorrectRating(
            rating=but(public, visibility=INTERNAL),
            corrected_on="2021-08-01",
            lists_for_review=True,
        ),
        CorrectRating(rating=public, corrected_on="2021-09-01", lists_for_review=True),
    ]


# Rated within the house first, and published by a correction.
PUBLISHED_LATER: list[Message] = [
    PublishRating(rating=but(XIANGTAN_2020, visibility=INTERNAL)),
    CorrectRating(
        rating=but(XIANGTAN_2020, grade=Grade.GRADE_EXCELLENT),
        corrected_on="2021-09-01",
        lists_for_review=True,
    ),
]
# One poor year is a streak here, and two are; whoever decides on them does it in autumn.
_REVIEWED = but(
    review(
        but(_ONE_YEAR, rounds_from=2019, own_since=2000, unit_kinds=UnitKind.values()),
        but(_ONE_YEAR, streak_id="two", years=2, rounds_from=2019, unit_kinds=UnitKind.values()),
    ),
    reviewed_on="2021-09-01",
)
REVIEWS = [but(_REVIEWED, unit_id=unit) for unit in ("xiangtan", "hebi")]
_DISQUALIFY, _REVERSE = (
    but(each, unit_id="xiangtan", lists_for_review=True) for each in (DISQUALIFY, REVERSE)
)
RULINGS: list[Message] = [
    but(_DISQUALIFY, decided_on="2021-09-01", effective_on="2021-09-01"),
    but(_DISQUALIFY, decided_on="2021-09-01", effective_on="2021-10-01"),
    but(_REVERSE, decided_on="2021-11-01", effective_on="2021-11-01"),
    but(DECLINE, unit_id="xiangtan", decided_on="2021-09-01"),
]
STORIES = st.lists(st.one_of(REPORTS, REPORTS, st.sampled_from(REVIEWS)), max_size=15)


@st.composite
def ruled(draw: st.DrawFn) -> list[Message]:
    """A story in which ratings are reviewed again and again, and people decide on what comes."""
    story = draw(st.lists(st.one_of(REPORTS, REPORTS, st.sampled_from(RULINGS)), max_size=12))
    poor = PublishRating(rating=but(XIANGTAN_2020, grade=Grade.GRADE_POOR))
    return [poor, REVIEWS[0], *(each for command in story for each in (command, REVIEWS[0]))]


WITH_RULINGS = st.one_of(STORIES, ruled())


class Told(NamedTuple):
    """The log and the states of each service at the end of a story."""

    logs: Logs
    states: dict[str, States]


def tell(story: Sequence[Message], *, hearings: int = 1) -> Told:
    """The opening and then the story; each listener hears each event at once, `hearings` times."""
    told = Told({name: [] for name in LOADED}, {name: {} for name in LOADED})
    for moment_ns, command in enumerate([*OPENING, *story]):
        try:
            events = handle(LOADED["evaluation"], command, moment_ns, told)
        except Rejected:
            continue
        for event in events:
            for service in LISTENERS * hearings:
                hear(service, event, moment_ns, told)
    return told


def hear(service: Service, event: Message, moment_ns: int, told: Told) -> None:
    policies = told.states[service.name].get("policies-adopted", service.deciders[0].initial)
    for command in service.react(event, policies):
        handle(service, command, moment_ns, told)


def handle(service: Service, command: Message, moment_ns: int, told: Told) -> list[Message]:
    decider, states = service.decider_of[type(command)], told.states[service.name]
    stream = decider.stream(command)
    state = states.get(stream, decider.initial)
    events = list(decider.decide(command, state))
    states[stream] = fold(decider, events, state)
    told.logs[service.name] += [Recorded(event, moment_ns, stream, 0) for event in events]
    return events


def answer(name: str, log: Sequence[Recorded], question: Question) -> list[Message]:
    """Everything that the service's views answer."""
    return [
        standing
        for entries in _entries(name, log, question)
        for standing in _standings(name, entries, question.as_of)
    ]


def _entries(
    name: str, log: Sequence[Recorded], question: Question
) -> Iterator[Sequence[Recorded]]:
    timeline = Timeline(LOADED[name].subject, LOADED[name].effective_on)
    for entry in log:
        timeline.add(entry)
    return timeline.ask(question)


def _standings(name: str, entries: Sequence[Recorded], as_of: str) -> list[Message]:
    match name:
        case "incentive":
            return [
                *incentive_views.entitlements(entries, 0, POLICIES, as_of),
                *review_views.items(entries, 0, POLICIES, incentive.ReviewItemStanding),
            ]
        case "financing":
            return [
                *financing_views.credit_tilts(entries, 0, POLICIES, as_of),
                *review_views.items(entries, 0, POLICIES, financing.ReviewItemStanding),
            ]
        case _:
            return [
                *evaluation_views.unit(entries, as_of),
                *evaluation_views.ratings(entries, 0, as_of),
                *evaluation_views.honours(entries, 0),
                *streak_views.streaks(entries, 0),
                *streak_views.disqualifications(entries),
                *evaluation_views.policies(entries),
                *evaluation_views.access_tables(entries),
                *plan_views.plans(entries, as_of),
            ]


@given(WITH_RULINGS)
@LAW
def test_a_command_of_a_reaction_is_never_refused(story: list[Message]) -> None:
    tell(story)  # A refusal there would come out here.


@given(WITH_RULINGS)
@LAW
def test_hearing_an_event_twice_changes_nothing(story: list[Message]) -> None:
    assert tell(story, hearings=2).logs == tell(story).logs


@given(WITH_RULINGS, st.sampled_from(["", "2017-01-01", *DAYS]))
@example(BACKDATED, "2021-08-01")
@LAW
def test_every_day_has_an_answer(story: list[Message], day: str) -> None:
    for name, log in tell(story).logs.items():
        answer(name, log, Question(as_of=day))


@given(WITH_RULINGS, st.data())
@LAW
def test_an_answer_given_once_is_given_again(story: list[Message], data: st.DataObject) -> None:
    length = data.draw(st.integers(0, len(story)))
    then, now = tell(story[:length]).logs, tell(story).logs
    for name in LOADED:
        question = Question(known_ns=len(OPENING) + length - 1)
        assert answer(name, now[name], question) == answer(name, then[name], question)


@given(WITH_RULINGS)
@LAW
def test_in_the_end_stands_what_the_last_grade_earns_and_nothing_else(
    story: list[Message],
) -> None:
    logs = tell(story).logs
    last = {
        (event.rating.unit_id, event.rating.round): event
        for event, *_ in logs["evaluation"]
        if isinstance(event, ZoneRated | RatingCorrected)
    }
    expected = {
        (*unit_and_round, instrument)
        for unit_and_round, event in last.items()
        for instrument in _earned(event)
        if unit_and_round[0] not in _disqualified(logs)
    }
    assert _standing(logs) == expected


def _disqualified(logs: Logs) -> set[str]:
    """The units that are disqualified in the end."""
    units: set[str] = set()
    for entry in logs["evaluation"]:
        if isinstance(entry.event, ZoneDisqualified):
            units.add(entry.event.unit_id)
        elif isinstance(entry.event, DisqualificationReversed):
            units.discard(entry.event.unit_id)
    return units


@given(ruled())
@LAW
def test_nothing_is_granted_with_effect_after_a_disqualification(story: list[Message]) -> None:
    logs = tell(story).logs
    since = ""
    moments = sorted({entry.recorded_ns for log in logs.values() for entry in log})
    for moment_ns in moments:
        for entry in logs["evaluation"]:
            if entry.recorded_ns == moment_ns and isinstance(entry.event, ZoneDisqualified):
                since = entry.event.effective_on
            if entry.recorded_ns == moment_ns and isinstance(entry.event, DisqualificationReversed):
                since = ""
        if since:
            question = Question(known_ns=moment_ns, as_of="2021-12-31")
            for name in ("incentive", "financing"):
                granted = [
                    each
                    for each in answer(name, logs[name], question)
                    if getattr(each, "status", 0) == 1 and "xiangtan" in each.name  # type: ignore[attr-defined]
                ]
                assert granted == []


# A disqualification that is taken back leaves a gap, in whatever order all of it is told.

_WHEN = ["2021-06-21", "2021-08-01", "2021-09-15", "2021-10-15", "2021-12-01", "2022-02-01"]


def _out(decided_on: str, since: str) -> Message:
    return but(
        DISQUALIFY,
        unit_id="xiangtan",
        decided_on=decided_on,
        effective_on=since,
        document=decided_on,
    )


def _back(decided_on: str, until: str) -> Message:
    return but(
        REVERSE, unit_id="xiangtan", decided_on=decided_on, effective_on=until, document=decided_on
    )


@st.composite
def interrupted(draw: st.DrawFn) -> list[Message]:
    """Ratings, corrections, disqualifications and reversals of one unit, in any order."""
    days, grades = st.sampled_from(_WHEN), st.sampled_from(["excellent", "excellent", "poor"])
    ratings = st.builds(
        lambda round_, grade, day: rated_by(
            but(XIANGTAN_2020, round=round_, grade=number(Grade, grade), published_on=day),
            POLICIES,
        ),
        st.sampled_from([2019, 2020, 2020]),
        grades,
        days,
    )
    told = st.one_of(
        ratings.map(lambda rating: PublishRating(rating=rating, reading=READING)),
        st.builds(CorrectRating, rating=ratings, corrected_on=days, reading=st.just(READING)),
        st.builds(_out, days, days),
        st.builds(_back, days, days),
    )
    once, again = (
        PublishRating(rating=rated_by(each, POLICIES), reading=READING)
        for each in (
            but(XIANGTAN_2020, round=2019, grade=Grade.GRADE_POOR),
            but(XIANGTAN_2020, grade=Grade.GRADE_POOR),
        )
    )
    a, b, c, d = sorted(draw(st.lists(days, min_size=4, max_size=4)))
    ways = [[_out(a, a)], [_out(a, a), _back(b, b)]]
    ways.append([*ways[1], again, _out(c, c), _back(d, d)])
    before, behind = draw(st.lists(told, max_size=4)), draw(st.lists(told, max_size=8))
    story: list[Message] = [once, *before, *draw(st.sampled_from(ways)), *behind]
    return [each for command in story for each in (command, REVIEWS[0])]


def _is_out(day: str, logs: Logs) -> bool:
    """Whether the unit is disqualified on the day: by the last word on each disqualification."""
    times: list[tuple[str, str]] = []
    for entry in logs["evaluation"]:
        if isinstance(entry.event, ZoneDisqualified):
            times.append((entry.event.effective_on, "9999-12-31"))
        elif isinstance(entry.event, DisqualificationReversed):
            times[-1] = (times[-1][0], entry.event.effective_on)
    return any(since <= day < until for since, until in times)


@given(interrupted())
@settings(LAW, max_examples=300)
def test_nothing_is_in_force_on_a_day_on_which_the_unit_is_disqualified(
    story: list[Message],
) -> None:
    logs = tell(story).logs
    for day in [*_WHEN, "2021-07-01", "2022-12-31"]:
        if _is_out(day, logs):
            for name in ("incentive", "financing"):
                in_force = [
                    each.name  # type: ignore[attr-defined]
                    for each in answer(name, logs[name], Question(as_of=day))
                    if each.status == 1 and "xiangtan" in each.name  # type: ignore[attr-defined]
                ]
                assert in_force == [], day


@given(interrupted())
@LAW
def test_what_the_last_grade_earns_is_in_force_again_when_the_unit_is_a_member_again(
    story: list[Message],
) -> None:
    logs = tell(story).logs
    last = {
        (event.rating.unit_id, event.rating.round): event
        for event, *_ in logs["evaluation"]
        if isinstance(event, ZoneRated | RatingCorrected)
    }
    expected = {
        (*unit_and_round, instrument)
        for unit_and_round, event in last.items()
        for instrument in _earned(event)
        if unit_and_round[0] not in _disqualified(logs)
    }
    assert _standing(logs) == expected


def test_the_histories_with_gaps_meet_many_of_them() -> None:
    met = {"gaps": 0, "told after a gap": 0, "two gaps": 0}

    @given(interrupted())
    @settings(deadline=None, max_examples=200, derandomize=True, database=None)
    def count(story: list[Message]) -> None:
        log = tell(story).logs["evaluation"]
        back = [entry for entry in log if isinstance(entry.event, DisqualificationReversed)]
        met["gaps"] += bool(back)
        met["two gaps"] += len(back) > 1
        met["told after a gap"] += any(
            bool(getattr(entry.event, "gaps", ())) for entry in log if entry not in back
        )

    count()
    assert met["gaps"] > 40
    assert met["told after a gap"] > 20
    assert met["two gaps"] > 2


def _earned(event: ZoneRated | RatingCorrected) -> set[str]:
    rating = event.rating
    policy = POLICIES.for_round(rating.round)
    assert policy is not None
    verdict = policy.verdict(
        Class(word(BeneficiaryClass, event.beneficiary_class)),
        GradeWord(word(Grade, rating.grade)),
        date.fromisoformat(rating.published_on),
    )
    return {rule.instrument for rule in verdict.rules} if isinstance(verdict, Earned) else set()


def _standing(logs: Logs) -> set[tuple[str, int, str]]:
    """Who has what of which round, by the last word of incentive and financing."""
    granted = EntitlementStatus.ENTITLEMENT_STATUS_GRANTED
    tilted = CreditTiltStatus.CREDIT_TILT_STATUS_GRANTED
    return {
        (each.entitlement.unit_id, each.entitlement.round, each.entitlement.instrument)
        for entries in _entries("incentive", logs["incentive"], Question())
        for each in incentive_views.entitlements(entries, 0, POLICIES)
        if each.status == granted
    } | {
        (each.tilt.unit_id, each.tilt.round, str(Instrument.CREDIT_TILT))
        for entries in _entries("financing", logs["financing"], Question())
        for each in financing_views.credit_tilts(entries, 0, POLICIES)
        if each.status == tilted
    }


# Who may see what: an answer is made of what its reader may see, as if there were nothing else.


@given(STORIES)
@example(hidden_meanwhile(Grade.GRADE_EXCELLENT))
@example(hidden_meanwhile(Grade.GRADE_POOR))
@example(PUBLISHED_LATER)
@LAW
def test_nobody_sees_what_follows_from_a_rating_that_may_not_see_the_rating(
    story: list[Message],
) -> None:
    logs = tell(story).logs
    for service in LISTENERS:
        for event, moment_ns, *_ in logs[service.name]:
            if rating := _rating_at(logs, moment_ns, service.subject(event), _round(event)):
                assert service.visibility(event) >= rating.visibility


def _rating_at(logs: Logs, moment_ns: int, unit: str, round_: int) -> Rating | None:
    """The unit's rating for the round as it stood at the moment."""
    ratings = [
        entry.event.rating
        for entry in logs["evaluation"]
        if isinstance(entry.event, ZoneRated | RatingCorrected) and entry.recorded_ns <= moment_ns
    ]
    return next((r for r in reversed(ratings) if (r.unit_id, r.round) == (unit, round_)), None)


def _round(event: Any) -> int:
    """The round that an event of incentive or financing is about; 0 for none."""
    for field in ("entitlement", "withdrawal", "tilt", "item", "lapse", "closing"):
        event = getattr(event, field, event)
    return int(getattr(event, "round", 0))


@pytest.mark.parametrize("level", [PUBLIC, SUBJECT])
@given(STORIES, st.sampled_from(["", *DAYS]))
@example(hidden_meanwhile(Grade.GRADE_EXCELLENT), "")
@example(hidden_meanwhile(Grade.GRADE_POOR), "")
@example(PUBLISHED_LATER, "")
@example(restored_after(Grade.GRADE_EXCELLENT), "")
@example(restored_after(Grade.GRADE_QUALIFIED), "")
@LAW
def test_what_is_told_does_not_depend_on_a_grade_that_is_not(
    level: int, story: list[Message], day: str
) -> None:
    told, otherwise = (
        tell(story).logs,
        tell([_graded_otherwise(each, level) for each in story]).logs,
    )
    for name in LOADED:
        seen, seen_otherwise = _seen(told, name, level), _seen(otherwise, name, level)
        assert seen == seen_otherwise
        question = Question(as_of=day)
        assert answer(name, seen, question) == answer(name, seen_otherwise, question)


def _graded_otherwise(command: Message, level: int) -> Message:
    """The command; with another grade where its rating is kept from the level."""
    if not isinstance(command, PublishRating | CorrectRating) or command.rating.visibility <= level:
        return command
    another = GRADES[GRADES.index(command.rating.grade) - 1]
    return but(command, rating=but(command.rating, grade=another))


def _seen(logs: Logs, name: str, level: int) -> list[Recorded]:
    """What a reader of the level sees of a log."""
    service = LOADED[name]

    def sees(visibility: int) -> bool:
        return (visibility or INTERNAL) <= level

    return [
        entry._replace(event=service.veiled(entry.event, sees))
        for entry in logs[name]
        if sees(service.visibility(entry.event))
    ]

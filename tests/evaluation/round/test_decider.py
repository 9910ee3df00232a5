"""A round from its opening to its end: the order of its steps, and what it is a round of."""

from hashlib import sha256
from itertools import permutations

import pytest
from google.protobuf.message import Message

from services.evaluation.round.decider import ROUND
from services.kernel.decider import fold
from services.kernel.errors import CorruptHistory, Rejected
from services.kernel.reasons import Why
from tests.notices import NOTICE_866, NOTICE_2019
from tests.rounds import (
    CLOSE_COLLECTION,
    CLOSE_ROUND,
    COLLECTED,
    FREEZE,
    HASH,
    NOTICE,
    OPEN_ROUND,
    OPENED,
    PROPOSE,
    PROPOSED,
    PUBLISHED,
    RULE_SET,
    UNITS,
    admit,
    appoint,
    calculate,
    events,
    held,
    proposed_hash,
    publish,
    report,
    review,
    seal,
    sign,
)
from tests.spec import but, of
from zoneledger.evaluation.v1.events_pb2 import UnitKind
from zoneledger.evaluation.v1.round_events_pb2 import (
    ResultPublished,
    ResultsProposed,
    RoundOpened,
    RuleSetFrozen,
    SheetSealed,
)
from zoneledger.ledger.v1.visibility_pb2 import Visibility

given = of(ROUND).given
LATER: list[Message] = [
    admit("xiangtan"),
    report("xiangtan"),
    CLOSE_COLLECTION,
    review("湖南"),
    appoint("assessor-1"),
    seal("assessor-1"),
    calculate("xiangtan"),
    PROPOSE,
    NOTICE,
    sign("ndrc", HASH),
    publish(HASH),
    CLOSE_ROUND,
]


def test_a_round_is_opened_by_a_document_and_the_one_that_governs_it() -> None:
    assert given().when(but(OPEN_ROUND, policy=NOTICE_866)) == [
        RoundOpened(round=2020, opened_on="2021-01-10", document="2021-866", policy=NOTICE_866)
    ]


def test_no_round_is_opened_before_its_year_has_begun() -> None:
    why = Why.BEFORE_ITS_TIME(day="2019-12-31", since="2020-01-01")
    assert given().refused(but(OPEN_ROUND, opened_on="2019-12-31")) == ("opened_on", why)
    assert given().when(but(OPEN_ROUND, opened_on="2020-01-01"))
    assert given().when(but(OPEN_ROUND, opened_on="2001-01-01", reading=1))


def test_opening_a_round_again_changes_nothing_at_any_stage() -> None:
    for before in ([OPEN_ROUND], OPENED, PUBLISHED):
        assert held(*before).when(OPEN_ROUND) == []
        assert held(*before).when(but(OPEN_ROUND, policy=NOTICE_2019)) == []


def test_a_year_has_one_round() -> None:
    why = Why.ROUND_ALREADY_OPEN(round=2020, opened_on="2021-01-10", document="2021-866")
    for other in (
        but(OPEN_ROUND, opened_on="2021-01-11"),
        but(OPEN_ROUND, document="2019-zone-notice"),
    ):
        assert held(OPEN_ROUND).refused(other) == ("round", why)
        assert held(*PUBLISHED).refused(other) == ("round", why)


@pytest.mark.parametrize("command", [FREEZE, *LATER], ids=lambda each: each.DESCRIPTOR.name)
def test_nothing_happens_in_a_round_that_is_not_open(command: Message) -> None:
    assert given().refused(command) == ("round", Why.ROUND_NOT_OPEN(round=2020))


@pytest.mark.parametrize("command", LATER, ids=lambda each: each.DESCRIPTOR.name)
def test_nothing_happens_before_the_rules_are_frozen(command: Message) -> None:
    why = Why.RULE_SET_NOT_FROZEN(round=2020)
    assert held(OPEN_ROUND).refused(command) == ("round", why)


def test_the_rules_are_frozen_with_their_text_and_its_hash() -> None:
    assert held(OPEN_ROUND).when(FREEZE) == [
        RuleSetFrozen(
            round=2020,
            frozen_on="2021-01-20",
            text=RULE_SET,
            content_hash=sha256(RULE_SET.encode()).hexdigest(),
            visibility=Visibility.VISIBILITY_SUBJECT,
        )
    ]


def test_freezing_the_same_rules_again_changes_nothing_at_any_stage() -> None:
    for before in (OPENED, PUBLISHED):
        assert held(*before).when(FREEZE) == []


def test_nothing_of_frozen_rules_changes_once_something_rests_on_them() -> None:
    for other in (
        but(FREEZE, text=RULE_SET + "# Another text.\n"),
        but(FREEZE, frozen_on="2021-01-21"),
        but(FREEZE, visibility=Visibility.VISIBILITY_PUBLIC),
    ):
        for before in ([*OPENED, admit("xiangtan"), report("xiangtan")], COLLECTED):
            field, told = held(*before).refused(other)
            assert (field, told.why) == ("text", Why.RULE_SET_ALREADY_FROZEN)
        field, told = held(*OPENED).refused(but(other, reading=1))
        assert told.why == Why.RULE_SET_ALREADY_FROZEN


def test_a_text_that_is_no_rule_set_is_refused_with_every_line_that_is_wrong() -> None:
    wrong = RULE_SET.replace("weight: 600000", "weight: 600001").replace("low: 0.0,", "low: 11.0,")
    field, told = held(OPEN_ROUND).refused(but(FREEZE, text=wrong))
    assert (field, told.why) == ("text", Why.RULE_SET_UNREADABLE)
    assert "add up to 1000001" in told
    assert "not above low" in told


def test_rules_are_those_of_the_year_and_frozen_after_the_opening() -> None:
    other = but(FREEZE, text=RULE_SET.replace("round: 2020", "round: 2021"))
    why = Why.RULE_SET_OF_ANOTHER_ROUND(itself=2021, round=2020)
    assert held(OPEN_ROUND).refused(other) == ("text", why)
    early = but(FREEZE, frozen_on="2021-01-09")
    why = Why.BEFORE_ITS_TIME(day="2021-01-09", since="2021-01-10")
    assert held(OPEN_ROUND).refused(early) == ("frozen_on", why)


def test_every_command_of_a_round_that_is_repeated_at_once_changes_nothing() -> None:
    state = ROUND.initial
    for command in [*PUBLISHED, CLOSE_ROUND]:
        told = ROUND.decide(command, state)
        assert told
        state = fold(ROUND, told, state)
        assert ROUND.decide(command, state) == []


def test_the_order_in_which_units_report_and_assessors_are_heard_decides_nothing() -> None:
    parts = [list(COLLECTED[2:5]), list(COLLECTED[5:8]), list(COLLECTED[9:11])]
    rest = PROPOSED[len(COLLECTED) :]
    found = set()
    for order in permutations(range(3)):
        turned = [parts[0][::-1], [parts[1][each] for each in order], parts[2][::-1]]
        commands = [*OPENED, *turned[0], *turned[1], CLOSE_COLLECTION, *turned[2], *rest]
        found.add(proposed_hash(*commands))
    assert found == {HASH}


def test_a_round_may_rate_zones() -> None:
    text = RULE_SET.replace(
        "{level: unit, unit_kinds: [prefecture_city, base]", "{level: zone, unit_kinds: [zone]"
    )
    zones = {each: but(admit(each), kind=UnitKind.UNIT_KIND_ZONE) for each in UNITS}
    round_ = [OPEN_ROUND, but(FREEZE, text=text, unit_kinds=[UnitKind.UNIT_KIND_ZONE])]
    why = Why.KIND_NOT_IN_ROUND(unit="xiangtan", kind="prefecture_city", kinds="zone")
    assert held(*round_).refused(admit("xiangtan")) == ("unit_id", why)
    rest = PUBLISHED[5:]
    rated = [e for e in events(*round_, *zones.values(), *rest) if isinstance(e, ResultPublished)]
    assert [each.standing.unit_id for each in rated] == sorted(UNITS)


# What a history cannot be.


@pytest.mark.parametrize(
    "history",
    [
        [SheetSealed(round=2020)],
        [RoundOpened(round=2020), RoundOpened(round=2020)],
        [RoundOpened(round=2020), SheetSealed(round=2020)],
        [*events(*OPENED), RoundOpened(round=2020)],
        [*events(*OPENED), SheetSealed(round=2020, assessor_id="nobody")],
        [RoundOpened(round=2020), RuleSetFrozen(round=2020, text=RULE_SET, content_hash="0")],
    ],
    ids=["unopened", "twice", "unfrozen", "again", "unappointed", "hash"],
)
def test_an_impossible_history_is_not_read(history: list[Message]) -> None:
    with pytest.raises(CorruptHistory):
        fold(ROUND, history, ROUND.initial)


def test_a_round_is_one_stream_and_its_opening_is_decided_by_the_document_in_force() -> None:
    assert {ROUND.stream(each) for each in [*PUBLISHED, CLOSE_ROUND]} == {"round-2020"}
    assert ROUND.policy(but(OPEN_ROUND, policy=NOTICE_866)) == NOTICE_866
    assert ROUND.policy(but(OPEN_ROUND, policy=None)) is None
    assert ROUND.policy(FREEZE) is None


def test_what_is_proposed_in_the_end_does_not_depend_on_what_was_taken_back_on_the_way() -> None:
    scored = [calculate(each, on="2021-04-25") for each in UNITS]
    again = but(PROPOSE, proposed_on="2021-04-26")
    returned = but(review("湖南", on="2021-04-22"), outcome=2)
    accepted = review("湖南", on="2021-04-23")
    told = events(*PROPOSED, returned, accepted, *scored, again)
    assert isinstance(told[-1], ResultsProposed)
    assert told[-1].results_hash == HASH


def test_a_refused_command_leaves_the_round_as_it_was() -> None:
    state = fold(ROUND, events(*PROPOSED), ROUND.initial)
    with pytest.raises(Rejected):
        ROUND.decide(publish(HASH), state)
    assert state == fold(ROUND, events(*PROPOSED), ROUND.initial)

"""What is settled anew leaves a decision, whatever comes of it; the same again leaves nothing."""

from services.incentive.decider import ENTITLEMENTS
from services.kernel.revising import SAID, always_told
from tests.incentive.test_decider import GRANT
from tests.notices import NOTICE_866
from tests.spec import but, of
from zoneledger.incentive.v1.commands_pb2 import ReviseEntitlements, Verdict
from zoneledger.incentive.v1.events_pb2 import NothingEarned
from zoneledger.ledger.v1.revision_pb2 import SettlementRevised
from zoneledger.ledger.v1.visibility_pb2 import Visibility

given = of(always_told(ENTITLEMENTS)).given
NOTHING = NothingEarned(
    unit_id="xiangtan",
    round=2020,
    grade="good",
    clause_id="clause",
    effective_on="2021-06-21",
    policy=NOTICE_866,
    visibility=Visibility.VISIBILITY_INTERNAL,
)
REVISE = ReviseEntitlements(
    unit_id="xiangtan",
    round=2020,
    grade="good",
    verdict=Verdict(nothing_clause_id="clause"),
    effective_on="2021-08-01",
    policy=NOTICE_866,
    visibility=Visibility.VISIBILITY_INTERNAL,
    reason="a day was wrong",
    is_recorded=True,
)
REVISED = SettlementRevised(
    unit_id="xiangtan",
    round=2020,
    grade="good",
    effective_on="2021-08-01",
    policy=NOTICE_866,
    visibility=Visibility.VISIBILITY_INTERNAL,
    reason="a day was wrong",
)


def test_a_revision_that_changes_nothing_is_told() -> None:
    assert given(NOTHING).when(REVISE) == [REVISED]


def test_a_revision_that_changes_something_is_told_behind_it() -> None:
    events = given(NOTHING).when(but(REVISE, grade="poor"))
    assert [type(event) for event in events] == [NothingEarned, SettlementRevised]


def test_the_same_revision_again_changes_nothing() -> None:
    assert given(NOTHING, REVISED).when(REVISE) == []


def test_another_revision_is_told_also_where_it_comes_to_the_same() -> None:
    later = but(REVISE, effective_on="2021-09-01")
    assert given(NOTHING, REVISED).when(later) == [but(REVISED, effective_on="2021-09-01")]


def test_what_was_recorded_before_leads_to_what_it_led_to() -> None:
    assert given(NOTHING).when(but(REVISE, is_recorded=False)) == []
    assert given().when(GRANT) == of(ENTITLEMENTS).given().when(GRANT)


def test_it_is_seen_by_whoever_sees_the_rating() -> None:
    assert SAID.visibility(REVISED) == Visibility.VISIBILITY_INTERNAL
    assert SAID.subject(REVISED) == "xiangtan"

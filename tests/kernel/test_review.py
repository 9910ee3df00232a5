"""The review list names exactly the days on which what stood is not what is known now to be due."""

from collections.abc import Iterable, Sequence
from datetime import date, timedelta

from google.protobuf.message import Message
from hypothesis import given, settings
from hypothesis import strategies as st

from services.incentive.decider import ENTITLEMENTS, Granted, Withdrawn
from services.kernel.decider import fold
from tests.incentive.review_story import (
    GRANT,
    GRANT_NOTHING,
    KEPT,
    LACKED,
    RECOVERED,
    STOOD,
    TOPPED_UP,
    closing,
    earned_from,
    nothing_from,
    told_after,
)
from zoneledger.incentive.v1.commands_pb2 import ReviseEntitlements
from zoneledger.incentive.v1.review_commands_pb2 import CloseEntitlementReview
from zoneledger.incentive.v1.review_events_pb2 import (
    EntitlementReviewClosed,
    EntitlementReviewLapsed,
    EntitlementReviewOpened,
)
from zoneledger.ledger.v1.gap_pb2 import Gap
from zoneledger.ledger.v1.review_pb2 import ReviewItem

FIRST = date(2021, 6, 21)
DAYS = [FIRST + timedelta(days=each) for each in range(12)]  # The last one stands for ever after.
LAW = settings(deadline=None, max_examples=300)

days = st.sampled_from([day.isoformat() for day in DAYS[1:]])
revisions = st.lists(st.one_of(st.builds(earned_from, days), st.builds(nothing_from, days)))
grants = st.sampled_from([GRANT, GRANT_NOTHING])


def walk(commands: Sequence[Message]) -> list[Message]:
    """The events that they lead to, one after the other."""
    told: list[Message] = []
    for command in commands:
        state = fold(ENTITLEMENTS, told, ENTITLEMENTS.initial)
        told += ENTITLEMENTS.decide(command, state)
    return told


def span(first: str, end: str) -> set[date]:
    return {day for day in DAYS if first <= day.isoformat() < end}


def stood(events: Iterable[Message]) -> set[date]:
    """The days on which it stands by the end of the events, or has stood."""
    found: set[date] = set()
    since = ""
    for event in events:
        if isinstance(event, Granted):
            since = event.entitlement.effective_on
        elif isinstance(event, Withdrawn):
            found |= span(since, event.withdrawal.effective_on)
            since = ""
    return found | (span(since, "9999") if since else set())


def listed(events: Iterable[Message]) -> dict[int, ReviewItem]:
    """The items that are open in the end, by their numbers."""
    found: dict[int, ReviewItem] = {}
    for event in events:
        match event:
            case EntitlementReviewOpened(item=item):
                assert item.number not in found
                found[item.number] = item
            case EntitlementReviewLapsed(lapse=lapse):
                del found[lapse.number]
            case EntitlementReviewClosed(closing=closed):
                found.pop(closed.number, None)
    return found


def named(items: Iterable[ReviewItem], kind: int) -> list[date]:
    return [day for each in items if each.kind == kind for day in span(each.from_on, each.ended_on)]


def due(commands: Sequence[Message]) -> set[date]:
    """The days from scratch: by the last verdict, as if it had been the first."""
    return set(DAYS) if commands[-1].verdict.earned else set()  # type: ignore[attr-defined]


@given(grants, revisions)
@LAW
def test_what_stood_with_the_list_made_good_is_what_is_due_from_scratch(
    grant: Message, later: list[Message]
) -> None:
    events = walk([grant, *later])
    items = listed(events).values()
    wrong, lacking = named(items, STOOD), named(items, LACKED)
    assert (stood(events) - set(wrong)) | set(lacking) == due([grant, *later])


@given(grants, revisions)
@LAW
def test_no_day_is_on_the_list_twice_and_none_that_is_right(
    grant: Message, later: list[Message]
) -> None:
    events = walk([grant, *later])
    items = listed(events).values()
    wrong, lacking = named(items, STOOD), named(items, LACKED)
    assert len(wrong) == len(set(wrong))
    assert len(lacking) == len(set(lacking))
    assert set(wrong) <= stood(events) - due([grant, *later])
    assert set(lacking) <= due([grant, *later]) - stood(events)


@given(grants, st.lists(st.booleans(), max_size=len(DAYS) - 1))
@LAW
def test_what_was_made_good_counts_as_given_however_often_the_verdict_turns(
    grant: Message, verdicts: list[bool]
) -> None:
    commands: list[Message] = [grant]
    for day, is_earned in zip(DAYS[1:], verdicts, strict=False):
        had = {each for each in due(_revisions(commands)) if each < day}
        turn = earned_from(day.isoformat()) if is_earned else nothing_from(day.isoformat())
        commands.append(turn)
        items = listed(walk(commands)).values()
        assert set(named(items, STOOD)) == (set() if is_earned else had)
        before = {each for each in DAYS if each < day}
        assert set(named(items, LACKED)) == (before - had if is_earned else set())
        commands += [_made_good(item) for item in items]
        assert listed(walk(commands)) == {}


@given(st.sampled_from(range(len(DAYS) - 1)), st.integers(1, 5), revisions)
@LAW
def test_a_time_of_disqualification_that_is_over_leaves_what_is_due_from_scratch(
    since: int, length: int, later: list[ReviseEntitlements]
) -> None:
    until = DAYS[min(since + length, len(DAYS) - 1)].isoformat()
    gap = Gap(since=DAYS[since].isoformat(), until=until)
    late = [told_after(gap, each) for each in later]
    commands = [told_after(gap, GRANT), *late]
    events = walk(commands)
    items = listed(events).values()
    wrong, lacking = named(items, STOOD), named(items, LACKED)
    assert (stood(events) - set(wrong)) | set(lacking) == due(commands)
    assert set(wrong) <= stood(events) - due(commands)
    assert set(lacking) <= due(commands) - stood(events)


def _revisions(commands: Iterable[Message]) -> list[Message]:
    return [each for each in commands if not isinstance(each, CloseEntitlementReview)]


@given(grants, revisions)
@LAW
def test_what_was_kept_is_never_asked_again(grant: Message, later: list[Message]) -> None:
    commands: list[Message] = [grant]
    for each in later:
        commands.append(each)
        kept = [item for item in listed(walk(commands)).values() if item.kind == STOOD]
        commands += [closing(item.number, KEPT) for item in kept]
    opened = [e.item for e in walk(commands) if isinstance(e, EntitlementReviewOpened)]
    asked = named(opened, STOOD)
    assert len(asked) == len(set(asked))


def _made_good(item: ReviewItem) -> CloseEntitlementReview:
    return closing(item.number, RECOVERED if item.kind == STOOD else TOPPED_UP)

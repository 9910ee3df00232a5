"""What a correction leaves for a person to decide: what stood and stands no longer, what lacked.

By what is known now a benefit is due from the first day for which its unit and round were settled,
or not at all. Days on which it stood and is not due, and days on which it is due and did not stand,
are items of the review list. A disqualification adds what stood until it came, for what is in use;
one that counts from a day before it was decided came on the day of the decision. When that is taken
back, the days in between lacked, also of a rating that is told later. Items are opened and lapse in
the decision that changes what stands, so that there is no list that could be behind.

Nothing is undone here: an item is closed by the authority that decides on the benefit. What was
recovered counts from then on as if it had not stood, what was topped up as if it had; what was kept
or not made up for is not asked again. Days that follow one another are one item. Whether an item is
opened or lapses hangs on all that was settled, so each is as hidden as the most hidden of that; for
whoever sees less the items that it knows stay as they were, and are numbered without a gap.

Its limits: only days of effect count, not the day on which somebody learnt of a rating, and support
by reference (参照享受), which follows the register, has no items.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import NamedTuple, Protocol, TypeAlias

from services.kernel.errors import CorruptHistory, Rejected
from services.kernel.reasons import Why
from services.kernel.support import seen_by_both
from services.kernel.words import word
from zoneledger.ledger.v1.decision_pb2 import PolicyReference
from zoneledger.ledger.v1.review_pb2 import (
    ReviewCause,
    ReviewClosing,
    ReviewItem,
    ReviewKind,
    ReviewLapse,
    ReviewOutcome,
    ReviewState,
)
from zoneledger.ledger.v1.visibility_pb2 import Visibility

_ALWAYS = "9999-12-31"
_STOOD, _LACKED = ReviewKind.REVIEW_KIND_STOOD, ReviewKind.REVIEW_KIND_LACKED
_OUTCOMES: Mapping[int, Sequence[ReviewOutcome.ValueType]] = {
    _STOOD: (
        ReviewOutcome.REVIEW_OUTCOME_KEPT,
        ReviewOutcome.REVIEW_OUTCOME_RECOVERED,
        ReviewOutcome.REVIEW_OUTCOME_NOTHING_GIVEN,
    ),
    _LACKED: (
        ReviewOutcome.REVIEW_OUTCOME_TOPPED_UP,
        ReviewOutcome.REVIEW_OUTCOME_NOT_TOPPED_UP,
    ),
}
# What changes nothing that was given.
_AS_IT_IS = (
    ReviewOutcome.REVIEW_OUTCOME_KEPT,
    ReviewOutcome.REVIEW_OUTCOME_NOTHING_GIVEN,
    ReviewOutcome.REVIEW_OUTCOME_NOT_TOPPED_UP,
)


class Benefit(Protocol):
    """What an entitlement and a credit tilt have in common."""

    @property
    def rule_id(self) -> str: ...
    @property
    def clause_id(self) -> str: ...
    @property
    def authority(self) -> str: ...
    @property
    def effective_on(self) -> str: ...
    @property
    def policy(self) -> PolicyReference: ...


class Span(NamedTuple):
    """Days from the first on, until before the end."""

    first: str
    end: str


class Item(NamedTuple):
    """An item, and what became of it."""

    item: ReviewItem
    state: ReviewState.ValueType
    closing: ReviewClosing | None = None


Key: TypeAlias = tuple[str, int]  # The instrument and the number.


class Past(NamedTuple):
    """What was settled of a unit and round until now, by instrument where that differs.

    `since` is the first day that was settled, `stood` the days that are over, each as it ended,
    `latest` what ended last.
    """

    since: str
    visibility: Visibility.ValueType
    stood: Mapping[str, Sequence[Span]]
    latest: Mapping[str, Benefit]
    items: Mapping[Key, Item]


UNSETTLED = Past("", Visibility.VISIBILITY_PUBLIC, {}, {}, {})


class Revision(NamedTuple):
    """What changed what stands: for whom, from when on, why, and what is earned by it.

    Where the unit is disqualified and no grade was looked up, `is_disqualified` says so; what is
    earned until a day only is not due from `ended_on` on. `decided_on` is when a disqualification
    was decided: what stood was in use until then, from whatever day on it counts.
    """

    unit_id: str
    round: int
    effective_on: str
    cause: ReviewCause.ValueType
    reason: str
    visibility: Visibility.ValueType
    earned: frozenset[str]
    is_disqualified: bool
    ended_on: str
    decided_on: str = ""


# What the past is made of.


def settled(past: Past, day: str, visibility: Visibility.ValueType) -> Past:
    """Something was settled from this day on."""
    if past is UNSETTLED:
        return past._replace(since=day, visibility=visibility)
    both = seen_by_both(past.visibility, visibility)
    return past if both == past.visibility else past._replace(visibility=both)


def ended(past: Past, instrument: str, benefit: Benefit, day: str) -> Past:
    """A benefit was in use until this day."""
    latest = {**past.latest, instrument: benefit}
    if benefit.effective_on >= day:
        return past._replace(latest=latest)  # It has stood on no day.
    stood = (*past.stood.get(instrument, ()), Span(benefit.effective_on, day))
    return past._replace(stood={**past.stood, instrument: stood}, latest=latest)


def opened(past: Past, item: ReviewItem) -> Past:
    key = item.instrument, item.number
    if key in past.items:
        raise CorruptHistory(f"a second item {item.number} of {item.instrument}")
    return past._replace(items={**past.items, key: Item(item, ReviewState.REVIEW_STATE_OPEN)})


def lapsed(past: Past, lapse: ReviewLapse) -> Past:
    known = _item(past, lapse)
    if known.state != ReviewState.REVIEW_STATE_OPEN:
        raise CorruptHistory(f"the item {lapse.number} of {lapse.instrument} is not open")
    return _with(past, known._replace(state=ReviewState.REVIEW_STATE_LAPSED))


def closed(past: Past, closing: ReviewClosing) -> Past:
    known = _item(past, closing)
    past = _with(past, Item(known.item, ReviewState.REVIEW_STATE_CLOSED, closing))
    instrument, days = closing.instrument, [_days(known.item)]
    stood = past.stood.get(instrument, ())
    if closing.outcome == ReviewOutcome.REVIEW_OUTCOME_RECOVERED:
        stood = _without(_joined(stood), days)
    elif closing.outcome == ReviewOutcome.REVIEW_OUTCOME_TOPPED_UP:
        stood = (*stood, *days)
    return past._replace(stood={**past.stood, instrument: stood})


def _item(past: Past, of: ReviewLapse | ReviewClosing) -> Item:
    known = past.items.get((of.instrument, of.number))
    if known is None:
        raise CorruptHistory(f"there is no item {of.number} of {of.instrument}")
    return known


def _with(past: Past, item: Item) -> Past:
    key = item.item.instrument, item.item.number
    return past._replace(items={**past.items, key: item})


# What a revision opens, and what it leaves nothing of.


class Found(NamedTuple):
    """What a revision changes of the list."""

    lapsed: Sequence[ReviewLapse]
    opened: Sequence[ReviewItem]


def found(revision: Revision, past: Past, standing: Mapping[str, Benefit]) -> Found:
    """What changes of the list by a revision that left this past and these benefits standing."""
    gone: list[ReviewLapse] = []
    new: list[ReviewItem] = []
    for instrument in sorted({*past.stood, *standing, *(key[0] for key in past.items)}):
        wanted = list(_wanted(revision, instrument, past, standing.get(instrument)))
        known = {(each.item.kind, _days(each.item)): each.item for each in _open(past, instrument)}
        gone += [_lapse(revision, past, item) for key, item in known.items() if key not in wanted]
        number = sum(key[0] == instrument for key in past.items)
        benefit = standing.get(instrument) or past.latest.get(instrument)
        for kind, days in wanted:
            if (kind, days) not in known and benefit is not None:
                number += 1
                new.append(_opened(revision, past, benefit, (instrument, number), kind, days))
    return Found(gone, new)


def _wanted(
    revision: Revision, instrument: str, past: Past, benefit: Benefit | None
) -> Iterator[tuple[ReviewKind.ValueType, Span]]:
    """What is to be looked at by what is known now, but for what was decided already."""
    stood = _joined(past.stood.get(instrument, ()))
    wrong, lacked = stood, list[Span]()
    if revision.is_disqualified:  # What is open stays so: whether it was due is not known here.
        known = [(each.item.kind, _days(each.item)) for each in _open(past, instrument)]
        yield from known
        now = max(revision.effective_on, revision.decided_on)
        ends_now = [days for days in stood if days.end == now]
        wrong = [days for days in ends_now if (_STOOD, days) not in known]
    elif benefit is not None:
        stands = Span(benefit.effective_on, _ALWAYS)
        wrong, lacked = [], _without([Span(past.since, _ALWAYS)], [*stood, stands])
    elif instrument in revision.earned:
        wrong = [days for days in stood if days.end >= revision.ended_on]
        lacked = _without([Span(past.since, revision.ended_on)], stood)
    for kind, spans in ((_STOOD, wrong), (_LACKED, lacked)):
        for days in _without(spans, _decided(past, instrument, kind)):
            yield kind, days


def _open(past: Past, instrument: str) -> list[Item]:
    return [
        each
        for key, each in past.items.items()
        if key[0] == instrument and each.state == ReviewState.REVIEW_STATE_OPEN
    ]


def _decided(past: Past, instrument: str, kind: int) -> list[Span]:
    """Days of which it was decided that they stay as they are."""
    return _joined(
        _days(each.item)
        for key, each in past.items.items()
        if key[0] == instrument
        and each.item.kind == kind
        and each.closing is not None
        and each.closing.outcome in _AS_IT_IS
    )


def _opened(  # noqa: PLR0917  # What an item is made of.
    revision: Revision,
    past: Past,
    benefit: Benefit,
    key: Key,
    kind: ReviewKind.ValueType,
    days: Span,
) -> ReviewItem:
    return ReviewItem(
        unit_id=revision.unit_id,
        round=revision.round,
        instrument=key[0],
        number=key[1],
        kind=kind,
        from_on=days.first,
        ended_on=days.end,
        cause=revision.cause,
        reason=revision.reason,
        authority=benefit.authority,
        rule_id=benefit.rule_id,
        clause_id=benefit.clause_id,
        policy=benefit.policy,
        opened_on=max(days.end, revision.effective_on),  # Not before its days are over.
        visibility=seen_by_both(past.visibility, revision.visibility),
    )


def _lapse(revision: Revision, past: Past, item: ReviewItem) -> ReviewLapse:
    return ReviewLapse(
        unit_id=item.unit_id,
        round=item.round,
        instrument=item.instrument,
        number=item.number,
        lapsed_on=revision.effective_on,
        reason=revision.reason,
        visibility=seen_by_both(past.visibility, revision.visibility),
    )


# What is decided on an item.


def close(closing: ReviewClosing, past: Past) -> ReviewItem | None:
    """The item that is closed so; None where it is already, `Rejected` where it cannot be.

    One that lapsed can be closed too: something may have been done on it, and who may not see why
    it lapsed is not told of it by a refusal.
    """
    known = past.items.get((closing.instrument, closing.number))
    if known is None:
        raise Rejected(unknown(closing), field="number")
    if known.closing is not None:
        if _says_same(known.closing, closing):
            return None
        why = Why.REVIEW_ITEM_CLOSED(
            item=name(closing), closed_on=known.closing.closed_on, document=known.closing.document
        )
        raise Rejected(why, field="number")
    _check(closing, known.item)
    return known.item


def unknown(closing: ReviewClosing) -> str:
    """What is said where there is no such item, or none for the one who asks."""
    return Why.REVIEW_ITEM_UNKNOWN(item=name(closing))


def name(of: ReviewItem | ReviewClosing) -> str:
    """The name of an item as a resource."""
    return f"units/{of.unit_id}/reviewItems/{of.round}.{of.instrument}.{of.number}"


def _check(closing: ReviewClosing, item: ReviewItem) -> None:
    if closing.closed_by != item.authority:
        why = Why.REVIEW_OF_ANOTHER(
            item=name(item), authority=item.authority, asked=closing.closed_by
        )
        raise Rejected(why, field="closed_by")
    if closing.outcome not in _OUTCOMES[item.kind]:
        fitting = ", ".join(word(ReviewOutcome, each) for each in _OUTCOMES[item.kind])
        outcome = word(ReviewOutcome, closing.outcome)
        why = Why.REVIEW_OUTCOME_UNFIT(item=name(item), outcome=outcome, fitting=fitting)
        raise Rejected(why, field="outcome")
    if closing.closed_on < item.opened_on:
        why = Why.REVIEW_CLOSED_BEFORE(day=closing.closed_on, item=name(item), since=item.opened_on)
        raise Rejected(why, field="closed_on")


def _says_same(known: ReviewClosing, said: ReviewClosing) -> bool:
    """Whether both say the same of the item, whoever entered it."""
    again = ReviewClosing()
    again.CopyFrom(said)
    again.entered_by = known.entered_by
    return again == known


# Days.


def _days(item: ReviewItem) -> Span:
    return Span(item.from_on, item.ended_on)


def _joined(spans: Iterable[Span]) -> list[Span]:
    """The same days in their order, those that follow one another as one."""
    joined: list[Span] = []
    for span in sorted(span for span in spans if span.first < span.end):
        if joined and span.first <= joined[-1].end:
            joined[-1] = Span(joined[-1].first, max(joined[-1].end, span.end))
        else:
            joined.append(span)
    return joined


def _without(spans: Iterable[Span], others: Iterable[Span]) -> list[Span]:
    """The days of `spans` that are not among the others."""
    left = _joined(spans)
    for other in others:
        pieces = (
            piece
            for span in left
            for piece in (
                Span(span.first, min(span.end, other.first)),
                Span(max(span.first, other.end), span.end),
            )
        )
        left = _joined(pieces)
    return left

"""The review list as it stands: each item, what became of it, and what is said of its events.

An item is as hidden as the most hidden of what was settled for its unit and round until it was
opened. Who may not see why it lapsed sees it as it was.
"""

from collections.abc import Callable, Mapping, Sequence
from typing import Any, TypeAlias

from services.kernel.aspects import Aspects
from services.kernel.chinese import (
    AUTHORITIES,
    INSTRUMENTS,
    REVIEW_CAUSES,
    REVIEW_KINDS,
    REVIEW_OUTCOMES,
    Sentence,
)
from services.kernel.decision import Recorded, moment
from services.kernel.policy import Policies
from services.kernel.policy_terms import Instrument
from services.kernel.review import name
from services.kernel.viewer import as_it_is
from services.kernel.words import word
from zoneledger.ledger.v1.review_pb2 import (
    ReviewCause,
    ReviewClosing,
    ReviewItem,
    ReviewKind,
    ReviewLapse,
    ReviewOutcome,
    ReviewState,
)

# How a service shows an item: a ReviewItemStanding of its own, made by its fields.
Make: TypeAlias = Callable[..., Any]


def said(event: Any) -> ReviewItem | ReviewLapse | ReviewClosing | None:
    """What an event says of an item; None where it says nothing of any."""
    for field in ("item", "lapse", "closing"):
        part = getattr(event, field, None)
        if isinstance(part, ReviewItem | ReviewLapse | ReviewClosing):
            return part
    return None


def items(entries: Sequence[Recorded], round_: int, policies: Policies, make: Make) -> list[Any]:
    """A unit's items by round, instrument and number; of all rounds where `round_` is 0."""
    standing: dict[tuple[int, str, int], Any] = {}
    for entry in entries:
        part = said(entry.event)
        if part is None:
            continue
        key = part.round, part.instrument, part.number
        if isinstance(part, ReviewItem):
            standing[key] = _opened(part, entry, policies, make)
        elif key in standing:  # Else it was not open yet on the day that is asked for.
            _take(part, entry, standing[key])
    return [standing[key] for key in sorted(standing) if round_ in (0, key[0])]


def is_about(event: Any, ids: Mapping[str, str]) -> bool:
    """Whether an event opened, ended or closed the item with these ids."""
    part = said(event)
    return part is not None and ids == {
        "unit": part.unit_id,
        "round": str(part.round),
        "instrument": part.instrument,
        "number": str(part.number),
    }


def _opened(item: ReviewItem, entry: Recorded, policies: Policies, make: Make) -> Any:
    return make(
        name=name(item),
        item=item,
        state=ReviewState.REVIEW_STATE_OPEN,
        about=_benefit(item),
        clause_quote=policies.quote(item.policy.policy_id, item.clause_id),
        opened_by_decision_id=entry.decision_id,
        recorded_at=moment(entry.recorded_ns),
        decision_id=entry.decision_id,
        etag=entry.decision_id,
    )


def _take(part: ReviewLapse | ReviewClosing, entry: Recorded, shown: Any) -> None:
    if isinstance(part, ReviewLapse):
        shown.state = ReviewState.REVIEW_STATE_LAPSED
        shown.lapsed_on, shown.lapse_reason = part.lapsed_on, part.reason
    else:
        shown.state = ReviewState.REVIEW_STATE_CLOSED
        shown.closing.CopyFrom(part)
    shown.recorded_at.CopyFrom(moment(entry.recorded_ns))
    shown.decision_id = shown.etag = entry.decision_id


def _benefit(item: ReviewItem) -> str:
    if item.instrument == Instrument.CREDIT_TILT:
        return f"units/{item.unit_id}/creditTilts/{item.round}"
    return f"units/{item.unit_id}/entitlements/{item.round}.{item.instrument}"


# What is said of the events.


def _subject(event: Any) -> str:
    part = said(event)
    return part.unit_id if part is not None else ""


def _effective_on(event: Any) -> str:
    match said(event):
        case ReviewItem(opened_on=day) | ReviewLapse(lapsed_on=day) | ReviewClosing(closed_on=day):
            return str(day)
        case _:
            return ""


def _visibility(event: Any) -> int:
    part = said(event)
    return int(event.visibility if isinstance(part, ReviewClosing) else part.visibility)  # type: ignore[union-attr]  # Each says something.


def _tell(event: Any) -> Sentence:
    match said(event):
        case ReviewItem() as item:
            return _tell_opened(item)
        case ReviewLapse() as lapse:
            zh, en = _of(lapse)
            return Sentence(
                f"{zh}不再需要复核：{lapse.reason}",
                f"{en} needs no review any more: {lapse.reason}",
            )
        case ReviewClosing() as closing:
            zh, en = _of(closing)
            outcome = word(ReviewOutcome, closing.outcome)
            authority = AUTHORITIES.get(closing.closed_by, closing.closed_by)
            outcome_zh = REVIEW_OUTCOMES.get(outcome, outcome)
            return Sentence(
                f"{authority}按{closing.document}作出复核决定，{zh}：{outcome_zh}",
                f"By {closing.document} {closing.closed_by} decided on {en}:"
                f" {outcome.replace('_', ' ')}",
            )
        case None:
            raise AssertionError(event)


def _tell_opened(item: ReviewItem) -> Sentence:
    zh, en = _of(item)
    had_stood = item.kind == ReviewKind.REVIEW_KIND_STOOD
    kind, cause = word(ReviewKind, item.kind), word(ReviewCause, item.cause)
    return Sentence(
        f"列入复核：{zh}自{item.from_on}起至{item.ended_on}（不含）{REVIEW_KINDS.get(kind, kind)}，"
        f"因{REVIEW_CAUSES.get(cause, cause)}：{item.reason}",
        f"To be reviewed: {en} {'had stood' if had_stood else 'was lacking'} from {item.from_on}"
        f" on, until before {item.ended_on}; {cause}: {item.reason}",
    )


def _of(part: ReviewItem | ReviewLapse | ReviewClosing) -> tuple[str, str]:
    instrument = INSTRUMENTS.get(part.instrument, part.instrument)
    return (
        f"{part.unit_id}{part.round}年度{instrument}第{part.number}项",
        f"item {part.number} of {part.instrument} of {part.unit_id} for {part.round}",
    )


SAID = Aspects(_subject, _effective_on, _effective_on, _visibility, as_it_is, _tell)

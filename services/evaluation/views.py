"""The register, the ratings and the honours, as the events of a unit tell them.

A rating counts from its publication, also where it was corrected later: what was wrong was wrong
from the beginning. The register has no days of its own: whether a unit is a member on a day, or in
a performance year, of which zone, and what it covers then, is in its entry.
"""

from collections.abc import Callable, Iterable, Sequence
from typing import TypeAlias

from services.evaluation import membership
from services.evaluation.decider import Reported
from services.evaluation.streak_standing import gaps_after, over
from services.kernel.decision import Recorded, moment, vocabulary
from services.kernel.gaps import Gaps
from zoneledger.evaluation.v1.events_pb2 import (
    FormerRatingVoided,
    HonourAwarded,
    RatingCorrected,
    UnitAmended,
    UnitRegistered,
    ZoneRatedExcellent,
    ZoneRatedGood,
    ZoneRatedPoor,
    ZoneRatedQualified,
)
from zoneledger.evaluation.v1.service_pb2 import (
    HonourStanding,
    PolicyStanding,
    RatingStanding,
    UnitStanding,
)
from zoneledger.ledger.v1.access_pb2 import AccessTableAdopted, AccessTableStanding
from zoneledger.ledger.v1.decision_pb2 import Decision
from zoneledger.ledger.v1.gap_pb2 import Gap
from zoneledger.ledger.v1.policy_pb2 import PolicyAdopted
from zoneledger.ledger.v1.visibility_pb2 import Visibility

Viewed: TypeAlias = Reported | PolicyAdopted | AccessTableAdopted

# The subjects under which the documents and the access tables stand; no unit can be named so.
DOCUMENTS = "documents adopted"
ACCESS_TABLES = "access tables"


def subject(event: Viewed) -> str:
    match event:
        case UnitRegistered() | UnitAmended():
            return event.unit.unit_id
        case HonourAwarded():
            return event.honour.unit_id
        case PolicyAdopted():
            return DOCUMENTS
        case AccessTableAdopted():
            return ACCESS_TABLES
        case _:
            return event.rating.unit_id


def effective_on(event: Viewed) -> str:
    match event:
        case HonourAwarded():
            return event.honour.awarded_on
        case _:
            return ""  # The last entry, and the last correction, say from when they hold.


def occurred_on(event: Viewed) -> str:
    """The day on which it happened, as far as the event says."""
    match event:
        case HonourAwarded():
            return event.honour.awarded_on
        case RatingCorrected():
            return event.corrected_on
        case FormerRatingVoided():
            return event.voided_on
        case UnitRegistered() | UnitAmended() | PolicyAdopted() | AccessTableAdopted():
            return ""  # When it was entered is when it was recorded.
        case _:
            return event.rating.published_on


def visibility(event: Viewed) -> int:
    """Who may see it; of a correction, the rating that counts now."""
    match event:
        case UnitRegistered() | UnitAmended() | HonourAwarded() | PolicyAdopted():
            return Visibility.VISIBILITY_PUBLIC
        case AccessTableAdopted():
            return Visibility.VISIBILITY_INTERNAL
        case _:
            return event.rating.visibility


def veiled(event: Viewed, sees: Callable[[int], bool]) -> Viewed:
    """The event without the rating that it corrected, where that is for others only."""
    if not isinstance(event, RatingCorrected) or sees(event.former.visibility):
        return event
    shown = RatingCorrected()
    shown.CopyFrom(event)
    shown.ClearField("former")
    return shown


def unit(entries: Sequence[Recorded], as_of: str, round_: int = 0) -> list[UnitStanding]:
    """The unit's entry, if it is a member on the day and in the performance year; 0 is any."""
    standing: list[UnitStanding] = []
    gaps: Gaps = ()
    for event, recorded_ns, decision_id, _ in entries:
        gaps = gaps_after(gaps, event)
        match event:
            case UnitRegistered() | UnitAmended():
                standing = [
                    UnitStanding(
                        name=f"units/{event.unit.unit_id}",
                        unit=event.unit,
                        recorded_at=moment(recorded_ns),
                        decision_id=decision_id,
                        etag=decision_id,
                        zone_ids=membership.zones(event.unit, as_of, round_),
                        territories=membership.territories(event.unit, as_of, round_),
                    )
                ]
    for each in standing:
        each.disqualified_on = next((gap.since for gap in gaps if not gap.until), "")
        each.gaps.extend(over(gaps))
    return [each for each in standing if membership.is_member(each.unit, as_of, round_, gaps)]


def gaps_of(standing: UnitStanding) -> Gaps:
    """The times for which the unit was disqualified, also that which has no end yet."""
    since = standing.disqualified_on
    return [*standing.gaps, *([Gap(since=since)] if since else [])]


def ratings(entries: Sequence[Recorded], round_: int, as_of: str = "") -> list[RatingStanding]:
    """The unit's ratings that were published by the day, oldest round first; round 0 is any.

    One that was replaced by another which the reader does not see says that it stands no more.
    """
    standing: dict[int, RatingStanding] = {}
    for event, recorded_ns, decision_id, _ in entries:
        match event:
            case FormerRatingVoided() if event.rating.round in standing:
                changed = RatingStanding(
                    voided_on=event.voided_on,
                    voided_by=event.document,
                    recorded_at=moment(recorded_ns),
                    decision_id=decision_id,
                    etag=decision_id,
                )
                standing[event.rating.round].MergeFrom(changed)
            case (
                ZoneRatedExcellent()
                | ZoneRatedGood()
                | ZoneRatedQualified()
                | ZoneRatedPoor()
                | RatingCorrected()
            ):
                before = standing.get(event.rating.round)
                standing[event.rating.round] = RatingStanding(
                    name=f"units/{event.rating.unit_id}/ratings/{event.rating.round}",
                    rating=event.rating,
                    corrections=before.corrections + 1 if before else 0,
                    corrected_on=(event.corrected_on if isinstance(event, RatingCorrected) else ""),
                    recorded_at=moment(recorded_ns),
                    decision_id=decision_id,
                    etag=decision_id,
                )
    return [
        standing[each]
        for each in sorted(standing)
        if round_ in (0, each) and (not as_of or standing[each].rating.published_on <= as_of)
    ]


def honours(entries: Sequence[Recorded], round_: int) -> list[HonourStanding]:
    """The honours tied to the unit; of all rounds where `round_` is 0."""
    return [
        HonourStanding(
            name=f"units/{event.honour.unit_id}/honours/{event.honour.honour_id}",
            honour=event.honour,
            recorded_at=moment(recorded_ns),
            decision_id=decision_id,
        )
        for event, recorded_ns, decision_id, _ in entries
        if isinstance(event, HonourAwarded) and round_ in (0, event.honour.round)
    ]


def amended(decisions: Iterable[Decision]) -> list[str]:
    """The units whose entry in the register these decisions replaced."""
    known = vocabulary((UnitAmended,))
    return [
        decision.stream.partition("-")[2]
        for decision in decisions
        if any(packed.type_url in known for packed in decision.events)
    ]


def policies(entries: Sequence[Recorded]) -> list[PolicyStanding]:
    """The documents in the order of their adoption."""
    return [
        PolicyStanding(
            name=f"policies/{event.policy_id}",
            policy=event,
            recorded_at=moment(recorded_ns),
            decision_id=decision_id,
        )
        for event, recorded_ns, decision_id, _ in entries
        if isinstance(event, PolicyAdopted)
    ]


def access_tables(entries: Sequence[Recorded]) -> list[AccessTableStanding]:
    """The access tables, each where it was adopted last: the last one decides."""
    standing: dict[str, AccessTableStanding] = {}
    for event, recorded_ns, decision_id, _ in entries:
        if isinstance(event, AccessTableAdopted):
            name = f"accessTables/{event.content_hash}"
            standing.pop(name, None)
            standing[name] = AccessTableStanding(
                name=name,
                table=event,
                recorded_at=moment(recorded_ns),
                decision_id=decision_id,
                etag=decision_id,
            )
    return [*standing.values()]

"""What is remembered of a benefit case, and of the entitlement that it hangs on.

An entitlement is a list of spans of days on which it stood. So whatever is decided of a case asks
the same question: did the unit have it on that day?
"""

from collections.abc import Mapping
from typing import NamedTuple, TypeAlias

from services.incentive.case.said import Check, Key
from zoneledger.incentive.v1.case_events_pb2 import (
    Benefit,
    CaseCause,
    CaseStep,
    PreconditionAttested,
)
from zoneledger.incentive.v1.events_pb2 import Entitlement


class Span(NamedTuple):
    """Days on which an entitlement stood: from `since` on, up to before `until` ("": still)."""

    since: str
    until: str

    def has(self, day: str) -> bool:
        return self.since <= day and (not self.until or day < self.until)


class Right(NamedTuple):
    """An entitlement as it was granted last, and when it stood; the last span may be open."""

    entitlement: Entitlement
    spans: tuple[Span, ...] = ()
    reason: str = ""  # Why it was withdrawn last.

    @property
    def stands(self) -> bool:
        return bool(self.spans) and not self.spans[-1].until

    @property
    def last_day(self) -> str:
        """The day from which on it stands no longer; "" where it stands."""
        return self.spans[-1].until if self.spans else ""

    @property
    def changed_on(self) -> str:
        """The day of its latest change; "" where it never stood."""
        return self.last_day or (self.spans[-1].since if self.spans else "")

    def held_on(self, day: str) -> bool:
        return any(span.has(day) for span in self.spans)

    def granted(self, entitlement: Entitlement) -> "Right":
        """The same from the entitlement's first day on."""
        return Right(entitlement, (*self.spans, Span(entitlement.effective_on, "")))

    def withdrawn(self, day: str, reason: str) -> "Right":
        """The same up to the day; what had begun later never stood."""
        spans = tuple(
            span if span.until and span.until <= day else Span(span.since, day)
            for span in self.spans
            if span.since < day
        )
        return Right(self.entitlement, spans, reason)


class File(NamedTuple):
    """What was said of a case: asked for, attested by condition, granted, taken back.

    `opened` is its first step. `told` is what was reported under each key, `last` the latest day of
    a step that brought it further.
    """

    opened: CaseStep
    entitlement: Entitlement
    asked: Benefit
    checks: Mapping[str, Check]
    told: Mapping[Key, tuple[object, ...]]
    last: str
    granted: Benefit | None = None
    effective_from: str = ""
    recovered: int = 0

    @property
    def unmet(self) -> list[str]:
        """The preconditions that nobody attests, in the order of the document."""
        return [
            each.condition_id
            for each in self.entitlement.conditions
            if not isinstance(self.checks.get(each.condition_id), PreconditionAttested)
        ]


class Applied(NamedTuple):
    """It waits for attestations, or for the decision."""

    file: File


class Granted(NamedTuple):
    """It was granted and runs."""

    file: File


class Suspended(NamedTuple):
    """Something that it hangs on is missing: see `cause`."""

    file: File
    cause: CaseCause.ValueType


class Over(NamedTuple):
    """It came to its end; `reached` says how."""

    file: File
    reached: str


Case: TypeAlias = Applied | Granted | Suspended | Over

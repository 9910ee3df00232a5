"""What is remembered of a plan, from nothing to the plan that took its place.

`told` is every event so far, by what it is about and as it counts now: whoever says it again
changes nothing. `corrected` is every correction that was said, oldest first: saying one of them
again, or what was reported before it, changes nothing either.
"""

from collections.abc import Mapping, Sequence
from typing import NamedTuple, TypeAlias

from services.evaluation.plan.said import Happened, Key
from zoneledger.evaluation.v1.plan_events_pb2 import (
    Plan,
    PlanCopied,
    PlanRules,
    PlanStepCorrected,
)


class Undrafted(NamedTuple):
    """Nobody has spoken of the plan yet."""


class Prepared(NamedTuple):
    """It is drafted, recommended or under assessment: `reached` says which."""

    reached: str
    plan: Plan
    told: Mapping[Key, Happened]
    corrected: Sequence[PlanStepCorrected] = ()


class Agreed(NamedTuple):
    """It is agreed to in principle or in revision, and bound by `rules`."""

    reached: str
    plan: Plan
    rules: PlanRules
    told: Mapping[Key, Happened]
    corrected: Sequence[PlanStepCorrected] = ()


class InForce(NamedTuple):
    """It is issued or approved; `since` is from when on."""

    reached: str
    plan: Plan
    rules: PlanRules
    version: int
    since: str
    told: Mapping[Key, Happened]
    corrected: Sequence[PlanStepCorrected] = ()


class Superseded(NamedTuple):
    """Another plan took its place; `version` is 0 where it never was in force."""

    reached: str
    rules: PlanRules
    version: int
    since: str
    told: Mapping[Key, Happened]
    corrected: Sequence[PlanStepCorrected] = ()


Spoken: TypeAlias = Prepared | Agreed | InForce | Superseded
State: TypeAlias = Undrafted | Spoken


def last(state: Spoken) -> Happened:
    """The last step of the plan; copies are sent beside its way, and are none."""
    return [each for each in state.told.values() if is_step(each)][-1]


def last_day(state: Spoken, without: Happened | None = None) -> str:
    """The day of the last step that says its day, but one; "" where none does."""
    steps = [each for each in state.told.values() if is_step(each) and each is not without]
    return max((each.step.taken_on for each in steps), default="")


def is_step(event: Happened) -> bool:
    return not isinstance(event, PlanCopied)

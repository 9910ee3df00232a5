"""What a caller has to see before it can say anything of it.

Whoever does not see an entitlement, or a case under it, is answered as if there were none: so no
command tells anybody what is kept from him.
"""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from services.incentive import views as entitlement_views
from services.incentive.case import views
from services.incentive.case.bound import not_entitled, unknown
from services.kernel.decision import Recorded
from services.kernel.errors import Fault, Rejected
from services.kernel.policy import Policies
from zoneledger.incentive.v1.case_commands_pb2 import ApplyForBenefit


def unseen_faults(
    commands: Iterable[Any], told: Mapping[str, Sequence[Recorded]], policies: Policies
) -> list[Fault]:
    """The commands on what is not in what the caller is told of each unit."""
    seen = {unit: _names(entries, policies) for unit, entries in told.items()}
    found = []
    for index, command in enumerate(commands):
        name, refusal = _needed(command)
        if name not in seen.get(command.step.unit_id, ()):
            found.append(Fault(index, refusal.field, refusal.told))
    return found


def _names(entries: Sequence[Recorded], policies: Policies) -> frozenset[str]:
    """The names of the entitlements and cases that these events tell of."""
    rights = entitlement_views.entitlements(entries, 0, policies)
    return frozenset(
        [
            *(each.name for each in rights),
            *(each.name for each in views.cases(entries, 0, policies)),
        ]
    )


def _needed(command: Any) -> tuple[str, Rejected]:
    """What the caller has to see, and how it is answered where it does not."""
    step = command.step
    right = f"{step.round}.{step.instrument}"
    if isinstance(command, ApplyForBenefit):
        return f"units/{step.unit_id}/entitlements/{right}", not_entitled(step)
    return f"units/{step.unit_id}/cases/{right}.{step.case_id}", unknown(step)

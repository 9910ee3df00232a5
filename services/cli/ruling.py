"""What people decide on streaks, as it was written on the command line, and sent."""

from collections.abc import Callable
from typing import Any, NamedTuple

import grpc

from services.cli import naming, refusals
from services.cli.client import Clients
from services.kernel.errors import Malformed, Violation
from services.kernel.words import number
from zoneledger.evaluation.v1.service_pb2 import (
    DecideDisqualificationRequest,
    ListDisqualificationsRequest,
    ReverseDisqualificationRequest,
    ReviewStreaksRequest,
    UseExpansionRightRequest,
)
from zoneledger.evaluation.v1.streak_commands_pb2 import (
    DecideDisqualification,
    DisqualificationRuling,
    ReverseDisqualification,
    UseExpansionRight,
)
from zoneledger.evaluation.v1.streak_events_pb2 import ExpansionPart
from zoneledger.ledger.v1.outcome_pb2 import BatchOutcome

_OPTIONS = {
    "unit_id": "NAME",
    "round": "--streak",
    "streak_id": "--streak",
    "chosen_unit_id": "--chosen-unit",
}


class Wish(NamedTuple):
    """A decision as it was written; a decline has no day from when on."""

    unit: str
    document: str
    decided_on: str
    effective_on: str
    reason: str
    backdating_quote: str = ""


class Use(NamedTuple):
    """The use of a right as it was written; `streak` is {round}.{streak}."""

    unit: str
    streak: str
    part: str
    chosen: str
    document: str
    used_on: str
    chosen_unit: str = ""


def review(clients: Clients, unit: str) -> BatchOutcome:
    """Judge one unit again, or all; how many changed."""
    parent = f"units/{naming.unit_id(clients, 'NAME', unit)}" if unit else ""
    return clients.evaluation.ReviewStreaks(ReviewStreaksRequest(parent=parent)).outcome


def disqualify(clients: Clients, wish: Wish) -> bool:
    """Disqualify as it was proposed; whether that changed anything."""
    return _decide(clients, wish, DisqualificationRuling.DISQUALIFICATION_RULING_DISQUALIFY)


def decline(clients: Clients, wish: Wish) -> bool:
    """Decline what was proposed; whether that changed anything."""
    return _decide(clients, wish, DisqualificationRuling.DISQUALIFICATION_RULING_DECLINE)


def reverse(clients: Clients, wish: Wish) -> bool:
    """Take a disqualification back; whether that changed anything."""
    unit, etag = _looked_at(clients, wish.unit)
    reversal = ReverseDisqualification(
        unit_id=unit,
        document=wish.document,
        decided_on=wish.decided_on,
        effective_on=wish.effective_on,
        reason=wish.reason,
        backdating_quote=wish.backdating_quote,
    )
    request = ReverseDisqualificationRequest(reversal=reversal, etag=etag)
    return _send(clients.evaluation.ReverseDisqualification, request)


def use(clients: Clients, wish: Use) -> bool:
    """Enter the use of a right; whether that changed anything."""
    round_, _, streak = wish.streak.partition(".")
    if not (round_.isascii() and round_.isdigit() and len(round_) == 4 and streak):
        raise Malformed(
            Violation("--streak", "write it as the list does, such as 2022.excellent-2019")
        )
    part = number(ExpansionPart, {"示范园区": "park", "城市": "city"}.get(wish.part, wish.part))
    if not part:
        raise Malformed(Violation("--part", f"{wish.part!r} is neither park nor city"))
    request = UseExpansionRightRequest(
        use=UseExpansionRight(
            unit_id=naming.unit_id(clients, "NAME", wish.unit),
            round=int(round_),
            streak_id=streak,
            part=part,  # type: ignore[arg-type]  # any int
            document=wish.document,
            used_on=wish.used_on,
            chosen=wish.chosen,
            chosen_unit_id=(
                naming.unit_id(clients, "--chosen-unit", wish.chosen_unit)
                if wish.chosen_unit
                else ""
            ),
        )
    )
    return _send(clients.evaluation.UseExpansionRight, request)


def _decide(clients: Clients, wish: Wish, ruling: DisqualificationRuling.ValueType) -> bool:
    unit, etag = _looked_at(clients, wish.unit)
    decision = DecideDisqualification(
        unit_id=unit,
        ruling=ruling,
        document=wish.document,
        decided_on=wish.decided_on,
        effective_on=wish.effective_on,
        reason=wish.reason,
        backdating_quote=wish.backdating_quote,
    )
    request = DecideDisqualificationRequest(decision=decision, etag=etag)
    return _send(clients.evaluation.DecideDisqualification, request)


def _looked_at(clients: Clients, name: str) -> tuple[str, str]:
    """The unit, and the etag of what is proposed or decided for it; "" where nothing is."""
    unit = naming.unit_id(clients, "NAME", name)
    request = ListDisqualificationsRequest(parent=f"units/{unit}")
    found = clients.evaluation.ListDisqualifications(request).disqualifications
    return unit, found[0].etag if found else ""


def _send(method: Callable[[Any], Any], request: Any) -> bool:
    try:
        return bool(method(request).outcome.recorded)
    except grpc.RpcError as error:
        if faults := refusals.violations(error):
            raise Malformed(*(_by_option(each) for each in faults)) from error
        raise


def _by_option(fault: Violation) -> Violation:
    """The fault under the name of the option that was written."""
    field = fault.field.rpartition(".")[2]
    return Violation(_OPTIONS.get(field, f"--{field.replace('_', '-')}"), fault.what)

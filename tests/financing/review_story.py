"""The story of an entitlement whose rating is corrected, as it is told of a credit tilt."""

from typing import Any

from google.protobuf.message import Message

from tests.financing.test_decider import TILT
from tests.spec import but
from zoneledger.financing.v1.commands_pb2 import GrantCreditTilt, ReviseCreditTilt, Verdict
from zoneledger.financing.v1.events_pb2 import CreditTilt
from zoneledger.financing.v1.review_commands_pb2 import CloseCreditTiltReview
from zoneledger.incentive.v1 import commands_pb2 as incentive
from zoneledger.incentive.v1.events_pb2 import Entitlement
from zoneledger.incentive.v1.review_commands_pb2 import CloseEntitlementReview

_FIELDS = (
    "unit_id",
    "round",
    "grade",
    "effective_on",
    "policy",
    "visibility",
    "ended_on",
    "gaps",
    "cause",
    "reason",
)


def of(command: Message) -> Message:
    """The command of incentive as it is given to financing."""
    match command:
        case CloseEntitlementReview(closing=closing):
            whole = but(closing, instrument="credit_tilt", closed_by="cdb")
            return CloseCreditTiltReview(closing=whole)
        case incentive.GrantEntitlements():
            return GrantCreditTilt(verdict=_verdict(command.verdict), **_same(command))
        case incentive.ReviseEntitlements():
            said = _same(command) | {"decided_on": command.decided_on}
            return ReviseCreditTilt(verdict=_verdict(command.verdict), **said)
    raise AssertionError(command)


def _same(command: Message) -> dict[str, Any]:
    return {field: getattr(command, field) for field in _FIELDS}


def _verdict(verdict: incentive.Verdict) -> Verdict:
    said = Verdict(
        nothing_clause_id=verdict.nothing_clause_id, nothing_reason=verdict.nothing_reason
    )
    for each in verdict.earned:
        said.earned.CopyFrom(_tilt(each))
    return said


def _tilt(earned: Entitlement) -> CreditTilt:
    return but(
        TILT,
        effective_on=earned.effective_on,
        visibility=earned.visibility,
        held_back_from=earned.held_back_from,
    )

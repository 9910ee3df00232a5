"""What the services answer, as flat records: the JSON that machines get and tables are made of."""

from typing import Any

from google.protobuf import json_format
from google.protobuf.message import Message

from services.kernel.words import word
from services.runtime.contract import load_messages
from zoneledger.evaluation.v1.events_pb2 import (
    Alias,
    BeneficiaryClass,
    Grade,
    HonourKind,
    Membership,
    Territory,
    UnitKind,
)
from zoneledger.evaluation.v1.service_pb2 import HonourStanding, RatingStanding, UnitStanding
from zoneledger.financing.v1.service_pb2 import CreditTiltStanding, CreditTiltStatus
from zoneledger.incentive.v1.service_pb2 import EntitlementStanding, EntitlementStatus
from zoneledger.ledger.v1.decision_pb2 import Decision, LogEntry
from zoneledger.ledger.v1.visibility_pb2 import Visibility

Record = dict[str, Any]


def unit(standing: UnitStanding) -> Record:
    entry = standing.unit
    return {
        "unit_id": entry.unit_id,
        "name_zh": entry.name_zh,
        "name_en": entry.name_en,
        "kind": word(UnitKind, entry.kind),
        "zone_id": entry.zone_id or None,
        "province": entry.province,
        "beneficiary_class": word(BeneficiaryClass, entry.beneficiary_class),
        "member_from": entry.member_from or None,
        "member_until": entry.member_until or None,
        "disqualified_on": standing.disqualified_on or None,
        "gaps": [{"since": each.since, "until": each.until} for each in standing.gaps],
        "source": entry.source or None,
        "place_id": entry.place_id or None,
        "aliases": [{"name_zh": each.name_zh, **_dated(each)} for each in entry.aliases],
        "memberships": [
            {"zone_id": each.zone_id or None, **_dated(each)} for each in entry.memberships
        ],
        "territories": [{"text_zh": each.text_zh, **_dated(each)} for each in entry.territories],
        "host": entry.host.name_zh or None,
        "host_source": entry.host.source or None,
        "zone_ids": list(standing.zone_ids),
        **_proof(standing),
    }


def _dated(part: Alias | Membership | Territory) -> Record:
    return {
        "valid_from": part.valid_from or None,
        "valid_until": part.valid_until or None,
        "source": part.source or None,
    }


def rating(standing: RatingStanding) -> Record:
    given = standing.rating
    return {
        "round": given.round,
        "unit_id": given.unit_id,
        "grade": word(Grade, given.grade),
        "published_on": given.published_on,
        "document": given.document,
        "visibility": word(Visibility, given.visibility),
        "policy_id": given.policy.policy_id,
        "corrections": standing.corrections,
        "corrected_on": standing.corrected_on or None,
        "voided_on": standing.voided_on or None,
        "voided_by": standing.voided_by or None,
        "source": given.source or None,
        **_proof(standing),
    }


def honour(standing: HonourStanding) -> Record:
    given = standing.honour
    return {
        "round": given.round,
        "honour_id": given.honour_id,
        "kind": word(HonourKind, given.kind),
        "name_zh": given.name_zh,
        "name_en": given.name_en,
        "unit_id": given.unit_id,
        "field_zh": given.field_zh or None,
        "awarded_on": given.awarded_on or None,
        "document": given.document,
        "source": given.source or None,
        **_proof(standing),
    }


def entitlement(standing: EntitlementStanding) -> Record:
    given = standing.entitlement
    return {
        "unit_id": given.unit_id,
        "round": given.round or None,
        "instrument": given.instrument,
        "status": word(EntitlementStatus, standing.status),
        "wording": given.wording or None,
        "policy_id": given.policy.policy_id,
        "clause": given.clause_id,
        "clause_quote": standing.clause_quote,
        "conditions": [
            json_format.MessageToDict(c, preserving_proto_field_name=True) for c in given.conditions
        ],
        "authority": given.authority or None,
        "norm_id": standing.norm_id or None,
        "reason": standing.reason or None,
        "effective_on": standing.effective_on or None,
        **_proof(standing),
    }


def credit_tilt(standing: CreditTiltStanding) -> Record:
    given = standing.tilt
    return {
        "unit_id": given.unit_id,
        "round": given.round or None,
        "status": word(CreditTiltStatus, standing.status),
        "dimensions": list(given.dimensions),
        "wording": given.wording or None,
        "policy_id": given.policy.policy_id,
        "clause": given.clause_id,
        "clause_quote": standing.clause_quote,
        "authority": given.authority or None,
        "norm_id": standing.norm_id or None,
        "reason": standing.reason or None,
        "effective_on": standing.effective_on or None,
        **_proof(standing),
    }


def readable(message: Message) -> Record:
    """A message with what is packed in it, whichever service's that is."""
    load_messages()
    return json_format.MessageToDict(message, preserving_proto_field_name=True)


def decision(entry: LogEntry) -> Record:
    made = Decision.FromString(entry.decision)
    told = readable(made)
    told["version"] = made.version
    for packed in [told["command"], *told["events"]]:
        packed["@type"] = packed["@type"].rpartition(".")[2]
    return {
        "service": entry.service,
        "position": entry.position,
        **told,
        "leaf_hash": entry.leaf_hash.hex(),
    }


def _proof(
    standing: UnitStanding
    | RatingStanding
    | HonourStanding
    | EntitlementStanding
    | CreditTiltStanding,
) -> Record:
    return {
        "recorded_at": standing.recorded_at.ToJsonString(),
        "decision_id": standing.decision_id,
    }

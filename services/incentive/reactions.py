"""What evaluation reports, as what incentive must do about it.

The document that evaluation recorded with the rating decides, by the text in our own log. A rating
whose document has not arrived yet waits for it.
"""

from collections.abc import Sequence
from datetime import date
from typing import TypeAlias

from services.incentive.decider import GRANTED
from services.kernel import adoption
from services.kernel.policy import Earned, Policies, Undetermined
from services.kernel.policy_terms import BeneficiaryClass, Grade, Nothing, Rule
from services.kernel.words import word
from zoneledger.evaluation.v1 import events_pb2 as evaluation
from zoneledger.incentive.v1.commands_pb2 import GrantEntitlements, ReviseEntitlements, Verdict
from zoneledger.incentive.v1.events_pb2 import Condition, Entitlement
from zoneledger.ledger.v1.decision_pb2 import PolicyReference
from zoneledger.ledger.v1.policy_pb2 import AdoptPolicy, PolicyAdopted

ZoneRated: TypeAlias = (
    evaluation.ZoneRatedExcellent
    | evaluation.ZoneRatedGood
    | evaluation.ZoneRatedQualified
    | evaluation.ZoneRatedPoor
)
Heard: TypeAlias = (
    PolicyAdopted
    | evaluation.UnitRegistered
    | evaluation.UnitAmended
    | ZoneRated
    | evaluation.RatingCorrected
    | evaluation.HonourAwarded
)
Command: TypeAlias = AdoptPolicy | GrantEntitlements | ReviseEntitlements


HEARD = (
    PolicyAdopted,
    evaluation.UnitRegistered,
    evaluation.UnitAmended,
    evaluation.ZoneRatedExcellent,
    evaluation.ZoneRatedGood,
    evaluation.ZoneRatedQualified,
    evaluation.ZoneRatedPoor,
    evaluation.RatingCorrected,
    evaluation.HonourAwarded,
)


def react(event: Heard, policies: Policies) -> Sequence[Command]:
    match event:
        case PolicyAdopted():
            return [AdoptPolicy(policy_id=event.policy_id, text=event.text)]
        case (
            evaluation.ZoneRatedExcellent()
            | evaluation.ZoneRatedGood()
            | evaluation.ZoneRatedQualified()
            | evaluation.ZoneRatedPoor()
        ):
            return [_grant(event, policies)]
        case evaluation.RatingCorrected():
            return [_revise(event, policies)]
        case evaluation.UnitRegistered():
            return _by_reference(event, policies)
        case evaluation.UnitAmended():
            return _amended(event, policies)
        case evaluation.HonourAwarded():
            return []  # An honour is praise; no document attaches an entitlement to it.


def _grant(event: ZoneRated, policies: Policies) -> GrantEntitlements:
    rating = event.rating
    return GrantEntitlements(
        unit_id=rating.unit_id,
        round=rating.round,
        grade=word(evaluation.Grade, rating.grade),
        verdict=_verdict(event, rating.published_on, policies),
        effective_on=rating.published_on,
        policy=rating.policy,
    )


def _revise(event: evaluation.RatingCorrected, policies: Policies) -> ReviseEntitlements:
    """What was relied on until the correction stays; the new grade counts from then on."""
    rating = event.rating
    return ReviseEntitlements(
        unit_id=rating.unit_id,
        round=rating.round,
        grade=word(evaluation.Grade, rating.grade),
        verdict=_verdict(event, event.corrected_on, policies),
        effective_on=event.corrected_on,
        policy=rating.policy,
        reason=event.reason,
    )


def _by_reference(event: evaluation.UnitRegistered, policies: Policies) -> list[Command]:
    """Support by reference (参照享受) hangs on the document that names the class, not a grade."""
    if not event.HasField("policy"):
        return []  # A national unit earns by its ratings alone.
    return [
        GrantEntitlements(
            unit_id=event.unit.unit_id,
            verdict=_reference_verdict(event.unit, event.policy, policies),
            effective_on=_since(event, policies),
            policy=event.policy,
        )
    ]


def _amended(event: evaluation.UnitAmended, policies: Policies) -> list[Command]:
    """Ratings keep the class they were published with; support by reference follows the entry."""
    if event.unit.beneficiary_class == event.former.beneficiary_class:
        return []
    verdict = Verdict()
    if event.HasField("policy"):
        verdict = _reference_verdict(event.unit, event.policy, policies)
    return [
        ReviseEntitlements(
            unit_id=event.unit.unit_id,
            verdict=verdict,
            effective_on=_since(event, policies),
            policy=event.policy,
            reason="the register gives the unit another class",
        )
    ]


def _since(event: evaluation.UnitRegistered | evaluation.UnitAmended, policies: Policies) -> str:
    """Support by reference begins with membership, and not before the document that names it."""
    if not event.HasField("policy"):
        return event.unit.member_from
    document = adoption.document(event.policy, policies)
    return max(event.unit.member_from, (document.signed_on or document.published_on).isoformat())


def _reference_verdict(
    unit: evaluation.Unit, policy: PolicyReference, policies: Policies
) -> Verdict:
    norm = adoption.document(policy, policies).norm_for(_class(unit.beneficiary_class))
    if norm is None:
        return Verdict()
    return Verdict(open_norm_id=norm.norm_id, open_norm_clause_id=norm.clause.clause_id)


def _verdict(
    event: ZoneRated | evaluation.RatingCorrected, effective_on: str, policies: Policies
) -> Verdict:
    rating = event.rating
    document = adoption.document(rating.policy, policies)
    grade, on = Grade(word(evaluation.Grade, rating.grade)), date.fromisoformat(rating.published_on)
    match document.verdict(_class(event.beneficiary_class), grade, on):
        case Earned(rules):
            earned = [
                _entitlement(rule, rating, effective_on)
                for rule in rules
                if rule.instrument in GRANTED
            ]
            return Verdict(earned=earned)
        case Nothing(clause=clause):
            return Verdict(nothing_clause_id=clause.clause_id)
        case Undetermined(norm):
            return Verdict(open_norm_id=norm.norm_id, open_norm_clause_id=norm.clause.clause_id)


def _entitlement(rule: Rule, rating: evaluation.Rating, effective_on: str) -> Entitlement:
    return Entitlement(
        unit_id=rating.unit_id,
        round=rating.round,
        instrument=rule.instrument,
        rule_id=rule.rule_id,
        wording=rule.wording,
        clause_id=rule.clause.clause_id,
        authority=rule.authority,
        conditions=[
            Condition(
                condition_id=condition.precondition_id,
                text_zh=condition.text_zh,
                text_en=condition.text_en,
                attested_by=condition.attested_by,
            )
            for condition in rule.preconditions
        ],
        effective_on=effective_on,
        policy=rating.policy,
    )


def _class(number: int) -> BeneficiaryClass:
    return BeneficiaryClass(word(evaluation.BeneficiaryClass, number))

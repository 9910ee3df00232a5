"""What a report leaves to be looked up: the document that governs it, and names that must exist.

Rules for fields that depend on what is adopted and registered, and the references that go into a
command so that the decision hangs on nothing else.
"""

from collections.abc import Collection
from difflib import get_close_matches

from services.kernel.adoption import reference
from services.kernel.policy import Policies
from services.kernel.policy_terms import BeneficiaryClass as Class
from services.kernel.words import word
from services.runtime.fields import Table
from zoneledger.evaluation.v1.events_pb2 import BeneficiaryClass, Rating, Unit
from zoneledger.ledger.v1.decision_pb2 import PolicyReference


def rated_by(rating: Rating, policies: Policies) -> Rating:
    """The rating with the document that governs its round and its own document's proper name."""
    governing, publishing = policies.for_round(rating.round), policies.named(rating.document)
    return Rating(
        unit_id=rating.unit_id,
        round=rating.round,
        grade=rating.grade,
        published_on=rating.published_on,
        document=publishing.policy_id if publishing else rating.document,
        visibility=rating.visibility,
        policy=reference(governing) if governing else None,
        source=rating.source,
    )


def registered_by(unit: Unit, policies: Policies) -> PolicyReference | None:
    """The document under which a beneficiary by reference stands; None for a national unit."""
    class_ = word(BeneficiaryClass, unit.beneficiary_class)
    if class_ in ("", Class.NATIONAL):
        return None
    naming = policies.naming(Class(class_), unit.member_from) or policies.naming(Class(class_), "")
    return reference(naming) if naming else None


def rating_rules(policies: Policies) -> Table:
    """A rating's round must be governed, and its document known."""
    return {
        "round": lambda round_: "" if policies.for_round(round_) else _ungoverned(round_, policies),
        "document": lambda name: "" if policies.named(name) else _unknown_document(name, policies),
    }


def unit_rules(zones: Collection[str], policies: Policies) -> Table:
    """A member's zone must exist; a class by reference must be named by a document."""
    return {
        "zone_id": lambda name: "" if not name or name in zones else _unknown_zone(name, zones),
        "beneficiary_class": lambda class_: _unnamed(word(BeneficiaryClass, class_), policies),
    }


def _ungoverned(round_: int, policies: Policies) -> str:
    governed = ", ".join(_span(each.rounds_from, each.rounds_until) for each in policies) or "none"
    return (
        f"no adopted document governs the round {round_} (governed: {governed});"
        " adopt its document first: zoneledger policies adopt FILE"
    )


def _span(first: int, last: int | None) -> str:
    return str(first) if first == last else f"{first}-{last or ''}"


def _unknown_document(name: str, policies: Policies) -> str:
    adopted = ", ".join(each.number or each.policy_id for each in policies) or "none"
    return (
        f"{name!r} is not an adopted document (adopted: {adopted});"
        " adopt it first: zoneledger policies adopt FILE"
    )


def _unknown_zone(name: str, zones: Collection[str]) -> str:
    near = get_close_matches(name, zones, 1)
    hint = f"; did you mean {near[0]}?" if near else ""
    return f"there is no zone {name!r} in the register or in this file{hint}"


def _unnamed(class_: str, policies: Policies) -> str:
    if class_ in ("", Class.NATIONAL) or policies.naming(Class(class_), ""):
        return ""
    return (
        f"no adopted document names the class {class_}; adopt the one that does first:"
        " zoneledger policies adopt FILE"
    )

"""What a report leaves to be looked up: the document that governs it, and what must fit together.

Rules for what a report says of days, units and documents that are adopted and registered, and the
references that go into a command so that the decision hangs on nothing else. Today comes in.
"""

from collections.abc import Iterator, Mapping, Sequence
from difflib import get_close_matches
from typing import TypeVar

from services.evaluation import streak_standing
from services.evaluation.membership import memberships
from services.kernel.access import locked_out, unknown_names
from services.kernel.access_text import parse
from services.kernel.adoption import READING, reference
from services.kernel.errors import Fault
from services.kernel.policy import Policies, Policy
from services.kernel.policy_problems import PolicyProblems
from services.kernel.policy_terms import BeneficiaryClass as Class
from services.kernel.policy_terms import UnitKind as Kind
from services.kernel.reasons import NONE, Why
from services.kernel.supplement import norms_of
from services.kernel.supplement_text import parse as parse_supplement
from services.kernel.words import word
from services.runtime import contract, fields
from zoneledger.evaluation.v1.commands_pb2 import CorrectRating, PublishRating
from zoneledger.evaluation.v1.events_pb2 import BeneficiaryClass, Rating, Unit, UnitKind
from zoneledger.evaluation.v1.streak_commands_pb2 import (
    DecideDisqualification,
    ReverseDisqualification,
)
from zoneledger.evaluation.v1.supplement_commands_pb2 import AdoptSupplement, OpenNorm
from zoneledger.ledger.v1.access_pb2 import AdoptAccessTable
from zoneledger.ledger.v1.decision_pb2 import PolicyReference

Ruling = TypeVar("Ruling", DecideDisqualification, ReverseDisqualification)

_TABLE, _SUPPLEMENT = "access-table", "supplement"
_COMPARED = 10_000  # Names at most that are compared to find what was meant, in one batch.
# A correction of a rating knows all that were said before; by 1 it knew the one that stood.
CORRECTION_READING = 2
_BELONG_TO_NO_ZONE = (Kind.ZONE, Kind.PROVINCIAL_ZONE, Kind.COUNTY_PARK)
# Zones and their members are national; the others enjoy support by reference (参照享受).
_CLASS_OF: Mapping[str, Class] = {
    Kind.PROVINCIAL_ZONE: Class.PROVINCIAL_BY_REFERENCE,
    Kind.COUNTY_PARK: Class.COUNTY_BY_REFERENCE,
}


def table_faults(command: AdoptAccessTable, today: str) -> list[Fault]:
    """What an access table names and the contract has not, and that nobody could replace it."""
    try:
        table = parse(command.text, _TABLE)
    except PolicyProblems:
        return []  # The decision says so, line by line.
    problems = [
        *unknown_names(table, contract.methods(), contract.fields(), _TABLE),
        *locked_out(table, today, _TABLE),
    ]
    return [Fault(0, "text", Why.TABLE_UNREADABLE(problems=each)) for each in problems]


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
        policy=reference(governing, READING) if governing else None,
        source=rating.source,
    )


def publication(rating: Rating, policies: Policies) -> PublishRating:
    """The command that publishes a rating, with what is looked up for it."""
    return PublishRating(rating=rated_by(rating, policies), reading=streak_standing.READING)


def corrected_by(said: CorrectRating, policies: Policies) -> CorrectRating:
    """The command with what is looked up; what it changes in retrospect is to be reviewed."""
    return _corrected(said, policies, CORRECTION_READING)


def following_result(said: CorrectRating, policies: Policies) -> CorrectRating:
    """The same after a result: the round knows what was said before, its rating follows."""
    return _corrected(said, policies, streak_standing.READING)


def _corrected(said: CorrectRating, policies: Policies, reading: int) -> CorrectRating:
    return CorrectRating(
        rating=rated_by(said.rating, policies),
        corrected_on=said.corrected_on,
        document=said.document,
        reason=said.reason,
        reading=reading,
        lists_for_review=True,
    )


def listed(command: Ruling) -> Ruling:
    """The decision as it is looked up; what it changes in retrospect goes to the review lists."""
    whole = type(command)()
    whole.CopyFrom(command)
    whole.reading = streak_standing.READING
    whole.lists_for_review = True
    return whole


def registered_by(unit: Unit, policies: Policies) -> PolicyReference | None:
    """The document under which a beneficiary by reference stands; None for a national unit."""
    class_ = word(BeneficiaryClass, unit.beneficiary_class)
    if class_ in ("", Class.NATIONAL):
        return None
    naming = policies.naming(Class(class_), unit.member_from) or policies.naming(Class(class_), "")
    return reference(naming) if naming else None


def supplemented(command: AdoptSupplement, policies: Policies) -> AdoptSupplement:
    """The command with the document that its text belongs to, and what that leaves open."""
    found = AdoptSupplement(supplement_id=command.supplement_id, text=command.text)
    try:
        policy = policies.get(parse_supplement(command.text, _SUPPLEMENT).policy_id)
    except PolicyProblems:
        return found  # The decision says so, line by line.
    if policy is not None:
        found.policy.CopyFrom(reference(policy))
        found.norms.extend(OpenNorm(**norm._asdict()) for norm in norms_of(policy))
    return found


def rating_rules(policies: Policies) -> fields.Table:
    """A rating's round must be governed, and its document known."""
    return {
        "round": lambda round_: "" if policies.for_round(round_) else _ungoverned(round_, policies),
        "document": lambda name: "" if policies.named(name) else _unknown_document(name, policies),
    }


def rating_faults(
    ratings: Sequence[Rating], register: Mapping[str, Unit], policies: Policies, today: str
) -> list[Fault]:
    """What cannot be true of the ratings' days, or is not rated by the document of the round."""
    return [
        Fault(index, field, what)
        for index, rating in enumerate(ratings)
        for field, what in (
            ("published_on", _wrong_day(rating, policies, today)),
            ("document", not_governing(rating.document, rating.round, policies)),
            (
                "unit_id",
                not_rated(rating.unit_id, rating.round, register.get(rating.unit_id), policies),
            ),
        )
        if what
    ]


def unit_faults(
    units: Sequence[Unit], register: Mapping[str, Unit], policies: Policies, today: str
) -> list[Fault]:
    """What does not fit together in an entry; members may come in one file with their zones."""
    known = {**register, **{unit.unit_id: unit for unit in units}}
    zones = [each.unit_id for each in known.values() if each.kind == UnitKind.UNIT_KIND_ZONE]
    advised = _COMPARED // max(1, len(zones))
    return [
        Fault(index, field, what)
        for index, unit in enumerate(units)
        for field, what in (
            *_wrong_zones(unit, known, zones if index < advised else ()),
            ("beneficiary_class", _wrong_class(unit, policies)),
            ("member_from", _wrong_beginning(unit, today)),
            ("member_until", _wrong_end(unit)),
        )
        if what
    ]


def zones_named(units: Sequence[Unit]) -> set[str]:
    """The zones to which these entries say that their units belong, or belonged."""
    return {each.zone_id for unit in units for each in memberships(unit)} - {""}


def _wrong_day(rating: Rating, policies: Policies, today: str) -> str:
    """A rating is published after its year, by a document that is signed, and not in the future."""
    day, document = rating.published_on, policies.named(rating.document)
    if fields.day(day):
        return ""  # It is reported as no date already.
    if day > today:
        return fields.still_to_come(day, today)
    if day <= f"{rating.round}-12-31":
        return Why.PUBLISHED_IN_ITS_YEAR(day=day, round=rating.round)
    first = can_publish_from(document) if document else ""
    if document and day < first:
        why = Why.BEFORE_SIGNATURE if document.signed_on else Why.BEFORE_PUBLICATION
        return why(day=day, policy=document.policy_id, since=first)
    return ""


def not_governing(name: str, round_: int, policies: Policies) -> str:
    """The results of a year are published by the document that governs it, and by no other."""
    named, governing = policies.named(name), policies.for_round(round_)
    if named is None or governing is None or named is governing:
        return ""
    return Why.DOCUMENT_OF_ANOTHER_ROUND(
        document=named.policy_id, round=round_, governing=governing.policy_id
    )


def can_publish_from(policy: Policy) -> str:
    """The ISO 8601 day of the document's signature, or of its publication where that is unknown."""
    return (policy.signed_on or policy.published_on).isoformat()


def not_rated(unit_id: str, round_: int, unit: Unit | None, policies: Policies) -> str:
    """The document of the round says which kinds of unit it rates, if it does."""
    governing = policies.for_round(round_)
    rated = governing.rated if governing else None
    kind = word(UnitKind, unit.kind) if unit else ""
    if governing is None or rated is None or not kind or kind in rated.unit_kinds:
        return ""
    return Why.KIND_NOT_RATED(
        unit=unit_id,
        kind=kind,
        policy=governing.policy_id,
        kinds=", ".join(rated.unit_kinds),
        clause=rated.clause.clause_id,
        quote=rated.clause.quote,
    )


def _wrong_zones(
    unit: Unit, known: Mapping[str, Unit], zones: Sequence[str]
) -> Iterator[tuple[str, str]]:
    """What is wrong with the zones of an entry; of several only the first is compared with all."""
    for index, membership in enumerate(memberships(unit)):
        field = f"memberships[{index}].zone_id" if unit.memberships else "zone_id"
        near = () if index else zones
        yield field, _wrong_zone(word(UnitKind, unit.kind), membership.zone_id, known, near)


def _wrong_zone(kind: str, zone_id: str, known: Mapping[str, Unit], zones: Sequence[str]) -> str:
    zone = known.get(zone_id)
    if not zone_id or not kind:
        return ""
    if kind in _BELONG_TO_NO_ZONE:
        return Why.BELONGS_TO_NO_ZONE(kind=kind)
    if zone is None:
        return _unknown_zone(zone_id, zones)
    if zone.kind != UnitKind.UNIT_KIND_ZONE:
        return Why.NOT_A_ZONE(zone=zone_id, kind=word(UnitKind, zone.kind))
    return ""


def _wrong_class(unit: Unit, policies: Policies) -> str:
    kind, class_ = word(UnitKind, unit.kind), word(BeneficiaryClass, unit.beneficiary_class)
    due = _CLASS_OF.get(kind, Class.NATIONAL)
    if kind and class_ and class_ != due:
        return Why.CLASS_DOES_NOT_FIT(kind=kind, due=due, beneficiary_class=class_)
    return _unnamed(class_, policies)


def _wrong_beginning(unit: Unit, today: str) -> str:
    if unit.memberships:
        return ""  # Each of them is judged by its own days.
    return fields.still_to_come(unit.member_from, today) if unit.member_from > today else ""


def _wrong_end(unit: Unit) -> str:
    if not unit.memberships and unit.member_until and unit.member_until < unit.member_from:
        return Why.ENDS_BEFORE_IT_BEGINS(
            member_until=unit.member_until, member_from=unit.member_from
        )
    return ""


def _ungoverned(round_: int, policies: Policies) -> str:
    governed = ", ".join(_span(each.rounds_from, each.rounds_until) for each in policies)
    return Why.ROUND_NOT_GOVERNED(round=round_, governed=governed or NONE)


def _span(first: int, last: int | None) -> str:
    return str(first) if first == last else f"{first}-{last or ''}"


def _unknown_document(name: str, policies: Policies) -> str:
    adopted = ", ".join(each.number or each.policy_id for each in policies)
    return Why.DOCUMENT_NOT_ADOPTED(document=name, adopted=adopted or NONE)


def _unknown_zone(name: str, zones: Sequence[str]) -> str:
    if near := get_close_matches(name, zones, 1):
        return Why.ZONE_MISSPELT(zone=name, near=near[0])
    return Why.ZONE_UNKNOWN(zone=name)


def _unnamed(class_: str, policies: Policies) -> str:
    if class_ in ("", Class.NATIONAL) or policies.naming(Class(class_), ""):
        return ""
    return Why.CLASS_WITHOUT_DOCUMENT(beneficiary_class=class_)

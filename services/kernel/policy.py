"""What a policy document says about each class of beneficiary, grade and day.

A document governs a span of performance years and states every cell of class x grade: rules that
the cell earns, an explicit nothing, or a norm it leaves open. Every value carries its clause. Past
documents never change: the content hash tells two texts apart. Nothing here reads a file or a
clock; `policy_text` turns text into these values and refuses what is incomplete.

A class that the document does not name earns nothing: a notice cannot have promised support to a
class created after it. A cell whose rules are not in force on the day earns nothing either. Each
says so in `Nothing.reason`. What a document names but leaves open is never guessed.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date

from services.kernel.errors import Rejected
from services.kernel.policy_terms import (
    Authority,
    BeneficiaryClass,
    CellAnswer,
    Clause,
    DatedValue,
    Grade,
    Nothing,
    OpenNorm,
    Parameter,
    Rated,
    Reason,
    Rule,
    Scope,
)
from services.kernel.reasons import Why


@dataclass(frozen=True, slots=True)
class Earned:
    """The cell earns these rules on that day; there is at least one."""

    rules: tuple[Rule, ...]


@dataclass(frozen=True, slots=True)
class Undetermined:
    """The document leaves it open and nobody had recorded an answer by that day."""

    norm: OpenNorm


Verdict = Earned | Nothing | Undetermined
_Cell = tuple[BeneficiaryClass, Grade]
_Stated = tuple[Rule, ...] | Nothing | OpenNorm


class PolicyConflict(Rejected):
    """A document contradicts one that is already adopted."""


@dataclass(frozen=True, slots=True)
class Policy:
    """One document; `number`, `signed_on` are None where unknown, `rounds_until` where open."""

    policy_id: str
    number: str | None  # 文号
    title_zh: str
    title_en: str
    issuers: tuple[Authority, ...]
    signed_on: date | None
    published_on: date
    rounds_from: int
    rounds_until: int | None
    scope: Scope
    clauses: tuple[Clause, ...]
    rules: tuple[Rule, ...]
    nothing: tuple[Nothing, ...]
    open_norms: tuple[OpenNorm, ...]
    parameters: tuple[Parameter, ...]
    content_hash: str
    rated: Rated | None = None  # None where it does not say which kinds of unit it rates.
    _cells: dict[_Cell, _Stated] = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        """Look every cell up once; ValueError for one that nobody states."""
        cells = {
            (class_, grade): _stated(self, class_, grade)
            for class_ in BeneficiaryClass
            for grade in Grade
        }
        object.__setattr__(self, "_cells", cells)

    def verdict(self, beneficiary_class: BeneficiaryClass, grade: Grade, on: date) -> Verdict:
        """What a unit of the class earns with the grade on the day."""
        stated = self._cells[beneficiary_class, grade]
        answer = _answer(stated, on) if isinstance(stated, OpenNorm) else None
        if isinstance(stated, OpenNorm) and answer == CellAnswer.AS_NATIONAL:
            stated = self._cells[BeneficiaryClass.NATIONAL, grade]
        match stated:
            case OpenNorm() if answer == CellAnswer.NOTHING:
                return Nothing(beneficiary_class, (grade,), stated.clause, Reason.INTERPRETED)
            case OpenNorm():
                return Undetermined(stated)
            case Nothing():
                return stated
            case rules:
                return _earned(rules, beneficiary_class, grade, on)

    def by_reference(self, beneficiary_class: BeneficiaryClass) -> Verdict:
        """What a unit of the class has without a rating, once every recorded answer holds."""
        norm, grades = self.norm_for(beneficiary_class), tuple(Grade)
        if beneficiary_class not in self.scope.beneficiary_classes:
            return Nothing(beneficiary_class, grades, self.scope.clause, Reason.CLASS_NOT_NAMED)
        if norm is None:
            return Nothing(beneficiary_class, grades, self.scope.clause, Reason.BY_RATING)
        if norm.interpretation is None:
            return Undetermined(norm)
        is_nothing = norm.interpretation.answer == CellAnswer.NOTHING
        reason = Reason.INTERPRETED if is_nothing else Reason.BY_RATING
        return Nothing(beneficiary_class, grades, norm.clause, reason)

    def norm_for(self, beneficiary_class: BeneficiaryClass) -> OpenNorm | None:
        """The norm that leaves open what the class earns; None where the document states it."""
        return next(
            (norm for norm in self.open_norms if norm.beneficiary_class == beneficiary_class), None
        )


@dataclass(frozen=True, slots=True)
class Policies:
    """The adopted documents in the order of the rounds they govern; no round has two."""

    documents: tuple[Policy, ...] = ()

    @staticmethod
    def none() -> "Policies":
        """No document yet."""
        return Policies()

    def adopt(self, policy: Policy) -> "Policies":
        """These and the policy; unchanged if it is there already, PolicyConflict if it clashes."""
        known = self.get(policy.policy_id)
        if known is not None:
            _must_be_same_text(known, policy)
            return self
        for other in self.documents:
            _must_not_clash(other, policy)
        return Policies(tuple(sorted((*self.documents, policy), key=lambda p: p.rounds_from)))

    def get(self, policy_id: str) -> Policy | None:
        """The document of this id."""
        return next((p for p in self.documents if p.policy_id == policy_id), None)

    def named(self, text: str) -> Policy | None:
        """The document of this id, 文号 or Chinese or English title."""
        return next((p for p in self.documents if text.strip() in _names(p)), None)

    def for_round(self, round_: int) -> Policy | None:
        """The document that governs a performance year."""
        return next((p for p in self.documents if _governs(p, round_)), None)

    def naming(self, beneficiary_class: BeneficiaryClass, on: str) -> Policy | None:
        """The latest document that names the class by the ISO 8601 day; "" stands for any."""
        found = [
            policy
            for policy in self.documents
            if beneficiary_class in policy.scope.beneficiary_classes
            and (not on or (policy.signed_on or policy.published_on).isoformat() <= on)
        ]
        return found[-1] if found else None

    def quote(self, policy_id: str, clause_id: str) -> str:
        """What a document's clause says; "" where there is no such clause."""
        policy = self.get(policy_id)
        clauses = policy.clauses if policy else ()
        return next((c.quote for c in clauses if c.clause_id == clause_id), "")

    def __iter__(self) -> Iterator[Policy]:
        """By round, oldest first."""
        return iter(self.documents)

    def __len__(self) -> int:
        """How many documents are adopted."""
        return len(self.documents)


def in_force(value: Rule | DatedValue, on: date) -> bool:
    """Whether the value holds on the day; its first and last day are inclusive."""
    return value.valid_from <= on and (value.valid_until is None or on <= value.valid_until)


def _stated(policy: Policy, class_: BeneficiaryClass, grade: Grade) -> _Stated:
    if class_ not in policy.scope.beneficiary_classes:
        return Nothing(class_, (grade,), policy.scope.clause, Reason.CLASS_NOT_NAMED)
    norm = policy.norm_for(class_)
    if norm is not None:
        return norm
    for nothing in policy.nothing:
        if nothing.beneficiary_class == class_ and grade in nothing.grades:
            return nothing
    rules = tuple(r for r in policy.rules if r.beneficiary_class == class_ and grade in r.grades)
    if not rules:
        raise ValueError(f"{policy.policy_id} does not state what {class_} x {grade} earns")
    return rules


def _answer(norm: OpenNorm, on: date) -> str | None:
    known = norm.interpretation
    return known.answer if known is not None and known.decided_on <= on else None


def _earned(
    rules: tuple[Rule, ...], beneficiary_class: BeneficiaryClass, grade: Grade, on: date
) -> Verdict:
    current = tuple(rule for rule in rules if in_force(rule, on))
    if current:
        return Earned(current)
    return Nothing(beneficiary_class, (grade,), rules[0].clause, Reason.NOT_IN_FORCE)


def _must_be_same_text(known: Policy, policy: Policy) -> None:
    if known.content_hash != policy.content_hash:
        why = Why.POLICY_TEXT_DIFFERS(
            policy=policy.policy_id, adopted=known.content_hash, offered=policy.content_hash
        )
        raise PolicyConflict(why, field="policy_id")


def _must_not_clash(other: Policy, policy: Policy) -> None:
    shared = _names(other) & _names(policy)
    if shared:
        name = min(shared)
        keys = ("policy_id", "number", "title_zh", "title_en")
        raise PolicyConflict(
            Why.POLICY_NAME_TAKEN(policy=policy.policy_id, other=other.policy_id, name=name),
            field=next(key for key in keys if getattr(policy, key) == name),
        )
    first = max(policy.rounds_from, other.rounds_from)
    if _governs(policy, first) and _governs(other, first):
        raise PolicyConflict(
            Why.ROUND_ALREADY_GOVERNED(policy=policy.policy_id, round=first, other=other.policy_id),
            field="rounds_from",
        )


def _governs(policy: Policy, round_: int) -> bool:
    last = policy.rounds_until
    return policy.rounds_from <= round_ and (last is None or round_ <= last)


def _names(policy: Policy) -> set[str]:
    return {policy.policy_id, policy.title_zh, policy.title_en, policy.number or policy.policy_id}

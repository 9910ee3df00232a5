"""The third pass over the text of a policy document: the document as a whole.

A cell of class x grade that is not stated, an overlap or a duplicate id does not load. Nobody can
judge that while a value is unreadable, so this pass comes last.
"""

from collections.abc import Iterable, Iterator
from itertools import combinations, pairwise

from services.kernel.policy import in_force
from services.kernel.policy_problems import Found, nearest
from services.kernel.policy_records import Draft
from services.kernel.policy_terms import (
    BeneficiaryClass,
    CellAnswer,
    DatedValue,
    Grade,
    Instrument,
    Interpretation,
    Nothing,
    OpenNorm,
    Parameter,
    Rule,
)
from services.kernel.policy_values import WHOLE


def check(draft: Draft, found: Found) -> None:
    """Report everything that is wrong with the document as a whole."""
    for each in _CHECKS:
        each(draft, found)


_Cell = tuple[BeneficiaryClass, Grade]


def _check_ids(draft: Draft, found: Found) -> None:
    check_unique(draft.clauses, "clause_id", found)
    check_unique(draft.rules, "rule_id", found)
    check_unique(draft.open_norms, "norm_id", found)
    check_unique(draft.parameters, "name", found)
    for rule in draft.rules:
        check_unique(rule.preconditions, "precondition_id", found)
    _check_prefix(draft, draft.rules, "rule_id", found)
    _check_prefix(draft, draft.open_norms, "norm_id", found)


def check_unique(records: Iterable[object], key: str, found: Found) -> None:
    """Report each record whose `key` an earlier one has."""
    first: dict[str, int] = {}
    for record in records:
        name, line = getattr(record, key), found.line(record, key)
        if name in first:
            what = f"`{name}` is taken at line {first[name]}: give this one an id of its own"
            found.add(line, "duplicate-id", what)
        first.setdefault(name, line)


def _check_prefix(draft: Draft, records: Iterable[object], key: str, found: Found) -> None:
    for record in records:
        name, prefix = getattr(record, key), f"{draft.policy_id}/"
        if not name.startswith(prefix):
            what = f"`{name}` does not name its document: begin it with `{prefix}`"
            found.at(record, key, "wrong-id", what)


def _check_spans(draft: Draft, found: Found) -> None:
    _check_span(draft, "signed_on", "published_on", found)
    _check_span(draft, "rounds_from", "rounds_until", found)
    dated: list[object] = [*draft.rules]
    dated += [value for parameter in draft.parameters for value in parameter.values]
    for record in dated:
        _check_span(record, "valid_from", "valid_until", found)


def _check_span(record: object, first: str, last: str, found: Found) -> None:
    start, end = getattr(record, first), getattr(record, last)
    if start is not None and end is not None and end < start:
        what = f"{last} {end} is before {first} {start}: correct one of the two"
        found.at(record, last, "wrong-date", what)


def _check_tilts(draft: Draft, found: Found) -> None:
    for rule in draft.rules:
        if rule.instrument == Instrument.CREDIT_TILT and not rule.dimensions:
            what = "a credit tilt says which sides of credit it favours: add `dimensions`"
            found.at(rule, "instrument", "missing-key", what)
        if rule.instrument != Instrument.CREDIT_TILT and rule.dimensions:
            what = f"{rule.instrument} has no dimensions of credit: delete them"
            found.at(rule, "dimensions", "unknown-key", what)


def _check_norms(draft: Draft, found: Found) -> None:
    for norm in draft.open_norms:
        if norm.beneficiary_class is not None and norm.parameter is not None:
            what = "a norm leaves open a class or a parameter, not both: write two norms"
            found.at(norm, "parameter", "overlap", what)
        if norm.interpretation is not None:
            _check_answer(norm, norm.interpretation, found)


def _check_answer(norm: OpenNorm, known: Interpretation, found: Found) -> None:
    if norm.beneficiary_class is not None and known.answer not in tuple(CellAnswer):
        what = f"`{known.answer}` answers no class: {nearest(known.answer, CellAnswer)}"
        found.at(known, "answer", "unknown-answer", what)
    is_national = norm.beneficiary_class == BeneficiaryClass.NATIONAL
    if is_national and known.answer == CellAnswer.AS_NATIONAL:
        what = "national units cannot be answered by themselves: state what they earn as rules"
        found.at(known, "answer", "unknown-answer", what)
    if norm.parameter is not None and not WHOLE.fullmatch(known.answer):
        what = f"`{known.answer}` is no value of {norm.parameter}: write a whole number in quotes"
        found.at(known, "answer", "unknown-answer", what)


def _check_cells(draft: Draft, found: Found) -> None:
    """Every cell of a class that the document names is stated, in one way only."""
    stated: dict[_Cell, object] = {}
    for record, class_, grades in _statements(draft):
        if class_ not in draft.scope.beneficiary_classes:
            what = f"the scope does not name {class_}: add it there or delete this"
            found.at(record, "beneficiary_class", "unknown-class", what)
        for grade in grades:
            _check_stated_once((class_, grade), record, stated, found)
    for class_ in draft.scope.beneficiary_classes:
        for grade in Grade:
            if (class_, grade) not in stated:
                what = f"{class_} x {grade} is not stated: add a rule, a nothing or an open norm"
                found.at(draft.scope, "beneficiary_classes", "gap", what)


_Statement = tuple[Rule | Nothing | OpenNorm, BeneficiaryClass, tuple[Grade, ...]]


def _statements(draft: Draft) -> Iterator[_Statement]:
    for rule in draft.rules:
        yield rule, rule.beneficiary_class, rule.grades
    for nothing in draft.nothing:
        yield nothing, nothing.beneficiary_class, nothing.grades
    for norm in draft.open_norms:
        if norm.beneficiary_class is not None:
            yield norm, norm.beneficiary_class, tuple(Grade)


def _check_stated_once(
    cell: _Cell, record: object, stated: dict[_Cell, object], found: Found
) -> None:
    """Several rules may share a cell; a nothing or an open norm has it alone."""
    other = stated.setdefault(cell, record)
    if other is not record and not (isinstance(other, Rule) and isinstance(record, Rule)):
        line = found.line(other, "beneficiary_class")
        what = f"{cell[0]} x {cell[1]} is stated already at line {line}: keep one of the two"
        found.at(record, "beneficiary_class", "overlap", what)


def _check_instruments(draft: Draft, found: Found) -> None:
    for one, other in combinations(draft.rules, 2):
        if _is_same_benefit(one, other) and _meet(one, other):
            what = (
                f"{other.beneficiary_class} earns {other.instrument} for a same grade and day by "
                f"{one.rule_id}, line {found.line(one, 'rule_id')}: part their grades or days"
            )
            found.at(other, "instrument", "overlap", what)


def _is_same_benefit(one: Rule, other: Rule) -> bool:
    return (
        one.instrument == other.instrument
        and one.beneficiary_class == other.beneficiary_class
        and not set(one.grades).isdisjoint(other.grades)
    )


def _check_parameters(draft: Draft, found: Found) -> None:
    owners: dict[str, object] = {parameter.name: parameter for parameter in draft.parameters}
    for norm in draft.open_norms:
        if norm.parameter is not None and owners.setdefault(norm.parameter, norm) is not norm:
            what = f"{norm.parameter} is stated or left open elsewhere: keep one of the two"
            found.at(norm, "parameter", "overlap", what)
    for parameter in draft.parameters:
        _check_values(parameter, found)


def _check_values(parameter: Parameter, found: Found) -> None:
    for older, newer in pairwise(parameter.values):
        if newer.valid_from <= older.valid_from or _meet(older, newer):
            what = f"{parameter.name} has two values on {newer.valid_from}: part them, oldest first"
            found.at(newer, "valid_from", "overlap", what)
        elif older.valid_until and (newer.valid_from - older.valid_until).days > 1:
            what = f"{parameter.name} has no value after {older.valid_until}: close the hole"
            found.at(newer, "valid_from", "gap", what)


def _meet(one: Rule | DatedValue, other: Rule | DatedValue) -> bool:
    """Whether there is a day on which both hold."""
    first = max(one.valid_from, other.valid_from)
    return in_force(one, first) and in_force(other, first)


_CHECKS = (
    _check_ids,
    _check_spans,
    _check_tilts,
    _check_norms,
    _check_cells,
    _check_instruments,
    _check_parameters,
)

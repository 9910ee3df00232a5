"""Reads the text of a policy document, or says everything that is wrong with it, line by line.

A value without a citation, a cell of class x grade that is not stated, an overlap or a duplicate
key does not load. Numbers are whole, dates are YYYY-MM-DD, text is text: what YAML guesses (yes,
010, 1:30) is refused, and so are aliases, so that a document is no larger than it looks.

Three passes, each over what the one before left clean, each reporting all it finds: the YAML; every
value by itself; the document as a whole, which nobody can judge while a value is unreadable.
"""

import difflib
import hashlib
import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field, fields
from datetime import date
from enum import StrEnum
from itertools import combinations, pairwise
from types import MappingProxyType
from typing import Any, NoReturn, TypeVar, cast

import yaml
from yaml.nodes import MappingNode, Node, ScalarNode, SequenceNode

from services.kernel.errors import Malformed, Violation
from services.kernel.policy import (
    Authority,
    BeneficiaryClass,
    CellAnswer,
    Clause,
    DatedValue,
    Dimension,
    Grade,
    Instrument,
    Interpretation,
    Nothing,
    OpenNorm,
    Parameter,
    Policy,
    Precondition,
    Rule,
    Scope,
    Unit,
    Wording,
    in_force,
)

T = TypeVar("T")
Word = TypeVar("Word", bound=StrEnum)

_DEEPEST = 16
_MAPPING = "tag:yaml.org,2002:map"
_STRING = "tag:yaml.org,2002:str"
_SEQUENCE = "tag:yaml.org,2002:seq"
_NO_KEYS: Mapping[str, Any] = MappingProxyType({})
_ID = re.compile(r"[a-z0-9]+([-_./][a-z0-9]+)*")
_SURROGATE = re.compile("[\ud800-\udfff]")  # Half a character: no UTF-8 can hold it.
_WHOLE = re.compile(r"0|[1-9][0-9]{0,17}")
_DAY = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")
_CITATIONS = {
    "clause": "a value without a citation does not load: name a clause_id of this document",
    "quote": "a clause is its wording: quote it as far as it is known",
    "source": "a clause needs a source: say where its wording was read",
}


@dataclass(frozen=True, slots=True)
class Problem:
    """One fault: where it is, which rule of the format it breaks, and what to do about it."""

    file: str
    line: int
    rule: str
    what: str

    def __str__(self) -> str:
        """As compilers print it, so that editors jump to the line."""
        return f"{self.file}:{self.line}: {self.rule}: {self.what}"


class PolicyProblems(Malformed):
    """The text is no policy document; holds every problem of the pass that failed, by line."""

    reason = "POLICY_PROBLEMS"

    def __init__(self, problems: Iterable[Problem]) -> None:
        """Keep the problems; the message is one line for each."""
        self.problems = tuple(sorted(set(problems), key=lambda p: (p.line, p.rule, p.what)))
        super().__init__(
            *(Violation(f"{p.file}:{p.line}", f"{p.rule}: {p.what}") for p in self.problems)
        )

    def __str__(self) -> str:
        """One problem a line."""
        return "\n".join(str(problem) for problem in self.problems)


def parse(text: str, file: str) -> Policy:
    """The policy that the text states; `file` names the text in problems. Raises PolicyProblems."""
    found = _Found(file)
    root = _compose(text, found)
    draft = _draft(root, found)
    for check in _CHECKS:
        check(draft, found)
    found.must_be_none()
    stated = {key.name: getattr(draft, key.name) for key in fields(draft)}
    return Policy(**stated, content_hash=hashlib.sha256(text.encode()).hexdigest())


@dataclass(slots=True)
class _Found:
    """The problems of a pass, the clauses to cite, and the lines where records were written."""

    file: str
    problems: list[Problem] = field(default_factory=list)
    clauses: dict[str, Clause] | None = None
    lines: dict[tuple[int, str], int] = field(default_factory=dict)

    def add(self, line: int, rule: str, what: str) -> None:
        self.problems.append(Problem(self.file, line, rule, what))

    def at(self, record: object, key: str, rule: str, what: str) -> None:
        """Add a problem where the record gives the key."""
        self.add(self.line(record, key), rule, what)

    def remember(self, record: object, nodes: dict[str, Node]) -> None:
        """Keep the line of each key that the record gives."""
        self.lines |= {(id(record), key): _line(nodes[key]) for key in nodes}

    def line(self, record: object, key: str) -> int:
        return self.lines[id(record), key]

    def must_be_none(self) -> None:
        if self.problems:
            raise PolicyProblems(self.problems)


# The first pass: the YAML.


def _compose(text: str, found: _Found) -> Node:
    """The one tree of the text, without aliases and no deeper than any document needs."""
    try:
        _check_events(yaml.parse(text, Loader=yaml.SafeLoader), found)
        found.must_be_none()
        return cast(Node, yaml.compose(text, Loader=yaml.SafeLoader))
    except yaml.MarkedYAMLError as error:
        line = _mark_line(error.problem_mark or error.context_mark)
        found.add(line, "syntax", f"{error.problem or error.context}: correct the YAML here")
    except yaml.reader.ReaderError as error:
        line = text.count("\n", 0, error.position) + 1
        found.add(line, "syntax", "a character that YAML does not allow: delete it")
    except (ValueError, OverflowError):
        # PyYAML lets these through for an escape or a version that is no number it can hold.
        found.add(1, "syntax", "an escape or directive is out of range: write plain characters")
    raise PolicyProblems(found.problems)


def _check_events(events: Iterable[yaml.Event], found: _Found) -> None:
    documents, depth = 0, 0
    for event in events:
        line = _mark_line(event.start_mark)
        if isinstance(event, yaml.DocumentStartEvent):
            documents += 1
            if documents == 2:
                found.add(line, "several-documents", "a file is one document: split it here")
        if isinstance(event, yaml.AliasEvent) or getattr(event, "anchor", None):
            found.add(line, "alias", "aliases and anchors are refused: write the value out")
        if isinstance(event, yaml.CollectionStartEvent):
            depth += 1
            if depth == _DEEPEST:
                found.add(line, "too-deep", "nothing in a policy is nested so deep: flatten it")
                return  # Reading on would take PyYAML time that grows with the square of depth.
        if isinstance(event, yaml.CollectionEndEvent):
            depth -= 1
    if documents == 0:
        found.add(1, "empty", "the file states nothing: write the document or delete the file")


def _mark_line(mark: Any) -> int:
    return int(mark.line) + 1 if mark is not None else 1


# The second pass: every value by itself. A reader reports what it cannot read and raises, and a
# record goes on with its other keys, so that one pass finds every such fault.

_Read = Callable[[Node, _Found], T]


class _Unreadable(Exception):
    """A value that is reported already."""


def _refuse(node: Node, found: _Found, rule: str, what: str) -> NoReturn:
    found.add(_line(node), rule, what)
    raise _Unreadable


def _line(node: Node) -> int:
    return _mark_line(node.start_mark)


def _is_scalar(node: Node, tag: str, form: re.Pattern[str]) -> bool:
    is_tagged = isinstance(node, ScalarNode) and node.tag == f"tag:yaml.org,2002:{tag}"
    return is_tagged and form.fullmatch(node.value) is not None


def _text(node: Node, found: _Found) -> str:
    if not isinstance(node, ScalarNode) or node.tag != _STRING:
        _refuse(node, found, "wrong-type", "text is needed here: write it in double quotes")
    if not node.value.strip() or _SURROGATE.search(node.value):
        _refuse(node, found, "wrong-text", "text is needed here: write it or drop the key")
    return str(node.value)


def _id(node: Node, found: _Found) -> str:
    text = _text(node, found)
    if not _ID.fullmatch(text):
        what = f"`{text}` is no id: use a-z and 0-9 with single - _ . / between them"
        _refuse(node, found, "wrong-id", what)
    return text


def _whole(node: Node, found: _Found) -> int:
    if not _is_scalar(node, "int", _WHOLE):
        _refuse(node, found, "wrong-type", "a whole number is needed here: write digits only")
    return int(node.value)


def _day(node: Node, found: _Found) -> date:
    try:
        if _is_scalar(node, "timestamp", _DAY):
            return date.fromisoformat(node.value)
    except ValueError:
        pass  # A day that the calendar does not have is refused like any other that is no day.
    what = "a day is needed here: write one that exists as YYYY-MM-DD, without quotes"
    _refuse(node, found, "wrong-date", what)


def _cited(node: Node, found: _Found) -> Clause:
    clause_id = _text(node, found)
    if found.clauses is None:
        raise _Unreadable  # The clauses themselves are reported; what cites them may be right.
    if clause_id not in found.clauses:
        what = f"`{clause_id}` is no clause of this document: {_nearest(clause_id, found.clauses)}"
        _refuse(node, found, "unknown-clause", what)
    return found.clauses[clause_id]


def _word(kind: str, vocabulary: type[Word]) -> _Read[Word]:
    """Reads one word of a closed vocabulary."""

    def read(node: Node, found: _Found) -> Word:
        text = _text(node, found)
        if text not in tuple(vocabulary):
            what = f"`{text}` is no {kind}: {_nearest(text, vocabulary)}"
            _refuse(node, found, f"unknown-{kind}", what)
        return vocabulary(text)

    return read


def _words(kind: str, vocabulary: type[Word]) -> _Read[tuple[Word, ...]]:
    """Reads a list of different words."""
    read_all = _list(_word(kind, vocabulary))

    def read(node: Node, found: _Found) -> tuple[Word, ...]:
        words = read_all(node, found)
        for word in vocabulary:
            if words.count(word) > 1:
                _refuse(node, found, "duplicate-word", f"`{word}` is listed twice: delete one")
        return words

    return read


def _list(read: _Read[T]) -> _Read[tuple[T, ...]]:
    """Reads a list of at least one."""

    def read_all(node: Node, found: _Found) -> tuple[T, ...]:
        if not isinstance(node, SequenceNode) or node.tag != _SEQUENCE or not node.value:
            what = "a list of at least one is needed here: write it with dashes or drop the key"
            _refuse(node, found, "wrong-type", what)
        values = [value for item in node.value for value in _try(read, item, found)]
        if len(values) < len(node.value):
            raise _Unreadable
        return tuple(values)

    return read_all


def _try(read: _Read[T], node: Node, found: _Found) -> list[T]:
    try:
        return [read(node, found)]
    except _Unreadable:
        return []


def _record(
    kind: str,
    build: Callable[..., T],
    needed: Mapping[str, _Read[Any]],
    optional: Mapping[str, _Read[Any]] = _NO_KEYS,
    lists: Mapping[str, _Read[Any]] = _NO_KEYS,
) -> _Read[T]:
    """Reads a mapping; what is optional and absent is None, and a list that is absent is empty."""
    readers = {**needed, **optional, **lists}

    def read(node: Node, found: _Found) -> T:
        nodes = _keys(node, kind, readers, found)
        _report_missing(node, kind, [key for key in needed if key not in nodes], found)
        values = {
            key: value
            for key in readers
            if key in nodes
            for value in _try(readers[key], nodes[key], found)
        }
        if len(values) < len(nodes) or not needed.keys() <= values.keys():
            raise _Unreadable
        absent = dict.fromkeys(optional) | dict.fromkeys(lists, ())
        record = build(**(absent | values))
        found.remember(record, nodes)
        return record

    return read


def _keys(node: Node, kind: str, known: Iterable[str], found: _Found) -> dict[str, Node]:
    """The nodes by key; reports duplicate and unknown keys."""
    if not isinstance(node, MappingNode) or node.tag != _MAPPING:
        _refuse(node, found, "wrong-type", f"{kind} is a mapping: write `key: value` lines")
    nodes: dict[str, Node] = {}
    for key_node, value in node.value:
        key = key_node.value if isinstance(key_node, ScalarNode) else "a list or mapping"
        if key in nodes:
            what = f"`{key}` is given already at line {_line(nodes[key])}: delete one"
            found.add(_line(key_node), "duplicate-key", what)
        elif key not in known:
            what = f"`{key}` is no key of {kind}: {_nearest(key, known)}"
            found.add(_line(key_node), "unknown-key", what)
        else:
            nodes[key] = value
    return nodes


def _report_missing(node: Node, kind: str, missing: Iterable[str], found: _Found) -> None:
    for key in missing:
        rule = "no-citation" if key in _CITATIONS else "missing-key"
        what = f"{kind} has no `{key}`: {_CITATIONS.get(key, 'add it')}"
        found.add(_line(node), rule, what)


def _nearest(text: str, known: Iterable[str]) -> str:
    words = [str(word) for word in known]
    near = difflib.get_close_matches(text, words, n=1)
    return f"did you mean `{near[0]}`?" if near else f"use one of {', '.join(words)}"


def _draft(root: Node, found: _Found) -> "_Draft":
    draft = _try(_DOCUMENT, root, found)
    found.must_be_none()
    return draft[0]


@dataclass(frozen=True, slots=True)
class _Draft:
    """A document whose values could all be read, and nothing more is known of it."""

    policy_id: str
    number: str | None
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


def _clauses(node: Node, found: _Found) -> tuple[Clause, ...]:
    clauses = _list(_CLAUSE)(node, found)
    found.clauses = {clause.clause_id: clause for clause in clauses}
    return clauses


_AUTHORITY = _word("authority", Authority)
_CLASS = _word("class", BeneficiaryClass)
_GRADES = _words("grade", Grade)

_CLAUSE = _record("a clause", Clause, {"clause_id": _id, "quote": _text, "source": _text})
_SCOPE = _record(
    "the scope",
    Scope,
    {"beneficiary_classes": _words("class", BeneficiaryClass), "clause": _cited},
)
_PRECONDITION = _record(
    "a precondition",
    Precondition,
    {"precondition_id": _id, "text_zh": _text, "text_en": _text, "attested_by": _AUTHORITY},
)
_RULE = _record(
    "a rule",
    Rule,
    {
        "rule_id": _id,
        "instrument": _word("instrument", Instrument),
        "beneficiary_class": _CLASS,
        "grades": _GRADES,
        "wording": _word("wording", Wording),
        "authority": _AUTHORITY,
        "clause": _cited,
        "valid_from": _day,
    },
    optional={"valid_until": _day},
    lists={"preconditions": _list(_PRECONDITION), "dimensions": _words("dimension", Dimension)},
)
_NOTHING = _record(
    "a nothing", Nothing, {"beneficiary_class": _CLASS, "grades": _GRADES, "clause": _cited}
)
_INTERPRETATION = _record(
    "an interpretation",
    Interpretation,
    {"author": _text, "decided_on": _day, "document": _text, "answer": _text},
)
_NORM = _record(
    "an open norm",
    OpenNorm,
    {"norm_id": _id, "question_zh": _text, "question_en": _text, "clause": _cited},
    optional={"beneficiary_class": _CLASS, "parameter": _id, "interpretation": _INTERPRETATION},
)
_VALUE = _record(
    "a dated value",
    DatedValue,
    {"value": _whole, "valid_from": _day, "clause": _cited},
    optional={"valid_until": _day},
)
_PARAMETER = _record(
    "a parameter", Parameter, {"name": _id, "unit": _word("unit", Unit), "values": _list(_VALUE)}
)
_DOCUMENT = _record(
    "the document",
    _Draft,
    {
        "clauses": _clauses,  # First: all that follow cite them.
        "policy_id": _id,
        "title_zh": _text,
        "title_en": _text,
        "issuers": _words("authority", Authority),
        "published_on": _day,
        "rounds_from": _whole,
        "scope": _SCOPE,
    },
    optional={"number": _text, "signed_on": _day, "rounds_until": _whole},
    lists={
        "rules": _list(_RULE),
        "nothing": _list(_NOTHING),
        "open_norms": _list(_NORM),
        "parameters": _list(_PARAMETER),
    },
)


# The third pass: the document as a whole.

_Cell = tuple[BeneficiaryClass, Grade]


def _check_ids(draft: _Draft, found: _Found) -> None:
    _check_unique(draft.clauses, "clause_id", found)
    _check_unique(draft.rules, "rule_id", found)
    _check_unique(draft.open_norms, "norm_id", found)
    _check_unique(draft.parameters, "name", found)
    for rule in draft.rules:
        _check_unique(rule.preconditions, "precondition_id", found)
    _check_prefix(draft, draft.rules, "rule_id", found)
    _check_prefix(draft, draft.open_norms, "norm_id", found)


def _check_unique(records: Iterable[object], key: str, found: _Found) -> None:
    first: dict[str, int] = {}
    for record in records:
        name, line = getattr(record, key), found.line(record, key)
        if name in first:
            what = f"`{name}` is taken at line {first[name]}: give this one an id of its own"
            found.add(line, "duplicate-id", what)
        first.setdefault(name, line)


def _check_prefix(draft: _Draft, records: Iterable[object], key: str, found: _Found) -> None:
    for record in records:
        name, prefix = getattr(record, key), f"{draft.policy_id}/"
        if not name.startswith(prefix):
            what = f"`{name}` does not name its document: begin it with `{prefix}`"
            found.at(record, key, "wrong-id", what)


def _check_spans(draft: _Draft, found: _Found) -> None:
    _check_span(draft, "signed_on", "published_on", found)
    _check_span(draft, "rounds_from", "rounds_until", found)
    dated: list[object] = [*draft.rules]
    dated += [value for parameter in draft.parameters for value in parameter.values]
    for record in dated:
        _check_span(record, "valid_from", "valid_until", found)


def _check_span(record: object, first: str, last: str, found: _Found) -> None:
    start, end = getattr(record, first), getattr(record, last)
    if start is not None and end is not None and end < start:
        what = f"{last} {end} is before {first} {start}: correct one of the two"
        found.at(record, last, "wrong-date", what)


def _check_tilts(draft: _Draft, found: _Found) -> None:
    for rule in draft.rules:
        if rule.instrument == Instrument.CREDIT_TILT and not rule.dimensions:
            what = "a credit tilt says which sides of credit it favours: add `dimensions`"
            found.at(rule, "instrument", "missing-key", what)
        if rule.instrument != Instrument.CREDIT_TILT and rule.dimensions:
            what = f"{rule.instrument} has no dimensions of credit: delete them"
            found.at(rule, "dimensions", "unknown-key", what)


def _check_norms(draft: _Draft, found: _Found) -> None:
    for norm in draft.open_norms:
        if norm.beneficiary_class is not None and norm.parameter is not None:
            what = "a norm leaves open a class or a parameter, not both: write two norms"
            found.at(norm, "parameter", "overlap", what)
        if norm.interpretation is not None:
            _check_answer(norm, norm.interpretation, found)


def _check_answer(norm: OpenNorm, known: Interpretation, found: _Found) -> None:
    if norm.beneficiary_class is not None and known.answer not in tuple(CellAnswer):
        what = f"`{known.answer}` answers no class: {_nearest(known.answer, CellAnswer)}"
        found.at(known, "answer", "unknown-answer", what)
    is_national = norm.beneficiary_class == BeneficiaryClass.NATIONAL
    if is_national and known.answer == CellAnswer.AS_NATIONAL:
        what = "national units cannot be answered by themselves: state what they earn as rules"
        found.at(known, "answer", "unknown-answer", what)
    if norm.parameter is not None and not _WHOLE.fullmatch(known.answer):
        what = f"`{known.answer}` is no value of {norm.parameter}: write a whole number in quotes"
        found.at(known, "answer", "unknown-answer", what)


def _check_cells(draft: _Draft, found: _Found) -> None:
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


def _statements(draft: _Draft) -> Iterator[_Statement]:
    for rule in draft.rules:
        yield rule, rule.beneficiary_class, rule.grades
    for nothing in draft.nothing:
        yield nothing, nothing.beneficiary_class, nothing.grades
    for norm in draft.open_norms:
        if norm.beneficiary_class is not None:
            yield norm, norm.beneficiary_class, tuple(Grade)


def _check_stated_once(
    cell: _Cell, record: object, stated: dict[_Cell, object], found: _Found
) -> None:
    """Several rules may share a cell; a nothing or an open norm has it alone."""
    other = stated.setdefault(cell, record)
    if other is not record and not (isinstance(other, Rule) and isinstance(record, Rule)):
        line = found.line(other, "beneficiary_class")
        what = f"{cell[0]} x {cell[1]} is stated already at line {line}: keep one of the two"
        found.at(record, "beneficiary_class", "overlap", what)


def _check_instruments(draft: _Draft, found: _Found) -> None:
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


def _check_parameters(draft: _Draft, found: _Found) -> None:
    owners: dict[str, object] = {parameter.name: parameter for parameter in draft.parameters}
    for norm in draft.open_norms:
        if norm.parameter is not None and owners.setdefault(norm.parameter, norm) is not norm:
            what = f"{norm.parameter} is stated or left open elsewhere: keep one of the two"
            found.at(norm, "parameter", "overlap", what)
    for parameter in draft.parameters:
        _check_values(parameter, found)


def _check_values(parameter: Parameter, found: _Found) -> None:
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

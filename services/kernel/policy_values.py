"""The second pass over the text of a policy document: every value by itself.

A reader reports what it cannot read and raises, and a record goes on with its other keys, so that
one pass finds every such fault. What YAML guesses (yes, 010, 1:30) is refused.
"""

import re
from collections.abc import Callable, Iterable, Mapping
from datetime import date
from decimal import Decimal
from enum import StrEnum
from types import MappingProxyType
from typing import Any, NoReturn, TypeVar

from yaml.nodes import MappingNode, Node, ScalarNode, SequenceNode

from services.kernel.policy_problems import Found, line_of, nearest
from services.kernel.policy_terms import Clause

T = TypeVar("T")
Word = TypeVar("Word", bound=StrEnum)

_MAPPING = "tag:yaml.org,2002:map"
_STRING = "tag:yaml.org,2002:str"
_SEQUENCE = "tag:yaml.org,2002:seq"
_NO_KEYS: Mapping[str, Any] = MappingProxyType({})
_ID = re.compile(r"[a-z0-9]+([-_./][a-z0-9]+)*")
_SURROGATE = re.compile("[\ud800-\udfff]")  # Half a character: no UTF-8 can hold it.
WHOLE = re.compile(r"0|[1-9][0-9]{0,17}")
_DECIMAL = re.compile(r"-?(0|[1-9][0-9]{0,17})(\.[0-9]{1,18})?")
_DAY = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")
_FLAG = re.compile(r"true|false")
_CITATIONS = {
    "clause": "a value without a citation does not load: name a clause_id of this document",
    "quote": "a clause is its wording: quote it as far as it is known",
    "source": "a clause needs a source: say where its wording was read",
}

Read = Callable[[Node, Found], T]


class _Unreadable(Exception):
    """A value that is reported already."""


def refuse(node: Node, found: Found, rule: str, what: str) -> NoReturn:
    """Report a value that cannot be read, and leave it."""
    found.add(line_of(node), rule, what)
    raise _Unreadable


def _is_scalar(node: Node, tag: str, form: re.Pattern[str]) -> bool:
    is_tagged = isinstance(node, ScalarNode) and node.tag == f"tag:yaml.org,2002:{tag}"
    return is_tagged and form.fullmatch(node.value) is not None


def read_text(node: Node, found: Found) -> str:
    if not isinstance(node, ScalarNode) or node.tag != _STRING:
        refuse(node, found, "wrong-type", "text is needed here: write it in double quotes")
    if not node.value.strip() or _SURROGATE.search(node.value):
        refuse(node, found, "wrong-text", "text is needed here: write it or drop the key")
    return str(node.value)


def read_id(node: Node, found: Found) -> str:
    text = read_text(node, found)
    if not _ID.fullmatch(text):
        what = f"`{text}` is no id: use a-z and 0-9 with single - _ . / between them"
        refuse(node, found, "wrong-id", what)
    return text


def read_whole(node: Node, found: Found) -> int:
    if not _is_scalar(node, "int", WHOLE):
        refuse(node, found, "wrong-type", "a whole number is needed here: write digits only")
    return int(node.value)


def read_decimal(node: Node, found: Found) -> Decimal:
    """A number with the places that it is written with: 12.30."""
    if not any(_is_scalar(node, tag, _DECIMAL) for tag in ("int", "float")):
        refuse(node, found, "wrong-type", "a number is needed here: write it as 12.30")
    return Decimal(node.value)


def read_flag(node: Node, found: Found) -> bool:
    if not _is_scalar(node, "bool", _FLAG):
        refuse(node, found, "wrong-type", "yes or no is needed here: write true or false")
    return bool(node.value == "true")


def read_day(node: Node, found: Found) -> date:
    try:
        if _is_scalar(node, "timestamp", _DAY):
            return date.fromisoformat(node.value)
    except ValueError:
        pass  # A day that the calendar does not have is refused like any other that is no day.
    what = "a day is needed here: write one that exists as YYYY-MM-DD, without quotes"
    refuse(node, found, "wrong-date", what)


def read_clause(node: Node, found: Found) -> Clause:
    clause_id = read_text(node, found)
    if found.clauses is None:
        raise _Unreadable  # The clauses themselves are reported; what cites them may be right.
    if clause_id not in found.clauses:
        what = f"`{clause_id}` is no clause of this document: {nearest(clause_id, found.clauses)}"
        refuse(node, found, "unknown-clause", what)
    return found.clauses[clause_id]


def word_of(kind: str, vocabulary: type[Word]) -> Read[Word]:
    """Reads one word of a closed vocabulary."""

    def read(node: Node, found: Found) -> Word:
        text = read_text(node, found)
        if text not in tuple(vocabulary):
            what = f"`{text}` is no {kind}: {nearest(text, vocabulary)}"
            refuse(node, found, f"unknown-{kind}", what)
        return vocabulary(text)

    return read


def words_of(kind: str, vocabulary: type[Word]) -> Read[tuple[Word, ...]]:
    """Reads a list of different words."""
    read_all = list_of(word_of(kind, vocabulary))

    def read(node: Node, found: Found) -> tuple[Word, ...]:
        words = read_all(node, found)
        for word in vocabulary:
            if words.count(word) > 1:
                refuse(node, found, "duplicate-word", f"`{word}` is listed twice: delete one")
        return words

    return read


def list_of(read: Read[T]) -> Read[tuple[T, ...]]:
    """Reads a list of at least one."""

    def read_all(node: Node, found: Found) -> tuple[T, ...]:
        if not isinstance(node, SequenceNode) or node.tag != _SEQUENCE or not node.value:
            what = "a list of at least one is needed here: write it with dashes or drop the key"
            refuse(node, found, "wrong-type", what)
        values = [value for item in node.value for value in try_to_read(read, item, found)]
        if len(values) < len(node.value):
            raise _Unreadable
        return tuple(values)

    return read_all


def try_to_read(read: Read[T], node: Node, found: Found) -> list[T]:
    try:
        return [read(node, found)]
    except _Unreadable:
        return []


def record_of(
    kind: str,
    build: Callable[..., T],
    needed: Mapping[str, Read[Any]],
    optional: Mapping[str, Read[Any]] = _NO_KEYS,
    lists: Mapping[str, Read[Any]] = _NO_KEYS,
) -> Read[T]:
    """Reads a mapping; what is optional and absent is None, and a list that is absent is empty."""
    readers = {**needed, **optional, **lists}

    def read(node: Node, found: Found) -> T:
        nodes = _keys(node, kind, readers, found)
        _report_missing(node, kind, [key for key in needed if key not in nodes], found)
        values = {
            key: value
            for key in readers
            if key in nodes
            for value in try_to_read(readers[key], nodes[key], found)
        }
        if len(values) < len(nodes) or not needed.keys() <= values.keys():
            raise _Unreadable
        absent = dict.fromkeys(optional) | dict.fromkeys(lists, ())
        record = build(**(absent | values))
        found.remember(record, nodes)
        return record

    return read


def _keys(node: Node, kind: str, known: Iterable[str], found: Found) -> dict[str, Node]:
    """The nodes by key; reports duplicate and unknown keys."""
    if not isinstance(node, MappingNode) or node.tag != _MAPPING:
        refuse(node, found, "wrong-type", f"{kind} is a mapping: write `key: value` lines")
    nodes: dict[str, Node] = {}
    for key_node, value in node.value:
        key = key_node.value if isinstance(key_node, ScalarNode) else "a list or mapping"
        if key in nodes:
            what = f"`{key}` is given already at line {line_of(nodes[key])}: delete one"
            found.add(line_of(key_node), "duplicate-key", what)
        elif key not in known:
            what = f"`{key}` is no key of {kind}: {nearest(key, known)}"
            found.add(line_of(key_node), "unknown-key", what)
        else:
            nodes[key] = value
    return nodes


def _report_missing(node: Node, kind: str, missing: Iterable[str], found: Found) -> None:
    for key in missing:
        rule = "no-citation" if key in _CITATIONS else "missing-key"
        what = f"{kind} has no `{key}`: {_CITATIONS.get(key, 'add it')}"
        found.add(line_of(node), rule, what)

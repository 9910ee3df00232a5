"""Reads the text of an access table, or says everything that is wrong with it, line by line.

As for a policy document: three passes, each over what the one before left clean, each reporting all
it finds. The YAML (`policy_syntax`); every value by itself, here; the table as a whole
(`access_whole`). A grant that rests on no document and no stated assumption does not load.

An adopted table is read again for as long as its log lives. So what is refused here may become
less and never more: a new rule belongs where a table comes in, beside `access.unknown_names`.
"""

import hashlib
import re
from collections.abc import Mapping
from typing import Any

from yaml.nodes import Node, ScalarNode

from services.kernel import access_whole, policy_syntax
from services.kernel.access import AccessTable, Agency, Grant, Group, Sees
from services.kernel.policy_problems import Found
from services.kernel.policy_values import (
    list_of,
    read_day,
    read_text,
    record_of,
    refuse,
    try_to_read,
    word_of,
)

_SERVICE = r"[a-z][a-z0-9_]*(\.[a-z][a-z0-9_]*)*\.[A-Z][A-Za-z0-9]*"
_METHOD = re.compile(rf"{_SERVICE}/([A-Z][A-Za-z0-9]*\*?|\*)")
_FIELD = re.compile(rf"{_SERVICE}(\.[A-Z][A-Za-z0-9]*)*\.[a-z][a-z0-9_]*")
_URI = re.compile(r"[a-z][a-z0-9+.-]*:[!-~]+")
_ID = re.compile(r"[a-z0-9]+(-[a-z0-9]+)*")
_DNS = re.compile(r"([A-Za-z0-9-]{1,63}\.)+[A-Za-z][A-Za-z0-9-]{0,62}")


def parse(text: str, file: str) -> AccessTable:
    """The table that the text states; `file` names the text in problems. Raises PolicyProblems."""
    found = Found(file)
    draft = _read(policy_syntax.compose(text, found), found)
    access_whole.check(draft, found)
    found.must_be_none()
    content_hash = hashlib.sha256(text.encode()).hexdigest()
    return AccessTable(text, content_hash, draft.groups, draft.agencies)


def _read(root: Node, found: Found) -> access_whole.Draft:
    draft = try_to_read(_TABLE, root, found)
    found.must_be_none()
    return draft[0]


def _id(node: Node, found: Found) -> str:
    """An id as units have them; that of an agency names a folder too."""
    name = read_text(node, found)
    if not _ID.fullmatch(name):
        what = f"`{name}` is no id: use a-z and 0-9 with single - between them"
        refuse(node, found, "wrong-id", what)
    return name


def _method(node: Node, found: Found) -> str:
    name = read_text(node, found)
    if not _METHOD.fullmatch(name):
        what = (
            f"`{name}` is no method: write it in full, as zoneledger.incentive.v1."
            "IncentiveService/ListEntitlements, or several as zoneledger.incentive.v1."
            "IncentiveService/Get*"
        )
        refuse(node, found, "wrong-method", what)
    return name


def _method_or_group(node: Node, found: Found) -> str:
    return _method(node, found) if "/" in read_text(node, found) else _id(node, found)


def _field(node: Node, found: Found) -> str:
    name = read_text(node, found)
    if not _FIELD.fullmatch(name):
        what = f"`{name}` is no field: write it in full, as zoneledger.evaluation.v1.Rating.source"
        refuse(node, found, "wrong-field", what)
    return name


def _name(node: Node, found: Found) -> str:
    """A subject alternative name that can stand for one caller alone."""
    name = read_text(node, found)
    if not (_URI.fullmatch(name) or _DNS.fullmatch(name)):
        what = (
            f"`{name}` names no caller: write a URI such as urn:zoneledger:most, or the full DNS"
            " name of one machine"
        )
        refuse(node, found, "wrong-name", what)
    return name


def _units(node: Node, found: Found) -> tuple[str, ...] | None:
    """All units, or a list of them."""
    if isinstance(node, ScalarNode):
        if node.value != "all":
            what = f"`{node.value}` is no choice of units: write all, or a list of their ids"
            refuse(node, found, "wrong-units", what)
        return None
    return list_of(_id)(node, found)


def _grant(**given: Any) -> Grant:
    return Grant(**_stated(given))


def _agency(**given: Any) -> Agency:
    return Agency(**_stated(given))


def _stated(given: Mapping[str, Any]) -> dict[str, Any]:
    """What a record states: its days as ISO 8601, and "" for what is absent."""
    days = {"since": given["from"], "until": given["until"]}
    return {
        **{key: value for key, value in given.items() if key not in ("from", "until")},
        **{key: day.isoformat() if day else "" for key, day in days.items()},
        **{key: given[key] or "" for key in ("source", "assumption")},
    }


_OPTIONAL = {"until": read_day, "source": read_text, "assumption": read_text}
_GROUP = record_of("a group", Group, {"group_id": _id, "methods": list_of(_method)})
_GRANT = record_of(
    "a grant",
    _grant,
    {
        "methods": list_of(_method_or_group),
        "units": _units,
        "sees": word_of("level", Sees),
        "from": read_day,
    },
    optional=_OPTIONAL,
    lists={"own": list_of(_id), "hides": list_of(_field)},
)
_AGENCY = record_of(
    "an agency",
    _agency,
    {
        "agency_id": _id,
        "name_zh": read_text,
        "name_en": read_text,
        "names": list_of(_name),
        "from": read_day,
        "grants": list_of(_GRANT),
    },
    optional=_OPTIONAL,
)
_TABLE = record_of(
    "the table",
    access_whole.Draft,
    {"agencies": list_of(_AGENCY)},
    lists={"groups": list_of(_GROUP)},
)

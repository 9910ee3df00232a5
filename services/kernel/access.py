"""Who may call what, for which units, and sees what: the access table.

A table knows agencies by the subject alternative names of their certificates and gives them grants,
each from a day on. For one agency, method and day there is one grant or none. Until a table is
adopted only urn:zoneledger:operator is known, and it may do everything, so that a first table can
be adopted. Nothing here reads a file or a clock: `access_text` turns text into these values.

A name of several methods ends in a star, which stands for whole words: `Service/Get*` is GetUnit
and Get, and no Getter. What only asks begins with one of the words in `READING`; whatever else is
called may change something.
"""

import re
from collections.abc import Iterable, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from difflib import get_close_matches
from enum import StrEnum
from typing import NamedTuple

from services.kernel.errors import Forbidden, Unidentified
from services.kernel.policy_problems import Problem
from services.kernel.reasons import Told, Why
from services.kernel.viewer import Viewer
from zoneledger.ledger.v1.visibility_pb2 import Visibility

ADOPT = "zoneledger.evaluation.v1.EvaluationService/AdoptAccessTable"
LOG_SERVICE = "zoneledger.ledger.v1.LogService/"
# Whose commands tell of the units that they name alone, and nothing that these are not told.
OF_NAMED_UNITS = (
    "zoneledger.evaluation.v1.PlanService/",
    "zoneledger.evaluation.v1.RoundService/LodgeObjection",
    "zoneledger.evaluation.v1.RoundService/ReportObservations",
)
# Commands whose answer, also a refusal, is made of what their caller sees.
OF_WHAT_IS_SEEN = (
    "zoneledger.incentive.v1.CaseService/",
    "zoneledger.incentive.v1.IncentiveService/CloseReviewItem",
    "zoneledger.financing.v1.FinancingService/CloseReviewItem",
)
# Whose commands tell whoever does not see everything of its own alone: an expert, of its sheet.
OF_THE_CALLER = (
    "zoneledger.evaluation.v1.RoundService/SealSheet",
    "zoneledger.evaluation.v1.RoundService/OpenSheet",
)
OPERATOR_NAME = "urn:zoneledger:operator"
READING = ("Analyse", "Get", "List", "BatchGet", "Explain", "Resolve", "Watch")

_ASKS = re.compile(rf"({'|'.join(READING)})(?![a-z])")
_BETWEEN_NAMES = re.compile(r"[\s,\[\]\"']+")


class Sees(StrEnum):
    """What of any unit an agency sees: this and whatever is more public."""

    PUBLIC = "public"
    SUBJECT = "subject"
    INTERNAL = "internal"


@dataclass(frozen=True, slots=True)
class Grant:
    """What an agency may do from the ISO day `since` to `until`, inclusive; "" has no end.

    `methods` are methods, several of them by a star, and groups, which have no slash. `units` are
    the ids of those it may ask about, None for all. Of its `own` units it sees what is told to
    them. `hides` are full names of fields of the contract. It rests on a `source` or on an
    `assumption`, the other is "".
    """

    methods: tuple[str, ...]
    units: tuple[str, ...] | None
    sees: Sees
    own: tuple[str, ...]
    hides: tuple[str, ...]
    since: str
    until: str
    source: str
    assumption: str


@dataclass(frozen=True, slots=True)
class Agency:
    """A caller, the names in its certificates, and its grants; days as in a grant."""

    agency_id: str
    name_zh: str
    name_en: str
    names: tuple[str, ...]
    since: str
    until: str
    grants: tuple[Grant, ...]
    source: str
    assumption: str


@dataclass(frozen=True, slots=True)
class Group:
    """Methods that grants name together."""

    group_id: str
    methods: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class AccessTable:
    """An adopted table; `content_hash` is the SHA-256 of its text, "" where none was adopted."""

    text: str
    content_hash: str
    groups: tuple[Group, ...]
    agencies: tuple[Agency, ...]
    _named: Mapping[str, tuple[Agency, ...]] = field(init=False, repr=False, compare=False)
    _given: Mapping[str, tuple["_Given", ...]] = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        """Look up once whom each name stands for and what each agency is given."""
        named: dict[str, tuple[Agency, ...]] = {}
        for agency in self.agencies:
            for name in agency.names:
                named[name] = (*named.get(name, ()), agency)
        groups = methods_of(self.groups)
        given = {
            agency.agency_id: tuple(_given(agency, grant, groups) for grant in agency.grants)
            for agency in self.agencies
        }
        object.__setattr__(self, "_named", named)
        object.__setattr__(self, "_given", given)

    @staticmethod
    def none() -> "AccessTable":
        """No table yet: the operator may do everything, and nobody else is known."""
        return _NONE

    def identify(self, names: Iterable[str], on: str) -> str:
        """The id of the agency that a certificate with these names stands for on the ISO day.

        Names that the table does not have say nothing. `Unidentified` where it has none of them,
        and where they stand for two agencies.
        """
        shown = tuple(names)
        known = {
            agency.agency_id
            for name in shown
            for agency in self._named.get(name, ())
            if _holds(agency.since, agency.until, on)
        }
        if len(known) == 1:
            return known.pop()
        raise Unidentified(_who(shown, known, on))

    def viewer(self, agency: str, method: str, on: str) -> Viewer:
        """What the agency sees and may ask about by the method on the ISO day.

        A method is named as "zoneledger.incentive.v1.IncentiveService/ListEntitlements".
        `Forbidden` where no grant gives it.
        """
        for given in self._given.get(agency, ()):
            if given.gives(method, on):
                return given.viewer
        raise Forbidden(Why.METHOD_NOT_ALLOWED(agency=agency, method=method, day=on))


def covers(pattern: str, method: str) -> bool:
    """Whether a name of one or several methods stands for this one."""
    if not pattern.endswith("*"):
        return pattern == method
    start = pattern[:-1]
    is_within_a_word = start[-1:].islower() and method[len(start) :][:1].islower()
    return method.startswith(start) and not is_within_a_word


def only_asks(pattern: str) -> bool:
    """Whether all that the name stands for changes nothing."""
    return _ASKS.match(pattern.rpartition("/")[2]) is not None


def methods_of(groups: Iterable[Group]) -> dict[str, tuple[str, ...]]:
    """The methods of each group, by its id."""
    return {group.group_id: group.methods for group in groups}


def expand(grant: Grant, groups: Mapping[str, tuple[str, ...]]) -> tuple[str, ...]:
    """The names of a grant's methods, with those of its groups; a group that is unknown has none.

    `groups` is as `methods_of` gives it.
    """
    return tuple(
        name for said in grant.methods for name in ([said] if "/" in said else groups.get(said, ()))
    )


def unknown_names(
    table: AccessTable, methods: Iterable[str], fields: Iterable[str], file: str = "access-table"
) -> list[Problem]:
    """What the table names and the contract does not have, line by line.

    This is asked when a table is to be adopted, and never of an adopted one: the contract grows,
    and an old table must still be read. Methods are named as in a table, fields by full name.
    """
    known, contract_fields = frozenset(methods), frozenset(fields)
    grants = [grant for agency in table.agencies for grant in agency.grants]
    said = {name for group in table.groups for name in group.methods}
    said |= {name for grant in grants for name in grant.methods if "/" in name}
    hidden = {name for grant in grants for name in grant.hides}
    found = [
        _unknown(table.text, file, "method", name, known)
        for name in said
        if not any(covers(name, method) for method in known)
    ]
    found += [
        _unknown(table.text, file, "field", name, contract_fields)
        for name in hidden - contract_fields
    ]
    return sorted(found, key=lambda problem: (problem.line, problem.what))


def locked_out(table: AccessTable, on: str, file: str = "access-table") -> list[Problem]:
    """Whether nobody could replace the table on the ISO day, as a problem of its text.

    This too is asked when a table is to be adopted.
    """
    for agency in table.agencies:
        with suppress(Forbidden):
            table.viewer(agency.agency_id, ADOPT, on)
            return []
    what = f"on {on} nobody may call {ADOPT}: let a grant of it begin by then"
    return [Problem(file, 1, "locked-out", what)]


class _Given(NamedTuple):
    """A grant as it is looked up."""

    exactly: frozenset[str]
    several: tuple[str, ...]
    since: str
    until: str
    viewer: Viewer

    def gives(self, method: str, on: str) -> bool:
        if method not in self.exactly and not any(covers(each, method) for each in self.several):
            return False
        return _holds(self.since, self.until, on)


def _given(agency: Agency, grant: Grant, groups: Mapping[str, tuple[str, ...]]) -> _Given:
    names = expand(grant, groups)
    several = tuple(name for name in names if name.endswith("*"))
    return _Given(
        exactly=frozenset(names) - set(several),
        several=several,
        since=max(agency.since, grant.since),
        until=min(filter(None, (agency.until, grant.until)), default=""),
        viewer=Viewer(
            agency=agency.agency_id,
            level=Visibility.Value(f"VISIBILITY_{grant.sees.upper()}"),
            units=None if grant.units is None else frozenset(grant.units),
            own=frozenset(grant.own),
            hidden=frozenset(grant.hides),
        ),
    )


def _holds(since: str, until: str, on: str) -> bool:
    return since <= on and (not until or on <= until)


def _who(shown: tuple[str, ...], known: set[str], on: str) -> Told:
    names = ", ".join(shown)
    if not shown:
        return Why.NO_NAME_SHOWN()
    if known:
        return Why.NAMES_OF_TWO(agencies=", ".join(sorted(known)), names=names)
    return Why.NAME_UNKNOWN(day=on, names=names)


def _unknown(text: str, file: str, kind: str, name: str, known: Iterable[str]) -> Problem:
    near = get_close_matches(name, known, n=1)
    advice = f"did you mean `{near[0]}`?" if near else "there is none like it; see protos/"
    what = f"the contract has no {kind} `{name}`: {advice}"
    return Problem(file, _line(text, name), f"unknown-{kind}", what)


def _line(text: str, name: str) -> int:
    """The first line that says the name."""
    for number, line in enumerate(text.splitlines(), 1):
        if name in _BETWEEN_NAMES.split(line.partition(" #")[0]):
            return number
    return 1


_EVERYTHING = Grant(
    methods=("everything",),
    units=None,
    sees=Sees.INTERNAL,
    own=(),
    hides=(),
    since="",
    until="",
    source="",
    assumption="somebody must be able to adopt the first table",
)
_NONE = AccessTable(
    text="",
    content_hash="",
    groups=(Group("everything", ("*",)),),
    agencies=(
        Agency(
            agency_id="operator",
            name_zh="运行维护",
            name_en="Operator",
            names=(OPERATOR_NAME,),
            since="",
            until="",
            grants=(_EVERYTHING,),
            source="",
            assumption="somebody must be able to adopt the first table",
        ),
    ),
)

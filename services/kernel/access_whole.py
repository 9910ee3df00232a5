"""The third pass over the text of an access table: the table as a whole.

For one agency, method and day there is one grant or none, and a name stands for one agency. Whoever
may change something, or read the log, sees everything: a refusal says what stands, and the log is
told as it is. What tells of named units alone may also be given for units whose agency sees what
they are told, what is answered from what its caller sees alone to anybody, and what tells of the
caller alone too. Somebody can always adopt the next table.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from itertools import combinations

from services.kernel.access import (
    ADOPT,
    LOG_SERVICE,
    OF_NAMED_UNITS,
    OF_THE_CALLER,
    OF_WHAT_IS_SEEN,
    Agency,
    Grant,
    Group,
    Sees,
    covers,
    expand,
    methods_of,
    only_asks,
)
from services.kernel.policy_problems import Found, nearest
from services.kernel.policy_whole import check_unique


@dataclass(frozen=True, slots=True)
class Draft:
    """A table whose values could all be read, and nothing more is known of it."""

    groups: tuple[Group, ...]
    agencies: tuple[Agency, ...]


def check(draft: Draft, found: Found) -> None:
    """Report everything that is wrong with the table as a whole."""
    check_unique(draft.groups, "group_id", found)
    check_unique(draft.agencies, "agency_id", found)
    for each in _CHECKS:
        each(draft, found)


def _check_records(draft: Draft, found: Found) -> None:
    for agency in draft.agencies:
        records: list[Agency | Grant] = [agency, *agency.grants]
        for record in records:
            _check_days(record, found)
            _check_basis(record, found)


def _check_days(record: Agency | Grant, found: Found) -> None:
    if record.until and record.until < record.since:
        what = f"until {record.until} is before from {record.since}: correct one of the two"
        found.at(record, "until", "wrong-date", what)


def _check_basis(record: Agency | Grant, found: Found) -> None:
    kind = "an agency" if isinstance(record, Agency) else "a grant"
    if not record.source and not record.assumption:
        what = (
            f"{kind} rests on something: add `source`, the document or sentence that says so, or"
            " say what is assumed in `assumption`"
        )
        found.at(record, "from", "no-citation", what)
    if record.source and record.assumption:
        what = f"{kind} rests on a source or on an assumption, not on both: delete one"
        found.at(record, "assumption", "overlap", what)


def _check_groups(draft: Draft, found: Found) -> None:
    groups = methods_of(draft.groups)
    for grant in _grants(draft):
        for name in grant.methods:
            if "/" not in name and name not in groups:
                near = nearest(name, groups) if groups else "define it under `groups`"
                found.at(grant, "methods", "unknown-group", f"`{name}` is no group: {near}")


def _check_names(draft: Draft, found: Found) -> None:
    for agency in draft.agencies:
        for name in sorted({name for name in agency.names if agency.names.count(name) > 1}):
            found.at(agency, "names", "duplicate-name", f"`{name}` is listed twice: delete one")
    for one, other in combinations(draft.agencies, 2):
        shared = set(one.names) & set(other.names)
        if shared and _meet(one, other):
            what = (
                f"{min(shared)} stands for {one.agency_id} already, line"
                f" {found.line(one, 'names')}: part their names or their days"
            )
            found.at(other, "names", "overlap", what)


def _check_overlaps(draft: Draft, found: Found) -> None:
    groups = methods_of(draft.groups)
    for agency in draft.agencies:
        for one, other in combinations(agency.grants, 2):
            if _meet(one, other) and (shared := _shared(one, other, groups)):
                what = (
                    f"{shared} is granted to {agency.agency_id} for the same day at line"
                    f" {found.line(one, 'methods')}: part their methods or their days"
                )
                found.at(other, "methods", "overlap", what)


def _shared(one: Grant, other: Grant, groups: dict[str, tuple[str, ...]]) -> str:
    """A name in `other` of a method that both grants give; "" where there is none."""
    first = expand(one, groups)
    return next(
        (name for name in expand(other, groups) if any(_share(each, name) for each in first)), ""
    )


def _share(one: str, other: str) -> bool:
    """Whether two names of one or several methods have a method in common."""
    return covers(one, other.removesuffix("*")) or covers(other, one.removesuffix("*"))


def _check_own(draft: Draft, found: Found) -> None:
    for grant in _grants(draft):
        if grant.own and grant.sees != Sees.PUBLIC:
            what = f"who sees what is {grant.sees} of every unit needs no units of its own: delete"
            found.at(grant, "own", "useless-own", what)
        if grant.units is not None and (beyond := sorted(set(grant.own) - set(grant.units))):
            what = f"it may not ask about {', '.join(beyond)}: add to `units`, or delete here"
            found.at(grant, "own", "own-beyond-units", what)


def _check_seeing(draft: Draft, found: Found) -> None:
    groups = methods_of(draft.groups)
    for grant in _grants(draft):
        names = [
            name
            for name in expand(grant, groups)
            if not _is_filtered(name)
            and name not in OF_THE_CALLER
            and not (name.startswith(OF_NAMED_UNITS) and _is_told_of_its_units(grant))
            and not (name.startswith(OF_WHAT_IS_SEEN) and not grant.hides)
        ]
        sees_all = grant.sees == Sees.INTERNAL and grant.units is None and not grant.hides
        if names and not sees_all:
            what = (
                f"{names[0]} tells what stands, whatever it is: give it with `units: all`,"
                " `sees: internal` and nothing hidden, or grant only what asks"
            )
            found.at(grant, "methods", "sees-too-little", what)


def _is_told_of_its_units(grant: Grant) -> bool:
    """Whether it may name certain units only, and sees what is told to each of them."""
    if grant.units is None or grant.hides:
        return False
    return grant.sees != Sees.PUBLIC or set(grant.units) <= set(grant.own)


def _is_filtered(name: str) -> bool:
    """Whether all that the name stands for answers from what the caller sees."""
    return only_asks(name) and not name.startswith(LOG_SERVICE)


def _check_successor(draft: Draft, found: Found) -> None:
    groups = methods_of(draft.groups)
    is_open = any(
        not agency.until
        and not grant.until
        and any(covers(name, ADOPT) for name in expand(grant, groups))
        for agency in draft.agencies
        for grant in agency.grants
    )
    if not is_open:
        what = f"nobody could ever replace this table: grant {ADOPT} to somebody without an end"
        found.at(draft, "agencies", "locked-out", what)


def _grants(draft: Draft) -> Iterable[Grant]:
    return (grant for agency in draft.agencies for grant in agency.grants)


def _meet(one: Agency | Grant, other: Agency | Grant) -> bool:
    """Whether there is a day on which both hold."""
    first = max(one.since, other.since)
    return all(not each.until or first <= each.until for each in (one, other))


_CHECKS = (
    _check_records,
    _check_groups,
    _check_names,
    _check_overlaps,
    _check_own,
    _check_seeing,
    _check_successor,
)

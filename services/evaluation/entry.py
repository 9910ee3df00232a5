"""What an entry of the register says of names, memberships, territory and host, and its faults.

Memberships follow one another in time, and so do versions of a territory and times of one alias: no
two overlap, and where a day is unknown the others have to fit. All faults are told, each by its
path in the entry (`memberships[1].valid_from`). Whether a zone exists is looked up elsewhere.
"""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, TypeAlias

from services.evaluation.membership import Interval
from services.kernel.errors import Fault
from services.kernel.policy_terms import UnitKind as Kind
from services.kernel.reasons import Why
from services.kernel.words import word
from services.runtime import fields
from zoneledger.evaluation.v1.events_pb2 import Unit, UnitKind

# What is wrong with a field of an entry, named by its path.
Wrong: TypeAlias = Iterator[tuple[str, str]]

_MOST = 100  # Aliases, memberships or versions of a territory.
_PARKS = (Kind.COUNTY_PARK, Kind.DEMONSTRATION_PARK, Kind.KEY_PARK)

_DAYS: fields.Table = {
    "valid_from": fields.optional(fields.day),
    "valid_until": fields.optional(fields.day),
    "source": fields.optional_text,
}
_PARTS: Mapping[str, fields.Table] = {
    "aliases": {"name_zh": fields.text, **_DAYS},
    "memberships": {"zone_id": fields.optional(fields.identifier), **_DAYS},
    "territories": {"text_zh": fields.text, **_DAYS},
}
_HOST: fields.Table = {"name_zh": fields.text, "source": fields.optional_text}


def entry_faults(units: Sequence[Unit], today: str) -> list[Fault]:
    """What the parts of entries say that cannot be, and what does not agree with the rest."""
    return [
        Fault(index, field, what)
        for index, unit in enumerate(units)
        for field, what in (*_of_parts(unit, today), *_of_the_sum(unit), *_of_host(unit))
    ]


def _of_parts(unit: Unit, today: str) -> Wrong:
    for field, rules in _PARTS.items():
        parts: Sequence[Any] = getattr(unit, field)
        if len(parts) > _MOST:
            yield field, Why.TOO_MANY(count=len(parts), limit=_MOST)
            continue
        for fault in fields.faults(parts, rules):
            yield f"{field}[{fault.index}].{fault.field}", fault.what
        for index, part in enumerate(parts):
            if part.valid_from > today:
                what = fields.still_to_come(part.valid_from, today)
                yield f"{field}[{index}].valid_from", what
        for index, (end, what) in _out_of_order(field, parts):
            yield f"{field}[{index}].{end}", what


def _out_of_order(field: str, parts: Sequence[Any]) -> Iterator[tuple[int, tuple[str, str]]]:
    """The days that do not follow those before them; aliases are followed name by name."""
    latest: dict[str, str] = {}
    for index, part in enumerate(parts):
        own = part.name_zh if field == "aliases" else ""
        for fault in _not_after(latest.get(own, ""), part):
            yield index, fault
        latest[own] = max(latest.get(own, ""), part.valid_from, part.valid_until)


def _not_after(before: str, part: Interval) -> Wrong:
    since, until = part.valid_from, part.valid_until
    if since and since <= before:
        yield "valid_from", Why.NOT_IN_ORDER(day=since, before=before)
    if until and until < since:
        yield "valid_until", Why.UNTIL_BEFORE_FROM(valid_until=until, valid_from=since)
    elif until and until <= before:
        yield "valid_until", Why.NOT_IN_ORDER(day=until, before=before)


def _of_the_sum(unit: Unit) -> Wrong:
    """The three fields that say the same as the last of the memberships."""
    if not unit.memberships:
        return
    newest = unit.memberships[-1]
    for field, value, said in (
        ("zone_id", unit.zone_id, newest.zone_id),
        ("member_from", unit.member_from, newest.valid_from),
        ("member_until", unit.member_until, newest.valid_until),
    ):
        if value != said:
            yield field, Why.MEMBERSHIPS_SAY_OTHERWISE(value=value, newest=said)


def _of_host(unit: Unit) -> Wrong:
    if not unit.HasField("host"):
        return
    kind = word(UnitKind, unit.kind)
    if kind and kind not in _PARKS:
        yield "host", Why.STANDS_ON_NO_ZONE(kind=kind)
    for fault in fields.faults([unit.host], _HOST):
        yield f"host.{fault.field}", fault.what

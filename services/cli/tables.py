"""The tables that people hand in, column by column.

The columns and their words are a contract with those who fill them in: they are added to, never
renamed. `source` is the citation of a row and may be left out. A unit may be named by its id, its
name or an alias, except where a row enters it.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from enum import Enum, auto
from unicodedata import normalize

from services.cli.cells import Parse, choice, identifier, iso_date, text, unit, year
from services.cli.pieces import dated, one


class Presence(Enum):
    """Whether a column must be there, and whether each of its cells must be filled in."""

    FILLED = auto()
    MAY_BE_EMPTY = auto()
    MAY_BE_ABSENT = auto()


_WITH_UNIT = re.compile(r"(.+?)\s*\(([^()]+)\)")  # 研发经费投入强度(%)


@dataclass(frozen=True, slots=True)
class Column:
    """A column, how a filled cell of it is read, and whether it may be empty.

    `also` are other words for its name, such as Chinese ones; `unit` is what it counts in, which
    the header may say behind the name in brackets.
    """

    name: str
    parse: Parse
    presence: Presence = Presence.FILLED
    also: tuple[str, ...] = ()
    unit: str = ""

    def is_called(self, header: str) -> bool:
        """Whether a header, full-width letters read as plain ones, means this column."""
        folded = normalize("NFKC", header).strip()
        names = (self.name, *(normalize("NFKC", name) for name in self.also))
        of_unit = _WITH_UNIT.fullmatch(folded) if self.unit else None
        if of_unit and of_unit[1] in names:
            return of_unit[2].strip() == normalize("NFKC", self.unit)
        return folded in names


@dataclass(frozen=True, slots=True)
class Table:
    """A table; no two rows share a `key`, and no `period` ends before it begins."""

    name: str
    columns: tuple[Column, ...]
    key: tuple[str, ...]
    periods: tuple[tuple[str, str], ...] = ()

    @property
    def column_names(self) -> tuple[str, ...]:
        """The names in the order in which they are usually written."""
        return tuple(column.name for column in self.columns)

    def column(self, header: str) -> Column | None:
        """The column that a header means; None where it means none."""
        return next((each for each in self.columns if each.is_called(header)), None)


GRADES: Mapping[str, tuple[str, ...]] = {
    "excellent": ("优秀",),
    "good": ("良好",),
    "qualified": ("合格",),
    "poor": ("较差",),
}
UNIT_KINDS: Mapping[str, tuple[str, ...]] = {
    "zone": ("示范区",),
    "prefecture_city": (),
    "separately_planned_city": ("计划单列市",),
    "district": (),  # 区 may also be a zone.
    "part_of_district": (),
    "base": (),
    "provincial_zone": (),
    "county_park": ("县城产业转型升级示范园区",),
    "demonstration_park": ("示范园区",),
    "key_park": ("重点园区",),
}
BENEFICIARY_CLASSES: Mapping[str, tuple[str, ...]] = {
    "national": (),
    "provincial_by_reference": (),  # 参照享受 may also be a county.
    "county_by_reference": (),
}
VISIBILITIES: Mapping[str, tuple[str, ...]] = {"public": (), "subject": (), "internal": ()}
HONOUR_KINDS: Mapping[str, tuple[str, ...]] = {
    "city": (),
    "park": (),
    "project": (),
    "single_field": (),
}

_SOURCE = Column("source", text, Presence.MAY_BE_ABSENT)

UNITS = Table(
    name="units",
    columns=(
        Column("unit_id", identifier),
        Column("name_zh", text),
        Column("name_en", text, Presence.MAY_BE_EMPTY),
        Column("kind", choice("a kind of unit", UNIT_KINDS)),
        Column("zone_id", unit, Presence.MAY_BE_EMPTY),
        Column("province", text),
        Column("beneficiary_class", choice("a beneficiary class", BENEFICIARY_CLASSES)),
        Column("member_from", iso_date, Presence.MAY_BE_EMPTY),
        Column("member_until", iso_date, Presence.MAY_BE_EMPTY),
        _SOURCE,
        Column("aliases", dated(text), Presence.MAY_BE_ABSENT),
        Column("memberships", dated(unit), Presence.MAY_BE_ABSENT),
        Column("territories", dated(text), Presence.MAY_BE_ABSENT),
        Column("place_id", identifier, Presence.MAY_BE_ABSENT),
        Column("host", one(text), Presence.MAY_BE_ABSENT),
    ),
    key=("unit_id",),
    periods=(("member_from", "member_until"),),
)

RATINGS = Table(
    name="ratings",
    columns=(
        Column("round", year),
        Column("unit_id", unit),
        Column("grade", choice("a grade", GRADES)),
        Column("published_on", iso_date),
        Column("document", text),
        Column("visibility", choice("a visibility", VISIBILITIES)),
        _SOURCE,
    ),
    key=("round", "unit_id"),
)

HONOURS = Table(
    name="honours",
    columns=(
        Column("round", year),
        Column("honour_id", identifier),
        Column("kind", choice("a kind of honour", HONOUR_KINDS)),
        Column("name_zh", text),
        Column("name_en", text, Presence.MAY_BE_EMPTY),
        Column("unit_id", unit),
        Column("awarded_on", iso_date, Presence.MAY_BE_EMPTY),
        Column("document", text),
        _SOURCE,
        Column("field_zh", text, Presence.MAY_BE_ABSENT),
    ),
    key=("honour_id",),
)

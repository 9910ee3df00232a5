"""One unit on a card, names and what they stand for, and the roles of a place.

A place is what a unit says it is, else the unit itself. It has as many roles as there are units
that it is.
"""

from collections.abc import Iterable, Sequence
from typing import Any, NamedTuple

from services.cli import lists, naming, output, records, refusals, streak_lists
from services.cli.client import Clients
from services.cli.records import Record
from services.cli.walking import every
from services.kernel.chinese import CLASSES, KINDS, both
from services.kernel.errors import Malformed, Violation
from services.kernel.reasons import Told
from services.kernel.words import word
from zoneledger.evaluation.v1.events_pb2 import UnitKind
from zoneledger.evaluation.v1.service_pb2 import (
    GetUnitRequest,
    ListDisqualificationsRequest,
    ListHonoursRequest,
    ListRatingsRequest,
    ListUnitsRequest,
    UnitResolution,
)


class Asked(NamedTuple):
    """A unit or a place, and the two clocks; an empty day is any."""

    name: str
    as_of: str
    known_at: Any

    def clocks(self) -> dict[str, Any]:
        """The fields of a request that say when."""
        return {"as_of": self.as_of, "known_at": self.known_at}


class Names(NamedTuple):
    """Names, the round for which they stand, and the two clocks."""

    names: Sequence[str]
    round: int
    as_of: str
    known_at: Any


def show(clients: Clients, asked: Asked, *, as_json: bool) -> None:
    """Print the card of a unit."""
    service, clocks = clients.evaluation, asked.clocks()
    found = service.GetUnit(GetUnitRequest(name=f"units/{asked.name}", **clocks)).unit
    of_unit = {"parent": f"units/{asked.name}", **clocks}
    ratings = every(service.ListRatings, ListRatingsRequest(**of_unit), "ratings")
    honours = every(service.ListHonours, ListHonoursRequest(**of_unit), "honours")
    decisions = every(
        service.ListDisqualifications, ListDisqualificationsRequest(**of_unit), "disqualifications"
    )
    card = {
        **records.unit(found),
        "territories_then": [each.text_zh for each in found.territories],
        "roles": _roles(clients, _place(records.unit(found)), asked),
        "ratings": [records.rating(each) for each in ratings],
        "honours": [records.honour(each) for each in honours],
        "streaks": streak_lists.asked_for(clients, f"units/{asked.name}", clocks),
        "disqualifications": [streak_lists.disqualification(each) for each in decisions],
    }
    if as_json:
        output.print_json(card)
    else:
        _print(card)


def roles(clients: Clients, asked: Asked, *, as_json: bool) -> None:
    """Print the units that one place is."""
    place = asked.name
    found = _roles(clients, place, asked)
    if not found:
        place = _place_called(clients, asked)
        found = _roles(clients, place, asked)
    lists.show(f"Roles of {place} 同一地方的各种身份", _ROLES, found, as_json)


def resolve(clients: Clients, asked: Names, *, as_json: bool) -> bool:
    """Print which unit each name stands for; whether all stand for one."""
    told = naming.resolutions(clients, asked.names, asked.as_of, asked.round, asked.known_at)
    lists.show("Names 名称", _NAMES, map(_resolution, told), as_json)
    return all(each.unit_id for each in told)


def _place(unit: Record) -> str:
    return str(unit["place_id"] or unit["unit_id"])


def _roles(clients: Clients, place: str, asked: Asked) -> list[Record]:
    units = every(clients.evaluation.ListUnits, ListUnitsRequest(**asked.clocks()), "units")
    return [each for each in map(records.unit, units) if _place(each) == place]


def _place_called(clients: Clients, asked: Asked) -> str:
    """The place of all units that are called so; `Malformed` where that is none, or several."""
    [said] = naming.resolutions(clients, [asked.name], "", 0)
    named = {said.unit_id} if said.unit_id else {each.unit_id for each in said.candidates}
    units = every(clients.evaluation.ListUnits, ListUnitsRequest(), "units")
    places = {_place(records.unit(each)) for each in units if each.unit.unit_id in named}
    if len(places) == 1 and (said.unit_id or said.is_ambiguous):
        return places.pop()
    raise Malformed(Violation("PLACE", naming.answer(said)))


def _resolution(said: UnitResolution) -> Record:
    answer = naming.answer(said)
    return {
        "name": said.name,
        "unit_id": said.unit_id or None,
        "why": refusals.chosen(answer, answer.chinese) if isinstance(answer, Told) else None,
        "candidates": [
            {"unit_id": each.unit_id, "called": each.called, "kind": word(UnitKind, each.kind)}
            for each in said.candidates
        ],
    }


def _print(card: Record) -> None:
    title = f"{card['name_zh']} {card['unit_id']}"
    output.console().print(output.table(title, ["", ""], _facts(card)))
    for heading, key, columns, least in (
        ("Aliases 别名", "aliases", _dated("name_zh"), 1),
        ("Memberships 成员资格", "memberships", _dated("zone_id"), 1),
        ("Territory 范围", "territories", _dated("text_zh"), 1),
        ("Roles of the place 同一地方的各种身份", "roles", _ROLES, 2),
        ("Ratings 年度评估结果", "ratings", lists.RATINGS, 0),
        ("Honours 通报表扬", "honours", lists.HONOURS, 0),
    ):
        if len(card[key]) >= least:
            lists.show(heading, columns, card[key])
    if card["streaks"]:
        streak_lists.show_streaks(card["streaks"], as_json=False)
    if card["disqualifications"]:
        streak_lists.show_disqualifications(card["disqualifications"], as_json=False)


def _facts(card: Record) -> Iterable[tuple[str, str]]:
    facts = (
        ("name 英文名", card["name_en"]),
        ("kind 种类", both(card["kind"], KINDS)),
        ("class 类别", both(card["beneficiary_class"], CLASSES)),
        ("province 省份", card["province"]),
        ("zone 示范区", ", ".join(card["zone_ids"])),
        ("member 成员期间", f"{card['member_from'] or '?'} - {card['member_until'] or ''}"),
        ("place 地方", _place(card)),
        ("host 依托开发区", card["host"]),
        ("source 来源", card["source"]),
    )
    return [(name, str(value)) for name, value in facts if value]


def _dated(what: str) -> lists.Columns:
    return (
        ("", lambda r: r[what]),
        ("from 起", lambda r: r["valid_from"]),
        ("until 止", lambda r: r["valid_until"]),
        ("source 来源", lambda r: r["source"]),
    )


def _candidates(record: Record) -> str:
    return ", ".join(f"{each['unit_id']} {each['called']}" for each in record["candidates"])


_ROLES: lists.Columns = (
    ("unit 单位", lambda r: r["unit_id"]),
    ("name 名称", lambda r: r["name_zh"]),
    ("kind 种类", lambda r: both(r["kind"], KINDS)),
    ("class 类别", lambda r: both(r["beneficiary_class"], CLASSES)),
    ("from 起", lambda r: r["member_from"]),
    ("until 止", lambda r: r["member_until"]),
)
_NAMES: lists.Columns = (
    ("name 名称", lambda r: r["name"]),
    ("unit 单位", lambda r: r["unit_id"]),
    ("candidates 相近", _candidates),
)

"""Whether a unit is a member, of which zone, and what it covers, on a day and in a year.

The answers are compared with an independent way to find them: a membership may hold on a day where
the day can be put between its first and its last, and all days together are still in order.
"""

from collections.abc import Iterator, Sequence
from datetime import date, timedelta
from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from services.evaluation import membership, views
from services.evaluation.service import SERVICE
from services.kernel.decision import Recorded
from tests.spec import asked, but, learnt
from zoneledger.evaluation.v1.events_pb2 import (
    Membership,
    Territory,
    Unit,
    UnitAmended,
    UnitRegistered,
)

SIMPLE = Unit(unit_id="xiangtan", zone_id="hunan-zhongbu", member_from="2017-04-13")
MOVED = but(
    SIMPLE,
    memberships=[
        Membership(zone_id="hunan-zhongbu", valid_from="2017-04-13", valid_until="2019-12-31"),
        Membership(zone_id="henan-xibu", valid_from="2021-06-09"),
    ],
)


@pytest.mark.parametrize(
    ("day", "zones"),
    [
        ("2017-04-12", None),
        ("2017-04-13", ["hunan-zhongbu"]),
        ("2019-12-31", ["hunan-zhongbu"]),
        ("2020-01-01", None),
        ("2021-06-08", None),
        ("2021-06-09", ["henan-xibu"]),
    ],
)
def test_a_unit_that_moved_belongs_to_the_zone_of_the_day(
    day: str, zones: list[str] | None
) -> None:
    assert membership.is_member(MOVED, day) is (zones is not None)
    assert membership.zones(MOVED, day) == (zones or [])


def test_a_year_in_which_it_left_or_came_is_one_of_membership_and_one_between_is_not() -> None:
    rounds = [year for year in range(2015, 2024) if membership.is_member(MOVED, "", year)]
    assert rounds == [2017, 2018, 2019, 2021, 2022, 2023]


def test_in_the_year_of_its_move_a_unit_belongs_to_both_zones() -> None:
    at_once = but(MOVED)
    at_once.memberships[1].valid_from = "2019-06-09"
    at_once.memberships[0].valid_until = "2019-06-08"
    assert membership.zones(at_once, "", 2019) == ["hunan-zhongbu", "henan-xibu"]
    assert membership.zones(at_once, "2019-06-09", 2019) == ["henan-xibu"]


def test_where_no_day_is_named_it_belongs_to_every_zone_it_ever_did() -> None:
    assert membership.zones(MOVED, "") == ["hunan-zhongbu", "henan-xibu"]


def test_an_unknown_day_excludes_nothing_but_lies_between_its_neighbours() -> None:
    unknown = but(MOVED)
    unknown.memberships[0].valid_until = ""
    unknown.memberships[1].valid_from = ""
    unknown.memberships.append(Membership(zone_id="c", valid_from="2022-01-01"))
    assert membership.zones(unknown, "2018-01-01") == ["hunan-zhongbu", "henan-xibu"]
    assert membership.zones(unknown, "2017-04-13") == ["hunan-zhongbu"]
    assert membership.zones(unknown, "2022-01-01") == ["c"]


def test_an_entry_of_one_membership_answers_by_its_three_fields() -> None:
    assert membership.zones(SIMPLE, "2017-04-13") == ["hunan-zhongbu"]
    assert membership.zones(SIMPLE, "2017-04-12") == []
    assert membership.is_member(but(SIMPLE, member_from=""), "1949-10-01")


def test_what_a_unit_covers_is_told_for_the_day() -> None:
    before = Territory(text_zh="石景山区", valid_from="2019-08-30", valid_until="2021-12-31")
    since = Territory(text_zh="石景山区、门头沟区", valid_from="2022-01-01")
    jingxi = but(SIMPLE, territories=[before, since])
    assert membership.territories(jingxi, "2021-12-31") == [before]
    assert membership.territories(jingxi, "2022-01-01") == [since]
    assert membership.territories(jingxi, "2019-08-29") == []
    assert membership.territories(jingxi, "") == [before, since]


def test_where_the_membership_of_one_city_ends_the_zone_and_its_other_cities_stay() -> None:
    zone = Unit(unit_id="hunan-zhongbu", member_from="2017-04-13")
    other, left = but(SIMPLE, unit_id="zhuzhou"), but(SIMPLE, member_until="2021-12-31")
    log = [
        *learnt("2021-06-10", *(UnitRegistered(unit=each) for each in (zone, SIMPLE, other))),
        *learnt("2022-01-10", UnitAmended(unit=left, former=SIMPLE)),
    ]
    assert members(log, "2021-12-31", "") == {
        "hunan-zhongbu": [],
        "xiangtan": ["hunan-zhongbu"],
        "zhuzhou": ["hunan-zhongbu"],
    }
    assert members(log, "2022-01-01", "") == {"hunan-zhongbu": [], "zhuzhou": ["hunan-zhongbu"]}


# The same, found in another way.

QUARTERS = [
    f"{year}-{month}-01" for year in range(2017, 2022) for month in ("01", "04", "07", "10")
]
KNOWN_DAYS = ["2021-06-10", "2021-07-01", "2021-07-02", "2021-09-30"]


@st.composite
def intervals(draw: st.DrawFn) -> list[Membership]:
    """Memberships in order, some of whose days nobody knows."""
    count = draw(st.integers(1, 4))
    days = sorted(
        draw(
            st.lists(st.sampled_from(QUARTERS), min_size=2 * count, max_size=2 * count, unique=True)
        )
    )
    said = [day if draw(st.integers(0, 3)) else "" for day in days]
    zones = draw(st.lists(st.sampled_from(["a", "b", "c"]), min_size=count, max_size=count))
    return [
        Membership(zone_id=zone, valid_from=first, valid_until=last)
        for zone, first, last in zip(zones, said[::2], said[1::2], strict=True)
    ]


@st.composite
def entries(draw: st.DrawFn) -> Unit:
    own = draw(intervals())
    if len(own) > 1 or draw(st.booleans()):
        return membership.completed(Unit(unit_id=draw(UNITS), memberships=own))
    return Unit(
        unit_id=draw(UNITS),
        zone_id=own[0].zone_id,
        member_from=own[0].valid_from,
        member_until=own[0].valid_until,
    )


UNITS = st.sampled_from(["huangshi", "xiangtan"])
HISTORIES = st.lists(st.tuples(st.sampled_from(KNOWN_DAYS), entries()), max_size=6).map(
    lambda history: sorted(history, key=lambda each: each[0])
)
DAYS = st.sampled_from(
    [(date.fromisoformat(day) + timedelta(days=n)).isoformat() for day in QUARTERS for n in (-1, 0)]
)


@given(HISTORIES, DAYS, st.sampled_from(["", *KNOWN_DAYS]))
@settings(deadline=None, max_examples=300)
def test_who_belonged_where_as_of_a_day_as_known_at_another_equals_an_independent_fold(
    history: list[tuple[str, Unit]], as_of: str, known: str
) -> None:
    newest = {unit.unit_id: unit for learnt_on, unit in history if not known or learnt_on <= known}
    expected = {name: _zones_on(unit, as_of) for name, unit in sorted(newest.items())}
    assert members(recorded(history), as_of, known) == {
        name: zones for name, zones in expected.items() if zones is not None
    }


@given(entries(), st.integers(2016, 2022))
@settings(deadline=None, max_examples=60)
def test_who_belonged_where_in_a_year_equals_an_independent_walk_through_its_days(
    unit: Unit, year: int
) -> None:
    on_days = [zones for day in _days_of(year) if (zones := _zones_on(unit, day)) is not None]
    assert membership.is_member(unit, "", year) is bool(on_days)
    told = membership.zones(unit, "", year)
    assert set(told) == {zone for own in on_days for zone in own}
    assert len(told) == len(set(told))


def recorded(history: list[tuple[str, Unit]]) -> list[Recorded]:
    known: set[str] = set()
    log: list[Recorded] = []
    for learnt_on, unit in history:
        is_new = unit.unit_id not in known
        log += learnt(learnt_on, UnitRegistered(unit=unit) if is_new else UnitAmended(unit=unit))
        known.add(unit.unit_id)
    return log


def members(log: list[Recorded], as_of: str, known: str) -> dict[str, list[str]]:
    return {
        each.unit.unit_id: list(each.zone_ids)
        for answer in asked(SERVICE, log, as_of=as_of, known=known)
        for each in views.unit(answer, as_of)
    }


def _zones_on(unit: Unit, day: str) -> list[str] | None:
    """The zones of the memberships into which the day can be put; None where it fits in none."""
    own = list(unit.memberships) or [
        Membership(zone_id=unit.zone_id, valid_from=unit.member_from, valid_until=unit.member_until)
    ]
    found = [each.zone_id for index, each in enumerate(own) if _fits(own, index, day)]
    return list(dict.fromkeys(filter(None, found))) if found else None


def _fits(own: Sequence[Membership], index: int, day: str) -> bool:
    """Whether all days are in order with `day` between the first and the last of one membership.

    Each day stands with the number of its membership; of different ones no two are the same day.
    """
    chain = [
        (number, said)
        for number, each in enumerate(own)
        for said in (each.valid_from, *([day] if number == index else []), each.valid_until)
        if said
    ]
    return all(
        one < other or (one == other and number == other_number)
        for (number, one), (other_number, other) in pairwise(chain)
    )


def _days_of(year: int) -> Iterator[str]:
    day = date(year, 1, 1)
    while day.year == year:
        yield day.isoformat()
        day += timedelta(days=1)

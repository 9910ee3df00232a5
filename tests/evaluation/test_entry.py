"""An entry of the register says nothing of names, memberships or territory that cannot be."""

from collections.abc import Sequence
from typing import Any

import pytest

from services.evaluation.entry import entry_faults
from services.evaluation.membership import completed
from services.kernel.reasons import Why
from tests.spec import but
from zoneledger.evaluation.v1.events_pb2 import (
    Alias,
    DevelopmentZone,
    Membership,
    Territory,
    Unit,
    UnitKind,
)

TODAY = "2022-01-01"
XIANGTAN = Unit(unit_id="xiangtan", kind=UnitKind.UNIT_KIND_PREFECTURE_CITY)
PARK = but(XIANGTAN, unit_id="yuncheng", kind=UnitKind.UNIT_KIND_COUNTY_PARK)


def period(first: str, last: str = "", **more: Any) -> Membership:
    return Membership(valid_from=first, valid_until=last, **more)


def entry(*memberships: Membership, **more: Any) -> Unit:
    """An entry whose three fields agree with the memberships."""
    return completed(but(XIANGTAN, memberships=memberships, **more))


def faults(*units: Unit) -> Sequence[tuple[str, Why]]:
    return [(fault.field, fault.told.why) for fault in entry_faults(units, TODAY)]


@pytest.mark.parametrize(
    "memberships",
    [
        [],
        [period("")],
        [period("2017-04-13")],
        [period("2017-04-13", "2019-12-31"), period("2020-01-01")],
        [period("", "2019-12-31"), period("", "2020-12-31"), period("2021-01-01")],
        [period("2017-04-13"), period("", "2020-12-31"), period("")],
        [period("2017-04-13", "2017-04-13"), period("2022-01-01", "2099-12-31")],
    ],
)
def test_memberships_follow_one_another_and_an_unknown_day_decides_nothing(
    memberships: list[Membership],
) -> None:
    assert faults(entry(*memberships)) == []


@pytest.mark.parametrize(
    ("memberships", "field", "why"),
    [
        ([("2017-04-13", "2017-04-12")], "memberships[0].valid_until", Why.UNTIL_BEFORE_FROM),
        (
            [("2017-04-13", "2019-12-31"), ("2019-12-31", "")],
            "memberships[1].valid_from",
            Why.NOT_IN_ORDER,
        ),
        ([("2017-04-13", ""), ("2017-04-13", "")], "memberships[1].valid_from", Why.NOT_IN_ORDER),
        (
            [("2018-01-01", ""), ("", ""), ("", "2017-12-31")],
            "memberships[2].valid_until",
            Why.NOT_IN_ORDER,
        ),
        (
            [("2020-01-01", ""), ("2017-01-01", "2018-12-31")],
            "memberships[1].valid_from",
            Why.NOT_IN_ORDER,
        ),
        ([("2022-01-02", "")], "memberships[0].valid_from", Why.STILL_TO_COME),
        ([("2021-02-30", "")], "memberships[0].valid_from", Why.NOT_A_DAY),
    ],
)
def test_memberships_that_overlap_or_are_out_of_order_are_refused_by_their_place(
    memberships: list[tuple[str, str]], field: str, why: Why
) -> None:
    assert (field, why) in faults(entry(*(period(*each) for each in memberships)))


def test_every_fault_of_every_part_of_every_entry_is_told_at_once() -> None:
    wrong = entry(
        period("2020-01-01", "2019-01-01"),
        period("2018-01-01", zone_id="Hunan"),
        aliases=[Alias(), Alias(name_zh="甲", valid_until="x")],
        territories=[Territory(valid_from="2023-01-01")],
    )
    told = faults(PARK, but(wrong, host=DevelopmentZone()))
    assert dict(told) == {
        "aliases[0].name_zh": Why.FIELD_MISSING,
        "aliases[1].valid_until": Why.NOT_A_DAY,
        "memberships[0].valid_until": Why.UNTIL_BEFORE_FROM,
        "memberships[1].zone_id": Why.NOT_AN_IDENTIFIER,
        "memberships[1].valid_from": Why.NOT_IN_ORDER,
        "territories[0].text_zh": Why.FIELD_MISSING,
        "territories[0].valid_from": Why.STILL_TO_COME,
        "host": Why.STANDS_ON_NO_ZONE,
        "host.name_zh": Why.FIELD_MISSING,
    }


def test_versions_of_a_territory_do_not_overlap() -> None:
    versions = [
        Territory(text_zh="石景山区", valid_from="2019-08-30", valid_until="2021-12-31"),
        Territory(text_zh="石景山区、门头沟区", valid_from="2021-06-21"),
    ]
    assert faults(but(XIANGTAN, territories=versions)) == [
        ("territories[1].valid_from", Why.NOT_IN_ORDER)
    ]


def test_a_unit_may_go_by_several_aliases_at_once_but_by_each_of_them_once() -> None:
    one = Alias(name_zh="洛阳-平顶山", valid_from="2019-08-30")
    other = but(one, name_zh="豫西")
    assert faults(but(XIANGTAN, aliases=[one, other])) == []
    assert faults(but(XIANGTAN, aliases=[one, other, one])) == [
        ("aliases[2].valid_from", Why.NOT_IN_ORDER)
    ]


def test_the_three_fields_of_a_membership_say_the_same_as_the_last_of_several() -> None:
    moved = entry(period("2017-04-13", "2019-12-31", zone_id="a"), period("2021-01-01"))
    assert (moved.zone_id, moved.member_from, moved.member_until) == ("", "2021-01-01", "")
    assert faults(but(moved, zone_id="a", member_from="2017-04-13", member_until="2030-12-31")) == [
        ("zone_id", Why.MEMBERSHIPS_SAY_OTHERWISE),
        ("member_from", Why.MEMBERSHIPS_SAY_OTHERWISE),
        ("member_until", Why.MEMBERSHIPS_SAY_OTHERWISE),
    ]


def test_an_entry_of_one_membership_stays_as_it_was_written() -> None:
    simple = but(XIANGTAN, zone_id="a", member_from="2017-04-13")
    assert completed(simple) is simple
    assert faults(simple) == []


@pytest.mark.parametrize(
    "kind",
    [
        UnitKind.UNIT_KIND_COUNTY_PARK,
        UnitKind.UNIT_KIND_DEMONSTRATION_PARK,
        UnitKind.UNIT_KIND_KEY_PARK,
    ],
)
def test_only_a_park_is_built_on_a_development_zone(kind: UnitKind.ValueType) -> None:
    host = DevelopmentZone(name_zh="郓城经济开发区")
    assert faults(but(PARK, kind=kind, host=host)) == []
    assert faults(but(XIANGTAN, host=host)) == [("host", Why.STANDS_ON_NO_ZONE)]


def test_an_entry_has_a_hundred_aliases_at_the_most() -> None:
    aliases = [Alias(name_zh=f"别名{number}") for number in range(101)]
    assert faults(but(XIANGTAN, aliases=aliases[:100])) == []
    assert faults(but(XIANGTAN, aliases=aliases)) == [("aliases", Why.TOO_MANY)]

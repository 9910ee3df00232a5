"""The example of 2020 says what public texts say of the round, and nothing more."""

import re
from collections import Counter
from pathlib import Path

import pytest

from services.cli.intake import HONOURS, RATINGS, UNITS, Row, Table, read
from services.cli.pieces import pieces, sourced

FOLDER = Path(__file__).parents[2] / "examples" / "2020"


def rows(table: Table) -> tuple[Row, ...]:
    return read(FOLDER / f"{table.name}.csv", table).rows


def count(table: Table, column: str) -> Counter[str]:
    return Counter(row.text(column) for row in rows(table))


def units_of_kind(*kinds: str) -> set[str]:
    return {row.text("unit_id") for row in rows(UNITS) if row.text("kind") in kinds}


def rated(grade: str) -> list[str]:
    return [row.text("unit_id") for row in rows(RATINGS) if row.text("grade") == grade]


@pytest.mark.parametrize("table", [UNITS, RATINGS, HONOURS])
def test_every_row_names_its_source(table: Table) -> None:
    assert all(row.text("source") for row in rows(table))


@pytest.mark.parametrize("table", [UNITS, RATINGS, HONOURS])
def test_the_columns_of_the_contract_come_first_and_in_order(table: Table) -> None:
    header = (FOLDER / f"{table.name}.csv").read_text(encoding="utf-8").splitlines()[0]
    assert tuple(header.split(",")) == table.column_names


@pytest.mark.parametrize("table", [UNITS, RATINGS, HONOURS])
def test_every_page_that_is_cited_is_listed_with_the_sources(table: Table) -> None:
    pages = (FOLDER / "SOURCES.md").read_text(encoding="utf-8")
    for row in rows(table):
        for source in row.text("source").split("; "):
            assert source.removesuffix(" (date)") in pages


@pytest.mark.parametrize("column", ["aliases", "memberships", "territories"])
def test_each_alias_and_each_territory_has_a_source_and_no_day_that_is_not_known(
    column: str,
) -> None:
    said = [each for row in rows(UNITS) for each in pieces(row.text(column))]
    assert all(each.source for each in said)
    assert [each for each in said if each.valid_from or each.valid_until] == []


def test_every_page_that_an_alias_a_territory_or_a_host_cites_is_listed_with_the_sources() -> None:
    pages = (FOLDER / "SOURCES.md").read_text(encoding="utf-8")
    said = [
        source
        for row in rows(UNITS)
        for source in (
            *(each.source for each in pieces(row.text("aliases"))),
            *(each.source for each in pieces(row.text("territories"))),
            sourced(row.text("host")).source,
        )
    ]
    cited = {page for source in said for page in re.findall(r"https?://[^, ]+", source)}
    assert len(cited) == 4
    assert [page for page in cited if page not in pages] == []


def test_four_zones_and_ningdong_go_by_another_name() -> None:
    aliases = {
        row.text("unit_id"): [each.what for each in pieces(row.text("aliases"))]
        for row in rows(UNITS)
        if row.text("aliases")
    }
    assert aliases == {
        "chongqing-huandushiqu": ["重庆周边都市区"],
        "dalian-yanhai": ["辽宁大连"],
        "henan-xibu": ["洛阳-平顶山"],
        "ningxia-dongbeibu": ["石嘴山-宁东"],
        "ningdong": ["宁夏宁东"],
    }


def test_a_zone_that_is_one_city_and_that_city_are_two_roles_of_one_place() -> None:
    cities = {r.text("name_zh"): r.text("unit_id") for r in rows(UNITS) if r.text("zone_id")}
    zones = [row for row in rows(UNITS) if row.text("kind") == "zone"]
    alike = {
        zone.text("unit_id"): cities[zone.text("name_zh").removeprefix(zone.text("province"))]
        for zone in zones
        if zone.text("name_zh").removeprefix(zone.text("province")) in cities
    }
    assert len(alike) == 12
    places = {row.text("unit_id"): row.text("place_id") for row in zones if row.text("place_id")}
    assert places == alike


def test_of_twenty_county_parks_the_hosts_of_two_are_known() -> None:
    hosts = {row.text("unit_id"): sourced(row.text("host")).what for row in rows(UNITS)}
    assert {unit: host for unit, host in hosts.items() if host} == {
        "yuncheng": "郓城经济开发区",
        "sanyuan": "三原高新技术产业开发区",
    }


def test_nobody_is_known_to_have_left_or_moved() -> None:
    assert count(UNITS, "memberships") == count(UNITS, "member_until") == {"": 61}


def test_the_register_has_the_zones_the_members_and_the_known_beneficiaries_by_reference() -> None:
    assert count(UNITS, "kind") == {
        "zone": 20,
        "prefecture_city": 25,
        "separately_planned_city": 1,
        "district": 2,
        "part_of_district": 2,
        "base": 1,
        "provincial_zone": 3,
        "county_park": 7,
    }


def test_each_kind_has_its_class() -> None:
    by_kind = {(row.text("kind"), row.text("beneficiary_class")) for row in rows(UNITS)}
    assert {pair for pair in by_kind if pair[1] != "national"} == {
        ("provincial_zone", "provincial_by_reference"),
        ("county_park", "county_by_reference"),
    }


def test_every_member_belongs_to_a_zone_and_joined_it_when_it_was_founded() -> None:
    zones = {r.text("unit_id"): r for r in rows(UNITS) if r.text("kind") == "zone"}
    members = [row for row in rows(UNITS) if row.text("zone_id")]
    assert len(members) == 31
    for member in members:
        zone = zones[member.text("zone_id")]
        assert member.text("member_from") == zone.text("member_from")
        assert member.text("province") == zone.text("province")


def test_every_zone_has_a_member() -> None:
    assert {row.text("zone_id") for row in rows(UNITS)} == {"", *units_of_kind("zone")}


def test_zones_and_beneficiaries_by_reference_belong_to_no_zone() -> None:
    apart = units_of_kind("zone", "provincial_zone", "county_park")
    assert apart == {row.text("unit_id") for row in rows(UNITS) if not row.text("zone_id")}


def test_twelve_zones_were_founded_in_2017_and_eight_in_2019() -> None:
    founded = Counter(r.text("member_from") for r in rows(UNITS) if r.text("kind") == "zone")
    assert founded == {"2017-04-13": 12, "2019-08-30": 8}


def test_seven_units_were_rated_excellent_in_the_order_of_the_notice() -> None:
    assert rated("excellent") == [
        "xiangtan",
        "jingxi",
        "tongling",
        "liupanshui",
        "pingxiang",
        "shaoguan",
        "shenyang",
    ]


def test_twelve_units_were_rated_good_and_no_lower_grade_was_published() -> None:
    assert count(RATINGS, "grade") == {"excellent": 7, "good": 12}


def test_every_rated_or_honoured_unit_is_a_registered_member() -> None:
    members = {row.text("unit_id") for row in rows(UNITS) if row.text("zone_id")}
    assert {row.text("unit_id") for table in (RATINGS, HONOURS) for row in rows(table)} <= members


def test_all_was_published_when_the_notice_was_posted() -> None:
    assert count(RATINGS, "published_on") == {"2021-06-21": 19}
    assert count(HONOURS, "awarded_on") == {"2021-06-21": 2}


def test_one_park_and_one_project_are_known_of_the_honours() -> None:
    assert count(HONOURS, "kind") == {"park": 1, "project": 1}


def test_no_two_units_share_a_name() -> None:
    assert set(count(UNITS, "name_zh").values()) == {1}

"""A unit is found by whatever it is called, and nobody is guessed."""

from collections.abc import Sequence
from time import perf_counter

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.evaluation.naming import Names, namesakes, rated_in, resolved
from services.kernel.errors import Fault
from services.kernel.reasons import Why
from tests.notices import POLICIES
from tests.spec import but
from zoneledger.evaluation.v1.events_pb2 import Alias, Unit, UnitKind
from zoneledger.evaluation.v1.service_pb2 import UnitResolution

ZONE = Unit(
    unit_id="anhui-tongling",
    name_zh="安徽铜陵",
    name_en="Anhui Tongling",
    kind=UnitKind.UNIT_KIND_ZONE,
    province="安徽",
)
CITY = but(
    ZONE, unit_id="tongling", name_zh="铜陵", name_en="", kind=UnitKind.UNIT_KIND_PREFECTURE_CITY
)
RING = but(
    ZONE,
    unit_id="chongqing-huandushiqu",
    name_zh="重庆环都市区",
    name_en="Chongqing Metropolitan Ring",
    province="重庆",
    aliases=[Alias(name_zh="重庆周边都市区")],
)
WEST = but(
    ZONE,
    unit_id="henan-xibu",
    name_zh="河南西部",
    name_en="",
    province="河南",
    aliases=[
        Alias(name_zh="洛阳-平顶山", valid_from="2019-08-30", valid_until="2021-12-31"),
        Alias(name_zh="豫西", valid_from="2022-01-01"),
    ],
)
NINGDONG = but(CITY, unit_id="ningdong", name_zh="宁东", province="宁夏")
XIANGTAN = but(CITY, unit_id="xiangtan", name_zh="湘潭", name_en="Xiangtan", province="湖南")
REGISTER = [ZONE, CITY, RING, WEST, NINGDONG, XIANGTAN]


def resolve(name: str, *, as_of: str = "", round_: int = 0) -> UnitResolution:
    return Names(REGISTER, as_of).resolve(name, rated_in(round_, POLICIES, {}))


def candidates(resolution: UnitResolution) -> Sequence[str]:
    return [each.unit_id for each in resolution.candidates]


@pytest.mark.parametrize(
    ("name", "unit_id"),
    [
        ("xiangtan", "xiangtan"),
        ("units/xiangtan", "xiangtan"),
        ("湘潭", "xiangtan"),
        ("湖南湘潭", "xiangtan"),
        ("宁夏宁东", "ningdong"),
        ("重庆环都市区", "chongqing-huandushiqu"),
        ("重庆周边都市区", "chongqing-huandushiqu"),
        ("洛阳-平顶山", "henan-xibu"),
        ("河南洛阳-平顶山", "henan-xibu"),
    ],
)
def test_an_id_a_name_an_alias_and_each_with_its_province_stand_for_the_unit(
    name: str, unit_id: str
) -> None:
    assert resolve(name) == UnitResolution(name=name, unit_id=unit_id)


@pytest.mark.parametrize(
    "name", ["洛阳—平顶山", "洛阳－平顶山", " 洛阳 - 平顶山 ", "ＨＥＮＡＮ-xibu", "Henan-Xibu"]
)
def test_width_case_dashes_and_blanks_make_no_other_name(name: str) -> None:
    assert resolve(name).unit_id == "henan-xibu"


def test_an_alias_is_one_on_its_days_only() -> None:
    assert resolve("豫西", as_of="2022-01-01").unit_id == "henan-xibu"
    assert resolve("豫西", as_of="2021-12-31").unit_id == ""
    assert resolve("洛阳-平顶山", as_of="2021-12-31").unit_id == "henan-xibu"
    assert resolve("洛阳-平顶山", as_of="2022-01-01").unit_id == ""


def test_a_name_that_several_have_is_ambiguous_and_all_of_them_are_told() -> None:
    told = resolve("安徽铜陵")
    assert (told.unit_id, told.is_ambiguous) == ("", True)
    assert candidates(told) == ["anhui-tongling", "tongling"]
    assert [each.kind for each in told.candidates] == [ZONE.kind, CITY.kind]


def test_in_a_round_a_name_that_several_have_means_what_the_document_rates() -> None:
    assert resolve("安徽铜陵", round_=2020).unit_id == "tongling"
    assert resolve("安徽铜陵", round_=2019).unit_id == "anhui-tongling"
    assert resolve("安徽铜陵", round_=2031).is_ambiguous


def test_in_a_round_a_name_that_one_has_means_that_one_whatever_is_rated() -> None:
    assert resolve("河南西部", round_=2020).unit_id == "henan-xibu"


def test_in_a_round_a_unit_that_was_no_member_is_not_preferred() -> None:
    late = but(CITY, member_from="2021-01-01")
    names = Names([ZONE, late], "")
    assert names.resolve("安徽铜陵", rated_in(2020, POLICIES, {})).is_ambiguous


def test_an_id_means_its_unit_also_where_others_are_called_so() -> None:
    other = but(CITY, unit_id="other", name_zh="tongling")
    assert Names([CITY, other], "").resolve("tongling", lambda _: False).unit_id == "tongling"


@pytest.mark.parametrize(
    ("name", "nearest"),
    [
        ("湘谭", "xiangtan"),
        ("湘潭市", "xiangtan"),
        ("xiangtn", "xiangtan"),
        ("洛阳平顶山", "henan-xibu"),
        ("重庆市环都市区", "chongqing-huandushiqu"),
        ("Chongqing Ring", "chongqing-huandushiqu"),
    ],
)
def test_an_unknown_name_gets_the_nearest_candidates_and_no_unit(name: str, nearest: str) -> None:
    told = resolve(name)
    assert (told.unit_id, told.is_ambiguous) == ("", False)
    assert candidates(told)[0] == nearest
    assert len(told.candidates) <= 3


@pytest.mark.parametrize("name", ["拉萨", "zzz", "?", "x" * 1_000])
def test_a_name_that_is_like_no_other_gets_no_candidate(name: str) -> None:
    assert resolve(name) == UnitResolution(name=name)


def test_like_names_are_looked_for_a_hundred_times_in_one_request() -> None:
    told = resolved(["湘谭"] * 101, Names(REGISTER, ""), lambda _: False)
    assert [bool(each.candidates) for each in told] == [True] * 100 + [False]


@given(st.lists(st.text(max_size=12), max_size=3), st.sampled_from(["", "2020-01-01"]))
def test_any_names_are_answered_in_their_order(asked: list[str], as_of: str) -> None:
    told = resolved(asked, Names(REGISTER, as_of), rated_in(2020, POLICIES, {}))
    assert [each.name for each in told] == asked
    assert all(not each.unit_id or not each.candidates for each in told)


def test_a_hundred_unknown_names_of_three_thousand_units_take_a_few_seconds_at_the_most() -> None:
    units = [
        Unit(unit_id=f"unit-{n}", name_zh=f"{chr(0x4E00 + n)}{chr(0x5E00 + n % 60)}市")
        for n in range(3_000)
    ]
    began = perf_counter()
    names = Names(units, "")
    resolved([f"{unit.name_zh}区" for unit in units[:100]], names, lambda _: False)
    assert perf_counter() - began < 5


BY_ID = {unit.unit_id: unit for unit in REGISTER}
AGAIN = but(XIANGTAN, unit_id="xt", name_zh=" 湘 潭")
SAME_NAME = Why.CALLED_AS_ANOTHER(name=" 湘 潭", kind="prefecture_city", unit="xiangtan")


def test_a_unit_is_not_entered_twice_under_two_ids() -> None:
    assert namesakes([AGAIN], BY_ID) == [Fault(0, "name_zh", SAME_NAME)]
    assert "xiangtan" in SAME_NAME


def test_two_rows_of_a_file_do_not_enter_one_unit() -> None:
    assert [each.index for each in namesakes([XIANGTAN, AGAIN], {})] == [0, 1]


@pytest.mark.parametrize(
    "other",
    [
        but(AGAIN, kind=UnitKind.UNIT_KIND_ZONE),
        but(AGAIN, zone_id="hunan-zhongbu"),
        but(AGAIN, province="安徽"),
        but(AGAIN, name_zh="湘潭县"),
    ],
    ids=["kind", "zone", "province", "name"],
)
def test_units_are_told_apart_by_name_kind_zone_or_province(other: Unit) -> None:
    assert namesakes([other], BY_ID) == []


def test_an_entry_that_shares_its_name_from_before_can_still_be_brought_up_to_date() -> None:
    twice = {**BY_ID, "xt": AGAIN}
    assert namesakes([but(AGAIN, source="a page")], twice) == []
    assert namesakes([XIANGTAN], twice) == []


def test_a_unit_is_not_renamed_to_what_another_one_is_called() -> None:
    renamed = but(NINGDONG, name_zh="湘潭", province="湖南")
    assert [each.field for each in namesakes([renamed], BY_ID)] == ["name_zh"]

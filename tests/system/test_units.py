"""Units on the command line, by whatever they are called, and the register as files bring it."""

import json
from pathlib import Path

import pytest

from tests.system.commands import EXAMPLE, import_2020, run, told

SIMPLE = "unit_id,name_zh,name_en,kind,zone_id,province,beneficiary_class,member_from,member_until"
HEADER = f"{SIMPLE},aliases,memberships,territories,place_id,host\n"
RATED = "round,unit_id,grade,published_on,document,visibility\n"
MOVED = (
    "moved,搬迁市,,prefecture_city,,湖南,national,,,搬家 | 2019-01-01 | | 某报,"
    "湖南中部 | 2017-04-13 | 2018-12-31；洛阳-平顶山 | 2020-06-01,一部分 | 2017-04-13,,\n"
)


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("units") / "data"
    import_2020(folder)
    return folder


@pytest.fixture
def taken(folder: Path, tmp_path: Path) -> Path:
    """The same with a unit that moved from one zone to another."""
    file = tmp_path / "units.csv"
    file.write_text(HEADER + MOVED, "utf-8")
    ran = run(folder, "import", "units", str(file))
    assert ran.code == 0, ran.err
    return folder


def write(folder: Path, name: str, text: str) -> str:
    file = folder / name
    file.write_text(text, "utf-8")
    return str(file)


def members(folder: Path, *words: str) -> dict[str, list[str]]:
    return {each["unit_id"]: each["zone_ids"] for each in told(folder, "units", *words)}


def test_names_are_resolved_and_what_is_unclear_ends_with_another_code(folder: Path) -> None:
    ran = run(folder, "unit", "resolve", "湖南湘潭", "重庆周边都市区", "xiangtan", "--json")
    assert [each["unit_id"] for each in json.loads(ran.out)] == [
        "xiangtan",
        "chongqing-huandushiqu",
        "xiangtan",
    ]
    assert ran.code == 0
    unclear = run(folder, "unit", "resolve", "湘谭", "安徽铜陵", "--json")
    assert unclear.code == 1
    unknown, several = json.loads(unclear.out)
    assert [each["unit_id"] for each in unknown["candidates"]] == ["xiangtan"]
    assert [each["unit_id"] for each in several["candidates"]] == ["anhui-tongling", "tongling"]
    of_2020 = run(folder, "unit", "resolve", "安徽铜陵", "--round", "2020", "--json")
    assert (of_2020.code, json.loads(of_2020.out)[0]["unit_id"]) == (0, "tongling")


@pytest.mark.parametrize(
    "words",
    [
        ["units", "--unit", "湖南湘潭"],
        ["ratings", "--unit", "湘潭"],
        ["entitlements", "--unit", "湖南湘潭"],
        ["credit-tilts", "--unit", "湘潭"],
        ["unit", "list", "--unit", "湘潭"],
        ["explain", "units/湘潭/ratings/2020"],
    ],
    ids=lambda words: " ".join(words[:2]),
)
def test_every_question_about_a_unit_takes_any_of_its_names(folder: Path, words: list[str]) -> None:
    answer = told(folder, *words)
    by_id = ["xiangtan" if word in {"湘潭", "湖南湘潭"} else word for word in words]
    assert answer == told(folder, *(word.replace("湘潭", "xiangtan") for word in by_id))
    assert answer


def test_a_card_has_what_is_known_of_a_unit(folder: Path) -> None:
    card = told(folder, "unit", "show", "郓城县")
    assert (card["host"], card["kind"]) == ("郓城经济开发区", "county_park")
    jingxi = told(folder, "unit", "show", "京西")
    assert jingxi["territories"][0]["text_zh"] == "石景山区以及门头沟区处于转型中的部分"
    assert [each["unit_id"] for each in jingxi["roles"]] == ["beijing-jingxi", "jingxi"]
    assert [each["grade"] for each in jingxi["ratings"]] == ["excellent"]
    tangshan = told(folder, "unit", "show", "唐山")
    assert ([each["kind"] for each in tangshan["honours"]], tangshan["ratings"]) == (
        ["project"],
        [],
    )
    printed = run(folder, "unit", "show", "京西").out
    for word in ("石景山区以及", "Roles of the place", "excellent 优秀", "beijing-jingxi"):
        assert word in printed


@pytest.mark.parametrize("place", ["pingxiang", "萍乡", "江西萍乡", "jiangxi-pingxiang"])
def test_one_place_has_several_roles(folder: Path, place: str) -> None:
    roles = told(folder, "unit", "roles", place)
    assert [(each["unit_id"], each["kind"]) for each in roles] == [
        ("jiangxi-pingxiang", "zone"),
        ("pingxiang", "prefecture_city"),
    ]


def test_a_place_that_is_no_unit_is_refused(folder: Path) -> None:
    ran = run(folder, "unit", "roles", "拉萨")
    assert (ran.code, ran.out) == (2, "")
    assert ran.err.startswith("PLACE: no unit is called '拉萨'")


def test_a_file_names_units_as_the_notices_do(folder: Path, tmp_path: Path) -> None:
    named = (EXAMPLE / "ratings.csv").read_text("utf-8")
    for unit_id, name in (
        ("xiangtan", "湖南湘潭"),
        ("tongling", "安徽铜陵"),
        ("ningdong", "宁夏宁东"),
    ):
        named = named.replace(f"2020,{unit_id},", f"2020,{name},")
    ran = run(folder, "import", "ratings", write(tmp_path, "ratings.csv", named))
    assert (ran.code, ran.out) == (0, "ratings: 0 recorded, 19 unchanged\n")


def test_a_name_that_nobody_has_is_refused_with_the_nearest_beside_all_other_faults(
    folder: Path, tmp_path: Path
) -> None:
    rows = (
        "2020,湘谭,优秀,2021-06-21,no document,public\n2020,xiangtn,优,2021-06-21,2021-866,public\n"
    )
    wrong = rows + "2020,四川自共,优秀,2021-06-21,2021-866,public\n"
    ran = run(folder, "import", "ratings", write(tmp_path, "ratings.csv", RATED + wrong))
    assert (ran.code, ran.out) == (2, "")
    lines = ran.err.splitlines()
    assert [line.partition(":")[0] for line in lines] == [
        "ratings.csv row 2, column unit_id",
        "ratings.csv row 2, column document",
        "ratings.csv row 3, column grade",
        "ratings.csv row 3, column unit_id",
        "ratings.csv row 4, column unit_id",
    ]
    assert "near: xiangtan 湘潭" in lines[0]
    assert "sichuan-zigong 四川自贡" in lines[4]


def test_a_unit_that_moved_is_told_with_the_zone_of_the_day_and_of_the_year(taken: Path) -> None:
    assert members(taken, "--unit", "搬家", "--as-of", "2018-12-31") == {"moved": ["hunan-zhongbu"]}
    assert members(taken, "--unit", "搬家", "--as-of", "2019-06-01") == {}
    assert members(taken, "--unit", "moved", "--round", "2020") == {"moved": ["henan-xibu"]}
    assert members(taken, "--unit", "moved", "--round", "2019") == {}


def test_a_file_without_the_later_columns_leaves_what_they_said(
    taken: Path, tmp_path: Path
) -> None:
    simple = "moved,搬迁市,,prefecture_city,henan-xibu,湖南,national,2020-06-01,\n"
    file = write(tmp_path, "old.csv", f"{SIMPLE}\n{simple}")
    assert run(taken, "import", "units", file).out == "units: 0 recorded, 1 unchanged\n"
    contrary = write(tmp_path, "contrary.csv", f"{SIMPLE}\n{simple.replace('2020-06', '2020-07')}")
    ran = run(taken, "import", "units", contrary)
    assert ran.code == 2
    assert ran.err.startswith("contrary.csv row 2, column member_from: '2020-07-01' is not what")


def test_faults_of_one_of_several_values_in_a_cell_name_its_number(
    folder: Path, tmp_path: Path
) -> None:
    wrong = MOVED.replace("2020-06-01", "2018-06-01").replace("洛阳-平顶山", "洛阳平顶山")
    ran = run(folder, "import", "units", write(tmp_path, "units.csv", HEADER + wrong))
    assert ran.code == 2
    assert (
        "column memberships: no unit is called '洛阳平顶山' (near: henan-xibu 洛阳-平顶山"
        in ran.err
    )
    right_zone = wrong.replace("洛阳平顶山", "henan-xibu")
    ran = run(folder, "import", "units", write(tmp_path, "units.csv", HEADER + right_zone))
    assert "column memberships: value 2, valid_from: 2018-06-01 is not after 2018-12-31" in ran.err


def test_a_cell_that_cannot_be_read_hides_no_other_fault_of_its_row(
    folder: Path, tmp_path: Path
) -> None:
    wrong = MOVED.replace("某报,", "某报；老名 | 2020-01-01 | 2019-01-01,").replace(
        "一部分 | 2017-04-13", "一部分 | 2017-13-04"
    )
    both = wrong.replace("洛阳-平顶山 | 2020-06-01", "洛阳-平顶山 | 2018-06-01")
    ran = run(folder, "import", "units", write(tmp_path, "units.csv", HEADER + both))
    assert (ran.code, ran.out) == (2, "")
    assert [line.split(": ")[0] for line in ran.err.splitlines()] == [
        "units.csv row 2, column territories",
        "units.csv row 2, column aliases",
        "units.csv row 2, column memberships",
    ]


def test_a_zone_that_is_no_zone_is_at_fault_in_the_cell_that_names_it(
    folder: Path, tmp_path: Path
) -> None:
    wrong = MOVED.replace("洛阳-平顶山", "没有这个区")
    ran = run(folder, "import", "units", write(tmp_path, "units.csv", HEADER + wrong))
    assert [line.split(": ")[0] for line in ran.err.splitlines()] == [
        "units.csv row 2, column memberships"
    ]


def test_a_unit_that_is_called_as_another_one_is_refused_with_that_one_named(
    folder: Path, tmp_path: Path
) -> None:
    again = "xt,湘潭,,prefecture_city,湖南中部,湖南,national,2017-04-13,\n"
    ran = run(folder, "import", "units", write(tmp_path, "again.csv", f"{SIMPLE}\n{again}"))
    assert (ran.code, ran.out) == (2, "")
    assert "again.csv row 2, column name_zh: '湘潭' is what the prefecture_city xiangtan" in ran.err


def test_a_member_may_name_a_zone_of_the_same_file(folder: Path, tmp_path: Path) -> None:
    rows = (
        "new-city,新市,,prefecture_city,新区,湖南,national,2021-01-01,,,,,,\n"
        "new-zone,新区,,zone,,湖南,national,2021-01-01,,,,,,\n"
    )
    ran = run(folder, "import", "units", write(tmp_path, "units.csv", HEADER + rows))
    assert (ran.code, ran.err) == (0, "")
    assert members(folder, "--unit", "新市") == {"new-city": ["new-zone"]}


def test_where_a_member_names_its_zone_only_a_zone_is_meant(folder: Path, tmp_path: Path) -> None:
    park = "a-park,某园,,示范园区,安徽铜陵,安徽,national,2021-01-01,,,,,,某开发区\n"
    ran = run(folder, "import", "units", write(tmp_path, "units.csv", HEADER + park))
    assert (ran.code, ran.err) == (0, "")
    assert members(folder, "--unit", "a-park") == {"a-park": ["anhui-tongling"]}


def test_a_number_of_members_is_a_check_sum_and_only_a_warning(tmp_path: Path) -> None:
    file = str(EXAMPLE / "units.csv")
    sums = ("--check-members", "2020=36", "--check-members", "2018=20")
    ran = run(tmp_path / "data", "import", "units", file, *sums)
    assert (ran.code, ran.out) == (0, "units: 61 recorded, 0 unchanged\n")
    assert ran.err == (
        "warning: the register has 31 members for 2020, and the list says 36;"
        " see whether one is missing, ended or counted twice\n"
    )
    wrong = run(tmp_path / "data", "import", "units", file, "--check-members", "36")
    assert (wrong.code, wrong.out) == (2, "")


def test_an_audit_decides_intervals_and_aliases_again(taken: Path) -> None:
    assert run(taken, "audit").code == 0

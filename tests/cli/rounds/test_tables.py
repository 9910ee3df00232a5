"""A file may call its columns in Chinese, and be long or wide: its header says which."""

from services.cli.rounds import tables
from tests.cli.rounds.rows import RULES, experts, faults, marked, observed, taken


def test_a_wide_file_has_a_column_for_each_indicator_by_id_or_by_name() -> None:
    for header in ("unit_id,growth,unemployment", "单位,增速,失业率", "城市,Growth,Unemployment"):
        (row,) = observed(f"{header}\nxiangtan,9.0,1.00\n")
        assert (row.text("growth"), row.text("unemployment")) == ("9.0", "1.00")


def test_a_header_may_say_the_unit_of_an_indicator_in_brackets() -> None:
    (row,) = observed("单位,增速（%）,失业率(%)\n湘潭,9.0,1.00\n")
    assert row.text("growth") == "9.0"
    assert row.header("growth") == "增速（%）"


def test_a_header_that_says_another_unit_is_refused() -> None:
    [fault] = faults("单位,失业率,增速（‰）\n湘潭,1.00,9.0\n", *tables.observations(RULES))
    assert fault.startswith('file.csv row 1, column 增速（‰）: "增速（‰）" is not a column')


def test_a_long_file_has_a_row_for_each_value() -> None:
    rows = observed("单位,指标,数值,缺失原因\n湘潭,增速,9.0,\n湘潭,失业率,,未统计\n")
    assert [row.text("indicator_id") for row in rows] == ["增速", "失业率"]


def test_a_fault_is_named_by_the_column_as_the_file_calls_it() -> None:
    [fault] = faults("单位,增速（%）\n湘潭,九\n", *tables.observations(RULES))
    assert fault == 'file.csv row 2, column 增速（%）: "九" is not a number; write it as 12.3'


def test_every_faulty_cell_is_named_at_once() -> None:
    text = "单位,增速,失业率\n湘潭,九,十\n,1.0,1.00\n株洲,1.25,2.00\n"
    places = [fault.partition(": ")[0] for fault in faults(text, *tables.observations(RULES))]
    assert places == [
        "file.csv row 2, column 增速",
        "file.csv row 2, column 失业率",
        "file.csv row 3, column 单位",
        "file.csv row 4, column 增速",
    ]


def test_one_column_that_is_there_under_two_names_is_refused() -> None:
    [fault] = faults("单位,增速,growth\n湘潭,1.0,2.0\n", *tables.observations(RULES))
    assert "there twice" in fault


def test_a_running_number_and_a_remark_are_let_through_and_say_nothing() -> None:
    (row,) = observed("序号,单位,增速,备注\n1,湘潭,9.0,初步数据\n")
    assert row.text("growth") == "9.0"


def test_a_sheet_gives_points_to_all_on_the_scale_of_the_rules() -> None:
    (row,) = marked("单位,总体\n湘潭,90.5\n")
    assert row.text("overall") == "90.5"
    forms = tables.sheets(experts())
    assert ["on the scale from 0 to 100" in f for f in faults("单位,总体\n湘潭,101\n", *forms)] == [
        True
    ]
    assert ["no number of points" in f for f in faults("单位,总体\n湘潭,—\n", *forms)] == [True]


def test_a_circular_is_read_by_its_chinese_columns() -> None:
    header = "通报,文号,标题,印发日期,工作年度,激励对象,激励事项,单位"
    (row,) = taken(
        f"{header}\nc-1,国办发〔2021〕1号,通报,2021-01-05,2020,湘潭,老工业基地,湘潭\n",
        tables.CIRCULARS,
    )
    assert (row.text("number"), row.year("performance_year")) == ("国办发〔2021〕1号", 2020)

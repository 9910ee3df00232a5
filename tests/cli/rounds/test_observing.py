"""What a file of statistics becomes: a report for each unit, warnings that stop nothing, faults."""

import pytest

from services.cli.rounds.observing import NO_REASON, Last, built
from services.cli.rounds.taking import Built, Remark
from tests.cli.rounds.rows import RULES, observed
from zoneledger.evaluation.v1.round_commands_pb2 import ReportObservations
from zoneledger.evaluation.v1.round_events_pb2 import Observation

DAY = "2021-03-01"
WIDE = "单位,增速,失业率,缺失原因,统计时点,来源\n"


@pytest.fixture(autouse=True)
def _english(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LC_ALL", "C")


def made(text: str, last: Last | None = None) -> Built:
    return built(RULES, observed(text), DAY, last or {})


def told(remarks: object) -> list[str]:
    assert isinstance(remarks, list | tuple)
    return [_line(each) for each in remarks]


def _line(remark: Remark) -> str:
    return f"{remark.cell.row.number} {remark.cell.column}: {remark.what}"


def growth(value: str, reason: str = "", as_of: str = "2020-12-31") -> Observation:
    return Observation(
        indicator_id="growth", value=value, missing_reason=reason, as_of=as_of, source="公报"
    )


def test_a_wide_and_a_long_file_that_say_the_same_become_the_same_reports() -> None:
    wide = made(WIDE + "xiangtan,9.0,1.00,,2020-12-31,公报\n")
    long = made(
        "单位,指标,数值,统计时点,来源\n"
        "xiangtan,增速,9.0,2020-12-31,公报\nxiangtan,unemployment,1.00,2020-12-31,公报\n"
    )
    assert list(wide.messages) == list(long.messages)
    [report] = wide.messages
    assert report.observations[0] == growth("9.0")
    assert (report.round, report.unit_id, report.reported_on) == (2020, "xiangtan", DAY)


def test_what_is_in_order_is_taken_without_a_word() -> None:
    found = made(WIDE + "xiangtan,9.0,1.00,,2020-12-31,公报\n")
    assert (told(found.warnings), told(found.faults)) == ([], [])


def test_a_missing_value_goes_in_with_its_reason() -> None:
    [report] = made(WIDE + "xiangtan,缺,1.00,口径调整,2020-12-31,公报\n").messages
    assert report.observations[0] == growth("", "口径调整")


def test_a_value_that_is_missing_without_a_reason_is_warned_of_and_recorded_so() -> None:
    found = made(WIDE + "xiangtan,—,1.00,,2020-12-31,公报\n")
    assert told(found.warnings) == [
        f"2 growth: missing without a reason; it is recorded so ({NO_REASON})"
    ]
    assert found.messages[0].observations[0] == growth("", NO_REASON)


def test_a_blank_cell_reports_nothing_and_is_warned_of() -> None:
    found = made(WIDE + "xiangtan,,1.00,,2020-12-31,公报\n")
    assert [each.indicator_id for each in found.messages[0].observations] == ["unemployment"]
    assert told(found.warnings)[0].startswith("2 growth: the cell is blank: nothing is reported")


@pytest.mark.parametrize(("value", "counts"), [("10.1", "10.0"), ("-0.1", "0.0")])
def test_a_value_beyond_the_goalposts_is_warned_of_with_what_it_counts_as(
    value: str, counts: str
) -> None:
    [warning] = told(made(WIDE + f"xiangtan,{value},1.00,,2020-12-31,公报\n").warnings)
    assert warning.endswith(f"beyond the goalposts 0.0 to 10.0 and will count as {counts}")


@pytest.mark.parametrize("value", ["0.0", "10.0"])
def test_a_value_at_a_goalpost_is_no_matter(value: str) -> None:
    assert told(made(WIDE + f"xiangtan,{value},1.00,,2020-12-31,公报\n").warnings) == []


def test_a_value_more_than_half_the_goalposts_from_the_last_report_is_warned_of() -> None:
    last = {("xiangtan", "growth"): (2019, "3.9")}
    near = made(WIDE + "xiangtan,8.9,1.00,,2020-12-31,公报\n", last)
    far = made(WIDE + "xiangtan,9.0,1.00,,2020-12-31,公报\n", last)
    assert told(near.warnings) == []
    assert told(far.warnings) == ["2 growth: 9.0 is far from the last report, 3.9 for 2019"]


def test_a_statistic_of_a_day_outside_the_year_is_warned_of() -> None:
    [first, second] = told(made(WIDE + "xiangtan,9.0,1.00,,2021-01-01,公报\n").warnings)
    assert first == "2 as_of: the statistic is of 2021-01-01, outside 2020"
    assert second == first


def test_percentages_that_look_like_fractions_of_one_are_warned_of() -> None:
    rows = WIDE.replace(",失业率", "") + "xiangtan,0.1,,2020-12-31,\nzhuzhou,0.2,,2020-12-31,\n"
    assert "was 7.5% saved as 0.075?" in told(made(rows).warnings)[0]


def test_an_indicator_that_the_rules_do_not_have_is_refused_with_the_nearest() -> None:
    found = made("单位,指标,数值\nxiangtan,grwoth,9.0\n")
    [fault] = told(found.faults)
    assert fault.startswith('2 indicator_id: "grwoth" is no indicator of small-2020; use one of')
    assert fault.endswith("growth, unemployment (did you mean growth?)")


def test_a_second_value_for_the_same_unit_and_indicator_is_refused() -> None:
    found = made("单位,指标,数值\nxiangtan,增速,9.0\nxiangtan,growth,8.0\n")
    assert told(found.faults) == [
        "3 value: xiangtan has a value for growth already; keep one of them"
    ]


def test_a_value_of_a_long_file_is_read_in_the_form_of_its_indicator() -> None:
    found = made("单位,指标,数值\nxiangtan,增速,9.05\nxiangtan,失业率,9.05\n")
    assert told(found.faults) == [
        '2 value: "9.05" has more than 1 decimals; round it as the statistics do'
    ]


def test_what_the_service_refuses_of_an_observation_is_found_in_its_cell() -> None:
    found = made(WIDE + "xiangtan,9.0,1.00,,,\nzhuzhou,7.0,3.00,,,\n")
    cell = found.places[1, "observations[1]"]
    assert (cell.row.number, cell.column) == (3, "unemployment")


def test_the_order_of_the_rows_changes_no_report() -> None:
    rows = ["xiangtan,9.0,1.00,,,\n", "zhuzhou,7.0,3.00,,,\n"]
    first, second = made(WIDE + "".join(rows)), made(WIDE + "".join(reversed(rows)))

    def by_unit(report: ReportObservations) -> str:
        return report.unit_id

    assert sorted(first.messages, key=by_unit) == sorted(second.messages, key=by_unit)


def test_a_lone_percentage_that_looks_like_a_fraction_is_asked_about() -> None:
    found = made(WIDE + "xiangtan,0.1,1.00,,2020-12-31,公报\n")
    assert told(found.warnings) == [
        "2 growth: every percentage of this indicator is below 1; was 7.5% saved as 0.075?"
    ]


def test_a_value_beside_a_reason_why_there_is_none_is_refused() -> None:
    long = "单位,指标,数值,缺失原因,统计时点,来源\n"
    found = made(long + "xiangtan,增速,9.0,口径调整,2020-12-31,公报\n")
    [fault] = told(found.faults)
    assert fault.startswith("2 value: there is a value and a reason why there is none,")
    assert found.messages == []
    for nothing in ("缺", "—", "/"):
        missing = made(long + f"xiangtan,增速,{nothing},口径调整,2020-12-31,公报\n")
        assert (told(missing.faults), len(missing.messages)) == ([], 1)

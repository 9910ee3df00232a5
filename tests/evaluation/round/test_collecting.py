"""Who takes part, and which of what is reported of them counts."""

import pytest

from services.kernel.reasons import Why
from tests.rounds import CLOSE_COLLECTION as CLOSE
from tests.rounds import (
    CLOSE_ROUND,
    COLLECTED,
    CORRECT,
    ONE_EACH,
    OPENED,
    PROPOSE,
    PROPOSED,
    PUBLISHED,
    RULE_SET,
    SCORED,
    UNITS,
    admit,
    calculate,
    events,
    held,
    report,
    review,
)
from tests.rounds import DISMISS_UNIT as DISMISS
from tests.rounds import FREEZE as FREEZE_RULES
from tests.rounds import OPEN_ROUND as OPEN
from tests.spec import but
from zoneledger.evaluation.v1.events_pb2 import UnitKind
from zoneledger.evaluation.v1.round_events_pb2 import (
    CollectionClosed,
    Observation,
    ObservationsReported,
    ProvinceReviewed,
    ReviewOutcome,
    UnitAdmitted,
    UnitDismissed,
)

RETURNED = ReviewOutcome.REVIEW_OUTCOME_RETURNED
ADMITTED = UnitAdmitted(round=2020, unit_id="xiangtan", province="湖南", admitted_on="2021-01-25")
DISMISSED = UnitDismissed(
    round=2020, unit_id="ningdong", reason="不再是成员", dismissed_on="2021-04-19"
)
COLLECTING = [*OPENED, *map(admit, UNITS)]
RETURN_HUNAN = review("湖南", RETURNED, on="2021-04-20")
LATE = report("xiangtan", "9.5", "1.00", on="2021-04-22")


def observed(*pairs: tuple[str, str], unit: str = "xiangtan") -> list[Observation]:
    """Observations as a report of the unit has them."""
    said = {each.indicator_id: each for each in report(unit).observations}
    return [but(said[name], value=value) for name, value in pairs]


# Who takes part.


def test_a_unit_of_a_kind_that_the_rule_set_rates_takes_part() -> None:
    assert held(*OPENED).when(admit("xiangtan")) == [ADMITTED]


def test_admitting_a_unit_again_changes_nothing_also_on_another_day() -> None:
    round_ = held(*OPENED, admit("xiangtan"))
    assert round_.when(admit("xiangtan")) == []
    assert round_.when(but(admit("xiangtan"), admitted_on="2021-01-26")) == []


def test_the_province_that_reviews_a_unit_may_still_change_while_data_are_collected() -> None:
    moved = but(admit("xiangtan"), province="湖北", admitted_on="2021-01-27")
    assert held(*OPENED, admit("xiangtan")).when(moved) == [
        but(ADMITTED, province="湖北", admitted_on="2021-01-27")
    ]


def test_a_unit_of_another_kind_takes_no_part() -> None:
    park = but(admit("xiangtan"), kind=UnitKind.UNIT_KIND_COUNTY_PARK)
    why = Why.KIND_NOT_IN_ROUND(unit="xiangtan", kind="county_park", kinds="prefecture_city, base")
    assert held(*OPENED).refused(park) == ("unit_id", why)


def test_a_base_is_a_unit_like_a_city() -> None:
    base = but(admit("ningdong"), kind=UnitKind.UNIT_KIND_BASE)
    assert held(*OPENED).when(base) == [but(ADMITTED, unit_id="ningdong", province="宁夏")]


def test_where_there_are_peer_classes_a_unit_is_in_one_of_them() -> None:
    classes = """\
peer_classes:
  - {peer_class_id: big, name_zh: 大, name_en: Big, units: [zhuzhou], clause: made-up}
dimensions:"""
    classed = but(FREEZE_RULES, text=RULE_SET.replace("dimensions:", classes, 1))
    round_ = held(OPEN, classed)
    why = Why.UNIT_IN_NO_PEER_CLASS(unit="xiangtan", rule_set="small-2020")
    assert round_.refused(admit("xiangtan")) == ("unit_id", why)
    assert round_.when(admit("zhuzhou")) == [but(ADMITTED, unit_id="zhuzhou")]


def test_nobody_is_admitted_before_the_rules_are_frozen() -> None:
    early = but(admit("xiangtan"), admitted_on="2021-01-19")
    why = Why.BEFORE_ITS_TIME(day="2021-01-19", since="2021-01-20")
    assert held(*OPENED).refused(early) == ("admitted_on", why)


def test_nobody_is_admitted_once_the_data_are_frozen() -> None:
    changsha = but(admit("xiangtan"), unit_id="changsha")
    why = Why.COLLECTION_CLOSED(round=2020, closed_on="2021-03-31")
    assert held(*COLLECTED).refused(changsha) == ("round", why)


def test_a_unit_is_dismissed_with_a_reason() -> None:
    assert held(*SCORED).when(DISMISS) == [DISMISSED]


def test_dismissing_a_unit_again_changes_nothing() -> None:
    assert held(*PROPOSED, DISMISS).when(DISMISS) == []


def test_who_takes_no_part_is_not_dismissed() -> None:
    why = Why.UNIT_NOT_ADMITTED(unit="ningdong", round=2020)
    assert held(*OPENED).refused(DISMISS) == ("unit_id", why)
    otherwise = but(DISMISS, reason="另一理由")
    assert held(*PROPOSED, DISMISS).refused(otherwise) == ("unit_id", why)


def test_a_unit_is_not_dismissed_before_it_was_admitted() -> None:
    early = but(DISMISS, dismissed_on="2021-01-24")
    why = Why.BEFORE_ITS_TIME(day="2021-01-24", since="2021-01-25")
    assert held(*COLLECTING).refused(early) == ("dismissed_on", why)


def test_nobody_is_dismissed_from_results_that_are_published() -> None:
    field, told = held(*PUBLISHED).refused(DISMISS)
    assert (field, told.why) == ("round", Why.ROUND_PUBLISHED)


def test_who_is_admitted_again_has_reported_nothing() -> None:
    again = but(admit("ningdong"), admitted_on="2021-03-03")
    dismiss = but(DISMISS, dismissed_on="2021-03-02")
    round_ = held(*COLLECTING, *map(report, UNITS), dismiss, again)
    why = Why.NOT_REPORTED(unit="ningdong", indicators="growth, unemployment")
    assert round_.refused(CLOSE) == ("round", why)


# What is reported.


def test_what_is_reported_is_kept_as_it_was_said() -> None:
    assert held(*COLLECTING).when(report("xiangtan")) == [
        ObservationsReported(
            round=2020,
            unit_id="xiangtan",
            observations=[
                Observation(
                    indicator_id="growth", value="9.0", as_of="2020-12-31", source="统计公报"
                ),
                Observation(
                    indicator_id="unemployment",
                    value="1.00",
                    as_of="2020-12-31",
                    source="统计公报",
                ),
            ],
            reported_on="2021-03-01",
        )
    ]


def test_a_value_may_be_missing_with_a_reason() -> None:
    [reported] = events(*COLLECTING, report("xiangtan", "9.0", ""))[-1:]
    assert isinstance(reported, ObservationsReported)
    assert [(each.value, each.missing_reason) for each in reported.observations] == [
        ("9.0", ""),
        ("", "未统计"),
    ]


def test_reporting_the_same_again_changes_nothing_also_on_another_day() -> None:
    round_ = held(*COLLECTING, report("xiangtan"))
    assert round_.when(report("xiangtan")) == []
    assert round_.when(report("xiangtan", on="2021-03-20")) == []


def test_of_a_second_report_what_is_new_is_recorded() -> None:
    again = report("xiangtan", "8.5", "1.00", on="2021-03-20")
    assert held(*COLLECTING, report("xiangtan")).when(again) == [
        ObservationsReported(
            round=2020,
            unit_id="xiangtan",
            observations=observed(("growth", "8.5")),
            reported_on="2021-03-20",
        )
    ]


def test_a_unit_that_takes_no_part_reports_nothing() -> None:
    why = Why.UNIT_NOT_ADMITTED(unit="xiangtan", round=2020)
    assert held(*OPENED).refused(report("xiangtan")) == ("unit_id", why)


def test_an_indicator_is_one_of_the_rule_set() -> None:
    other = but(report("xiangtan"), observations=[Observation(indicator_id="gdp", value="1")])
    why = Why.NOT_IN_THE_RULE_SET(value="gdp", known="growth, unemployment")
    assert held(*COLLECTING).refused(other) == ("observations[0].indicator_id", why)


@pytest.mark.parametrize("value", ["9.01", "9,0", "1e3", "+9.0", "09.0", "9.", "NaN", "９.０"])
def test_a_value_is_a_decimal_with_no_more_places_than_the_rule_set_reads(value: str) -> None:
    why = Why.NOT_A_DECIMAL(value=value, decimals=1)
    refused = held(*COLLECTING).refused(report("xiangtan", value, "1.00"))
    assert refused == ("observations[0].value", why)


def test_an_observation_is_a_value_or_the_reason_why_there_is_none() -> None:
    neither = Observation(indicator_id="unemployment")
    both = Observation(indicator_id="unemployment", value="1.00", missing_reason="未统计")
    why = Why.VALUE_OR_REASON(indicator="unemployment")
    for wrong in (neither, both):
        said = but(report("xiangtan"), observations=[*observed(("growth", "9.0")), wrong])
        assert held(*COLLECTING).refused(said) == ("observations[1].value", why)


def test_an_indicator_is_named_once_in_a_report() -> None:
    twice = but(report("xiangtan"), observations=observed(("growth", "9.0"), ("growth", "8.0")))
    assert held(*COLLECTING).refused(twice) == (
        "observations[1].indicator_id",
        Why.NAMED_TWICE(value="growth"),
    )


def test_nothing_is_reported_before_the_rules_are_frozen() -> None:
    why = Why.BEFORE_ITS_TIME(day="2021-01-19", since="2021-01-20")
    early = report("xiangtan", on="2021-01-19")
    assert held(*COLLECTING).refused(early) == ("reported_on", why)


def test_what_is_reported_to_a_closed_round_is_late_and_kept_for_a_correction() -> None:
    [reported] = held(*PUBLISHED, CLOSE_ROUND).when(LATE)
    assert isinstance(reported, ObservationsReported)
    assert reported.is_late
    assert held(*PUBLISHED, CLOSE_ROUND, LATE).when(but(CORRECT, unit_id="xiangtan"))


# The end of the collection.


def test_the_collection_is_closed_when_every_unit_has_reported() -> None:
    round_ = held(*COLLECTING, *map(report, UNITS))
    assert round_.when(CLOSE) == [CollectionClosed(round=2020, closed_on="2021-03-31")]


def test_closing_the_collection_again_changes_nothing() -> None:
    assert held(*COLLECTED).when(CLOSE) == []


def test_the_collection_is_closed_on_one_day() -> None:
    why = Why.COLLECTION_CLOSED(round=2020, closed_on="2021-03-31")
    other = but(CLOSE, closed_on="2021-04-01")
    assert held(*COLLECTED).refused(other) == ("closed_on", why)


def test_nothing_is_missing_by_silence() -> None:
    half = but(report("ningdong"), observations=observed(("growth", "2.0"), unit="ningdong"))
    round_ = held(*COLLECTING, *map(report, UNITS[:2]), half)
    why = Why.NOT_REPORTED(unit="ningdong", indicators="unemployment")
    assert round_.refused(CLOSE) == ("round", why)


def test_the_collection_is_not_closed_before_a_report_or_an_admission_that_it_freezes() -> None:
    reports = [report(unit, on="2021-03-20") for unit in UNITS]
    early = but(CLOSE, closed_on="2021-03-19")
    why = Why.BEFORE_ITS_TIME(day="2021-03-19", since="2021-03-20")
    assert held(*COLLECTING, *reports).refused(early) == ("closed_on", why)
    assert held(*COLLECTING, *reports).when(but(early, closed_on="2021-03-20"))
    before_all = but(CLOSE, closed_on="2021-01-24")
    why = Why.BEFORE_ITS_TIME(day="2021-01-24", since="2021-03-01")
    assert held(*COLLECTING, *map(report, UNITS)).refused(before_all) == ("closed_on", why)


def test_a_collection_that_was_closed_by_the_first_reading_is_closed_so_again() -> None:
    early = but(CLOSE, closed_on="2021-02-01", reading=0)
    assert held(*COLLECTING, *map(report, UNITS)).when(early) == [
        CollectionClosed(round=2020, closed_on="2021-02-01")
    ]


def test_the_collection_of_nobody_is_not_closed() -> None:
    assert held(*OPENED).refused(CLOSE) == ("round", Why.NO_UNITS(round=2020))


def test_the_collection_is_not_closed_before_it_began() -> None:
    early = but(CLOSE, closed_on="2021-01-19", reading=0)
    why = Why.BEFORE_ITS_TIME(day="2021-01-19", since="2021-01-20")
    assert held(*COLLECTING, *map(report, UNITS)).refused(early) == ("closed_on", why)


# Case 23: late or revised statistics after the freeze.


def test_a_report_after_the_freeze_of_the_data_is_kept_and_does_not_count() -> None:
    assert held(*COLLECTED).when(LATE) == [
        ObservationsReported(
            round=2020,
            unit_id="xiangtan",
            observations=observed(("growth", "9.5")),
            reported_on="2021-04-22",
            is_late=True,
        )
    ]
    assert held(*SCORED, LATE).when(calculate("xiangtan", on="2021-04-23")) == []


def test_a_late_report_takes_nothing_back() -> None:
    assert held(*PROPOSED, LATE).when(PROPOSE) == []


def test_a_late_report_that_is_repeated_changes_nothing() -> None:
    assert held(*COLLECTED, LATE).when(LATE) == []


def test_a_late_report_that_says_what_counts_already_changes_nothing() -> None:
    assert held(*COLLECTED).when(report("xiangtan", on="2021-04-22")) == []


def test_a_late_report_can_be_taken_back_by_another_one() -> None:
    [reported] = held(*COLLECTED, LATE).when(report("xiangtan", on="2021-04-23"))
    assert isinstance(reported, ObservationsReported)
    assert reported.is_late
    assert [*reported.observations] == observed(("growth", "9.0"))


def test_statistics_revised_after_the_publication_are_kept_for_a_correction() -> None:
    [reported] = held(*PUBLISHED).when(LATE)
    assert isinstance(reported, ObservationsReported)
    assert reported.is_late


# What the provinces say.


def test_a_province_accepts_the_data_of_its_units() -> None:
    round_ = held(*COLLECTED[:-2])
    assert round_.when(review("湖南")) == [
        ProvinceReviewed(
            round=2020,
            province="湖南",
            outcome=ReviewOutcome.REVIEW_OUTCOME_ACCEPTED,
            reviewed_on="2021-04-05",
            document="审查意见",
        )
    ]


def test_a_province_that_says_it_again_changes_nothing() -> None:
    assert held(*COLLECTED).when(review("湖南")) == []


def test_the_last_word_of_a_province_counts() -> None:
    again = held(*COLLECTED).when(RETURN_HUNAN)
    assert [each.outcome for each in again if isinstance(each, ProvinceReviewed)] == [RETURNED]


def test_a_province_reviews_data_that_are_frozen() -> None:
    round_ = held(*COLLECTING, *map(report, UNITS))
    assert round_.refused(review("湖南")) == ("round", Why.STILL_COLLECTING(round=2020))


def test_a_province_without_a_unit_in_the_round_reviews_nothing() -> None:
    why = Why.NOT_IN_THE_RULE_SET(value="四川", known="湖南, 宁夏")
    assert held(*COLLECTED).refused(review("四川")) == ("province", why)


def test_a_province_reviews_after_the_collection_and_after_what_it_said_before() -> None:
    early = review("湖南", on="2021-03-30")
    why = Why.BEFORE_ITS_TIME(day="2021-03-30", since="2021-03-31")
    assert held(*COLLECTED[:-2]).refused(early) == ("reviewed_on", why)
    why = Why.BEFORE_ITS_TIME(day="2021-04-04", since="2021-04-05")
    returned = review("湖南", RETURNED, on="2021-04-04")
    assert held(*COLLECTED).refused(returned) == ("reviewed_on", why)


def test_no_province_reviews_what_is_published() -> None:
    field, told = held(*PUBLISHED).refused(RETURN_HUNAN)
    assert (field, told.why) == ("round", Why.ROUND_PUBLISHED)


def test_when_data_are_returned_the_units_of_the_province_report_again_and_it_counts() -> None:
    again = report("zhuzhou", "7.5", "3.00", on="2021-04-21")
    [reported] = held(*COLLECTED, RETURN_HUNAN).when(again)
    assert isinstance(reported, ObservationsReported)
    assert not reported.is_late


def test_when_data_are_returned_the_units_of_other_provinces_are_late_still() -> None:
    again = report("ningdong", "2.5", "6.00", on="2021-04-21")
    [reported] = held(*COLLECTED, RETURN_HUNAN).when(again)
    assert isinstance(reported, ObservationsReported)
    assert reported.is_late


def test_data_that_are_returned_take_back_the_scores_that_rest_on_them() -> None:
    round_ = held(*PROPOSED, RETURN_HUNAN)
    why = Why.NOT_SCORED(unit="xiangtan", round=2020)
    assert round_.refused(PROPOSE) == ("round", why)
    why = Why.NOT_REVIEWED(province="湖南", unit="xiangtan")
    assert round_.refused(calculate("xiangtan", on="2021-04-21")) == ("unit_id", why)
    assert round_.when(calculate("ningdong", on="2021-04-21")) == []


def test_data_that_are_accepted_in_the_end_are_scored_again() -> None:
    accepted = review("湖南", on="2021-04-22")
    again = [calculate(each, on="2021-04-23") for each in UNITS]
    proposed = but(PROPOSE, proposed_on="2021-04-24")
    round_ = held(*PROPOSED, RETURN_HUNAN, accepted, *again)
    assert len(round_.when(proposed)) == 1


def test_a_collection_is_not_closed_on_so_few_units_that_their_places_tell_a_hidden_grade() -> None:
    before = [OPEN, but(FREEZE_RULES, text=ONE_EACH), *COLLECTED[2 : COLLECTED.index(CLOSE)]]
    why = Why.RESULTS_DISCLOSE(round=2020, reader="public", grade="qualified")
    assert held(*before).refused(CLOSE) == ("round", why)
    assert held(*before).when(but(CLOSE, reading=1))

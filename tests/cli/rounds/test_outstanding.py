"""What a round waits for, and whose turn it is: the next step, and never a later one."""

import pytest

from services.cli.rounds.outstanding import EXPERTS, OFFICE, Facts, outstanding

OPEN = Facts(opened_on="2021-01-10")
FROZEN = OPEN._replace(
    frozen_on="2021-01-20",
    minimum_sheets=3,
    sheets_due="2021-04-15",
    notice_days=7,
    issuers=("ndrc", "most"),
)
ADMITTED = FROZEN._replace(units=3, provinces={"湖南": "", "宁夏": ""}, missing={"zhuzhou": "湖南"})
COLLECTED = ADMITTED._replace(missing={}, collected_on="2021-03-31")
REVIEWED = COLLECTED._replace(provinces={"湖南": "accepted", "宁夏": "accepted"})
PANEL = REVIEWED._replace(sheets={"e-1": "sealed", "e-2": "sealed", "e-3": "due"})
ASSESSED = PANEL._replace(sheets=dict.fromkeys(PANEL.sheets, "open"), is_assessed=True)
PROPOSED = ASSESSED._replace(is_proposed=True)
NOTICED = PROPOSED._replace(notice_fits=True, notice_closes_on="2021-04-28")
SIGNED = NOTICED._replace(signed=("ndrc", "most"))
PUBLISHED = SIGNED._replace(published_on="2021-06-21")


def steps(facts: Facts, today: str = "2021-04-20") -> list[tuple[str, str]]:
    return [
        (each.who, each.command.removeprefix("zoneledger round "))
        for each in outstanding(facts, today)
    ]


def test_an_open_round_waits_for_its_rules_and_nothing_else() -> None:
    assert steps(OPEN) == [(OFFICE, "freeze")]


def test_rules_wait_for_units() -> None:
    assert steps(FROZEN) == [(OFFICE, "admit")]


def test_a_province_is_asked_for_what_is_not_reported_by_the_names_of_the_units() -> None:
    [step] = outstanding(ADMITTED, "2021-03-01")
    assert (step.who, step.what.en) == ("湖南", "report data: zhuzhou")


def test_data_that_are_complete_wait_to_be_frozen() -> None:
    assert steps(ADMITTED._replace(missing={})) == [(OFFICE, "close-collection")]


def test_each_province_that_has_not_reviewed_is_named() -> None:
    assert steps(COLLECTED) == [("宁夏", "review"), ("湖南", "review")]


def test_a_province_that_returned_its_data_reports_again() -> None:
    returned = COLLECTED._replace(provinces={"湖南": "returned", "宁夏": "accepted"})
    [step] = outstanding(returned, "2021-04-20")
    assert step.what.en == "report again, and accept"


def test_a_bonus_that_lost_its_basis_stands_before_scores_and_results() -> None:
    for facts in (ASSESSED._replace(unscored=3), SIGNED):
        [step] = outstanding(facts._replace(lost=("zhuzhou",)), "2021-05-20")
        assert step.command == "zoneledger round withdraw-bonus"
        assert step.what.en.endswith("lost its basis: zhuzhou")


def test_where_no_review_is_required_only_returned_data_wait() -> None:
    assert steps(COLLECTED._replace(is_reviewed_first=False))[0][1] == "appoint"


def test_fewer_experts_than_the_rules_want_wait_for_more() -> None:
    assert steps(REVIEWED) == [(OFFICE, "appoint")]


def test_until_the_day_comes_experts_seal_and_afterwards_they_open() -> None:
    assert steps(PANEL, "2021-04-15") == [(EXPERTS, "seal")]
    assert steps(PANEL, "2021-04-16") == [(EXPERTS, "open-sheet")]


def test_opened_sheets_wait_to_be_put_together() -> None:
    assert steps(ASSESSED._replace(is_assessed=False)) == [(OFFICE, "assess")]


def test_a_round_without_experts_goes_on_without_them() -> None:
    assert steps(REVIEWED._replace(minimum_sheets=0, unscored=3)) == [(OFFICE, "calculate")]


def test_scores_that_are_out_of_date_come_before_results() -> None:
    assert steps(PROPOSED._replace(unscored=1)) == [(OFFICE, "calculate")]
    assert steps(ASSESSED) == [(OFFICE, "propose")]


def test_a_notice_of_other_grades_than_are_proposed_does_not_count() -> None:
    assert steps(PROPOSED) == [(OFFICE, "notice")]


def test_a_length_of_the_notice_that_the_rules_leave_open_is_said_to_be_open() -> None:
    [step] = outstanding(PROPOSED._replace(notice_days=None), "2021-04-20")
    assert "leave it open" in step.what.en
    assert step.command == "zoneledger round interpret"


def test_a_day_for_sheets_that_the_rules_leave_open_is_said_to_be_open() -> None:
    assert steps(REVIEWED._replace(sheets_due="")) == [(OFFICE, "interpret")]


def test_a_unit_whose_hidden_grade_changed_is_told_before_anybody_signs() -> None:
    assert steps(NOTICED._replace(is_unheard=True)) == [(OFFICE, "notice")]


def test_nothing_is_outstanding_of_a_round_that_was_given_up() -> None:
    assert steps(PROPOSED._replace(is_abandoned=True)) == []


def test_an_open_objection_comes_before_the_signatures() -> None:
    assert steps(NOTICED._replace(objections=["objection-1"])) == [(OFFICE, "decide-objection")]


def test_every_issuer_that_has_not_signed_is_named() -> None:
    waiting = steps(NOTICED._replace(signed=("ndrc",)))
    assert waiting == [("most 科技部", "sign")]


def test_results_are_published_when_the_notice_is_over_and_not_before() -> None:
    [before] = outstanding(SIGNED, "2021-04-28")
    assert before.what.en == "publish after 2021-04-28"
    [after] = outstanding(SIGNED, "2021-04-29")
    assert after.what.en == "publish the results"


def test_a_published_round_waits_to_be_closed_and_a_closed_one_for_nothing() -> None:
    assert steps(PUBLISHED) == [(OFFICE, "close")]
    assert steps(PUBLISHED._replace(closed_on="2021-12-31")) == []


@pytest.mark.parametrize(
    "facts", [OPEN, FROZEN, ADMITTED, COLLECTED, REVIEWED, PANEL, ASSESSED, PROPOSED, NOTICED]
)
def test_until_it_is_closed_a_round_always_waits_for_somebody(facts: Facts) -> None:
    assert all(each.who and each.what.zh and each.what.en for each in outstanding(facts, ""))
    assert outstanding(facts, "2021-04-20")

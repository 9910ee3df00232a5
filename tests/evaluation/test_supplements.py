"""A supplement is adopted once, beside its document and without contradicting anything."""

import pytest

from services.evaluation.supplements import views
from services.evaluation.supplements.decider import STREAM, SUPPLEMENTS
from services.kernel.errors import CorruptHistory
from services.kernel.reasons import Why
from tests.notices import NOTICE_866
from tests.spec import but, learnt, of
from tests.supplements import (
    ADOPT_STREAKS_866,
    ADOPT_STREAKS_2019,
    CARRY_OVER_NORM,
    SHIPPED,
    THREE_YEARS,
    TWO_YEARS,
    YEARS_NORM,
    adopt,
    adopted,
    answering,
)
from zoneledger.evaluation.v1.supplement_commands_pb2 import AdoptSupplement

given = of(SUPPLEMENTS).given
STREAKS = adopted(ADOPT_STREAKS_866)


def contradiction(command: AdoptSupplement, *before: AdoptSupplement) -> str:
    """What does not fit, as the refusal says it."""
    field, told = given(*map(adopted, before)).refused(command)
    assert (field, told.why) == ("text", Why.SUPPLEMENT_CONTRADICTS)
    return str(told)


def test_a_supplement_is_adopted_with_its_text_its_hash_and_its_document() -> None:
    assert given().when(ADOPT_STREAKS_866) == [STREAKS]
    assert STREAKS.policy == NOTICE_866


def test_adopting_the_same_text_again_changes_nothing() -> None:
    assert given(STREAKS).when(ADOPT_STREAKS_866) == []


def test_an_adopted_supplement_is_never_edited() -> None:
    other = but(ADOPT_STREAKS_866, text=ADOPT_STREAKS_866.text + "# Another text.\n")
    field, told = given(STREAKS).refused(other)
    assert (field, told.why) == ("supplement_id", Why.SUPPLEMENT_TEXT_DIFFERS)


def test_a_supplement_is_adopted_under_its_own_name_only() -> None:
    assert given().refused(but(ADOPT_STREAKS_866, supplement_id="another")) == (
        "supplement_id",
        Why.SUPPLEMENT_NAMED_OTHERWISE(supplement="another", itself="2021-866-streaks"),
    )


def test_a_text_that_is_no_supplement_is_refused_with_every_fault_and_its_line() -> None:
    field, told = given().refused(AdoptSupplement(supplement_id="it", text="streaks: yes\n"))
    assert (field, told.why) == ("text", Why.SUPPLEMENT_UNREADABLE)
    assert "it:1: missing-key" in told


def test_a_supplement_belongs_to_an_adopted_document() -> None:
    without = AdoptSupplement(
        supplement_id=ADOPT_STREAKS_866.supplement_id, text=ADOPT_STREAKS_866.text
    )
    assert given().refused(without) == (
        "text",
        Why.DOCUMENT_NOT_ADOPTED(document="2021-866", adopted="none"),
    )


def test_what_is_answered_is_a_norm_that_the_document_leaves_open() -> None:
    said = contradiction(adopt(answering("2021-866/negative-streak-year", "3")))
    assert "answer:10: unknown-norm: " in said
    assert YEARS_NORM in said  # It says what may have been meant.


def test_what_a_supplement_found_open_is_answered_by_another_one_and_not_asked_again() -> None:
    asked, norm = adopt(SHIPPED["2021-866-excellent"]), "2021-866/positive-streak"
    answer = adopt(answering(norm, "no"))
    assert given(adopted(asked)).when(answer) == [adopted(answer)]
    assert "unknown-norm" in contradiction(answer)
    again = adopt(asked.text.replace("supplement_id: 2021-866-excellent", "supplement_id: again"))
    assert "duplicate-id" in contradiction(again, asked)
    known = adopt(again.text.replace(norm, YEARS_NORM))
    assert "2021-866 already" in contradiction(known)


def test_a_norm_is_not_answered_twice_for_the_same_day() -> None:
    said = contradiction(adopt(TWO_YEARS), ADOPT_STREAKS_866, adopt(THREE_YEARS))
    assert "two-years:12: overlap: " in said
    assert "three-years" in said


def test_a_norm_may_be_answered_anew_for_another_day() -> None:
    later = adopt(answering(YEARS_NORM, "2", decided_on="2023-01-01"))
    assert given(STREAKS, adopted(adopt(THREE_YEARS))).when(later) == [adopted(later)]


@pytest.mark.parametrize("answer", ["three", "1", "31", "0"])
def test_a_number_of_years_is_answered_by_years_that_a_streak_can_have(answer: str) -> None:
    said = contradiction(adopt(answering(YEARS_NORM, answer)), ADOPT_STREAKS_866)
    assert "unknown-answer" in said


@pytest.mark.parametrize("answer", ["yes", "2", "Inherit"])
def test_a_carry_over_is_answered_by_inherit_or_anew(answer: str) -> None:
    said = contradiction(adopt(answering(CARRY_OVER_NORM, answer)), ADOPT_STREAKS_866)
    assert "use one of inherit, anew" in said


PLANS_866 = adopt(SHIPPED["2021-866-plans"])
START_NORM = "2021-866/provincial-plan-support"


def test_what_a_supplement_finds_open_of_plans_is_answered_by_a_later_one() -> None:
    for each in ("agreed_in_principle", "issued"):
        answer = adopt(answering(START_NORM, each))
        assert given(adopted(PLANS_866)).when(answer) == [adopted(answer)]
    assert "unknown-norm" in contradiction(adopt(answering(START_NORM, "issued")))


@pytest.mark.parametrize("answer", ["approved", "yes", "copied"])
def test_the_start_of_support_is_answered_by_a_step_that_such_a_plan_takes(answer: str) -> None:
    said = contradiction(adopt(answering(START_NORM, answer)), PLANS_866)
    assert "unknown-answer" in said
    assert "agreed_in_principle" in said


def test_the_start_of_support_is_answered_once_for_a_day_and_anew_for_another() -> None:
    first = adopt(answering(START_NORM, "issued"))
    same_day = adopt(answering(START_NORM, "agreed_in_principle", name="other"))
    assert "overlap" in contradiction(same_day, PLANS_866, first)
    later = adopt(answering(START_NORM, "issued", name="later", decided_on="2024-01-01"))
    assert given(adopted(PLANS_866), adopted(first)).when(later) == [adopted(later)]


def test_a_rule_that_cannot_read_an_answer_given_before_is_refused() -> None:
    before = adopt(answering(CARRY_OVER_NORM, "by all means"))
    assert given().when(before) == [adopted(before)]  # Nobody used the norm.
    said = contradiction(ADOPT_STREAKS_866, before)
    assert "by all means" in said


def test_a_norm_on_what_a_class_earns_is_not_answered_beside_the_document() -> None:
    said = contradiction(adopt(answering("2021-866/by-reference-county", "nothing")))
    assert "class-norm" in said
    assert "no effect" in said


def test_one_supplement_says_which_streak_leads_to_what() -> None:
    text = ADOPT_STREAKS_866.text.replace("2021-866-streaks", "more-streaks")
    assert "duplicate-id" in contradiction(adopt(text), ADOPT_STREAKS_866)
    said = contradiction(adopt(text.replace("poor-2021", "poor-again")), ADOPT_STREAKS_866)
    assert "overlap" in said


def test_every_contradiction_is_told() -> None:
    text = (
        answering("2021-866/by-reference-county", "nothing")
        + (answering("2021-866/no-such-norm", "3").split("interpretations:\n")[1])
    )
    said = contradiction(adopt(text))
    assert "class-norm" in said
    assert "unknown-norm" in said


def test_supplements_of_two_documents_stand_side_by_side() -> None:
    assert given(STREAKS).when(ADOPT_STREAKS_2019) == [adopted(ADOPT_STREAKS_2019)]


def test_a_recorded_text_that_lost_its_hash_is_a_corrupt_history() -> None:
    with pytest.raises(CorruptHistory, match="does not have its recorded hash"):
        given(but(STREAKS, text=STREAKS.text + "#\n")).when(ADOPT_STREAKS_2019)


def test_all_supplements_are_one_stream_that_their_document_decides() -> None:
    assert {SUPPLEMENTS.stream(each) for each in (ADOPT_STREAKS_866, ADOPT_STREAKS_2019)} == {
        STREAM
    }
    assert SUPPLEMENTS.policy(ADOPT_STREAKS_866) == NOTICE_866


def test_supplements_are_listed_in_the_order_of_their_adoption() -> None:
    log = learnt("2022-01-01", STREAKS, adopted(ADOPT_STREAKS_2019))
    assert [each.name for each in views.supplements(log)] == [
        "supplements/2021-866-streaks",
        "supplements/2019-zone-notice-streaks",
    ]
    assert [each.supplement_id for each in views.adopted(log).all] == [
        "2021-866-streaks",
        "2019-zone-notice-streaks",
    ]

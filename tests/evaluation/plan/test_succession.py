"""A plan takes the place of another from a day on which it can, and never round in a circle."""

import pytest

from services.evaluation.plan.decider import PLAN
from services.kernel.reasons import Why
from tests.evaluation.plan.story import (
    AGREED,
    ASSESSED,
    DRAFTED,
    ISSUED,
    RECOMMENDED,
    SUPERSEDE,
    SUPERSEDED,
)
from tests.spec import but, of
from zoneledger.evaluation.v1.plan_commands_pb2 import PlanSuccessor

given = of(PLAN).given

IN_FORCE = (DRAFTED, RECOMMENDED, ASSESSED, AGREED, ISSUED)
AGREED_BEFORE = PlanSuccessor(agreed_on="2026-01-15")
SUPERSEDE_BY_IT = but(SUPERSEDE, successor=AGREED_BEFORE)


def test_a_plan_that_is_agreed_to_takes_the_place_of_another_from_that_day_on() -> None:
    assert given(*IN_FORCE).when(SUPERSEDE_BY_IT) == [SUPERSEDED]
    same_day = but(SUPERSEDE, successor=PlanSuccessor(agreed_on="2026-03-01"))
    assert given(*IN_FORCE).when(same_day) == [SUPERSEDED]


def test_a_plan_takes_no_place_on_a_day_before_it_was_agreed_to() -> None:
    late = but(SUPERSEDE, successor=PlanSuccessor(agreed_on="2026-03-02"))
    why = Why.PLAN_SUCCESSOR_TOO_LATE(
        unit="hebi", successor="155", since="2026-03-02", day="2026-03-01"
    )
    assert given(*IN_FORCE).refused(late) == ("step.taken_on", why)


def test_a_plan_that_nobody_agreed_to_takes_no_place() -> None:
    unknown = but(SUPERSEDE, successor=PlanSuccessor())
    why = Why.PLAN_NO_SUCCESSOR(unit="hebi", plan="155")
    assert given(*IN_FORCE).refused(unknown) == ("superseded_by", why)


@pytest.mark.parametrize("chain", [["145"], ["165", "145"]])
def test_two_plans_do_not_take_each_others_place_nor_several_in_a_circle(chain: list[str]) -> None:
    successor = but(AGREED_BEFORE, superseded_on="2027-01-01", superseded_by=chain)
    why = Why.PLAN_SUPERSEDED_BY_THIS(unit="hebi", plan="145", successor="155")
    refusal = given(*IN_FORCE).refused(but(SUPERSEDE, successor=successor))
    assert refusal == ("superseded_by", why)


def test_a_plan_that_is_superseded_itself_by_that_day_takes_no_place() -> None:
    successor = but(AGREED_BEFORE, superseded_on="2026-03-01", superseded_by=["165"])
    why = Why.PLAN_SUCCESSOR_SUPERSEDED(
        unit="hebi", successor="155", since="2026-03-01", day="2026-03-01"
    )
    refusal = given(*IN_FORCE).refused(but(SUPERSEDE, successor=successor))
    assert refusal == ("superseded_by", why)


def test_a_succession_that_was_forgotten_is_entered_where_its_plan_was_followed_later() -> None:
    successor = but(AGREED_BEFORE, superseded_on="2030-01-01", superseded_by=["165"])
    assert given(*IN_FORCE).when(but(SUPERSEDE, successor=successor)) == [SUPERSEDED]


def test_a_plan_is_superseded_only_after_the_last_day_on_which_it_took_a_place_itself() -> None:
    why = Why.PLAN_SUPERSEDED_TOO_EARLY(
        unit="hebi", plan="145", since="2026-03-01", day="2026-03-01"
    )
    same_day = but(SUPERSEDE_BY_IT, succeeded_last_on="2026-03-01")
    assert given(*IN_FORCE).refused(same_day) == ("step.taken_on", why)
    day_after = but(SUPERSEDE_BY_IT, succeeded_last_on="2026-02-28")
    assert given(*IN_FORCE).when(day_after) == [SUPERSEDED]


def test_a_succession_recorded_before_anything_was_asked_of_it_is_decided_as_it_was() -> None:
    assert not SUPERSEDE.HasField("successor")
    assert given(*IN_FORCE).when(SUPERSEDE) == [SUPERSEDED]

"""How the rights of a positive streak are shown."""

from types import SimpleNamespace
from typing import Any

from services.cli.streak_lists import Asked, fetch_streaks
from zoneledger.evaluation.v1.plan_events_pb2 import PlanState
from zoneledger.evaluation.v1.plan_service_pb2 import ListPlansResponse, PlanStanding
from zoneledger.evaluation.v1.service_pb2 import (
    ExpansionRight,
    ListStreaksResponse,
    StreakStanding,
)
from zoneledger.evaluation.v1.streak_events_pb2 import ExpansionPart, ExpansionRightUsed

CITY = ExpansionPart.EXPANSION_PART_CITY
RECOMMENDED = PlanState.PLAN_STATE_RECOMMENDED
PLAN = PlanStanding(unit_id="other", plan_id="first", state=RECOMMENDED)


def rights(chosen_unit_id: str) -> list[Any]:
    """The rights of a city that recommended this one, which has a plan of its own."""
    use = ExpansionRightUsed(chosen="另一个城市", chosen_unit_id=chosen_unit_id)
    streak = StreakStanding(rights=[ExpansionRight(part=CITY, use=use)])

    def plans(request: Any, **_: Any) -> ListPlansResponse:
        return ListPlansResponse(plans=[PLAN] if request.parent == "units/other" else [])

    clients: Any = SimpleNamespace(
        evaluation=SimpleNamespace(
            ListStreaks=lambda *_, **__: ListStreaksResponse(streaks=[streak])
        ),
        plans=SimpleNamespace(ListPlans=plans),
    )
    [found] = fetch_streaks(clients, Asked("", 0, "", ""))
    told: list[Any] = found["rights"]
    return told


def test_case_24_how_far_a_recommended_city_has_come_is_the_state_of_its_plan() -> None:
    assert [each["plan_state"] for each in rights("other")] == ["recommended"]


def test_case_24_a_city_without_a_plan_or_an_entry_has_no_state_yet() -> None:
    assert [each["plan_state"] for each in rights("new") + rights("")] == [None, None]

"""A bonus whose circular says something else by now is named, for a person to decide on."""

import pytest

from services.cli.rounds.bases import to_review, uncompared
from services.evaluation.scoring.rule_set import parse
from tests.rounds import RULE_SET
from tests.spec import but
from zoneledger.evaluation.v1.circular_events_pb2 import (
    Circular,
    CircularWithdrawn,
    CommendedPlace,
)
from zoneledger.evaluation.v1.circular_service_pb2 import CircularStanding
from zoneledger.evaluation.v1.round_events_pb2 import BonusRecognised, BonusWithdrawn
from zoneledger.evaluation.v1.round_service_pb2 import BonusStanding

CIRCULAR = Circular(
    circular_id="2021-17",
    number="国办发〔2021〕17号",
    title_zh="通报",
    issued_on="2021-01-20",
    performance_year=2020,
    places=[CommendedPlace(name_zh="株洲", unit_id="zhuzhou")],
)
BONUS = BonusStanding(
    bonus=BonusRecognised(
        round=2020,
        unit_id="zhuzhou",
        bonus_id="commendation",
        circular_id="2021-17",
        circular_number="国办发〔2021〕17号",
        circular_issued_on="2021-01-20",
        performance_year=2020,
    )
)


def reasons(bonus: BonusStanding, standing: CircularStanding) -> list[str]:
    return [each.why.en for each in to_review([bonus], {"2021-17": standing})]


def test_a_bonus_whose_circular_says_what_it_said_needs_no_review() -> None:
    retitled = but(CIRCULAR, title_zh="通报（更正）")
    assert reasons(BONUS, CircularStanding(circular=CIRCULAR)) == []
    assert reasons(BONUS, CircularStanding(circular=retitled)) == []


@pytest.mark.parametrize(
    ("amended", "why"),
    [
        (but(CIRCULAR, issued_on="2021-02-20"), "its day of issue is 2021-02-20 now"),
        (but(CIRCULAR, performance_year=2019), "its year is 2019 now"),
        (but(CIRCULAR, number="国办发〔2021〕18号"), "its number is 国办发〔2021〕18号 now"),
        (
            but(CIRCULAR, places=[CommendedPlace(name_zh="浏阳")]),
            "the circular commends the unit no more",
        ),
    ],
    ids=["day", "year", "number", "place"],
)
def test_a_bonus_whose_circular_was_amended_in_what_it_rests_on_is_reviewed(
    amended: Circular, why: str
) -> None:
    [said] = reasons(BONUS, CircularStanding(circular=amended))
    assert said.startswith(why)


def test_a_bonus_whose_circular_was_withdrawn_is_reviewed_until_it_is_withdrawn_itself() -> None:
    gone = CircularStanding(
        circular=CIRCULAR, withdrawn=CircularWithdrawn(withdrawn_on="2021-06-01")
    )
    assert reasons(BONUS, gone) == ["the circular was withdrawn on 2021-06-01"]
    assert reasons(but(BONUS, withdrawn=BonusWithdrawn(bonus_id="commendation")), gone) == []


def test_a_bonus_for_another_item_than_the_circular_names_now_is_reviewed() -> None:
    of_item = but(BONUS, bonus=but(BONUS.bonus, item="老工业基地"))
    place = CommendedPlace(name_zh="株洲", unit_id="zhuzhou", item="土地")
    [said] = reasons(of_item, CircularStanding(circular=but(CIRCULAR, places=[place])))
    assert said == "the circular does not commend the unit for 老工业基地 any more"


def test_where_the_rule_set_names_no_year_and_item_it_is_said_that_none_was_compared() -> None:
    silent = parse(RULE_SET, "rule set")
    [review] = uncompared([BONUS], silent)
    assert (review.unit_id, review.is_lost) == ("zhuzhou", False)
    named = "      points: 20000\n      circular: {years_before: 0, clause: made-up}\n"
    speaking = parse(RULE_SET.replace("      points: 20000\n", named), "rule set")
    assert uncompared([BONUS], speaking) == []
    assert uncompared([but(BONUS, withdrawn=BonusWithdrawn())], silent) == []

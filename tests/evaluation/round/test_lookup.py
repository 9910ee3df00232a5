"""What is looked up of a round is of what stands: its results, once they are published."""

import pytest
from google.protobuf.message import Message

from services.evaluation.round import lookup
from services.evaluation.round.decider import ROUND
from services.evaluation.round.state import Running
from services.evaluation.scoring.analysis.law import Law
from tests.rounds import (
    CORRECT,
    LATE,
    PUBLISHED,
    SCORED,
    UNITS,
    WITHDRAW,
    events,
    report,
    with_the_bonus,
)
from tests.spec import but

LAW = Law(seed=866, draws=20, spread_micro=100_000)


def analysed(*commands: Message) -> dict[str, int]:
    """The rank of each unit that the analysis of the round is about."""
    state = ROUND.initial
    for event in events(*commands):
        state = ROUND.evolve(state, event)
    assert isinstance(state, Running)
    return {each.unit_id: each.rank for each in lookup.analysed(state, LAW).certainties}


WITHDRAWN = [*with_the_bonus(), but(WITHDRAW, withdrawn_on="2021-07-01")]


@pytest.mark.parametrize(
    "commands",
    [
        SCORED,
        [*PUBLISHED, LATE],
        [*PUBLISHED, LATE, CORRECT],
        WITHDRAWN,
        [*WITHDRAWN, but(CORRECT, admitted=None)],
    ],
    ids=["scored", "reported late", "corrected", "bonus withdrawn", "bonus corrected"],
)
def test_an_analysis_is_of_every_unit_whatever_came_after_the_publication(
    commands: list[Message],
) -> None:
    assert set(analysed(*commands)) == set(UNITS)


def test_an_analysis_goes_by_the_corrected_score() -> None:
    assert analysed(*PUBLISHED)["zhuzhou"] == 2
    best = report("zhuzhou", "10.0", "0.00", on="2021-04-24")
    correct = but(CORRECT, admitted=["growth", "unemployment"])
    assert analysed(*PUBLISHED, best)["zhuzhou"] == 2
    assert analysed(*PUBLISHED, best, correct)["zhuzhou"] == 1

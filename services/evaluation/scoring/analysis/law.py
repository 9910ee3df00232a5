"""By which law the weights of a round are drawn; it needs nothing of what draws them."""

from typing import NamedTuple

from services.evaluation.scoring.terms import WHOLE
from services.kernel.errors import Violation
from services.kernel.reasons import Why

MOST_DRAWS = 10_000


class Law(NamedTuple):
    """How weights are drawn: from which seed, how often, and how far (in millionths)."""

    seed: int = 0
    draws: int = 1_000
    spread_micro: int = 100_000


USUAL = Law()


def law_faults(law: Law) -> list[Violation]:
    """What is wrong with a law of draws, field by field; weights have to stay above nothing."""
    limits = (("draws", law.draws, 1, MOST_DRAWS), ("spread_micro", law.spread_micro, 0, WHOLE - 1))
    return [
        Violation(name, Why.OUT_OF_RANGE(value=value, least=least, most=most))
        for name, value, least, most in limits
        if not least <= value <= most
    ]

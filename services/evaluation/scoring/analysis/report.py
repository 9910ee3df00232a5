"""All that is said of the certainty of a round, beside its scores.

It is typed apart from every command and event, and nothing that decides may import it.
"""

from collections.abc import Sequence

from services.evaluation.scoring.analysis.certainty import certainties
from services.evaluation.scoring.analysis.distance import distances
from services.evaluation.scoring.analysis.draws import Law
from services.evaluation.scoring.analysis.removal import removals
from services.evaluation.scoring.parts import RuleSet
from services.evaluation.scoring.terms import WHOLE
from services.kernel.errors import Violation
from services.kernel.reasons import Why
from zoneledger.evaluation.v1.scoring_pb2 import RoundAnalysis, Score

MOST_DRAWS = 10_000


def law_faults(law: Law) -> list[Violation]:
    """What is wrong with a law of draws, field by field; weights have to stay above nothing."""
    limits = (("draws", law.draws, 1, MOST_DRAWS), ("spread_micro", law.spread_micro, 0, WHOLE - 1))
    return [
        Violation(name, Why.OUT_OF_RANGE(value=value, least=least, most=most))
        for name, value, least, most in limits
        if not least <= value <= most
    ]


def analyse(rules: RuleSet, scores: Sequence[Score], law: Law) -> RoundAnalysis:
    """The analysis of a round by the law of draws; the same for the same seed, everywhere."""
    return RoundAnalysis(
        rule_set_id=rules.rule_set_id,
        is_illustrative=rules.illustrative,
        seed=law.seed,
        draws=law.draws,
        spread_micro=law.spread_micro,
        certainties=certainties(rules, scores, law),
        distances=distances(rules, scores),
        removals=removals(rules, scores),
    )

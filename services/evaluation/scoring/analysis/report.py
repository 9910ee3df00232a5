"""All that is said of the certainty of a round, beside its scores.

It is typed apart from every command and event, and nothing that decides may import it.
"""

from collections.abc import Sequence

from services.evaluation.scoring.analysis.certainty import certainties
from services.evaluation.scoring.analysis.distance import distances
from services.evaluation.scoring.analysis.law import Law
from services.evaluation.scoring.analysis.removal import removals
from services.evaluation.scoring.parts import RuleSet
from zoneledger.evaluation.v1.scoring_pb2 import RoundAnalysis, Score

MOST_COMPARED = 300  # Units; with 60 indicators that takes some ten seconds.


def analyse(rules: RuleSet, scores: Sequence[Score], law: Law) -> RoundAnalysis:
    """The analysis of a round by the law of draws; the same for the same seed, everywhere.

    Distances and removals compare each unit with all others; with more than `MOST_COMPARED` they
    are left out, and the answer says so.
    """
    compared = scores if len(scores) <= MOST_COMPARED else []
    return RoundAnalysis(
        rule_set_id=rules.rule_set_id,
        is_illustrative=rules.illustrative,
        seed=law.seed,
        draws=law.draws,
        spread_micro=law.spread_micro,
        certainties=certainties(rules, scores, law),
        distances=distances(rules, compared),
        removals=removals(rules, compared),
        is_abridged=len(compared) < len(scores),
    )

"""The rule set of a round: how its units are scored and graded, frozen before data come in.

Read from its text, or refused with everything that is wrong with it, line by line: three passes, as
for a policy document. The YAML (`policy_syntax`); every value by itself (`records`); the rule set
as a whole (`whole`). A value without a clause, weights that do not add up, a hole, an overlap or a
duplicate key does not load, and neither does a scale that gives a hidden grade away.

A frozen rule set is read again for as long as its log lives, so what is refused may become less
and never more. Nothing here knows an official indicator system: none is public. A set that is
`illustrative` says so in every score.
"""

import hashlib

from services.evaluation.scoring import records, whole
from services.evaluation.scoring.parts import RuleSet
from services.kernel import policy_syntax
from services.kernel.policy_problems import Found

__all__ = ["RuleSet", "parse"]


def parse(text: str, file: str) -> RuleSet:
    """The rule set that the text states; `file` names it in problems. Raises PolicyProblems."""
    found = Found(file)
    content_hash = hashlib.sha256(text.encode()).hexdigest()
    rules = records.read_rule_set(policy_syntax.compose(text, found), content_hash, found)
    whole.check(rules, found)
    found.must_be_none()
    return rules

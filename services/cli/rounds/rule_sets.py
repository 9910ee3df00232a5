"""The frozen rules of a round, asked of the service and read as the service reads them.

The command line is a client and decides nothing. What it reads a rule set with, and judges a sheet
with before that is sealed, are the service's own pure functions: a second reading of the same text
could differ.
"""

from typing import Any

from services.cli.client import Clients
from services.evaluation.scoring.rule_set import RuleSet, parse
from zoneledger.evaluation.v1.round_service_pb2 import GetRuleSetRequest


def frozen(clients: Clients, year: int, **clocks: Any) -> RuleSet:
    """The rules of the round, now or by the clocks of a question.

    The call is refused where none are frozen, or not for the caller.
    """
    request = GetRuleSetRequest(name=f"ruleSets/{year}", **clocks)
    return parse(clients.rounds.GetRuleSet(request).rule_set.rule_set.text, f"ruleSets/{year}")

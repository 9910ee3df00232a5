"""The frozen rules of a round, asked of the service and read as the service reads them."""

from services.cli.client import Clients
from services.evaluation.scoring.rule_set import RuleSet, parse
from zoneledger.evaluation.v1.round_service_pb2 import GetRuleSetRequest


def frozen(clients: Clients, year: int) -> RuleSet:
    """The rules of the round; the call is refused where none are frozen, or not for the caller."""
    request = GetRuleSetRequest(name=f"ruleSets/{year}")
    return parse(clients.rounds.GetRuleSet(request).rule_set.rule_set.text, f"ruleSets/{year}")

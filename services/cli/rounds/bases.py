"""Which bonuses a person has to look at again, and why.

The circular says something else by now, or was withdrawn: then nothing is calculated, proposed or
published with the bonus. Or the rule set does not say of which year and item a circular has to be:
then none was compared, and that is said.
"""

from collections.abc import Iterable, Mapping
from typing import NamedTuple

import grpc

from services.cli.client import Clients
from services.cli.walking import every
from services.evaluation.round.bases import gone
from services.evaluation.scoring.parts import RuleSet
from services.kernel.chinese import Sentence
from zoneledger.evaluation.v1 import round_service_pb2 as messages
from zoneledger.evaluation.v1.circular_service_pb2 import CircularStanding, ListCircularsRequest
from zoneledger.evaluation.v1.round_service_pb2 import BonusStanding

_NOT_FOR_US = (grpc.StatusCode.PERMISSION_DENIED, grpc.StatusCode.NOT_FOUND)


class Review(NamedTuple):
    """A bonus that somebody has to look at again, and why."""

    unit_id: str
    bonus_id: str
    circular_id: str
    why: Sentence
    is_lost: bool = True


def asked(
    clients: Clients, round_: int, unit_id: str = "", rules: RuleSet | None = None
) -> list[Review]:
    """The bonuses of the round, or of one unit in it; none for who may not see them."""
    parent = f"units/{unit_id}" if unit_id else ""
    request = messages.ListBonusesRequest(parent=parent, round=round_)
    try:
        bonuses = list(every(clients.rounds.ListBonuses, request, "bonuses"))
        if not bonuses:
            return []
        circulars = every(clients.circulars.ListCirculars, ListCircularsRequest(), "circulars")
        known = {each.circular.circular_id: each for each in circulars}
        return [*to_review(bonuses, known), *uncompared(bonuses, rules)]
    except grpc.RpcError as refusal:
        if refusal.code() not in _NOT_FOR_US:
            raise
        return []


def to_review(
    bonuses: Iterable[BonusStanding], circulars: Mapping[str, CircularStanding]
) -> list[Review]:
    """Of the bonuses that stand, those whose circular does not say any more what they rest on."""
    return [
        Review(each.bonus.unit_id, each.bonus.bonus_id, each.bonus.circular_id, why)
        for each in bonuses
        if not each.HasField("withdrawn") and each.bonus.circular_id in circulars
        for why in gone(each.bonus, circulars[each.bonus.circular_id])
    ]


def uncompared(bonuses: Iterable[BonusStanding], rules: RuleSet | None) -> list[Review]:
    """Of the bonuses that stand, those for which the rule set names no year and item."""
    kinds = rules.bonuses.kinds if rules and rules.bonuses else ()
    silent = {each.bonus_id for each in kinds if each.circular is None}
    why = Sentence(
        "评估规则未规定通报的工作年度和激励事项，未作核对",
        "the rule set names no year and no item of a circular, so none was compared",
    )
    return [
        Review(each.bonus.unit_id, each.bonus.bonus_id, each.bonus.circular_id, why, is_lost=False)
        for each in bonuses
        if not each.HasField("withdrawn") and each.bonus.bonus_id in silent
    ]

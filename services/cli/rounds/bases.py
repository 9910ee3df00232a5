"""Which bonuses rest on a circular that says something else by now, or was withdrawn.

A bonus keeps what its circular said when it was recognised. What was amended since changes no score
by itself: the bonus is named, so that a person withdraws it or leaves it.
"""

from collections.abc import Iterable, Iterator, Mapping
from typing import NamedTuple

import grpc

from services.cli.client import Clients
from services.cli.walking import every
from services.kernel.chinese import Sentence
from zoneledger.evaluation.v1 import round_service_pb2 as messages
from zoneledger.evaluation.v1.circular_service_pb2 import CircularStanding, ListCircularsRequest
from zoneledger.evaluation.v1.round_events_pb2 import BonusRecognised
from zoneledger.evaluation.v1.round_service_pb2 import BonusStanding

_NOT_FOR_US = (grpc.StatusCode.PERMISSION_DENIED, grpc.StatusCode.NOT_FOUND)


class Review(NamedTuple):
    """A bonus that somebody has to look at again, and why."""

    unit_id: str
    bonus_id: str
    circular_id: str
    why: Sentence


def asked(clients: Clients, round_: int, unit_id: str = "") -> list[Review]:
    """The bonuses of the round, or of one unit in it; none for who may not see them."""
    parent = f"units/{unit_id}" if unit_id else ""
    request = messages.ListBonusesRequest(parent=parent, round=round_)
    try:
        bonuses = list(every(clients.rounds.ListBonuses, request, "bonuses"))
        if not bonuses:
            return []
        circulars = every(clients.circulars.ListCirculars, ListCircularsRequest(), "circulars")
        return to_review(bonuses, {each.circular.circular_id: each for each in circulars})
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
        for why in _gone(each.bonus, circulars[each.bonus.circular_id])
    ]


def _gone(bonus: BonusRecognised, standing: CircularStanding) -> Iterator[Sentence]:
    circular = standing.circular
    if standing.HasField("withdrawn"):
        day = standing.withdrawn.withdrawn_on
        yield Sentence(f"通报已于{day}撤回", f"the circular was withdrawn on {day}")
        return
    if bonus.unit_id not in {place.unit_id for place in circular.places}:
        yield Sentence("通报已不再表扬该单位", "the circular commends the unit no more")
    for zh, en, was, now in (
        ("文号", "number", bonus.circular_number, circular.number),
        ("印发日期", "day of issue", bonus.circular_issued_on, circular.issued_on),
        ("工作年度", "year", bonus.performance_year, circular.performance_year),
    ):
        if was != now:
            yield Sentence(f"{zh}已由{was}更正为{now}", f"its {en} is {now} now, and was {was}")

"""The units that take part in a round, each with the province that reviews its data.

No method lists them, so they are read from the decisions of the round. Whoever may not read the log
sees those of which data were reported, with the provinces of the register.
"""

from collections.abc import Iterator
from typing import Any

import grpc

from services.cli.client import Clients
from services.cli.walking import every
from zoneledger.evaluation.v1.round_events_pb2 import UnitAdmitted, UnitDismissed
from zoneledger.evaluation.v1.round_service_pb2 import ListObservationsRequest
from zoneledger.evaluation.v1.service_pb2 import ListUnitsRequest
from zoneledger.ledger.v1.decision_pb2 import Decision
from zoneledger.ledger.v1.service_pb2 import ListDecisionsRequest

_PAGE = 1_000


def admitted(clients: Clients, year: int) -> dict[str, str]:
    """The province of each unit of the round."""
    try:
        return _by_the_log(clients, year)
    except grpc.RpcError as refusal:
        if refusal.code() is not grpc.StatusCode.PERMISSION_DENIED:
            raise
        return _by_the_reports(clients, year)


def _by_the_log(clients: Clients, year: int) -> dict[str, str]:
    units: dict[str, str] = {}
    for packed in _events(clients, f"round-{year}"):
        came, went = UnitAdmitted(), UnitDismissed()
        if packed.Unpack(came):
            units[came.unit_id] = came.province
        elif packed.Unpack(went):
            units.pop(went.unit_id, None)
    return units


def _events(clients: Clients, stream: str) -> Iterator[Any]:
    after = 0
    while True:
        request = ListDecisionsRequest(
            service="evaluation", stream=stream, after=after, page_size=_PAGE
        )
        answer = clients.logs["evaluation"].ListDecisions(request)
        for entry in answer.entries:
            yield from Decision.FromString(entry.decision).events
        if not answer.has_more:
            return
        after = answer.entries[-1].position


def _by_the_reports(clients: Clients, year: int) -> dict[str, str]:
    request = ListObservationsRequest(round=year)
    found = every(clients.rounds.ListObservations, request, "observations")
    register = every(clients.evaluation.ListUnits, ListUnitsRequest(), "units")
    provinces = {each.unit.unit_id: each.unit.province for each in register}
    return {each.unit_id: provinces.get(each.unit_id, "") for each in found}

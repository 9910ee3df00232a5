"""The units that take part in a round, each with the province that reviews its data.

No method lists them, so they are read from the decisions of the round. Whoever may not read the log
sees those of which data were reported, with the provinces of the register.
"""

from collections.abc import Iterator
from typing import Any

import grpc

from services.cli.client import Clients
from services.cli.rounds.tabled import Asked
from services.cli.walking import every
from zoneledger.evaluation.v1.round_events_pb2 import UnitAdmitted, UnitDismissed
from zoneledger.evaluation.v1.round_service_pb2 import ListObservationsRequest
from zoneledger.evaluation.v1.service_pb2 import ListUnitsRequest
from zoneledger.ledger.v1.decision_pb2 import Decision
from zoneledger.ledger.v1.service_pb2 import ListDecisionsRequest

_PAGE = 1_000


def admitted(clients: Clients, asked: Asked) -> dict[str, str]:
    """The province of each unit of the round."""
    try:
        return _by_the_log(clients, asked)
    except grpc.RpcError as refusal:
        if refusal.code() is not grpc.StatusCode.PERMISSION_DENIED:
            raise
        return _by_the_reports(clients, asked)


def _by_the_log(clients: Clients, asked: Asked) -> dict[str, str]:
    units: dict[str, str] = {}
    until = asked.as_of or "9999"
    for packed in _events(clients, asked):
        came, went = UnitAdmitted(), UnitDismissed()
        if packed.Unpack(came) and came.admitted_on <= until:
            units[came.unit_id] = came.province
        elif packed.Unpack(went) and went.dismissed_on <= until:
            units.pop(went.unit_id, None)
    return units


def _events(clients: Clients, asked: Asked) -> Iterator[Any]:
    """What was recorded of the round by the moment that is asked for."""
    after, stream = 0, f"round-{asked.round}"
    known_ns = asked.known_at.ToNanoseconds() if asked.known_at else None
    while True:
        request = ListDecisionsRequest(
            service="evaluation", stream=stream, after=after, page_size=_PAGE
        )
        answer = clients.logs["evaluation"].ListDecisions(request)
        for entry in answer.entries:
            decision = Decision.FromString(entry.decision)
            if known_ns is None or decision.recorded_at.ToNanoseconds() <= known_ns:
                yield from decision.events
        if not answer.has_more:
            return
        after = answer.entries[-1].position


def _by_the_reports(clients: Clients, asked: Asked) -> dict[str, str]:
    request = ListObservationsRequest(round=asked.round, **asked.clocks())
    found = every(clients.rounds.ListObservations, request, "observations")
    register = every(clients.evaluation.ListUnits, ListUnitsRequest(), "units")
    provinces = {each.unit.unit_id: each.unit.province for each in register}
    return {each.unit_id: provinces.get(each.unit_id, "") for each in found}

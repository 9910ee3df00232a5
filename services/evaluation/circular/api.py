"""The gRPC methods of circulars: a request becomes commands or a question, and back. No rules."""

from collections.abc import Sequence
from typing import Any, TypeAlias

import grpc.aio

from services.evaluation.circular import views
from services.evaluation.register import unknown_units
from services.kernel.decision import Recorded
from services.kernel.errors import Fault
from services.runtime import clock, fields
from services.runtime.ledger import Ledger
from services.runtime.names import Pattern
from services.runtime.reads import Asked, Collection, Reads
from services.runtime.submission import submission
from zoneledger.evaluation.v1 import circular_service_pb2 as messages
from zoneledger.evaluation.v1.circular_commands_pb2 import RecordCircular
from zoneledger.evaluation.v1.circular_service_pb2_grpc import (
    CircularServiceServicer,
    add_CircularServiceServicer_to_server,
)

Context: TypeAlias = grpc.aio.ServicerContext[Any, Any]

CIRCULAR: fields.Table = {
    "circular_id": fields.identifier,
    "number": fields.text,
    "title_zh": fields.optional_text,
    "performance_year": fields.year,
    "source": fields.optional_text,
}
PLACE: fields.Table = {
    "name_zh": fields.text,
    "item": fields.optional_text,
    "unit_id": fields.optional(fields.identifier),
}
WITHDRAWAL: fields.Table = {
    "circular_id": fields.identifier,
    "document": fields.text,
    "reason": fields.text,
}


def _circulars(entries: Sequence[Recorded], asked: Asked) -> Sequence[messages.CircularStanding]:
    return views.circulars(entries)


CIRCULARS = Collection(
    Pattern("circulars/{circular}"), "circulars", "circular", _circulars, views.CIRCULARS
)


class CircularApi(CircularServiceServicer):
    """Answers for one ledger."""

    def __init__(self, ledger: Ledger) -> None:
        self._ledger, self._reads = ledger, Reads(ledger)

    async def RecordCirculars(
        self, request: messages.RecordCircularsRequest, context: Context
    ) -> messages.RecordCircularsResponse:
        circulars = request.circulars
        issued = {"issued_on": fields.day_by(clock.today())}
        places = [
            Fault(index, f"places[{fault.index}].{fault.field}", fault.what)
            for index, circular in enumerate(circulars)
            for fault in fields.faults(circular.places, PLACE)
        ]
        named = [
            (index, f"places[{at}].unit_id", place.unit_id)
            for index, circular in enumerate(circulars)
            for at, place in enumerate(circular.places)
            if place.unit_id
        ]
        faults = [
            *fields.faults(circulars, CIRCULAR, issued),
            *places,
            *await unknown_units(self._ledger, named),
        ]
        commands = [RecordCircular(circular=circular) for circular in circulars]
        asked = submission("circulars", commands, faults, request)
        return messages.RecordCircularsResponse(outcome=await self._ledger.submit(asked))

    async def WithdrawCircular(
        self, request: messages.WithdrawCircularRequest, context: Context
    ) -> messages.WithdrawCircularResponse:
        day = {"withdrawn_on": fields.day_by(clock.today())}
        faults = fields.faults([request.withdrawal], WITHDRAWAL, day)
        asked = submission("withdrawal", [request.withdrawal], faults, request)
        return messages.WithdrawCircularResponse(outcome=await self._ledger.submit(asked))

    async def GetCircular(
        self, request: messages.GetCircularRequest, context: Context
    ) -> messages.GetCircularResponse:
        return await self._reads.get(CIRCULARS, request, messages.GetCircularResponse)

    async def ListCirculars(
        self, request: messages.ListCircularsRequest, context: Context
    ) -> messages.ListCircularsResponse:
        return await self._reads.list_page(CIRCULARS, request, messages.ListCircularsResponse)


def serve(server: grpc.aio.Server, ledger: Ledger) -> None:
    """Answer on `server`."""
    add_CircularServiceServicer_to_server(CircularApi(ledger), server)

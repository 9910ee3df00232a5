"""The gRPC methods of evaluation: a request becomes commands or a question, and back. No rules.

What a command needs to know of the documents in force is looked up here, so that the decision is
made on what the command says.
"""

from collections.abc import AsyncIterable, Callable, Iterable, Sequence
from typing import Any, NamedTuple, TypeAlias, TypeVar

import grpc.aio
from google.protobuf.message import Message

from services.evaluation import views
from services.evaluation.lookup import (
    rated_by,
    rating_faults,
    rating_rules,
    registered_by,
    unit_faults,
)
from services.kernel.decision import Recorded
from services.kernel.errors import Fault, Malformed
from services.kernel.timeline import Question
from services.runtime import clock, fields
from services.runtime.ledger import Ledger
from zoneledger.evaluation.v1 import service_pb2 as messages
from zoneledger.evaluation.v1.commands_pb2 import (
    AwardHonour,
    CorrectRating,
    PublishRating,
    RegisterUnit,
)
from zoneledger.evaluation.v1.events_pb2 import (
    BeneficiaryClass,
    Grade,
    HonourKind,
    Unit,
    UnitKind,
)
from zoneledger.evaluation.v1.service_pb2_grpc import (
    EvaluationServiceServicer,
    add_EvaluationServiceServicer_to_server,
)
from zoneledger.ledger.v1.visibility_pb2 import Visibility

Context: TypeAlias = grpc.aio.ServicerContext[Any, Any]
Standing = TypeVar("Standing")

# Identity comes with TLS; until then whoever reaches the loopback address is the operator.
ACTOR = "operator"

_LOOKED_UP_ONE_BY_ONE = 50

UNIT: fields.Table = {
    "unit_id": fields.identifier,
    "name_zh": fields.text,
    "name_en": fields.optional_text,
    "kind": fields.one_of(UnitKind),
    "zone_id": fields.optional(fields.identifier),
    "province": fields.optional_text,
    "beneficiary_class": fields.one_of(BeneficiaryClass),
    "member_from": fields.optional(fields.day),
    "member_until": fields.optional(fields.day),
    "source": fields.optional_text,
}
RATING: fields.Table = {
    "unit_id": fields.identifier,
    "round": fields.year,
    "grade": fields.one_of(Grade),
    "published_on": fields.day,
    "document": fields.text,
    "visibility": fields.one_of(Visibility),
    "source": fields.optional_text,
}
CORRECTION: fields.Table = {
    "document": fields.text,
    "reason": fields.text,
}
HONOUR: fields.Table = {
    "honour_id": fields.identifier,
    "round": fields.year,
    "kind": fields.one_of(HonourKind),
    "name_zh": fields.text,
    "name_en": fields.optional_text,
    "unit_id": fields.identifier,
    "document": fields.text,
    "source": fields.optional_text,
}
POLICY: fields.Table = {"policy_id": fields.identifier, "text": fields.document}


class EvaluationApi(EvaluationServiceServicer):
    """Answers for one ledger."""

    def __init__(self, ledger: Ledger) -> None:
        self._ledger = ledger

    async def AdoptPolicies(
        self, request: messages.AdoptPoliciesRequest, context: Context
    ) -> messages.AdoptPoliciesResponse:
        batch = Batch("policies", request.policies, fields.faults(request.policies, POLICY))
        outcome = await self._submit(batch, request.validate_only)
        return messages.AdoptPoliciesResponse(outcome=outcome)

    async def RegisterUnits(
        self, request: messages.RegisterUnitsRequest, context: Context
    ) -> messages.RegisterUnitsResponse:
        policies, units = await self._ledger.policies(), request.units
        register = await self._register({unit.zone_id for unit in units} - {""})
        faults = unit_faults(units, register, policies, clock.today())
        batch = Batch(
            "units",
            [RegisterUnit(unit=unit, policy=registered_by(unit, policies)) for unit in units],
            [*fields.faults(units, UNIT), *faults],
        )
        outcome = await self._submit(batch, request.validate_only)
        return messages.RegisterUnitsResponse(outcome=outcome)

    async def PublishRatings(
        self, request: messages.PublishRatingsRequest, context: Context
    ) -> messages.PublishRatingsResponse:
        policies, ratings = await self._ledger.policies(), request.ratings
        register = await self._register({rating.unit_id for rating in ratings})
        faults = rating_faults(ratings, register, policies, clock.today())
        batch = Batch(
            "ratings",
            [PublishRating(rating=rated_by(rating, policies)) for rating in ratings],
            [*fields.faults(ratings, RATING, rating_rules(policies)), *faults],
        )
        outcome = await self._submit(batch, request.validate_only)
        return messages.PublishRatingsResponse(outcome=outcome)

    async def CorrectRating(
        self, request: messages.CorrectRatingRequest, context: Context
    ) -> messages.CorrectRatingResponse:
        policies, correction = await self._ledger.policies(), request.correction
        today = clock.today()
        command = CorrectRating(
            rating=rated_by(correction.rating, policies),
            corrected_on=correction.corrected_on,
            document=correction.document,
            reason=correction.reason,
        )
        faults = [
            *fields.faults([correction.rating], RATING, rating_rules(policies)),
            *rating_faults([correction.rating], {}, policies, today),
            *fields.faults([correction], CORRECTION, {"corrected_on": fields.day_by(today)}),
        ]
        outcome = await self._submit(Batch("correction", [command], faults), request.validate_only)
        return messages.CorrectRatingResponse(outcome=outcome)

    async def AwardHonours(
        self, request: messages.AwardHonoursRequest, context: Context
    ) -> messages.AwardHonoursResponse:
        commands = [AwardHonour(honour=honour) for honour in request.honours]
        awarded = {"awarded_on": fields.optional(fields.day_by(clock.today()))}
        batch = Batch("honours", commands, fields.faults(request.honours, HONOUR, awarded))
        outcome = await self._submit(batch, request.validate_only)
        return messages.AwardHonoursResponse(outcome=outcome)

    async def ListUnits(
        self, request: messages.ListUnitsRequest, context: Context
    ) -> messages.ListUnitsResponse:
        question = fields.question(request)
        answer, position = await self._ledger.ask(question)
        units = await _each(
            answer, lambda entries: views.unit(entries, question.as_of, request.round)
        )
        return messages.ListUnitsResponse(units=units, position=position)

    async def ListRatings(
        self, request: messages.ListRatingsRequest, context: Context
    ) -> messages.ListRatingsResponse:
        question = fields.question(request)
        answer, position = await self._ledger.ask(question)
        ratings = await _each(
            answer, lambda entries: views.ratings(entries, request.round, question.as_of)
        )
        return messages.ListRatingsResponse(ratings=ratings, position=position)

    async def ListHonours(
        self, request: messages.ListHonoursRequest, context: Context
    ) -> messages.ListHonoursResponse:
        answer, position = await self._ledger.ask(fields.question(request))
        honours = await _each(answer, lambda entries: views.honours(entries, request.round))
        return messages.ListHonoursResponse(honours=honours, position=position)

    async def ListPolicies(
        self, request: messages.ListPoliciesRequest, context: Context
    ) -> messages.ListPoliciesResponse:
        question = fields.question(request)._replace(subject=views.DOCUMENTS)
        answer, position = await self._ledger.ask(question)
        return messages.ListPoliciesResponse(
            policies=await _each(answer, views.policies), position=position
        )

    async def _submit(self, batch: "Batch", validate_only: bool) -> messages.BatchOutcome:
        try:
            done = await self._ledger.submit(
                batch.commands,
                ACTOR,
                name=batch.name,
                faults=batch.faults,
                validate_only=validate_only,
            )
        except Malformed as refusal:
            if not validate_only:
                raise
            return messages.BatchOutcome(faults=[_told(fault) for fault in refusal.faults])
        changed = views.amended(done.decisions)
        return messages.BatchOutcome(
            recorded=done.recorded - len(changed),
            unchanged=done.unchanged,
            position=done.position,
            changed=changed,
        )

    async def _register(self, names: set[str]) -> dict[str, Unit]:
        """The entries of these units; where one is unknown all, to find what is like it."""
        if len(names) > _LOOKED_UP_ONE_BY_ONE:
            return await self._entries(Question())
        found: dict[str, Unit] = {}
        for name in names:
            found |= await self._entries(Question(name))
        return found if found.keys() == names else await self._entries(Question())

    async def _entries(self, question: Question) -> dict[str, Unit]:
        answer, _ = await self._ledger.ask(question)
        return {each.unit.unit_id: each.unit for each in await _each(answer, _entry)}


class Batch(NamedTuple):
    """Commands that stand or fall together, and what is wrong with how they were asked for."""

    name: str
    commands: Sequence[Message]
    faults: Sequence[Fault]


def serve(server: grpc.aio.Server, ledger: Ledger) -> None:
    """Answer on `server`."""
    add_EvaluationServiceServicer_to_server(EvaluationApi(ledger), server)


def _entry(entries: Sequence[Recorded]) -> list[messages.UnitStanding]:
    return views.unit(entries, "")


def _told(fault: Fault) -> messages.ItemFault:
    return messages.ItemFault(item=fault.index, field=fault.field, description=fault.what)


async def _each(
    answer: AsyncIterable[Sequence[Recorded]],
    view: Callable[[Sequence[Recorded]], Iterable[Standing]],
) -> list[Standing]:
    return [standing async for entries in answer for standing in view(entries)]

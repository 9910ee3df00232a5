"""The gRPC methods of evaluation: a request becomes commands or a question, and back. No rules.

What a command needs to know of the documents in force is looked up here, so that the decision is
made on what the command says.
"""

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple, TypeAlias

import grpc.aio
from google.protobuf.message import Message

from services.evaluation import reviewing, streak_views, views
from services.evaluation.circular import api as circular_api
from services.evaluation.entry import entry_faults
from services.evaluation.lookup import (
    corrected_by,
    listed,
    publication,
    rating_faults,
    rating_rules,
    registered_by,
    supplemented,
    table_faults,
    unit_faults,
)
from services.evaluation.membership import completed
from services.evaluation.naming import Names, check_names, namesakes, rated_in, resolved
from services.evaluation.plan import api as plan_api
from services.evaluation.round import api as round_api
from services.evaluation.round.lookup import held_here, not_honoured
from services.evaluation.ruling import chosen_faults, reversal_faults, ruling_faults, use_faults
from services.evaluation.supplements import views as supplement_views
from services.kernel.decision import Recorded
from services.kernel.errors import Fault, Malformed, Violation
from services.kernel.reasons import Why
from services.kernel.timeline import Question
from services.runtime import calling, clock, fields, masks, names
from services.runtime.explaining import Explaining
from services.runtime.ledger import Ledger
from services.runtime.names import Pattern
from services.runtime.reads import Asked, Collection, Reads
from services.runtime.submission import Counting, submission
from zoneledger.evaluation.v1 import service_pb2 as messages
from zoneledger.evaluation.v1.commands_pb2 import (
    AwardHonour,
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
from zoneledger.evaluation.v1.streak_commands_pb2 import (
    DecideDisqualification,
    ReverseDisqualification,
    ZoneRating,
)
from zoneledger.ledger.v1.access_pb2 import AccessTableStanding
from zoneledger.ledger.v1.outcome_pb2 import BatchOutcome
from zoneledger.ledger.v1.visibility_pb2 import Visibility

Context: TypeAlias = grpc.aio.ServicerContext[Any, Any]

_LOOKED_UP_ONE_BY_ONE = 50
_AMENDED = Counting(views.amended)

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
    "place_id": fields.optional(fields.identifier),
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
    "field_zh": fields.optional_text,
}
ACCESS_TABLE: fields.Table = {"text": fields.document}
SUPPLEMENT: fields.Table = {"supplement_id": fields.identifier, "text": fields.document}
POLICY: fields.Table = {"policy_id": fields.identifier, "text": fields.document}


def _units(entries: Sequence[Recorded], asked: Asked) -> Sequence[messages.UnitStanding]:
    return views.unit(entries, asked.as_of, asked.round)


def _ratings(entries: Sequence[Recorded], asked: Asked) -> Sequence[messages.RatingStanding]:
    return views.ratings(entries, asked.round, asked.as_of)


def _rates(event: Any, ids: Mapping[str, str]) -> bool:
    """Whether an event gave the unit its rating for the round, or led to it in the round."""
    rating = getattr(event, "rating", None)
    if rating is not None:
        return str(rating.round) == ids["round"]
    return round_api.is_of_result(event, ids)


def _honours(entries: Sequence[Recorded], asked: Asked) -> Sequence[messages.HonourStanding]:
    return views.honours(entries, asked.round)


def _policies(entries: Sequence[Recorded], asked: Asked) -> Sequence[messages.PolicyStanding]:
    return views.policies(entries)


def _access_tables(entries: Sequence[Recorded], asked: Asked) -> Sequence[AccessTableStanding]:
    return views.access_tables(entries)


def _supplements(
    entries: Sequence[Recorded], asked: Asked
) -> Sequence[messages.SupplementStanding]:
    return supplement_views.supplements(entries)


def _streaks(entries: Sequence[Recorded], asked: Asked) -> Sequence[messages.StreakStanding]:
    return streak_views.streaks(entries, asked.round)


def _disqualifications(
    entries: Sequence[Recorded], asked: Asked
) -> Sequence[messages.DisqualificationStanding]:
    return streak_views.disqualifications(entries)


UNITS = Collection(Pattern("units/{unit}"), "units", "unit", _units)
RATINGS = Collection(
    Pattern("units/{unit}/ratings/{round}"), "ratings", "rating", _ratings, is_about=_rates
)
STREAKS = Collection(Pattern("units/{unit}/streaks/{round}.{streak}"), "streaks", "", _streaks)
DISQUALIFICATIONS = Collection(
    Pattern("units/{unit}/disqualification"), "disqualifications", "", _disqualifications
)
HONOURS = Collection(Pattern("units/{unit}/honours/{honour}"), "honours", "honour", _honours)
POLICIES = Collection(
    Pattern("policies/{policy}"), "policies", "policy", _policies, views.DOCUMENTS
)
SUPPLEMENTS = Collection(
    Pattern("supplements/{supplement}"),
    "supplements",
    "",
    _supplements,
    supplement_views.ADOPTED,
)
ACCESS_TABLES = Collection(
    Pattern("accessTables/{hash}"), "access_tables", "", _access_tables, views.ACCESS_TABLES
)


class EvaluationApi(EvaluationServiceServicer):
    """Answers for one ledger."""

    def __init__(self, ledger: Ledger) -> None:
        self._ledger = ledger
        self._reads, self._explaining = Reads(ledger), Explaining(ledger)

    async def AdoptPolicies(
        self, request: messages.AdoptPoliciesRequest, context: Context
    ) -> messages.AdoptPoliciesResponse:
        batch = Batch("policies", request.policies, fields.faults(request.policies, POLICY))
        return messages.AdoptPoliciesResponse(outcome=await self._submit(batch, request))

    async def AdoptSupplements(
        self, request: messages.AdoptSupplementsRequest, context: Context
    ) -> messages.AdoptSupplementsResponse:
        policies, faults = self._ledger.adopted, fields.faults(request.supplements, SUPPLEMENT)
        adopting = [supplemented(each, policies) for each in request.supplements]
        following = await reviewing.after_supplements(
            self._ledger, [] if faults else adopting, clock.today()
        )
        batch = Batch("supplements", adopting, faults, following=following)
        outcome = await self._submit(batch, request, Counting(reviewing.changed))
        return messages.AdoptSupplementsResponse(outcome=outcome)

    async def AdoptAccessTable(
        self, request: messages.AdoptAccessTableRequest, context: Context
    ) -> messages.AdoptAccessTableResponse:
        # A text that is too large is not even read.
        faults = fields.faults([request.table], ACCESS_TABLE) or table_faults(
            request.table, clock.today()
        )
        expected = await self._reads.expected(ACCESS_TABLES, "", request.etag)
        batch = Batch("table", [request.table], faults, expected)
        return messages.AdoptAccessTableResponse(outcome=await self._submit(batch, request))

    async def RegisterUnits(
        self, request: messages.RegisterUnitsRequest, context: Context
    ) -> messages.RegisterUnitsResponse:
        policies, today = self._ledger.adopted, clock.today()
        units = [completed(unit) for unit in request.units]
        register = await self._entries(Question())
        faults = [
            *fields.faults(request.units, UNIT),
            *entry_faults(units, today),
            *unit_faults(units, register, policies, today),
            *namesakes(units, register),
        ]
        entries = [] if faults else units
        batch = Batch(
            "units",
            [RegisterUnit(unit=unit, policy=registered_by(unit, policies)) for unit in units],
            faults,
            following=await reviewing.after_entries(self._ledger, entries, today),
        )
        return messages.RegisterUnitsResponse(outcome=await self._submit(batch, request))

    async def PublishRatings(
        self, request: messages.PublishRatingsRequest, context: Context
    ) -> messages.PublishRatingsResponse:
        policies, ratings = self._ledger.adopted, request.ratings
        register = await self._register({rating.unit_id for rating in ratings})
        faults = [
            *fields.faults(ratings, RATING, rating_rules(policies)),
            *rating_faults(ratings, register, policies, clock.today()),
            *await held_here(self._ledger, ratings),
        ]
        changed = [] if faults else [ZoneRating(rating=rating) for rating in ratings]
        batch = Batch(
            "ratings",
            [publication(rating, policies) for rating in ratings],
            faults,
            following=await self._reviews(changed),
        )
        return messages.PublishRatingsResponse(outcome=await self._submit(batch, request))

    async def CorrectRating(
        self, request: messages.CorrectRatingRequest, context: Context
    ) -> messages.CorrectRatingResponse:
        policies, correction = self._ledger.adopted, request.correction
        today, rating = clock.today(), request.correction.rating
        command = corrected_by(correction, policies)
        faults = [
            *fields.faults([rating], RATING, rating_rules(policies)),
            *rating_faults([rating], {}, policies, today),
            *await held_here(self._ledger, [rating]),
            *fields.faults([correction], CORRECTION, {"corrected_on": fields.day_by(today)}),
        ]
        name = f"units/{rating.unit_id}/ratings/{rating.round}"
        expected = await self._reads.expected(RATINGS, name, request.etag)
        corrected = ZoneRating(rating=rating, corrected_on=correction.corrected_on)
        following = await self._reviews([] if faults else [corrected])
        batch = Batch("correction", [command], faults, expected, following)
        return messages.CorrectRatingResponse(outcome=await self._submit(batch, request))

    async def AwardHonours(
        self, request: messages.AwardHonoursRequest, context: Context
    ) -> messages.AwardHonoursResponse:
        commands = [AwardHonour(honour=honour) for honour in request.honours]
        awarded = {"awarded_on": fields.optional(fields.day_by(clock.today()))}
        faults = [
            *fields.faults(request.honours, HONOUR, awarded),
            *await not_honoured(self._ledger, request.honours),
        ]
        batch = Batch("honours", commands, faults)
        return messages.AwardHonoursResponse(outcome=await self._submit(batch, request))

    async def ReviewStreaks(
        self, request: messages.ReviewStreaksRequest, context: Context
    ) -> messages.ReviewStreaksResponse:
        unit = names.parent(request.parent)
        if unit and unit not in await self._entries(Question(unit)):
            raise Malformed(Violation("parent", Why.UNIT_NOT_REGISTERED(unit=unit)))
        commands = await reviewing.everything(self._ledger, unit, clock.today())
        batch = Batch("units", commands, [])
        outcome = await self._submit(batch, request, Counting(is_change=reviewing.says))
        return messages.ReviewStreaksResponse(outcome=outcome)

    async def DecideDisqualification(
        self, request: messages.DecideDisqualificationRequest, context: Context
    ) -> messages.DecideDisqualificationResponse:
        faults = ruling_faults(request.decision, clock.today())
        command = DecideDisqualification()
        command.CopyFrom(request.decision)
        batch = await self._on_disqualification("decision", command, faults, request.etag)
        return messages.DecideDisqualificationResponse(outcome=await self._submit(batch, request))

    async def ReverseDisqualification(
        self, request: messages.ReverseDisqualificationRequest, context: Context
    ) -> messages.ReverseDisqualificationResponse:
        faults = reversal_faults(request.reversal, clock.today())
        command = ReverseDisqualification()
        command.CopyFrom(request.reversal)
        batch = await self._on_disqualification("reversal", command, faults, request.etag)
        return messages.ReverseDisqualificationResponse(outcome=await self._submit(batch, request))

    async def UseExpansionRight(
        self, request: messages.UseExpansionRightRequest, context: Context
    ) -> messages.UseExpansionRightResponse:
        faults = use_faults(request.use, clock.today())
        if not faults:
            named = {request.use.unit_id, request.use.chosen_unit_id} - {""}
            faults = chosen_faults(request.use, await self._register(named))
        batch = Batch("use", [await reviewing.used(self._ledger, request.use)], faults)
        return messages.UseExpansionRightResponse(outcome=await self._submit(batch, request))

    async def ListStreaks(
        self, request: messages.ListStreaksRequest, context: Context
    ) -> messages.ListStreaksResponse:
        return await self._reads.list_page(STREAKS, request, messages.ListStreaksResponse)

    async def ListDisqualifications(
        self, request: messages.ListDisqualificationsRequest, context: Context
    ) -> messages.ListDisqualificationsResponse:
        return await self._reads.list_page(
            DISQUALIFICATIONS, request, messages.ListDisqualificationsResponse
        )

    async def GetUnit(
        self, request: messages.GetUnitRequest, context: Context
    ) -> messages.GetUnitResponse:
        return await self._reads.get(UNITS, request, messages.GetUnitResponse)

    async def BatchGetUnits(
        self, request: messages.BatchGetUnitsRequest, context: Context
    ) -> messages.BatchGetUnitsResponse:
        return await self._reads.batch_get(UNITS, request, messages.BatchGetUnitsResponse)

    async def ListUnits(
        self, request: messages.ListUnitsRequest, context: Context
    ) -> messages.ListUnitsResponse:
        return await self._reads.list_page(UNITS, request, messages.ListUnitsResponse)

    async def ResolveUnits(
        self, request: messages.ResolveUnitsRequest, context: Context
    ) -> messages.ResolveUnitsResponse:
        masks.check(request.read_mask, messages.ResolveUnitsResponse, "resolutions")
        check_names(request)
        question = fields.question(request)
        position = await self._reads.come_to(request.min_position)
        telling = self._ledger.tell(question, calling.viewer(), position)
        standing = [each async for _, entries in telling for each in _entry(entries)]
        gaps = {each.unit.unit_id: views.gaps_of(each) for each in standing}
        is_rated = rated_in(request.round, self._ledger.adopted, gaps)
        called = Names([each.unit for each in standing], question.as_of)
        found = resolved(request.names, called, is_rated)
        calling.note(position, len(found))
        return messages.ResolveUnitsResponse(
            resolutions=masks.masked(found, request.read_mask),
            reading=await self._reads.reading(position, question, [""]),
        )

    async def GetRating(
        self, request: messages.GetRatingRequest, context: Context
    ) -> messages.GetRatingResponse:
        return await self._reads.get(RATINGS, request, messages.GetRatingResponse)

    async def BatchGetRatings(
        self, request: messages.BatchGetRatingsRequest, context: Context
    ) -> messages.BatchGetRatingsResponse:
        return await self._reads.batch_get(RATINGS, request, messages.BatchGetRatingsResponse)

    async def ListRatings(
        self, request: messages.ListRatingsRequest, context: Context
    ) -> messages.ListRatingsResponse:
        return await self._reads.list_page(RATINGS, request, messages.ListRatingsResponse)

    async def ExplainRating(
        self, request: messages.ExplainRatingRequest, context: Context
    ) -> messages.ExplainRatingResponse:
        return await self._explaining.explain(RATINGS, request, messages.ExplainRatingResponse)

    async def GetHonour(
        self, request: messages.GetHonourRequest, context: Context
    ) -> messages.GetHonourResponse:
        return await self._reads.get(HONOURS, request, messages.GetHonourResponse)

    async def ListHonours(
        self, request: messages.ListHonoursRequest, context: Context
    ) -> messages.ListHonoursResponse:
        return await self._reads.list_page(HONOURS, request, messages.ListHonoursResponse)

    async def GetPolicy(
        self, request: messages.GetPolicyRequest, context: Context
    ) -> messages.GetPolicyResponse:
        return await self._reads.get(POLICIES, request, messages.GetPolicyResponse)

    async def ListPolicies(
        self, request: messages.ListPoliciesRequest, context: Context
    ) -> messages.ListPoliciesResponse:
        return await self._reads.list_page(POLICIES, request, messages.ListPoliciesResponse)

    async def ListSupplements(
        self, request: messages.ListSupplementsRequest, context: Context
    ) -> messages.ListSupplementsResponse:
        return await self._reads.list_page(SUPPLEMENTS, request, messages.ListSupplementsResponse)

    async def ListAccessTables(
        self, request: messages.ListAccessTablesRequest, context: Context
    ) -> messages.ListAccessTablesResponse:
        return await self._reads.list_page(
            ACCESS_TABLES, request, messages.ListAccessTablesResponse
        )

    async def _submit(
        self, batch: "Batch", request: Any, counting: Counting = _AMENDED
    ) -> BatchOutcome:
        return await self._ledger.submit(
            submission(
                batch.name,
                batch.commands,
                batch.faults,
                request,
                batch.expected_version,
                batch.following,
            ),
            counting,
        )

    async def _reviews(self, changed: Sequence[ZoneRating]) -> Sequence[Message]:
        return await reviewing.following(self._ledger, changed, clock.today())

    async def _on_disqualification(
        self, name: str, command: Any, faults: Sequence[Fault], etag: str
    ) -> "Batch":
        """A decision on the disqualification that its caller looked at, and the review by it."""
        looked_at, today = f"units/{command.unit_id}/disqualification", clock.today()
        expected = await self._reads.expected(DISQUALIFICATIONS, looked_at, etag)
        unit = "" if faults else command.unit_id
        following = await reviewing.everything(self._ledger, unit, today) if unit else ()
        return Batch(name, [listed(command)], faults, expected, following)

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
        return {
            each.unit.unit_id: each.unit async for entries in answer for each in _entry(entries)
        }


class Batch(NamedTuple):
    """Commands that stand or fall together, and what is wrong with how they were asked for."""

    name: str
    commands: Sequence[Message]
    faults: Sequence[Fault]
    expected_version: int | None = None
    following: Sequence[Message] = ()


def serve(server: grpc.aio.Server, ledger: Ledger) -> None:
    """Answer on `server`."""
    add_EvaluationServiceServicer_to_server(EvaluationApi(ledger), server)
    round_api.serve(server, ledger)
    circular_api.serve(server, ledger)
    plan_api.serve(server, ledger)


def _entry(entries: Sequence[Recorded]) -> list[messages.UnitStanding]:
    return views.unit(entries, "")

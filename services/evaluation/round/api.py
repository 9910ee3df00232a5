"""The gRPC methods of rounds: a request becomes commands or a question, and back. No rules."""

import asyncio
from collections.abc import Mapping, Sequence
from typing import Any, TypeAlias

import grpc.aio
from google.protobuf.message import Message

from services.evaluation import reviewing
from services.evaluation.lookup import following_result, publication, rating_faults, rating_rules
from services.evaluation.round import lookup, views
from services.evaluation.round.reading import read
from services.evaluation.round.requests import (
    ABANDONMENT,
    ADMISSION,
    APPOINTMENT,
    ASSESSMENT,
    BONUS,
    BONUS_WITHDRAWAL,
    CLOSING,
    COLLECTION,
    CORRECTION,
    DECISION,
    DISMISSAL,
    EXPERT_DISMISSAL,
    FREEZE,
    INTERPRETATION,
    LIFTING,
    NOTICE,
    OBJECTION,
    OPENING,
    OPENING_OF_SHEET,
    PROPOSAL,
    PUBLICATION,
    REPORT,
    REVIEW,
    SEALING,
    SIGNATURE,
    TAKING_BACK,
    VETO,
    Form,
    entered,
    faults,
    must_be_own,
    own_faults,
    signer_faults,
)
from services.evaluation.scoring.analysis.law import USUAL, Law, law_faults
from services.kernel.adoption import reference
from services.kernel.decision import Recorded
from services.kernel.errors import Fault, Malformed, UnknownStream, Violation
from services.kernel.reasons import Why
from services.runtime import calling, clock, fields
from services.runtime.explaining import Explaining
from services.runtime.ledger import Ledger
from services.runtime.names import Pattern
from services.runtime.reads import Asked, Collection, Reads
from services.runtime.submission import submission
from zoneledger.evaluation.v1 import round_service_pb2 as messages
from zoneledger.evaluation.v1.commands_pb2 import CorrectRating
from zoneledger.evaluation.v1.events_pb2 import Rating
from zoneledger.evaluation.v1.round_commands_pb2 import CalculateScore, OpenRound
from zoneledger.evaluation.v1.round_service_pb2_grpc import (
    RoundServiceServicer,
    add_RoundServiceServicer_to_server,
)
from zoneledger.evaluation.v1.streak_commands_pb2 import ReviewStreaks, ZoneRating
from zoneledger.ledger.v1.outcome_pb2 import BatchOutcome

Context: TypeAlias = grpc.aio.ServicerContext[Any, Any]


def _rounds(entries: Sequence[Recorded], asked: Asked) -> Sequence[messages.RoundStanding]:
    return views.rounds(entries, asked.round)


def _rule_sets(entries: Sequence[Recorded], asked: Asked) -> Sequence[messages.RuleSetStanding]:
    return views.rule_sets(entries, asked.round)


def _assessors(entries: Sequence[Recorded], asked: Asked) -> Sequence[messages.AssessorStanding]:
    return views.assessors(entries, asked.round)


def _observations(
    entries: Sequence[Recorded], asked: Asked
) -> Sequence[messages.ObservationStanding]:
    return views.observations(entries, asked.round)


def _scores(entries: Sequence[Recorded], asked: Asked) -> Sequence[messages.ScoreStanding]:
    return views.scores(entries, asked.round, asked.as_of)


def _bonuses(entries: Sequence[Recorded], asked: Asked) -> Sequence[messages.BonusStanding]:
    return views.bonuses(entries, asked.round)


def _results(entries: Sequence[Recorded], asked: Asked) -> Sequence[messages.ResultStanding]:
    return views.results(entries, asked.round, asked.as_of)


def _objections(entries: Sequence[Recorded], asked: Asked) -> Sequence[messages.ObjectionStanding]:
    return views.objections(entries, asked.round)


def _proposals(entries: Sequence[Recorded], asked: Asked) -> Sequence[messages.ProposalStanding]:
    return views.proposals(entries, asked.round)


def is_of_result(event: Any, ids: Mapping[str, str]) -> bool:
    """Whether an event of the round made the unit's result what it is."""
    return event.DESCRIPTOR.file.name.endswith("/round_events.proto") and (
        str(event.round) == ids["round"]
    )


ROUNDS = Collection(Pattern("rounds/{round}"), "rounds", "round", _rounds, views.ROUNDS)
RULE_SETS = Collection(
    Pattern("ruleSets/{round}"), "rule_sets", "rule_set", _rule_sets, views.ROUNDS
)
ASSESSORS = Collection(
    Pattern("rounds/{round}/assessors/{assessor}"), "assessors", "", _assessors, views.ROUNDS
)
OBSERVATIONS = Collection(
    Pattern("units/{unit}/observations/{round}.{indicator}"), "observations", "", _observations
)
SCORES = Collection(Pattern("units/{unit}/scores/{round}"), "scores", "score", _scores)
BONUSES = Collection(Pattern("units/{unit}/bonuses/{round}.{bonus}"), "bonuses", "", _bonuses)
RESULTS = Collection(
    Pattern("units/{unit}/results/{round}"), "results", "result", _results, is_about=is_of_result
)
PROPOSALS = Collection(Pattern("units/{unit}/proposals/{round}"), "proposals", "", _proposals)
OBJECTIONS = Collection(
    Pattern("units/{unit}/objections/{round}.{objection}"), "objections", "", _objections
)


class RoundApi(RoundServiceServicer):
    """Answers for one ledger."""

    def __init__(self, ledger: Ledger) -> None:
        self._ledger = ledger
        self._reads, self._explaining = Reads(ledger), Explaining(ledger)

    async def OpenRound(
        self, request: messages.OpenRoundRequest, context: Context
    ) -> messages.OpenRoundResponse:
        asked, governing = request.opening, self._ledger.adopted.for_round(request.opening.round)
        command = read(
            OpenRound(
                round=asked.round,
                opened_on=asked.opened_on,
                document=asked.document,
                policy=reference(governing) if governing else None,
            )
        )
        rules = {"round": rating_rules(self._ledger.adopted)["round"]}
        found = [
            *faults([asked], OPENING),
            *fields.faults([asked], rules),
            *lookup.opening_faults(asked, self._ledger.adopted),
        ]
        if not found:
            found = await lookup.rated_already(self._ledger, asked.round)
        return messages.OpenRoundResponse(
            outcome=await self._submit("opening", [command], found, request)
        )

    async def FreezeRuleSet(
        self, request: messages.FreezeRuleSetRequest, context: Context
    ) -> messages.FreezeRuleSetResponse:
        command = lookup.frozen_by(request.freeze, self._ledger.adopted)
        outcome = await self._one("freeze", command, FREEZE, request)
        return messages.FreezeRuleSetResponse(outcome=outcome)

    async def InterpretMatter(
        self, request: messages.InterpretMatterRequest, context: Context
    ) -> messages.InterpretMatterResponse:
        outcome = await self._one("interpretation", request.interpretation, INTERPRETATION, request)
        return messages.InterpretMatterResponse(outcome=outcome)

    async def AbandonRound(
        self, request: messages.AbandonRoundRequest, context: Context
    ) -> messages.AbandonRoundResponse:
        outcome = await self._one("abandonment", request.abandonment, ABANDONMENT, request)
        return messages.AbandonRoundResponse(outcome=outcome)

    async def AdmitUnits(
        self, request: messages.AdmitUnitsRequest, context: Context
    ) -> messages.AdmitUnitsResponse:
        commands, unknown = await lookup.admitted(self._ledger, request.units)
        found = [*faults(request.units, ADMISSION), *unknown]
        return messages.AdmitUnitsResponse(
            outcome=await self._submit("units", commands, found, request)
        )

    async def DismissUnit(
        self, request: messages.DismissUnitRequest, context: Context
    ) -> messages.DismissUnitResponse:
        outcome = await self._one("dismissal", read(request.dismissal), DISMISSAL, request)
        return messages.DismissUnitResponse(outcome=outcome)

    async def ReportObservations(
        self, request: messages.ReportObservationsRequest, context: Context
    ) -> messages.ReportObservationsResponse:
        found, reports = faults(request.reports, REPORT), [*map(read, request.reports)]
        return messages.ReportObservationsResponse(
            outcome=await self._submit("reports", reports, found, request)
        )

    async def CloseCollection(
        self, request: messages.CloseCollectionRequest, context: Context
    ) -> messages.CloseCollectionResponse:
        outcome = await self._one("closing", read(request.closing), COLLECTION, request)
        return messages.CloseCollectionResponse(outcome=outcome)

    async def ReviewProvince(
        self, request: messages.ReviewProvinceRequest, context: Context
    ) -> messages.ReviewProvinceResponse:
        outcome = await self._one("review", read(request.review), REVIEW, request)
        return messages.ReviewProvinceResponse(outcome=outcome)

    async def AppointAssessors(
        self, request: messages.AppointAssessorsRequest, context: Context
    ) -> messages.AppointAssessorsResponse:
        found, assessors = faults(request.assessors, APPOINTMENT), [*map(read, request.assessors)]
        return messages.AppointAssessorsResponse(
            outcome=await self._submit("assessors", assessors, found, request)
        )

    async def DismissAssessor(
        self, request: messages.DismissAssessorRequest, context: Context
    ) -> messages.DismissAssessorResponse:
        outcome = await self._one("dismissal", request.dismissal, EXPERT_DISMISSAL, request)
        return messages.DismissAssessorResponse(outcome=outcome)

    async def SealSheet(
        self, request: messages.SealSheetRequest, context: Context
    ) -> messages.SealSheetResponse:
        must_be_own(request.sheet.assessor_id, calling.viewer())
        outcome = await self._one("sheet", request.sheet, SEALING, request)
        return messages.SealSheetResponse(outcome=outcome)

    async def OpenSheet(
        self, request: messages.OpenSheetRequest, context: Context
    ) -> messages.OpenSheetResponse:
        must_be_own(request.sheet.assessor_id, calling.viewer())
        outcome = await self._one("sheet", request.sheet, OPENING_OF_SHEET, request)
        return messages.OpenSheetResponse(outcome=outcome)

    async def AssessExperts(
        self, request: messages.AssessExpertsRequest, context: Context
    ) -> messages.AssessExpertsResponse:
        outcome = await self._one("assessment", read(request.assessment), ASSESSMENT, request)
        return messages.AssessExpertsResponse(outcome=outcome)

    async def RecogniseBonuses(
        self, request: messages.RecogniseBonusesRequest, context: Context
    ) -> messages.RecogniseBonusesResponse:
        commands, unknown = await lookup.recognised(self._ledger, request.bonuses)
        found = [*faults(request.bonuses, BONUS), *unknown]
        return messages.RecogniseBonusesResponse(
            outcome=await self._submit("bonuses", commands, found, request)
        )

    async def WithdrawBonus(
        self, request: messages.WithdrawBonusRequest, context: Context
    ) -> messages.WithdrawBonusResponse:
        outcome = await self._one("withdrawal", request.withdrawal, BONUS_WITHDRAWAL, request)
        return messages.WithdrawBonusResponse(outcome=outcome)

    async def CalculateScores(
        self, request: messages.CalculateScoresRequest, context: Context
    ) -> messages.CalculateScoresResponse:
        rules = {"round": fields.year, "calculated_on": fields.day_by(clock.today())}
        found = fields.faults([request], rules)
        state = None if found else await lookup.running(self._ledger, request.round)
        if state is None or not state.units:
            wrong = found or [Fault(0, "round", Why.NO_UNITS(round=request.round))]
            raise Malformed(*(Violation(each.field, each.what) for each in wrong))
        lost = await lookup.lost(self._ledger, state)
        commands = [
            read(
                CalculateScore(
                    round=request.round,
                    unit_id=unit_id,
                    calculated_on=request.calculated_on,
                    lost=[each for each in lost if each.unit_id == unit_id],
                )
            )
            for unit_id in sorted(state.units)
        ]
        return messages.CalculateScoresResponse(
            outcome=await self._submit("units", commands, [], request)
        )

    async def ProposeResults(
        self, request: messages.ProposeResultsRequest, context: Context
    ) -> messages.ProposeResultsResponse:
        asked = read(request.proposal)
        state = await lookup.running(self._ledger, asked.round)
        del asked.lost[:]
        asked.lost.extend(await lookup.lost(self._ledger, state))
        outcome = await self._one("proposal", asked, PROPOSAL, request)
        return messages.ProposeResultsResponse(outcome=outcome)

    async def VetoUnit(
        self, request: messages.VetoUnitRequest, context: Context
    ) -> messages.VetoUnitResponse:
        outcome = await self._one("veto", read(request.veto), VETO, request)
        return messages.VetoUnitResponse(outcome=outcome)

    async def LiftVeto(
        self, request: messages.LiftVetoRequest, context: Context
    ) -> messages.LiftVetoResponse:
        outcome = await self._one("lifting", read(request.lifting), LIFTING, request)
        return messages.LiftVetoResponse(outcome=outcome)

    async def OpenNotice(
        self, request: messages.OpenNoticeRequest, context: Context
    ) -> messages.OpenNoticeResponse:
        outcome = await self._one("notice", read(request.notice), NOTICE, request)
        return messages.OpenNoticeResponse(outcome=outcome)

    async def LodgeObjection(
        self, request: messages.LodgeObjectionRequest, context: Context
    ) -> messages.LodgeObjectionResponse:
        outcome = await self._one("objection", read(request.objection), OBJECTION, request)
        return messages.LodgeObjectionResponse(outcome=outcome)

    async def DecideObjection(
        self, request: messages.DecideObjectionRequest, context: Context
    ) -> messages.DecideObjectionResponse:
        outcome = await self._one("decision", read(request.decision), DECISION, request)
        return messages.DecideObjectionResponse(outcome=outcome)

    async def SignResults(
        self, request: messages.SignResultsRequest, context: Context
    ) -> messages.SignResultsResponse:
        agency = calling.viewer().agency
        found = [
            *faults([request.signature], SIGNATURE),
            *signer_faults(request.signature, agency),
        ]
        signed = entered(request.signature, agency)
        return messages.SignResultsResponse(
            outcome=await self._submit("signature", [signed], found, request)
        )

    async def TakeBackSignature(
        self, request: messages.TakeBackSignatureRequest, context: Context
    ) -> messages.TakeBackSignatureResponse:
        agency = calling.viewer().agency
        asked = request.taking_back
        found = [*faults([asked], TAKING_BACK), *own_faults(asked, agency)]
        commands = [entered(asked, agency)]
        return messages.TakeBackSignatureResponse(
            outcome=await self._submit("taking_back", commands, found, request)
        )

    async def PublishResults(
        self, request: messages.PublishResultsRequest, context: Context
    ) -> messages.PublishResultsResponse:
        policies = self._ledger.adopted
        asked = lookup.published_by(request.publication, policies)
        said = Rating(round=asked.round, published_on=asked.published_on, document=asked.document)
        found = [
            *faults([asked], PUBLICATION),
            *fields.faults([asked], {"document": rating_rules(policies)["document"]}),
            *rating_faults([said], {}, policies, clock.today()),
        ]
        state = None if found else await lookup.running(self._ledger, asked.round)
        del asked.lost[:]
        asked.lost.extend(await lookup.lost(self._ledger, state))
        ratings, others = lookup.ratings(state, asked) if state else ([], [])
        commands = [asked, *(publication(each, policies) for each in ratings)]
        following = await self._reviews([ZoneRating(rating=each) for each in ratings])
        return messages.PublishResultsResponse(
            outcome=await self._submit(
                "publication", commands, [*found, *others], request, following
            )
        )

    async def CorrectResult(
        self, request: messages.CorrectResultRequest, context: Context
    ) -> messages.CorrectResultResponse:
        asked = read(request.correction)
        found = faults([asked], CORRECTION)
        state = None if found else await lookup.running(self._ledger, asked.round)
        rating = lookup.corrected(state, asked) if state else None
        commands: list[Message] = [asked]
        following: list[ReviewStreaks] = []
        if rating is not None:
            corrected = ZoneRating(rating=rating, corrected_on=asked.corrected_on)
            following = await self._reviews([corrected])
            commands.append(
                following_result(
                    CorrectRating(
                        rating=rating,
                        corrected_on=asked.corrected_on,
                        document=asked.document,
                        reason=asked.reason,
                    ),
                    self._ledger.adopted,
                )
            )
        return messages.CorrectResultResponse(
            outcome=await self._submit("correction", commands, found, request, following)
        )

    async def CloseRound(
        self, request: messages.CloseRoundRequest, context: Context
    ) -> messages.CloseRoundResponse:
        outcome = await self._one("closing", request.closing, CLOSING, request)
        return messages.CloseRoundResponse(outcome=outcome)

    async def GetRound(
        self, request: messages.GetRoundRequest, context: Context
    ) -> messages.GetRoundResponse:
        return await self._reads.get(ROUNDS, request, messages.GetRoundResponse)

    async def ListRounds(
        self, request: messages.ListRoundsRequest, context: Context
    ) -> messages.ListRoundsResponse:
        return await self._reads.list_page(ROUNDS, request, messages.ListRoundsResponse)

    async def GetRuleSet(
        self, request: messages.GetRuleSetRequest, context: Context
    ) -> messages.GetRuleSetResponse:
        return await self._reads.get(RULE_SETS, request, messages.GetRuleSetResponse)

    async def ListRuleSets(
        self, request: messages.ListRuleSetsRequest, context: Context
    ) -> messages.ListRuleSetsResponse:
        return await self._reads.list_page(RULE_SETS, request, messages.ListRuleSetsResponse)

    async def ListObservations(
        self, request: messages.ListObservationsRequest, context: Context
    ) -> messages.ListObservationsResponse:
        return await self._reads.list_page(OBSERVATIONS, request, messages.ListObservationsResponse)

    async def GetScore(
        self, request: messages.GetScoreRequest, context: Context
    ) -> messages.GetScoreResponse:
        return await self._reads.get(SCORES, request, messages.GetScoreResponse)

    async def ListScores(
        self, request: messages.ListScoresRequest, context: Context
    ) -> messages.ListScoresResponse:
        return await self._reads.list_page(SCORES, request, messages.ListScoresResponse)

    async def ListAssessors(
        self, request: messages.ListAssessorsRequest, context: Context
    ) -> messages.ListAssessorsResponse:
        return await self._reads.list_page(ASSESSORS, request, messages.ListAssessorsResponse)

    async def ListBonuses(
        self, request: messages.ListBonusesRequest, context: Context
    ) -> messages.ListBonusesResponse:
        return await self._reads.list_page(BONUSES, request, messages.ListBonusesResponse)

    async def GetResult(
        self, request: messages.GetResultRequest, context: Context
    ) -> messages.GetResultResponse:
        return await self._reads.get(RESULTS, request, messages.GetResultResponse)

    async def ListResults(
        self, request: messages.ListResultsRequest, context: Context
    ) -> messages.ListResultsResponse:
        return await self._reads.list_page(RESULTS, request, messages.ListResultsResponse)

    async def ExplainResult(
        self, request: messages.ExplainResultRequest, context: Context
    ) -> messages.ExplainResultResponse:
        return await self._explaining.explain(RESULTS, request, messages.ExplainResultResponse)

    async def ListObjections(
        self, request: messages.ListObjectionsRequest, context: Context
    ) -> messages.ListObjectionsResponse:
        return await self._reads.list_page(OBJECTIONS, request, messages.ListObjectionsResponse)

    async def ListProposals(
        self, request: messages.ListProposalsRequest, context: Context
    ) -> messages.ListProposalsResponse:
        return await self._reads.list_page(PROPOSALS, request, messages.ListProposalsResponse)

    async def AnalyseRound(
        self, request: messages.AnalyseRoundRequest, context: Context
    ) -> messages.AnalyseRoundResponse:
        round_ = int(ROUNDS.pattern.read(request.name)["round"])
        law = Law(
            request.seed,
            request.draws or USUAL.draws,
            request.spread_micro or USUAL.spread_micro,
        )
        if wrong := law_faults(law):
            raise Malformed(*wrong)
        question = fields.question(request)
        position = await self._reads.come_to(request.min_position)
        # Scores that are not published are for those inside; for others there is nothing.
        sees = calling.viewer().sees_everything
        state = await lookup.running(self._ledger, round_, question.known_ns) if sees else None
        if state is None:
            agency = calling.viewer().agency
            raise UnknownStream(Why.RESOURCE_NOT_FOUND(name=request.name, agency=agency))
        analysis = await asyncio.to_thread(lookup.analysed, state, law)
        calling.note(position, len(analysis.certainties))
        reading = await self._reads.reading(position, question, [""])
        return messages.AnalyseRoundResponse(analysis=analysis, reading=reading)

    async def _one(self, name: str, command: Message, form: Form, request: Any) -> BatchOutcome:
        """A single command that says all that it needs."""
        return await self._submit(name, [command], faults([command], form), request)

    async def _reviews(self, changed: Sequence[ZoneRating]) -> list[ReviewStreaks]:
        """The streaks that have to be judged again with these ratings."""
        return await reviewing.following(self._ledger, changed, clock.today())

    async def _submit(
        self,
        name: str,
        commands: Sequence[Message],
        found: Sequence[Fault],
        request: Any,
        following: Sequence[Message] = (),
    ) -> BatchOutcome:
        asked = submission(name, commands, found, request, following=following)
        return await self._ledger.submit(asked)


def serve(server: grpc.aio.Server, ledger: Ledger) -> None:
    """Answer on `server`."""
    add_RoundServiceServicer_to_server(RoundApi(ledger), server)

"""The gRPC methods of benefit cases: a request becomes commands or a question. No rules."""

from collections.abc import Mapping, Sequence
from typing import Any, TypeAlias

import grpc.aio
from google.protobuf.message import Message

from services.incentive.case import views
from services.incentive.case.lookup import unseen_faults
from services.incentive.case.requests import (
    AMOUNT,
    CONDITION,
    REASON,
    benefit_faults,
    effect_faults,
    spoken_faults,
    step_faults,
)
from services.incentive.case.said import Event
from services.incentive.decider import Said
from services.incentive.views import settles
from services.kernel.decision import Recorded
from services.kernel.errors import Fault
from services.kernel.timeline import Question
from services.runtime import calling, fields
from services.runtime.explaining import Explaining
from services.runtime.ledger import Ledger
from services.runtime.names import Pattern
from services.runtime.reads import Asked, Collection, Reads
from services.runtime.submission import submission
from zoneledger.incentive.v1 import case_service_pb2 as messages
from zoneledger.incentive.v1.case_service_pb2_grpc import (
    CaseServiceServicer,
    add_CaseServiceServicer_to_server,
)
from zoneledger.ledger.v1.outcome_pb2 import BatchOutcome

Context: TypeAlias = grpc.aio.ServicerContext[Any, Any]


def _cases(entries: Sequence[Recorded], asked: Asked) -> Sequence[messages.CaseStanding]:
    return views.cases(entries, asked.round, asked.policies)


def _is_about(event: Any, ids: Mapping[str, str]) -> bool:
    """Whether an event belongs to the case with these ids, or settles what it hangs on."""
    if isinstance(event, Event):
        return views.is_about(event, ids)
    return isinstance(event, Said) and settles(event) == (int(ids["round"]), ids["instrument"])


CASES = Collection(
    Pattern("units/{unit}/cases/{round}.{instrument}.{case}"),
    "cases",
    "case",
    _cases,
    is_about=_is_about,
)


class CaseApi(CaseServiceServicer):
    """Answers for one ledger."""

    def __init__(self, ledger: Ledger) -> None:
        self._ledger = ledger
        self._reads, self._explaining = Reads(ledger), Explaining(ledger)

    async def ApplyForBenefits(
        self, request: messages.ApplyForBenefitsRequest, context: Context
    ) -> messages.ApplyForBenefitsResponse:
        faults = benefit_faults(request.applications)
        outcome = await self._submit("applications", request.applications, faults, request)
        return messages.ApplyForBenefitsResponse(outcome=outcome)

    async def AttestPreconditions(
        self, request: messages.AttestPreconditionsRequest, context: Context
    ) -> messages.AttestPreconditionsResponse:
        faults = _spoken_faults(request.attestations, CONDITION)
        outcome = await self._submit("attestations", request.attestations, faults, request)
        return messages.AttestPreconditionsResponse(outcome=outcome)

    async def FailPreconditions(
        self, request: messages.FailPreconditionsRequest, context: Context
    ) -> messages.FailPreconditionsResponse:
        faults = _spoken_faults(request.failures, CONDITION, REASON)
        outcome = await self._submit("failures", request.failures, faults, request)
        return messages.FailPreconditionsResponse(outcome=outcome)

    async def WithdrawAttestations(
        self, request: messages.WithdrawAttestationsRequest, context: Context
    ) -> messages.WithdrawAttestationsResponse:
        faults = _spoken_faults(request.withdrawals, CONDITION, REASON)
        outcome = await self._submit("withdrawals", request.withdrawals, faults, request)
        return messages.WithdrawAttestationsResponse(outcome=outcome)

    async def GrantBenefits(
        self, request: messages.GrantBenefitsRequest, context: Context
    ) -> messages.GrantBenefitsResponse:
        faults = [*_spoken_faults(request.grants, AMOUNT), *effect_faults(request.grants)]
        outcome = await self._submit("grants", request.grants, faults, request)
        return messages.GrantBenefitsResponse(outcome=outcome)

    async def RefuseBenefits(
        self, request: messages.RefuseBenefitsRequest, context: Context
    ) -> messages.RefuseBenefitsResponse:
        faults = _spoken_faults(request.refusals, REASON)
        outcome = await self._submit("refusals", request.refusals, faults, request)
        return messages.RefuseBenefitsResponse(outcome=outcome)

    async def LapseBenefits(
        self, request: messages.LapseBenefitsRequest, context: Context
    ) -> messages.LapseBenefitsResponse:
        faults = _spoken_faults(request.lapses, REASON)
        outcome = await self._submit("lapses", request.lapses, faults, request)
        return messages.LapseBenefitsResponse(outcome=outcome)

    async def CompleteBenefits(
        self, request: messages.CompleteBenefitsRequest, context: Context
    ) -> messages.CompleteBenefitsResponse:
        faults = _spoken_faults(request.completions)
        outcome = await self._submit("completions", request.completions, faults, request)
        return messages.CompleteBenefitsResponse(outcome=outcome)

    async def StopBenefits(
        self, request: messages.StopBenefitsRequest, context: Context
    ) -> messages.StopBenefitsResponse:
        faults = _spoken_faults(request.stops, REASON)
        outcome = await self._submit("stops", request.stops, faults, request)
        return messages.StopBenefitsResponse(outcome=outcome)

    async def RecoverBenefits(
        self, request: messages.RecoverBenefitsRequest, context: Context
    ) -> messages.RecoverBenefitsResponse:
        faults = _spoken_faults(request.recoveries, AMOUNT, REASON)
        outcome = await self._submit("recoveries", request.recoveries, faults, request)
        return messages.RecoverBenefitsResponse(outcome=outcome)

    async def GetCase(
        self, request: messages.GetCaseRequest, context: Context
    ) -> messages.GetCaseResponse:
        return await self._reads.get(CASES, request, messages.GetCaseResponse)

    async def BatchGetCases(
        self, request: messages.BatchGetCasesRequest, context: Context
    ) -> messages.BatchGetCasesResponse:
        return await self._reads.batch_get(CASES, request, messages.BatchGetCasesResponse)

    async def ListCases(
        self, request: messages.ListCasesRequest, context: Context
    ) -> messages.ListCasesResponse:
        return await self._reads.list_page(CASES, request, messages.ListCasesResponse)

    async def ExplainCase(
        self, request: messages.ExplainCaseRequest, context: Context
    ) -> messages.ExplainCaseResponse:
        return await self._explaining.explain(CASES, request, messages.ExplainCaseResponse)

    async def _submit(
        self, name: str, commands: Sequence[Message], faults: Sequence[Fault], request: Any
    ) -> BatchOutcome:
        found = [*step_faults(commands), *faults, *await self._unseen(commands)]
        return await self._ledger.submit(submission(name, commands, found, request))

    async def _unseen(self, commands: Sequence[Any]) -> list[Fault]:
        """The commands on what the caller does not see."""
        viewer = calling.viewer()
        if viewer.sees_everything:
            return []
        position = await self._ledger.catch_up()
        told = {
            unit: entries
            for unit in {each.step.unit_id for each in commands} - {""}
            async for _, entries in self._ledger.tell(Question(unit), viewer, position)
        }
        return unseen_faults(commands, told, self._ledger.adopted)


def serve(server: grpc.aio.Server, ledger: Ledger) -> None:
    """Answer on `server`."""
    add_CaseServiceServicer_to_server(CaseApi(ledger), server)


def _spoken_faults(commands: Sequence[Any], *tables: fields.Table) -> list[Fault]:
    """What is wrong with what an authority says."""
    return [*fields.faults(commands, *tables), *spoken_faults(commands, calling.viewer().agency)]

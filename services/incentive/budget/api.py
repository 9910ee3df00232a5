"""The gRPC methods of pools: a request becomes commands or a question, and back. No rules.

What the units of a pool hold, and whether one is disqualified, is looked up here.
"""

from collections.abc import Sequence
from typing import Any, TypeAlias

import grpc.aio
from google.protobuf.message import Message

from services.incentive.budget import lookup, views
from services.incentive.budget.requests import (
    AMENDMENT,
    APPROPRIATION,
    CORRECTION,
    DECISION,
    GRANT,
    OPENING,
    PAYMENT,
    PROPOSAL,
    PUTTING_FORWARD,
    RELEASE,
    RESTITUTION,
    SPLIT,
    WITHDRAWAL,
    Form,
    actor_faults,
    faults,
    share_faults,
)
from services.kernel.decision import Recorded
from services.kernel.errors import Fault
from services.runtime import calling
from services.runtime.explaining import Explaining
from services.runtime.ledger import Ledger
from services.runtime.names import Pattern
from services.runtime.reads import Asked, Collection, Reads
from services.runtime.submission import submission
from zoneledger.incentive.v1 import budget_service_pb2 as messages
from zoneledger.incentive.v1.budget_service_pb2_grpc import (
    BudgetServiceServicer,
    add_BudgetServiceServicer_to_server,
)
from zoneledger.ledger.v1.outcome_pb2 import BatchOutcome

Context: TypeAlias = grpc.aio.ServicerContext[Any, Any]


def _pools(entries: Sequence[Recorded], asked: Asked) -> Sequence[messages.PoolStanding]:
    return views.pools(entries, *_narrowed(asked))


def _projects(entries: Sequence[Recorded], asked: Asked) -> Sequence[messages.ProjectStanding]:
    return views.projects(entries, *_narrowed(asked))


def _lines(entries: Sequence[Recorded], asked: Asked) -> Sequence[messages.AllocationLineStanding]:
    return views.lines(entries, *_narrowed(asked))


def _narrowed(asked: Asked) -> tuple[int, str]:
    """The budget year and line that a list asks for."""
    request = asked.request
    return getattr(request, "budget_year", 0), getattr(request, "line_id", "")


POOLS = Collection(
    Pattern("pools/{year}.{line}"),
    "pools",
    "pool",
    _pools,
    views.POOLS,
    is_about=views.is_of_pool,
)
PROJECTS = Collection(
    Pattern("units/{unit}/projects/{year}.{line}.{project}"),
    "projects",
    "project",
    _projects,
    is_about=views.is_of_project,
)
LINES = Collection(
    Pattern("units/{unit}/allocationLines/{year}.{line}.{project}"),
    "allocation_lines",
    "allocation_line",
    _lines,
    is_about=views.is_of_line,
)


class BudgetApi(BudgetServiceServicer):
    """Answers for one ledger."""

    def __init__(self, ledger: Ledger) -> None:
        self._ledger = ledger
        self._reads, self._explaining = Reads(ledger), Explaining(ledger)

    async def OpenPool(
        self, request: messages.OpenPoolRequest, context: Context
    ) -> messages.OpenPoolResponse:
        outcome = await self._one("opening", request.opening, OPENING, request)
        return messages.OpenPoolResponse(outcome=outcome)

    async def AppropriatePool(
        self, request: messages.AppropriatePoolRequest, context: Context
    ) -> messages.AppropriatePoolResponse:
        outcome = await self._one("appropriation", request.appropriation, APPROPRIATION, request)
        return messages.AppropriatePoolResponse(outcome=outcome)

    async def AmendAppropriation(
        self, request: messages.AmendAppropriationRequest, context: Context
    ) -> messages.AmendAppropriationResponse:
        asked = request.amendment
        expected = await self._reads.expected(POOLS, _pool(asked), request.etag)
        found = faults([asked], AMENDMENT)
        outcome = await self._submit("amendment", [asked], found, request, expected)
        return messages.AmendAppropriationResponse(outcome=outcome)

    async def PutForwardProjects(
        self, request: messages.PutForwardProjectsRequest, context: Context
    ) -> messages.PutForwardProjectsResponse:
        asked = request.projects
        found = [*faults(asked, PUTTING_FORWARD), *await lookup.unknown_units(self._ledger, asked)]
        outcome = await self._submit("projects", asked, found, request)
        return messages.PutForwardProjectsResponse(outcome=outcome)

    async def CorrectProject(
        self, request: messages.CorrectProjectRequest, context: Context
    ) -> messages.CorrectProjectResponse:
        asked = request.correction
        expected = await self._reads.expected(PROJECTS, _project(asked), request.etag)
        found = faults([asked], CORRECTION)
        outcome = await self._submit("correction", [asked], found, request, expected)
        return messages.CorrectProjectResponse(outcome=outcome)

    async def WithdrawProject(
        self, request: messages.WithdrawProjectRequest, context: Context
    ) -> messages.WithdrawProjectResponse:
        outcome = await self._one("withdrawal", request.withdrawal, WITHDRAWAL, request)
        return messages.WithdrawProjectResponse(outcome=outcome)

    async def ProposeAllocation(
        self, request: messages.ProposeAllocationRequest, context: Context
    ) -> messages.ProposeAllocationResponse:
        found = [*faults([request.proposal], PROPOSAL), *_actor_faults(request.proposal)]
        asked = (
            request.proposal if found else await lookup.proposed_by(self._ledger, request.proposal)
        )
        would = None if found else await lookup.preview(self._ledger, asked)
        outcome = await self._submit("proposal", [asked], found, request)
        return messages.ProposeAllocationResponse(outcome=outcome, allocation=would)

    async def DecideAllocation(
        self, request: messages.DecideAllocationRequest, context: Context
    ) -> messages.DecideAllocationResponse:
        found = [*faults([request.decision], DECISION), *_actor_faults(request.decision)]
        asked = (
            request.decision if found else await lookup.decided_by(self._ledger, request.decision)
        )
        outcome = await self._submit("decision", [asked], found, request)
        return messages.DecideAllocationResponse(outcome=outcome)

    async def GrantLine(
        self, request: messages.GrantLineRequest, context: Context
    ) -> messages.GrantLineResponse:
        found = [*faults([request.grant], GRANT), *_actor_faults(request.grant)]
        asked = request.grant if found else await lookup.granted_by(self._ledger, request.grant)
        outcome = await self._submit("grant", [asked], found, request)
        return messages.GrantLineResponse(outcome=outcome)

    async def PayLine(
        self, request: messages.PayLineRequest, context: Context
    ) -> messages.PayLineResponse:
        outcome = await self._one("payment", request.payment, PAYMENT, request)
        return messages.PayLineResponse(outcome=outcome)

    async def ReturnLine(
        self, request: messages.ReturnLineRequest, context: Context
    ) -> messages.ReturnLineResponse:
        outcome = await self._one("restitution", request.restitution, RESTITUTION, request)
        return messages.ReturnLineResponse(outcome=outcome)

    async def ReleaseLine(
        self, request: messages.ReleaseLineRequest, context: Context
    ) -> messages.ReleaseLineResponse:
        found = [*faults([request.release], RELEASE), *_actor_faults(request.release)]
        outcome = await self._submit("release", [request.release], found, request)
        return messages.ReleaseLineResponse(outcome=outcome)

    async def SplitBlock(
        self, request: messages.SplitBlockRequest, context: Context
    ) -> messages.SplitBlockResponse:
        found = [*faults([request.split], SPLIT), *share_faults(request.split)]
        outcome = await self._submit("split", [request.split], found, request)
        return messages.SplitBlockResponse(outcome=outcome)

    async def GetPool(
        self, request: messages.GetPoolRequest, context: Context
    ) -> messages.GetPoolResponse:
        return await self._reads.get(POOLS, request, messages.GetPoolResponse)

    async def BatchGetPools(
        self, request: messages.BatchGetPoolsRequest, context: Context
    ) -> messages.BatchGetPoolsResponse:
        return await self._reads.batch_get(POOLS, request, messages.BatchGetPoolsResponse)

    async def ListPools(
        self, request: messages.ListPoolsRequest, context: Context
    ) -> messages.ListPoolsResponse:
        return await self._reads.list_page(POOLS, request, messages.ListPoolsResponse)

    async def ExplainPool(
        self, request: messages.ExplainPoolRequest, context: Context
    ) -> messages.ExplainPoolResponse:
        return await self._explaining.explain(POOLS, request, messages.ExplainPoolResponse)

    async def GetProject(
        self, request: messages.GetProjectRequest, context: Context
    ) -> messages.GetProjectResponse:
        return await self._reads.get(PROJECTS, request, messages.GetProjectResponse)

    async def BatchGetProjects(
        self, request: messages.BatchGetProjectsRequest, context: Context
    ) -> messages.BatchGetProjectsResponse:
        return await self._reads.batch_get(PROJECTS, request, messages.BatchGetProjectsResponse)

    async def ListProjects(
        self, request: messages.ListProjectsRequest, context: Context
    ) -> messages.ListProjectsResponse:
        return await self._reads.list_page(PROJECTS, request, messages.ListProjectsResponse)

    async def ExplainProject(
        self, request: messages.ExplainProjectRequest, context: Context
    ) -> messages.ExplainProjectResponse:
        return await self._explaining.explain(PROJECTS, request, messages.ExplainProjectResponse)

    async def GetAllocationLine(
        self, request: messages.GetAllocationLineRequest, context: Context
    ) -> messages.GetAllocationLineResponse:
        return await self._reads.get(LINES, request, messages.GetAllocationLineResponse)

    async def BatchGetAllocationLines(
        self, request: messages.BatchGetAllocationLinesRequest, context: Context
    ) -> messages.BatchGetAllocationLinesResponse:
        return await self._reads.batch_get(LINES, request, messages.BatchGetAllocationLinesResponse)

    async def ListAllocationLines(
        self, request: messages.ListAllocationLinesRequest, context: Context
    ) -> messages.ListAllocationLinesResponse:
        return await self._reads.list_page(LINES, request, messages.ListAllocationLinesResponse)

    async def ExplainAllocationLine(
        self, request: messages.ExplainAllocationLineRequest, context: Context
    ) -> messages.ExplainAllocationLineResponse:
        return await self._explaining.explain(
            LINES, request, messages.ExplainAllocationLineResponse
        )

    async def _one(self, name: str, command: Message, form: Form, request: Any) -> BatchOutcome:
        """A single command that says all that it needs."""
        return await self._submit(name, [command], faults([command], form), request)

    async def _submit(
        self,
        name: str,
        commands: Sequence[Message],
        found: Sequence[Fault],
        request: Any,
        expected_version: int | None = None,
    ) -> BatchOutcome:
        asked = submission(name, commands, found, request, expected_version)
        return await self._ledger.submit(asked)


def serve(server: grpc.aio.Server, ledger: Ledger) -> None:
    """Answer on `server`."""
    add_BudgetServiceServicer_to_server(BudgetApi(ledger), server)


def _actor_faults(command: Any) -> list[Fault]:
    return actor_faults(command, calling.viewer().agency)


def _pool(command: Any) -> str:
    return f"pools/{command.budget_year}.{command.line_id}"


def _project(command: Any) -> str:
    pool, project = f"{command.budget_year}.{command.line_id}", command.project
    return f"units/{project.unit_id}/projects/{pool}.{project.project_id}"

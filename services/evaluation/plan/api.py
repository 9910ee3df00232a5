"""The gRPC methods of construction plans: a request becomes commands or a question. No rules.

What a consent needs to know of its document, and a draft of its unit, is looked up here.
"""

from collections.abc import Iterable, Sequence
from datetime import date
from typing import Any, TypeAlias

import grpc.aio
from google.protobuf.message import Message

from services.evaluation import views as unit_views
from services.evaluation.plan import views
from services.evaluation.plan.lookup import (
    agreed_by,
    consent_faults,
    corrected_by,
    correction_faults,
    drafted_by,
    is_of_preparation,
    plan_faults,
    signatories,
    succeeded_last_on,
    successor,
    support_answer,
    unit_faults,
)
from services.evaluation.supplements import views as supplement_views
from services.kernel.decision import Recorded
from services.kernel.errors import Fault
from services.kernel.supplement import Supplements
from services.kernel.timeline import Question
from services.runtime import clock, fields
from services.runtime.explaining import Explaining
from services.runtime.ledger import Ledger
from services.runtime.names import Pattern
from services.runtime.reads import Asked, Collection, Reads
from services.runtime.submission import submission
from zoneledger.evaluation.v1 import plan_service_pb2 as messages
from zoneledger.evaluation.v1.events_pb2 import Unit
from zoneledger.evaluation.v1.plan_commands_pb2 import CorrectPlanStep, SupersedePlan
from zoneledger.evaluation.v1.plan_events_pb2 import PlanStep
from zoneledger.evaluation.v1.plan_service_pb2_grpc import (
    PlanServiceServicer,
    add_PlanServiceServicer_to_server,
)
from zoneledger.ledger.v1.outcome_pb2 import BatchOutcome

Context: TypeAlias = grpc.aio.ServicerContext[Any, Any]

STEP: fields.Table = {
    "unit_id": fields.identifier,
    "plan_id": fields.identifier,
    "document": fields.optional_text,
    "source": fields.optional_text,
}
# From the consent on a step has a document.
BY_DOCUMENT: fields.Table = {"document": fields.text}
CONTENTS: fields.Table = {
    "title_zh": fields.text,
    "title_en": fields.optional_text,
    "period": fields.text,
    "first_year": fields.year,
    "last_year": fields.year,
    "source": fields.optional_text,
}
SIGNED: fields.Table = {
    "signatories": signatories,
    "government_document": fields.optional_text,
}
COPY: fields.Table = {"recipient": fields.text}
AMENDMENT: fields.Table = {"reason": fields.text}
SUCCESSION: fields.Table = {"superseded_by": fields.identifier}
CORRECTION: fields.Table = {
    "recipient": fields.optional_text,
    "version": fields.not_negative,
    "document": fields.text,
    "reason": fields.text,
}


def _plans(entries: Sequence[Recorded], asked: Asked) -> Sequence[messages.PlanStanding]:
    supplements, on = supplement_views.adopted(asked.beside), date.fromisoformat(asked.day)
    return views.plans(
        entries,
        asked.as_of,
        lambda rules: support_answer(rules, supplements, asked.policies, on),
    )


PLANS = Collection(
    Pattern("units/{unit}/plans/{plan}"),
    "plans",
    "plan",
    _plans,
    is_about=views.is_about,
    beside=supplement_views.ADOPTED,
)


class PlanApi(PlanServiceServicer):
    """Answers for one ledger."""

    def __init__(self, ledger: Ledger) -> None:
        self._ledger = ledger
        self._reads, self._explaining = Reads(ledger), Explaining(ledger)

    async def DraftPlans(
        self, request: messages.DraftPlansRequest, context: Context
    ) -> messages.DraftPlansResponse:
        register = await self._register(request.drafts)
        commands = [drafted_by(each, register) for each in request.drafts]
        faults = [
            *_faults_of_steps(request.drafts, _of_any_day()),
            *unit_faults([each.step for each in request.drafts], register),
            *_faults_of_contents(request.drafts),
        ]
        outcome = await self._submit("drafts", commands, faults, request)
        return messages.DraftPlansResponse(outcome=outcome)

    async def RecommendPlans(
        self, request: messages.RecommendPlansRequest, context: Context
    ) -> messages.RecommendPlansResponse:
        commands = request.recommendations
        faults = _faults_of_steps(commands, _of_any_day())
        outcome = await self._submit("recommendations", commands, faults, request)
        return messages.RecommendPlansResponse(outcome=outcome)

    async def AssessPlans(
        self, request: messages.AssessPlansRequest, context: Context
    ) -> messages.AssessPlansResponse:
        commands = request.assessments
        faults = _faults_of_steps(commands, _of_any_day())
        outcome = await self._submit("assessments", commands, faults, request)
        return messages.AssessPlansResponse(outcome=outcome)

    async def AgreePlans(
        self, request: messages.AgreePlansRequest, context: Context
    ) -> messages.AgreePlansResponse:
        policies, supplements = self._ledger.adopted, await self._supplements()
        register = await self._register(request.consents)
        commands = [agreed_by(each, register, policies, supplements) for each in request.consents]
        faults = [
            *_faults_of_steps(commands, _of_a_day(), BY_DOCUMENT),
            *unit_faults([each.step for each in commands], register),
            *consent_faults(commands, policies),
        ]
        outcome = await self._submit("consents", commands, faults, request)
        return messages.AgreePlansResponse(outcome=outcome)

    async def RevisePlans(
        self, request: messages.RevisePlansRequest, context: Context
    ) -> messages.RevisePlansResponse:
        commands = request.revisions
        faults = _faults_of_steps(commands, _of_any_day())
        outcome = await self._submit("revisions", commands, faults, request)
        return messages.RevisePlansResponse(outcome=outcome)

    async def IssuePlans(
        self, request: messages.IssuePlansRequest, context: Context
    ) -> messages.IssuePlansResponse:
        faults = _faults_of_signing(request.issues)
        outcome = await self._submit("issues", request.issues, faults, request)
        return messages.IssuePlansResponse(outcome=outcome)

    async def ApprovePlans(
        self, request: messages.ApprovePlansRequest, context: Context
    ) -> messages.ApprovePlansResponse:
        faults = _faults_of_signing(request.approvals)
        outcome = await self._submit("approvals", request.approvals, faults, request)
        return messages.ApprovePlansResponse(outcome=outcome)

    async def CopyPlans(
        self, request: messages.CopyPlansRequest, context: Context
    ) -> messages.CopyPlansResponse:
        faults = [
            *_faults_of_steps(request.copies, _of_a_day(), BY_DOCUMENT),
            *fields.faults(request.copies, COPY),
        ]
        outcome = await self._submit("copies", request.copies, faults, request)
        return messages.CopyPlansResponse(outcome=outcome)

    async def AmendPlan(
        self, request: messages.AmendPlanRequest, context: Context
    ) -> messages.AmendPlanResponse:
        commands = [request.amendment]
        faults = [
            *_faults_of_steps(commands, _of_a_day(), BY_DOCUMENT),
            *_faults_of_contents(commands),
            *fields.faults(commands, AMENDMENT),
        ]
        expected = await self._expected(request.amendment.step, request.etag)
        outcome = await self._submit("amendment", commands, faults, request, expected)
        return messages.AmendPlanResponse(outcome=outcome)

    async def SupersedePlan(
        self, request: messages.SupersedePlanRequest, context: Context
    ) -> messages.SupersedePlanResponse:
        said, step = request.succession, request.succession.step
        plans = await self._plans_of(step.unit_id)
        command = SupersedePlan(
            step=step,
            superseded_by=said.superseded_by,
            successor=successor(said.superseded_by, plans),
            succeeded_last_on=succeeded_last_on(step.plan_id, plans),
        )
        faults = [
            *_faults_of_steps([command], _of_a_day(), BY_DOCUMENT),
            *fields.faults([command], SUCCESSION),
        ]
        expected = await self._expected(step, request.etag)
        outcome = await self._submit("succession", [command], faults, request, expected)
        return messages.SupersedePlanResponse(outcome=outcome)

    async def CorrectPlanStep(
        self, request: messages.CorrectPlanStepRequest, context: Context
    ) -> messages.CorrectPlanStepResponse:
        said = request.correction
        command = corrected_by(
            said,
            await self._plans_of(said.step.unit_id),
            await self._register([said]),
            self._ledger.adopted,
            await self._supplements(),
        )
        faults = [
            *_faults_of_steps([command], *_of_what_is_corrected(command)),
            *fields.faults([command], CORRECTION, {"corrected_on": fields.day_by(clock.today())}),
            *correction_faults(command, self._ledger.adopted),
        ]
        expected = await self._expected(command.step, request.etag)
        outcome = await self._submit("correction", [command], faults, request, expected)
        return messages.CorrectPlanStepResponse(outcome=outcome)

    async def GetPlan(
        self, request: messages.GetPlanRequest, context: Context
    ) -> messages.GetPlanResponse:
        return await self._reads.get(PLANS, request, messages.GetPlanResponse)

    async def BatchGetPlans(
        self, request: messages.BatchGetPlansRequest, context: Context
    ) -> messages.BatchGetPlansResponse:
        return await self._reads.batch_get(PLANS, request, messages.BatchGetPlansResponse)

    async def ListPlans(
        self, request: messages.ListPlansRequest, context: Context
    ) -> messages.ListPlansResponse:
        return await self._reads.list_page(PLANS, request, messages.ListPlansResponse)

    async def ExplainPlan(
        self, request: messages.ExplainPlanRequest, context: Context
    ) -> messages.ExplainPlanResponse:
        return await self._explaining.explain(PLANS, request, messages.ExplainPlanResponse)

    async def _submit(
        self,
        name: str,
        commands: Sequence[Message],
        faults: Sequence[Fault],
        request: Any,
        expected_version: int | None = None,
    ) -> BatchOutcome:
        return await self._ledger.submit(
            submission(name, commands, faults, request, expected_version)
        )

    async def _expected(self, step: PlanStep, etag: str) -> int | None:
        name = f"units/{step.unit_id}/plans/{step.plan_id}"
        return await self._reads.expected(PLANS, name, etag)

    async def _register(self, commands: Iterable[Any]) -> dict[str, Unit]:
        """The entries of the units that are named."""
        return {
            standing.unit.unit_id: standing.unit
            for unit in {each.step.unit_id for each in commands} - {""}
            for entries in await self._told(unit)
            for standing in unit_views.unit(entries, "")
        }

    async def _plans_of(self, unit: str) -> list[messages.PlanStanding]:
        told = await self._told(unit) if unit else []
        return [each for entries in told for each in views.plans(entries)]

    async def _supplements(self) -> Supplements:
        [told] = await self._told(supplement_views.ADOPTED) or [[]]
        return supplement_views.adopted(told)

    async def _told(self, subject: str) -> list[Sequence[Recorded]]:
        answer, _ = await self._ledger.ask(Question(subject))
        return [entries async for entries in answer]


def serve(server: grpc.aio.Server, ledger: Ledger) -> None:
    """Answer on `server`."""
    add_PlanServiceServicer_to_server(PlanApi(ledger), server)


def _of_any_day() -> fields.Table:
    """For steps whose day may be unknown."""
    return {"taken_on": fields.optional(fields.day_by(clock.today()))}


def _of_a_day() -> fields.Table:
    return {"taken_on": fields.day_by(clock.today())}


def _of_what_is_corrected(command: CorrectPlanStep) -> tuple[fields.Table, ...]:
    """The rules of the step that was entered wrong."""
    if is_of_preparation(command):
        return (_of_any_day(),)
    return _of_a_day(), BY_DOCUMENT


def _faults_of_steps(commands: Iterable[Any], *tables: fields.Table) -> list[Fault]:
    return _within("step", fields.faults([each.step for each in commands], STEP, *tables))


def _faults_of_contents(commands: Iterable[Any]) -> list[Fault]:
    plans = [each.plan for each in commands]
    return [*_within("plan", fields.faults(plans, CONTENTS)), *plan_faults(plans)]


def _faults_of_signing(commands: Sequence[Any]) -> list[Fault]:
    approved = {"government_approved_on": fields.optional(fields.day_by(clock.today()))}
    return [
        *_faults_of_steps(commands, _of_a_day(), BY_DOCUMENT),
        *fields.faults(commands, SIGNED, approved),
    ]


def _within(field: str, faults: Iterable[Fault]) -> list[Fault]:
    """The faults of a message that stands in this field of each item."""
    return [Fault(each.index, f"{field}.{each.field}", each.what) for each in faults]

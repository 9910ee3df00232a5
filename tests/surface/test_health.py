"""The standard health service answers for every gRPC service of a served folder."""

from pathlib import Path
from typing import Any

import grpc
from grpc_health.v1.health_pb2 import HealthCheckRequest, HealthCheckResponse
from grpc_health.v1.health_pb2_grpc import HealthStub

from tests.asynchronous import asynchronous, until
from tests.surface.served import refused, served

SERVICES = (
    "",
    "zoneledger.evaluation.v1.EvaluationService",
    "zoneledger.evaluation.v1.CircularService",
    "zoneledger.evaluation.v1.PlanService",
    "zoneledger.evaluation.v1.RoundService",
    "zoneledger.incentive.v1.BudgetService",
    "zoneledger.incentive.v1.CaseService",
    "zoneledger.incentive.v1.IncentiveService",
    "zoneledger.financing.v1.FinancingService",
    "zoneledger.ledger.v1.EventService",
    "zoneledger.ledger.v1.LogService",
)


@asynchronous
async def test_every_service_says_that_it_serves(tmp_path: Path) -> None:
    async with served(tmp_path) as on:
        health: Any = HealthStub(on.channel)
        for service in SERVICES:
            request = HealthCheckRequest(service=service)

            async def serves(request: HealthCheckRequest = request) -> bool:
                answer = await health.Check(request)
                return bool(answer.status == HealthCheckResponse.SERVING)

            await until(serves)
        unknown = await refused(health.Check, HealthCheckRequest(service="other"))
        assert unknown.code() == grpc.StatusCode.NOT_FOUND

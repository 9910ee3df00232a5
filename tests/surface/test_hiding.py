"""A field that the table hides from an agency is empty wherever it could stand, in texts too."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from google.protobuf.any_pb2 import Any as Packed
from google.protobuf.field_mask_pb2 import FieldMask
from google.protobuf.message import Message

from services.kernel.decision import unpack
from services.runtime import contract, masks
from services.runtime.service import SERVICES, load
from tests.asynchronous import asynchronous
from tests.surface.agencies import Agencies, behind_tls, certify, read
from tests.surface.hidden_round import OF, POOL, UNITS, tell
from tests.surface.methods import METHODS, Method
from zoneledger.ledger.v1.event_service_pb2 import WatchEventsRequest

HIDDEN = {
    "zoneledger.evaluation.v1.Unit.name_zh",
    "zoneledger.evaluation.v1.Plan.source",
    "zoneledger.evaluation.v1.Rating.source",
    "zoneledger.evaluation.v1.Rating.policy",
    "zoneledger.evaluation.v1.RatingCorrected.document",
    "zoneledger.evaluation.v1.RatingCorrected.reason",
    "zoneledger.evaluation.v1.RatingStanding.corrections",
    "zoneledger.evaluation.v1.RatingStanding.voided_by",
    "zoneledger.evaluation.v1.FormerRatingVoided.document",
    "zoneledger.evaluation.v1.ResultCorrected.reason",
    "zoneledger.evaluation.v1.ResultStanding.reason",
    "zoneledger.evaluation.v1.ResultStanding.corrected_by",
    "zoneledger.evaluation.v1.ResultStanding.voided_by",
    "zoneledger.evaluation.v1.ResultCorrected.former",
    "zoneledger.evaluation.v1.Placing.rank",
    "zoneledger.evaluation.v1.Score.contributions",
    "zoneledger.evaluation.v1.SheetOpened.sheets",
    "zoneledger.evaluation.v1.UnitVetoed.document",
    "zoneledger.evaluation.v1.UnitVetoed.reason",
    "zoneledger.evaluation.v1.BonusWithdrawn.reason",
    "zoneledger.evaluation.v1.ObjectionDecided.reason",
    "zoneledger.evaluation.v1.VetoLifted.reason",
    "zoneledger.incentive.v1.Entitlement.conditions",
    "zoneledger.incentive.v1.Entitlement.clause_id",
    "zoneledger.incentive.v1.EntitlementStanding.clause_quote",
    "zoneledger.incentive.v1.EntitlementStanding.reason",
    "zoneledger.incentive.v1.Withdrawal.reason",
    "zoneledger.incentive.v1.AllocationLine.weight",
    "zoneledger.incentive.v1.AllocationLineGranted.document",
    "zoneledger.incentive.v1.AllocationLineReserved.document",
    "zoneledger.incentive.v1.Basis.entitlement_clause_id",
    "zoneledger.incentive.v1.PoolOpened.text",
    "zoneledger.incentive.v1.Project.source",
    "zoneledger.incentive.v1.ProjectPutForward.document",
    "zoneledger.incentive.v1.ProjectStanding.document",
    "zoneledger.incentive.v1.BenefitSuspended.reason",
    "zoneledger.incentive.v1.CaseStanding.reason",
    "zoneledger.financing.v1.CreditTilt.dimensions",
    "zoneledger.financing.v1.CreditTiltStanding.reason",
    "zoneledger.financing.v1.CreditTiltWithdrawn.reason",
    "zoneledger.ledger.v1.ReviewItem.reason",
    "zoneledger.ledger.v1.ReviewLapse.reason",
    "zoneledger.incentive.v1.ReviewItemStanding.lapse_reason",
    "zoneledger.financing.v1.ReviewItemStanding.lapse_reason",
    "zoneledger.ledger.v1.SettlementRevised.reason",
    "zoneledger.ledger.v1.PolicyReference.content_hash",
    "zoneledger.ledger.v1.PolicyAdopted.text",
    "zoneledger.ledger.v1.ExplanationStep.actor",
    "zoneledger.ledger.v1.CloudEvent.spec_version",
    "zoneledger.ledger.v1.WatchEventsResponse.position",
}
READING = sorted(
    {
        f"{each.service}/{each.verb}*"
        for each in METHODS
        if each.verb in {"Get", "BatchGet", "List", "Explain"}
        and not each.service.startswith("zoneledger.ledger.")
    }
)
TABLE = f"""
agencies:
  - agency_id: operator
    name_zh: 运行维护
    name_en: Operator
    names: [urn:zoneledger:operator]
    from: 2021-06-09
    assumption: a test
    grants:
      - methods:
          - zoneledger.evaluation.v1.EvaluationService/*
          - zoneledger.evaluation.v1.PlanService/*
          - zoneledger.evaluation.v1.RoundService/*
          - zoneledger.evaluation.v1.CircularService/*
          - zoneledger.incentive.v1.BudgetService/*
          - zoneledger.incentive.v1.CaseService/*
        units: all
        sees: internal
        from: 2021-06-09
        assumption: a test
  - agency_id: half-blind
    name_zh: 半盲
    name_en: Half-blind
    names: [urn:zoneledger:half-blind]
    from: 2021-06-09
    assumption: a test
    grants:
      - methods: [{", ".join(READING)}, zoneledger.ledger.v1.EventService/Watch*]
        units: all
        sees: internal
        hides: [{", ".join(sorted(HIDDEN))}]
        from: 2021-06-09
        assumption: a test
"""
NOUNS = {
    "Unit": "",
    "Rating": "/ratings/2020",
    "Entitlement": "/entitlements/2020.land_guarantee",
    "CreditTilt": "/creditTilts/2020",
    "Plan": "/plans/145",
    "Case": "/cases/2020.land_guarantee.plot-1",
    "ReviewItem": "/reviewItems/2020.{instrument}.1",
    "Project": f"/projects/{POOL}.of-{UNITS[3]}",
    "AllocationLine": f"/allocationLines/{POOL}.of-{UNITS[3]}",
}
KNOWN = {name: type_ for service in SERVICES for name, type_ in load(service).events.items()}


def shown(message: Message) -> Iterator[str]:
    """The full names of all fields that say something, at any depth, also in what is packed."""
    for field, value in message.ListFields():
        yield field.full_name
        inner = value if field.is_repeated else [value]
        for each in inner.values() if hasattr(inner, "values") else inner:
            if isinstance(each, Packed):
                yield from shown(unpack(each, KNOWN))
            elif isinstance(each, Message):
                yield from shown(each)


async def everything(agencies: Agencies) -> list[Message]:
    """All that a half-blind agency can be told."""
    on = await agencies.of("half-blind")
    told = [await method.on(on.channel)(request) for method, request in asked()]
    for service in SERVICES:
        watched = on.events.WatchEvents(WatchEventsRequest(service=service, heartbeat_seconds=1))
        while True:
            told.append(await watched.read())
            if not told[-1].events:
                break
        watched.cancel()
    return told


def asked() -> Iterator[tuple[Method, Message]]:
    """Every list in full and by masks that name what is hidden, and all there is about a city."""
    for method in METHODS:
        noun = method.name.rpartition("/")[2].removeprefix(method.verb).removesuffix("s")
        instrument = "credit_tilt" if ".financing." in method.name else "land_guarantee"
        unit = UNITS[4 if noun == "Case" else 3]
        of_unit = f"units/{unit}{NOUNS.get(noun, '')}".format(instrument=instrument)
        name = f"pools/{POOL}" if noun == "Pool" else of_unit
        match method.verb:
            case "List" if "LogService" not in method.name and "AccessTables" not in method.name:
                yield method, method.request(page_size=1_000)
            case "Get" | "Explain" if noun in {*NOUNS, "Pool"}:
                yield method, method.request(name=name)
            case "BatchGet":
                yield method, method.request(names=[name])
    for method in METHODS:
        if method.name.endswith(("ListRatings", "ListEntitlements")):
            for path in ("rating.source", "rating.policy", "entitlement.conditions", "reason"):
                if _leads(method, path):
                    yield method, method.request(read_mask=FieldMask(paths=[path]))


def _leads(method: Method, path: str) -> bool:
    resource: Any = method.response.DESCRIPTOR.fields[0].message_type
    return FieldMask(paths=[path]).IsValidForDescriptor(resource)


@asynchronous
async def test_what_is_hidden_stands_nowhere(tmp_path: Path) -> None:
    keys = certify(tmp_path / "keys", read(TABLE))
    async with behind_tls(tmp_path / "data", keys, TABLE) as agencies:
        await tell(await agencies.of("operator"))
        told = await everything(agencies)
    said = {name for each in told for name in shown(each)}
    assert said & HIDDEN == set()
    assert {
        "zoneledger.incentive.v1.Withdrawal.rule_id",
        "zoneledger.ledger.v1.CloudEvent.id",
    } <= said
    texts = [f"{what}{OF}".encode() for what in ("source", "document", "reason")]
    assert [each for each in told if any(text in each.SerializeToString() for text in texts)] == []


@pytest.mark.parametrize("service", [load(name) for name in SERVICES], ids=SERVICES)
def test_an_event_is_told_whichever_of_its_fields_is_hidden(service: Any) -> None:
    for type_ in service.events.values():
        for name in contract.fields():
            event = masks.without(_full(type_()), frozenset({name}))
            assert all(service.tell(event))
            assert isinstance(service.effective_on(event), str)


def _full(message: Any) -> Any:
    """The message with something in every field."""
    for field in message.DESCRIPTOR.fields:
        if field.is_repeated:
            continue
        if field.message_type:
            _full(getattr(message, field.name)).SetInParent()
        else:
            setattr(message, field.name, "x" if field.type == field.TYPE_STRING else 1)
    return message

"""Names are resolved for whoever asks, among the units that it may ask about."""

from pathlib import Path

import grpc

from services.kernel.decision import moment
from tests.asynchronous import asynchronous
from tests.surface.agencies import behind_tls, certify, read
from tests.surface.served import Client, begin, refused, served
from tests.tables import SHIPPED
from zoneledger.evaluation.v1 import service_pb2 as evaluation
from zoneledger.evaluation.v1.events_pb2 import Alias, Membership
from zoneledger.ledger.v1.service_pb2 import GetFrontierRequest

INVALID = grpc.StatusCode.INVALID_ARGUMENT
DENIED = grpc.StatusCode.PERMISSION_DENIED


async def resolve(on: Client, *names: str) -> list[str]:
    request = evaluation.ResolveUnitsRequest(names=names)
    return [each.unit_id for each in (await on.evaluation.ResolveUnits(request)).resolutions]


async def rename(on: Client, unit_id: str, alias: str) -> int:
    """Give a unit an alias; the position at which the log has it."""
    got = await on.evaluation.GetUnit(evaluation.GetUnitRequest(name=f"units/{unit_id}"))
    unit = got.unit.unit
    unit.aliases.append(Alias(name_zh=alias))
    request = evaluation.RegisterUnitsRequest(units=[unit])
    return int((await on.evaluation.RegisterUnits(request)).outcome.position)


@asynchronous
async def test_names_are_resolved_as_the_log_knew_them(tmp_path: Path) -> None:
    async with served(tmp_path) as on:
        await begin(on, "huangshi", "xiangtan")
        before = await on.evaluation.GetUnit(evaluation.GetUnitRequest(name="units/xiangtan"))
        position = await rename(on, "xiangtan", "莲城")
        assert await resolve(on, "莲城", "huangshi", "莲城") == ["xiangtan", "huangshi", "xiangtan"]
        request = evaluation.ResolveUnitsRequest(names=["莲城"], min_position=position)
        request.known_at.CopyFrom(before.unit.recorded_at)
        then = await on.evaluation.ResolveUnits(request)
        assert then.resolutions[0].unit_id == ""
        assert then.reading.position == position
        request.known_at.CopyFrom(moment(0))
        assert not (await on.evaluation.ResolveUnits(request)).resolutions[0].candidates


@asynchronous
async def test_a_mask_leaves_of_each_answer_what_it_names(tmp_path: Path) -> None:
    async with served(tmp_path) as on:
        await begin(on, "xiangtan")
        request = evaluation.ResolveUnitsRequest(names=["xiangtan", "xiangtn"])
        request.read_mask.paths.append("unit_id")
        told = (await on.evaluation.ResolveUnits(request)).resolutions
    assert list(told) == [
        evaluation.UnitResolution(unit_id="xiangtan"),
        evaluation.UnitResolution(),
    ]


@asynchronous
async def test_names_that_cannot_be_read_are_refused_with_all_of_them(tmp_path: Path) -> None:
    async with served(tmp_path) as on:
        wrong = evaluation.ResolveUnitsRequest(names=["湘潭", "", "a\x00b"], round=3)
        refusal = await refused(on.evaluation.ResolveUnits, wrong)
        assert refusal.code() == INVALID
        for field in ("names[1]", "names[2]", "round"):
            assert field in (refusal.details() or "")
        many = evaluation.ResolveUnitsRequest(names=["湘潭"] * 1_001)
        assert (await refused(on.evaluation.ResolveUnits, many)).code() == INVALID


@asynchronous
async def test_an_agency_resolves_among_the_units_that_it_may_ask_about(tmp_path: Path) -> None:
    keys = certify(tmp_path / "keys", read(SHIPPED))
    async with behind_tls(tmp_path / "data", keys) as agencies:
        operator = await agencies.of("operator")
        await begin(operator, "huangshi", "xiangtan")
        await rename(operator, "xiangtan", "莲城")
        await rename(operator, "huangshi", "铜城")
        city, public = await agencies.of("huangshi"), await agencies.of("public")
        assert await resolve(public, "莲城", "铜城") == ["xiangtan", "huangshi"]
        assert await resolve(city, "莲城", "铜城", "xiangtan") == ["", "huangshi", ""]
        request = evaluation.ResolveUnitsRequest(names=["xiangtn"])
        told = (await city.evaluation.ResolveUnits(request)).resolutions[0]
        assert "xiangtan" not in {each.unit_id for each in told.candidates}
        foreign = evaluation.ResolveUnitsRequest(names=["units/xiangtan"])
        assert (await refused(city.evaluation.ResolveUnits, foreign)).code() == DENIED


@asynchronous
async def test_where_a_name_was_read_is_for_those_who_keep_the_register(tmp_path: Path) -> None:
    keys = certify(tmp_path / "keys", read(SHIPPED))
    async with behind_tls(tmp_path / "data", keys) as agencies:
        operator = await agencies.of("operator")
        await begin(operator, "xiangtan")
        get = evaluation.GetUnitRequest(name="units/xiangtan")
        unit = (await operator.evaluation.GetUnit(get)).unit.unit
        unit.aliases.add(name_zh="莲城", source="a page")
        unit.territories.add(text_zh="湘潭市", source="a page")
        unit.memberships.add(zone_id=unit.zone_id, valid_from=unit.member_from, source="a page")
        await operator.evaluation.RegisterUnits(evaluation.RegisterUnitsRequest(units=[unit]))
        assert (await operator.evaluation.GetUnit(get)).unit.unit == unit
        shown = (await (await agencies.of("public")).evaluation.GetUnit(get)).unit
        told = [*shown.unit.aliases, *shown.unit.territories, *shown.unit.memberships]
        assert len(told) == 3
        assert {each.source for each in (*told, *shown.territories)} == {""}


@asynchronous
async def test_faults_of_an_entry_come_all_at_once_and_nothing_is_written(tmp_path: Path) -> None:
    async with served(tmp_path) as on:
        await begin(on, "xiangtan")
        got = await on.evaluation.GetUnit(evaluation.GetUnitRequest(name="units/xiangtan"))
        unit = got.unit.unit
        unit.member_from = "2020-01-01"
        unit.memberships.extend(
            [Membership(zone_id="nowhere", valid_from="x"), Membership(valid_from="2099-01-01")]
        )
        before = (await on.log.GetFrontier(GetFrontierRequest(service="evaluation"))).size
        request = evaluation.RegisterUnitsRequest(units=[unit], validate_only=True)
        faults = (await on.evaluation.RegisterUnits(request)).outcome.faults
        assert {fault.field for fault in faults} == {
            "member_from",
            "memberships[0].zone_id",
            "memberships[0].valid_from",
            "memberships[1].valid_from",
        }
        request.validate_only = False
        assert (await refused(on.evaluation.RegisterUnits, request)).code() == INVALID
        after = (await on.log.GetFrontier(GetFrontierRequest(service="evaluation"))).size
        assert after == before

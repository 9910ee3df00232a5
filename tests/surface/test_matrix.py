"""Every agency, every method, its own unit and another's: what the table says is what happens.

The answer that is expected is read off the table's text here, in the plainest way; the answer that
is given comes from a server with mutual TLS, to a client with that agency's certificate.
"""

import json
import re
from collections.abc import Sequence
from datetime import date, datetime, timedelta, timezone
from pathlib import Path
from typing import Any, NamedTuple

import grpc
import grpc.aio
import pytest
from google.protobuf.message import Message

from tests.asynchronous import asynchronous
from tests.surface.agencies import NOBODY, Agencies, Table, behind_tls, certify, names, read
from tests.surface.methods import METHODS, Method, code
from tests.surface.served import begin
from tests.tables import SHIPPED
from zoneledger.ledger.v1.service_pb2 import GetFrontierRequest

Code = grpc.StatusCode
TODAY = datetime.now(timezone(timedelta(hours=8))).date()
A_DAY, A_DAY_OF_2021 = timedelta(days=1), date(2021, 6, 9)
OWN, FOREIGN = "huangshi", "xiangtan"
ADMITTED = {Code.OK, Code.NOT_FOUND, Code.INVALID_ARGUMENT, Code.FAILED_PRECONDITION}
NAMING = {"name", "names", "parent", "units", "unit_id"}


# What the table says.


def expected(table: Table, agency: str, method: str, units: Sequence[str]) -> bool:
    """Whether the table gives the method for these units today."""
    groups = {each["group_id"]: each["methods"] for each in table.get("groups", ())}
    return any(
        any(
            _stands_for(name, method)
            for said in grant["methods"]
            for name in groups.get(said, [said])
        )
        and (grant["units"] == "all" or set(units) <= set(grant["units"]))
        for each in table["agencies"]
        if each["agency_id"] == agency and _holds(each)
        for grant in each["grants"]
        if _holds(grant)
    )


def is_known(table: Table, agency: str) -> bool:
    """Whether the table knows the agency today."""
    return any(each["agency_id"] == agency and _holds(each) for each in table["agencies"])


def _holds(record: dict[str, Any]) -> bool:
    return bool(record["from"] <= TODAY <= record.get("until", date.max))


def _stands_for(name: str, method: str) -> bool:
    if not name.endswith("*"):
        return name == method
    return re.match(re.escape(name[:-1]) + "(?![a-z])", method) is not None


# What is asked.


class Asked(NamedTuple):
    """A call, the units that it names, and how it ended."""

    agency: str
    method: str
    units: tuple[str, ...]
    code: Code


def about(of: type[Message], unit: str) -> Message:
    """A request that names the unit wherever it can, or none; a command writes nothing."""
    request = of()
    if unit:
        _name(request, unit)
    for field, value in (("service", "evaluation"), ("validate_only", True)):
        if field in of.DESCRIPTOR.fields_by_name:
            setattr(request, field, value)
    return request


def _name(request: Any, unit: str) -> bool:
    """Name the unit at any depth; whether there is a place for it."""
    is_named = False
    for field in request.DESCRIPTOR.fields:
        value = getattr(request, field.name)
        if field.message_type:
            if field.message_type.file.package.startswith("zoneledger"):
                inner = value.add() if field.is_repeated else value
                if _name(inner, unit):
                    is_named = True
                elif field.is_repeated:
                    del value[-1]
                else:
                    request.ClearField(field.name)
        elif field.name in NAMING and field.type == field.TYPE_STRING:
            said = unit if field.name == "unit_id" else f"units/{unit}"
            if field.is_repeated:
                value.append(said)
            else:
                setattr(request, field.name, said)
            is_named = True
    return is_named


async def ask(agencies: Agencies, agency: str, method: Method, unit: str) -> Asked:
    """Ask as the agency; a reader that watches goes when it was told something."""
    request = about(method.request, unit)
    call = method.on((await agencies.of(agency)).channel)(request)
    named = (unit,) if unit and _name(method.request(), unit) else ()
    return Asked(agency, method.name, named, await code(call))


async def ask_everything(agencies: Agencies, who: Sequence[str]) -> list[Asked]:
    return [
        await ask(agencies, agency, method, unit)
        for agency in who
        for method in METHODS
        for unit in (OWN, FOREIGN, "")
    ]


def wrong(asked: Sequence[Asked], table: Table) -> list[Asked]:
    """The calls that did not end as the table says."""

    def is_right(call: Asked) -> bool:
        if not is_known(table, call.agency):
            return call.code == Code.UNAUTHENTICATED
        if expected(table, call.agency, call.method, call.units):
            return call.code in ADMITTED
        return call.code == Code.PERMISSION_DENIED

    return [call for call in asked if not is_right(call)]


async def sizes(agencies: Agencies) -> list[int]:
    """How long the three logs are."""
    log = (await agencies.of("operator")).log
    services = ("evaluation", "incentive", "financing")
    return [(await log.GetFrontier(GetFrontierRequest(service=each))).size for each in services]


def lines(folder: Path) -> list[dict[str, Any]]:
    """The access log."""
    return [
        json.loads(line)
        for file in sorted((folder / "access").glob("*.jsonl"))
        for line in file.read_text("utf-8").splitlines()
    ]


def told(line: dict[str, Any]) -> Asked:
    """A line of the access log as a call."""
    return Asked(
        line["agency"], line["method"], tuple(line["units"]), grpc.StatusCode[line["code"]]
    )


# The tables.


def grant(methods: str, units: str = "all", more: str = "", *, since: date = A_DAY_OF_2021) -> str:
    return f"""
      - methods: [{methods}]
        units: {units}
        sees: {"internal" if methods.endswith("/*") else "public"}
        from: {since}
        {more}
        assumption: a test"""


def agency(name: str, *grants: str, more: str = "", since: date = A_DAY_OF_2021) -> str:
    return f"""
  - agency_id: {name}
    name_zh: 测试
    name_en: {name}
    names: [urn:zoneledger:{name}]
    from: {since}
    {more}
    assumption: a test
    grants:{"".join(grants)}"""


EVALUATION = "zoneledger.evaluation.v1.EvaluationService"
INCENTIVE = "zoneledger.incentive.v1.IncentiveService"
EVENTS, LOGS = "zoneledger.ledger.v1.EventService", "zoneledger.ledger.v1.LogService"
READING = f"{EVALUATION}/Get*, {EVALUATION}/List*"
ENDED, TO_COME = f"until: {TODAY - A_DAY}", TODAY + A_DAY
OF_TODAY = "agencies:" + "".join(
    [
        agency("ended", grant(READING, more=ENDED)),
        agency("to-come", grant(READING, since=TO_COME)),
        agency("last-day", grant(READING, more=f"until: {TODAY}")),
        agency("first-day", grant(READING, since=TODAY)),
        agency("gone", grant(READING), more=ENDED),
        agency("not-yet", grant(READING), since=TO_COME),
        agency(
            "moved",
            grant(READING, f"[{OWN}]", ENDED),
            grant(READING, f"[{FOREIGN}]", since=TODAY),
        ),
        agency(
            "by-method",
            grant(f"{EVALUATION}/GetUnit", f"[{OWN}]"),
            grant(f"{EVALUATION}/GetRating", f"[{FOREIGN}]"),
            grant(f"{EVALUATION}/ListUnits"),
            grant(f"{EVALUATION}/BatchGet*", f"[{OWN}, {FOREIGN}]"),
            grant(f"{INCENTIVE}/Get*", f"[{OWN}]"),
            grant(f"{EVENTS}/Watch*", f"[{FOREIGN}]"),
        ),
        agency("little", grant(f"{INCENTIVE}/GetEntitlement", "[anshan]")),
        agency("operator", grant(f"{EVALUATION}/*, {LOGS}/*")),
    ]
)


@pytest.mark.parametrize("text", [SHIPPED, OF_TODAY], ids=["shipped", "of-today"])
@asynchronous
async def test_every_call_ends_as_the_table_says_and_is_in_the_access_log(
    tmp_path: Path, text: str
) -> None:
    table = read(text)
    keys, data = certify(tmp_path / "keys", table), tmp_path / "data"
    async with behind_tls(data, keys, text) as agencies:
        await begin(await agencies.of("operator"), OWN, FOREIGN)
        before, noted = await sizes(agencies), len(lines(data))
        asked = await ask_everything(agencies, [*names(table), NOBODY])
        noted_then = lines(data)[noted:]
        assert await sizes(agencies) == before
    assert wrong(asked, table) == []
    assert {call.code for call in asked} >= {Code.OK, Code.INVALID_ARGUMENT}
    known = [
        call._replace(agency="") if call.code == Code.UNAUTHENTICATED else call for call in asked
    ]
    assert [told(line) for line in noted_then] == known

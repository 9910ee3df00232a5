"""A held round as agencies meet it: who signs, and who is told what of a publication."""

from pathlib import Path

import grpc
from google.protobuf.message import Message

from services.kernel.decision import unpack
from services.runtime.service import load
from tests.asynchronous import asynchronous
from tests.rounds import (
    COLLECTED,
    HASH,
    NOTICED,
    OPENED,
    PROPOSED,
    PUBLISHED,
    TAKE_BACK,
    appoint,
    open_sheet,
    seal,
    sign,
)
from tests.spec import but
from tests.surface.agencies import Agencies, behind_tls, certify, read
from tests.surface.held_round import asking, begin, hear, hold, retold
from tests.surface.served import refused
from tests.tables import SHIPPED
from zoneledger.evaluation.v1 import round_service_pb2 as messages
from zoneledger.evaluation.v1.events_pb2 import Grade
from zoneledger.evaluation.v1.round_events_pb2 import ResultPublished
from zoneledger.ledger.v1.event_service_pb2 import CloudEvent, WatchEventsRequest

TABLE = read(SHIPPED)
# Huangshi has a certificate of its own.
NAMES = {"xiangtan": "huangshi"}
HELD = retold(PUBLISHED, 2020, NAMES)
UNITS = ("huangshi", "zhuzhou", "ningdong")


async def watched(agencies: Agencies, agency: str) -> list[CloudEvent]:
    """The two results that are public, as an agency is told of them when they are recorded."""
    on = await agencies.of(agency)
    request = WatchEventsRequest(
        service="evaluation",
        types=["result-published"],
        units=["units/huangshi", "units/zhuzhou"],
        heartbeat_seconds=1,
    )
    call, told = on.events.WatchEvents(request), []
    while True:
        response = await call.read()
        if not response.events:
            break
        told += list(response.events)
    call.cancel()
    return told


def result(event: CloudEvent) -> ResultPublished:
    said: Message = unpack(event.proto_data, load("evaluation").events)
    assert isinstance(said, ResultPublished)
    return said


@asynchronous
async def test_each_reader_of_a_publication_is_told_what_it_may_see_and_nobody_what_another_may(
    tmp_path: Path,
) -> None:
    keys = certify(tmp_path / "keys", TABLE)
    async with behind_tls(tmp_path / "data", keys) as agencies:
        operator = await agencies.of("operator")
        await begin(operator, UNITS)
        await hold(operator, HELD)
        # In this order, as the second is told from what the first was.
        seen = {each: await watched(agencies, each) for each in ("most", "hubei", "ndrc")}
    told = {
        agency: {each.standing.unit_id: each.score.score_micro for each in map(result, own)}
        for agency, own in seen.items()
    }
    assert told == {
        "most": {"huangshi": 900_000, "zhuzhou": 700_000},
        "hubei": {"huangshi": 900_000, "zhuzhou": 0},
        "ndrc": {"huangshi": 900_000, "zhuzhou": 700_000},
    }


@asynchronous
async def test_every_result_that_is_told_has_an_id_of_its_own_that_counts_nobody(
    tmp_path: Path,
) -> None:
    keys = certify(tmp_path / "keys", TABLE)
    async with behind_tls(tmp_path / "data", keys) as agencies:
        operator = await agencies.of("operator")
        await begin(operator, UNITS)
        await hold(operator, HELD)
        seen = {each: await watched(agencies, each) for each in ("hubei", "ndrc")}
    for own in seen.values():
        assert len({each.id for each in own}) == len(own) == 2
    assert [each.id.partition(".")[2] for each in seen["hubei"]] == [
        "result-published.huangshi",
        "result-published.zhuzhou",
    ]


@asynchronous
async def test_an_issuer_signs_for_itself_and_for_another_what_that_one_signed_on_paper(
    tmp_path: Path,
) -> None:
    keys = certify(tmp_path / "keys", TABLE)
    async with behind_tls(tmp_path / "data", keys) as agencies:
        operator = await agencies.of("operator")
        await begin(operator)
        await hold(operator, PROPOSED)
        most = await agencies.of("most")
        unsigned = but(sign("ndrc", HASH), document=None)
        refusal = await refused(most.rounds.SignResults, asking(unsigned))
        assert refusal.code() == grpc.StatusCode.FAILED_PRECONDITION
        assert "most does not sign for ndrc" in (refusal.details() or "")
        refusal = await refused(operator.rounds.SignResults, asking(unsigned))
        assert "operator does not sign for ndrc" in (refusal.details() or "")
        assert (await hear(most, but(sign("most", HASH), document=None))).recorded == 1
        assert (await hear(most, sign("ndrc", HASH))).recorded == 1
        answer = await most.rounds.GetRound(messages.GetRoundRequest(name="rounds/2020"))
        assert [
            (each.issuer, each.document, each.entered_by) for each in answer.round.signatures
        ] == [
            ("most", "", "most"),
            ("ndrc", "会签单", "most"),
        ]
        disowned = but(TAKE_BACK, issuer="ndrc")
        refusal = await refused(most.rounds.TakeBackSignature, asking(disowned))
        assert "most does not take back what is signed in the name of ndrc" in (
            refusal.details() or ""
        )
        ndrc = await agencies.of("ndrc")
        assert (await hear(ndrc, disowned)).recorded == 1
        answer = await most.rounds.GetRound(messages.GetRoundRequest(name="rounds/2020"))
        assert [each.issuer for each in answer.round.signatures] == ["most"]


@asynchronous
async def test_nobody_but_an_issuer_and_the_operator_may_sign(tmp_path: Path) -> None:
    keys = certify(tmp_path / "keys", TABLE)
    async with behind_tls(tmp_path / "data", keys) as agencies:
        operator = await agencies.of("operator")
        await begin(operator)
        await hold(operator, NOTICED)
        for agency in ("ciecc", "cdb", "hubei", "huangshi", "public", "audit"):
            on = await agencies.of(agency)
            refusal = await refused(on.rounds.SignResults, asking(sign("ndrc", HASH)))
            assert refusal.code() == grpc.StatusCode.PERMISSION_DENIED, agency


@asynchronous
async def test_a_rule_set_for_the_units_is_shown_to_those_that_have_units_and_not_to_the_public(
    tmp_path: Path,
) -> None:
    keys = certify(tmp_path / "keys", TABLE)
    seen = {}
    async with behind_tls(tmp_path / "data", keys) as agencies:
        operator = await agencies.of("operator")
        await begin(operator, UNITS)
        await hold(operator, retold(OPENED, 2020, NAMES))
        for agency in ("huangshi", "hubei", "ndrc", "public"):
            on = await agencies.of(agency)
            rule_sets = await on.rounds.ListRuleSets(messages.ListRuleSetsRequest())
            round_ = await on.rounds.GetRound(messages.GetRoundRequest(name="rounds/2020"))
            is_told = bool(round_.round.rule_set_hash)
            seen[agency] = (len(rule_sets.rule_sets), is_told)
    assert seen == {
        "huangshi": (1, True),
        "hubei": (1, True),
        "ndrc": (1, True),
        "public": (0, False),
    }


@asynchronous
async def test_a_city_is_told_its_own_proposed_grade_and_nobody_elses(tmp_path: Path) -> None:
    keys = certify(tmp_path / "keys", TABLE)
    names = {"ningdong": "huangshi"}  # The grade of Huangshi is a hidden one.
    async with behind_tls(tmp_path / "data", keys) as agencies:
        operator = await agencies.of("operator")
        await begin(operator, ("xiangtan", "zhuzhou", "huangshi"))
        await hold(operator, retold(NOTICED, 2020, names))
        told = {}
        for agency in ("huangshi", "hubei", "public", "ndrc"):
            on = await agencies.of(agency)
            answer = await on.rounds.ListProposals(messages.ListProposalsRequest(round=2020))
            told[agency] = [
                (each.proposal.standing.unit_id, each.proposal.standing.grade)
                for each in answer.proposals
            ]
        own = [("huangshi", Grade.GRADE_POOR)]
        assert (told["huangshi"], told["hubei"], told["public"]) == (own, own, [])
        assert [unit for unit, _ in told["ndrc"]] == ["huangshi", "xiangtan", "zhuzhou"]


EXPERT = """
  - agency_id: assessor-1
    name_zh: 专家一
    name_en: Assessor 1
    names: [urn:zoneledger:assessor-1]
    from: 2021-01-01
    assumption: an expert of this test
    grants:
      - methods:
          - zoneledger.evaluation.v1.RoundService/SealSheet
          - zoneledger.evaluation.v1.RoundService/OpenSheet
        units: all
        sees: public
        from: 2021-01-01
        assumption: an expert seals and opens its own sheet
"""


@asynchronous
async def test_an_expert_seals_and_opens_its_own_sheet_and_hears_of_no_other(
    tmp_path: Path,
) -> None:
    table = SHIPPED.rstrip() + EXPERT
    keys = certify(tmp_path / "keys", read(table))
    async with behind_tls(tmp_path / "data", keys, table) as agencies:
        operator = await agencies.of("operator")
        await begin(operator)
        await hold(operator, [*COLLECTED, appoint("assessor-1"), appoint("assessor-2")])
        expert = await agencies.of("assessor-1")
        assert (await hear(expert, seal("assessor-1"))).recorded == 1
        before = await refused(expert.rounds.SealSheet, asking(seal("assessor-2")))
        await hear(operator, seal("assessor-2"))
        for command in (seal("assessor-2"), open_sheet("assessor-2"), seal("assessor-3")):
            method = getattr(expert.rounds, type(command).__name__)
            refusal = await refused(method, asking(command))
            assert "assessor-1 does not seal or open the sheet of" in (refusal.details() or "")
        after = await refused(expert.rounds.SealSheet, asking(seal("assessor-2")))
        assert before.details() == after.details()
        assert (await hear(expert, open_sheet("assessor-1"))).recorded == 1

"""A round over gRPC, from its opening to the entitlements that follow from its results."""

import asyncio
from pathlib import Path
from typing import Any
from uuid import uuid4

import grpc
from google.rpc.error_details_pb2 import BadRequest
from google.rpc.status_pb2 import Status

from services.kernel.reasons import Why
from services.kernel.words import word
from services.runtime.audit import audit
from services.runtime.folder import log_file
from services.runtime.service import load
from services.runtime.store.sqlite import SqliteStore
from tests.asynchronous import asynchronous
from tests.rounds import (
    ABANDON,
    BONUS,
    CLOSE_ROUND,
    COLLECTED,
    CORRECT,
    FREEZE,
    HASH,
    INTERPRET,
    LATE,
    LEAVES_OPEN,
    NOTICE,
    NOTICED,
    OPEN_ROUND,
    OPENED,
    PROPOSE,
    PROPOSED,
    PUBLISHED,
    SIGNED,
    UNITS,
    VETO,
    WITHDRAW,
    admit,
    by,
    publish,
    report,
    sign,
    with_the_bonus,
)
from tests.runtime.story import rating
from tests.spec import but
from tests.surface.agencies import behind_tls, certify, read
from tests.surface.held_round import asking, begin, call, hear, hold
from tests.surface.served import Client, refused, served
from tests.tables import SHIPPED
from zoneledger.evaluation.v1 import circular_service_pb2 as circulars
from zoneledger.evaluation.v1 import round_service_pb2 as messages
from zoneledger.evaluation.v1 import service_pb2 as evaluation
from zoneledger.evaluation.v1.circular_commands_pb2 import WithdrawCircular
from zoneledger.evaluation.v1.circular_events_pb2 import Circular, CommendedPlace
from zoneledger.evaluation.v1.commands_pb2 import CorrectRating
from zoneledger.evaluation.v1.events_pb2 import Grade, Honour, HonourKind, UnitKind
from zoneledger.incentive.v1.service_pb2 import EntitlementStatus, ListEntitlementsRequest
from zoneledger.ledger.v1.service_pb2 import GetFrontierRequest

REFUSED = (grpc.StatusCode.INVALID_ARGUMENT, grpc.StatusCode.FAILED_PRECONDITION)
GOOD = Grade.GRADE_GOOD
BASIS = "bonuses[0].circular_id"
CIRCULAR = Circular(
    circular_id="2021-17",
    number="国办发〔2021〕17号",
    issued_on="2021-01-20",
    performance_year=2020,
    places=[
        CommendedPlace(name_zh="湖南株洲", unit_id="zhuzhou"),
        CommendedPlace(name_zh="安徽芜湖"),
    ],
)


async def size(on: Client) -> int:
    """How many decisions evaluation has recorded."""
    frontier = await on.log.GetFrontier(GetFrontierRequest(service="evaluation"))
    return int(frontier.size)


async def faults(on: Client, *commands: Any) -> list[tuple[str, str]]:
    """The fields for which commands of one kind are refused, and why; nothing is written."""
    return await faults_of(on, asking(*commands), call(on, asking(*commands)))


async def faults_of(on: Client, request: Any, method: Any) -> list[tuple[str, str]]:
    before = await size(on)
    refusal = await refused(method, request)
    assert refusal.code() in REFUSED
    assert await size(on) == before
    return violations(refusal)


def violations(refusal: grpc.aio.AioRpcError) -> list[tuple[str, str]]:
    [raw] = [
        value
        for key, value in refusal.trailing_metadata() or ()
        if key == "grpc-status-details-bin" and isinstance(value, bytes)
    ]
    found = []
    for detail in Status.FromString(raw).details:
        bad = BadRequest()
        if detail.Unpack(bad):
            found += [
                (each.field, each.reason or each.description) for each in bad.field_violations
            ]
    return found


async def ratings(on: Client) -> dict[str, str]:
    answer = await on.evaluation.ListRatings(evaluation.ListRatingsRequest(round=2020))
    return {each.rating.unit_id: word(Grade, each.rating.grade) for each in answer.ratings}


async def entitled(on: Client) -> dict[str, int]:
    """How many entitlements each unit has."""
    answer = await on.incentive.ListEntitlements(ListEntitlementsRequest(page_size=1_000))
    granted = EntitlementStatus.ENTITLEMENT_STATUS_GRANTED
    units = [each.entitlement.unit_id for each in answer.entitlements if each.status == granted]
    return {unit: units.count(unit) for unit in units}


async def commend(on: Client, circular: Circular = CIRCULAR) -> None:
    request = circulars.RecordCircularsRequest(circulars=[circular])
    await on.circulars.RecordCirculars(request)


async def withdraw(on: Client) -> None:
    withdrawal = WithdrawCircular(
        circular_id="2021-17", withdrawn_on="2021-04-19", document="国办函", reason="有误"
    )
    request = circulars.WithdrawCircularRequest(withdrawal=withdrawal)
    await on.circulars.WithdrawCircular(request)


# The whole way.


@asynchronous
async def test_published_results_are_ratings_and_what_they_earn_follows(tmp_path: Path) -> None:
    async with served(tmp_path) as on:
        await begin(on)
        await hold(on, SIGNED)
        assert await ratings(on) == {}
        outcome = await hear(on, publish(HASH))
        assert outcome.recorded == 1 + len(UNITS)
        assert await ratings(on) == {
            "ningdong": "poor",
            "xiangtan": "excellent",
            "zhuzhou": "good",
        }
        earned = await entitled(on)
        assert earned.keys() == {"xiangtan"}
        answer = await on.rounds.GetRound(messages.GetRoundRequest(name="rounds/2020"))
        assert answer.round.published.document == "2021-866"
        name = "units/xiangtan/results/2020"
        result = await on.rounds.GetResult(messages.GetResultRequest(name=name))
        assert result.result.score.score_micro == 900_000


@asynchronous
async def test_a_corrected_result_is_a_corrected_rating_and_what_it_earns_follows(
    tmp_path: Path,
) -> None:
    async with served(tmp_path) as on:
        await begin(on)
        await hold(on, [*PUBLISHED, LATE])
        before = await entitled(on)
        assert (await hear(on, CORRECT)).recorded == 2
        assert (await ratings(on))["zhuzhou"] == "excellent"
        after = await entitled(on)
        assert after == before | {"zhuzhou": before["xiangtan"]}
        down = but(CORRECT, unit_id="xiangtan", grade=GOOD, admitted=None)
        await hear(on, down)
        assert await entitled(on) == {"zhuzhou": before["xiangtan"]}
        explained = await on.rounds.ExplainResult(
            messages.ExplainResultRequest(name="units/zhuzhou/results/2020")
        )
        assert [each for each in explained.explanation.steps if "更正" in each.sentence_zh]


@asynchronous
async def test_replaying_a_publication_or_a_correction_changes_nothing(tmp_path: Path) -> None:
    async with served(tmp_path) as on:
        await begin(on)
        await hold(on, [*PUBLISHED, LATE, CORRECT])
        before = await size(on)
        for command in (publish(HASH), CORRECT):
            outcome = await hear(on, command)
            assert outcome.recorded == 0
        assert await size(on) == before


@asynchronous
async def test_a_correction_that_another_one_followed_is_not_applied_again(tmp_path: Path) -> None:
    other = but(CORRECT, grade=Grade.GRADE_QUALIFIED, admitted=None, document="再次更正")
    async with served(tmp_path) as on:
        await begin(on)
        await hold(on, [*PUBLISHED, LATE, CORRECT, other])
        before = await size(on)
        for command in (CORRECT, other):
            assert (await hear(on, command)).recorded == 0
        assert await size(on) == before
        assert (await ratings(on))["zhuzhou"] == "qualified"


@asynchronous
async def test_the_log_of_a_whole_round_is_decided_again_to_the_same(tmp_path: Path) -> None:
    async with served(tmp_path) as on:
        await begin(on)
        await commend(on)
        bonus = [
            but(BONUS, recognised_on="2021-04-15"),
            but(WITHDRAW, withdrawn_on="2021-04-16"),
        ]
        await hold(on, [*PUBLISHED[: len(COLLECTED)], *bonus, *PUBLISHED[len(COLLECTED) :]])
        await hold(on, [LATE, CORRECT, CLOSE_ROUND])
    for name in ("evaluation", "incentive", "financing"):
        store = SqliteStore(log_file(tmp_path, name), read_only=True)
        report = await audit(load(name), store)
        await store.close()
        assert report.findings == []
        assert report.decisions > 0


@asynchronous
async def test_a_round_goes_on_after_a_restart_at_any_step(tmp_path: Path) -> None:
    steps = [*PUBLISHED, LATE, CORRECT]
    half = len(steps) // 2
    async with served(tmp_path) as on:
        await begin(on)
        await hold(on, steps[:half])
    async with served(tmp_path) as on:
        await hold(on, steps[half - 1 :])
        assert (await ratings(on))["zhuzhou"] == "excellent"


@asynchronous
async def test_the_order_in_which_results_become_ratings_tells_no_rank(tmp_path: Path) -> None:
    async with served(tmp_path) as on:
        await begin(on)
        await hold(on, PUBLISHED)
    store = SqliteStore(log_file(tmp_path, "evaluation"), read_only=True)
    rows = await store.read(0, 1_000)
    await store.close()
    assert [row.stream for row in rows[-len(UNITS) :]] == [f"unit-{each}" for each in sorted(UNITS)]


# Who is rated in a round that is held here is rated by its results.


@asynchronous
async def test_a_rating_of_a_round_that_is_held_here_is_not_entered_by_hand(
    tmp_path: Path,
) -> None:
    async with served(tmp_path) as on:
        await begin(on)
        await hold(on, [OPEN_ROUND])
        entered = evaluation.PublishRatingsRequest(ratings=[rating("xiangtan")])
        corrected = evaluation.CorrectRatingRequest(
            correction=CorrectRating(
                rating=rating("xiangtan", GOOD),
                corrected_on="2021-08-01",
                document="更正通知",
                reason="数据修订",
            )
        )
        for request, method, field in (
            (entered, on.evaluation.PublishRatings, "ratings[0].round"),
            (corrected, on.evaluation.CorrectRating, "correction[0].round"),
        ):
            found = await faults_of(on, request, method)
            assert found == [(field, "ROUND_HELD_HERE")]


@asynchronous
async def test_a_year_that_was_rated_elsewhere_is_not_evaluated_again(tmp_path: Path) -> None:
    async with served(tmp_path) as on:
        await begin(on)
        known = evaluation.PublishRatingsRequest(ratings=[rating("xiangtan")])
        await on.evaluation.PublishRatings(known)
        assert await faults(on, OPEN_ROUND) == [("opening[0].round", "ROUND_RATED_ALREADY")]


# The order of things, seen from outside.


@asynchronous
async def test_two_provinces_that_report_at_once_are_both_heard(tmp_path: Path) -> None:
    async with served(tmp_path) as on:
        await begin(on)
        await hold(on, [*OPENED, *map(admit, UNITS)])
        outcomes = await asyncio.gather(*(hear(on, report(each)) for each in UNITS))
        assert [each.recorded for each in outcomes] == [1, 1, 1]
        answer = await on.rounds.ListObservations(messages.ListObservationsRequest())
        assert len(answer.observations) == 2 * len(UNITS)


@asynchronous
async def test_many_units_report_in_one_request_or_none_of_them(tmp_path: Path) -> None:
    async with served(tmp_path) as on:
        await begin(on)
        await hold(on, [*OPENED, *map(admit, UNITS)])
        wrong = report("ningdong", "2.00", "6.00")
        found = await faults(on, report("xiangtan"), wrong, report("changsha", "1.0", "1.00"))
        assert [field for field, _ in found] == [
            "reports[1].observations[0].value",
            "reports[2].unit_id",
        ]
        assert (await hear(on, *map(report, UNITS))).recorded == 3


@asynchronous
async def test_a_named_request_is_answered_once_and_a_trial_writes_nothing(
    tmp_path: Path,
) -> None:
    async with served(tmp_path) as on:
        await begin(on)
        await hold(on, SIGNED)
        before = await size(on)
        assert (await hear(on, publish(HASH), validate_only=True)).recorded == 1 + len(UNITS)
        assert await size(on) == before
        request_id = str(uuid4())
        first = await hear(on, publish(HASH), request_id=request_id)
        assert first.recorded == 1 + len(UNITS)
        await hold(on, [LATE, CORRECT])
        assert await hear(on, publish(HASH), request_id=request_id) == first


@asynchronous
async def test_every_field_that_is_wrong_is_named_at_once(tmp_path: Path) -> None:
    async with served(tmp_path) as on:
        await begin(on)
        await hold(on, PROPOSED)
        wrong = but(VETO, unit_id="", veto_id="x" * 300, document="", vetoed_on="tomorrow")
        fields = {field for field, _ in await faults(on, wrong)}
        assert fields == {
            f"veto[0].{each}" for each in ("unit_id", "veto_id", "document", "vetoed_on")
        }


@asynchronous
async def test_scores_are_calculated_of_all_units_at_once_and_every_reason_is_told(
    tmp_path: Path,
) -> None:
    async with served(tmp_path) as on:
        await begin(on)
        await hold(on, COLLECTED[:-1])
        request = messages.CalculateScoresRequest(round=2020, calculated_on="2021-04-18")
        found = await faults_of(on, request, on.rounds.CalculateScores)
        assert found == [("units[0].unit_id", "NOT_REVIEWED")]
        request = messages.CalculateScoresRequest(round=2018, calculated_on="2021-04-18")
        assert [f for f, _ in await faults_of(on, request, on.rounds.CalculateScores)] == ["round"]


# What is looked up.


@asynchronous
async def test_who_is_no_unit_no_member_or_of_no_rated_kind_takes_no_part(tmp_path: Path) -> None:
    async with served(tmp_path) as on:
        await begin(on)
        await hold(on, OPENED)
        found = await on.evaluation.GetUnit(evaluation.GetUnitRequest(name="units/xiangtan"))
        late = but(found.unit.unit, unit_id="late", name_zh="后来", member_from="2021-01-01")
        zone = but(found.unit.unit, unit_id="hunan", kind=UnitKind.UNIT_KIND_ZONE)
        await on.evaluation.RegisterUnits(evaluation.RegisterUnitsRequest(units=[late, zone]))
        others = [but(admit("xiangtan"), unit_id=each) for each in ("nowhere", "late", "hunan")]
        assert await faults(on, *others) == [
            ("units[0].unit_id", "UNIT_NOT_REGISTERED"),
            ("units[1].unit_id", "NO_MEMBER_IN_ROUND"),
            ("units[2].unit_id", "KIND_NOT_RATED"),
        ]


@asynchronous
async def test_what_the_register_says_of_a_unit_is_in_the_round(tmp_path: Path) -> None:
    async with served(tmp_path) as on:
        await begin(on)
        await hold(on, OPENED)
        said = but(admit("ningdong"), province="", kind=UnitKind.UNIT_KIND_COUNTY_PARK)
        assert (await hear(on, said)).recorded == 1


@asynchronous
async def test_a_bonus_rests_on_a_circular_that_stands_and_names_the_unit(tmp_path: Path) -> None:
    async with served(tmp_path) as on:
        await begin(on)
        await hold(on, COLLECTED)
        assert await faults(on, BONUS) == [(BASIS, "CIRCULAR_UNKNOWN")]
        await commend(on)
        other = but(BONUS, unit_id="xiangtan")
        assert await faults(on, other) == [(BASIS, "NOT_COMMENDED")]
        assert (await hear(on, BONUS)).recorded == 1
        answer = await on.rounds.ListBonuses(messages.ListBonusesRequest(parent="units/zhuzhou"))
        [standing] = answer.bonuses
        assert standing.bonus.circular_number == "国办发〔2021〕17号"
        assert standing.bonus.points_micro == 20_000


@asynchronous
async def test_a_circular_that_was_withdrawn_or_came_after_the_freeze_is_no_basis(
    tmp_path: Path,
) -> None:
    async with served(tmp_path) as on:
        await begin(on)
        await hold(on, COLLECTED)
        await commend(on, but(CIRCULAR, circular_id="2021-18", issued_on="2021-01-21"))
        await commend(on)
        withdrawal = WithdrawCircular(
            circular_id="2021-17", withdrawn_on="2021-04-01", document="国办函", reason="撤回"
        )
        await on.circulars.WithdrawCircular(
            circulars.WithdrawCircularRequest(withdrawal=withdrawal)
        )
        for circular, why in (
            ("2021-17", "CIRCULAR_WITHDRAWN"),
            ("2021-18", "CIRCULAR_TOO_LATE"),
        ):
            assert await faults(on, but(BONUS, circular_id=circular)) == [(BASIS, why)]


@asynchronous
async def test_a_circular_commends_places_that_are_no_unit_but_names_no_unit_that_is_none(
    tmp_path: Path,
) -> None:
    async with served(tmp_path) as on:
        await begin(on)
        wrong = but(CIRCULAR, places=[CommendedPlace(name_zh="安徽芜湖", unit_id="wuhu")])
        request = circulars.RecordCircularsRequest(circulars=[wrong])
        found = await faults_of(on, request, on.circulars.RecordCirculars)
        assert found == [("circulars[0].places[0].unit_id", "UNIT_NOT_REGISTERED")]
        await commend(on)
        answer = await on.circulars.ListCirculars(circulars.ListCircularsRequest())
        assert [each.circular for each in answer.circulars] == [CIRCULAR]


@asynchronous
async def test_the_year_of_a_round_that_was_given_up_is_rated_by_a_notice(tmp_path: Path) -> None:
    async with served(tmp_path) as on:
        await begin(on)
        await hold(on, PROPOSED)
        request = evaluation.PublishRatingsRequest(ratings=[rating("xiangtan")])
        found = await faults_of(on, request, on.evaluation.PublishRatings)
        assert found == [("ratings[0].round", "ROUND_HELD_HERE")]
        await hold(on, [ABANDON])
        answer = await on.rounds.GetRound(messages.GetRoundRequest(name="rounds/2020"))
        assert answer.round.stage == messages.RoundStage.ROUND_STAGE_ABANDONED
        assert answer.round.abandoned.document == "中止函"
        assert await faults(on, OPEN_ROUND) == [("opening[0].round", "ROUND_ABANDONED")]
        await on.evaluation.PublishRatings(request)
        assert await ratings(on) == {"xiangtan": "excellent"}
        assert (await entitled(on))["xiangtan"] == 6


@asynchronous
async def test_what_the_rules_leave_open_is_answered_and_told_with_the_round(
    tmp_path: Path,
) -> None:
    async with served(tmp_path) as on:
        await begin(on)
        await hold(on, by(LEAVES_OPEN))
        assert await faults(on, NOTICE) == [("notice[0].round", "RULE_SET_LEAVES_OPEN")]
        await hold(on, [INTERPRET, NOTICE])
        answer = await on.rounds.GetRound(messages.GetRoundRequest(name="rounds/2020"))
        assert [each.answer for each in answer.round.interpretations] == ["7"]
        assert answer.round.notice.closes_on == "2021-04-28"


@asynchronous
async def test_rules_of_other_issuers_than_the_document_of_the_year_are_not_frozen(
    tmp_path: Path,
) -> None:
    async with served(tmp_path) as on:
        await begin(on)
        await hold(on, OPENED[:1])
        one = but(FREEZE, text=FREEZE.text.replace("[ndrc, most]", "[ndrc]"), issuers=["ndrc"])
        assert await faults(on, one) == [("freeze[0].text", "RULES_OF_OTHER_ISSUERS")]


@asynchronous
async def test_who_saw_a_grade_that_is_replaced_by_a_hidden_one_is_told_that_it_stands_no_more(
    tmp_path: Path,
) -> None:
    keys = certify(tmp_path / "keys", read(SHIPPED))
    async with behind_tls(tmp_path / "data", keys) as agencies:
        on = await agencies.of("operator")
        await begin(on)
        await hold(on, PUBLISHED)
        hidden = but(CORRECT, unit_id="xiangtan", grade=Grade.GRADE_POOR, admitted=None)
        public = await agencies.of("public")
        assert (await entitled(public))["xiangtan"] == 6
        await hold(on, [hidden])
        listed = await public.evaluation.ListRatings(evaluation.ListRatingsRequest(round=2020))
        [former] = [each for each in listed.ratings if each.rating.unit_id == "xiangtan"]
        assert (former.voided_on, former.voided_by) == ("2021-08-01", "更正通知")
        assert former.rating.grade == Grade.GRADE_EXCELLENT
        told = await public.rounds.ListResults(messages.ListResultsRequest(round=2020))
        [result] = [each for each in told.results if each.standing.unit_id == "xiangtan"]
        assert (result.voided_on, result.voided_by) == ("2021-08-01", "更正通知")
        for _ in range(60):  # What follows is heard a moment later.
            if "xiangtan" not in await entitled(public):
                break
            await asyncio.sleep(0.1)
        assert "xiangtan" not in await entitled(public)
        answer = await public.incentive.ListEntitlements(ListEntitlementsRequest())
        own = [each for each in answer.entitlements if each.entitlement.unit_id == "xiangtan"]
        withdrawn = EntitlementStatus.ENTITLEMENT_STATUS_WITHDRAWN
        assert {(each.status, each.reason) for each in own} == {
            (withdrawn, "the rating stands no more")
        }
        inside = await on.evaluation.ListRatings(evaluation.ListRatingsRequest(round=2020))
        [now] = [each for each in inside.ratings if each.rating.unit_id == "xiangtan"]
        assert (now.rating.grade, now.voided_on) == (Grade.GRADE_POOR, "")
        results = await on.rounds.ListResults(messages.ListResultsRequest(round=2020))
        assert {each.voided_on for each in results.results} == {""}


# Honours go with the results.

HONOUR = Honour(
    honour_id="park-2020",
    round=2020,
    kind=HonourKind.HONOUR_KIND_PARK,
    name_zh="示范园区",
    unit_id="xiangtan",
    awarded_on="2021-06-09",
    document="2021-866",
)


@asynchronous
async def test_an_honour_of_a_round_waits_for_its_results_and_is_of_no_earlier_day(
    tmp_path: Path,
) -> None:
    async with served(tmp_path) as on:
        await begin(on)
        for before in (PUBLISHED[:1], PUBLISHED[1:2], PUBLISHED[2:-1]):
            await hold(on, before)
            assert await awarded(on, HONOUR) == [("honours[0].round", "ROUND_NOT_DECIDED")]
        await hold(on, PUBLISHED[-1:])
        early = but(HONOUR, awarded_on="2021-06-08")
        assert await awarded(on, early) == [("honours[0].awarded_on", "BEFORE_ITS_TIME")]
        assert await awarded(on, HONOUR) == []


async def awarded(on: Client, honour: Honour) -> list[tuple[str, str]]:
    """The fields and reasons for which the honour is refused; empty where it is recorded."""
    request = evaluation.AwardHonoursRequest(honours=[honour])
    try:
        await on.evaluation.AwardHonours(request)
    except grpc.aio.AioRpcError as refusal:
        return violations(refusal)
    return []


# What is published.


@asynchronous
async def test_nothing_is_published_that_was_not_looked_at(tmp_path: Path) -> None:
    async with served(tmp_path) as on:
        await begin(on)
        await hold(on, [*NOTICED, VETO])
        await hold(on, [sign("ndrc", await proposed(on)), sign("most", await proposed(on))])
        found = await faults(on, publish(HASH))
        assert found == [("publication[0].results_hash", "OTHER_RESULTS_PROPOSED")]


async def proposed(on: Client) -> str:
    """The hash of what is proposed."""
    answer = await on.rounds.GetRound(messages.GetRoundRequest(name="rounds/2020"))
    return str(answer.round.proposed.results_hash)


@asynchronous
async def test_results_are_published_after_the_year_by_a_document_that_is_known_and_signed(
    tmp_path: Path,
) -> None:
    async with served(tmp_path) as on:
        await begin(on)
        await hold(on, SIGNED)
        for wrong, field in (
            (but(publish(HASH), document="发改振兴〔2021〕1号"), "document"),
            (but(publish(HASH), document="2019-zone-notice"), "document"),
            (publish(HASH, on="2020-12-31"), "published_on"),
            (publish(HASH, on="2021-06-08"), "published_on"),
            (publish(HASH, on="2199-01-01"), "published_on"),
        ):
            fields = [name for name, _ in await faults(on, wrong)]
            assert set(fields) == {f"publication[0].{field}"}


@asynchronous
async def test_what_has_lost_its_circular_is_looked_for_in_each_step_that_rests_on_it(
    tmp_path: Path,
) -> None:
    lost = Why.BONUS_LOST_ITS_BASIS.name
    async with served(tmp_path) as on:
        await begin(on)
        await commend(on)
        signed = with_the_bonus()
        await hold(on, signed[:-1])
        await withdraw(on)
        assert await faults(on, signed[-1]) == [("publication[0].unit_id", lost)]
        assert await faults(on, but(PROPOSE, proposed_on="2021-05-20")) == [
            ("proposal[0].unit_id", lost)
        ]
        scores = messages.CalculateScoresRequest(round=2020, calculated_on="2021-05-20")
        found = await faults_of(on, scores, on.rounds.CalculateScores)
        assert [reason for _, reason in found] == [lost]
        await hear(on, but(WITHDRAW, withdrawn_on="2021-05-20"))
        assert (await on.rounds.CalculateScores(scores)).outcome.recorded == 1

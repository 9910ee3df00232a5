"""The review list over gRPC: authorities close their own items, refusals tell nothing hidden."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any
from uuid import uuid4

import grpc
import pytest

from tests import rounds
from tests.asynchronous import asynchronous
from tests.runtime.story import EXCELLENT, GOOD, correct
from tests.spec import but
from tests.surface import held_round
from tests.surface.agencies import Agencies, behind_tls, certify, read
from tests.surface.served import Client, begin, refused, served
from tests.tables import SHIPPED
from zoneledger.evaluation.v1 import service_pb2 as evaluation
from zoneledger.evaluation.v1.commands_pb2 import CorrectRating
from zoneledger.financing.v1 import service_pb2 as financing
from zoneledger.incentive.v1 import service_pb2 as incentive
from zoneledger.ledger.v1.review_pb2 import ReviewClosing, ReviewKind, ReviewOutcome, ReviewState
from zoneledger.ledger.v1.service_pb2 import GetFrontierRequest
from zoneledger.ledger.v1.visibility_pb2 import Visibility

Code = grpc.StatusCode
INTERNAL = Visibility.VISIBILITY_INTERNAL
LAND = "units/xiangtan/reviewItems/2020.land_guarantee.1"


def closing(instrument: str = "land_guarantee", by: str = "mnr", **said: Any) -> ReviewClosing:
    whole = ReviewClosing(
        unit_id="xiangtan",
        round=2020,
        instrument=instrument,
        number=1,
        outcome=ReviewOutcome.REVIEW_OUTCOME_KEPT,
        closed_by=by,
        closed_on="2022-03-01",
        document="自然资函〔2022〕5号",
    )
    return but(whole, **said)


def request(said: ReviewClosing | None = None, **more: Any) -> incentive.CloseReviewItemRequest:
    return incentive.CloseReviewItemRequest(closing=said or closing(), **more)


async def corrected(on: Client, command: CorrectRating) -> None:
    await on.evaluation.CorrectRating(evaluation.CorrectRatingRequest(correction=command))


async def prepare(on: Client) -> None:
    """An excellent rating that is corrected to good, in public."""
    await begin(on, "xiangtan")
    await corrected(on, correct("xiangtan", GOOD))


@asynccontextmanager
async def agencies(folder: Path) -> AsyncIterator[Agencies]:
    keys = certify(folder / "keys", read(SHIPPED))
    async with behind_tls(folder / "data", keys) as found:
        await prepare(await found.of("operator"))
        yield found


async def item(on: Client) -> Any:
    named = incentive.GetReviewItemRequest(name=LAND)
    return (await on.incentive.GetReviewItem(named)).review_item


async def reason(on: Client, said: ReviewClosing) -> str:
    """The reason, stable, for which a closing is refused."""
    return (await refused(on.incentive.CloseReviewItem, request(said))).details() or ""


@asynchronous
async def test_each_authority_closes_its_own_items_and_the_bank_those_of_tilts(
    tmp_path: Path,
) -> None:
    async with agencies(tmp_path) as found:
        mnr, cdb = await found.of("mnr"), await found.of("cdb")
        assert (await mnr.incentive.CloseReviewItem(request())).outcome.recorded == 1
        tilt = financing.CloseReviewItemRequest(closing=closing("credit_tilt", "cdb"))
        assert (await cdb.financing.CloseReviewItem(tilt)).outcome.recorded == 1
        assert "does not decide for" in await reason(
            mnr, closing("innovation_cluster_support", "most")
        )
        city = await refused((await found.of("huangshi")).incentive.CloseReviewItem, request())
        assert city.code() == Code.PERMISSION_DENIED


@asynchronous
async def test_a_correction_in_a_held_round_lists_what_was_lacking_too(tmp_path: Path) -> None:
    async with served(tmp_path) as on:
        await held_round.begin(on)
        await held_round.hold(on, rounds.WHOLE)
        found = await on.incentive.ListReviewItems(incentive.ListReviewItemsRequest())
        tilts = await on.financing.ListReviewItems(financing.ListReviewItemsRequest())
    items = [each.item for each in (*found.review_items, *tilts.review_items)]
    assert {(each.unit_id, each.kind, each.from_on, each.ended_on) for each in items} == {
        ("zhuzhou", ReviewKind.REVIEW_KIND_LACKED, "2021-06-09", "2021-08-01")
    }
    assert len(items) == 7


@asynchronous
async def test_whoever_enters_a_decision_is_recorded_whatever_it_says_of_itself(
    tmp_path: Path,
) -> None:
    async with agencies(tmp_path) as found:
        operator = await found.of("operator")
        await operator.incentive.CloseReviewItem(request(closing(entered_by="mnr")))
        assert (await item(operator)).closing.entered_by == "operator"


@asynchronous
async def test_an_item_that_the_caller_may_not_see_is_none(tmp_path: Path) -> None:
    within = correct("xiangtan", EXCELLENT)
    within = but(within, rating=but(within.rating, visibility=INTERNAL), corrected_on="2021-08-01")
    async with agencies(tmp_path) as found:
        mnr, operator = await found.of("mnr"), await found.of("operator")
        await corrected(operator, within)
        shown = await operator.incentive.ListReviewItems(incentive.ListReviewItemsRequest())
        hidden = [each for each in shown.review_items if each.item.instrument == "land_guarantee"]
        assert [each.item.number for each in hidden] == [1, 2]
        is_there, is_not = closing(number=2), closing(number=3)
        said = await reason(mnr, is_there)
        assert said.replace(".2", ".3") == await reason(mnr, is_not)


@asynchronous
async def test_what_the_caller_may_not_see_of_an_item_does_not_hinder_it(tmp_path: Path) -> None:
    within = correct("xiangtan", EXCELLENT)
    within = but(within, rating=but(within.rating, visibility=INTERNAL), corrected_on="2021-08-01")
    async with agencies(tmp_path) as found:
        mnr, operator = await found.of("mnr"), await found.of("operator")
        await corrected(operator, within)
        assert (await item(operator)).state == ReviewState.REVIEW_STATE_LAPSED
        seen = await item(mnr)
        assert seen.state == ReviewState.REVIEW_STATE_OPEN
        answer = await mnr.incentive.CloseReviewItem(request(etag=seen.etag))
        assert answer.outcome.recorded == 1


@asynchronous
async def test_an_item_that_was_closed_meanwhile_is_left_as_it_is(tmp_path: Path) -> None:
    async with served(tmp_path) as on:
        await prepare(on)
        etag = (await item(on)).etag
        await on.incentive.CloseReviewItem(request(etag=etag))
        later = request(closing(document="6号"), etag=etag)
        assert (await refused(on.incentive.CloseReviewItem, later)).code() == Code.ABORTED
        assert (await item(on)).closing.document == "自然资函〔2022〕5号"


@asynchronous
async def test_to_validate_writes_nothing_and_a_named_request_is_carried_out_once(
    tmp_path: Path,
) -> None:
    size = GetFrontierRequest(service="incentive")
    async with served(tmp_path) as on:
        await prepare(on)
        before = (await on.log.GetFrontier(size)).size
        await on.incentive.CloseReviewItem(request(validate_only=True))
        assert (await on.log.GetFrontier(size)).size == before
        named = request(request_id=str(uuid4()))
        first = await on.incentive.CloseReviewItem(named)
        assert await on.incentive.CloseReviewItem(named) == first
        assert (await on.log.GetFrontier(size)).size == before + 1


@pytest.mark.parametrize("field", ["document", "closed_by", "closed_on", "outcome"])
@asynchronous
async def test_a_decision_says_what_whose_when_and_by_which_document(
    tmp_path: Path, field: str
) -> None:
    said = closing()
    said.ClearField(field)  # type: ignore[arg-type]  # one of the four
    async with served(tmp_path) as on:
        await prepare(on)
        assert field in await reason(on, said)

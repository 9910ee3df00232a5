"""A walk through a list sees one state of the log, whatever is decided meanwhile."""

from pathlib import Path

import grpc
import pytest
from google.protobuf.field_mask_pb2 import FieldMask
from google.protobuf.timestamp_pb2 import Timestamp

from tests.asynchronous import asynchronous
from tests.runtime.story import EXCELLENT, GOOD, correct, rating
from tests.surface.served import Client, begin, publish, refused, register, served
from zoneledger.evaluation.v1 import service_pb2 as evaluation
from zoneledger.financing.v1 import service_pb2 as financing
from zoneledger.incentive.v1 import service_pb2 as incentive

CITIES = ("chifeng", "shijingshan", "tangshan", "xiangtan", "zhuzhou")
INVALID = grpc.StatusCode.INVALID_ARGUMENT


async def walk(
    on: Client, request: incentive.ListEntitlementsRequest
) -> list[incentive.ListEntitlementsResponse]:
    """Every page of a list."""
    asked, pages = incentive.ListEntitlementsRequest(), []
    asked.CopyFrom(request)
    while True:
        pages.append(await on.incentive.ListEntitlements(asked))
        if not pages[-1].next_page_token:
            return pages
        asked.page_token = pages[-1].next_page_token


def names(pages: list[incentive.ListEntitlementsResponse]) -> list[str]:
    return [each.name for page in pages for each in page.entitlements]


@pytest.mark.parametrize("size", [1, 4, 6, 7, 29, 30, 1_000, 5_000])
@asynchronous
async def test_pages_of_any_size_make_up_the_same_list(tmp_path: Path, size: int) -> None:
    async with served(tmp_path) as on:
        await begin(on, *CITIES)
        pages = await walk(on, incentive.ListEntitlementsRequest(page_size=size))
        whole = await on.incentive.ListEntitlements(incentive.ListEntitlementsRequest())
    assert names(pages) == [each.name for each in whole.entitlements]
    assert len(set(names(pages))) == 30
    assert all(len(page.entitlements) == size for page in pages[:-1])
    assert pages[-1].entitlements


@asynchronous
async def test_what_is_decided_during_a_walk_is_not_in_it(tmp_path: Path) -> None:
    async with served(tmp_path) as on:
        await begin(on, *CITIES)
        request = incentive.ListEntitlementsRequest(page_size=7)
        before = names(await walk(on, request))
        first = await on.incentive.ListEntitlements(request)
        await register(on, ["anshan", "zibo"])
        await publish(on, rating("anshan"), rating("zibo"))
        correction = correct("zhuzhou", GOOD)
        await on.evaluation.CorrectRating(evaluation.CorrectRatingRequest(correction=correction))
        request.page_token = first.next_page_token
        rest = await walk(on, request)
        assert names([first, *rest]) == before
        assert {page.reading.position for page in rest} == {first.reading.position}
        after = names(await walk(on, incentive.ListEntitlementsRequest(page_size=7)))
    assert set(after) > set(before)


@asynchronous
async def test_a_page_token_is_for_the_list_that_it_came_from(tmp_path: Path) -> None:
    async with served(tmp_path) as on:
        await begin(on, *CITIES)
        first = await on.incentive.ListEntitlements(incentive.ListEntitlementsRequest(page_size=7))
        token = first.next_page_token
        others = [
            incentive.ListEntitlementsRequest(page_token=token, round=2020),
            incentive.ListEntitlementsRequest(page_token=token, parent="units/xiangtan"),
            incentive.ListEntitlementsRequest(page_token=token, as_of="2021-07-01"),
            incentive.ListEntitlementsRequest(page_token=token[:-4]),
            incentive.ListEntitlementsRequest(page_token="nonsense"),
        ]
        for other in others:
            refusal = await refused(on.incentive.ListEntitlements, other)
            assert refusal.code() == INVALID, other
        elsewhere = evaluation.ListUnitsRequest(page_token=token)
        assert (await refused(on.evaluation.ListUnits, elsewhere)).code() == INVALID
        longer = incentive.ListEntitlementsRequest(page_token=token, page_size=100)
        assert len((await on.incentive.ListEntitlements(longer)).entitlements) == 23


@asynchronous
async def test_a_page_is_100_long_where_nothing_is_said(tmp_path: Path) -> None:
    async with served(tmp_path) as on:
        await begin(on, *(f"city-{number:03}" for number in range(101)))
        answer = await on.evaluation.ListUnits(evaluation.ListUnitsRequest())
        assert len(answer.units) == 100
        assert answer.next_page_token
        less = evaluation.ListUnitsRequest(page_size=-1)
        assert (await refused(on.evaluation.ListUnits, less)).code() == INVALID


@asynchronous
async def test_a_parent_is_a_unit_or_all_of_them(tmp_path: Path) -> None:
    async with served(tmp_path) as on:
        await begin(on, *CITIES)
        for parent, found in (("", 5), ("units/-", 5), ("units/xiangtan", 1), ("units/none", 0)):
            answer = await on.evaluation.ListRatings(evaluation.ListRatingsRequest(parent=parent))
            assert len(answer.ratings) == found, parent
        for parent in ("xiangtan", "units/", "units/a/b", "policies/x", "units/湘潭"):
            request = evaluation.ListRatingsRequest(parent=parent)
            assert (await refused(on.evaluation.ListRatings, request)).code() == INVALID, parent


# --- names ------------------------------------------------------------------------------------


@asynchronous
async def test_every_resource_that_a_list_shows_is_found_by_its_name(tmp_path: Path) -> None:
    async with served(tmp_path) as on:
        await begin(on, "xiangtan", "tangshan")
        lists = {
            "unit": (on.evaluation, evaluation, "Unit", "units"),
            "rating": (on.evaluation, evaluation, "Rating", "ratings"),
            "policy": (on.evaluation, evaluation, "Policy", "policies"),
            "entitlement": (on.incentive, incentive, "Entitlement", "entitlements"),
            "credit_tilt": (on.financing, financing, "CreditTilt", "credit_tilts"),
        }
        for one, (stub, messages, noun, many) in lists.items():
            plural = "Policies" if noun == "Policy" else f"{noun}s"
            ask = getattr(messages, f"List{plural}Request")()
            shown = getattr(await getattr(stub, f"List{plural}")(ask), many)
            assert shown, noun
            for each in shown:
                get = getattr(messages, f"Get{noun}Request")(name=each.name)
                assert getattr(await getattr(stub, f"Get{noun}")(get), one) == each


@asynchronous
async def test_a_batch_is_answered_in_its_order_or_not_at_all(tmp_path: Path) -> None:
    async with served(tmp_path) as on:
        await begin(on, *CITIES)
        asked = [f"units/{city}/ratings/2020" for city in ("zhuzhou", "chifeng", "zhuzhou")]
        request = evaluation.BatchGetRatingsRequest(names=asked)
        answer = await on.evaluation.BatchGetRatings(request)
        assert [each.name for each in answer.ratings] == asked
        request.names.append("units/chifeng/ratings/2021")
        refusal = await refused(on.evaluation.BatchGetRatings, request)
        assert refusal.code() == grpc.StatusCode.NOT_FOUND
        assert "units/chifeng/ratings/2021" in (refusal.details() or "")
        many = evaluation.BatchGetRatingsRequest(names=asked * 34)
        assert (await refused(on.evaluation.BatchGetRatings, many)).code() == INVALID


@pytest.mark.parametrize(
    "name", ["", "units/xiangtan", "units/xiangtan/ratings/", "units/xiangtan/ratings/２０２０"]
)
@asynchronous
async def test_a_name_of_another_form_is_refused(tmp_path: Path, name: str) -> None:
    async with served(tmp_path) as on:
        refusal = await refused(on.evaluation.GetRating, evaluation.GetRatingRequest(name=name))
    assert refusal.code() == INVALID
    assert "units/{unit}/ratings/{round}" in (refusal.details() or "")


# --- masks ------------------------------------------------------------------------------------


@asynchronous
async def test_a_mask_leaves_what_was_asked_for(tmp_path: Path) -> None:
    async with served(tmp_path) as on:
        await begin(on, "xiangtan")
        mask = FieldMask(paths=["policy.policy_id", "decision_id"])
        answer = await on.evaluation.ListPolicies(evaluation.ListPoliciesRequest(read_mask=mask))
        assert {each.policy.policy_id for each in answer.policies} == {
            "2021-866",
            "2019-zone-notice",
        }
        assert all(each.decision_id and not each.policy.text for each in answer.policies)
        assert answer.reading.position
        wrong = evaluation.ListPoliciesRequest(read_mask=FieldMask(paths=["policy.grade"]))
        assert (await refused(on.evaluation.ListPolicies, wrong)).code() == INVALID


@asynchronous
async def test_a_mask_without_the_name_does_not_lose_the_way(tmp_path: Path) -> None:
    async with served(tmp_path) as on:
        await begin(on, *CITIES)
        request = evaluation.ListRatingsRequest(
            page_size=2, read_mask=FieldMask(paths=["rating.unit_id"])
        )
        found: list[str] = []
        while True:
            answer = await on.evaluation.ListRatings(request)
            found += [each.rating.unit_id for each in answer.ratings]
            if not answer.next_page_token:
                break
            request.page_token = answer.next_page_token
    assert found == list(CITIES)


# --- two clocks -------------------------------------------------------------------------------


@asynchronous
async def test_an_answer_as_it_was_known_at_a_moment_stays_the_same(tmp_path: Path) -> None:
    async with served(tmp_path) as on:
        await begin(on, "xiangtan")
        moment = Timestamp()
        moment.GetCurrentTime()
        request = evaluation.GetRatingRequest(name="units/xiangtan/ratings/2020", known_at=moment)
        before = await on.evaluation.GetRating(request)
        assert before.rating.rating.grade == EXCELLENT
        correction = evaluation.CorrectRatingRequest(correction=correct("xiangtan", GOOD))
        await on.evaluation.CorrectRating(correction)
        assert (await on.evaluation.GetRating(request)).rating == before.rating
        request.ClearField("known_at")
        assert (await on.evaluation.GetRating(request)).rating.rating.grade == GOOD


@asynchronous
async def test_an_entitlement_is_there_from_its_first_day_on(tmp_path: Path) -> None:
    name = "units/xiangtan/entitlements/2020.land_guarantee"
    async with served(tmp_path) as on:
        await begin(on, "xiangtan")
        early = incentive.GetEntitlementRequest(name=name, as_of="2021-06-20")
        assert (await refused(on.incentive.GetEntitlement, early)).code() == (
            grpc.StatusCode.NOT_FOUND
        )
        early.as_of = "2021-06-21"
        answer = await on.incentive.GetEntitlement(early)
        assert answer.entitlement.effective_on == answer.reading.as_of == "2021-06-21"
        early.as_of = "2021-06-31"
        assert (await refused(on.incentive.GetEntitlement, early)).code() == INVALID


@asynchronous
async def test_a_reader_sees_what_it_wrote_or_is_told_that_it_cannot(tmp_path: Path) -> None:
    async with served(tmp_path) as on:
        await begin(on, "tangshan")
        written = (await register(on, ["xiangtan"])).outcome.position
        request = evaluation.GetUnitRequest(name="units/xiangtan", min_position=written)
        assert (await on.evaluation.GetUnit(request)).reading.position >= written
        request.min_position = written + 1
        refusal = await refused(on.evaluation.GetUnit, request)
        assert refusal.code() == grpc.StatusCode.UNAVAILABLE

"""An agency (部门) that reads ratings and entitlements and then follows what happens.

    python agency.py KEYS EVALUATION INCENTIVE UNIT

KEYS is the folder with ca.pem, cert.pem and key.pem; EVALUATION and INCENTIVE are HOST:PORT of the
two services (one address where one process serves all); UNIT is an id such as xiangtan. It needs
the distribution zoneledger-contract and nothing else.
"""

import sys
import time
from collections.abc import Iterator
from pathlib import Path

import grpc
from google.rpc.error_details_pb2 import ErrorInfo  # type: ignore[import-untyped]
from google.rpc.status_pb2 import Status  # type: ignore[import-untyped]

from zoneledger.evaluation.v1.events_pb2 import Grade
from zoneledger.evaluation.v1.service_pb2 import (
    GetRatingRequest,
    ListRatingsRequest,
    RatingStanding,
)
from zoneledger.evaluation.v1.service_pb2_grpc import EvaluationServiceStub
from zoneledger.incentive.v1.events_pb2 import LandGuaranteeGranted
from zoneledger.incentive.v1.service_pb2 import (
    EntitlementStatus,
    ExplainEntitlementRequest,
    ListEntitlementsRequest,
)
from zoneledger.incentive.v1.service_pb2_grpc import IncentiveServiceStub
from zoneledger.ledger.v1.event_service_pb2 import CloudEvent, WatchEventsRequest
from zoneledger.ledger.v1.event_service_pb2_grpc import EventServiceStub

SECONDS = 10.0  # A deadline belongs to every call.
# A watched server was told to stop, or has too much to do: go on behind what was dealt with.
GONE = (grpc.StatusCode.UNAVAILABLE, grpc.StatusCode.RESOURCE_EXHAUSTED)
# What found a server away is tried again; one that is silently gone is noticed within a minute.
OPTIONS = [
    (
        "grpc.service_config",
        """{"methodConfig": [{"name": [{}], "retryPolicy": {"maxAttempts": 4,
        "initialBackoff": "0.2s", "maxBackoff": "5s", "backoffMultiplier": 2,
        "retryableStatusCodes": ["UNAVAILABLE"]}}]}""",
    ),
    ("grpc.keepalive_time_ms", 60_000),
    ("grpc.max_receive_message_length", 64 << 20),
]


def connected(address: str, keys: Path) -> grpc.Channel:
    """A channel on which both sides show a certificate."""
    ca, certificate, key = ((keys / f"{name}.pem").read_bytes() for name in ("ca", "cert", "key"))
    return grpc.secure_channel(address, grpc.ssl_channel_credentials(ca, key, certificate), OPTIONS)


def ratings(evaluation: EvaluationServiceStub, round_: int) -> Iterator[RatingStanding]:
    """Every rating of a round that we may see, from one state of the log, page by page."""
    request = ListRatingsRequest(round=round_, page_size=50)
    while True:
        page = evaluation.ListRatings(request, timeout=SECONDS)
        yield from page.ratings
        if not page.next_page_token:
            return
        request.page_token = page.next_page_token


def reason(error: grpc.RpcError) -> str:
    """The stable reason of a refusal, such as ETAG_MISMATCH; "" where it has none."""
    if not isinstance(error, grpc.Call):
        return ""
    for key, value in error.trailing_metadata():
        if key == "grpc-status-details-bin":
            for detail in Status.FromString(value).details:
                info = ErrorInfo()
                if detail.Unpack(info):
                    return str(info.reason)
    return ""


def followed(events: EventServiceStub, place: Path) -> Iterator[CloudEvent]:
    """Each grant of land from the first on, also over restarts of the server and of ours.

    `place` holds the position up to which everything was dealt with. Kept in a database, in one
    transaction with what is done about the events, it makes that each of them counts once.
    """
    position = int(place.read_text()) if place.exists() else 0
    while True:
        request = WatchEventsRequest(
            service="incentive", after_position=position, types=["land-guarantee-granted"]
        )
        try:
            for response in events.WatchEvents(request):  # Without end, so without a deadline.
                yield from response.events
                position = response.position
                place.write_text(str(position))
        except grpc.RpcError as error:
            if error.code() not in GONE:
                raise
            time.sleep(1.0)


def main(keys: Path, at_evaluation: str, at_incentive: str, unit: str) -> None:
    """Ask both services, then follow one until we are stopped."""
    with connected(at_evaluation, keys) as channel:
        evaluation = EvaluationServiceStub(channel)
        for standing in ratings(evaluation, 2020):
            print(standing.name, Grade.Name(standing.rating.grade))
        try:
            evaluation.GetRating(
                GetRatingRequest(name="units/nowhere/ratings/2020"), timeout=SECONDS
            )
        except grpc.RpcError as error:
            print(error.code().name, reason(error), error.details())

    with connected(at_incentive, keys) as channel:
        incentive = IncentiveServiceStub(channel)
        asked = ListEntitlementsRequest(parent=f"units/{unit}", as_of="2021-06-21")
        listed = incentive.ListEntitlements(asked, timeout=SECONDS)
        for entitlement in listed.entitlements:
            print(entitlement.name, EntitlementStatus.Name(entitlement.status))
        print("read at position", listed.reading.position, "as of", listed.reading.as_of)
        for entitlement in listed.entitlements[:1]:
            why = ExplainEntitlementRequest(name=entitlement.name, as_of="2021-06-21")
            for step in incentive.ExplainEntitlement(why, timeout=SECONDS).explanation.steps:
                print(step.effective_on, step.clause_id, step.sentence_zh, step.sentence_en)

        for event in followed(EventServiceStub(channel), Path("position")):
            granted = LandGuaranteeGranted()
            event.proto_data.Unpack(granted)
            print("watched", event.id, event.type, granted.entitlement.unit_id, flush=True)


if __name__ == "__main__":
    main(Path(sys.argv[1]), *sys.argv[2:])

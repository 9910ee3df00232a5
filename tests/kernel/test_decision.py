"""A decision names what is derived by derivation, and reads stored bytes as they are."""

from uuid import UUID

import pytest
from google.protobuf.any_pb2 import Any as Packed
from google.protobuf.timestamp_pb2 import Timestamp
from hypothesis import given, settings
from hypothesis import strategies as st

from services.kernel.decision import (
    event_id,
    event_type,
    events_of,
    moment,
    pack,
    reaction_id,
    unpack,
    vocabulary,
)
from services.kernel.errors import CorruptHistory
from zoneledger.evaluation.v1.events_pb2 import Honour, HonourAwarded, UnitRegistered
from zoneledger.incentive.v1.events_pb2 import LandGuaranteeGranted
from zoneledger.ledger.v1.decision_pb2 import Decision

KNOWN = vocabulary([HonourAwarded, UnitRegistered])
AWARDED = HonourAwarded(honour=Honour(honour_id="2020-park-shijingshan", unit_id="shijingshan"))


def test_a_message_comes_out_as_it_went_in() -> None:
    assert unpack(pack(AWARDED), KNOWN) == AWARDED


def test_a_message_is_packed_as_any_reader_of_protobuf_expects_it() -> None:
    expected = Packed()
    expected.Pack(AWARDED)
    assert pack(AWARDED) == expected


def test_a_message_that_this_service_does_not_know_is_a_corrupt_history() -> None:
    with pytest.raises(CorruptHistory, match=r"LandGuaranteeGranted.*does not know"):
        unpack(pack(LandGuaranteeGranted()), KNOWN)


def test_bytes_that_cannot_be_read_are_a_corrupt_history() -> None:
    packed = pack(AWARDED)
    packed.value = b"\xff"
    with pytest.raises(CorruptHistory, match="HonourAwarded cannot be read"):
        unpack(packed, KNOWN)


def test_the_events_of_a_decision_keep_their_order() -> None:
    events = [AWARDED, UnitRegistered(), HonourAwarded()]
    decision = Decision(events=[pack(event) for event in events])
    assert events_of(decision, KNOWN) == events


def test_the_type_of_an_event_is_its_name_in_kebab_case() -> None:
    assert event_type(AWARDED) == "honour-awarded"
    assert event_type(LandGuaranteeGranted) == "land-guarantee-granted"


def test_an_event_is_named_by_its_decision_and_its_place_in_it() -> None:
    assert event_id("d1", 0) == "d1.0"


def test_what_follows_from_an_event_has_the_same_name_every_time() -> None:
    # This very value stands in logs: whoever changes it makes every reaction happen again.
    name = reaction_id("d1.0", "incentive GrantEntitlements entitlements-xiangtan-2020")
    assert name == "97db1b3b-4bb5-57e2-90ad-9576e162402e"


def test_a_derived_name_is_a_uuid_of_version_5() -> None:
    assert UUID(reaction_id("d1.0", "incentive")).version == 5


def test_other_causes_and_other_reactions_have_other_names() -> None:
    names = {reaction_id(cause, name) for cause in ("d1.0", "d1.1") for name in ("a", "b")}
    assert len(names) == 4


@given(st.integers(0, 2**62))
@settings(deadline=None)
def test_a_moment_keeps_its_nanoseconds(nanoseconds: int) -> None:
    written = moment(nanoseconds)
    assert written.seconds * 10**9 + written.nanos == nanoseconds
    assert written == Timestamp(seconds=written.seconds, nanos=nanoseconds % 10**9)

"""Requests of any method, made from its descriptor: sensible ones, and those that might hurt."""

import json
from base64 import urlsafe_b64encode
from collections.abc import Sequence
from typing import Any, NamedTuple

from google.protobuf.field_mask_pb2 import FieldMask
from google.protobuf.message import Message
from google.protobuf.message_factory import GetMessageClass
from google.protobuf.timestamp_pb2 import Timestamp
from hypothesis import strategies as st

from services.kernel.decision import moment
from services.runtime.pages import arguments_of
from services.runtime.service import SERVICES

UNITS = ("huangshi", "xiangtan", "tangshan")
_PARTS = (
    "",
    "/ratings/2020",
    "/creditTilts/2020",
    "/plans/145",
    "/honours/city-2020",
    "/entitlements/2020.land_guarantee",
    "/entitlements/2020.unspecified",
    "/cases/2020.land_guarantee.plot-1",
    "/reviewItems/2020.land_guarantee.1",
    "/reviewItems/2020.credit_tilt.1",
    "/results/2019",
    "/scores/2019",
    "/observations/2019.growth",
    "/bonuses/2019.commendation",
    "/objections/2019.zhuzhou-1",
    "/proposals/2019",
    "/projects/2022.zone-construction.of-huangshi",
    "/allocationLines/2022.zone-construction.of-huangshi",
)
_NAMES = (
    "",
    "units/-",
    "units/",
    "policies/2021-866",
    "rounds/2019",
    "ruleSets/2019",
    "circulars/2021-17",
    "pools/2022.zone-construction",
    f"units/huangshi/ratings/{'9' * 280}",
    "units/-/ratings/2020",
    "units/huangshi/ratings/02020",
    "units/huangshi//ratings/2020",
)
WORDS = (
    "",
    "2021-866",
    "2021-06-21",
    "2021-02-30",
    "9999-12-31",
    "0000-00-00",
    "２０２１-０６-２１",
    "evaluation",
    "incentive",
    "zone-rated-excellent",
    "unit-huangshi",
    "湘潭市",
    "发改振兴〔2021〕866号",
    "0193c2d0-7b1e-7c4a-9d10-000000000001",
    "\x00",
    "a\x00b",
    "a\nb: c",
    "\u202e\u2066\ufeff",
    "%s%n{unit}{0}",
    "'; DROP TABLE decisions; --",
    "../../etc/passwd",
    "𠀀" * 40,
    "城" * 3_000,
    "x" * 100_000,
)
_INT32 = (0, 1, -1, 2, 3, 4, 100, 2020, 2021, 9_999, -(2**31), 2**31 - 1)
_INT64 = (*_INT32, 2**31, 2**53 + 1, -(2**63), 2**63 - 1)
_SECONDS = (0, 1, -1, 1_624_233_600, 253_402_300_800, -62_135_596_801, -(2**63), 2**63 - 1)
_NANOS = (0, 1, 999_999_999, 10**9, -1, -(2**31), 2**31 - 1)

texts = st.one_of(
    st.sampled_from(WORDS), st.text(st.characters(exclude_categories=["Cs"]), max_size=40)
)
moments = st.builds(Timestamp, seconds=st.sampled_from(_SECONDS), nanos=st.sampled_from(_NANOS))


paths = st.one_of(
    st.sampled_from(
        (
            "name",
            "etag",
            "unit",
            "unit.name_zh",
            "rating.grade",
            "rating.policy.content_hash",
            "entitlement.conditions",
            "entitlement.conditions.text_zh",
            "recorded_at.seconds",
            "reading",
            "standing.rank",
            "score.contributions",
            "*",
            "",
            ".",
            "name.",
            "a." * 2_000,
        )
    ),
    texts,
)


class Making(NamedTuple):
    """Makes requests that are mostly about these units, as of these days, known at these moments.

    Moments are nanoseconds since 1970 UTC.
    """

    units: Sequence[str] = UNITS
    days: Sequence[str] = ("2021-06-21",)
    moments: Sequence[int] = (0,)

    def names(self) -> st.SearchStrategy[str]:
        """Names of what there may be, and others."""
        own = st.builds(
            lambda unit, part: f"units/{unit}{part}",
            st.sampled_from(self.units),
            st.sampled_from(_PARTS),
        )
        return st.one_of(own, own, st.sampled_from(_NAMES), texts)

    def requests(self, of: type[Message]) -> st.SearchStrategy[Any]:
        """Any request of this kind: each field is left out, or said in one of many ways."""
        whole = self._message(of.DESCRIPTOR)
        if "page_token" in of.DESCRIPTOR.fields_by_name:
            return st.builds(_with_token, whole, self._tokens())
        return whole

    def _message(self, descriptor: Any) -> st.SearchStrategy[Any]:
        fields = {field.name: self._field(field) for field in descriptor.fields}
        make = GetMessageClass(descriptor)
        return st.fixed_dictionaries({}, optional=fields).map(lambda said: make(**said))

    def _field(self, field: Any) -> st.SearchStrategy[Any]:
        one = self._value(field)
        if not field.is_repeated:
            return one
        few = st.lists(one, max_size=3)
        many = st.builds(lambda value, count: [value] * count, one, st.sampled_from((101, 1_001)))
        return few if field.message_type else st.one_of(few, few, few, many.filter(_is_sendable))

    def _value(self, field: Any) -> st.SearchStrategy[Any]:
        match field.type:
            case field.TYPE_STRING if field.name in {"name", "names", "parent", "units"}:
                return self.names()
            case field.TYPE_STRING if field.name == "as_of":
                return st.one_of(st.sampled_from(self.days), texts)
            case field.TYPE_STRING if field.name == "unit_id":
                return st.one_of(st.sampled_from(self.units), texts)
            case field.TYPE_STRING if field.name == "service":
                return st.one_of(st.sampled_from(SERVICES), texts)
            case field.TYPE_STRING:
                return texts
            case field.TYPE_BYTES:
                return st.binary(max_size=40)
            case field.TYPE_BOOL:
                return st.booleans()
            case field.TYPE_ENUM | field.TYPE_INT32:
                return st.sampled_from(_INT32)
            case field.TYPE_INT64:
                return st.sampled_from(_INT64)
            case field.TYPE_UINT64:
                return st.sampled_from([abs(value) for value in _INT64])
            case _ if field.message_type is Timestamp.DESCRIPTOR:
                return st.one_of(moments, st.sampled_from(self.moments).map(moment))
            case _ if field.message_type is FieldMask.DESCRIPTOR:
                return st.builds(FieldMask, paths=st.lists(paths, max_size=4))
            case _:
                return self._message(field.message_type)

    def _tokens(self) -> st.SearchStrategy[Any]:
        """What a token says (position, both clocks, the last name), and what none would say."""
        parts = st.tuples(
            st.sampled_from(_INT64), texts, st.sampled_from(_INT64), self.names()
        ).map(list)
        return st.one_of(st.none(), parts, _no_tokens)


requests = Making().requests


def _is_sendable(values: Sequence[Any]) -> bool:
    return sum(len(str(value)) for value in values) < 1_000_000


_no_tokens = st.one_of(
    texts,
    st.binary(max_size=60).map(lambda raw: urlsafe_b64encode(raw).decode()),
    st.integers(1, 700).map(lambda deep: urlsafe_b64encode(b"[" * deep).decode()),
    st.recursive(
        st.one_of(st.none(), st.booleans(), st.integers(), st.floats(), texts),
        lambda inner: st.lists(inner, max_size=3),
        max_leaves=5,
    ),
    st.sampled_from(["\ud800", "2021-06-21\ud800"]).map(lambda day: [1, day, 2**62, "units/a"]),
)


def _with_token(request: Any, said: Any) -> Any:
    """The request with a page token; what is no text is put as our own tokens are."""
    if isinstance(said, str):
        request.page_token = said
    elif said is not None:
        own = [*said, arguments_of(request)] if isinstance(said, list) else said
        request.page_token = urlsafe_b64encode(json.dumps(own).encode()).decode().rstrip("=")
    return request


def mutated(raw: st.SearchStrategy[bytes]) -> st.SearchStrategy[bytes]:
    """Bytes that were a request, after something happened to them."""
    changes = st.lists(
        st.tuples(st.integers(0, 2**16), st.sampled_from(("flip", "cut", "drop", "add")), _junk),
        min_size=1,
        max_size=4,
    )
    return st.builds(_mutate, raw, changes)


_junk = st.one_of(
    st.binary(min_size=1, max_size=8),
    st.sampled_from(
        (
            b"\x0b" * 200,  # Groups within groups.
            b"\x0a\xff\xff\xff\xff\x0f",  # A length of 4 GiB.
            b"\xff" * 11,
            b"\x0a\x02\xc3\x28",  # A text that is no UTF-8.
            b"\xfa\xff\xff\xff\x0f\x01x",  # A field of a later contract.
            b"\x00",
        )
    ),
)


def _mutate(raw: bytes, changes: Sequence[tuple[int, str, bytes]]) -> bytes:
    data = bytearray(raw)
    for place, what, junk in changes:
        at = place % (len(data) + 1)
        match what:
            case "flip" if at < len(data):
                data[at] ^= 1 << place % 8
            case "cut":
                del data[at:]
            case "drop":
                del data[at : at + 3]
            case _:
                data[at:at] = junk
    return bytes(data)

"""Who calls is told by the certificate in the handshake, and by nothing that the caller says."""

import time
from pathlib import Path

from services.runtime import tls
from services.runtime.identity import names_of
from services.runtime.keys import make_keys
from tests.asynchronous import asynchronous
from tests.runtime.echo import Context, call, served

FORGED = (
    ("x-forwarded-client-cert", "URI=urn:zoneledger:ndrc"),
    ("peer_uri", "urn:zoneledger:ndrc"),
    ("x509_subject_alternative_name", "urn:zoneledger:ndrc"),
)


def microseconds(context: Context) -> float:
    """How long it takes to look, at best of many times."""
    took = []
    for _ in range(2_000):
        began = time.perf_counter()
        names_of(context)
        took.append(time.perf_counter() - began)
    return min(took) * 1e6


@asynchronous
async def test_the_names_are_those_of_the_certificate_and_none_that_a_header_says(
    tmp_path: Path,
) -> None:
    make_keys(tmp_path, ["evaluation", "operator"])
    seen: list[tuple[str, ...]] = []
    async with (
        served(tmp_path / "evaluation", lambda context: seen.append(names_of(context))) as address,
        tls.aio_channel(address, tmp_path / "operator") as channel,
    ):
        await call(channel, *FORGED)
    assert seen == [("urn:zoneledger:operator", "operator", "operator-api", "localhost")]


@asynchronous
async def test_a_name_that_goes_on_where_c_ends_one_is_nobodys(tmp_path: Path) -> None:
    names = {"stranger": ["urn:zoneledger:operator\0.example"]}
    make_keys(tmp_path, ["evaluation"], names)
    seen: list[tuple[str, ...]] = []
    async with (
        served(tmp_path / "evaluation", lambda context: seen.append(names_of(context))) as address,
        tls.aio_channel(address, tmp_path / "stranger") as channel,
    ):
        await call(channel)
    assert seen == [()]


@asynchronous
async def test_in_plain_text_nobody_has_a_name_whatever_the_headers_say() -> None:
    seen: list[tuple[str, ...]] = []
    async with (
        served(None, lambda context: seen.append(names_of(context))) as address,
        tls.aio_channel(address, None) as channel,
    ):
        await call(channel, *FORGED)
    assert seen == [()]


@asynchronous
async def test_to_look_takes_less_than_ten_microseconds(tmp_path: Path) -> None:
    make_keys(tmp_path, ["evaluation", "operator"])
    seen: list[float] = []
    async with (
        served(tmp_path / "evaluation", lambda each: seen.append(microseconds(each))) as address,
        tls.aio_channel(address, tmp_path / "operator") as channel,
    ):
        await call(channel)
    assert seen[0] < 10

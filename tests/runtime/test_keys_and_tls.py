"""Only who shows a certificate of the same authority is answered, and keys are nobody else's."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from stat import S_IMODE

import grpc
import grpc.aio
import pytest
from cryptography import x509
from cryptography.x509.oid import ExtendedKeyUsageOID

from services.kernel.errors import Unavailable
from services.runtime import tls
from services.runtime.embedded import serving
from services.runtime.keys import make_keys
from tests.asynchronous import asynchronous
from tests.runtime import echo
from zoneledger.ledger.v1.service_pb2 import GetFrontierRequest
from zoneledger.ledger.v1.service_pb2_grpc import LogServiceStub

PARTIES = ("evaluation", "operator")


@asynccontextmanager
async def served(keys: Path) -> AsyncIterator[str]:
    """A server that shows evaluation's certificate."""
    async with serving(keys.parent / "data", "test", "127.0.0.1:0", keys) as (address, _):
        yield address


async def asked(channel: grpc.aio.Channel) -> grpc.StatusCode:
    """How a question about a log is answered that this server has not, as it says."""
    async with channel:
        try:
            await LogServiceStub(channel).GetFrontier(GetFrontierRequest(service="any"), timeout=5)
        except grpc.RpcError as error:
            code: grpc.StatusCode = error.code()
            return code
    return grpc.StatusCode.OK


@asynchronous
async def test_a_party_with_a_certificate_of_the_same_authority_is_answered(
    tmp_path: Path,
) -> None:
    make_keys(tmp_path, PARTIES)
    async with served(tmp_path / "evaluation") as address:
        operator = tls.aio_channel(address, tmp_path / "operator")
        assert await asked(operator) is grpc.StatusCode.NOT_FOUND


@asynchronous
async def test_whoever_shows_no_certificate_is_refused(tmp_path: Path) -> None:
    make_keys(tmp_path, PARTIES)
    authority = (tmp_path / "ca.pem").read_bytes()
    async with served(tmp_path / "evaluation") as address:
        nameless = grpc.aio.secure_channel(address, grpc.ssl_channel_credentials(authority))
        assert await asked(nameless) is grpc.StatusCode.UNAVAILABLE
        plain = tls.aio_channel(address, None)
        assert await asked(plain) is grpc.StatusCode.UNAVAILABLE


@asynchronous
async def test_a_certificate_of_another_authority_is_refused(tmp_path: Path) -> None:
    make_keys(tmp_path / "ours", PARTIES)
    make_keys(tmp_path / "theirs", PARTIES)
    authority = (tmp_path / "ours" / "ca.pem").read_bytes()
    stranger = tmp_path / "theirs" / "operator"
    (stranger / "ca.pem").write_bytes(authority)  # It trusts us; we do not trust it.
    async with served(tmp_path / "ours" / "evaluation") as address:
        assert await asked(tls.aio_channel(address, stranger)) is grpc.StatusCode.UNAVAILABLE


def test_only_their_owner_reads_keys(tmp_path: Path) -> None:
    make_keys(tmp_path, PARTIES)
    keys = [tmp_path / "ca-key.pem", *(tmp_path / party / "key.pem" for party in PARTIES)]
    assert {S_IMODE(key.stat().st_mode) for key in keys} == {0o600}
    assert not list(tmp_path.rglob("*.part"))


def test_a_second_run_keeps_what_is_there_and_makes_what_is_missing(tmp_path: Path) -> None:
    assert make_keys(tmp_path, PARTIES) == list(PARTIES)
    before = {file: file.read_bytes() for file in tmp_path.rglob("*.pem")}
    assert make_keys(tmp_path, [*PARTIES, "financing"]) == ["financing"]
    assert {file: file.read_bytes() for file in before} == before
    authority = (tmp_path / "ca.pem").read_bytes()
    assert (tmp_path / "financing" / "ca.pem").read_bytes() == authority


def test_the_certificate_of_an_agency_shows_the_names_that_it_is_known_by_and_no_other(
    tmp_path: Path,
) -> None:
    names = ["urn:zoneledger:most", "ledger.most.example"]
    assert make_keys(tmp_path, PARTIES, {"most": names}) == [*PARTIES, "most"]
    folder = tmp_path / "most"
    certificate = x509.load_pem_x509_certificate((folder / "cert.pem").read_bytes())
    shown = certificate.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    assert [each.value for each in shown] == names
    usage = certificate.extensions.get_extension_for_class(x509.ExtendedKeyUsage).value
    assert list(usage) == [ExtendedKeyUsageOID.CLIENT_AUTH]
    assert sorted(file.name for file in folder.iterdir()) == ["ca.pem", "cert.pem", "key.pem"]
    assert S_IMODE((folder / "key.pem").stat().st_mode) == 0o600


@asynchronous
async def test_an_agency_dials_with_its_certificate_and_serves_nobody(tmp_path: Path) -> None:
    make_keys(tmp_path, PARTIES, {"most": ["urn:zoneledger:most"]})
    most, operator = tmp_path / "most", tmp_path / "operator"
    async with (
        echo.served(tmp_path / "evaluation") as address,
        tls.aio_channel(address, most) as channel,
    ):
        assert await echo.call(channel) is grpc.StatusCode.OK
    async with echo.served(most) as address, tls.aio_channel(address, operator) as channel:
        assert await echo.call(channel) is grpc.StatusCode.UNAVAILABLE


def test_a_party_that_is_an_agency_too_has_one_certificate_as_a_party(tmp_path: Path) -> None:
    agencies = {"operator": ["urn:zoneledger:operator"]}
    assert make_keys(tmp_path, PARTIES, agencies) == list(PARTIES)
    assert (tmp_path / "operator" / "checkpoint.key").exists()


def test_an_agency_that_joins_later_gets_a_certificate_and_the_others_keep_theirs(
    tmp_path: Path,
) -> None:
    most = {"most": ["urn:zoneledger:most"]}
    make_keys(tmp_path, PARTIES, most)
    before = {file: file.read_bytes() for file in tmp_path.rglob("*.pem")}
    assert make_keys(tmp_path, PARTIES, {**most, "mnr": ["urn:zoneledger:mnr"]}) == ["mnr"]
    assert {file: file.read_bytes() for file in before} == before


def test_a_folder_without_keys_is_named(tmp_path: Path) -> None:
    with pytest.raises(Unavailable, match=f"{tmp_path} does not hold ca.pem.*keys dev"):
        tls.serving(tmp_path)


@asynchronous
async def test_without_keys_only_loopback_is_served(tmp_path: Path) -> None:
    with pytest.raises(Unavailable, match=r"not a loopback address.*ZONELEDGER_TLS"):
        async with serving(tmp_path, "test", "0.0.0.0:0"):
            pass


@pytest.mark.parametrize("address", ["192.0.2.1:50051", "evaluation-api:50051", "[2001:db8::1]:1"])
def test_without_keys_nobody_beyond_loopback_is_dialled(address: str) -> None:
    for dial in (tls.channel, tls.aio_channel):
        with pytest.raises(Unavailable, match="loopback"):
            dial(address, None)

"""A server shows the certificates that its folder has when somebody comes, never half of them."""

import asyncio
import logging
import ssl
from collections.abc import Callable
from pathlib import Path
from shutil import copytree

import grpc
import grpc.aio
import pytest
from cryptography import x509

from services.kernel.errors import Unavailable
from services.runtime import certificates, tls
from services.runtime.certificates import Shown
from services.runtime.keys import make_keys
from tests.asynchronous import asynchronous
from tests.runtime.echo import call, served

PARTIES = ("evaluation", "operator")


@pytest.fixture
def keys(tmp_path: Path) -> Path:
    """Certificates of one authority, as they are; `next` has others of the same authority."""
    make_keys(tmp_path / "keys", PARTIES)
    copytree(tmp_path / "keys", tmp_path / "next")
    for party in PARTIES:
        (tmp_path / "next" / party / "key.pem").unlink()
    make_keys(tmp_path / "next", PARTIES)
    make_keys(tmp_path / "other", PARTIES)
    return tmp_path / "keys"


def replace(old: Path, new: Path, *names: str) -> None:
    """Put other files in the place of these, each at once."""
    for name in names or ("ca.pem", "cert.pem", "key.pem"):
        part = old / f"{name}.part"
        part.write_bytes((new / name).read_bytes())
        part.replace(old / name)


def serial(folder: Path) -> int:
    """The number of the certificate in a folder."""
    return x509.load_pem_x509_certificate((folder / "cert.pem").read_bytes()).serial_number


async def shown(address: str, client: Path) -> int:
    """The number of the certificate that a new connection is shown."""
    context = ssl.create_default_context(cafile=str(client / "ca.pem"))
    context.load_cert_chain(client / "cert.pem", client / "key.pem")
    context.set_alpn_protocols(["h2"])
    host, _, port = address.rpartition(":")
    _, writer = await asyncio.open_connection(host, int(port), ssl=context)
    der = writer.get_extra_info("ssl_object").getpeercert(binary_form=True)
    writer.close()
    return x509.load_der_x509_certificate(der).serial_number


@asynchronous
async def test_a_new_connection_is_shown_the_new_certificate_and_an_old_one_lives_on(
    keys: Path,
) -> None:
    operator, new = keys / "operator", keys.parent / "next"
    async with (
        served(keys / "evaluation") as address,
        tls.aio_channel(address, operator) as old,
    ):
        assert await call(old) is grpc.StatusCode.OK
        before = await shown(address, operator)
        replace(keys / "evaluation", new / "evaluation")
        assert await shown(address, operator) == serial(new / "evaluation") != before
        assert await shown(address, operator) == serial(new / "evaluation")
        assert await call(old) is grpc.StatusCode.OK


@asynchronous
async def test_an_authority_that_is_replaced_lets_in_new_clients_and_no_old_ones(
    keys: Path,
) -> None:
    other = keys.parent / "other"
    async with served(keys / "evaluation") as address:
        replace(keys / "evaluation", other / "evaluation")
        async with tls.aio_channel(address, other / "operator") as new:
            assert await call(new) is grpc.StatusCode.OK
        trusting = keys.parent / "trusting"
        copytree(keys / "operator", trusting)
        replace(trusting, other / "operator", "ca.pem")  # It trusts us; we trust it no longer.
        async with tls.aio_channel(address, trusting) as old:
            assert await call(old) is grpc.StatusCode.UNAVAILABLE


@asynchronous
async def test_after_the_files_changed_a_client_without_a_certificate_is_still_refused(
    keys: Path,
) -> None:
    async with served(keys / "evaluation") as address:
        replace(keys / "evaluation", keys.parent / "next" / "evaluation")
        authority = (keys / "ca.pem").read_bytes()
        credentials = grpc.ssl_channel_credentials(authority)
        async with grpc.aio.secure_channel(address, credentials) as nameless:
            assert await call(nameless) is grpc.StatusCode.UNAVAILABLE
        assert await shown(address, keys / "operator")


@asynchronous
async def test_a_set_that_does_not_belong_together_is_not_shown_and_that_is_said_once(
    keys: Path, caplog: pytest.LogCaptureFixture
) -> None:
    evaluation, new = keys / "evaluation", keys.parent / "next" / "evaluation"
    async with served(evaluation) as address:
        before = serial(evaluation)
        replace(evaluation, new, "cert.pem")
        with caplog.at_level(logging.INFO):
            for _ in range(3):
                assert await shown(address, keys / "operator") == before
        said = [each.getMessage() for each in caplog.records if each.name.endswith("certificates")]
        (once,) = said
        assert once.startswith(f"{evaluation}: what was shown before is still shown: key.pem is")
        replace(evaluation, new, "key.pem")
        assert await shown(address, keys / "operator") == serial(new)


@pytest.mark.parametrize(
    ("name", "content"),
    [
        pytest.param("cert.pem", lambda whole: whole[: len(whole) // 2], id="half-a-certificate"),
        pytest.param("cert.pem", lambda whole: b"", id="an-empty-file"),
        pytest.param("key.pem", lambda whole: whole[:-40], id="half-a-key"),
        pytest.param("ca.pem", lambda whole: whole + whole[:200], id="half-an-authority"),
        pytest.param("ca.pem", lambda whole: whole.replace(b"A", b"B"), id="other-letters"),
        pytest.param("ca.pem", None, id="no-file"),
    ],
)
def test_of_a_half_written_set_nothing_is_taken(
    keys: Path, name: str, content: Callable[[bytes], bytes] | None
) -> None:
    folder = keys / "evaluation"
    credentials = Shown(folder)
    whole = (folder / name).read_bytes()
    if content is None:
        (folder / name).unlink()
    else:
        (folder / name).write_bytes(content(whole))
    assert credentials.changed() is None
    (folder / name).write_bytes(whole)
    assert credentials.changed() is not None


def test_an_authority_that_did_not_issue_the_certificate_is_half_of_a_set(keys: Path) -> None:
    folder, other = keys / "evaluation", keys.parent / "other" / "evaluation"
    credentials = Shown(folder)
    replace(folder, other, "ca.pem")
    assert credentials.changed() is None
    replace(folder, other)
    assert credentials.changed() is not None


def test_two_authorities_side_by_side_let_an_old_one_go_slowly(keys: Path) -> None:
    folder, other = keys / "evaluation", keys.parent / "other" / "evaluation"
    credentials = Shown(folder)
    both = (folder / "ca.pem").read_bytes() + (other / "ca.pem").read_bytes()
    (folder / "ca.pem").write_bytes(both)
    assert credentials.changed() is not None
    assert credentials.changed() is None


def test_files_that_did_not_change_are_not_read(
    keys: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    credentials = Shown(keys / "evaluation")
    monkeypatch.setattr(certificates, "read", None)  # To read would be an error now.
    assert credentials.changed() is None


def test_a_server_does_not_begin_with_a_key_of_another_certificate(keys: Path) -> None:
    replace(keys / "evaluation", keys.parent / "next" / "evaluation", "key.pem")
    with pytest.raises(Unavailable, match=r"evaluation holds no certificate.*not the key"):
        tls.serving(keys / "evaluation")

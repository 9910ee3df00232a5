"""Brokers are reached as the settings say, by both clients alike, and no password is shown."""

import socket
import ssl
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from threading import Thread
from typing import Any

import pytest
from faust.transport.drivers.aiokafka import credentials_to_aiokafka_auth

from services.kernel.errors import Unavailable
from services.runtime import topics
from services.runtime.bus import kafka
from services.runtime.bus.security import PROTOCOLS, Security, arguments
from services.runtime.keys import make_keys
from services.runtime.service import load
from services.runtime.topics import make_topics

PASSWORD = "nobody reads this"


def secured(protocol: str, keys: Path) -> Security:
    """All that the protocol uses."""
    ours = Security(protocol)
    if protocol.endswith("SSL"):
        ours = ours._replace(ca=keys / "ca.pem", cert=keys / "cert.pem", key=keys / "key.pem")
    if protocol.startswith("SASL"):
        ours = ours._replace(user="evaluation", password=PASSWORD)
    return ours


async def nothing(*_: Any) -> Any:
    return {}


def heard_by(security: Security, state: Path) -> dict[str, Any]:
    """What Faust tells its consumer."""
    app = kafka.hearing(
        load("incentive"),
        "127.0.0.1:1",
        "t",
        nothing,
        nothing,
        state=state,
        session_seconds=6,
        security=security,
    )
    return dict(credentials_to_aiokafka_auth(app.conf.broker_credentials))


@pytest.fixture
def keys(tmp_path: Path) -> Path:
    make_keys(tmp_path, ["evaluation"])
    return tmp_path / "evaluation"


@contextmanager
def listening(keys: Path) -> Iterator[tuple[str, list[Any]]]:
    """A broker as far as the handshake: where it is, and whose certificates it was shown."""
    shown: list[Any] = []
    tls = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH, cafile=keys / "ca.pem")
    tls.load_cert_chain(keys / "cert.pem", keys / "key.pem")
    tls.verify_mode = ssl.CERT_REQUIRED
    with socket.create_server(("127.0.0.1", 0)) as server:

        def serve() -> None:
            with suppress(OSError):
                while True:
                    plain, _ = server.accept()
                    with suppress(OSError), tls.wrap_socket(plain, server_side=True) as line:
                        shown.append(line.getpeercert())

        thread = Thread(target=serve, daemon=True)
        thread.start()
        yield f"127.0.0.1:{server.getsockname()[1]}", shown
        server.shutdown(socket.SHUT_RDWR)
        thread.join(5)


@pytest.mark.parametrize("protocol", PROTOCOLS)
def test_who_sends_and_who_hears_reach_brokers_alike(
    protocol: str, keys: Path, tmp_path: Path
) -> None:
    security = secured(protocol, keys)
    sent, heard = arguments(security), heard_by(security, tmp_path)
    for each in (sent, heard):
        assert isinstance(each.pop("ssl_context", None), ssl.SSLContext) == protocol.endswith("SSL")
    assert sent == heard
    assert sent.get("sasl_plain_password", PASSWORD) == PASSWORD


def test_a_broker_is_shown_our_certificate_and_must_be_known(
    keys: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(topics, "_PATIENCE_SECONDS", 1.0)
    make_keys(tmp_path / "others", ["evaluation"])
    stranger = Security("SSL", ca=tmp_path / "others" / "evaluation" / "ca.pem")
    with listening(keys) as (broker, shown):
        host, _, port = broker.partition(":")
        with (
            socket.create_connection((host, int(port))) as plain,
            pytest.raises(ssl.SSLCertVerificationError),
        ):
            arguments(stranger)["ssl_context"].wrap_socket(plain, server_hostname=host)
        with pytest.raises(Unavailable, match="topics cannot be made"):  # It says no word of Kafka.
            make_topics(broker, ["any"], 1, 1, secured("SSL", keys))
    assert ("URI", "urn:zoneledger:evaluation") in shown[0]["subjectAltName"]


def test_a_certificate_that_cannot_be_used_is_named(tmp_path: Path) -> None:
    missing = tmp_path / "ca.pem"
    with pytest.raises(Unavailable, match=str(missing)):
        arguments(Security("SSL", ca=missing))
    missing.write_text("no PEM", "ascii")
    with pytest.raises(Unavailable, match=str(missing)):
        arguments(Security("SSL", ca=missing))


def test_no_text_of_the_settings_shows_the_password(keys: Path) -> None:
    security = secured("SASL_SSL", keys)
    assert PASSWORD not in f"{security} {security!r} {[security]}"

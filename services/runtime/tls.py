"""Who may talk to whom: mutual TLS, with certificates of one authority in a folder a party.

The folder holds ca.pem, cert.pem and key.pem. Both sides show a certificate, so whoever reaches a
port without one gets no answer. A server shows what its folder has when somebody comes; a client
what it had when the client began.
"""

from ipaddress import ip_address
from pathlib import Path

import grpc
import grpc.aio

from services.kernel.errors import Unavailable

LARGEST_MESSAGE = 64 << 20
_LAST_PORT = 65_535
_OPTIONS = (
    ("grpc.max_receive_message_length", LARGEST_MESSAGE),
    ("grpc.max_send_message_length", LARGEST_MESSAGE),
    ("grpc.enable_http_proxy", 0),
    ("grpc.max_reconnect_backoff_ms", 5_000),  # A server that was away is found soon again.
)


def serving(folder: Path) -> grpc.ServerCredentials:
    """What a server shows, and what it wants to be shown; other files are taken as they come."""
    from services.runtime.certificates import Shown  # noqa: PLC0415  # Most commands need no keys.

    shown = Shown(folder)
    return grpc.dynamic_ssl_server_credentials(
        shown.first,
        shown.changed,  # type: ignore[arg-type]  # The stubs forget that None is an answer.
        require_client_authentication=True,
    )


def channel(address: str, folder: Path | None) -> grpc.Channel:
    """A channel to a server; without a folder in plain text, which is for loopback only."""
    if folder is None:
        refuse_beyond_loopback(address)
        return grpc.insecure_channel(address, options=_OPTIONS)
    return grpc.secure_channel(address, _dialling(folder), options=_OPTIONS)


def aio_channel(address: str, folder: Path | None) -> grpc.aio.Channel:
    """The same for an event loop."""
    if folder is None:
        refuse_beyond_loopback(address)
        return grpc.aio.insecure_channel(address, options=_OPTIONS)
    return grpc.aio.secure_channel(address, _dialling(folder), options=_OPTIONS)


def refuse_beyond_loopback(address: str) -> None:
    """Plain text is for this machine only; `Unavailable` for any other address."""
    if address.startswith("unix:"):
        return
    host, _, port = address.rpartition(":")
    if not (port.isdecimal() and int(port) <= _LAST_PORT):
        raise Unavailable(f"{address} is no address; use 127.0.0.1:PORT")
    try:
        is_loopback = host == "localhost" or ip_address(host.strip("[]")).is_loopback
    except ValueError:
        is_loopback = False
    if not is_loopback:
        raise Unavailable(
            f"{address} is not a loopback address, and without TLS only those are served;"
            " use 127.0.0.1:PORT, or keys (ZONELEDGER_TLS)"
        )


def _dialling(folder: Path) -> grpc.ChannelCredentials:
    from services.runtime import certificates  # noqa: PLC0415  # Most commands need no keys.

    authority, chain, key = certificates.read(folder)
    return grpc.ssl_channel_credentials(
        root_certificates=authority, private_key=key, certificate_chain=chain
    )

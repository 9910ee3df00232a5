"""How brokers are reached: in the clear, or by TLS, and as whom.

Where nothing is said it is in the clear, which is for a network of one's own: whoever can write to
a topic can have listeners answer events that never happened. What is said by halves is refused, so
that nobody believes that a line is secured which is not. No text of it shows the password.
"""

import ssl
from pathlib import Path
from typing import Any, NamedTuple

from services.kernel.errors import Unavailable

PROTOCOLS = ("PLAINTEXT", "SSL", "SASL_PLAINTEXT", "SASL_SSL")
MECHANISMS = ("SCRAM-SHA-512", "SCRAM-SHA-256", "PLAIN")


class Security(NamedTuple):
    """What the environment says: PEM files and, with SASL, who we are."""

    protocol: str = PROTOCOLS[0]
    ca: Path | None = None
    cert: Path | None = None
    key: Path | None = None
    user: str = ""
    password: str = ""
    mechanism: str = MECHANISMS[0]

    def __repr__(self) -> str:
        return f"Security({self.protocol}, user={self.user!r})"


IN_THE_CLEAR = Security()


def told_by_halves(security: Security) -> str:
    """Why these settings do not go together; "" where they do."""
    if has_tls(security) < bool(security.ca or security.cert or security.key):
        return f"there is a certificate, and {security.protocol} uses none"
    if bool(security.cert) != bool(security.key):
        return "a certificate and its key go together"
    if has_login(security) < bool(security.user or security.password):
        return f"there is a user or a password, and {security.protocol} uses none"
    if has_login(security) and not (security.user and security.password):
        return f"{security.protocol} wants a user and a password"
    return ""


def has_login(security: Security) -> bool:
    """Whether brokers are told who we are."""
    return security.protocol.startswith("SASL")


def has_tls(security: Security) -> bool:
    """Whether the line is encrypted."""
    return security.protocol.endswith("SSL")


def context(security: Security) -> ssl.SSLContext | None:
    """What TLS trusts and shows; the authorities of the machine where no other is named."""
    if not has_tls(security):
        return None
    try:
        made = ssl.create_default_context(cafile=security.ca)
        if security.cert:
            made.load_cert_chain(security.cert, security.key, password=_no_password)
    except OSError as error:  # What is no PEM is an SSLError, which is one.
        named = ", ".join(str(file) for file in (security.ca, security.cert, security.key) if file)
        raise Unavailable(
            f"the certificates for Kafka cannot be used ({named}): {error}"
        ) from error
    return made


def arguments(security: Security) -> dict[str, Any]:
    """The keyword arguments of kafka-python's producer and administrator."""
    given: dict[str, Any] = {"security_protocol": security.protocol}
    if has_tls(security):
        given["ssl_context"] = context(security)
    if has_login(security):
        given |= {
            "sasl_mechanism": security.mechanism,
            "sasl_plain_username": security.user,
            "sasl_plain_password": security.password,
        }
    return given


def _no_password() -> str:
    """A key that wants one is refused, where OpenSSL would ask whoever sits there."""
    return ""

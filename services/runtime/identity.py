"""The names that a caller's certificate shows.

They come from the TLS handshake alone. A header says what its sender likes.
"""

from functools import lru_cache
from typing import Any

import grpc.aio

# Each kind under its own key, so that no name passes for one of another kind.
_KINDS = ("peer_uri", "peer_dns")


def names_of(context: grpc.aio.ServicerContext[Any, Any]) -> tuple[str, ...]:
    """The URIs and DNS names in the caller's certificate; () for plain text.

    An address or a mailbox names no agency. It takes 5 microseconds, so they are not kept.
    """
    handshake = context.auth_context()
    names = tuple(
        name.decode("utf-8", "backslashreplace")
        for kind in _KINDS
        for name in handshake.get(kind, ())
    )
    return names if names and _are_whole(*handshake.get("x509_pem_cert", (b"",))) else ()


@lru_cache(maxsize=1_000)
def _are_whole(certificate: bytes) -> bool:
    """Whether no name goes on behind a U+0000, up to which the handshake tells it."""
    from cryptography import x509  # noqa: PLC0415  # In plain text nobody shows one.

    try:
        shown = x509.load_pem_x509_certificate(certificate).extensions
        names = shown.get_extension_for_class(x509.SubjectAlternativeName).value
    except (ValueError, x509.ExtensionNotFound):
        return False
    kinds = (x509.UniformResourceIdentifier, x509.DNSName)
    return not any("\x00" in name for kind in kinds for name in names.get_values_for_type(kind))

"""The files of a party: ca.pem, cert.pem and key.pem in a folder, read again when they change.

A set is taken whole or not at all. While its parts do not belong together, or are being written,
the one before stays, and that is said once. gRPC asks on threads of its own, before each handshake.
"""

import logging
from collections.abc import Sequence
from contextlib import suppress
from itertools import pairwise
from pathlib import Path
from threading import Lock
from typing import NamedTuple, TypeAlias

import grpc
from cryptography import x509
from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    PublicFormat,
    load_pem_private_key,
)

from services.kernel.errors import Unavailable

_NAMES = ("ca.pem", "cert.pem", "key.pem")

_log = logging.getLogger(__name__)

# What tells that a file is another one now: when it was written, where it lies, its size.
_Stamps: TypeAlias = Sequence[tuple[int, int, int]]


class Certificates(NamedTuple):
    """Whom we trust, what we show, and the key to it: PEM, as it stands in the files."""

    authority: bytes
    chain: bytes
    key: bytes


def read(folder: Path) -> Certificates:
    """The files of a folder; `Unavailable` where one is not there."""
    try:
        return Certificates(*((folder / name).read_bytes() for name in _NAMES))
    except OSError as error:
        raise Unavailable(
            f"{folder} does not hold ca.pem, cert.pem and key.pem: {error.strerror};"
            " for development: zoneledger keys dev"
        ) from error


def check(certificates: Certificates) -> bool:
    """Whether the certificate was issued by the authority beside it.

    `ValueError` where a file is half or the key is not the certificate's.
    """
    authorities, chain = _certificates(certificates.authority), _certificates(certificates.chain)
    try:
        key = load_pem_private_key(certificates.key, None)
    except (TypeError, UnsupportedAlgorithm) as error:
        raise ValueError(f"key.pem cannot be read: {error}") from error
    if _public(key.public_key()) != _public(chain[0].public_key()):
        raise ValueError("key.pem is not the key of cert.pem")
    return _leads_to(chain, authorities)


class Shown:
    """What a server shows and trusts, as the folder has it when somebody comes."""

    def __init__(self, folder: Path) -> None:
        self._folder, self._turn = folder, Lock()
        self._stamps = self._said = _stamps(folder)
        certificates = read(folder)
        try:
            self._is_issued_here = check(certificates)
        except ValueError as fault:
            raise Unavailable(f"{folder} holds no certificate to show: {fault}") from fault
        self.first = _configuration(certificates)

    def changed(self) -> grpc.ServerCertificateConfiguration | None:
        """What is to be shown from now on; None for what was shown before."""
        with self._turn:
            stamps = _stamps(self._folder)
            if stamps in (self._stamps, self._said):
                return None
            try:
                certificates = read(self._folder)
                if stamps != _stamps(self._folder):
                    return None  # Somebody writes; the next one who comes looks again.
                self._take(certificates)
            except (ValueError, Unavailable) as fault:
                self._said = stamps
                _log.error("%s: what was shown before is still shown: %s", self._folder, fault)
                return None
            self._stamps = self._said = stamps
            _log.info("%s: the certificates there are shown from now on", self._folder)
            return _configuration(certificates)

    def _take(self, certificates: Certificates) -> None:
        is_issued_here = check(certificates)
        if self._is_issued_here and not is_issued_here:
            raise ValueError("cert.pem was not issued by an authority of ca.pem")
        self._is_issued_here = is_issued_here


def _configuration(certificates: Certificates) -> grpc.ServerCertificateConfiguration:
    """For one use: gRPC takes its insides away."""
    return grpc.ssl_server_certificate_configuration(
        [(certificates.key, certificates.chain)], root_certificates=certificates.authority
    )


def _stamps(folder: Path) -> _Stamps:
    stamps = []
    for name in _NAMES:
        with suppress(OSError):
            stat = (folder / name).stat()
            stamps.append((stat.st_mtime_ns, stat.st_ino, stat.st_size))
    return stamps


def _certificates(pem: bytes) -> list[x509.Certificate]:
    if pem.count(b"-----BEGIN") != pem.count(b"-----END"):
        raise ValueError("a file ends within a certificate")
    return x509.load_pem_x509_certificates(pem)


def _public(key: object) -> bytes:
    encoded: bytes = key.public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)  # type: ignore[attr-defined]  # Each kind of key has it.
    return encoded


def _leads_to(chain: Sequence[x509.Certificate], authorities: Sequence[x509.Certificate]) -> bool:
    """Whether the chain, as far as it goes, ends at one of the authorities."""
    if not all(_issued(each, issuer) for each, issuer in pairwise(chain)):
        return False
    return any(chain[-1] == each or _issued(chain[-1], each) for each in authorities)


def _issued(certificate: x509.Certificate, issuer: x509.Certificate) -> bool:
    try:
        certificate.verify_directly_issued_by(issuer)
    except (ValueError, TypeError, InvalidSignature):
        return False
    return True

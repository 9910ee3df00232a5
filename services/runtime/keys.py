"""Keys for development: an authority of our own, and a certificate for each party and agency.

A party answers too and signs checkpoints; an agency only asks.

For machines of developers only: the authority's key lies beside the certificates, and whoever has
it can be anybody. In production certificates come from the agencies' own authorities.
"""

import os
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta
from ipaddress import ip_address
from pathlib import Path
from typing import NamedTuple

from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    load_pem_private_key,
)
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

from services.kernel.checkpoint import new_key, origin
from services.kernel.errors import Rejected, Unavailable

_VALID = timedelta(days=825)
_LOOPBACK = "127.0.0.1"


def make_keys(
    folder: Path, parties: Sequence[str], agencies: Mapping[str, Sequence[str]] = {}
) -> list[str]:
    """Make what is missing under `folder`; the parties and agencies that got a certificate now.

    Each one's folder holds ca.pem, cert.pem and key.pem. A party's has the key that signs its
    checkpoints too, with the one that checks them, and its certificate stands for the party as a
    host (`party`, `party-api`), for this machine, and as urn:zoneledger:PARTY. An agency's stands
    for the names that are given here, and serves to dial only.
    """
    folder.mkdir(parents=True, exist_ok=True)
    authority, key = _authority(folder)
    everybody = dict.fromkeys((*parties, *agencies))
    missing = [name for name in everybody if not (folder / name / "key.pem").exists()]
    for name in missing:
        if name in parties:
            _write_party(folder / name, name, authority, key)
        else:
            _write_agency(folder / name, name, agencies[name], authority, key)
    return missing


def make_checkpoint_key(file: Path, service: str) -> Path:
    """Make the key that signs a service's log; the file with the key that checks it.

    `Rejected` where the file is there: a log that one key signed is not gone on with another.
    """
    if file.exists():
        raise Rejected(f"{file} is there already; a log is signed by one key")
    private, public = new_key(origin(service))
    checks = file.with_suffix(".pub")
    _write(checks, f"{public}\n".encode(), 0o644)
    _write(file, f"{private}\n".encode(), 0o600)
    return checks


def _authority(folder: Path) -> tuple[x509.Certificate, ec.EllipticCurvePrivateKey]:
    certificate_file, key_file = folder / "ca.pem", folder / "ca-key.pem"
    if certificate_file.exists() and key_file.exists():
        key = load_pem_private_key(key_file.read_bytes(), None)
        if not isinstance(key, ec.EllipticCurvePrivateKey):
            raise Unavailable(f"{key_file} was not made here; use another folder")
        return x509.load_pem_x509_certificate(certificate_file.read_bytes()), key
    key = ec.generate_private_key(ec.SECP256R1())
    name = _name("Zoneledger development")
    certificate = (
        _builder(name, name, key)
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        .sign(key, SHA256())
    )
    _write(key_file, _pem(key), 0o600)
    _write(certificate_file, certificate.public_bytes(Encoding.PEM), 0o644)
    return certificate, key


def _write_party(
    folder: Path, party: str, authority: x509.Certificate, signer: ec.EllipticCurvePrivateKey
) -> None:
    names = [
        x509.DNSName(party),
        x509.DNSName(f"{party}-api"),
        x509.DNSName("localhost"),
        x509.IPAddress(ip_address(_LOOPBACK)),
        x509.UniformResourceIdentifier(f"urn:zoneledger:{party}"),
    ]
    usage = [ExtendedKeyUsageOID.SERVER_AUTH, ExtendedKeyUsageOID.CLIENT_AUTH]
    folder.mkdir(exist_ok=True)
    if not (folder / "checkpoint.key").exists():
        make_checkpoint_key(folder / "checkpoint.key", party)
    _write_certificate(folder, _Wish(party, names, usage), authority, signer)


def _write_agency(
    folder: Path,
    agency: str,
    names: Sequence[str],
    authority: x509.Certificate,
    signer: ec.EllipticCurvePrivateKey,
) -> None:
    shown = [
        x509.UniformResourceIdentifier(name) if ":" in name else x509.DNSName(name)
        for name in names
    ]
    wish = _Wish(agency, shown, [ExtendedKeyUsageOID.CLIENT_AUTH])
    folder.mkdir(exist_ok=True)
    _write_certificate(folder, wish, authority, signer)


class _Wish(NamedTuple):
    """Whom a certificate is for, the names it shows, and what it serves for."""

    common: str
    names: Sequence[x509.GeneralName]
    usage: Sequence[x509.ObjectIdentifier]


def _write_certificate(
    folder: Path, wish: _Wish, authority: x509.Certificate, signer: ec.EllipticCurvePrivateKey
) -> None:
    key = ec.generate_private_key(ec.SECP256R1())
    certificate = (
        _builder(_name(wish.common), authority.subject, key)
        .add_extension(x509.SubjectAlternativeName(wish.names), critical=False)
        .add_extension(x509.ExtendedKeyUsage(wish.usage), critical=False)
        .sign(signer, SHA256())
    )
    _write(folder / "ca.pem", authority.public_bytes(Encoding.PEM), 0o644)
    _write(folder / "cert.pem", certificate.public_bytes(Encoding.PEM), 0o644)
    _write(folder / "key.pem", _pem(key), 0o600)  # Last: with it the folder is whole.


def _builder(
    subject: x509.Name, issuer: x509.Name, key: ec.EllipticCurvePrivateKey
) -> x509.CertificateBuilder:
    now = datetime.now(UTC)
    return (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(issuer)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(minutes=5))
        .not_valid_after(now + _VALID)
    )


def _name(common: str) -> x509.Name:
    return x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, common)])


def _pem(key: ec.EllipticCurvePrivateKey) -> bytes:
    return key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())


def _write(file: Path, content: bytes, mode: int) -> None:
    """Write a file so that it is never there half, nor for others to read."""
    part = file.with_name(f"{file.name}.part")
    descriptor = os.open(part, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, mode)
    with os.fdopen(descriptor, "wb") as open_part:
        open_part.write(content)
    part.replace(file)

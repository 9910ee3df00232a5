"""A checkpoint: what a log's tree was at one size, signed (C2SP tlog-checkpoint, signed-note).

    zoneledger/evaluation
    84
    <the root, in base64>

    — zoneledger/evaluation <key id and Ed25519 signature, in base64>

Whoever keeps one can show later that the log was changed behind it. Keys are texts of the form
that signed notes define: `PRIVATE+KEY+NAME+ID+...` to sign, `NAME+ID+...` to check.
"""

from base64 import b64decode, b64encode
from hashlib import sha256
from typing import NamedTuple

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

from services.kernel.errors import CorruptHistory, Malformed, Violation
from services.kernel.merkle import Frontier, root

_ED25519 = b"\x01"
_PRIVATE = "PRIVATE+KEY+"
_DASH = "\N{EM DASH} "


class Signer(NamedTuple):
    """A named key that signs."""

    name: str
    key: Ed25519PrivateKey


class Verifier(NamedTuple):
    """A named key that checks."""

    name: str
    key: Ed25519PublicKey


def origin(service: str) -> str:
    """The name of a service's log in its checkpoints."""
    return f"zoneledger/{service}"


def body(log: str, frontier: Frontier) -> str:
    """What is signed: the log's name, its size and its root."""
    return f"{log}\n{frontier.size}\n{b64encode(root(frontier)).decode()}\n"


def sign(text: str, signer: Signer) -> str:
    """The signed note that says `text`, which ends with a line break."""
    public = signer.key.public_key()
    signed = _key_id(signer.name, public) + signer.key.sign(text.encode())
    return f"{text}\n{_DASH}{signer.name} {b64encode(signed).decode()}\n"


def opened(note: str, verifier: Verifier) -> str:
    """The text of a signed note; `CorruptHistory` unless the key has signed it."""
    text, _, signatures = note.rpartition("\n\n")
    for line in signatures.splitlines():
        name, _, signature = line.removeprefix(_DASH).partition(" ")
        signed = _decoded(signature)
        if (name, signed[:4]) == (verifier.name, _key_id(*verifier)):
            try:
                verifier.key.verify(signed[4:], f"{text}\n".encode())
            except InvalidSignature:
                break
            return f"{text}\n"
    raise CorruptHistory(f"this was not signed by {verifier.name}: {note[:200]!r}")


def new_key(name: str) -> tuple[str, str]:
    """A new key, as the text that signs and the text that checks."""
    key = Ed25519PrivateKey.generate()
    return written(Signer(name, key)), verifier_text(Verifier(name, key.public_key()))


def written(signer: Signer) -> str:
    """The text of a key that signs."""
    key_id = _key_id(signer.name, signer.key.public_key()).hex()
    private = b64encode(_ED25519 + signer.key.private_bytes_raw()).decode()
    return f"{_PRIVATE}{signer.name}+{key_id}+{private}"


def verifier_text(verifier: Verifier) -> str:
    """The text of a key that checks."""
    public = b64encode(_ED25519 + verifier.key.public_bytes_raw()).decode()
    return f"{verifier.name}+{_key_id(*verifier).hex()}+{public}"


def signer_of(text: str) -> Signer:
    """The key that signs, from its text; `Malformed` where that is none."""
    name, raw = _read(text.strip().removeprefix(_PRIVATE))
    return Signer(name, Ed25519PrivateKey.from_private_bytes(raw))


def verifier_of(text: str) -> Verifier:
    """The key that checks, from its text; `Malformed` where that is none."""
    name, raw = _read(text.strip())
    key = Ed25519PublicKey.from_public_bytes(raw)
    if text.strip() != verifier_text(Verifier(name, key)):
        raise Malformed(Violation("key", f"the text of {name} is damaged: its id is another one"))
    return Verifier(name, key)


def _read(text: str) -> tuple[str, bytes]:
    name, _, rest = text.partition("+")
    raw = _decoded(rest.partition("+")[2])
    if not name or raw[:1] != _ED25519 or len(raw) != 33:
        raise Malformed(Violation("key", "this is no Ed25519 key of a signed note"))
    return name, raw[1:]


def _decoded(text: str) -> bytes:
    try:
        return b64decode(text, validate=True)
    except ValueError:
        return b""


def _key_id(name: str, key: Ed25519PublicKey) -> bytes:
    return sha256(name.encode() + b"\n" + _ED25519 + key.public_bytes_raw()).digest()[:4]

"""The policy documents that come with the program, adopted by a folder that does not have them.

A document that a folder has adopted stays as it was adopted; where the shipped text differs by now,
that is said and nothing else happens.
"""

import os
from collections.abc import Iterable
from hashlib import sha256
from pathlib import Path

from services.cli.client import Clients
from services.kernel.errors import Malformed, Violation
from services.kernel.policy_text import parse
from zoneledger.evaluation.v1.service_pb2 import (
    AdoptPoliciesRequest,
    BatchOutcome,
    ListPoliciesRequest,
)
from zoneledger.ledger.v1.policy_pb2 import AdoptPolicy

_FOLDER = Path(__file__).parents[2] / "policies"


def documents() -> list[Path]:
    """The files of the shipped documents, or of those in $ZONELEDGER_POLICIES."""
    return sorted(Path(os.environ.get("ZONELEDGER_POLICIES", _FOLDER)).glob("*.yaml"))


def adopt_shipped(clients: Clients) -> list[str]:
    """Adopt what is not adopted yet; the ids of documents whose shipped text is another one."""
    adopted = {
        each.policy.policy_id: each.policy.content_hash
        for each in clients.evaluation.ListPolicies(ListPoliciesRequest()).policies
    }
    texts = {path: _text(path) for path in documents()}
    missing = [path for path in texts if path.stem not in adopted]
    if missing:
        adopt(clients, missing)
    return [
        path.stem
        for path, text in texts.items()
        if path.stem in adopted and sha256(text.encode()).hexdigest() != adopted[path.stem]
    ]


def adopt(clients: Clients, paths: Iterable[Path]) -> BatchOutcome:
    """Adopt documents; `Malformed` names file, line and rule of every fault, and then none is."""
    commands = []
    for path in paths:
        text = _text(path)
        commands.append(AdoptPolicy(policy_id=parse(text, str(path)).policy_id, text=text))
    return clients.evaluation.AdoptPolicies(AdoptPoliciesRequest(policies=commands)).outcome


def _text(path: Path) -> str:
    try:
        return path.read_text("utf-8")
    except OSError as error:
        raise Malformed(Violation(str(path), f"cannot be read: {error.strerror}")) from error
    except UnicodeDecodeError as error:
        raise Malformed(
            Violation(str(path), f"is not UTF-8 (byte {error.start}); save it as UTF-8")
        ) from error

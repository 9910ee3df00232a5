"""The documents and the access table that come with the program, adopted by a log without them.

What a log has adopted stays as it was adopted; where the shipped text differs by now, that is said
and nothing else happens.
"""

import os
import re
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from hashlib import sha256
from pathlib import Path
from typing import NamedTuple

import grpc
from google.protobuf.field_mask_pb2 import FieldMask

from services.cli import refusals
from services.cli.client import Clients
from services.cli.walking import every
from services.kernel.errors import Malformed, Violation
from services.kernel.policy import Policy
from services.kernel.policy_text import parse
from services.runtime.fields import LARGEST_DOCUMENT
from zoneledger.evaluation.v1.service_pb2 import (
    AdoptAccessTableRequest,
    AdoptPoliciesRequest,
    ListAccessTablesRequest,
    ListPoliciesRequest,
)
from zoneledger.ledger.v1.access_pb2 import AdoptAccessTable
from zoneledger.ledger.v1.outcome_pb2 import BatchOutcome, ItemFault
from zoneledger.ledger.v1.policy_pb2 import AdoptPolicy

_FIRST_ANSWER_SECONDS = 30.0
_WHICH = FieldMask(paths=["policy.policy_id", "policy.content_hash"])

_WHICH_TABLE = FieldMask(paths=["table.content_hash"])

_OTHER_TABLE = (
    "the shipped access table is not the adopted one; the adopted one decides"
    " (zoneledger access adopt FILE replaces it)"
)

_FOLDER = Path(__file__).parents[2] / "policies"
_TABLE = "access.yaml"


class Document(NamedTuple):
    """A document as it lies in its file."""

    path: Path
    text: str
    name: str


def documents() -> list[Path]:
    """The files of the shipped documents, or of those in $ZONELEDGER_POLICIES."""
    return sorted(path for path in folder().glob("*.yaml") if path.name != _TABLE)


def access_table() -> Path | None:
    """The file of the shipped access table; None where $ZONELEDGER_POLICIES has none."""
    path = folder() / _TABLE
    return path if path.exists() else None


def folder() -> Path:
    """The folder of what comes with the program, or $ZONELEDGER_POLICIES."""
    folder = Path(os.environ.get("ZONELEDGER_POLICIES", _FOLDER))
    if not folder.is_dir():
        what = (
            "is no folder; correct ZONELEDGER_POLICIES, or leave it out for the shipped documents"
        )
        raise Malformed(Violation(str(folder), what))
    return folder


def parsed(path: Path) -> Policy:
    """The document in a file; `Malformed` names file, line and rule of every fault."""
    return parse(text_of(path), str(path))


def adopt_shipped(clients: Clients) -> list[str]:
    """Adopt what is not adopted yet; what the log has with another text, a sentence each.

    Whoever may not look or adopt, as most agencies may not, leaves everything as it is.
    """
    from services.cli import supplementing

    notes: list[str] = []
    with _as_far_as_allowed():
        notes += _adopt_documents(clients)
    with _as_far_as_allowed():
        notes += supplementing.adopt_shipped(clients)
    with _as_far_as_allowed():
        notes += _adopt_table(clients)
    return notes


def _adopt_documents(clients: Clients) -> list[str]:
    adopted = {
        each.policy.policy_id: each.policy.content_hash
        for each in every(
            clients.evaluation.ListPolicies,
            ListPoliciesRequest(read_mask=_WHICH),
            "policies",
            _FIRST_ANSWER_SECONDS,
        )
    }
    texts = {path: text_of(path) for path in documents()}
    missing = [path for path in texts if path.stem not in adopted]
    if missing:
        adopt(clients, missing)
    return [
        f"the shipped text of {path.stem} is not the adopted one; the adopted one decides (a change"
        " of policy is a document of its own)"
        for path, text in texts.items()
        if path.stem in adopted and sha256(text.encode()).hexdigest() != adopted[path.stem]
    ]


def _adopt_table(clients: Clients) -> list[str]:
    path = access_table()
    if path is None:
        return []
    text = text_of(path)
    adopted = every(
        clients.evaluation.ListAccessTables,
        ListAccessTablesRequest(read_mask=_WHICH_TABLE),
        "access_tables",
        _FIRST_ANSWER_SECONDS,
    )
    if not adopted:
        table = AdoptAccessTable(text=text)
        clients.evaluation.AdoptAccessTable(AdoptAccessTableRequest(table=table))
        return []
    is_same = sha256(text.encode()).hexdigest() == adopted[-1].table.content_hash
    return [] if is_same else [_OTHER_TABLE]


@contextmanager
def _as_far_as_allowed() -> Iterator[None]:
    try:
        yield
    except grpc.RpcError as error:
        if error.code() is not grpc.StatusCode.PERMISSION_DENIED:
            raise


def adopt(clients: Clients, paths: Iterable[Path]) -> BatchOutcome:
    """Adopt documents; `Malformed` names file, line and rule of every fault, and then none is."""
    return adopt_read(clients, read(paths))


def read(paths: Iterable[Path]) -> list[Document]:
    """The documents in files; `Malformed` names file, line and rule of what is no document."""
    texts = [(path, text_of(path)) for path in paths]
    return [Document(path, text, parse(text, str(path)).policy_id) for path, text in texts]


def adopt_read(clients: Clients, documents: Sequence[Document]) -> BatchOutcome:
    """Adopt documents that were read; `Malformed` as above."""
    commands = [AdoptPolicy(policy_id=each.name, text=each.text) for each in documents]
    request = AdoptPoliciesRequest(policies=commands)
    try:
        return clients.evaluation.AdoptPolicies(request).outcome
    except grpc.RpcError as error:
        if not refusals.of(error):
            raise
    request.validate_only = True
    faults = clients.evaluation.AdoptPolicies(request).outcome.faults
    raise Malformed(*(_in_file(fault, documents[fault.item]) for fault in faults))


def _in_file(fault: ItemFault, document: Document) -> Violation:
    """The fault at the line that gives the key it is about."""
    found = (
        re.search(rf"^{re.escape(fault.field)}:", document.text, re.MULTILINE)
        if fault.field
        else None
    )
    line = document.text.count("\n", 0, found.start()) + 1 if found else 1
    what = refusals.chosen(f"conflict: {fault.description}", f"冲突：{fault.description_zh}")
    return Violation(f"{document.path}:{line}", what)


def text_of(path: Path) -> str:
    """What a file says; `Malformed` where it is no text of the size of a document."""
    try:
        size = path.stat().st_size
        if size > LARGEST_DOCUMENT:
            what = f"has {size:,} bytes and the limit is {LARGEST_DOCUMENT:,}; is it a document?"
            raise Malformed(Violation(str(path), what))
        return path.read_text("utf-8")
    except OSError as error:
        raise Malformed(Violation(str(path), f"cannot be read: {error.strerror}")) from error
    except UnicodeDecodeError as error:
        raise Malformed(
            Violation(str(path), f"is not UTF-8 (byte {error.start}); save it as UTF-8")
        ) from error

"""The supplements: those that come with the program, one from a file, and those of a log."""

from collections.abc import Sequence
from hashlib import sha256
from pathlib import Path

import grpc
from google.protobuf.field_mask_pb2 import FieldMask

from services.cli import refusals, shipped
from services.cli.client import Clients
from services.cli.walking import every
from services.kernel.errors import Malformed, Violation
from services.kernel.supplement import Supplements
from services.kernel.supplement_text import parse
from zoneledger.evaluation.v1.service_pb2 import AdoptSupplementsRequest, ListSupplementsRequest
from zoneledger.evaluation.v1.supplement_commands_pb2 import AdoptSupplement
from zoneledger.ledger.v1.outcome_pb2 import BatchOutcome

_FOLDER = "supplements"
_WHICH = FieldMask(paths=["supplement.supplement_id", "supplement.content_hash"])
_FIRST_ANSWER_SECONDS = 30.0


def files() -> list[Path]:
    """The files of the shipped supplements, or of those in $ZONELEDGER_POLICIES."""
    return sorted((shipped.folder() / _FOLDER).glob("*.yaml"))


def adopt_shipped(clients: Clients) -> list[str]:
    """Adopt those that are not adopted yet; what the log cannot have of them, a sentence each.

    A log that decides by other texts of the documents may have no place for one: it stays out.
    """
    adopted = {
        each.supplement.supplement_id: each.supplement.content_hash
        for each in every(
            clients.evaluation.ListSupplements,
            ListSupplementsRequest(read_mask=_WHICH),
            "supplements",
            _FIRST_ANSWER_SECONDS,
        )
    }
    notes = []
    for path in files():
        text = shipped.text_of(path)
        if path.stem not in adopted:
            notes += _adopt_if_it_fits(clients, path)
        elif sha256(text.encode()).hexdigest() != adopted[path.stem]:
            notes.append(f"the shipped text of {path.stem} is not the adopted one, which decides")
    return notes


def _adopt_if_it_fits(clients: Clients, path: Path) -> list[str]:
    try:
        changed = adopt(clients, read([path])).changed
    except Malformed as refusal:
        return [f"the shipped supplement {path.stem} does not fit this log: {refusal}"]
    if not changed:
        return []
    return [f"by {path.stem} the streaks of these came to something else: {', '.join(changed)}"]


def read(paths: Sequence[Path]) -> list[shipped.Document]:
    """The supplements in files; `Malformed` names file, line and rule of what is none."""
    texts = [(path, shipped.text_of(path)) for path in paths]
    return [
        shipped.Document(path, text, parse(text, str(path)).supplement_id) for path, text in texts
    ]


def adopt(clients: Clients, supplements: Sequence[shipped.Document]) -> BatchOutcome:
    """Adopt supplements; `Malformed` says of every file what does not fit, and then none is."""
    commands = [AdoptSupplement(supplement_id=each.name, text=each.text) for each in supplements]
    request = AdoptSupplementsRequest(supplements=commands)
    try:
        return clients.evaluation.AdoptSupplements(request).outcome
    except grpc.RpcError as error:
        if not refusals.of(error):
            raise
    request.validate_only = True
    faults = clients.evaluation.AdoptSupplements(request).outcome.faults
    raise Malformed(
        *(
            Violation(
                str(supplements[fault.item].path),
                refusals.chosen(fault.description, fault.description_zh),
            )
            for fault in faults
        )
    )


def in_log(clients: Clients, known_at: object = None) -> Supplements:
    """The supplements of the log, read from the text that was adopted."""
    request = ListSupplementsRequest(known_at=known_at)  # type: ignore[arg-type]  # None is now
    found = every(clients.evaluation.ListSupplements, request, "supplements")
    return Supplements(
        tuple(parse(each.supplement.text, each.supplement.supplement_id) for each in found)
    )


def shipped_ones() -> Supplements:
    """The supplements that a folder would adopt."""
    return Supplements(tuple(parse(shipped.text_of(path), str(path)) for path in files()))

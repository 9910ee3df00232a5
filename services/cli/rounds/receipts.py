"""A receipt: what was accepted from a file, and where it stands in the log.

It names the file by its SHA-256, so that it can be shown later which one it was, and the decisions
by their ids. Whoever may not read the log gets the position without the ids, and so does who wrote
at the same moment as another.
"""

import json
from collections.abc import Sequence
from hashlib import sha256
from pathlib import Path
from typing import Any, NamedTuple

import grpc

from services.cli import output, refusals
from services.cli.client import Clients
from services.kernel.errors import Unavailable
from zoneledger.ledger.v1.decision_pb2 import Decision
from zoneledger.ledger.v1.outcome_pb2 import BatchOutcome
from zoneledger.ledger.v1.service_pb2 import ListDecisionsRequest

Receipt = dict[str, Any]

_PAGE = 5_000


class Accepted(NamedTuple):
    """A file, how many rows it has, what became of them, and what each decision answered."""

    file: str
    content: bytes
    rows: int
    outcome: BatchOutcome
    command: str


def receipt(clients: Clients, taken: Accepted) -> Receipt:
    """What became of the rows of the file."""
    outcome = taken.outcome
    return {
        "file": taken.file,
        "sha256": sha256(taken.content).hexdigest(),
        "bytes": len(taken.content),
        "rows": taken.rows,
        "recorded": outcome.recorded + len(outcome.changed),
        "unchanged": outcome.unchanged,
        "position": outcome.position,
        "decisions": _decisions(clients, outcome, taken.command),
    }


def show(given: Receipt, warnings: Sequence[str], *, as_json: bool, kept: Path | None) -> None:
    """Print the receipt; write it to the file `kept` too, if there is one."""
    told = {**given, "warnings": list(warnings)}
    if as_json:
        output.print_json(told)
    else:
        print(line(given))
    if kept is not None:
        with kept.open("x", encoding="utf-8") as file:
            file.write(json.dumps(told, ensure_ascii=False, indent=2) + "\n")


def line(given: Receipt) -> str:
    """The receipt on one line, without what differs from run to run."""
    return refusals.chosen(
        f"{given['file']}: {given['rows']} rows accepted, {given['recorded']} recorded,"
        f" {given['unchanged']} unchanged; sha256 {given['sha256']}, position {given['position']}",
        f"{given['file']}：接收{given['rows']}行，记录{given['recorded']}项，"
        f"未变{given['unchanged']}项；sha256 {given['sha256']}，日志位置 {given['position']}",
    )


def must_be_new(kept: Path | None) -> None:
    """Refuse a receipt that could not be written, or only over a file, before anything is sent."""
    if kept is not None and kept.exists():
        raise Unavailable(f"{kept} is there already, and a receipt replaces nothing; name another")
    if kept is not None and not kept.parent.is_dir():
        raise Unavailable(f"there is no folder {kept.parent} for the receipt; make it, or name one")


def _decisions(clients: Clients, outcome: BatchOutcome, command: str) -> list[str]:
    """The ids of the decisions of a batch, which stand one behind the other in the log."""
    count = outcome.recorded + len(outcome.changed)
    if not count:
        return []
    request = ListDecisionsRequest(
        service="evaluation",
        after=outcome.position - count,
        page_size=min(count, _PAGE),
        min_position=outcome.position,
    )
    try:
        entries = clients.logs["evaluation"].ListDecisions(request).entries
    except grpc.RpcError as refusal:
        if refusal.code() is not grpc.StatusCode.PERMISSION_DENIED:
            raise
        return []
    made = [Decision.FromString(entry.decision) for entry in entries]
    are_ours = all(each.command.TypeName().rpartition(".")[2] == command for each in made)
    return [each.decision_id for each in made] if are_ours else []

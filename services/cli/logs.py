"""The logs, decision by decision, as readable JSON."""

from collections.abc import Iterator
from typing import NamedTuple

from services.cli import output, records
from services.cli.client import Clients
from services.cli.records import Record
from zoneledger.ledger.v1.service_pb2 import ListDecisionsRequest

_SERVICES = ("evaluation", "incentive", "financing")
_PAGE = 500


class Range(NamedTuple):
    """What was asked for; empty is everything."""

    service: str
    stream: str
    after: int


def show(clients: Clients, asked: Range, *, as_json: bool) -> None:
    """Print every decision of the range, one after the other, or as one array."""
    decisions = (
        decision
        for service in ([asked.service] if asked.service else _SERVICES)
        for decision in _decisions(clients, asked._replace(service=service))
    )
    if as_json:
        output.print_json_array(decisions)
        return
    for decision in decisions:
        output.print_json(decision)


def _decisions(clients: Clients, asked: Range) -> Iterator[Record]:
    after = asked.after
    while True:
        request = ListDecisionsRequest(
            service=asked.service, stream=asked.stream, after=after, page_size=_PAGE
        )
        entries = clients.logs[asked.service].ListDecisions(request).entries
        yield from map(records.decision, entries)
        if len(entries) < _PAGE:
            return
        after = entries[-1].position

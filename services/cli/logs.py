"""The logs, decision by decision, as readable JSON."""

from collections.abc import Iterator
from itertools import chain
from typing import NamedTuple

from services.cli import output, records
from services.cli.client import Clients
from services.cli.problems import shown
from services.cli.records import Record
from services.kernel.errors import Malformed, Violation
from zoneledger.ledger.v1.service_pb2 import ListDecisionsRequest

_SERVICES = ("evaluation", "incentive", "financing")
_PAGE = 500
_LAST = 2**63 - 1


class Range(NamedTuple):
    """What was asked for; empty is everything."""

    service: str
    stream: str
    after: int


def show(clients: Clients, asked: Range, *, as_json: bool) -> None:
    """Print every decision of the range, one after the other, or as one array."""
    if not 0 <= asked.after <= _LAST:
        raise Malformed(Violation("--after", f"{asked.after} is no position of a log; write 0"))
    decisions: Iterator[Record] = (
        decision
        for service in ([asked.service] if asked.service else _SERVICES)
        for decision in _decisions(clients, asked._replace(service=service))
    )
    first = next(decisions, None)
    if first is None and asked.stream:
        output.complain(f"note: no decision of a stream {shown(asked.stream)} there; see: log")
    decisions = chain([] if first is None else [first], decisions)
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
        answer = clients.logs[asked.service].ListDecisions(request)
        yield from map(records.decision, answer.entries)
        if not answer.has_more:
            return
        after = answer.entries[-1].position

"""The streams that wait because an event has no answer: see them, try again, pass over an event."""

import json
from collections.abc import Sequence
from typing import Any

from services.cli import output, records
from services.cli.client import Clients
from services.kernel.errors import UnknownStream
from services.runtime.service import SERVICES, load
from zoneledger.ledger.v1 import service_pb2 as messages

_HEADINGS = [
    "service 服务",
    "source 来源",
    "stream 事件流",
    "heard 已收",
    "waiting 等待",
    "why 原因",
]
LISTENING = tuple(name for name in SERVICES if load(name).listens_to)


def show_all(clients: Clients, *, as_json: bool) -> None:
    """Print every stream that waits."""
    told = [_told(name, each) for name in LISTENING for each in _parked(clients, name)]
    if as_json:
        output.print_json(told)
        return
    rows = [[str(value) for value in each.values()] for each in told]
    output.console().print(output.table("Parked streams 等待处理的事件流", _HEADINGS, rows))


def show_one(clients: Clients, service: str, stream: str) -> None:
    """Print one stream that waits, with the decisions that wait, as JSON."""
    parked = _find(clients, service, stream)
    answer = clients.logs[parked.source].ListDecisions(
        messages.ListDecisionsRequest(
            service=parked.source, stream=stream, after_version=parked.version
        )
    )
    waiting = [records.decision(entry) for entry in answer.entries]
    print(
        json.dumps({**_told(service, parked), "decisions": waiting}, ensure_ascii=False, indent=2)
    )


def retry(clients: Clients, service: str) -> int:
    """Try what waits again; how many streams go on waiting."""
    left = 0
    for name in [service] if service else LISTENING:
        answer = clients.logs[name].RetryParkedStreams(
            messages.RetryParkedStreamsRequest(service=name)
        )
        print(f"{name}: {answer.released} go on, {len(answer.streams)} still wait")
        for parked in answer.streams:
            print(f"  {parked.stream} behind version {parked.version}: {parked.reason}")
        left += len(answer.streams)
    return left


def resolve(clients: Clients, service: str, stream: str, reason: str, document: str) -> None:
    """Pass over the event that a stream waits for."""
    parked = _find(clients, service, stream)
    answer = clients.logs[service].ResolveParkedStream(
        messages.ResolveParkedStreamRequest(
            service=service,
            source=parked.source,
            stream=stream,
            version=parked.version + 1,
            reason=reason,
            document=document,
        )
    )
    print(f"passed over version {parked.version + 1} of {stream}: decision {answer.decision_id}")


def _parked(clients: Clients, service: str) -> Sequence[messages.ParkedStream]:
    request = messages.ListParkedStreamsRequest(service=service)
    return clients.logs[service].ListParkedStreams(request).streams


def _find(clients: Clients, service: str, stream: str) -> messages.ParkedStream:
    for parked in _parked(clients, service):
        if parked.stream == stream:
            return parked
    raise UnknownStream(f"no stream {stream} waits at {service}; see: zoneledger parked list")


def _told(service: str, parked: messages.ParkedStream) -> dict[str, Any]:
    return {
        "service": service,
        "source": parked.source,
        "stream": parked.stream,
        "version": parked.version,
        "until": parked.until,
        "reason": parked.reason,
    }

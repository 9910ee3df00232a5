"""What those who run the stack see: probes, figures, and one trace through all of it."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread
from time import monotonic, sleep
from typing import Any, NamedTuple
from urllib.error import URLError

import pytest
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest
from prometheus_client.parser import text_string_to_metric_families

from services.runtime.service import SERVICES
from tests.system.stack import Stack, standing

_PATIENCE_SECONDS = 30.0


class Told(NamedTuple):
    """A span as a collector gets it."""

    process: str
    name: str
    trace_id: str


@pytest.fixture
def stack(tmp_path: Path, postgres_admin: str, kafka: str) -> Iterator[Stack]:
    with standing(tmp_path, postgres_admin, kafka) as stack:
        yield stack


@contextmanager
def collecting() -> Iterator[tuple[str, list[Told]]]:
    """A collector of traces: where it listens, and what it was told."""
    told: list[Told] = []

    class Collector(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            for resource in ExportTraceServiceRequest.FromString(body).resource_spans:
                names = {a.key: a.value.string_value for a in resource.resource.attributes}
                told.extend(
                    Told(names["service.name"], span.name, span.trace_id.hex())
                    for scope in resource.scope_spans
                    for span in scope.spans
                )
            self.send_response(200)
            self.end_headers()

        def log_message(self, *_: Any) -> None:
            """Nobody reads it."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Collector)
    Thread(target=server.serve_forever, daemon=True).start()
    try:
        yield f"http://127.0.0.1:{server.server_address[1]}", told
    finally:
        server.shutdown()
        server.server_close()


def figures(text: str) -> dict[str, float]:
    """The figures of an exposition by name and labels, such as lag_events{evaluation}."""
    return {
        "".join([each.name, *(f"{{{value}}}" for value in each.labels.values())]): each.value
        for family in text_string_to_metric_families(text)
        for each in family.samples
    }


def health_of(stack: Stack) -> dict[str, Any]:
    """What the worker of incentive says of itself; unknown until it answers."""
    try:
        return dict(json.loads(stack.ask("incentive", "worker", "/health")[1]))
    except URLError:
        return {"status": "unknown"}


def until(holds: Any) -> None:
    deadline = monotonic() + _PATIENCE_SECONDS
    while not holds():
        assert monotonic() < deadline
        sleep(0.1)


def test_every_process_says_whether_it_is_well_and_where_it_stands(stack: Stack) -> None:
    stack.start_all()
    stack.tell_demo()
    for service in SERVICES:
        for role in ("api", "worker"):
            until(lambda s=service, r=role: stack.ask(s, r, "/ready")[0] == 200)
            assert stack.ask(service, role, "/live")[0] == 200
            assert json.loads(stack.ask(service, role, "/health")[1])["status"] == "well"
    evaluation = figures(stack.ask("evaluation", "worker", "/metrics")[1])
    assert evaluation["zoneledger_relayed_position"] == evaluation["zoneledger_log_position"] == 109
    assert evaluation["zoneledger_relay_active"] == 1
    api = figures(stack.ask("evaluation", "api", "/metrics")[1])
    assert api["zoneledger_commands_total{recorded}"] == 109
    for service in ("incentive", "financing"):
        told = figures(stack.ask(service, "worker", "/metrics")[1])
        assert told["zoneledger_lag_events{evaluation}"] == 0
        assert told["zoneledger_parked_streams{evaluation}"] == 0
        assert told["zoneledger_heard_total{evaluation}"] >= 85
        assert told["zoneledger_chain_wedged"] == 0


def test_a_rating_that_nothing_follows_from_in_the_promised_time_is_a_wedged_chain(
    stack: Stack,
) -> None:
    for service in ("evaluation", "incentive"):
        stack.start(service, "api")
    stack.start("financing", "api")
    stack.start("incentive", "worker", ZONELEDGER_PROMISED_SECONDS="1")
    stack.wait_for_apis()
    assert stack.run("policies").returncode == 0  # It adopts; nobody relays it.
    until(lambda: health_of(stack)["status"] == "degraded")
    health = health_of(stack)
    assert "promised are 1 s" in health["checks"]["chain"]["why"]
    assert figures(stack.ask("incentive", "worker", "/metrics")[1])["zoneledger_chain_wedged"] == 1
    stack.start("evaluation", "worker")
    until(lambda: health_of(stack)["status"] == "well")


def test_one_trace_leads_from_the_call_to_what_followed_in_every_service(stack: Stack) -> None:
    with collecting() as (endpoint, told):
        stack.start_all(OTEL_EXPORTER_OTLP_ENDPOINT=endpoint)
        stack.tell_demo()

        def is_traced() -> bool:
            published = {
                each.trace_id
                for each in told
                if each.process == "evaluation-api" and "PublishRatings" in each.name
            }
            answered = {
                each.process
                for each in told
                if each.trace_id in published and each.name == "answer ZoneRatedExcellent"
            }
            return answered == {"incentive-worker", "financing-worker"}

        until(is_traced)

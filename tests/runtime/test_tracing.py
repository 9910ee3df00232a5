"""A trace goes on from process to process, and is sent only to a collector that was named."""

import socket
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, HTTPServer

import pytest
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest
from opentelemetry.sdk.trace import ReadableSpan
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter
from opentelemetry.trace import StatusCode

from services.runtime import tracing
from services.runtime.tracing import (
    HEADER,
    current_traceparent,
    exporting,
    mark,
    span,
    traceparent_in,
)

NOBODY = 9
PARENT = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"
TRACE, SPAN = PARENT.split("-")[1:3]


@contextmanager
def kept() -> Iterator[dict[str, ReadableSpan]]:
    """The spans of the block by name, after it."""
    exporter, spans = InMemorySpanExporter(), dict[str, ReadableSpan]()
    with exporting("evaluation", "worker", exporter=exporter):
        yield spans
    spans.update({each.name: each for each in exporter.get_finished_spans()})


@contextmanager
def collector() -> Iterator[tuple[str, list[ExportTraceServiceRequest]]]:
    """A collector on loopback: its base URL and what it was sent."""
    received: list[ExportTraceServiceRequest] = []

    class Collector(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            if self.path == "/v1/traces" and "Content-Encoding" not in self.headers:
                received.append(ExportTraceServiceRequest.FromString(body))
            self.send_response(200)
            self.end_headers()

        def log_message(self, format: str, *args: object) -> None:  # noqa: A002  # Its name there.
            pass

    with HTTPServer(("127.0.0.1", 0), Collector) as server:
        serving = threading.Thread(target=server.serve_forever, args=(0.01,))
        serving.start()
        try:
            yield f"http://127.0.0.1:{server.server_port}/", received
        finally:
            server.shutdown()
            serving.join()


def trace_of(traceparent: str) -> str:
    return traceparent.split("-")[1]


# --- ids --------------------------------------------------------------------------------------


def test_a_span_has_valid_ids_also_when_nothing_is_exported() -> None:
    with span("relay"):
        version, trace, own, flags = current_traceparent().split("-")
    assert version == "00"
    assert len(trace) == 32
    assert int(trace, 16) != 0
    assert len(own) == 16
    assert int(own, 16) != 0
    assert int(flags, 16) & 1, "whoever comes next would not export its part"


def test_outside_of_a_span_there_is_no_traceparent() -> None:
    assert current_traceparent() == ""


def test_a_span_goes_on_with_the_trace_it_is_given() -> None:
    with span("hear", PARENT):
        assert trace_of(current_traceparent()) == TRACE
        assert current_traceparent() != PARENT


def test_a_span_goes_on_with_the_trace_around_it() -> None:
    with span("hear"):
        around = trace_of(current_traceparent())
        with span("decide"):
            assert trace_of(current_traceparent()) == around


def test_a_given_trace_comes_before_the_trace_around() -> None:
    with span("a batch of many"), span("one of them", PARENT):
        assert trace_of(current_traceparent()) == TRACE


@pytest.mark.parametrize(
    "unreadable",
    ["nonsense", "00-0-0-01", f"00-{'0' * 32}-{SPAN}-01", "ff" + PARENT[2:], "00-" + "a" * 9_999],
)
def test_a_traceparent_that_cannot_be_read_begins_a_trace(unreadable: str) -> None:
    with span("around"):
        around = trace_of(current_traceparent())
        with span("hear", unreadable):
            assert trace_of(current_traceparent()) not in ("0" * 32, around)


def test_a_traceparent_travels_in_grpc_metadata() -> None:
    assert traceparent_in((("user-agent", "x"), (HEADER, PARENT))) == PARENT
    assert traceparent_in((("user-agent", "x"),)) == ""
    assert traceparent_in(None) == ""


# --- what is exported -------------------------------------------------------------------------


def test_what_is_exported_names_its_service_its_parent_and_its_facts() -> None:
    with (
        kept() as spans,
        span("hear", PARENT, topic="zoneledger.evaluation.events", stream="unit-x") as current,
    ):
        mark(current, position=7)
    hear = spans["hear"]
    assert hear.resource.attributes["service.name"] == "evaluation-worker"
    assert hear.parent is not None
    assert f"{hear.parent.trace_id:032x}-{hear.parent.span_id:016x}" == f"{TRACE}-{SPAN}"
    assert dict(hear.attributes or {}) == {
        "messaging.destination.name": "zoneledger.evaluation.events",
        "zoneledger.stream": "unit-x",
        "zoneledger.position": 7,
    }


def test_a_span_that_fails_says_why_and_lets_the_error_through() -> None:
    with kept() as spans, pytest.raises(RuntimeError), span("relay"):
        raise RuntimeError("no broker")
    assert spans["relay"].status.status_code is StatusCode.ERROR
    assert spans["relay"].status.description == "RuntimeError: no broker"
    assert [event.name for event in spans["relay"].events] == ["exception"]


def test_an_exception_that_is_an_answer_is_no_failure() -> None:
    with kept() as spans, pytest.raises(KeyError), span("find", answers=(KeyError,)):
        raise KeyError("x")
    assert spans["find"].status.status_code is StatusCode.UNSET
    assert spans["find"].events == ()


def test_what_was_not_sent_yet_is_sent_at_the_end() -> None:
    with collector() as (url, received):
        with exporting("incentive", "api", url), span("decide"):
            pass
        names = [
            each.name
            for request in received
            for resource in request.resource_spans
            for scope in resource.scope_spans
            for each in scope.spans
        ]
    assert names == ["decide"]


def test_without_an_endpoint_nothing_is_sent(monkeypatch: pytest.MonkeyPatch) -> None:
    with collector() as (url, received):
        monkeypatch.setenv("OTEL_EXPORTER_OTLP_ENDPOINT", url)
        with exporting("incentive", "api"), span("decide"):
            pass
    assert received == []


def test_a_collector_that_is_away_stops_nothing() -> None:
    with exporting("incentive", "api", f"http://127.0.0.1:{NOBODY}"), span("decide"):
        pass
    with span("after"):
        assert current_traceparent()


def test_the_end_does_not_wait_for_a_collector_that_does_not_answer(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(tracing, "_LONGEST_END_SECONDS", 0.2)
    with socket.create_server(("127.0.0.1", 0)) as silent:
        began = time.monotonic()
        url = f"http://127.0.0.1:{silent.getsockname()[1]}"
        with exporting("incentive", "api", url), span("decide"):
            pass
        assert time.monotonic() - began < 2

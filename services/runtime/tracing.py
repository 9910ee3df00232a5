"""One trace from the call that published a rating to the last event that followed from it.

A trace travels as a W3C traceparent: in gRPC metadata, in Kafka headers, in whatever is written
down to be carried on later. Without a collector nothing is sent and nothing is kept, but ids are
made all the same, so that whoever comes next in the chain can export its part.
"""

from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from threading import Thread

from opentelemetry.context import Context
from opentelemetry.sdk.resources import Resource
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import BatchSpanProcessor, SpanExporter
from opentelemetry.trace import Span, SpanKind, Status, StatusCode, Tracer
from opentelemetry.trace.propagation.tracecontext import TraceContextTextMapPropagator

HEADER = "traceparent"
CONSUMER = SpanKind.CONSUMER

# The conventions of OpenTelemetry for these still change: here is the one place to follow them.
_FOREIGN_NAMES: Mapping[str, str] = {
    "rpc_system": "rpc.system.name",
    "rpc_method": "rpc.method",
    "rpc_code": "rpc.response.status_code",
    "topic": "messaging.destination.name",
    "partition": "messaging.destination.partition.id",
    "offset": "messaging.kafka.offset",
}
_LONGEST_EXPORT_SECONDS = 3.0
_LONGEST_END_SECONDS = 5.0

_W3C = TraceContextTextMapPropagator()

Attribute = str | bool | int | float


def _tracer(provider: TracerProvider) -> Tracer:
    return provider.get_tracer("zoneledger")


# The last one makes the spans. Not in a context variable: gRPC calls begin in an empty context.
_tracers = [_tracer(TracerProvider(resource=Resource.get_empty(), shutdown_on_exit=False))]


@contextmanager
def exporting(
    service: str, role: str, endpoint: str = "", exporter: SpanExporter | None = None
) -> Iterator[None]:
    """Export the spans of the block to `endpoint`, the base URL of an OTLP/HTTP collector.

    With no endpoint, and no exporter given instead, nothing changes. What was not sent by the end
    of the block is sent then; it waits for that, but for a collector that is away no longer than
    a process that was told to stop can spare.
    """
    if endpoint and exporter is None:
        exporter = _sending(f"{endpoint.rstrip('/')}/v1/traces")
    if exporter is None:
        yield
        return
    name = {"service.namespace": "zoneledger", "service.name": f"{service}-{role}"}
    provider = TracerProvider(resource=Resource.create(name), shutdown_on_exit=False)
    provider.add_span_processor(BatchSpanProcessor(exporter))
    tracer = _tracer(provider)
    _tracers.append(tracer)
    try:
        yield
    finally:
        _tracers.remove(tracer)
        sending = Thread(target=provider.shutdown, daemon=True)
        sending.start()
        sending.join(_LONGEST_END_SECONDS)


def _sending(url: str) -> SpanExporter:
    from opentelemetry.exporter.otlp.proto.http.trace_exporter import (  # noqa: PLC0415  # It is large, and few export.
        OTLPSpanExporter,
    )

    return OTLPSpanExporter(endpoint=url, timeout=_LONGEST_EXPORT_SECONDS)


def is_exporting() -> bool:
    """Whether somebody collects the spans."""
    return len(_tracers) > 1


@contextmanager
def span(
    name: str,
    traceparent: str = "",
    *,
    kind: SpanKind = SpanKind.INTERNAL,
    answers: tuple[type[Exception], ...] = (),
    **attributes: Attribute,
) -> Iterator[Span]:
    """A part of the trace of `traceparent`, or else of the trace that is going on here.

    A traceparent that cannot be read begins a trace of its own. An exception that leaves the block
    is noted as its failure, unless it is one of `answers`.
    """
    with _tracers[-1].start_as_current_span(
        name,
        context=_W3C.extract({HEADER: traceparent}, Context()) if traceparent else None,
        kind=kind,
        attributes={_attribute_name(key): value for key, value in attributes.items()},
        record_exception=False,
        set_status_on_exception=False,
    ) as current:
        try:
            yield current
        except answers:
            raise
        except Exception as error:
            current.record_exception(error)
            current.set_status(Status(StatusCode.ERROR, f"{type(error).__name__}: {error}"))
            raise


def mark(current: Span, **attributes: Attribute) -> None:
    """Say of a span what was not known when it began."""
    for key, value in attributes.items():
        current.set_attribute(_attribute_name(key), value)


def _attribute_name(name: str) -> str:
    return _FOREIGN_NAMES.get(name, f"zoneledger.{name}")


def current_traceparent() -> str:
    """The span that is going on here, as it travels; empty where there is none."""
    carrier: dict[str, str] = {}
    _W3C.inject(carrier)
    return carrier.get(HEADER, "")


def trace_in(traceparent: str) -> str:
    """Which trace a traceparent is of: all of it but the span and what may be done with it."""
    return traceparent[: len("00-") + 32]


def traceparent_in(metadata: Iterable[tuple[str, str | bytes]] | None) -> str:
    """What the caller of a gRPC method sent; empty where it sent none."""
    return next((str(value) for key, value in metadata or () if key == HEADER), "")

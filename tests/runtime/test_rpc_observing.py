"""Of each gRPC call are seen its trace, its time, its ids, and the status that its caller gets."""

import asyncio
import logging
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import grpc
import grpc.aio
import pytest
from grpc_status import rpc_status
from opentelemetry.sdk.trace import ReadableSpan
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter
from opentelemetry.trace import SpanKind, StatusCode

from services.kernel.errors import Rejected
from services.runtime.bound import bound_ids
from services.runtime.metrics import Metrics, fresh
from services.runtime.refusals import status_of
from services.runtime.rpc_observing import CORRELATION
from services.runtime.rpc_observing import observed as observing
from services.runtime.surface import Unknown
from services.runtime.tracing import HEADER, current_traceparent, exporting
from tests.asynchronous import asynchronous, until

PARENT = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"
TRACE, SPAN = PARENT.split("-")[1:3]

Context = grpc.aio.ServicerContext[Any, Any]


HANGING: list[Context] = []

# Each ends in its own way; a stream says one thing before.


async def well(request: bytes, context: Context) -> bytes:
    return current_traceparent().encode()


async def aborting(request: bytes, context: Context) -> bytes:
    await context.abort(grpc.StatusCode.NOT_FOUND, "no such unit")
    return b""


async def setting(request: bytes, context: Context) -> bytes:
    context.set_code(grpc.StatusCode.ABORTED)
    return b""


async def failing(request: bytes, context: Context) -> bytes:
    raise RuntimeError("broken")


async def refusing(request: bytes, context: Context) -> bytes:
    told = rpc_status.to_status(status_of(Rejected("the rules say no")))
    await context.abort(told.code, told.details, told.trailing_metadata)
    return b""


async def hanging(request: bytes, context: Context) -> bytes:
    HANGING.append(context)
    await asyncio.sleep(60)
    return b""


async def telling_ids(request: bytes, context: Context) -> bytes:
    return repr(dict(bound_ids())).encode()


SINGLE = {
    each.__name__: each
    for each in (well, aborting, setting, failing, refusing, hanging, telling_ids)
}


def yielding(name: str) -> Any:
    async def answer(request: bytes, context: Context) -> AsyncIterator[bytes]:
        yield b"first"
        yield await SINGLE[name](request, context)

    return answer


def writing(name: str) -> Any:
    async def answer(request: bytes, context: Context) -> None:
        await context.write(b"first")
        await context.write(await SINGLE[name](request, context))

    return answer


FORMS: dict[str, Any] = {"single": SINGLE.get, "yielding": yielding, "writing": writing}


class Observed:
    """A server with every method in every form, and what was seen of its calls."""

    def __init__(self, channel: grpc.aio.Channel, metrics: Metrics) -> None:
        self._channel, self._metrics = channel, metrics
        self.spans: dict[str, ReadableSpan] = {}

    async def call(self, form: str, name: str, **options: Any) -> list[bytes]:
        """What a call answers, as a list."""
        if form == "single":
            single: Any = self._channel.unary_unary(f"/{form}/{name}")
            return [await single(b"", **options)]
        stream: Any = self._channel.unary_stream(f"/{form}/{name}")
        return [each async for each in stream(b"", **options)]

    def begin(self, form: str, name: str) -> Any:
        """A call under way."""
        if form == "single":
            single: Any = self._channel.unary_unary(f"/{form}/{name}")
            return single(b"")
        stream: Any = self._channel.unary_stream(f"/{form}/{name}")
        return stream(b"")

    def counted(self) -> dict[tuple[str, str], float]:
        """How many calls of a method ended with a code."""
        return {
            (sample.labels["method"], sample.labels["code"]): sample.value
            for family in self._metrics.rpc_seconds.collect()
            for sample in family.samples
            if sample.name.endswith("_count")
        }


def as_served(metrics: Metrics, name: str, method: Any) -> Any:
    """The method, observed as a server observes its own."""

    async def answer(request: bytes, context: Context) -> Any:
        with observing(metrics, name, context, is_read=False):
            answering = method(request, context)
            if not hasattr(answering, "__aiter__"):
                return await answering
            async for response in answering:
                await context.write(response)
            return None

    return answer


@asynccontextmanager
async def observed() -> AsyncIterator[Observed]:
    """Everything that was seen; its spans by method, after the block."""
    metrics = fresh()
    server = grpc.aio.server()
    for form, method_of in FORMS.items():
        make = (
            grpc.unary_unary_rpc_method_handler
            if form == "single"
            else grpc.unary_stream_rpc_method_handler
        )
        methods: Any = {
            name: make(as_served(metrics, f"{form}/{name}", method_of(name))) for name in SINGLE
        }
        server.add_generic_rpc_handlers((grpc.method_handlers_generic_handler(form, methods),))
    server.add_generic_rpc_handlers((Unknown(metrics),))
    port = server.add_insecure_port("127.0.0.1:0")
    exporter = InMemorySpanExporter()
    with exporting("evaluation", "api", exporter=exporter):
        await server.start()
        async with grpc.aio.insecure_channel(f"127.0.0.1:{port}") as channel:
            seen = Observed(channel, metrics)
            yield seen
        await server.stop(None)
    seen.spans.update({each.name: each for each in exporter.get_finished_spans()})


EACH_FORM = pytest.mark.parametrize("form", FORMS)


# --- status -----------------------------------------------------------------------------------


@EACH_FORM
@pytest.mark.parametrize(
    ("name", "code"), [("aborting", "NOT_FOUND"), ("setting", "ABORTED"), ("hanging", None)]
)
@asynchronous
async def test_the_status_that_is_seen_is_the_one_that_the_caller_gets(
    form: str, name: str, code: str | None
) -> None:
    method, code = f"{form}/{name}", code or "DEADLINE_EXCEEDED"
    async with observed() as seen:
        with pytest.raises(grpc.aio.AioRpcError) as refused:
            await seen.call(form, name, timeout=0.2 if name == "hanging" else 20)
        await until(lambda: asyncio.sleep(0, seen.counted()))
        assert refused.value.code().name == code
        assert seen.counted() == {(method, code): 1}
    attributes = seen.spans[method].attributes or {}
    assert attributes["rpc.response.status_code"] == code


@EACH_FORM
@asynchronous
async def test_a_call_that_ends_well_is_seen_as_ok(form: str) -> None:
    async with observed() as seen:
        answers = await seen.call(form, "well")
        assert len(answers) == (1 if form == "single" else 2)
        assert seen.counted() == {(f"{form}/well", "OK"): 1}


@asynchronous
async def test_a_refusal_is_seen_with_the_code_that_it_travels_with() -> None:
    async with observed() as seen:
        with pytest.raises(grpc.aio.AioRpcError):
            await seen.call("single", "refusing")
        assert seen.counted() == {("single/refusing", "FAILED_PRECONDITION"): 1}
    span = seen.spans["single/refusing"]
    assert span.status.status_code is StatusCode.UNSET, "the caller was answered"


@EACH_FORM
@asynchronous
async def test_a_fault_of_ours_is_a_failed_span(form: str) -> None:
    method = f"{form}/failing"
    async with observed() as seen:
        with pytest.raises(grpc.aio.AioRpcError) as refused:
            await seen.call(form, "failing")
        assert seen.counted() == {(method, refused.value.code().name): 1}
    assert seen.spans[method].status.status_code is StatusCode.ERROR


@EACH_FORM
@asynchronous
async def test_a_call_that_its_caller_gives_up_is_seen_as_cancelled(form: str) -> None:
    HANGING.clear()
    async with observed() as seen:
        call = seen.begin(form, "hanging")
        await until(lambda: asyncio.sleep(0, HANGING))
        call.cancel()
        await until(lambda: asyncio.sleep(0, seen.counted()))
        assert seen.counted() == {(f"{form}/hanging", "CANCELLED"): 1}


@asynchronous
async def test_methods_that_do_not_exist_are_counted_under_one_name() -> None:
    async with observed() as seen:
        for name in ("one", "other"):
            with pytest.raises(grpc.aio.AioRpcError):
                await seen.call("single", name)
        assert seen.counted() == {("unknown", "UNIMPLEMENTED"): 2}


# --- trace and ids ----------------------------------------------------------------------------


@EACH_FORM
@asynchronous
async def test_a_call_goes_on_with_the_trace_of_its_caller(form: str) -> None:
    async with observed() as seen:
        answers = await seen.call(form, "well", metadata=((HEADER, PARENT),))
    assert answers[-1].decode().split("-")[1] == TRACE
    span = seen.spans[f"{form}/well"]
    assert span.kind is SpanKind.SERVER
    assert span.parent is not None
    assert f"{span.parent.span_id:016x}" == SPAN


@EACH_FORM
@asynchronous
async def test_a_call_without_a_trace_begins_one_for_itself(form: str) -> None:
    async with observed() as seen:
        [first, other] = [(await seen.call(form, "well"))[-1].decode() for _ in range(2)]
    assert first.split("-")[1] != other.split("-")[1]


@EACH_FORM
@asynchronous
async def test_the_story_that_the_caller_names_is_on_the_lines_of_its_call_only(form: str) -> None:
    async with observed() as seen:
        named = await seen.call(form, "telling_ids", metadata=((CORRELATION, "story-1"),))
        unnamed = await seen.call(form, "telling_ids")
    assert named[-1] == b"{'correlation_id': 'story-1'}"
    assert unnamed[-1] == b"{}"


@asynchronous
async def test_many_calls_at_once_keep_their_stories_apart(
    caplog: pytest.LogCaptureFixture,
) -> None:
    caplog.set_level(logging.ERROR)
    async with observed() as seen:
        answers = await asyncio.gather(
            *(
                seen.call(form, "telling_ids", metadata=((CORRELATION, f"story-{n}"),))
                for n in range(20)
                for form in FORMS
            )
        )
    stories = [answer[-1].decode().split("'")[3] for answer in answers]
    assert stories == [f"story-{n}" for n in range(20) for _ in FORMS]
    assert caplog.records == []

"""What is seen of every gRPC call: its trace, its time, its status, and its ids on each log line.

A call continues its caller's trace; how it ended is taken from gRPC itself, also where a method
aborted, was cancelled or ran out of time. Methods must be coroutines or asynchronous generators.
A stream of requests is let through unseen, as are the questions for health: they come every few
seconds, or last for days, and would drown the rest.
"""

import asyncio
import time
from collections.abc import Awaitable, Callable, Iterator
from contextlib import aclosing, contextmanager
from typing import Any

import grpc
import grpc.aio
from google.protobuf.message import Message
from opentelemetry.trace import SpanKind, Status, StatusCode

from services.runtime.journal import bound
from services.runtime.metrics import Metrics
from services.runtime.tracing import mark, span, traceparent_in

CORRELATION = "correlation-id"

_UNSEEN = "/grpc.health.v1.Health/"
_UNKNOWN_METHOD = "unknown"
_LONGEST_ID = 128

# The others are answers: the caller asked for what it may not have.
_OUR_FAULTS = {
    grpc.StatusCode.UNKNOWN,
    grpc.StatusCode.DEADLINE_EXCEEDED,
    grpc.StatusCode.UNIMPLEMENTED,
    grpc.StatusCode.INTERNAL,
    grpc.StatusCode.UNAVAILABLE,
    grpc.StatusCode.DATA_LOSS,
}

_Context = grpc.aio.ServicerContext[Any, Any]


class Observing(grpc.aio.ServerInterceptor):
    """Stands before all other interceptors, so that it sees what the caller gets."""

    def __init__(self, metrics: Metrics) -> None:
        self._metrics = metrics

    async def intercept_service(
        self,
        continuation: Callable[[grpc.HandlerCallDetails], Awaitable[Any]],
        handler_call_details: grpc.HandlerCallDetails,
    ) -> Any:
        handler = await continuation(handler_call_details)
        if handler is None:
            # Under one name: callers choose the names of what does not exist.
            self._seen(_UNKNOWN_METHOD, grpc.StatusCode.UNIMPLEMENTED, 0.0)
            return None
        if handler.request_streaming or handler_call_details.method.startswith(_UNSEEN):
            return handler
        form, answer = (
            (grpc.unary_stream_rpc_method_handler, self._stream(handler, handler_call_details))
            if handler.response_streaming
            else (grpc.unary_unary_rpc_method_handler, self._single(handler, handler_call_details))
        )
        return form(
            answer,
            request_deserializer=handler.request_deserializer,
            response_serializer=handler.response_serializer,
        )

    def _single(self, handler: Any, details: grpc.HandlerCallDetails) -> Any:
        async def answer(request: Message, context: _Context) -> Any:
            with self._observed(details, context):
                return await handler.unary_unary(request, context)

        return answer

    def _stream(self, handler: Any, details: grpc.HandlerCallDetails) -> Any:
        """Written, not yielded: a generator that its reader leaves ends at some later time."""

        async def answer(request: Message, context: _Context) -> None:
            with self._observed(details, context):
                responses = handler.unary_stream(request, context)
                if not hasattr(responses, "__aiter__"):
                    await responses
                    return
                async with aclosing(responses):
                    async for response in responses:
                        await context.write(response)

        return answer

    @contextmanager
    def _observed(self, details: grpc.HandlerCallDetails, context: _Context) -> Iterator[None]:
        method = details.method.removeprefix("/")
        began = time.perf_counter()
        with (
            bound(correlation_id=_correlation_id(details)),
            span(
                method,
                traceparent_in(details.invocation_metadata),
                kind=SpanKind.SERVER,
                answers=(grpc.aio.AbortError,),
                rpc_system="grpc",
                rpc_method=method,
            ) as current,
        ):
            code = grpc.StatusCode.OK
            try:
                yield
                code = _code_set(context) or code
            except BaseException as error:
                code = _code_of(error, context)
                raise
            finally:
                self._seen(method, code, time.perf_counter() - began)
                mark(current, rpc_code=code.name)
                if code in _OUR_FAULTS:
                    current.set_status(Status(StatusCode.ERROR, code.name))

    def _seen(self, method: str, code: grpc.StatusCode, seconds: float) -> None:
        self._metrics.rpc_seconds.labels(method, code.name).observe(seconds)


def _correlation_id(details: grpc.HandlerCallDetails) -> str:
    """The story that the caller says this belongs to."""
    given = (str(value) for key, value in details.invocation_metadata or () if key == CORRELATION)
    return next(given, "")[:_LONGEST_ID]


def _code_of(error: BaseException, context: _Context) -> grpc.StatusCode:
    """What gRPC tells the caller of a method that ends with this."""
    if isinstance(error, asyncio.CancelledError):
        left = context.time_remaining()
        is_late = left is not None and left <= 0
        return grpc.StatusCode.DEADLINE_EXCEEDED if is_late else grpc.StatusCode.CANCELLED
    return _code_set(context) or grpc.StatusCode.UNKNOWN


def _code_set(context: _Context) -> grpc.StatusCode | None:
    """The code that the method set or aborted with, if it did."""
    code: Any = context.code()
    if code is None or isinstance(code, grpc.StatusCode):
        return code
    return next((each for each in grpc.StatusCode if each.value[0] == code), None)

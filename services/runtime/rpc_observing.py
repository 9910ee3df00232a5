"""What is seen of every gRPC call: its trace, its time, its status, and its ids on each log line.

A call continues its caller's trace; how it ended is taken from gRPC itself, also where a method
aborted, was cancelled or ran out of time. A read is traced only where somebody collects the traces;
what a command begins goes on in other services, so its trace has ids in any case.
"""

import asyncio
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import grpc
import grpc.aio
from opentelemetry.trace import SpanKind, Status, StatusCode

from services.runtime.bound import bound
from services.runtime.metrics import Metrics
from services.runtime.tracing import is_exporting, mark, span, traceparent_in

CORRELATION = "correlation-id"

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


@contextmanager
def observed(metrics: Metrics, method: str, context: _Context, *, is_read: bool) -> Iterator[None]:
    """Time, count and trace a call for as long as the block lasts."""
    began, code = time.perf_counter(), grpc.StatusCode.OK
    try:
        if is_read and not is_exporting():
            yield
        else:
            with _traced(method, context):
                yield
        code = _code_set(context) or code
    except BaseException as error:
        code = _code_of(error, context)
        raise
    finally:
        counted(metrics, method, code, time.perf_counter() - began)


def counted(metrics: Metrics, method: str, code: grpc.StatusCode, seconds: float) -> None:
    """Count a call that has ended."""
    metrics.rpc_seconds.labels(method, code.name).observe(seconds)


@contextmanager
def _traced(method: str, context: _Context) -> Iterator[None]:
    metadata = context.invocation_metadata()
    with (
        bound(correlation_id=_correlation_id(metadata)),
        span(
            method,
            traceparent_in(metadata),
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
            mark(current, rpc_code=code.name)
            if code in _OUR_FAULTS:
                current.set_status(Status(StatusCode.ERROR, code.name))


def _correlation_id(metadata: Any) -> str:
    """The story that the caller says this belongs to."""
    given = (str(value) for key, value in metadata or () if key == CORRELATION)
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

"""A request as it comes in: of which method, what it is about, and whether it can be read at all.

What hurts to read is not read before it is known who asks: of a few bytes each a message can have
millions of parts. A question is short; what a command may say is as long as a server takes.
"""

from collections.abc import Callable
from functools import lru_cache
from typing import Any, NamedTuple, TypeAlias

import grpc.aio
from google.protobuf.descriptor import Descriptor
from google.protobuf.message import DecodeError

from services.kernel.access import LOG_SERVICE
from services.kernel.errors import Malformed, Violation
from services.kernel.reasons import Why
from services.runtime import units
from services.runtime.gate import Question

Context: TypeAlias = grpc.aio.ServicerContext[Any, Any]

LARGEST_REQUEST = 4 << 20
LARGEST_QUESTION = 256 << 10
MOST_ITEMS = 5_000


class Method(NamedTuple):
    """A method as it was declared. `service` is empty where the request names the service.

    `is_of_log` says that it tells a log as it is.
    """

    name: str
    service: str
    answer: Callable[[Any, Context], Any]
    request_of: Callable[[bytes], Any]
    is_read: bool
    streams: bool
    is_of_log: bool

    @property
    def largest(self) -> int:
        """How many bytes a request of it may have."""
        return LARGEST_REQUEST if self.service and not self.is_read else LARGEST_QUESTION


class Asked(NamedTuple):
    """A request, and what the access log tells of it; an empty one with its `fault`."""

    request: Any
    question: Question
    fault: Malformed | None = None


def declared(name: str, handler: "grpc.RpcMethodHandler[Any, Any]") -> Method:
    """The method that generated code adds under its full name."""
    package = name.split(".")
    request = handler.request_deserializer.__self__  # type: ignore[union-attr]
    return Method(
        name=name,
        service="" if package[1] == "ledger" else package[1],
        answer=handler.unary_stream or handler.unary_unary,  # type: ignore[arg-type]
        request_of=handler.request_deserializer,  # type: ignore[arg-type]
        is_read="known_at" in request.DESCRIPTOR.fields_by_name or bool(handler.response_streaming),
        streams=bool(handler.response_streaming),
        is_of_log=name.startswith(LOG_SERVICE),
    )


def read(method: Method, raw: bytes, largest: int = LARGEST_QUESTION) -> Asked:
    """What is asked; a fault where it has more than `largest` bytes, or too many items."""
    if len(raw) > largest:
        return _unread(method, "request", Why.REQUEST_TOO_LARGE(size=len(raw), limit=largest))
    try:
        request = method.request_of(raw)
    except DecodeError:
        return _unread(method, "request", Why.NOT_A_REQUEST(method=method.name))
    for field in _repeated(request.DESCRIPTOR):
        if (count := len(getattr(request, field))) > MOST_ITEMS:
            return _unread(method, field, Why.TOO_MANY(count=count, limit=MOST_ITEMS))
    return Asked(request, _question(request))


def service_of(method: Method, asked: Asked) -> str:
    """The service that a request is for."""
    service: str = method.service or asked.request.service
    return service


def _unread(method: Method, field: str, why: str) -> Asked:
    request = method.request_of(b"")
    return Asked(request, _question(request), Malformed(Violation(field, why)))


def _question(request: Any) -> Question:
    known_at = getattr(request, "known_at", None)
    return Question(
        units.named_in(request),
        getattr(request, "as_of", ""),
        # As it was asked, also where it is no moment.
        known_at.seconds * 10**9 + known_at.nanos if known_at is not None else 0,
    )


@lru_cache(maxsize=1_000)
def _repeated(of: Descriptor) -> tuple[str, ...]:
    return tuple(field.name for field in of.fields if field.is_repeated)

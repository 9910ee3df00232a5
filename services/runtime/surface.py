"""What every gRPC method has in common, wrapped around each of them once, when it is added.

A call is counted, timed and traced; it is refused where too many are under way; its caller is
identified and admitted; it ends in time; a refusal travels as a status; fields that the caller may
not see are empty; and it is in the access log before it is answered. A read whose log has not moved
since the same question of the same viewer is answered with the same bytes.

A method falls under this by being declared in the contract: what it may be about is found in its
request by the names of the fields (`unit_id`, `name`, `names`, `parent`, `units`), that it reads by
`known_at`.
"""

import asyncio
import logging
from collections.abc import Awaitable, Callable, Iterator, Mapping
from contextlib import aclosing, contextmanager
from typing import Any, NamedTuple, TypeAlias

import grpc
import grpc.aio
from google.protobuf.message import DecodeError, Message
from grpc_status import rpc_status

from services.kernel.errors import (
    CorruptHistory,
    Forbidden,
    Malformed,
    OurFault,
    Overloaded,
    TooLate,
    UnknownStream,
    Violation,
    ZoneledgerError,
)
from services.kernel.reasons import Why
from services.kernel.viewer import Viewer
from services.runtime import calling, clock, masks, units
from services.runtime.gate import Caller, Gate, Question
from services.runtime.ledger import Ledger
from services.runtime.metrics import Metrics
from services.runtime.recent import Recent
from services.runtime.refusals import status_of
from services.runtime.rpc_observing import counted as count
from services.runtime.rpc_observing import observed

Context: TypeAlias = grpc.aio.ServicerContext[Any, Any]

_AS_IT_IS = "zoneledger.ledger.v1.LogService/"
_BYTES_KEPT = 32 << 20

_log = logging.getLogger(__name__)


class Limits(NamedTuple):
    """How much a process answers at once, calls and readers that watch, and how long a call takes.

    The seconds are the most that one gets, also where its caller sets no deadline.
    """

    calls: int = 512
    watches: int = 4_096
    read_seconds: float = 30.0
    command_seconds: float = 300.0


LIMITS = Limits()


class Method(NamedTuple):
    """A method as it was declared. `service` is empty where the request names the service."""

    name: str
    service: str
    answer: Callable[[Any, Context], Any]
    request_of: Callable[[bytes], Any]
    is_read: bool
    streams: bool


class Asked(NamedTuple):
    """A request, and what the access log tells of it; an empty one with its `fault`."""

    request: Any
    question: Question
    fault: Malformed | None


class Kept(NamedTuple):
    """An answer that may be given again while its log is as it was: `stamp` says how."""

    stamp: tuple[object, ...]
    data: bytes
    question: Question
    position: int
    rows: int


class Surface:
    """The methods of a server; what the generated code calls to add them."""

    def __init__(
        self,
        server: grpc.aio.Server,
        ledgers: Mapping[str, Ledger],
        gate: Gate,
        counted: Metrics,
        limits: Limits = LIMITS,
    ) -> None:
        self._server, self._ledgers, self._gate = server, ledgers, gate
        self._counted, self._limits = counted, limits
        self._calls = self._watches = 0
        self._kept: Recent[tuple[object, ...], Kept] = Recent(
            _BYTES_KEPT, lambda kept: len(kept.data) + 500
        )

    def add_generic_rpc_handlers(self, handlers: object) -> None:
        """The same methods once more, without their names: they are added below."""

    def add_registered_method_handlers(
        self, service: str, handlers: "Mapping[str, grpc.RpcMethodHandler[Any, Any]]"
    ) -> None:
        """Add the methods of a gRPC service."""
        wrapped = {
            name: self._wrapped(_method(f"{service}/{name}", handler))
            for name, handler in handlers.items()
        }
        generic = grpc.method_handlers_generic_handler(service, wrapped)
        self._server.add_generic_rpc_handlers((generic,))

    def close(self) -> None:
        """Add a last handler, for the methods that do not exist."""
        self._server.add_generic_rpc_handlers((Unknown(self._counted),))

    def _wrapped(self, method: Method) -> "grpc.RpcMethodHandler[Any, Any]":
        answer = self._stream if method.streams else self._single

        async def called(raw: bytes, context: Context) -> bytes | None:
            with observed(self._counted, method.name, context, is_read=method.is_read):
                try:
                    return await answer(method, raw, context)
                except ZoneledgerError as refusal:
                    fault = refusal
                except grpc.aio.AbortError:
                    raise
                except Exception:  # noqa: BLE001  # Ours to mend; nobody outside sees its insides.
                    _log.exception("%s failed", method.name)
                    fault = OurFault(Why.INTERNAL())
                status = status_of(fault, method.name, insides=self._gate.is_open)
                told = rpc_status.to_status(status)
                await context.abort(told.code, told.details, told.trailing_metadata)
            raise AssertionError  # abort() raises.

        form = (
            grpc.unary_stream_rpc_method_handler
            if method.streams
            else grpc.unary_unary_rpc_method_handler
        )
        return form(called)

    async def _single(self, method: Method, raw: bytes, context: Context) -> bytes:
        if self._calls >= self._limits.calls:
            raise Overloaded(Why.TOO_MANY_CALLS(count=self._calls))
        self._calls += 1
        try:
            if not method.is_read:
                return await self._fresh(method, raw, context)
            ledger = self._ledgers.get(method.service)
            if ledger is None:
                return await self._fresh(method, raw, context)
            await ledger.catch_up()
            caller = self._gate.admit(
                method.name, context, ledger, lambda: _read(method, raw).question
            )
            stamp = (ledger.position, ledger.parked, ledger.checkpoint, clock.today())
            key = (method.name, caller, raw)
            kept = self._kept.get(key)
            if kept is None or kept.stamp != stamp:
                return await self._fresh(method, raw, context, key)
            self._gate.note(caller, method.name, kept.question, kept.position, kept.rows)
            return kept.data
        finally:
            self._calls -= 1

    async def _fresh(
        self,
        method: Method,
        raw: bytes,
        context: Context,
        key: tuple[object, ...] | None = None,
    ) -> bytes:
        """Answer by asking the method."""
        asked = _read(method, raw)
        ledger, caller = await self._begin(method, asked, context)
        position = ledger.position
        stamp = (position, ledger.parked, ledger.checkpoint, clock.today())
        limits = self._limits
        longest = limits.read_seconds if method.is_read else limits.command_seconds
        with self._noted(caller, method, asked.question), calling.of(caller.viewer) as call:
            self._check(method, asked, caller.viewer)
            response = await _in_time(method.answer(asked.request, context), longest)
        if caller.viewer.hidden:
            masks.hide(response, caller.viewer.hidden)
        data = response.SerializeToString()
        question = asked.question
        self._gate.note(caller, method.name, question, call.position or position, call.rows)
        if key is not None:
            self._kept.put(key, Kept(stamp, data, question, call.position, call.rows))
        return data

    async def _stream(self, method: Method, raw: bytes, context: Context) -> None:
        """Written, not yielded: a generator that its reader leaves ends at some later time."""
        if self._watches >= self._limits.watches:
            raise Overloaded(Why.TOO_MANY_CALLS(count=self._watches))
        self._watches += 1
        try:
            asked = _read(method, raw)
            ledger, caller = await self._begin(method, asked, context)
            with self._noted(caller, method, asked.question), calling.of(caller.viewer):
                self._check(method, asked, caller.viewer)
                responses = method.answer(asked.request, context)
                self._gate.note(caller, method.name, asked.question, ledger.position, 0)
                async with aclosing(responses):
                    async for response in responses:
                        await context.write(response.SerializeToString())
        finally:
            self._watches -= 1

    async def _begin(self, method: Method, asked: Asked, context: Context) -> tuple[Ledger, Caller]:
        """Which ledger is asked, caught up, and by whom: who is not admitted hears nothing else."""
        any_ledger = next(iter(self._ledgers.values()))
        ledger = self._ledgers.get(_service(method, asked), any_ledger)
        await _caught_up(method, ledger)
        return ledger, self._gate.admit(method.name, context, ledger, lambda: asked.question)

    def _check(self, method: Method, asked: Asked, viewer: Viewer) -> None:
        """Refuse what cannot be read, is of another process, or is not for this caller."""
        if asked.fault is not None:
            raise asked.fault
        service = _service(method, asked)
        if service not in self._ledgers:
            here = ", ".join(self._ledgers)
            raise UnknownStream(Why.SERVICE_NOT_HERE(service=service[:50], here=here))
        for unit in asked.question.units:
            if not viewer.may_ask_about(unit):
                raise Forbidden(Why.UNIT_NOT_ALLOWED(agency=viewer.agency, unit=unit[:100]))

    @contextmanager
    def _noted(self, caller: Caller, method: Method, question: Question) -> Iterator[None]:
        """Whatever refuses a call in the block is in the access log."""
        try:
            yield
        except ZoneledgerError as refusal:
            self._gate.refuse(caller, method.name, question, refusal)
            raise
        except Exception:
            self._gate.refuse(caller, method.name, question, OurFault(Why.INTERNAL()))
            raise


class Unknown(grpc.GenericRpcHandler):
    """Counts the calls of methods that do not exist, under one name: callers choose theirs."""

    def __init__(self, counted: Metrics) -> None:
        self._counted = counted

    def service(self, handler_call_details: grpc.HandlerCallDetails) -> None:
        count(self._counted, "unknown", grpc.StatusCode.UNIMPLEMENTED, 0.0)


def _method(name: str, handler: "grpc.RpcMethodHandler[Any, Any]") -> Method:
    package = name.split(".")
    request = handler.request_deserializer.__self__  # type: ignore[union-attr]
    return Method(
        name=name,
        service="" if package[1] == "ledger" else package[1],
        answer=handler.unary_stream or handler.unary_unary,  # type: ignore[arg-type]
        request_of=handler.request_deserializer,  # type: ignore[arg-type]
        is_read="known_at" in request.DESCRIPTOR.fields_by_name or bool(handler.response_streaming),
        streams=bool(handler.response_streaming),
    )


def _read(method: Method, raw: bytes) -> Asked:
    try:
        request, fault = method.request_of(raw), None
    except DecodeError:
        request = method.request_of(b"")
        fault = Malformed(Violation("request", Why.NOT_A_REQUEST(method=method.name)))
    return Asked(request, _question(request), fault)


def _service(method: Method, asked: Asked) -> str:
    service: str = method.service or asked.request.service
    return service


async def _caught_up(method: Method, ledger: Ledger) -> int:
    """How far the ledger has read. A log as it is is told also where it makes no sense."""
    try:
        return await ledger.catch_up()
    except CorruptHistory:
        if not method.name.startswith(_AS_IT_IS):
            raise
        return ledger.position


async def _in_time(answering: Awaitable[Message], seconds: float) -> Message:
    try:
        async with asyncio.timeout(seconds):
            return await answering
    except TimeoutError:
        raise TooLate(Why.NOT_IN_TIME(seconds=round(seconds))) from None


def _question(request: Any) -> Question:
    known_at = getattr(request, "known_at", None)
    return Question(
        units.named_in(request),
        getattr(request, "as_of", ""),
        # As it was asked, also where it is no moment.
        known_at.seconds * 10**9 + known_at.nanos if known_at is not None else 0,
    )

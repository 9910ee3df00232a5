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
from collections import Counter
from collections.abc import Awaitable, Iterator, Mapping
from contextlib import aclosing, contextmanager, nullcontext, suppress
from typing import Any, NamedTuple, TypeAlias

import grpc
import grpc.aio
from google.protobuf.message import Message
from grpc_status import rpc_status

from services.kernel.errors import (
    CorruptHistory,
    Forbidden,
    OurFault,
    Overloaded,
    TooLate,
    UnknownStream,
    ZoneledgerError,
)
from services.kernel.reasons import Why
from services.kernel.viewer import Viewer
from services.runtime import calling, clock, masks
from services.runtime.gate import Caller, Gate, Question
from services.runtime.ledger import Ledger
from services.runtime.metrics import Metrics
from services.runtime.recent import Recent
from services.runtime.refusals import status_of
from services.runtime.requests import LARGEST_QUESTION, Asked, Method, declared, read, service_of
from services.runtime.rpc_observing import counted as count
from services.runtime.rpc_observing import observed

Context: TypeAlias = grpc.aio.ServicerContext[Any, Any]

_BYTES_KEPT = 32 << 20

_log = logging.getLogger(__name__)


class Limits(NamedTuple):
    """How much a process answers at once, calls and readers that watch, and how long a call takes.

    An agency has `calls_of_one` of the calls at the most, so that no other waits for it alone. The
    seconds are the most that one gets, also where its caller sets no deadline.
    """

    calls: int = 512
    calls_of_one: int = 128
    watches: int = 2_000
    read_seconds: float = 30.0
    command_seconds: float = 300.0


LIMITS = Limits()


class Kept(NamedTuple):
    """An answer that may be given again while its log is as it was: `stamp` says how."""

    stamp: tuple[object, ...]
    data: bytes
    question: Question
    position: int
    rows: int
    weight: int


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
        self._of: Counter[str] = Counter()
        self._kept: Recent[tuple[object, ...], Kept] = Recent(_BYTES_KEPT, lambda kept: kept.weight)

    def add_generic_rpc_handlers(self, handlers: object) -> None:
        """The same methods once more, without their names: they are added below."""

    def add_registered_method_handlers(
        self, service: str, handlers: "Mapping[str, grpc.RpcMethodHandler[Any, Any]]"
    ) -> None:
        """Add the methods of a gRPC service."""
        wrapped = {
            name: self._wrapped(declared(f"{service}/{name}", handler))
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
                method.name, context, ledger, lambda: read(method, raw).question
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
        ledger, caller, asked = await self._begin(method, raw, context)
        position = ledger.position
        stamp = (position, ledger.parked, ledger.checkpoint, clock.today())
        limits = self._limits
        longest = limits.read_seconds if method.is_read else limits.command_seconds
        with (
            self._noted(caller, method, asked.question),
            self._share_of(caller.viewer.agency),
            calling.of(caller.viewer) as call,
        ):
            self._check(method, asked, caller.viewer)
            response = await _in_time(method.answer(asked.request, context), longest)
        if caller.viewer.hidden:
            masks.hide(response, caller.viewer.hidden)
        data = response.SerializeToString()
        question = asked.question
        self._gate.note(caller, method.name, question, call.position or position, call.rows)
        if key is not None:
            weight = len(raw) + len(data) + 500
            self._kept.put(key, Kept(stamp, data, question, call.position, call.rows, weight))
        return data

    @contextmanager
    def _share_of(self, agency: str) -> Iterator[None]:
        """A call of the agency is under way for as long as the block lasts."""
        if self._of[agency] >= self._limits.calls_of_one and not self._gate.is_open:
            raise Overloaded(Why.TOO_MANY_CALLS(count=self._of[agency]))
        self._of[agency] += 1
        try:
            yield
        finally:
            self._of[agency] -= 1

    async def _stream(self, method: Method, raw: bytes, context: Context) -> None:
        """Written, not yielded: a generator that its reader leaves ends at some later time."""
        if self._watches >= self._limits.watches:
            raise Overloaded(Why.TOO_MANY_CALLS(count=self._watches))
        self._watches += 1
        try:
            ledger, caller, asked = await self._begin(method, raw, context)
            with self._noted(caller, method, asked.question), calling.of(caller.viewer):
                self._check(method, asked, caller.viewer)
                responses = method.answer(asked.request, context)
                self._gate.note(caller, method.name, asked.question, ledger.position, 0)
                async with aclosing(responses):
                    async for response in responses:
                        if caller.viewer.hidden:
                            masks.hide(response, caller.viewer.hidden)
                        await context.write(response.SerializeToString())
        finally:
            self._watches -= 1

    async def _begin(
        self, method: Method, raw: bytes, context: Context
    ) -> tuple[Ledger, Caller, Asked]:
        """Which ledger is asked, caught up, by whom, and what.

        Who is not admitted hears nothing else, and what is large is read for others only.
        """
        asked = read(method, raw)
        any_ledger = next(iter(self._ledgers.values()))
        ledger = self._ledgers.get(service_of(method, asked), any_ledger)
        with suppress(CorruptHistory) if method.is_of_log else nullcontext():
            await ledger.catch_up()  # A log is told also where nobody here can read it.
        caller = self._gate.admit(method.name, context, ledger, lambda: asked.question)
        is_large = LARGEST_QUESTION < len(raw) <= method.largest
        return ledger, caller, read(method, raw, method.largest) if is_large else asked

    def _check(self, method: Method, asked: Asked, viewer: Viewer) -> None:
        """Refuse what cannot be read, is of another process, or is not for this caller."""
        if asked.fault is not None:
            raise asked.fault
        service = service_of(method, asked)
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


async def _in_time(answering: Awaitable[Message], seconds: float) -> Message:
    try:
        async with asyncio.timeout(seconds):
            return await answering
    except TimeoutError:
        raise TooLate(Why.NOT_IN_TIME(seconds=round(seconds))) from None

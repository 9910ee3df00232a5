"""How a command reaches the data: through whoever serves the folder, else by serving it itself.

Either way a command is a gRPC client. Served for one command only, a folder answers on a socket in
a private directory; a command that finds another one at work waits for it.
"""

import asyncio
import tempfile
import time
from collections.abc import Iterator
from concurrent.futures import Future
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from threading import Thread
from typing import Any

import grpc

from services.kernel.errors import FolderInUse
from services.runtime.embedded import serving
from services.runtime.folder import holder
from services.runtime.rpc import LARGEST_MESSAGE
from zoneledger.evaluation.v1.service_pb2_grpc import EvaluationServiceStub
from zoneledger.financing.v1.service_pb2_grpc import FinancingServiceStub
from zoneledger.incentive.v1.service_pb2_grpc import IncentiveServiceStub
from zoneledger.ledger.v1.service_pb2_grpc import LogServiceStub

_PATIENCE_SECONDS = 30.0
_LONGEST_CALL_SECONDS = 300.0
_PAUSE_SECONDS = 0.05


@dataclass(frozen=True, slots=True)
class Clients:
    """A stub for each service."""

    evaluation: EvaluationServiceStub
    incentive: IncentiveServiceStub
    financing: FinancingServiceStub
    log: LogServiceStub


@contextmanager
def connected(folder: Path, command: str) -> Iterator[Clients]:
    """Clients of the services on `folder`; `FolderInUse` if it does not become free."""
    deadline = time.monotonic() + _PATIENCE_SECONDS
    while True:
        who = holder(folder)
        if who is not None and who.address:
            with dialled(who.address) as clients:
                yield clients
            return
        try:
            with _served(folder, command) as address, dialled(address) as clients:
                yield clients
            return
        except FolderInUse:
            if time.monotonic() > deadline:
                raise
            time.sleep(_PAUSE_SECONDS)


@contextmanager
def dialled(address: str) -> Iterator[Clients]:
    """Clients of the services at an address."""
    options = [
        ("grpc.max_receive_message_length", LARGEST_MESSAGE),
        ("grpc.max_send_message_length", LARGEST_MESSAGE),
        ("grpc.enable_http_proxy", 0),
    ]
    with grpc.insecure_channel(address, options=options) as plain:
        channel = grpc.intercept_channel(plain, _Patience())
        yield Clients(
            EvaluationServiceStub(channel),
            IncentiveServiceStub(channel),
            FinancingServiceStub(channel),
            LogServiceStub(channel),
        )


class _Patience(grpc.UnaryUnaryClientInterceptor):
    """Gives every call an end, so that a server that hangs is heard of."""

    def intercept_unary_unary(
        self, continuation: Any, client_call_details: Any, request: Any
    ) -> Any:
        if client_call_details.timeout is not None:
            return continuation(client_call_details, request)
        return continuation(client_call_details._replace(timeout=_LONGEST_CALL_SECONDS), request)


@contextmanager
def _served(folder: Path, command: str) -> Iterator[str]:
    """Serve the folder from a thread of this process; raises what went wrong there, once."""
    with tempfile.TemporaryDirectory(prefix="zoneledger-") as private:
        ready: Future[tuple[str, asyncio.AbstractEventLoop, asyncio.Event]] = Future()
        address = f"unix:{private}/socket"
        faults: list[Exception] = []
        server = Thread(
            target=lambda: asyncio.run(_serve(folder, command, address, ready, faults)),
            daemon=True,
        )
        server.start()
        reached, loop, stop = ready.result()
        try:
            yield reached
        finally:
            with suppress(RuntimeError):  # It has come to its end by itself.
                loop.call_soon_threadsafe(stop.set)
            server.join()
            for fault in faults:
                raise fault


async def _serve(
    folder: Path,
    command: str,
    address: str,
    ready: "Future[tuple[str, asyncio.AbstractEventLoop, asyncio.Event]]",
    faults: list[Exception],
) -> None:
    stop = asyncio.Event()
    try:
        async with serving(folder, command, address) as (reached, _):
            ready.set_result((reached, asyncio.get_running_loop(), stop))
            await stop.wait()
    except Exception as fault:  # noqa: BLE001  # It is raised again in the thread that waits.
        if ready.done():
            faults.append(fault)
        else:
            ready.set_exception(fault)

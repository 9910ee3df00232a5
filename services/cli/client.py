"""How a command reaches the data: through whoever serves the folder, else by serving it itself.

Either way a command is a gRPC client. Served for one command only, a folder answers on a socket in
a private directory; a command that finds another one at work waits for it.
"""

import asyncio
import tempfile
import time
from collections.abc import Iterator, Mapping
from concurrent.futures import Future
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from threading import Thread
from typing import Any

import grpc

from services.kernel.errors import FolderInUse, Unavailable
from services.runtime import tls
from services.runtime.folder import Holder, holder
from services.runtime.service import SERVICES
from services.runtime.settings import settings
from zoneledger.evaluation.v1.circular_service_pb2_grpc import CircularServiceStub
from zoneledger.evaluation.v1.plan_service_pb2_grpc import PlanServiceStub
from zoneledger.evaluation.v1.round_service_pb2_grpc import RoundServiceStub
from zoneledger.evaluation.v1.service_pb2_grpc import EvaluationServiceStub
from zoneledger.financing.v1.service_pb2_grpc import FinancingServiceStub
from zoneledger.incentive.v1.budget_service_pb2_grpc import BudgetServiceStub
from zoneledger.incentive.v1.case_service_pb2_grpc import CaseServiceStub
from zoneledger.incentive.v1.service_pb2_grpc import IncentiveServiceStub
from zoneledger.ledger.v1.event_service_pb2_grpc import EventServiceStub
from zoneledger.ledger.v1.service_pb2_grpc import LogServiceStub

_PATIENCE_SECONDS = 30.0
_LONGEST_CALL_SECONDS = 300.0
_PAUSE_SECONDS = 0.05


@dataclass(frozen=True, slots=True)
class Clients:
    """A stub for each gRPC service of a service, and two for the log of each."""

    evaluation: EvaluationServiceStub
    rounds: RoundServiceStub
    circulars: CircularServiceStub
    plans: PlanServiceStub
    incentive: IncentiveServiceStub
    budget: BudgetServiceStub
    cases: CaseServiceStub
    financing: FinancingServiceStub
    logs: Mapping[str, LogServiceStub]
    events: Mapping[str, EventServiceStub]


@contextmanager
def connected(place: Path | Mapping[str, str], command: str) -> Iterator[Clients]:
    """Clients of the services on a folder or at their servers.

    `FolderInUse` if a folder does not become free.
    """
    if isinstance(place, Mapping):
        with dialled(place, settings().tls) as clients:
            yield clients
        return
    with _on_folder(place, command) as clients:
        yield clients


@contextmanager
def _on_folder(folder: Path, command: str) -> Iterator[Clients]:
    deadline = time.monotonic() + _PATIENCE_SECONDS
    while True:
        who = holder(folder)
        if who is not None and who.address:
            with dialled(everywhere(who.address), _keys(folder, who)) as clients:
                yield clients
            return
        try:
            with _served(folder, command) as address, dialled(everywhere(address)) as clients:
                yield clients
            return
        except FolderInUse:
            if time.monotonic() > deadline:
                raise
            time.sleep(_PAUSE_SECONDS)


def _keys(folder: Path, who: Holder) -> Path | None:
    """The certificate to dial the holder of a folder with; None where it speaks plain text."""
    if not who.by_tls:
        return None
    keys = settings().tls
    if keys is None:
        raise Unavailable(
            f"{folder} is served by TLS at {who.address}: let ZONELEDGER_TLS name the folder of the"
            " operator's certificate (for development: zoneledger keys dev)"
        )
    return keys


@contextmanager
def dialled(servers: Mapping[str, str], keys: Path | None = None) -> Iterator[Clients]:
    """Clients of the services at their addresses, with the certificate in the folder `keys`."""
    if missing := [name for name in SERVICES if not servers.get(name)]:
        raise Unavailable(f"it is not said where {', '.join(missing)} answers; see --server")
    with ExitStack() as stack:
        plain = {name: stack.enter_context(tls.channel(servers[name], keys)) for name in SERVICES}
        channels = {name: grpc.intercept_channel(each, _Patience()) for name, each in plain.items()}
        yield Clients(
            EvaluationServiceStub(channels["evaluation"]),
            RoundServiceStub(channels["evaluation"]),
            CircularServiceStub(channels["evaluation"]),
            PlanServiceStub(channels["evaluation"]),
            IncentiveServiceStub(channels["incentive"]),
            BudgetServiceStub(channels["incentive"]),
            CaseServiceStub(channels["incentive"]),
            FinancingServiceStub(channels["financing"]),
            {name: LogServiceStub(channel) for name, channel in channels.items()},
            {name: EventServiceStub(channel) for name, channel in channels.items()},
        )


def everywhere(address: str) -> dict[str, str]:
    """One address at which all services answer."""
    return dict.fromkeys(SERVICES, address)


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
    from services.runtime.embedded import serving

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

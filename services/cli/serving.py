"""Keeps the services running until it is told to stop."""

import asyncio
import os
import signal
from contextlib import suppress
from pathlib import Path

from services.cli import output
from services.cli.client import connected, dialled, everywhere
from services.cli.shipped import adopt_shipped
from services.kernel.errors import Unavailable
from services.runtime import rpc
from services.runtime.embedded import serving
from services.runtime.folder import holder
from services.runtime.settings import settings

_COMMAND = "zoneledger serve"
_LOOK_SECONDS = 2.0


def serve(folder: Path, address: str, keys: Path | None) -> None:
    """Serve until SIGTERM or SIGINT; calls under way are finished first.

    With `keys`, a folder, by mutual TLS: what is shipped is adopted before, as by then even the
    first access table must be there.
    """
    if keys is not None:
        with connected(folder, _COMMAND) as clients:
            adopt_shipped(clients)
    asyncio.run(_serve(folder, address, keys))


async def _serve(folder: Path, address: str, keys: Path | None) -> None:
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for each in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(each, stop.set)
    parts = rpc.Parts(reflects=settings().reflection)
    async with serving(folder, _COMMAND, address, keys, parts) as (listening, announce):
        if keys is None:
            await asyncio.to_thread(_adopt, listening)
        announce()
        how = f"{listening} by TLS" if keys else listening
        output.console().print(f"serving {folder} at {how}; Ctrl-C stops", markup=False)
        while not stop.is_set():
            _must_be_ours(folder)
            with suppress(TimeoutError):
                await asyncio.wait_for(stop.wait(), _LOOK_SECONDS)
        output.console().print("stopping")


def _must_be_ours(folder: Path) -> None:
    """Whoever finds no lock would begin a folder of their own beside ours."""
    who = holder(folder)
    if who is None or who.pid != os.getpid():
        raise Unavailable(
            f"{folder} was removed or replaced while it was served; what was decided since is lost"
            " with it"
        )


def _adopt(address: str) -> None:
    with dialled(everywhere(address)) as clients:
        adopt_shipped(clients)

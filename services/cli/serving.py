"""Keeps the services running until it is told to stop."""

import asyncio
import os
import signal
from contextlib import suppress
from pathlib import Path

from services.cli import output
from services.cli.client import dialled, everywhere
from services.cli.shipped import adopt_shipped
from services.kernel.errors import Unavailable
from services.runtime.embedded import serving
from services.runtime.folder import holder

_LOOK_SECONDS = 2.0


def serve(folder: Path, address: str) -> None:
    """Serve until SIGTERM or SIGINT; calls under way are finished first."""
    asyncio.run(_serve(folder, address))


async def _serve(folder: Path, address: str) -> None:
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for each in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(each, stop.set)
    async with serving(folder, "zoneledger serve", address) as (listening, announce):
        await asyncio.to_thread(_adopt, listening)
        announce()
        output.console().print(f"serving {folder} at {listening}; Ctrl-C stops", markup=False)
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

"""Keeps the services running until it is told to stop."""

import asyncio
import signal
from pathlib import Path

from services.cli import output
from services.cli.client import dialled, everywhere
from services.cli.shipped import adopt_shipped
from services.runtime.embedded import serving


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
        await stop.wait()
        output.console().print("stopping")


def _adopt(address: str) -> None:
    with dialled(everywhere(address)) as clients:
        adopt_shipped(clients)

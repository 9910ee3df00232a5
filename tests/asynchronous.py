"""Runs a test that awaits. Each has an event loop of its own, and a limit: to hang is to fail."""

import asyncio
from collections.abc import Awaitable, Callable, Coroutine
from functools import wraps
from typing import Any, ParamSpec

Arguments = ParamSpec("Arguments")

_LIMIT_SECONDS = 60
_PAUSE_SECONDS = 0.001


def asynchronous(
    test: Callable[Arguments, Coroutine[Any, Any, None]],
) -> Callable[Arguments, None]:
    """`test` as pytest can call it."""

    @wraps(test)
    def run(*values: Arguments.args, **named: Arguments.kwargs) -> None:
        asyncio.run(asyncio.wait_for(test(*values, **named), _LIMIT_SECONDS))

    return run


async def until(holds: Callable[[], Awaitable[object]]) -> None:
    """Return when it holds; the limit of the test is the limit here."""
    while not await holds():  # noqa: ASYNC110  # What is waited for happens in another process.
        await asyncio.sleep(_PAUSE_SECONDS)

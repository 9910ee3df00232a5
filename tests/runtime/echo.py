"""A server with one method and nothing behind it, by TLS or in plain text, and its caller."""

from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any, TypeAlias

import grpc
import grpc.aio

from services.runtime import tls

Context: TypeAlias = grpc.aio.ServicerContext[Any, Any]


@asynccontextmanager
async def served(
    keys: Path | None, seen: Callable[[Context], object] = lambda _: None
) -> AsyncIterator[str]:
    """The address of a server that shows `seen` the context of every call."""

    async def answer(request: bytes, context: Context) -> bytes:
        seen(context)
        return request

    server = grpc.aio.server()
    handler: Any = grpc.unary_unary_rpc_method_handler(answer)
    server.add_generic_rpc_handlers(
        (grpc.method_handlers_generic_handler("test.Echo", {"Call": handler}),)
    )
    if keys is None:
        port = server.add_insecure_port("127.0.0.1:0")
    else:
        port = server.add_secure_port("127.0.0.1:0", tls.serving(keys))
    await server.start()
    try:
        yield f"127.0.0.1:{port}"
    finally:
        await server.stop(None)


async def call(channel: grpc.aio.Channel, *metadata: tuple[str, str]) -> grpc.StatusCode:
    """How a call ends."""
    try:
        method: Any = channel.unary_unary("/test.Echo/Call")
        await method(b"", metadata=metadata, timeout=10)
    except grpc.RpcError as error:
        code: grpc.StatusCode = error.code()
        return code
    return grpc.StatusCode.OK

"""A gRPC server that gives every call the message that it was told to give: what gRPC costs.

Called as `python -m benchmarks.echo PORT`; it answers Get and List of incentive from prepared files
of messages, read and written by the generated code as any servicer does.
"""

import asyncio
import sys
from pathlib import Path
from typing import Any

import grpc.aio

from zoneledger.incentive.v1 import service_pb2 as messages
from zoneledger.incentive.v1.service_pb2_grpc import (
    IncentiveServiceServicer,
    add_IncentiveServiceServicer_to_server,
)


class Echo(IncentiveServiceServicer):
    """Answers with the same messages, whatever is asked."""

    def __init__(self, folder: Path) -> None:
        self._one = messages.GetEntitlementResponse.FromString((folder / "one").read_bytes())
        self._page = messages.ListEntitlementsResponse.FromString((folder / "page").read_bytes())

    async def GetEntitlement(self, request: Any, context: Any) -> messages.GetEntitlementResponse:
        return self._one

    async def ListEntitlements(
        self, request: Any, context: Any
    ) -> messages.ListEntitlementsResponse:
        return self._page

    async def BatchGetEntitlements(self, request: Any, context: Any) -> Any:
        raise NotImplementedError

    async def ExplainEntitlement(self, request: Any, context: Any) -> Any:
        raise NotImplementedError

    async def GetReviewItem(self, request: Any, context: Any) -> Any:
        raise NotImplementedError

    async def BatchGetReviewItems(self, request: Any, context: Any) -> Any:
        raise NotImplementedError

    async def ListReviewItems(self, request: Any, context: Any) -> Any:
        raise NotImplementedError

    async def ExplainReviewItem(self, request: Any, context: Any) -> Any:
        raise NotImplementedError

    async def CloseReviewItem(self, request: Any, context: Any) -> Any:
        raise NotImplementedError


async def main(port: str, folder: str) -> None:
    """Serve until killed."""
    server = grpc.aio.server()
    add_IncentiveServiceServicer_to_server(Echo(Path(folder)), server)
    server.add_insecure_port(f"127.0.0.1:{port}")
    await server.start()
    print("ready", flush=True)
    await server.wait_for_termination()


if __name__ == "__main__":
    asyncio.run(main(*sys.argv[1:]))

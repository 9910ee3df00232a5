"""All services behind mutual TLS, and a channel for each agency with a certificate of its own."""

from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from pathlib import Path
from typing import Any, TypeAlias

import yaml

from services.runtime import rpc, tls
from services.runtime.embedded import serving
from services.runtime.keys import make_keys
from tests.surface.served import LOOPBACK, Client, client
from tests.tables import SHIPPED
from zoneledger.evaluation.v1.service_pb2 import AdoptAccessTableRequest
from zoneledger.ledger.v1.access_pb2 import AdoptAccessTable

Table: TypeAlias = dict[str, Any]

PARTIES = ("evaluation", "operator")
NOBODY = "nobody"


def read(text: str) -> Table:
    """A table as plain data; its days are dates."""
    table: Table = yaml.safe_load(text)
    return table


def names(table: Table) -> dict[str, list[str]]:
    """The names in the certificates of each agency."""
    return {each["agency_id"]: each["names"] for each in table["agencies"]}


def certify(folder: Path, *tables: Table) -> Path:
    """A certificate for each agency of the tables, and for one that no table knows."""
    agencies = {NOBODY: [f"urn:zoneledger:{NOBODY}"]}
    for table in tables:
        agencies |= names(table)
    make_keys(folder, PARTIES, agencies)
    return folder


class Agencies:
    """Who calls one server: the clients, each made when it is first asked for."""

    def __init__(self, address: str, keys: Path, stack: AsyncExitStack) -> None:
        self.address, self.keys, self._stack = address, keys, stack
        self._clients: dict[str, Client] = {}

    async def of(self, agency: str) -> Client:
        """A client with the certificate of this agency."""
        if agency not in self._clients:
            channel = tls.aio_channel(self.address, self.keys / agency)
            self._clients[agency] = client(await self._stack.enter_async_context(channel))
        return self._clients[agency]

    async def adopt(self, text: str) -> None:
        """Let another table decide."""
        request = AdoptAccessTableRequest(table=AdoptAccessTable(text=text))
        await (await self.of("operator")).evaluation.AdoptAccessTable(request)


@asynccontextmanager
async def behind_tls(
    folder: Path, keys: Path, text: str = SHIPPED, parts: rpc.Parts = rpc.PARTS
) -> AsyncIterator[Agencies]:
    """The services on `folder` for whoever shows a certificate, by this table."""
    async with (
        serving(folder, "test", LOOPBACK, keys / PARTIES[0], parts=parts) as (address, _),
        AsyncExitStack() as stack,
    ):
        agencies = Agencies(f"localhost:{address.rpartition(':')[2]}", keys, stack)
        await agencies.adopt(text)
        yield agencies

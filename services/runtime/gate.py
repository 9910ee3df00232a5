"""Who may call what: the access table of the log decides, and every call is in the access log."""

from typing import Any, NamedTuple, TypeAlias

import grpc.aio

from services.kernel.errors import ZoneledgerError
from services.kernel.viewer import OPERATOR, Viewer
from services.runtime.ledger import Ledger

Context: TypeAlias = grpc.aio.ServicerContext[Any, Any]


class Caller(NamedTuple):
    """Who calls: what it sees, and the name that its certificate shows; "" in plain text."""

    viewer: Viewer
    name: str = ""


class Gate:
    """Admits callers to the methods of a server."""

    def admit(self, method: str, context: Context, ledger: Ledger) -> Caller:
        """Who calls; `Unidentified` or `Forbidden` where the table does not admit it."""
        return Caller(OPERATOR)

    def note(self, caller: Caller, method: str, question: Any, position: int, rows: int) -> None:
        """Put an answer in the access log."""

    def refuse(self, caller: Caller, method: str, question: Any, refusal: ZoneledgerError) -> None:
        """Put a refusal in the access log."""

"""Who may call what: the access table in the log decides, and every call is in the access log.

In plain text, which is for this machine only, whoever calls is the operator, and no agency.
"""

from collections.abc import Callable, Sequence
from typing import Any, NamedTuple, TypeAlias

import grpc.aio

from services.kernel.errors import ZoneledgerError
from services.kernel.viewer import OPERATOR, Viewer
from services.runtime import clock
from services.runtime.access_log import AccessLog
from services.runtime.identity import names_of
from services.runtime.ledger import Ledger
from services.runtime.recent import Recent
from services.runtime.refusals import code_of

Context: TypeAlias = grpc.aio.ServicerContext[Any, Any]

_CALLERS_KEPT = 10_000


class Caller(NamedTuple):
    """Who calls: what it sees, and the name that its certificate shows; "" in plain text."""

    viewer: Viewer
    name: str = ""


class Question(NamedTuple):
    """A request as far as the access log tells of it; `known_ns` is 0 for now."""

    units: Sequence[str]
    as_of: str
    known_ns: int


_LOCAL = Caller(OPERATOR)


class Gate:
    """Admits callers to the methods of a server; with `log`, those of other machines too."""

    def __init__(self, log: AccessLog | None = None) -> None:
        self._log = log
        self._callers: Recent[tuple[object, ...], Caller] = Recent(_CALLERS_KEPT, lambda _: 1)

    @property
    def is_open(self) -> bool:
        """Whether all callers are of this machine, and may hear of its insides."""
        return self._log is None

    def admit(
        self, method: str, context: Context, ledger: Ledger, asked: Callable[[], Question]
    ) -> Caller:
        """Who calls; `Unidentified` or `Forbidden`, in the log too, where it is not admitted."""
        if self._log is None:
            return _LOCAL
        names, today = names_of(context), clock.today()
        key = (names, method, ledger.access.content_hash, today)
        caller = self._callers.get(key)
        if caller is None:
            agency, name = "", " ".join(names)
            try:
                agency = ledger.access.identify(names, today)
                caller = Caller(ledger.access.viewer(agency, method, today), name)
            except ZoneledgerError as refusal:
                self.refuse(Caller(Viewer(agency), name), method, asked(), refusal)
                raise
            self._callers.put(key, caller)
        return caller

    def note(
        self, caller: Caller, method: str, question: Question, position: int, rows: int
    ) -> None:
        """Put an answer in the access log; `Unavailable` where that cannot be."""
        if self._log is not None:
            self._log.write(
                caller.viewer.agency, caller.name, method, *question, position, "OK", rows
            )

    def refuse(
        self, caller: Caller, method: str, question: Question, refusal: ZoneledgerError
    ) -> None:
        """Put a refusal in the access log."""
        if self._log is not None:
            self._log.write(
                caller.viewer.agency, caller.name, method, *question, 0, code_of(refusal), 0
            )

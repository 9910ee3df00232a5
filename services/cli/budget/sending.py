"""One step of a pool: a call, what became of it, and faults under the names of the options."""

import re
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, NamedTuple

import grpc

from services.cli import naming, output, refusals
from services.cli.budget import amounts
from services.cli.client import Clients
from services.cli.problems import Unreadable
from services.kernel.chinese import Sentence
from services.kernel.errors import Malformed, Violation
from services.runtime import clock
from zoneledger.incentive.v1 import budget_service_pb2 as messages
from zoneledger.incentive.v1.budget_events_pb2 import PoolAccount
from zoneledger.ledger.v1.outcome_pb2 import BatchOutcome

_ARGUMENTS = {
    "budget_year": "YEAR",
    "line_id": "LINE",
    "unit_id": "UNIT",
    "project_id": "PROJECT",
    "amount": "AMOUNT",
    "text": "FILE",
    "proposal_hash": "--hash",
    "proposed_by": "--by",
    "decided_by": "--by",
    "payment_id": "--number",
    "return_id": "--number",
    "release_id": "--number",
    "bases": "LINE",
    "shares": "FILE",
}


class Pool(NamedTuple):
    """A pool by its year and line, and whether it holds money."""

    year: int
    line: str
    is_money: bool = True

    def fields(self) -> dict[str, Any]:
        """How commands name it."""
        return {"budget_year": self.year, "line_id": self.line}


def pool(clients: Clients, year: int, line: str) -> Pool:
    """The pool of the year and line; one that is not open is taken for one of money."""
    request = messages.GetPoolRequest(name=f"pools/{year}.{line}")
    try:
        opened = clients.budget.GetPool(request).pool.opened
    except grpc.RpcError as error:
        if error.code() not in (grpc.StatusCode.NOT_FOUND, grpc.StatusCode.INVALID_ARGUMENT):
            raise
        return Pool(year, line)
    return Pool(year, line, opened.account != PoolAccount.POOL_ACCOUNT_PLACES)


def amount(of: Pool, text: str, option: str = "AMOUNT") -> int:
    """Fen or places; `Malformed` under the name of the option."""
    try:
        return int(amounts.parser(is_money=of.is_money)(text))
    except Unreadable as reason:
        raise Malformed(Violation(option, str(reason))) from None


def unit(clients: Clients, called: str) -> str:
    """The id of a unit that is called so; what the register does not know may be a province."""
    try:
        return naming.unit_id(clients, "UNIT", called)
    except Malformed:
        if re.fullmatch(r"[a-z0-9]+(-[a-z0-9]+)*", called):
            return called
        raise


def day(on: str) -> str:
    """The day that was named; today in China where none was."""
    return on or clock.today()


def call(clients: Clients, name: str, field: str, said: Any, **more: Any) -> Any:
    """Call a method of pools with a command in that field; the faults by option."""
    request = getattr(messages, f"{name}Request")(**{field: said}, **more)
    with raising():
        answer = getattr(clients.budget, name)(request)
    if faults := answer.outcome.faults:
        raise Malformed(*(_named(each.field, _told(each)) for each in faults))
    return answer


def report(outcome: BatchOutcome, done: Sentence, *, as_json: bool) -> None:
    """Print what became of a step."""
    if as_json:
        told = {
            "recorded": outcome.recorded,
            "unchanged": outcome.unchanged,
            "position": outcome.position,
        }
        output.print_json(told)
    elif outcome.recorded:
        print(refusals.chosen(done.en, done.zh))
    else:
        print(refusals.chosen("unchanged: it was so already", "未变：此前已如此"))


@contextmanager
def raising() -> Iterator[None]:
    """Raise the faults of calls in the block under the names of arguments and options."""
    try:
        yield
    except grpc.RpcError as error:
        if faults := refusals.violations(error):
            raise Malformed(*(_named(each.field, each.what) for each in faults)) from error
        raise


def _told(fault: Any) -> str:
    return refusals.chosen(fault.description, fault.description_zh)


def _named(field: str, what: str) -> Violation:
    last = field.rpartition(".")[2]
    option = "--on" if last.endswith("_on") else _ARGUMENTS.get(last)
    return Violation(option or f"--{last.partition('[')[0].replace('_', '-')}", what)

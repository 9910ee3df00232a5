"""One step of a round: a call, what became of it, and faults under the names of the options."""

import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import grpc

from services.cli import output, refusals
from services.cli.client import Clients
from services.kernel.chinese import Sentence
from services.kernel.errors import Malformed, Violation
from services.runtime import clock
from zoneledger.evaluation.v1 import circular_service_pb2, round_service_pb2
from zoneledger.ledger.v1.outcome_pb2 import BatchOutcome

_ARGUMENTS = {"round": "YEAR", "unit_id": "UNIT", "assessor_id": "EXPERT", "text": "FILE"}
_ARGUMENTS |= {"objection_id": "OBJECTION", "circular_id": "--circular", "bonus_id": "--bonus"}
_ARGUMENTS |= {"veto_id": "--veto", "decided_by": "--by", "lodged_by": "--by", "sheets": "FILE"}
_ARGUMENTS |= {"issuer": "ISSUER", "province": "PROVINCE", "results_hash": "--hash"}
_ARGUMENTS |= {"admitted": "--admit", "conflicts": "--conflict", "outcome": "--accept"}
_ARGUMENTS |= {"matter": "MATTER", "answer": "ANSWER", "signatories": "--signed-by"}
_ARGUMENTS |= {"is_upheld": "--uphold", "commitment": "FILE", "salt": "FILE"}
_INDEX = re.compile(r"\[\d+\]$")
_ITEM = re.compile(r"(\w+)\[(\d+)\]")


def call(
    clients: Clients, name: str, field: str, said: Any, *, validate_only: bool = False
) -> BatchOutcome:
    """Call a method of rounds or circulars with a command, or several, in that field."""
    of_circulars = "Circular" in name
    messages = circular_service_pb2 if of_circulars else round_service_pb2
    service = clients.circulars if of_circulars else clients.rounds
    request = getattr(messages, f"{name}Request")(**{field: said}, validate_only=validate_only)
    return outcome(getattr(service, name), request)


def outcome(method: Callable[[Any], Any], request: Any) -> BatchOutcome:
    """What a call led to; with `validate_only` every fault is raised as if it had been tried."""
    answered: BatchOutcome = method(request).outcome
    if answered.faults:
        raise Malformed(*(_named(each.field, _told(each)) for each in answered.faults))
    return answered


def step(name: str, field: str, said: Any, done: Sentence, *, as_json: bool) -> None:
    """Take one step on the data of the command line, and say whether that changed anything."""
    from services.cli.session import asking

    with asking() as clients:
        report(by_option(lambda: call(clients, name, field, said), said), done, as_json=as_json)


def report(found: BatchOutcome, done: Sentence, *, as_json: bool) -> None:
    """Print what became of a step."""
    recorded = found.recorded + len(found.changed)
    if as_json:
        told = {"recorded": recorded, "unchanged": found.unchanged, "position": found.position}
        output.print_json(told)
    elif recorded:
        print(refusals.chosen(done.en, done.zh))
    else:
        print(refusals.chosen("unchanged: it was so already", "未变：此前已如此"))


def by_option(ask: Callable[[], BatchOutcome], said: Any = None) -> BatchOutcome:
    """What is asked; its faults under the names of arguments and options."""
    with raising(said):
        return ask()


@contextmanager
def raising(said: Any = None) -> Iterator[None]:
    """Raise the faults of calls in the block under the names of arguments and options."""
    try:
        yield
    except grpc.RpcError as error:
        faults = refusals.violations(error)
        if not faults:
            raise
        items = said if isinstance(said, list) else []
        raise Malformed(*(_by_option(each, items) for each in faults)) from error


def day(on: str) -> str:
    """The day that was named; today in China where none was."""
    return on or clock.today()


def _told(fault: Any) -> str:
    return refusals.chosen(fault.description, fault.description_zh)


def _named(field: str, what: str) -> Violation:
    last = _INDEX.sub("", field.rpartition(".")[2])
    option = "--on" if last.endswith("_on") else _ARGUMENTS.get(last)
    return Violation(option or f"--{last.replace('_', '-')}", what)


def _by_option(fault: Violation, items: list[Any]) -> Violation:
    named = _named(fault.field, fault.what)
    found = _ITEM.search(fault.field)
    if found is None or int(found[2]) >= len(items):
        return named
    item = items[int(found[2])]
    who = getattr(item, "unit_id", "") or getattr(item, "assessor_id", "")
    return Violation(f"{named.field} {who}".strip(), named.what)

"""Units that take part in a round: named, or every member of the year that the rules rate."""

from collections.abc import Sequence

from services.cli import naming
from services.cli.client import Clients
from services.cli.rounds.entering import admissions as plan
from services.cli.rounds.rule_sets import frozen
from services.cli.rounds.sending import by_option, call, report
from services.cli.walking import every
from services.kernel.chinese import Sentence
from services.kernel.errors import Rejected
from services.kernel.words import word
from zoneledger.evaluation.v1.events_pb2 import UnitKind
from zoneledger.evaluation.v1.round_commands_pb2 import AdmitUnit
from zoneledger.evaluation.v1.service_pb2 import ListUnitsRequest

__all__ = ["admit", "plan", "rated"]


def admit(
    clients: Clients, year: int, units: Sequence[str], admitted_on: str, *, as_json: bool
) -> None:
    """Admit the units that are named; all that are rated where none is."""
    ids = [naming.unit_id(clients, "UNIT", each, year) for each in units]
    commands = [
        AdmitUnit(round=year, unit_id=each, admitted_on=admitted_on)
        for each in ids or rated(clients, year)
    ]
    found = by_option(lambda: call(clients, "AdmitUnits", "units", commands), commands)
    done = Sentence(f"{found.recorded}个单位列入参评", f"{found.recorded} units take part")
    report(found, done, as_json=as_json)


def rated(clients: Clients, year: int) -> list[str]:
    """The members of the year whose kind the frozen rules rate, in the order of their ids."""
    kinds = frozen(clients, year).rated.unit_kinds
    request = ListUnitsRequest(round=year)
    units = every(clients.evaluation.ListUnits, request, "units")
    found = sorted(each.unit.unit_id for each in units if word(UnitKind, each.unit.kind) in kinds)
    if not found:
        raise Rejected(f"no member of {year} is of a kind that the rules rate: {', '.join(kinds)}")
    return found

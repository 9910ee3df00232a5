"""Asks the register for what the commands of other streams name."""

from collections.abc import Sequence

from services.evaluation import views
from services.kernel.errors import Fault
from services.kernel.reasons import Why
from services.kernel.timeline import Question
from services.runtime.ledger import Ledger
from zoneledger.evaluation.v1.events_pb2 import Unit
from zoneledger.evaluation.v1.service_pb2 import UnitStanding


async def entry(ledger: Ledger, unit_id: str) -> Unit | None:
    """The unit's entry; None where it has none."""
    found = await standing(ledger, unit_id)
    return found.unit if found else None


async def standing(ledger: Ledger, unit_id: str) -> UnitStanding | None:
    """The unit's entry with the times for which it was disqualified; None where it has none."""
    answer, _ = await ledger.ask(Question(unit_id))
    async for entries in answer:
        for found in views.unit(entries, ""):
            return found
    return None


async def unknown_units(ledger: Ledger, named: Sequence[tuple[int, str, str]]) -> list[Fault]:
    """A fault for each unit that is not registered; of items, fields and the ids in them."""
    known = {unit: await entry(ledger, unit) for unit in {unit for *_, unit in named}}
    return [
        Fault(item, field, Why.UNIT_NOT_REGISTERED(unit=unit))
        for item, field, unit in named
        if known[unit] is None
    ]

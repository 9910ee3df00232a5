"""How many members a year has by the register, beside the number that a list says of itself.

Sources differ about that number (36, 29 and 35 were read of the same members), so it is a check
sum and never a rule: a difference is told and stops nothing. Members are the units that belong to a
zone on a day of the year, without its parks; a unit that covers others counts beside them.
"""

import re
from collections.abc import Iterable, Iterator
from typing import NamedTuple

from services.cli import refusals
from services.cli.client import Clients
from services.cli.walking import every
from services.kernel.errors import Malformed, Violation
from services.runtime import fields
from zoneledger.evaluation.v1.events_pb2 import UnitKind
from zoneledger.evaluation.v1.service_pb2 import ListUnitsRequest

_PARKS = (UnitKind.UNIT_KIND_DEMONSTRATION_PARK, UnitKind.UNIT_KIND_KEY_PARK)
_SUM = re.compile(r"([0-9]{4})=([0-9]{1,5})")


class CheckSum(NamedTuple):
    """How many members a performance year is said to have."""

    round: int
    members: int


def check_sum(text: str) -> CheckSum:
    """`2020=36` as it is meant; `Malformed` where it is written otherwise."""
    found = _SUM.fullmatch(text)
    if found is None or fields.year(int(found[1])):
        what = f"{text!r} is no check sum; write the year and its number of members: 2020=36"
        raise Malformed(Violation("--check-members", what))
    return CheckSum(int(found[1]), int(found[2]))


def warnings(clients: Clients, declared: Iterable[CheckSum]) -> Iterator[str]:
    """A sentence for each year whose members are not as many as declared."""
    for each in declared:
        request = ListUnitsRequest(round=each.round)
        units = every(clients.evaluation.ListUnits, request, "units")
        count = sum(bool(unit.zone_ids) and unit.unit.kind not in _PARKS for unit in units)
        if count != each.members:
            yield refusals.chosen(
                f"warning: the register has {count} members for {each.round}, and the list says"
                f" {each.members}; see whether one is missing, ended or counted twice",
                f"警告：名录中{each.round}年度有{count}个成员，而清单写明为{each.members}个，"
                "请核对是否有遗漏、终止或重复计数",
            )

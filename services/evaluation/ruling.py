"""What is wrong with how a person's decision on streaks is entered, by its fields alone.

A decision holds from its own day or later; where its document sets an earlier one, its words are
entered with it. No document says how much later it may begin: that it is by the end of the next
year finds a year that was mistyped, and nothing else.
"""

from collections.abc import Mapping

from services.kernel.errors import Fault
from services.kernel.reasons import Why
from services.runtime import fields
from zoneledger.evaluation.v1.events_pb2 import Unit
from zoneledger.evaluation.v1.streak_commands_pb2 import (
    DecideDisqualification,
    DisqualificationRuling,
    ReverseDisqualification,
    UseExpansionRight,
)
from zoneledger.evaluation.v1.streak_events_pb2 import ExpansionPart

_DECISION: fields.Table = {
    "unit_id": fields.identifier,
    "document": fields.text,
    "reason": fields.text,
}
_USE: fields.Table = {
    "unit_id": fields.identifier,
    "round": fields.year,
    "streak_id": fields.identifier,
    "part": fields.one_of(ExpansionPart),
    "document": fields.text,
    "chosen": fields.text,
    "chosen_unit_id": fields.optional(fields.identifier),
}


def ruling_faults(command: DecideDisqualification, today: str) -> list[Fault]:
    """What is wrong with a decision; one that disqualifies says from when on."""
    disqualifies = command.ruling == DisqualificationRuling.DISQUALIFICATION_RULING_DISQUALIFY
    return fields.faults(
        [command],
        _DECISION,
        {
            "ruling": fields.one_of(DisqualificationRuling),
            "decided_on": fields.day_by(today),
            "effective_on": _from_then_on(command) if disqualifies else _nothing,
            "backdating_quote": fields.optional_text if disqualifies else _nothing,
        },
    )


def reversal_faults(command: ReverseDisqualification, today: str) -> list[Fault]:
    """What is wrong with a decision that takes another one back."""
    return fields.faults(
        [command],
        _DECISION,
        {
            "decided_on": fields.day_by(today),
            "effective_on": _from_then_on(command),
            "backdating_quote": fields.optional_text,
        },
    )


def _from_then_on(command: DecideDisqualification | ReverseDisqualification) -> fields.Rule:
    """From when on a decision holds: not before it unless its words say so, nor years later."""
    decided_on, quote = command.decided_on, command.backdating_quote

    def rule(effective_on: str) -> str:
        if wrong := fields.day(effective_on):
            return wrong
        if fields.day(decided_on):
            return ""  # It is reported as no date already.
        if effective_on < decided_on and not quote:
            return Why.BACKDATED(effective_on=effective_on, decided_on=decided_on)
        latest = f"{int(decided_on[:4]) + 1:04}-12-31"
        if effective_on > latest:
            return Why.EFFECTIVE_TOO_LATE(
                effective_on=effective_on, latest=latest, decided_on=decided_on
            )
        return ""

    return rule


def use_faults(command: UseExpansionRight, today: str) -> list[Fault]:
    """What is wrong with how the use of a right is entered."""
    return fields.faults([command], _USE, {"used_on": fields.day_by(today)})


def chosen_faults(use: UseExpansionRight, register: Mapping[str, Unit]) -> list[Fault]:
    """What the register says against the unit that a right was used for.

    A city is another one of the same province (允许所在省市再推荐一个城市).
    """
    unit, holder = register.get(use.chosen_unit_id), register.get(use.unit_id)
    if not use.chosen_unit_id:
        return []
    if unit is None:
        why = Why.UNIT_NOT_REGISTERED(unit=use.chosen_unit_id)
        return [Fault(0, "chosen_unit_id", why)]
    is_city = use.part == ExpansionPart.EXPANSION_PART_CITY
    is_of_the_same_province = holder is None or holder.province == unit.province
    if is_city and (unit is holder or not is_of_the_same_province):
        why = Why.NOT_ANOTHER_OF_THE_PROVINCE(
            chosen=use.chosen_unit_id, unit=use.unit_id, province=holder.province if holder else ""
        )
        return [Fault(0, "chosen_unit_id", why)]
    return []


def _nothing(value: str) -> str:
    return Why.NOT_WITH_THIS_RULING() if value else ""

"""The rules of a round: frozen before its data come in, and what they leave open answered.

They fit the document that governs the year: its issuers sign, and what it rates is rated. That is
asked here, as a round whose rules do not fit would only be stopped at its end. Other rules may be
frozen until something rests on them; what a rule set says is never interpreted.
"""

from functools import lru_cache
from hashlib import sha256

from services.evaluation.round.state import (
    Open,
    Running,
    must_be_known,
    must_be_unpublished,
    must_not_precede,
)
from services.evaluation.scoring import open_matters
from services.evaluation.scoring.open_matters import MOST_NOTICE_DAYS
from services.evaluation.scoring.rule_set import RuleSet, parse
from services.evaluation.scoring.terms import Level, Matter
from services.kernel.errors import CorruptHistory, Rejected
from services.kernel.policy_problems import PolicyProblems
from services.kernel.policy_terms import UnitKind as Kind
from services.kernel.reasons import Why
from services.kernel.words import word
from zoneledger.evaluation.v1.events_pb2 import UnitKind
from zoneledger.evaluation.v1.round_commands_pb2 import FreezeRuleSet, InterpretMatter
from zoneledger.evaluation.v1.round_events_pb2 import MatterInterpreted, RuleSetFrozen

_ZONES = (Kind.ZONE, Kind.PROVINCIAL_ZONE)  # All other kinds are units of the level `unit`.


def freeze(command: FreezeRuleSet, state: Open) -> list[RuleSetFrozen]:
    return [_frozen(command, state.opened.opened_on)]


def freeze_again(command: FreezeRuleSet, state: Running) -> list[RuleSetFrozen]:
    """Others in their place, as long as nothing rests on them."""
    frozen = state.frozen
    if (command.text, command.frozen_on, command.visibility) == (
        frozen.text,
        frozen.frozen_on,
        frozen.visibility,
    ):
        return []
    if command.reading < 2 or _is_rested_on(state, command.reading):
        why = Why.RULE_SET_ALREADY_FROZEN(
            round=command.round, frozen_on=frozen.frozen_on, content_hash=frozen.content_hash
        )
        raise Rejected(why, field="text")
    anew = _frozen(command, frozen.frozen_on)
    _must_keep_units(state, read(command.text))
    return [anew]


def interpret(command: InterpretMatter, state: Running) -> list[MatterInterpreted]:
    """An issuer answers it, once: whoever could answer again could move a day that has come."""
    interpreted = MatterInterpreted(
        round=command.round,
        matter=command.matter,
        answer=command.answer,
        decided_by=command.decided_by,
        interpreted_on=command.interpreted_on,
        document=command.document,
        visibility=state.frozen.visibility,
    )
    if state.interpreted.get(command.matter) == interpreted:
        return []
    must_be_unpublished(state)
    must_be_known("matter", command.matter, dict.fromkeys(map(str, Matter)))
    known = open_matters.stated(state.rules, command.matter)
    is_needed = command.matter != Matter.SHEETS_DUE or state.rules.experts is not None
    if known is not None or not is_needed:
        why = Why.MATTER_NOT_OPEN(round=state.round, matter=command.matter, answer=known)
        raise Rejected(why, field="matter")
    if open_matters.read_answer(command.matter, command.answer) is None:
        why = Why.NOT_AN_ANSWER(matter=command.matter, answer=command.answer)
        raise Rejected(why, field="answer")
    issuers = dict.fromkeys(map(str, state.rules.issuers.authorities))
    must_be_known("decided_by", command.decided_by, issuers)
    must_not_precede("interpreted_on", command.interpreted_on, state.frozen.frozen_on)
    return [interpreted]


def read(text: str) -> RuleSet:
    """The rule set; `Rejected` with every line that is wrong."""
    try:
        return _parsed(text)
    except PolicyProblems as problems:
        raise Rejected(Why.RULE_SET_UNREADABLE(problems=problems), field="text") from problems


def recorded(event: RuleSetFrozen) -> RuleSet:
    """The rule set that the log holds."""
    if sha256(event.text.encode()).hexdigest() != event.content_hash:
        raise CorruptHistory(f"the rule set of {event.round} does not have its recorded hash")
    try:
        return read(event.text)
    except Rejected as refusal:
        raise CorruptHistory(f"the rule set of {event.round} cannot be read") from refusal


@lru_cache(maxsize=8)
def _parsed(text: str) -> RuleSet:
    return parse(text, "rule set")


def _frozen(command: FreezeRuleSet, since: str) -> RuleSetFrozen:
    rules = read(command.text)
    if rules.round != command.round:
        why = Why.RULE_SET_OF_ANOTHER_ROUND(itself=rules.round, round=command.round)
        raise Rejected(why, field="text")
    must_not_precede("frozen_on", command.frozen_on, since)
    if command.reading >= 2:
        _must_fit(rules, command)
    return RuleSetFrozen(
        round=command.round,
        frozen_on=command.frozen_on,
        text=command.text,
        content_hash=rules.content_hash,
        visibility=command.visibility,
    )


def _must_fit(rules: RuleSet, command: FreezeRuleSet) -> None:
    """What the governing document says, and what can be done at all."""
    issuers = [str(each) for each in rules.issuers.authorities]
    if sorted(issuers) != sorted(command.issuers):
        why = Why.RULES_OF_OTHER_ISSUERS(
            round=command.round, issuers=", ".join(issuers), governing=", ".join(command.issuers)
        )
        raise Rejected(why, field="text")
    _must_rate_what_is_rated(rules, command)
    days = rules.schedule.public_notice_days or 0
    if days > MOST_NOTICE_DAYS:
        raise Rejected(Why.NOTICE_TOO_LONG(days=days, limit=MOST_NOTICE_DAYS), field="text")


def _must_rate_what_is_rated(rules: RuleSet, command: FreezeRuleSet) -> None:
    """Kinds that the document rates, where it says so, and all of the one level."""
    kinds, rated = rules.rated.unit_kinds, [word(UnitKind, each) for each in command.unit_kinds]
    if rated and not set(kinds) <= set(rated):
        why = Why.RULES_RATE_OTHER_KINDS(
            round=command.round, kinds=", ".join(kinds), rated=", ".join(rated)
        )
        raise Rejected(why, field="text")
    level = rules.rated.level
    if not all((kind in _ZONES) == (level == Level.ZONE) for kind in kinds):
        why = Why.RULES_RATE_ANOTHER_LEVEL(round=command.round, level=level, kinds=", ".join(kinds))
        raise Rejected(why, field="text")


def _is_rested_on(state: Running, reading: int) -> bool:
    """Whether the former rules have been worked with; by reading 2 only for who takes part now."""
    units = state.units.values()
    has_data = any(each.observations or each.late or each.bonuses for each in units)
    has_seen = has_data if reading < 3 else state.has_seen
    return bool(state.collected_on or state.assessors or state.interpreted or has_seen)


def _must_keep_units(state: Running, rules: RuleSet) -> None:
    """Whoever was admitted takes part by the new rules too."""
    is_narrower = not set(state.rules.rated.unit_kinds) <= set(rules.rated.unit_kinds)
    classed = {unit for each in rules.peer_classes for unit in each.units}
    for unit in state.units:
        if is_narrower or (classed and unit not in classed):
            raise Rejected(Why.RULES_DROP_UNITS(unit=unit, round=state.round), field="text")

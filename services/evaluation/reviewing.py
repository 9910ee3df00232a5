"""Which streaks are to be judged again, and by which rules: what a review leaves to be looked up.

The rule for a year is that of the document which governs it, with the answers to its norms that
hold today. Whoever publishes or corrects ratings has the units concerned reviewed in the same step:
`following` gives the commands, for `Submission.following`. A rating of a zone concerns its members,
also those that have left it; an entry of the register that becomes another one is a reason too, and
a supplement is one for everybody.

Who is reviewed hangs on the register and the rules alone, never on a grade: each review is a row of
the log, and the public can count them.
"""

from collections.abc import Iterable, Mapping, Sequence
from datetime import date
from typing import Any, NamedTuple

from services.evaluation import views
from services.evaluation.lookup import zones_named
from services.evaluation.streak_standing import READING
from services.evaluation.supplements import views as supplement_views
from services.evaluation.supplements.decider import SUPPLEMENTS
from services.kernel.adoption import reference
from services.kernel.decision import Recorded, vocabulary
from services.kernel.errors import Rejected
from services.kernel.policy import Policies, Policy
from services.kernel.supplement import Supplements
from services.kernel.supplement_terms import StreakRule as RuleText
from services.kernel.supplement_terms import Supplement, YearsCount
from services.kernel.timeline import Question
from services.kernel.words import Enum, number
from services.runtime.ledger import Ledger
from zoneledger.evaluation.v1.events_pb2 import Grade, Rating, Unit, UnitKind
from zoneledger.evaluation.v1.service_pb2 import RatingStanding
from zoneledger.evaluation.v1.streak_commands_pb2 import (
    ReviewStreaks,
    StreakCarryOver,
    StreakCounting,
    StreakRule,
    UseExpansionRight,
    ZoneRating,
)
from zoneledger.evaluation.v1.streak_events_pb2 import StreakKind
from zoneledger.evaluation.v1.streak_review_events_pb2 import StreaksReviewed
from zoneledger.evaluation.v1.supplement_commands_pb2 import AdoptSupplement
from zoneledger.ledger.v1.decision_pb2 import Decision

_LOOKED_UP_ONE_BY_ONE = 50
_ENDLESS = 0
_REVIEWS, _REVIEWED = vocabulary((ReviewStreaks,)), vocabulary((StreaksReviewed,))
_ZONE = UnitKind.UNIT_KIND_ZONE


class Told(NamedTuple):
    """What the log tells of a unit, as far as its streaks go."""

    unit: Unit
    ratings: Sequence[RatingStanding]


async def following(
    ledger: Ledger, changed: Sequence[ZoneRating], today: str
) -> list[ReviewStreaks]:
    """The reviews that follow where these ratings are published or corrected."""
    rules = await rules_in_force(ledger, today)
    if not changed or not rules:
        return []
    units = {each.rating.unit_id for each in changed}
    known = await _told(ledger, units)
    concerned = [
        told
        for told in known.values()
        if _is_judged(told, rules) and any(_concerns(each.rating, told) for each in changed)
    ]
    return [_review(told, known, changed, rules, today) for told in concerned]


async def after_entries(ledger: Ledger, units: Sequence[Unit], today: str) -> list[ReviewStreaks]:
    """The reviews that follow where these entries of the register become other ones.

    When a unit was a member, and of which zone, decides how a year without a grade counts.
    """
    rules = await rules_in_force(ledger, today)
    if not units or not rules:
        return []
    known = await _told(ledger, {unit.unit_id for unit in units})
    zones = zones_named(units) - known.keys()
    known |= await _read(ledger, zones) if zones else {}
    amended = [
        known[unit.unit_id]._replace(unit=unit)
        for unit in units
        if unit.unit_id in known and known[unit.unit_id].unit != unit
    ]
    return [_review(told, known, (), rules, today) for told in amended if _is_judged(told, rules)]


async def everything(ledger: Ledger, unit_id: str, today: str) -> list[ReviewStreaks]:
    """The reviews of one unit, or of all units that a rule speaks of; "" is all."""
    return await _reviews(ledger, unit_id, await rules_in_force(ledger, today), today)


async def after_supplements(
    ledger: Ledger, adopting: Sequence[AdoptSupplement], today: str
) -> list[ReviewStreaks]:
    """The reviews of all units that follow where these supplements are adopted.

    None where nothing new is adopted, or where they are refused: then nothing follows.
    """
    before = await _supplements(ledger)
    supplements = before
    try:
        for each in adopting:
            for event in SUPPLEMENTS.decide(each, supplements):
                supplements = SUPPLEMENTS.evolve(supplements, event)
    except Rejected:
        return []
    if supplements is before:
        return []
    return await _reviews(ledger, "", rules_of(ledger.adopted, supplements, today), today)


def changed(decisions: Iterable[Decision]) -> list[str]:
    """The units of whose streaks these decisions say something new."""
    return [each.stream.partition("-")[2] for each in decisions if _is_review(each) and says(each)]


def says(decision: Decision) -> bool:
    """Whether it says more than that there was a review."""
    return any(packed.type_url not in _REVIEWED for packed in decision.events)


def _is_review(decision: Decision) -> bool:
    return decision.command.type_url in _REVIEWS


async def rules_in_force(ledger: Ledger, today: str) -> list[StreakRule]:
    """The streak rules of all rounds, oldest first, with the answers that hold today."""
    return rules_of(ledger.adopted, await _supplements(ledger), today)


async def used(ledger: Ledger, use: UseExpansionRight) -> UseExpansionRight:
    """The command with what the rule of its streak says of years that counted before."""
    command = UseExpansionRight()
    command.CopyFrom(use)
    command.years_count_again = do_years_count_again(use.streak_id, await _supplements(ledger))
    return command


def do_years_count_again(streak_id: str, supplements: Supplements) -> bool:
    """Whether the rule of the streak says so; it may say that they do not, or nothing."""
    rules = [rule for supplement in supplements.all for rule in supplement.streaks]
    return any(
        rule.streak_id == streak_id and rule.years_count is YearsCount.AGAIN for rule in rules
    )


async def _supplements(ledger: Ledger) -> Supplements:
    answer, _ = await ledger.ask(Question(supplement_views.ADOPTED))
    supplements = Supplements.none()
    async for entries in answer:
        supplements = supplement_views.adopted(entries)
    return supplements


async def _reviews(
    ledger: Ledger, unit_id: str, rules: Sequence[StreakRule], today: str
) -> list[ReviewStreaks]:
    """The reviews by these rules; of all units where `unit_id` is ""."""
    if not rules:
        return []
    known = await _told(ledger, {unit_id} if unit_id else set())
    return [
        _review(told, known, (), rules, today)
        for told in known.values()
        if _is_judged(told, rules) and unit_id in ("", told.unit.unit_id)
    ]


def rules_of(policies: Policies, supplements: Supplements, today: str) -> list[StreakRule]:
    """The same of these documents and supplements."""
    on = date.fromisoformat(today)
    return [
        _rule(rule, policy, supplement, supplements, on)
        for policy in policies
        for supplement in supplements.of(policy.policy_id)
        for rule in supplement.streaks
    ]


def _rule(
    rule: RuleText, policy: Policy, supplement: Supplement, known: Supplements, on: date
) -> StreakRule:
    years = known.answer(rule.years_norm, policy, on) if rule.years_norm else None
    carried = known.answer(rule.carry_over_norm, policy, on) if rule.carry_over_norm else None
    carry_over = rule.carry_over or (carried.text if carried else "")
    used = [each.decided_on.isoformat() for each in (years, carried) if each is not None]
    first = max(policy.rounds_from, rule.rounds_from or 0)
    ends = [each for each in (policy.rounds_until, rule.rounds_until) if each is not None]
    return StreakRule(
        streak_id=rule.streak_id,
        kind=_number(StreakKind, rule.kind),
        grades=[_number(Grade, grade) for grade in rule.grades],
        unit_kinds=[_number(UnitKind, kind) for kind in rule.unit_kinds],
        counting=_number(StreakCounting, rule.counting),
        years=rule.years or (int(years.text) if years else 0),
        at_least=rule.at_least or 0,
        within=rule.within or 0,
        warn_at=rule.warn_at or 0,
        own_since=rule.own_since,
        carry_over=_number(StreakCarryOver, carry_over),
        years_norm_id=rule.years_norm or "",
        carry_over_norm_id=rule.carry_over_norm or "",
        clause_id=rule.clause.clause_id,
        supplement_id=supplement.supplement_id,
        rounds_from=first,
        rounds_until=min(ends) if ends else _ENDLESS,
        policy=reference(policy),
        answered_on=max(used, default=""),
    )


def _number(enum: Enum, text: str) -> Any:
    """The value of a word; the contract's own types of enums have no type in common."""
    return number(enum, text)


async def _told(ledger: Ledger, units: set[str]) -> dict[str, Told]:
    """What the log tells of these units, their zones and, of zones, the members; of all if none."""
    if units and len(units) <= _LOOKED_UP_ONE_BY_ONE:
        known = await _read(ledger, units)
        known |= await _read(ledger, zones_named([told.unit for told in known.values()]))
        if not any(known[each].unit.kind == _ZONE for each in units & known.keys()):
            return known
    return await _read(ledger, None)


async def _read(ledger: Ledger, units: Iterable[str] | None) -> dict[str, Told]:
    known: dict[str, Told] = {}
    questions = [Question()] if units is None else [Question(unit) for unit in sorted(units)]
    for question in questions:
        answer, _ = await ledger.ask(question)
        async for entries in answer:
            for told in _of(entries):
                known[told.unit.unit_id] = told
    return known


def _of(entries: Sequence[Recorded]) -> list[Told]:
    return [Told(each.unit, views.ratings(entries, 0)) for each in views.unit(entries, "")]


def _concerns(rating: Rating, told: Told) -> bool:
    return rating.unit_id in {told.unit.unit_id, *zones_named([told.unit])}


def _is_judged(told: Told, rules: Sequence[StreakRule]) -> bool:
    """Whether some rule speaks of units of its kind."""
    return any(told.unit.kind in rule.unit_kinds for rule in rules)


def _review(
    told: Told,
    known: Mapping[str, Told],
    changed: Sequence[ZoneRating],
    rules: Sequence[StreakRule],
    today: str,
) -> ReviewStreaks:
    zones = zones_named([told.unit])
    standing = [each for zone in zones & known.keys() for each in known[zone].ratings]
    ratings = {
        (each.rating.round, each.rating.unit_id): ZoneRating(
            rating=each.rating, corrected_on=each.corrected_on
        )
        for each in standing
    }
    for new in changed:
        if new.rating.unit_id in zones:
            ratings[new.rating.round, new.rating.unit_id] = new
    return ReviewStreaks(
        unit_id=told.unit.unit_id,
        rules=[rule for rule in rules if told.unit.kind in rule.unit_kinds],
        zone_ratings=[ratings[each] for each in sorted(ratings)],
        reviewed_on=today,
        is_recorded=True,
        reading=READING,
    )

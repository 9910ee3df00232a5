"""What the commands of a round leave to be looked up: units, circulars, and where the round stands.

What is looked up goes into the command, so that the decision hangs on nothing else.
"""

from collections.abc import Iterator, Sequence

from services.evaluation import membership, register, views
from services.evaluation.circular import views as circular_views
from services.evaluation.lookup import can_publish_from, not_governing, not_rated
from services.evaluation.round import bases, publishing
from services.evaluation.round.decider import ROUND
from services.evaluation.round.reading import read
from services.evaluation.round.state import (
    Abandoned,
    Open,
    Running,
    State,
    Unopened,
    must_be_proposed,
)
from services.evaluation.round.views import ROUNDS
from services.evaluation.scoring.analysis.law import Law
from services.kernel.adoption import reference
from services.kernel.decider import fold
from services.kernel.decision import events_of, vocabulary
from services.kernel.errors import Fault, Rejected
from services.kernel.policy import Policies
from services.kernel.reasons import NONE, Why
from services.kernel.timeline import NOW, Question
from services.kernel.words import number, word
from services.runtime.ledger import Ledger
from zoneledger.evaluation.v1.circular_service_pb2 import CircularStanding
from zoneledger.evaluation.v1.events_pb2 import Honour, HonourKind, Rating, UnitKind
from zoneledger.evaluation.v1.round_commands_pb2 import (
    AdmitUnit,
    CorrectResult,
    FreezeRuleSet,
    LostBasis,
    OpenRound,
    PublishResults,
    RecogniseBonus,
)
from zoneledger.evaluation.v1.round_events_pb2 import BonusRecognised, RoundAbandoned, RoundOpened
from zoneledger.evaluation.v1.scoring_pb2 import Placing, RoundAnalysis
from zoneledger.ledger.v1.decision_pb2 import Decision

_EVENTS = vocabulary(ROUND.events)


async def running(ledger: Ledger, round_: int, known_ns: int = NOW) -> Running | None:
    """The round as its stream left it at the moment; None before its rules were frozen."""
    state = await state_of(ledger, round_, known_ns)
    return state if isinstance(state, Running) else None


async def state_of(ledger: Ledger, round_: int, known_ns: int = NOW) -> State:
    """The round as its stream left it at the moment, opened or not."""
    rows = await ledger.store.streams([f"{ROUND.category}-{round_}"])
    decisions = [Decision.FromString(row.data) for row in rows]
    events = [
        event
        for decision in decisions
        if decision.recorded_at.ToNanoseconds() <= known_ns
        for event in events_of(decision, _EVENTS)
    ]
    state: State = fold(ROUND, events, ROUND.initial)
    return state


async def held_here(ledger: Ledger, ratings: Sequence[Rating]) -> list[Fault]:
    """A fault for each rating of a round that is held here: it comes of the round's results."""
    answer, _ = await ledger.ask(Question(ROUNDS))
    told = [each.event async for entries in answer for each in entries]
    rounds = {each.round for each in told if isinstance(each, RoundOpened)}
    rounds -= {each.round for each in told if isinstance(each, RoundAbandoned)}
    return [
        Fault(index, "round", Why.ROUND_HELD_HERE(round=rating.round))
        for index, rating in enumerate(ratings)
        if rating.round in rounds
    ]


async def rated_already(ledger: Ledger, round_: int) -> list[Fault]:
    """A fault where a unit has a rating for the year that comes from no round held here."""
    if await running(ledger, round_) is not None:
        return []  # A repeat; its ratings are its own.
    answer, _ = await ledger.ask(Question())
    async for entries in answer:
        for each in views.ratings(entries, round_):
            why = Why.ROUND_RATED_ALREADY(
                unit=each.rating.unit_id, round=round_, document=each.rating.document
            )
            return [Fault(0, "round", why)]
    return []


async def not_honoured(ledger: Ledger, honours: Sequence[Honour]) -> list[Fault]:
    """A fault for each honour that a round held here has not come to, or does not know."""
    rounds = {each.round: await state_of(ledger, each.round) for each in honours}
    return [
        Fault(index, field, what)
        for index, honour in enumerate(honours)
        for field, what in _unknown_honour(honour, rounds[honour.round])
    ]


def _unknown_honour(honour: Honour, state: State) -> Iterator[tuple[str, str]]:
    """Praise goes with the results (通报表扬): once they are published, and not before."""
    if isinstance(state, Unopened | Abandoned):
        return
    if isinstance(state, Open) or state.published is None:
        yield "round", Why.ROUND_NOT_DECIDED(round=honour.round)
        return
    if "" < honour.awarded_on < state.published.published_on:
        since = state.published.published_on
        yield "awarded_on", Why.BEFORE_ITS_TIME(day=honour.awarded_on, since=since)
    known = state.rules.honours
    kind = word(HonourKind, honour.kind)
    if kind and kind not in known.kinds:
        kinds = ", ".join(known.kinds) or NONE
        yield "kind", Why.NOT_IN_THE_RULE_SET(value=kind, known=kinds)
    is_single = honour.kind == HonourKind.HONOUR_KIND_SINGLE_FIELD
    if is_single and honour.field_zh not in known.single_fields:
        singles = ", ".join(known.single_fields) or NONE
        yield "field_zh", Why.NOT_IN_THE_RULE_SET(value=honour.field_zh, known=singles)


async def admitted(
    ledger: Ledger, units: Sequence[AdmitUnit]
) -> tuple[list[AdmitUnit], list[Fault]]:
    """The commands with what the register says, and what is wrong with them by it."""
    commands, faults = [], []
    for index, asked in enumerate(units):
        standing = await register.standing(ledger, asked.unit_id)
        entry = standing.unit if standing else None
        if standing is None or entry is None:
            faults.append(Fault(index, "unit_id", Why.UNIT_NOT_REGISTERED(unit=asked.unit_id)))
        elif not membership.is_member(entry, "", asked.round):
            why = Why.NO_MEMBER_IN_ROUND(unit=asked.unit_id, round=asked.round)
            faults.append(Fault(index, "unit_id", why))
        elif out := membership.disqualified_in(entry, asked.round, views.gaps_of(standing)):
            faults.append(Fault(index, "unit_id", out))
        elif wrong := not_rated(asked.unit_id, asked.round, entry, ledger.adopted):
            faults.append(Fault(index, "unit_id", wrong))
        commands.append(
            AdmitUnit(
                round=asked.round,
                unit_id=asked.unit_id,
                kind=entry.kind if entry else asked.kind,
                province=asked.province or (entry.province if entry else ""),
                admitted_on=asked.admitted_on,
            )
        )
    return commands, faults


async def recognised(
    ledger: Ledger, bonuses: Sequence[RecogniseBonus]
) -> tuple[list[RecogniseBonus], list[Fault]]:
    """The commands with what the register of circulars says, and what is wrong with them by it."""
    known = await _circulars(ledger)
    commands, faults = [], []
    for index, asked in enumerate(bonuses):
        standing = known.get(asked.circular_id)
        if wrong := _not_a_basis(asked, standing):
            faults.append(Fault(index, "circular_id", wrong))
        circular = standing.circular if standing else None
        command = RecogniseBonus(
            round=asked.round,
            unit_id=asked.unit_id,
            bonus_id=asked.bonus_id,
            circular_id=asked.circular_id,
            circular_number=circular.number if circular else "",
            circular_issued_on=circular.issued_on if circular else "",
            performance_year=circular.performance_year if circular else 0,
            recognised_on=asked.recognised_on,
            items=(bases.items_of(circular, asked.unit_id) or ()) if circular else (),
        )
        commands.append(read(command))
    return commands, faults


async def lost(ledger: Ledger, state: Running | None) -> list[LostBasis]:
    """The bonuses of the round whose circular does not say any more what they rest on."""
    given = [
        bonus
        for unit in (state.units.values() if state else ())
        for bonus in unit.bonuses.values()
        if isinstance(bonus, BonusRecognised)
    ]
    known = await _circulars(ledger) if given else {}
    return [
        LostBasis(unit_id=each.unit_id, bonus_id=each.bonus_id, circular_id=each.circular_id)
        for each in given
        if each.circular_id in known and any(bases.gone(each, known[each.circular_id]))
    ]


async def _circulars(ledger: Ledger) -> dict[str, CircularStanding]:
    """The register of circulars, by id."""
    answer, _ = await ledger.ask(Question(circular_views.CIRCULARS))
    return {
        each.circular.circular_id: each
        async for entries in answer
        for each in circular_views.circulars(entries)
    }


def _not_a_basis(asked: RecogniseBonus, standing: CircularStanding | None) -> str:
    """Why the unit has no bonus for the circular; "" where it may."""
    if standing is None:
        return Why.CIRCULAR_UNKNOWN(circular=asked.circular_id)
    if standing.HasField("withdrawn"):
        return Why.CIRCULAR_WITHDRAWN(
            circular=asked.circular_id,
            document=standing.withdrawn.document,
            withdrawn_on=standing.withdrawn.withdrawn_on,
        )
    if asked.unit_id not in {place.unit_id for place in standing.circular.places}:
        return Why.NOT_COMMENDED(unit=asked.unit_id, circular=standing.circular.number)
    return ""


def analysed(state: Running, law: Law) -> RoundAnalysis:
    """How certain the scores of the round are; empty of units before there are scores.

    What is published is analysed as it stands, whatever was recorded since.
    """
    from services.evaluation.scoring.analysis.report import analyse  # noqa: PLC0415  # numpy is large.

    standing = [each.score for each in state.results.values()]
    scores = [each.score.score for each in state.units.values() if each.score is not None]
    return analyse(state.rules, standing or scores, law)


def frozen_by(command: FreezeRuleSet, policies: Policies) -> FreezeRuleSet:
    """The command with who issues the document that governs the year, and what it rates."""
    told, governing = read(command), policies.for_round(command.round)
    rated = governing.rated.unit_kinds if governing and governing.rated else ()
    del told.issuers[:], told.unit_kinds[:]
    told.issuers.extend(map(str, governing.issuers if governing else ()))
    told.unit_kinds.extend(number(UnitKind, each) for each in rated)  # type: ignore[misc]
    return told


def opening_faults(command: OpenRound, policies: Policies) -> list[Fault]:
    """A round is held by the document that governs its year."""
    wrong = not_governing(command.document, command.round, policies)
    return [Fault(0, "document", wrong)] if wrong else []


def published_by(command: PublishResults, policies: Policies) -> PublishResults:
    """The command with the document that it names, and the day from which that can publish."""
    told = read(command)
    told.ClearField("policy")
    told.policy_from = ""
    if named := policies.named(command.document):
        told.policy.CopyFrom(reference(named))
        told.policy_from = can_publish_from(named)
    return told


def ratings(state: Running, command: PublishResults) -> tuple[list[Rating], list[Fault]]:
    """What a publication makes of the results, in the order of the ids; of a repeat, the same.

    A fault where other results are proposed than the command names: if those were proposed a moment
    later, the ratings would not be theirs.
    """
    placings = [each.standing for each in state.results.values()]
    if not placings:
        try:
            placings = list(must_be_proposed(state, command.results_hash).standings)
        except Rejected as refusal:
            return [], [Fault(0, refusal.field, refusal.told)]
    return [
        _rating(each, state.round, command.document, command.published_on)
        for each in sorted(placings, key=lambda each: each.unit_id)
    ], []


def corrected(state: Running, command: CorrectResult) -> Rating | None:
    """The rating that goes with a corrected result; None where the correction is refused.

    None too where it was said before another one: the rating is that of the last.
    """
    try:
        events = publishing.correct(command, state)
    except Rejected:
        return None
    if state.published is None:
        return None
    last = state.results[command.unit_id]
    if not events and publishing.said_before(command, state) != last:
        return None
    standing = events[0].standing if events else last.standing
    return _rating(standing, state.round, state.published.document, state.published.published_on)


def _rating(standing: Placing, round_: int, document: str, published_on: str) -> Rating:
    return Rating(
        unit_id=standing.unit_id,
        round=round_,
        grade=standing.grade,
        published_on=published_on,
        document=document,
        visibility=standing.grade_visibility,
    )

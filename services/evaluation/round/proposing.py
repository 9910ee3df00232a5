"""The results of a round before they are published: proposed (拟定), and vetoed (一票否决).

Results are proposed when every unit has a complete score. A veto caps the grade of a unit after the
ranking, and the results are proposed anew with it. What is proposed has a hash, which is what the
issuers sign. It is not proposed where what the public will be shown tells a grade that it is not
shown: that late nothing could be done about it any more.
"""

from collections.abc import Iterable, Mapping
from hashlib import sha256

from services.evaluation.round.calculating import must_have_their_basis
from services.evaluation.round.resting import results_until
from services.evaluation.round.state import (
    Entry,
    Running,
    entry,
    must_be_collected,
    must_be_known,
    must_be_unpublished,
    must_have_units,
    must_not_precede,
)
from services.evaluation.scoring import grades
from services.evaluation.scoring.disclosure import told
from services.evaluation.scoring.terms import Shown
from services.kernel.errors import Rejected
from services.kernel.reasons import Why
from services.kernel.words import word
from zoneledger.evaluation.v1.events_pb2 import Grade
from zoneledger.evaluation.v1.round_commands_pb2 import (
    LiftVeto,
    ProposeResults,
    VetoUnit,
)
from zoneledger.evaluation.v1.round_events_pb2 import (
    ResultsProposed,
    ScoreCalculated,
    UnitVetoed,
    VetoLifted,
)
from zoneledger.evaluation.v1.scoring_pb2 import Placing


def propose(command: ProposeResults, state: Running) -> list[ResultsProposed]:
    must_be_collected(state)
    must_have_units(state)
    must_have_their_basis(command.lost, state)
    for unit_id, unit in state.units.items():
        if unit.score is None or not unit.score.is_complete:
            raise Rejected(Why.NOT_SCORED(unit=unit_id, round=state.round), field="round")
    proposed = _proposed(command.proposed_on, state.units, state)
    if state.proposed is not None and state.proposed.results_hash == proposed.results_hash:
        return []
    must_be_unpublished(state)
    since = max(each.score.calculated_on for each in state.units.values() if each.score)
    if command.reading >= 3:
        since = max(since, results_until(state))
    must_not_precede("proposed_on", command.proposed_on, since)
    return [proposed] if command.reading < 2 else [_undisclosing(proposed, state)]


def veto(command: VetoUnit, state: Running) -> list[UnitVetoed | ResultsProposed]:
    """A veto caps the grade after the ranking; the results are proposed anew with it."""
    unit = entry(state, command.unit_id)
    must_be_known("veto_id", command.veto_id, {each.veto_id: each for each in state.rules.vetoes})
    vetoed = UnitVetoed(
        round=command.round,
        unit_id=command.unit_id,
        veto_id=command.veto_id,
        document=command.document,
        reason=command.reason,
        vetoed_on=command.vetoed_on,
    )
    standing = unit.vetoes.get(command.veto_id)
    if standing == vetoed:
        return []
    since = state.published.published_on if state.published else proposed_on(state)
    if isinstance(standing, UnitVetoed):
        why = Why.ALREADY_VETOED(
            unit=command.unit_id, veto=command.veto_id, document=standing.document
        )
        raise Rejected(why, field="veto_id")
    must_not_precede("vetoed_on", command.vetoed_on, since)
    anew = _proposed_anew(command.vetoed_on, unit, vetoed, state)
    return [
        vetoed,
        *(anew if command.reading < 2 else [_undisclosing(each, state) for each in anew]),
    ]


def lift_veto(command: LiftVeto, state: Running) -> list[VetoLifted | ResultsProposed]:
    unit = entry(state, command.unit_id)
    lifted = VetoLifted(
        round=command.round,
        unit_id=command.unit_id,
        veto_id=command.veto_id,
        document=command.document,
        reason=command.reason,
        lifted_on=command.lifted_on,
    )
    standing = unit.vetoes.get(command.veto_id)
    if standing == lifted:
        return []
    if not isinstance(standing, UnitVetoed):
        why = Why.NO_VETO(unit=command.unit_id, veto=command.veto_id, round=state.round)
        raise Rejected(why, field="veto_id")
    if state.published is None:
        proposed_on(state)
    must_not_precede("lifted_on", command.lifted_on, standing.vetoed_on)
    anew = _proposed_anew(command.lifted_on, unit, lifted, state)
    return [
        lifted,
        *(anew if command.reading < 2 else [_undisclosing(each, state) for each in anew]),
    ]


def proposed_on(state: Running) -> str:
    """The day of the proposal; `Rejected` where there is none, or it is published."""
    must_be_unpublished(state)
    if state.proposed is None:
        raise Rejected(Why.NOTHING_PROPOSED(round=state.round), field="round")
    return state.proposed.proposed_on


def must_not_disclose(told: Iterable[tuple[Shown, str]], round_: int) -> None:
    """No grade that is hidden from a reader can be told by what is shown."""
    for reader, grade in told:
        raise Rejected(
            Why.RESULTS_DISCLOSE(round=round_, reader=reader, grade=grade), field="round"
        )


def _undisclosing(proposed: ResultsProposed, state: Running) -> ResultsProposed:
    must_not_disclose(told(state.rules, proposed.standings, state.noticed), state.round)
    return proposed


def hash_of(standings: Iterable[Placing]) -> str:
    """SHA-256 of what the standings say, a line for each unit in the order of the ids."""
    lines = sorted(
        f"{s.unit_id} {word(Grade, s.grade)} {s.rank} {s.score_micro} {','.join(s.veto_ids)}"
        for s in standings
    )
    return sha256("\n".join([*lines, ""]).encode()).hexdigest()


def vetoes_on(unit: Entry) -> list[str]:
    """The vetoes that cap the grade of the unit."""
    return [name for name, each in unit.vetoes.items() if isinstance(each, UnitVetoed)]


def _proposed(day: str, units: Mapping[str, Entry], state: Running) -> ResultsProposed:
    standings = grades.stand(
        state.rules,
        [scored(each).score for each in units.values()],
        {unit_id: vetoes_on(unit) for unit_id, unit in units.items()},
    )
    return ResultsProposed(
        round=state.round,
        proposed_on=day,
        standings=standings,
        results_hash=hash_of(standings),
    )


def _proposed_anew(
    day: str, unit: Entry, last_word: UnitVetoed | VetoLifted, state: Running
) -> list[ResultsProposed]:
    if state.published is not None:
        return []  # What is published is changed by a correction, which takes the veto in.
    changed = unit._replace(vetoes={**unit.vetoes, last_word.veto_id: last_word})
    units = {**state.units, last_word.unit_id: changed}
    proposed = _proposed(day, units, state)
    before = state.proposed.results_hash if state.proposed else ""
    return [proposed] if proposed.results_hash != before else []


def scored(unit: Entry) -> ScoreCalculated:
    if unit.score is None:
        raise ValueError(f"{unit.admitted.unit_id} has no score, and its results are proposed")
    return unit.score

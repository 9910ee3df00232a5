"""From the data and the experts to scores, results, and their publication and correction.

A score is the sum of its lines. Results are proposed (拟定) when every unit has a complete score;
the issuers sign them by their hash, so that what changes afterwards is signed again. They are
published when every issuer has signed, the public notice (公示) is over and every objection is
decided. What is published is replaced by a correction only.
"""

from collections.abc import Iterable, Mapping, Sequence
from datetime import date, timedelta
from hashlib import sha256

from services.evaluation.round.state import (
    Entry,
    Running,
    entry,
    must_be_collected,
    must_be_known,
    must_be_proposed,
    must_be_unpublished,
    must_have_units,
    must_not_be_closed,
    must_not_precede,
)
from services.evaluation.scoring import grades
from services.evaluation.scoring import score as scores
from services.evaluation.scoring.disclosure import disclosed
from services.evaluation.scoring.parts import Bonus
from services.evaluation.scoring.rule_set import RuleSet
from services.evaluation.scoring.score import Report
from services.kernel.errors import Rejected
from services.kernel.reasons import Why
from services.kernel.words import number, word
from zoneledger.evaluation.v1.events_pb2 import Grade
from zoneledger.evaluation.v1.round_commands_pb2 import (
    CalculateScore,
    CloseRound,
    CorrectResult,
    DecideObjection,
    LiftVeto,
    LodgeObjection,
    OpenNotice,
    ProposeResults,
    PublishResults,
    RecogniseBonus,
    SignResults,
    VetoUnit,
    WithdrawBonus,
)
from zoneledger.evaluation.v1.round_events_pb2 import (
    BonusRecognised,
    BonusWithdrawn,
    NoticedGrade,
    NoticeOpened,
    ObjectionDecided,
    ObjectionLodged,
    Observation,
    ResultCorrected,
    ResultPublished,
    ResultsProposed,
    ResultsSigned,
    ReviewOutcome,
    RoundClosed,
    RoundPublished,
    ScoreCalculated,
    UnitVetoed,
    VetoLifted,
)
from zoneledger.evaluation.v1.scoring_pb2 import PanelPoints, Placing, Score
from zoneledger.ledger.v1.visibility_pb2 import Visibility


def recognise(command: RecogniseBonus, state: Running) -> list[BonusRecognised]:
    """A bonus rests on a circular that was out when the rules were frozen."""
    unit = entry(state, command.unit_id)
    bonuses = {each.bonus_id: each for each in _bonuses(state)}
    must_be_known("bonus_id", command.bonus_id, bonuses)
    recognised = BonusRecognised(
        round=command.round,
        unit_id=command.unit_id,
        bonus_id=command.bonus_id,
        circular_id=command.circular_id,
        circular_number=command.circular_number,
        circular_issued_on=command.circular_issued_on,
        performance_year=command.performance_year,
        points_micro=bonuses[command.bonus_id].points,
        recognised_on=command.recognised_on,
    )
    if unit.bonuses.get(command.bonus_id) == recognised:
        return []
    must_be_unpublished(state)
    if command.circular_issued_on > state.frozen.frozen_on:
        why = Why.CIRCULAR_TOO_LATE(
            circular=command.circular_number,
            issued_on=command.circular_issued_on,
            frozen_on=state.frozen.frozen_on,
        )
        raise Rejected(why, field="circular_id")
    must_not_precede("recognised_on", command.recognised_on, command.circular_issued_on)
    return [recognised]


def _bonuses(state: Running) -> tuple[Bonus, ...]:
    return state.rules.bonuses.kinds if state.rules.bonuses else ()


def withdraw_bonus(command: WithdrawBonus, state: Running) -> list[BonusWithdrawn]:
    """Its basis is gone. A result that is published is left to a correction."""
    standing = entry(state, command.unit_id).bonuses.get(command.bonus_id)
    withdrawn = BonusWithdrawn(
        round=command.round,
        unit_id=command.unit_id,
        bonus_id=command.bonus_id,
        document=command.document,
        reason=command.reason,
        withdrawn_on=command.withdrawn_on,
    )
    if standing == withdrawn:
        return []
    if not isinstance(standing, BonusRecognised):
        why = Why.NO_BONUS(unit=command.unit_id, bonus=command.bonus_id, round=state.round)
        raise Rejected(why, field="bonus_id")
    must_not_be_closed(state)
    must_not_precede("withdrawn_on", command.withdrawn_on, standing.recognised_on)
    return [withdrawn]


def calculate(command: CalculateScore, state: Running) -> list[ScoreCalculated]:
    """By the data that count, what the experts said, and the bonuses; complete with the experts."""
    unit = entry(state, command.unit_id)
    must_be_collected(state)
    _must_be_reviewed(unit, state)
    score = score_of(unit, state)
    is_complete = state.rules.experts is None or state.assessment is not None
    known = unit.score
    if known is not None and (known.score, known.is_complete) == (score, is_complete):
        return []
    must_be_unpublished(state)
    must_not_precede("calculated_on", command.calculated_on, state.collected_on)
    return [
        ScoreCalculated(
            round=command.round,
            unit_id=command.unit_id,
            calculated_on=command.calculated_on,
            score=score,
            is_complete=is_complete,
        )
    ]


def score_of(
    unit: Entry, state: Running, admitted: Mapping[str, Observation] | None = None
) -> Score:
    """The score of a unit, with late reports that are let in."""
    observations = {**unit.observations, **(admitted or {})}
    unit_id = unit.admitted.unit_id
    report = Report(
        unit_id,
        {name: each.value for name, each in observations.items()},
        _points_of(state, unit_id),
        [name for name, each in unit.bonuses.items() if isinstance(each, BonusRecognised)],
    )
    return scores.score(state.rules, report)


def _points_of(state: Running, unit_id: str) -> Sequence[PanelPoints] | None:
    """What the experts say of the unit; None before they have been heard."""
    return None if state.assessment is None else state.points.get(unit_id, ())


def propose(command: ProposeResults, state: Running) -> list[ResultsProposed]:
    must_be_collected(state)
    must_have_units(state)
    for unit_id, unit in state.units.items():
        if unit.score is None or not unit.score.is_complete:
            raise Rejected(Why.NOT_SCORED(unit=unit_id, round=state.round), field="round")
    proposed = _proposed(command.proposed_on, state.units, state)
    if state.proposed is not None and state.proposed.results_hash == proposed.results_hash:
        return []
    must_be_unpublished(state)
    since = max(each.score.calculated_on for each in state.units.values() if each.score)
    must_not_precede("proposed_on", command.proposed_on, since)
    return [proposed]


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
    since = _proposed_on(state)
    if isinstance(standing, UnitVetoed):
        why = Why.ALREADY_VETOED(
            unit=command.unit_id, veto=command.veto_id, document=standing.document
        )
        raise Rejected(why, field="veto_id")
    must_not_precede("vetoed_on", command.vetoed_on, since)
    return [vetoed, *_proposed_anew(command.vetoed_on, unit, vetoed, state)]


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
    _proposed_on(state)
    must_not_precede("lifted_on", command.lifted_on, standing.vetoed_on)
    return [lifted, *_proposed_anew(command.lifted_on, unit, lifted, state)]


def open_notice(command: OpenNotice, state: Running) -> list[NoticeOpened]:
    """The grades that will be public are shown for the days that the rule set says."""
    days = _notice_days(state)
    if not days:
        raise Rejected(Why.NO_NOTICE(round=state.round), field="round")
    since = _proposed_on(state)
    opened_on = date.fromisoformat(command.opened_on)
    opened = NoticeOpened(
        round=command.round,
        opened_on=command.opened_on,
        closes_on=(opened_on + timedelta(days=days)).isoformat(),
        document=command.document,
        grades=public_grades(state),
    )
    if state.notice == opened:
        return []
    if state.notice is not None and state.notice.grades == opened.grades:
        why = Why.NOTICE_ALREADY_OPEN(
            round=state.round, opened_on=state.notice.opened_on, closes_on=state.notice.closes_on
        )
        raise Rejected(why, field="opened_on")
    must_not_precede("opened_on", command.opened_on, since)
    return [opened]


def public_grades(state: Running) -> list[NoticedGrade]:
    """Of what is proposed, the grades that anybody may see, in the order of the units' ids."""
    standings = state.proposed.standings if state.proposed else ()
    return [
        NoticedGrade(unit_id=each.unit_id, grade=each.grade)
        for each in sorted(standings, key=lambda each: each.unit_id)
        if each.grade_visibility == Visibility.VISIBILITY_PUBLIC
    ]


def lodge(command: LodgeObjection, state: Running) -> list[ObjectionLodged]:
    lodged = ObjectionLodged(
        round=command.round,
        objection_id=command.objection_id,
        unit_id=command.unit_id,
        lodged_by=command.lodged_by,
        lodged_on=command.lodged_on,
        text=command.text,
    )
    known = state.objections.get(command.objection_id)
    if known is not None and known.lodged == lodged:
        return []
    entry(state, command.unit_id)
    must_be_unpublished(state)
    if known is not None:
        raise Rejected(Why.OBJECTION_DIFFERS(objection=command.objection_id), field="objection_id")
    if state.notice is None:
        raise Rejected(Why.NOTICE_MISSING(round=state.round), field="round")
    must_not_precede("lodged_on", command.lodged_on, state.notice.opened_on)
    if command.lodged_on > state.notice.closes_on:
        why = Why.OBJECTION_TOO_LATE(closes_on=state.notice.closes_on, day=command.lodged_on)
        raise Rejected(why, field="lodged_on")
    return [lodged]


def decide_objection(command: DecideObjection, state: Running) -> list[ObjectionDecided]:
    """Upheld, late reports may count; then the unit is scored again, and all are ranked again."""
    known = state.objections.get(command.objection_id)
    if known is None:
        why = Why.OBJECTION_UNKNOWN(objection=command.objection_id, round=state.round)
        raise Rejected(why, field="objection_id")
    decided = ObjectionDecided(
        round=command.round,
        objection_id=command.objection_id,
        unit_id=known.lodged.unit_id,
        is_upheld=command.is_upheld,
        decided_by=command.decided_by,
        decided_on=command.decided_on,
        document=command.document,
        reason=command.reason,
        admitted=command.admitted,
    )
    if known.decided == decided:
        return []
    if known.decided is not None:
        why = Why.OBJECTION_DECIDED(
            objection=command.objection_id, decided_on=known.decided.decided_on
        )
        raise Rejected(why, field="objection_id")
    must_be_unpublished(state)
    must_not_precede("decided_on", command.decided_on, known.lodged.lodged_on)
    decides = state.rules.schedule.objections_decided_by
    if decides is not None:
        must_be_known("decided_by", command.decided_by, {str(decides): decides})
    if command.admitted and not command.is_upheld:
        raise Rejected(Why.ADMITS_WITHOUT_UPHOLDING(), field="admitted")
    if command.admitted:
        _must_be_late(command.admitted, known.lodged.unit_id, state)
    return [decided]


def _must_be_late(indicators: Sequence[str], unit_id: str, state: Running) -> None:
    """The unit may have been dismissed since; then there is nothing to let in."""
    if unit_id not in state.units:
        raise Rejected(Why.UNIT_NOT_ADMITTED(unit=unit_id, round=state.round), field="admitted")
    admitted(indicators, state.units[unit_id])


def admitted(indicators: Sequence[str], unit: Entry) -> dict[str, Observation]:
    """The late reports that are let in; `Rejected` where there is none for an indicator."""
    for index, name in enumerate(indicators):
        if name not in unit.late:
            why = Why.NOTHING_LATE(unit=unit.admitted.unit_id, indicator=name)
            raise Rejected(why, field=f"admitted[{index}]")
    return {name: unit.late[name] for name in indicators}


def sign(command: SignResults, state: Running) -> list[ResultsSigned]:
    """An issuer of the document signs what is proposed, by its hash."""
    signed = ResultsSigned(
        round=command.round,
        issuer=command.issuer,
        signed_on=command.signed_on,
        results_hash=command.results_hash,
        document=command.document,
    )
    known = state.signatures.get(command.issuer)
    if known == signed:
        return []
    must_be_unpublished(state)
    issuers = state.rules.issuers.authorities
    must_be_known("issuer", command.issuer, dict.fromkeys(issuers))
    proposed = must_be_proposed(state, command.results_hash)
    if known is not None:
        why = Why.RESULTS_ALREADY_SIGNED(issuer=command.issuer, signed_on=known.signed_on)
        raise Rejected(why, field="issuer")
    must_not_precede("signed_on", command.signed_on, proposed.proposed_on)
    return [signed]


def publish(command: PublishResults, state: Running) -> list[RoundPublished | ResultPublished]:
    """Every issuer has signed, the notice is over, and every objection is decided.

    The results are told in the order of the ids: any other order would tell the ranks.
    """
    published = RoundPublished(
        round=command.round, published_on=command.published_on, document=command.document
    )
    if state.published == published:
        return []
    must_be_unpublished(state)
    proposed = must_be_proposed(state, command.results_hash)
    _must_not_disclose(proposed, state)
    missing = [each for each in state.rules.issuers.authorities if each not in state.signatures]
    if missing:
        raise Rejected(
            Why.SIGNATURES_MISSING(round=state.round, missing=", ".join(missing)), field="round"
        )
    signed_on = max(each.signed_on for each in state.signatures.values())
    must_not_precede("published_on", command.published_on, signed_on)
    _must_be_noticed(command.published_on, state)
    return [
        published,
        *(
            ResultPublished(
                round=command.round,
                standing=standing,
                score=_scored(state.units[standing.unit_id]).score,
                published_on=command.published_on,
            )
            for standing in sorted(proposed.standings, key=lambda each: each.unit_id)
        ),
    ]


def correct(command: CorrectResult, state: Running) -> list[ResultCorrected]:
    """As the correcting document says. The ranks of others, and their grades, stay theirs."""
    if state.published is None:
        raise Rejected(Why.ROUND_NOT_PUBLISHED(round=state.round), field="round")
    unit, former = entry(state, command.unit_id), state.results[command.unit_id]
    if isinstance(former, ResultCorrected) and _says_same(former, command):
        return []
    score = score_of(unit, state, admitted(command.admitted, unit))
    since = former.corrected_on if isinstance(former, ResultCorrected) else former.published_on
    must_not_precede("corrected_on", command.corrected_on, since)
    scale = {str(each.grade): each for each in state.rules.grades.scale}
    must_be_known("grade", word(Grade, command.grade), scale)
    return [
        ResultCorrected(
            round=command.round,
            standing=_corrected(former.standing, command.grade, score, state.rules),
            former=former.standing,
            score=score,
            corrected_on=command.corrected_on,
            document=command.document,
            reason=command.reason,
            admitted=command.admitted,
        )
    ]


def close(command: CloseRound, state: Running) -> list[RoundClosed]:
    if state.closed_on == command.closed_on:
        return []
    must_not_be_closed(state)
    if state.published is None:
        raise Rejected(Why.ROUND_NOT_PUBLISHED(round=state.round), field="round")
    must_not_precede("closed_on", command.closed_on, state.published.published_on)
    return [RoundClosed(round=command.round, closed_on=command.closed_on)]


def hash_of(standings: Iterable[Placing]) -> str:
    """SHA-256 of what the standings say, a line for each unit in the order of the ids."""
    lines = sorted(
        f"{s.unit_id} {word(Grade, s.grade)} {s.rank} {s.score_micro} {','.join(s.veto_ids)}"
        for s in standings
    )
    return sha256("\n".join([*lines, ""]).encode()).hexdigest()


def _corrected(former: Placing, grade: Grade.ValueType, score: Score, rules: RuleSet) -> Placing:
    """What stands after a correction: shown as its grade is, at the rank that it was given."""
    [shows] = [each.shows for each in rules.grades.scale if each.grade == word(Grade, grade)]
    return Placing(
        unit_id=former.unit_id,
        score_micro=score.score_micro,
        rank=former.rank,
        rank_in_class=former.rank_in_class,
        peer_class_id=former.peer_class_id,
        grade=grade,
        grade_by_cut=former.grade_by_cut,
        veto_ids=former.veto_ids,
        is_refill=former.is_refill,
        grade_visibility=number(Visibility, shows.grade),  # type: ignore[arg-type]  # any int
        score_visibility=number(Visibility, shows.score),  # type: ignore[arg-type]  # any int
        rank_visibility=number(Visibility, shows.rank),  # type: ignore[arg-type]  # any int
    )


def _proposed(day: str, units: Mapping[str, Entry], state: Running) -> ResultsProposed:
    standings = grades.stand(
        state.rules,
        [_scored(each).score for each in units.values()],
        {
            unit_id: [n for n, each in unit.vetoes.items() if isinstance(each, UnitVetoed)]
            for unit_id, unit in units.items()
        },
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
    changed = unit._replace(vetoes={**unit.vetoes, last_word.veto_id: last_word})
    units = {**state.units, last_word.unit_id: changed}
    proposed = _proposed(day, units, state)
    before = state.proposed.results_hash if state.proposed else ""
    return [proposed] if proposed.results_hash != before else []


def _proposed_on(state: Running) -> str:
    """The day of the proposal; `Rejected` where there is none, or it is published."""
    must_be_unpublished(state)
    if state.proposed is None:
        raise Rejected(Why.NOTHING_PROPOSED(round=state.round), field="round")
    return state.proposed.proposed_on


def _scored(unit: Entry) -> ScoreCalculated:
    if unit.score is None:
        raise ValueError(f"{unit.admitted.unit_id} has no score, and its results are proposed")
    return unit.score


def _must_be_reviewed(unit: Entry, state: Running) -> None:
    province = unit.admitted.province
    review = state.reviews.get(province)
    is_accepted = review and review.outcome == ReviewOutcome.REVIEW_OUTCOME_ACCEPTED
    is_returned = review is not None and not is_accepted
    if is_returned or (state.rules.provincial_review.required and not is_accepted):
        why = Why.NOT_REVIEWED(province=province, unit=unit.admitted.unit_id)
        raise Rejected(why, field="unit_id")


def _notice_days(state: Running) -> int:
    """How long a public notice is open; 0 where the rule set wants none."""
    days = state.rules.schedule.public_notice_days
    if days is None:
        why = Why.RULE_SET_LEAVES_OPEN(matter="public_notice_days", round=state.round)
        raise Rejected(why, field="round")
    return days


def _must_not_disclose(proposed: ResultsProposed, state: Running) -> None:
    """No grade that is hidden from a reader can be told by counting those that are shown."""
    for reader, grade in disclosed(state.rules.grades, proposed.standings):
        why = Why.RESULTS_DISCLOSE(round=state.round, reader=reader, grade=grade)
        raise Rejected(why, field="round")


def _must_be_noticed(day: str, state: Running) -> None:
    if _notice_days(state):
        if state.notice is None or list(state.notice.grades) != public_grades(state):
            raise Rejected(Why.NOTICE_MISSING(round=state.round), field="round")
        if day <= state.notice.closes_on:
            why = Why.NOTICE_STILL_OPEN(closes_on=state.notice.closes_on, day=day)
            raise Rejected(why, field="published_on")
    undecided = [name for name, each in state.objections.items() if each.decided is None]
    if undecided:
        raise Rejected(Why.OBJECTIONS_OPEN(objections=", ".join(undecided)), field="round")


def _says_same(former: ResultCorrected, command: CorrectResult) -> bool:
    return (
        former.standing.grade == command.grade
        and former.corrected_on == command.corrected_on
        and former.document == command.document
        and former.reason == command.reason
        and list(former.admitted) == list(command.admitted)
    )

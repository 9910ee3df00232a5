"""A round of evaluation (年度评估) of one performance year, all of it one stream.

It is opened; its rules are frozen before any data come in; units take part and their data are
collected, frozen, and reviewed by their provinces; experts hand in sealed sheets; scores are
calculated, results proposed, vetoed where a rule says so, shown to the public, objected to, signed
by every issuer, published, corrected in the open; or it is given up before. What changes behind a
step takes back what rested on it: a new score takes back the proposal, a new proposal takes back
the signatures.

The rules of the year come in with its rule set; nothing here knows a weight or a grade.
"""

from typing import Any, TypeAlias

from services.evaluation.round import (
    assessing,
    calculating,
    collecting,
    ending,
    freezing,
    hearing,
    proposing,
    publishing,
)
from services.evaluation.round.days import occurred_on
from services.evaluation.round.state import (
    Abandoned,
    Assessor,
    Entry,
    Objection,
    Open,
    Running,
    State,
    Unopened,
    must_not_precede,
    running,
)
from services.evaluation.scoring.open_matters import interpreted
from services.evaluation.scoring.score import points_by_unit
from services.kernel.decider import Decider
from services.kernel.errors import CorruptHistory, Rejected
from services.kernel.reasons import Why
from services.kernel.words import word
from zoneledger.evaluation.v1.events_pb2 import Grade
from zoneledger.evaluation.v1.round_commands_pb2 import (
    AbandonRound,
    AdmitUnit,
    AppointAssessor,
    AssessExperts,
    CalculateScore,
    CloseCollection,
    CloseRound,
    CorrectResult,
    DecideObjection,
    DismissAssessor,
    DismissUnit,
    FreezeRuleSet,
    InterpretMatter,
    LiftVeto,
    LodgeObjection,
    OpenNotice,
    OpenRound,
    OpenSheet,
    ProposeResults,
    PublishResults,
    RecogniseBonus,
    ReportObservations,
    ReviewProvince,
    SealSheet,
    SignResults,
    TakeBackSignature,
    VetoUnit,
    WithdrawBonus,
)
from zoneledger.evaluation.v1.round_events_pb2 import (
    AssessorAppointed,
    AssessorDismissed,
    BonusRecognised,
    BonusWithdrawn,
    CollectionClosed,
    ExpertsAssessed,
    MatterInterpreted,
    NoticeOpened,
    ObjectionDecided,
    ObjectionLodged,
    ObservationsReported,
    ProposalTold,
    ProvinceReviewed,
    ResultCorrected,
    ResultPublished,
    ResultsProposed,
    ResultsSigned,
    ResultsTakenBack,
    ReviewOutcome,
    RoundAbandoned,
    RoundClosed,
    RoundOpened,
    RoundPublished,
    RuleSetFrozen,
    ScoreCalculated,
    SheetOpened,
    SheetSealed,
    SignatureTakenBack,
    UnitAdmitted,
    UnitDismissed,
    UnitVetoed,
    VetoLifted,
)
from zoneledger.ledger.v1.decision_pb2 import PolicyReference

Later: TypeAlias = (
    AdmitUnit
    | AppointAssessor
    | AssessExperts
    | CalculateScore
    | CloseCollection
    | CloseRound
    | CorrectResult
    | DecideObjection
    | DismissAssessor
    | DismissUnit
    | InterpretMatter
    | LiftVeto
    | LodgeObjection
    | OpenNotice
    | OpenSheet
    | ProposeResults
    | PublishResults
    | RecogniseBonus
    | ReportObservations
    | ReviewProvince
    | SealSheet
    | SignResults
    | TakeBackSignature
    | VetoUnit
    | WithdrawBonus
)
Command: TypeAlias = OpenRound | FreezeRuleSet | AbandonRound | Later
Event: TypeAlias = (
    AssessorAppointed
    | AssessorDismissed
    | BonusRecognised
    | BonusWithdrawn
    | CollectionClosed
    | ExpertsAssessed
    | MatterInterpreted
    | NoticeOpened
    | ObjectionDecided
    | ObjectionLodged
    | ObservationsReported
    | ProposalTold
    | ProvinceReviewed
    | ResultCorrected
    | ResultPublished
    | ResultsProposed
    | ResultsSigned
    | ResultsTakenBack
    | RoundAbandoned
    | RoundClosed
    | RoundOpened
    | RoundPublished
    | RuleSetFrozen
    | ScoreCalculated
    | SheetOpened
    | SheetSealed
    | SignatureTakenBack
    | UnitAdmitted
    | UnitDismissed
    | UnitVetoed
    | VetoLifted
)


def decide(command: Command, state: State) -> list[Event]:
    if isinstance(state, Abandoned):
        return [*ending.decide_abandoned(command, state)]
    match state, command:
        case Unopened(), OpenRound():
            return [_opened(command)]
        case Unopened(), _:
            raise Rejected(Why.ROUND_NOT_OPEN(round=command.round), field="round")
        case Open() | Running(), OpenRound():
            return _open_again(command, state)
        case Open() | Running(), AbandonRound():
            return [*ending.abandon(command, state)]
        case Open(), FreezeRuleSet():
            return [*freezing.freeze(command, state)]
        case Open(), _:
            raise Rejected(Why.RULE_SET_NOT_FROZEN(round=command.round), field="round")
        case Running(), FreezeRuleSet():
            return [*freezing.freeze_again(command, state)]
        case Running(), _:
            return _with_what_is_taken_back(_decide_running(command, state), state)


def _with_what_is_taken_back(events: "list[Any]", state: Running) -> "list[Any]":
    """The events, and that what was proposed does not stand any more, where that is so."""
    if state.proposed is None or state.published or not events:
        return events
    after = state
    for event in events:
        after = _evolve_running(after, event)
    if after.proposed is not None:
        return events
    back = ResultsTakenBack(
        round=state.round,
        taken_back_on=max(occurred_on(events[0]), state.proposed.proposed_on),
        results_hash=state.proposed.results_hash,
    )
    return [*events, back]


def _decide_running(command: Later, state: Running) -> "list[Any]":
    match command:
        case InterpretMatter():
            return freezing.interpret(command, state)
        case AdmitUnit():
            return collecting.admit(command, state)
        case DismissUnit():
            return collecting.dismiss(command, state)
        case ReportObservations():
            return collecting.report(command, state)
        case CloseCollection():
            return collecting.close(command, state)
        case ReviewProvince():
            return collecting.review(command, state)
        case AppointAssessor():
            return assessing.appoint(command, state)
        case DismissAssessor():
            return assessing.dismiss(command, state)
        case SealSheet():
            return assessing.seal(command, state)
        case OpenSheet():
            return assessing.open_(command, state)
        case AssessExperts():
            return assessing.assess(command, state)
        case RecogniseBonus():
            return calculating.recognise(command, state)
        case WithdrawBonus():
            return calculating.withdraw_bonus(command, state)
        case CalculateScore():
            return calculating.calculate(command, state)
        case ProposeResults():
            return proposing.propose(command, state)
        case VetoUnit():
            return proposing.veto(command, state)
        case LiftVeto():
            return proposing.lift_veto(command, state)
        case OpenNotice():
            return hearing.open_notice(command, state)
        case LodgeObjection():
            return hearing.lodge(command, state)
        case DecideObjection():
            return hearing.decide_objection(command, state)
        case SignResults():
            return publishing.sign(command, state)
        case TakeBackSignature():
            return publishing.take_back_signature(command, state)
        case PublishResults():
            return publishing.publish(command, state)
        case CorrectResult():
            return publishing.correct(command, state)
        case CloseRound():
            return ending.close(command, state)


def evolve(state: State, event: Event) -> State:
    match state, event:
        case Unopened(), RoundOpened():
            return Open(event)
        case Open(opened), RuleSetFrozen():
            return running(opened, event, freezing.recorded(event))
        case Running(), RuleSetFrozen():
            anew = running(state.opened, event, freezing.recorded(event))
            return anew._replace(
                units=state.units, dismissed=state.dismissed, has_seen=state.has_seen
            )
        case Open() | Running(), RoundAbandoned():
            return Abandoned(state.opened, event)
        case Running(), _ if not isinstance(event, RoundOpened):
            return _evolve_running(state, event)
        case _:
            raise CorruptHistory(f"{event.DESCRIPTOR.name} cannot follow {type(state).__name__}")


def _evolve_running(state: Running, event: Any) -> Running:
    match event:
        case MatterInterpreted():
            known = {**state.interpreted, event.matter: event}
            rules = interpreted(state.rules, event.matter, event.answer)
            return state._replace(rules=rules, interpreted=known)
        case UnitAdmitted():
            unit = state.units.get(event.unit_id) or Entry(event, {}, {}, {}, None, {}, "")
            return _with_unit(state, event.unit_id, unit._replace(admitted=event))
        case UnitDismissed():
            units = {name: each for name, each in state.units.items() if name != event.unit_id}
            dismissed = {**state.dismissed, event.unit_id: event}
            return _unassessed(state._replace(units=units, dismissed=dismissed))
        case ObservationsReported():
            return _reported(state._replace(has_seen=True), event)
        case CollectionClosed():
            return state._replace(collected_on=event.closed_on)
        case ProvinceReviewed():
            return _reviewed(state, event)
        case AssessorAppointed() | AssessorDismissed() | SheetSealed() | SheetOpened():
            return _assessor_moved(state, event)
        case ExpertsAssessed():
            heard = points_by_unit(event.panel)
            return _unscored(state)._replace(assessment=event, points=heard)
        case BonusRecognised() | BonusWithdrawn():
            unit = state.units[event.unit_id]
            bonuses = {**unit.bonuses, event.bonus_id: event}
            unit = unit._replace(bonuses=bonuses, score=None)
            return _with_unit(state._replace(has_seen=True), event.unit_id, unit)
        case ScoreCalculated():
            return _with_unit(
                state, event.unit_id, state.units[event.unit_id]._replace(score=event)
            )
        case UnitVetoed() | VetoLifted():
            unit = state.units[event.unit_id]
            vetoes = {**unit.vetoes, event.veto_id: event}
            units = {**state.units, event.unit_id: unit._replace(vetoes=vetoes)}
            return state._replace(units=units)
        case ResultsProposed():
            return state._replace(proposed=event, signatures={})
        case ResultsTakenBack():
            return _unproposed(state)
        case NoticeOpened():
            shown = {each.unit_id: word(Grade, each.grade) for each in event.grades}
            return state._replace(notice=event, noticed={**state.noticed, **shown})
        case ProposalTold():
            return state._replace(told={**state.told, event.standing.unit_id: event})
        case ObjectionLodged():
            key = (event.unit_id, event.objection_id)
            objections = {**state.objections, key: Objection(event, None)}
            return state._replace(objections=objections)
        case ObjectionDecided():
            return _objection_decided(state, event)
        case ResultsSigned():
            return state._replace(signatures={**state.signatures, event.issuer: event})
        case SignatureTakenBack():
            left = {n: each for n, each in state.signatures.items() if n != event.issuer}
            disowned = {**state.disowned, event.issuer: event}
            return state._replace(signatures=left, disowned=disowned)
        case RoundPublished():
            return state._replace(published=event)
        case ResultPublished() | ResultCorrected():
            return _resulted(state, event)
        case RoundClosed():
            return state._replace(closed_on=event.closed_on)
        case _:
            raise CorruptHistory(f"{event.DESCRIPTOR.name} is no event of a round")


def _opened(command: OpenRound) -> RoundOpened:
    """In its year or later: nothing of a year is evaluated before it has begun."""
    if command.reading >= 2:
        must_not_precede("opened_on", command.opened_on, f"{command.round}-01-01")
    return RoundOpened(
        round=command.round,
        opened_on=command.opened_on,
        document=command.document,
        policy=command.policy if command.HasField("policy") else None,
    )


def _open_again(command: OpenRound, state: Open | Running) -> list[Event]:
    if (command.opened_on, command.document) == (state.opened.opened_on, state.opened.document):
        return []
    why = Why.ROUND_ALREADY_OPEN(
        round=command.round, opened_on=state.opened.opened_on, document=state.opened.document
    )
    raise Rejected(why, field="round")


def _reported(state: Running, event: ObservationsReported) -> Running:
    unit = state.units[event.unit_id]
    observations = {each.indicator_id: each for each in event.observations}
    if not event.is_late:
        unit = unit._replace(reported_on=max(unit.reported_on, event.reported_on))
        return _with_unit(state, event.unit_id, collecting.counted(unit, observations))
    late = {**unit.late, **observations}
    late_on = {**unit.late_on, **dict.fromkeys(observations, event.reported_on)}
    unit = unit._replace(late=late, late_on=late_on)
    return state._replace(units={**state.units, event.unit_id: unit})


def _reviewed(state: Running, event: ProvinceReviewed) -> Running:
    """Data that are returned are no basis of a score any more."""
    reviews = {**state.reviews, event.province: event}
    if event.outcome != ReviewOutcome.REVIEW_OUTCOME_RETURNED:
        return state._replace(reviews=reviews)
    units = {
        name: each._replace(score=None) if each.admitted.province == event.province else each
        for name, each in state.units.items()
    }
    return _unproposed(state)._replace(reviews=reviews, units=units)


def _assessor_moved(state: Running, event: Any) -> Running:
    """Whoever moves changes what the experts say together, where they said it already."""
    known = state.assessors.get(event.assessor_id)
    match event:
        case AssessorAppointed():
            known = known._replace(appointed=event) if known else Assessor(event, None, None, None)
        case AssessorDismissed() if known:
            known = known._replace(dismissed=event)
        case SheetSealed() if known:
            known = known._replace(sealed=event)
        case SheetOpened() if known:
            known = known._replace(opened=event)
        case _:
            raise CorruptHistory(f"{event.DESCRIPTOR.name} of {event.assessor_id}, never appointed")
    return _unassessed(state)._replace(assessors={**state.assessors, event.assessor_id: known})


def _objection_decided(state: Running, event: ObjectionDecided) -> Running:
    key = (event.unit_id, event.objection_id)
    objection = state.objections[key]._replace(decided=event)
    state = state._replace(objections={**state.objections, key: objection})
    if event.takes_back:
        state = _unproposed(state)
    unit = state.units.get(event.unit_id)
    if unit is None or not event.admitted:
        return state
    let_in = {name: unit.late[name] for name in event.admitted}
    return _with_unit(state, event.unit_id, collecting.counted(unit, let_in))


def _resulted(state: Running, event: ResultPublished | ResultCorrected) -> Running:
    unit_id = event.standing.unit_id
    state = state._replace(results={**state.results, unit_id: event})
    if not isinstance(event, ResultCorrected):
        return state
    said = [*state.corrections.get(unit_id, ()), event]
    state = state._replace(corrections={**state.corrections, unit_id: said})
    if not event.admitted:
        return state
    unit = state.units[unit_id]
    let_in = {name: unit.late[name] for name in event.admitted}
    units = {**state.units, unit_id: collecting.counted(unit, let_in)}
    return state._replace(units=units)


def _with_unit(state: Running, unit_id: str, unit: Entry) -> Running:
    """The round with other data of a unit; what was proposed rests on the former ones."""
    return _unproposed(state)._replace(units={**state.units, unit_id: unit})


def _unassessed(state: Running) -> Running:
    """What the experts said together, and every score, rested on what is no more."""
    if state.assessment is None:
        return _unproposed(state)
    return _unscored(state)._replace(assessment=None, points={})


def _unscored(state: Running) -> Running:
    units = {name: each._replace(score=None) for name, each in state.units.items()}
    return _unproposed(state)._replace(units=units)


def _unproposed(state: Running) -> Running:
    return state._replace(proposed=None, signatures={}) if not state.published else state


def _stream(command: Command) -> str:
    return f"round-{command.round}"


def _deciding_policy(command: Command) -> PolicyReference | None:
    if isinstance(command, OpenRound) and command.HasField("policy"):
        return command.policy
    return None


ROUND = Decider(
    category="round",
    commands=(
        OpenRound,
        FreezeRuleSet,
        AbandonRound,
        AdmitUnit,
        AppointAssessor,
        AssessExperts,
        CalculateScore,
        CloseCollection,
        CloseRound,
        CorrectResult,
        DecideObjection,
        DismissAssessor,
        DismissUnit,
        InterpretMatter,
        LiftVeto,
        LodgeObjection,
        OpenNotice,
        OpenSheet,
        ProposeResults,
        PublishResults,
        RecogniseBonus,
        ReportObservations,
        ReviewProvince,
        SealSheet,
        SignResults,
        TakeBackSignature,
        VetoUnit,
        WithdrawBonus,
    ),
    events=(
        RoundOpened,
        RuleSetFrozen,
        AssessorAppointed,
        AssessorDismissed,
        BonusRecognised,
        BonusWithdrawn,
        CollectionClosed,
        ExpertsAssessed,
        MatterInterpreted,
        NoticeOpened,
        ObjectionDecided,
        ObjectionLodged,
        ObservationsReported,
        ProposalTold,
        ProvinceReviewed,
        ResultCorrected,
        ResultPublished,
        ResultsProposed,
        ResultsSigned,
        ResultsTakenBack,
        RoundAbandoned,
        RoundClosed,
        RoundPublished,
        ScoreCalculated,
        SheetOpened,
        SheetSealed,
        SignatureTakenBack,
        UnitAdmitted,
        UnitDismissed,
        UnitVetoed,
        VetoLifted,
    ),
    initial=Unopened(),
    stream=_stream,
    decide=decide,
    evolve=evolve,
    policy=_deciding_policy,
    is_about_one=False,
)

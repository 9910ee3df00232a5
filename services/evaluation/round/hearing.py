"""The public notice of what is proposed (公示), and the objections to it (异议).

The grades that will be public are shown for the days that the rule set says, and each unit is told
its own. An objection that is upheld takes the proposal back: it lets late reports in, so that the
unit is scored again and all are ranked again, or names what is done. No text
that is known says who decides an objection: unless the rule set does, only an issuer may.
"""

from collections.abc import Sequence
from datetime import date, timedelta

from services.evaluation.round.proposing import must_not_disclose, proposed_on
from services.evaluation.round.state import (
    Entry,
    Objection,
    Running,
    entry,
    must_be_known,
    must_be_unpublished,
    must_not_precede,
)
from services.evaluation.scoring.disclosure import told
from services.evaluation.scoring.open_matters import MOST_NOTICE_DAYS
from services.kernel.errors import Rejected
from services.kernel.reasons import Why
from services.kernel.words import word
from zoneledger.evaluation.v1.events_pb2 import Grade
from zoneledger.evaluation.v1.round_commands_pb2 import (
    DecideObjection,
    LodgeObjection,
    OpenNotice,
)
from zoneledger.evaluation.v1.round_events_pb2 import (
    NoticedGrade,
    NoticeOpened,
    ObjectionDecided,
    ObjectionLodged,
    Observation,
    ProposalTold,
)
from zoneledger.ledger.v1.visibility_pb2 import Visibility


def open_notice(command: OpenNotice, state: Running) -> list[NoticeOpened | ProposalTold]:
    """The grades that will be public are shown for the days that the rule set says.

    Each unit is told its own, also a hidden one. Where only hidden ones changed, those units alone
    are told anew, and have their days.
    """
    days = _notice_days(state)
    if not days:
        raise Rejected(Why.NO_NOTICE(round=state.round), field="round")
    if _is_of_the_past(command, state):
        return []
    since = proposed_on(state)
    opened_on = date.fromisoformat(command.opened_on)
    opened = NoticeOpened(
        round=command.round,
        opened_on=command.opened_on,
        closes_on=(opened_on + timedelta(days=days)).isoformat(),
        document=command.document,
        grades=public_grades(state),
    )
    told_own = _told(opened, state) if command.reading >= 2 else []
    if state.notice == opened and not told_own:
        return []
    is_same = state.notice is not None and state.notice.grades == opened.grades
    if is_same and not told_own and _was_told_then(command, state):
        return []
    if is_same and not told_own and state.notice is not None:
        why = Why.NOTICE_ALREADY_OPEN(
            round=state.round, opened_on=state.notice.opened_on, closes_on=state.notice.closes_on
        )
        raise Rejected(why, field="opened_on")
    must_not_precede("opened_on", command.opened_on, since)
    if command.reading >= 2 and state.proposed is not None:
        must_not_disclose(told(state.rules, state.proposed.standings, state.noticed), state.round)
    return told_own if is_same else [opened, *told_own]


def _told(opened: NoticeOpened, state: Running) -> list[NoticeOpened | ProposalTold]:
    """What units that are shown their grade are told, where they were told another or none."""
    standings = state.proposed.standings if state.proposed else ()
    return [
        ProposalTold(
            round=opened.round,
            standing=each,
            told_on=opened.opened_on,
            closes_on=opened.closes_on,
            document=opened.document,
        )
        for each in sorted(standings, key=lambda each: each.unit_id)
        if each.grade_visibility < Visibility.VISIBILITY_INTERNAL
        and not _was_told(each.unit_id, each.grade, state)
    ]


def _was_told_then(command: OpenNotice, state: Running) -> bool:
    """Whether units were told anew on that day, by that document."""
    said = (command.opened_on, command.document)
    return any((each.told_on, each.document) == said for each in state.told.values())


def _was_told(unit_id: str, grade: int, state: Running) -> bool:
    return unit_id in state.told and state.told[unit_id].standing.grade == grade


def _is_of_the_past(command: OpenNotice, state: Running) -> bool:
    """The notice after which the results were published, said once more."""
    notice = state.notice
    return (
        state.published is not None
        and notice is not None
        and (notice.opened_on, notice.document) == (command.opened_on, command.document)
    )


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
    known = _lodged(command.objection_id, command.unit_id if command.reading >= 3 else "", state)
    if known is not None and known.lodged == lodged:
        return []
    entry(state, command.unit_id)
    must_be_unpublished(state)
    if known is not None:
        raise Rejected(Why.OBJECTION_DIFFERS(objection=command.objection_id), field="objection_id")
    if state.notice is None:
        raise Rejected(Why.NOTICE_MISSING(round=state.round), field="round")
    must_not_precede("lodged_on", command.lodged_on, state.notice.opened_on)
    own = state.told.get(command.unit_id)
    closes_on = max(state.notice.closes_on, own.closes_on if own else "")
    if command.lodged_on > closes_on:
        why = Why.OBJECTION_TOO_LATE(closes_on=closes_on, day=command.lodged_on)
        raise Rejected(why, field="lodged_on")
    return [lodged]


def _lodged(objection_id: str, unit_id: str, state: Running) -> Objection | None:
    """The objection of the unit; where no unit is named, the only one of that id."""
    found = [
        each
        for (unit, name), each in state.objections.items()
        if name == objection_id and unit_id in {"", unit}
    ]
    if len(found) > 1:
        units = ", ".join(each.lodged.unit_id for each in found)
        why = Why.OBJECTION_OF_SEVERAL(objection=objection_id, units=units)
        raise Rejected(why, field="unit_id")
    return found[0] if found else None


def decide_objection(command: DecideObjection, state: Running) -> list[ObjectionDecided]:
    """Upheld, late reports may count; then the unit is scored again, and all are ranked again."""
    known = _lodged(command.objection_id, command.unit_id, state)
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
        remedy=command.remedy,
        takes_back=command.is_upheld and command.reading >= 2,
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
    _must_be_entitled(command, state)
    if command.admitted and not command.is_upheld:
        raise Rejected(Why.ADMITS_WITHOUT_UPHOLDING(), field="admitted")
    if command.reading >= 2 and command.is_upheld and not (command.admitted or command.remedy):
        raise Rejected(Why.UPHELD_WITHOUT_REMEDY(), field="remedy")
    if command.admitted:
        _must_be_late(command.admitted, known.lodged.unit_id, state)
    if command.admitted and command.reading >= 3:
        unit = state.units[known.lodged.unit_id]
        reported_on = max(unit.late_on[name] for name in command.admitted)
        must_not_precede("decided_on", command.decided_on, reported_on)
    return [decided]


def _must_be_entitled(command: DecideObjection, state: Running) -> None:
    """Where the rule set leaves open who decides, an issuer does: what is signed is its own."""
    decides = state.rules.schedule.objections_decided_by
    if decides is not None:
        must_be_known("decided_by", command.decided_by, {str(decides): decides})
        return
    issuers = state.rules.issuers.authorities
    if command.reading and command.decided_by not in issuers:
        why = Why.DECIDER_LEFT_OPEN(
            round=state.round, decided_by=command.decided_by, issuers=", ".join(issuers)
        )
        raise Rejected(why, field="decided_by")


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


def _notice_days(state: Running) -> int:
    """How long a public notice is open; 0 where the rule set wants none."""
    days = state.rules.schedule.public_notice_days
    if days is None:
        why = Why.RULE_SET_LEAVES_OPEN(matter="public_notice_days", round=state.round)
        raise Rejected(why, field="round")
    if days > MOST_NOTICE_DAYS:  # Rules that were frozen before this was looked at.
        raise Rejected(Why.NOTICE_TOO_LONG(days=days, limit=MOST_NOTICE_DAYS), field="round")
    return days


def must_be_heard(day: str, state: Running, reading: int) -> None:
    """The notice is over for all, and every unit has had its days with its own grade."""
    if _notice_days(state):
        if state.notice is None or list(state.notice.grades) != public_grades(state):
            raise Rejected(Why.NOTICE_MISSING(round=state.round), field="round")
        if day <= state.notice.closes_on:
            why = Why.NOTICE_STILL_OPEN(closes_on=state.notice.closes_on, day=day)
            raise Rejected(why, field="published_on")
        if reading >= 2:
            _must_have_been_told(day, state)
    undecided = [name for (_, name), each in state.objections.items() if each.decided is None]
    if undecided:
        raise Rejected(Why.OBJECTIONS_OPEN(objections=", ".join(undecided)), field="round")


def _must_have_been_told(day: str, state: Running) -> None:
    """A grade worse than a unit was told is told first; a better one is no reason to object."""
    steps = [str(each.grade) for each in state.rules.grades.scale]
    for standing in state.proposed.standings if state.proposed else ():
        if standing.grade_visibility >= Visibility.VISIBILITY_INTERNAL:
            continue
        known = state.told.get(standing.unit_id)
        grade = steps.index(word(Grade, standing.grade))
        if known is None or grade > steps.index(word(Grade, known.standing.grade)):
            why = Why.UNIT_NOT_HEARD(unit=standing.unit_id, round=state.round)
            raise Rejected(why, field="round")
        if day <= known.closes_on:
            why = Why.NOTICE_STILL_OPEN(closes_on=known.closes_on, day=day)
            raise Rejected(why, field="published_on")

"""The experts of a round, their sheets, and what these say together (专家组定性评分).

A sheet is sealed until the day by which sheets are due is over: its assessor hands in a commitment,
and afterwards the sheet with its salt. So nobody learns from another's sheet, and none is changed.
An assessor does not count for a unit in whose case it has a conflict of interest. Once a sheet is
open, one is declared with a document and a reason only, and none is dropped. No conclusion is
drawn while a sealed sheet waits to be opened, unless its assessor is dismissed, in the open.
"""

from services.evaluation.round.resting import panel_until
from services.evaluation.round.state import (
    Assessor,
    Running,
    must_be_known,
    must_be_unpublished,
    must_have_units,
    must_not_precede,
)
from services.evaluation.scoring import experts
from services.kernel.errors import Rejected
from services.kernel.reasons import Why
from services.kernel.sealing import commitment
from zoneledger.evaluation.v1.round_commands_pb2 import (
    AppointAssessor,
    AssessExperts,
    DismissAssessor,
    OpenSheet,
    SealSheet,
)
from zoneledger.evaluation.v1.round_events_pb2 import (
    AssessorAppointed,
    AssessorDismissed,
    ExpertsAssessed,
    SheetOpened,
    SheetSealed,
)
from zoneledger.evaluation.v1.scoring_pb2 import ExpertSheet


def appoint(command: AppointAssessor, state: Running) -> list[AssessorAppointed]:
    """An assessor, or its conflicts of interest as they are now."""
    appointed = AssessorAppointed(
        round=command.round,
        assessor_id=command.assessor_id,
        conflicts=sorted(set(command.conflicts)),
        appointed_on=command.appointed_on,
        document=command.document,
        reason=command.reason,
    )
    known = state.assessors.get(command.assessor_id)
    if known is not None and known.appointed == appointed:
        return []
    _must_have_experts(state)
    must_be_unpublished(state)
    if known is not None and known.dismissed is not None:
        raise Rejected(_dismissed(known.dismissed), field="assessor_id")
    for index, unit in enumerate(command.conflicts):
        if unit not in state.units:
            why = Why.UNIT_NOT_ADMITTED(unit=unit, round=state.round)
            raise Rejected(why, field=f"conflicts[{index}]")
    must_not_precede("appointed_on", command.appointed_on, state.frozen.frozen_on)
    if command.reading >= 3:
        _must_be_declared_openly(command, known, state)
    return [appointed]


def _must_be_declared_openly(
    command: AppointAssessor, known: Assessor | None, state: Running
) -> None:
    """Whoever knows the marks takes none out by a conflict that nobody can look into."""
    last = known.appointed if known else AssessorAppointed()
    opened_on = max(
        (each.opened.opened_on for each in state.assessors.values() if each.opened), default=""
    )
    must_not_precede("appointed_on", command.appointed_on, max(last.appointed_on, opened_on))
    if not opened_on:
        return
    if dropped := sorted(set(last.conflicts) - set(command.conflicts)):
        why = Why.CONFLICT_STAYS(assessor=command.assessor_id, units=", ".join(dropped))
        raise Rejected(why, field="conflicts")
    if set(command.conflicts) - set(last.conflicts):
        for field in ("document", "reason"):
            if not getattr(command, field):
                why = Why.CONFLICT_AFTER_OPENING(assessor=command.assessor_id, opened_on=opened_on)
                raise Rejected(why, field=field)


def dismiss(command: DismissAssessor, state: Running) -> list[AssessorDismissed]:
    known = _assessor(state, command.assessor_id)
    dismissed = AssessorDismissed(
        round=command.round,
        assessor_id=command.assessor_id,
        document=command.document,
        reason=command.reason,
        dismissed_on=command.dismissed_on,
    )
    if known.dismissed == dismissed:
        return []
    must_be_unpublished(state)
    if known.dismissed is not None:
        raise Rejected(_dismissed(known.dismissed), field="assessor_id")
    must_not_precede("dismissed_on", command.dismissed_on, known.appointed.appointed_on)
    return [dismissed]


def seal(command: SealSheet, state: Running) -> list[SheetSealed]:
    """Not after another sheet was opened, whatever day it says: the day is over for all."""
    known = _assessor(state, command.assessor_id)
    sealed = SheetSealed(
        round=command.round,
        assessor_id=command.assessor_id,
        commitment=command.commitment,
        sealed_on=command.sealed_on,
    )
    if known.sealed == sealed:
        return []
    if known.dismissed is not None:
        raise Rejected(_dismissed(known.dismissed), field="assessor_id")
    must_be_unpublished(state)
    if known.sealed is not None:
        why = Why.SHEET_ALREADY_SEALED(
            assessor=command.assessor_id, sealed_on=known.sealed.sealed_on
        )
        raise Rejected(why, field="commitment")
    due, day = _due(state), max(command.sealed_on, _first_opened_on(state))
    if day > due:
        raise Rejected(Why.SHEETS_WERE_DUE(due=due, day=day), field="sealed_on")
    must_not_precede("sealed_on", command.sealed_on, known.appointed.appointed_on)
    return [sealed]


def open_(command: OpenSheet, state: Running) -> list[SheetOpened]:
    """The sheet that was sealed, and no other."""
    known = _assessor(state, command.assessor_id)
    opened = SheetOpened(
        round=command.round,
        assessor_id=command.assessor_id,
        salt=command.salt,
        sheets=command.sheets,
        opened_on=command.opened_on,
    )
    if known.opened == opened:
        return []
    must_be_unpublished(state)
    if known.dismissed is not None:
        raise Rejected(_dismissed(known.dismissed), field="assessor_id")
    if known.sealed is None:
        raise Rejected(Why.NOT_SEALED(assessor=command.assessor_id), field="assessor_id")
    due = _due(state)
    if command.opened_on <= due:
        raise Rejected(Why.SHEETS_STILL_SEALED(due=due, day=command.opened_on), field="opened_on")
    if known.opened is not None:
        raise Rejected(Why.SHEET_ALREADY_OPENED(assessor=command.assessor_id), field="assessor_id")
    said = commitment(command.round, command.assessor_id, command.salt, command.sheets)
    if said != known.sealed.commitment:
        why = Why.SHEET_DIFFERS_FROM_SEAL(
            assessor=command.assessor_id, sealed=known.sealed.commitment
        )
        raise Rejected(why, field="sheets")
    for index, sheet in enumerate(command.sheets):
        _check(f"sheets[{index}]", sheet, command, state)
    _must_mark_each_once(command)
    return [opened]


def assess(command: AssessExperts, state: Running) -> list[ExpertsAssessed]:
    """What all opened sheets say of the units; again, where there are others by now."""
    _must_have_experts(state)
    must_have_units(state)
    counting = [each for each in state.assessors.values() if each.dismissed is None]
    for each in counting:
        if each.sealed is not None and each.opened is None:
            why = Why.SHEET_STILL_SEALED(assessor=each.appointed.assessor_id)
            raise Rejected(why, field="round")
    opened = [each.opened for each in counting if each.opened is not None]
    panel = experts.panel(
        state.rules,
        sorted(state.units),
        [sheet for each in opened for sheet in each.sheets if sheet.unit_id in state.units],
        {
            (each.appointed.assessor_id, unit)
            for each in counting
            for unit in each.appointed.conflicts
        },
    )
    if state.assessment is not None and state.assessment.panel == panel:
        return []
    must_be_unpublished(state)
    since = max((each.opened_on for each in opened), default="")
    if command.reading >= 3:
        since = max(since, panel_until(state))
    must_not_precede("assessed_on", command.assessed_on, since)
    return [ExpertsAssessed(round=command.round, assessed_on=command.assessed_on, panel=panel)]


def _assessor(state: Running, assessor_id: str) -> Assessor:
    if assessor_id not in state.assessors:
        why = Why.ASSESSOR_UNKNOWN(assessor=assessor_id, round=state.round)
        raise Rejected(why, field="assessor_id")
    return state.assessors[assessor_id]


def _dismissed(dismissed: AssessorDismissed) -> str:
    return Why.ASSESSOR_DISMISSED(
        assessor=dismissed.assessor_id,
        dismissed_on=dismissed.dismissed_on,
        document=dismissed.document,
    )


def _must_have_experts(state: Running) -> None:
    if state.rules.experts is None:
        raise Rejected(Why.NO_EXPERTS(rule_set=state.rules.rule_set_id), field="round")


def _due(state: Running) -> str:
    """The last day on which a sheet is sealed."""
    _must_have_experts(state)
    due = state.rules.schedule.sheets_due
    if due is None:
        raise Rejected(
            Why.RULE_SET_LEAVES_OPEN(matter="sheets_due", round=state.round), field="round"
        )
    return due.isoformat()


def _first_opened_on(state: Running) -> str:
    """When the first sheet was opened; "" where all are sealed."""
    opened = [each.opened.opened_on for each in state.assessors.values() if each.opened]
    return min(opened, default="")


def _check(field: str, sheet: ExpertSheet, command: OpenSheet, state: Running) -> None:
    """A sheet is the assessor's own, about a unit of the round, or one that was when it sealed."""
    if sheet.assessor_id != command.assessor_id:
        why = Why.NOT_IN_THE_RULE_SET(value=sheet.assessor_id, known=command.assessor_id)
        raise Rejected(why, field=f"{field}.assessor_id")
    must_be_known(f"{field}.unit_id", sheet.unit_id, {**state.units, **state.dismissed})
    for fault in experts.sheet_faults(state.rules, sheet):
        raise Rejected(fault.what, field=f"{field}.{fault.field}")


def _must_mark_each_once(command: OpenSheet) -> None:
    seen: set[str] = set()
    for index, sheet in enumerate(command.sheets):
        if sheet.unit_id in seen:
            raise Rejected(Why.NAMED_TWICE(value=sheet.unit_id), field=f"sheets[{index}].unit_id")
        seen.add(sheet.unit_id)

"""Who takes part in a round, and the data that are reported of them.

What is reported last counts, and what was reported before stays in the log. When the collection is
closed the data are frozen: a later report is kept and does not count, unless the province was told
to report again or an objection lets it in. A unit whose data change has no score any more.
"""

from collections.abc import Mapping

from services.evaluation.round.proposing import must_not_disclose
from services.evaluation.round.resting import asked_again_on, province_until
from services.evaluation.round.state import (
    Entry,
    Running,
    entry,
    is_collecting,
    must_be_collected,
    must_be_known,
    must_be_unpublished,
    must_have_units,
    must_not_precede,
)
from services.evaluation.scoring.disclosure import told_by_so_many
from services.evaluation.scoring.exact import scaled
from services.kernel.errors import Rejected
from services.kernel.reasons import Why
from services.kernel.words import word
from zoneledger.evaluation.v1.events_pb2 import UnitKind
from zoneledger.evaluation.v1.round_commands_pb2 import (
    AdmitUnit,
    CloseCollection,
    DismissUnit,
    ReportObservations,
    ReviewProvince,
)
from zoneledger.evaluation.v1.round_events_pb2 import (
    CollectionClosed,
    Observation,
    ObservationsReported,
    ProvinceReviewed,
    UnitAdmitted,
    UnitDismissed,
)


def admit(command: AdmitUnit, state: Running) -> list[UnitAdmitted]:
    """The unit takes part; its kind is one that the rule set rates."""
    admitted = UnitAdmitted(
        round=command.round,
        unit_id=command.unit_id,
        province=command.province,
        admitted_on=command.admitted_on,
    )
    known = state.units.get(command.unit_id)
    if known is not None and known.admitted.province == admitted.province:
        return []
    _must_be_open_to_units(state)
    kind = word(UnitKind, command.kind)
    rated = state.rules.rated.unit_kinds
    if kind not in rated:
        why = Why.KIND_NOT_IN_ROUND(unit=command.unit_id, kind=kind, kinds=", ".join(rated))
        raise Rejected(why, field="unit_id")
    state.rules.peer_class_of(command.unit_id)  # Refused where it belongs to none.
    must_not_precede("admitted_on", command.admitted_on, state.frozen.frozen_on)
    return [admitted]


def dismiss(command: DismissUnit, state: Running) -> list[UnitDismissed]:
    dismissed = UnitDismissed(
        round=command.round,
        unit_id=command.unit_id,
        reason=command.reason,
        dismissed_on=command.dismissed_on,
    )
    if command.unit_id not in state.units and state.dismissed.get(command.unit_id) == dismissed:
        return []
    unit = entry(state, command.unit_id)
    must_be_unpublished(state)
    since = unit.admitted.admitted_on
    if command.reading >= 3:
        since = max(since, unit.reported_on, *unit.late_on.values())
    must_not_precede("dismissed_on", command.dismissed_on, since)
    return [dismissed]


def report(command: ReportObservations, state: Running) -> list[ObservationsReported]:
    """What is new in the report; whether it counts depends on the moment."""
    unit = entry(state, command.unit_id)
    for index, observation in enumerate(command.observations):
        _check(f"observations[{index}]", observation, state)
    _must_name_each_once(command)
    is_late = not is_collecting(state, unit.admitted.province)
    since = state.frozen.frozen_on
    if command.reading >= 3:
        since = max(since, asked_again_on(unit, state))
    must_not_precede("reported_on", command.reported_on, since)
    before = {**unit.observations, **unit.late} if is_late else unit.observations
    new = [each for each in command.observations if before.get(each.indicator_id) != each]
    if not new:
        return []
    return [
        ObservationsReported(
            round=command.round,
            unit_id=command.unit_id,
            observations=new,
            reported_on=command.reported_on,
            is_late=is_late,
        )
    ]


def close(command: CloseCollection, state: Running) -> list[CollectionClosed]:
    if state.collected_on:
        if state.collected_on == command.closed_on:
            return []
        why = Why.COLLECTION_CLOSED(round=state.round, closed_on=state.collected_on)
        raise Rejected(why, field="closed_on")
    must_have_units(state)
    for each in state.units.values():
        _must_be_complete(each, state)
    must_not_precede("closed_on", command.closed_on, _last_day(state, command.reading))
    if command.reading >= 2:
        must_not_disclose(told_by_so_many(state.rules, state.units), state.round)
    return [CollectionClosed(round=command.round, closed_on=command.closed_on)]


def review(command: ReviewProvince, state: Running) -> list[ProvinceReviewed]:
    """The last word of a province counts; returned, its units report again."""
    reviewed = ProvinceReviewed(
        round=command.round,
        province=command.province,
        outcome=command.outcome,
        reviewed_on=command.reviewed_on,
        document=command.document,
        note=command.note,
    )
    before = state.reviews.get(command.province)
    if before == reviewed:
        return []
    must_be_collected(state)
    must_be_unpublished(state)
    provinces = dict.fromkeys(each.admitted.province for each in state.units.values())
    must_be_known("province", command.province, provinces)
    since = before.reviewed_on if before else state.collected_on
    if command.reading >= 3:
        since = max(since, province_until(command.province, state))
    must_not_precede("reviewed_on", command.reviewed_on, since)
    return [reviewed]


def _last_day(state: Running, reading: int) -> str:
    """The latest day of what is frozen with the data; by reading 0 that of the rules alone."""
    days = (max(each.admitted.admitted_on, each.reported_on) for each in state.units.values())
    return max(state.frozen.frozen_on, *days) if reading else state.frozen.frozen_on


def counted(unit: Entry, observations: Mapping[str, Observation]) -> Entry:
    """The unit with data that count from now on, and without a score."""
    late = {name: each for name, each in unit.late.items() if name not in observations}
    return unit._replace(observations={**unit.observations, **observations}, late=late, score=None)


def _must_be_open_to_units(state: Running) -> None:
    if state.collected_on:
        why = Why.COLLECTION_CLOSED(round=state.round, closed_on=state.collected_on)
        raise Rejected(why, field="round")


def _check(field: str, observation: Observation, state: Running) -> None:
    """The indicator is one of the round, and its value a decimal or missing with a reason."""
    indicators = {each.indicator_id: each for each in state.rules.indicators}
    must_be_known(f"{field}.indicator_id", observation.indicator_id, indicators)
    if bool(observation.value) == bool(observation.missing_reason):
        why = Why.VALUE_OR_REASON(indicator=observation.indicator_id)
        raise Rejected(why, field=f"{field}.value")
    decimals = indicators[observation.indicator_id].decimals
    if observation.value and scaled(observation.value, decimals) is None:
        why = Why.NOT_A_DECIMAL(value=observation.value, decimals=decimals)
        raise Rejected(why, field=f"{field}.value")


def _must_name_each_once(command: ReportObservations) -> None:
    seen: set[str] = set()
    for index, each in enumerate(command.observations):
        if each.indicator_id in seen:
            why = Why.NAMED_TWICE(value=each.indicator_id)
            raise Rejected(why, field=f"observations[{index}].indicator_id")
        seen.add(each.indicator_id)


def _must_be_complete(unit: Entry, state: Running) -> None:
    """Every indicator is reported or said to be missing: nothing is missing by silence."""
    absent = [
        each.indicator_id
        for each in state.rules.indicators
        if each.indicator_id not in unit.observations
    ]
    if absent:
        why = Why.NOT_REPORTED(unit=unit.admitted.unit_id, indicators=", ".join(absent))
        raise Rejected(why, field="round")

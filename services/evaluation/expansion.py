"""The rights of a positive streak: the unit may add a park, its province recommend one more city.

Each is used once, with a document. Whether years that counted for a right which was used give
another one of that kind is for the supplement with the streak's rule to say, and comes in with the
command; where it does not say, they give none. The city is the province's to recommend: what comes
of it has the states of that city's plan, from recommended to agreed in principle and beyond.
"""

from services.evaluation.streak_changes import Key, truths
from services.evaluation.streak_standing import Standing, must_not_be_before
from services.evaluation.streaks import Status
from services.kernel.errors import Rejected
from services.kernel.reasons import NONE, Why
from zoneledger.evaluation.v1.streak_commands_pb2 import UseExpansionRight
from zoneledger.evaluation.v1.streak_events_pb2 import ExpansionRightUsed, Streak, StreakKind
from zoneledger.ledger.v1.visibility_pb2 import Visibility

_EXPANDS = StreakKind.STREAK_KIND_EXPANSION


def use(command: UseExpansionRight, state: Standing) -> list[ExpansionRightUsed]:
    """The use of a right that stands, unless it is recorded so already."""
    key = (command.round, command.streak_id)
    gained = truths(state.told, _EXPANDS, Status.REACHED)
    before = state.used.get((key, command.part))
    if before is not None:
        if _use_of(command, before.visibility) == before:
            return []
        why = Why.RIGHT_USED_BEFORE(
            unit=command.unit_id, document=before.document, chosen=before.chosen
        )
        raise Rejected(why, field="part")
    if key not in gained:
        why = Why.RIGHT_NOT_GAINED(
            unit=command.unit_id,
            round=command.round,
            streak=command.streak_id,
            gained=", ".join(f"{round_}.{streak}" for round_, streak in gained) or NONE,
        )
        raise Rejected(why, field="round")
    _must_be_other_years(command, gained[key], state)
    since = gained[key].effective_on
    must_not_be_before(command.used_on, since, command.unit_id, "used_on")
    return [_use_of(command, gained[key].visibility)]


def _must_be_other_years(command: UseExpansionRight, streak: Streak, state: Standing) -> None:
    if command.years_count_again:
        return
    years = {year.round for year in streak.years}
    for (key, part), used in state.used.items():
        counted = {year.round for year in _told_last(state, key).years}
        if part == command.part and years & counted:
            why = Why.YEARS_COUNTED_BEFORE(
                unit=command.unit_id,
                years=", ".join(map(str, sorted(years & counted))),
                document=used.document,
            )
            raise Rejected(why, field="round")


def _told_last(state: Standing, key: Key) -> Streak:
    return state.told[key][Visibility.VISIBILITY_INTERNAL].streak


def _use_of(command: UseExpansionRight, visibility: Visibility.ValueType) -> ExpansionRightUsed:
    return ExpansionRightUsed(
        unit_id=command.unit_id,
        round=command.round,
        streak_id=command.streak_id,
        part=command.part,
        document=command.document,
        used_on=command.used_on,
        chosen=command.chosen,
        visibility=visibility,
        chosen_unit_id=command.chosen_unit_id,
    )

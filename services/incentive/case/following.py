"""What becomes of a benefit case by itself, when something that it hangs on changes.

What is not granted yet hangs on the entitlement as it stands; what was granted hangs on the
entitlement on the day from which on it has effect, and on its preconditions. So the end of an
entitlement leaves what began before it alone: what becomes of that a person decides.
"""

from services.incentive.case.said import Following
from services.incentive.case.state import Case, File, Over, Right, Suspended
from services.kernel.support import seen, seen_by_both
from zoneledger.incentive.v1.case_events_pb2 import (
    BenefitResumed,
    BenefitSuspended,
    CaseCause,
    CaseStep,
)
from zoneledger.incentive.v1.events_pb2 import Entitlement
from zoneledger.ledger.v1.visibility_pb2 import Visibility

_NOTHING = CaseCause.CASE_CAUSE_UNSPECIFIED


def follow(case: Case, right: Right, said: CaseStep | None = None) -> list[Following]:
    """The case suspended, or resumed: after what was `said` of it, or after the right changed."""
    if isinstance(case, Over):
        return []
    cause, reason = missing(case.file, right)
    standing = case.cause if isinstance(case, Suspended) else _NOTHING
    if cause == standing:
        return []
    day, document = (said.taken_on, said.document) if said else (right.changed_on, "")
    at = _step(case.file, day, document)
    if cause == _NOTHING:
        return [BenefitResumed(step=at, visibility=visibility(case.file.entitlement))]
    return [
        BenefitSuspended(
            step=at, cause=cause, reason=reason, visibility=visibility(case.file.entitlement)
        )
    ]


def missing(file: File, right: Right) -> tuple[CaseCause.ValueType, str]:
    """What a case that goes on would need and does not have, and why."""
    if not _is_based(file, right):
        return CaseCause.CASE_CAUSE_ENTITLEMENT, right.reason
    if file.granted is not None and file.unmet:
        return CaseCause.CASE_CAUSE_PRECONDITION, ", ".join(file.unmet)
    return _NOTHING, ""


def visibility(entitlement: Entitlement) -> Visibility.ValueType:
    """Who may see a case: its unit, and who sees the entitlement and what units are told."""
    return seen_by_both(
        seen(entitlement.round, entitlement.visibility), Visibility.VISIBILITY_SUBJECT
    )


def _is_based(file: File, right: Right) -> bool:
    if file.granted is not None:
        return right.held_on(file.effective_from)
    now, then = right.entitlement, file.entitlement
    is_same = now.rule_id == then.rule_id and now.policy.content_hash == then.policy.content_hash
    return right.stands and is_same


def _step(file: File, day: str, document: str) -> CaseStep:
    """On the day, or on that of the last step where this came later."""
    return CaseStep(
        unit_id=file.opened.unit_id,
        round=file.opened.round,
        instrument=file.opened.instrument,
        case_id=file.opened.case_id,
        taken_on=max(day, file.last),
        document=document,
    )

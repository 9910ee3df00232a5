"""What evaluation reports, as what incentive must do about it.

Whose question it is and what the document says of it is `kernel/support.py`; here it becomes
entitlements.
"""

from collections.abc import Sequence
from typing import TypeAlias

from services.incentive.decider import GRANTED
from services.kernel import support
from services.kernel.policy import Earned, Policies, Undetermined
from services.kernel.policy_terms import Nothing, Rule
from services.kernel.support import Heard, Settlement
from zoneledger.evaluation.v1 import events_pb2 as evaluation
from zoneledger.evaluation.v1 import plan_events_pb2 as plans
from zoneledger.evaluation.v1 import streak_events_pb2 as streaks
from zoneledger.evaluation.v1.streak_review_events_pb2 import StreaksReviewed
from zoneledger.evaluation.v1.supplement_events_pb2 import SupplementAdopted
from zoneledger.incentive.v1.commands_pb2 import GrantEntitlements, ReviseEntitlements, Verdict
from zoneledger.ledger.v1.access_pb2 import AccessTableAdopted, AdoptAccessTable
from zoneledger.ledger.v1.policy_pb2 import AdoptPolicy, PolicyAdopted

Command: TypeAlias = AdoptPolicy | AdoptAccessTable | GrantEntitlements | ReviseEntitlements

HEARD = support.HEARD


def react(event: Heard, policies: Policies) -> Sequence[Command]:
    match event:
        case PolicyAdopted():
            return [AdoptPolicy(policy_id=event.policy_id, text=event.text)]
        case AccessTableAdopted():
            return [AdoptAccessTable(text=event.text)]
        case (
            evaluation.ZoneRatedExcellent()
            | evaluation.ZoneRatedGood()
            | evaluation.ZoneRatedQualified()
            | evaluation.ZoneRatedPoor()
        ):
            return [_grant(support.rated(event, policies))]
        case evaluation.RatingCorrected():
            return [_revise(support.corrected(event, policies))]
        case evaluation.UnitRegistered():
            return [_grant(each) for each in support.registered(event, policies)]
        case evaluation.UnitAmended():
            return [_revise(each) for each in support.amended(event, policies)]
        case (
            plans.PlanDrafted()
            | plans.PlanRecommended()
            | plans.PlanAssessed()
            | plans.PlanRevised()
            | plans.PlanCopied()
            | plans.PlanAmended()
            | plans.PlanSuperseded()
            | plans.PlanStepCorrected()
        ):
            return []  # How a plan is made, sent, changed and put right moves no entitlement.
        case plans.PlanAgreedInPrinciple() | plans.PlanIssued() | plans.PlanApproved():
            # With it support may start: that is said of the plan. What a unit is entitled to
            # follows from its rating, or from the register, and not once more from its plan.
            return []
        case evaluation.FormerRatingVoided():
            return []  # The correction that comes with it says what follows, and to whom.
        case evaluation.HonourAwarded():
            return []  # An honour is praise; no document attaches an entitlement to it.
        case _ if isinstance(event, support.OfRound):
            return []  # Only the rating that a round ends in is acted on, and it is told by itself.
        case _ if isinstance(event, support.OfCircular):
            return []  # It counts in the evaluation; what it gives beside that is not ours to give.
        case streaks.ZoneDisqualified():
            return [_revise(each) for each in support.disqualified(event, policies)]
        case streaks.DisqualificationReversed():
            return [_revise(each) for each in support.reversed_(event, policies)]
        case (
            streaks.StreakWarned()
            | streaks.StreakReached()
            | streaks.StreakLeftUndetermined()
            | streaks.StreakEnded()
        ):
            return []  # A streak changes nothing before a person has decided on it.
        case (
            streaks.DisqualificationProposed()
            | streaks.DisqualificationProposalWithdrawn()
            | streaks.DisqualificationDeclined()
        ):
            return []  # The unit is a member as before.
        case streaks.DisqualificationBasisLost() | streaks.DisqualificationBasisRestored():
            return []  # The disqualification stands until a person takes it back.
        case streaks.ExpansionRightUsed():
            return []  # A park or a city more is a matter of the register.
        case StreaksReviewed():
            return []  # What came of a review is told by itself.
        case SupplementAdopted():
            return []  # What a class earns is answered in a document, never beside it.


def _grant(settled: Settlement) -> GrantEntitlements:
    command = GrantEntitlements(
        unit_id=settled.unit_id,
        round=settled.round,
        grade=settled.grade,
        effective_on=settled.effective_on,
        policy=settled.policy,
        until=settled.until,
        visibility=settled.visibility,
        ended_on=settled.ended_on,
        gaps=settled.gaps,
        cause=settled.cause,
        reason=settled.why,
    )
    _say(settled, command.verdict)
    return command


def _revise(settled: Settlement) -> ReviseEntitlements:
    command = ReviseEntitlements(
        unit_id=settled.unit_id,
        round=settled.round,
        grade=settled.grade,
        effective_on=settled.effective_on,
        policy=settled.policy,
        until=settled.until,
        visibility=settled.visibility,
        reason=settled.why,
        is_recorded=settled.is_recorded,
        ended_on=settled.ended_on,
        gaps=settled.gaps,
        cause=settled.cause,
        hides_former=settled.hides_former,
        decided_on=settled.decided_on,
    )
    _say(settled, command.verdict)
    return command


def _say(settled: Settlement, verdict: Verdict) -> None:
    """Fill in the verdict where it stands: one that is made elsewhere is copied, item by item."""
    verdict.SetInParent()
    match settled.verdict:
        case Earned(rules):
            for rule in rules:
                if rule.instrument in GRANTED:
                    _add(rule, settled, verdict)
            if not verdict.earned:
                verdict.nothing_reason = settled.silence
        case Nothing(clause=clause, reason=reason):
            verdict.nothing_clause_id, verdict.nothing_reason = clause.clause_id, reason
        case Undetermined(norm):
            verdict.open_norm_id = norm.norm_id
            verdict.open_norm_clause_id = norm.clause.clause_id
        case None:
            pass


def _add(rule: Rule, settled: Settlement, verdict: Verdict) -> None:
    entitlement = verdict.earned.add(
        unit_id=settled.unit_id,
        round=settled.round,
        instrument=rule.instrument,
        rule_id=rule.rule_id,
        wording=rule.wording,
        clause_id=rule.clause.clause_id,
        authority=rule.authority,
        effective_on=settled.effective_on,
        policy=settled.policy,
        visibility=settled.visibility,
        held_back_from=settled.held_back_from,
    )
    for condition in rule.preconditions:
        entitlement.conditions.add(
            condition_id=condition.precondition_id,
            text_zh=condition.text_zh,
            text_en=condition.text_en,
            attested_by=condition.attested_by,
        )

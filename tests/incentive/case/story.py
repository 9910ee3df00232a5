"""A plot of land for 湘潭 under its entitlement of 2020: from the application to its end.

That 湘潭 was rated excellent for 2020 is published; which plots were asked for is not known, and
these are examples.
"""

from collections.abc import Sequence

from google.protobuf.message import Message

from services.incentive.case.following import visibility
from tests.notices import NOTICE_866
from tests.spec import but
from zoneledger.incentive.v1.case_commands_pb2 import (
    ApplyForBenefit,
    AttestPrecondition,
    CompleteBenefit,
    FailPrecondition,
    GrantBenefit,
    LapseBenefit,
    RecoverBenefit,
    RefuseBenefit,
    StopBenefit,
    WithdrawAttestation,
)
from zoneledger.incentive.v1.case_events_pb2 import (
    AttestationWithdrawn,
    Benefit,
    BenefitApplied,
    BenefitCompleted,
    BenefitGranted,
    BenefitLapsed,
    BenefitRecovered,
    BenefitRefused,
    BenefitResumed,
    BenefitStopped,
    BenefitSuspended,
    CaseCause,
    CaseStep,
    Checked,
    Counted,
    PreconditionAttested,
    PreconditionFailed,
)
from zoneledger.incentive.v1.commands_pb2 import GrantEntitlements, ReviseEntitlements, Verdict
from zoneledger.incentive.v1.events_pb2 import (
    Condition,
    Entitlement,
    LandGuaranteeGranted,
    LandGuaranteeWithdrawn,
    NothingEarned,
    Withdrawal,
)
from zoneledger.ledger.v1.visibility_pb2 import Visibility

PUBLIC, SUBJECT = Visibility.VISIBILITY_PUBLIC, Visibility.VISIBILITY_SUBJECT
PLAN_FIRST, LINES = "spatial-plan", "three-control-lines"

LAND = Entitlement(
    unit_id="xiangtan",
    round=2020,
    instrument="land_guarantee",
    rule_id="2021-866/land-guarantee",
    wording="guarantee",
    clause_id="incentives/land",
    authority="mnr",
    conditions=[
        Condition(condition_id=PLAN_FIRST, text_zh="符合国土空间规划", attested_by="mnr"),
        Condition(condition_id=LINES, text_zh="严守三条控制线", attested_by="mnr"),
    ],
    effective_on="2021-06-21",
    policy=NOTICE_866,
    visibility=PUBLIC,
)
EARN = GrantEntitlements(
    unit_id="xiangtan",
    round=2020,
    grade="excellent",
    verdict=Verdict(earned=[LAND]),
    effective_on="2021-06-21",
    policy=NOTICE_866,
    visibility=PUBLIC,
)
LOSE = ReviseEntitlements(
    unit_id="xiangtan",
    round=2020,
    grade="good",
    verdict=Verdict(nothing_clause_id="incentives/excellent"),
    effective_on="2022-03-01",
    policy=NOTICE_866,
    reason="a statistic was revised",
    visibility=PUBLIC,
)
EARN_AGAIN = ReviseEntitlements(
    unit_id="xiangtan",
    round=2020,
    grade="excellent",
    verdict=Verdict(earned=[but(LAND, effective_on="2022-06-01")]),
    effective_on="2022-06-01",
    policy=NOTICE_866,
    reason="the revision was wrong",
    visibility=PUBLIC,
)
EARNED = LandGuaranteeGranted(entitlement=LAND)
LOST = (
    LandGuaranteeWithdrawn(
        withdrawal=Withdrawal(
            unit_id="xiangtan",
            round=2020,
            instrument="land_guarantee",
            rule_id="2021-866/land-guarantee",
            reason="a statistic was revised",
            effective_on="2022-03-01",
            visibility=PUBLIC,
        )
    ),
    NothingEarned(
        unit_id="xiangtan",
        round=2020,
        grade="good",
        clause_id="incentives/excellent",
        effective_on="2022-03-01",
        policy=NOTICE_866,
        visibility=PUBLIC,
    ),
)
EARNED_AGAIN = LandGuaranteeGranted(entitlement=but(LAND, effective_on="2022-06-01"))


def step(taken_on: str, document: str = "自然资函〔2021〕9号") -> CaseStep:
    return CaseStep(
        unit_id="xiangtan",
        round=2020,
        instrument="land_guarantee",
        case_id="plot-1",
        taken_on=taken_on,
        document=document,
    )


PLOT = Benefit(title_zh="二期用地", amount=200_000, counted=Counted.COUNTED_SQUARE_METRES)
MNR = Checked(authority="mnr", prepared_by="mnr-07", approved_by="mnr-01")

APPLY = ApplyForBenefit(step=step("2021-08-01", "潭政函〔2021〕1号"), benefit=PLOT)
ATTEST = AttestPrecondition(step=step("2021-08-10"), condition_id=PLAN_FIRST, checked=MNR)
ATTEST_LINES = AttestPrecondition(step=step("2021-08-09"), condition_id=LINES, checked=MNR)
FAIL = FailPrecondition(
    step=step("2021-10-01"), condition_id=LINES, checked=MNR, reason="it crosses farmland"
)
TAKE_BACK = WithdrawAttestation(
    step=step("2021-10-01"), condition_id=LINES, checked=MNR, reason="it was looked at again"
)
ATTEST_AGAIN = but(ATTEST_LINES, step=step("2021-11-01"))
GRANT = GrantBenefit(step=step("2021-09-01"), checked=MNR)
REFUSE = RefuseBenefit(step=step("2021-09-01"), checked=MNR, reason="no quota is left")
LAPSE = LapseBenefit(step=step("2021-12-31"), checked=MNR, reason="nothing was filed in time")
COMPLETE = CompleteBenefit(step=step("2022-01-10"), checked=MNR)
STOP = StopBenefit(step=step("2022-01-10"), checked=MNR, reason="the works never began")
RECOVER = RecoverBenefit(
    step=step("2022-02-01"), checked=MNR, amount=50_000, reason="unused for two years"
)

_SEEN = visibility(LAND)
APPLIED = BenefitApplied(step=APPLY.step, benefit=PLOT, entitlement=LAND, visibility=_SEEN)


def attested(command: AttestPrecondition) -> PreconditionAttested:
    return PreconditionAttested(
        step=command.step,
        condition_id=command.condition_id,
        checked=command.checked,
        visibility=_SEEN,
    )


ATTESTED, LINES_ATTESTED = attested(ATTEST), attested(ATTEST_LINES)
GRANTED = BenefitGranted(
    step=GRANT.step,
    benefit=PLOT,
    checked=MNR,
    effective_from="2021-09-01",
    visibility=_SEEN,
)
REFUSED = BenefitRefused(step=REFUSE.step, checked=MNR, reason="no quota is left", visibility=_SEEN)
LAPSED = BenefitLapsed(step=LAPSE.step, checked=MNR, reason=LAPSE.reason, visibility=_SEEN)
FAILED = PreconditionFailed(
    step=FAIL.step, condition_id=LINES, checked=MNR, reason=FAIL.reason, visibility=_SEEN
)
TAKEN_BACK = AttestationWithdrawn(
    step=TAKE_BACK.step,
    condition_id=LINES,
    checked=MNR,
    reason=TAKE_BACK.reason,
    visibility=_SEEN,
)
COMPLETED = BenefitCompleted(step=COMPLETE.step, checked=MNR, visibility=_SEEN)
STOPPED = BenefitStopped(step=STOP.step, checked=MNR, reason=STOP.reason, visibility=_SEEN)
RECOVERED = BenefitRecovered(
    step=RECOVER.step, checked=MNR, amount=50_000, reason=RECOVER.reason, visibility=_SEEN
)


def suspended(taken_on: str, cause: str, reason: str, document: str = "") -> BenefitSuspended:
    return BenefitSuspended(
        step=step(taken_on, document),
        cause=CaseCause.Value(f"CASE_CAUSE_{cause.upper()}"),
        reason=reason,
        visibility=_SEEN,
    )


def resumed(taken_on: str, document: str = "") -> BenefitResumed:
    return BenefitResumed(step=step(taken_on, document), visibility=_SEEN)


# Histories that meet everything that can happen.
STORIES: tuple[Sequence[Message], ...] = (
    (EARN, APPLY, ATTEST, ATTEST_LINES, GRANT, FAIL, ATTEST_AGAIN, STOP, RECOVER, LOSE),
    (EARN, APPLY, ATTEST, ATTEST_LINES, GRANT, TAKE_BACK, ATTEST_AGAIN, COMPLETE, RECOVER),
    (EARN, APPLY, ATTEST, LOSE, ATTEST_LINES, EARN_AGAIN, REFUSE, LAPSE),
    (EARN, APPLY, TAKE_BACK, LAPSE, LOSE, EARN_AGAIN),
)
IN_FORCE: tuple[Message, ...] = (EARNED, APPLIED, ATTESTED, LINES_ATTESTED, GRANTED)

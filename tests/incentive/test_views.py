"""Who was entitled to what on a day, as the log knew it at a moment."""

from services.incentive import views
from services.incentive.service import SERVICE
from services.kernel.decision import Recorded, moment
from services.kernel.words import word
from tests.notices import ADOPTED_866, NOTICE_866, POLICIES
from tests.spec import asked, but, learnt
from zoneledger.incentive.v1.events_pb2 import (
    CentralBudgetPriorityGranted,
    Entitlement,
    EntitlementLeftUndetermined,
    LandGuaranteeGranted,
    LandGuaranteeWithdrawn,
    NothingEarned,
    Withdrawal,
)
from zoneledger.incentive.v1.service_pb2 import EntitlementStanding, EntitlementStatus
from zoneledger.ledger.v1.visibility_pb2 import Visibility

LAND = Entitlement(
    unit_id="xiangtan",
    round=2020,
    instrument="land_guarantee",
    rule_id="2021-866/land-guarantee",
    clause_id="incentives/land",
    effective_on="2021-06-21",
    policy=NOTICE_866,
)
BUDGET_2019 = Entitlement(
    unit_id="xiangtan",
    round=2019,
    instrument="central_budget_priority",
    effective_on="2020-08-04",
)
WITHDRAWN = LandGuaranteeWithdrawn(
    withdrawal=Withdrawal(
        unit_id="xiangtan",
        round=2020,
        instrument="land_guarantee",
        rule_id="2021-866/land-guarantee",
        reason="a statistic was revised",
        effective_on="2021-08-01",
    )
)
NOTHING = NothingEarned(
    unit_id="xiangtan", round=2020, grade="good", effective_on="2021-08-01", policy=NOTICE_866
)
LEFT_OPEN = EntitlementLeftUndetermined(
    unit_id="hebi",
    norm_id="2021-866/by-reference-provincial",
    clause_id="scope/by-reference",
    effective_on="2021-06-09",
    policy=NOTICE_866,
)

# Granted on what was published in June; the correction of 1 August was learnt of on 10 August.
LOG = [
    *learnt("2021-06-22", LandGuaranteeGranted(entitlement=LAND)),
    *learnt("2021-06-23", CentralBudgetPriorityGranted(entitlement=BUDGET_2019)),
    *learnt("2021-08-10", WITHDRAWN, NOTHING),
]
LAND_QUOTE = "优秀 | 符合国土空间规划 | 严守三条控制线 | 节约集约用地 | 保障合理用地需求"


def standings(
    log: list[Recorded], round_: int = 0, *, as_of: str = "", known: str = ""
) -> list[EntitlementStanding]:
    return [
        each
        for entries in asked(SERVICE, log, as_of=as_of, known=known)
        for each in views.entitlements(entries, round_, POLICIES, as_of)
    ]


def land(*, as_of: str = "", known: str = "") -> list[tuple[str, str]]:
    """The status of the land guarantee, and since when."""
    return [
        (word(EntitlementStatus, each.status), each.effective_on)
        for each in standings(LOG, 2020, as_of=as_of, known=known)
    ]


# Two clocks.


def test_nobody_is_entitled_the_day_before_the_publication() -> None:
    assert land(as_of="2021-06-20") == []


def test_an_entitlement_holds_from_the_day_of_the_publication_on() -> None:
    assert land(as_of="2021-06-21") == [("granted", "2021-06-21")]


def test_what_was_relied_on_until_the_correction_stays_granted() -> None:
    assert land(as_of="2021-07-31") == [("granted", "2021-06-21")]


def test_an_entitlement_is_withdrawn_from_the_day_of_the_correction_on() -> None:
    assert land(as_of="2021-08-01") == [("withdrawn", "2021-08-01")]


def test_before_the_log_learnt_of_the_correction_it_said_granted() -> None:
    assert land(as_of="2021-08-05", known="2021-08-09") == [("granted", "2021-06-21")]
    assert land(as_of="2021-08-05", known="2021-08-10") == [("withdrawn", "2021-08-01")]


def test_before_the_log_learnt_of_the_rating_nobody_was_entitled() -> None:
    assert land(known="2021-06-21") == []


# What is told of an entitlement.


def test_an_entitlement_is_told_with_its_clause_and_its_decision() -> None:
    assert standings(LOG, 2020, known="2021-06-30") == [
        EntitlementStanding(
            name="units/xiangtan/entitlements/2020.land_guarantee",
            entitlement=LAND,
            status=EntitlementStatus.ENTITLEMENT_STATUS_GRANTED,
            clause_quote=LAND_QUOTE,
            effective_on="2021-06-21",
            recorded_at=moment(LOG[0].recorded_ns),
            decision_id="decision-of-2021-06-22",
            etag="decision-of-2021-06-22",
        )
    ]


def test_what_was_withdrawn_stays_visible_with_the_reason_and_the_clause() -> None:
    assert standings(LOG, 2020) == [
        EntitlementStanding(
            name="units/xiangtan/entitlements/2020.land_guarantee",
            entitlement=LAND,
            status=EntitlementStatus.ENTITLEMENT_STATUS_WITHDRAWN,
            reason="a statistic was revised",
            clause_quote=LAND_QUOTE,
            effective_on="2021-08-01",
            recorded_at=moment(LOG[-1].recorded_ns),
            decision_id="decision-of-2021-08-10",
            etag="decision-of-2021-08-10",
        )
    ]


def test_what_was_granted_again_is_told_as_granted() -> None:
    again = but(LAND, effective_on="2021-09-01")
    log = [*LOG, *learnt("2021-09-02", LandGuaranteeGranted(entitlement=again))]
    (standing,) = standings(log, 2020)
    assert (standing.status, standing.reason, standing.entitlement) == (
        EntitlementStatus.ENTITLEMENT_STATUS_GRANTED,
        "",
        again,
    )


def test_entitlements_are_told_by_round_and_instrument() -> None:
    assert [(each.entitlement.round, each.entitlement.instrument) for each in standings(LOG)] == [
        (2019, "central_budget_priority"),
        (2020, "land_guarantee"),
    ]


def test_a_round_is_told_alone_where_it_is_asked_for() -> None:
    assert [each.entitlement for each in standings(LOG, 2019)] == [BUDGET_2019]
    assert standings(LOG, 2018) == []


def test_a_clause_of_a_document_that_is_not_adopted_is_not_quoted() -> None:
    assert [each.clause_quote for each in standings(LOG, 2019)] == [""]


# What is left open, and what is nothing.


def test_what_the_document_leaves_open_is_told_as_undetermined_with_the_norm() -> None:
    log = learnt("2021-06-22", LEFT_OPEN)
    assert standings(log) == [
        EntitlementStanding(
            name="units/hebi/entitlements/0.unspecified",
            entitlement=Entitlement(
                unit_id="hebi",
                instrument="unspecified",
                clause_id="scope/by-reference",
                effective_on="2021-06-09",
                policy=NOTICE_866,
            ),
            status=EntitlementStatus.ENTITLEMENT_STATUS_UNDETERMINED,
            norm_id="2021-866/by-reference-provincial",
            clause_quote="参照享受有关支持政策",
            effective_on="2021-06-09",
            recorded_at=moment(log[0].recorded_ns),
            decision_id="decision-of-2021-06-22",
            etag="decision-of-2021-06-22",
        )
    ]


def test_what_is_left_open_is_open_from_its_day_on() -> None:
    log = learnt("2021-06-22", LEFT_OPEN)
    assert standings(log, as_of="2021-06-08") == []
    assert len(standings(log, as_of="2021-06-09")) == 1


def test_support_by_reference_follows_the_latest_entry_of_the_register() -> None:
    moved = but(LEFT_OPEN, effective_on="2022-01-01", until="2022-06-30")
    log = [*learnt("2021-06-22", LEFT_OPEN), *learnt("2022-01-10", moved)]
    days = ("2021-12-31", "2022-01-01", "2022-06-30", "2022-07-01")
    assert [len(standings(log, as_of=day)) for day in days] == [0, 1, 1, 0]
    assert len(standings(log, as_of="2021-12-31", known="2022-01-09")) == 1


def test_what_was_left_open_is_gone_once_it_is_settled_either_way() -> None:
    settled_to_nothing = NothingEarned(unit_id="hebi", effective_on="2021-09-01")
    settled_to_land = LandGuaranteeGranted(
        entitlement=but(LAND, unit_id="hebi", round=0, effective_on="2021-09-01")
    )
    opened = learnt("2021-06-22", LEFT_OPEN)
    assert standings([*opened, *learnt("2021-09-02", settled_to_nothing)]) == []
    (standing,) = standings([*opened, *learnt("2021-09-02", settled_to_land)])
    assert standing.entitlement == settled_to_land.entitlement


def test_that_nothing_was_earned_is_no_entitlement() -> None:
    assert standings(learnt("2021-06-22", NOTHING)) == []


def test_a_document_is_about_no_unit() -> None:
    assert standings(learnt("2021-06-22", ADOPTED_866)) == []


# Who may see it.


def test_who_may_see_an_event_is_said_by_what_it_tells() -> None:
    within = Visibility.VISIBILITY_INTERNAL
    for event in (
        but(NOTHING, visibility=within),
        but(LEFT_OPEN, round=2020, visibility=within),
        LandGuaranteeGranted(entitlement=but(LAND, visibility=within)),
        LandGuaranteeWithdrawn(withdrawal=but(WITHDRAWN.withdrawal, visibility=within)),
    ):
        assert SERVICE.visibility(event) == within


def test_what_was_recorded_before_it_was_said_is_said_to_nobody() -> None:
    for event in (NOTHING, WITHDRAWN, LandGuaranteeGranted(entitlement=LAND)):
        assert SERVICE.visibility(event) == Visibility.VISIBILITY_UNSPECIFIED


def test_support_by_reference_is_as_public_as_the_register_also_where_it_does_not_say_so() -> None:
    for event in (
        LEFT_OPEN,
        but(NOTHING, round=0),
        LandGuaranteeGranted(entitlement=but(LAND, round=0)),
        LandGuaranteeWithdrawn(withdrawal=but(WITHDRAWN.withdrawal, round=0)),
    ):
        assert SERVICE.visibility(event) == Visibility.VISIBILITY_PUBLIC

"""Whose credit was tilted on a day, as the log knew it at a moment."""

from services.financing import views
from services.financing.service import SERVICE
from services.kernel.decision import Recorded, moment
from services.kernel.words import word
from tests.notices import ADOPTED_866, NOTICE_866, POLICIES
from tests.spec import asked, but, learnt
from zoneledger.financing.v1.events_pb2 import (
    CreditTilt,
    CreditTiltGranted,
    CreditTiltLeftUndetermined,
    CreditTiltWithdrawn,
    NoCreditTiltEarned,
)
from zoneledger.financing.v1.service_pb2 import CreditTiltStanding, CreditTiltStatus
from zoneledger.ledger.v1.visibility_pb2 import Visibility

TILT = CreditTilt(
    unit_id="xiangtan",
    round=2020,
    rule_id="2021-866/credit-tilt",
    clause_id="incentives/credit",
    dimensions=["financing_total", "credit_access", "guarantee"],
    effective_on="2021-06-21",
    policy=NOTICE_866,
)
TILT_2022 = CreditTilt(unit_id="xiangtan", round=2022, effective_on="2023-05-04")
WITHDRAWN = CreditTiltWithdrawn(
    unit_id="xiangtan",
    round=2020,
    rule_id="2021-866/credit-tilt",
    reason="a statistic was revised",
    effective_on="2021-08-01",
)
NONE = NoCreditTiltEarned(
    unit_id="xiangtan", round=2020, grade="good", effective_on="2021-08-01", policy=NOTICE_866
)
LEFT_OPEN = CreditTiltLeftUndetermined(
    unit_id="hebi",
    norm_id="2021-866/by-reference-provincial",
    clause_id="scope/by-reference",
    effective_on="2021-06-09",
    policy=NOTICE_866,
)

# Granted on what was published in June; the correction of 1 August was learnt of on 10 August.
LOG = [
    *learnt("2021-06-22", CreditTiltGranted(tilt=TILT)),
    *learnt("2021-08-10", WITHDRAWN, NONE),
]
CREDIT_QUOTE = "优秀 | 融资总量 | 授信准入 | 融资担保 | 倾斜"


def standings(
    log: list[Recorded], round_: int = 0, *, as_of: str = "", known: str = ""
) -> list[CreditTiltStanding]:
    return [
        each
        for entries in asked(SERVICE, log, as_of=as_of, known=known)
        for each in views.credit_tilts(entries, round_, POLICIES, as_of)
    ]


def tilt(*, as_of: str = "", known: str = "") -> list[tuple[str, str]]:
    """The status of the tilt, and since when."""
    return [
        (word(CreditTiltStatus, each.status), each.effective_on)
        for each in standings(LOG, as_of=as_of, known=known)
    ]


# Two clocks.


def test_no_credit_is_tilted_the_day_before_the_publication() -> None:
    assert tilt(as_of="2021-06-20") == []


def test_credit_is_tilted_from_the_day_of_the_publication_on() -> None:
    assert tilt(as_of="2021-06-21") == [("granted", "2021-06-21")]


def test_what_was_relied_on_until_the_correction_stays_granted() -> None:
    assert tilt(as_of="2021-07-31") == [("granted", "2021-06-21")]


def test_a_tilt_is_withdrawn_from_the_day_of_the_correction_on() -> None:
    assert tilt(as_of="2021-08-01") == [("withdrawn", "2021-08-01")]


def test_before_the_log_learnt_of_the_correction_it_said_granted() -> None:
    assert tilt(as_of="2021-08-05", known="2021-08-09") == [("granted", "2021-06-21")]
    assert tilt(as_of="2021-08-05", known="2021-08-10") == [("withdrawn", "2021-08-01")]


def test_before_the_log_learnt_of_the_rating_no_credit_was_tilted() -> None:
    assert tilt(known="2021-06-21") == []


# What is told of a tilt.


def test_a_tilt_is_told_with_its_clause_and_its_decision() -> None:
    assert standings(LOG, known="2021-06-30") == [
        CreditTiltStanding(
            name="units/xiangtan/creditTilts/2020",
            tilt=TILT,
            status=CreditTiltStatus.CREDIT_TILT_STATUS_GRANTED,
            clause_quote=CREDIT_QUOTE,
            effective_on="2021-06-21",
            recorded_at=moment(LOG[0].recorded_ns),
            decision_id="decision-of-2021-06-22",
            etag="decision-of-2021-06-22",
        )
    ]


def test_what_was_withdrawn_stays_visible_with_the_reason_and_the_clause() -> None:
    assert standings(LOG) == [
        CreditTiltStanding(
            name="units/xiangtan/creditTilts/2020",
            tilt=TILT,
            status=CreditTiltStatus.CREDIT_TILT_STATUS_WITHDRAWN,
            reason="a statistic was revised",
            clause_quote=CREDIT_QUOTE,
            effective_on="2021-08-01",
            recorded_at=moment(LOG[-1].recorded_ns),
            decision_id="decision-of-2021-08-10",
            etag="decision-of-2021-08-10",
        )
    ]


def test_what_was_granted_again_is_told_as_granted() -> None:
    again = but(TILT, effective_on="2021-09-01")
    (standing,) = standings([*LOG, *learnt("2021-09-02", CreditTiltGranted(tilt=again))])
    assert (standing.status, standing.reason, standing.tilt) == (
        CreditTiltStatus.CREDIT_TILT_STATUS_GRANTED,
        "",
        again,
    )


def test_tilts_are_told_by_round_or_for_one_round() -> None:
    log = [*learnt("2021-06-20", CreditTiltGranted(tilt=TILT_2022)), *LOG]
    assert [each.tilt.round for each in standings(log)] == [2020, 2022]
    assert [each.tilt.round for each in standings(log, 2022)] == [2022]
    assert standings(log, 2021) == []


# What is left open, and what is none.


def test_what_the_document_leaves_open_is_told_as_undetermined_with_the_norm() -> None:
    log = learnt("2021-06-22", LEFT_OPEN)
    assert standings(log) == [
        CreditTiltStanding(
            name="units/hebi/creditTilts/0",
            tilt=CreditTilt(
                unit_id="hebi",
                clause_id="scope/by-reference",
                effective_on="2021-06-09",
                policy=NOTICE_866,
            ),
            status=CreditTiltStatus.CREDIT_TILT_STATUS_UNDETERMINED,
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
    settled_to_none = NoCreditTiltEarned(unit_id="hebi", effective_on="2021-09-01")
    tilted = CreditTiltGranted(tilt=but(TILT, unit_id="hebi", round=0))
    opened = learnt("2021-06-22", LEFT_OPEN)
    assert standings([*opened, *learnt("2021-09-02", settled_to_none)]) == []
    (standing,) = standings([*opened, *learnt("2021-09-02", tilted)])
    assert standing.tilt == tilted.tilt


def test_that_no_tilt_was_earned_is_no_tilt() -> None:
    assert standings(learnt("2021-06-22", NONE)) == []


def test_a_document_is_about_no_unit() -> None:
    assert standings(learnt("2021-06-22", ADOPTED_866)) == []


# Who may see it.


def test_who_may_see_an_event_is_said_by_what_it_tells() -> None:
    within = Visibility.VISIBILITY_INTERNAL
    for event in (
        but(NONE, visibility=within),
        but(LEFT_OPEN, round=2020, visibility=within),
        CreditTiltGranted(tilt=but(TILT, visibility=within)),
        but(WITHDRAWN, visibility=within),
    ):
        assert SERVICE.visibility(event) == within


def test_what_was_recorded_before_it_was_said_is_said_to_nobody() -> None:
    for event in (NONE, WITHDRAWN, CreditTiltGranted(tilt=TILT)):
        assert SERVICE.visibility(event) == Visibility.VISIBILITY_UNSPECIFIED


def test_support_by_reference_is_as_public_as_the_register_also_where_it_does_not_say_so() -> None:
    for event in (
        LEFT_OPEN,
        but(NONE, round=0),
        CreditTiltGranted(tilt=but(TILT, round=0)),
        but(WITHDRAWN, round=0),
    ):
        assert SERVICE.visibility(event) == Visibility.VISIBILITY_PUBLIC

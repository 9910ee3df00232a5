"""The register, the ratings and the honours, as of a day and as known at one."""

from services.evaluation import views
from services.evaluation.service import SERVICE
from services.kernel.decision import Recorded, moment
from services.kernel.words import word
from tests.notices import ADOPTED_866, ADOPTED_2019, NOTICE_866
from tests.spec import asked, but, learnt
from tests.tables import ADOPTED_OTHER, ADOPTED_SHIPPED
from zoneledger.evaluation.v1.events_pb2 import (
    BeneficiaryClass,
    Grade,
    Honour,
    HonourAwarded,
    Rating,
    RatingCorrected,
    Unit,
    UnitAmended,
    UnitRegistered,
    ZoneRatedExcellent,
    ZoneRatedGood,
)
from zoneledger.evaluation.v1.service_pb2 import RatingStanding, UnitStanding
from zoneledger.ledger.v1.visibility_pb2 import Visibility

XIANGTAN = Unit(
    unit_id="xiangtan",
    name_zh="湘潭",
    beneficiary_class=BeneficiaryClass.BENEFICIARY_CLASS_NATIONAL,
    member_from="2017-04-13",
    member_until="2025-12-31",
)
EXCELLENT = Rating(
    unit_id="xiangtan",
    round=2020,
    grade=Grade.GRADE_EXCELLENT,
    published_on="2021-06-21",
    policy=NOTICE_866,
)
GOOD_2019 = but(EXCELLENT, round=2019, grade=Grade.GRADE_GOOD, published_on="2020-08-04")
CORRECTED = RatingCorrected(
    rating=but(EXCELLENT, grade=Grade.GRADE_GOOD), former=EXCELLENT, corrected_on="2021-08-01"
)
PARK = Honour(
    honour_id="2020-park-xiangtan", round=2020, unit_id="xiangtan", awarded_on="2021-06-21"
)
PROJECT_2019 = but(PARK, honour_id="2019-project", round=2019, awarded_on="2020-08-04")

# Registered and rated in 2021, corrected and known to be corrected in August.
LOG = [
    *learnt("2021-06-10", UnitRegistered(unit=XIANGTAN)),
    *learnt("2021-06-22", ZoneRatedExcellent(rating=EXCELLENT)),
    *learnt("2021-06-23", ZoneRatedGood(rating=GOOD_2019)),
    *learnt("2021-06-24", HonourAwarded(honour=PARK), HonourAwarded(honour=PROJECT_2019)),
    *learnt("2021-08-02", CORRECTED),
]


def grades(
    log: list[Recorded], round_: int = 0, *, as_of: str = "", known: str = ""
) -> list[tuple[int, str]]:
    return [
        (each.rating.round, word(Grade, each.rating.grade))
        for entries in asked(SERVICE, log, as_of=as_of, known=known)
        for each in views.ratings(entries, round_, as_of)
    ]


def members(log: list[Recorded], *, as_of: str = "", known: str = "") -> list[Unit]:
    return [
        each.unit
        for entries in asked(SERVICE, log, as_of=as_of, known=known)
        for each in views.unit(entries, as_of)
    ]


def honoured(
    log: list[Recorded], round_: int = 0, *, as_of: str = "", known: str = ""
) -> list[str]:
    return [
        each.honour.honour_id
        for entries in asked(SERVICE, log, as_of=as_of, known=known)
        for each in views.honours(entries, round_)
    ]


# Ratings.


def test_ratings_are_told_oldest_round_first() -> None:
    assert grades(LOG, known="2021-06-30") == [(2019, "good"), (2020, "excellent")]


def test_a_round_is_told_alone_where_it_is_asked_for() -> None:
    assert grades(LOG, 2019) == [(2019, "good")]
    assert grades(LOG, 2018) == []


def test_a_rating_holds_from_its_publication_and_not_the_day_before() -> None:
    assert grades(LOG, 2020, as_of="2021-06-20", known="2021-06-30") == []
    assert grades(LOG, 2020, as_of="2021-06-21", known="2021-06-30") == [(2020, "excellent")]


def test_a_correction_counts_from_the_first_publication_on() -> None:
    assert grades(LOG, 2020, as_of="2021-06-21") == [(2020, "good")]


def test_where_the_day_of_publication_is_corrected_the_right_day_counts() -> None:
    wrong = but(EXCELLENT, published_on="2021-01-01")
    right = RatingCorrected(rating=EXCELLENT, former=wrong, corrected_on="2021-08-01")
    log = learnt("2021-06-22", ZoneRatedExcellent(rating=wrong)) + learnt("2021-08-02", right)
    assert grades(log, as_of="2021-03-01") == []
    assert grades(log, as_of="2021-06-21") == [(2020, "excellent")]
    assert grades(log, as_of="2021-03-01", known="2021-08-01") == [(2020, "excellent")]


def test_before_the_log_learnt_of_the_correction_it_said_what_was_published() -> None:
    assert grades(LOG, 2020, known="2021-08-01") == [(2020, "excellent")]
    assert grades(LOG, 2020, known="2021-08-02") == [(2020, "good")]


def test_a_rating_tells_how_often_it_was_corrected_and_who_recorded_it_last() -> None:
    (entries,) = asked(SERVICE, LOG)
    (standing,) = views.ratings(entries, 2020)
    assert standing == RatingStanding(
        name="units/xiangtan/ratings/2020",
        rating=CORRECTED.rating,
        corrections=1,
        corrected_on="2021-08-01",
        recorded_at=moment(LOG[-1].recorded_ns),
        decision_id="decision-of-2021-08-02",
        etag="decision-of-2021-08-02",
    )


def test_a_published_rating_was_corrected_never() -> None:
    (entries,) = asked(SERVICE, LOG, known="2021-06-30")
    assert [each.corrections for each in views.ratings(entries, 2020)] == [0]


# The register.


def test_the_members_of_a_performance_year_are_those_of_one_of_its_days() -> None:
    for member_from, member_until, rounds in [
        ("2020-12-31", "", [2020, 2021]),
        ("", "2020-01-01", [2019, 2020]),
        ("2021-01-01", "", [2021]),
        ("", "2019-12-31", [2019]),
    ]:
        unit = but(XIANGTAN, member_from=member_from, member_until=member_until)
        entries = learnt("2021-06-10", UnitRegistered(unit=unit))
        members_in = [year for year in (2019, 2020, 2021) if views.unit(entries, "", year)]
        assert members_in == rounds


def test_a_unit_is_told_with_its_latest_entry() -> None:
    renamed = but(XIANGTAN, name_en="Xiangtan")
    log = [*LOG, *learnt("2021-09-01", UnitAmended(unit=renamed, former=XIANGTAN))]
    assert members(log) == [renamed]
    assert members(log, known="2021-08-31") == [XIANGTAN]


def test_a_unit_is_a_member_from_its_first_day_to_its_last() -> None:
    days = ["2017-04-12", "2017-04-13", "2025-12-31", "2026-01-01"]
    assert [members(LOG, as_of=day) for day in days] == [[], [XIANGTAN], [XIANGTAN], []]


def test_an_unknown_day_of_membership_excludes_nobody() -> None:
    unknown = but(XIANGTAN, member_from="", member_until="")
    log = learnt("2021-06-10", UnitRegistered(unit=unknown))
    assert members(log, as_of="1949-10-01") == [unknown]


def test_without_a_day_the_register_tells_former_members_too() -> None:
    left = but(XIANGTAN, member_until="2018-12-31")
    assert members(learnt("2021-06-10", UnitRegistered(unit=left))) == [left]


def test_a_unit_is_told_with_the_decision_that_recorded_it() -> None:
    (entries,) = asked(SERVICE, LOG)
    assert views.unit(entries, "") == [
        UnitStanding(
            name="units/xiangtan",
            unit=XIANGTAN,
            recorded_at=moment(LOG[0].recorded_ns),
            decision_id="decision-of-2021-06-10",
            etag="decision-of-2021-06-10",
        )
    ]


def test_nobody_was_in_the_register_before_the_log_learnt_of_it() -> None:
    assert members(LOG, known="2021-06-09") == []


# Honours.


def test_honours_are_told_for_all_rounds_or_for_one() -> None:
    assert honoured(LOG) == ["2020-park-xiangtan", "2019-project"]
    assert honoured(LOG, 2019) == ["2019-project"]


def test_an_honour_holds_from_the_day_of_its_award_and_not_the_day_before() -> None:
    assert honoured(LOG, 2020, as_of="2021-06-20") == []
    assert honoured(LOG, 2020, as_of="2021-06-21") == ["2020-park-xiangtan"]


def test_an_honour_is_no_rating_and_a_rating_is_no_honour() -> None:
    log = learnt("2021-06-24", HonourAwarded(honour=PARK))
    assert grades(log) == []
    assert honoured(learnt("2021-06-22", ZoneRatedExcellent(rating=EXCELLENT))) == []


# Documents.


def test_documents_are_told_in_the_order_of_their_adoption() -> None:
    log = [*learnt("2021-06-22", ADOPTED_866), *learnt("2021-07-01", ADOPTED_2019), *LOG]
    (entries,) = asked(SERVICE, log, unit=views.DOCUMENTS)
    assert [each.policy for each in views.policies(entries)] == [ADOPTED_866, ADOPTED_2019]
    (entries,) = asked(SERVICE, log, unit=views.DOCUMENTS, known="2021-06-30")
    assert [each.policy for each in views.policies(entries)] == [ADOPTED_866]


def test_documents_are_no_units() -> None:
    assert members(learnt("2021-06-22", ADOPTED_866)) == []
    assert grades(learnt("2021-06-22", ADOPTED_866)) == []


# Access tables.


def test_access_tables_are_told_in_the_order_of_their_adoption_and_to_insiders_only() -> None:
    log = [*learnt("2026-06-22", ADOPTED_SHIPPED), *learnt("2026-07-01", ADOPTED_OTHER), *LOG]
    (entries,) = asked(SERVICE, log, unit=views.ACCESS_TABLES)
    tables = views.access_tables(entries)
    assert [each.table for each in tables] == [ADOPTED_SHIPPED, ADOPTED_OTHER]
    assert views.visibility(ADOPTED_SHIPPED) == Visibility.VISIBILITY_INTERNAL
    (entries,) = asked(SERVICE, log, unit=views.ACCESS_TABLES, known="2026-06-30")
    assert [each.table for each in views.access_tables(entries)] == [ADOPTED_SHIPPED]


def test_a_table_that_was_adopted_again_stands_where_it_was_adopted_last() -> None:
    log = [
        *learnt("2026-06-22", ADOPTED_SHIPPED),
        *learnt("2026-07-01", ADOPTED_OTHER),
        *learnt("2026-07-02", ADOPTED_SHIPPED),
    ]
    first, last = views.access_tables(log)
    assert [first.table, last.table] == [ADOPTED_OTHER, ADOPTED_SHIPPED]
    assert last.etag == log[-1].decision_id


def test_an_access_table_is_named_by_its_text_and_replaced_by_what_one_saw() -> None:
    entries = learnt("2026-06-22", ADOPTED_SHIPPED)
    (table,) = views.access_tables(entries)
    assert table.name == f"accessTables/{ADOPTED_SHIPPED.content_hash}"
    assert table.etag == table.decision_id == entries[0].decision_id


# Who may see what.


def test_whoever_may_see_the_corrected_rating_is_told_of_the_former_only_if_that_was_for_it() -> (
    None
):
    internal, public = Visibility.VISIBILITY_INTERNAL, Visibility.VISIBILITY_PUBLIC
    published = but(CORRECTED, former=but(EXCELLENT, visibility=internal))
    published = but(published, rating=but(published.rating, visibility=public))
    assert views.visibility(published) == public
    told = views.veiled(published, lambda asked: asked <= public)
    assert isinstance(told, RatingCorrected)
    assert not told.HasField("former")
    assert views.veiled(published, lambda asked: asked <= internal) is published
    taken_back = but(CORRECTED, rating=but(CORRECTED.rating, visibility=internal))
    assert views.visibility(taken_back) == internal

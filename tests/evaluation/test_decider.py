"""A unit is registered once, rated once for a round, and corrected in the open."""

import pytest
from google.protobuf.message import Message

from services.evaluation.decider import UNIT
from services.kernel.decision import event_type
from services.kernel.errors import CorruptHistory
from services.kernel.reasons import Told, Why
from services.kernel.words import word
from tests.notices import NOTICE_866, NOTICE_2019
from tests.spec import but, of
from zoneledger.evaluation.v1.commands_pb2 import (
    AwardHonour,
    CorrectRating,
    PublishRating,
    RegisterUnit,
)
from zoneledger.evaluation.v1.events_pb2 import (
    BeneficiaryClass,
    FormerRatingVoided,
    Grade,
    Honour,
    HonourAwarded,
    HonourKind,
    Membership,
    Rating,
    RatingCorrected,
    Unit,
    UnitAmended,
    UnitKind,
    UnitRegistered,
    ZoneRatedExcellent,
    ZoneRatedGood,
    ZoneRatedPoor,
    ZoneRatedQualified,
)
from zoneledger.ledger.v1.visibility_pb2 import Visibility

given = of(UNIT).given

XIANGTAN = Unit(
    unit_id="xiangtan",
    name_zh="湘潭",
    name_en="Xiangtan",
    kind=UnitKind.UNIT_KIND_PREFECTURE_CITY,
    zone_id="hunan-zhongbu",
    province="湖南",
    beneficiary_class=BeneficiaryClass.BENEFICIARY_CLASS_NATIONAL,
    member_from="2017-04-13",
)
HEBI = Unit(
    unit_id="hebi",
    name_zh="鹤壁",
    kind=UnitKind.UNIT_KIND_PROVINCIAL_ZONE,
    beneficiary_class=BeneficiaryClass.BENEFICIARY_CLASS_PROVINCIAL_BY_REFERENCE,
    member_from="2021-06-09",
)
REGISTERED = UnitRegistered(unit=XIANGTAN)
HEBI_REGISTERED = UnitRegistered(unit=HEBI, policy=NOTICE_866)
REGISTER = RegisterUnit(unit=XIANGTAN)

EXCELLENT = Rating(
    unit_id="xiangtan",
    round=2020,
    grade=Grade.GRADE_EXCELLENT,
    published_on="2021-06-21",
    document="2021-866",
    visibility=Visibility.VISIBILITY_PUBLIC,
    policy=NOTICE_866,
    source="发改振兴〔2021〕866号",
)
GOOD = but(EXCELLENT, grade=Grade.GRADE_GOOD)
RATED = ZoneRatedExcellent(rating=EXCELLENT, beneficiary_class=XIANGTAN.beneficiary_class)
PUBLISH = PublishRating(rating=EXCELLENT)

CORRECT = CorrectRating(
    rating=GOOD,
    corrected_on="2021-08-01",
    document="更正通知",
    reason="a statistic was revised",
)
CORRECTED = RatingCorrected(
    rating=GOOD,
    former=EXCELLENT,
    corrected_on="2021-08-01",
    document="更正通知",
    reason="a statistic was revised",
    beneficiary_class=XIANGTAN.beneficiary_class,
)

PARK = Honour(
    honour_id="2020-park-xiangtan",
    round=2020,
    kind=HonourKind.HONOUR_KIND_PARK,
    name_zh="湘潭高新区",
    unit_id="xiangtan",
    awarded_on="2021-06-21",
    document="2021-866",
)
AWARD = AwardHonour(honour=PARK)
AWARDED = HonourAwarded(honour=PARK)


UNKNOWN = ("unit_id", Why.UNIT_NOT_REGISTERED(unit="xiangtan"))


def published(grade: Grade.ValueType) -> PublishRating:
    return PublishRating(rating=but(EXCELLENT, grade=grade))


def already_rated(standing: Rating, reported: Rating) -> Told:
    return Why.ALREADY_RATED(
        unit="xiangtan",
        round=2020,
        standing=word(Grade, standing.grade),
        standing_document=standing.document,
        standing_on=standing.published_on,
        grade=word(Grade, reported.grade),
        document=reported.document,
        published_on=reported.published_on,
    )


def too_early(since: str, corrected_on: str) -> tuple[str, Told]:
    why = Why.CORRECTED_TOO_EARLY(
        unit="xiangtan", round=2020, since=since, corrected_on=corrected_on
    )
    return "corrected_on", why


# The register.


def test_a_unit_is_registered_as_it_was_reported() -> None:
    assert given().when(REGISTER) == [REGISTERED]


def test_registering_the_same_unit_again_changes_nothing() -> None:
    assert given(REGISTERED).when(REGISTER) == []


def test_a_beneficiary_by_reference_is_registered_with_the_document_it_stands_under() -> None:
    command = RegisterUnit(unit=HEBI, policy=NOTICE_866)
    assert given().when(command) == [HEBI_REGISTERED]


def test_a_unit_that_is_reported_differently_is_amended_and_its_former_entry_kept() -> None:
    left = but(XIANGTAN, member_until="2025-12-31")
    assert given(REGISTERED).when(RegisterUnit(unit=left)) == [
        UnitAmended(unit=left, former=XIANGTAN)
    ]


def test_an_amended_unit_may_be_amended_back() -> None:
    left = but(XIANGTAN, member_until="2025-12-31")
    amended = UnitAmended(unit=left, former=XIANGTAN)
    assert given(REGISTERED, amended).when(REGISTER) == [UnitAmended(unit=XIANGTAN, former=left)]


def test_an_amended_unit_keeps_its_ratings_and_honours() -> None:
    left = but(XIANGTAN, member_until="2025-12-31")
    history = (REGISTERED, RATED, AWARDED, UnitAmended(unit=left, former=XIANGTAN))
    assert given(*history).when(PUBLISH) == []
    assert given(*history).when(AWARD) == []


# Ratings.


def test_each_grade_is_published_under_its_own_name() -> None:
    for grade, event in [
        (Grade.GRADE_EXCELLENT, ZoneRatedExcellent),
        (Grade.GRADE_GOOD, ZoneRatedGood),
        (Grade.GRADE_QUALIFIED, ZoneRatedQualified),
        (Grade.GRADE_POOR, ZoneRatedPoor),
    ]:
        (rated,) = given(REGISTERED).when(published(grade))
        assert rated == event(
            rating=but(EXCELLENT, grade=grade), beneficiary_class=XIANGTAN.beneficiary_class
        )


def test_a_rating_is_recorded_with_the_class_that_the_register_has_for_the_unit() -> None:
    rating = but(EXCELLENT, unit_id="hebi")
    member = but(HEBI_REGISTERED, unit=but(HEBI, member_from="2020-06-09"))
    assert given(member).when(PublishRating(rating=rating)) == [
        ZoneRatedExcellent(rating=rating, beneficiary_class=HEBI.beneficiary_class)
    ]


def test_publishing_a_rating_again_changes_nothing() -> None:
    assert given(REGISTERED, RATED).when(PUBLISH) == []


def test_a_rating_reported_again_from_another_source_changes_nothing() -> None:
    again = PublishRating(rating=but(EXCELLENT, source="经济导报, 2021-06"))
    assert given(REGISTERED, RATED).when(again) == []


def test_a_unit_has_a_rating_for_each_round() -> None:
    earlier = but(EXCELLENT, round=2019, published_on="2020-08-04", policy=NOTICE_2019)
    assert given(REGISTERED, ZoneRatedExcellent(rating=earlier)).when(PUBLISH) == [RATED]


def test_a_published_grade_is_changed_by_a_correction_only() -> None:
    assert given(REGISTERED, RATED).refused(published(Grade.GRADE_GOOD)) == (
        "grade",
        already_rated(EXCELLENT, GOOD),
    )


@pytest.mark.parametrize(
    "reported",
    [
        but(EXCELLENT, published_on="2021-06-22"),
        but(EXCELLENT, document="2021-867"),
        but(EXCELLENT, visibility=Visibility.VISIBILITY_SUBJECT),
    ],
    ids=["day", "document", "visibility"],
)
def test_a_published_day_document_or_visibility_is_changed_by_a_correction_only(
    reported: Rating,
) -> None:
    assert given(REGISTERED, RATED).refused(PublishRating(rating=reported)) == (
        "round",
        already_rated(EXCELLENT, reported),
    )


def test_a_unit_that_is_not_in_the_register_is_not_rated() -> None:
    assert given().refused(PUBLISH) == UNKNOWN


def test_a_unit_is_rated_for_the_year_on_whose_last_day_it_became_a_member() -> None:
    joined = UnitRegistered(unit=but(XIANGTAN, member_from="2020-12-31"))
    assert given(joined).when(PUBLISH) == [RATED]


def test_a_unit_is_not_rated_for_a_year_before_its_membership() -> None:
    joined = UnitRegistered(unit=but(XIANGTAN, member_from="2021-01-01"))
    assert given(joined).refused(PUBLISH) == (
        "round",
        Why.NOT_YET_A_MEMBER(unit="xiangtan", member_from="2021-01-01", since=2020),
    )


def test_by_the_first_reading_a_member_by_the_day_of_publication_was_rated() -> None:
    first = but(EXCELLENT, policy=but(NOTICE_866, reading=0))
    joined = UnitRegistered(unit=but(XIANGTAN, member_from="2021-06-21"))
    (rated,) = given(joined).when(PublishRating(rating=first))
    assert rated == but(RATED, rating=first)
    late = UnitRegistered(unit=but(XIANGTAN, member_from="2021-06-22"))
    assert given(late).refused(PublishRating(rating=first)) == (
        "published_on",
        Why.NOT_YET_A_MEMBER(unit="xiangtan", member_from="2021-06-22", since="2021-06-21"),
    )


RETURNED = but(
    XIANGTAN,
    member_from="2021-06-09",
    memberships=[
        Membership(zone_id="hunan-zhongbu", valid_from="2017-04-13", valid_until="2019-12-31"),
        Membership(zone_id="hunan-zhongbu", valid_from="2021-06-09"),
    ],
)


def test_a_unit_that_left_and_returned_is_rated_for_the_years_of_both_memberships() -> None:
    for round_ in (2017, 2019, 2021, 2030):
        rating = but(EXCELLENT, round=round_)
        assert given(UnitRegistered(unit=RETURNED)).when(PublishRating(rating=rating)) == [
            ZoneRatedExcellent(rating=rating, beneficiary_class=XIANGTAN.beneficiary_class)
        ]


def test_a_unit_is_not_rated_for_a_year_between_two_memberships() -> None:
    assert given(UnitRegistered(unit=RETURNED)).refused(PUBLISH) == (
        "round",
        Why.NO_MEMBER_MEANWHILE(unit="xiangtan", round=2020),
    )


def test_of_several_memberships_the_first_day_of_the_first_and_the_last_of_the_last_count() -> None:
    left = but(RETURNED, member_until="2021-12-31")
    left.memberships[-1].valid_until = "2021-12-31"
    early = PublishRating(rating=but(EXCELLENT, round=2016))
    late = PublishRating(rating=but(EXCELLENT, round=2022))
    assert given(UnitRegistered(unit=left)).refused(early) == (
        "round",
        Why.NOT_YET_A_MEMBER(unit="xiangtan", member_from="2017-04-13", since=2016),
    )
    assert given(UnitRegistered(unit=left)).refused(late) == (
        "round",
        Why.NO_LONGER_A_MEMBER(unit="xiangtan", member_until="2021-12-31", round=2022),
    )


def test_a_unit_that_moved_to_another_zone_keeps_its_ratings() -> None:
    moved = but(RETURNED, zone_id="henan-xibu")
    history = (REGISTERED, RATED, UnitAmended(unit=moved, former=XIANGTAN))
    assert given(*history).when(PUBLISH) == []
    assert given(*history).when(CORRECT) == [CORRECTED]


@pytest.mark.parametrize(
    "kind",
    [
        UnitKind.UNIT_KIND_BASE,  # 宁东
        UnitKind.UNIT_KIND_PART_OF_DISTRICT,  # 京西
        UnitKind.UNIT_KIND_DISTRICT,
        UnitKind.UNIT_KIND_SEPARATELY_PLANNED_CITY,
    ],
)
def test_a_base_or_a_part_of_a_district_is_rated_and_corrected_like_a_city(
    kind: UnitKind.ValueType,
) -> None:
    member = UnitRegistered(unit=but(XIANGTAN, kind=kind))
    assert given(member).when(PUBLISH) == [RATED]
    assert given(member, RATED).when(CORRECT) == [CORRECTED]


def test_a_unit_is_rated_for_a_year_of_which_it_was_a_member_for_one_day() -> None:
    left = UnitRegistered(unit=but(XIANGTAN, member_until="2020-01-01"))
    assert given(left).when(PUBLISH) == [RATED]


def test_a_unit_that_left_before_the_year_is_not_rated_for_it() -> None:
    left = UnitRegistered(unit=but(XIANGTAN, member_until="2019-12-31"))
    assert given(left).refused(PUBLISH) == (
        "round",
        Why.NO_LONGER_A_MEMBER(unit="xiangtan", member_until="2019-12-31", round=2020),
    )


def test_an_unknown_day_of_membership_excludes_no_rating() -> None:
    unknown = UnitRegistered(unit=but(XIANGTAN, member_from=""))
    assert given(unknown).when(PUBLISH) == [RATED]


# Corrections.


def test_a_correction_names_the_former_rating_and_the_document_that_corrects_it() -> None:
    assert given(REGISTERED, RATED).when(CORRECT) == [CORRECTED]


def test_correcting_again_changes_nothing() -> None:
    assert given(REGISTERED, RATED, CORRECTED).when(CORRECT) == []


@pytest.mark.parametrize("day", ["2021-08-01", "2021-09-01"])
def test_a_correction_that_another_followed_changes_nothing_when_it_is_said_again(
    day: str,
) -> None:
    other = but(CORRECT, rating=EXCELLENT, corrected_on=day, reading=2)
    [event] = given(REGISTERED, RATED, CORRECTED).when(other)
    followed = given(REGISTERED, RATED, CORRECTED, event)
    assert followed.when(but(CORRECT, reading=2)) == []
    [anew] = followed.when(but(CORRECT, corrected_on=day, reason="a second look", reading=2))
    assert anew == but(CORRECTED, former=EXCELLENT, corrected_on=day, reason="a second look")


def test_a_correction_recorded_before_all_were_remembered_is_decided_as_it_was() -> None:
    back = but(CORRECT, rating=EXCELLENT, reading=1)
    [event] = given(REGISTERED, RATED, CORRECTED).when(back)
    again = given(REGISTERED, RATED, CORRECTED, event).when(but(CORRECT, reading=1))
    assert again == [but(CORRECTED, former=EXCELLENT)]


def test_a_correction_that_says_what_stands_changes_nothing() -> None:
    confirming = but(CORRECT, rating=EXCELLENT)
    assert given(REGISTERED, RATED).when(confirming) == []


def test_a_corrected_rating_may_be_corrected_again() -> None:
    back = but(CORRECT, rating=EXCELLENT, corrected_on="2021-09-01")
    assert given(REGISTERED, RATED, CORRECTED).when(back) == [
        but(CORRECTED, rating=EXCELLENT, former=GOOD, corrected_on="2021-09-01")
    ]


def test_what_was_first_published_may_be_reported_again_after_its_correction() -> None:
    assert given(REGISTERED, RATED, CORRECTED).when(PUBLISH) == []
    again = but(CORRECTED, rating=but(GOOD, grade=Grade.GRADE_POOR), former=GOOD)
    assert given(REGISTERED, RATED, CORRECTED, again).when(PUBLISH) == []


def test_what_only_a_superseded_correction_said_is_not_published() -> None:
    again = but(CORRECTED, rating=but(GOOD, grade=Grade.GRADE_POOR), former=GOOD)
    assert given(REGISTERED, RATED, CORRECTED, again).refused(published(Grade.GRADE_GOOD)) == (
        "grade",
        already_rated(again.rating, GOOD),
    )


def test_a_correction_may_correct_the_day_of_publication() -> None:
    wrong = but(EXCELLENT, published_on="2021-01-01")
    right = but(CORRECT, rating=EXCELLENT)
    rated = but(RATED, rating=wrong)
    assert given(REGISTERED, rated).when(right) == [but(CORRECTED, rating=EXCELLENT, former=wrong)]


def test_a_day_of_publication_that_never_came_can_be_corrected_today() -> None:
    wrong = but(EXCELLENT, published_on="2099-06-21")
    right = but(CORRECT, rating=EXCELLENT)
    assert len(given(REGISTERED, but(RATED, rating=wrong)).when(right)) == 1
    early = but(right, corrected_on="2021-06-20")
    assert given(REGISTERED, but(RATED, rating=wrong)).refused(early) == too_early(
        since="2021-06-21", corrected_on="2021-06-20"
    )


def test_publishing_what_the_correction_says_changes_nothing() -> None:
    assert given(REGISTERED, RATED, CORRECTED).when(published(Grade.GRADE_GOOD)) == []


def test_a_rating_may_be_corrected_on_the_day_of_its_publication() -> None:
    at_once = but(CORRECT, corrected_on="2021-06-21")
    assert given(REGISTERED, RATED).when(at_once) == [but(CORRECTED, corrected_on="2021-06-21")]


def test_a_rating_is_not_corrected_the_day_before_its_publication() -> None:
    early = but(CORRECT, corrected_on="2021-06-20")
    assert given(REGISTERED, RATED).refused(early) == too_early(
        since="2021-06-21", corrected_on="2021-06-20"
    )


def test_a_correction_is_not_dated_before_the_one_that_it_replaces() -> None:
    back = but(CORRECT, rating=EXCELLENT, corrected_on="2021-07-31")
    assert given(REGISTERED, RATED, CORRECTED).refused(back) == too_early(
        since="2021-08-01", corrected_on="2021-07-31"
    )


def test_a_round_without_a_rating_has_nothing_to_correct() -> None:
    assert given(REGISTERED).refused(CORRECT) == (
        "round",
        Why.NOT_RATED(unit="xiangtan", round=2020),
    )


def test_a_unit_that_is_not_in_the_register_has_nothing_to_correct() -> None:
    assert given().refused(CORRECT) == UNKNOWN


def test_a_correction_keeps_the_class_that_the_rating_was_published_with() -> None:
    by_reference = but(XIANGTAN, beneficiary_class=HEBI.beneficiary_class)
    amended = UnitAmended(unit=by_reference, former=XIANGTAN, policy=NOTICE_866)
    assert given(REGISTERED, RATED, amended).when(CORRECT) == [CORRECTED]


def test_a_grade_that_is_none_is_refused() -> None:
    none = but(EXCELLENT, grade=Grade.GRADE_UNSPECIFIED)
    assert given(REGISTERED).refused(PublishRating(rating=none)) == (
        "grade",
        Why.GRADE_UNKNOWN(value=0),
    )


# Honours.


def test_an_honour_is_awarded_without_any_rating() -> None:
    assert given(REGISTERED).when(AWARD) == [AWARDED]


def test_awarding_the_same_honour_again_changes_nothing() -> None:
    assert given(REGISTERED, AWARDED).when(AWARD) == []


def test_an_honour_does_not_depend_on_the_grade() -> None:
    rated_poor = ZoneRatedPoor(rating=but(EXCELLENT, grade=Grade.GRADE_POOR))
    assert given(REGISTERED, rated_poor).when(AWARD) == [AWARDED]


@pytest.mark.parametrize("kind", [HonourKind.HONOUR_KIND_PARK, HonourKind.HONOUR_KIND_PROJECT])
def test_case_15_a_park_or_project_stays_commended_whatever_its_city_is_rated(
    kind: HonourKind.ValueType,
) -> None:
    commended = AwardHonour(honour=but(PARK, kind=kind))
    rated_poor = PublishRating(rating=but(EXCELLENT, grade=Grade.GRADE_POOR))
    honoured = HonourAwarded(honour=commended.honour)
    [rated] = given(REGISTERED, honoured).when(rated_poor)
    assert isinstance(rated, ZoneRatedPoor)
    assert given(REGISTERED, honoured, rated).when(commended) == []
    assert given(REGISTERED, rated).when(commended) == [honoured]


def test_a_unit_may_have_several_honours() -> None:
    project = but(PARK, honour_id="2020-project-xiangtan", kind=HonourKind.HONOUR_KIND_PROJECT)
    assert given(REGISTERED, AWARDED).when(AwardHonour(honour=project)) == [
        HonourAwarded(honour=project)
    ]


def test_a_recorded_honour_is_not_given_other_contents() -> None:
    assert given(REGISTERED, AWARDED).refused(AwardHonour(honour=but(PARK, round=2021))) == (
        "honour_id",
        Why.HONOUR_DIFFERS(honour="2020-park-xiangtan", unit="xiangtan"),
    )


def test_a_unit_that_is_not_in_the_register_is_not_honoured() -> None:
    assert given().refused(AWARD) == UNKNOWN


# The stream and its history.


def test_all_that_is_decided_on_a_unit_is_one_stream() -> None:
    commands = (REGISTER, PUBLISH, CORRECT, AWARD)
    assert {UNIT.stream(command) for command in commands} == {"unit-xiangtan"}


def test_a_rating_is_decided_by_the_document_in_force_for_its_round() -> None:
    assert [UNIT.policy(command) for command in (PUBLISH, CORRECT)] == [NOTICE_866, NOTICE_866]


def test_a_beneficiary_by_reference_stands_by_its_document_and_a_national_unit_by_none() -> None:
    assert UNIT.policy(RegisterUnit(unit=HEBI, policy=NOTICE_866)) == NOTICE_866
    assert UNIT.policy(REGISTER) is None


def test_no_document_decides_on_an_honour() -> None:
    assert UNIT.policy(AWARD) is None


@pytest.mark.parametrize(
    "event", [RATED, CORRECTED, AWARDED, UnitAmended(unit=XIANGTAN)], ids=event_type
)
def test_nothing_happens_to_a_unit_before_it_was_registered(event: Message) -> None:
    with pytest.raises(CorruptHistory):
        given(event).when(REGISTER)


def test_a_unit_is_not_registered_twice() -> None:
    with pytest.raises(CorruptHistory):
        given(REGISTERED, REGISTERED).when(PUBLISH)


# Who saw the former rating and does not see the new one is told that it stands no more.


def test_a_rating_that_is_replaced_by_a_hidden_one_is_said_to_stand_no_more_and_no_reason() -> None:
    hidden = but(GOOD, visibility=Visibility.VISIBILITY_SUBJECT)
    correct = but(CORRECT, rating=hidden, reading=1)
    voided, corrected = given(REGISTERED, RATED).when(correct)
    assert voided == FormerRatingVoided(
        rating=EXCELLENT, voided_on="2021-08-01", document="更正通知"
    )
    assert isinstance(corrected, RatingCorrected)
    assert corrected.hides_former
    assert given(REGISTERED, RATED, voided, corrected).when(correct) == []


def test_whoever_sees_the_new_rating_is_told_that_and_nothing_else() -> None:
    assert given(REGISTERED, RATED).when(but(CORRECT, reading=1)) == [CORRECTED]
    published = but(GOOD, visibility=Visibility.VISIBILITY_PUBLIC)
    before = but(RATED, rating=but(EXCELLENT, visibility=Visibility.VISIBILITY_INTERNAL))
    [corrected] = given(REGISTERED, before).when(but(CORRECT, rating=published, reading=1))
    assert isinstance(corrected, RatingCorrected)


def test_corrections_of_before_told_nobody_that_anything_stands_no_more() -> None:
    hidden = but(GOOD, visibility=Visibility.VISIBILITY_SUBJECT)
    [corrected] = given(REGISTERED, RATED).when(but(CORRECT, rating=hidden))
    assert isinstance(corrected, RatingCorrected)
    assert not corrected.hides_former

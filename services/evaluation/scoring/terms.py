"""The closed vocabularies of rule sets: one that uses another word does not load."""

from enum import StrEnum

WHOLE = 1_000_000


class ScorePartKey(StrEnum):
    """The parts of every score, as a key that parts ties names them."""

    STATISTICS = "statistics"
    EXPERTS = "experts"
    BONUS = "bonus"


class Level(StrEnum):
    """What a round gives grades to."""

    ZONE = "zone"  # 示范区
    UNIT = "unit"  # 城市(区)


class Direction(StrEnum):
    """Whether more of it is better."""

    BENEFICIAL = "beneficial"  # 正向指标
    ADVERSE = "adverse"  # 逆向指标


class Missing(StrEnum):
    """What a value that was not reported counts."""

    ZERO = "zero"
    REWEIGHT = "reweight"  # Its weight goes to what was reported in its dimension.


class Outlier(StrEnum):
    """What a value beyond a goalpost counts."""

    CLAMP = "clamp"  # As much as the goalpost.


class Severity(StrEnum):
    """Which points of the experts count."""

    REPORTED = "reported"
    CORRECTED = "corrected"  # With the severity of the assessors taken out.


class Measure(StrEnum):
    """How the agreement of assessors is measured."""

    ALPHA_ORDINAL = "alpha_ordinal"
    ICC_2_K = "icc_2_k"


class Cut(StrEnum):
    """What parts one grade from the next."""

    THRESHOLDS = "thresholds"
    QUOTA = "quota"


class Pool(StrEnum):
    """Among whom the places of a quota are given."""

    ALL = "all"
    PEER_CLASS = "peer_class"


class Rounding(StrEnum):
    """How a share of a pool becomes a number of places."""

    DOWN = "down"
    UP = "up"
    HALF_EVEN = "half_even"


class LastResort(StrEnum):
    """Who has the last places of a grade when units are tied for them."""

    ALL_IN = "all_in"
    ALL_OUT = "all_out"
    UNIT_ID = "unit_id"  # The first by identifier: arbitrary, and the same for everybody.


class Shown(StrEnum):
    """Who may see a fact, from everybody to nobody outside."""

    PUBLIC = "public"
    SUBJECT = "subject"
    INTERNAL = "internal"


class HonourKind(StrEnum):
    """What a round may commend beside its grades."""

    CITY = "city"
    PARK = "park"
    PROJECT = "project"
    SINGLE_FIELD = "single_field"


class Matter(StrEnum):
    """What of its procedure a rule set may leave open."""

    SHEETS_DUE = "sheets_due"
    PUBLIC_NOTICE_DAYS = "public_notice_days"
    OBJECTIONS_DECIDED_BY = "objections_decided_by"

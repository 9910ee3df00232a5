"""The values that the rule set of a round is made of.

Every value carries its clause, which is the words of a document or an assumption that says so.
Weights, shares and points are whole millionths, of the whole score unless it says otherwise.
"""

from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal

from services.evaluation.scoring.terms import (
    Cut,
    Direction,
    HonourKind,
    LastResort,
    Level,
    Matter,
    Measure,
    Missing,
    Outlier,
    Pool,
    Rounding,
    Severity,
    Shown,
)
from services.kernel.errors import Rejected
from services.kernel.policy_terms import Authority, Clause, Grade, Interpretation, UnitKind
from services.kernel.reasons import Why


@dataclass(frozen=True, slots=True)
class Rated:
    """What is rated, and which kinds of unit the register may call it."""

    level: Level
    unit_kinds: tuple[UnitKind, ...]
    clause: Clause


@dataclass(frozen=True, slots=True)
class PeerClass:
    """Units that are measured by goalposts of their own (精准分类指导)."""

    peer_class_id: str
    name_zh: str
    name_en: str
    units: tuple[str, ...]
    clause: Clause


@dataclass(frozen=True, slots=True)
class Dimension:
    """Indicators that belong together."""

    dimension_id: str
    name_zh: str
    name_en: str


@dataclass(frozen=True, slots=True)
class Goalposts:
    """The values between which an indicator counts; `peer_class` is None where for all."""

    low: Decimal
    high: Decimal
    peer_class: str | None


@dataclass(frozen=True, slots=True)
class Indicator:
    """One reported quantity; `weight` is its share of the statistics."""

    indicator_id: str
    dimension: str
    name_zh: str
    name_en: str
    unit: str
    decimals: int
    direction: Direction
    weight: int
    missing: Missing
    outlier: Outlier
    goalposts: tuple[Goalposts, ...]
    clause: Clause


@dataclass(frozen=True, slots=True)
class Shares:
    """How much of the score before bonuses comes from where."""

    statistics: int
    experts: int
    clause: Clause


@dataclass(frozen=True, slots=True)
class Criterion:
    """One thing that experts judge; `weight` is its share of their part."""

    criterion_id: str
    name_zh: str
    name_en: str
    weight: int


@dataclass(frozen=True, slots=True)
class Experts:
    """How the experts judge; points go from `lowest` to `highest`, with so many decimals."""

    criteria: tuple[Criterion, ...]
    lowest: Decimal
    highest: Decimal
    decimals: int
    minimum_sheets: int
    severity: Severity
    agreement: Measure
    clause: Clause


@dataclass(frozen=True, slots=True)
class BonusCircular:
    """Which circulars give a bonus: of the year so many before the round, for one of the items.

    Without items any item counts.
    """

    years_before: int
    items: tuple[str, ...]
    clause: Clause


@dataclass(frozen=True, slots=True)
class Bonus:
    """Points for a commendation whose circular was issued before the rule set was frozen.

    Where `circular` is None the rule set does not say of which year and item it has to be.
    """

    bonus_id: str
    name_zh: str
    name_en: str
    points: int
    circular: BonusCircular | None
    clause: Clause


@dataclass(frozen=True, slots=True)
class Bonuses:
    """All bonuses, and how much they add at most."""

    cap: int
    kinds: tuple[Bonus, ...]
    clause: Clause


@dataclass(frozen=True, slots=True)
class Veto:
    """A finding that keeps a unit from any grade better than `cap`.

    `refill` says whether the place that it had of a quota goes to the next.
    """

    veto_id: str
    text_zh: str
    text_en: str
    cap: Grade
    refill: bool
    clause: Clause


@dataclass(frozen=True, slots=True)
class Shows:
    """Who may see the grade of a unit that has it, its score and its rank."""

    grade: Shown
    score: Shown
    rank: Shown


@dataclass(frozen=True, slots=True)
class Step:
    """One grade of the scale.

    It begins at a score, or has a share of the pool (in millionths) or a number of places; the
    last grade has what is left.
    """

    grade: Grade
    name_zh: str
    at_least: int | None
    share: int | None
    places: int | None
    shows: Shows
    clause: Clause


@dataclass(frozen=True, slots=True)
class Ties:
    """What parts units of the same score: parts of the score in this order, then the last resort.

    A key is statistics, experts or bonus, a dimension, an indicator or a criterion; more is better.
    """

    keys: tuple[str, ...]
    last: LastResort
    clause: Clause


@dataclass(frozen=True, slots=True)
class Grades:
    """The scale, best first, and how it is cut; `pool` and `rounding` are those of a quota."""

    cut: Cut
    pool: Pool | None
    rounding: Rounding | None
    scale: tuple[Step, ...]
    ties: Ties
    clause: Clause


@dataclass(frozen=True, slots=True)
class Honours:
    """What the round may commend; `single_fields` are the names of such fields (单项)."""

    kinds: tuple[HonourKind, ...]
    single_fields: tuple[str, ...]
    clause: Clause


@dataclass(frozen=True, slots=True)
class Issuers:
    """Who must sign what the round publishes."""

    authorities: tuple[Authority, ...]
    clause: Clause


@dataclass(frozen=True, slots=True)
class ProvincialReview:
    """Whether a province reviews what its units report."""

    required: bool
    clause: Clause


@dataclass(frozen=True, slots=True)
class Schedule:
    """The days of the procedure; None is left open by a norm, 0 days is no public notice at all."""

    sheets_due: date | None
    public_notice_days: int | None
    objections_decided_by: Authority | None
    clause: Clause


@dataclass(frozen=True, slots=True)
class OpenNorm:
    """What the rule set leaves open; `about` is None where nothing that is computed needs it."""

    norm_id: str
    about: Matter | None
    question_zh: str
    question_en: str
    clause: Clause
    interpretation: Interpretation | None


@dataclass(frozen=True, slots=True)
class RuleSet:
    """How the units of one performance year are scored and graded; `content_hash` is its text's.

    A set that is `illustrative` is not the official one.
    """

    rule_set_id: str
    round: int
    title_zh: str
    title_en: str
    illustrative: bool
    clauses: tuple[Clause, ...]
    rated: Rated
    peer_classes: tuple[PeerClass, ...]
    dimensions: tuple[Dimension, ...]
    indicators: tuple[Indicator, ...]
    shares: Shares
    experts: Experts | None
    bonuses: Bonuses | None
    vetoes: tuple[Veto, ...]
    grades: Grades
    honours: Honours
    issuers: Issuers
    provincial_review: ProvincialReview
    schedule: Schedule
    open_norms: tuple[OpenNorm, ...]
    content_hash: str
    _class_of: dict[str, str] = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        """Look up once which unit is of which class."""
        of = {unit: one.peer_class_id for one in self.peer_classes for unit in one.units}
        object.__setattr__(self, "_class_of", of)

    def peer_class_of(self, unit_id: str) -> str:
        """The class of the unit, "" where there are no classes; Rejected where it is in none."""
        if self.peer_classes and unit_id not in self._class_of:
            raise Rejected(
                Why.UNIT_IN_NO_PEER_CLASS(unit=unit_id, rule_set=self.rule_set_id), field="unit_id"
            )
        return self._class_of.get(unit_id, "")

"""The words and values that policy documents are made of.

The vocabularies are closed: a document that uses another word does not load. Every value carries
its clause.
"""

from dataclasses import dataclass
from datetime import date
from enum import StrEnum


class Grade(StrEnum):
    """A grade of the annual evaluation (年度评估)."""

    EXCELLENT = "excellent"  # 优秀
    GOOD = "good"  # 良好
    QUALIFIED = "qualified"  # 合格
    POOR = "poor"  # 较差


class BeneficiaryClass(StrEnum):
    """Who a unit is to the documents: a national one, or supported by reference (参照享受)."""

    NATIONAL = "national"
    PROVINCIAL_BY_REFERENCE = "provincial_by_reference"
    COUNTY_BY_REFERENCE = "county_by_reference"


class Instrument(StrEnum):
    """A benefit that a document attaches to a grade."""

    INSPECTION_COMMENDATION = "inspection_commendation"  # 督查激励
    CENTRAL_BUDGET_PRIORITY = "central_budget_priority"  # 中央预算内投资
    INNOVATION_CLUSTER_SUPPORT = "innovation_cluster_support"  # 国家创新型产业集群
    DEMONSTRATION_BASE_SUPPORT = "demonstration_base_support"  # 国家新型工业化产业示范基地
    MANUFACTURING_CENTRE_SUPPORT = "manufacturing_centre_support"  # 制造业创新中心
    LAND_GUARANTEE = "land_guarantee"  # 用地保障
    PILOT_SUPPORT = "pilot_support"  # 各类试点示范和政策支持, no single instrument
    CREDIT_TILT = "credit_tilt"  # 融资倾斜


class Wording(StrEnum):
    """How strongly a document promises."""

    GUARANTEE = "guarantee"  # 保障
    INCREASE = "increase"  # 增加
    PRIORITY = "priority"  # 优先, 重点
    TILT = "tilt"  # 倾斜
    WILL_SUPPORT = "will_support"  # 将支持
    WILL_STUDY = "will_study"  # 研究


class Authority(StrEnum):
    """A body that issues documents, decides on benefits or attests preconditions."""

    NDRC = "ndrc"  # 国家发展改革委
    MOST = "most"  # 科技部
    MIIT = "miit"  # 工业和信息化部
    MNR = "mnr"  # 自然资源部
    CDB = "cdb"  # 国家开发银行
    STATE_COUNCIL = "state_council"  # 国务院


class Dimension(StrEnum):
    """A side of credit that a credit tilt favours."""

    FINANCING_TOTAL = "financing_total"  # 融资总量
    CREDIT_ACCESS = "credit_access"  # 授信准入
    GUARANTEE = "guarantee"  # 融资担保


class Unit(StrEnum):
    """What a parameter counts."""

    YEARS = "years"
    DAYS = "days"
    FEN = "fen"  # 分
    MU = "mu"  # 亩
    THOUSANDTHS = "thousandths"


class UnitKind(StrEnum):
    """What a unit is to the register; a document rates some kinds and not others."""

    ZONE = "zone"  # 示范区
    PREFECTURE_CITY = "prefecture_city"
    SEPARATELY_PLANNED_CITY = "separately_planned_city"  # 计划单列市
    DISTRICT = "district"
    PART_OF_DISTRICT = "part_of_district"
    BASE = "base"
    PROVINCIAL_ZONE = "provincial_zone"
    COUNTY_PARK = "county_park"  # 县城产业转型升级示范园区
    DEMONSTRATION_PARK = "demonstration_park"  # 示范园区
    KEY_PARK = "key_park"  # 重点园区


class Reason(StrEnum):
    """Why a cell earns nothing."""

    UNTOLD = ""  # By the first reading of documents, which gave no reason.
    STATED = "stated"  # The clause says so.
    CLASS_NOT_NAMED = "class_not_named"
    INSTRUMENT_NOT_NAMED = "instrument_not_named"
    NOT_IN_FORCE = "not_in_force"  # The clause grants it, but not on that day.
    INTERPRETED = "interpreted"  # The clause leaves it open, and the answer is: nothing.
    BY_RATING = "by_rating"  # The class earns by its ratings alone.
    DISQUALIFIED = "disqualified"  # The unit is (取消示范区资格), whatever its rating would earn.


class CellAnswer(StrEnum):
    """How an interpretation may answer a norm that leaves a whole class open."""

    AS_NATIONAL = "as_national"
    NOTHING = "nothing"


@dataclass(frozen=True, slots=True)
class Clause:
    """Words of the document and where they were read; fragments are set apart with " | ".

    In a supplement or a rule set it may be an assumption instead; "" is what it lacks.
    """

    clause_id: str
    quote: str
    source: str
    assumption: str = ""


@dataclass(frozen=True, slots=True)
class Precondition:
    """What must hold before a benefit is used, and who attests it."""

    precondition_id: str
    text_zh: str
    text_en: str
    attested_by: Authority


@dataclass(frozen=True, slots=True)
class Rule:
    """One instrument that the grades of one class earn from `valid_from` to `valid_until`.

    Both days are inclusive; None is an end that the document does not state. `dimensions` are set
    for a credit tilt and empty otherwise.
    """

    rule_id: str
    instrument: Instrument
    beneficiary_class: BeneficiaryClass
    grades: tuple[Grade, ...]
    wording: Wording
    authority: Authority
    clause: Clause
    valid_from: date
    valid_until: date | None
    preconditions: tuple[Precondition, ...]
    dimensions: tuple[Dimension, ...]


@dataclass(frozen=True, slots=True)
class Nothing:
    """These cells earn nothing, by this clause."""

    beneficiary_class: BeneficiaryClass
    grades: tuple[Grade, ...]
    clause: Clause
    reason: Reason = Reason.STATED


@dataclass(frozen=True, slots=True)
class Interpretation:
    """How an open norm was answered, by whom, in which document; it holds from `decided_on`."""

    author: str
    decided_on: date
    document: str
    answer: str


@dataclass(frozen=True, slots=True)
class OpenNorm:
    """What the document leaves open.

    With a class, all grades of the class are open, and an answer is a `CellAnswer`. With a
    parameter, its value is open, and an answer is a whole number. With neither, the norm is a
    question that people must answer and no verdict depends on it.
    """

    norm_id: str
    beneficiary_class: BeneficiaryClass | None
    parameter: str | None
    question_zh: str
    question_en: str
    clause: Clause
    interpretation: Interpretation | None


@dataclass(frozen=True, slots=True)
class DatedValue:
    """A whole number that holds from the first to the last day, both inclusive."""

    value: int
    valid_from: date
    valid_until: date | None
    clause: Clause


@dataclass(frozen=True, slots=True)
class Parameter:
    """A number of the document, by date, oldest first and without a hole."""

    name: str
    unit: Unit
    values: tuple[DatedValue, ...]


@dataclass(frozen=True, slots=True)
class Rated:
    """The kinds of unit that a document rates in the rounds it governs."""

    unit_kinds: tuple[UnitKind, ...]
    clause: Clause


@dataclass(frozen=True, slots=True)
class Scope:
    """The classes that a document names at all; the others earn nothing by it."""

    beneficiary_classes: tuple[BeneficiaryClass, ...]
    clause: Clause

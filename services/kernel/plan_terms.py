"""What a document asks of construction plans (建设方案), as values.

A supplement says it of its document, each value with its clause. What a document does not say is
absent, and a question that it leaves open is one.
"""

from dataclasses import dataclass
from enum import StrEnum

from services.kernel.policy_terms import Authority, Clause, UnitKind


class IntoForce(StrEnum):
    """How a plan that was agreed to comes into force."""

    ISSUED = "issued"  # 联合印发
    APPROVED = "approved"  # 联合批复


class SupportStart(StrEnum):
    """The step of a plan with which support starts."""

    AGREED_IN_PRINCIPLE = "agreed_in_principle"  # 原则同意
    ISSUED = "issued"
    APPROVED = "approved"


class Department(StrEnum):
    """A department of a province that signs a plan."""

    DEVELOPMENT = "provincial_development"  # 发展改革
    SCIENCE = "provincial_science"  # 科技
    INDUSTRY = "provincial_industry"  # 工业和信息化
    NATURAL_RESOURCES = "provincial_natural_resources"  # 自然资源


@dataclass(frozen=True, slots=True)
class Question:
    """What a document leaves open of plans; people must answer it."""

    norm_id: str
    question_zh: str
    question_en: str
    clause: Clause


@dataclass(frozen=True, slots=True)
class PlanWorkflow:
    """What the plans of some kinds of unit are bound by, once the document agreed to them.

    `signatories` and `recipients` are empty, and `government_clause` is None, where the document
    names none. Support starts with `support_starts` by `support_clause`, or `support_open` says
    that the document leaves that open.
    """

    workflow_id: str
    unit_kinds: tuple[UnitKind, ...]
    comes_into_force: IntoForce
    clause: Clause
    government_clause: Clause | None
    copies_clause: Clause | None
    support_starts: SupportStart | None
    support_clause: Clause | None
    support_open: Question | None
    signatories: tuple[Department, ...]
    recipients: tuple[Authority, ...]

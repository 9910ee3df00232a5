"""What a supplement is made of: answers, further open norms, streak rules, plan workflows, as data.

A supplement belongs to one document, which it never changes. Each value cites a clause of the
supplement: words of a document with their source, or an assumption that says it is one.
"""

from dataclasses import dataclass
from datetime import date
from enum import StrEnum

from services.kernel.plan_terms import PlanWorkflow, Question
from services.kernel.policy_terms import Clause, Grade, UnitKind

LONGEST_STREAK = 30  # Years; more are a slip of the pen.


class StreakKind(StrEnum):
    """What a streak of years leads to."""

    DISQUALIFICATION = "disqualification"  # 取消示范区资格
    EXPANSION = "expansion"  # 增加示范园区, 再推荐一个城市


class Counting(StrEnum):
    """Which years make a streak."""

    IN_A_ROW = "in_a_row"  # 连续
    IN_ANY_ORDER = "in_any_order"


class CarryOver(StrEnum):
    """Whether grades of a zone count for its members, from before these were rated themselves."""

    INHERIT = "inherit"
    ANEW = "anew"


class YearsCount(StrEnum):
    """Whether years that counted for a right which was used count for another one of that kind."""

    ONCE = "once"
    AGAIN = "again"


@dataclass(frozen=True, slots=True)
class NormAnswer:
    """How an open norm was answered, by whom, in which document; it holds from `decided_on`.

    Of several answers to one norm the latest holds.
    """

    norm_id: str
    author: str
    decided_on: date
    document: str
    answer: str
    clause: Clause


@dataclass(frozen=True, slots=True)
class StreakRule:
    """`years` years with one of the `grades`, within the last `within` years (None: as many).

    Where a norm leaves the number open, `years` is None and fewer than `at_least` are certainly no
    streak. `warn_at` as many years are worth a warning. `own_since` is the first year for which
    units of these kinds were rated themselves; `carry_over`, or the answer to its norm, says
    whether the grades of their zone before count. The rule holds for the rounds of its document,
    or for those of them from `rounds_from` to `rounds_until`. `years_count` says of a right that it
    gives, with a clause of its own, whether its years count again; None is open.
    """

    streak_id: str
    kind: StreakKind
    grades: tuple[Grade, ...]
    unit_kinds: tuple[UnitKind, ...]
    counting: Counting
    own_since: int
    clause: Clause
    years: int | None
    years_norm: str | None
    at_least: int | None
    within: int | None
    warn_at: int | None
    carry_over: CarryOver | None
    carry_over_norm: str | None
    rounds_from: int | None
    rounds_until: int | None
    years_count: YearsCount | None
    years_count_clause: Clause | None


@dataclass(frozen=True, slots=True)
class Supplement:
    """One supplement to the document `policy_id`."""

    supplement_id: str
    policy_id: str
    author: str
    document: str
    decided_on: date
    clauses: tuple[Clause, ...]
    interpretations: tuple[NormAnswer, ...]
    streaks: tuple[StreakRule, ...]
    plans: tuple[PlanWorkflow, ...]
    open_norms: tuple[Question, ...]
    content_hash: str

"""What happens to pools of central budget investment (中央预算内投资), as sentences for people."""

from typing import Any

from services.incentive.budget.days import occurred_on
from services.incentive.budget.decider import Event
from services.kernel.chinese import INSTRUMENTS, Sentence
from zoneledger.incentive.v1 import budget_events_pb2 as events
from zoneledger.incentive.v1.budget_events_pb2 import AllocationLine, Project, ProjectKind


def tell(event: Event) -> Sentence:
    zh, en = _said(event)
    pool = f"{event.budget_year}.{event.line_id}"
    return Sentence(
        f"{occurred_on(event)}，资金池{pool}：{zh}",
        f"On {occurred_on(event)}, in the pool {pool}: {en}",
    )


def _said(event: Any) -> tuple[str, str]:
    match event:
        case events.PoolOpened():
            zh = "（示例规则，非官方）" if event.illustrative else ""
            en = " (illustrative rules, not official)" if event.illustrative else ""
            return f"由{event.document}设立{zh}", f"opened by {event.document}{en}"
        case events.PoolAppropriated():
            return (
                f"{event.document}安排{_whole(event.amount)}",
                f"{event.document} appropriates {_whole(event.amount)}",
            )
        case events.AppropriationAmended():
            before, now = _whole(event.former), _whole(event.amount)
            return (
                f"{event.document}将额度由{before}调整为{now}：{event.reason}",
                f"{event.document} changes {before} to {now}: {event.reason}",
            )
        case _:
            return _said_of_project(event)


def _said_of_project(event: Any) -> tuple[str, str]:
    match event:
        case events.ProjectPutForward():
            return (
                f"{_project_zh(event.project)}申报",
                f"{_project_en(event.project)} was put forward",
            )
        case events.ProjectCorrected():
            return (
                f"{_project_zh(event.project)}的申报更正：{event.reason}",
                f"{_project_en(event.project)} was corrected: {event.reason}",
            )
        case events.ProjectWithdrawn():
            return (
                f"{event.unit_id}撤回{event.project_id}：{event.reason}",
                f"{event.unit_id} withdrew {event.project_id}: {event.reason}",
            )
        case _:
            return _said_of_allocation(event)


def _said_of_allocation(event: Any) -> tuple[str, str]:
    match event:
        case events.AllocationProposed():
            return (
                (
                    f"{event.proposed_by}提出第{event.step}批分配方案，"
                    f"分配{_whole(event.allocated)}，结余{_whole(event.unspent)}"
                ),
                (
                    f"{event.proposed_by} proposes step {event.step}:"
                    f" {_whole(event.allocated)} allocated, {_whole(event.unspent)} left"
                ),
            )
        case events.BudgetAllocated():
            return (
                (
                    f"{event.decided_by}依据{event.document}决定第{event.step}批分配"
                    f"{_whole(event.allocated)}，结余{_whole(event.unspent)}"
                ),
                (
                    f"{event.decided_by} decides step {event.step} by {event.document}:"
                    f" {_whole(event.allocated)} allocated, {_whole(event.unspent)} left"
                ),
            )
        case _:
            return _said_of_line(event)


def _said_of_line(event: Any) -> tuple[str, str]:
    match event:
        case events.AllocationLineReserved():
            why_zh, why_en = _why(event.line)
            return (
                (
                    f"{event.line.unit_id}的{event.line.project_id}分得"
                    f"{_whole(event.line.amount)}（{why_zh}）"
                ),
                (
                    f"{event.line.project_id} of {event.line.unit_id} has"
                    f" {_whole(event.line.amount)} ({why_en})"
                ),
            )
        case events.AllocationLineGranted():
            return (
                f"{event.document}向{event.unit_id}的{event.project_id}下达{_whole(event.amount)}",
                (
                    f"{event.document} grants {_whole(event.amount)} to {event.project_id}"
                    f" of {event.unit_id}"
                ),
            )
        case _:
            return _said_of_money(event)


def _said_of_money(event: Any) -> tuple[str, str]:
    match event:
        case events.AllocationLinePaid():
            return (
                (
                    f"{event.document}向{event.project_id}拨付{_whole(event.amount)}"
                    f"（{event.payment_id}）"
                ),
                (
                    f"{event.document} pays {_whole(event.amount)} to {event.project_id}"
                    f" ({event.payment_id})"
                ),
            )
        case events.AllocationLineReturned():
            return (
                f"{event.project_id}退回{_whole(event.amount)}：{event.reason}",
                f"{event.project_id} returns {_whole(event.amount)}: {event.reason}",
            )
        case events.AllocationLineReleased():
            return (
                f"{event.document}收回{event.project_id}的{_whole(event.amount)}：{event.reason}",
                (
                    f"{event.document} releases {_whole(event.amount)} of {event.project_id}:"
                    f" {event.reason}"
                ),
            )
        case _:
            return _said_of_sums(event)


def _said_of_sums(event: Any) -> tuple[str, str]:
    match event:
        case events.BlockSplit():
            total = sum(share.amount for share in event.shares)
            return (
                (
                    f"{event.unit_id}将切块{event.project_id}分解为{len(event.shares)}项，"
                    f"合计{_whole(total)}"
                ),
                (
                    f"{event.unit_id} splits the block {event.project_id} into"
                    f" {len(event.shares)} shares of {_whole(total)} together"
                ),
            )
        case events.PoolBalanceMoved():
            sums = event.sums
            return (
                (
                    f"安排{_whole(event.appropriated)}，已分配{_whole(sums.reserved)}，"
                    f"已下达{_whole(sums.granted)}，已拨付{_whole(sums.paid)}，"
                    f"已退回{_whole(sums.returned)}"
                ),
                (
                    f"{_whole(event.appropriated)} appropriated, {_whole(sums.reserved)} reserved,"
                    f" {_whole(sums.granted)} granted, {_whole(sums.paid)} paid,"
                    f" {_whole(sums.returned)} returned"
                ),
            )
    raise AssertionError(event)


def _why(line: AllocationLine) -> tuple[str, str]:
    """The basis of a line, and its arithmetic in short."""
    arithmetic_zh = f"权重{_whole(line.weight)}，上限{_whole(line.cap)}"
    arithmetic_en = f"weight {_whole(line.weight)}, cap {_whole(line.cap)}"
    if not line.basis.is_held:
        return arithmetic_zh, arithmetic_en
    what = line.basis.instrument
    return (
        f"凭{line.basis.round}年度的{INSTRUMENTS.get(what, what)}资格优先，{arithmetic_zh}",
        f"it comes first by {what} of {line.basis.round}, {arithmetic_en}",
    )


def _project_zh(project: Project) -> str:
    kind = "切块" if project.kind == ProjectKind.PROJECT_KIND_BLOCK else "项目"
    return f"{project.unit_id}的{kind}{project.project_id}《{project.title_zh}》"


def _project_en(project: Project) -> str:
    kind = "block" if project.kind == ProjectKind.PROJECT_KIND_BLOCK else "project"
    return f"the {kind} {project.project_id} of {project.unit_id}"


def _whole(value: int) -> str:
    return f"{value:,}"

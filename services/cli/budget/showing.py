"""Pools, projects and lines as people read them: tables with a bar for each share, and JSON."""

from collections.abc import Iterable, Sequence
from typing import Any

from services.cli import dates, naming, output, refusals
from services.cli.budget import amounts, records
from services.cli.budget.sending import Pool, raising
from services.cli.client import Clients
from services.cli.lists import Columns, show
from services.cli.records import Record
from services.cli.walking import every
from services.kernel.chinese import INSTRUMENTS, both
from zoneledger.incentive.v1 import budget_service_pb2 as messages
from zoneledger.incentive.v1.budget_events_pb2 import AllocationLine, AllocationProposed

_BAR = 24  # Characters of the longest bar.


def allocation(proposed: AllocationProposed, pool: Pool, *, is_dry: bool, as_json: bool) -> None:
    """An allocation with its arithmetic; with a bar for each line, in proportion."""
    if as_json:
        output.print_json(records.proposal(proposed) | {"dry_run": is_dry})
        return
    chosen = refusals.chosen
    what = chosen("dry run, nothing is written", "试算，未写入") if is_dry else ""
    title = f"Allocation 分配方案 {pool.year}.{pool.line}, step 第{proposed.step}批"
    headings = ("project 项目", "unit 单位", "amount 分配", "share", "cap 上限", "by 依据")
    longest = max((line.amount for line in proposed.lines), default=0)
    rows = [_line(line, pool, longest) for line in proposed.lines]
    output.console().print(output.table(title, headings, rows))
    for zh, en, value in (
        ("可分配", "available", proposed.available),
        ("分配", "allocated", proposed.allocated),
        ("结余", "unspent", proposed.unspent),
    ):
        print(f"{chosen(en, zh)}: {amounts.said(value, is_money=pool.is_money)}")
    if proposed.open_norm_ids:
        norms = ", ".join(proposed.open_norm_ids)
        print(chosen(f"left open by the rules: {norms}", f"规则未明确：{norms}"))
    print(what or f"hash: {proposed.proposal_hash}")


def _line(line: AllocationLine, pool: Pool, longest: int) -> Sequence[str]:
    said = amounts.said
    return (
        line.project_id,
        line.unit_id,
        said(line.amount, is_money=pool.is_money),
        bar(line.amount, longest),
        said(line.cap, is_money=pool.is_money),
        _why(line),
    )


def bar(amount: int, longest: int) -> str:
    """A bar from zero; what is more than nothing is seen."""
    if not amount or not longest:
        return ""
    return "█" * max(1, amount * _BAR // longest)


def _why(line: AllocationLine) -> str:
    """The arithmetic of a line in short."""
    parts = [f"weight 权重 {line.weight:,}"]
    if line.basis.is_held:
        parts.insert(0, f"{both(line.basis.instrument, INSTRUMENTS)} {line.basis.round}")
    if line.tier > 1:
        parts.append(f"tier 顺序 {line.tier}")
    if line.filled_in:
        parts.append(f"round 轮次 {line.filled_in}")
    if line.last_quotient:
        parts.append(f"quotient 商 {line.last_quotient}")
    return ", ".join(parts)


def pools(clients: Clients, year: int, line: str, days: dict[str, Any], *, as_json: bool) -> None:
    request = messages.ListPoolsRequest(budget_year=year, line_id=line, **days)
    found = map(records.pool, every(clients.budget.ListPools, request, "pools"))
    show("Pools 资金池", _POOLS, found, as_json)


def projects(  # What a list is narrowed by.
    clients: Clients, unit: str, year: int, line: str, days: dict[str, Any], *, as_json: bool
) -> None:
    parent = _parent(clients, unit)
    request = messages.ListProjectsRequest(parent=parent, budget_year=year, line_id=line, **days)
    listed = every(clients.budget.ListProjects, request, "projects")
    found = _in_account(clients, map(records.project, listed))
    show("Projects 申报项目", _PROJECTS, found, as_json)


def lines(  # What a list is narrowed by.
    clients: Clients, unit: str, year: int, line: str, days: dict[str, Any], *, as_json: bool
) -> None:
    request = messages.ListAllocationLinesRequest(
        parent=_parent(clients, unit), budget_year=year, line_id=line, **days
    )
    listed = every(clients.budget.ListAllocationLines, request, "allocation_lines")
    found = _in_account(clients, map(records.line, listed))
    show("Allocation lines 分配", _LINES, found, as_json)


def pool(clients: Clients, of: Pool, days: dict[str, Any], *, as_json: bool) -> None:
    """One pool: what it has, its lines with bars, and what is proposed now."""
    request = messages.GetPoolRequest(name=f"pools/{of.year}.{of.line}", **days)
    with raising():
        standing = clients.budget.GetPool(request).pool
    asked = messages.ListAllocationLinesRequest(budget_year=of.year, line_id=of.line, **days)
    found = every(clients.budget.ListAllocationLines, asked, "allocation_lines")
    if as_json:
        lines_ = _in_account(clients, map(records.line, found))
        told = records.pool(standing) | {"lines": lines_}
        output.print_json(told)
        return
    _print_pool(standing, of, _in_account(clients, map(records.line, found)))


def _print_pool(standing: messages.PoolStanding, of: Pool, found: Iterable[Record]) -> None:
    opened, sums = standing.opened, standing.sums
    print(f"{opened.name_zh} {opened.name_en} ({standing.name})")
    if opened.illustrative:
        print(refusals.chosen("illustrative rules, not official", "示例规则，非官方"))
    rows = [
        (what, amounts.said(value, is_money=of.is_money), bar(value, standing.appropriated))
        for what, value in (
            ("appropriated 安排", standing.appropriated),
            ("reserved 已分配", sums.reserved),
            ("granted 已下达", sums.granted),
            ("paid 已拨付", sums.paid),
            ("returned 已退回", sums.returned),
            ("available 可分配", standing.available),
        )
    ]
    output.console().print(output.table("Sums 余额", ("what", "amount 金额", ""), rows))
    show("Lines 分配", _LINES, found)
    if standing.HasField("proposal"):
        allocation(standing.proposal, of, is_dry=False, as_json=False)


def _in_account(clients: Clients, found: Iterable[Record]) -> list[Record]:
    """The records with what their pools hold: fen, or places."""
    listed = every(clients.budget.ListPools, messages.ListPoolsRequest(), "pools")
    account = {each["pool"]: each["account"] for each in map(records.pool, listed)}
    return [each | {"account": account.get(each["pool"], "fen")} for each in found]


def days(as_of: str, known_at: str) -> dict[str, Any]:
    """The two clocks of a question."""
    return {"as_of": dates.as_of(as_of), "known_at": dates.known_at(known_at)}


def _parent(clients: Clients, unit: str) -> str:
    return f"units/{naming.unit_id(clients, '--unit', unit)}" if unit else ""


def _money(record: Record, key: str) -> str:
    return amounts.said(record[key], is_money=record["account"] == "fen")


_STATUSES = {
    "put_forward": "已申报",
    "withdrawn": "已撤回",
    "allocated": "已列入分配",
    "empty": "无额度",
    "reserved": "已分配",
    "granted": "已下达",
    "paid": "已拨付",
}
_POOLS: Columns = (
    ("pool 资金池", lambda r: r["pool"]),
    ("name 名称", lambda r: r["name_zh"]),
    ("appropriated 安排", lambda r: _money(r, "appropriated")),
    ("reserved 已分配", lambda r: _money(r, "reserved")),
    ("granted 已下达", lambda r: _money(r, "granted")),
    ("paid 已拨付", lambda r: _money(r, "paid")),
    ("returned 已退回", lambda r: _money(r, "returned")),
    ("available 可分配", lambda r: _money(r, "available")),
)
_PROJECTS: Columns = (
    ("pool 资金池", lambda r: r["pool"]),
    ("project 项目", lambda r: r["project_id"]),
    ("unit 单位", lambda r: r["unit_id"]),
    ("code 代码", lambda r: r["project_code"]),
    ("title 名称", lambda r: r["title_zh"]),
    ("requested 申请", lambda r: _money(r, "requested")),
    ("status 状态", lambda r: both(r["status"], _STATUSES)),
)
_LINES: Columns = (
    ("pool 资金池", lambda r: r["pool"]),
    ("project 项目", lambda r: r["project_id"]),
    ("unit 单位", lambda r: r["unit_id"]),
    ("amount 分配", lambda r: _money(r, "amount")),
    ("granted 已下达", lambda r: _money(r, "granted")),
    ("paid 已拨付", lambda r: _money(r, "paid")),
    ("returned 已退回", lambda r: _money(r, "returned")),
    ("status 状态", lambda r: both(r["status"], _STATUSES)),
    ("for review 待复核", lambda r: r["basis_withdrawn_reason"] or ""),
)

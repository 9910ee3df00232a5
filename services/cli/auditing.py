"""The audit of a data folder: straight from its files, without asking the services.

It reads each log as it was at one moment, also while the folder is served. Whatever another process
has decided but not yet passed on at that moment is no finding.
"""

import asyncio
from collections.abc import Mapping, Sequence
from contextlib import AsyncExitStack
from pathlib import Path

from services.cli import output
from services.runtime import tls
from services.runtime.audit import Report, audit
from services.runtime.audit_reactions import audit_reactions
from services.runtime.folder import log_file, undisturbed
from services.runtime.remote_log import RemoteLog
from services.runtime.service import SERVICES, Service, load
from services.runtime.settings import settings
from services.runtime.store import Log
from services.runtime.store.sqlite import SqliteStore

SAME, DIFFERENT = 0, 1


def run(place: Path | Mapping[str, str]) -> list[Report]:
    """Audit every log of a folder, or behind servers; `ZoneledgerError` where it cannot be done."""
    if isinstance(place, Mapping):
        return asyncio.run(_run_remote(place, settings().tls))
    return asyncio.run(_run(place))


def verdict(reports: Sequence[Report]) -> int:
    """The exit code that the reports come to."""
    return DIFFERENT if any(each.findings or each.waiting for each in reports) else SAME


def show(reports: Sequence[Report], *, as_json: bool) -> None:
    """Print the reports and every finding."""
    if as_json:
        output.print_json(told(reports))
        return
    rows = [
        [each.service, f"{each.decisions:,}", f"{each.events:,}", f"{each.reactions:,}", each.root]
        for each in reports
    ]
    headings = ["log", "decided again", "events", "reactions", "Merkle root 根哈希"]
    console = output.console()
    console.print(output.table("Audit 审计", headings, rows))
    for finding in (each for report in reports for each in [*report.findings, *report.waiting]):
        place = f"{finding.service} {finding.position or ''} {finding.decision_id}".rstrip()
        console.print(f"{place}: {finding.what}", markup=False, soft_wrap=True)
    console.print(_verdict_in_words(reports), markup=False)


def _verdict_in_words(reports: Sequence[Report]) -> str:
    findings = sum(len(report.findings) for report in reports)
    waiting = sum(len(report.waiting) for report in reports)
    if findings:
        return f"{findings} differences 发现{findings}处不一致"
    if waiting:
        return (
            f"{waiting} streams wait 有{waiting}个事件流等待处理: what was decided comes out as"
            " recorded, what should follow is missing"
        )
    return "the same 一致: every decision comes out as recorded"


def told(reports: Sequence[Report]) -> dict[str, object]:
    """The reports as JSON."""
    return {
        "verdict": _word(reports),
        "logs": [
            {
                "service": each.service,
                "decisions": each.decisions,
                "events": each.events,
                "reactions": each.reactions,
                "root": each.root,
                "findings": [finding._asdict() for finding in each.findings],
                "waiting": [finding._asdict() for finding in each.waiting],
            }
            for each in reports
        ],
    }


def _word(reports: Sequence[Report]) -> str:
    if any(each.findings for each in reports):
        return "different"
    return "waiting" if any(each.waiting for each in reports) else "same"


async def _run(folder: Path) -> list[Report]:
    services = list(map(load, SERVICES))
    async with AsyncExitStack() as stack:
        stack.enter_context(undisturbed(folder))
        stores: dict[str, Log] = {}
        # Whoever listens is opened first, so that all it has heard is in the logs opened later.
        for service in sorted(services, key=lambda each: not each.listens_to):
            store = SqliteStore(log_file(folder, service.name), read_only=True)
            stack.push_async_callback(store.close)
            stores[service.name] = store
        return [await _audit_one(service, stores) for service in services]


async def _run_remote(servers: Mapping[str, str], keys: Path | None) -> list[Report]:
    async with AsyncExitStack() as stack:
        logs: dict[str, Log] = {}
        for name in SERVICES:
            channel = tls.aio_channel(servers.get(name, ""), keys)
            stack.push_async_callback(channel.close)
            logs[name] = RemoteLog(name, channel)
        return [await _audit_one(load(name), logs) for name in SERVICES]


async def _audit_one(service: Service, stores: Mapping[str, Log]) -> Report:
    store = stores[service.name]
    total = (await store.frontier()).size
    with output.progress() as bars:
        bar = bars.add_task(service.name, total=total)
        report = await audit(service, store, lambda done: bars.update(bar, completed=done))
    await audit_reactions(service, store, stores, report)
    return report

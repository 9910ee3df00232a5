"""Every event that was heard led to exactly the decisions that follow from it.

The names of reactions are derived, so each is looked up under the only name it can have. A reaction
that left no row must change nothing where its stream stands today. Decisions that name a cause and
follow from nothing are counted, and then looked for one by one.
"""

from collections.abc import AsyncIterator, Mapping
from contextlib import suppress
from typing import NamedTuple

from google.protobuf.message import DecodeError, Message

from services.kernel.adoption import ADOPTION
from services.kernel.adoption import STREAM as POLICIES
from services.kernel.decision import reaction_id, unpack, vocabulary
from services.kernel.errors import CorruptHistory
from services.kernel.passing_over import PASSING_OVER, stream_of
from services.runtime.audit import Finding, Report
from services.runtime.handler import Sitting
from services.runtime.reactor import Notice, notices, reaction_name, request_of
from services.runtime.replay import ROWS_AT_ONCE
from services.runtime.service import Service
from services.runtime.store import Log, Parked, Row
from services.runtime.tracing import trace_in
from zoneledger.ledger.v1.decision_pb2 import Decision


async def audit_reactions(
    service: Service, store: Log, sources: Mapping[str, Log], report: Report
) -> None:
    """Add to `report` what is missing or different between `store` and what it has heard."""
    # First how far it has heard: what is parked from here on lies behind that.
    cursors = {source: await store.cursor(source) for source in service.listens_to}
    everything_parked = await store.parked()
    waiting = {(each.source, each.stream): each.version for each in everything_parked}
    for parked in everything_parked:
        report.waiting.append(await _told_waiting(service, parked, sources))
    sitting = Sitting(service, store, {}, careful=True)
    for source in service.listens_to:
        async for notice in _heard(sources[source], cursors[source]):
            if notice.version <= waiting.get((source, notice.stream), notice.version):
                await _follow(_Heard(service, store, sitting, report), source, notice)
    if report.reactions != report.caused:
        await _find_strays(service, store, sources, report)


async def _told_waiting(service: Service, parked: Parked, sources: Mapping[str, Log]) -> Finding:
    """What waits, since when and why: the decisions that follow from it are missing."""
    rows = await sources[parked.source].stream(parked.stream, parked.version)
    count = sum(1 for notice in notices(rows) if notice.version > parked.version)
    what = (
        f"waits: {parked.stream} of {parked.source} behind version {parked.version}"
        f" ({count} events), because {parked.reason}"
    )
    return Finding(service.name, 0, "", what)


async def _heard(source: Log, until: int) -> AsyncIterator[Notice]:
    position = 0
    while rows := await source.read(position, ROWS_AT_ONCE):
        for row in rows:
            if row.position <= until:
                with suppress(DecodeError):  # The audit of that log reports what cannot be read.
                    for notice in notices([row]):
                        yield notice
        position = rows[-1].position


class _Heard(NamedTuple):
    """A service that heard things, and what is found of it."""

    service: Service
    store: Log
    sitting: Sitting
    report: Report


async def _follow(heard: _Heard, source: str, notice: Notice) -> None:
    """Look for what must have followed from one event, unless somebody passed over it."""
    try:
        missing = await _missing(heard, notice)
    except Exception as fault:  # noqa: BLE001  # A forged row may break any rule; go on.
        missing = [f"what follows from event {notice.event_id} cannot be told: {fault}"]
    if missing and not await _was_passed_over(heard.sitting, source, notice):
        for what in missing:
            heard.report.find(None, what)


async def _missing(heard: _Heard, notice: Notice) -> list[str]:
    """What should have followed from an event and did not; what did follow is compared."""
    service, store, sitting, report = heard
    missing = []
    for command in await _commands(service, sitting, notice):
        row = await store.find(reaction_id(notice.event_id, reaction_name(service, command)))
        if row is not None:
            report.reactions += 1
            _compare(row, command, notice, service, report)
        elif not await _changes_nothing(service, sitting, command):
            missing.append(f"{_told(command)} should follow from event {notice.event_id}")
    return missing


async def _was_passed_over(sitting: Sitting, source: str, notice: Notice) -> bool:
    passed: frozenset[int] = await sitting.state(PASSING_OVER, stream_of(source, notice.stream))
    return notice.version in passed


async def _commands(service: Service, sitting: Sitting, notice: Notice) -> list[Message]:
    policies = await sitting.state(ADOPTION, POLICIES)
    return list(service.react(unpack(notice.event, vocabulary(service.heard)), policies))


def _compare(row: Row, command: Message, notice: Notice, service: Service, report: Report) -> None:
    decision, request = Decision.FromString(row.data), request_of(command, notice, service)
    says = {
        "causation_id": (request.causation_id, decision.causation_id),
        "actor": (request.actor, decision.actor),
        "correlation_id": (request.correlation_id, decision.correlation_id),
        # The part of the trace that answered it is its own; the trace is the story's.
        "traceparent": (trace_in(notice.traceparent), trace_in(decision.traceparent)),
    }
    for name, (due, is_) in says.items():
        if due != is_:
            report.find(row, f"by event {notice.event_id} its {name} is {due}, it says {is_}")
    if unpack(decision.command, service.commands) != command:
        report.find(row, f"event {notice.event_id} leads to {_told(command)}, which is not this")


async def _changes_nothing(service: Service, sitting: Sitting, command: Message) -> bool:
    decider = service.decider_of[type(command)]
    state = await sitting.state(decider, decider.stream(command))
    return not list(decider.decide(command, state))


async def _find_strays(
    service: Service, store: Log, sources: Mapping[str, Log], report: Report
) -> None:
    """Name the decisions whose cause is in no log that was heard, or leads elsewhere."""
    position = 0
    while rows := await store.read(position, ROWS_AT_ONCE):
        for row in rows:
            with suppress(DecodeError, CorruptHistory):  # The audit of this log reports those.
                decision = Decision.FromString(row.data)
                if decision.causation_id and not await _has_cause(service, decision, sources):
                    report.find(row, f"its cause {decision.causation_id} does not lead to it")
        position = rows[-1].position


async def _has_cause(service: Service, decision: Decision, sources: Mapping[str, Log]) -> bool:
    cause = decision.causation_id.rpartition(".")[0]
    command = unpack(decision.command, service.commands)
    name = reaction_id(decision.causation_id, reaction_name(service, command))
    found = [await sources[source].find(cause) for source in service.listens_to]
    return name == decision.decision_id and any(found)


def _told(command: Message) -> str:
    return f"{command.DESCRIPTOR.name}({' '.join(str(command).split())[:300]})"

"""A log as it would be if the events that an agency may not see had never been.

What the table gives an agency is read off its text, and who may see an event off the event, both in
the plainest way and by nothing that the services themselves use. The places stay, so that positions
can be compared: where all of a decision is hidden, an empty one stands.
"""

from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from pathlib import Path
from typing import Any, NamedTuple

from google.protobuf.any_pb2 import Any as Packed
from google.protobuf.message import Message

from services.kernel.access_text import parse
from services.kernel.decision import pack, unpack
from services.kernel.merkle import Frontier
from services.runtime import clock, rpc
from services.runtime.folder import log_file
from services.runtime.gate import Caller, Context, Gate, Question
from services.runtime.handler import Handler
from services.runtime.ledger import Ledger
from services.runtime.replica import Elsewhere
from services.runtime.service import SERVICES, Service, load
from services.runtime.store import Parked, Row
from services.runtime.store.sqlite import SqliteStore
from tests.surface.agencies import Table
from tests.surface.served import LOOPBACK
from zoneledger.ledger.v1.decision_pb2 import Decision

PUBLIC, SUBJECT, INTERNAL = 1, 2, 3
_LEVELS = {"public": PUBLIC, "subject": SUBJECT, "internal": INTERNAL}
_WAS = "former"  # What a correction corrected: told to those only who might see it.
_OF_EVERYBODY = {
    "UnitRegistered",
    "UnitAmended",
    "HonourAwarded",
    "PolicyAdopted",
    "SupplementAdopted",
    "PlanAgreedInPrinciple",
    "PlanIssued",
    "PlanApproved",
    "PlanCopied",
    "PlanAmended",
    "PlanSuperseded",
    "CircularRecorded",
    "CircularAmended",
    "CircularWithdrawn",
    "RoundOpened",
    "UnitAdmitted",
    "UnitDismissed",
    "CollectionClosed",
    "NoticeOpened",
    "RoundPublished",
    "RoundClosed",
    "RoundAbandoned",
    "PoolOpened",
    "PoolAppropriated",
    "AppropriationAmended",
    "BudgetAllocated",
}
_OF_THE_UNIT = {
    "PlanDrafted",
    "PlanRecommended",
    "PlanAssessed",
    "PlanRevised",
    "ObservationsReported",
    "BonusRecognised",
    "BonusWithdrawn",
    "ObjectionLodged",
    "ObjectionDecided",
    "ProposalTold",
    "PoolBalanceMoved",
    "ProjectPutForward",
    "ProjectCorrected",
    "ProjectWithdrawn",
}
_RESULTS = {"ResultPublished", "ResultCorrected"}
_HOW_IT_CAME = ("grade_by_cut", "veto_ids", "is_refill")


class Sees(NamedTuple):
    """What an agency sees by its first grant."""

    agency: str
    level: int
    units: frozenset[str] | None
    own: frozenset[str]

    @staticmethod
    def of(table: Table, agency: str) -> "Sees":
        [record] = [each for each in table["agencies"] if each["agency_id"] == agency]
        grant = record["grants"][0]
        units = None if grant["units"] == "all" else frozenset(grant["units"])
        return Sees(agency, _LEVELS[grant["sees"]], units, frozenset(grant.get("own", ())))

    @staticmethod
    def by_its_first_grant(table: Table, agency: str, method: str) -> bool:
        """Whether no later grant of the agency says something else of a method."""
        [record] = [each for each in table["agencies"] if each["agency_id"] == agency]
        groups = {each["group_id"]: each["methods"] for each in table["groups"]}
        named = [name for grant in record["grants"][1:] for name in grant["methods"]]
        return method not in {each for name in named for each in groups.get(name, [name])}

    def event(self, event: Message) -> bool:
        """Whether it may see the event."""
        return self.level_for(unit_of(event), level_of(event))

    def level_for(self, unit: str, level: int) -> bool:
        """Whether it sees what is told to this level of a unit, or of none, of all units."""
        if unit and self.units is not None and unit not in self.units:
            return False
        is_told = unit in self.own if unit else bool(self.own)
        return level <= self.level or (is_told and level <= SUBJECT)


def level_of(event: Any) -> int:
    """Who may see an event: it says so itself, or its kind does."""
    if event.DESCRIPTOR.name in _OF_EVERYBODY:
        return PUBLIC
    if event.DESCRIPTOR.name in _OF_THE_UNIT:
        return SUBJECT
    if event.DESCRIPTOR.name == "PlanStepCorrected":
        return level_of(getattr(event, event.WhichOneof("told")))
    if event.DESCRIPTOR.name in _RESULTS:
        return int(event.standing.grade_visibility)
    if event.DESCRIPTOR.name == "AllocationLineReserved":
        basis = event.line.basis
        return max(SUBJECT, int(basis.visibility)) if basis.is_held else SUBJECT
    if event.DESCRIPTOR.file.name.endswith("/budget_events.proto"):
        return int(getattr(event, "visibility", INTERNAL))
    said = [
        _said(inner)
        for inner in (event, *(value for field, value in event.ListFields() if field.name != _WAS))
        if isinstance(inner, Message) and "visibility" in inner.DESCRIPTOR.fields_by_name
    ]
    return max(said, default=INTERNAL)


def _said(message: Any) -> int:
    """By reference (round 0) everybody may see it; who says nothing keeps it inside."""
    is_by_reference = getattr(message, "round", None) == 0
    return PUBLIC if is_by_reference else message.visibility or INTERNAL


def unit_of(event: Any) -> str:
    """The unit that an event is about; empty for a document or a table."""
    for inner in (event, *(value for _, value in event.ListFields())):
        if isinstance(inner, Message) and "unit_id" in inner.DESCRIPTOR.fields_by_name:
            return str(getattr(inner, "unit_id"))  # noqa: B009  # Its type does not say so.
    return ""


def events_of(row: Row, service: Service) -> list[Message]:
    decision = Decision.FromString(row.data)
    return [unpack(each, service.events) for each in decision.events]


class Redacted(SqliteStore):
    """A log without what `sees` does not see; `source_of` says the service of a heard one."""

    def __init__(self, folder: Path, service: Service, sees: Sees) -> None:
        super().__init__(log_file(folder, service.name), read_only=True)
        self._folder, self._service = folder, service
        self._sees, self._sees_level = sees.event, sees.level_for

    async def read(self, after: int, limit: int) -> list[Row]:
        return list(map(self._without, await super().read(after, limit)))

    async def at(self, positions: Sequence[int]) -> list[Row]:
        return list(map(self._without, await super().at(positions)))

    async def find(self, decision_id: str) -> Row | None:
        row = await super().find(decision_id)
        if row is None or not any(map(self._sees, events_of(row, self._service))):
            return None
        return self._without(row)

    async def stream(self, name: str, after: int = 0) -> list[Row]:
        return list(map(self._without, await super().stream(name, after)))

    async def parked(self) -> list[Parked]:
        return [each for each in await super().parked() if await self._waits_for_it(each)]

    async def frontier(self) -> Frontier:
        return await super().frontier()

    async def _waits_for_it(self, parked: Parked) -> bool:
        """Whether an event waits that may be seen."""
        source = load(parked.source)
        log = SqliteStore(log_file(self._folder, source.name), read_only=True)
        waiting = await log.stream(parked.stream, parked.version)
        await log.close()
        return any(self._sees(event) for row in waiting for event in events_of(row, source))

    def _without(self, row: Row) -> Row:
        decision = Decision.FromString(row.data)
        events = [self._shown(e) for e in decision.events if self._sees(self._event(e))]
        if events == list(decision.events):
            return row
        bare = Decision(recorded_at=decision.recorded_at)
        if events:
            bare.CopyFrom(decision)
            del bare.events[:]
            bare.events.extend(events)
        return row._replace(data=bare.SerializeToString())

    def _event(self, packed: Packed) -> Message:
        return unpack(packed, self._service.events)

    def _shown(self, packed: Packed) -> Packed:
        """The event without what it corrected, and a result without score and rank, where those
        may not be seen.
        """
        event: Any = self._event(packed)
        if event.DESCRIPTOR.name in (*_RESULTS, "ProposalTold"):
            return self._result(event)
        if event.DESCRIPTOR.name != "RatingCorrected" or self._sees_level(
            unit_of(event), _said(event.former)
        ):
            return packed
        event.ClearField(_WAS)
        return pack(event)

    def _result(self, event: Any) -> Packed:
        unit = event.standing.unit_id
        if self._sees_level(unit, INTERNAL):
            return pack(event)
        is_result = event.DESCRIPTOR.name in _RESULTS
        if is_result and not self._sees_level(unit, event.standing.score_visibility):
            event.ClearField("score")
        if event.DESCRIPTOR.name == "ResultCorrected":
            event.ClearField("grade_by_rules")
            event.ClearField("results_hash")
            if self._sees_level(unit, event.former.grade_visibility):
                self._hide(event.former)
            else:
                event.ClearField(_WAS)
        self._hide(event.standing)
        return pack(event)

    def _hide(self, placing: Any) -> None:
        hidden = [*_HOW_IT_CAME]
        if not self._sees_level(placing.unit_id, placing.score_visibility):
            hidden.append("score_micro")
        if not self._sees_level(placing.unit_id, placing.rank_visibility):
            hidden += ["rank", "rank_in_class"]
        for field in hidden:
            placing.ClearField(field)


class As(Gate):
    """Whoever calls is one agency, as on a port that other machines reach."""

    is_open = False

    def __init__(self, agency: str, text: str) -> None:
        super().__init__()
        self._agency, self._table = agency, parse(text, "table")

    def admit(
        self, method: str, context: Context, ledger: Ledger, asked: Callable[[], Question]
    ) -> Caller:
        return Caller(self._table.viewer(self._agency, method, clock.today()))


@asynccontextmanager
async def redacted(folder: Path, sees: Sees, text: str) -> AsyncIterator[str]:
    """The address at which the agency is answered from logs that never held what is hidden."""
    async with AsyncExitStack() as stack:
        stores = {}
        for name in SERVICES:
            stores[name] = Redacted(folder, load(name), sees)
            stack.push_async_callback(stores[name].close)
        ledgers = [
            Ledger(load(name), store, Handler(load(name), store), Elsewhere(), sources=stores)
            for name, store in stores.items()
        ]
        parts = rpc.Parts(gate=As(sees.agency, text))
        server, port = await rpc.start(LOOPBACK, ledgers, parts)
        stack.push_async_callback(server.stop, None)
        yield f"127.0.0.1:{port}"

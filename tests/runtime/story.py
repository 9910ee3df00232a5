"""The smallest true story: a document is adopted, a unit registered, rated, and rated rightly."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

from google.protobuf.message import Message

from services.kernel.adoption import reference
from services.kernel.decision import unpack
from services.kernel.policy_text import parse
from services.runtime.bus.local import Listener
from services.runtime.handler import Handler, request
from services.runtime.reactor import Reactor
from services.runtime.service import Service
from services.runtime.store import Row
from services.runtime.store.sqlite import SqliteStore
from tests.runtime.logs import decoded
from zoneledger.evaluation.v1.commands_pb2 import CorrectRating, PublishRating, RegisterUnit
from zoneledger.evaluation.v1.events_pb2 import (
    BeneficiaryClass,
    Grade,
    Rating,
    Unit,
    UnitKind,
)
from zoneledger.ledger.v1.decision_pb2 import Decision
from zoneledger.ledger.v1.policy_pb2 import AdoptPolicy
from zoneledger.ledger.v1.visibility_pb2 import Visibility

EXCELLENT, GOOD = Grade.GRADE_EXCELLENT, Grade.GRADE_GOOD
NOTICE_ID = "2021-866"
EARNED_BY_EXCELLENT = 6

_FOLDER = Path(__file__).parents[2] / "policies"
_NOTICE_TEXT = (_FOLDER / f"{NOTICE_ID}.yaml").read_text("utf-8")
_NOTICE = reference(parse(_NOTICE_TEXT, NOTICE_ID))
_OTHER_ID = "2019-zone-notice"
_OTHER_TEXT = (_FOLDER / f"{_OTHER_ID}.yaml").read_text("utf-8")

ADOPT_NOTICE = AdoptPolicy(policy_id=NOTICE_ID, text=_NOTICE_TEXT)
ADOPT_OTHER = AdoptPolicy(policy_id=_OTHER_ID, text=_OTHER_TEXT)

_NAMES = {"xiangtan": "湘潭"}


def unit(unit_id: str, name_zh: str = "") -> Unit:
    """A city; where it is not called something it bears its id, as no two of them have one name."""
    return Unit(
        unit_id=unit_id,
        name_zh=name_zh or _NAMES.get(unit_id, unit_id),
        kind=UnitKind.UNIT_KIND_PREFECTURE_CITY,
        beneficiary_class=BeneficiaryClass.BENEFICIARY_CLASS_NATIONAL,
    )


def rating(unit_id: str, grade: Grade.ValueType = EXCELLENT, round_: int = 2020) -> Rating:
    return Rating(
        unit_id=unit_id,
        round=round_,
        grade=grade,
        published_on="2021-06-21",
        document=NOTICE_ID,
        visibility=Visibility.VISIBILITY_PUBLIC,
        policy=_NOTICE,
    )


def register(unit_id: str, name_zh: str = "") -> RegisterUnit:
    return RegisterUnit(unit=unit(unit_id, name_zh))


def publish(unit_id: str, grade: Grade.ValueType = EXCELLENT, round_: int = 2020) -> PublishRating:
    return PublishRating(rating=rating(unit_id, grade, round_))


def correct(unit_id: str, grade: Grade.ValueType) -> CorrectRating:
    return CorrectRating(
        rating=rating(unit_id, grade),
        corrected_on="2021-07-01",
        document=NOTICE_ID,
        reason="a figure was misread",
    )


@asynccontextmanager
async def listening(service: Service, folder: Path) -> AsyncIterator[Listener]:
    """The service at work on its log in `folder`."""
    store = _log(service, folder)
    try:
        handler = Handler(service, store)
        yield Listener(service, store, handler, Reactor(service, store, handler))
    finally:
        await store.close()


def _log(service: Service, folder: Path) -> SqliteStore:
    folder.mkdir(exist_ok=True)
    return SqliteStore(folder / f"{service.name}.sqlite")


async def tell(listener: Listener, *commands: Message) -> list[Decision]:
    """What the service decided on `commands`, one batch."""
    return await listener.handler.handle([request(command, "test") for command in commands])


async def rows(listener: Listener) -> list[Row]:
    """The service's log."""
    return await listener.store.read(0, 1_000_000)


async def answers(listener: Listener, stream: str = "") -> list[tuple[str, str]]:
    """Each decision of the log, or of one stream: the event that it answers and its own id."""
    return [
        (each.causation_id, each.decision_id)
        for each in decoded(await rows(listener))
        if not stream or each.stream == stream
    ]


async def happened(listener: Listener, stream: str) -> list[str]:
    """The names of what happened on a stream, in order."""
    known = listener.service.events
    return [
        unpack(event, known).DESCRIPTOR.name
        for each in decoded(await listener.store.stream(stream))
        for event in each.events
    ]


def entitlements(unit_id: str) -> str:
    return f"entitlements-{unit_id}-2020"


def credit(unit_id: str) -> str:
    return f"credit-{unit_id}-2020"

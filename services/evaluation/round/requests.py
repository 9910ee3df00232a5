"""What the fields of a round's commands must look like; no rule of a round is here."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any, NamedTuple, TypeVar

from google.protobuf.message import Message

from services.evaluation.scoring.exact import scaled
from services.kernel.errors import Fault, Malformed, Violation
from services.kernel.reasons import Why
from services.kernel.sealing import SALT
from services.kernel.viewer import Viewer
from services.runtime import clock, fields
from zoneledger.evaluation.v1.events_pb2 import Grade
from zoneledger.evaluation.v1.round_commands_pb2 import SignResults, TakeBackSignature
from zoneledger.evaluation.v1.round_events_pb2 import ReviewOutcome
from zoneledger.ledger.v1.visibility_pb2 import Visibility

_MOST_IN_ONE = 5_000  # Observations of a unit, units of a sheet.


Entered = TypeVar("Entered", SignResults, TakeBackSignature)


class Form(NamedTuple):
    """How a command is filled in: its fields, the field of its day, and the lists within it."""

    fields: fields.Table
    day: str
    lists: Mapping[str, "Form | fields.Rule"] = {}


def faults(commands: Iterable[Message], form: Form) -> list[Fault]:
    """Everything that is wrong with how the commands are filled in."""
    today = clock.today()
    return [
        Fault(index, field, what)
        for index, command in enumerate(commands)
        for field, what in _faults(command, form, today)
    ]


def _faults(command: Any, form: Form, today: str) -> Iterable[tuple[str, str]]:
    days: fields.Table = {form.day: fields.day_by(today)} if form.day else {}
    for field, rule in (*form.fields.items(), *days.items()):
        if what := rule(getattr(command, field)):
            yield field, what
    for field, inner in form.lists.items():
        items: Sequence[Any] = getattr(command, field)
        if len(items) > _MOST_IN_ONE:
            yield field, Why.TOO_MANY(count=len(items), limit=_MOST_IN_ONE)
            continue
        for index, item in enumerate(items):
            yield from _inner_faults(f"{field}[{index}]", item, inner, today)


def _inner_faults(
    field: str, item: Any, inner: Form | Callable[[Any], str], today: str
) -> Iterable[tuple[str, str]]:
    if isinstance(inner, Form):
        yield from ((f"{field}.{name}", what) for name, what in _faults(item, inner, today))
    elif what := inner(item):
        yield field, what


def signer_faults(signature: SignResults, agency: str) -> list[Fault]:
    """An issuer signs for itself; whoever else enters its signature names what it signed."""
    if agency == signature.issuer or signature.document:
        return []
    return [Fault(0, "issuer", Why.SIGNS_FOR_ANOTHER(agency=agency, issuer=signature.issuer))]


def must_be_own(assessor_id: str, viewer: Viewer) -> None:
    """Who does not see everything seals and opens its own sheet, and hears of no other.

    It is said before anything is looked up: how far the sheet of another has come is not told.
    """
    if not viewer.sees_everything and viewer.agency != assessor_id:
        why = Why.SHEET_OF_ANOTHER(agency=viewer.agency, assessor=assessor_id[:70])
        raise Malformed(Violation("sheet.assessor_id", why))


def own_faults(taken_back: TakeBackSignature, agency: str) -> list[Fault]:
    """A signature is taken back by the issuer in whose name it was entered, and by nobody else."""
    if agency == taken_back.issuer:
        return []
    return [Fault(0, "issuer", Why.NOT_ITS_SIGNATURE(agency=agency, issuer=taken_back.issuer))]


def entered(signature: Entered, agency: str) -> Entered:
    """The signature, or that it is taken back, with whoever enters it."""
    told = type(signature)()
    told.CopyFrom(signature)
    told.entered_by = agency
    return told


def _hexadecimal(value: str) -> str:
    return "" if SALT.fullmatch(value) else Why.NOT_A_HASH(value=value[:70])


def _decimal(value: str) -> str:
    """A decimal as it is reported; how many places it may have is for the rule set."""
    if not value or scaled(value, _MOST_DECIMALS) is not None:
        return ""
    return Why.NOT_A_DECIMAL(value=value[:40], decimals=_MOST_DECIMALS)


_MOST_DECIMALS = 18
_ROUND: fields.Table = {"round": fields.year}
_UNIT: fields.Table = {**_ROUND, "unit_id": fields.identifier}
_ASSESSOR: fields.Table = {**_ROUND, "assessor_id": fields.identifier}
_BASIS: fields.Table = {"document": fields.text, "reason": fields.text}

OPENING = Form({**_ROUND, "document": fields.text}, "opened_on")
FREEZE = Form(
    {**_ROUND, "text": fields.document, "visibility": fields.one_of(Visibility)}, "frozen_on"
)
INTERPRETATION = Form(
    {
        **_ROUND,
        "matter": fields.text,
        "answer": fields.text,
        "decided_by": fields.text,
        "document": fields.text,
    },
    "interpreted_on",
)
ABANDONMENT = Form({**_ROUND, **_BASIS}, "abandoned_on")
TAKING_BACK = Form({**_ROUND, "issuer": fields.text, "reason": fields.text}, "taken_back_on")
ADMISSION = Form({**_UNIT, "province": fields.optional_text}, "admitted_on")
DISMISSAL = Form({**_UNIT, "reason": fields.text}, "dismissed_on")
_OBSERVATION = Form(
    {
        "indicator_id": fields.identifier,
        "value": _decimal,
        "missing_reason": fields.optional_text,
        "as_of": fields.optional(fields.day),
        "source": fields.optional_text,
    },
    "",
)
REPORT = Form(_UNIT, "reported_on", {"observations": _OBSERVATION})
COLLECTION = Form(_ROUND, "closed_on")
REVIEW = Form(
    {
        **_ROUND,
        "province": fields.text,
        "outcome": fields.one_of(ReviewOutcome),
        "document": fields.text,
        "note": fields.optional_text,
    },
    "reviewed_on",
)
APPOINTMENT = Form(
    {**_ASSESSOR, "document": fields.optional_text, "reason": fields.optional_text},
    "appointed_on",
    {"conflicts": fields.identifier},
)
EXPERT_DISMISSAL = Form({**_ASSESSOR, **_BASIS}, "dismissed_on")
SEALING = Form({**_ASSESSOR, "commitment": _hexadecimal}, "sealed_on")
_POINTS = Form({"criterion_id": fields.identifier, "points": _decimal}, "")
_SHEET = Form(
    {"assessor_id": fields.identifier, "unit_id": fields.identifier}, "", {"points": _POINTS}
)
OPENING_OF_SHEET = Form({**_ASSESSOR, "salt": _hexadecimal}, "opened_on", {"sheets": _SHEET})
ASSESSMENT = Form(_ROUND, "assessed_on")
BONUS = Form(
    {**_UNIT, "bonus_id": fields.identifier, "circular_id": fields.identifier}, "recognised_on"
)
BONUS_WITHDRAWAL = Form({**_UNIT, "bonus_id": fields.identifier, **_BASIS}, "withdrawn_on")
PROPOSAL = Form(_ROUND, "proposed_on")
VETO = Form({**_UNIT, "veto_id": fields.identifier, **_BASIS}, "vetoed_on")
LIFTING = Form({**_UNIT, "veto_id": fields.identifier, **_BASIS}, "lifted_on")
NOTICE = Form({**_ROUND, "document": fields.text}, "opened_on")
OBJECTION = Form(
    {
        **_UNIT,
        "objection_id": fields.identifier,
        "lodged_by": fields.text,
        "text": fields.text,
    },
    "lodged_on",
)
DECISION = Form(
    {
        **_ROUND,
        "objection_id": fields.identifier,
        "unit_id": fields.optional(fields.identifier),
        "decided_by": fields.text,
        **_BASIS,
        "remedy": fields.optional_text,
    },
    "decided_on",
    {"admitted": fields.identifier},
)
SIGNATURE = Form(
    {
        **_ROUND,
        "issuer": fields.text,
        "results_hash": _hexadecimal,
        "document": fields.optional_text,
    },
    "signed_on",
)
PUBLICATION = Form(
    {**_ROUND, "document": fields.text, "results_hash": _hexadecimal}, "published_on"
)
CORRECTION = Form(
    {**_UNIT, "grade": fields.one_of(Grade), **_BASIS},
    "corrected_on",
    {"admitted": fields.identifier, "signatories": fields.text},
)
CLOSING = Form(_ROUND, "closed_on")

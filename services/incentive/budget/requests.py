"""What the fields of a pool's commands must look like; no rule of a pool is here."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, NamedTuple

from google.protobuf.message import Message

from services.kernel.errors import Fault
from services.kernel.policy_terms import Authority
from services.kernel.reasons import Why
from services.runtime import clock, fields
from zoneledger.incentive.v1.budget_events_pb2 import ProjectKind

MOST_FEN = 10**15  # Ten trillion yuan: so that weights stay whole numbers of 63 bits.
_MOST_SHARES = 1_000


class Form(NamedTuple):
    """How a command is filled in: its fields, the field of its day, and the messages within it."""

    fields: fields.Table
    day: str
    within: Mapping[str, fields.Table] = {}


def faults(commands: Iterable[Message], form: Form) -> list[Fault]:
    """Everything that is wrong with how the commands are filled in."""
    days: fields.Table = {form.day: fields.day_by(clock.today())}
    commands = list(commands)
    return [
        *fields.faults(commands, form.fields, days),
        *(
            Fault(index, f"{where}.{fault.field}", fault.what)
            for index, command in enumerate(commands)
            for field, table in form.within.items()
            for where, message in _within(command, field)
            for fault in fields.faults([message], table)
        ),
    ]


def _within(command: Any, field: str) -> Sequence[tuple[str, Message]]:
    value = getattr(command, field)
    if isinstance(value, Message):
        return [(field, value)]
    return [(f"{field}[{index}]", each) for index, each in enumerate(value)]


def actor_faults(command: Any, agency: str) -> list[Fault]:
    """An agency that has an authority of its own does not act for another."""
    if agency not in tuple(Authority) or agency == command.authority:
        return []
    why = Why.ACTS_FOR_ANOTHER(agency=agency, authority=command.authority[:60])
    return [Fault(0, "authority", why)]


def share_faults(command: Any) -> list[Fault]:
    """A block is split into a number of shares that one event can hold."""
    count = len(command.shares)
    if count <= _MOST_SHARES:
        return []
    return [Fault(0, "shares", Why.TOO_MANY(count=count, limit=_MOST_SHARES))]


def amount(value: int) -> str:
    """Fen or places, at least one."""
    return _from(1, value)


def _or_nothing(value: int) -> str:
    return _from(0, value)


def _from(least: int, value: int) -> str:
    if least <= value <= MOST_FEN:
        return ""
    return Why.NOT_AN_AMOUNT(value=value, least=least, most=f"{MOST_FEN:,}")


_POOL: fields.Table = {"budget_year": fields.year, "line_id": fields.identifier}
_BY_DOCUMENT: fields.Table = {**_POOL, "document": fields.text}
_BASIS: fields.Table = {**_BY_DOCUMENT, "reason": fields.text}
_OF_LINE: fields.Table = {"project_id": fields.identifier, "unit_id": fields.identifier}
_PROJECT: fields.Table = {
    **_OF_LINE,
    "kind": fields.one_of(ProjectKind),
    "project_code": fields.optional_text,
    "title_zh": fields.text,
    "total_investment_fen": _or_nothing,
    "requested": amount,
    "cap": _or_nothing,
    "source": fields.optional_text,
}
_SHARE: fields.Table = {
    "project_code": fields.text,
    "title_zh": fields.text,
    "amount": amount,
}

OPENING = Form({**_BY_DOCUMENT, "text": fields.document}, "opened_on")
APPROPRIATION = Form({**_BY_DOCUMENT, "amount": amount}, "appropriated_on")
AMENDMENT = Form({**_BASIS, "amount": amount}, "amended_on")
PUTTING_FORWARD = Form(_BY_DOCUMENT, "put_forward_on", {"project": _PROJECT})
CORRECTION = Form(_BASIS, "corrected_on", {"project": _PROJECT})
WITHDRAWAL = Form({**_BASIS, **_OF_LINE}, "withdrawn_on")
PROPOSAL = Form(
    {**_POOL, "proposed_by": fields.text, "authority": fields.identifier}, "proposed_on"
)
DECISION = Form(
    {
        **_BY_DOCUMENT,
        "proposal_hash": fields.text,
        "decided_by": fields.text,
        "authority": fields.identifier,
    },
    "decided_on",
)
GRANT = Form(
    {**_BY_DOCUMENT, **_OF_LINE, "amount": amount, "authority": fields.identifier}, "granted_on"
)
PAYMENT = Form(
    {**_BY_DOCUMENT, **_OF_LINE, "payment_id": fields.identifier, "amount": amount}, "paid_on"
)
RESTITUTION = Form(
    {**_BASIS, **_OF_LINE, "return_id": fields.identifier, "amount": amount}, "returned_on"
)
RELEASE = Form(
    {
        **_BASIS,
        **_OF_LINE,
        "release_id": fields.identifier,
        "amount": amount,
        "authority": fields.identifier,
    },
    "released_on",
)
SPLIT = Form({**_BY_DOCUMENT, **_OF_LINE}, "split_on", {"shares": _SHARE})

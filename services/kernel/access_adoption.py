"""The access tables of a log: the newest adopted decides who may call what.

A table is adopted with its whole text, so that the log says who was given what, and when. All
tables of a log are one stream. To adopt the one in force again changes nothing.
"""

from functools import lru_cache
from hashlib import sha256

from services.kernel.access import AccessTable
from services.kernel.access_text import parse
from services.kernel.decider import Decider
from services.kernel.errors import CorruptHistory, Rejected
from services.kernel.policy_problems import PolicyProblems
from services.kernel.reasons import Why
from zoneledger.ledger.v1.access_pb2 import AccessTableAdopted, AdoptAccessTable

STREAM = "access-tables"


def decide(command: AdoptAccessTable, state: AccessTable) -> list[AccessTableAdopted]:
    table = _read(command.text)
    if table.content_hash == state.content_hash:
        return []
    return [AccessTableAdopted(text=table.text, content_hash=table.content_hash)]


def evolve(state: AccessTable, event: AccessTableAdopted) -> AccessTable:
    if sha256(event.text.encode()).hexdigest() != event.content_hash:
        raise CorruptHistory("the text of an access table does not have its recorded hash")
    try:
        return _read(event.text)
    except Rejected as refusal:
        raise CorruptHistory(f"no access table was adopted with this text: {refusal}") from refusal


@lru_cache(maxsize=16)
def _parsed(text: str) -> AccessTable:
    return parse(text, "access-table")


def _read(text: str) -> AccessTable:
    try:
        return _parsed(text)
    except PolicyProblems as problems:
        raise Rejected(Why.TABLE_UNREADABLE(problems=problems), field="text") from problems


def _stream(command: AdoptAccessTable) -> str:
    return STREAM


ACCESS = Decider(
    category="access",
    commands=(AdoptAccessTable,),
    events=(AccessTableAdopted,),
    initial=AccessTable.none(),
    stream=_stream,
    decide=decide,
    evolve=evolve,
)

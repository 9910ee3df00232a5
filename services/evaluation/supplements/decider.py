"""The supplements to the documents, with their whole text in the log.

A supplement is adopted once and never edited; another day's answer is another supplement. All of
them are one stream, because whether one may be adopted depends on those that are there. What its
document leaves open comes in with the command.
"""

from functools import lru_cache
from hashlib import sha256

from services.kernel import supplement
from services.kernel.decider import Decider
from services.kernel.errors import CorruptHistory, Rejected
from services.kernel.policy_problems import PolicyProblems
from services.kernel.reasons import NONE, Why
from services.kernel.supplement import Norm, Supplements
from services.kernel.supplement_terms import Supplement
from services.kernel.supplement_text import parse, read
from zoneledger.evaluation.v1.supplement_commands_pb2 import AdoptSupplement
from zoneledger.evaluation.v1.supplement_events_pb2 import SupplementAdopted
from zoneledger.ledger.v1.decision_pb2 import PolicyReference

STREAM = "supplements-adopted"


def decide(command: AdoptSupplement, state: Supplements) -> list[SupplementAdopted]:
    new = _read(command.supplement_id, command.text)
    if new.supplement_id != command.supplement_id:
        why = Why.SUPPLEMENT_NAMED_OTHERWISE(
            supplement=command.supplement_id, itself=new.supplement_id
        )
        raise Rejected(why, field="supplement_id")
    if _is_adopted(new, state):
        return []
    _must_fit(command, new, state)
    return [
        SupplementAdopted(
            supplement_id=new.supplement_id,
            text=command.text,
            content_hash=new.content_hash,
            policy=command.policy,
        )
    ]


def evolve(state: Supplements, event: SupplementAdopted) -> Supplements:
    if sha256(event.text.encode()).hexdigest() != event.content_hash:
        raise CorruptHistory(f"the text of {event.supplement_id} does not have its recorded hash")
    if state.get(event.supplement_id) is not None:
        raise CorruptHistory(f"{event.supplement_id} cannot have been adopted twice")
    try:
        return state.beside(_read(event.supplement_id, event.text))
    except Rejected as refusal:
        what = f"{event.supplement_id} cannot have been adopted: {refusal}"
        raise CorruptHistory(what) from refusal


def _is_adopted(new: Supplement, state: Supplements) -> bool:
    known = state.get(new.supplement_id)
    if known is None or known.content_hash == new.content_hash:
        return known is not None
    why = Why.SUPPLEMENT_TEXT_DIFFERS(
        supplement=new.supplement_id, adopted=known.content_hash, offered=new.content_hash
    )
    raise Rejected(why, field="supplement_id")


def _must_fit(command: AdoptSupplement, new: Supplement, state: Supplements) -> None:
    """It belongs to a document of the log, and contradicts neither that nor those before it."""
    if command.policy.policy_id != new.policy_id:
        adopted = command.policy.policy_id or NONE
        why = Why.DOCUMENT_NOT_ADOPTED(document=new.policy_id, adopted=adopted)
        raise Rejected(why, field="text")
    norms = [
        Norm(each.norm_id, each.parameter, each.beneficiary_class, each.answered_on)
        for each in command.norms
    ]
    own, found = read(command.text, command.supplement_id)  # Anew: the lines go by its records.
    supplement.check(own, norms, state, found)
    try:
        found.must_be_none()
    except PolicyProblems as problems:
        raise Rejected(Why.SUPPLEMENT_CONTRADICTS(problems=problems), field="text") from problems


@lru_cache(maxsize=64)
def _parsed(text: str, name: str) -> Supplement:
    return parse(text, name)


def _read(supplement_id: str, text: str) -> Supplement:
    try:
        return _parsed(text, supplement_id)
    except PolicyProblems as problems:
        raise Rejected(Why.SUPPLEMENT_UNREADABLE(problems=problems), field="text") from problems


def _stream(command: AdoptSupplement) -> str:
    return STREAM


def _deciding_policy(command: AdoptSupplement) -> PolicyReference | None:
    return command.policy if command.HasField("policy") else None


SUPPLEMENTS = Decider(
    category="supplements",
    commands=(AdoptSupplement,),
    events=(SupplementAdopted,),
    initial=Supplements.none(),
    stream=_stream,
    decide=decide,
    evolve=evolve,
    policy=_deciding_policy,
)

"""The documents that a service decides by, with their whole text in its own log.

A document is adopted once and never edited: a change of policy is another document. No two govern
the same round. All documents of a log are one stream, because whether a document may be adopted
depends on those that are there.
"""

from functools import lru_cache
from hashlib import sha256

from services.kernel.decider import Decider
from services.kernel.errors import CorruptHistory, Rejected, Unavailable
from services.kernel.policy import Policies, Policy
from services.kernel.policy_problems import PolicyProblems
from services.kernel.policy_text import parse
from services.kernel.reasons import Why
from zoneledger.ledger.v1.decision_pb2 import PolicyReference
from zoneledger.ledger.v1.policy_pb2 import AdoptPolicy, PolicyAdopted

STREAM = "policies-adopted"

# The newest way in which this program reads documents; see PolicyReference in the contract.
READING = 3
_OF_OTHERS = 2  # Of what is no rating, for which the newest way is the same as the one before.


def decide(command: AdoptPolicy, state: Policies) -> list[PolicyAdopted]:
    policy = _read(command.policy_id, command.text)
    if policy.policy_id != command.policy_id:
        raise Rejected(
            Why.POLICY_NAMED_OTHERWISE(policy=command.policy_id, itself=policy.policy_id),
            field="policy_id",
        )
    if state.adopt(policy) is state:
        return []
    return [
        PolicyAdopted(
            policy_id=policy.policy_id, text=command.text, content_hash=policy.content_hash
        )
    ]


def evolve(state: Policies, event: PolicyAdopted) -> Policies:
    if sha256(event.text.encode()).hexdigest() != event.content_hash:
        raise CorruptHistory(f"the text of {event.policy_id} does not have its recorded hash")
    try:
        return state.adopt(_read(event.policy_id, event.text))
    except Rejected as refusal:
        raise CorruptHistory(f"{event.policy_id} cannot have been adopted: {refusal}") from refusal


def reference(policy: Policy, reading: int = _OF_OTHERS) -> PolicyReference:
    """The document as a decision names it."""
    return PolicyReference(
        policy_id=policy.policy_id, content_hash=policy.content_hash, reading=reading
    )


def document(of: PolicyReference, policies: Policies) -> Policy:
    """The document that `of` names, by its exact text; `Unavailable` until it has arrived."""
    if of.reading > READING:
        raise Unavailable(
            f"{of.policy_id} was read in way {of.reading}, this program knows {READING};"
            " what it decides waits for a newer program"
        )
    policy = policies.get(of.policy_id)
    if policy is None or policy.content_hash != of.content_hash:
        raise Unavailable(
            f"document {of.policy_id} with hash {of.content_hash} has not reached this log;"
            " what it decides waits for it"
        )
    return policy


@lru_cache(maxsize=64)
def _parsed(text: str, name: str) -> Policy:
    return parse(text, name)


def _read(policy_id: str, text: str) -> Policy:
    try:
        return _parsed(text, policy_id)
    except PolicyProblems as problems:
        raise Rejected(Why.POLICY_UNREADABLE(problems=problems), field="text") from problems


def _stream(command: AdoptPolicy) -> str:
    return STREAM


ADOPTION = Decider(
    category="policies",
    commands=(AdoptPolicy,),
    events=(PolicyAdopted,),
    initial=Policies.none(),
    stream=_stream,
    decide=decide,
    evolve=evolve,
)
